/*
 * Kernels: the inner loops of the engine, one table of them an instruction set.
 *
 * The bits contract.  Every kernel of every set computes each output element by the same operations in the same order,
 * so all sets agree bit for bit:
 *   - products: one chain of fused multiply-adds, started from the bias (or `start`), then k = 0, 1, 2, ...; in a cell
 *     first the inputs, then the hidden state;
 *   - sums over rows (weight gradients): rows in groups of 16 (row r belongs to group r / 16); within a group one chain
 *     over the spans as listed, rows ascending; the groups' sums added pairwise in a binary tree whose left part is
 *     the largest power of two below the number of groups;
 *   - gates: the operations of cell_lstm.h and cell_rnn.h; exp, sigmoid and tanh as in vmath.h.
 * Rows never influence one another, so a call may be cut by rows anywhere.
 *
 * Matrices are row-major with a leading dimension (elements from row to row).  Any alignment will do.  A kernel reads
 * and writes only the elements named.  Nothing here allocates or fails.
 *
 * Packed weights are panels of `lanes` columns (the last one filled with zeros), derived from the canonical weights
 * after each update; a cell's panel holds all its gates, so that one register tile sees the whole of a unit.
 */
#ifndef QD_KERNELS_KERNELS_H
#define QD_KERNELS_KERNELS_H

#include "base/error.h"
#include "kernels/real.h"

enum { QD_GROUP_ROWS = 16 };

/* ------------------------------------------------------------------------------------------------- cells */

typedef enum qd_cell_id { QD_CELL_LSTM, QD_CELL_RNN, QD_CELLS } qd_cell_id;

/* What a recurrent cell is, to everything above the kernels. */
typedef struct qd_cell {
    const char *name;       /* "lstm" */
    unsigned gates;         /* G: rows of the weight matrices are G blocks of H, in the order below */
    unsigned states;        /* 1: hidden; 2: hidden and cell */
    const char *gate_names; /* "ifgo": the order of the blocks */
    int unit_bias_gate;     /* the gate whose bias starts at 1 (LSTM: forget), or -1 */
} qd_cell;

extern const qd_cell qd_cells[QD_CELLS];

/* One time step of `rows` rows: z = b + W x + U h_in, gates, states. */
typedef struct qd_cell_forward {
    size_t rows, inputs, units; /* B, I, H */
    const qd_real *packed;      /* from qd_pack_cell */
    const qd_real *x;           /* [rows][I] */
    const qd_real *h_in;        /* [rows][H], the hidden state before */
    const qd_real *c_in;        /* [rows][H], the cell state before; unused with one state */
    qd_real *h_out;             /* [rows][H], the hidden state after; not h_in */
    qd_real *c_out;             /* [rows][H], the cell state after; may be c_in */
    qd_real *saved;             /* [rows][G*H], gates after their activation, for the backward pass, or NULL */
    const qd_real *z;           /* [rows][G*H], b + W x from cell_inputs, or NULL: then it is computed here, from x */
    /* The next call's h_out, c_out and saved are so many rows further on: they are fetched into the cache meanwhile.
       0: unknown. */
    ptrdiff_t ahead;
    size_t ldx, ldh_in, ldc_in, ldh_out, ldc_out, ld_saved, ldz;
} qd_cell_forward;

/* The gates' part of one time step backwards: from the gradients of the states after it to those of the
   preactivations and of the cell state before it.  (dx and dh_in are dz times the weights: `affine`.) */
typedef struct qd_cell_backward {
    size_t rows, units;
    qd_real *saved;       /* [rows][G*H]: in, gates as `forward` left them; out, dz */
    const qd_real *h_out; /* [rows][H] */
    const qd_real *c_in;  /* [rows][H] */
    const qd_real *c_out; /* [rows][H] */
    const qd_real *dh;    /* [rows][H], gradient of h_out from all who read it */
    qd_real *dc;          /* [rows][H]: in, gradient of c_out from the step after; out, gradient of c_in */
    ptrdiff_t ahead;      /* the same of the next call's saved and c_in */
    size_t ld_saved, ldh_out, ldc_in, ldc_out, lddh, lddc;
} qd_cell_backward;

/* ---------------------------------------------------------------------------------------------- products */

/* out[r][c] = start[r][c] + sum over k of a[r][k] * B[k][c]. */
typedef struct qd_affine {
    size_t rows, depth, cols;
    const qd_real *a;      /* [rows][depth] */
    const qd_real *packed; /* B, from qd_pack_matrix */
    const qd_real *start;  /* [rows][cols]; ld_start 0: one row for all (a bias); NULL: zeros; may be out */
    qd_real *out;          /* [rows][cols] */
    size_t lda, ld_start, ldo;
} qd_affine;

/* Rows first .. last-1 of a pair of matrices: row r of the first is at a + r*lda, of the second at b + r*ldb.  In a
   packed batch each time step is one span (two where some rows read their initial state). */
typedef struct qd_span {
    const qd_real *a, *b;
    size_t first, last;
} qd_span;

/* out[j][k] = sum over spans and rows of a[r][j] * b[r][k], for j in [j_begin, j_end) and all k < cols: a weight
   gradient, whose rows j threads share among them. */
