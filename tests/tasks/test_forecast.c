/* Forecasts: of any data whole, ordered and finite; paths that keep the distributions; horizons. */
#include "panel_fixture.h"
#include "base/sort.h"

enum { STEPS = 4 };

/* The settings of all tests here, and one more. */
static qd_settings *given(const char *name, const char *value)
{
    const char *const pairs[] = {"time",   "t",       "target", "y",     "series", "s",  "horizon", "4", "layers",
                                 "lstm:5", "context", "8",      "batch", "64",     name, value,     NULL};
    return settings_of(pairs);
}

/* A panel of months; count(series, time) < 0: no row. */
static qd_panel *months(const qd_settings *settings, size_t series, size_t times, double (*count)(size_t, size_t))
{
    text t = {0};
    put(&t, "t,s,y\n");
    for (size_t s = 0; s < series; s++) {
        for (size_t m = 0; m < times; m++) {
            if (count(s, m) >= 0) {
                put(&t, "%zu-%02zu,s%zu,%.0f\n", 1990 + m / 12, m % 12 + 1, s, count(s, m));
            }
        }
    }
    return panel_of(t, settings);
}

static qd_forecast *made(const qd_forecaster *forecaster, const qd_panel *panel, size_t samples)
{
    static const double level[] = {0.01, 0.1, 0.5, 0.9, 0.99};
    qd_forecast *forecast;
    assert_int_equal(
        qd_forecast_make(forecaster, panel, panel->y, (int64_t)panel->times - 1, 5, level, samples, &forecast, NULL),
        QD_OK);
    return forecast;
}

/* ------------------------------------------------------------------------------------------ any data */

static double constant(size_t s, size_t t)
{
    (void)t;
    return (double)(3 * s);
}

static double zeros(size_t s, size_t t)
{
    (void)s;
    (void)t;
    return 0;
}

static double huge(size_t s, size_t t)
{
    return 1e9 + 1e8 * sin((double)(t + s));
}

static double mixed(size_t s, size_t t)
{
    return s == 0   ? (t < 39 ? -1 : 7)  /* began yesterday */
           : s == 1 ? (t == 20 ? 5 : -1) /* one value */
                    : (double)(t % 9);
}

static double counts(size_t s, size_t t)
{
    return floor(10 + 8 * sin(0.5 * (double)t + (double)s)) + (double)((7 * t + 3 * s) % 5);
}

static void check_whole(const qd_forecast *f, size_t series)
{
    for (size_t c = 0; c < series * f->horizons; c++) {
        for (size_t q = 0; q < f->levels; q++) {
            const double value = f->quantile[c * f->levels + q];
            assert_true(isfinite(value) && value >= 0 && value == floor(value));
            assert_true(q == 0 || value >= f->quantile[c * f->levels + q - 1]);
        }
    }
}

