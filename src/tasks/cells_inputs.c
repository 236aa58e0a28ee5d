/* Inputs of a network of cells: from features to steps.  A frame has its scaled features, by how much they have changed
   over some lags, and, where frames are labelled, its place in the track: the change since the first frame and to the
   last one, the logarithms of the time since and until them, and what is missing just before it.  A recurrent network
   could count all that itself; told it, it learns sooner. */
#include "base/mem.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <string.h>

size_t qd_cells_width(const qd_cells_inputs *inputs)
{
    const size_t ends = inputs->ends ? (inputs->ahead ? 2 : 1) : 0;
    return inputs->scaling.inputs * (1 + inputs->lags + ends) + (ends > 0 ? 1 + ends : 0);
}

static float log1p_of(float value)
{
    return value > -1 ? log1pf(value) : NAN;
}

/* Features of a track as they enter the scaling, as they are or log(1 + x), and scaled: base. */
static void scale(const qd_cells_inputs *inputs, const qd_tracks *tracks, size_t track, float *base)
{
    const size_t frames = qd_track_length(tracks, track), elements = frames * tracks->features;
    const float *x = tracks->x + tracks->start[track] * tracks->features;
    float *logs = base + frames * inputs->scaling.inputs;
    for (size_t i = 0; inputs->logs && i < elements; i++) {
        logs[i] = log1p_of(x[i]);
    }
    qd_track_scaling_apply(&inputs->scaling, frames, inputs->logs ? logs : x, base);
}

/* Writes now - then, [own]; returns what follows. */
static float *put_change(const float *now, const float *then, size_t own, float *row)
{
    for (size_t i = 0; i < own; i++) {
        row[i] = now[i] - then[i];
    }
    return row + own;
}

/* What `scaling` has not done yet is left as it is: learned mean and sd come after. */
static void fill_raw(const qd_cells_inputs *inputs, const qd_tracks *tracks, size_t track, float *base, float *x)
{
    const size_t frames = qd_track_length(tracks, track), own = inputs->scaling.inputs, width = qd_cells_width(inputs);
    const double *time = tracks->time + tracks->start[track];
    scale(inputs, tracks, track, base);
    for (size_t t = 0; t < frames; t++) {
        float *row = x + t * width;
        memcpy(row, base + t * own, own * sizeof(float));
        row += own;
        for (size_t lag = 0; lag < inputs->lags; lag++, row += own) {
            const size_t before = t >= (size_t)1 << lag ? t - ((size_t)1 << lag) : 0;
            put_change(base + t * own, base + before * own, own, row);
        }
        if (inputs->ends) {
            row = put_change(base + t * own, base, own, row);
            *row++ = (float)log1p((time[t] - time[0]) / tracks->step);
            *row++ = t > 0 ? (float)((time[t] - time[t - 1]) / tracks->step - 1) : 0;
        }
        if (inputs->ends && inputs->ahead) {
            row = put_change(base + t * own, base + (frames - 1) * own, own, row);
            *row++ = (float)log1p((time[frames - 1] - time[t]) / tracks->step);
        }
    }
}

void qd_cells_fill(const qd_cells_inputs *inputs, const qd_tracks *tracks, size_t track, float *base, float *x)
{
    const size_t frames = qd_track_length(tracks, track), own = inputs->scaling.inputs, width = qd_cells_width(inputs);
    fill_raw(inputs, tracks, track, base, x);
    for (size_t t = 0; t < frames; t++) {
        for (size_t i = own; i < width; i++) {
            float *value = &x[t * width + i];
            *value = (float)(((double)*value - inputs->mean[i]) / inputs->sd[i]);
        }
    }
}

/* ----------------------------------------------------------------------------------------------- learning */

static qd_status learn_scaling(const qd_tracks *tracks, const bool *use, qd_cells_inputs *inputs, qd_error *error)
{
    if (!inputs->logs) {
        return qd_track_scaling_learn(tracks, use, &inputs->scaling, error);
    }
    qd_tracks copy = *tracks; /* with other features */
    const size_t elements = tracks->rows * tracks->features;
    copy.x = qd_mem_new(elements, sizeof *copy.x);
    if (copy.x == NULL) {
        return qd_fail_memory(error, elements * sizeof *copy.x, "features");
    }
    for (size_t i = 0; i < elements; i++) {
        copy.x[i] = log1p_of(tracks->x[i]);
    }
    const qd_status status = qd_track_scaling_learn(&copy, use, &inputs->scaling, error);
    qd_mem_free(copy.x);
    return status;
}

/* Sums over the frames of one track. */
static void add_track(const qd_cells_inputs *inputs, const float *x, size_t frames, double *sum, double *squares)
{
    const size_t width = qd_cells_width(inputs);
    for (size_t t = 0; t < frames; t++) {
        for (size_t i = inputs->scaling.inputs; i < width; i++) {
            sum[i] += (double)x[t * width + i];
            squares[i] += (double)x[t * width + i] * (double)x[t * width + i];
        }
    }
}

size_t qd_cells_longest(const qd_tracks *tracks)
{
    size_t most = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        most = qd_track_length(tracks, n) > most ? qd_track_length(tracks, n) : most;
    }
    return most;
}

static qd_status learn_rest(const qd_tracks *tracks, const bool *use, qd_cells_inputs *inputs, qd_error *error)
{
    const size_t width = qd_cells_width(inputs), frames = qd_cells_longest(tracks);
    inputs->mean = qd_mem_new(width, sizeof(double));
    inputs->sd = qd_mem_new(width, sizeof(double));
    float *x = qd_mem_new(frames, (width + qd_cells_base(inputs)) * sizeof(float));
    if (inputs->mean == NULL || inputs->sd == NULL || x == NULL) {
        qd_mem_free(x);
        return qd_fail_memory(error, frames * 2 * width * sizeof(float), "inputs");
    }
    double rows = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        if (use == NULL || use[n]) {
            fill_raw(inputs, tracks, n, x + frames * width, x);
            add_track(inputs, x, qd_track_length(tracks, n), inputs->mean, inputs->sd);
            rows += (double)qd_track_length(tracks, n);
        }
    }
    for (size_t i = 0; i < width; i++) {
        inputs->mean[i] /= rows;
        const double variance = inputs->sd[i] / rows - inputs->mean[i] * inputs->mean[i];
        inputs->sd[i] = i >= inputs->scaling.inputs && variance > 1e-12 ? sqrt(variance) : 1;
    }
    qd_mem_free(x);
    return QD_OK;
}

qd_status qd_cells_inputs_learn(const qd_tracks *tracks, const bool *use, qd_cells_inputs *inputs, qd_error *error)
{
    const qd_status status = learn_scaling(tracks, use, inputs, error);
    return status == QD_OK ? learn_rest(tracks, use, inputs, error) : status;
}

void qd_cells_inputs_clear(qd_cells_inputs *inputs)
{
    qd_track_scaling_clear(&inputs->scaling);
    qd_mem_free(inputs->mean);
    qd_mem_free(inputs->sd);
    *inputs = (qd_cells_inputs){0};
}