typedef struct qd_outer {
    const qd_span *spans;
    size_t count;
    size_t rows; /* B: no span reaches beyond */
    size_t j_begin, j_end;
    size_t cols;
    qd_real *out; /* [..][cols], addressed from j = 0 */
    size_t lda, ldb, ldo;
    /* A sum in parts, each with some of the spans, in their order.  sums: [groups][cols][ld_sums], element j last; what
       the groups have so far, zeros before the first part.  While `more` are to come only these are written.  The bits
       are those of one call with all spans.  NULL: one call. */
    qd_real *sums;
    size_t ld_sums;
    int more;
    /* The column sums (below) along with it, for a is read anyway; NULL: without.  bias_sums: their sums so far. */
    qd_real *bias; /* [..], addressed from j = 0 */
    qd_real *bias_sums;
} qd_outer;

/* ----------------------------------------------------------------------------------------------- update */

/* One update by Adam (see train/adam.c) of n parameters, elements independent of one another:
   w -= w * decay * rate;  m += (g - m) * rest1;  v += (g^2 - v) * rest2;  w -= m * alpha / (sqrt(v) + epsilon). */
typedef struct qd_adam {
    size_t n;
    qd_real *parameters, *first, *second; /* w, m, v */
    const qd_real *gradients;             /* g */
    qd_real rate, alpha, rest1, rest2, epsilon, decay;
} qd_adam;

/* ------------------------------------------------------------------------------------------------- table */

typedef struct qd_kernels {
    const char *name; /* "reference", "avx2", "avx512", "neon" */
    size_t lanes;     /* columns of a panel */
    void (*exp)(size_t n, const qd_real *x, qd_real *y);
    void (*sigmoid)(size_t n, const qd_real *x, qd_real *y);
    void (*tanh)(size_t n, const qd_real *x, qd_real *y);
    void (*cell_forward[QD_CELLS])(const qd_cell_forward *step);
    /* The first part of it alone, `saved` = b + W x, for as many rows as one likes: where a step has few rows, the
       weights of many steps are read once so.  The states are not touched, and no bit of them will differ. */
    void (*cell_inputs[QD_CELLS])(const qd_cell_forward *step);
    void (*cell_backward[QD_CELLS])(const qd_cell_backward *step);
    void (*affine)(const qd_affine *product);
    void (*outer)(const qd_outer *gradient);
    /* out[j] = sum over spans and rows of a[r][j] (a bias gradient): `outer` with b = 1 and cols 1.  b is not read. */
    void (*column_sums)(const qd_outer *gradient);
    /* to[c][r] = from[r][c], and to[r][c] = from[r][c], of from [rows][cols]. */
    void (*transpose)(size_t rows, size_t cols, const qd_real *from, size_t ld, qd_real *to, size_t ldo);
    void (*copy)(size_t rows, size_t cols, const qd_real *from, size_t ld, qd_real *to, size_t ldo);
    void (*adam)(const qd_adam *update);
    /* The sum of squares in 16 virtual lanes of double. */
    double (*squares)(size_t n, const qd_real *x);
    /* The roof over all of these: fused multiply-adds in registers, `rounds` times as many as hide their latency.
       Returns how many floating-point operations that was (two each). */
    double (*peak)(size_t rounds);
} qd_kernels;

/* The set to use: the one that the environment's QUADRAT_ISA names, else the best that this processor has.
   QD_ERR_VALUE where QUADRAT_ISA names none or one that the processor lacks. */
QD_CHECKED qd_status qd_kernels_select(const qd_kernels **out, qd_error *error);

/* Set number i = 0, 1, ... of those compiled in; NULL past the last.  *usable: does this processor have it? */
const qd_kernels *qd_kernels_at(size_t i, int *usable);

/* ----------------------------------------------------------------------------------------------- packing */

/* Elements of the packed forms. */
size_t qd_pack_cell_size(const qd_kernels *kernels, const qd_cell *cell, size_t inputs, size_t units);
size_t qd_pack_matrix_size(const qd_kernels *kernels, size_t depth, size_t cols);

/* Vectors of a row of a panel of `count` units: G, a gate each, or as many as the gates fill when they lie side by
   side, where that is less. */
static inline size_t qd_panel_width(size_t gates, size_t count, size_t lanes)
{
    return (gates * count + lanes - 1) / lanes;
}

/* w_ih: [G*H][I], w_hh: [G*H][H], bias: [G*H].  packed: [panels][1 + I + H][width][lanes], the bias first; gate g
   begins at g*lanes where the width is G, else at g*count; aligned to 64 bytes. */
void qd_pack_cell(const qd_kernels *kernels, const qd_cell *cell, size_t inputs, size_t units, const qd_real *w_ih,
                  const qd_real *w_hh, const qd_real *bias, qd_real *packed);

/* B[k][c] = source[k*row_stride + c*column_stride].  packed: [panels][depth][lanes]; aligned to 64 bytes. */
void qd_pack_matrix(const qd_kernels *kernels, size_t depth, size_t cols, const qd_real *source, size_t row_stride,
                    size_t column_stride, qd_real *packed);

#endif
