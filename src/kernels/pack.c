/* Packing: the canonical weights copied into panels of `lanes` columns, the order in which the kernels read them. */
#include "kernels/kernels.h"

static size_t panels(const qd_kernels *kernels, size_t columns)
{
    return (columns + kernels->lanes - 1) / kernels->lanes;
}

size_t qd_pack_cell_size(const qd_kernels *kernels, const qd_cell *cell, size_t inputs, size_t units)
{
    return panels(kernels, units) * (1 + inputs + units) * cell->gates * kernels->lanes;
}

size_t qd_pack_matrix_size(const qd_kernels *kernels, size_t depth, size_t cols)
{
    return panels(kernels, cols) * depth * kernels->lanes;
}

/* `lanes` elements, `stride` apart, of which the first `count` exist; the others are zeros. */
static void pack_lanes(size_t lanes, size_t count, const qd_real *source, size_t stride, qd_real *packed)
{
    for (size_t i = 0; i < lanes; i++) {
        packed[i] = i < count ? source[i * stride] : 0;
    }
}

void qd_pack_cell(const qd_kernels *kernels, const qd_cell *cell, size_t inputs, size_t units, const qd_real *w_ih,
                  const qd_real *w_hh, const qd_real *bias, qd_real *packed)
{
    const size_t lanes = kernels->lanes;
    for (size_t unit = 0; unit < units; unit += lanes) {
        const size_t count = units - unit < lanes ? units - unit : lanes;
        for (size_t k = 0; k < 1 + inputs + units; k++) {
            for (size_t g = 0; g < cell->gates; g++, packed += lanes) {
                const size_t row = g * units + unit;
                if (k == 0) {
                    pack_lanes(lanes, count, bias + row, 1, packed);
                } else if (k <= inputs) {
                    pack_lanes(lanes, count, w_ih + row * inputs + (k - 1), inputs, packed);
                } else {
                    pack_lanes(lanes, count, w_hh + row * units + (k - 1 - inputs), units, packed);
                }
            }
        }
    }
}

void qd_pack_matrix(const qd_kernels *kernels, size_t depth, size_t cols, const qd_real *source, size_t row_stride,
                    size_t column_stride, qd_real *packed)
{
    const size_t lanes = kernels->lanes;
    for (size_t column = 0; column < cols; column += lanes) {
        const size_t count = cols - column < lanes ? cols - column : lanes;
        for (size_t k = 0; k < depth; k++, packed += lanes) {
            pack_lanes(lanes, count, source + k * row_stride + column * column_stride, column_stride, packed);
        }
    }
}
