/* Likelihoods against tests/golden/likelihoods.txt (mpmath, see make_scipy.py): log densities, slopes and tails; and
   what holds without golden values: raw gradients by stencil, nothing that is not a number, negative binomial to
   Poisson. */
#include "test.h"

#include "heads/counts.h"
#include "heads/likelihood.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Error relative to the value, for what may be near 0 by cancellation relative to 1. */
static double error_of(double got, double wanted, double least)
{
    return got == wanted ? 0 : fabs(got - wanted) / fmax(fabs(wanted), least);
}

typedef struct worst {
    double value, slope, tail;
    size_t lines;
} worst;

/* One line: KIND NAME y theta... values...; returns false when it is not right. */
static bool check_line(char *line, worst *all)
{
    char *rest = NULL, *kind = strtok_r(line, " ", &rest), *name = strtok_r(NULL, " ", &rest);
    const qd_likelihood *likelihood = qd_likelihood_find(name);
    assert_non_null(likelihood);
    double number[3 + 2 * QD_LIKELIHOOD_PARAMETERS];
    size_t count = 0, parameters = likelihood->parameters;
    for (char *word; (word = strtok_r(NULL, " ", &rest)) && count < sizeof number / sizeof number[0]; count++) {
        number[count] = strtod(word, NULL);
    }
    const double *theta = number + 1, *wanted = theta + parameters;
    all->lines++;
    if (strcmp(kind, "density") == 0) {
        assert_int_equal(count, 2 + 2 * parameters);
        double slope[QD_LIKELIHOOD_PARAMETERS], value = likelihood->log_density(number[0], theta, slope);
        assert_true(value == likelihood->log_density(number[0], theta, NULL));
        double least = likelihood->support == QD_SUPPORT_COUNTS ? 0 : 1; /* log p of counts is never positive */
        double error = error_of(value, wanted[0], least), off = 0;
        for (size_t i = 0; i < parameters; i++) {
            off = fmax(off, error_of(slope[i], wanted[1 + i], 1e-300));
        }
        all->value = fmax(all->value, error);
        all->slope = fmax(all->slope, off);
        return error <= 1e-12 && off <= 1e-8;
    }
    assert_int_equal(count, 3 + parameters);
    qd_tails tails = likelihood->tails(number[0], theta);
    double error = fmax(error_of(tails.lower, wanted[0], 1e-300), error_of(tails.upper, wanted[1], 1e-300));
    all->tail = fmax(all->tail, error);
    return error <= 1e-11;
}

static void golden_values(void **state)
{
    (void)state;
    FILE *file = fopen(QD_SOURCE_DIR "/tests/golden/likelihoods.txt", "r");
    assert_non_null(file);
    char line[1024], shown[1024];
    worst all = {0};
    size_t wrong = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        memcpy(shown, line, sizeof shown);
        if (!check_line(line, &all)) {
            print_message("wrong: %s\n", shown);
            wrong++;
        }
    }
    fclose(file);
    print_message("%zu lines; worst error of log densities %.1e, slopes %.1e, tails %.1e\n", all.lines, all.value,
                  all.slope, all.tail);
    assert_true(all.lines > 1400);
    assert_int_equal(wrong, 0);
}

/* Raw outputs that spread over what a network may say: parameter i of case n. */
static double raw_output(size_t n, size_t i)
{
    static const double values[] = {-18, -3.5, -0.4, 0.3, 2.1, 7.5, 40};
    return values[(n * (i + 1) + 2 * i + n / 7) % 7];
}

/* Five-point stencil on the raw outputs, each error relative to the largest derivative. */
static double stencil_error(const qd_likelihood *likelihood, double y, double *raw, double unit)
{
    double gradient[QD_LIKELIHOOD_PARAMETERS], numeric[QD_LIKELIHOOD_PARAMETERS], largest = 0, error = 0;
    double score = qd_likelihood_score(likelihood, y, raw, unit, gradient);
    for (size_t i = 0; i < likelihood->parameters; i++) {
        double at = raw[i], value[4], h = 1e-3;
        static const double offset[4] = {-2, -1, 1, 2};
        for (int j = 0; j < 4; j++) {
            raw[i] = at + offset[j] * h;
            value[j] = qd_likelihood_score(likelihood, y, raw, unit, NULL);
        }
        raw[i] = at;
        numeric[i] = (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * h);
        largest = fmax(largest, fabs(gradient[i]));
    }
    for (size_t i = 0; i < likelihood->parameters; i++) {
        error = fmax(error, fabs(gradient[i] - numeric[i]));
    }
    return error / fmax(largest, fmax(1e-3 * fabs(score), 1e-3)); /* the stencil's own rounding is 1e-13 of the score */
}

