/* Quantiles: the smallest count by the definition, whole, never negative, monotone, in few steps however large; and the
   inverse of the tails for real numbers. */
#include "test.h"

#include "heads/counts.h"
#include "heads/likelihood.h"

#include <string.h>

static const double chances[] = {1e-300, 1e-12, 1e-6, 0.01,  0.025, 0.1,      0.25,      0.4999,     0.5,
                                 0.5001, 0.75,  0.9,  0.975, 0.99,  1 - 1e-6, 1 - 1e-12, 1 - 0x1p-53};
static const size_t chances_count = sizeof chances / sizeof chances[0];

static const double means[] = {1e-8, 1e-3, 0.2, 1, 4.7, 29, 31, 250, 1e4, 3e6, 1e9};
static const double dispersions[] = {0, 1e-8, 1e-3, 0.3, 1, 12, 1e4, 1e8};

/* P(Y <= k) >= p and P(Y <= k - 1) < p, in the smaller tail. */
static void check_definition(const qd_likelihood *likelihood, const double *theta, qd_tails p, double k)
{
    assert_true(k >= 0 && k == floor(k) && isfinite(k));
    qd_tails at = likelihood->tails(k, theta), before = likelihood->tails(k - 1, theta);
    const double tie = 2e-11;
    if (p.lower <= 0.5) {
        assert_true(at.lower >= p.lower * (1 - tie));
        assert_true(k == 0 || k > 0x1p50 || before.lower < p.lower * (1 + tie));
    } else {
        assert_true(at.upper <= p.upper * (1 + tie));
        assert_true(k == 0 || k > 0x1p50 || before.upper > p.upper * (1 - tie));
    }
}

static void counts_by_definition(void **state)
{
    (void)state;
    static const char *const names[] = {"negbin", "poisson", "zip", "zinb", "hurdle"};
    for (size_t n = 0; n < 5 * 11 * 8; n++) {
        const qd_likelihood *likelihood = qd_likelihood_find(names[n % 5]);
        double mean = means[n / 5 % 11], dispersion = dispersions[n / 55], odds = (double)(n % 7) - 4;
        double theta[3] = {mean, dispersion, odds};
        if (strcmp(likelihood->name, "zip") == 0) {
            theta[1] = odds;
        }
        double last = 0;
        for (size_t i = 0; i < chances_count; i++) {
            qd_tails p = qd_tails_at(chances[i]);
            double k = likelihood->quantile(p, theta);
            check_definition(likelihood, theta, p, k);
            assert_true(k >= last);
            last = k;
        }
    }
}

/* The quantile at the chance of at most k is k. */
static void counts_and_back(void **state)
{
    (void)state;
    for (size_t n = 0; n < 11 * 8; n++) {
        qd_counts c = {means[n % 11], dispersions[n / 11]};
        for (double k = 0; k < 1e10; k = floor(2.3 * k + 1)) {
            qd_tails at = qd_counts_tails(c, k);
            if (exp(qd_counts_log_pmf(c, k)) > 1e-9 * fmin(at.lower, at.upper) && at.lower > 0 && at.upper > 1e-4) {
                assert_true(qd_counts_quantile(c, at) == k);
            }
        }
    }
}

/* The same with further zeros, also where 1 - pi is below what 1 can tell. */
static void zeros_and_back(void **state)
{
    (void)state;
    static const char *const names[] = {"zip", "zinb", "hurdle"};
    for (size_t n = 0; n < 3 * 4 * 5; n++) {
        const qd_likelihood *likelihood = qd_likelihood_find(names[n % 3]);
        double mean = (double[]){0.01, 1, 30, 1e5}[n / 3 % 4], odds = (double[]){-50, -1, 0.5, 9, 45}[n / 12];
        double theta[3] = {mean, n % 3 ? 0.3 : odds, odds};
        for (double k = 0; k < 3 * mean + 3; k = floor(1.5 * k + 1)) {
            qd_tails at = likelihood->tails(k, theta), before = likelihood->tails(k - 1, theta);
            double share = fmin(1 - before.lower / at.lower, 1 - at.upper / before.upper);
            if (share > 1e-4) {
                assert_true(likelihood->quantile(at, theta) == k);
            }
        }
    }
}

