/* What network.c and workspace.c share. */
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

#endif
