/* Matrices turned and copied by whole vectors: what packing the weights and writing their gradients consist of. */
#ifndef QD_KERNELS_TRANSPOSE_H
#define QD_KERNELS_TRANSPOSE_H

/* Included by algorithms.h, after tile.h. */

/* Turns a square.  Element c of row r is number r L + c of L^2; a round interleaves the upper half of the rows with the
   lower one, which doubles every number (modulo L^2 - 1), so log2 L rounds make it c L + r. */
QD_INLINE void qd_square_turn(qd_vec *rows)
{
    for (size_t round = 1; round < QD_LANES; round *= 2) {
        qd_vec next[QD_LANES];
        for (size_t i = 0; i < QD_LANES / 2; i++) {
            qd_vec_zip(rows[i], rows[i + QD_LANES / 2], &next[2 * i], &next[2 * i + 1]);
        }
        for (size_t i = 0; i < QD_LANES; i++) {
            rows[i] = next[i];
        }
    }
}

static void qd_transpose_run(size_t rows, size_t cols, const qd_real *from, size_t ld, qd_real *to, size_t ldo)
{
    for (size_t c = 0; c < cols; c += QD_LANES) {
        const size_t width = qd_least(cols - c, QD_LANES);
        const qd_tail across = qd_vec_tail(width);
        for (size_t r = 0; r < rows; r += QD_LANES) {
            const size_t height = qd_least(rows - r, QD_LANES);
            const qd_tail down = qd_vec_tail(height);
            qd_vec square[QD_LANES];
            for (size_t i = 0; i < QD_LANES; i++) {
                square[i] = i < height ? qd_vec_load_tail(from + (r + i) * ld + c, across) : qd_vec_set(0);
            }
            qd_square_turn(square);
            for (size_t i = 0; i < width; i++) {
                qd_vec_store_tail(to + (c + i) * ldo + r, square[i], down);
            }
        }
    }
}

static void qd_copy_run(size_t rows, size_t cols, const qd_real *from, size_t ld, qd_real *to, size_t ldo)
{
    for (size_t c = 0; c < cols; c += QD_LANES) {
        const qd_tail tail = qd_vec_tail(qd_least(cols - c, QD_LANES));
        for (size_t r = 0; r < rows; r++) {
            qd_vec_store_tail(to + r * ldo + c, qd_vec_load_tail(from + r * ld + c, tail), tail);
        }
    }
}

#endif
