/* Numbers in order. */
#include "test.h"

#include "base/sort.h"
#include <math.h>

static void in_order(void **state)
{
    (void)state;
    double x[] = {3, -INFINITY, 1e-300, 3, -2, 0, INFINITY};
    const double expected[] = {-INFINITY, -2, 0, 1e-300, 3, 3, INFINITY};
    qd_sort_doubles(x, 7);
    assert_memory_equal(x, expected, sizeof x);
    qd_sort_doubles(x, 1);
    qd_sort_doubles(NULL, 0); /* nothing to do */
    assert_memory_equal(x, expected, sizeof x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
