/* The register tile, on which every product rests:

       z[i][c] += sum over the segments and their k of a(i, k) * B(k, c)

   for a few rows i and a few vectors c of columns, one fused multiply-add after the other in the order of k, with all
   sums in registers.  What a, B, i and k are is a matter of strides: a cell's gates, the dense product and the weight
   gradient are all this. */
#ifndef QD_KERNELS_TILE_H
#define QD_KERNELS_TILE_H

/* Included after the header of a vector type. */

#define QD_INLINE static inline __attribute__((always_inline))

/* The size of the next piece of `left`, cut into pieces as equal as can be, none above `most`. */
static inline size_t qd_cut(size_t left, size_t most)
{
    return left / ((left + most - 1) / most);
}

static inline size_t qd_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t qd_greatest(size_t a, size_t b)
{
    return a > b ? a : b;
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

/* A stretch of k: `depth` of them. */
typedef struct qd_segment {
    const qd_real *a; /* a(i, k) at a[i*a_row + k*a_step] */
    const qd_real *b; /* vector c of B(k, ...) at b[k*b_step + c*b_column] */
    size_t a_row, depth;
} qd_segment;

typedef struct qd_product {
    const qd_segment *segments;
    size_t count;
    size_t a_step, b_step, b_column;
    qd_tail tail; /* of the last vector, where `partial` */
} qd_product;

/* Rows `first` .. first+rows-1 of z[..][cols].  `rows`, `cols` and `partial` are constants wherever this is inlined. */
QD_INLINE void qd_tile(const size_t rows, const size_t cols, const int partial, const qd_product *p, size_t first,
                       qd_vec *z)
{
    qd_vec sum[QD_TILE_ROWS][QD_TILE_COLS];
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < cols; c++) {
            sum[i][c] = z[(first + i) * cols + c];
        }
    }
    const size_t a_step = p->a_step;
    const size_t b_step = p->b_step;
    const size_t b_column = p->b_column;
    const qd_tail tail = p->tail;
    for (size_t s = 0; s < p->count; s++) {
        const size_t a_row = p->segments[s].a_row;
        const size_t depth = p->segments[s].depth;
        const qd_real *a = p->segments[s].a + first * a_row;
        const qd_real *b = p->segments[s].b;
        for (size_t k = 0; k < depth; k++) {
            qd_vec each[QD_TILE_ROWS];
            for (size_t i = 0; i < rows; i++) {
                each[i] = qd_vec_set(a[i * a_row]);
            }
            for (size_t c = 0; c < cols; c++) {
                const qd_real *from = b + c * b_column;
                qd_vec v = partial && c + 1 == cols ? qd_vec_load_tail(from, tail) : qd_vec_load(from);
                for (size_t i = 0; i < rows; i++) {
                    sum[i][c] = qd_vec_fma(each[i], v, sum[i][c]);
                }
            }
            a += a_step;
            b += b_step;
        }
    }
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < cols; c++) {
            z[(first + i) * cols + c] = sum[i][c];
        }
    }
}

/* Any number of rows in tiles as equal as can be: 8 as 4 + 4 rather than 6 + 2. */
QD_INLINE void qd_tiles(const size_t cols, const int partial, const qd_product *p, size_t rows, qd_vec *z)
{
    for (size_t first = 0, height; first < rows; first += height) {
        height = qd_cut(rows - first, QD_TILE_ROWS);
        if (QD_TILE_ROWS >= 6 && height == 6) {
            qd_tile(6, cols, partial, p, first, z);
        } else if (QD_TILE_ROWS >= 5 && height == 5) {
            qd_tile(5, cols, partial, p, first, z);
        } else if (QD_TILE_ROWS >= 4 && height == 4) {
            qd_tile(4, cols, partial, p, first, z);
        } else if (height == 3) {
            qd_tile(3, cols, partial, p, first, z);
        } else if (height == 2) {
            qd_tile(2, cols, partial, p, first, z);
        } else {
            qd_tile(1, cols, partial, p, first, z);
        }
    }
}

/* z[rows][cols] += the product, its vectors of columns all full. */
static void qd_tiles_full(const qd_product *p, size_t rows, size_t cols, qd_vec *z)
{
    switch (cols) {
    case 4:
        qd_tiles(4, 0, p, rows, z);
        break;
    case 3:
        qd_tiles(3, 0, p, rows, z);
        break;
    case 2:
        qd_tiles(2, 0, p, rows, z);
        break;
    default:
        qd_tiles(1, 0, p, rows, z);
        break;
    }
}

/* The same where the last vector of columns may be cut short by p->tail. */
static void qd_tiles_tail(const qd_product *p, size_t rows, size_t cols, qd_vec *z)
{
    switch (cols) {
    case 4:
        qd_tiles(4, 1, p, rows, z);
        break;
    case 3:
        qd_tiles(3, 1, p, rows, z);
        break;
    case 2:
        qd_tiles(2, 1, p, rows, z);
        break;
    default:
        qd_tiles(1, 1, p, rows, z);
        break;
    }
}

#endif
