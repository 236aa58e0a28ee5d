/* Data that are hard on a forecast: constant, all zeros, one value, huge, begun yesterday, one series, five hundred.
   Training and forecasting end well, and every forecast of counts is whole, not negative, not crossing, no NaN. */
#include "panel_fixture.h"

enum { TIMES = 48 };

/* The value of a series at a time; false: nothing was observed. */
typedef bool (*value_of)(size_t series, size_t time, double *value);

static const char *const likelihoods[] = {"negbin", "poisson", "zip", "zinb", "hurdle"};
static const char *const reals[] = {"normal", "studentt", "quantile"};

static void check_quantiles(const qd_forecaster *f, const qd_panel *panel, size_t origin, bool counts)
{
    size_t count;
    double *quantiles = quantiles_of(f, panel, origin, &count);
    for (size_t i = 0; i < count; i++) {
        const double q = quantiles[i];
        if (!isfinite(q) || (counts && (q < 0 || q != floor(q))) || (i % LEVELS > 0 && q < quantiles[i - 1])) {
            fail_msg("series %zu, horizon %zu, level %g: %g", i / LEVELS / f->inputs.horizon,
                     i / LEVELS % f->inputs.horizon + 1, levels[i % LEVELS], q);
        }
    }
    free(quantiles);
}

static void same_quantiles(const qd_forecaster *a, const qd_forecaster *b, const qd_panel *panel, size_t origin,
                           const double *before)
{
    size_t count;
    const qd_forecaster *both[] = {a, b};
    for (int k = 0; k < 2; k++) {
        double *now = quantiles_of(both[k], panel, origin, &count);
        assert_memory_equal(now, before, count * sizeof *now);
        free(now);
    }
}

/* Trains on times before the last four, forecasts from there and from the end; also what was saved and loaded. */
static void run(size_t series, size_t times, value_of value, const char *likelihood, bool counts)
{
    const char *const pairs[] = {"series",   "s",       "target", "n",      "time",   "month", "likelihood",
                                 likelihood, "horizon", "4",      "layers", "lstm:4", NULL};
    qd_settings *settings = settings_of(pairs);
    text t = {0};
    put(&t, "month,s,n\n");
    for (size_t s = 0; s < series; s++) {
        for (size_t m = 0; m < times; m++) {
            double y;
            if (value(s, m, &y)) {
                put(&t, "%zu-%02zu,s%zu,%.17g\n", 2000 + m / 12, m % 12 + 1, s, y);
            } else {
                put(&t, "%zu-%02zu,s%zu,NA\n", 2000 + m / 12, m % 12 + 1, s);
            }
        }
    }
    qd_panel *panel = panel_of(t, settings);
    assert_int_equal(panel->times, times);
    qd_forecaster *f = train_on(settings, panel, times - 4), *loaded;
    check_quantiles(f, panel, times - 4, counts);
    size_t cells;
    double *before = quantiles_of(f, panel, times - 4, &cells);
    assert_int_equal(qd_forecaster_save(f, path_of("m"), NULL), QD_OK);
    assert_int_equal(qd_forecaster_load(path_of("m"), &loaded, NULL), QD_OK);
    check_quantiles(loaded, panel, times, counts);
    panel->season = 3; /* whatever season the data to forecast have, that of the training counts */
    same_quantiles(f, loaded, panel, times - 4, before);
    free(before);
    unlink(path_of("m"));
    qd_forecaster_free(loaded);
    qd_forecaster_free(f);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

static void run_counts(size_t series, value_of value)
{
    for (size_t k = 0; k < sizeof likelihoods / sizeof likelihoods[0]; k++) {
        run(series, TIMES, value, likelihoods[k], true);
    }
    for (size_t k = 0; k < sizeof reals / sizeof reals[0]; k++) {
        run(series, TIMES, value, reals[k], false);
    }
}

static bool constant(size_t series, size_t time, double *value)
{
    (void)time;
    *value = 7.0 + (double)series;
    return true;
}

static bool zeros(size_t series, size_t time, double *value)
{
    (void)series;
    (void)time;
    *value = 0;
    return true;
}

/* One value in each of three series, at other times; a second one so that there is something to learn. */
static bool single(size_t series, size_t time, double *value)
{
    *value = 3;
    return series == 3 ? time == 2 || time == 20 || time == 24 : time == 10 * series + 5;
}

static bool huge(size_t series, size_t time, double *value)
{
    *value = series == 0 ? 1e9 + (double)(time % 3) : series == 1 ? (time % 2 == 0 ? 0 : 1e9) : 1;
    return true;
}

/* The second series begins at the last time before the origin, the third after it, the fourth never. */
static bool yesterday(size_t series, size_t time, double *value)
{
    *value = (double)(time % 5);
    return series == 0 || (series == 1 && time >= TIMES - 5) || (series == 2 && time >= TIMES - 3);
}

/* Long gaps, and an end without values. */
static bool gaps(size_t series, size_t time, double *value)
{
    *value = (double)((series + 3 * time) % 11);
    return (time / 9 + series) % 2 == 0 && time < TIMES - 6;
}

static bool outlier(size_t series, size_t time, double *value)
{
    (void)series;
    *value = time == 30 ? 1e9 : 1;
    return true;
}

static bool ordinary(size_t series, size_t time, double *value)
{
    *value = (double)((series * 7 + time * time) % 13);
    return (series + time) % 29 != 0;
}

static bool negative(size_t series, size_t time, double *value)
{
    *value = -1.5 * (double)((series + time) % 5) - 1e6 * (double)series;
    return true;
}

static void test_constant(void **state)
{
    (void)state;
    run_counts(2, constant);
}

static void test_zeros(void **state)
{
    (void)state;
    run_counts(2, zeros);
}

static void test_single(void **state)
{
    (void)state;
    run_counts(4, single);
}

static void test_huge(void **state)
{
    (void)state;
    run_counts(3, huge);
}

static void test_yesterday(void **state)
{
    (void)state;
    run_counts(4, yesterday);
}

static void test_gaps(void **state)
{
    (void)state;
    run_counts(3, gaps);
}

static void test_outlier(void **state)
{
    (void)state;
    run_counts(2, outlier);
}

static void test_one_series(void **state)
{
    (void)state;
    run_counts(1, ordinary);
}

static void test_many_series(void **state)
{
    (void)state;
    /* A past too short for a calibration, which takes its time with so many series. */
    run(500, 21, ordinary, "negbin", true);
}

static void test_reals(void **state)
{
    (void)state;
    run(2, TIMES, negative, "normal", false);
    run(2, TIMES, negative, "studentt", false);
    run(2, TIMES, constant, "lognormal", false);
    run(3, TIMES, huge, "normal", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant), cmocka_unit_test(test_zeros),      cmocka_unit_test(test_single),
        cmocka_unit_test(test_huge),     cmocka_unit_test(test_yesterday),  cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_outlier),  cmocka_unit_test(test_one_series), cmocka_unit_test(test_many_series),
        cmocka_unit_test(test_reals),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
