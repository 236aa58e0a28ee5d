/* The backtest: what comes after an origin, counts and effort alike, changes no forecast from it. */
#include "panel_fixture.h"
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
    qd_backtest result;
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
    const qd_backtest_options options = {.from = ORIGIN, .until = ORIGIN, .every = 1};
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

/* What is left open is settled by what was known, however long the table. */
static void test_context(void **state)
{
    (void)state;
    qd_settings *settings = settings_of((const char *const[]){"time", "t", "target", "y", "series", "s", NULL}), *own;
    qd_panel *panel = trapped(settings, TIMES, 1);
    assert_int_equal(qd_forecast_settings(settings, panel, 20, &own, NULL), QD_OK);
    assert_int_equal(qd_settings_integer(own, "context"), 10);
    qd_settings_free(own);
    const qd_panel days = {.kind = QD_TIME_DAY, .day_step = 1};
    assert_true(qd_panel_season(&days, 700) == 7 && qd_panel_season(&days, 800) > 365);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_future_effort),
        cmocka_unit_test(test_exposure),
        cmocka_unit_test(test_context),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
