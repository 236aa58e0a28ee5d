/* One time step of each cell, forwards and backwards: every set against the reference by bits, the reference against
   the equations in double; rows one by one against all at once. */
#include "test.h"
#include "kernels/guarded.h"

typedef struct shape {
    size_t rows, inputs, units, pad; /* pad: elements between one row's end and the next row */
    int save, in_place;              /* keep the gates; c_out is c_in */
} shape;

typedef struct step {
    matrix w_ih, w_hh, bias, packed, x, h_in, c_in, h_out, c_out, saved, dh, dc;
} step;

static step step_new(const qd_kernels *set, const qd_cell *cell, shape s)
{
    uint32_t state = (uint32_t)(s.rows * 7919 + s.units * 104729 + s.inputs + 1);
    const size_t width = cell->gates * s.units;
    const size_t size = qd_pack_cell_size(set, cell, s.inputs, s.units);
    step t;
    t.w_ih = matrix_new(width, s.inputs, s.inputs, &state);
    t.w_hh = matrix_new(width, s.units, s.units, &state);
    t.bias = matrix_new(1, width, width, &state);
    t.x = matrix_new(s.rows, s.inputs, s.inputs + s.pad, &state);
    t.h_in = matrix_new(s.rows, s.units, s.units + 2 * s.pad, &state);
    t.c_in = matrix_new(s.rows, s.units, s.units + s.pad, &state);
    t.h_out = matrix_new(s.rows, s.units, s.units + 3 * s.pad, &state);
    t.c_out = matrix_new(s.rows, s.units, s.units + s.pad, &state);
    t.saved = matrix_new(s.rows, width, width + s.pad, &state);
    t.dh = matrix_new(s.rows, s.units, s.units + s.pad, &state);
    t.dc = matrix_new(s.rows, s.units, s.units + 2 * s.pad, &state);
    t.packed = matrix_new(1, size, size, &state);
    qd_pack_cell(set, cell, s.inputs, s.units, t.w_ih.at, t.w_hh.at, t.bias.at, t.packed.at);
    return t;
}

static void step_free(step *t)
{
    matrix *all[] = {&t->w_ih, &t->w_hh,  &t->bias,  &t->packed, &t->x,  &t->h_in,
                     &t->c_in, &t->h_out, &t->c_out, &t->saved,  &t->dh, &t->dc};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        matrix_free(all[i]);
    }
}

/* Is the input product a call of its own, before the step? */
static int inputs_apart;

/* Rows first .. first+rows-1 of the step. */
static void forward(const qd_kernels *set, qd_cell_id id, shape s, const step *t, size_t first, size_t rows)
{
    const int has_c = qd_cells[id].states > 1;
    const matrix *c_out = s.in_place ? &t->c_in : &t->c_out;
    qd_cell_forward call = {
        .rows = rows,
        .inputs = s.inputs,
        .units = s.units,
        .packed = t->packed.at,
        .x = t->x.at + first * t->x.ld,
        .h_in = t->h_in.at + first * t->h_in.ld,
        .c_in = has_c ? t->c_in.at + first * t->c_in.ld : NULL,
        .h_out = t->h_out.at + first * t->h_out.ld,
        .c_out = has_c ? c_out->at + first * c_out->ld : NULL,
        .saved = s.save ? t->saved.at + first * t->saved.ld : NULL,
        .ldx = t->x.ld,
        .ldh_in = t->h_in.ld,
        .ldc_in = t->c_in.ld,
        .ldh_out = t->h_out.ld,
        .ldc_out = c_out->ld,
        .ld_saved = t->saved.ld,
        .ahead = (ptrdiff_t)rows, /* fetched only, so it may be anywhere */
    };
    if (!inputs_apart) {
        set->cell_forward[id](&call);
        return;
    }
    uint32_t state = 3;
    const size_t width = qd_cells[id].gates * s.units;
    matrix z = matrix_new(rows, width, width + s.pad, &state);
    qd_cell_forward products = {.rows = rows, .inputs = s.inputs, .units = s.units, .packed = call.packed};
    products.x = call.x;
    products.ldx = call.ldx;
    products.saved = z.at;
    products.ld_saved = call.ldz = z.ld;
    set->cell_inputs[id](&products);
    call.x = NULL;
    call.z = z.at;
    set->cell_forward[id](&call);
    matrix_free(&z);
}

