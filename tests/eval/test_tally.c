/* Tallies against tests/golden/scores.txt (exact fractions, see make_scores.py), and what holds without golden values:
   masses of counts add up to 1, no log score is infinite, a merge is a sum, and the readers of levels. */
#include "test.h"

#include "base/mem.h"
#include "eval/tally.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 256 };

static void assert_near(double got, double wanted, const char *what, size_t line)
{
    if (!(fabs(got - wanted) <= 1e-12 * fmax(1, fabs(wanted)))) {
        fail_msg("line %zu: %s is %.17g, expected %.17g", line, what, got, wanted);
    }
}

/* A number, or NaN for "-": not known. */
static double next_number(char **rest)
{
    const char *word = strtok_r(NULL, " \n", rest);
    assert_non_null(word);
    return strcmp(word, "-") == 0 ? (double)NAN : strtod(word, NULL);
}

static void next_numbers(char **rest, size_t n, double *numbers)
{
    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++) {
        numbers[i] = next_number(rest);
    }
}

static void check_cell(char **rest, size_t line)
{
    double level[MOST], quantile[MOST], wanted[6], tenth[10];
    const double truth = next_number(rest);
    const size_t levels = (size_t)next_number(rest);
    next_numbers(rest, levels, level);
    next_numbers(rest, levels, quantile);
    next_numbers(rest, 6, wanted);
    next_numbers(rest, 10, tenth);
    qd_tally t = {0};
    qd_tally_add(&t, truth, levels, level, quantile);
    assert_int_equal(t.n, 1);
    assert_near(t.wis, wanted[0], "wis", line);
    assert_int_equal(t.medians, isnan(wanted[1]) ? 0 : 1);
    assert_near(t.absolute, isnan(wanted[1]) ? 0 : wanted[1], "absolute error", line);
    assert_near(t.bias, wanted[2], "bias", line);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(t.intervals[k], isnan(wanted[3 + k]) ? 0 : 1);
        assert_near(t.inside[k], isnan(wanted[3 + k]) ? 0 : wanted[3 + k], "coverage", line);
    }
    for (size_t k = 0; k < 10; k++) {
        assert_near(t.pit[k], tenth[k], "a tenth", line);
    }
    assert_int_equal(t.distributions, 0);
}

static void check_distribution(char **rest, size_t line)
{
    double sample[MOST], wanted[2];
    const double truth = next_number(rest);
    const size_t n = (size_t)next_number(rest);
    next_numbers(rest, n, sample);
    next_numbers(rest, 2, wanted);
    qd_tally t = {0};
    qd_tally_add_distribution(&t, truth, n, sample);
    assert_int_equal(t.distributions, 1);
    assert_near(t.crps, wanted[0], "crps", line);
    assert_near(t.log_score, wanted[1], "log score", line);
    assert_int_equal(t.n, 0);
}

static void golden_values(void **state)
{
    (void)state;
    FILE *file = fopen(QD_SOURCE_DIR "/tests/golden/scores.txt", "r");
    assert_non_null(file);
    char line[8192], *rest;
    size_t lines = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        const char *kind = strtok_r(line, " ", &rest);
        lines++;
        if (strcmp(kind, "cell") == 0) {
            check_cell(&rest, lines);
        } else {
            assert_string_equal(kind, "distribution");
            check_distribution(&rest, lines);
        }
        assert_null(strtok_r(NULL, " \n", &rest));
    }
    assert_int_equal(fclose(file), 0);
    assert_true(lines > 150);
}

/* From 0 on the masses of a distribution of counts add up to 1, but for what the tail holds beyond. */
static void masses_add_up(void **state)
{
    (void)state;
    const double sample[4][5] = {{0, 0, 0, 0, 0}, {0, 1, 1, 4, 9}, {3, 3, 50, 51, 200}, {7.25, 8, 8.5, 8.5, 30}};
    enum { FAR = 200000 };
    for (size_t k = 0; k < 4; k++) {
        double sum = 0;
        for (size_t y = 0; y < FAR; y++) {
            sum += qd_mass_at((double)y, 5, sample[k]);
        }
        const double s = fmax(1, (sample[k][4] - sample[k][2]) / log(5));
        const double beyond = 0.1 * s / (s + FAR - 0.5 - sample[k][4]);
        assert_near(sum + beyond, 1, "the sum of the masses", k);
    }
}

/* A count that every second draw hits has half of the mass, less what lies in the gap beside it. */
static void mass_of_hits(void **state)
{
    (void)state;
    double draws[100];
    for (size_t i = 0; i < 100; i++) {
        draws[i] = i < 50 ? 0 : i < 80 ? 1 : 2;
    }
    assert_near(qd_mass_at(0, 100, draws), 0.5, "mass of 0", 0);
    assert_near(qd_mass_at(1, 100, draws), 0.3, "mass of 1", 0);
}

