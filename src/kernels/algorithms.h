/* The kernels themselves, written once over the vector type: each kernels_X.c includes a vector header, then this, and
   fills its table with QD_KERNELS_TABLE.  The contract (shapes, order of the sums) is kernels.h. */
#ifndef QD_KERNELS_ALGORITHMS_H
#define QD_KERNELS_ALGORITHMS_H

#include "kernels/kernels.h"
#include "kernels/wrong.h"

#include "kernels/vmath.h"
#include "kernels/tile.h"
#include "kernels/cell.h"
#include "kernels/cell_lstm.h"
#include "kernels/cell_rnn.h"

enum {
    QD_BLOCK_ROWS = 48,         /* rows whose sums are kept aside (on the stack) while blocks of k pass */
    QD_BLOCK_BYTES = 24 * 1024, /* of packed weights, which stay in the first-level cache meanwhile */
    QD_BLOCK_DEPTH = 128,       /* rows of both matrices of a weight gradient, likewise */
    QD_BLOCK_SPANS = 32,
    QD_REGION_ROWS = 256, /* of the weight gradient's sums, which stay in the second-level cache */
    QD_REGION_VECTORS = 12,
    QD_GATHER_ROWS = 96 /* from so many on, copying what the tiles read costs less than what it saves */
};

static inline size_t qd_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t qd_greatest(size_t a, size_t b)
{
    return a > b ? a : b;
}

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

static inline size_t qd_vectors(size_t columns)
{
    return (columns + QD_LANES - 1) / QD_LANES;
}

/* Vectors of columns that one tile takes where `columns` are left. */
static inline size_t qd_tile_width(size_t columns)
{
    return qd_cut(qd_vectors(columns), QD_TILE_COLS);
}

static inline qd_tail qd_last_tail(size_t width, size_t columns)
{
    return qd_vec_tail(qd_least(columns - (width - 1) * QD_LANES, QD_LANES));
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
    for (size_t column = 0, width; column < p->cols; column += width * QD_LANES) {
        width = qd_tile_width(p->cols - column);
        for (size_t first = 0, rows; first < p->rows; first += rows) {
            rows = qd_cut(p->rows - first, QD_BLOCK_ROWS);
            qd_affine_block(p, first, rows, column, width);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ cells */

/* A panel of units: its weights, its first unit, and how many there are. */
typedef struct qd_panel {
    const qd_real *weights;
    size_t unit;
    qd_tail tail;
} qd_panel;

static inline qd_panel qd_panel_at(const size_t gates, const qd_cell_forward *s, size_t unit)
{
    const size_t size = (1 + s->inputs + s->units) * gates; /* a unit */
    return (qd_panel){s->packed + unit * size, unit, qd_vec_tail(qd_least(s->units - unit, QD_LANES))};
}

/* z[rows][G] = b, or what z already is. */
QD_INLINE void qd_cell_begin(const size_t gates, const qd_cell_forward *s, qd_panel panel, size_t first, size_t rows,
                             qd_vec *z)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t g = 0; g < gates; g++) {
            z[i * gates + g] =
                s->z == NULL ? qd_vec_load(panel.weights + g * QD_LANES)
                             : qd_vec_load_tail(s->z + (first + i) * s->ldz + g * s->units + panel.unit, panel.tail);
        }
    }
}

/* z[rows][G] += W x (unless it is in z), += U h (unless `inputs`: only the first part is wanted). */
QD_INLINE void qd_cell_product(const size_t gates, const int inputs, const qd_cell_forward *s, qd_panel panel,
                               size_t first, size_t rows, qd_vec *z)
{
    const size_t step = gates * QD_LANES;
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
    qd_multiply(&product, rows, gates, z);
}

