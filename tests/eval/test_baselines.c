/* The naive forecasts by their definitions: where the median lies, how they widen, what clips them, which past values
   are of the season. */
#include "test.h"

#include "eval/baselines.h"
#include <math.h>
#include <string.h>

enum { LEVELS = 3, STEPS = 2 };
static const double level[LEVELS] = {0.025, 0.5, 0.975};

static void forecast(const char *name, qd_past past, double quantiles[STEPS * LEVELS], double mean[STEPS])
{
    past.steps = STEPS;
    for (size_t i = 0; i < qd_baselines_count; i++) {
        if (strcmp(qd_baselines[i].name, name) == 0) {
            assert_int_equal(qd_baselines[i].forecast(&past, LEVELS, level, quantiles, mean, NULL), QD_OK);
            return;
        }
    }
    fail_msg("there is no baseline %s", name);
}

/* Differences of neighbours: 4, -4, 0 (beside the gap there are none).  One step: 1, 1 + 4 and 1 - 4, each a third. */
static void last_walks_from_the_last_value(void **state)
{
    (void)state;
    static const double y[] = {1, 5, 1, 1, (double)NAN};
    double q[STEPS * LEVELS], mean[STEPS];
    forecast("last", (qd_past){.y = y, .known = 5}, q, mean);
    assert_true(q[0] == -3 && q[1] == 1 && q[2] == 5);
    assert_true(fabs(mean[0] - 1) < 0.1);
    assert_true(q[LEVELS] == -7 && q[LEVELS + 1] == 1 && q[LEVELS + 2] == 9); /* two steps are wider */
    forecast("last", (qd_past){.y = y, .known = 5, .nonnegative = true}, q, mean);
    assert_true(q[0] == 0 && q[1] == 1 && q[2] == 5);
    assert_true(fabs(mean[0] - 2) < 0.1); /* of 0, 1, 5 */
}

static void drift_moves_on(void **state)
{
    (void)state;
    static const double y[] = {1, 5, 3, 4}; /* mean difference 1 */
    double q[STEPS * LEVELS], mean[STEPS];
    forecast("drift", (qd_past){.y = y, .known = 4}, q, mean);
    assert_true(fabs(q[1] - 5) < 1e-12 && fabs(q[LEVELS + 1] - 6) < 1e-12);
}

static void mean_is_of_all(void **state)
{
    (void)state;
    static const double y[] = {8, (double)NAN, 2, 4, 6};
    double q[STEPS * LEVELS], mean[STEPS];
    forecast("mean", (qd_past){.y = y, .known = 5}, q, mean);
    assert_true(q[1] == 5 && mean[0] == 5 && q[0] == 2 + 0.075 * 2); /* type 7: place 0.025 (4 - 1) */
    assert_memory_equal(q, q + LEVELS, LEVELS * sizeof *q);
}

static void season_takes_its_place(void **state)
{
    (void)state;
    static const double y[] = {1,  2,  3,  4,  11,
                               12, 13, 14, 21, 22}; /* a season of four: next are the third, the fourth */
    double q[STEPS * LEVELS], mean[STEPS];
    forecast("season", (qd_past){.y = y, .known = 10, .season = 4}, q, mean);
    assert_true(q[1] == 8 && mean[0] == 8 && q[LEVELS + 1] == 9 && mean[1] == 9);
    forecast("season", (qd_past){.y = y, .known = 3, .season = 4}, q, mean); /* not one whole season: all */
    assert_true(q[1] == 2 && mean[1] == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(last_walks_from_the_last_value),
        cmocka_unit_test(drift_moves_on),
        cmocka_unit_test(mean_is_of_all),
        cmocka_unit_test(season_takes_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