static void backward(const qd_kernels *set, qd_cell_id id, shape s, const step *t, size_t first, size_t rows)
{
    const int has_c = qd_cells[id].states > 1;
    const qd_cell_backward call = {
        .rows = rows,
        .units = s.units,
        .saved = t->saved.at + first * t->saved.ld,
        .h_out = t->h_out.at + first * t->h_out.ld,
        .c_in = has_c ? t->c_in.at + first * t->c_in.ld : NULL,
        .c_out = has_c ? t->c_out.at + first * t->c_out.ld : NULL,
        .dh = t->dh.at + first * t->dh.ld,
        .dc = has_c ? t->dc.at + first * t->dc.ld : NULL,
        .ahead = -(ptrdiff_t)rows,
        .ld_saved = t->saved.ld,
        .ldh_out = t->h_out.ld,
        .ldc_in = t->c_in.ld,
        .ldc_out = t->c_out.ld,
        .lddh = t->dh.ld,
        .lddc = t->dc.ld,
    };
    set->cell_backward[id](&call);
}

static void run(const qd_kernels *set, qd_cell_id id, shape s, const step *t, size_t first, size_t rows)
{
    forward(set, id, s, t, first, rows);
    if (s.save && !s.in_place) {
        backward(set, id, s, t, first, rows);
    }
}

static void assert_same_steps(const char *set, const step *a, const step *b)
{
    assert_same(set, "h", &a->h_out, &b->h_out);
    assert_same(set, "c", &a->c_out, &b->c_out);
    assert_same(set, "c before", &a->c_in, &b->c_in);
    assert_same(set, "saved", &a->saved, &b->saved);
    assert_same(set, "dc", &a->dc, &b->dc);
}

static void compare_with_reference(qd_cell_id id, shape s)
{
    size_t i = 0;
    const qd_kernels *reference = next_set(&i);
    step expected = step_new(reference, &qd_cells[id], s);
    run(reference, id, s, &expected, 0, s.rows);
    const qd_kernels *set;
    for (i = 0; (set = next_set(&i)) != NULL;) {
        for (inputs_apart = 0; inputs_apart < 2; inputs_apart++) {
            step t = step_new(set, &qd_cells[id], s);
            run(set, id, s, &t, 0, s.rows);
            assert_same_steps(set->name, &t, &expected);
            step_free(&t);
        }
        inputs_apart = 0;
    }
    step_free(&expected);
}

/* All numbers of units up to four vectors and one of the widest set, whatever the tail. */
static void test_sets_agree(void **unused)
{
    (void)unused;
    for (int id = 0; id < QD_CELLS; id++) {
        for (size_t units = 1; units <= 65; units++) {
            const shape s = {units % 17, (units * 5) % 23, units, units % 4, units % 5 != 0, units % 7 == 0};
            compare_with_reference((qd_cell_id)id, s);
            const shape one = {1, units % 11, units, units % 2, 1, 0}; /* panels in pairs */
            compare_with_reference((qd_cell_id)id, one);
        }
        for (size_t rows = 0; rows <= 25; rows++) {
            const shape s = {rows, 3, 21, rows % 3, 1, 0};
            compare_with_reference((qd_cell_id)id, s);
        }
    }
}

/* So many rows, inputs and units that rows and products are cut into blocks. */
static void test_sets_agree_large(void **unused)
{
    (void)unused;
    static const shape shapes[] = {{51, 130, 70, 1, 1, 0}, {100, 1, 140, 0, 1, 0}, {49, 300, 17, 2, 1, 1}};
    for (int id = 0; id < QD_CELLS; id++) {
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            compare_with_reference((qd_cell_id)id, shapes[i]);
        }
    }
}

/* Not-a-numbers, infinities, zeros of both signs, the tiny and the huge, in the inputs and in the gradients. */
static void test_sets_agree_special(void **unused)
{
    (void)unused;
    static const double special[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-40, -1e-40, 1e30, -1e30, 80, -95};
    enum { SPECIAL = sizeof special / sizeof special[0] };
    const shape s = {2 * SPECIAL, 1, 19, 0, 1, 0};
    for (int id = 0; id < QD_CELLS; id++) {
        step expected = {0};
        size_t i = 0;
        const qd_kernels *set;
        for (int n = 0; (set = next_set(&i)) != NULL; n++) {
            step t = step_new(set, &qd_cells[id], s);
            for (size_t r = 0; r < s.rows; r++) {
                t.x.at[r] = (qd_real)special[r % SPECIAL];
                t.c_in.at[r * t.c_in.ld + r % s.units] = (qd_real)special[(r + 3) % SPECIAL];
                t.dh.at[r * t.dh.ld + (r + 5) % s.units] = (qd_real)special[(r + 1) % SPECIAL];
            }
            run(set, (qd_cell_id)id, s, &t, 0, s.rows);
            if (n == 0) {
                expected = t;
            } else {
                assert_same_steps(set->name, &t, &expected);
                step_free(&t);
            }
        }
        step_free(&expected);
    }
}

