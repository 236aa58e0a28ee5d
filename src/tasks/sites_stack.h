/* One direction of a network of sites, run step by step: the layers of LSTM that read a sequence from one end.  For
   whoever wants the states themselves, of any rows, from any step on; training and plain prediction go through the
   network. */
#ifndef QD_TASKS_SITES_STACK_H
#define QD_TASKS_SITES_STACK_H

#include "nn/network.h"

typedef struct qd_stack_layer {
    size_t inputs, units;
    size_t offset; /* of its states in a row of all layers' */
    float *packed; /* the weights, owned */
} qd_stack_layer;

typedef struct qd_stack {
    const qd_kernels *kernels;
    size_t layers;
    qd_stack_layer *layer; /* [layers] */
    size_t inputs, units;  /* of the first layer; of the last */
    size_t state;          /* units of all layers */
} qd_stack;

/* Of the tensors of a network embed, apart ..., around, dense.  reverse: the direction that begins at the end. */
QD_CHECKED qd_status qd_stack_new(const qd_network *network, const float *parameters, bool reverse, qd_stack **out,
                                  qd_error *error);
void qd_stack_free(qd_stack *stack);

/* The states of `rows` rows: of layer l at rows * layer[l].offset, [rows][units]. */
typedef struct qd_stack_states {
    size_t rows;
    float *h, *c; /* [rows * state], owned */
} qd_stack_states;

QD_CHECKED qd_status qd_stack_states_new(const qd_stack *stack, size_t rows, qd_stack_states *out, qd_error *error);
void qd_stack_states_clear(qd_stack_states *states);

/* The hidden states of the last layer from row `row` on, [..][units]. */
const float *qd_stack_top(const qd_stack *stack, const qd_stack_states *states, size_t row);

/* One step of `rows` rows: x [rows][inputs], ldx apart (0: one for all).  They start from row from_row on of `from`, or
   all from that one (shared), and end in row to_row on of `to`.  The hidden states of `to` must be other memory than
   those they start from. */
typedef struct qd_stack_step {
    const qd_stack_states *from;
    size_t from_row;
    bool shared;
    qd_stack_states *to;
    size_t to_row, rows;
    const float *x;
    size_t ldx;
} qd_stack_step;

void qd_stack_run(const qd_stack *stack, const qd_stack_step *step);

/* Row `from` over row `to`. */
void qd_stack_move(const qd_stack *stack, qd_stack_states *states, size_t from, size_t to);

/* The largest difference of any state of a row and one of `other`. */
float qd_stack_distance(const qd_stack *stack, const qd_stack_states *states, size_t row, const qd_stack_states *other,
                        size_t other_row);

#endif
