/* Sums over the rows of a batch: the weight gradients.  The order of the sums is the contract of kernels.h. */
#ifndef QD_KERNELS_OUTER_H
#define QD_KERNELS_OUTER_H

/* Included by algorithms.h, after tile.h and transpose.h. */

enum {
    QD_BLOCK_DEPTH = 128, /* rows of both matrices of a weight gradient, which stay in the first-level cache */
    QD_BLOCK_SPANS = 32,
    QD_REGION_ROWS = 256, /* of the weight gradient's sums, which stay in the second-level cache */
    QD_REGION_VECTORS = 12,
    QD_GATHER_ROWS = 96 /* from so many on, copying what the tiles read costs less than what it saves */
};

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

/* Copies vectors 0 .. width-1 of every row of the stretch to lie one after the other, and fills `gathered` with where
   they lie: rows whose distance is a power of two would fall on each other in the cache. */
static void qd_stretch_gather(const qd_stretch *stretch, size_t ld, size_t width, qd_tail tail, qd_real *to,
                              qd_segment *gathered)
{
    const qd_tail all = qd_vec_tail(QD_LANES);
    for (size_t s = 0; s < stretch->count; s++) {
        const qd_real *from = stretch->segments[s].b;
        gathered[s] = stretch->segments[s];
        gathered[s].b = to;
        for (size_t k = 0; k < gathered[s].depth; k++, from += ld) {
            for (size_t c = 0; c < width; c++, to += QD_LANES) {
                __builtin_prefetch(from + (width + c) * QD_LANES);
                qd_vec_store(to, qd_vec_load_tail(from + c * QD_LANES, c + 1 == width ? tail : all));
            }
        }
    }
}

/* sums += the stretch, strip after strip of QD_TILE_COLS vectors or less: strip[rows][width], one after the other.  The
   stretch is at its end then. */
static void qd_region_add(const qd_region *region, qd_stretch *stretch, qd_vec *sums)
{
    const qd_outer *g = region->gradient;
    const int gather = region->rows >= QD_GATHER_ROWS;
    qd_real gathered[QD_BLOCK_DEPTH * QD_TILE_COLS * QD_LANES];
    qd_segment segments[QD_BLOCK_SPANS];
    for (size_t column = 0, width; column < region->columns; column += width * QD_LANES) {
        width = qd_tile_width(region->columns - column);
        const qd_tail tail = qd_last_tail(width, region->columns - column);
        qd_product product = {
            stretch->segments, stretch->count, region->sums || qd_wrong(10) ? 0 : g->ldb, g->lda, QD_LANES, tail};
        if (gather) {
            qd_stretch_gather(stretch, g->lda, width, tail, gathered, segments);
            product.segments = segments;
            product.b_step = width * QD_LANES;
            qd_tiles_full(&product, region->rows, width, sums);
        } else {
            qd_tiles_tail(&product, region->rows, width, sums);
        }
        for (size_t s = 0; s < stretch->count; s++) {
            stretch->segments[s].b += width * QD_LANES;
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
        qd_transpose_run(region->rows, columns, (const qd_real *)strip, width * QD_LANES, out + column * ldo, ldo);
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

#endif
