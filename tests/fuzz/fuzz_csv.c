/* Fuzzes tables: any text, in both dialects, and then every cell as a number, columns by name, and windows. */
#include "fuzz.h"
#include "data/sequences.h"

#include <stdlib.h>

/* A number is refused at the place of its cell, and always where the cell is a missing value. */
static void read_numbers(const qd_table *table)
{
    for (size_t row = 0; row < qd_table_rows(table); row++) {
        for (size_t column = 0; column < qd_table_columns(table); column++) {
            double value;
            qd_error error;
            bool number = qd_table_number(table, row, column, &value, &error) == QD_OK;
            bool missing = qd_table_missing(qd_table_cell(table, row, column));
            if (number ? missing : error.line != qd_table_line(table, row) || error.column != column + 1) {
                abort();
            }
        }
    }
}

static void find_columns(const qd_table *table)
{
    size_t found;
    qd_error error;
    if (qd_table_find(table, qd_table_name(table, 0), &found, &error) != QD_OK || found != 0) {
        abort();
    }
    if (qd_table_find(table, "count", &found, &error) == QD_OK && found >= qd_table_columns(table)) {
        abort();
    }
}

static void cut_windows(const qd_table *table)
{
    qd_window_options options = {.target = qd_table_name(table, 0), .features = "", .window = 2, .weights = ""};
    for (int beyond = 0; beyond < 2; beyond++) {
        qd_sequences *sequences;
        options.beyond = beyond;
        if (qd_sequences_from_table(table, &options, &sequences, NULL) == QD_OK) {
            qd_sequences_free(sequences);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int excel = 0; excel < 2; excel++) {
        qd_table_options options = {.limit = 1 << 16, .excel = excel};
        qd_table *table;
        if (qd_table_parse("fuzz.csv", (const char *)data, size, &options, &table, NULL) == QD_OK) {
            read_numbers(table);
            find_columns(table);
            cut_windows(table);
            qd_table_free(table);
        }
    }
    return 0;
}
