/* Rolling-origin evaluation. */
#include "tasks/forecast_evaluate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "eval/baselines.h"
#include "tasks/forecast_write_parts.h"

#include <math.h>
#include <string.h>

enum { SAMPLES = 100 }; /* of a distribution, for CRPS and log score */

/* One evaluation under way. */
typedef struct run {
    const qd_settings *settings;
    const qd_panel *panel;
    const qd_backtest_options *options;
    qd_backtest *result;
    qd_horizons horizons;
    size_t seeds;                    /* 0: no network */
    size_t naive;                    /* number of the first naive model */
    double *y;                       /* [series][times]: what is known at the origin, NaN after it */
    double *settled;                 /* the same, as late reports will change it: what the network is told */
    double *truth;                   /* [series][horizons] of the origin under way: see truth_of */
    qd_forecaster *own, *forecaster; /* trained here; the one in use */
    qd_csv csv;                      /* of the forecasts; file NULL: none */
} run;

/* The date of a time of the grid: weeks and days by their own, others by the middle of what they name. */
static int64_t date_of(const qd_panel *panel, int64_t time)
{
    return panel->kind == QD_TIME_DAY ? panel->first + time * panel->step : (int64_t)floor(qd_panel_day(panel, time));
}

static int64_t published_by(const run *r, int64_t origin)
{
    return date_of(r->panel, origin) - qd_settings_integer(r->settings, "lag");
}

/* What was known of the panel's counts on the day of the forecast; the rest is not there. */
static void hide(run *r, int64_t origin)
{
    const size_t times = r->panel->times;
    const int64_t known = origin - r->horizons.lead + 1;
    qd_panel_as_of(r->panel, published_by(r, origin), r->y);
    for (size_t s = 0; s < r->panel->series; s++) {
        for (size_t t = known > 0 ? (size_t)known : 0; t < times; t++) {
            r->y[s * times + t] = NAN;
        }
    }
}

/* The location of a series as hub files name it: its first key. */
static const char *location_of(const qd_panel *panel, size_t series)
{
    return panel->keys > 0 ? panel->key[series * panel->keys] : "";
}

/* What came of a horizon, NaN where that is not known or the forecast of it is not to be scored. */
static double truth_of(const run *r, size_t k, size_t series, int64_t horizon)
{
    const int64_t origin = r->result->origin[k], t = origin + horizon;
    const char *location = location_of(r->panel, series);
    const qd_hub *match = r->options->match;
    if (match != NULL && qd_hub_find(match, date_of(r->panel, origin), NULL, location, horizon) == NULL) {
        return NAN;
    }
    if (r->options->truth != NULL) {
        return qd_truth_find(r->options->truth, NULL, location, date_of(r->panel, t));
    }
    return t >= 0 && t < (int64_t)r->panel->times ? r->panel->y[series * r->panel->times + (size_t)t] : (double)NAN;
}

/* Looked up once for all models. */
static void find_truth(run *r, size_t k)
{
    const size_t horizons = r->result->horizons;
    for (size_t i = 0; i < r->panel->series * horizons; i++) {
        r->truth[i] = truth_of(r, k, i / horizons, r->horizons.first + (int64_t)(i % horizons));
    }
}

static qd_tally *tally_of(const run *r, size_t model, size_t k, size_t series, size_t h)
{
    const qd_backtest *b = r->result;
    return &b->tally[((model * b->origins + k) * b->series + series) * b->horizons + h];
}

/* --------------------------------------------------------------------------------------------- scoring */

/* Scores a model's forecasts from an origin against what came, and writes them where that is asked for. */
static void score(run *r, size_t model, size_t k, const qd_forecast *f)
{
    const size_t horizons = r->result->horizons;
    for (size_t c = 0; c < r->panel->series * horizons; c++) {
        const size_t s = c / horizons;
        if (isnan(r->truth[c]) || f->empty[s]) {
            continue;
        }
        qd_tally *tally = tally_of(r, model, k, s, c % horizons);
        qd_tally_add(tally, r->truth[c], f->levels, f->level, f->quantile + c * f->levels);
        if (f->samples > 0) {
            qd_tally_add_distribution(tally, r->truth[c], f->samples, f->grid + c * f->samples);
        }
    }
    if (r->csv.file != NULL) {
        qd_forecast_put_rows(&r->csv, f, f->levels, f->level, r->result->model[model]);
    }
}

static qd_status score_naive(run *r, size_t k, int64_t known, qd_error *error)
{
    const bool nonnegative =
        qd_likelihood_find(qd_settings_text(r->settings, "likelihood"))->support != QD_SUPPORT_REALS;
    qd_status status = QD_OK;
    for (size_t b = 0; b < qd_baselines_count && status == QD_OK; b++) {
        qd_forecast *f;
        status = qd_forecast_make_naive(&qd_baselines[b], r->panel, r->y, known - 1, &r->horizons, nonnegative,
                                        r->options->levels, r->options->level, &f, error);
        if (status == QD_OK) {
            score(r, r->naive + b, k, f);
            qd_forecast_free(f);
        }
    }
    return status;
}

