/* Forecasting: the quantiles of every series at one origin, from the networks and what is blended with them. */
#include "base/fpmode.h"
#include "base/mem.h"
#include "data/names.h"
#include "tasks/forecast_work.h"

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
    qd_history_clear(&f->history);
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

/* What a member says of the cells of a packed row, to w->theta. */
static void hear_member(qd_forecast_work *w, size_t member, const float *outputs, size_t packed_row)
{
    const size_t row = w->batch->order[packed_row], p = w->f->likelihood->parameters, horizon = w->f->inputs.horizon;
    const size_t ahead = w->lengths[row] - horizon;
    for (size_t h = 0; h < horizon; h++) {
        qd_forecast_natural(w, row, h, outputs + (w->batch->packing.offset[ahead + h] + packed_row) * p,
                            w->theta + ((row * horizon + h) * w->f->members + member) * p);
    }
}

/* Quantiles and mean of all members' pool, of the cells of a row. */
static void pool_row(const qd_forecast_work *w, size_t row, size_t levels, const double *level, double *quantiles,
                     double *mean)
{
    const qd_likelihood *likelihood = w->f->likelihood;
    const size_t p = likelihood->parameters, members = w->f->members, horizon = w->f->inputs.horizon;
    for (size_t h = 0; h < horizon; h++) {
        const double *theta = w->theta + (row * horizon + h) * members * p;
        const size_t cell = (size_t)w->series[row] * horizon + h;
        for (size_t q = 0; q < levels; q++) {
            const qd_tails at = {.lower = level[q], .upper = 1 - level[q]};
            quantiles[cell * levels + q] = qd_likelihood_pooled_quantile(likelihood, members, theta, at);
        }
        for (size_t m = 0; mean != NULL && m < members; m++) {
            mean[cell] += likelihood->mean(theta + m * p) / (double)members;
        }
    }
}

void qd_forecast_direct(qd_forecast_work *w, size_t levels, const double *level, double *quantiles, double *mean)
{
    const qd_forecaster *f = w->f;
    for (size_t next = 0; next < w->view.panel->series;) {
        const size_t rows = qd_forecast_fill_batch(w, 0, &next);
        for (size_t m = 0; m < f->members && rows > 0; m++) {
            qd_fpmode mode = qd_fpmode_enter();
            qd_workspace_load(w->workspace, f->parameters + m * qd_network_parameters(f->network));
            const float *outputs = qd_network_forward(w->workspace, &w->batch->packing, w->batch->x, false, NULL);
            qd_fpmode_leave(mode);
            for (size_t r = 0; r < rows; r++) {
                hear_member(w, m, outputs, r);
            }
        }
        for (size_t r = 0; r < rows; r++) {
            pool_row(w, r, levels, level, quantiles, mean);
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
        .steps = f->inputs.horizon, .season = f->grid.season, .nonnegative = f->inputs.nonnegative, .draws = DRAWS};
    memset(quantiles, 0, all * sizeof *quantiles);
    if (mean != NULL) {
        memset(mean, 0, cells * sizeof *mean);
    }
    w->view.y = y;
    w->origin = origin;
    w->view.until = origin;
    (f->inputs.fed ? qd_forecast_ancestral : qd_forecast_direct)(w, levels, level, quantiles, mean);
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

qd_status qd_forecast_blended(qd_forecast_work *w, const double *y, size_t origin, size_t levels, const double *level,
                              double *quantiles, double *mean, qd_error *error)
{
    const qd_forecaster *f = w->f;
    const size_t horizon = f->inputs.horizon, cells = w->view.panel->series * horizon, all = cells * levels;
    double *parts = qd_mem_new(all, QD_FORECAST_PARTS * sizeof *parts);
    double *means = qd_mem_new(cells, QD_FORECAST_PARTS * sizeof *means);
    const qd_status status = parts == NULL || means == NULL
                                 ? qd_fail_memory(error, QD_FORECAST_PARTS * all * sizeof *parts, "quantiles")
                                 : qd_forecast_parts(w, y, origin, levels, level, parts, means, error);
    const bool counts = f->likelihood->support == QD_SUPPORT_COUNTS, positive = f->inputs.nonnegative;
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
    qd_mem_free(means);
    qd_mem_free(parts);
    return status;
}

qd_status qd_forecast_quantiles(const qd_forecaster *f, const qd_panel *panel, const double *y, size_t origin,
                                size_t levels, const double *level, double *quantiles, double *mean, qd_error *error)
{
    qd_forecast_work *w;
    qd_status status = qd_forecast_work_new(f, panel, 0, &w, error);
    if (status == QD_OK) {
        status = qd_forecast_blended(w, y, origin, levels, level, quantiles, mean, error);
        qd_forecast_work_free(w);
    }
    return status;
}
