/* Hub: from the rows of a file of forecasts to quantiles and samples in order, checked, and found by key. */
#include "eval/hub.h"
#include "base/mem.h"
#include "base/sort.h"
#include "eval/baselines.h"
#include "eval/hub_parts.h"
#include "eval/tally.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One file under way. */
typedef struct builder {
    qd_hub *hub;
    qd_hub_row *row; /* [rows], in order of forecast, key, line */
    size_t rows;
    size_t wanted;       /* levels asked for; 0: those in the file */
    const double *level; /* [wanted] */
    size_t values, drawn;
} builder;

/* ----------------------------------------------------------------------------------------------- model */

static bool is_date(const char *text)
{
    static const char form[] = "0000-00-00-";
    size_t i = 0;
    while (form[i] != '\0' && (form[i] == '0' ? isdigit((unsigned char)text[i]) != 0 : text[i] == form[i])) {
        i++;
    }
    return form[i] == '\0' && text[i] != '\0';
}

char *qd_hub_model(const char *path)
{
    static const char *const endings[] = {".gz", ".csv", ".tsv", ".txt"};
    static const char before[] = "forecasts_";
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    name += is_date(name) ? strlen("2023-10-14-") : 0;
    name += strncmp(name, before, sizeof before - 1) == 0 ? sizeof before - 1 : 0;
    char *model = qd_mem_string(name);
    for (size_t i = 0; model != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        char *dot = strrchr(model, '.');
        if (dot != NULL && dot != model && strcmp(dot, endings[i]) == 0) {
            *dot = '\0';
        }
    }
    char *season = model != NULL ? strrchr(model, '_') : NULL;
    if (season != NULL && season != model && isdigit((unsigned char)season[1])) {
        *season = '\0';
    }
    return model;
}

/* --------------------------------------------------------------------------------------------- checking */

static int compare_rows(const void *a, const void *b)
{
    const qd_hub_row *x = a, *y = b;
    if (x->forecast != y->forecast) {
        return x->forecast < y->forecast ? -1 : 1;
    }
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->line > y->line) - (x->line < y->line);
}

static void sort_rows(builder *b)
{
    for (size_t i = 1; i < b->rows; i++) {
        if (compare_rows(&b->row[i - 1], &b->row[i]) > 0) {
            qsort(b->row, b->rows, sizeof *b->row, compare_rows);
            return;
        }
    }
}

/* Neighbouring rows of one forecast: not the same twice, and quantiles that do not fall. */
static qd_status check_rows(const builder *b, size_t count, const qd_hub_row *row, qd_error *error)
{
    for (size_t i = 1; i < count; i++) {
        const qd_hub_row *last = &row[i - 1], *now = &row[i];
        if (last->key == now->key) {
            return qd_fail_at(error, QD_ERR_FORMAT, b->hub->path, now->line, 0,
                              "a second value for the %s of the forecast that line %llu belongs to",
                              now->key >= QD_HUB_DRAW     ? "draw"
                              : now->key == QD_HUB_MEDIAN ? "median"
                                                          : "level",
                              (unsigned long long)last->line);
        }
        if (now->key < QD_HUB_MEDIAN && now->value < last->value) {
            return qd_fail_at(error, QD_ERR_FORMAT, b->hub->path, now->line, 0,
                              "the quantile at %g is %g, less than the %g at %g in line %llu", now->key, now->value,
                              last->value, last->key, (unsigned long long)last->line);
        }
    }
    return QD_OK;
}

/* A median stands in for the quantile at .5, in its place; or is of no use. */
static void place_median(size_t *quantiles, qd_hub_row *row)
{
    const size_t median = *quantiles - 1;
    if (row[median].key != QD_HUB_MEDIAN) {
        return;
    }
    size_t place = 0;
    while (place < median && row[place].key < 0.5) {
        place++;
    }
    if (place < median && row[place].key == 0.5) {
        (*quantiles)--;
        return;
    }
    const qd_hub_row moved = {row[median].forecast, row[median].line, 0.5, row[median].value};
    memmove(row + place + 1, row + place, (median - place) * sizeof *row);
    row[place] = moved;
}

