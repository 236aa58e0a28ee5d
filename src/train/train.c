/* The training loop.  In: a job and the state to go on from; out: the state after the last epoch, or where it stopped.
 */
#include "train/train.h"
#include "base/fpmode.h"
#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* What the loop works with besides the state; made before the first step and not changed in size after. */
typedef struct run {
    const qd_train_job *job;
    qd_train_state *state;
    const qd_kernels *kernels;
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *packed;
    size_t *order;    /* [N]: the samples in the order of the epoch, or of the validation part */
    float *doutput;   /* gradient of the outputs */
    float *gradients; /* [n] */
    float *good;      /* [n]: the last weights that gave a finite loss */
    const qd_optimizer *optimizer;
    qd_optimizer_options optimizer_options;
    double clip_norm, clip_value, min_delta;
    bool shuffle;
    uint64_t seed, epochs, patience, checkpoint_every;
    size_t batch, batches;
    double began; /* of this run, and of the epoch under way */
    double epoch_began;
    uint64_t batches_run; /* by this run: what the time left is estimated from */
} run;

static void run_read_settings(run *r)
{
    const qd_settings *settings = r->job->settings;
    r->optimizer = qd_optimizer_find(qd_settings_text(settings, "optimizer"));
    r->optimizer_options = qd_optimizer_options_from(settings);
    r->clip_norm = qd_settings_real(settings, "clip-norm");
    r->clip_value = qd_settings_real(settings, "clip-value");
    r->min_delta = qd_settings_real(settings, "min-delta");
    r->shuffle = qd_settings_flag(settings, "shuffle");
    r->seed = (uint64_t)qd_settings_integer(settings, "seed");
    r->epochs = (uint64_t)qd_settings_integer(settings, "epochs");
    r->patience = (uint64_t)qd_settings_integer(settings, "patience");
    r->checkpoint_every = (uint64_t)qd_settings_integer(settings, "checkpoint-every");
}

/* Segments of time, where asked for, or where whole sequences would take more than a gigabyte: then of about half the
   square root of their steps, with which the states between segments take as much as those of one. */
static qd_segmenting segmenting_of(const qd_train_job *job, const qd_kernels *kernels, size_t rows)
{
    const size_t segment = (size_t)qd_settings_integer(job->settings, "segment");
    const size_t truncate = (size_t)qd_settings_integer(job->settings, "truncate"), steps = job->problem->steps;
    if (segment > 0 || truncate > 0) {
        return (qd_segmenting){truncate > 0 ? truncate : segment, truncate > 0};
    }
    const size_t whole = qd_workspace_bytes(job->network, kernels, rows, steps, rows * steps, true);
    const bool cut = whole > (size_t)1 << 30 && qd_network_segments(job->network, NULL);
    return (qd_segmenting){cut ? (size_t)(sqrt((double)steps) / 2) + 1 : 0, false};
}

static qd_status check_segmenting(const qd_train_job *job, qd_error *error)
{
    const char *layer;
    if ((qd_settings_integer(job->settings, "segment") > 0 || qd_settings_integer(job->settings, "truncate") > 0) &&
        !qd_network_segments(job->network, &layer)) {
        return qd_fail(error, QD_ERR_VALUE, "segment, truncate: the layer %s needs whole sequences", layer);
    }
    return QD_OK;
}

static qd_status run_allocate(run *r, qd_error *error)
{
    const qd_train_job *job = r->job;
    qd_status status = qd_kernels_select(&r->kernels, error);
    if (status == QD_OK) {
        status = check_segmenting(job, error);
    }
    if (status == QD_OK) {
        status = qd_pool_new((unsigned)qd_settings_integer(job->settings, "threads"), &r->pool, error);
    }
    if (status != QD_OK) {
        return status;
    }
    const qd_problem *problem = job->problem;
    const size_t n = r->state->parameters_count, steps = problem->steps, total = r->batch * steps;
    const size_t count = problem->count > problem->valid_count ? problem->count : problem->valid_count;
    const size_t rows = qd_network_per_step(job->network) ? total : r->batch;
    r->gradients = qd_mem_new(n, sizeof(float));
    r->good = qd_mem_new(n, sizeof(float));
    r->order = qd_mem_new(count, sizeof(size_t));
    r->doutput = qd_mem_new(rows, qd_network_outputs(job->network) * sizeof(float));
    if (r->gradients == NULL || r->good == NULL || r->order == NULL || r->doutput == NULL) {
        return qd_fail_memory(error, 2 * n * sizeof(float) + count * sizeof(size_t), "gradients");
    }
    status = qd_batch_new(r->batch, steps, total, qd_network_inputs(job->network), &r->packed, error);
    if (status == QD_OK) {
        status = qd_workspace_new_in(job->network, r->kernels, r->pool, r->batch, steps, total, true,
                                     segmenting_of(job, r->kernels, r->batch), &r->workspace, error);
    }
    return status;
}

