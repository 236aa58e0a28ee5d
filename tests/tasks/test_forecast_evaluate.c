/* The backtest: what comes after an origin, counts and effort alike, changes no forecast from it. */
#include "panel_fixture.h"
#include "base/file.h"
#include "tasks/forecast_evaluate.h"

enum { TIMES = 48, ORIGIN = 39, HORIZON = 4 };

static const char *const columns[] = {"time",    "t", "target",  "y", "series", "s", "effort", "traps",
                                      "horizon", "4", "context", "6", "seed",   "3", NULL};

/* Two series of months with effort; from time `from` on the effort is `times` as much. */
static qd_panel *trapped(const qd_settings *settings, size_t from, double times)
{
    text t = {0};
    put(&t, "t,s,traps,y\n");
    for (size_t s = 0; s < 2; s++) {
        for (size_t m = 0; m < TIMES; m++) {
            put(&t, "%zu-%02zu,s%zu,%g,%zu\n", 2000 + m / 12, m % 12 + 1, s,
                (double)(20 + m % 5) * (m < from ? 1 : times), (7 * m + 3 * s) % 11 + 5 * s);
        }
    }
    return panel_of(t, settings);
}

static qd_backtest tested(const qd_settings *settings, const qd_panel *panel, const qd_backtest_options *options)
{
    qd_backtest result = {0};
    qd_settings *own;
    qd_error error;
    const size_t known = (size_t)options->from + 1;
    if (qd_forecast_settings(settings, panel, known, &own, &error) != QD_OK ||
        qd_backtest_run(own, panel, options, NULL, NULL, &result, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(own);
    return result;
}

/* The network's weighted interval score over all cells of a backtest from one origin. */
static double score_of(const qd_settings *settings, const qd_panel *panel)
{
    const qd_backtest_options options = {
        .from = ORIGIN, .until = ORIGIN, .every = 1, .levels = QD_HUB_LEVELS, .level = qd_hub_levels};
    qd_backtest result = tested(settings, panel, &options);
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < result.series * result.horizons; i++) {
        sum += result.tally[i].wis;
        n += result.tally[i].n;
    }
    qd_backtest_clear(&result);
    assert_int_equal(n, 2 * HORIZON);
    return sum;
}

/* Effort of the future counts where it is said to be known, and nowhere else. */
static void test_future_effort(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        qd_settings *settings = settings_of(columns);
        assert_int_equal(qd_settings_set(settings, "known", known ? "traps" : "", NULL), QD_OK);
        qd_panel *right = trapped(settings, TIMES, 1), *poisoned = trapped(settings, ORIGIN + 1, 50);
        assert_int_equal(right->effort_known, known);
        const double a = score_of(settings, right), b = score_of(settings, poisoned);
        assert_true(known ? b > 5 * a : a == b);
        qd_panel_free(right);
        qd_panel_free(poisoned);
        qd_settings_free(settings);
    }
}

/* ------------------------------------------------------------------------------------------- what is scored */

static const qd_backtest_options few = {
    .from = 30, .until = 42, .every = 6, .levels = QD_HUB_LEVELS, .level = qd_hub_levels};