static void reals_and_back(void **state)
{
    (void)state;
    static const double thetas[][3] = {{0, 1, 2.01}, {-40, 1e-6, 4}, {1e9, 3e4, 1e6}, {2.5, 1e3, 30}};
    static const char *const names[] = {"normal", "lognormal", "studentt"};
    for (size_t n = 0; n < 3 * 4; n++) {
        const qd_likelihood *likelihood = qd_likelihood_find(names[n % 3]);
        double theta[3], last = -INFINITY;
        memcpy(theta, thetas[n / 3], sizeof theta);
        if (n % 3 == 1) {
            theta[0] = fabs(theta[0]) + 0.1;
            theta[1] = fmin(theta[1], 10);
        }
        for (size_t i = 0; i < chances_count; i++) {
            qd_tails p = qd_tails_at(chances[i]);
            double y = likelihood->quantile(p, theta);
            qd_tails at = likelihood->tails(y, theta);
            /* y itself is rounded: what half a digit of it, or of the location, changes */
            double ulp = 4e-16 * fmax(fabs(y), fabs(theta[0])) / theta[1];
            double z = n % 3 == 1 ? log(y / theta[0]) / theta[1] : (y - theta[0]) / theta[1];
            double bound = 1e-12 + ulp * (2 + fabs(z)) * 2 + (n % 3 == 1 ? 1e-15 / theta[1] * (2 + fabs(z)) : 0);
            double error = p.lower <= 0.5 ? at.lower / p.lower - 1 : at.upper / p.upper - 1;
            assert_true(isfinite(y) && y >= last);
            assert_true(fabs(error) <= bound);
            last = y;
        }
    }
}

/* AS 241 against mpmath: erfinv to 17 digits. */
static void normal_quantile(void **state)
{
    (void)state;
    static const double known[][2] = {{1e-300, -37.047096299361199}, {1e-12, -7.0344838253011319},
                                      {0.001, -3.0902323061678135},  {0.025, -1.9599639845400542},
                                      {0.3, -0.52440051270804082},   {0.9, 1.2815515655446004}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double z = qd_normal_quantile(qd_tails_at(known[i][0]));
        assert_true(fabs(z / known[i][1] - 1) < 4e-16 * 4);
    }
    assert_true(qd_normal_quantile(qd_tails_at(0.5)) == 0);
}

static double linear(const void *context, double x)
{
    return *(const double *)context * x;
}
static double quadratic(const void *context, double x)
{
    return *(const double *)context * x * x;
}

/* Integrals that are known, with guesses of their width that are far off. */
static void tail_integrals(void **state)
{
    (void)state;
    for (double rate = 1e-9; rate < 1e10; rate *= 50) {
        for (double guess = 1e-3; guess < 1e4; guess *= 10) {
            double all = qd_tail_integral(linear, &rate, guess / rate, INFINITY);
            double part = qd_tail_integral(linear, &rate, guess / rate, 0.01 / rate);
            double bell = qd_tail_integral(quadratic, &rate, guess / sqrt(rate), INFINITY);
            assert_true(fabs(all * rate - 1) < 1e-14);
            assert_true(fabs(part * rate / -expm1(-0.01) - 1) < 1e-14);
            assert_true(fabs(bell * sqrt(rate) - 0.88622692545275801365) < 1e-14);
        }
    }
}

