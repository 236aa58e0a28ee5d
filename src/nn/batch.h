/* Making packed batches: sequences in any order and of any lengths to the layout that layer.h describes, and results
   back in the caller's order. */
#ifndef QD_NN_BATCH_H
#define QD_NN_BATCH_H

#include "nn/layer.h"

/* A packed batch in memory of its own, sized once for the largest batch and filled again for each. */
typedef struct qd_batch {
    qd_packing packing;
    size_t *order; /* [B]: order[r] is the caller's index of packed row r */
    qd_real *x;    /* [total][inputs] */
    size_t inputs;
    size_t max_rows, max_steps, max_total;
    size_t *offset;
    uint64_t *sample;
} qd_batch;

QD_CHECKED qd_status qd_batch_new(size_t max_rows, size_t max_steps, size_t max_total, size_t inputs, qd_batch **out,
                                  qd_error *error);
void qd_batch_free(qd_batch *batch);

/* Packs `rows` sequences: sequence i has lengths[i] >= 1 steps at x[i] ([lengths[i]][inputs]) and the place sample[i]
   in its data set.  Stable: equal lengths keep their order. */
void qd_batch_fill(qd_batch *batch, size_t rows, const qd_real *const *x, const size_t *lengths,
                   const uint64_t *sample);

/* packed [B][width] -> out [B][width] in the caller's order, and back. */
void qd_batch_unsort(const qd_batch *batch, const qd_real *packed, size_t width, qd_real *out);
void qd_batch_sort(const qd_batch *batch, const qd_real *rows, size_t width, qd_real *packed);

#endif
