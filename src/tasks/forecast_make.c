/* Forecasts of all series from one origin, as they are written and scored: of a forecaster, or of a naive method. */
#include "base/mem.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <string.h>

void qd_forecast_free(qd_forecast *forecast)
{
    if (forecast != NULL) {
        qd_mem_free(forecast->level);
        qd_mem_free(forecast->quantile);
        qd_mem_free(forecast->mean);
        qd_mem_free(forecast->grid);
        qd_mem_free(forecast->sample);
        qd_mem_free(forecast->empty);
        qd_mem_free(forecast);
    }
}

/* What is asked of a forecast. */
typedef struct wanted {
    const qd_panel *panel;
    const double *y;
    int64_t origin;
    qd_horizons horizons;
    size_t levels, samples;
    const double *level; /* [levels] */
} wanted;

static qd_status forecast_new(const wanted *w, qd_forecast **out, qd_error *error)
{
    const qd_panel *panel = w->panel;
    const size_t horizons = (size_t)(w->horizons.last - w->horizons.first + 1), cells = panel->series * horizons;
    qd_forecast *forecast = qd_mem_new(1, sizeof *forecast);
    if (forecast == NULL) {
        return qd_fail_memory(error, sizeof *forecast, "forecasts");
    }
    *forecast = (qd_forecast){.panel = panel,
                              .origin = w->origin,
                              .reference = w->origin + w->horizons.lead,
                              .first = w->horizons.first,
                              .horizons = horizons,
                              .levels = w->levels,
                              .samples = w->samples,
                              .level = qd_mem_new(w->levels, sizeof(double)),
                              .quantile = qd_mem_new(cells, w->levels * sizeof(double)),
                              .mean = qd_mem_new(cells, sizeof(double)),
                              .grid = qd_mem_new(cells, w->samples * sizeof(double)),
                              .sample = qd_mem_new(cells, w->samples * sizeof(double)),
                              .empty = qd_mem_new(panel->series, sizeof(bool))};
    if (forecast->level == NULL || forecast->quantile == NULL || forecast->mean == NULL || forecast->grid == NULL ||
        forecast->sample == NULL || forecast->empty == NULL) {
        qd_forecast_free(forecast);
        return qd_fail_memory(error, cells * (w->levels + 2 * w->samples) * sizeof(double), "forecasts");
    }
    memcpy(forecast->level, w->level, w->levels * sizeof *w->level);
    for (size_t s = 0; s < panel->series; s++) {
        forecast->empty[s] = !qd_forecast_observed(w->y + s * panel->times, (size_t)(w->origin + 1));
    }
    *out = forecast;
    return QD_OK;
}

/* The levels asked for and those of the grid, (i + 0.5) / samples, in one rising list. */
static void merge_levels(const qd_forecast *forecast, double *merged)
{
    size_t a = 0, b = 0;
    for (size_t i = 0; i < forecast->levels + forecast->samples; i++) {
        const double next = b < forecast->samples ? ((double)b + 0.5) / (double)forecast->samples : 2;
        const bool asked = a < forecast->levels && forecast->level[a] <= next;
        merged[i] = asked ? forecast->level[a++] : next;
        b += asked ? 0 : 1;
    }
}

/* One cell's quantiles at the merged levels to where they belong. */
static void sort_out(qd_forecast *forecast, size_t cell, const double *merged)
{
    size_t a = 0, b = 0;
    for (size_t i = 0; i < forecast->levels + forecast->samples; i++) {
        const double next = b < forecast->samples ? ((double)b + 0.5) / (double)forecast->samples : 2;
        if (a < forecast->levels && forecast->level[a] <= next) {
            forecast->quantile[cell * forecast->levels + a++] = merged[i];
        } else {
            forecast->grid[cell * forecast->samples + b++] = merged[i];
        }
    }
}

/* What a forecast is filled from: quantiles at the merged levels and means, for all steps from the origin on. */
typedef struct raw {
    size_t steps, levels;
    double *level, *quantiles, *mean; /* [levels], [series][steps][levels], [series][steps] */
} raw;