/* The quantile head: levels hit, never crossing, linear between, tails that fit, and the mean of what it samples. */
static void quantile_head(void **state)
{
    (void)state;
    const qd_likelihood *head = qd_likelihood_find("quantile");
    double raw[QD_LIKELIHOOD_PARAMETERS], theta[QD_LIKELIHOOD_PARAMETERS], last = -INFINITY, sum = 0;
    for (size_t i = 0; i < head->parameters; i++) {
        raw[i] = (double)(i * 5 % 7) - 4 - (i == 9 ? 800 : 0); /* one step of 0 */
    }
    qd_likelihood_natural(head, raw, 12, theta);
    for (size_t i = 1; i < head->parameters; i++) {
        assert_true(theta[i] >= theta[i - 1]);
    }
    assert_true(head->quantile(qd_tails_at(0.01), theta) == theta[0]);
    assert_true(fabs(head->quantile(qd_tails_at(0.5), theta) - theta[11]) < 1e-12);
    assert_true(fabs(head->quantile(qd_tails_at(0.99), theta) - theta[22]) < 1e-12);
    const int n = 200000;
    for (int i = 0; i < n; i++) {
        double p = (i + 0.5) / n, y = head->quantile(qd_tails_at(p), theta);
        assert_true(y >= last);
        qd_tails at = head->tails(y, theta);
        assert_true(fabs(at.lower - p) < 1e-12 || (theta[8] == theta[9] && fabs(y - theta[9]) < 1e-12));
        sum += y;
        last = y;
    }
    assert_true(fabs(sum / n - head->mean(theta)) < 1e-4 * 12);
    static const double constant[QD_LIKELIHOOD_PARAMETERS];
    assert_true(head->quantile(qd_tails_at(1e-9), constant) == 0);
    assert_true(head->tails(0, constant).lower == 1 && head->tails(-1e-9, constant).lower == 0);
    assert_true(head->mean(constant) == 0);
}

/* Minus the score is the mean weighted interval score of the hubs: with one quantile off by one, twice its pinball. */
static void pinball(void **state)
{
    (void)state;
    const qd_likelihood *head = qd_likelihood_find("quantile");
    double theta[QD_LIKELIHOOD_PARAMETERS], slope[QD_LIKELIHOOD_PARAMETERS];
    for (size_t i = 0; i < head->parameters; i++) {
        theta[i] = 7;
    }
    assert_true(head->log_density(7, theta, slope) == 0);
    theta[22] = 8; /* level 0.99, above y: 0.01 * 1 */
    assert_true(fabs(head->log_density(7, theta, slope) + 2 * 0.01 / 23) < 1e-15);
    assert_true(fabs(slope[22] + 2 * 0.01 / 23) < 1e-15);
    assert_true(fabs(slope[0] - 2 * 0.01 / 23) < 1e-15);
}

/* The pool of two: P(Y <= q) is the mean of theirs, and q the smallest with p; one member is its own pool. */
static void pooled(void **state)
{
    (void)state;
    for (size_t n = 0; n < 11 * 8; n++) {
        const qd_likelihood *negbin = qd_likelihood_find("negbin");
        const double theta[4] = {means[n % 11], dispersions[n / 11], means[(n + 3) % 11], dispersions[(n / 11 + 5) % 8]};
        double last = 0;
        for (size_t i = 3; i < 14; i++) { /* 0.01 to 0.99 */
            const qd_tails p = qd_tails_at(chances[i]);
            const double q = qd_likelihood_pooled_quantile(negbin, 2, theta, p), own = negbin->quantile(p, theta);
            assert_true(qd_likelihood_pooled_quantile(negbin, 1, theta, p) == own);
            assert_true(q >= last && q == floor(q));
            last = q;
            const double at = negbin->tails(q, theta).lower + negbin->tails(q, theta + 2).lower;
            const double before = negbin->tails(q - 1, theta).lower + negbin->tails(q - 1, theta + 2).lower;
            assert_true(at >= 2 * p.lower * (1 - 1e-10));
            assert_true(q == 0 || before < 2 * p.lower * (1 + 1e-10));
        }
    }
    const qd_likelihood *normal = qd_likelihood_find("normal");
    const double apart[4] = {-10, 1, 10, 1};
    assert_true(fabs(qd_likelihood_pooled_quantile(normal, 2, apart, qd_tails_at(0.25)) + 10) < 1e-7);
    assert_true(fabs(qd_likelihood_pooled_quantile(normal, 2, apart, qd_tails_at(0.75)) - 10) < 1e-7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_definition), cmocka_unit_test(counts_and_back), cmocka_unit_test(reals_and_back),
        cmocka_unit_test(zeros_and_back),       cmocka_unit_test(normal_quantile), cmocka_unit_test(tail_integrals),
        cmocka_unit_test(quantile_head),        cmocka_unit_test(pinball),
        cmocka_unit_test(pooled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
