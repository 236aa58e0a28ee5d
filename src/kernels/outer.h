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
   so fill the vectors even where there is one input; with `bias` one more row, of column sums, at the end. */
typedef struct qd_region {
    const qd_outer *gradient;
    size_t j, k, columns, rows;
    size_t bias; /* 0 or 1 */
} qd_region;

/* Some spans' rows of one group: a(i, k) of the product is b's, its B is a's. */
typedef struct qd_stretch {
    qd_segment segments[QD_BLOCK_SPANS];
    size_t count;
} qd_stretch;

/* The next stretch of a group, from spans[*span] on; none: count 0. */
static void qd_stretch_next(const qd_region *region, size_t group, size_t *span, qd_stretch *stretch)
{
    const qd_outer *g = region->gradient;
    const size_t begin = group * QD_GROUP_ROWS;
    stretch->count = 0;
    for (size_t depth = 0; *span < g->count && stretch->count < QD_BLOCK_SPANS; ++*span) {
        const qd_span *s = &g->spans[*span];
        const size_t first = qd_greatest(s->first, begin), last = qd_least(s->last, begin + QD_GROUP_ROWS);
        if (first >= last) {
            continue;
        }
        depth += last - first;
        if (depth > QD_BLOCK_DEPTH) {
            return;
        }
        const qd_real *inputs = region->rows > 0 ? s->b + first * g->ldb + region->k : NULL;
        stretch->segments[stretch->count++] = (qd_segment){inputs, s->a + first * g->lda + region->j, 1, last - first};
    }
}

/* Copies vectors 0 .. width-1 of every row of the stretch to lie one after the other, and fills `gathered` with where
   they lie: rows whose distance is a power of two would fall on each other in the cache.  What will be gathered next,
   `offset` elements into the rows of `next`, is fetched meanwhile. */
static void qd_stretch_gather(const qd_stretch *stretch, size_t ld, size_t width, qd_tail tail, const qd_stretch *next,
                              size_t offset, qd_real *to, qd_segment *gathered)
{
    const qd_tail all = qd_vec_tail(QD_LANES);
    for (size_t s = 0; s < stretch->count; s++) {
        const qd_real *from = stretch->segments[s].b;
        const qd_real *ahead = s < next->count ? next->segments[s].b + offset : from;
        gathered[s] = stretch->segments[s];
        gathered[s].b = to;
        for (size_t k = 0; k < gathered[s].depth; k++, from += ld, ahead += ld) {
            for (size_t c = 0; c < width; c++, to += QD_LANES) {
                __builtin_prefetch(ahead + c * QD_LANES);
                qd_vec_store(to, qd_vec_load_tail(from + c * QD_LANES, c + 1 == width ? tail : all));
            }
        }
    }
}

/* One strip, of `width` vectors: sums[rows][width] += the product, and sums[rows] += the column sums. */
static void qd_strip_add(const qd_region *region, const qd_product *product, int gathered, size_t width, qd_vec *sums)
{
    static const qd_real one = 1;
    if (gathered) {
        qd_tiles_full(product, region->rows, width, sums);
    } else {
        qd_tiles_tail(product, region->rows, width, sums);
    }
    if (region->bias > 0) {
        qd_segment ones[QD_BLOCK_SPANS];
        for (size_t s = 0; s < product->count; s++) {
            const size_t depth = product->segments[s].depth - (qd_wrong(11) ? 1 : 0);
            ones[s] = (qd_segment){&one, product->segments[s].b, 0, depth};
        }
        const qd_product all = {ones, product->count, 0, product->b_step, QD_LANES, product->tail};
        qd_tiles_tail(&all, 1, width, sums + region->rows * width);
    }
}

/* sums += the stretch, strip after strip of QD_TILE_COLS vectors or less: strip[rows + bias][width], one after the
   other.  The stretch is used up; `next` comes after it. */
static void qd_region_add(const qd_region *region, qd_stretch *stretch, const qd_stretch *next, qd_vec *sums)
{
    const qd_outer *g = region->gradient;
    const int gather = region->rows >= QD_GATHER_ROWS;
    qd_real gathered[QD_BLOCK_DEPTH * QD_TILE_COLS * QD_LANES];
    qd_segment segments[QD_BLOCK_SPANS];
    for (size_t column = 0, width; column < region->columns; column += width * QD_LANES) {
        width = qd_tile_width(region->columns - column);
        const qd_tail tail = qd_last_tail(width, region->columns - column);
        qd_product product = {stretch->segments, stretch->count, g->ldb, g->lda, QD_LANES, tail};
        product.a_step = qd_wrong(10) ? 0 : g->ldb;
        if (gather) {
            const int last = column + width * QD_LANES >= region->columns;
            qd_stretch_gather(stretch, g->lda, width, tail, last ? next : stretch, last ? 0 : width * QD_LANES,
                              gathered, segments);
            product.segments = segments;
            product.b_step = width * QD_LANES;
            product.tail = qd_vec_tail(QD_LANES);
        }
        qd_strip_add(region, &product, gather, width, sums);
        for (size_t s = 0; s < stretch->count; s++) {
            stretch->segments[s].b += width * QD_LANES;
        }
        sums += (region->rows + region->bias) * width;
    }
}

