/* Late reports: what was first published too low is corrected by what earlier publications were changed by, and by
   nothing that was published later. */
#include "test.h"

#include "data/panel.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WEEKS = 8 };

/* A table of weekly publications: a week's count is 80 when first published, 95 a week later, then 100.  poison: every
   publication from the eighth on is a thousand times as large. */
static qd_panel *weekly(double poison)
{
    char csv[4096] = "v,t,y\n";
    for (int64_t p = 0; p < WEEKS + 2; p++) {
        for (int64_t age = 0; age < 3 && age <= p; age++) {
            char published[16], time[16];
            const int64_t day = qd_days_from_date(2024, 1, 6) + 7 * p;
            qd_time_text(QD_TIME_DAY, false, day + 4, published, sizeof published);
            qd_time_text(QD_TIME_DAY, false, day - 7 * age, time, sizeof time);
            const double value = (age == 0 ? 80 : age == 1 ? 95 : 100) * (p >= WEEKS ? poison : 1);
            snprintf(csv + strlen(csv), sizeof csv - strlen(csv), "%s,%s,%.0f\n", published, time, value);
        }
    }
    const qd_panel_options o = {.time = "t", .date = "", .series = "", .target = "y", .series_columns = "", .tally = "",
                                .covariates = "", .known = "", .constant = "", .effort = "", .as_of = "v",
                                .join_key = ""};
    const qd_table_options options = {.limit = 1 << 20};
    qd_table *table;
    qd_panel *panel = NULL;
    qd_error error;
    if (qd_table_parse("late.csv", csv, strlen(csv), &options, &table, &error) != QD_OK ||
        qd_panel_read(table, &o, &panel, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_table_free(table);
    return panel;
}

static void settle(const qd_panel *panel, int64_t day, double *y, double factor[QD_PANEL_LATE])
{
    qd_error error;
    qd_panel_as_of(panel, day, y);
    assert_int_equal(qd_panel_settle(panel, day, y, factor, &error), QD_OK);
}

static void corrected(void **state)
{
    (void)state;
    for (int poisoned = 0; poisoned < 2; poisoned++) {
        qd_panel *panel = weekly(poisoned ? 1000 : 1);
        double y[WEEKS + 2], factor[QD_PANEL_LATE];
        settle(panel, qd_days_from_date(2024, 1, 6) + 7 * (WEEKS - 1) + 4, y, factor);
        assert_true(fabs(factor[0] - 100.0 / 80) < 1e-12);
        assert_true(fabs(factor[1] - 100.0 / 95) < 1e-12);
        assert_true(factor[2] == 1 && factor[3] == 1);
        assert_true(y[WEEKS - 1] == 100 && y[WEEKS - 2] == 100 && y[WEEKS - 3] == 100);
        assert_true(isnan(y[WEEKS]));
        qd_panel_free(panel);
    }
}

/* Two publications before say too little. */
static void too_few(void **state)
{
    (void)state;
    qd_panel *panel = weekly(1);
    double y[WEEKS + 2], factor[QD_PANEL_LATE];
    settle(panel, qd_days_from_date(2024, 1, 6) + 7 * 2 + 4, y, factor);
    assert_true(factor[0] == 1 && y[2] == 80 && y[1] == 95);
    settle(panel, qd_days_from_date(2024, 1, 1), y, factor); /* before all */
    assert_true(factor[0] == 1 && isnan(y[0]));
    qd_panel_free(panel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corrected), cmocka_unit_test(too_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