static void run_free(run *r)
{
    qd_workspace_free(r->workspace);
    qd_batch_free(r->packed);
    qd_mem_free(r->order);
    qd_mem_free(r->doutput);
    qd_mem_free(r->good);
    qd_mem_free(r->gradients);
    qd_pool_free(r->pool);
}

/* --------------------------------------------------------------------------------------------- a batch */

/* A part of the update: elements [begin, end). */
typedef struct update_job {
    const run *run;
    uint64_t t;
    float rate;
} update_job;

static void update_part(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const update_job *update = context;
    const run *r = update->run;
    qd_train_state *state = r->state;
    size_t n = state->parameters_count;
    float *first = state->moments_count > 0 ? state->moments + begin : NULL;
    float *second = state->moments_count > 1 ? state->moments + n + begin : NULL;
    r->optimizer->update(r->kernels, &r->optimizer_options, update->t, update->rate, end - begin,
                         state->parameters + begin, r->gradients + begin, first, second);
}

/* The tensor with the largest element of the gradient; one that is not finite counts as the largest. */
static const qd_tensor *largest_gradient(const run *r)
{
    const qd_tensor *found = NULL;
    float largest = -1;
    for (size_t i = 0; i < qd_network_tensors(r->job->network); i++) {
        const qd_tensor *tensor = qd_network_tensor(r->job->network, i);
        size_t elements = tensor->rows * (tensor->cols > 0 ? tensor->cols : 1);
        for (size_t e = 0; e < elements; e++) {
            float size = fabsf(r->gradients[tensor->offset + e]);
            size = isfinite(size) ? size : HUGE_VALF;
            if (size > largest) {
                largest = size;
                found = tensor;
            }
        }
    }
    return found;
}

/* what: the number that is not finite, computed in this batch of this epoch. */
static qd_status fail_numeric(run *r, const qd_progress *progress, const char *what, qd_error *error)
{
    qd_train_state *state = r->state;
    const qd_tensor *tensor = largest_gradient(r);
    bool has_best = state->best != NULL && state->best_epoch > 0;
    memcpy(state->parameters, has_best ? state->best : r->good, state->parameters_count * sizeof(float));
    return qd_fail(error, QD_ERR_NUMERIC,
                   "epoch %zu, batch %zu: the %s is not finite; the largest gradient is that of %s. The weights kept "
                   "are the last good ones. Try a smaller lr, clip-norm 1, or a scale",
                   progress->epoch, progress->batch, what, tensor->name);
}

/* One batch: forward, loss, backward, update. */
static qd_status train_batch(run *r, qd_progress *progress, qd_error *error)
{
    qd_train_state *state = r->state;
    const qd_problem *problem = r->job->problem;
    size_t n = state->parameters_count;
    size_t first = (size_t)state->batch * r->batch;
    size_t rows = problem->count - first < r->batch ? problem->count - first : r->batch;
    const qd_packing *packing = &r->packed->packing;
    problem->load(problem->context, false, r->order + first, rows, state->epoch, r->packed);

    qd_workspace_load(r->workspace, state->parameters);
    const float *outputs = qd_network_forward(r->workspace, packing, r->packed->x, true, NULL);
    double loss = problem->loss(problem->context, r->packed, outputs, r->doutput);
    qd_network_backward(r->workspace, packing, r->packed->x, r->doutput, r->gradients, NULL, NULL);
    double norm = qd_gradient_norm(r->kernels, n, r->gradients);
    if (!isfinite(loss) || !isfinite(norm)) {
        return fail_numeric(r, progress, isfinite(loss) ? "gradient" : "loss", error);
    }
    memcpy(r->good, state->parameters, n * sizeof(float));

    enum { GRAIN = 1 << 14 };
    update_job update = {r, state->update + 1, qd_schedule_rate(&state->schedule, state->update + 1)};
    qd_gradient_clip(n, r->gradients, norm, r->clip_norm, r->clip_value);
    qd_pool_run(r->pool, n, GRAIN, update_part, &update);
    qd_workspace_learn(r->workspace, state->parameters);

    state->update++;
    state->batch++;
    state->loss_sum += loss;
    state->samples += rows;
    state->norm_sum += norm;
    r->batches_run++;
    progress->loss = state->loss_sum / (double)state->samples;
    progress->learning_rate = (double)update.rate;
    progress->gradient_norm = norm;
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------- an epoch */

static void order_as_they_come(run *r, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        r->order[i] = i;
    }
}