static void test_any_data(void **state)
{
    (void)state;
    double (*const data[])(size_t, size_t) = {constant, zeros, huge, mixed, counts};
    static const char *const likelihoods[] = {"negbin", "poisson", "zip", "zinb", "hurdle"};
    for (size_t d = 0; d < sizeof data / sizeof data[0]; d++) {
        for (size_t l = 0; l < sizeof likelihoods / sizeof likelihoods[0]; l++) {
            qd_settings *settings = given("likelihood", likelihoods[l]);
            qd_panel *panel = months(settings, 3, 40, data[d]);
            qd_forecaster *forecaster = train_on(settings, panel, panel->times);
            qd_forecast *forecast = made(forecaster, panel, 20);
            check_whole(forecast, 3);
            qd_forecast_free(forecast);
            qd_forecaster_free(forecaster);
            qd_panel_free(panel);
            qd_settings_free(settings);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ paths */

/* At each horizon the paths are the distribution, in another order. */
static void test_paths_keep_the_distributions(void **state)
{
    (void)state;
    enum { SAMPLES = 50 };
    qd_settings *settings = given("ensemble", "2");
    qd_panel *panel = months(settings, 2, 60, counts);
    qd_forecaster *forecaster = train_on(settings, panel, panel->times);
    qd_forecast *f = made(forecaster, panel, SAMPLES);
    for (size_t s = 0; s < 2; s++) {
        for (size_t h = 0; h < STEPS; h++) {
            double values[SAMPLES], sum = 0;
            for (size_t i = 0; i < SAMPLES; i++) {
                values[i] = f->sample[(s * SAMPLES + i) * STEPS + h];
                sum += values[i];
            }
            qd_sort_doubles(values, SAMPLES);
            assert_memory_equal(values, f->grid + (s * STEPS + h) * SAMPLES, sizeof values);
            assert_true(fabs(sum / SAMPLES / f->mean[s * STEPS + h] - 1) < 0.05);
        }
    }
    qd_forecast_free(f);
    qd_forecaster_free(forecaster);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

/* ------------------------------------------------------------------------------------ one after the other */

/* A step is told the count of the time before: in training after the origin too, in forecasting never. */
static void test_told(void **state)
{
    (void)state;
    enum { KNOWN = 6, WIDTH = 14 }; /* value, observed, ahead, distance, level, two seasons, six last values, token */
    const double y[] = {3, 5, NAN, 7, 9, 11, 2, 4};
    const size_t token = 0;
    const qd_panel panel = {.series = 1, .times = 8};
    const qd_forecast_inputs fed = {
        .context = 4, .horizon = 2, .nonnegative = true, .logs = true, .fed = true, .level_sd = 1};
    qd_forecast_view view = {.panel = &panel, .y = y, .token = &token, .until = KNOWN};
    float x[6 * WIDTH];
    double scale;
    assert_int_equal(qd_forecast_width(&fed), WIDTH);
    assert_int_equal(qd_forecast_fill(&fed, &view, 0, KNOWN, x, &scale), 3 + 2); /* times 3 to 7: 2 has no count */
    const double told[] = {NAN, 7, 9, 11, NAN};
    for (size_t k = 0; k < 5; k++) {
        assert_true(x[k * WIDTH + 1] == (isnan(told[k]) ? 0.F : 1.F));
        assert_true(x[k * WIDTH] == (isnan(told[k]) ? 0.F : (float)log((told[k] + 1) / (scale + 1))));
        for (size_t i = 7; i < 13; i++) {
            assert_true(x[k * WIDTH + i] == 0);
        }
        assert_true(x[k * WIDTH + 2] == 0);
    }
    view.until = 8;
    assert_int_equal(qd_forecast_fill(&fed, &view, 0, KNOWN, x, &scale), 5);
    assert_true(x[4 * WIDTH] == (float)log((2 + 1) / (scale + 1)));
    qd_forecast_tell_count(&fed, 4, scale, x);
    assert_true(x[0] == (float)log((4 + 1) / (scale + 1)) && x[1] == 1);
}

/* All at once: a step ahead is told the last values, those before them by the difference; one that was not observed is
   the one before it, and what lies before the context its first. */
static void test_recent(void **state)
{
    (void)state;
    enum { KNOWN = 6, WIDTH = 14 };
    const double y[] = {NAN, 5, NAN, 7, 9, 11, 2, 4};
    const size_t token = 0;
    const qd_panel panel = {.series = 1, .times = 8};
    const qd_forecast_inputs inputs = {.context = 5, .horizon = 2, .logs = true, .level_sd = 1};
    const qd_forecast_view view = {.panel = &panel, .y = y, .token = &token, .until = KNOWN};
    float x[7 * WIDTH];
    double scale;
    assert_int_equal(qd_forecast_fill(&inputs, &view, 0, KNOWN, x, &scale), 5 + 2);
    const double expected[] = {log(12 / (scale + 1)), log(12. / 10), log(12. / 8), log(12. / 6), log(12. / 6), log(12. / 6)};
    for (size_t k = 0; k < 7; k++) {
        for (size_t i = 0; i < 6; i++) {
            assert_true(fabs(x[k * WIDTH + 7 + i] - (k < 5 ? 0 : expected[i])) < 1e-6);
        }
    }
}

/* Paths that are drawn one step after the other: whole, the same for any number of threads, and of a saved model. */
static void test_ancestral(void **state)
{
    (void)state;
    enum { SAMPLES = 40 };
    qd_settings *settings = given("multistep", "ancestral");
    double (*const data[])(size_t, size_t) = {zeros, huge, mixed, counts};
    for (size_t d = 0; d < sizeof data / sizeof data[0]; d++) {
        qd_panel *panel = months(settings, 60, 40, data[d]); /* more than one batch of paths */
        qd_forecaster *forecaster = train_on(settings, panel, panel->times), *loaded;
        qd_forecast *f = made(forecaster, panel, SAMPLES);
        check_whole(f, 60);
        assert_int_equal(qd_forecaster_save(forecaster, path_of("m"), NULL), QD_OK);
        assert_int_equal(qd_forecaster_load(path_of("m"), &loaded, NULL), QD_OK);
        assert_true(loaded->inputs.fed);
        assert_int_equal(qd_settings_set(loaded->settings, "threads", "3", NULL), QD_OK);
        qd_forecast *again = made(loaded, panel, SAMPLES);
        assert_memory_equal(f->quantile, again->quantile, 60 * STEPS * 5 * sizeof *f->quantile);
        assert_memory_equal(f->sample, again->sample, 60 * STEPS * SAMPLES * sizeof *f->sample);
        assert_memory_equal(f->mean, again->mean, 60 * STEPS * sizeof *f->mean);
        unlink(path_of("m"));
        qd_forecast_free(f);
        qd_forecast_free(again);
        qd_forecaster_free(forecaster);
        qd_forecaster_free(loaded);
        qd_panel_free(panel);
    }
    qd_settings_free(settings);
}

static qd_status forecast_once(const void *input, qd_error *error)
{
    const qd_forecaster *f = input;
    static const double level[] = {0.5};
    qd_forecast *forecast;
    const double y[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    char key[] = "s0", *keys[] = {key};
    const qd_panel panel = {.series = 1, .times = 12, .keys = 1, .key = keys, .day = (double *)y, .y = (double *)y};
    const qd_status status = qd_forecast_make(f, &panel, y, 11, 1, level, 4, &forecast, error);
    if (status == QD_OK) {
        qd_forecast_free(forecast);
    }
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    static const char *const ways[] = {"direct", "ancestral"};
    for (int k = 0; k < 2; k++) {
        qd_settings *settings = given("multistep", ways[k]);
        qd_panel *panel = months(settings, 2, 40, counts);
        qd_forecaster *forecaster = train_on(settings, panel, panel->times);
        assert_true(fail_every_allocation(forecast_once, forecaster) > (k == 0 ? 20 : 26));
        qd_forecaster_free(forecaster);
        qd_panel_free(panel);
        qd_settings_free(settings);
    }
}

/* The mean is that of the distribution, however many quantiles of it are asked for. */
static void test_mean(void **state)
{
    (void)state;
    enum { SAMPLES = 4000 };
    static const char *const likelihoods[] = {"negbin", "hurdle", "normal", "lognormal"};
    for (size_t l = 0; l < sizeof likelihoods / sizeof likelihoods[0]; l++) {
        qd_settings *settings = given("likelihood", likelihoods[l]);
        qd_panel *panel = months(settings, 2, 60, counts);
        qd_forecaster *forecaster = train_on(settings, panel, panel->times);
        qd_forecast *few = made(forecaster, panel, 0), *many = made(forecaster, panel, SAMPLES);
        assert_memory_equal(few->mean, many->mean, 2 * STEPS * sizeof *few->mean);
        for (size_t c = 0; c < 2 * STEPS; c++) {
            double sum = 0;
            for (size_t i = 0; i < SAMPLES; i++) {
                sum += many->grid[c * SAMPLES + i];
            }
            const double from = fabs(sum / SAMPLES - many->mean[c]); /* whole, and none below 0: up to half a count */
            assert_true(from < fmax(0.5, 0.03 * many->mean[c]));
        }
        qd_forecast_free(few);
        qd_forecast_free(many);
        qd_forecaster_free(forecaster);
        qd_panel_free(panel);
        qd_settings_free(settings);
    }
}

/* A past that only rises or only falls: paths whose ranks stay the same at all horizons. */
static void test_paths_follow_the_past(void **state)
{
    (void)state;
    enum { SAMPLES = 2, HORIZONS = 3 };
    const double y[] = {50, 40, 30, 20, 21, 23, 26}; /* the newest window rises, the one before it falls first */
    const double grid[HORIZONS * SAMPLES] = {1, 2, 10, 20, 100, 200};
    double sample[SAMPLES * HORIZONS];
    assert_int_equal(qd_forecast_paths(y, 7, HORIZONS, HORIZONS, SAMPLES, 0, NULL, grid, sample, NULL), QD_OK);
    const double expected[SAMPLES * HORIZONS] = {2, 20, 200, 1, 10, 100};
    assert_memory_equal(sample, expected, sizeof expected);
}

/* --------------------------------------------------------------------------------------------- horizons */

static void test_horizons(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        qd_status status;
        int64_t first, last;
    } cases[] = {{"12", QD_OK, 1, 12},        {"3:5", QD_OK, 3, 5},        {"0", QD_ERR_VALUE, 0, 0},
                 {"0:3", QD_ERR_VALUE, 0, 0}, {"5:3", QD_ERR_VALUE, 0, 0}, {"x", QD_ERR_VALUE, 0, 0},
                 {"1:x", QD_ERR_VALUE, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_settings *settings = given("ensemble", "2");
        qd_horizons horizons;
        const qd_panel panel = {.day_step = 7};
        assert_int_equal(qd_settings_set(settings, "horizon", cases[i].text, NULL), QD_OK);
        assert_int_equal(qd_forecast_horizons(settings, &panel, &horizons, NULL), cases[i].status);
        if (cases[i].status == QD_OK) {
            assert_int_equal(horizons.first, cases[i].first);
            assert_int_equal(horizons.last, cases[i].last);
        }
        qd_settings_free(settings);
    }
    /* With vintages a week old, the date of the forecast itself is a week ahead of what is known. */
    static const char *const pairs[] = {"horizon", "0:3", "as-of", "a", "lag", "7", NULL};
    qd_settings *settings = settings_of(pairs);
    qd_horizons horizons;
    const qd_panel panel = {.day_step = 7};
    assert_int_equal(qd_forecast_horizons(settings, &panel, &horizons, NULL), QD_OK);
    assert_int_equal(horizons.lead, 1);
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_data),
        cmocka_unit_test(test_paths_keep_the_distributions),
        cmocka_unit_test(test_paths_follow_the_past),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_recent),
        cmocka_unit_test(test_ancestral),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_mean),
        cmocka_unit_test(test_horizons),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
