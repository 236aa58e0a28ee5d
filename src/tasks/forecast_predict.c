/* Forecasting: the quantiles of every series at one origin, from the networks and what is blended with them. */
#include "base/fpmode.h"
#include "base/mem.h"
#include "data/names.h"
#include "eval/baselines.h"
#include "nn/batch.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <string.h>

void qd_forecaster_free(qd_forecaster *f)
{
    if (f == NULL) {
        return;
    }
    for (size_t s = 0; f->key != NULL && s < f->series; s++) {
        qd_mem_free(f->key[s]);
    }
    qd_mem_free(f->key);
    qd_mem_free(f->blend);
    qd_mem_free(f->spread);
    qd_mem_free(f->grid.keys);
    qd_mem_free(f->inputs.mean);
    qd_mem_free(f->inputs.sd);
    qd_mem_free(f->parameters);
    qd_network_free(f->network);
    qd_settings_free(f->settings);
    qd_mem_free(f);
}

/* ----------------------------------------------------------------------------------------------- series */

qd_status qd_forecast_key(const qd_panel *panel, size_t series, char **key, qd_error *error)
{
    return qd_names_join(panel->keys, panel->key + series * panel->keys, "\x1f", key, error);
}

qd_status qd_forecast_series_name(const qd_panel *panel, size_t series, char **name, qd_error *error)
{
    return qd_names_join(panel->keys, panel->key + series * panel->keys, ",", name, error);
}

qd_status qd_forecast_tokens(const qd_forecaster *f, const qd_panel *panel, size_t **token, qd_error *error)
{
    qd_numbering known = {0};
    qd_status status = QD_OK;
    *token = qd_mem_new(panel->series, sizeof **token);
    if (*token == NULL) {
        return qd_fail_memory(error, panel->series * sizeof **token, "series");
    }
    for (size_t s = 0; s < f->series && status == QD_OK; s++) {
        size_t number;
        status = qd_numbering_add(&known, f->key[s], &number, error);
    }
    for (size_t s = 0; s < panel->series && status == QD_OK; s++) {
        char *key;
        status = qd_forecast_key(panel, s, &key, error);
        if (status == QD_OK) {
            if (!qd_numbering_find(&known, key, &(*token)[s])) {
                (*token)[s] = f->series;
            }
            qd_mem_free(key);
        }
    }
    qd_numbering_clear(&known);
    if (status != QD_OK) {
        qd_mem_free(*token);
        *token = NULL;
    }
    return status;
}

/* --------------------------------------------------------------------------------------------- networks */

/* What the networks' forecasts of one origin work in. */
typedef struct work {
    const qd_forecaster *f;
    qd_forecast_view view;
    size_t origin;
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *batch;
    float *x; /* [rows][longest][width] */
    const float **row_x;
    size_t *lengths;
    uint64_t *series; /* of each row */
    double *scale;
    size_t rows; /* at most; then of the batch */
} work;

enum { MOST_ROWS = 256 };