static qd_status raw_new(const qd_forecast *forecast, size_t steps, raw *r, qd_error *error)
{
    const size_t cells = forecast->panel->series * steps;
    r->steps = steps;
    r->levels = forecast->levels + forecast->samples;
    r->level = qd_mem_new(r->levels, sizeof *r->level);
    r->quantiles = qd_mem_new(cells, r->levels * sizeof *r->quantiles);
    r->mean = qd_mem_new(cells, sizeof *r->mean);
    if (r->level == NULL || r->quantiles == NULL || r->mean == NULL) {
        return qd_fail_memory(error, cells * r->levels * sizeof *r->quantiles, "forecasts");
    }
    merge_levels(forecast, r->level);
    return QD_OK;
}

static void raw_clear(raw *r)
{
    qd_mem_free(r->level);
    qd_mem_free(r->quantiles);
    qd_mem_free(r->mean);
}

/* The last of the steps are the horizons. */
static void take(const raw *r, qd_forecast *forecast)
{
    const size_t horizons = forecast->horizons;
    for (size_t s = 0; s < forecast->panel->series; s++) {
        for (size_t h = 0; h < horizons; h++) {
            const size_t at = s * r->steps + r->steps - horizons + h;
            sort_out(forecast, s * horizons + h, r->quantiles + at * r->levels);
            forecast->mean[s * horizons + h] = r->mean[at];
        }
    }
}

static qd_status make_paths(const qd_forecast_work *work, const double *y, size_t steps, qd_forecast *forecast,
                            qd_error *error)
{
    const size_t each = forecast->horizons * forecast->samples;
    qd_status status = QD_OK;
    for (size_t s = 0; s < forecast->panel->series && forecast->samples > 0 && status == QD_OK; s++) {
        status = qd_forecast_paths(y + s * forecast->panel->times, (size_t)(forecast->origin + 1), steps,
                                   forecast->horizons, forecast->samples, s, qd_forecast_work_path(work, s),
                                   forecast->grid + s * each, forecast->sample + s * each, error);
    }
    return status;
}

qd_status qd_forecast_make(const qd_forecaster *f, const qd_panel *panel, const double *y, int64_t origin,
                           size_t levels, const double *level, size_t samples, qd_forecast **out, qd_error *error)
{
    const wanted w = {panel, y, origin, f->horizons, levels, samples, level};
    qd_forecast *forecast;
    qd_forecast_work *work = NULL;
    raw r = {0};
    qd_status status = forecast_new(&w, &forecast, error);
    if (status != QD_OK) {
        return status;
    }
    status = raw_new(forecast, f->inputs.horizon, &r, error);
    if (status == QD_OK) {
        status = qd_forecast_work_new(f, panel, samples, &work, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_blended(work, y, (size_t)(origin + 1), r.levels, r.level, r.quantiles, r.mean, error);
    }
    if (status == QD_OK) {
        take(&r, forecast);
        status = make_paths(work, y, r.steps, forecast, error);
    }
    qd_forecast_work_free(work);
    raw_clear(&r);
    if (status != QD_OK) {
        qd_forecast_free(forecast);
        return status;
    }
    *out = forecast;
    return QD_OK;
}

qd_status qd_forecast_make_naive(const qd_baseline *baseline, const qd_panel *panel, const double *y, int64_t origin,
                                 const qd_horizons *horizons, bool nonnegative, size_t levels, const double *level,
                                 qd_forecast **out, qd_error *error)
{
    const wanted w = {panel, y, origin, *horizons, levels, 0, level};
    const qd_naive naive = {
        .steps = (size_t)(horizons->last + horizons->lead), .season = panel->season, .nonnegative = nonnegative};
    qd_forecast *forecast;
    raw r = {0};
    qd_status status = forecast_new(&w, &forecast, error);
    if (status != QD_OK) {
        return status;
    }
    status = raw_new(forecast, naive.steps, &r, error);
    if (status == QD_OK) {
        status = qd_forecast_baseline(baseline, &naive, panel, y, (size_t)(origin + 1), levels, level, r.quantiles,
                                      r.mean, error);
    }
    if (status == QD_OK) {
        take(&r, forecast);
    }
    raw_clear(&r);
    if (status != QD_OK) {
        qd_forecast_free(forecast);
        return status;
    }
    *out = forecast;
    return QD_OK;
}
