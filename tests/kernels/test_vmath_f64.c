/* exp, sigmoid and tanh of the float64 build: libm's, to a few units in the last place. */
#include "test.h"
#include "kernels/guarded.h"

static void assert_near(double y, double truth)
{
    if (!(fabs(y - truth) <= 1e-15 * fabs(truth))) {
        fail_msg("%.17g, expected %.17g", y, truth);
    }
}

static void test_accuracy(void **unused)
{
    (void)unused;
    size_t s = 0;
    const qd_kernels *set = next_set(&s);
    for (double x = -50; x <= 50; x += 0.0371) {
        double y[3];
        set->exp(1, &x, &y[0]);
        set->sigmoid(1, &x, &y[1]);
        set->tanh(1, &x, &y[2]);
        assert_near(y[0], exp(x));
        assert_near(y[1], x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)));
        assert_near(y[2], tanh(x));
    }
}

static void test_special_values(void **unused)
{
    (void)unused;
    static const double x[] = {-0.0, INFINITY, -INFINITY, 1e-310};
    static const double sigmoids[] = {0.5, 1, 0, 0.5};
    static const double tanhs[] = {-0.0, 1, -1, 1e-310};
    enum { COUNT = sizeof x / sizeof x[0] };
    double y[COUNT];
    size_t s = 0;
    const qd_kernels *set = next_set(&s);
    set->sigmoid(COUNT, x, y);
    assert_memory_equal(y, sigmoids, sizeof y);
    set->tanh(COUNT, x, y);
    assert_memory_equal(y, tanhs, sizeof y);
}

static void test_reference_alone(void **unused)
{
    (void)unused;
    int usable;
    assert_null(qd_kernels_at(1, &usable));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_special_values),
        cmocka_unit_test(test_reference_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
