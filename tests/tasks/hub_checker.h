/* A checker of hub files against a tasks.json, by the rules of hubValidations.  It shares no rule with src/tasks: it
   has the JSON and the table of the library, and the rest is its own. */
#ifndef QD_TEST_HUB_CHECKER_H
#define QD_TEST_HUB_CHECKER_H

#include "data/table.h"
#include "base/json.h"
#include "tasks/forecast_fixture.h"

#include <stdio.h>

typedef struct hub_check {
    const qd_json_value *round, *ids, *outputs; /* of the target */
    qd_table *table;
    char wrong[200]; /* the first thing that is wrong; "": nothing */
    size_t quantile_rows, sample_rows, compared[6];
} hub_check;

static inline const char *cell_of(const hub_check *c, size_t row, const char *name)
{
    size_t column;
    return qd_table_find(c->table, name, &column, NULL) == QD_OK ? qd_table_cell(c->table, row, column) : "";
}

static inline void wrong(hub_check *c, size_t row, const char *what)
{
    if (c->wrong[0] == '\0') {
        qd_text_format(c->wrong, sizeof c->wrong, "row %zu: %s", row + 2, what);
    }
}

/* 0: the list holds other values, 1: this one too, 2: it holds none in particular. */
static inline int list_has(const qd_json_value *list, const char *text)
{
    int has_any = 0;
    static const char *const parts[] = {"required", "optional"};
    for (size_t i = 0; i < 2; i++) {
        const qd_json_value *array = qd_json_find(list, parts[i]);
        for (const qd_json_value *v = array != NULL ? array->first : NULL; v != NULL; v = v->next) {
            has_any = 1;
            if (strcmp(v->text, text) == 0) {
                return 1;
            }
        }
    }
    return has_any ? 0 : 2;
}

static inline double number_of(const char *text)
{
    double number;
    return qd_text_to_double(text, strlen(text), &number) ? number : (double)NAN;
}

static inline void check_value(hub_check *c, size_t row, const char *text, const qd_json_value *output)
{
    const qd_json_value *rule = qd_json_find(output, "value"), *least = qd_json_find(rule, "minimum");
    const bool whole = strcmp(qd_json_find(rule, "type")->text, "integer") == 0;
    const double value = number_of(text);
    if (!isfinite(value) || (whole && strspn(text, "0123456789") != strlen(text)) ||
        (least != NULL && value < number_of(least->text))) {
        wrong(c, row, "value");
    }
}

/* The rows of one cell of quantiles follow each other: the levels that are required, in order, and values that rise. */
static inline void check_quantiles(hub_check *c, size_t row, const qd_json_value **expected, const char *cell,
                                   char last[400], double *before)
{
    const qd_json_value *output = qd_json_find(c->outputs, "quantile");
    const qd_json_value *levels = qd_json_find(qd_json_find(output, "output_type_id"), "required");
    const bool begins = strcmp(cell, last) != 0;
    if (begins && *expected != NULL) {
        wrong(c, row, "the cell before lacks levels");
    }
    *expected = begins ? levels->first : *expected;
    const double value = number_of(cell_of(c, row, "value"));
    if (*expected == NULL || number_of(cell_of(c, row, "output_type_id")) != number_of((*expected)->text)) {
        wrong(c, row, "level");
    } else {
        *expected = (*expected)->next;
    }
    if (!begins && value < *before) {
        wrong(c, row, "quantiles cross");
    }
    *before = value;
    qd_text_format(last, 400, "%s", cell);
    c->quantile_rows++;
}

/* Columns that are compared between all rows. */
enum { TYPE, ID, DATE, PLACE, TARGET_NAME, HORIZON, COMPARED };

static inline void find_compared(hub_check *c)
{
    static const char *const names[] = {"output_type", "output_type_id", "reference_date",
                                        "location",    "target",         "horizon"};
    for (size_t i = 0; i < COMPARED; i++) {
        c->compared[i] = SIZE_MAX;
        if (qd_table_find(c->table, names[i], &c->compared[i], NULL) != QD_OK) {
            wrong(c, 0, names[i]);
        }
    }
}

static inline bool same_cells(const hub_check *c, size_t a, size_t b, size_t what)
{
    const size_t column = c->compared[what];
    return strcmp(qd_table_cell(c->table, a, column), qd_table_cell(c->table, b, column)) == 0;
}

