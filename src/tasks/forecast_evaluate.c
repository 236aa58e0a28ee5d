/* Rolling-origin evaluation. */
#include "tasks/forecast_evaluate.h"
#include "base/mem.h"
#include "eval/baselines.h"

#include <math.h>
#include <string.h>
#include <time.h>

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
    qd_forecaster *forecaster;
} run;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What was known of the panel's counts; the rest is not there. */
static void hide(run *r, int64_t known)
{
    const size_t times = r->panel->times;
    for (size_t s = 0; s < r->panel->series; s++) {
        for (size_t t = 0; t < times; t++) {
            r->y[s * times + t] = (int64_t)t < known ? r->panel->y[s * times + t] : (double)NAN;
        }
    }
}

/* Scores the quantiles, [horizons][QD_HUB_LEVELS], of one series against what came. */
static void score_series(const run *r, size_t model, size_t k, size_t series, const double *quantiles)
{
    const size_t horizons = r->result->horizons, times = r->panel->times;
    const double *truth = r->options->truth != NULL ? r->options->truth : r->panel->y;
    for (size_t h = 0; h < horizons; h++) {
        const int64_t t = r->result->origin[k] + r->horizons.first + (int64_t)h;
        if (t >= 0 && t < (int64_t)times && !isnan(truth[series * times + (size_t)t])) {
            qd_tally *tally =
                &r->result->tally[((model * r->result->origins + k) * r->result->series + series) * horizons + h];
            qd_tally_add(tally, truth[series * times + (size_t)t], QD_HUB_LEVELS, qd_hub_levels,
                         quantiles + h * QD_HUB_LEVELS);
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
    for (size_t b = 0; b < qd_baselines_count && b + 1 < QD_BACKTEST_MODELS && status == QD_OK; b++) {
        status = qd_baselines[b].forecast(&past, QD_HUB_LEVELS, qd_hub_levels, r->quantiles, error);
        if (status == QD_OK) {
            score_series(r, b + 1, k, series, r->quantiles + skip * QD_HUB_LEVELS);
        }
    }
    return status;
}

static qd_status forecast_origin(run *r, size_t k, int64_t known, qd_error *error)
{
    qd_forecast *forecast;
    qd_status status =
        qd_forecast_make(r->forecaster, r->panel, r->y, known - 1, QD_HUB_LEVELS, qd_hub_levels, 0, &forecast, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t s = 0; s < r->panel->series && status == QD_OK; s++) {
        if (!forecast->empty[s]) {
            score_series(r, 0, k, s, forecast->quantile + s * forecast->horizons * QD_HUB_LEVELS);
            status = score_baselines(r, k, s, (size_t)known, error);
        }
    }
    qd_forecast_free(forecast);
    return status;
}

static qd_status train(run *r, int64_t known, qd_error *error)
{
    const double began = seconds_now();
    qd_forecaster_free(r->forecaster);
    r->forecaster = NULL;
    const qd_status status =
        qd_forecast_train(r->settings, r->panel, r->y, (size_t)known, NULL, NULL, &r->forecaster, error);
    r->result->seconds += seconds_now() - began;
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
        hide(r, known);
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
    *result = (qd_backtest){.series = panel->series, .model = {"quadrat"}};
    qd_status status = qd_forecast_horizons(settings, panel, &r.horizons, error);
    if (status != QD_OK) {
        return status;
    }
    if (options->from - r.horizons.lead < 1 || options->from > options->until || options->every < 1) {
        return qd_fail(error, QD_ERR_VALUE, "no origin has times before and after it that could be used");
    }
    for (size_t b = 0; b < qd_baselines_count && b + 1 < QD_BACKTEST_MODELS; b++) {
        result->model[b + 1] = qd_baselines[b].name;
    }
    r.steps = (size_t)(r.horizons.last + r.horizons.lead);
    result->first = r.horizons.first;
    result->horizons = (size_t)(r.horizons.last - r.horizons.first + 1);
    result->origins = (size_t)((options->until - options->from) / options->every) + 1;
    result->origin = qd_mem_new(result->origins, sizeof *result->origin);
    result->tally =
        qd_mem_new(QD_BACKTEST_MODELS * result->origins, panel->series * result->horizons * sizeof *result->tally);
    r.y = qd_mem_new(cells, sizeof *r.y);
    r.day = qd_mem_new(panel->times + r.steps, sizeof *r.day);
    r.quantiles = qd_mem_new(r.steps, QD_HUB_LEVELS * sizeof *r.quantiles);
    if (result->origin == NULL || result->tally == NULL || r.y == NULL || r.day == NULL || r.quantiles == NULL) {
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
