/* Feed: gathers the sequences of a batch, packs them, and brings results back into the caller's order. */
#include "train/feed.h"
#include "base/mem.h"

#include <string.h>

qd_status qd_feed_new(size_t rows, size_t steps, size_t inputs, size_t outputs, qd_feed **out, qd_error *error)
{
    qd_feed *feed = qd_mem_new(1, sizeof *feed);
    if (feed == NULL) {
        return qd_fail_memory(error, sizeof *feed, "a batch");
    }
    feed->outputs = outputs;
    feed->x = qd_mem_new(rows, sizeof *feed->x);
    feed->lengths = qd_mem_new(rows, sizeof *feed->lengths);
    feed->sample = qd_mem_new(rows, sizeof *feed->sample);
    feed->y = qd_mem_new(rows, outputs * sizeof *feed->y);
    feed->targets = qd_mem_new(rows, outputs * sizeof *feed->targets);
    feed->weights = qd_mem_new(rows, sizeof *feed->weights);
    feed->gradient = qd_mem_new(rows, outputs * sizeof *feed->gradient);
    feed->packed = qd_mem_new(rows, outputs * sizeof *feed->packed);
    qd_status status = QD_OK;
    if (feed->x == NULL || feed->lengths == NULL || feed->sample == NULL || feed->y == NULL || feed->targets == NULL ||
        feed->weights == NULL || feed->gradient == NULL || feed->packed == NULL) {
        status = qd_fail_memory(error, rows * (4 * outputs + 4) * sizeof(float), "a batch");
    } else {
        status = qd_batch_new(rows, steps, rows * steps, inputs, &feed->batch, error);
    }
    if (status != QD_OK) {
        qd_feed_free(feed);
        return status;
    }
    *out = feed;
    return QD_OK;
}

void qd_feed_free(qd_feed *feed)
{
    if (feed != NULL) {
        qd_batch_free(feed->batch);
        qd_mem_free(feed->x);
        qd_mem_free(feed->lengths);
        qd_mem_free(feed->sample);
        qd_mem_free(feed->y);
        qd_mem_free(feed->targets);
        qd_mem_free(feed->weights);
        qd_mem_free(feed->gradient);
        qd_mem_free(feed->packed);
        qd_mem_free(feed);
    }
}

void qd_feed_load(qd_feed *feed, const qd_sequences *sequences, const size_t *order, size_t first, size_t rows)
{
    size_t width = feed->outputs;
    for (size_t r = 0; r < rows; r++) {
        size_t n = order != NULL ? order[r] : first + r;
        feed->x[r] = sequences->x + sequences->start[n] * sequences->inputs;
        feed->lengths[r] = qd_sequences_length(sequences, n);
        feed->sample[r] = n;
        feed->weights[r] = sequences->weights != NULL ? sequences->weights[n] : 1.0f;
        if (sequences->y != NULL) {
            memcpy(feed->targets + r * width, sequences->y + n * width, width * sizeof(float));
        }
    }
    qd_batch_fill(feed->batch, rows, feed->x, feed->lengths, feed->sample);
}

void qd_feed_forward(qd_feed *feed, qd_workspace *workspace, bool training)
{
    const float *y = qd_network_forward(workspace, &feed->batch->packing, feed->batch->x, training, NULL);
    qd_batch_unsort(feed->batch, y, feed->outputs, feed->y);
}

double qd_feed_loss(qd_feed *feed, const qd_loss *loss, const qd_loss_options *options, bool gradient)
{
    size_t rows = feed->batch->packing.rows;
    double sum = qd_loss_sum(loss, options, rows, feed->outputs, feed->y, feed->targets, feed->weights,
                             1.0 / (double)rows, gradient ? feed->gradient : NULL);
    if (gradient) {
        qd_batch_sort(feed->batch, feed->gradient, feed->outputs, feed->packed);
    }
    return sum;
}