/* Somebody's forecasts of the same; of series that were never observed there are none to compare with. */
static void score_hub(run *r, size_t k, int64_t known)
{
    const qd_hub *hub = r->options->baseline;
    const int64_t date = date_of(r->panel, r->result->origin[k]);
    const size_t horizons = r->result->horizons;
    for (size_t c = 0; hub != NULL && c < r->panel->series * horizons; c++) {
        const size_t s = c / horizons, h = c % horizons;
        const qd_hub_forecast *f =
            qd_hub_find(hub, date, NULL, location_of(r->panel, s), r->horizons.first + (int64_t)h);
        if (!isnan(r->truth[c]) && f != NULL && qd_forecast_observed(r->y + s * r->panel->times, (size_t)known)) {
            qd_tally_add(tally_of(r, r->result->reference, k, s, h), r->truth[c], f->levels, hub->level + f->first,
                         hub->value + f->first);
        }
    }
}

static qd_status score_network(run *r, size_t model, size_t k, int64_t known, qd_error *error)
{
    qd_forecast *f;
    double factor[QD_PANEL_LATE];
    memcpy(r->settled, r->y, r->panel->series * r->panel->times * sizeof *r->settled);
    qd_status status =
        qd_panel_settle(r->panel, published_by(r, r->result->origin[k]), r->settled, factor, error);
    if (status == QD_OK) {
        status = qd_forecast_make(r->forecaster, r->panel, r->settled, known - 1, r->options->levels,
                                  r->options->level, SAMPLES, &f, error);
    }
    if (status == QD_OK) {
        score(r, model, k, f);
        qd_forecast_free(f);
    }
    return status;
}

/* --------------------------------------------------------------------------------------------- origins */

static qd_status train(run *r, const qd_settings *settings, int64_t known, qd_error *error)
{
    const double began = qd_clock_seconds();
    qd_forecaster_free(r->own);
    r->own = NULL;
    const qd_status status = qd_forecast_train(settings, r->panel, r->y, (size_t)known, false, r->options->watch,
                                               r->options->watch_context, &r->own, error);
    r->forecaster = r->own;
    r->result->seconds += qd_clock_seconds() - began;
    return status;
}

/* One origin of one seed; the naive forecasts and those of others with the first. */
static qd_status run_origin(run *r, const qd_settings *settings, size_t seed, size_t k, qd_error *error)
{
    const qd_backtest_options *o = r->options;
    const int64_t known = r->result->origin[k] - r->horizons.lead + 1;
    qd_status status = QD_OK;
    hide(r, r->result->origin[k]);
    find_truth(r, k);
    if (r->seeds > 0 && o->forecaster == NULL && (k == 0 || (o->refit > 0 && k % o->refit == 0))) {
        status = train(r, settings, known, error);
    }
    if (status == QD_OK && r->seeds > 0) {
        status = score_network(r, r->seeds > 1 ? seed + 1 : 0, k, known, error);
    }
    if (status == QD_OK && seed == 0) {
        score_hub(r, k, known);
        status = score_naive(r, k, known, error);
    }
    return status;
}

static qd_status run_seed(run *r, size_t seed, qd_backtest_monitor monitor, void *context, qd_error *error)
{
    const size_t origins = r->result->origins, all = (r->seeds > 1 ? r->seeds : 1) * origins;
    char text[32];
    qd_settings *settings;
    qd_status status = qd_settings_copy(r->settings, &settings, error);
    if (status == QD_OK) {
        qd_text_format(text, sizeof text, "%lld",
                       (long long)(qd_settings_integer(r->settings, "seed") + (int64_t)seed));
        status = qd_settings_set(settings, "seed", text, error);
    } else {
        settings = NULL;
    }
    for (size_t k = 0; k < origins && status == QD_OK; k++) {
        if (monitor != NULL && monitor(context, seed * origins + k, all) != 0) {
            status = qd_fail(error, QD_ERR_STOPPED, "stopped before origin %zu of %zu", seed * origins + k + 1, all);
        } else {
            status = run_origin(r, settings, seed, k, error);
        }
    }
    qd_settings_free(settings);
    return status;
}

/* The first model: the mean of the seeds' scores, each of which scored the same. */
static void average(run *r)
{
    const size_t cells = r->result->origins * r->result->series * r->result->horizons;
    for (size_t i = 0; i < cells && r->seeds > 1; i++) {
        for (size_t s = 1; s <= r->seeds; s++) {
            qd_tally_merge(&r->result->tally[i], &r->result->tally[s * cells + i]);
        }
        qd_tally_divide(&r->result->tally[i], r->seeds);
    }
}

