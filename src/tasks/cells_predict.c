/* Prediction: probabilities of an ensemble for tracks of any length, in packs of about equal lengths. */
#include "base/fpmode.h"
#include "base/mem.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PACK_ROWS = 64, PACK_FRAMES = 16384 };

/* One asking of a network. */
typedef struct asking {
    const qd_classifier *cells;
    const qd_network *network;
    const qd_tracks *tracks;
    size_t *order;         /* [count]: tracks that are asked for, longest first */
    size_t count, longest; /* tracks; frames of the longest */
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *batch;
    float *base, *x; /* of one track, [threads]; of a pack */
    const float *row_x[PACK_ROWS];
    size_t lengths[PACK_ROWS];
    uint64_t numbers[PACK_ROWS];
    float *p;
    double *correct; /* [classes]: 1 / weight that training gave the class */
    double *each;    /* [threads][classes]: unscaled probabilities of a frame */
    const float *y;  /* what a network says of the pack, and what its word counts */
    double share;
} asking;

/* For qsort, which hands down nothing but the elements. */
typedef struct place {
    size_t frames, track;
} place;

static int longer_first(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->frames != y->frames) {
        return x->frames > y->frames ? -1 : 1;
    }
    return x->track < y->track ? -1 : 1;
}

static qd_status order_tracks(asking *a, const bool *use, qd_error *error)
{
    const qd_tracks *tracks = a->tracks;
    place *places = qd_mem_new(tracks->count, sizeof *places);
    a->order = qd_mem_new(tracks->count, sizeof *a->order);
    if (places == NULL || a->order == NULL) {
        qd_mem_free(places);
        return qd_fail_memory(error, tracks->count * sizeof *places, "tracks");
    }
    for (size_t n = 0; n < tracks->count; n++) {
        if (use == NULL || use[n]) {
            places[a->count++] = (place){qd_track_length(tracks, n), n};
        }
    }
    qsort(places, a->count, sizeof *places, longer_first);
    for (size_t i = 0; i < a->count; i++) {
        a->order[i] = places[i].track;
    }
    qd_mem_free(places);
    return QD_OK;
}

/* How many tracks, from the i-th of the order on, make a pack. */
static size_t pack_size(const asking *a, size_t i)
{
    size_t frames = 0, rows = 0;
    while (i + rows < a->count && rows < PACK_ROWS) {
        frames += qd_track_length(a->tracks, a->order[i + rows]);
        if (rows > 0 && frames > PACK_FRAMES) {
            break;
        }
        rows++;
    }
    return rows;
}

static qd_status allocate(asking *a, unsigned threads, qd_error *error)
{
    const qd_cells_inputs *inputs = &a->cells->inputs;
    const size_t longest = a->count > 0 ? qd_track_length(a->tracks, a->order[0]) : 1, classes = a->cells->classes;
    const size_t frames = longest > PACK_FRAMES ? longest : PACK_FRAMES, width = qd_cells_width(inputs);
    const size_t total = frames + PACK_ROWS, steps = qd_cells_steps(inputs, longest); /* a rest of a patch a row */
    const qd_kernels *kernels;
    qd_status status = qd_kernels_select(&kernels, error);
    if (status == QD_OK) {
        status = qd_pool_new(threads, &a->pool, error);
    }
    if (status != QD_OK) {
        return status;
    }
    const size_t workers = qd_pool_threads(a->pool);
    a->longest = longest;
    a->base = qd_mem_new(longest * workers, qd_cells_base(inputs) * sizeof(float));
    a->x = qd_mem_new(frames + PACK_ROWS * inputs->patch, width * sizeof(float));
    a->correct = qd_mem_new(classes, sizeof *a->correct);
    a->each = qd_mem_new(classes * workers, sizeof *a->each);
    if (a->base == NULL || a->x == NULL || a->correct == NULL || a->each == NULL) {
        return qd_fail_memory(error, frames * width * sizeof(float), "inputs");
    }
    for (size_t k = 0; k < classes; k++) {
        a->correct[k] = 1 / qd_cells_weight(a->cells, k);
    }
    status = qd_batch_new(PACK_ROWS, steps, total, width * inputs->patch, &a->batch, error);
    return status == QD_OK
               ? qd_workspace_new(a->network, kernels, a->pool, PACK_ROWS, steps, total, false, &a->workspace, error)
               : status;
}