static double validate(run *r)
{
    const qd_problem *problem = r->job->problem;
    if (problem->valid_count == 0) {
        return NAN;
    }
    qd_workspace_load(r->workspace, r->state->parameters);
    order_as_they_come(r, problem->valid_count);
    double sum = 0;
    for (size_t first = 0; first < problem->valid_count; first += r->batch) {
        size_t rows = problem->valid_count - first < r->batch ? problem->valid_count - first : r->batch;
        problem->load(problem->context, true, r->order + first, rows, r->state->epoch, r->packed);
        const float *outputs = qd_network_forward(r->workspace, &r->packed->packing, r->packed->x, false, NULL);
        sum += problem->loss(problem->context, r->packed, outputs, NULL);
    }
    return sum / (double)problem->valid_count;
}

static void begin_epoch(run *r)
{
    qd_train_state *state = r->state;
    qd_workspace_seed(r->workspace, r->seed, (uint32_t)state->epoch);
    if (r->shuffle) {
        qd_random stream = qd_random_stream(r->seed, QD_FOR_SHUFFLE, 0, (uint32_t)state->epoch);
        qd_random_permutation(stream, r->job->problem->count, r->order);
    } else {
        order_as_they_come(r, r->job->problem->count);
    }
    r->epoch_began = qd_clock_seconds();
}

/* Early stopping: the best weights so far, and whether it is time. */
static bool out_of_patience(run *r, double loss)
{
    qd_train_state *state = r->state;
    if (r->patience == 0) {
        return false;
    }
    if (loss < state->best_loss - r->min_delta) {
        state->best_loss = loss;
        state->best_epoch = state->epoch;
        state->wait = 0;
        memcpy(state->best, state->parameters, state->parameters_count * sizeof(float));
    } else {
        state->wait++;
    }
    return state->wait >= r->patience;
}

static qd_status end_epoch(run *r, qd_progress *progress, qd_error *error)
{
    qd_train_state *state = r->state;
    /* No batch of this epoch has seen the weights of its last update, and after the last epoch none will. */
    if (!isfinite(qd_gradient_norm(r->kernels, state->parameters_count, state->parameters))) {
        return fail_numeric(r, progress, "update", error);
    }
    qd_fpmode mode = qd_fpmode_enter();
    progress->valid_loss = validate(r);
    qd_fpmode_leave(mode);
    if (r->job->problem->valid_count > 0 && !isfinite(progress->valid_loss)) {
        return fail_numeric(r, progress, "validation loss", error);
    }
    qd_history_row *row = &state->history.rows[state->history.count++];
    *row = (qd_history_row){
        .epoch = ++state->epoch,
        .loss = progress->loss,
        .valid_loss = progress->valid_loss,
        .learning_rate = progress->learning_rate,
        .seconds = qd_clock_seconds() - r->epoch_began,
        .gradient_norm = state->norm_sum / (double)r->batches,
    };
    state->batch = 0;
    state->samples = 0;
    state->loss_sum = 0;
    state->norm_sum = 0;
    double watched = isnan(row->valid_loss) ? row->loss : row->valid_loss;
    qd_schedule_epoch(&state->schedule, watched);
    state->done = out_of_patience(r, watched) || state->epoch == r->epochs;
    if (state->done && state->best != NULL && state->best_epoch > 0) {
        memcpy(state->parameters, state->best, state->parameters_count * sizeof(float));
    }
    return QD_OK;
}

static qd_status save(const run *r, qd_error *error)
{
    return r->job->save != NULL ? r->job->save(r->job->save_context, r->state, error) : QD_OK;
}

