/* What stands around a step does not depend on it: layers kept apart, then `around`. */
#include "test.h"
#include "nn/fixture.h"

static const network_case cases[] = {
    {"apart:5,around", 4, 3, .rows = 4, .lengths = {6, 1, 9, 2}, .per_step = true},
    {"apart:4,apart:7,apart:3,around", 2, 5, .rows = 4, .lengths = {9, 4, 9, 3}, .per_step = true},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* Of the packed row `row`, whether the outputs are those of before. */
static bool same(const fixture *f, const qd_real *now, const qd_real *before, size_t row)
{
    const size_t width = f->what->outputs;
    return memcmp(now + row * width, before + row * width, width * sizeof(qd_real)) == 0;
}

/* Changes the inputs of each step of each sequence in turn: the outputs there keep their bits, those of all other steps
   of the sequence change, those of other sequences keep theirs. */
static void check_case(const network_case *what)
{
    fixture f = fixture_new(what, best_kernels(), 2);
    const size_t size = f.output_rows * what->outputs;
    const qd_packing *packing = &f.batch->packing;
    qd_real *before = new_reals(size);
    memcpy(before, fixture_forward(&f, false), size * sizeof(qd_real));
    for (size_t t = 0; t < packing->steps; t++) {
        for (size_t r = 0; r < qd_packing_active(packing, t); r++) {
            qd_real *x = f.batch->x + (packing->offset[t] + r) * what->inputs, kept[8];
            memcpy(kept, x, what->inputs * sizeof *x);
            for (size_t i = 0; i < what->inputs; i++) {
                x[i] = (qd_real)1.5 - x[i];
            }
            const qd_real *now = fixture_forward(&f, false);
            for (size_t s = 0; s < packing->steps; s++) {
                for (size_t q = 0; q < qd_packing_active(packing, s); q++) {
                    assert_int_equal(same(&f, now, before, packing->offset[s] + q), q != r || s == t);
                }
            }
            memcpy(x, kept, what->inputs * sizeof *x);
        }
    }
    qd_mem_free(before);
    fixture_free(&f);
}

static void test_never_itself(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < CASES; i++) {
        check_case(&cases[i]);
    }
}

static void check_refused(const char *list, size_t inputs, const char *expected)
{
    qd_network *network;
    qd_error error;
    assert_int_equal(qd_network_new(list, 0, inputs, 2, true, &network, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, expected));
}

static void test_refused(void **unused)
{
    (void)unused;
    check_refused("apart:4", 3, "apart:4 reads two halves, but 3 columns");
    check_refused("lstm:5,around", 2, "5 columns are no even number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_never_itself), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
