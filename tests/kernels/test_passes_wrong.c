/* Every wrong backward pass of wrong.h that the kernels have does change a gradient, and number 0 changes nothing. */
#include "test.h"
#include "kernels/guarded.h"
#include "kernels/wrong.h"

int qd_wrong_pass;

enum { ROWS = 20, UNITS = 3, GATES = 4 * UNITS, SPANS = 2, KERNEL_PASSES = 12 };

/* The gradients of one backward step of each cell, and a weight and a bias gradient. */
typedef struct gradients {
    qd_real dz[ROWS * GATES], dc[ROWS * UNITS], rnn_dz[ROWS * UNITS], outer[GATES * UNITS], sums[GATES];
} gradients;

static void fill(qd_real *x, size_t n, uint32_t *state)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = random_real(state) / 2 + (qd_real)0.5;
    }
}

static gradients compute(const qd_kernels *set, int pass)
{
    uint32_t state = 17;
    gradients g;
    qd_real c_in[ROWS * UNITS], c_out[ROWS * UNITS], dh[ROWS * UNITS], a[SPANS * ROWS * GATES], b[SPANS * ROWS * UNITS];
    memset(&g, 0, sizeof g);
    fill(g.dz, ROWS * GATES, &state);
    fill(g.dc, ROWS * UNITS, &state);
    fill(g.rnn_dz, ROWS * UNITS, &state);
    fill(c_in, ROWS * UNITS, &state);
    fill(c_out, ROWS * UNITS, &state);
    fill(dh, ROWS * UNITS, &state);
    fill(a, SPANS * ROWS * GATES, &state);
    fill(b, SPANS * ROWS * UNITS, &state);

    qd_wrong_pass = pass;
    const qd_cell_backward lstm = {.rows = ROWS,
                                   .units = UNITS,
                                   .saved = g.dz,
                                   .c_in = c_in,
                                   .c_out = c_out,
                                   .dh = dh,
                                   .dc = g.dc,
                                   .ld_saved = GATES,
                                   .ldc_in = UNITS,
                                   .ldc_out = UNITS,
                                   .lddh = UNITS,
                                   .lddc = UNITS};
    set->cell_backward[QD_CELL_LSTM](&lstm);
    const qd_cell_backward rnn = {
        .rows = ROWS, .units = UNITS, .saved = g.rnn_dz, .dh = dh, .ld_saved = UNITS, .lddh = UNITS};
    set->cell_backward[QD_CELL_RNN](&rnn);
    const qd_span spans[SPANS] = {{a, b, 0, ROWS}, {a + ROWS * GATES, b + ROWS * UNITS, 0, ROWS}};
    qd_outer outer = {.spans = spans,
                      .count = SPANS,
                      .rows = ROWS,
                      .j_end = GATES,
                      .cols = UNITS,
                      .out = g.outer,
                      .lda = GATES,
                      .ldb = UNITS,
                      .ldo = UNITS};
    set->outer(&outer);
    outer.out = g.sums;
    set->column_sums(&outer);
    qd_wrong_pass = 0;
    return g;
}

static void test_each_pass(void **unused)
{
    (void)unused;
    size_t i = 0;
    const qd_kernels *set = next_set(&i);
    const gradients right = compute(set, 0);
    for (int pass = 0; pass <= KERNEL_PASSES; pass++) {
        const gradients g = compute(set, pass);
        if ((memcmp(&g, &right, sizeof g) != 0) != (pass != 0)) {
            fail_msg("wrong pass %d %s", pass, pass == 0 ? "changes a gradient" : "changes nothing");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_pass)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
