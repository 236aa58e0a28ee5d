/* The workloads, and a workload's passes timed. */
#include "tasks/bench.h"

#include "base/clock.h"
#include "base/fpmode.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/sort.h"
#include "base/text.h"
#include "train/feed.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

enum { LEAST_ROUNDS = 3, MOST_ROUNDS = 100000, OUTPUTS = 1 };

/* ------------------------------------------------------------------------------------------------- data */

/* Uniform in [0, 1): the numbers of one sequence, or its target. */
static void fill(uint64_t sample, uint32_t step, size_t n, float *values)
{
    const qd_random stream = qd_random_stream(0, QD_FOR_TEST, 0, 0);
    for (size_t i = 0; i < n; i += 4) {
        uint32_t words[4];
        qd_random_block(stream, sample, step, (uint32_t)(i / 4), words);
        for (size_t j = 0; j < 4 && i + j < n; j++) {
            values[i + j] = qd_random_float(words[j]);
        }
    }
}

/* Log-uniform in least .. most. */
static size_t length_of(const qd_workload *w, uint64_t sample)
{
    float u;
    fill(sample, 2, 1, &u);
    const double least = (double)w->least_steps, ratio = ((double)w->steps + 1) / least;
    const size_t length = (size_t)(least * exp((double)u * log(ratio)));
    return length > w->steps ? w->steps : length;
}

static qd_status make_sequences(const qd_workload *w, qd_sequences **out, qd_error *error)
{
    const size_t n = w->sequences, size = w->steps * w->inputs;
    float *x = qd_mem_new(n, size * sizeof *x);
    float *y = qd_mem_new(n, OUTPUTS * sizeof *y);
    size_t *lengths = qd_mem_new(n, sizeof *lengths);
    qd_status status = QD_OK;
    if (x == NULL || y == NULL || lengths == NULL) {
        status = qd_fail_memory(error, n * (size + OUTPUTS) * sizeof(float), "sequences");
    }
    for (size_t i = 0; i < n && status == QD_OK; i++) {
        fill(i, 0, size, x + i * size);
        fill(i, 1, OUTPUTS, y + i * OUTPUTS);
        lengths[i] = w->least_steps > 0 ? length_of(w, i) : w->steps;
    }
    if (status == QD_OK) {
        status = qd_sequences_new(x, lengths, n, w->steps, w->inputs, y, OUTPUTS, out, error);
    }
    qd_mem_free(x);
    qd_mem_free(y);
    qd_mem_free(lengths);
    return status;
}

/* ------------------------------------------------------------------------------------------- one bench */

typedef struct bench {
    const qd_workload *workload;
    qd_bench_pass pass;
    const qd_kernels *kernels;
    qd_settings *settings; /* a copy */
    qd_sequences *sequences;
    qd_network *network;
    qd_feed *feed;
    double (*clock)(void);
    double *round; /* [MOST_ROUNDS]: seconds */
    double until;  /* seconds of the clock: no round begins after it */
    qd_bench_result *result;
    /* Of training. */
    qd_train_state *state;
    double began;
    /* Of the other passes. */
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *batch;
    float *parameters;
    float *stream; /* the state of a sequence */
    size_t *order;
} bench;

static void bench_free(bench *b)
{
    qd_workspace_free(b->workspace);
    qd_batch_free(b->batch);
    qd_mem_free(b->parameters);
    qd_mem_free(b->stream);
    qd_mem_free(b->order);
    qd_pool_free(b->pool);
    qd_train_state_free(b->state);
    qd_feed_free(b->feed);
    qd_network_free(b->network);
    qd_sequences_free(b->sequences);
    qd_settings_free(b->settings);
    qd_mem_free(b->round);
}

static qd_status set_whole(qd_settings *settings, const char *name, size_t value, qd_error *error)
{
    char text[32];
    qd_text_format(text, sizeof text, "%zu", value);
    return qd_settings_set(settings, name, text, error);
}

/* "lstm:50,lstm:50" */
static qd_status make_network(const qd_workload *w, qd_network **out, qd_error *error)
{
    enum { ELEMENT = 32 };
    char *list = qd_mem_new(w->layers, ELEMENT);
    if (list == NULL) {
        return qd_fail_memory(error, w->layers * ELEMENT, "the list of layers");
    }
    size_t used = 0;
    for (size_t i = 0; i < w->layers; i++) {
        used += (size_t)qd_text_format(list + used, ELEMENT, "%slstm:%zu", i > 0 ? "," : "", w->units);
    }
    const qd_status status = qd_network_new(list, 0, w->inputs, OUTPUTS, false, out, error);
    qd_mem_free(list);
    return status;
}

