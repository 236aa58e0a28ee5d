/* Panels from tables in the shapes that people have: frequency, season, gaps, vintages, tallies, joins, and what is
 * refused. */
#include "test.h"

#include "data/panel.h"
#include <math.h>
#include <string.h>

static qd_table *parse(const char *csv)
{
    qd_table *table;
    qd_error error;
    const qd_table_options options = {.limit = 1 << 20};
    if (qd_table_parse("t.csv", csv, strlen(csv), &options, &table, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return table;
}

static qd_panel_options none(void)
{
    return (qd_panel_options){.time = "t",
                              .date = "",
                              .series = "",
                              .target = "y",
                              .series_columns = "",
                              .tally = "",
                              .covariates = "",
                              .known = "",
                              .constant = "",
                              .effort = "",
                              .as_of = "",
                              .join_key = ""};
}

static qd_panel *read(const char *csv, const qd_panel_options *options)
{
    qd_table *table = parse(csv);
    qd_panel *panel;
    qd_error error;
    if (qd_panel_read(table, options, &panel, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_table_free(table);
    return panel;
}

static void refused(const char *csv, const qd_panel_options *options, uint64_t line, const char *part)
{
    qd_table *table = parse(csv);
    qd_panel *panel;
    qd_error error;
    assert_int_not_equal(qd_panel_read(table, options, &panel, &error), QD_OK);
    assert_int_equal(error.line, line);
    if (strstr(error.message, part) == NULL) {
        fail_msg("%s", error.message);
    }
    qd_table_free(table);
}

static void long_table(void **state)
{
    (void)state;
    qd_panel_options o = none();
    o.series = "site,kind";
    qd_panel *p =
        read("site,kind,t,y\n01,NA,2024-01-06,3\n01,NA,2024-01-20,5\n02,NA,2024-01-13,\n02,b,2024-01-13,7\n", &o);
    assert_int_equal(p->series, 3);
    assert_int_equal(p->times, 3);
    assert_int_equal(p->step, 7);
    assert_string_equal(p->key[0], "01"); /* a key is text, and NA is a name */
    assert_string_equal(p->key[1], "NA");
    assert_string_equal(p->key[5], "b");
    assert_true(p->y[0] == 3 && isnan(p->y[1]) && p->y[2] == 5);
    assert_true(isnan(p->y[4]) && p->y[7] == 7);
    assert_float_equal((float)p->season, 52.178f, 1e-3f);
    char text[32];
    qd_panel_time_text(p, 4, text, sizeof text);
    assert_string_equal(text, "2024-02-03");
    int64_t i;
    assert_true(qd_panel_time_find(p, "2024-01-20", &i));
    assert_int_equal(i, 2);
    assert_false(qd_panel_time_find(p, "2024-01-21", &i));
    qd_panel_free(p);
}

static void wide_table_lists_whole_numbers(void **state)
{
    (void)state;
    qd_panel_options o = none();
    o.wide = true;
    o.covariates = "rain";
    qd_panel *p = read("t,a,NA,rain,note\n1,1,,0.5,x\n2,2,4,0.25,y\n4,NA,6,,z\n", &o);
    assert_int_equal(p->series, 2);
    assert_string_equal(p->key[1], "NA");
    assert_int_equal(p->times, 4); /* row 3 is a gap */
    assert_true(isnan(p->y[2]) && isnan(p->y[3]) && p->y[7] == 6);
    assert_int_equal(p->past, 1);
    assert_true(p->feature[0].value[1] == 0.25 && p->feature[0].value[5] == 0.25 && isnan(p->feature[0].value[3]));
    assert_true(p->season == 0);
    qd_panel_free(p);
}

static void frequencies(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *text, *next;
        double season;
    } cases[] = {
        {"t,y\n2024-01-31,1\n2024-02-29,2\n2024-04-30,3\n", "monthly", "2024-05-31", 12},
        {"t,y\n2024-01-15,1\n2024-02-15,2\n2024-03-15,3\n", "monthly", "2024-04-15", 12},
        {"t,y\n2024-01,1\n2024-02,2\n", "monthly", "2024-03", 12},
        {"t,y\n2024-01-01,1\n2024-01-02,2\n2024-01-05,3\n", "daily", "2024-01-06", 7},
        {"t,y\n2023-W52,1\n2024-W01,2\n", "weekly", "2024-W02", 365.2425 / 7},
        {"t,y\n1821,1\n1822,2\n", "yearly", "1823", 0},
        {"t,y\n10,1\n16,2\n28,2\n", "every 6 units", "34", 0},
        {"t,y\n7,1\n8,2\n", "an index", "9", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_panel_options o = none();
        qd_panel *p = read(cases[i].csv, &o);
        char text[64];
        qd_panel_frequency_text(p, text, sizeof text);
        assert_string_equal(text, cases[i].text);
        qd_panel_time_text(p, (int64_t)p->times, text, sizeof text);
        assert_string_equal(text, cases[i].next);
        assert_true(fabs(p->season - cases[i].season) < 1e-9);
        qd_panel_free(p);
    }
}

static void moons_have_their_own_season(void **state)
{
    (void)state;
    qd_panel_options o = none();
    o.date = "d";
    qd_panel *p = read("t,d,y\n1,2000-01-06,1\n2,2000-02-05,2\n4,2000-04-04,3\n", &o);
    assert_true(fabs(p->day_step - 89.0 / 3) < 1e-9);
    assert_true(fabs(p->season - 365.2425 / (89.0 / 3)) < 1e-9);
    assert_true(fabs(p->day[2] - (p->day[1] + p->day[3]) / 2) < 1e-9);
    assert_true(fabs(qd_panel_day(p, 5) - (p->day[3] + 2 * p->day_step)) < 1e-9);
    qd_panel_free(p);
}

static void vintages(void **state)
{
    (void)state;
    qd_panel_options o = none();
    o.as_of = "v";
    qd_panel *p = read("v,t,y\n2024-01-10,2024-01-06,3\n2024-01-17,2024-01-06,4\n2024-01-17,2024-01-13,8\n"
                       "2024-01-24,2024-01-13,\n",
                       &o);
    double y[2];
    qd_panel_as_of(p, qd_days_from_date(2024, 1, 9), y);
    assert_true(isnan(y[0]) && isnan(y[1]));
    qd_panel_as_of(p, qd_days_from_date(2024, 1, 10), y);
    assert_true(y[0] == 3 && isnan(y[1]));
    qd_panel_as_of(p, qd_days_from_date(2024, 1, 17), y);
    assert_true(y[0] == 4 && y[1] == 8);
    assert_true(p->y[0] == 4 && isnan(p->y[1])); /* withdrawn at last */
    qd_panel_free(p);
    refused("v,t,y\n2024-01-10,2024-01-06,3\n2024-01-10,2024-01-06,4\n", &o, 0, "published on one day");
}

static void tallies(void **state)
{
    (void)state;
    qd_panel_options o = none();
    o.tally = "week";
    qd_panel *p = read("t,x\n2024-01-01,a\n2024-01-07,b\n2024-01-15,c\n", &o);
    assert_int_equal(p->times, 3);
    assert_true(p->y[0] == 2 && p->y[1] == 0 && p->y[2] == 1);
    qd_panel_free(p);
    o.tally = "month";
    p = read("t,x\n2024-01-01,a\n2024-03-07,b\n", &o);
    assert_true(p->times == 3 && p->y[0] == 1 && p->y[1] == 0 && p->y[2] == 1);
    qd_panel_free(p);
}

static void joined_and_constant(void **state)
{
    (void)state;
    qd_table *join = parse("site,people\n01,1000\n02,2000\n");
    qd_panel_options o = none();
    o.series = "site";
    o.join = join;
    o.join_key = "site";
    o.constant = "people";
    qd_panel *p = read("site,t,y\n02,1,1\n03,1,5\n", &o);
    assert_int_equal(p->constants, 1);
    assert_true(p->feature[0].value[0] == 2000 && isnan(p->feature[0].value[1]));
    qd_panel_free(p);
    qd_table_free(join);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    qd_panel_options o = none();
    refused("t,y\n1,2\n2,3\n1,4\n", &o, 4, "a second value of 1 (the first is in line 2)");
    refused("t,y\n1,2\n2,x\n", &o, 3, "x");
    o.effort = "e";
    refused("t,y,e\n1,2,1\n2,3,0\n", &o, 3, "effort must be positive");
    o.effort = "";
    o.constant = "c";
    refused("t,y,c\n1,2,1\n2,3,2\n", &o, 3, "not the same");
    o.constant = "";
    o.tally = "week";
    refused("t,y\n1,2\n", &o, 0, "holds no dates");
    o.tally = "";
    o.time = "tt";
    refused("t,y\n1,2\n", &o, 1, "tt");
    o.time = "t";
    qd_panel *p = read("t,y\n2,2.5\n1,-1\n", &o);
    assert_int_equal(p->not_count.line, 2); /* for the likelihood to judge */
    assert_int_equal(p->unsorted, 1);
    assert_true(p->y[0] == -1);
    qd_panel_free(p);
}

/* Whatever a training is told changes the fingerprint; what comes later does not. */
static void fingerprints(void **state)
{
    (void)state;
    static const char csv[] =
        "t,s,e,r,y\n2020,a,2,1,3\n2020,b,2,1,4\n2021,a,3,1,\n2021,b,3,2,6\n2022,a,3,4,9\n2022,b,3,5,8\n";
    qd_panel_options options = none();
    options.series = "s";
    options.effort = "e";
    options.covariates = "r";
    qd_panel *p = read(csv, &options);
    enum { KNOWN = 2, TIMES = 3 };
    assert_int_equal(p->times, TIMES);
    const uint32_t print = qd_panel_fingerprint(p, p->y, KNOWN);
    double *const told[] = {&p->y[0],  &p->y[1], &p->y[TIMES + 1], &p->effort[1], &p->feature[0].value[TIMES],
                            &p->day[1]};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        const double before = *told[i];
        *told[i] = 77;
        assert_int_not_equal(qd_panel_fingerprint(p, p->y, KNOWN), print);
        *told[i] = before;
    }
    p->key[1][0] = 'c';
    assert_int_not_equal(qd_panel_fingerprint(p, p->y, KNOWN), print);
    p->key[1][0] = 'b';
    assert_int_not_equal(qd_panel_fingerprint(p, p->y, TIMES), print);
    p->y[2] = p->y[TIMES + 2] = p->effort[2] = p->feature[0].value[2] = 77;
    assert_int_equal(qd_panel_fingerprint(p, p->y, KNOWN), print);
    qd_panel_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_table),
        cmocka_unit_test(wide_table_lists_whole_numbers),
        cmocka_unit_test(frequencies),
        cmocka_unit_test(moons_have_their_own_season),
        cmocka_unit_test(vintages),
        cmocka_unit_test(tallies),
        cmocka_unit_test(joined_and_constant),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(fingerprints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