/* The same for one row and two panels side by side: the chains of one alone are too few to hide their latency. */
QD_INLINE void qd_cell_product_pair(const size_t gates, const qd_cell_forward *s, const qd_panel *panels, qd_vec *z)
{
    const size_t step = gates * QD_LANES;
    qd_vec sum[2][QD_MOST_GATES];
    for (size_t g = 0; g < gates; g++) {
        sum[0][g] = z[g];
        sum[1][g] = z[gates + g];
    }
    for (int part = s->z == NULL ? 0 : 1; part < 2; part++) {
        const qd_real *a = part == 0 ? s->x : s->h_in;
        const size_t depth = part == 0 ? s->inputs : s->units, skip = part == 0 ? step : (1 + s->inputs) * step;
        const qd_real *b0 = panels[0].weights + skip, *b1 = panels[1].weights + skip;
        for (size_t k = 0; k < depth; k++, b0 += step, b1 += step) {
            const qd_vec each = qd_vec_set(a[k]);
            for (size_t g = 0; g < gates; g++) {
                sum[0][g] = qd_vec_fma(each, qd_vec_load(b0 + g * QD_LANES), sum[0][g]);
                sum[1][g] = qd_vec_fma(each, qd_vec_load(b1 + g * QD_LANES), sum[1][g]);
            }
        }
    }
    for (size_t g = 0; g < gates; g++) {
        z[g] = sum[0][g];
        z[gates + g] = sum[1][g];
    }
}

/* Gates and states of one panel of units, from its preactivations. */
QD_INLINE void qd_cell_states_after(const qd_cell_code *code, const qd_cell_forward *s, qd_panel panel, size_t first,
                                    size_t rows, const qd_vec *z)
{
    const size_t unit = panel.unit;
    const qd_tail tail = panel.tail;
    for (size_t r = first; r < first + rows; r++) {
        qd_vec gates[QD_MOST_GATES];
        qd_vec c_out;
        qd_vec c_in = code->states > 1 ? qd_vec_load_tail(s->c_in + r * s->ldc_in + unit, tail) : qd_vec_set(0);
        qd_vec h = code->forward(z + (r - first) * code->gates, c_in, gates, &c_out);
        qd_vec_store_tail(s->h_out + r * s->ldh_out + unit, h, tail);
        if (code->states > 1) {
            qd_vec_store_tail(s->c_out + r * s->ldc_out + unit, c_out, tail);
        }
        for (size_t g = 0; s->saved != NULL && g < code->gates; g++) {
            qd_vec_store_tail(s->saved + r * s->ld_saved + g * s->units + unit, gates[g], tail);
        }
    }
}

