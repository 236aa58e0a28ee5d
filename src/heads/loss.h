/* Losses: from predictions and targets to a mean and its gradient.  One file a loss; the table qd_losses names them. */
#ifndef QD_HEADS_LOSS_H
#define QD_HEADS_LOSS_H

#include "base/error.h"
#include "kernels/real.h"
#include <stdbool.h>

typedef struct qd_loss_options {
    double huber_delta;
} qd_loss_options;

/* The loss of one row: y and target are [K]; writes the gradient with respect to y and returns the loss, both before
   weights and means.  For mse, mae, huber and logistic the row's loss is the mean over its K outputs, as in Keras. */
typedef double (*qd_loss_row)(const qd_loss_options *options, size_t outputs, const qd_real *y, const qd_real *target,
                              qd_real *gradient);

typedef struct qd_loss {
    const char *name; /* in --loss */
    const char *help;
    qd_loss_row row;
    /* Turns outputs into predictions in place (sigmoid, softmax), [K]; NULL: they are. */
    void (*predict)(size_t outputs, qd_real *y);
    bool labels;      /* targets are probabilities or classes, never scaled */
    /* Checks one row of targets; returns what was expected ("0 or 1"), or NULL when right. */
    const char *(*check)(size_t outputs, const qd_real *target);
} qd_loss;

extern const qd_loss *const qd_losses[];
extern const size_t qd_losses_count;
const qd_loss *qd_loss_find(const char *name);

/* Sum over rows of weight * loss, rows in groups of 16 summed pairwise (so that it does not depend on threads), in double.
   y, targets, gradient: [rows][outputs]; weights: [rows] or NULL.  gradient, when not NULL, gets weight * scale *
   row gradient: scale is 1 / (rows of the batch). */
double qd_loss_sum(const qd_loss *loss, const qd_loss_options *options, size_t rows, size_t outputs, const qd_real *y,
                   const qd_real *targets, const qd_real *weights, double scale, qd_real *gradient);

#endif
