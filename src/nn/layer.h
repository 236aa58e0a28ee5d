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
 * (see qd_needs).
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
    /* Of a segment of longer sequences (segments.c); both are 0 in a batch of whole ones. */
    size_t first; /* number of its first step in the sequences */
    size_t later; /* how many rows, the first ones, go on after its last step */
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

/* Rows of step t that have a step after it. */
static inline size_t qd_packing_going_on(const qd_packing *packing, size_t t)
{
    return t + 1 < packing->steps ? qd_packing_active(packing, t + 1) : packing->later;
}

/* A view: rows of `width` reals, `ld` apart. */
typedef struct qd_rows {
    qd_real *data;
    size_t width, ld;
} qd_rows;

static inline qd_real *qd_rows_at(qd_rows rows, size_t r)
{
    return rows.data + r * rows.ld;
}

/* One element of --layers: KIND:UNITS+MODIFIER+MODIFIER=VALUE. */
typedef struct qd_layer_spec {
    char kind[16];
    size_t units;      /* 1 .. QD_MOST_UNITS */
    bool residual;     /* the layer's input is added to its output */
    size_t vocabulary; /* of an embedding; 0 where the list names none */
    double dropout;    /* rate in [0, 1); negative where the list names none.  With residual: of what is added. */
    size_t kernel;     /* of a convolution: steps that an output sees; 0 where the list names none */
    size_t dilation;   /* and steps from one of them to the next; 0 where the list names none */
    bool causal;       /* and none of them after its own */
} qd_layer_spec;

enum { QD_MOST_UNITS = 65536 };

typedef enum qd_initial {
    QD_INITIAL_ZEROS,
    QD_INITIAL_ONES,
    QD_INITIAL_GLOROT, /* uniform in +-sqrt(6 / (fan in + fan out)) (Glorot, Bengio 2010); as in Keras the fan out of a
                          cell's kernel counts all its gates: cols + rows of the tensor */
    QD_INITIAL_ORTHOGONAL, /* as in Keras, over all gates together: the columns of [G*H][H] orthonormal (Saxe et al.
                              2014), computed in float64 */
    QD_INITIAL_SMALL,      /* uniform in +-0.05, Keras's default for embeddings */
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
    /* Only of passes in segments: */
    size_t sums;  /* of the weight gradients so far */
    size_t carry; /* gradients from one segment to the one before it */
} qd_needs;

/* Groups of rows in which weight gradients are summed: see kernels.h. */
static inline size_t qd_groups(size_t rows)
{
    return rows > 0 ? (rows + QD_GROUP_ROWS - 1) / QD_GROUP_ROWS : 1;
}

/* Where a layer's slices begin in the blocks of a workspace. */
typedef struct qd_place {
    size_t packed, saved, scratch, sums, carry;
    size_t out; /* of the layers of the list: their output, in the block of outputs */
} qd_place;

/* What one call of pack, forward or backward works with. */
typedef struct qd_pass {
    const qd_kernels *kernels;
    qd_pool *pool;
    const qd_packing *packing;
    const qd_real *parameters;
    qd_real *gradients; /* as parameters; every element of a layer's slice is overwritten by its backward */
    qd_real *packed, *saved, *scratch;
    const qd_place *places; /* places[layer->index] */
    const qd_real *zeros;   /* as many as the widest layer has outputs */
    qd_span *spans;
    bool training; /* dropout drops; saved values are kept */
    uint64_t seed;
    uint32_t epoch;
    /* States of the recurrent layers, blocks of qd_network_state(network) * rows elements; each may be NULL.  The slice
       of a layer begins at element state_offset * rows and holds its states one after the other, the hidden one first,
       each [rows][units]. */
    const qd_real *state_in;   /* before the first step (NULL: zeros); a backward needs it as it was in forward */
    qd_real *state_out;        /* after each sequence's last step; without training it may be state_in */
    const qd_real *dstate_out; /* backward: gradient of state_out (NULL: zeros) */
    qd_real *dstate_in;        /* backward: gradient of state_in */
    /* Of a backward over one of several segments, the last one first.  NULL: over whole sequences. */
    qd_real *sums;        /* the layers' sums; zeros before the last segment */
    size_t rows_of_batch; /* its rows: those of the segment may be fewer */
    qd_real *carry;       /* what a layer wants to know of the segment after this one; zeros where there is none */
    bool more;            /* segments are to come: the gradients are not complete */
} qd_pass;

typedef struct qd_layer qd_layer;

/* A kind of layer: its functions.  `in` and `out` are packed [total][width]; a layer with last_only writes
   out as [B][width].  Backward reads what forward saved and both of its arrays, and writes din (NULL where nobody asks
   for it) and the layer's gradients.  `tensors` and `needs` speak of the layer alone, not of its children; a layer with
   children calls their forward and backward itself. */
