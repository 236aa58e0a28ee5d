/* Predicting with a regression: whole sequences, the rows of a table, and one time step at a time. */
#include "base/fpmode.h"
#include "base/mem.h"
#include "tasks/regress.h"
#include "train/feed.h"

#include <math.h>
#include <string.h>

static const qd_loss *model_loss(const qd_model *model)
{
    return qd_loss_find(qd_settings_text(model->settings, "loss"));
}

/* Network outputs [rows][K] to predictions in the units of the targets, in place. */
static void finish(const qd_model *model, size_t rows, float *y)
{
    const qd_loss *loss = model_loss(model);
    size_t outputs = qd_model_outputs(model);
    for (size_t r = 0; loss->predict != NULL && r < rows; r++) {
        loss->predict(outputs, y + r * outputs);
    }
    qd_scaling_invert(&model->scaling, rows, y);
}

qd_status qd_regress_check(const qd_network *network, qd_error *error)
{
    return qd_network_vocabulary(network) == 0
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE, "layers: embed reads tokens, and a regression has none");
}

/* ------------------------------------------------------------------------------------------- sequences */

/* Sequences of a batch: as many as fill a moderate workspace, since any number gives the same bits. */
static size_t rows_for(const qd_sequences *sequences)
{
    enum { MOST_ROWS = 256, MOST_STEPS = 1 << 17 };
    size_t rows = MOST_STEPS / sequences->steps;
    rows = rows > MOST_ROWS ? MOST_ROWS : rows == 0 ? 1 : rows;
    return rows < sequences->count ? rows : sequences->count;
}

/* What prediction works in. */
typedef struct prediction {
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *batch;
    qd_feed *feed;
    size_t *sample; /* [rows] */
} prediction;

static void predict_batches(const qd_model *model, const qd_sequences *sequences, const prediction *p, float *y)
{
    size_t most = rows_for(sequences), outputs = qd_model_outputs(model);
    qd_fpmode mode = qd_fpmode_enter();
    qd_workspace_load(p->workspace, model->parameters);
    for (size_t first = 0; first < sequences->count; first += most) {
        size_t rows = sequences->count - first < most ? sequences->count - first : most;
        for (size_t r = 0; r < rows; r++) {
            p->sample[r] = first + r;
        }
        qd_feed_load(p->feed, p->sample, rows, p->batch);
        const float *packed = qd_network_forward(p->workspace, &p->batch->packing, p->batch->x, false, NULL);
        qd_batch_unsort(p->batch, packed, outputs, y + first * outputs);
    }
    qd_fpmode_leave(mode);
    finish(model, sequences->count, y);
}

static qd_status prepare(const qd_model *model, const qd_sequences *sequences, unsigned threads, prediction *p,
                         qd_error *error)
{
    const size_t rows = rows_for(sequences), steps = sequences->steps, total = rows * steps;
    const qd_kernels *kernels;
    qd_status status = qd_kernels_select(&kernels, error);
    if (status == QD_OK) {
        status = qd_pool_new(threads, &p->pool, error);
    }
    if (status == QD_OK) {
        status = qd_workspace_new(model->network, kernels, p->pool, rows, steps, total, false, &p->workspace, error);
    }
    if (status == QD_OK) {
        status = qd_batch_new(rows, steps, total, sequences->inputs, &p->batch, error);
    }
    if (status == QD_OK) {
        status = qd_feed_new(model->settings, rows, sequences, NULL, qd_model_outputs(model), &p->feed, error);
    }
    if (status == QD_OK) {
        p->sample = qd_mem_new(rows, sizeof *p->sample);
        status = p->sample == NULL ? qd_fail_memory(error, rows * sizeof *p->sample, "a batch") : QD_OK;
    }
    return status;
}

