/* A table of positions and what they are called. */
#include "data/site_numbers.h"
#include "base/mem.h"

#include <math.h>

static qd_status add(const qd_table *table, size_t row, qd_site_numbers *numbers, qd_error *error)
{
    double number;
    qd_status status = qd_table_number(table, row, 0, &number, error);
    if (status != QD_OK) {
        return status;
    }
    if (number < 1 || number > 1e6 || number != floor(number)) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, row), 1,
                          "position %s is no whole number from 1 on", qd_table_cell(table, row, 0));
    }
    const size_t position = (size_t)number;
    if (position > numbers->count) {
        char **grown = qd_mem_resize(numbers->label, numbers->count, position, sizeof *grown);
        if (grown == NULL) {
            return qd_fail_memory(error, position * sizeof *grown, "a numbering");
        }
        numbers->label = grown;
        numbers->count = position;
    }
    if (numbers->label[position - 1] != NULL) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, row), 1,
                          "position %zu for the second time", position);
    }
    numbers->label[position - 1] = qd_mem_string(qd_table_cell(table, row, 1));
    return numbers->label[position - 1] != NULL ? QD_OK : qd_fail_memory(error, 16, "a numbering");
}

qd_status qd_site_numbers_read(const char *path, const qd_table_options *options, qd_site_numbers *numbers,
                               qd_error *error)
{
    qd_table *table = NULL;
    *numbers = (qd_site_numbers){0};
    qd_status status = qd_table_read(path, options, &table, error);
    if (status == QD_OK && qd_table_columns(table) < 2) {
        status =
            qd_fail_at(error, QD_ERR_FORMAT, path, 1, 0, "expected two columns: a position, and what it is called");
    }
    for (size_t row = 0; status == QD_OK && row < qd_table_rows(table); row++) {
        status = add(table, row, numbers, error);
    }
    qd_table_free(table);
    if (status != QD_OK) {
        qd_site_numbers_clear(numbers);
    }
    return status;
}

void qd_site_numbers_clear(qd_site_numbers *numbers)
{
    for (size_t i = 0; i < numbers->count; i++) {
        qd_mem_free(numbers->label[i]);
    }
    qd_mem_free(numbers->label);
    *numbers = (qd_site_numbers){0};
}

const char *qd_site_number(const qd_site_numbers *numbers, size_t position)
{
    const bool there = position >= 1 && position <= numbers->count && numbers->label[position - 1] != NULL;
    return there ? numbers->label[position - 1] : "";
}