/* As many ids a compound task as the hub wants, each through all its horizons, and of no other task. */
static inline void check_samples(hub_check *c, size_t row)
{
    const qd_json_value *rule = qd_json_find(qd_json_find(c->outputs, "sample"), "output_type_id_params");
    const char *id = cell_of(c, row, "output_type_id");
    size_t paths = 0, horizons = 0;
    for (size_t i = 0; i < qd_table_rows(c->table); i++) {
        if (!same_cells(c, i, row, TYPE)) {
            continue;
        }
        const bool compound =
            same_cells(c, i, row, DATE) && same_cells(c, i, row, PLACE) && same_cells(c, i, row, TARGET_NAME);
        const bool mine = same_cells(c, i, row, ID);
        if (mine && !compound) {
            wrong(c, row, "an id of two tasks");
        }
        if (mine && i != row && same_cells(c, i, row, HORIZON)) {
            wrong(c, row, "twice");
        }
        paths += compound && same_cells(c, i, row, HORIZON);
        horizons += mine;
    }
    const double most = number_of(qd_json_find(rule, "max_samples_per_task")->text);
    const double least = number_of(qd_json_find(rule, "min_samples_per_task")->text);
    if ((double)paths < least || (double)paths > most) {
        wrong(c, row, "number of samples");
    }
    const qd_json_value *length = qd_json_find(rule, "max_length");
    const bool text = strcmp(qd_json_find(rule, "type")->text, "character") == 0;
    if (text ? (double)strlen(id) > number_of(length->text) : strspn(id, "0123456789") != strlen(id)) {
        wrong(c, row, "id");
    }
    static size_t usual; /* the first path's length is every path's */
    usual = c->sample_rows++ == 0 ? horizons : usual;
    if (horizons != usual) {
        wrong(c, row, "a path with fewer horizons");
    }
}

static inline void check_row(hub_check *c, size_t row, char cell[400])
{
    size_t used = 0;
    cell[0] = '\0';
    for (const qd_json_value *id = c->ids->first; id != NULL; id = id->next) {
        const char *text = cell_of(c, row, id->key);
        if (list_has(id, text) == 0) {
            wrong(c, row, id->key);
        }
        used += (size_t)qd_text_format(cell + used, 400 - used, "%s;", text);
    }
    int64_t end, from;
    if (!qd_time_parse(QD_TIME_DAY, false, cell_of(c, row, "target_end_date"), &end) ||
        !qd_time_parse(QD_TIME_DAY, false, cell_of(c, row, "reference_date"), &from) ||
        (double)(end - from) != 7 * number_of(cell_of(c, row, "horizon"))) {
        wrong(c, row, "the end date is not so many weeks after the reference date");
    }
    const qd_json_value *output = qd_json_find(c->outputs, cell_of(c, row, "output_type"));
    if (output == NULL) {
        wrong(c, row, "output type");
    } else {
        check_value(c, row, cell_of(c, row, "value"), output);
    }
}

static inline void check_rows(hub_check *c)
{
    char cell[400], last[400] = "";
    double before = 0;
    const qd_json_value *expected = NULL;
    size_t names = 3; /* output_type, output_type_id, value */
    for (const qd_json_value *id = c->ids->first; id != NULL; id = id->next) {
        names++;
    }
    if (qd_table_columns(c->table) != names) {
        wrong(c, 0, "columns");
    }
    find_compared(c);
    for (size_t row = 0; row < qd_table_rows(c->table) && c->wrong[0] == '\0'; row++) {
        check_row(c, row, cell);
        if (strcmp(cell_of(c, row, "output_type"), "quantile") == 0) {
            check_quantiles(c, row, &expected, cell, last, &before);
        } else if (strcmp(cell_of(c, row, "output_type"), "sample") == 0) {
            check_samples(c, row);
        }
    }
    if (expected != NULL) {
        wrong(c, qd_table_rows(c->table), "the last cell lacks levels");
    }
}

/* Checks a file's text; what is wrong with it stands in `wrong`. */
static inline hub_check hub_checked(const char *tasks, const char *target, const char *csv)
{
    hub_check c = {.wrong = ""};
    const qd_table_options how = {.limit = 1 << 26};
    char *text;
    size_t size;
    qd_json json;
    qd_error error;
    if (qd_file_read_all(tasks, 1 << 26, &text, &size, &error) != QD_OK ||
        qd_json_parse((qd_json_place){.file = tasks}, text, size, &json, &error) != QD_OK ||
        qd_table_parse("f.csv", csv, strlen(csv), &how, &c.table, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    c.round = qd_json_find(json.values, "rounds")->first;
    for (const qd_json_value *t = qd_json_find(c.round, "model_tasks")->first; t != NULL; t = t->next) {
        if (list_has(qd_json_find(qd_json_find(t, "task_ids"), "target"), target) == 1) {
            c.ids = qd_json_find(t, "task_ids");
            c.outputs = qd_json_find(t, "output_type");
        }
    }
    assert_non_null(c.ids);
    check_rows(&c);
    qd_table_free(c.table);
    qd_json_clear(&json);
    qd_mem_free(text);
    return c;
}

#endif
