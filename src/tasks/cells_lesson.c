/* Lessons: batches of tracks, changed a little each time where that is asked for, and the loss of the labels. */
#include "base/mem.h"
#include "base/random.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <string.h>

double qd_cells_weight(const qd_classifier *cells, size_t k)
{
    const char *balance = qd_settings_text(cells->settings, "balance");
    const double share = fmax(cells->share[k], 1e-6);
    return strcmp(balance, "full") == 0 ? 1 / share : strcmp(balance, "root") == 0 ? 1 / sqrt(share) : 1;
}

static qd_status fill_inputs(qd_cells_lesson *l, const bool *use, qd_error *error)
{
    const qd_cells_inputs *inputs = &l->cells->inputs;
    const size_t width = qd_cells_width(inputs);
    float *base = qd_mem_new(qd_cells_longest(l->tracks), qd_cells_base(inputs) * sizeof *base);
    l->x = qd_mem_new(l->tracks->rows, width * sizeof *l->x);
    if (base == NULL || l->x == NULL) {
        qd_mem_free(base);
        return qd_fail_memory(error, l->tracks->rows * width * sizeof *l->x, "inputs");
    }
    for (size_t n = 0; n < l->tracks->count; n++) {
        if (use == NULL || use[n]) {
            qd_cells_fill(inputs, l->tracks, n, base, l->x + l->tracks->start[n] * width);
        }
    }
    qd_mem_free(base);
    return QD_OK;
}

static void weigh_classes(qd_cells_lesson *l)
{
    double mean = 0;
    for (size_t k = 0; k < l->cells->classes; k++) {
        l->weight[k] = qd_cells_weight(l->cells, k);
        mean += l->cells->share[k] * l->weight[k];
    }
    for (size_t k = 0; k < l->cells->classes; k++) {
        l->weight[k] /= mean;
    }
}

/* Labelled frames of a track, on average over those with use[n]: what the loss of a track is counted in. */
static double usual_frames(const qd_tracks *tracks, const bool *use)
{
    double frames = 0, count = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        for (size_t row = tracks->start[n]; (use == NULL || use[n]) && row < tracks->start[n + 1]; row++) {
            frames += tracks->label[row] >= 0 ? 1 : 0;
        }
        count += use == NULL || use[n] ? 1 : 0;
    }
    return fmax(frames / count, 1);
}

qd_status qd_cells_lesson_new(const qd_classifier *cells, const qd_tracks *tracks, const bool *use, qd_cells_lesson *l,
                              qd_error *error)
{
    const size_t frames = qd_cells_longest(tracks), batch = (size_t)qd_settings_integer(cells->settings, "batch");
    const size_t step = cells->inputs.patch * qd_cells_width(&cells->inputs);
    *l = (qd_cells_lesson){.cells = cells, .tracks = tracks, .truth = tracks->label, .usual = 1};
    l->per_frame = cells->kind == QD_CELLS_FRAMES;
    l->usual = l->per_frame ? usual_frames(tracks, use) : 1;
    l->jitter = qd_settings_real(cells->settings, "jitter");
    l->rescale = qd_settings_real(cells->settings, "rescale");
    l->shorten = qd_settings_real(cells->settings, "shorten");
    l->focal = qd_settings_real(cells->settings, "focal");
    l->steps = qd_cells_steps(&cells->inputs, frames);
    l->rows = batch < tracks->count ? batch : tracks->count;
    l->weight = qd_mem_new(cells->classes, sizeof *l->weight);
    l->train = qd_mem_new(tracks->count, sizeof *l->train);
    l->valid = qd_mem_new(tracks->count, sizeof *l->valid);
    l->made = qd_mem_new(l->rows, l->steps * step * sizeof *l->made);
    l->row_x = qd_mem_new(l->rows, sizeof *l->row_x);
    l->lengths = qd_mem_new(l->rows, sizeof *l->lengths);
    l->first = qd_mem_new(l->rows, sizeof *l->first);
    l->numbers = qd_mem_new(l->rows, sizeof *l->numbers);
    if (l->weight == NULL || l->train == NULL || l->valid == NULL || l->made == NULL || l->row_x == NULL ||
        l->lengths == NULL || l->first == NULL || l->numbers == NULL) {
        return qd_fail_memory(error, l->rows * l->steps * step * sizeof *l->made, "a batch");
    }
    weigh_classes(l);
    return fill_inputs(l, use, error);
}

void qd_cells_lesson_clear(qd_cells_lesson *l)
{
    qd_mem_free(l->x);
    qd_mem_free(l->weight);
    qd_mem_free(l->train);
    qd_mem_free(l->valid);
    qd_mem_free(l->made);
    qd_mem_free(l->row_x);
    qd_mem_free(l->lengths);
    qd_mem_free(l->first);
    qd_mem_free(l->numbers);
    *l = (qd_cells_lesson){0};
}

/* ----------------------------------------------------------------------------------------------- batches */

/* A nearly normal number, near enough for noise: the sum of four uniform ones, brought to variance 1. */
static float nearly_normal(const uint32_t words[4])
{
    float sum = -2;
    for (int k = 0; k < 4; k++) {
        sum += qd_random_float(words[k]);
    }
    return sum * 1.7320508f; /* each has variance 1 / 12 */
}

/* The frames of a track that this epoch learns from: all, or a random stretch of them. */
static size_t cut(const qd_cells_lesson *l, qd_random stream, size_t track, size_t frames, size_t *first)
{
    uint32_t words[4];
    qd_random_block(stream, track, 0, 0, words);
    const size_t most = (size_t)(l->shorten * (double)frames);
    const size_t less = (size_t)((float)(most + 1) * qd_random_float(words[0]));
    *first = (size_t)((float)(less + 1) * qd_random_float(words[1]));
    return frames - less;
}

