/* Scaling: the units of the data to those of the network and back. */
#ifndef QD_DATA_SCALING_H
#define QD_DATA_SCALING_H

#include "data/sequences.h"

typedef enum qd_scaling_kind {
    QD_SCALING_NONE,
    QD_SCALING_STANDARD, /* (v - mean) / sd, a column at a time; a constant column has sd 1 */
    QD_SCALING_LOG1P     /* the same of log(1 + v); a value below -1 or equal to it is refused */
} qd_scaling_kind;

typedef struct qd_scaling {
    qd_scaling_kind kind;
    size_t inputs, outputs;
    bool labels;       /* the outputs are labels, left as they are: mean 0, sd 1, no logarithm */
    double *mean, *sd; /* [inputs + outputs], the inputs first; NULL for QD_SCALING_NONE */
} qd_scaling;

/* Learns it from training sequences: mean and sd (divided by the count) over all steps of all sequences, and over all
   targets, in double and in order.  scale_targets false: the outputs are labels.  A value that cannot be scaled (log1p)
   is QD_ERR_VALUE with sequence and step, counted from 0. */
QD_CHECKED qd_status qd_scaling_learn(qd_scaling_kind kind, const qd_sequences *sequences, bool scale_targets,
                                      qd_scaling *scaling, qd_error *error);
void qd_scaling_clear(qd_scaling *scaling);

/* Scales x, and y where there is one, in place.  A value that cannot be (log1p) is QD_ERR_VALUE with sequence and step. */
QD_CHECKED qd_status qd_scaling_apply(const qd_scaling *scaling, qd_sequences *sequences, qd_error *error);

/* Network outputs [rows][outputs] back to the units of the targets, in place. */
void qd_scaling_invert(const qd_scaling *scaling, size_t rows, float *y);

/* Inputs [rows][inputs] forward, in place; -1 where a value cannot be scaled, else 0. */
int qd_scaling_inputs(const qd_scaling *scaling, size_t rows, float *x);

#endif
