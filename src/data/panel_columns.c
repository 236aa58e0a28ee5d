/* Which column of a table has which part: the counts of a wide one, and what is left out. */
#include "base/mem.h"
#include "base/text.h"
#include "data/panel_parts.h"

#include <math.h>
#include <string.h>

static qd_status add_list(const char *list, qd_numbering *named, qd_error *error)
{
    qd_names names;
    size_t number;
    qd_status status = qd_names_read(list, &names, error);
    for (size_t k = 0; k < names.count && status == QD_OK; k++) {
        status = qd_numbering_add(named, names.name[k], &number, error);
    }
    qd_names_clear(&names);
    return status;
}

/* All columns that the options name. */
static qd_status named_columns(const qd_panel_options *o, qd_numbering *named, qd_error *error)
{
    const char *const lists[] = {o->time, o->series, o->series_columns, o->covariates, o->known, o->constant};
    const char *const single[] = {o->date, o->target, o->effort, o->as_of, o->join_key};
    qd_status status = QD_OK;
    for (size_t k = 0; k < sizeof lists / sizeof lists[0] && status == QD_OK; k++) {
        status = add_list(lists[k], named, error);
    }
    for (size_t k = 0; k < sizeof single / sizeof single[0] && status == QD_OK; k++) {
        size_t number;
        status = single[k] != NULL ? qd_numbering_add(named, single[k], &number, error) : QD_OK;
    }
    return status;
}

/* Is every cell a whole number or missing, and one at least a number? */
static bool whole_numbers(const qd_table *table, size_t column)
{
    size_t numbers = 0;
    for (size_t i = 0; i < qd_table_rows(table); i++) {
        const char *cell = qd_table_cell(table, i, column);
        double value;
        if (qd_table_missing(cell)) {
            continue;
        }
        if (qd_table_number(table, i, column, &value, NULL) != QD_OK || value != floor(value)) {
            return false; /* 12.0 is whole: so counts are written that stand beside missing ones */
        }
        numbers++;
    }
    return numbers > 0;
}

static qd_status find_whole(const qd_table *table, const qd_numbering *named, qd_names *columns, qd_error *error)
{
    columns->name = qd_mem_new(qd_table_columns(table), sizeof *columns->name);
    if (columns->name == NULL) {
        return qd_fail_memory(error, qd_table_columns(table) * sizeof *columns->name, "series");
    }
    for (size_t c = 0; c < qd_table_columns(table); c++) {
        const char *name = qd_table_name(table, c);
        size_t number;
        if (*name == '\0' || qd_numbering_find(named, name, &number) || !whole_numbers(table, c)) {
            continue;
        }
        columns->name[columns->count] = qd_mem_string(name);
        if (columns->name[columns->count] == NULL) {
            return qd_fail_memory(error, strlen(name), "series");
        }
        columns->count++;
    }
    return columns->count > 0
               ? QD_OK
               : qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), 0, 0, "no column holds whole numbers alone");
}

qd_status qd_panel_wide_columns(const qd_panel_reader *r, qd_names *columns, qd_error *error)
{
    qd_status status = qd_names_read(r->options->series_columns, columns, error);
    if (status != QD_OK || columns->count > 0) {
        return status;
    }
    qd_numbering named = {0};
    status = named_columns(r->options, &named, error);
    if (status == QD_OK) {
        status = find_whole(r->table, &named, columns, error);
    }
    qd_numbering_clear(&named);
    return status;
}

qd_status qd_panel_list_left_out(qd_panel_reader *r, qd_error *error)
{
    qd_numbering named = {0};
    size_t number, size = 1, used = 0;
    qd_status status = named_columns(r->options, &named, error);
    for (size_t s = 0; r->options->wide && s < r->panel->series && status == QD_OK; s++) {
        status = qd_numbering_add(&named, r->panel->key[s], &number, error);
    }
    for (size_t c = 0; c < qd_table_columns(r->table); c++) {
        size += strlen(qd_table_name(r->table, c)) + 2;
    }
    char *text = status == QD_OK ? qd_mem_new(size, 1) : NULL;
    if (status == QD_OK && text == NULL) {
        status = qd_fail_memory(error, size, "names of columns");
    }
    for (size_t c = 0; c < qd_table_columns(r->table) && status == QD_OK; c++) {
        const char *name = qd_table_name(r->table, c);
        if (*name != '\0' && !qd_numbering_find(&named, name, &number)) {
            used += (size_t)qd_text_format(text + used, size - used, "%s%s", used > 0 ? ", " : "", name);
        }
    }
    r->panel->left_out = text;
    qd_numbering_clear(&named);
    return status;
}