static qd_status write_history(const run *r, qd_error *error)
{
    const char *path = r->job->history_path;
    return path != NULL && *path != '\0' ? qd_history_write(&r->state->history, path, error) : QD_OK;
}

/* After a batch: files, monitor. */
static qd_status report(run *r, qd_progress *progress, bool epoch_ended, qd_error *error)
{
    const qd_train_job *job = r->job;
    qd_train_state *state = r->state;
    qd_status status = QD_OK;
    if (epoch_ended) {
        status = write_history(r, error);
        if (status == QD_OK && job->save_epochs && (state->done || state->epoch % r->checkpoint_every == 0)) {
            status = save(r, error);
        }
    }
    if (status != QD_OK || job->monitor == NULL) {
        return status;
    }
    uint64_t left = (r->epochs - progress->epoch) * r->batches + (r->batches - progress->batch);
    progress->seconds = qd_clock_seconds() - r->began;
    progress->seconds_left = progress->seconds / (double)r->batches_run * (double)left;
    if (job->monitor(job->monitor_context, progress) == 0 || state->done) {
        return QD_OK;
    }
    status = save(r, error);
    return status != QD_OK ? status
                           : qd_fail(error, QD_ERR_STOPPED, "stopped in epoch %zu, after batch %zu of %zu",
                                     progress->epoch, progress->batch, progress->batches);
}

static qd_status run_loop(run *r, qd_error *error)
{
    qd_train_state *state = r->state;
    qd_status status = QD_OK;
    r->began = qd_clock_seconds();
    memcpy(r->good, state->parameters, state->parameters_count * sizeof(float));
    for (bool begun = false; !state->done && status == QD_OK; begun = true) {
        if (!begun || state->batch == 0) {
            begin_epoch(r);
        }
        qd_progress progress = {
            .epoch = (size_t)state->epoch + 1,
            .epochs = (size_t)r->epochs,
            .batch = (size_t)state->batch + 1,
            .batches = r->batches,
            .valid_loss = NAN,
        };
        qd_fpmode mode = qd_fpmode_enter();
        status = train_batch(r, &progress, error);
        qd_fpmode_leave(mode);
        if (status == QD_OK) {
            bool epoch_ended = progress.batch == r->batches;
            if (epoch_ended) {
                status = end_epoch(r, &progress, error);
            }
            status = status == QD_OK ? report(r, &progress, epoch_ended, error) : status;
        }
    }
    return status;
}

size_t qd_train_bytes(const qd_train_job *job, const qd_kernels *kernels)
{
    const qd_settings *settings = job->settings;
    const size_t batch = (size_t)qd_settings_integer(settings, "batch"), count = job->problem->count;
    const size_t rows = batch < count ? batch : count, steps = job->problem->steps;
    const size_t moments = qd_optimizer_find(qd_settings_text(settings, "optimizer"))->moments;
    const bool keeps_best = qd_settings_integer(settings, "patience") > 0;
    /* Weights, moments, the best and the last good ones, gradients. */
    const size_t blocks = 1 + moments + keeps_best + 1 + 1;
    return (qd_network_parameters(job->network) * blocks + rows * steps * qd_network_inputs(job->network)) *
               sizeof(float) +
           count * sizeof(size_t) +
           qd_workspace_bytes_in(job->network, kernels, rows, steps, rows * steps, true,
                                 segmenting_of(job, kernels, rows));
}

qd_status qd_train_run(const qd_train_job *job, qd_train_state *state, qd_error *error)
{
    run r = {.job = job, .state = state};
    size_t batch = (size_t)qd_settings_integer(job->settings, "batch");
    r.batch = batch < job->problem->count ? batch : job->problem->count;
    r.batches = qd_train_batches(job->settings, job->problem->count);
    run_read_settings(&r);
    if (state->done) {
        return write_history(&r, error); /* perhaps it was not asked for before */
    }
    qd_status status = run_allocate(&r, error);
    if (status == QD_OK) {
        status = run_loop(&r, error);
    }
    run_free(&r);
    return status;
}

size_t qd_train_batches(const qd_settings *settings, size_t count)
{
    size_t batch = (size_t)qd_settings_integer(settings, "batch");
    return count / batch + (count % batch != 0);
}
