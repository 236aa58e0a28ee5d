/* What scores of sites are worth: areas, and a bootstrap over sites that draws the same for every score. */
#include "eval/site_scores.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/csv.h"
#include "eval/bootstrap.h"
#include "eval/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------------------------------------- ranks */

typedef struct place {
    double value;
    size_t index;
} place;

static int rising(const void *a, const void *b)
{
    const place *x = a, *y = b;
    return x->value < y->value ? -1 : x->value > y->value ? 1 : x->index < y->index ? -1 : 1;
}

/* out[i] += weight * rank of value[i] among the places, ties their mean. */
static void add_ranks(size_t n, place *places, double weight, double *out)
{
    qsort(places, n, sizeof *places, rising);
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1; next < n && places[next].value == places[i].value;) {
            next++;
        }
        for (size_t k = i; k < next; k++) {
            out[places[k].index] += weight * 0.5 * (double)(i + 1 + next);
        }
    }
}

qd_status qd_ranks(size_t n, const double *value, double *rank, qd_error *error)
{
    place *places = qd_mem_new(n, sizeof *places);
    if (places == NULL) {
        return qd_fail_memory(error, n * sizeof *places, "ranks");
    }
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        rank[i] = isnan(value[i]) ? NAN : 0;
        if (!isnan(value[i])) {
            places[used++] = (place){value[i], i};
        }
    }
    add_ranks(used, places, 1, rank);
    qd_mem_free(places);
    return QD_OK;
}

