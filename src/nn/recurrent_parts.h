/* What recurrent.c (description, forward) and recurrent_backward.c share: one call of either, and which rows, steps and
   states belong together.

   "Before" and "after" are meant in the order in which the layer runs: for the reverse direction the step before t is
   t + 1.  Since rows are sorted by length, the rows of step t that also have step t + 1 are its first ones. */
#ifndef QD_NN_RECURRENT_PARTS_H
#define QD_NN_RECURRENT_PARTS_H

#include "nn/recurrent.h"

/* With so few rows a step, the input products of so many rows of all steps are computed at a time. */
enum { QD_FEW_ROWS = 4, QD_AHEAD = 32 };

/* Fewest rows, or rows of the weights, that a thread is given: what keeps a kernel's tiles full. */
enum { QD_LEAST_ROWS = 4, QD_LEAST_OUTPUTS = 16 };

/* One call of forward or backward. */
typedef struct recurrence {
    const qd_layer *layer;
    const qd_pass *pass;
    const qd_packing *packing;
    const qd_cell *cell;
    size_t inputs, units, gates; /* I, H, G*H */
    qd_rows in, out, dout;
    /* What is kept for backward; without training only as much as the next step needs (see hidden_at, cell_at). */
    bool kept;
    qd_real *h;        /* [total][H] */
    qd_real *c;        /* [total][H]; NULL where the cell has no such state */
    qd_real *gates_at; /* [total][G*H]: gates, after backward the gradients of their preactivations; or NULL */
    /* Packed weights. */
    qd_real *forward_weights, *hidden_weights, *input_weights;
    qd_real *z;   /* [QD_AHEAD][G*H]: the input products of the steps to come, where a step has few rows; or NULL */
    size_t z_row; /* the first of them, among the rows of all steps */
    /* Of backward. */
    qd_real *dh, *dc; /* [B][H] */
    qd_real *carry;   /* [B][G*H] of dz, [B][H] of dc; NULL outside segments */
    size_t carried_dc;
    const qd_rows *din;
    qd_span *input_spans, *hidden_spans;
    size_t input_count, hidden_count;
    size_t begin, end; /* the steps under way, in the order of the run */
    qd_real *sums;     /* of the weight gradients so far, and whether more steps are to come; or NULL */
    bool more;
} recurrence;

/* Backward over a block of steps at a time pays where the batch is larger than the second-level cache but the sums of
   the weight gradients, which every block adds to, are not. */
enum { QD_CACHE = 1 << 20 };

/* Elements kept of a step of one row. */
static inline size_t step_size(const qd_layer *layer)
{
    return (qd_cells[layer->cell].gates + 2) * layer->units + layer->inputs;
}

static inline size_t sums_size(const qd_layer *layer, size_t rows)
{
    return qd_groups(rows) * (layer->inputs + 1 + layer->units) * qd_cells[layer->cell].gates * layer->units;
}

/* Elements of sums for the blocks of a batch of this size or less; 0: there are no blocks. */
static inline size_t block_sums_most(const qd_layer *layer, size_t rows, size_t total)
{
    const size_t most = QD_CACHE / 2 / sizeof(qd_real), size = sums_size(layer, rows);
    return total * step_size(layer) * sizeof(qd_real) > 2 * QD_CACHE ? (size < most ? size : most) : 0;
}

/* Elements of the kept hidden states of a layer that does not put them all out. */
static inline size_t hidden_size(const qd_layer *layer, size_t rows, size_t total, bool training)
{
    const size_t needed = training || total < 2 * rows ? total : 2 * rows;
    return layer->last_only ? needed * layer->units : 0;
}

static inline size_t cell_size(const qd_layer *layer, size_t rows, size_t total, bool training)
{
    return qd_cells[layer->cell].states > 1 ? (training ? total : rows) * layer->units : 0;
}

/* What a call of forward or backward works with. */
recurrence qd_recurrence_of(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out);

