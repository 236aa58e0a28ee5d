/*
 * The training loop: mini-batches, optimiser, schedule, clipping, validation, early stopping, monitor, checkpoint.
 *
 * All that changes while training runs stands in a qd_train_state.  It is what a checkpoint holds, so a training that
 * is resumed from one goes on with the same bits as one that never stopped; a stop may fall between any two batches.
 * After the first update the loop allocates nothing.
 */
#ifndef QD_TRAIN_TRAIN_H
#define QD_TRAIN_TRAIN_H

#include "base/settings.h"
#include "nn/batch.h"
#include "nn/network.h"
#include "train/history.h"
#include "train/optimizer.h"
#include "train/schedule.h"

typedef struct qd_train_state {
    size_t parameters_count;
    size_t moments_count; /* blocks */
    float *parameters;    /* [n], owned */
    float *moments;       /* [moments_count][n], owned; NULL where the optimiser keeps none */
    float *best;          /* [n], owned: weights of the best epoch so far; NULL without early stopping */
    uint64_t epoch;       /* epochs done */
    uint64_t batch;       /* batches done in the epoch under way */
    uint64_t update;      /* updates done in all: Adam's t */
    double loss_sum;      /* of the epoch under way: weighted losses, and samples, so far */
    uint64_t samples;
    double norm_sum;  /* of the gradient norms of the epoch under way */
    double best_loss; /* +inf at first */
    uint64_t best_epoch;
    uint64_t wait;        /* epochs since the best */
    qd_schedule schedule; /* with the plateau's state */
    qd_history history;
    bool done; /* all epochs run, or stopped early */
} qd_train_state;

/* Fresh: weights from the seed, or those of `initial` ([n], NULL for none). */
QD_CHECKED qd_status qd_train_state_new(const qd_settings *settings, const qd_network *network, const float *initial,
                                        uint64_t updates_epoch, qd_train_state **out, qd_error *error);
void qd_train_state_free(qd_train_state *state);

/* Saves a checkpoint; called by the loop between batches. */
typedef qd_status (*qd_train_save)(void *context, const qd_train_state *state, qd_error *error);

/* What is learned: samples, how they become packed batches, and the loss of the network's outputs on them. */
typedef struct qd_problem {
    void *context;
    size_t count, valid_count; /* samples to train on, and to validate on (0: none) */
    size_t steps;              /* of the longest sample */
    /* Packs samples sample[0 .. rows-1] (valid: of the validation part) into the batch. */
    void (*load)(void *context, bool valid, const size_t *sample, size_t rows, uint64_t epoch, qd_batch *batch);
    /* Sum of the loaded samples' losses; with `gradient` (packed, of the outputs' shape) also that of their mean. */
    double (*loss)(void *context, const qd_batch *batch, const float *outputs, float *gradient);
} qd_problem;

typedef struct qd_train_job {
    const qd_settings *settings;
    const qd_network *network;
    const qd_problem *problem;
    qd_monitor monitor; /* or NULL */
    void *monitor_context;
    qd_train_save save; /* on a stop; or NULL */
    void *save_context;
    bool save_epochs;         /* also every --checkpoint-every epochs and at the end */
    const char *history_path; /* "" for none: rewritten after every epoch */
} qd_train_job;

/* Batches, and so updates, of an epoch over `count` sequences. */
size_t qd_train_batches(const qd_settings *settings, size_t count);

/* Bytes that such a run works in, known before its first step: state, gradients, batch and workspace. */
size_t qd_train_bytes(const qd_train_job *job, const qd_kernels *kernels);

/* Runs until done.  QD_ERR_STOPPED: the monitor asked (the checkpoint is saved first).  QD_ERR_NUMERIC: a loss,
   gradient or weight was not finite; the state holds the last weights whose loss was (the best ones with early
   stopping), and the message names epoch, batch, the tensor with the largest gradient, and what to try.  At the end of
   a run with early stopping the parameters are the best ones. */
QD_CHECKED qd_status qd_train_run(const qd_train_job *job, qd_train_state *state, qd_error *error);

#endif
