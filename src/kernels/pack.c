/* Packing: the canonical weights copied into panels of `lanes` columns, the order in which the kernels read them. */
#include "kernels/kernels.h"

#include <string.h>

static size_t panels(const qd_kernels *kernels, size_t columns)
{
    return (columns + kernels->lanes - 1) / kernels->lanes;
}

size_t qd_pack_cell_size(const qd_kernels *kernels, const qd_cell *cell, size_t inputs, size_t units)
{
    const size_t whole = units / kernels->lanes;
    const size_t width = qd_panel_width(cell->gates, units % kernels->lanes, kernels->lanes); /* of the last, if any */
    return (whole * cell->gates + width) * kernels->lanes * (1 + inputs + units);
}

size_t qd_pack_matrix_size(const qd_kernels *kernels, size_t depth, size_t cols)
{
    return panels(kernels, cols) * depth * kernels->lanes;
}

/* How many of a panel's columns exist; where that is not all of them, the panel is zeros to begin with. */
static size_t begin_panel(const qd_kernels *kernels, size_t left, size_t size, qd_real *panel)
{
    if (left >= kernels->lanes) {
        return kernels->lanes;
    }
    memset(panel, 0, size * sizeof *panel);
    return left;
}

void qd_pack_cell(const qd_kernels *kernels, const qd_cell *cell, size_t inputs, size_t units, const qd_real *w_ih,
                  const qd_real *w_hh, const qd_real *bias, qd_real *packed)
{
    const size_t lanes = kernels->lanes, depth = 1 + inputs + units;
    for (size_t unit = 0, step; unit < units; unit += lanes, packed += depth * step) {
        const size_t left = units - unit, width = qd_panel_width(cell->gates, left < lanes ? left : lanes, lanes);
        step = width * lanes;
        const size_t count = begin_panel(kernels, left, depth * step, packed);
        for (size_t g = 0; g < cell->gates; g++) {
            const size_t row = g * units + unit;
            qd_real *to = packed + g * (width < cell->gates ? count : lanes);
            kernels->copy(1, count, bias + row, 0, to, 0);
            kernels->transpose(count, inputs, w_ih + row * inputs, inputs, to + step, step);
            kernels->transpose(count, units, w_hh + row * units, units, to + (1 + inputs) * step, step);
        }
    }
}

void qd_pack_matrix(const qd_kernels *kernels, size_t depth, size_t cols, const qd_real *source, size_t row_stride,
                    size_t column_stride, qd_real *packed)
{
    const size_t lanes = kernels->lanes, size = depth * lanes;
    for (size_t column = 0; column < cols; column += lanes, packed += size) {
        const size_t count = begin_panel(kernels, cols - column, size, packed);
        const qd_real *from = source + column * column_stride;
        if (row_stride == 1) {
            kernels->transpose(count, depth, from, column_stride, packed, lanes);
            continue;
        }
        if (column_stride == 1) {
            kernels->copy(depth, count, from, row_stride, packed, lanes);
            continue;
        }
        for (size_t k = 0; k < depth; k++) {
            for (size_t i = 0; i < count; i++) {
                packed[k * lanes + i] = from[k * row_stride + i * column_stride];
            }
        }
    }
}
