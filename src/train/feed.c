/* Feed: gathers the sequences of a batch, packs them, and takes the loss in the caller's order. */
#include "train/feed.h"
#include "base/mem.h"

#include <string.h>

qd_status qd_feed_new(const qd_settings *settings, size_t rows, const qd_sequences *train, const qd_sequences *valid,
                      size_t outputs, qd_feed **out, qd_error *error)
{
    qd_feed *feed = qd_mem_new(1, sizeof *feed);
    if (feed == NULL) {
        return qd_fail_memory(error, sizeof *feed, "a batch");
    }
    feed->train = train;
    feed->valid = valid;
    feed->loss = qd_loss_find(qd_settings_text(settings, "loss"));
    feed->options.huber_delta = qd_settings_real(settings, "huber-delta");
    feed->outputs = outputs;
    feed->x = qd_mem_new(rows, sizeof *feed->x);
    feed->lengths = qd_mem_new(rows, sizeof *feed->lengths);
    feed->sample = qd_mem_new(rows, sizeof *feed->sample);
    feed->y = qd_mem_new(rows, outputs * sizeof *feed->y);
    feed->targets = qd_mem_new(rows, outputs * sizeof *feed->targets);
    feed->weights = qd_mem_new(rows, sizeof *feed->weights);
    feed->gradient = qd_mem_new(rows, outputs * sizeof *feed->gradient);
    if (feed->x == NULL || feed->lengths == NULL || feed->sample == NULL || feed->y == NULL || feed->targets == NULL ||
        feed->weights == NULL || feed->gradient == NULL) {
        qd_feed_free(feed);
        return qd_fail_memory(error, rows * (3 * outputs + 4) * sizeof(float), "a batch");
    }
    *out = feed;
    return QD_OK;
}

void qd_feed_free(qd_feed *feed)
{
    if (feed != NULL) {
        qd_mem_free(feed->x);
        qd_mem_free(feed->lengths);
        qd_mem_free(feed->sample);
        qd_mem_free(feed->y);
        qd_mem_free(feed->targets);
        qd_mem_free(feed->weights);
        qd_mem_free(feed->gradient);
        qd_mem_free(feed);
    }
}

static void gather(qd_feed *feed, const qd_sequences *sequences, const size_t *sample, size_t rows, qd_batch *batch)
{
    const size_t width = feed->outputs;
    for (size_t r = 0; r < rows; r++) {
        const size_t n = sample[r];
        feed->x[r] = sequences->x + sequences->start[n] * sequences->inputs;
        feed->lengths[r] = qd_sequences_length(sequences, n);
        feed->sample[r] = n;
        feed->weights[r] = sequences->weights != NULL ? sequences->weights[n] : 1.0f;
        if (sequences->y != NULL) {
            memcpy(feed->targets + r * width, sequences->y + n * width, width * sizeof(float));
        }
    }
    qd_batch_fill(batch, rows, feed->x, feed->lengths, feed->sample);
}

void qd_feed_load(qd_feed *feed, const size_t *sample, size_t rows, qd_batch *batch)
{
    gather(feed, feed->train, sample, rows, batch);
}

static void load(void *context, bool valid, const size_t *sample, size_t rows, uint64_t epoch, qd_batch *batch)
{
    (void)epoch;
    qd_feed *feed = context;
    gather(feed, valid ? feed->valid : feed->train, sample, rows, batch);
}

static double loss(void *context, const qd_batch *batch, const float *outputs, float *gradient)
{
    qd_feed *feed = context;
    const size_t rows = batch->packing.rows;
    qd_batch_unsort(batch, outputs, feed->outputs, feed->y);
    const double sum = qd_loss_sum(feed->loss, &feed->options, rows, feed->outputs, feed->y, feed->targets,
                                   feed->weights, 1.0 / (double)rows, gradient != NULL ? feed->gradient : NULL);
    if (gradient != NULL) {
        qd_batch_sort(batch, feed->gradient, feed->outputs, gradient);
    }
    return sum;
}

qd_problem qd_feed_problem(qd_feed *feed)
{
    const bool longer = feed->valid != NULL && feed->valid->steps > feed->train->steps;
    return (qd_problem){
        .context = feed,
        .count = feed->train->count,
        .valid_count = feed->valid != NULL ? feed->valid->count : 0,
        .steps = longer ? feed->valid->steps : feed->train->steps,
        .load = load,
        .loss = loss,
    };
}
