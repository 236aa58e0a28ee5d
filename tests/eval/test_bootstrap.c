/* The bootstrap: draws with replacement, the same for the same seed; the interval of a mean is that of theory. */
#include "test.h"

#include "eval/bootstrap.h"

#include <math.h>
#include <string.h>

enum { UNITS = 100, DRAWS = 2000 };

static void draws(void **state)
{
    (void)state;
    double a[UNITS], b[UNITS], taken = 0;
    for (size_t d = 0; d < 50; d++) {
        double sum = 0;
        qd_bootstrap_draw(1, d, UNITS, a);
        for (size_t u = 0; u < UNITS; u++) {
            sum += a[u];
            taken += a[u] > 0 ? 1 : 0;
        }
        assert_true(sum == UNITS);
        qd_bootstrap_draw(1, d, UNITS, b);
        assert_memory_equal(a, b, sizeof a);
        qd_bootstrap_draw(2, d, UNITS, b);
        assert_memory_not_equal(a, b, sizeof a);
        qd_bootstrap_draw(1, d + 1, UNITS, b);
        assert_memory_not_equal(a, b, sizeof a);
    }
    assert_true(fabs(taken / 50 / UNITS - (1 - exp(-1))) < 0.02);
}

/* The mean of 0 .. 99 is 49.5 with a standard error of sqrt((100^2 - 1) / 12 / 100). */
static void interval(void **state)
{
    (void)state;
    static double mean[DRAWS];
    double count[UNITS], low, high;
    for (size_t d = 0; d < DRAWS; d++) {
        qd_bootstrap_draw(7, d, UNITS, count);
        mean[d] = 0;
        for (size_t u = 0; u < UNITS; u++) {
            mean[d] += count[u] * (double)u / UNITS;
        }
    }
    qd_bootstrap_interval(DRAWS, mean, &low, &high);
    const double error = sqrt((UNITS * UNITS - 1) / 12.0 / UNITS);
    assert_true(fabs(low - (49.5 - 1.96 * error)) < 0.4 && fabs(high - (49.5 + 1.96 * error)) < 0.4);
    double some[] = {NAN, 3, NAN, 1, 2};
    qd_bootstrap_interval(5, some, &low, &high);
    assert_true(low == 1 && high == 3);
    qd_bootstrap_interval(1, (double[]){NAN}, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(draws), cmocka_unit_test(interval)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
