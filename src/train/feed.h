/* Feed: sequences with targets as a problem to train on, and as batches to predict for. */
#ifndef QD_TRAIN_FEED_H
#define QD_TRAIN_FEED_H

#include "data/sequences.h"
#include "heads/loss.h"
#include "train/train.h"

typedef struct qd_feed {
    const qd_sequences *train, *valid; /* valid may be NULL */
    const qd_loss *loss;
    qd_loss_options options;
    size_t outputs;
    /* Of the batch's sequences in the caller's order, [rows] each: */
    const float **x;
    size_t *lengths;
    uint64_t *sample;
    float *y;        /* [rows][outputs]: the network's outputs */
    float *targets;  /* [rows][outputs] */
    float *weights;  /* [rows] */
    float *gradient; /* [rows][outputs]: of the loss with respect to y */
} qd_feed;

/* For batches of at most `rows` sequences.  settings: name the loss.  The sequences are borrowed. */
QD_CHECKED qd_status qd_feed_new(const qd_settings *settings, size_t rows, const qd_sequences *train,
                                 const qd_sequences *valid, size_t outputs, qd_feed **out, qd_error *error);
void qd_feed_free(qd_feed *feed);

/* The problem of learning them; the context is the feed. */
qd_problem qd_feed_problem(qd_feed *feed);

/* Packs sequences sample[0 .. rows-1] of the training part. */
void qd_feed_load(qd_feed *feed, const size_t *sample, size_t rows, qd_batch *batch);

#endif
