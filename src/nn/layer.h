/*
 * Layers: a tree.  A layer maps a packed batch of sequences to a packed batch of the same lengths, or to one row a
 * sequence, and may own child layers (bidirectional, residual).  One file a layer; the table `qd_layer_kinds` in
 * layer.c is the one line that a new layer adds elsewhere.
 *
 * Packed batches.  The rows (sequences) of a batch are sorted by length, longest first; the rows of time step t lie
 * together from offset[t] on, and their number offset[t+1] - offset[t] never grows with t.  Row r of step t is row
 * offset[t] + r of every array [total][width].  There is no padding and so no work on it.
 *
 * Memory.  A layer allocates only its description.  Its parameters are a slice of the network's one block, in
 * PyTorch's layout; what it needs in a pass are slices of one workspace, whose size is known before the first step
 * (see qd_layer_needs).
 */
#ifndef QD_NN_LAYER_H
#define QD_NN_LAYER_H

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "kernels/kernels.h"
#include <stdbool.h>

/* The layout of a batch; no data. */
typedef struct qd_packing {
    size_t rows;            /* B, sequences */
    size_t steps;           /* T, steps of the longest */
    const size_t *offset;   /* [T + 1]; offset[T] = total number of rows of all steps */
    const uint64_t *sample; /* [B], the sequence's place in the data set: what its random numbers hang on */
} qd_packing;

static inline size_t qd_packing_total(const qd_packing *packing)
{
    return packing->offset[packing->steps];
}

/* Rows active at step t. */
static inline size_t qd_packing_active(const qd_packing *packing, size_t t)
{
    return packing->offset[t + 1] - packing->offset[t];
}

/* A view: rows of `width` reals, `ld` apart. */
typedef struct qd_rows {
    qd_real *data;
    size_t width, ld;
} qd_rows;

/* One element of --layers: KIND:UNITS+MODIFIER+MODIFIER=VALUE. */
typedef struct qd_layer_spec {
    char kind[16];
    size_t units;
    bool residual;
    double dropout;
} qd_layer_spec;

typedef enum qd_initial {
    QD_INITIAL_ZEROS,
    QD_INITIAL_GLOROT,     /* uniform in +-sqrt(6 / (fan in + fan out)) (Glorot, Bengio 2010); as in Keras the fan out of a
                              cell's kernel counts all its gates: cols + rows of the tensor */
    QD_INITIAL_ORTHOGONAL, /* as in Keras, over all gates together: the columns of [G*H][H] orthonormal (Saxe et al. 2014),
                              computed in float64 */
    QD_INITIAL_GATE_BIAS   /* zeros, and ones for the gate that the cell names */
} qd_initial;

/* A parameter tensor.  `name` is PyTorch's ("lstm.weight_ih_l0"); offset counts elements in the network's block. */
typedef struct qd_tensor {
    char name[64];
    size_t rows, cols; /* cols 0: a vector of `rows` elements */
    size_t offset;
    qd_initial initial;
    unsigned gates; /* blocks of rows, for QD_INITIAL_GATE_BIAS */
    int unit_gate;  /* QD_INITIAL_GATE_BIAS: the block of ones, or -1 */
} qd_tensor;

/* Elements that a pass needs, for the largest batch that it will see. */
typedef struct qd_needs {
    size_t packed;  /* derived weights */
    size_t saved;   /* kept from forward to backward */
    size_t scratch; /* only within one call */
    size_t spans;   /* qd_span elements within one call */
} qd_needs;

/* What one call of forward or backward works with.  Offsets into the blocks below are the layer's own (see qd_layer). */
typedef struct qd_pass {
    const qd_kernels *kernels;
    qd_pool *pool;
    const qd_packing *packing;
    const qd_real *parameters;
    qd_real *gradients; /* as parameters; every element of a layer's slice is overwritten by its backward */
    qd_real *packed, *saved, *scratch;
    qd_span *spans;
    bool training;      /* dropout drops; saved values are kept */
    uint64_t seed;
    uint32_t epoch;
    /* States of the recurrent layers: [state width of the network][rows] blocks, see qd_layer.state; each may be NULL. */
    const qd_real *state_in;  /* before the first step (NULL: zeros) */
    qd_real *state_out;       /* after each sequence's last step */
    const qd_real *dstate_out; /* backward: gradient of state_out (NULL: zeros) */
    qd_real *dstate_in;        /* backward: gradient of state_in */
} qd_pass;

typedef struct qd_layer qd_layer;

/* A kind of layer: its functions.  `in` and `out` are packed [total][width]; a layer with last_only writes
   out as [B][width].  Backward reads what forward saved and both of its arrays, and writes din (NULL where nobody asks
   for it) and the layer's gradients. */
typedef struct qd_layer_kind {
    const char *name; /* in --layers */
    const char *help; /* one line */
    bool takes_units;
    qd_status (*configure)(qd_layer *layer, const qd_layer_spec *spec, qd_error *error);
    size_t (*tensors)(const qd_layer *layer, qd_tensor *tensors); /* how many; fills them where tensors != NULL */
    qd_needs (*needs)(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training);
    void (*pack)(const qd_layer *layer, const qd_pass *pass); /* derive packed weights from the parameters; may be NULL */
    void (*forward)(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out);
    void (*backward)(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din);
    /* One time step of `rows` sequences with the state carried in place (state: the layer's slice, [state][rows]);
       NULL: the layer needs the whole sequence. */
    void (*step)(const qd_layer *layer, const qd_pass *pass, size_t rows, qd_rows in, qd_rows out, qd_real *state);
} qd_layer_kind;

struct qd_layer {
    const qd_layer_kind *kind;
    size_t inputs, outputs;  /* widths */
    size_t units;
    bool last_only;          /* gives the last step's state alone: one row a sequence */
    bool reverse;            /* runs from each sequence's own end to its beginning */
    double rate;             /* dropout */
    qd_cell_id cell;
    qd_layer *child[2];      /* owned */
    size_t number;           /* of its kind, from 0, in the order of the list: the k of lstm.weight_ih_l{k} */
    uint32_t index;          /* in the whole tree, from 0: the layer of its random numbers */
    size_t state;            /* reals a row of streaming state, children included */
    /* Where its slices begin in the network's blocks. */
    size_t parameter_offset, packed_offset, saved_offset, scratch_offset, span_offset, state_offset;
};

extern const qd_layer_kind *const qd_layer_kinds[];
extern const size_t qd_layer_kinds_count;
const qd_layer_kind *qd_layer_kind_find(const char *name);

/* Parses one list ("lstm:64+residual+dropout=0.2,lstm:50") into *specs (released with qd_mem_free).  An error names the
   element, the character and the nearest known kind. */
QD_CHECKED qd_status qd_layer_specs_parse(const char *list, qd_layer_spec **specs, size_t *count, qd_error *error);

/* A layer with its children.  last_only: wanted of it. */
QD_CHECKED qd_status qd_layer_new(const qd_layer_spec *spec, size_t inputs, bool last_only, qd_layer **out,
                                  qd_error *error);
void qd_layer_free(qd_layer *layer);

#endif
