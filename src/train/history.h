/* History: a row an epoch, in memory, in the model's metadata and as CSV. */
#ifndef QD_TRAIN_HISTORY_H
#define QD_TRAIN_HISTORY_H

#include "base/error.h"

typedef struct qd_history_row {
    uint64_t epoch;       /* from 1 */
    double loss;          /* mean over the samples of the epoch */
    double valid_loss;    /* NaN without a validation part */
    double learning_rate; /* of the epoch's last update */
    double seconds;       /* of the epoch; never stored in a model (the same training gives the same file) */
    double gradient_norm; /* mean over the epoch's updates, before clipping */
    uint64_t network;     /* of an ensemble, from 1; 0: there is one alone.  Never stored in a model */
} qd_history_row;

typedef struct qd_history {
    qd_history_row *rows;
    size_t count, capacity;
} qd_history;

/* Makes room for `capacity` rows, so that adding one allocates nothing. */
QD_CHECKED qd_status qd_history_reserve(qd_history *history, size_t capacity, qd_error *error);
void qd_history_clear(qd_history *history);

/* Adds the rows of one network of an ensemble. */
QD_CHECKED qd_status qd_history_add(qd_history *history, uint64_t network, const qd_history *rows, qd_error *error);

/* Writes all rows: epoch,loss,valid_loss,lr,seconds,gradient_norm (valid_loss empty where there is none), of an
   ensemble after a column `network`.  Atomic. */
QD_CHECKED qd_status qd_history_write(const qd_history *history, const char *path, qd_error *error);

#endif