qd_status qd_rank_sum(size_t n, const double *a, const double *b, double weight, double *out, qd_error *error)
{
    place *places = qd_mem_new(n, sizeof *places);
    if (places == NULL) {
        return qd_fail_memory(error, n * sizeof *places, "ranks");
    }
    for (int second = 0; second < 2; second++) {
        size_t used = 0;
        for (size_t i = 0; i < n; i++) {
            const bool both = !isnan(a[i]) && !isnan(b[i]);
            if (!second) {
                out[i] = both ? 0 : NAN;
            }
            if (both) {
                places[used++] = (place){second ? b[i] : a[i], i};
            }
        }
        add_ranks(used, places, second ? weight : 1, out);
    }
    qd_mem_free(places);
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------------- areas */

typedef struct scoring {
    const qd_site_truth *truth;
    size_t count, draws;
    const qd_site_score *scores;
    qd_ranking **ranking; /* [count] */
    size_t sites;         /* positions, from 0 to the last */
    double *drawn;        /* [sites]: how often each was drawn */
    double *taken;        /* [distinct]: the same of those that have a row */
    bool *there;          /* [sites]: has it a row? */
    size_t *site;         /* those that have, [distinct] */
    size_t distinct;
    double *weight; /* [truth->count] */
    double *area;   /* [count][draws] */
    double *paired; /* [count][draws]: less the area of the baseline, on common rows */
} scoring;

/* The area of the paper from the receiver's: pairs of positives count a half, so with P positives of N
   area = (auroc (N - P) + P / 2) / N. */
static double paper_area(const scoring *s, size_t k, const double *weight)
{
    double all = 0, positives = 0;
    for (size_t i = 0; i < s->truth->count; i++) {
        all += weight[i];
        positives += s->truth->positive[i] ? weight[i] : 0;
    }
    if (positives == 0) {
        return NAN;
    }
    const double auroc = all > positives ? qd_ranking_auroc(s->ranking[k], weight) : 0;
    return (auroc * (all - positives) + 0.5 * positives) / all;
}

/* Weights: of the rows that score k has (and score `other`, where it is not SIZE_MAX); drawn: by draws of their sites.
 */
static void set_weights(scoring *s, size_t k, size_t other, bool drawn)
{
    for (size_t i = 0; i < s->truth->count; i++) {
        const bool scored = !isnan(s->scores[k].value[i]) && (other == SIZE_MAX || !isnan(s->scores[other].value[i]));
        s->weight[i] = !scored ? 0 : drawn ? s->drawn[s->truth->position[i]] : 1;
    }
}

static qd_status rank_all(scoring *s, qd_error *error)
{
    const size_t n = s->truth->count;
    double *value = qd_mem_new(n, sizeof *value);
    if (value == NULL) {
        return qd_fail_memory(error, n * sizeof *value, "scores");
    }
    qd_status status = QD_OK;
    for (size_t k = 0; k < s->count && status == QD_OK; k++) {
        for (size_t i = 0; i < n; i++) {
            value[i] = isnan(s->scores[k].value[i]) ? 0 : s->scores[k].value[i]; /* of weight 0 */
        }
        status = qd_ranking_new(n, value, s->truth->positive, &s->ranking[k], error);
    }
    qd_mem_free(value);
    return status;
}

static qd_status score_whole(scoring *s, size_t k, qd_site_result *result, qd_error *error)
{
    *result = (qd_site_result){
        .low = NAN, .high = NAN, .versus = SIZE_MAX, .difference = NAN, .difference_low = NAN, .difference_high = NAN};
    set_weights(s, k, SIZE_MAX, false);
    for (size_t i = 0; i < s->truth->count; i++) {
        result->n += s->weight[i] > 0;
        result->positives += s->weight[i] > 0 && s->truth->positive[i];
    }
    if (result->positives == 0 || result->positives == result->n) {
        return qd_fail(error, QD_ERR_VALUE, "%s: of %zu rows that have a score %zu are positive: nothing to tell apart",
                       s->scores[k].name, result->n, result->positives);
    }
    result->auc = paper_area(s, k, s->weight);
    result->auroc = qd_ranking_auroc(s->ranking[k], s->weight);
    result->average_precision = qd_ranking_average_precision(s->ranking[k], s->weight);
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------- bootstrap */

/* How often each site is in a draw. */
static void draw_sites(scoring *s, size_t number, uint64_t seed)
{
    qd_bootstrap_draw(seed, number, s->distinct, s->taken);
    for (size_t i = 0; i < s->distinct; i++) {
        s->drawn[s->site[i]] = s->taken[i];
    }
}

static void bootstrap(scoring *s, uint64_t seed, qd_site_result *result)
{
    for (size_t d = 0; d < s->draws; d++) {
        draw_sites(s, d, seed);
        for (size_t k = 0; k < s->count; k++) {
            set_weights(s, k, SIZE_MAX, true);
            s->area[k * s->draws + d] = paper_area(s, k, s->weight);
            if (result[k].versus != SIZE_MAX) {
                set_weights(s, k, result[k].versus, true);
                s->paired[k * s->draws + d] = paper_area(s, k, s->weight) - paper_area(s, result[k].versus, s->weight);
            }
        }
    }
    for (size_t k = 0; k < s->count; k++) {
        qd_bootstrap_interval(s->draws, s->area + k * s->draws, &result[k].low, &result[k].high);
        if (result[k].versus != SIZE_MAX) {
            qd_bootstrap_interval(s->draws, s->paired + k * s->draws, &result[k].difference_low,
                                  &result[k].difference_high);
        }
    }
}

/* ---------------------------------------------------------------------------------------------- the whole */

/* What is made with a network is compared with the best that is made without. */
static void compare(scoring *s, qd_site_result *result)
{
    size_t best = SIZE_MAX;
    for (size_t k = 0; k < s->count; k++) {
        if (s->scores[k].baseline && (best == SIZE_MAX || result[k].auc > result[best].auc)) {
            best = k;
        }
    }
    for (size_t k = 0; k < s->count && best != SIZE_MAX; k++) {
        if (!s->scores[k].baseline) {
            set_weights(s, k, best, false);
            result[k].versus = best;
            result[k].difference = paper_area(s, k, s->weight) - paper_area(s, best, s->weight);
        }
    }
}

static qd_status prepare(scoring *s, qd_error *error)
{
    const size_t n = s->truth->count;
    for (size_t i = 0; i < n; i++) {
        s->sites = s->truth->position[i] >= s->sites ? s->truth->position[i] + 1 : s->sites;
    }
    s->ranking = qd_mem_new(s->count, sizeof(qd_ranking *));
    s->drawn = qd_mem_new(s->sites, sizeof *s->drawn);
    s->taken = qd_mem_new(s->sites, sizeof *s->taken);
    s->there = qd_mem_new(s->sites, sizeof *s->there);
    s->site = qd_mem_new(s->sites, sizeof *s->site);
    s->weight = qd_mem_new(n, sizeof *s->weight);
    s->area = qd_mem_new(s->count * s->draws, sizeof *s->area);
    s->paired = qd_mem_new(s->count * s->draws, sizeof *s->paired);
    if (s->ranking == NULL || s->drawn == NULL || s->taken == NULL || s->there == NULL || s->site == NULL ||
        s->weight == NULL || s->area == NULL || s->paired == NULL) {
        return qd_fail_memory(error, s->count * s->draws * sizeof *s->area, "a bootstrap");
    }
    for (size_t i = 0; i < n; i++) {
        if (!s->there[s->truth->position[i]]) {
            s->there[s->truth->position[i]] = true;
            s->site[s->distinct++] = s->truth->position[i];
        }
    }
    return rank_all(s, error);
}

qd_status qd_site_scores(const qd_site_truth *truth, size_t count, const qd_site_score *scores, size_t draws,
                         uint64_t seed, qd_site_result *result, qd_error *error)
{
    scoring s = {.truth = truth, .count = count, .draws = draws, .scores = scores};
    qd_status status = prepare(&s, error);
    for (size_t k = 0; k < count && status == QD_OK; k++) {
        status = score_whole(&s, k, &result[k], error);
    }
    if (status == QD_OK) {
        compare(&s, result);
        if (draws > 0) {
            bootstrap(&s, seed, result);
        }
    }
    for (size_t k = 0; s.ranking != NULL && k < count; k++) {
        qd_ranking_free(s.ranking[k]);
    }
    qd_mem_free(s.ranking);
    qd_mem_free(s.drawn);
    qd_mem_free(s.taken);
    qd_mem_free(s.there);
    qd_mem_free(s.site);
    qd_mem_free(s.weight);
    qd_mem_free(s.area);
    qd_mem_free(s.paired);
    return status;
}

static void put(qd_csv *csv, double number)
{
    if (isnan(number)) {
        qd_csv_text(csv, "");
    } else {
        char text[32];
        qd_text_format(text, sizeof text, "%.4f", number);
        qd_csv_text(csv, text);
    }
}

qd_status qd_site_scores_write(const char *path, size_t count, const qd_site_score *scores,
                               const qd_site_result *result, qd_error *error)
{
    static const char *const columns[] = {
        "score", "n",    "positives", "auc",        "auroc",          "average_precision",
        "low",   "high", "versus",    "difference", "difference_low", "difference_high"};
    qd_csv csv;
    const qd_status status = qd_csv_create(path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        qd_csv_text(&csv, columns[i]);
    }
    qd_csv_end(&csv);
    for (size_t k = 0; k < count; k++) {
        const qd_site_result *r = &result[k];
        qd_csv_text(&csv, scores[k].name);
        qd_csv_whole(&csv, (int64_t)r->n);
        qd_csv_whole(&csv, (int64_t)r->positives);
        const double numbers[] = {r->auc, r->auroc, r->average_precision, r->low, r->high};
        for (size_t i = 0; i < 5; i++) {
            put(&csv, numbers[i]);
        }
        qd_csv_text(&csv, r->versus != SIZE_MAX ? scores[r->versus].name : "");
        put(&csv, r->difference);
        put(&csv, r->difference_low);
        put(&csv, r->difference_high);
        qd_csv_end(&csv);
    }
    return qd_csv_close(&csv, QD_OK);
}
