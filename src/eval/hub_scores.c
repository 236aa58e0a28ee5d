/* Hub scores: numbers the origins, series and horizons of the files, and fills the table of tallies. */
#include "eval/hub_scores.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/calendar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DATE_SIZE = 32 };

/* Distinct numbers in order. */
typedef struct number_set {
    size_t count;
    int64_t *number;
} number_set;

struct qd_hub_scores {
    qd_hub_plan plan;
    bool several; /* targets */
    number_set origins, horizons;
    qd_numbering series;
    qd_tally *tally;
    qd_scores table;
    const char *model[QD_HUB_MODELS];
    char *second_model; /* where both files have one name */
    char (*date)[DATE_SIZE];
    const char **origin;
    char *key; /* scratch, for names of series */
    qd_hub_counts counts[QD_HUB_MODELS];
};

static const char *target_of(const qd_hub *hub, const qd_hub_forecast *f)
{
    return hub->target.text[f->target];
}

static const char *location_of(const qd_hub *hub, const qd_hub_forecast *f)
{
    return hub->location.text[f->location];
}

static bool is_scored(const qd_hub_scores *s, const qd_hub *hub, const qd_hub_forecast *f)
{
    return s->plan.target == NULL || strcmp(target_of(hub, f), s->plan.target) == 0;
}

/* ---------------------------------------------------------------------------------------------- targets */

/* "a, b, c" */
static void list_targets(const qd_hub *hub, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < hub->target.count && used + 1 < size; i++) {
        const int length = qd_text_format(text + used, size - used, "%s%s", i > 0 ? ", " : "", hub->target.text[i]);
        used += length > 0 ? (size_t)length : 0;
    }
}

