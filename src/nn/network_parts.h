/* What network.c, workspace.c and segments.c share. */
#ifndef QD_NN_NETWORK_PARTS_H
#define QD_NN_NETWORK_PARTS_H

#include "nn/network.h"

struct qd_network {
    size_t inputs, outputs;
    bool per_step;
    size_t count;     /* layers of the list, the final dense layer included */
    qd_layer **layer; /* [count], owned */
    size_t indices;   /* layers of all trees */
    size_t parameters, tensors, state;
    qd_tensor *tensor; /* [tensors] */
};

/* Calls a function for a layer and all below it, parents first. */
typedef void (*qd_layer_visit)(qd_layer *layer, void *context);
void qd_layer_walk(qd_layer *layer, qd_layer_visit visit, void *context);

/* Layers of the list from this one on work on one row a sequence. */
size_t qd_network_last_only(const qd_network *network);

/* What passes in segments work in besides (segments.c). */
typedef struct qd_segments {
    qd_segmenting how; /* steps 0: whole sequences */
    size_t *offset;    /* [how.steps + 1]: of the segment's packing */
    qd_real *states;   /* [boundaries][state * rows]: before each segment; two in turn where gradients are truncated */
    qd_real *end;      /* [state * rows]: after the segment under way */
    qd_real *outputs;  /* [total][outputs] of a network that has them at every step */
    qd_real *dlast;    /* [rows][width]: gradient of what the layer with the last state alone puts out */
    qd_real *sums, *carry;
    size_t sums_size, carry_size;
} qd_segments;

struct qd_workspace {
    const qd_network *network;
    size_t rows, steps, total; /* of the largest batch */
    bool training;
    qd_place *places; /* [indices] */
    size_t *offset;   /* [2]: of a packing of one step */
    qd_real *block;
    qd_real *outputs;   /* every layer's of the list (training), or two in turn */
    qd_real *gradients; /* of outputs, two in turn */
    qd_span *spans;
    qd_segments segments;
    qd_pass pass; /* its blocks and, during a call, the rest */
};

/* Layers first .. last-1 of the list, forward; and backward from the gradient of what layer last-1 puts out, which
   returns that of what layer `first` was given (its data is dx, may be NULL, for the first layer). */
void qd_layers_forward(qd_workspace *w, const qd_packing *packing, size_t first, size_t last, const qd_real *x);
qd_rows qd_layers_backward(qd_workspace *w, const qd_packing *packing, size_t first, size_t last, const qd_real *x,
                           qd_rows dout, qd_real *dx);

/* What layer i of the list puts out. */
qd_rows qd_layers_output(const qd_workspace *w, size_t i);

/* Elements of reals that segments need besides, and their placing from `at` on. */
size_t qd_segments_reals(const qd_workspace *w);
void qd_segments_place(qd_workspace *w, qd_real *at);

/* As qd_network_forward and _backward, where the batch is longer than a segment. */
const qd_real *qd_segments_forward(qd_workspace *w, const qd_packing *packing, const qd_real *x);
void qd_segments_backward(qd_workspace *w, const qd_packing *packing, const qd_real *x, const qd_real *doutput,
                          qd_real *dx);

#endif