static void raw_gradients(void **state)
{
    (void)state;
    static const double targets[] = {0, 1, 3, 26, 1500};
    for (size_t l = 0; l < qd_likelihoods_count; l++) {
        const qd_likelihood *likelihood = qd_likelihoods[l];
        double most = 0;
        for (size_t n = 0; n < 49 * 5; n++) {
            double raw[QD_LIKELIHOOD_PARAMETERS], y = targets[n % 5], unit = n % 2 ? 20.5 : 0.3;
            for (size_t i = 0; i < likelihood->parameters; i++) {
                raw[i] = 0.1 * raw_output(n, i);
            }
            if (!qd_likelihood_expects(likelihood, y)) {
                most = fmax(most, stencil_error(likelihood, y, raw, unit));
            }
        }
        print_message("%-10s %.1e\n", likelihood->name, most);
        assert_true(most <= 1e-8);
    }
}

/* Every likelihood, raw output, unit and target within wide bounds: finite values and gradients, tails that are
 * chances. */
static void never_nan(void **state)
{
    (void)state;
    static const double targets[] = {0, 1, 2, 40, 1e5, 1e9, 0.5, -3, 1e-8}, units[] = {1e-8, 1e-3, 1, 31, 1e9};
    for (size_t l = 0; l < qd_likelihoods_count; l++) {
        const qd_likelihood *likelihood = qd_likelihoods[l];
        for (size_t n = 0; n < 343 * 45; n++) {
            double raw[QD_LIKELIHOOD_PARAMETERS], gradient[QD_LIKELIHOOD_PARAMETERS], theta[QD_LIKELIHOOD_PARAMETERS];
            double y = targets[n % 9], unit = units[n / 9 % 5];
            if (qd_likelihood_expects(likelihood, y)) {
                continue;
            }
            for (size_t i = 0; i < likelihood->parameters; i++) {
                raw[i] = raw_output(n / 45, i);
            }
            assert_true(isfinite(qd_likelihood_score(likelihood, y, raw, unit, gradient)));
            for (size_t i = 0; i < likelihood->parameters; i++) {
                assert_true(isfinite(gradient[i]));
            }
            qd_likelihood_natural(likelihood, raw, unit, theta);
            assert_true(isfinite(likelihood->mean(theta)) || likelihood->support == QD_SUPPORT_POSITIVE);
            if (n % 11 == 0) {
                qd_tails tails = likelihood->tails(y, theta);
                assert_true(tails.lower >= 0 && tails.lower <= 1 && tails.upper >= 0 && tails.upper <= 1);
                assert_true(fabs(tails.lower + tails.upper - 1) < 1e-11);
            }
        }
    }
}

/* As the dispersion vanishes, value, slope and tails become Poisson's, at the rate alpha ((y - mu)^2 - y) / 2. */
static void negbin_becomes_poisson(void **state)
{
    (void)state;
    for (double mu = 1e-3; mu < 2e6; mu *= 30) {
        for (double y = 0; y < 3 * mu + 4; y = floor(1.7 * y + 1)) {
            double poisson = qd_counts_log_pmf((qd_counts){mu, 0}, y), rate = 0.5 * ((y - mu) * (y - mu) - y);
            double before = INFINITY;
            for (double alpha = 1e-6; alpha > 1e-40; alpha *= 1e-2) {
                qd_counts c = {mu, alpha};
                double gap = qd_counts_log_pmf(c, y) - poisson, bound = alpha * (fabs(rate) + y + mu);
                assert_true(fabs(gap) <= bound * 1.01 + 1e-14 * fabs(poisson));
                assert_true(fabs(gap) <= before + 1e-14 * fabs(poisson));
                assert_true(fabs(qd_counts_slope_dispersion(c, y) - alpha * rate) <=
                            1e-9 * alpha * (fabs(rate) + y) + 2 * alpha * bound * (y + mu + 1));
                before = fabs(gap);
            }
            qd_tails a = qd_counts_tails((qd_counts){mu, 0}, y), b = qd_counts_tails((qd_counts){mu, 1e-30}, y);
            assert_true(error_of(b.lower, a.lower, 1e-300) < 1e-11 && error_of(b.upper, a.upper, 1e-300) < 1e-11);
        }
    }
}