static qd_status work_new(const qd_forecaster *f, const qd_panel *panel, const double *y, size_t origin, work *w,
                          qd_error *error)
{
    const size_t longest = f->inputs.context + f->inputs.horizon, width = qd_forecast_width(&f->inputs);
    *w = (work){.f = f, .view = {.panel = panel, .y = y}, .origin = origin};
    w->rows = panel->series < MOST_ROWS ? panel->series : MOST_ROWS;
    const qd_kernels *kernels;
    qd_status status = qd_kernels_select(&kernels, error);
    if (status == QD_OK) {
        status = qd_pool_new((unsigned)qd_settings_integer(f->settings, "threads"), &w->pool, error);
    }
    if (status == QD_OK) {
        status = qd_workspace_new(f->network, kernels, w->pool, w->rows, longest, w->rows * longest, false,
                                  &w->workspace, error);
    }
    if (status == QD_OK) {
        status = qd_batch_new(w->rows, longest, w->rows * longest, width, &w->batch, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_tokens(f, panel, (size_t **)&w->view.token, error);
    }
    if (status != QD_OK) {
        return status;
    }
    w->x = qd_mem_new(w->rows, longest * width * sizeof(float));
    w->row_x = qd_mem_new(w->rows, sizeof *w->row_x);
    w->lengths = qd_mem_new(w->rows, sizeof *w->lengths);
    w->series = qd_mem_new(w->rows, sizeof *w->series);
    w->scale = qd_mem_new(w->rows, sizeof *w->scale);
    return w->x == NULL || w->row_x == NULL || w->lengths == NULL || w->series == NULL || w->scale == NULL
               ? qd_fail_memory(error, w->rows * longest * width * sizeof(float), "a batch")
               : QD_OK;
}

static void work_clear(work *w)
{
    qd_workspace_free(w->workspace);
    qd_batch_free(w->batch);
    qd_pool_free(w->pool);
    qd_mem_free((size_t *)w->view.token);
    qd_mem_free(w->x);
    qd_mem_free(w->row_x);
    qd_mem_free(w->lengths);
    qd_mem_free(w->series);
    qd_mem_free(w->scale);
}

/* Adds a member's quantiles of a packed row, divided by the number of members. */
static void add_quantiles(const work *w, const float *outputs, size_t packed_row, size_t levels, const double *level,
                          double *quantiles)
{
    const qd_forecaster *f = w->f;
    const size_t row = w->batch->order[packed_row], p = f->likelihood->parameters, horizon = f->inputs.horizon;
    const size_t series = (size_t)w->series[row], ahead = w->lengths[row] - horizon;
    for (size_t h = 0; h < horizon; h++) {
        const size_t at = (w->batch->packing.offset[ahead + h] + packed_row) * p;
        const double unit = w->scale[row] * qd_forecast_exposure(w->view.panel, series, w->origin + h, w->origin);
        double raw[QD_LIKELIHOOD_PARAMETERS], theta[QD_LIKELIHOOD_PARAMETERS];
        for (size_t k = 0; k < p; k++) {
            raw[k] = (double)outputs[at + k];
        }
        qd_likelihood_natural(f->likelihood, raw, unit, theta);
        double *out = quantiles + (series * horizon + h) * levels;
        for (size_t q = 0; q < levels; q++) {
            const qd_tails p_q = {.lower = level[q], .upper = 1 - level[q]};
            out[q] += f->likelihood->quantile(p_q, theta) / (double)f->members;
        }
    }
}

/* quantiles: [series][horizon][levels]; a series without any observation keeps zeros. */
static void forecast_networks(work *w, size_t levels, const double *level, double *quantiles)
{
    const qd_forecaster *f = w->f;
    const qd_panel *panel = w->view.panel;
    const size_t most = w->rows, stride = (f->inputs.context + f->inputs.horizon) * qd_forecast_width(&f->inputs);
    for (size_t s = 0; s < panel->series;) {
        size_t rows = 0;
        for (; s < panel->series && rows < most; s++) {
            float *x = w->x + rows * stride;
            w->lengths[rows] = qd_forecast_fill(&f->inputs, &w->view, s, w->origin, x, &w->scale[rows]);
            w->row_x[rows] = x;
            w->series[rows] = s;
            rows += w->lengths[rows] > 0;
        }
        if (rows == 0) {
            continue;
        }
        qd_batch_fill(w->batch, rows, w->row_x, w->lengths, w->series);
        for (size_t m = 0; m < f->members; m++) {
            qd_fpmode mode = qd_fpmode_enter();
            qd_workspace_load(w->workspace, f->parameters + m * qd_network_parameters(f->network));
            const float *outputs = qd_network_forward(w->workspace, &w->batch->packing, w->batch->x, false, NULL);
            qd_fpmode_leave(mode);
            for (size_t r = 0; r < rows; r++) {
                add_quantiles(w, outputs, r, levels, level, quantiles);
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------ parts */

static bool observed(const double *y, size_t origin)
{
    for (size_t t = 0; t < origin; t++) {
        if (!isnan(y[t])) {
            return true;
        }
    }
    return false;
}

enum { DRAWS = 1000 }; /* of the random walk: a part of a forecast is not the baseline that it is compared with */

/* The naive forecasts of all series. */
static qd_status forecast_naive(const qd_forecaster *f, const qd_panel *panel, const double *y, size_t origin,
                                size_t levels, const double *level, double *quantiles, qd_error *error)
{
    const size_t horizon = f->inputs.horizon, each = horizon * levels;
    double *day = qd_mem_new(origin + horizon, sizeof *day);
    if (day == NULL) {
        return qd_fail_memory(error, (origin + horizon) * sizeof *day, "dates");
    }
    for (size_t t = 0; t < origin + horizon; t++) {
        day[t] = qd_panel_day(panel, (int64_t)t);
    }
    qd_status status = QD_OK;
    for (size_t b = 1; b < QD_FORECAST_PARTS; b++) {
        for (size_t s = 0; s < panel->series && status == QD_OK; s++) {
            const qd_past past = {.y = y + s * panel->times,
                                  .known = origin,
                                  .day = day,
                                  .season = f->grid.season,
                                  .day_step = panel->day_step,
                                  .steps = horizon,
                                  .nonnegative = f->inputs.logs,
                                  .draws = DRAWS};
            if (observed(past.y, origin)) {
                status = qd_baselines[b - 1].forecast(&past, levels, level, quantiles + (b * panel->series + s) * each,
                                                      error);
            }
        }
    }
    qd_mem_free(day);
    return status;
}

qd_status qd_forecast_parts(const qd_forecaster *f, const qd_panel *panel, const double *y, size_t origin,
                            size_t levels, const double *level, double *quantiles, qd_error *error)
{
    const size_t all = panel->series * f->inputs.horizon * levels;
    memset(quantiles, 0, QD_FORECAST_PARTS * all * sizeof *quantiles);
    work w;
    qd_status status = work_new(f, panel, y, origin, &w, error);
    if (status == QD_OK) {
        forecast_networks(&w, levels, level, quantiles);
        status = forecast_naive(f, panel, y, origin, levels, level, quantiles, error);
    }
    work_clear(&w);
    return status;
}

/* -------------------------------------------------------------------------------------------- combining */

/* Between the two levels around a half. */
static double median_of(size_t levels, const double *level, const double *quantiles)
{
    size_t q = 0;
    while (q + 1 < levels && level[q] < 0.5) {
        q++;
    }
    if (q == 0 || level[q] <= 0.5) {
        return quantiles[q];
    }
    const double part = (0.5 - level[q - 1]) / (level[q] - level[q - 1]);
    return quantiles[q - 1] + part * (quantiles[q] - quantiles[q - 1]);
}

void qd_forecast_combine(const double *const part[QD_FORECAST_PARTS], const double *weight, double spread, bool whole,
                         bool nonnegative, size_t levels, const double *level, double *quantiles)
{
    for (size_t q = 0; q < levels; q++) {
        quantiles[q] = 0;
        for (size_t k = 0; k < QD_FORECAST_PARTS; k++) {
            quantiles[q] += weight[k] * part[k][q];
        }
    }
    const double median = median_of(levels, level, quantiles);
    for (size_t q = 0; q < levels; q++) {
        double value = median + spread * (quantiles[q] - median);
        value = whole ? floor(value + 0.5) : value;
        value = nonnegative && !(value > 0) ? 0 : value;
        quantiles[q] = q > 0 && value < quantiles[q - 1] ? quantiles[q - 1] : value;
    }
}

qd_status qd_forecast_quantiles(const qd_forecaster *f, const qd_panel *panel, const double *y, size_t origin,
                                size_t levels, const double *level, double *quantiles, qd_error *error)
{
    const size_t horizon = f->inputs.horizon, all = panel->series * horizon * levels;
    double *parts = qd_mem_new(all, QD_FORECAST_PARTS * sizeof *parts);
    size_t *token = NULL;
    qd_status status = parts == NULL ? qd_fail_memory(error, QD_FORECAST_PARTS * all * sizeof *parts, "quantiles")
                                     : qd_forecast_parts(f, panel, y, origin, levels, level, parts, error);
    if (status == QD_OK) {
        status = qd_forecast_tokens(f, panel, &token, error);
    }
    const bool counts = f->likelihood->support == QD_SUPPORT_COUNTS, positive = f->inputs.logs;
    for (size_t s = 0; status == QD_OK && s < panel->series; s++) {
        for (size_t h = 0; h < horizon; h++) {
            const size_t at = (s * horizon + h) * levels;
            const double *const part[QD_FORECAST_PARTS] = {parts + at, parts + all + at, parts + 2 * all + at};
            qd_forecast_combine(part, f->blend + token[s] * QD_FORECAST_PARTS, f->spread[h], counts, positive, levels,
                                level, quantiles + at);
        }
    }
    qd_mem_free(token);
    qd_mem_free(parts);
    return status;
}

/* --------------------------------------------------------------------------------------------- forecast */

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

static qd_status forecast_new(const qd_forecaster *f, const qd_panel *panel, int64_t origin, size_t levels,
                              const double *level, size_t samples, qd_forecast **out, qd_error *error)
{
    const size_t horizons = (size_t)(f->horizons.last - f->horizons.first + 1), cells = panel->series * horizons;
    qd_forecast *forecast = qd_mem_new(1, sizeof *forecast);
    if (forecast == NULL) {
        return qd_fail_memory(error, sizeof *forecast, "forecasts");
    }
    *forecast = (qd_forecast){.panel = panel,
                              .origin = origin,
                              .reference = origin + f->horizons.lead,
                              .first = f->horizons.first,
                              .horizons = horizons,
                              .levels = levels,
                              .samples = samples,
                              .level = qd_mem_new(levels, sizeof(double)),
                              .quantile = qd_mem_new(cells, levels * sizeof(double)),
                              .mean = qd_mem_new(cells, sizeof(double)),
                              .grid = qd_mem_new(cells, samples * sizeof(double)),
                              .sample = qd_mem_new(cells, samples * sizeof(double)),
                              .empty = qd_mem_new(panel->series, sizeof(bool))};
    if (forecast->level == NULL || forecast->quantile == NULL || forecast->mean == NULL || forecast->grid == NULL ||
        forecast->sample == NULL || forecast->empty == NULL) {
        qd_forecast_free(forecast);
        return qd_fail_memory(error, cells * (levels + 2 * samples) * sizeof(double), "forecasts");
    }
    memcpy(forecast->level, level, levels * sizeof *level);
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
    double sum = 0;
    for (size_t i = 0; i < forecast->levels + forecast->samples; i++) {
        const double next = b < forecast->samples ? ((double)b + 0.5) / (double)forecast->samples : 2;
        if (a < forecast->levels && forecast->level[a] <= next) {
            forecast->quantile[cell * forecast->levels + a++] = merged[i];
        } else {
            forecast->grid[cell * forecast->samples + b++] = merged[i];
            sum += merged[i];
        }
    }
    forecast->mean[cell] = forecast->samples > 0 ? sum / (double)forecast->samples : (double)NAN;
}

static qd_status fill_forecast(const qd_forecaster *f, const double *y, qd_forecast *forecast, qd_error *error)
{
    const qd_panel *panel = forecast->panel;
    const size_t steps = f->inputs.horizon, horizons = forecast->horizons, known = (size_t)(forecast->origin + 1);
    const size_t levels = forecast->levels + forecast->samples;
    double *level = qd_mem_new(levels, sizeof *level);
    double *quantiles = qd_mem_new(panel->series, steps * levels * sizeof *quantiles);
    qd_status status = level == NULL || quantiles == NULL
                           ? qd_fail_memory(error, panel->series * steps * levels * sizeof *quantiles, "forecasts")
                           : QD_OK;
    if (status == QD_OK) {
        merge_levels(forecast, level);
        status = qd_forecast_quantiles(f, panel, y, known, levels, level, quantiles, error);
    }
    for (size_t s = 0; s < panel->series && status == QD_OK; s++) {
        for (size_t h = 0; h < horizons; h++) {
            sort_out(forecast, s * horizons + h, quantiles + (s * steps + steps - horizons + h) * levels);
        }
        forecast->empty[s] = !observed(y + s * panel->times, known);
        if (forecast->samples > 0) {
            const size_t each = horizons * forecast->samples;
            status = qd_forecast_paths(y + s * panel->times, known, steps, horizons, forecast->samples, s,
                                       forecast->grid + s * each, forecast->sample + s * each, error);
        }
    }
    qd_mem_free(level);
    qd_mem_free(quantiles);
    return status;
}

qd_status qd_forecast_make(const qd_forecaster *f, const qd_panel *panel, const double *y, int64_t origin,
                           size_t levels, const double *level, size_t samples, qd_forecast **out, qd_error *error)
{
    qd_forecast *forecast = NULL;
    qd_status status = forecast_new(f, panel, origin, levels, level, samples, &forecast, error);
    if (status != QD_OK) {
        return status;
    }
    status = fill_forecast(f, y, forecast, error);
    if (status != QD_OK) {
        qd_forecast_free(forecast);
        return status;
    }
    *out = forecast;
    return QD_OK;
}
