/* Truth: a table of observations, and the look-up of one of them. */
#include "base/mem.h"
#include "data/calendar.h"
#include "eval/hub_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct observation {
    size_t target, location;
    int64_t date, as_of;
    double value; /* NaN: missing */
    uint64_t line;
} observation;

struct qd_truth {
    bool targets; /* the table has a column `target`, which is part of the key */
    qd_numbering target, location;
    size_t count;
    observation *item; /* [count], in order of target, location, date: one a key */
};

/* Which column holds what; SIZE_MAX: none. */
typedef struct places {
    size_t date, location, value, target, as_of;
} places;

/* The column that the user named, or the first of the usual ones. */
static qd_status find_column(const qd_table *table, const char *named, const char *usual, const char *what,
                             size_t *place, qd_error *error)
{
    if (named != NULL && *named != '\0') {
        return qd_table_find(table, named, place, error);
    }
    *place = qd_hub_column(table, usual);
    if (*place == SIZE_MAX) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), 1, 0, "no column %s (%s)", usual, what);
    }
    return QD_OK;
}

static qd_status find_places(const qd_table *table, const qd_truth_columns *columns, places *p, qd_error *error)
{
    qd_status status = find_column(table, columns->date, "target_end_date|target_date|date|time",
                                   "the day of an observation; --time names another", &p->date, error);
    if (status == QD_OK) {
        status = find_column(table, columns->location, "location", "where it was observed; --series names another",
                             &p->location, error);
    }
    if (status == QD_OK) {
        status = find_column(table, columns->value, "observation|value|oracle_value",
                             "what was observed; --target names another", &p->value, error);
    }
    p->target = qd_hub_column(table, "target");
    p->target = p->target == p->value ? SIZE_MAX : p->target;
    p->as_of = qd_hub_column(table, "as_of");
    return status;
}

static qd_status read_days(const qd_table *table, size_t column, qd_times *days, qd_error *error)
{
    const char *name = qd_table_name(table, column);
    qd_status status = qd_times_read(table, name, NULL, days, error);
    if (status == QD_OK && days->kind != QD_TIME_DAY) {
        status = qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, 0), column + 1,
                            "column %s holds no dates", name);
    }
    return status;
}

static qd_status read_items(qd_truth *truth, const qd_table *table, const places *p, const qd_times *date,
                            const qd_times *as_of, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < truth->count && status == QD_OK; i++) {
        observation *o = &truth->item[i];
        o->date = date->value[i];
        o->as_of = as_of->value != NULL ? as_of->value[i] : 0;
        o->line = qd_table_line(table, i);
        o->value = NAN;
        status = qd_numbering_add(&truth->location, qd_table_cell(table, i, p->location), &o->location, error);
        if (status == QD_OK && truth->targets) {
            status = qd_numbering_add(&truth->target, qd_table_cell(table, i, p->target), &o->target, error);
        }
        if (status == QD_OK && !qd_table_missing(qd_table_cell(table, i, p->value))) {
            status = qd_table_number(table, i, p->value, &o->value, error);
        }
    }
    return status;
}

static int compare_keys(const void *a, const void *b)
{
    const observation *x = a, *y = b;
    if (x->target != y->target) {
        return x->target < y->target ? -1 : 1;
    }
    if (x->location != y->location) {
        return x->location < y->location ? -1 : 1;
    }
    return (x->date > y->date) - (x->date < y->date);
}

static int compare_items(const void *a, const void *b)
{
    const observation *x = a, *y = b;
    const int by_key = compare_keys(a, b);
    if (by_key != 0) {
        return by_key;
    }
    if (x->as_of != y->as_of) {
        return x->as_of < y->as_of ? -1 : 1;
    }
    return (x->line > y->line) - (x->line < y->line);
}

/* In order, and of each key the last publication alone. */
static qd_status settle(qd_truth *truth, const qd_table *table, size_t date_column, qd_error *error)
{
    size_t kept = 0;
    qsort(truth->item, truth->count, sizeof *truth->item, compare_items);
    for (size_t i = 0; i < truth->count; i++) {
        const observation *now = &truth->item[i], *last = kept > 0 ? &truth->item[kept - 1] : NULL;
        const bool same = last != NULL && compare_keys(last, now) == 0;
        if (same && last->as_of == now->as_of) {
            return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), now->line, date_column + 1,
                              "a second observation of %.60s on that day (the first is in line %llu)",
                              truth->location.text[now->location], (unsigned long long)last->line);
        }
        kept -= same;
        truth->item[kept++] = *now;
    }
    truth->count = kept;
    return QD_OK;
}

static qd_status read_truth(qd_truth *truth, const qd_table *table, const qd_truth_columns *columns, qd_error *error)
{
    places p = {0};
    qd_times date = {0}, as_of = {0};
    qd_status status = find_places(table, columns, &p, error);
    if (status == QD_OK) {
        status = read_days(table, p.date, &date, error);
    }
    if (status == QD_OK && p.as_of != SIZE_MAX) {
        status = read_days(table, p.as_of, &as_of, error);
    }
    if (status == QD_OK) {
        truth->targets = p.target != SIZE_MAX;
        truth->count = qd_table_rows(table);
        truth->item = qd_mem_new(truth->count, sizeof *truth->item);
        status = truth->item == NULL ? qd_fail_memory(error, truth->count * sizeof *truth->item, "observations")
                                     : read_items(truth, table, &p, &date, &as_of, error);
    }
    if (status == QD_OK) {
        status = settle(truth, table, p.date, error);
    }
    qd_times_clear(&date);
    qd_times_clear(&as_of);
    return status;
}

qd_status qd_truth_read(const char *path, const qd_table_options *options, const qd_truth_columns *columns,
                        qd_truth **out, qd_error *error)
{
    qd_table *table = NULL;
    qd_truth *truth = qd_mem_new(1, sizeof *truth);
    qd_status status = truth == NULL ? qd_fail_memory(error, sizeof *truth, "observations")
                                     : qd_table_read(path, options, &table, error);
    if (status == QD_OK) {
        status = read_truth(truth, table, columns, error);
    }
    qd_table_free(table);
    if (status != QD_OK) {
        qd_truth_free(truth);
        return status;
    }
    *out = truth;
    return QD_OK;
}

void qd_truth_free(qd_truth *truth)
{
    if (truth != NULL) {
        qd_numbering_clear(&truth->target);
        qd_numbering_clear(&truth->location);
        qd_mem_free(truth->item);
        qd_mem_free(truth);
    }
}

size_t qd_truth_targets(const qd_truth *truth)
{
    return truth->target.count;
}

double qd_truth_find(const qd_truth *truth, const char *target, const char *location, int64_t date)
{
    observation key = {.date = date};
    size_t from = 0, until = truth->targets ? truth->target.count : 1;
    if (!qd_numbering_find(&truth->location, location, &key.location)) {
        return NAN;
    }
    if (truth->targets && target != NULL) {
        if (!qd_numbering_find(&truth->target, target, &from)) {
            return NAN;
        }
        until = from + 1;
    }
    const observation *found = NULL;
    for (key.target = from; key.target < until && found == NULL; key.target++) {
        found = bsearch(&key, truth->item, truth->count, sizeof key, compare_keys);
    }
    return found != NULL ? found->value : (double)NAN;
}