/* Inputs of rows begin..end-1 of the pack: work of a pool. */
static void fill_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    const asking *a = context;
    const qd_cells_inputs *inputs = &a->cells->inputs;
    const size_t width = qd_cells_width(inputs);
    float *base = a->base + worker * a->longest * qd_cells_base(inputs);
    for (size_t r = begin; r < end; r++) {
        const size_t track = (size_t)a->numbers[r], frames = qd_track_length(a->tracks, track);
        float *x = a->x + (a->row_x[r] - a->x);
        qd_cells_fill(inputs, a->tracks, track, base, x);
        memset(x + frames * width, 0, (a->lengths[r] * inputs->patch - frames) * width * sizeof *x);
    }
}

/* Fills the batch with tracks i .. i+rows-1 of the order. */
static void load_pack(asking *a, size_t i, size_t rows)
{
    const qd_cells_inputs *inputs = &a->cells->inputs;
    float *x = a->x;
    for (size_t r = 0; r < rows; r++) {
        a->numbers[r] = a->order[i + r];
        a->lengths[r] = qd_cells_steps(inputs, qd_track_length(a->tracks, a->order[i + r]));
        a->row_x[r] = x;
        x += a->lengths[r] * inputs->patch * qd_cells_width(inputs);
    }
    qd_pool_run(a->pool, rows, 1, fill_rows, a);
    qd_batch_fill(a->batch, rows, a->row_x, a->lengths, a->numbers);
}

/* Softmax, without the weight of the classes in training; each: room for [classes]. */
static void add_probabilities(const asking *a, const float *y, double *each, float *p)
{
    const size_t classes = a->cells->classes;
    double largest = (double)y[0], sum = 0;
    for (size_t k = 1; k < classes; k++) {
        largest = fmax(largest, (double)y[k]);
    }
    for (size_t k = 0; k < classes; k++) {
        each[k] = a->correct[k] * exp((double)y[k] - largest);
        sum += each[k];
    }
    for (size_t k = 0; k < classes; k++) {
        p[k] += (float)(a->share * each[k] / sum);
    }
}

/* Rows begin..end-1 of the pack: work of a pool. */
static void take_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    const asking *a = context;
    const qd_packing *packing = &a->batch->packing;
    const size_t classes = a->cells->classes;
    const bool frames = qd_network_per_step(a->network);
    for (size_t r = begin; r < end; r++) {
        const size_t own = a->batch->order[r], track = (size_t)a->numbers[own];
        float *p = a->p + (frames ? a->tracks->start[track] : track) * classes;
        for (size_t t = 0; t < (frames ? a->lengths[own] : 1); t++) {
            add_probabilities(a, a->y + (frames ? packing->offset[t] + r : r) * classes, a->each + worker * classes,
                              p + t * classes);
        }
    }
}

static void ask(asking *a, const float *parameters, size_t members)
{
    const size_t n = qd_network_parameters(a->network);
    const qd_fpmode mode = qd_fpmode_enter();
    a->share = 1 / (double)members;
    for (size_t i = 0, rows; i < a->count; i += rows) {
        rows = pack_size(a, i);
        load_pack(a, i, rows);
        for (size_t m = 0; m < members; m++) {
            qd_workspace_load(a->workspace, parameters + m * n);
            a->y = qd_network_forward(a->workspace, &a->batch->packing, a->batch->x, false, NULL);
            qd_pool_run(a->pool, rows, 1, take_rows, a);
        }
    }
    qd_fpmode_leave(mode);
}

static void clear_asked(const asking *a)
{
    const size_t classes = a->cells->classes;
    const bool frames = qd_network_per_step(a->network);
    for (size_t i = 0; i < a->count; i++) {
        const size_t track = a->order[i], first = frames ? a->tracks->start[track] : track;
        const size_t rows = frames ? qd_track_length(a->tracks, track) : 1;
        memset(a->p + first * classes, 0, rows * classes * sizeof *a->p);
    }
}