static qd_status run_all(run *r, qd_backtest_monitor monitor, void *context, qd_error *error)
{
    const char *save = r->options->save;
    qd_status status = QD_OK;
    if (save != NULL && *save != '\0') {
        status = qd_csv_create(save, &r->csv, error);
        if (status == QD_OK) {
            qd_forecast_put_names(&r->csv, r->panel, r->options->levels, r->options->level, true);
        }
    }
    for (size_t seed = 0; (seed == 0 || seed < r->seeds) && status == QD_OK; seed++) {
        status = run_seed(r, seed, monitor, context, error);
    }
    if (r->csv.file != NULL) {
        status = qd_csv_close(&r->csv, status);
    }
    average(r);
    return status;
}

/* ----------------------------------------------------------------------------------------------- result */

static qd_status name_model(qd_backtest *b, const char *name, qd_error *error)
{
    b->model[b->models] = qd_mem_string(name);
    return b->model[b->models++] == NULL ? qd_fail_memory(error, strlen(name), "names") : QD_OK;
}

static qd_status name_models(run *r, qd_error *error)
{
    qd_backtest *b = r->result;
    const qd_hub *hub = r->options->baseline;
    char text[64];
    b->model = qd_mem_new(1 + r->seeds + qd_baselines_count + 1, sizeof *b->model);
    if (b->model == NULL) {
        return qd_fail_memory(error, r->seeds * sizeof *b->model, "names");
    }
    qd_status status = r->seeds > 0 ? name_model(b, "quadrat", error) : QD_OK;
    for (size_t s = 0; r->seeds > 1 && s < r->seeds && status == QD_OK; s++) {
        qd_text_format(text, sizeof text, "quadrat seed %lld",
                       (long long)(qd_settings_integer(r->settings, "seed") + (int64_t)s));
        status = name_model(b, text, error);
    }
    r->naive = b->models;
    for (size_t i = 0; i < qd_baselines_count && status == QD_OK; i++) {
        status = name_model(b, qd_baselines[i].name, error);
    }
    b->reference = hub != NULL ? b->models : r->naive;
    return status == QD_OK && hub != NULL ? name_model(b, hub->model, error) : status;
}

static qd_status allocate(run *r, qd_error *error)
{
    const qd_backtest_options *o = r->options;
    qd_backtest *b = r->result;
    const size_t cells = r->panel->series * r->panel->times;
    b->series = r->panel->series;
    b->first = r->horizons.first;
    b->horizons = (size_t)(r->horizons.last - r->horizons.first + 1);
    b->origins = (size_t)((o->until - o->from) / o->every) + 1;
    b->origin = qd_mem_new(b->origins, sizeof *b->origin);
    b->tally = qd_mem_new(b->models * b->origins, b->series * b->horizons * sizeof *b->tally);
    r->y = qd_mem_new(cells, sizeof *r->y);
    r->settled = qd_mem_new(cells, sizeof *r->settled);
    r->truth = qd_mem_new(b->series, b->horizons * sizeof *r->truth);
    if (b->origin == NULL || b->tally == NULL || r->y == NULL || r->settled == NULL ||
        r->truth == NULL) {
        return qd_fail_memory(error, b->models * b->origins * b->series * b->horizons * sizeof *b->tally,
                              "an evaluation");
    }
    for (size_t k = 0; k < b->origins; k++) {
        b->origin[k] = o->from + (int64_t)k * o->every;
    }
    return QD_OK;
}

qd_status qd_backtest_run(const qd_settings *settings, const qd_panel *panel, const qd_backtest_options *options,
                          qd_backtest_monitor monitor, void *context, qd_backtest *result, qd_error *error)
{
    run r = {.settings = settings, .panel = panel, .options = options, .result = result};
    r.seeds = options->naive ? 0 : options->seeds > 1 ? options->seeds : 1;
    r.forecaster = options->forecaster;
    *result = (qd_backtest){0};
    qd_status status = qd_forecast_horizons(settings, panel, &r.horizons, error);
    if (status != QD_OK) {
        return status;
    }
    if (options->from - r.horizons.lead < 1 || options->from > options->until || options->every < 1) {
        return qd_fail(error, QD_ERR_VALUE, "no origin has times before and after it that could be used");
    }
    status = name_models(&r, error);
    if (status == QD_OK) {
        status = allocate(&r, error);
    }
    if (status == QD_OK) {
        status = run_all(&r, monitor, context, error);
    }
    qd_forecaster_free(r.own);
    qd_mem_free(r.y);
    qd_mem_free(r.settled);
    qd_mem_free(r.truth);
    if (status != QD_OK) {
        qd_backtest_clear(result);
    }
    return status;
}

void qd_backtest_clear(qd_backtest *result)
{
    for (size_t m = 0; m < result->models; m++) {
        qd_mem_free(result->model[m]);
    }
    qd_mem_free(result->model);
    qd_mem_free(result->tally);
    qd_mem_free(result->origin);
    *result = (qd_backtest){0};
}