/* Chances of all counts add up to 1, and to the tails. */
static void chances_add_up(void **state)
{
    (void)state;
    static const double raws[][3] = {{1, 0.5, -1}, {2.5, -4, 0.4}, {-2, 1, 3}};
    for (size_t l = 0; l < qd_likelihoods_count; l++) {
        const qd_likelihood *likelihood = qd_likelihoods[l];
        for (size_t n = 0; likelihood->support == QD_SUPPORT_COUNTS && n < 3; n++) {
            double theta[3], raw[3], sum = 0;
            memcpy(raw, raws[n], sizeof raw);
            raw[likelihood->parameters - 1] = raws[n][likelihood->parameters == 1 ? 0 : 2];
            qd_likelihood_natural(likelihood, raw, 4.5, theta);
            for (double y = 0; y < 1000; y++) {
                sum += exp(likelihood->log_density(y, theta, NULL));
                assert_true(error_of(likelihood->tails(y, theta).lower, sum, 1e-300) < 1e-11);
            }
            assert_true(fabs(sum - 1) < 1e-11);
        }
    }
}

static void the_table(void **state)
{
    (void)state;
    assert_int_equal(qd_likelihoods_count, 9);
    assert_null(qd_likelihood_find("gamma"));
    for (size_t l = 0; l < qd_likelihoods_count; l++) {
        const qd_likelihood *likelihood = qd_likelihoods[l];
        assert_ptr_equal(qd_likelihood_find(likelihood->name), likelihood);
        assert_in_range(likelihood->parameters, 1, QD_LIKELIHOOD_PARAMETERS);
        assert_null(qd_likelihood_expects(likelihood, 3));
        assert_non_null(qd_likelihood_expects(likelihood, NAN));
        assert_non_null(qd_likelihood_expects(likelihood, INFINITY));
        assert_int_equal(qd_likelihood_expects(likelihood, 2.5) == NULL, likelihood->support != QD_SUPPORT_COUNTS);
        assert_int_equal(qd_likelihood_expects(likelihood, -2) == NULL, likelihood->support == QD_SUPPORT_REALS);
        assert_int_equal(qd_likelihood_expects(likelihood, 0) == NULL, likelihood->support != QD_SUPPORT_POSITIVE);
    }
}

/* Means are multiples of the unit (scale times effort); a dispersion, the odds of a zero and the freedom are not. */
static void effort_multiplies_the_mean(void **state)
{
    (void)state;
    for (size_t l = 0; l < qd_likelihoods_count; l++) {
        const qd_likelihood *likelihood = qd_likelihoods[l];
        double raw[QD_LIKELIHOOD_PARAMETERS], one[QD_LIKELIHOOD_PARAMETERS], two[QD_LIKELIHOOD_PARAMETERS];
        for (size_t i = 0; i < likelihood->parameters; i++) {
            raw[i] = 0.1 * raw_output(4, i);
        }
        qd_likelihood_natural(likelihood, raw, 3, one);
        qd_likelihood_natural(likelihood, raw, 6, two);
        for (size_t i = 0; i < likelihood->parameters; i++) {
            double factor = likelihood->links[i]->unit ? 2 : 1;
            assert_true(error_of(two[i], factor * one[i], 0) < 1e-14);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_values),
        cmocka_unit_test(raw_gradients),
        cmocka_unit_test(never_nan),
        cmocka_unit_test(negbin_becomes_poisson),
        cmocka_unit_test(chances_add_up),
        cmocka_unit_test(the_table),
        cmocka_unit_test(effort_multiplies_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