QD_INLINE void qd_cell_step(const qd_cell_code *code, const qd_cell_forward *s)
{
    size_t unit = 0;
    for (; s->rows == 1 && unit + QD_LANES < s->units; unit += 2 * QD_LANES) {
        const qd_panel panels[2] = {qd_panel_at(code->gates, s, unit), qd_panel_at(code->gates, s, unit + QD_LANES)};
        qd_vec z[2 * QD_MOST_GATES];
        qd_cell_begin(code->gates, s, panels[0], 0, 1, z);
        qd_cell_begin(code->gates, s, panels[1], 0, 1, z + code->gates);
        qd_cell_product_pair(code->gates, s, panels, z);
        qd_cell_states_after(code, s, panels[0], 0, 1, z);
        qd_cell_states_after(code, s, panels[1], 0, 1, z + code->gates);
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

QD_INLINE void qd_cell_step_back(const qd_cell_code *code, const qd_cell_backward *s)
{
    for (size_t r = 0; r < s->rows; r++) {
        for (size_t unit = 0; unit < s->units; unit += QD_LANES) {
            const qd_tail tail = qd_vec_tail(qd_least(s->units - unit, QD_LANES));
            qd_real *saved = s->saved + r * s->ld_saved + unit;
            qd_vec gates[QD_MOST_GATES];
            qd_vec dz[QD_MOST_GATES];
            for (size_t g = 0; g < code->gates; g++) {
                gates[g] = qd_vec_load_tail(saved + g * s->units, tail);
            }
            const qd_vec zero = qd_vec_set(0);
            const int has_c = code->states > 1;
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

/* ------------------------------------------------------------------------------------ sums over the rows */

/* A part of a weight gradient, transposed: sums[k][j] for `rows` of k and `columns` of j, the gates, which are many and
   so fill the vectors even where there is one input.  For column_sums there is one k, and b is `ones`. */
typedef struct qd_region {
    const qd_outer *gradient;
    size_t j, k, columns, rows;
    int sums; /* column_sums */
} qd_region;

/* Some spans' rows of one group: a(i, k) of the product is b's, its B is a's. */
typedef struct qd_stretch {
    qd_segment segments[QD_BLOCK_SPANS];
    size_t count, depth;
} qd_stretch;

/* The part of a span that lies in rows first .. last-1. */
static qd_segment qd_region_segment(const qd_region *region, const qd_span *span, size_t first, size_t last)
{
    static const qd_real one = 1;
    const qd_outer *g = region->gradient;
    const qd_real *gates = span->a + first * g->lda + region->j;
    if (region->sums) {
        return (qd_segment){&one, gates, 0, last - first - (qd_wrong(11) ? 1 : 0)};
    }
    return (qd_segment){span->b + first * g->ldb + region->k, gates, 1, last - first};
}

/* Copies vectors column .. column+width of every row of the stretch to lie one after the other: rows whose distance is
   a power of two would fall on each other in the cache. */
static void qd_stretch_gather(qd_stretch *stretch, size_t ld, size_t column, size_t width, qd_tail tail, qd_real *to)
{
    const qd_tail all = qd_vec_tail(QD_LANES);
    for (size_t s = 0; s < stretch->count; s++) {
        qd_segment *segment = &stretch->segments[s];
        const qd_real *from = segment->b + column;
        segment->b = to;
        for (size_t k = 0; k < segment->depth; k++, from += ld) {
            for (size_t c = 0; c < width; c++, to += QD_LANES) {
                __builtin_prefetch(from + (width + c) * QD_LANES);
                qd_vec_store(to, qd_vec_load_tail(from + c * QD_LANES, c + 1 == width ? tail : all));
            }
        }
    }
}

/* sums += the stretch, strip after strip of QD_TILE_COLS vectors or less: strip[rows][width], one after the other. */
static void qd_region_add(const qd_region *region, const qd_stretch *stretch, qd_vec *sums)
{
    const qd_outer *g = region->gradient;
    const int gather = region->rows >= QD_GATHER_ROWS;
    qd_real gathered[QD_BLOCK_DEPTH * QD_TILE_COLS * QD_LANES];
    for (size_t column = 0, width; column < region->columns; column += width * QD_LANES) {
        width = qd_tile_width(region->columns - column);
        qd_stretch strip = *stretch;
        const qd_tail tail = qd_last_tail(width, region->columns - column);
        qd_product product = {strip.segments, strip.count, region->sums || qd_wrong(10) ? 0 : g->ldb,
                              g->lda,         QD_LANES,    tail};
        if (gather) {
            qd_stretch_gather(&strip, g->lda, column, width, tail, gathered);
            product.b_step = width * QD_LANES;
            qd_tiles_full(&product, region->rows, width, sums);
        } else {
            for (size_t s = 0; s < strip.count; s++) {
                strip.segments[s].b += column;
            }
            qd_tiles_tail(&product, region->rows, width, sums);
        }
        sums += region->rows * width;
    }
}

/* The group's sums so far, from memory (`store`: back to it), or zeros. */
static void qd_region_so_far(const qd_region *region, size_t group, int store, qd_vec *sums)
{
    const qd_outer *g = region->gradient;
    if (g->sums == NULL) {
        for (size_t i = 0; i < region->rows * qd_vectors(region->columns); i++) {
            sums[i] = qd_vec_set(0);
        }
        return;
    }
    const qd_tail all = qd_vec_tail(QD_LANES);
    const size_t cols = region->sums ? 1 : g->cols;
    qd_real *from = g->sums + (group * cols + region->k) * g->ld_sums + region->j;
    for (size_t column = 0, width; column < region->columns; column += width * QD_LANES) {
        width = qd_tile_width(region->columns - column);
        const qd_tail last = qd_last_tail(width, region->columns - column);
        for (size_t k = 0; k < region->rows; k++) {
            for (size_t c = 0; c < width; c++, sums++) {
                qd_real *at = from + k * g->ld_sums + column + c * QD_LANES;
                if (store) {
                    qd_vec_store_tail(at, *sums, c + 1 == width ? last : all);
                } else {
                    *sums = qd_vec_load_tail(at, c + 1 == width ? last : all);
                }
            }
        }
    }
}

/* sums = the region's sums over the rows of one group, span after span. */
static void qd_region_group(const qd_region *region, size_t group, qd_vec *sums)
{
    const qd_outer *g = region->gradient;
    const size_t begin = group * QD_GROUP_ROWS;
    qd_region_so_far(region, group, 0, sums);
    qd_stretch stretch;
    stretch.count = stretch.depth = 0;
    for (size_t s = qd_wrong(9) && !region->sums ? 1 : 0; s < g->count; s++) {
        const size_t first = qd_greatest(g->spans[s].first, begin);
        const size_t last = qd_least(g->spans[s].last, begin + QD_GROUP_ROWS);
        if (first >= last) {
            continue;
        }
        if (stretch.count == QD_BLOCK_SPANS || stretch.depth + QD_GROUP_ROWS > QD_BLOCK_DEPTH) {
            qd_region_add(region, &stretch, sums);
            stretch.count = stretch.depth = 0;
        }
        stretch.segments[stretch.count++] = qd_region_segment(region, &g->spans[s], first, last);
        stretch.depth += last - first;
    }
    qd_region_add(region, &stretch, sums);
}

/* sums = the pairwise sum of `count` groups from `first` on.  The recursion is as deep as the binary logarithm. */
static void qd_region_tree(const qd_region *region, size_t first, size_t count, qd_vec *sums)
{
    if (count == 1) {
        qd_region_group(region, first, sums);
        return;
    }
    size_t left = 1;
    while (2 * left < count) {
        left *= 2;
    }
    qd_vec right[QD_REGION_ROWS * QD_REGION_VECTORS];
    qd_region_tree(region, first, left, sums);
    qd_region_tree(region, first + left, count - left, right);
    for (size_t i = 0; i < region->rows * qd_vectors(region->columns); i++) {
        sums[i] = qd_vec_add(sums[i], right[i]);
    }
}

/* out[j][k] = sums[k][j] for one strip: in squares, so that each line of memory is fetched once. */
static void qd_strip_write(const qd_vec *sums, size_t rows, size_t width, size_t columns, qd_real *out, size_t ldo)
{
    enum { SQUARE = 16 };
    const qd_real *from = (const qd_real *)sums;
    for (size_t j = 0; j < columns; j += SQUARE) {
        const size_t j_end = qd_least(j + SQUARE, columns);
        for (size_t k = 0; k < rows; k += SQUARE) {
            const size_t k_end = qd_least(k + SQUARE, rows);
            for (size_t at = j; at < j_end; at++) {
                for (size_t i = k; i < k_end; i++) {
                    out[at * ldo + i] = from[i * width * QD_LANES + at];
                }
            }
        }
    }
}

/* Computes a region and writes it at out[columns][ldo]. */
static void qd_region_run(const qd_region *region, qd_real *out, size_t ldo)
{
    const size_t groups = qd_greatest((region->gradient->rows + QD_GROUP_ROWS - 1) / QD_GROUP_ROWS, 1);
    qd_vec sums[QD_REGION_ROWS * QD_REGION_VECTORS];
    for (size_t group = 0; region->gradient->more && group < groups; group++) {
        qd_region_group(region, group, sums);
        qd_region_so_far(region, group, 1, sums);
    }
    if (region->gradient->more) {
        return;
    }
    qd_region_tree(region, 0, groups, sums);
    const qd_vec *strip = sums;
    for (size_t column = 0, width; column < region->columns; column += width * QD_LANES) {
        width = qd_tile_width(region->columns - column);
        const size_t columns = qd_least(region->columns - column, width * QD_LANES);
        qd_strip_write(strip, region->rows, width, columns, out + column * ldo, ldo);
        strip += region->rows * width;
    }
}

static void qd_outer_run(const qd_outer *g)
{
    for (size_t j = g->j_begin, columns; j < g->j_end; j += columns) {
        columns = qd_least(g->j_end - j, QD_REGION_VECTORS * QD_LANES);
        for (size_t k = 0, rows; k < g->cols; k += rows) {
            rows = qd_cut(g->cols - k, QD_REGION_ROWS);
            const qd_region region = {g, j, k, columns, rows, 0};
            qd_region_run(&region, g->out + j * g->ldo + k, g->ldo);
        }
    }
}

static void qd_column_sums_run(const qd_outer *g)
{
    for (size_t j = g->j_begin, columns; j < g->j_end; j += columns) {
        columns = qd_least(g->j_end - j, QD_REGION_VECTORS * QD_LANES);
        const qd_region region = {g, j, 0, columns, 1, 1};
        qd_region_run(&region, g->out + j, 1);
    }
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
        .affine = qd_affine_run, .outer = qd_outer_run, .column_sums = qd_column_sums_run, .peak = qd_peak_run         \
    }

#endif
