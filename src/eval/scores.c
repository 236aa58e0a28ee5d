/* Scores: sums over parts of the table of tallies, written as rows of CSV. */
#include "eval/scores.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/csv.h"
#include "eval/bootstrap.h"

#include <math.h>
#include <string.h>

qd_status qd_scores_by_read(const char *list, qd_scores_by *by, qd_error *error)
{
    static const char *const words[3] = {"series", "horizon", "origin"};
    bool *flags[3] = {&by->series, &by->horizon, &by->origin};
    *by = (qd_scores_by){0};
    while (*list != '\0') {
        const size_t length = strcspn(list, ",");
        size_t k = 0;
        while (k < 3 && (strlen(words[k]) != length || strncmp(words[k], list, length) != 0)) {
            k++;
        }
        if (k == 3) {
            return qd_fail(error, QD_ERR_VALUE, "by: '%.*s' is none of series, horizon, origin",
                           length < 40 ? (int)length : 40, list);
        }
        *flags[k] = true;
        list += length;
        if (*list == ',' && *++list == '\0') {
            return qd_fail(error, QD_ERR_VALUE, "by: nothing after the last comma");
        }
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------- sums */

enum { ORIGIN, SERIES, HORIZON };

static const qd_tally *cell(const qd_scores *s, size_t model, size_t origin, size_t series, size_t horizon)
{
    return &s->tally[((model * s->origins + origin) * s->series + series) * s->horizons + horizon];
}

/* Adds one series' cells. */
static void add_series(const qd_scores *s, size_t model, size_t series, const size_t from[3], const size_t until[3],
                       qd_scores_sum *sum)
{
    double own = 0, reference = 0;
    for (size_t k = from[ORIGIN]; k < until[ORIGIN]; k++) {
        for (size_t h = from[HORIZON]; h < until[HORIZON]; h++) {
            const qd_tally *tally = cell(s, model, k, series, h);
            qd_tally_merge(&sum->all, tally);
            const qd_tally *other = s->reference < s->models ? cell(s, s->reference, k, series, h) : NULL;
            if (other != NULL && tally->n > 0 && other->n > 0) {
                sum->common++;
                own += tally->wis;
                reference += other->wis;
            }
        }
    }
    sum->own += own;
    sum->reference += reference;
    if (reference > 0) {
        sum->log_ratios += log(own / reference); /* -inf for a model without error: a geometric mean of 0 */
        sum->series_compared++;
    }
}

void qd_scores_add_up(const qd_scores *scores, size_t model, const size_t from[3], const size_t until[3],
                      qd_scores_sum *sum)
{
    *sum = (qd_scores_sum){0};
    for (size_t series = from[SERIES]; series < until[SERIES]; series++) {
        add_series(scores, model, series, from, until, sum);
    }
}

/* ------------------------------------------------------------------------------------------------- rows */

/* What one series adds to the figures of a row. */
typedef struct part_score {
    double n, wis, own, reference;
} part_score;

typedef struct writer {
    const qd_scores *scores;
    qd_scores_by by;
    qd_csv csv;
    part_score *share; /* [series] */
    double *count;     /* [series]: of a draw */
    double *figure;    /* [2][draws] */
} writer;

/* model,series,horizon[,origin],n */
static void put_keys(writer *w, size_t model, const char *series, const size_t from[3], size_t n)
{
    const qd_scores *s = w->scores;
    qd_csv_text(&w->csv, s->model[model]);
    qd_csv_text(&w->csv, series);
    if (w->by.horizon) {
        qd_csv_whole(&w->csv, s->horizon[from[HORIZON]]);
    } else {
        qd_csv_text(&w->csv, "");
    }
    if (w->by.origin) {
        qd_csv_text(&w->csv, s->origin[from[ORIGIN]]);
    }
    qd_csv_whole(&w->csv, (int64_t)n);
}

/* A mean with digits enough to compare, or nothing where there is none. */
static void put_mean(writer *w, const char *format, double sum, double count)
{
    char text[64] = "";
    if (count > 0) {
        qd_text_format(text, sizeof text, format, sum / count);
    }
    qd_csv_text(&w->csv, text);
}

static const char as_size[] = "%.7g", as_share[] = "%.4f"; /* forms of means */

static void put_scores(writer *w, const qd_tally *t)
{
    const double n = (double)t->n, distributions = (double)t->distributions;
    put_mean(w, as_size, t->wis, n);
    put_mean(w, as_size, t->crps, distributions);
    put_mean(w, as_size, t->log_score, distributions);
    put_mean(w, as_size, t->absolute, (double)t->medians);
    put_mean(w, as_share, t->bias, n);
    for (size_t i = 0; i < 3; i++) {
        put_mean(w, as_share, t->inside[i], (double)t->intervals[i]);
    }
    put_mean(w, as_share, n * qd_tally_pit(t), n);
}

/* --------------------------------------------------------------------------------------------- intervals */

/* The series of a part that were scored, of a geometric mean those that have a ratio; how many. */
static size_t find_shares(const writer *w, size_t model, const size_t from[3], const size_t until[3], bool geometric)
{
    size_t n = 0;
    for (size_t s = from[SERIES]; s < until[SERIES]; s++) {
        size_t first[3], end[3];
        qd_scores_sum sum;
        memcpy(first, from, sizeof first);
        memcpy(end, until, sizeof end);
        first[SERIES] = s;
        end[SERIES] = s + 1;
        qd_scores_add_up(w->scores, model, first, end, &sum);
        if (geometric ? sum.series_compared > 0 : sum.all.n > 0) {
            w->share[n++] = (part_score){(double)sum.all.n, sum.all.wis, sum.own, sum.reference};
        }
    }
    return n;
}

/* The figures of one draw: WIS and ratio, or of a geometric mean the ratio alone. */
static void draw_figures(const writer *w, size_t n, bool geometric, double *wis, double *ratio)
{
    part_score sum = {0, 0, 0, 0};
    double logs = 0;
    for (size_t i = 0; i < n; i++) {
        const part_score *s = &w->share[i];
        sum.n += w->count[i] * s->n;
        sum.wis += w->count[i] * s->wis;
        sum.own += w->count[i] * s->own;
        sum.reference += w->count[i] * s->reference;
        logs += geometric && w->count[i] > 0 ? w->count[i] * log(s->own / s->reference) : 0;
    }
    *wis = geometric ? (double)NAN : sum.wis / sum.n;
    *ratio = geometric ? exp(logs / (double)n) : sum.reference > 0 ? sum.own / sum.reference : (double)NAN;
}

enum { SEED = 1 };

static void put_intervals(writer *w, size_t model, const size_t from[3], const size_t until[3], bool geometric)
{
    const size_t draws = w->scores->draws, n = draws > 0 ? find_shares(w, model, from, until, geometric) : 0;
    double *wis = w->figure, *ratio = w->figure + draws;
    for (size_t d = 0; d < draws && n > 1; d++) {
        qd_bootstrap_draw(SEED, d, n, w->count);
        draw_figures(w, n, geometric, &wis[d], &ratio[d]);
    }
    for (int k = 0; k < 2 && draws > 0; k++) {
        double low = NAN, high = NAN;
        if (n > 1) {
            qd_bootstrap_interval(draws, k == 0 ? wis : ratio, &low, &high);
        }
        put_mean(w, k == 0 ? as_size : as_share, low, !isnan(low));
        put_mean(w, k == 0 ? as_size : as_share, high, !isnan(high));
    }
}

/* The ratio, the intervals, and the end of the line. */
static void end_row(writer *w, double ratio, bool known, size_t model, const size_t from[3], const size_t until[3],
                    bool geometric)
{
    put_mean(w, as_share, ratio, known ? 1 : 0);
    put_intervals(w, model, from, until, geometric);
    qd_csv_end(&w->csv);
}

/* ---------------------------------------------------------------------------------------------- the table */

/* The row of one part of one model. */
static void put_row(writer *w, size_t model, const size_t from[3], const size_t until[3])
{
    qd_scores_sum sum;
    qd_scores_add_up(w->scores, model, from, until, &sum);
    const bool whole = !w->by.series && !w->by.horizon && !w->by.origin;
    const size_t n = sum.all.n > 0 ? sum.all.n : sum.all.distributions;
    if (n == 0 && !whole) {
        return;
    }
    put_keys(w, model, w->by.series ? w->scores->key[from[SERIES]] : "", from, n);
    put_scores(w, &sum.all);
    end_row(w, sum.own / sum.reference, sum.reference > 0, model, from, until, false);
}

static void put_geometric_mean(writer *w, size_t model, const size_t from[3], const size_t until[3])
{
    qd_scores_sum sum;
    qd_scores_add_up(w->scores, model, from, until, &sum);
    const size_t n = sum.series_compared;
    if (n == 0) {
        return;
    }
    put_keys(w, model, "geometric mean", from, n);
    put_scores(w, &(qd_tally){0});
    end_row(w, exp(sum.log_ratios / (double)n), true, model, from, until, true);
}

/* Steps [from, until) on to the next part; false behind the last one.  A place that is not asked for is taken whole. */
static bool next_part(const size_t size[3], const bool apart[3], size_t from[3], size_t until[3])
{
    for (size_t i = 3; i-- > 0;) {
        if (apart[i] && until[i] < size[i]) {
            from[i]++;
            until[i]++;
            return true;
        }
        from[i] = 0;
        until[i] = apart[i] ? 1 : size[i];
    }
    return false;
}

typedef void (*put_part)(writer *w, size_t model, const size_t from[3], const size_t until[3]);

static void put_parts(writer *w, size_t model, const bool apart[3], put_part put)
{
    const size_t count[3] = {w->scores->origins, w->scores->series, w->scores->horizons};
    size_t from[3] = {0, 0, 0}, until[3];
    for (size_t i = 0; i < 3; i++) {
        until[i] = apart[i] ? 1 : count[i];
    }
    bool more = count[0] > 0 && count[1] > 0 && count[2] > 0;
    while (more && w->csv.status == QD_OK) {
        put(w, model, from, until);
        more = next_part(count, apart, from, until);
    }
}

static void put_header(writer *w)
{
    static const char *const scores[] = {"n",     "wis",   "crps",  "log_score", "mae",    "bias",
                                         "cov50", "cov80", "cov95", "pit",       "rel_wis"};
    static const char *const intervals[] = {"wis_low", "wis_high", "rel_wis_low", "rel_wis_high"};
    qd_csv_text(&w->csv, "model");
    qd_csv_text(&w->csv, "series");
    qd_csv_text(&w->csv, "horizon");
    if (w->by.origin) {
        qd_csv_text(&w->csv, "origin");
    }
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        qd_csv_text(&w->csv, scores[i]);
    }
    for (size_t i = 0; w->scores->draws > 0 && i < sizeof intervals / sizeof intervals[0]; i++) {
        qd_csv_text(&w->csv, intervals[i]);
    }
    qd_csv_end(&w->csv);
}

static void put_table(writer *w)
{
    const qd_scores *s = w->scores;
    const bool apart[3] = {w->by.origin, w->by.series, w->by.horizon};
    const bool but_series[3] = {w->by.origin, false, w->by.horizon};
    put_header(w);
    for (size_t m = 0; m < s->models; m++) {
        put_parts(w, m, apart, put_row);
        if ((w->by.series || s->draws > 0) && s->reference < s->models) {
            put_parts(w, m, but_series, put_geometric_mean);
        }
    }
}

qd_status qd_scores_write(const qd_scores *scores, const char *by, const char *path, qd_error *error)
{
    writer w = {.scores = scores};
    qd_status status = qd_scores_by_read(by, &w.by, error);
    if (status != QD_OK) {
        return status;
    }
    w.share = qd_mem_new(scores->series, sizeof *w.share);
    w.count = qd_mem_new(scores->series, sizeof *w.count);
    w.figure = qd_mem_new(scores->draws, 2 * sizeof *w.figure);
    status = w.share == NULL || w.count == NULL || w.figure == NULL
                 ? qd_fail_memory(error, scores->draws * 2 * sizeof *w.figure, "a bootstrap")
                 : qd_csv_create(path, &w.csv, error);
    if (status == QD_OK) {
        put_table(&w);
        status = qd_csv_close(&w.csv, QD_OK);
    }
    qd_mem_free(w.share);
    qd_mem_free(w.count);
    qd_mem_free(w.figure);
    return status;
}