static qd_status check_targets(qd_hub_scores *s, qd_error *error)
{
    char list[300];
    const qd_hub *hub = s->plan.hub[0];
    size_t number;
    list_targets(hub, list, sizeof list);
    if (s->plan.target != NULL && !qd_numbering_find(&hub->target, s->plan.target, &number)) {
        return qd_fail_at(error, QD_ERR_VALUE, hub->path, 0, 0, "no target is called '%.60s' (there are: %s)",
                          s->plan.target, list);
    }
    s->several = s->plan.target == NULL && hub->target.count > 1;
    if (s->several && qd_truth_targets(s->plan.truth) == 0) {
        return qd_fail_at(error, QD_ERR_VALUE, hub->path, 0, 0,
                          "%zu targets (%s), and the truth has no column target; choose one with --hub-target",
                          hub->target.count, list);
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------- sets */

static int compare_numbers(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static size_t place_of(const number_set *set, int64_t number)
{
    const int64_t *found = bsearch(&number, set->number, set->count, sizeof number, compare_numbers);
    return found != NULL ? (size_t)(found - set->number) : SIZE_MAX;
}

static void sort_set(number_set *set)
{
    size_t kept = 0;
    qsort(set->number, set->count, sizeof *set->number, compare_numbers);
    for (size_t i = 0; i < set->count; i++) {
        if (kept == 0 || set->number[kept - 1] != set->number[i]) {
            set->number[kept++] = set->number[i];
        }
    }
    set->count = kept;
}

static qd_status collect_sets(qd_hub_scores *s, qd_error *error)
{
    size_t most = 0;
    for (size_t m = 0; m < s->plan.models; m++) {
        most += s->plan.hub[m]->count;
    }
    s->origins.number = qd_mem_new(most, sizeof *s->origins.number);
    s->horizons.number = qd_mem_new(most, sizeof *s->horizons.number);
    if (s->origins.number == NULL || s->horizons.number == NULL) {
        return qd_fail_memory(error, most * sizeof *s->origins.number, "scores");
    }
    for (size_t m = 0; m < s->plan.models; m++) {
        const qd_hub *hub = s->plan.hub[m];
        for (size_t i = 0; i < hub->count; i++) {
            if (is_scored(s, hub, &hub->forecast[i])) {
                s->origins.number[s->origins.count++] = hub->forecast[i].reference;
                s->horizons.number[s->horizons.count++] = hub->forecast[i].horizon;
            }
        }
    }
    sort_set(&s->origins);
    sort_set(&s->horizons);
    return QD_OK;
}

/* The name of a forecast's series, borrowed until the next call. */
static const char *series_name(qd_hub_scores *s, const qd_hub *hub, const qd_hub_forecast *f, qd_error *error)
{
    const char *location = location_of(hub, f), *target = target_of(hub, f);
    if (!s->several) {
        return location;
    }
    const size_t size = strlen(location) + strlen(target) + 2;
    qd_mem_free(s->key);
    s->key = qd_mem_new(size, 1);
    if (s->key == NULL) {
        qd_fail_memory(error, size, "a series");
        return NULL;
    }
    qd_text_format(s->key, size, "%s/%s", location, target);
    return s->key;
}

static qd_status number_series(qd_hub_scores *s, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t m = 0; m < s->plan.models; m++) {
        const qd_hub *hub = s->plan.hub[m];
        for (size_t i = 0; i < hub->count && status == QD_OK; i++) {
            if (is_scored(s, hub, &hub->forecast[i])) {
                size_t number;
                const char *name = series_name(s, hub, &hub->forecast[i], error);
                status = name == NULL ? QD_ERR_MEMORY : qd_numbering_add(&s->series, name, &number, error);
            }
        }
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ scores */

/* Is there a forecast of the same in another file?  A file of one target may call it otherwise. */
static bool matches(const qd_hub *match, const qd_hub *hub, const qd_hub_forecast *f)
{
    const char *target = match->target.count > 1 ? target_of(hub, f) : NULL;
    return qd_hub_find(match, f->reference, target, location_of(hub, f), f->horizon) != NULL;
}

static double truth_of(const qd_hub_scores *s, const qd_hub *hub, const qd_hub_forecast *f)
{
    const char *target = s->several || qd_truth_targets(s->plan.truth) > 1 ? target_of(hub, f) : NULL;
    return qd_truth_find(s->plan.truth, target != NULL && *target != '\0' ? target : NULL, location_of(hub, f),
                         f->date);
}

static qd_status score_file(qd_hub_scores *s, size_t m, qd_error *error)
{
    const qd_hub *hub = s->plan.hub[m];
    for (size_t i = 0; i < hub->count; i++) {
        const qd_hub_forecast *f = &hub->forecast[i];
        if (!is_scored(s, hub, f)) {
            continue;
        }
        if (s->plan.match != NULL && !matches(s->plan.match, hub, f)) {
            s->counts[m].unmatched++;
            continue;
        }
        const double truth = truth_of(s, hub, f);
        if (isnan(truth)) {
            s->counts[m].unknown++;
            continue;
        }
        size_t series;
        const char *name = series_name(s, hub, f, error);
        if (name == NULL) {
            return QD_ERR_MEMORY;
        }
        qd_numbering_find(&s->series, name, &series);
        const size_t origin = place_of(&s->origins, f->reference), horizon = place_of(&s->horizons, f->horizon);
        qd_tally *tally =
            &s->tally[((m * s->origins.count + origin) * s->series.count + series) * s->horizons.count + horizon];
        qd_tally_add(tally, truth, f->levels, hub->level + f->first, hub->value + f->first);
        if (f->samples > 0) {
            qd_tally_add_distribution(tally, truth, f->samples, hub->sample + f->drawn);
        }
        s->counts[m].scored++;
    }
    return QD_OK;
}

static qd_status refuse_unscored(const qd_hub_scores *s, qd_error *error)
{
    const qd_hub *hub = s->plan.hub[0];
    size_t i = 0;
    while (i < hub->count && !is_scored(s, hub, &hub->forecast[i])) {
        i++;
    }
    if (i == hub->count) {
        return qd_fail_at(error, QD_ERR_VALUE, hub->path, 0, 0, "nothing can be scored: no forecast of '%.60s'",
                          s->plan.target);
    }
    char date[DATE_SIZE];
    qd_time_text(QD_TIME_DAY, false, hub->forecast[i].date, date, sizeof date);
    return qd_fail_at(error, QD_ERR_VALUE, hub->path, 0, 0,
                      "nothing can be scored: %zu forecasts without an observation, %zu that the matched file lacks "
                      "(the first: location %.60s, %s)",
                      s->counts[0].unknown, s->counts[0].unmatched, location_of(hub, &hub->forecast[i]), date);
}

/* ------------------------------------------------------------------------------------------------- whole */

static qd_status allocate(qd_hub_scores *s, qd_error *error)
{
    const size_t origins = s->origins.count, horizons = s->horizons.count;
    size_t cells;
    const bool many = __builtin_mul_overflow(origins, s->series.count, &cells) ||
                      __builtin_mul_overflow(cells, horizons * s->plan.models, &cells);
    s->tally = many ? NULL : qd_mem_new(cells, sizeof *s->tally);
    s->date = qd_mem_new(origins, sizeof *s->date);
    s->origin = qd_mem_new(origins, sizeof *s->origin);
    if (s->tally == NULL || s->date == NULL || s->origin == NULL) {
        return qd_fail_memory(error, many ? SIZE_MAX : cells * sizeof *s->tally, "scores");
    }
    for (size_t i = 0; i < origins; i++) {
        qd_time_text(QD_TIME_DAY, false, s->origins.number[i], s->date[i], DATE_SIZE);
        s->origin[i] = s->date[i];
    }
    return QD_OK;
}

/* Models by the names of their files; a second one of the same name is called "NAME (baseline)". */
static qd_status name_models(qd_hub_scores *s, qd_error *error)
{
    static const char added[] = " (baseline)";
    for (size_t m = 0; m < s->plan.models; m++) {
        s->model[m] = s->plan.hub[m]->model;
    }
    if (s->plan.models > 1 && strcmp(s->model[0], s->model[1]) == 0) {
        const size_t size = strlen(s->model[1]) + sizeof added;
        s->second_model = qd_mem_new(size, 1);
        if (s->second_model == NULL) {
            return qd_fail_memory(error, size, "a name");
        }
        qd_text_format(s->second_model, size, "%s%s", s->model[1], added);
        s->model[1] = s->second_model;
    }
    return QD_OK;
}

static qd_status score(qd_hub_scores *s, qd_error *error)
{
    qd_status status = check_targets(s, error);
    if (status == QD_OK) {
        status = collect_sets(s, error);
    }
    if (status == QD_OK) {
        status = number_series(s, error);
    }
    if (status == QD_OK) {
        status = allocate(s, error);
    }
    if (status == QD_OK) {
        status = name_models(s, error);
    }
    for (size_t m = 0; m < s->plan.models && status == QD_OK; m++) {
        status = score_file(s, m, error);
    }
    if (status == QD_OK && s->counts[0].scored == 0) {
        status = refuse_unscored(s, error);
    }
    s->table = (qd_scores){.models = s->plan.models,
                           .origins = s->origins.count,
                           .series = s->series.count,
                           .horizons = s->horizons.count,
                           .model = s->model,
                           .origin = s->origin,
                           .key = (const char *const *)s->series.text,
                           .horizon = s->horizons.number,
                           .tally = s->tally,
                           .reference = 1};
    return status;
}

qd_status qd_hub_scores_new(const qd_hub_plan *plan, qd_hub_scores **out, qd_error *error)
{
    qd_hub_scores *s = qd_mem_new(1, sizeof *s);
    if (s == NULL) {
        return qd_fail_memory(error, sizeof *s, "scores");
    }
    s->plan = *plan;
    const qd_status status = score(s, error);
    if (status != QD_OK) {
        qd_hub_scores_free(s);
        return status;
    }
    *out = s;
    return QD_OK;
}

void qd_hub_scores_free(qd_hub_scores *scores)
{
    if (scores != NULL) {
        qd_mem_free(scores->origins.number);
        qd_mem_free(scores->horizons.number);
        qd_numbering_clear(&scores->series);
        qd_mem_free(scores->tally);
        qd_mem_free(scores->second_model);
        qd_mem_free(scores->date);
        qd_mem_free(scores->origin);
        qd_mem_free(scores->key);
        qd_mem_free(scores);
    }
}

const qd_scores *qd_hub_scores_table(const qd_hub_scores *scores)
{
    return &scores->table;
}

qd_hub_counts qd_hub_scores_counts(const qd_hub_scores *scores, size_t model)
{
    return scores->counts[model];
}
