/* Forecasts one time after the other: from what was known, each member draws a count, is told it, and goes on; so many
   paths of every series as one batch, each with the network's state of its own (ancestral sampling). */
#include "base/fpmode.h"
#include "base/mem.h"
#include "base/sort.h"
#include "tasks/forecast_work.h"

#include <math.h>
#include <string.h>

bool qd_forecast_fed(const qd_settings *settings)
{
    return strcmp(qd_settings_text(settings, "multistep"), "ancestral") == 0;
}

qd_status qd_forecast_check_fed(const qd_settings *settings, const qd_network *network, qd_error *error)
{
    const char *layer;
    return !qd_forecast_fed(settings) || qd_network_streams(network, &layer)
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE, "multistep: ancestral goes step by step, which a layer %s cannot", layer);
}

enum { DRAWS = QD_FORECAST_DRAWS };

static double *draw_at(const qd_forecast_work *w, size_t row, size_t member, size_t path)
{
    return w->draws + ((row * w->f->members + member) * DRAWS + path) * w->f->inputs.horizon;
}

/* Draws horizon h of all paths of a row from outputs, [paths][parameters] or the same for all (stride 0). */
static void draw_row(const qd_forecast_work *w, size_t member, size_t row, size_t h, const float *outputs,
                     size_t stride, double *mean)
{
    const qd_likelihood *likelihood = w->f->likelihood;
    const size_t series = (size_t)w->series[row];
    const qd_random stream = qd_random_stream(1, QD_FOR_PATHS, 1 + (uint32_t)member, 0);
    double sum = 0;
    for (size_t p = 0; p < DRAWS; p++) {
        double theta[QD_LIKELIHOOD_PARAMETERS];
        qd_draws draws = {.stream = stream, .sample = series * DRAWS + p, .step = (uint32_t)h};
        qd_forecast_natural(w, row, h, outputs + p * stride, theta);
        draw_at(w, row, member, p)[h] = likelihood->sample(theta, &draws);
        sum += likelihood->mean(theta);
    }
    if (mean != NULL) {
        mean[series * w->f->inputs.horizon + h] += sum / DRAWS / (double)w->f->members;
    }
}

/* The first horizon, from the last step of what is known; and the states of the paths after it. */
static void begin_paths(qd_forecast_work *w, size_t member, size_t rows, double *mean)
{
    const qd_network *network = w->f->network;
    const size_t p = w->f->likelihood->parameters;
    const qd_states states = {.out = w->state};
    const float *outputs = qd_network_forward(w->workspace, &w->batch->packing, w->batch->x, false, &states);
    for (size_t r = 0; r < rows; r++) {
        const size_t row = w->batch->order[r];
        const size_t last = w->batch->packing.offset[w->lengths[row] - 1] + r;
        draw_row(w, member, row, 0, outputs + last * p, 0, mean);
        for (size_t i = 0; i < DRAWS; i++) {
            w->from[row * DRAWS + i] = r;
        }
    }
    qd_network_state_gather(network, rows, w->state, rows * DRAWS, w->from, w->states);
}

/* Horizon h > 0 of all paths: each is told its own count of the horizon before. */
static void step_paths(qd_forecast_work *w, size_t member, size_t rows, size_t h, double *mean)
{
    const qd_forecast_inputs *inputs = &w->f->inputs;
    const size_t width = qd_forecast_width(inputs), p = w->f->likelihood->parameters;
    for (size_t row = 0; row < rows; row++) {
        const float *step = w->row_x[row] + (w->lengths[row] - 1 + h) * width;
        const double unit =
            w->scale[row] * qd_forecast_exposure(w->view.panel, w->series[row], w->origin + h - 1, w->origin);
        for (size_t i = 0; i < DRAWS; i++) {
            float *x = w->steps + (row * DRAWS + i) * width;
            memcpy(x, step, width * sizeof *x);
            qd_forecast_tell_count(inputs, draw_at(w, row, member, i)[h - 1], unit, x);
        }
    }
    qd_network_step(w->workspace, rows * DRAWS, w->steps, w->y, w->states);
    for (size_t row = 0; row < rows; row++) {
        draw_row(w, member, row, h, w->y + row * DRAWS * p, p, mean);
    }
}

/* The quantiles of all members' draws; and of every series the paths that are kept, of each member in turn. */
static void take_paths(qd_forecast_work *w, size_t row, size_t levels, const double *level, double *quantiles)
{
    const size_t horizon = w->f->inputs.horizon, members = w->f->members, draws = members * DRAWS;
    const size_t series = (size_t)w->series[row];
    for (size_t i = 0; i < w->paths; i++) {
        memcpy(w->path + (series * w->paths + i) * horizon, draw_at(w, row, i % members, i / members % DRAWS),
               horizon * sizeof *w->path);
    }
    for (size_t h = 0; h < horizon; h++) {
        for (size_t i = 0; i < draws; i++) {
            w->sorted[i] = draw_at(w, row, 0, i)[h];
        }
        qd_sort_doubles(w->sorted, draws);
        for (size_t q = 0; q < levels; q++) {
            quantiles[(series * horizon + h) * levels + q] = qd_sorted_quantile(draws, w->sorted, level[q]);
        }
    }
}

void qd_forecast_ancestral(qd_forecast_work *w, size_t levels, const double *level, double *quantiles, double *mean)
{
    const qd_forecaster *f = w->f;
    for (size_t next = 0; next < w->view.panel->series;) {
        const size_t rows = qd_forecast_fill_batch(w, f->inputs.horizon - 1, &next);
        for (size_t m = 0; m < f->members && rows > 0; m++) {
            const qd_fpmode mode = qd_fpmode_enter();
            qd_workspace_load(w->workspace, f->parameters + m * qd_network_parameters(f->network));
            begin_paths(w, m, rows, mean);
            for (size_t h = 1; h < f->inputs.horizon; h++) {
                step_paths(w, m, rows, h, mean);
            }
            qd_fpmode_leave(mode);
        }
        for (size_t row = 0; row < rows; row++) {
            take_paths(w, row, levels, level, quantiles);
        }
    }
}
