/* Rolling-origin evaluation. */
#include "tasks/forecast_evaluate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "eval/baselines.h"

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
    size_t steps;      /* from the first time that is not known to the last that is forecast */
    double *y;         /* [series][times]: what is known at the origin, NaN after it */
    double *day;       /* [times + steps] */
    double *quantiles; /* [steps][QD_HUB_LEVELS] of a baseline */
    double *truth;     /* [horizons] of the origin and series under way: see find_truth */
    qd_forecaster *forecaster;
} run;

/* The date of a time of the grid: weeks and days by their own, others by the middle of what they name. */
static int64_t date_of(const qd_panel *panel, int64_t time)
{
    return panel->kind == QD_TIME_DAY ? panel->first + time * panel->step : (int64_t)floor(qd_panel_day(panel, time));
}

/* What was known of the panel's counts on the day of the forecast; the rest is not there. */
static void hide(run *r, int64_t origin)
{
    const size_t times = r->panel->times;
    const int64_t known = origin - r->horizons.lead + 1;
    qd_panel_as_of(r->panel, date_of(r->panel, origin) - qd_settings_integer(r->settings, "lag"), r->y);
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
static void find_truth(run *r, size_t k, size_t series)
{
    for (size_t h = 0; h < r->result->horizons; h++) {
        r->truth[h] = truth_of(r, k, series, r->horizons.first + (int64_t)h);
    }
}

static qd_tally *tally_of(const run *r, size_t model, size_t k, size_t series, size_t h)
{
    const qd_backtest *b = r->result;
    return &b->tally[((model * b->origins + k) * b->series + series) * b->horizons + h];
}

/* Scores the quantiles, [horizons][QD_HUB_LEVELS], of one series against what came; grid: [horizons][SAMPLES], the
   whole distribution, or NULL. */
static void score_series(const run *r, size_t model, size_t k, size_t series, const double *quantiles,
                         const double *grid)
{
    for (size_t h = 0; h < r->result->horizons; h++) {
        qd_tally *tally = tally_of(r, model, k, series, h);
        if (isnan(r->truth[h])) {
            continue;
        }
        qd_tally_add(tally, r->truth[h], QD_HUB_LEVELS, qd_hub_levels, quantiles + h * QD_HUB_LEVELS);
        if (grid != NULL) {
            qd_tally_add_distribution(tally, r->truth[h], SAMPLES, grid + h * SAMPLES);
        }
    }
}

/* Somebody's forecasts of the same. */
static void score_hub(const run *r, size_t k, size_t series)
{
    const qd_hub *hub = r->options->baseline;
    const char *location = location_of(r->panel, series);
    for (size_t h = 0; hub != NULL && h < r->result->horizons; h++) {
        const int64_t horizon = r->horizons.first + (int64_t)h;
        const qd_hub_forecast *f = qd_hub_find(hub, date_of(r->panel, r->result->origin[k]), NULL, location, horizon);
        if (!isnan(r->truth[h]) && f != NULL) {
            qd_tally_add(tally_of(r, r->result->reference, k, series, h), r->truth[h], f->levels, hub->level + f->first,
                         hub->value + f->first);
        }
    }
}

static qd_status score_baselines(run *r, size_t k, size_t series, size_t known, qd_error *error)
{
    const size_t skip = r->steps - r->result->horizons;
    const qd_past past = {.y = r->y + series * r->panel->times,
                          .known = known,
                          .day = r->day,
                          .season = r->panel->season,
                          .day_step = r->panel->day_step,
                          .steps = r->steps,
                          .nonnegative = r->forecaster->likelihood->support != QD_SUPPORT_REALS};
    qd_status status = QD_OK;
    for (size_t b = 0; b < qd_baselines_count && status == QD_OK; b++) {
        status = qd_baselines[b].forecast(&past, QD_HUB_LEVELS, qd_hub_levels, r->quantiles, NULL, error);
        if (status == QD_OK) {
            score_series(r, b + 1, k, series, r->quantiles + skip * QD_HUB_LEVELS, NULL);
        }
    }
    return status;
}

static qd_status forecast_origin(run *r, size_t k, int64_t known, qd_error *error)
{
    qd_forecast *forecast;
    qd_status status = qd_forecast_make(r->forecaster, r->panel, r->y, known - 1, QD_HUB_LEVELS, qd_hub_levels, SAMPLES,
                                        &forecast, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t s = 0; s < r->panel->series && status == QD_OK; s++) {
        if (!forecast->empty[s]) {
            find_truth(r, k, s);
            score_series(r, 0, k, s, forecast->quantile + s * forecast->horizons * QD_HUB_LEVELS,
                         forecast->grid + s * forecast->horizons * SAMPLES);
            score_hub(r, k, s);
            status = score_baselines(r, k, s, (size_t)known, error);
        }
    }
    qd_forecast_free(forecast);
    return status;
}

static qd_status train(run *r, int64_t known, qd_error *error)
{
    const double began = qd_clock_seconds();
    qd_forecaster_free(r->forecaster);
    r->forecaster = NULL;
    const qd_status status =
        qd_forecast_train(r->settings, r->panel, r->y, (size_t)known, NULL, NULL, &r->forecaster, error);
    r->result->seconds += qd_clock_seconds() - began;
    return status;
}

static qd_status run_origins(run *r, qd_backtest_monitor monitor, void *context, qd_error *error)
{
    const qd_backtest_options *options = r->options;
    for (size_t k = 0; k < r->result->origins; k++) {
        const int64_t origin = options->from + (int64_t)k * options->every, known = origin - r->horizons.lead + 1;
        r->result->origin[k] = origin;
        if (monitor != NULL && monitor(context, k, r->result->origins) != 0) {
            return qd_fail(error, QD_ERR_STOPPED, "stopped before origin %zu of %zu", k + 1, r->result->origins);
        }
        hide(r, origin);
        qd_status status = QD_OK;
        if (k == 0 || (options->refit > 0 && k % options->refit == 0)) {
            status = train(r, known, error);
        }
        if (status == QD_OK) {
            status = forecast_origin(r, k, known, error);
        }
        if (status != QD_OK) {
            return status;
        }
    }
    return QD_OK;
}

qd_status qd_backtest_run(const qd_settings *settings, const qd_panel *panel, const qd_backtest_options *options,
                          qd_backtest_monitor monitor, void *context, qd_backtest *result, qd_error *error)
{
    const size_t cells = panel->series * panel->times;
    run r = {.settings = settings, .panel = panel, .options = options, .result = result};
    *result = (qd_backtest){.models = 1, .reference = 1, .series = panel->series, .model = {"quadrat"}};
    qd_status status = qd_forecast_horizons(settings, panel, &r.horizons, error);
    if (status != QD_OK) {
        return status;
    }
    if (options->from - r.horizons.lead < 1 || options->from > options->until || options->every < 1) {
        return qd_fail(error, QD_ERR_VALUE, "no origin has times before and after it that could be used");
    }
    for (size_t b = 0; b < qd_baselines_count && result->models < QD_BACKTEST_MODELS; b++) {
        result->model[result->models++] = qd_baselines[b].name;
    }
    if (options->baseline != NULL) {
        result->reference = result->models;
        result->model[result->models++] = options->baseline->model;
    }
    r.steps = (size_t)(r.horizons.last + r.horizons.lead);
    result->first = r.horizons.first;
    result->horizons = (size_t)(r.horizons.last - r.horizons.first + 1);
    result->origins = (size_t)((options->until - options->from) / options->every) + 1;
    result->origin = qd_mem_new(result->origins, sizeof *result->origin);
    result->tally =
        qd_mem_new(result->models * result->origins, panel->series * result->horizons * sizeof *result->tally);
    r.y = qd_mem_new(cells, sizeof *r.y);
    r.day = qd_mem_new(panel->times + r.steps, sizeof *r.day);
    r.quantiles = qd_mem_new(r.steps, QD_HUB_LEVELS * sizeof *r.quantiles);
    r.truth = qd_mem_new(result->horizons, sizeof *r.truth);
    if (result->origin == NULL || result->tally == NULL || r.y == NULL || r.day == NULL || r.quantiles == NULL ||
        r.truth == NULL) {
        status = qd_fail_memory(error, cells * sizeof *r.y, "an evaluation");
    }
    for (size_t t = 0; status == QD_OK && t < panel->times + r.steps; t++) {
        r.day[t] = qd_panel_day(panel, (int64_t)t);
    }
    if (status == QD_OK) {
        status = run_origins(&r, monitor, context, error);
    }
    qd_forecaster_free(r.forecaster);
    qd_mem_free(r.y);
    qd_mem_free(r.day);
    qd_mem_free(r.quantiles);
    qd_mem_free(r.truth);
    if (status != QD_OK) {
        qd_backtest_clear(result);
    }
    return status;
}

void qd_backtest_clear(qd_backtest *result)
{
    qd_mem_free(result->tally);
    qd_mem_free(result->origin);
    *result = (qd_backtest){0};
}
