/* The kernels themselves, written once over the vector type: each kernels_X.c includes a vector header, then this, and
   fills its table with QD_KERNELS_TABLE.  The contract (shapes, order of the sums) is kernels.h. */
#ifndef QD_KERNELS_ALGORITHMS_H
#define QD_KERNELS_ALGORITHMS_H

#include "kernels/kernels.h"
#include "kernels/wrong.h"

#include "kernels/vmath.h"
#include "kernels/tile.h"
#include "kernels/transpose.h"
#include "kernels/outer.h"
#include "kernels/update.h"
#include "kernels/cell.h"
#include "kernels/cell_lstm.h"
#include "kernels/cell_rnn.h"

enum {
    QD_BLOCK_ROWS = 48,         /* rows whose sums are kept aside (on the stack) while blocks of k pass */
    QD_BLOCK_BYTES = 24 * 1024, /* of packed weights, which stay in the first-level cache meanwhile */
    QD_SLAB_BYTES = 512 * 1024  /* of the rows of a product, which stay in the second-level cache over all columns */
};

/* -------------------------------------------------------------------------------------------- functions */

QD_INLINE void qd_map(size_t n, const qd_real *x, qd_real *y, qd_vec (*function)(qd_vec))
{
    for (size_t i = 0; i < n; i += QD_LANES) {
        qd_tail tail = qd_vec_tail(qd_least(n - i, QD_LANES));
        qd_vec_store_tail(y + i, function(qd_vec_load_tail(x + i, tail)), tail);
    }
}

static void qd_map_exp(size_t n, const qd_real *x, qd_real *y)
{
    qd_map(n, x, y, qd_vec_exp);
}

static void qd_map_sigmoid(size_t n, const qd_real *x, qd_real *y)
{
    qd_map(n, x, y, qd_vec_sigmoid);
}

static void qd_map_tanh(size_t n, const qd_real *x, qd_real *y)
{
    qd_map(n, x, y, qd_vec_tanh);
}

/* --------------------------------------------------------------------------------------------- products */

/* z[rows][cols] += the product, in blocks of k small enough for their part of B to stay in the cache over all rows. */
static void qd_multiply(const qd_product *whole, size_t rows, size_t cols, qd_vec *z)
{
    const size_t most = QD_BLOCK_BYTES / (cols * QD_LANES * sizeof(qd_real));
    size_t depth = 0;
    for (size_t s = 0; s < whole->count; s++) {
        depth += whole->segments[s].depth;
    }
    if (rows <= QD_TILE_ROWS || depth <= most) {
        qd_tiles_full(whole, rows, cols, z);
        return;
    }
    for (size_t s = 0; s < whole->count; s++) {
        qd_segment part = whole->segments[s];
        qd_product block = *whole;
        block.segments = &part;
        block.count = 1;
        for (size_t left = part.depth; left > 0; left -= part.depth) {
            part.depth = qd_cut(left, most);
            qd_tiles_full(&block, rows, cols, z);
            part.a += part.depth * block.a_step;
            part.b += part.depth * block.b_step;
        }
    }
}

static void qd_affine_block(const qd_affine *p, size_t first, size_t rows, size_t column, size_t width)
{
    const qd_tail all = qd_vec_tail(QD_LANES);
    const qd_tail last = qd_last_tail(width, p->cols - column);
    qd_vec z[QD_BLOCK_ROWS * QD_TILE_COLS];
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < width; c++) {
            const size_t at = (first + i) * p->ld_start + column + c * QD_LANES;
            z[i * width + c] =
                p->start == NULL ? qd_vec_set(0) : qd_vec_load_tail(p->start + at, c + 1 == width ? last : all);
        }
    }
    const qd_segment segment = {p->a + first * p->lda, p->packed + column * p->depth, p->lda, p->depth};
    const qd_product product = {&segment, 1, 1, QD_LANES, p->depth * QD_LANES, all};
    qd_multiply(&product, rows, width, z);
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < width; c++) {
            qd_real *out = p->out + (first + i) * p->ldo + column + c * QD_LANES;
            qd_vec_store_tail(out, z[i * width + c], c + 1 == width ? last : all);
        }
    }
}

