/* What forecasts of a panel are made in: made once, for one origin after another. */
#include "tasks/forecast_work.h"
#include "base/mem.h"

enum { MOST_ROWS = 256, MOST_PATHS = 8192 };

/* Where counts are fed back a batch is of series, and then of all their paths, a step at a time. */
static qd_status allocate_paths(qd_forecast_work *w, qd_error *error)
{
    const qd_forecaster *f = w->f;
    const size_t rows = w->most * QD_FORECAST_DRAWS, width = qd_forecast_width(&f->inputs);
    const size_t state = qd_network_state(f->network), kept = w->view.panel->series * w->paths;
    w->state = qd_mem_new(w->most, state * sizeof(float));
    w->states = qd_mem_new(rows, state * sizeof(float));
    w->steps = qd_mem_new(rows, width * sizeof(float));
    w->y = qd_mem_new(rows, f->likelihood->parameters * sizeof(float));
    w->from = qd_mem_new(rows, sizeof *w->from);
    w->draws = qd_mem_new(rows * f->members, f->inputs.horizon * sizeof *w->draws);
    w->sorted = qd_mem_new(f->members, QD_FORECAST_DRAWS * sizeof *w->sorted);
    w->path = qd_mem_new(kept, f->inputs.horizon * sizeof *w->path);
    return w->state == NULL || w->states == NULL || w->steps == NULL || w->y == NULL || w->from == NULL ||
                   w->draws == NULL || w->sorted == NULL || w->path == NULL
               ? qd_fail_memory(error, rows * (state + width) * sizeof(float), "sample paths")
               : QD_OK;
}

static qd_status allocate_work(qd_forecast_work *w, qd_error *error)
{
    const qd_forecaster *f = w->f;
    const size_t longest = f->inputs.context + f->inputs.horizon, width = qd_forecast_width(&f->inputs);
    const size_t rows = f->inputs.fed ? w->most * QD_FORECAST_DRAWS : w->most;
    const size_t total = w->most * longest > rows ? w->most * longest : rows;
    const qd_kernels *kernels;
    qd_status status = qd_kernels_select(&kernels, error);
    if (status == QD_OK) {
        status = qd_pool_new((unsigned)qd_settings_integer(f->settings, "threads"), &w->pool, error);
    }
    if (status == QD_OK) {
        status = qd_workspace_new(f->network, kernels, w->pool, rows, longest, total, false, &w->workspace, error);
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
    w->theta = qd_mem_new(w->most * f->members, f->inputs.horizon * f->likelihood->parameters * sizeof *w->theta);
    if (w->x == NULL || w->row_x == NULL || w->lengths == NULL || w->series == NULL || w->scale == NULL ||
        w->theta == NULL) {
        return qd_fail_memory(error, w->most * longest * width * sizeof(float), "a batch");
    }
    return f->inputs.fed ? allocate_paths(w, error) : QD_OK;
}

qd_status qd_forecast_work_new(const qd_forecaster *f, const qd_panel *panel, size_t paths, qd_forecast_work **out,
                               qd_error *error)
{
    qd_forecast_work *w = qd_mem_new(1, sizeof *w);
    if (w == NULL) {
        return qd_fail_memory(error, sizeof *w, "forecasts");
    }
    *w = (qd_forecast_work){.f = f,
                            .view = {.panel = panel},
                            .most = f->inputs.fed ? MOST_PATHS / QD_FORECAST_DRAWS : MOST_ROWS,
                            .paths = f->inputs.fed ? paths : 0};
    w->most = panel->series < w->most ? panel->series : w->most;
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
        qd_mem_free(w->theta);
        qd_mem_free(w->state);
        qd_mem_free(w->states);
        qd_mem_free(w->steps);
        qd_mem_free(w->y);
        qd_mem_free(w->from);
        qd_mem_free(w->draws);
        qd_mem_free(w->sorted);
        qd_mem_free(w->path);
        qd_mem_free(w);
    }
}

const double *qd_forecast_work_path(const qd_forecast_work *w, size_t series)
{
    return w->paths > 0 ? w->path + series * w->paths * w->f->inputs.horizon : NULL;
}

size_t qd_forecast_fill_batch(qd_forecast_work *w, size_t skip, size_t *next)
{
    const qd_forecast_inputs *inputs = &w->f->inputs;
    const size_t stride = (inputs->context + inputs->horizon) * qd_forecast_width(inputs);
    size_t rows = 0;
    for (; *next < w->view.panel->series && rows < w->most; ++*next) {
        float *x = w->x + rows * stride;
        const size_t length = qd_forecast_fill(inputs, &w->view, *next, w->origin, x, &w->scale[rows]);
        w->lengths[rows] = length - (length > 0 ? skip : 0);
        w->row_x[rows] = x;
        w->series[rows] = *next;
        rows += length > 0;
    }
    if (rows > 0) {
        qd_batch_fill(w->batch, rows, w->row_x, w->lengths, w->series);
    }
    return rows;
}

void qd_forecast_natural(const qd_forecast_work *w, size_t row, size_t h, const float *outputs,
                         double theta[QD_LIKELIHOOD_PARAMETERS])
{
    const qd_likelihood *likelihood = w->f->likelihood;
    const double unit = w->scale[row] * qd_forecast_exposure(w->view.panel, w->series[row], w->origin + h, w->origin);
    double raw[QD_LIKELIHOOD_PARAMETERS];
    for (size_t k = 0; k < likelihood->parameters; k++) {
        raw[k] = (double)outputs[k];
    }
    qd_likelihood_natural(likelihood, raw, unit, theta);
}