typedef struct qd_layer_kind {
    const char *name; /* in --layers */
    const char *help; /* one line */
    bool takes_units;
    bool recurrent; /* carries a state through time; the last such layer of a list may give its last state alone */
    bool tokens;    /* its last input is a token: only as the first layer, for tasks that have tokens */
    bool streams;   /* forward over a batch of one step, with the states carried, is a step of the whole sequence */
    bool segments;  /* its passes may be cut into segments of time, with the bits of whole ones */
    bool pools;     /* gives one row a sequence: once in a list, and only where one prediction a sequence is wanted */
    /* Sets the widths and makes children. */
    qd_status (*configure)(qd_layer *layer, const qd_layer_spec *spec, qd_error *error);
    /* How many parameter tensors; fills them, but for their offsets, where tensors != NULL.  They lie one after the
       other from layer->parameter_offset on.  NULL: none. */
    size_t (*tensors)(const qd_layer *layer, qd_tensor *tensors);
    qd_needs (*needs)(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training);
    void (*pack)(const qd_layer *layer, const qd_pass *pass); /* derive packed weights from the parameters; may be NULL.
                                                                 pass->training: also those of backward */
    void (*forward)(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out);
    void (*backward)(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din);
    /* After an update: sets, in the layer's slice of `parameters`, what is learned otherwise than by its gradient
       (which backward gives as zeros), from what forward saved.  NULL: nothing. */
    void (*learn)(const qd_layer *layer, const qd_pass *pass, qd_real *parameters);
} qd_layer_kind;

struct qd_layer {
    const qd_layer_kind *kind;
    size_t inputs, outputs; /* widths */
    size_t units;
    bool last_only;          /* gives the last step's state alone: one row a sequence */
    bool reverse;            /* runs from each sequence's own end to its beginning */
    double rate;             /* dropout */
    size_t vocabulary;       /* embedding */
    size_t kernel, dilation; /* convolution */
    bool causal;
    bool ahead; /* an output may depend on later steps of its sequence */
    qd_cell_id cell;
    qd_layer *child[2];      /* owned */
    size_t number;           /* of its kind, from 0, in the order of the list: the k of lstm.weight_ih_l{k} */
    uint32_t index;          /* in the whole tree, from 0: the layer of its random numbers */
    size_t state;            /* reals a row of carried state, without the children's */
    size_t parameter_offset; /* of its first tensor in the network's block */
    size_t state_offset;     /* see qd_pass */
};

static inline qd_real *qd_layer_packed(const qd_layer *layer, const qd_pass *pass)
{
    return pass->packed + pass->places[layer->index].packed;
}

static inline qd_real *qd_layer_saved(const qd_layer *layer, const qd_pass *pass)
{
    return pass->saved + pass->places[layer->index].saved;
}

static inline qd_real *qd_layer_scratch(const qd_layer *layer, const qd_pass *pass)
{
    return pass->scratch + pass->places[layer->index].scratch;
}

/* NULL where the pass is over whole sequences. */
static inline qd_real *qd_layer_sums(const qd_layer *layer, const qd_pass *pass)
{
    return pass->sums != NULL ? pass->sums + pass->places[layer->index].sums : NULL;
}

static inline qd_real *qd_layer_carry(const qd_layer *layer, const qd_pass *pass)
{
    return pass->carry != NULL ? pass->carry + pass->places[layer->index].carry : NULL;
}

/* Rows of a layer's output: one a step and sequence, or one a sequence. */
static inline size_t qd_layer_rows(const qd_layer *layer, size_t rows, size_t total)
{
    return layer->last_only ? rows : total;
}

/* Grain for qd_pool_run: as many items as are worth waking a thread for, and at least `least` (what keeps a kernel's
   tiles full).  work: multiply-adds of an item. */
static inline size_t qd_layer_grain(size_t work, size_t least)
{
    enum { WORTH = 1 << 22 }; /* some 30 microseconds */
    const size_t items = WORTH / (work + 1) + 1;
    return items > least ? items : least;
}

extern const qd_layer_kind *const qd_layer_kinds[];
extern const size_t qd_layer_kinds_count;
const qd_layer_kind *qd_layer_kind_find(const char *name);

/* Parses one list ("lstm:64+residual+dropout=0.2,lstm:50") into *specs (released with qd_mem_free).  An error names the
   element, the character and the nearest known kind. */
QD_CHECKED qd_status qd_layer_specs_parse(const char *list, qd_layer_spec **specs, size_t *count, qd_error *error);

/* A layer with its children, inside those of its modifiers.  last_only: wanted of it. */
QD_CHECKED qd_status qd_layer_new(const qd_layer_spec *spec, size_t inputs, bool last_only, qd_layer **out,
                                  qd_error *error);

/* One layer of `kind`, whatever the modifiers.  child, which may be NULL, becomes its first child and is freed on
 * failure. */
QD_CHECKED qd_status qd_layer_make(const qd_layer_kind *kind, const qd_layer_spec *spec, size_t inputs, bool last_only,
                                   qd_layer *child, qd_layer **out, qd_error *error);
void qd_layer_free(qd_layer *layer);

#endif