/* Of several seeds: each as if it were alone, and the mean of them. */
static void test_seeds(void **state)
{
    (void)state;
    qd_settings *settings = settings_of(columns);
    qd_panel *panel = trapped(settings, TIMES, 1);
    qd_backtest_options options = few;
    qd_backtest one = tested(settings, panel, &options);
    options.seeds = 2;
    qd_backtest two = tested(settings, panel, &options);
    const size_t cells = two.origins * two.series * two.horizons;
    assert_int_equal(two.models, one.models + 2);
    assert_int_equal(two.reference, 3);
    assert_string_equal(two.model[1], "quadrat seed 3");
    assert_string_equal(two.model[2], "quadrat seed 4");
    assert_memory_equal(two.tally + cells, one.tally, cells * sizeof *one.tally);
    assert_memory_equal(two.tally + 3 * cells, one.tally + cells, 4 * cells * sizeof *one.tally);
    size_t differ = 0;
    for (size_t i = 0; i < cells; i++) {
        const qd_tally *mean = &two.tally[i], *a = mean + cells, *b = a + cells;
        assert_int_equal(mean->n, a->n);
        assert_true(fabs(mean->wis - 0.5 * (a->wis + b->wis)) < 1e-12 * (1 + a->wis));
        differ += a->wis != b->wis;
    }
    assert_true(differ > 0);
    qd_backtest_clear(&one);
    qd_backtest_clear(&two);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

/* A saved model forecasts what it would have in the backtest that trained it; the naive forecasts need none. */
static void test_saved_and_naive(void **state)
{
    (void)state;
    qd_settings *settings = settings_of(columns);
    qd_panel *panel = trapped(settings, TIMES, 1);
    qd_backtest_options options = few;
    qd_backtest trained = tested(settings, panel, &options);
    options.forecaster = train_on(settings, panel, (size_t)few.from + 1);
    qd_backtest saved = tested(settings, panel, &options);
    const size_t cells = saved.origins * saved.series * saved.horizons;
    assert_true(trained.seconds > 0 && saved.seconds == 0);
    assert_int_equal(saved.models, trained.models);
    assert_memory_equal(saved.tally, trained.tally, saved.models * cells * sizeof *saved.tally);
    options.forecaster = (qd_forecaster_free(options.forecaster), NULL);
    options.naive = true;
    qd_backtest naive = tested(settings, panel, &options);
    assert_int_equal(naive.models, 4);
    assert_string_equal(naive.model[naive.reference], "last");
    assert_memory_equal(naive.tally, trained.tally + cells, 4 * cells * sizeof *naive.tally);
    qd_backtest_clear(&trained);
    qd_backtest_clear(&saved);
    qd_backtest_clear(&naive);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

/* ------------------------------------------------------------------------------------------------ failures */

static int stop_third(void *context, const qd_progress *progress)
{
    (void)progress;
    return ++*(int *)context == 3;
}

/* A training is stopped where it is asked to, not at the next origin. */
static void test_stop(void **state)
{
    (void)state;
    qd_settings *settings = settings_of((const char *const[]){"time", "t", "target", "y", "series", "s", "epochs", "9",
                                                              "context", "6", "horizon", "4", NULL});
    qd_panel *panel = trapped(settings, TIMES, 1);
    qd_backtest_options options = few;
    qd_backtest result;
    int batches = 0;
    options.watch = stop_third;
    options.watch_context = &batches;
    assert_int_equal(qd_backtest_run(settings, panel, &options, NULL, NULL, &result, NULL), QD_ERR_STOPPED);
    assert_int_equal(batches, 3);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

static qd_status save_all(const qd_panel *panel, const qd_settings *settings, qd_error *error)
{
    qd_backtest_options options = few;
    qd_backtest result;
    options.naive = true;
    options.until = options.from;
    options.save = path_of("all.csv");
    const qd_status status = qd_backtest_run(settings, panel, &options, NULL, NULL, &result, error);
    if (status == QD_OK) {
        qd_backtest_clear(&result);
    }
    return status;
}

static const qd_panel *failing_panel;

static qd_status save_input(const void *input, qd_error *error)
{
    return save_all(failing_panel, input, error);
}

/* The file of all forecasts is whole or not there. */
static void test_save(void **state)
{
    (void)state;
    qd_settings *settings = settings_of(columns);
    qd_panel *panel = trapped(settings, TIMES, 1);
    assert_int_equal(save_all(panel, settings, NULL), QD_OK);
    bytes whole = bytes_read(path_of("all.csv"));
    static const char head[] = "model,s,origin,time,horizon,mean,q0.01,q0.025,";
    assert_memory_equal(whole.data, head, sizeof head - 1);
    unlink(path_of("all.csv"));
    for (size_t n = 0;; n++) {
        nth_operation nth = {.fails = n};
        qd_file_set_hook(fail_nth_operation, &nth);
        const qd_status status = save_all(panel, settings, NULL);
        qd_file_set_hook(NULL, NULL);
        if (status == QD_OK) {
            assert_true(n > 2);
            break;
        }
        if (qd_file_exists(path_of("all.csv"))) { /* only the folder could not be made durable */
            bytes now = bytes_read(path_of("all.csv"));
            assert_int_equal(now.size, whole.size);
            qd_mem_free(now.data);
            unlink(path_of("all.csv"));
        }
    }
    failing_panel = panel;
    assert_true(fail_every_allocation(save_input, settings) > 10);
    unlink(path_of("all.csv"));
    qd_mem_free(whole.data);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

/* -------------------------------------------------------------------------------------------- what is known */

static void test_exposure(void **state)
{
    (void)state;
    double effort[] = {2, NAN, 4, 100};
    qd_panel panel = {.series = 1, .times = 4, .effort = effort};
    assert_true(qd_forecast_exposure(&panel, 0, 0, 3) == 2);
    assert_true(qd_forecast_exposure(&panel, 0, 1, 3) == 3); /* missing: the past's mean */
    assert_true(qd_forecast_exposure(&panel, 0, 3, 3) == 3);
    assert_true(qd_forecast_exposure(&panel, 0, 9, 3) == 3);
    assert_true(qd_forecast_exposure(&panel, 0, 3, 0) == 1);
    panel.effort_known = true;
    assert_true(qd_forecast_exposure(&panel, 0, 3, 3) == 100);
    assert_true(qd_forecast_exposure(&panel, 0, 9, 3) == 3);
    panel.effort = NULL;
    assert_true(qd_forecast_exposure(&panel, 0, 3, 3) == 1);
}

/* What is left open is settled by what was known, however long the table: the context by the horizon, by the season
   once three are known, but half of the times at most; the layer by the number of counts. */
static void test_left_open(void **state)
{
    (void)state;
    static const struct {
        const char *horizon, *context, *layers;
        size_t series, known;
        double season;
    } cases[] = {
        {"1", "6", "lstm:40", 2, 20, 0},       {"4", "6", "lstm:40", 2, 20, 0},
        {"5", "7", "lstm:40", 2, 20, 0},       {"12", "10", "lstm:40", 2, 20, 0},
        {"12", "18", "lstm:40", 2, 400, 0},    {"12", "2", "lstm:40", 2, 3, 0},
        {"0:3", "6", "lstm:64", 2, 500, 0},    {"0:7", "12", "lstm:40", 1, 999, 0},
        {"12", "18", "lstm:64", 10, 100, 0},   {"12", "26", "lstm:64", 10, 100, 12.4},
        {"12", "24", "lstm:40", 10, 99, 12},   {"12", "17", "lstm:40", 10, 35, 12},
        {"8", "26", "lstm:64", 10, 200, 52.2}, {"20", "30", "lstm:40", 10, 90, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_settings *settings, *own;
        assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
        assert_int_equal(qd_settings_set(settings, "horizon", cases[i].horizon, NULL), QD_OK);
        assert_int_equal(qd_settings_set(settings, "as-of", strchr(cases[i].horizon, ':') ? "published" : "", NULL),
                         QD_OK);
        assert_int_equal(qd_settings_set(settings, "lag", "7", NULL), QD_OK);
        const qd_panel panel = {
            .series = cases[i].series, .times = 1000, .kind = QD_TIME_DAY, .day_step = 7, .season = cases[i].season};
        assert_int_equal(qd_forecast_settings(settings, &panel, cases[i].known, &own, NULL), QD_OK);
        assert_string_equal(qd_settings_text(own, "context"), cases[i].context);
        assert_string_equal(qd_settings_text(own, "layers"), cases[i].layers);
        qd_settings_free(own);
        qd_settings_free(settings);
    }
}

static void test_season(void **state)
{
    (void)state;
    const qd_panel days = {.kind = QD_TIME_DAY, .day_step = 1};
    assert_true(qd_panel_season(&days, 700) == 7 && qd_panel_season(&days, 800) > 365);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_future_effort), cmocka_unit_test(test_seeds),  cmocka_unit_test(test_saved_and_naive),
        cmocka_unit_test(test_stop),          cmocka_unit_test(test_save),   cmocka_unit_test(test_exposure),
        cmocka_unit_test(test_left_open),     cmocka_unit_test(test_season),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
