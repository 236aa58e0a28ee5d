/* A panel with more times at its end: what was there stays, what is new is not known, whatever fails on the way. */
#include "data/helpers.h"

#include "data/panel.h"
#include <math.h>

static qd_panel *read_panel(void)
{
    static const char csv[] = "t,k,y,x,e,c\n2024-01-06,a,1,5,2,9\n2024-01-13,a,2,6,2,9\n2024-01-06,b,3,7,3,8\n";
    qd_table *table;
    qd_panel *panel = NULL;
    qd_error error;
    const qd_table_options reading = {.limit = 1 << 20};
    const qd_panel_options options = {.time = "t",
                                      .date = "",
                                      .series = "k",
                                      .target = "y",
                                      .series_columns = "",
                                      .tally = "",
                                      .covariates = "",
                                      .known = "x",
                                      .constant = "c",
                                      .effort = "e",
                                      .as_of = "",
                                      .join_key = ""};
    assert_int_equal(qd_table_parse("t.csv", csv, strlen(csv), &reading, &table, &error), QD_OK);
    if (qd_panel_read(table, &options, &panel, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_table_free(table);
    return panel;
}

static void more_times(void **state)
{
    (void)state;
    qd_panel *panel = read_panel();
    qd_error error;
    char text[32];
    const double day = qd_panel_day(panel, 3);
    assert_int_equal(qd_panel_extend(panel, 1, &error), QD_OK);
    assert_int_equal(panel->times, 2);
    assert_int_equal(qd_panel_extend(panel, 4, &error), QD_OK);
    assert_int_equal(panel->times, 4);
    static const double y[] = {1, 2, 3};
    assert_true(panel->y[0] == y[0] && panel->y[1] == y[1] && panel->y[4] == y[2]);
    assert_true(panel->feature[0].value[1] == 6 && panel->feature[0].value[4] == 7 && panel->effort[4] == 3);
    assert_true(panel->feature[1].value[0] == 9 && panel->feature[1].value[1] == 8);
    for (size_t s = 0; s < 2; s++) {
        for (size_t t = 2; t < 4; t++) {
            assert_true(isnan(panel->y[4 * s + t]) && isnan(panel->effort[4 * s + t]) &&
                        isnan(panel->feature[0].value[4 * s + t]));
        }
    }
    assert_true(panel->day[3] == day);
    qd_panel_time_text(panel, 3, text, sizeof text);
    assert_string_equal(text, "2024-01-27");
    qd_panel_free(panel);
}

static qd_panel *shared;

static qd_status extend(const void *input, qd_error *error)
{
    (void)input;
    const qd_status status = qd_panel_extend(shared, 20, error);
    qd_mem_set_hook(NULL, NULL);
    qd_panel_free(shared);
    shared = read_panel();
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    shared = read_panel();
    assert_true(fail_every_allocation(extend, NULL) >= 4);
    qd_panel_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_times),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
