/* Tables: reading a file into one, and asking it for names, cells and numbers. */
#include "data/table.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/input.h"
#include "data/table_parts.h"

#include <math.h>
#include <string.h>

qd_table_options qd_table_options_of(const qd_settings *settings)
{
    return (qd_table_options){
        .limit = (uint64_t)qd_settings_integer(settings, "gzip-limit"),
        .excel = strcmp(qd_settings_text(settings, "dialect"), "excel") == 0,
    };
}

qd_status qd_table_read(const char *path, const qd_table_options *options, qd_table **out, qd_error *error)
{
    char *text;
    size_t size;
    qd_status status = qd_input_read(path, options->limit, &text, &size, error);
    return status == QD_OK ? qd_table_own(path, text, size, options, out, error) : status;
}

qd_status qd_table_parse(const char *name, const char *text, size_t size, const qd_table_options *options,
                         qd_table **out, qd_error *error)
{
    if (size > options->limit) {
        return qd_fail_at(error, QD_ERR_FORMAT, name, 0, 0, "more than %llu bytes", (unsigned long long)options->limit);
    }
    char *copy = qd_mem_new(size + 1, 1);
    if (copy == NULL) {
        return qd_fail_memory(error, size, name);
    }
    memcpy(copy, text, size);
    return qd_table_own(name, copy, size, options, out, error);
}

void qd_table_free(qd_table *table)
{
    if (table != NULL) {
        qd_mem_free(table->path);
        qd_mem_free(table->text);
        qd_mem_free(table->cells);
        qd_mem_free(table->starts);
        qd_mem_free(table->lines);
        qd_mem_free(table);
    }
}

const char *qd_table_path(const qd_table *table)
{
    return table->path;
}

size_t qd_table_rows(const qd_table *table)
{
    return table->rows;
}

size_t qd_table_columns(const qd_table *table)
{
    return table->columns;
}

const char *qd_table_name(const qd_table *table, size_t column)
{
    return table->text + table->starts[0] + table->cells[column];
}

const char *qd_table_cell(const qd_table *table, size_t row, size_t column)
{
    return table->text + table->starts[row + 1] + table->cells[(row + 1) * table->columns + column];
}

uint64_t qd_table_line(const qd_table *table, size_t row)
{
    return table->lines[row + 1];
}

const char **qd_table_names(const qd_table *table)
{
    const char **names = qd_mem_new(table->columns, sizeof *names);
    for (size_t i = 0; names != NULL && i < table->columns; i++) {
        names[i] = qd_table_name(table, i);
    }
    return names;
}

const char *qd_table_shown(const char *cell, char shown[QD_SHOWN])
{
    static const char more[] = "...";
    size_t length = strlen(cell);
    bool cut = length >= QD_SHOWN;
    if (cut) {
        length = QD_SHOWN - sizeof more;
        while (length > 0 && ((unsigned char)cell[length] & 0xC0) == 0x80) {
            length--; /* not in the middle of a character */
        }
    }
    for (size_t i = 0; i < length; i++) {
        shown[i] = (unsigned char)cell[i] < ' ' || cell[i] == 0x7F ? ' ' : cell[i];
    }
    memcpy(shown + length, more, cut ? sizeof more : 0);
    shown[cut ? length + sizeof more - 1 : length] = '\0';
    return shown;
}

/* ------------------------------------------------------------------------------------------------ names */

/* "a, b, c, ... (40 in all)" */
static void list_names(const qd_table *table, char *text, size_t size)
{
    size_t used = 0;
    char shown[QD_SHOWN];
    text[0] = '\0';
    for (size_t i = 0; i < table->columns; i++) {
        if (used + QD_SHOWN + 32 > size) {
            qd_text_format(text + used, size - used, ", ... (%zu in all)", table->columns);
            return;
        }
        int length = qd_text_format(text + used, size - used, "%s%s", i == 0 ? "" : ", ",
                                    qd_table_shown(qd_table_name(table, i), shown));
        used += length > 0 ? (size_t)length : 0;
    }
}

static qd_status refuse_name(const qd_table *table, const char *name, qd_error *error)
{
    const char **names = qd_table_names(table);
    size_t nearest = names == NULL ? table->columns : qd_text_nearest(name, names, table->columns);
    qd_mem_free(names);
    char list[320], wanted[QD_SHOWN], near[QD_SHOWN];
    list_names(table, list, sizeof list);
    qd_table_shown(name, wanted);
    if (nearest < table->columns) {
        return qd_fail_at(error, QD_ERR_VALUE, table->path, table->lines[0], 0,
                          "no column is called '%s'; the nearest is '%s' (there are: %s)", wanted,
                          qd_table_shown(qd_table_name(table, nearest), near), list);
    }
    return qd_fail_at(error, QD_ERR_VALUE, table->path, table->lines[0], 0, "no column is called '%s' (there are: %s)",
                      wanted, list);
}

qd_status qd_table_find(const qd_table *table, const char *name, size_t *column, qd_error *error)
{
    for (size_t i = 0; i < table->columns; i++) {
        if (strcmp(qd_table_name(table, i), name) == 0) {
            *column = i;
            return QD_OK;
        }
    }
    return refuse_name(table, name, error);
}

/* ------------------------------------------------------------------------------------------------ numbers */

bool qd_table_missing(const char *cell)
{
    static const char *const words[] = {"", "NA", "NaN", "nan"};
    cell += strspn(cell, " \t");
    size_t length = strlen(cell);
    while (length > 0 && (cell[length - 1] == ' ' || cell[length - 1] == '\t')) {
        length--;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], cell, length) == 0) {
            return true;
        }
    }
    return false;
}

/* A number with one comma in the place of a point. */
static bool read_decimal_comma(const char *cell, double *value)
{
    char number[128]; /* a longer text is no number */
    size_t length = strlen(cell);
    const char *comma = strchr(cell, ',');
    if (comma == NULL || length >= sizeof number) {
        return false;
    }
    memcpy(number, cell, length);
    number[comma - cell] = '.';
    return qd_text_to_double(number, length, value);
}

static qd_status refuse_number(const qd_table *table, size_t row, size_t column, qd_error *error)
{
    const char *cell = qd_table_cell(table, row, column);
    char shown[QD_SHOWN], name[QD_SHOWN];
    double value;
    const char *hint = "";
    if (qd_table_missing(cell)) {
        hint = ", a missing value";
    } else if (read_decimal_comma(cell, &value)) {
        hint = " (a decimal comma? write a point, or put semicolons between the fields)";
    }
    return qd_fail_at(error, QD_ERR_FORMAT, table->path, qd_table_line(table, row), column + 1,
                      "column '%s': expected a finite number, found '%s'%s",
                      qd_table_shown(qd_table_name(table, column), name), qd_table_shown(cell, shown), hint);
}

qd_status qd_table_number(const qd_table *table, size_t row, size_t column, double *value, qd_error *error)
{
    const char *cell = qd_table_cell(table, row, column);
    double number;
    bool read =
        qd_text_to_double(cell, strlen(cell), &number) || (table->decimal_comma && read_decimal_comma(cell, &number));
    if (!read || !isfinite(number)) {
        return refuse_number(table, row, column, error);
    }
    *value = number;
    return QD_OK;
}