/* ---------------------------------------------------------------------------------------------- filling */

static void put_value(builder *b, double level, double value)
{
    b->hub->level[b->values] = level;
    b->hub->value[b->values++] = value;
}

/* The quantiles that are wanted; false where one is not there. */
static bool keep_quantiles(builder *b, size_t count, const qd_hub_row *row)
{
    size_t found = 0;
    for (size_t i = 0; i < count && (b->wanted == 0 || found < b->wanted); i++) {
        if (b->wanted == 0 || fabs(row[i].key - b->level[found]) < 1e-9) {
            put_value(b, row[i].key, row[i].value);
            found++;
        }
    }
    return found == (b->wanted == 0 ? count : b->wanted);
}

static void keep_sample(builder *b, size_t count, const qd_hub_row *row)
{
    for (size_t i = 0; i < count; i++) {
        b->hub->sample[b->drawn++] = row[i].value;
    }
    qd_sort_doubles(b->hub->sample + b->drawn - count, count);
}

static void quantiles_of_sample(builder *b, const qd_hub_forecast *f)
{
    const size_t levels = b->wanted > 0 ? b->wanted : QD_HUB_LEVELS;
    const double *level = b->wanted > 0 ? b->level : qd_hub_levels;
    for (size_t q = 0; q < levels; q++) {
        put_value(b, level[q], qd_sorted_quantile(f->samples, b->hub->sample + f->drawn, level[q]));
    }
}

/* One forecast from its rows: quantiles, a median, draws.  Without a level that is wanted it is left with none. */
static qd_status fill_forecast(builder *b, qd_hub_forecast *f, qd_hub_row *row, qd_error *error)
{
    size_t quantiles = f->levels;
    const size_t draws = f->levels;
    f->first = b->values;
    f->drawn = b->drawn;
    qd_status status = check_rows(b, f->levels + f->samples, row, error);
    if (status != QD_OK) {
        return status;
    }
    if (quantiles > 0) {
        place_median(&quantiles, row);
        status = check_rows(b, quantiles, row, error);
    }
    keep_sample(b, f->samples, row + draws);
    if (quantiles == 0) {
        quantiles_of_sample(b, f);
    } else if (!keep_quantiles(b, quantiles, row)) {
        b->values = f->first;
        b->hub->left_out.incomplete++;
    }
    f->levels = b->values - f->first;
    return status;
}

static qd_status allocate_values(builder *b, qd_error *error)
{
    qd_hub *hub = b->hub;
    size_t values = 0, samples = 0;
    for (size_t i = 0; i < hub->count; i++) {
        const qd_hub_forecast *f = &hub->forecast[i];
        values += f->levels > 0 ? f->levels : b->wanted > 0 ? b->wanted : QD_HUB_LEVELS;
        samples += f->samples;
    }
    hub->level = qd_mem_new(values, sizeof *hub->level);
    hub->value = qd_mem_new(values, sizeof *hub->value);
    hub->sample = qd_mem_new(samples, sizeof *hub->sample);
    if (hub->level == NULL || hub->value == NULL || hub->sample == NULL) {
        return qd_fail_memory(error, (2 * values + samples) * sizeof *hub->value, hub->path);
    }
    return QD_OK;
}

static int compare_forecasts(const void *a, const void *b)
{
    const qd_hub_forecast *x = a, *y = b;
    if (x->reference != y->reference) {
        return x->reference < y->reference ? -1 : 1;
    }
    if (x->target != y->target) {
        return x->target < y->target ? -1 : 1;
    }
    if (x->location != y->location) {
        return x->location < y->location ? -1 : 1;
    }
    return (x->horizon > y->horizon) - (x->horizon < y->horizon);
}

