/* exp, sigmoid and tanh: at most 2 units in the last place from libm in double on a sample of all floats and on the
   special ones; every set against the reference by bits; the same with denormals flushed. */
#include "test.h"
#include "kernels/guarded.h"
#include "base/fpmode.h"

typedef void array_function(size_t n, const qd_real *x, qd_real *y);

enum { EXP, SIGMOID, TANH, FUNCTIONS };

static array_function *array_of(const qd_kernels *set, int function)
{
    return function == EXP ? set->exp : function == SIGMOID ? set->sigmoid : set->tanh;
}

static double truth_of(int function, double x)
{
    if (function == EXP) {
        return exp(x);
    }
    if (function == TANH) {
        return tanh(x);
    }
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static const char *const names[] = {"exp", "sigmoid", "tanh"};

/* In units of the spacing of floats at truth, as bench/ulp.c, which tries every float. */
static double error_of(float y, double truth)
{
    int exponent;
    frexp(truth, &exponent);
    const double spacing = ldexp(1, (exponent > -125 ? exponent : -125) - 24);
    if (truth > 0x1p128) {
        truth = 0x1p128;
    }
    return fabs((isinf(y) ? copysign(0x1p128, (double)y) : (double)y) - truth) / spacing;
}

/* Every 997th float, in pieces of a length that is no multiple of any number of lanes. */
enum { STEP = 997, PIECE = 4099 };

static uint64_t fill_sample(uint64_t first, float *x)
{
    for (size_t i = 0; i < PIECE; i++, first += STEP) {
        const uint32_t bits = (uint32_t)(first <= UINT32_MAX ? first : 0);
        memcpy(&x[i], &bits, sizeof bits);
    }
    return first;
}

static void test_accuracy(void **unused)
{
    (void)unused;
    static float x[PIECE], y[PIECE];
    size_t s = 0;
    const qd_kernels *reference = next_set(&s);
    for (int function = 0; function < FUNCTIONS; function++) {
        for (uint64_t at = 0; at <= UINT32_MAX;) {
            at = fill_sample(at, x);
            array_of(reference, function)(PIECE, x, y);
            for (size_t i = 0; i < PIECE; i++) {
                if (isnan(x[i])) {
                    assert_true(isnan(y[i]));
                } else if (!(error_of(y[i], truth_of(function, (double)x[i])) <= 2)) {
                    fail_msg("%s(%a) is %a, expected %a", names[function], (double)x[i], (double)y[i],
                             truth_of(function, (double)x[i]));
                }
            }
        }
    }
}

static void compare_sets(void)
{
    static float x[PIECE], y[PIECE], z[PIECE];
    for (int function = 0; function < FUNCTIONS; function++) {
        for (uint64_t at = 0; at <= UINT32_MAX;) {
            at = fill_sample(at, x);
            size_t s = 0;
            array_of(next_set(&s), function)(PIECE, x, y);
            const qd_kernels *set;
            while ((set = next_set(&s)) != NULL) {
                array_of(set, function)(PIECE, x, z);
                for (size_t i = 0; i < PIECE; i++) {
                    if (!same_real(z[i], y[i])) {
                        fail_msg("%s: %s(%a) is %a, expected %a", set->name, names[function], (double)x[i],
                                 (double)z[i], (double)y[i]);
                    }
                }
            }
        }
    }
}

static void test_sets_agree(void **unused)
{
    (void)unused;
    compare_sets();
}

static void test_sets_agree_flushed(void **unused)
{
    (void)unused;
    const qd_fpmode before = qd_fpmode_enter();
    compare_sets();
    qd_fpmode_leave(before);
}

typedef struct special {
    float x, y[FUNCTIONS]; /* exp, sigmoid, tanh */
} special;

static void test_special_values(void **unused)
{
    (void)unused;
    static const special table[] = {
        {0.0f, {1, 0.5f, 0.0f}},
        {-0.0f, {1, 0.5f, -0.0f}},
        {INFINITY, {INFINITY, 1, 1}},
        {-INFINITY, {0, 0, -1}},
        {NAN, {NAN, NAN, NAN}},
        {-NAN, {NAN, NAN, NAN}},
        {3.40282347e38f, {INFINITY, 1, 1}},
        {-3.40282347e38f, {0, 0, -1}},
        {0x1p-149f, {1, 0.5f, 0x1p-149f}}, /* the smallest denormal */
        {-0x1p-149f, {1, 0.5f, -0x1p-149f}},
        {0x1.fffffcp-127f, {1, 0.5f, 0x1.fffffcp-127f}}, /* the largest */
        {0x1p-126f, {1, 0.5f, 0x1p-126f}},
        {-0x1p-30f, {1, 0.5f, -0x1p-30f}},
        {89.0f, {INFINITY, 1, 1}},
        {-104.0f, {0, 0, -1}},
        {-103.0f, {0x1p-149f, 0x1p-149f, -1}}, /* e^-103 is 1.3e-45, 0.95 of the smallest denormal */
    };
    size_t s = 0;
    const qd_kernels *set;
    while ((set = next_set(&s)) != NULL) {
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
            for (int function = 0; function < FUNCTIONS; function++) {
                float y = -7;
                array_of(set, function)(1, &table[i].x, &y);
                if (!same_real(y, table[i].y[function])) {
                    fail_msg("%s: %s(%a) is %a, expected %a", set->name, names[function], (double)table[i].x, (double)y,
                             (double)table[i].y[function]);
                }
            }
        }
    }
}

/* Only the elements named, whatever their number and alignment; in place too. */
static void test_lengths(void **unused)
{
    (void)unused;
    size_t s = 0;
    const qd_kernels *set;
    while ((set = next_set(&s)) != NULL) {
        for (size_t n = 0; n <= 4 * set->lanes + 1; n++) {
            uint32_t state = 9;
            matrix x = matrix_new(1, n, n, &state);
            matrix y = matrix_new(1, n + 1, n + 1, &state);
            const qd_real after = y.at[n];
            set->tanh(n, x.at, y.at);
            assert_true(same_real(y.at[n], after));
            set->tanh(n, x.at, x.at);
            assert_true(n == 0 || memcmp(x.at, y.at, n * sizeof *x.at) == 0);
            matrix_free(&x);
            matrix_free(&y);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_sets_agree),
        cmocka_unit_test(test_sets_agree_flushed),
        cmocka_unit_test(test_special_values),
    };
    const struct CMUnitTest lengths[] = {cmocka_unit_test(test_lengths)};
    return cmocka_run_group_tests(tests, NULL, NULL) + run_between_pages(lengths);
}