static qd_status bench_begin(bench *b, const qd_settings *settings, qd_error *error)
{
    const qd_workload *w = b->workload;
    qd_status status = qd_settings_copy(settings, &b->settings, error);
    if (status == QD_OK) {
        status = set_whole(b->settings, "batch", w->batch, error);
    }
    if (status == QD_OK) {
        status = set_whole(b->settings, "epochs", MOST_ROUNDS, error);
    }
    if (status == QD_OK) {
        status = make_sequences(w, &b->sequences, error);
    }
    if (status == QD_OK) {
        status = make_network(w, &b->network, error);
    }
    if (status == QD_OK) {
        status = qd_feed_new(b->settings, w->batch, b->sequences, NULL, OUTPUTS, &b->feed, error);
    }
    b->round = qd_mem_new(MOST_ROUNDS, sizeof *b->round);
    if (status == QD_OK && b->round == NULL) {
        status = qd_fail_memory(error, MOST_ROUNDS * sizeof *b->round, "times");
    }
    return status;
}

/* A round took this long; true when it was the last. */
static bool count_round(bench *b, double seconds)
{
    size_t *rounds = &b->result->rounds;
    b->round[(*rounds)++] = seconds;
    return *rounds == MOST_ROUNDS || (*rounds >= LEAST_ROUNDS && b->clock() >= b->until);
}

static uint32_t bits_of(const float *values, size_t n)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)values, n * sizeof *values);
}

/* --------------------------------------------------------------------------------------------- training */

/* After every batch.  The first epoch warms up and gives the bits. */
static int after_batch(void *context, const qd_progress *progress)
{
    bench *b = context;
    if (progress->batch < progress->batches) {
        return 0;
    }
    const double now = b->clock(), seconds = now - b->began;
    b->began = now;
    if (progress->epoch == 1) {
        b->result->bits = bits_of(b->state->parameters, b->state->parameters_count);
        b->until += seconds;
        return 0;
    }
    return count_round(b, seconds);
}