static void test_rows_are_independent(void **unused)
{
    (void)unused;
    const shape s = {23, 11, 37, 1, 1, 0};
    for (int id = 0; id < QD_CELLS; id++) {
        size_t i = 0;
        const qd_kernels *set;
        while ((set = next_set(&i)) != NULL) {
            step whole = step_new(set, &qd_cells[id], s);
            run(set, (qd_cell_id)id, s, &whole, 0, s.rows);
            for (size_t piece = 1; piece < s.rows; piece += 5) {
                step cut = step_new(set, &qd_cells[id], s);
                for (size_t first = 0; first < s.rows; first += piece) {
                    run(set, (qd_cell_id)id, s, &cut, first, first + piece < s.rows ? piece : s.rows - first);
                }
                assert_same_steps(set->name, &cut, &whole);
                step_free(&cut);
            }
            step_free(&whole);
        }
    }
}

/* ------------------------------------------------------------------------- the equations, in double */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double preactivation(const step *t, shape s, size_t row, size_t column)
{
    double z = (double)t->bias.at[column];
    for (size_t k = 0; k < s.inputs; k++) {
        z += (double)t->w_ih.at[column * s.inputs + k] * (double)t->x.at[row * t->x.ld + k];
    }
    for (size_t k = 0; k < s.units; k++) {
        z += (double)t->w_hh.at[column * s.units + k] * (double)t->h_in.at[row * t->h_in.ld + k];
    }
    return z;
}

typedef struct truth {
    double *h, *c, *dz, *dc;
} truth;

static truth truth_of(const step *t, qd_cell_id id, shape s)
{
    const size_t n = s.rows * s.units;
    const size_t gates = qd_cells[id].gates;
    truth e = {calloc(n, sizeof(double)), calloc(n, sizeof(double)), calloc(n * gates, sizeof(double)),
               calloc(n, sizeof(double))};
    for (size_t r = 0; r < s.rows; r++) {
        for (size_t u = 0; u < s.units; u++) {
            const size_t at = r * s.units + u;
            const double dh = (double)t->dh.at[r * t->dh.ld + u];
            double z[4];
            for (size_t gate = 0; gate < gates; gate++) {
                z[gate] = preactivation(t, s, r, gate * s.units + u);
            }
            double *dz = e.dz + r * gates * s.units + u;
            if (id == QD_CELL_RNN) {
                e.h[at] = tanh(z[0]);
                dz[0] = dh * (1 - e.h[at] * e.h[at]);
                continue;
            }
            const double i = sigmoid(z[0]), f = sigmoid(z[1]), g = tanh(z[2]), o = sigmoid(z[3]);
            const double before = (double)t->c_in.at[r * t->c_in.ld + u];
            const double c = f * before + i * g;
            const double dc = (double)t->dc.at[r * t->dc.ld + u] + dh * o * (1 - tanh(c) * tanh(c));
            e.c[at] = c;
            e.h[at] = o * tanh(c);
            dz[0] = dc * g * i * (1 - i);
            dz[s.units] = dc * before * f * (1 - f);
            dz[2 * s.units] = dc * i * (1 - g * g);
            dz[3 * s.units] = dh * tanh(c) * o * (1 - o);
            e.dc[at] = dc * f;
        }
    }
    return e;
}

static void test_equations(void **unused)
{
    (void)unused;
    const shape s = {13, 9, 35, 1, 1, 0};
    for (int id = 0; id < QD_CELLS; id++) {
        size_t i = 0;
        const qd_kernels *reference = next_set(&i);
        step t = step_new(reference, &qd_cells[id], s);
        truth expected = truth_of(&t, (qd_cell_id)id, s);
        run(reference, (qd_cell_id)id, s, &t, 0, s.rows);
        assert_true(worst_error(&t.h_out, expected.h) < tolerance());
        assert_true(worst_error(&t.saved, expected.dz) < tolerance());
        if (qd_cells[id].states > 1) {
            assert_true(worst_error(&t.c_out, expected.c) < tolerance());
            assert_true(worst_error(&t.dc, expected.dc) < tolerance());
        }
        free(expected.h);
        free(expected.c);
        free(expected.dz);
        free(expected.dc);
        step_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_agree),         cmocka_unit_test(test_sets_agree_large),
        cmocka_unit_test(test_sets_agree_special), cmocka_unit_test(test_rows_are_independent),
        cmocka_unit_test(test_equations),
    };
    return run_between_pages(tests);
}
