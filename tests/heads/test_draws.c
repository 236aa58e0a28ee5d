/* Samplers: the distribution of what they draw against the tails (by Kolmogorov and Smirnov, on the probability
   integral transform, randomised for counts), counts cell by cell (chi-square), means and variances; the same numbers
   at the same place.  Seeds are fixed, so nothing here fails by chance; bounds are those of 1 in 10,000 for one sample.
 */
#include "test.h"
#include "base/sort.h"

#include "heads/counts.h"
#include "heads/likelihood.h"

#include <string.h>

#define DRAWS 20000
static const double ks_bound = 2.23; /* sqrt(n) D: P(exceed) = 1e-4 */

/* sqrt(n) times the largest distance of the sample's distribution from the uniform one. */
static double distance(double *u, size_t n)
{
    double most = 0;
    qd_sort_doubles(u, n);
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fmax((double)(i + 1) / (double)n - u[i], u[i] - (double)i / (double)n));
    }
    return most * sqrt((double)n);
}

static qd_draws place(uint64_t sample)
{
    return (qd_draws){qd_random_stream(20, QD_FOR_TEST, 0, 0), sample, 3, 0};
}

/* P(Y < y) + v P(Y = y), v uniform and not of the sampler's numbers. */
static double transform(const qd_likelihood *likelihood, const double *theta, double y, uint64_t sample)
{
    qd_draws other = {qd_random_stream(21, QD_FOR_TEST, 0, 0), sample, 0, 0};
    double upto = likelihood->tails(y, theta).lower;
    if (likelihood->support != QD_SUPPORT_COUNTS) {
        return upto;
    }
    double before = likelihood->tails(y - 1, theta).lower;
    return before + qd_draw_uniform(&other) * (upto - before);
}

static double sampled_distance(const qd_likelihood *likelihood, const double *theta, size_t n)
{
    static double u[DRAWS];
    for (size_t i = 0; i < n; i++) {
        qd_draws draws = place(i);
        double y = likelihood->sample(theta, &draws);
        if (qd_likelihood_expects(likelihood, y)) {
            fail_msg("%s drew %g", likelihood->name, y);
        }
        u[i] = transform(likelihood, theta, y, i);
    }
    return distance(u, n);
}

static void counts_follow_their_tails(void **state)
{
    (void)state;
    static const double means[] = {1e-8, 0.04, 0.9, 7, 9.99, 10.01, 60, 3e4, 1e9};
    static const double dispersions[] = {1e-8, 1e-3, 0.4, 6, 1e8};
    for (size_t n = 0; n < 9 * 5; n++) {
        double mean = means[n % 9], dispersion = dispersions[n / 9], odds = n % 2 ? -1 : 0.7;
        const double theta[3] = {mean, dispersion, odds}, zip[2] = {mean, odds};
        assert_true(sampled_distance(qd_likelihood_find("negbin"), theta, 2000) < ks_bound);
        assert_true(sampled_distance(qd_likelihood_find("hurdle"), theta, 1000) < ks_bound);
        assert_true(sampled_distance(qd_likelihood_find("zinb"), theta, 1000) < ks_bound);
        if (n < 9) {
            assert_true(sampled_distance(qd_likelihood_find("poisson"), theta, 4000) < ks_bound);
            assert_true(sampled_distance(qd_likelihood_find("zip"), zip, 2000) < ks_bound);
        }
    }
}

static void reals_follow_their_tails(void **state)
{
    (void)state;
    static const double thetas[][3] = {{0, 1, 2.05}, {50, 0.3, 5}, {1e9, 1e5, 1e8}};
    static const char *const names[] = {"normal", "lognormal", "studentt"};
    for (size_t n = 0; n < 9; n++) {
        double theta[3];
        memcpy(theta, thetas[n / 3], sizeof theta);
        if (n % 3 == 1) {
            theta[0] += 0.5;
            theta[1] = fmin(theta[1], 3);
        }
        assert_true(sampled_distance(qd_likelihood_find(names[n % 3]), theta, 10000) < ks_bound);
    }
    const qd_likelihood *head = qd_likelihood_find("quantile");
    double raw[QD_LIKELIHOOD_PARAMETERS], theta[QD_LIKELIHOOD_PARAMETERS];
    for (size_t i = 0; i < head->parameters; i++) {
        raw[i] = (double)(i % 4) - 2;
    }
    qd_likelihood_natural(head, raw, 5, theta);
    assert_true(sampled_distance(head, theta, 10000) < ks_bound);
}

/* Chi-square over the cells 0, 1, ... that expect at least 10 draws, the rest in one; 5 standard deviations above its
   mean is about 1 in 50,000. */