static qd_status train(bench *b, qd_error *error)
{
    const size_t updates = qd_train_batches(b->settings, b->sequences->count);
    qd_status status = qd_train_state_new(b->settings, b->network, NULL, updates, &b->state, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_problem problem = qd_feed_problem(b->feed);
    const qd_train_job job = {
        .settings = b->settings,
        .network = b->network,
        .problem = &problem,
        .monitor = after_batch,
        .monitor_context = b,
        .history_path = "",
    };
    b->result->memory = qd_train_bytes(&job, b->kernels);
    b->began = b->clock();
    status = qd_train_run(&job, b->state, error);
    return status == QD_ERR_STOPPED ? QD_OK : status;
}

/* ----------------------------------------------------------------------------------------- other passes */

static qd_status prepare(bench *b, size_t rows, qd_error *error)
{
    const qd_workload *w = b->workload;
    const size_t n = qd_network_parameters(b->network), steps = b->pass == QD_BENCH_STEP ? 1 : w->steps;
    const size_t state = qd_network_state(b->network);
    b->parameters = qd_mem_new(n, sizeof *b->parameters);
    b->stream = qd_mem_new(state, sizeof *b->stream);
    b->order = qd_mem_new(w->sequences, sizeof *b->order);
    if (b->parameters == NULL || b->stream == NULL || b->order == NULL) {
        return qd_fail_memory(error, n * sizeof *b->parameters, "weights");
    }
    for (size_t i = 0; i < w->sequences; i++) {
        b->order[i] = i;
    }
    qd_status status =
        qd_network_init(b->network, (uint64_t)qd_settings_integer(b->settings, "seed"), b->parameters, error);
    if (status == QD_OK) {
        status = qd_pool_new((unsigned)qd_settings_integer(b->settings, "threads"), &b->pool, error);
    }
    if (status == QD_OK) {
        status = qd_batch_new(rows, w->steps, rows * w->steps, w->inputs, &b->batch, error);
    }
    if (status == QD_OK) {
        status =
            qd_workspace_new(b->network, b->kernels, b->pool, rows, steps, rows * steps, false, &b->workspace, error);
    }
    if (status == QD_OK) {
        qd_workspace_load(b->workspace, b->parameters);
        b->result->memory =
            qd_workspace_bytes(b->network, b->kernels, rows, steps, rows * steps, false) + (n + state) * sizeof(float);
    }
    return status;
}

/* One round; bits: of its outputs. */
static uint32_t forward_round(bench *b, size_t rows)
{
    uint32_t bits = 0;
    const size_t count = rows == 1 ? 1 : b->sequences->count;
    for (size_t first = 0, taken; first < count; first += taken) {
        taken = count - first < rows ? count - first : rows;
        qd_feed_load(b->feed, b->order + first, taken, b->batch);
        const float *y = qd_network_forward(b->workspace, &b->batch->packing, b->batch->x, false, NULL);
        bits = bits * 31 + bits_of(y, taken * OUTPUTS);
    }
    return bits;
}

/* The step that comes after all others of the first sequence costs what every one does. */
static uint32_t step_round(bench *b)
{
    float y;
    qd_network_step(b->workspace, 1, b->sequences->x, &y, b->stream);
    return bits_of(&y, OUTPUTS);
}

static qd_status repeat(bench *b, qd_error *error)
{
    const size_t rows = b->pass == QD_BENCH_FORWARD ? b->workload->batch : 1;
    const qd_status status = prepare(b, rows, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_fpmode mode = qd_fpmode_enter();
    const bool step = b->pass == QD_BENCH_STEP;
    b->result->bits = step ? step_round(b) : forward_round(b, rows);
    for (bool last = false; !last;) {
        const double began = b->clock();
        (void)(step ? step_round(b) : forward_round(b, rows));
        last = count_round(b, b->clock() - began);
    }
    qd_fpmode_leave(mode);
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------- results */

/* Multiplications and additions of the recurrent layers' products a step of one sequence; backward has twice as many
   as forward. */
static double flop_of_step(const qd_workload *w)
{
    double flop = 0;
    for (size_t k = 0; k < w->layers; k++) {
        flop += 2.0 * 4 * (double)w->units * (double)((k == 0 ? w->inputs : w->units) + w->units);
    }
    return flop;
}

static double flop_of(const bench *b)
{
    const size_t *start = b->sequences->start;
    const size_t steps = b->pass == QD_BENCH_STEP      ? 1
                         : b->pass == QD_BENCH_LATENCY ? start[1]
                                                       : start[b->sequences->count];
    return flop_of_step(b->workload) * (double)steps * (b->pass == QD_BENCH_TRAIN ? 3 : 1);
}

static void summarise(bench *b, double peak)
{
    qd_bench_result *r = b->result;
    qd_sort_doubles(b->round, r->rounds);
    r->seconds = b->round[r->rounds / 2];
    r->least_seconds = b->round[0];
    r->gflops = flop_of(b) / r->seconds / 1e9;
    r->share = r->gflops / (peak * r->threads);
}

static double (*clock_of(const qd_settings *settings))(void)
{
    return strcmp(qd_settings_text(settings, "clock"), "wall") == 0 ? qd_clock_seconds : qd_clock_processor_seconds;
}

qd_status qd_bench_peak(const qd_settings *settings, double *gflops, qd_error *error)
{
    const qd_kernels *kernels;
    const qd_status status = qd_kernels_select(&kernels, error);
    if (status != QD_OK) {
        return status;
    }
    enum { TRIES = 7 };
    const double least = 0.01;
    double (*clock)(void) = clock_of(settings);
    *gflops = 0;
    size_t rounds = 1024;
    for (int i = 0; i < TRIES;) {
        const double began = clock();
        const double flop = kernels->peak(rounds);
        const double seconds = clock() - began;
        if (seconds < least) {
            rounds *= 2;
            continue;
        }
        *gflops = fmax(*gflops, flop / seconds / 1e9);
        i++;
    }
    return QD_OK;
}

qd_status qd_bench_run(const qd_settings *settings, const qd_workload *workload, qd_bench_pass pass, double seconds,
                       double peak, qd_bench_result *out, qd_error *error)
{
    *out = (qd_bench_result){0};
    bench b = {.workload = workload, .pass = pass, .result = out};
    qd_status status = qd_kernels_select(&b.kernels, error);
    if (status == QD_OK) {
        out->set = b.kernels->name;
        status = bench_begin(&b, settings, error);
    }
    b.clock = clock_of(settings);
    b.until = b.clock() + seconds;
    if (status == QD_OK) {
        status = pass == QD_BENCH_TRAIN ? train(&b, error) : repeat(&b, error);
    }
    if (status == QD_OK) {
        out->threads = qd_pool_count((unsigned)qd_settings_integer(settings, "threads"));
        summarise(&b, peak);
    }
    bench_free(&b);
    return status;
}
