/* Feed: from the sequences of a data set to packed batches, and from the network's outputs on them to the loss.  Used
   by training, validation and prediction alike. */
#ifndef QD_TRAIN_FEED_H
#define QD_TRAIN_FEED_H

#include "data/sequences.h"
#include "heads/loss.h"
#include "nn/batch.h"
#include "nn/network.h"

typedef struct qd_feed {
    qd_batch *batch;
    size_t outputs;
    /* Of the batch's sequences in the caller's order, [rows] each: */
    const float **x;
    size_t *lengths;
    uint64_t *sample;
    float *y;        /* [rows][outputs]: the network's outputs */
    float *targets;  /* [rows][outputs] */
    float *weights;  /* [rows] */
    float *gradient; /* [rows][outputs]: of the loss with respect to y */
    float *packed;   /* [rows][outputs]: that, in packed order */
} qd_feed;

/* For batches of at most `rows` sequences with at most `steps` steps. */
QD_CHECKED qd_status qd_feed_new(size_t rows, size_t steps, size_t inputs, size_t outputs, qd_feed **out,
                                 qd_error *error);
void qd_feed_free(qd_feed *feed);

/* Packs sequences order[0 .. rows-1]; order NULL: `first`, first + 1, ... */
void qd_feed_load(qd_feed *feed, const qd_sequences *sequences, const size_t *order, size_t first, size_t rows);

/* Runs the network over the loaded batch; its outputs are in feed->y. */
void qd_feed_forward(qd_feed *feed, qd_workspace *workspace, bool training);

/* Sum over the loaded batch of weight * loss; with `gradient` also that of the batch's mean, in packed order, ready for
   qd_network_backward. */
double qd_feed_loss(qd_feed *feed, const qd_loss *loss, const qd_loss_options *options, bool gradient);

#endif