/* Noise and a factor, the same over the track, on inputs x [frames][width]. */
static void disturb(const qd_cells_lesson *l, qd_random stream, size_t track, size_t frames, size_t width, float *x)
{
    uint32_t words[4];
    qd_random_block(stream, track, 0, 1, words);
    const float factor = expf((float)l->rescale * nearly_normal(words));
    for (size_t t = 0; t < frames; t++) {
        for (size_t i = 0; i < width; i++) {
            float noise = 0;
            if (l->jitter > 0) {
                qd_random_block(stream, track, (uint32_t)t + 1, (uint32_t)i, words);
                noise = (float)l->jitter * nearly_normal(words);
            }
            x[t * width + i] = factor * x[t * width + i] + noise;
        }
    }
}

/* Row r of the batch: a track as steps. */
static void load_row(qd_cells_lesson *l, bool valid, qd_random stream, size_t r, size_t track)
{
    const size_t width = qd_cells_width(&l->cells->inputs), patch = l->cells->inputs.patch;
    size_t frames = qd_track_length(l->tracks, track);
    const bool changed = !valid && (l->jitter > 0 || l->rescale > 0 || l->shorten > 0);
    l->first[r] = 0;
    if (!valid && l->shorten > 0) {
        frames = cut(l, stream, track, frames, &l->first[r]);
    }
    l->lengths[r] = qd_cells_steps(&l->cells->inputs, frames);
    l->numbers[r] = track;
    l->row_x[r] = l->x + (l->tracks->start[track] + l->first[r]) * width;
    if (changed || frames % patch != 0) {
        float *made = l->made + r * l->steps * patch * width;
        memcpy(made, l->row_x[r], frames * width * sizeof *made);
        if (changed) {
            disturb(l, stream, track, frames, width, made);
        }
        memset(made + frames * width, 0, (l->lengths[r] * patch - frames) * width * sizeof *made);
        l->row_x[r] = made;
    }
}

static void load(void *context, bool valid, const size_t *index, size_t rows, uint64_t epoch, qd_batch *batch)
{
    qd_cells_lesson *l = context;
    const qd_random stream = qd_random_stream(l->seed, QD_FOR_NOISE, 0, (uint32_t)epoch);
    for (size_t r = 0; r < rows; r++) {
        load_row(l, valid, stream, r, (valid ? l->valid : l->train)[index[r]]);
    }
    qd_batch_fill(batch, rows, l->row_x, l->lengths, l->numbers);
}

/* -------------------------------------------------------------------------------------------------- loss */

/* With p = softmax(y) and p_t that of the true class:
       loss = -w_t (1 - p_t)^f log p_t        (Lin et al. 2017; cross-entropy for f = 0),
       d loss / d y_k = w_t (f (1 - p_t)^(f-1) p_t log p_t - (1 - p_t)^f) ([k = t] - p_k). */
static double row_loss(const qd_cells_lesson *l, const float *y, size_t truth, double factor, float *gradient)
{
    const size_t classes = l->cells->classes;
    double largest = (double)y[0], sum = 0;
    for (size_t k = 1; k < classes; k++) {
        largest = fmax(largest, (double)y[k]);
    }
    for (size_t k = 0; k < classes; k++) {
        sum += exp((double)y[k] - largest);
    }
    const double log_p = (double)y[truth] - largest - log(sum), p = exp(log_p), left = 1 - p;
    const double focus = l->focal > 0 ? pow(left, l->focal) : 1;
    if (gradient != NULL) {
        const double more = l->focal > 0 && left > 1e-12 ? l->focal * focus / left * p * log_p : 0;
        for (size_t k = 0; k < classes; k++) {
            const double each = exp((double)y[k] - largest) / sum;
            gradient[k] = (float)(factor * l->weight[truth] * (more - focus) * ((k == truth ? 1 : 0) - each));
        }
    }
    return -l->weight[truth] * focus * log_p;
}

static double loss(void *context, const qd_batch *batch, const float *outputs, float *gradient)
{
    const qd_cells_lesson *l = context;
    const qd_packing *packing = &batch->packing;
    const size_t classes = l->cells->classes, rows = packing->rows;
    const double factor = 1 / ((double)rows * l->usual);
    double sum = 0;
    if (gradient != NULL) {
        memset(gradient, 0, (l->per_frame ? qd_packing_total(packing) : rows) * classes * sizeof *gradient);
    }
    for (size_t r = 0; r < rows; r++) {
        const size_t own = batch->order[r], track = (size_t)l->numbers[own];
        const int32_t *truth = l->truth + (l->per_frame ? l->tracks->start[track] + l->first[own] : track);
        for (size_t t = 0; t < (l->per_frame ? l->lengths[own] : 1); t++) {
            const size_t at = (l->per_frame ? packing->offset[t] + r : r) * classes;
            if (truth[t] >= 0) {
                sum += row_loss(l, outputs + at, (size_t)truth[t], factor, gradient != NULL ? gradient + at : NULL);
            }
        }
    }
    return sum / l->usual;
}

qd_problem qd_cells_problem(qd_cells_lesson *l)
{
    return (qd_problem){
        .context = l,
        .count = l->train_count,
        .valid_count = l->valid_count,
        .steps = l->steps,
        .load = load,
        .loss = loss,
    };
}