static inline size_t qd_region_vectors(const qd_region *region)
{
    return (region->rows + region->bias) * qd_vectors(region->columns);
}

/* Where the group's sums so far of row k are kept. */
static inline qd_real *qd_region_kept(const qd_region *region, size_t group, size_t k)
{
    const qd_outer *g = region->gradient;
    return k == region->rows ? g->bias_sums + group * g->ld_sums + region->j
                             : g->sums + (group * g->cols + region->k + k) * g->ld_sums + region->j;
}

static inline int qd_region_in_parts(const qd_region *region)
{
    return (region->rows > 0 ? region->gradient->sums : region->gradient->bias_sums) != NULL;
}

/* The group's sums so far, from memory (`store`: back to it), or zeros. */
static void qd_region_so_far(const qd_region *region, size_t group, int store, qd_vec *sums)
{
    if (!qd_region_in_parts(region)) {
        for (size_t i = 0; i < qd_region_vectors(region); i++) {
            sums[i] = qd_vec_set(0);
        }
        return;
    }
    const qd_tail all = qd_vec_tail(QD_LANES);
    for (size_t column = 0, width; column < region->columns; column += width * QD_LANES) {
        width = qd_tile_width(region->columns - column);
        const qd_tail last = qd_last_tail(width, region->columns - column);
        for (size_t k = 0; k < region->rows + region->bias; k++) {
            qd_real *kept = qd_region_kept(region, group, k) + column;
            for (size_t c = 0; c < width; c++, sums++) {
                if (store) {
                    qd_vec_store_tail(kept + c * QD_LANES, *sums, c + 1 == width ? last : all);
                } else {
                    *sums = qd_vec_load_tail(kept + c * QD_LANES, c + 1 == width ? last : all);
                }
            }
        }
    }
}

/* sums = the region's sums over the rows of one group, span after span. */
static void qd_region_group(const qd_region *region, size_t group, qd_vec *sums)
{
    qd_stretch stretch[2];
    size_t span = qd_wrong(9) && region->rows > 0 ? 1 : 0;
    qd_region_so_far(region, group, 0, sums);
    qd_stretch_next(region, group, &span, &stretch[0]);
    for (int i = 0; stretch[i].count > 0; i = 1 - i) {
        qd_stretch_next(region, group, &span, &stretch[1 - i]);
        qd_region_add(region, &stretch[i], &stretch[1 - i], sums);
    }
}

enum { QD_REGION_SUMS = (QD_REGION_ROWS + 1) * QD_REGION_VECTORS };

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
    qd_vec right[QD_REGION_SUMS];
    qd_region_tree(region, first, left, sums);
    qd_region_tree(region, first + left, count - left, right);
    for (size_t i = 0; i < qd_region_vectors(region); i++) {
        sums[i] = qd_vec_add(sums[i], right[i]);
    }
}

/* The gradient's part, from sums that are all there. */
static void qd_region_write(const qd_region *region, const qd_vec *sums)
{
    const qd_outer *g = region->gradient;
    const qd_real *strip = (const qd_real *)sums;
    for (size_t column = 0, width; column < region->columns; column += width * QD_LANES) {
        width = qd_tile_width(region->columns - column);
        const size_t columns = qd_least(region->columns - column, width * QD_LANES), ld = width * QD_LANES;
        const size_t j = region->j + column;
        if (region->rows > 0) {
            qd_transpose_run(region->rows, columns, strip, ld, g->out + j * g->ldo + region->k, g->ldo);
        }
        strip += region->rows * ld;
        if (region->bias > 0) {
            qd_copy_run(1, columns, strip, 0, g->bias + j, 0);
            strip += ld;
        }
    }
}

static void qd_region_run(const qd_region *region)
{
    const size_t groups = qd_greatest((region->gradient->rows + QD_GROUP_ROWS - 1) / QD_GROUP_ROWS, 1);
    qd_vec sums[QD_REGION_SUMS];
    for (size_t group = 0; region->gradient->more && group < groups; group++) {
        qd_region_group(region, group, sums);
        qd_region_so_far(region, group, 1, sums);
    }
    if (!region->gradient->more) {
        qd_region_tree(region, 0, groups, sums);
        qd_region_write(region, sums);
    }
}

static void qd_outer_run(const qd_outer *g)
{
    for (size_t j = g->j_begin, columns; j < g->j_end; j += columns) {
        columns = qd_least(g->j_end - j, QD_REGION_VECTORS * QD_LANES);
        for (size_t k = 0, rows; k < g->cols; k += rows) {
            rows = qd_cut(g->cols - k, QD_REGION_ROWS);
            const qd_region region = {g, j, k, columns, rows, k == 0 && g->bias != NULL ? 1 : 0};
            qd_region_run(&region);
        }
    }
}

static void qd_column_sums_run(const qd_outer *g)
{
    qd_outer sums = *g;
    sums.bias = g->out;
    sums.bias_sums = g->sums;
    for (size_t j = g->j_begin, columns; j < g->j_end; j += columns) {
        columns = qd_least(g->j_end - j, QD_REGION_VECTORS * QD_LANES);
        const qd_region region = {&sums, j, 0, columns, 0, 1};
        qd_region_run(&region);
    }
}

#endif
