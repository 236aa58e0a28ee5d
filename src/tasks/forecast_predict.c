/* Forecasting: the quantiles of every series at one origin, from the networks and what is blended with them. */
#include "base/fpmode.h"
#include "base/mem.h"
#include "data/names.h"
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

/* What the networks' forecasts of one origin after another work in. */
struct qd_forecast_work {
    const qd_forecaster *f;
    qd_forecast_view view;
    size_t origin;
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *batch;
    size_t *token; /* [series] */
    float *x;      /* [most][longest][width] */
    const float **row_x;
    size_t *lengths;
    uint64_t *series; /* of each row */
    double *scale;
    size_t most; /* rows of a batch */
};
typedef qd_forecast_work work;

enum { MOST_ROWS = 256 };

static qd_status allocate_work(work *w, qd_error *error)
{
    const qd_forecaster *f = w->f;
    const size_t longest = f->inputs.context + f->inputs.horizon, width = qd_forecast_width(&f->inputs);
    const qd_kernels *kernels;
    qd_status status = qd_kernels_select(&kernels, error);
    if (status == QD_OK) {
        status = qd_pool_new((unsigned)qd_settings_integer(f->settings, "threads"), &w->pool, error);
    }
    if (status == QD_OK) {
        status = qd_workspace_new(f->network, kernels, w->pool, w->most, longest, w->most * longest, false,
                                  &w->workspace, error);
    }
    if (status == QD_OK) {
        status = qd_batch_new(w->most, longest, w->most * longest, width, &w->batch, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_tokens(f, w->view.panel, &w->token, error);
    }
    if (status != QD_OK) {
        return status;
    }
    w->view.token = w->token;
    w->x = qd_mem_new(w->most, longest * width * sizeof(float));
    w->row_x = qd_mem_new(w->most, sizeof *w->row_x);
    w->lengths = qd_mem_new(w->most, sizeof *w->lengths);
    w->series = qd_mem_new(w->most, sizeof *w->series);
    w->scale = qd_mem_new(w->most, sizeof *w->scale);
    return w->x == NULL || w->row_x == NULL || w->lengths == NULL || w->series == NULL || w->scale == NULL
               ? qd_fail_memory(error, w->most * longest * width * sizeof(float), "a batch")
               : QD_OK;
}

qd_status qd_forecast_work_new(const qd_forecaster *f, const qd_panel *panel, qd_forecast_work **out, qd_error *error)
{
    work *w = qd_mem_new(1, sizeof *w);
    if (w == NULL) {
        return qd_fail_memory(error, sizeof *w, "forecasts");
    }
    *w = (work){.f = f, .view = {.panel = panel}, .most = panel->series < MOST_ROWS ? panel->series : MOST_ROWS};
    const qd_status status = allocate_work(w, error);
    if (status != QD_OK) {
        qd_forecast_work_free(w);
        return status;
    }
    *out = w;
    return QD_OK;
}

void qd_forecast_work_free(qd_forecast_work *w)
{
    if (w != NULL) {
        qd_workspace_free(w->workspace);
        qd_batch_free(w->batch);
        qd_pool_free(w->pool);
        qd_mem_free(w->token);
        qd_mem_free(w->x);
        qd_mem_free(w->row_x);
        qd_mem_free(w->lengths);
        qd_mem_free(w->series);
        qd_mem_free(w->scale);
        qd_mem_free(w);
    }
}

/* Adds a member's quantiles and means of a packed row, divided by the number of members. */
static void add_quantiles(const work *w, const float *outputs, size_t packed_row, size_t levels, const double *level,
                          double *quantiles, double *mean)
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
        if (mean != NULL) {
            mean[series * horizon + h] += f->likelihood->mean(theta) / (double)f->members;
        }
    }
}

/* quantiles: [series][horizon][levels], mean: [series][horizon] or NULL; a series without any observation keeps zeros.
 */