/* Sequences in the units of the network. */
static qd_status predict_scaled(const qd_model *model, const qd_sequences *sequences, unsigned threads, float *y,
                                qd_error *error)
{
    prediction p = {0};
    qd_status status = prepare(model, sequences, threads, &p, error);
    if (status == QD_OK) {
        predict_batches(model, sequences, &p, y);
    }
    qd_mem_free(p.sample);
    qd_feed_free(p.feed);
    qd_batch_free(p.batch);
    qd_workspace_free(p.workspace);
    qd_pool_free(p.pool);
    return status;
}

qd_status qd_model_predict(const qd_model *model, const qd_sequences *sequences, unsigned threads, float *y,
                           qd_error *error)
{
    qd_status status = qd_regress_check(model->network, error);
    if (status != QD_OK) {
        return status;
    }
    if (sequences->inputs != qd_model_inputs(model)) {
        return qd_fail(error, QD_ERR_VALUE, "sequences of %zu inputs a step; the model was trained on %zu",
                       sequences->inputs, qd_model_inputs(model));
    }
    if (sequences->count == 0) {
        return QD_OK;
    }
    /* The targets, if there are any, must not be scaled: they may be unknown or out of range. */
    qd_sequences inputs = *sequences;
    inputs.y = NULL;
    inputs.outputs = 0;
    if (model->scaling.kind == QD_SCALING_NONE) {
        return predict_scaled(model, &inputs, threads, y, error);
    }
    qd_sequences *scaled;
    status = qd_sequences_slice(&inputs, 0, inputs.count, &scaled, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_scaling_apply(&model->scaling, scaled, error);
    if (status == QD_OK) {
        status = predict_scaled(model, scaled, threads, y, error);
    }
    qd_sequences_free(scaled);
    return status;
}

/* ----------------------------------------------------------------------------------------------- table */

/* Steps 1, 2, ... beyond the step y[0], which is known: the window moves over its own predictions.  One sequence is no
   work to share among threads.  y: [horizon]. */
static qd_status predict_beyond(const qd_model *model, const float *window, size_t steps, size_t horizon, float *y,
                                qd_error *error)
{
    float *series = qd_mem_new(steps + horizon, sizeof *series);
    if (series == NULL) {
        return qd_fail_memory(error, (steps + horizon) * sizeof *series, "predictions");
    }
    memcpy(series, window, steps * sizeof *series);
    qd_status status = QD_OK;
    for (size_t h = 1; h < horizon && status == QD_OK; h++) {
        series[steps + h - 1] = y[h - 1];
        qd_sequences *moved;
        status = qd_sequences_new(series + h, NULL, 1, steps, 1, NULL, 0, &moved, error);
        if (status == QD_OK) {
            status = qd_model_predict(model, moved, 1, &y[h], error);
            qd_sequences_free(moved);
        }
    }
    qd_mem_free(series);
    return status;
}

static qd_status predict_windows(const qd_model *model, const qd_sequences *windows, size_t horizon, unsigned threads,
                                 float **out, size_t *count, qd_error *error)
{
    size_t within = windows->count - 1; /* the last window's target lies beyond the table */
    float *y = qd_mem_new(within + 1 + horizon, sizeof *y);
    if (y == NULL) {
        return qd_fail_memory(error, (within + 1 + horizon) * sizeof *y, "predictions");
    }
    qd_status status = qd_model_predict(model, windows, threads, y, error);
    if (status == QD_OK && horizon > 1) {
        const float *last = windows->x + windows->start[within] * windows->inputs;
        status = predict_beyond(model, last, windows->steps, horizon, y + within, error);
    }
    if (status != QD_OK) {
        qd_mem_free(y);
        return status;
    }
    *out = y;
    *count = within + horizon;
    return QD_OK;
}

qd_status qd_regress_predict_table(const qd_model *model, const qd_table *table, size_t horizon, unsigned threads,
                                   float **y, size_t *count, qd_error *error)
{
    qd_window_options options = {
        .target = qd_settings_text(model->settings, "target"),
        .features = qd_settings_text(model->settings, "features"),
        .window = (size_t)qd_settings_integer(model->settings, "window"),
        .weights = "",
        .beyond = true,
    };
    if (*options.target == '\0') {
        return qd_fail(error, QD_ERR_VALUE, "the model was trained on arrays, not on the columns of a table");
    }
    bool itself = *options.features == '\0' || strcmp(options.features, options.target) == 0;
    if (horizon > 1 && !itself) {
        return qd_fail(error, QD_ERR_VALUE, "horizon: beyond the next row the values of %s are not known",
                       options.features);
    }
    qd_sequences *windows;
    qd_status status = qd_sequences_from_table(table, &options, &windows, error);
    if (status == QD_OK) {
        status = predict_windows(model, windows, horizon, threads, y, count, error);
        qd_sequences_free(windows);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------- stream */

struct qd_stream {
    const qd_model *model;
    qd_pool *pool;
    qd_workspace *workspace;
    float *state; /* [qd_network_state] */
    float *x;     /* [I], scaled */
};

static qd_status stream_allocate(qd_stream *stream, qd_error *error)
{
    const qd_network *network = stream->model->network;
    const qd_kernels *kernels;
    qd_status status = qd_kernels_select(&kernels, error);
    if (status == QD_OK) {
        status = qd_pool_new(1, &stream->pool, error);
    }
    if (status == QD_OK) {
        status = qd_workspace_new(network, kernels, stream->pool, 1, 1, 1, false, &stream->workspace, error);
    }
    if (status != QD_OK) {
        return status;
    }
    stream->state = qd_mem_new(qd_network_state(network), sizeof(float));
    stream->x = qd_mem_new(qd_network_inputs(network), sizeof(float));
    if (stream->state == NULL || stream->x == NULL) {
        return qd_fail_memory(error, qd_network_state(network) * sizeof(float), "the state of a stream");
    }
    qd_workspace_load(stream->workspace, stream->model->parameters);
    return QD_OK;
}

qd_status qd_stream_new(const qd_model *model, qd_stream **out, qd_error *error)
{
    const char *layer;
    qd_status status = qd_regress_check(model->network, error);
    if (status != QD_OK) {
        return status;
    }
    if (!qd_network_streams(model->network, &layer)) {
        return qd_fail(error, QD_ERR_VALUE, "the layer %s needs the whole sequence and cannot stream", layer);
    }
    qd_stream *stream = qd_mem_new(1, sizeof *stream);
    if (stream == NULL) {
        return qd_fail_memory(error, sizeof *stream, "a stream");
    }
    stream->model = model;
    status = stream_allocate(stream, error);
    if (status != QD_OK) {
        qd_stream_free(stream);
        return status;
    }
    *out = stream;
    return QD_OK;
}

qd_status qd_stream_step(qd_stream *stream, const float *x, float *y, qd_error *error)
{
    size_t inputs = qd_network_inputs(stream->model->network);
    memcpy(stream->x, x, inputs * sizeof(float));
    bool finite = true;
    for (size_t i = 0; i < inputs; i++) {
        finite = finite && isfinite(x[i]);
    }
    if (!finite || qd_scaling_inputs(&stream->model->scaling, 1, stream->x) != 0) {
        return qd_fail(error, QD_ERR_VALUE, "an input is not finite, or below -1 where the model takes log(1 + x)");
    }
    qd_fpmode mode = qd_fpmode_enter();
    qd_network_step(stream->workspace, 1, stream->x, y, stream->state);
    qd_fpmode_leave(mode);
    finish(stream->model, 1, y);
    return QD_OK;
}

void qd_stream_reset(qd_stream *stream)
{
    memset(stream->state, 0, qd_network_state(stream->model->network) * sizeof(float));
}

void qd_stream_free(qd_stream *stream)
{
    if (stream != NULL) {
        qd_workspace_free(stream->workspace);
        qd_pool_free(stream->pool);
        qd_mem_free(stream->state);
        qd_mem_free(stream->x);
        qd_mem_free(stream);
    }
}
