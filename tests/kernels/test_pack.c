/* Packed weights: every element in its place, zeros beyond the last column. */
#include "test.h"
#include "kernels/guarded.h"

static void check_matrix(const qd_kernels *set, size_t depth, size_t cols, int transposed)
{
    uint32_t state = 3;
    const size_t size = qd_pack_matrix_size(set, depth, cols);
    matrix source = transposed ? matrix_new(cols, depth, depth + 1, &state) : matrix_new(depth, cols, cols + 1, &state);
    matrix packed = matrix_new(1, size, size, &state);
    const size_t row_stride = transposed ? 1 : source.ld;
    const size_t column_stride = transposed ? source.ld : 1;
    qd_pack_matrix(set, depth, cols, source.at, row_stride, column_stride, packed.at);
    const size_t panels = (cols + set->lanes - 1) / set->lanes;
    assert_int_equal(size, panels * depth * set->lanes);
    for (size_t i = 0; i < size; i++) {
        const size_t k = i / set->lanes % depth;
        const size_t c = i / (set->lanes * depth) * set->lanes + i % set->lanes;
        const qd_real expected = c < cols ? source.at[k * row_stride + c * column_stride] : 0;
        assert_true(same_real(packed.at[i], expected));
    }
    matrix_free(&source);
    matrix_free(&packed);
}

static void test_matrix(void **unused)
{
    (void)unused;
    size_t i = 0;
    const qd_kernels *set;
    while ((set = next_set(&i)) != NULL) {
        for (size_t cols = 0; cols <= 2 * set->lanes + 1; cols++) {
            check_matrix(set, 1 + cols % 5, cols, 0);
            check_matrix(set, 1 + cols % 5, cols, 1);
        }
    }
}

static void check_cell(const qd_kernels *set, const qd_cell *cell, size_t inputs, size_t units)
{
    uint32_t state = 5;
    const size_t size = qd_pack_cell_size(set, cell, inputs, units);
    const size_t width = cell->gates * units;
    matrix w_ih = matrix_new(width, inputs, inputs, &state);
    matrix w_hh = matrix_new(width, units, units, &state);
    matrix bias = matrix_new(1, width, width, &state);
    matrix packed = matrix_new(1, size, size, &state);
    qd_pack_cell(set, cell, inputs, units, w_ih.at, w_hh.at, bias.at, packed.at);
    const qd_real *next = packed.at;
    for (size_t first = 0; first < units; first += set->lanes) {
        const size_t count = units - first < set->lanes ? units - first : set->lanes;
        const size_t vectors = qd_panel_width(cell->gates, count, set->lanes);
        const size_t step = vectors < cell->gates ? count : set->lanes; /* the gates of a narrow panel: side by side */
        assert_true(vectors <= cell->gates && vectors * set->lanes >= cell->gates * count);
        for (size_t k = 0; k < 1 + inputs + units; k++) {
            for (size_t column = 0; column < vectors * set->lanes; column++, next++) {
                const size_t gate = column / step, unit = column % step, r = gate * units + first + unit;
                const qd_real expected = gate >= cell->gates || unit >= count ? 0
                                         : k == 0                             ? bias.at[r]
                                         : k <= inputs                        ? w_ih.at[r * inputs + k - 1]
                                                                              : w_hh.at[r * units + k - 1 - inputs];
                assert_true(same_real(*next, expected));
            }
        }
    }
    assert_ptr_equal(next, packed.at + size);
    matrix_free(&w_ih);
    matrix_free(&w_hh);
    matrix_free(&bias);
    matrix_free(&packed);
}

static void test_cell(void **unused)
{
    (void)unused;
    size_t i = 0;
    const qd_kernels *set;
    while ((set = next_set(&i)) != NULL) {
        for (int id = 0; id < QD_CELLS; id++) {
            for (size_t units = 1; units <= 2 * set->lanes + 1; units++) {
                check_cell(set, &qd_cells[id], units % 4, units);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_matrix), cmocka_unit_test(test_cell)};
    return run_between_pages(tests);
}