/* ----------------------------------------------------------------------------------------- rows and steps */

/* The i-th step to be run. */
static inline size_t step_number(const recurrence *r, size_t i)
{
    return r->layer->reverse ? r->packing->steps - 1 - i : i;
}

static inline size_t step_before(const recurrence *r, size_t t)
{
    return r->layer->reverse ? t + 1 : t - 1;
}

static inline size_t step_after(const recurrence *r, size_t t)
{
    return r->layer->reverse ? t - 1 : t + 1;
}

/* From the rows of step t to those of another; 0 where there is no such step. */
static inline ptrdiff_t rows_between(const recurrence *r, size_t t, size_t other)
{
    return other < r->packing->steps ? (ptrdiff_t)r->packing->offset[other] - (ptrdiff_t)r->packing->offset[t] : 0;
}

/* How many of the rows of step t, the first ones, have a step t + 1 (later) or t - 1 (in this segment). */
static inline size_t rows_shared(const recurrence *r, size_t t, bool later)
{
    if (later) {
        return qd_packing_going_on(r->packing, t);
    }
    return t > 0 ? qd_packing_active(r->packing, t) : 0;
}

/* Rows begin .. end-1 of the batch at step t: [begin, before) have a step before, [before, end) begin here;
   [begin, after) have a step after, [after, end) end here. */
typedef struct step_rows {
    size_t t, begin, before, after, end;
} step_rows;

static inline size_t clamp(size_t n, size_t low, size_t high)
{
    return n < low ? low : n > high ? high : n;
}

static inline step_rows rows_of_step(const recurrence *r, size_t t, size_t begin, size_t end)
{
    const size_t last = clamp(qd_packing_active(r->packing, t), begin, end);
    return (step_rows){
        .t = t,
        .begin = begin,
        .before = clamp(rows_shared(r, t, r->layer->reverse), begin, last),
        .after = clamp(rows_shared(r, t, !r->layer->reverse), begin, last),
        .end = last,
    };
}

/* The hidden states after step t; without training there are two alternating steps of them. */
static inline qd_real *hidden_at(const recurrence *r, size_t t)
{
    const bool all = r->kept || !r->layer->last_only;
    return r->h + (all ? r->packing->offset[t] : (t % 2) * r->packing->rows) * r->units;
}

/* The cell states after step t; without training there is one step of them, changed in place. */
static inline qd_real *cell_at(const recurrence *r, size_t t)
{
    return r->c == NULL ? NULL : r->c + (r->kept ? r->packing->offset[t] : 0) * r->units;
}

/* A state of this layer, [B][H], in a block of states; NULL where there is none. */
static inline qd_real *state_at(const recurrence *r, const qd_real *block, size_t state)
{
    if (block == NULL || state >= r->cell->states) {
        return NULL;
    }
    return (qd_real *)block + (r->layer->state_offset + state * r->units) * r->packing->rows;
}

/* States of rows, `ld` apart. */
typedef struct row_states {
    const qd_real *h, *c;
    size_t ld;
} row_states;

/* What rows of step t start from: those that begin there from the initial states, the others from the step before. */
static inline row_states states_before(const recurrence *r, size_t t, bool begin)
{
    if (!begin) {
        const size_t before = step_before(r, t);
        return (row_states){hidden_at(r, before), cell_at(r, before), r->units};
    }
    if (r->pass->state_in == NULL) {
        return (row_states){r->pass->zeros, r->pass->zeros, 0};
    }
    return (row_states){state_at(r, r->pass->state_in, 0), state_at(r, r->pass->state_in, 1), r->units};
}

static inline const qd_real *row_at(const qd_real *base, size_t row, size_t ld)
{
    return base == NULL ? NULL : base + row * ld;
}

/* Multiply-adds of a row over `steps` steps. */
static inline size_t row_work(const recurrence *r, size_t steps)
{
    return steps * r->gates * (r->inputs + r->units);
}

#endif