static qd_status fill(builder *b, qd_error *error)
{
    qd_hub *hub = b->hub;
    qd_status status = allocate_values(b, error);
    sort_rows(b);
    size_t at = 0, kept = 0;
    for (size_t i = 0; i < hub->count && status == QD_OK; i++) {
        qd_hub_forecast *f = &hub->forecast[i];
        const size_t rows = f->levels + f->samples;
        status = fill_forecast(b, f, b->row + at, error);
        at += rows;
        if (f->levels > 0) {
            hub->forecast[kept++] = *f;
        }
    }
    if (status != QD_OK) {
        return status;
    }
    hub->count = kept;
    if (kept == 0) {
        return qd_fail_at(error, QD_ERR_FORMAT, hub->path, 0, 0,
                          hub->left_out.incomplete > 0
                              ? "no forecast has all of the quantiles that are asked for"
                              : "no quantile, median or sample row with a target date; nothing can be scored");
    }
    qsort(hub->forecast, kept, sizeof *hub->forecast, compare_forecasts);
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ whole */

/* The rows that count.  The table is gone when their values are ordered: it is the largest thing here. */
static qd_status read_rows(builder *b, const qd_table_options *options, qd_error *error)
{
    qd_table *table;
    qd_status status = qd_table_read(b->hub->path, options, &table, error);
    if (status != QD_OK) {
        return status;
    }
    b->row = qd_mem_new(qd_table_rows(table), sizeof *b->row);
    status = b->row == NULL ? qd_fail_memory(error, qd_table_rows(table) * sizeof *b->row, b->hub->path)
                            : qd_hub_rows_read(table, b->hub, b->row, &b->rows, error);
    qd_table_free(table);
    return status;
}

static qd_status read_file(builder *b, const qd_table_options *options, qd_error *error)
{
    qd_status status = read_rows(b, options, error);
    if (status == QD_OK) {
        status = fill(b, error);
    }
    qd_mem_free(b->row);
    return status;
}

qd_status qd_hub_read(const char *path, const qd_table_options *options, size_t levels, const double *level,
                      qd_hub **out, qd_error *error)
{
    qd_hub *hub = qd_mem_new(1, sizeof *hub);
    if (hub != NULL) {
        hub->path = qd_mem_string(path);
        hub->model = qd_hub_model(path);
    }
    qd_status status =
        hub == NULL || hub->path == NULL || hub->model == NULL ? qd_fail_memory(error, strlen(path), path) : QD_OK;
    if (status == QD_OK) {
        builder b = {.hub = hub, .wanted = levels, .level = level};
        status = read_file(&b, options, error);
    }
    if (status != QD_OK) {
        qd_hub_free(hub);
        return status;
    }
    *out = hub;
    return QD_OK;
}

void qd_hub_free(qd_hub *hub)
{
    if (hub != NULL) {
        qd_mem_free(hub->path);
        qd_mem_free(hub->model);
        qd_numbering_clear(&hub->location);
        qd_numbering_clear(&hub->target);
        qd_mem_free(hub->forecast);
        qd_mem_free(hub->level);
        qd_mem_free(hub->value);
        qd_mem_free(hub->sample);
        qd_mem_free(hub);
    }
}

const qd_hub_forecast *qd_hub_find(const qd_hub *hub, int64_t reference, const char *target, const char *location,
                                   int64_t horizon)
{
    qd_hub_forecast key = {.reference = reference, .horizon = horizon};
    size_t from = 0, until = hub->target.count;
    if (!qd_numbering_find(&hub->location, location, &key.location)) {
        return NULL;
    }
    if (target != NULL) {
        if (!qd_numbering_find(&hub->target, target, &from)) {
            return NULL;
        }
        until = from + 1;
    }
    const qd_hub_forecast *found = NULL;
    for (key.target = from; key.target < until && found == NULL; key.target++) {
        found = bsearch(&key, hub->forecast, hub->count, sizeof key, compare_forecasts);
    }
    return found;
}