static void qd_affine_run(const qd_affine *p)
{
    const size_t most = qd_greatest(QD_SLAB_BYTES / (p->depth * sizeof(qd_real) + 1), QD_BLOCK_ROWS);
    for (size_t slab = 0, height; slab < p->rows; slab += height) {
        height = qd_cut(p->rows - slab, most);
        for (size_t column = 0, width; column < p->cols; column += width * QD_LANES) {
            width = qd_tile_width(p->cols - column);
            for (size_t first = 0, rows; first < height; first += rows) {
                rows = qd_cut(height - first, QD_BLOCK_ROWS);
                qd_affine_block(p, slab + first, rows, column, width);
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------ cells */

/* A panel of units: its weights, its first unit, how many there are, and the vectors of a row (qd_panel_width). */
typedef struct qd_panel {
    const qd_real *weights;
    size_t unit, count, width;
    qd_tail tail;
} qd_panel;

static inline qd_panel qd_panel_at(const size_t gates, const qd_cell_forward *s, size_t unit)
{
    const size_t size = (1 + s->inputs + s->units) * gates; /* a unit */
    const size_t count = qd_least(s->units - unit, QD_LANES);
    return (qd_panel){s->packed + unit * size, unit, count, qd_panel_width(gates, count, QD_LANES), qd_vec_tail(count)};
}

/* From z[rows][G], a gate a vector, to z[rows][width], as the weights lie. */
QD_INLINE void qd_panel_join(const size_t gates, qd_panel panel, size_t rows, qd_vec *z)
{
    for (size_t i = 0; panel.width < gates && i < rows; i++) {
        qd_vec row[QD_MOST_GATES];
        for (size_t g = 0; g < gates; g++) {
            row[g] = qd_vec_set(0);
        }
        for (size_t g = 0; g < gates; g++) {
            qd_vec_store_tail((qd_real *)row + g * panel.count, z[i * gates + g], panel.tail);
        }
        for (size_t c = 0; c < panel.width; c++) {
            z[i * panel.width + c] = row[c];
        }
    }
}

/* And back. */
QD_INLINE void qd_panel_part(const size_t gates, qd_panel panel, size_t rows, qd_vec *z)
{
    for (size_t i = panel.width < gates ? rows : 0; i-- > 0;) {
        qd_vec each[QD_MOST_GATES];
        for (size_t g = 0; g < gates; g++) {
            each[g] = qd_vec_load_tail((const qd_real *)(z + i * panel.width) + g * panel.count, panel.tail);
        }
        for (size_t g = 0; g < gates; g++) {
            z[i * gates + g] = each[g];
        }
    }
}

/* z[rows][width] = b, or what z already is. */
QD_INLINE void qd_cell_begin(const size_t gates, const qd_cell_forward *s, qd_panel panel, size_t first, size_t rows,
                             qd_vec *z)
{
    for (size_t i = 0; s->z == NULL && i < rows; i++) {
        for (size_t c = 0; c < gates && c < panel.width; c++) {
            z[i * panel.width + c] = qd_vec_load(panel.weights + c * QD_LANES);
        }
    }
    if (s->z == NULL) {
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t g = 0; g < gates; g++) {
            const qd_real *from = s->z + (first + i) * s->ldz + g * s->units + panel.unit;
            z[i * gates + g] = qd_vec_load_tail(from, panel.tail);
        }
    }
    qd_panel_join(gates, panel, rows, z);
}

/* z[rows][G] = what qd_cell_begin left there + W x (unless it is in z), + U h (unless `inputs`: only the first part is
   wanted). */
QD_INLINE void qd_cell_product(const size_t gates, const int inputs, const qd_cell_forward *s, qd_panel panel,
                               size_t first, size_t rows, qd_vec *z)
{
    const size_t step = panel.width * QD_LANES;
    qd_segment segments[2];
    size_t count = 0;
    if (s->z == NULL) {
        segments[count++] = (qd_segment){s->x + first * s->ldx, panel.weights + step, s->ldx, s->inputs};
    }
    if (!inputs) {
        segments[count++] =
            (qd_segment){s->h_in + first * s->ldh_in, panel.weights + (1 + s->inputs) * step, s->ldh_in, s->units};
    }
    const qd_product product = {segments, count, 1, step, QD_LANES, qd_vec_tail(QD_LANES)};
    qd_multiply(&product, rows, panel.width, z);
    qd_panel_part(gates, panel, rows, z);
}

/* The same for one row and two panels side by side, of which the second has `width`: the chains of one alone are too
   few to hide their latency. */
QD_INLINE void qd_cell_product_pair(const size_t gates, const size_t width, const qd_cell_forward *s,
                                    const qd_panel *panels, qd_vec *z)
{
    const size_t step0 = gates * QD_LANES, step1 = width * QD_LANES;
    qd_vec sum[2][QD_MOST_GATES];
    for (size_t c = 0; c < gates; c++) {
        sum[0][c] = z[c];
        sum[1][c] = c < width ? z[gates + c] : qd_vec_set(0);
    }
    for (int part = s->z == NULL ? 0 : 1; part < 2; part++) {
        const qd_real *a = part == 0 ? s->x : s->h_in;
        const size_t depth = part == 0 ? s->inputs : s->units, skip = part == 0 ? 1 : 1 + s->inputs;
        const qd_real *b0 = panels[0].weights + skip * step0, *b1 = panels[1].weights + skip * step1;
        for (size_t k = 0; k < depth; k++, b0 += step0, b1 += step1) {
            const qd_vec each = qd_vec_set(a[k]);
            for (size_t c = 0; c < gates; c++) {
                sum[0][c] = qd_vec_fma(each, qd_vec_load(b0 + c * QD_LANES), sum[0][c]);
            }
            for (size_t c = 0; c < width; c++) {
                sum[1][c] = qd_vec_fma(each, qd_vec_load(b1 + c * QD_LANES), sum[1][c]);
            }
        }
    }
    for (size_t c = 0; c < gates; c++) {
        z[c] = sum[0][c];
        z[gates + c] = sum[1][c];
    }
    qd_panel_part(gates, panels[1], 1, z + gates);
}

/* Fetches what the next call will write for this row and these units: a cache, too, reads before it writes. */
QD_INLINE void qd_cell_ahead(const qd_cell_code *code, const qd_cell_forward *s, size_t r, size_t unit)
{
    const ptrdiff_t row = (ptrdiff_t)r + s->ahead;
    if (s->ahead == 0) {
        return;
    }
    __builtin_prefetch(s->h_out + row * (ptrdiff_t)s->ldh_out + unit, 1, 2);
    if (code->states > 1) {
        __builtin_prefetch(s->c_out + row * (ptrdiff_t)s->ldc_out + unit, 1, 2);
    }
    for (size_t g = 0; s->saved != NULL && g < code->gates; g++) {
        __builtin_prefetch(s->saved + row * (ptrdiff_t)s->ld_saved + g * s->units + unit, 1, 2);
    }
}

/* Gates and states of one panel of units, from its preactivations, in two passes: what one row waits for, the tanh of
   its new cell state, is too long for the processor to find enough to do meanwhile in the rows after it. */
QD_INLINE void qd_cell_states_after(const qd_cell_code *code, const qd_cell_forward *s, qd_panel panel, size_t first,
                                    size_t rows, qd_vec *z)
{
    const size_t unit = panel.unit;
    const qd_tail tail = panel.tail;
    qd_vec c[QD_BLOCK_ROWS];
    for (size_t i = 0; i < rows; i++) {
        const size_t r = first + i;
        qd_vec *gates = z + i * code->gates;
        const qd_vec c_in = code->states > 1 ? qd_vec_load_tail(s->c_in + r * s->ldc_in + unit, tail) : qd_vec_set(0);
        c[i] = code->forward(gates, c_in);
        qd_cell_ahead(code, s, r, unit);
        for (size_t g = 0; s->saved != NULL && g < code->gates; g++) {
            qd_vec_store_tail(s->saved + r * s->ld_saved + g * s->units + unit, gates[g], tail);
        }
        if (code->states > 1) {
            qd_vec_store_tail(s->c_out + r * s->ldc_out + unit, c[i], tail);
        }
    }
    for (size_t i = 0; i < rows; i++) {
        qd_vec_store_tail(s->h_out + (first + i) * s->ldh_out + unit, code->hidden(z + i * code->gates, c[i]), tail);
    }
}

/* One row and the two panels from `unit` on. */
QD_INLINE void qd_cell_step_pair(const qd_cell_code *code, const qd_cell_forward *s, size_t unit)
{
    const size_t gates = code->gates;
    const qd_panel panels[2] = {qd_panel_at(gates, s, unit), qd_panel_at(gates, s, unit + QD_LANES)};
    qd_vec z[2 * QD_MOST_GATES] = {qd_vec_set(0)};
    qd_cell_begin(gates, s, panels[0], 0, 1, z);
    qd_cell_begin(gates, s, panels[1], 0, 1, z + gates);
    if (panels[1].width == gates) {
        qd_cell_product_pair(gates, gates, s, panels, z);
    } else if (gates > 3 && panels[1].width == 3) {
        qd_cell_product_pair(gates, 3, s, panels, z);
    } else if (gates > 2 && panels[1].width == 2) {
        qd_cell_product_pair(gates, 2, s, panels, z);
    } else {
        qd_cell_product_pair(gates, 1, s, panels, z);
    }
    qd_cell_states_after(code, s, panels[0], 0, 1, z);
    qd_cell_states_after(code, s, panels[1], 0, 1, z + gates);
}

QD_INLINE void qd_cell_step(const qd_cell_code *code, const qd_cell_forward *s)
{
    size_t unit = 0;
    for (; s->rows == 1 && unit + QD_LANES < s->units; unit += 2 * QD_LANES) {
        qd_cell_step_pair(code, s, unit);
    }
    for (; unit < s->units; unit += QD_LANES) {
        const qd_panel panel = qd_panel_at(code->gates, s, unit);
        for (size_t first = 0, rows; first < s->rows; first += rows) {
            qd_vec z[QD_BLOCK_ROWS * QD_MOST_GATES];
            rows = qd_cut(s->rows - first, QD_BLOCK_ROWS);
            qd_cell_begin(code->gates, s, panel, first, rows, z);
            qd_cell_product(code->gates, 0, s, panel, first, rows, z);
            qd_cell_states_after(code, s, panel, first, rows, z);
        }
    }
}

QD_INLINE void qd_cell_step_inputs(const qd_cell_code *code, const qd_cell_forward *s)
{
    const size_t gates = code->gates;
    for (size_t unit = 0; unit < s->units; unit += QD_LANES) {
        const qd_panel panel = qd_panel_at(gates, s, unit);
        for (size_t first = 0, rows; first < s->rows; first += rows) {
            qd_vec z[QD_BLOCK_ROWS * QD_MOST_GATES];
            rows = qd_cut(s->rows - first, QD_BLOCK_ROWS);
            qd_cell_begin(gates, s, panel, first, rows, z);
            qd_cell_product(gates, 1, s, panel, first, rows, z);
            for (size_t i = 0; i < rows * gates; i++) {
                qd_real *to = s->saved + (first + i / gates) * s->ld_saved + i % gates * s->units + unit;
                qd_vec_store_tail(to, z[i], panel.tail);
            }
        }
    }
}

QD_INLINE void qd_cell_ahead_back(const qd_cell_code *code, const qd_cell_backward *s, size_t r, size_t unit)
{
    const ptrdiff_t row = (ptrdiff_t)r + s->ahead;
    if (s->ahead == 0) {
        return;
    }
    if (code->states > 1) {
        __builtin_prefetch(s->c_in + row * (ptrdiff_t)s->ldc_in + unit, 0, 2);
    }
    for (size_t g = 0; g < code->gates; g++) {
        __builtin_prefetch(s->saved + row * (ptrdiff_t)s->ld_saved + g * s->units + unit, 0, 2);
    }
}

QD_INLINE void qd_cell_step_back(const qd_cell_code *code, const qd_cell_backward *s)
{
    const int has_c = code->states > 1;
    const qd_vec zero = qd_vec_set(0);
    for (size_t r = 0; r < s->rows; r++) {
        for (size_t unit = 0; unit < s->units; unit += QD_LANES) {
            const qd_tail tail = qd_vec_tail(qd_least(s->units - unit, QD_LANES));
            qd_real *saved = s->saved + r * s->ld_saved + unit;
            qd_vec gates[QD_MOST_GATES];
            qd_vec dz[QD_MOST_GATES];
            for (size_t g = 0; g < code->gates; g++) {
                gates[g] = qd_vec_load_tail(saved + g * s->units, tail);
            }
            const qd_cell_states at = {
                has_c ? qd_vec_load_tail(s->c_in + r * s->ldc_in + unit, tail) : zero,
                has_c ? qd_vec_load_tail(s->c_out + r * s->ldc_out + unit, tail) : zero,
            };
            qd_vec dc = has_c ? qd_vec_load_tail(s->dc + r * s->lddc + unit, tail) : zero;
            dc = code->backward(gates, at, qd_vec_load_tail(s->dh + r * s->lddh + unit, tail), dc, dz);
            if (has_c) {
                qd_vec_store_tail(s->dc + r * s->lddc + unit, dc, tail);
            }
            for (size_t g = 0; g < code->gates; g++) {
                qd_vec_store_tail(saved + g * s->units, dz[g], tail);
            }
            qd_cell_ahead_back(code, s, r, unit);
        }
    }
}

static void qd_lstm_step(const qd_cell_forward *step)
{
    qd_cell_step(&qd_lstm_code, step);
}

static void qd_lstm_step_back(const qd_cell_backward *step)
{
    qd_cell_step_back(&qd_lstm_code, step);
}

static void qd_lstm_inputs(const qd_cell_forward *step)
{
    qd_cell_step_inputs(&qd_lstm_code, step);
}

static void qd_rnn_inputs(const qd_cell_forward *step)
{
    qd_cell_step_inputs(&qd_rnn_code, step);
}

static void qd_rnn_step(const qd_cell_forward *step)
{
    qd_cell_step(&qd_rnn_code, step);
}

static void qd_rnn_step_back(const qd_cell_backward *step)
{
    qd_cell_step_back(&qd_rnn_code, step);
}

/* ------------------------------------------------------------------------------------------------- roof */

/* 12 chains: three times what two units with a latency of four need at once, and no more than any set has registers
   for.  They are kept apart from one another and from what the compiler could foresee by their first values. */
static double qd_peak_run(size_t rounds)
{
    enum { CHAINS = 12 };
    volatile qd_real start = (qd_real)1e-3;
    const qd_vec x = qd_vec_set(start), y = qd_vec_set((qd_real)0.5);
    qd_vec sum[CHAINS];
    for (size_t i = 0; i < CHAINS; i++) {
        sum[i] = qd_vec_set((qd_real)i);
    }
    for (size_t n = 0; n < rounds; n++) {
        for (size_t i = 0; i < CHAINS; i++) {
            sum[i] = qd_vec_fma(sum[i], y, x);
        }
    }
    for (size_t i = 1; i < CHAINS; i++) {
        sum[0] = qd_vec_add(sum[0], sum[i]);
    }
    qd_real out[QD_LANES];
    qd_vec_store(out, sum[0]);
    start = out[0];
    return 2.0 * CHAINS * QD_LANES * (double)rounds;
}

/* ------------------------------------------------------------------------------------------------ table */

#define QD_KERNELS_TABLE(set_name)                                                                                     \
    {                                                                                                                  \
        .name = set_name, .lanes = QD_LANES, .exp = qd_map_exp, .sigmoid = qd_map_sigmoid, .tanh = qd_map_tanh,        \
        .cell_forward = {[QD_CELL_LSTM] = qd_lstm_step, [QD_CELL_RNN] = qd_rnn_step},                                  \
        .cell_inputs = {[QD_CELL_LSTM] = qd_lstm_inputs, [QD_CELL_RNN] = qd_rnn_inputs},                               \
        .cell_backward = {[QD_CELL_LSTM] = qd_lstm_step_back, [QD_CELL_RNN] = qd_rnn_step_back},                       \
        .affine = qd_affine_run, .outer = qd_outer_run, .column_sums = qd_column_sums_run,                             \
        .transpose = qd_transpose_run, .copy = qd_copy_run, .adam = qd_adam_run, .squares = qd_squares_run,            \
        .peak = qd_peak_run                                                                                            \
    }

#endif