static void nothing_is_infinite(void **state)
{
    (void)state;
    const double sample[3][3] = {{0, 0, 0}, {5, 1e9, 1e18}, {-1e9, 0, 3}};
    const double truths[] = {0, 1, -1, 0.5, 1e6, -1e6, 1e18, -1e18, 1e300, -1e300};
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
            qd_tally t = {0};
            qd_tally_add_distribution(&t, truths[i], 3, sample[k]);
            assert_true(isfinite(t.log_score) && t.log_score >= -1e-12 && t.log_score <= -log(DBL_MIN));
            assert_true(isfinite(t.crps) && t.crps >= 0);
        }
    }
}

/* A median alone: the error of the median, no interval.  Levels that a sum made count as what they are. */
static void odd_levels(void **state)
{
    (void)state;
    qd_tally t = {0};
    qd_tally_add(&t, 7, 1, (const double[]){0.5}, (const double[]){4});
    assert_near(t.wis, 3, "wis", 0);
    assert_near(t.absolute, 3, "absolute error", 0);
    assert_int_equal(t.intervals[0] + t.intervals[1] + t.intervals[2], 0);
    qd_tally_add(&t, 7, 2, (const double[]){0.1 + 0.15, 1 - 0.25000000001}, (const double[]){4, 7});
    assert_int_equal(t.intervals[0], 1);
    assert_near(t.inside[0], 1, "coverage", 0);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.medians, 1);
}

static void merge_is_a_sum(void **state)
{
    (void)state;
    const double quantiles[3] = {1, 2, 5}, levels[3] = {0.25, 0.5, 0.75};
    qd_tally whole = {0}, part[2] = {{0}, {0}};
    for (size_t y = 0; y < 8; y++) {
        qd_tally_add(&whole, (double)y, 3, levels, quantiles);
        qd_tally_add_distribution(&whole, (double)y, 3, quantiles);
        qd_tally_add(&part[y >= 3], (double)y, 3, levels, quantiles);
        qd_tally_add_distribution(&part[y >= 3], (double)y, 3, quantiles);
    }
    qd_tally_merge(&part[0], &part[1]);
    assert_int_equal(part[0].n, 8);
    assert_int_equal(part[0].medians, 8);
    assert_int_equal(part[0].intervals[0], 8);
    assert_int_equal(part[0].distributions, 8);
    assert_near(part[0].wis, whole.wis, "wis", 0);
    assert_near(part[0].absolute, whole.absolute, "absolute error", 0);
    assert_near(part[0].bias, whole.bias, "bias", 0);
    assert_near(part[0].inside[0], whole.inside[0], "coverage", 0);
    assert_near(part[0].crps, whole.crps, "crps", 0);
    assert_near(part[0].log_score, whole.log_score, "log score", 0);
    assert_near(qd_tally_pit(&part[0]), qd_tally_pit(&whole), "pit", 0);
}

/* Truths spread as the forecast says are uniform; truths in one place are 1.8 away; nothing is 0 away. */
static void distance_from_uniform(void **state)
{
    (void)state;
    double levels[99], quantiles[99];
    for (int i = 0; i < 99; i++) {
        levels[i] = quantiles[i] = (i + 1) / 100.0;
    }
    qd_tally even = {0}, one = {0};
    assert_near(qd_tally_pit(&even), 0, "pit of nothing", 0);
    for (int i = 1; i < 99; i++) {
        qd_tally_add(&even, i / 100.0 + 0.005, 99, levels, quantiles);
        qd_tally_add(&one, 0.555, 99, levels, quantiles);
    }
    qd_tally_add(&even, 0.001, 99, levels, quantiles);
    qd_tally_add(&even, 2, 99, levels, quantiles);
    assert_near(qd_tally_pit(&even), 0, "pit", 0);
    assert_near(qd_tally_pit(&one), 1.8, "pit", 0);
}

static void reads_levels(void **state)
{
    (void)state;
    size_t levels;
    double *level;
    assert_int_equal(qd_levels_read("hub", &levels, &level, NULL), QD_OK);
    assert_int_equal(levels, QD_HUB_LEVELS);
    assert_memory_equal(level, qd_hub_levels, sizeof qd_hub_levels);
    qd_mem_free(level);
    assert_int_equal(qd_levels_read("0.1,0.5,0.95", &levels, &level, NULL), QD_OK);
    assert_int_equal(levels, 3);
    assert_true(level[0] == 0.1 && level[1] == 0.5 && level[2] == 0.95);
    qd_mem_free(level);
    static const char *const wrong[] = {"",        "0", "1",       "0.5,", ",0.5", "0.5,0.5",
                                        "0.5,0.1", "x", "hub,0.5", "nan",  "-0.1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        qd_error error;
        assert_int_equal(qd_levels_read(wrong[i], &levels, &level, &error), QD_ERR_VALUE);
        assert_non_null(strstr(error.message, "quantiles"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_values),         cmocka_unit_test(masses_add_up), cmocka_unit_test(mass_of_hits),
        cmocka_unit_test(nothing_is_infinite),   cmocka_unit_test(odd_levels),    cmocka_unit_test(merge_is_a_sum),
        cmocka_unit_test(distance_from_uniform), cmocka_unit_test(reads_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