qd_status qd_cells_probabilities(const qd_classifier *cells, const qd_network *network, const float *parameters,
                                 size_t count, const qd_tracks *tracks, const bool *use, unsigned threads, float *p,
                                 qd_error *error)
{
    asking a = {.cells = cells, .network = network, .tracks = tracks, .p = p};
    qd_status status = order_tracks(&a, use, error);
    if (status == QD_OK) {
        status = allocate(&a, threads, error);
    }
    if (status == QD_OK) {
        clear_asked(&a);
        ask(&a, parameters, count);
    }
    qd_workspace_free(a.workspace);
    qd_batch_free(a.batch);
    qd_pool_free(a.pool);
    qd_mem_free(a.order);
    qd_mem_free(a.base);
    qd_mem_free(a.x);
    qd_mem_free(a.correct);
    qd_mem_free(a.each);
    return status;
}

/* ------------------------------------------------------------------------------------------------ labels */

/* Labels of the path of every track that has the most frames right by expectation: the sum of its classes'
   probabilities is largest, not their product. */
static qd_status follow_order(const qd_classifier *cells, const qd_tracks *tracks, const int32_t *rank,
                              qd_cells_labels *labels, qd_error *error)
{
    const size_t longest = qd_cells_longest(tracks), classes = cells->classes;
    double *score = qd_mem_new(longest, classes * sizeof *score);
    int32_t *room = qd_mem_new(longest, classes * sizeof *room);
    if (score == NULL || room == NULL) {
        qd_mem_free(score);
        qd_mem_free(room);
        return qd_fail_memory(error, longest * classes * sizeof *score, "paths");
    }
    for (size_t n = 0; n < tracks->count; n++) {
        const size_t first = tracks->start[n], frames = qd_track_length(tracks, n);
        for (size_t i = 0; i < frames * classes; i++) {
            score[i] = (double)labels->p[first * classes + i];
        }
        qd_cells_best_path(frames, classes, rank, score, room, labels->label + first);
    }
    qd_mem_free(score);
    qd_mem_free(room);
    return QD_OK;
}

static qd_status label_all(const qd_classifier *cells, const qd_tracks *tracks, qd_cells_labels *labels,
                           qd_error *error)
{
    int32_t *rank;
    qd_status status = qd_cells_rank(cells, qd_settings_text(cells->settings, "order"), &rank, error);
    for (size_t i = 0; i < labels->n && status == QD_OK; i++) {
        labels->label[i] = qd_cells_choose(cells, labels->p + i * labels->classes);
    }
    if (status == QD_OK && rank != NULL) {
        status = follow_order(cells, tracks, rank, labels, error);
    }
    qd_mem_free(rank);
    return status;
}

qd_status qd_cells_predict(const qd_classifier *cells, const qd_tracks *tracks, bool plain, unsigned threads,
                           qd_cells_labels *labels, qd_error *error)
{
    *labels = (qd_cells_labels){.n = cells->kind == QD_CELLS_FRAMES ? tracks->rows : tracks->count,
                                .classes = cells->classes};
    labels->p = qd_mem_new(labels->n, labels->classes * sizeof *labels->p);
    labels->label = qd_mem_new(labels->n, sizeof *labels->label);
    qd_status status =
        labels->p == NULL || labels->label == NULL
            ? qd_fail_memory(error, labels->n * labels->classes * sizeof *labels->p, "labels")
            : qd_cells_probabilities(cells, plain ? cells->plain : cells->network,
                                     plain ? cells->plain_parameters : cells->parameters, plain ? 1 : cells->members,
                                     tracks, NULL, threads, labels->p, error);
    for (size_t i = 0; i < labels->n && status == QD_OK; i++) {
        qd_cells_temper(labels->classes, plain ? 1 : cells->temperature, labels->p + i * labels->classes);
    }
    if (status == QD_OK) {
        status = label_all(cells, tracks, labels, error);
    }
    if (status != QD_OK) {
        qd_cells_labels_clear(labels);
    }
    return status;
}

void qd_cells_labels_clear(qd_cells_labels *labels)
{
    qd_mem_free(labels->p);
    qd_mem_free(labels->label);
    *labels = (qd_cells_labels){0};
}

qd_status qd_cells_fit(const qd_classifier *cells, qd_tracks *tracks, bool labels, qd_error *error)
{
    qd_status status = qd_tracks_use_features(tracks, cells->inputs.scaling.features,
                                              (const char *const *)cells->inputs.scaling.name, error);
    if (status == QD_OK && labels) {
        status = qd_tracks_use_classes(tracks, cells->classes, (const char *const *)cells->class_name, error);
    }
    return status;
}