static void forecast_networks(work *w, size_t levels, const double *level, double *quantiles, double *mean)
{
    const qd_forecaster *f = w->f;
    const qd_panel *panel = w->view.panel;
    const size_t most = w->most, stride = (f->inputs.context + f->inputs.horizon) * qd_forecast_width(&f->inputs);
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
                add_quantiles(w, outputs, r, levels, level, quantiles, mean);
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------ parts */

enum { DRAWS = 1000 }; /* of the random walk: a part of a forecast is not the baseline that it is compared with */

qd_status qd_forecast_parts(qd_forecast_work *w, const double *y, size_t origin, size_t levels, const double *level,
                            double *quantiles, double *mean, qd_error *error)
{
    const qd_forecaster *f = w->f;
    const qd_panel *panel = w->view.panel;
    const size_t cells = panel->series * f->inputs.horizon, all = cells * levels;
    const qd_naive naive = {
        .steps = f->inputs.horizon, .season = f->grid.season, .nonnegative = f->inputs.logs, .draws = DRAWS};
    memset(quantiles, 0, all * sizeof *quantiles);
    if (mean != NULL) {
        memset(mean, 0, cells * sizeof *mean);
    }
    w->view.y = y;
    w->origin = origin;
    forecast_networks(w, levels, level, quantiles, mean);
    qd_status status = QD_OK;
    for (size_t k = 1; k < QD_FORECAST_PARTS && status == QD_OK; k++) {
        status = qd_forecast_baseline(&qd_baselines[k - 1], &naive, panel, y, origin, levels, level,
                                      quantiles + k * all, mean != NULL ? mean + k * cells : NULL, error);
    }
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

/* The mean of the same: that of the parts, as far from the median as the spread makes it. */
static double combined_mean(const double *const part[QD_FORECAST_PARTS], const double *weight, double spread,
                            bool nonnegative, size_t levels, const double *level, const double mean[QD_FORECAST_PARTS])
{
    double all = 0, median = 0;
    for (size_t k = 0; k < QD_FORECAST_PARTS; k++) {
        all += weight[k] * mean[k];
        median += weight[k] * median_of(levels, level, part[k]);
    }
    const double value = median + spread * (all - median);
    return nonnegative && !(value > 0) ? 0 : value;
}

qd_status qd_forecast_quantiles(const qd_forecaster *f, const qd_panel *panel, const double *y, size_t origin,
                                size_t levels, const double *level, double *quantiles, double *mean, qd_error *error)
{
    const size_t horizon = f->inputs.horizon, cells = panel->series * horizon, all = cells * levels;
    double *parts = qd_mem_new(all, QD_FORECAST_PARTS * sizeof *parts);
    double *means = qd_mem_new(cells, QD_FORECAST_PARTS * sizeof *means);
    work *w = NULL;
    qd_status status = parts == NULL || means == NULL
                           ? qd_fail_memory(error, QD_FORECAST_PARTS * all * sizeof *parts, "quantiles")
                           : qd_forecast_work_new(f, panel, &w, error);
    if (status == QD_OK) {
        status = qd_forecast_parts(w, y, origin, levels, level, parts, means, error);
    }
    const bool counts = f->likelihood->support == QD_SUPPORT_COUNTS, positive = f->inputs.logs;
    for (size_t c = 0; status == QD_OK && c < cells; c++) {
        const double *const part[QD_FORECAST_PARTS] = {parts + c * levels, parts + all + c * levels,
                                                       parts + 2 * all + c * levels};
        const double *weight = f->blend + w->token[c / horizon] * QD_FORECAST_PARTS;
        const double spread = f->spread[c % horizon];
        qd_forecast_combine(part, weight, spread, counts, positive, levels, level, quantiles + c * levels);
        if (mean != NULL) {
            const double mean_of[QD_FORECAST_PARTS] = {means[c], means[cells + c], means[2 * cells + c]};
            mean[c] = combined_mean(part, weight, spread, positive, levels, level, mean_of);
        }
    }
    qd_forecast_work_free(w);
    qd_mem_free(means);
    qd_mem_free(parts);
    return status;
}