static void counts_cell_by_cell(void **state)
{
    (void)state;
    static const double cases[][2] = {{0.3, 0}, {9.9, 0}, {10.1, 0},  {40, 0},
                                      {0.3, 2}, {3, 0.5}, {25, 0.05}, {12, 1.5}};
    const size_t many = 500000;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        qd_counts c = {cases[n][0], cases[n][1]};
        double seen[64] = {0}, left = (double)many, chi = 0, cells = 0;
        for (size_t i = 0; i < many; i++) {
            qd_draws draws = place(i + many * n);
            double y = qd_draw_negbin(&draws, c.mean, c.dispersion);
            seen[y < 63 ? (size_t)y : 63]++;
        }
        double other = 0;
        for (size_t k = 0; k < 63; k++) {
            double expected = (double)many * exp(qd_counts_log_pmf(c, (double)k));
            if (expected < 10) {
                other += seen[k];
                continue;
            }
            chi += (seen[k] - expected) * (seen[k] - expected) / expected;
            left -= expected;
            cells++;
        }
        other += seen[63];
        if (left > 10) {
            chi += (other - left) * (other - left) / left;
            cells++;
        }
        assert_true(cells > 2 && chi < cells - 1 + 5 * sqrt(2 * (cells - 1)));
    }
}

/* Mean and variance within five standard errors; the variance's from the fourth moment of the draws themselves. */
static void means_and_variances(void **state)
{
    (void)state;
    static const double cases[][2] = {{0.01, 0}, {2, 0},  {50, 0},     {1e6, 0},
                                      {2, 0.3},  {50, 3}, {1e6, 0.02}, {1e9, 1e-8}};
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        double mu = cases[n][0], alpha = cases[n][1], variance = mu + alpha * mu * mu, sum = 0, squares = 0, fourth = 0;
        for (size_t i = 0; i < DRAWS; i++) {
            qd_draws draws = place(i + 7000000 * (n + 1));
            double d = qd_draw_negbin(&draws, mu, alpha) - mu;
            sum += d;
            squares += d * d;
            fourth += d * d * d * d;
        }
        double error = sqrt((fourth / DRAWS - variance * variance) / DRAWS);
        assert_true(fabs(sum / DRAWS) < 5 * sqrt(variance / DRAWS));
        assert_true(fabs(squares / DRAWS - variance) < 5 * error);
    }
}

/* likelihood->mean is the mean of what sample draws. */
static void the_mean_of_the_draws(void **state)
{
    (void)state;
    for (size_t l = 0; l < qd_likelihoods_count; l++) {
        const qd_likelihood *likelihood = qd_likelihoods[l];
        double raw[QD_LIKELIHOOD_PARAMETERS], theta[QD_LIKELIHOOD_PARAMETERS], sum = 0, squares = 0;
        for (size_t i = 0; i < likelihood->parameters; i++) {
            raw[i] = i == 0 ? 0.8 : -0.5;
        }
        raw[likelihood->parameters - 1] += likelihood->parameters == 3 ? 1.5 : 0;
        qd_likelihood_natural(likelihood, raw, 4, theta);
        for (size_t i = 0; i < DRAWS; i++) {
            qd_draws draws = place(i);
            double y = likelihood->sample(theta, &draws);
            sum += y;
            squares += y * y;
        }
        double mean = sum / DRAWS, error = sqrt((squares / DRAWS - mean * mean) / DRAWS);
        assert_true(fabs(mean - likelihood->mean(theta)) < 4.5 * error);
    }
}

static void the_same_place_draws_the_same(void **state)
{
    (void)state;
    const qd_likelihood *likelihood = qd_likelihood_find("zinb");
    const double theta[3] = {30, 0.7, -2};
    qd_draws a = place(5), b = place(5), c = place(6);
    double first = likelihood->sample(theta, &a);
    likelihood->sample(theta, &c);
    assert_true(likelihood->sample(theta, &b) == first && a.block == b.block && a.block > 0);
    size_t equal = 0;
    for (uint64_t i = 0; i < 100; i++) {
        qd_draws one = place(i), two = place(i);
        two.step++;
        equal += likelihood->sample(theta, &one) == likelihood->sample(theta, &two);
    }
    assert_true(equal < 30);
}

/* The check can fail: draws of a mean 5% off, or of Poisson's instead of the negative binomial, are found out. */
static void wrong_draws_are_found_out(void **state)
{
    (void)state;
    static double u[DRAWS];
    static const double cases[][2] = {{31.5, 0.1}, {30, 0}};
    const qd_likelihood *likelihood = qd_likelihood_find("negbin");
    const double theta[2] = {30, 0.1};
    for (size_t n = 0; n < 2; n++) {
        for (size_t i = 0; i < DRAWS; i++) {
            qd_draws draws = place(i);
            u[i] = transform(likelihood, theta, qd_draw_negbin(&draws, cases[n][0], cases[n][1]), i);
        }
        assert_true(distance(u, DRAWS) > 2 * ks_bound);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_follow_their_tails), cmocka_unit_test(reals_follow_their_tails),
        cmocka_unit_test(counts_cell_by_cell),       cmocka_unit_test(means_and_variances),
        cmocka_unit_test(the_mean_of_the_draws),     cmocka_unit_test(the_same_place_draws_the_same),
        cmocka_unit_test(wrong_draws_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
