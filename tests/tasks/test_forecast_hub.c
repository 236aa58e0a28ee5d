/* Forecasts as a hub of the hubverse takes them: a checker of its own reads what was written, with a hub's tasks.json;
   QD_TEST_HUB=tasks.json has it read another one (that of FluSight) for the same target. */
#include "tasks/hub_checker.h"

#include "eval/tally.h"

#define TARGET "wk inc flu hosp"

static const char *const rules_path = QD_SOURCE_DIR "/tests/tasks/hub_tasks.json";

/* Weeks that end on Saturdays; XX is no location of the hub. */
static const char weekly[] = "time,location,y\n"
                             "2023-09-23,US,40\n2023-09-30,US,50\n2023-10-07,US,45\n"
                             "2023-09-30,01,4\n2023-10-07,01,5\n2023-10-07,XX,5\n";

typedef struct hub_case {
    qd_panel *panel;
    qd_forecast *forecast;
    qd_hub_rules *rules;
    heard heard;
    qd_forecast_write_options options;
} hub_case;

static const char *hub_path(void)
{
    const char *other = getenv("QD_TEST_HUB");
    return other != NULL ? other : rules_path;
}

static void rules_of(hub_case *c, const char *path, const char *date)
{
    qd_error error;
    if (qd_hub_rules_read(path, TARGET, date, &c->rules, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    c->options.hub = c->rules;
    c->options.reference_date = date;
}

/* Known to 2023-10-07, on 2023-10-14; horizons from `first`. */
static void begin(hub_case *c, const char *csv, const char *series, int64_t first, size_t horizons, size_t samples)
{
    *c = (hub_case){.panel = panel_of(csv, series)};
    c->forecast = forecast_of(c->panel, 1, first, horizons, QD_HUB_LEVELS, qd_hub_levels, samples);
    c->options = options_of(c->forecast, &c->heard);
    c->options.hub_target = TARGET;
    c->options.model_id = "TEAM-model";
}

static void end(hub_case *c)
{
    qd_hub_rules_free(c->rules);
    qd_forecast_free(c->forecast);
    qd_panel_free(c->panel);
}

static char *written_by(hub_case *c)
{
    qd_error error;
    if (qd_forecast_write_hubverse(c->forecast, &c->options, "out.csv", &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return taken("out.csv");
}

static void what_is_written_passes_the_rules(void **state)
{
    (void)state;
    hub_case c;
    begin(&c, weekly, "location", -1, 5, 150);
    rules_of(&c, hub_path(), "2023-10-14");
    char *text = written_by(&c);
    const hub_check check = hub_checked(hub_path(), TARGET, text);
    assert_string_equal(check.wrong, "");
    assert_int_equal(check.quantile_rows, 2 * 5 * QD_HUB_LEVELS);
    assert_int_equal(check.sample_rows, 2 * 5 * 100); /* exactly 100 paths, though there are more */
    has(text, "2023-10-14,wk inc flu hosp,-1,01,2023-10-07,quantile,0.01,");
    has(text, "2023-10-14,wk inc flu hosp,3,US,2023-11-04,sample,US_100,");
    has(c.heard.text, "1 series left out, which the hub does not take: XX\n");
    qd_mem_free(text);
    end(&c);
}

/* Replaces the first text after `from`; the checker must mind. */
static void minded(const char *text, const char *from, const char *old, const char *fresh)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    at = strstr(at, old);
    assert_non_null(at);
    char *changed = zeros(strlen(text) + strlen(fresh) + 1, 1);
    memcpy(changed, text, (size_t)(at - text));
    strcat(strcat(changed, fresh), at + strlen(old));
    const hub_check check = hub_checked(rules_path, TARGET, changed);
    if (check.wrong[0] == '\0') {
        fail_msg("%s for %s was not minded", fresh, old);
    }
    qd_mem_free(changed);
}

static void the_checker_minds_mistakes(void **state)
{
    (void)state;
    hub_case c;
    begin(&c, weekly, "location", 0, 4, 100);
    rules_of(&c, rules_path, "2023-10-14");
    char *text = written_by(&c);
    minded(text, "2023", ",01,", ",1,");
    minded(text, "2023", "2023-10-14,quantile", "2023-10-21,quantile");
    minded(text, ",quantile,", ",0.05,", ",0.06,");
    minded(text, ",quantile,0.025,", "0.025,", "0.025,9");
    minded(text, ",quantile,0.01,", "0.01,", "0.01,-");
    minded(text, ",sample,01_001", "01_001", "01_002");
    minded(text, ",sample,01_001", "01_001", "US_001");
    minded(text, ",sample,01_001", "01_001,", "01_001,0.5");
    minded(text, ",sample,01_001", "01_001", "a_name_longer_than_15");
    minded(text, ",sample,01_001", "sample", "mean");
    minded(text, "reference_date", "location", "place");
    qd_mem_free(text);
    end(&c);
}

static void without_a_hub_the_usual_columns(void **state)
{
    (void)state;
    hub_case c;
    static const double half = 0.5;
    begin(&c, "time,place,y\n2023-W39,A,4\n2023-W40,A,5\n", "place", 0, 2, 0);
    c.options.levels = 1;
    c.options.level = &half;
    writes("hubverse", c.forecast, &c.options,
           "reference_date,target,horizon,target_end_date,location,output_type,output_type_id,value\n"
           "2023-10-15,wk inc flu hosp,0,2023-10-15,A,quantile,0.5,20\n"
           "2023-10-15,wk inc flu hosp,1,2023-10-22,A,quantile,0.5,21\n");
    end(&c);
    begin(&c, "time,y\n1,4\n2,5\n", "", 0, 2, 0);
    refuses("hubverse", c.forecast, &c.options, "--date");
    end(&c);
}

static void horizons_that_the_hub_does_not_take(void **state)
{
    (void)state;
    hub_case c;
    begin(&c, weekly, "location", 0, 6, 100);
    rules_of(&c, rules_path, "2023-10-14");
    char *text = written_by(&c);
    assert_string_equal(hub_checked(rules_path, TARGET, text).wrong, "");
    has(c.heard.text, "horizons left out, which the hub does not take: 4 (2023-11-11), 5 (2023-11-18)\n");
    qd_mem_free(text);
    c.options.every_horizon = true;
    refuses("hubverse", c.forecast, &c.options, "4 (2023-11-11), 5 (2023-11-18)");
    c.options.reference_date = "2023-10-15";
    refuses("hubverse", c.forecast, &c.options, "2023-10-15 is not the date of a time");
    end(&c);
    /* Another reference date than the forecast's own: horizons count from it. */
    begin(&c, weekly, "location", 0, 4, 100);
    rules_of(&c, rules_path, "2023-10-21");
    text = written_by(&c);
    assert_string_equal(hub_checked(rules_path, TARGET, text).wrong, "");
    has(text, "2023-10-21,wk inc flu hosp,-1,US,2023-10-14,");
    qd_mem_free(text);
    end(&c);
}

static void values_outside_the_rules(void **state)
{
    (void)state;
    hub_case c;
    begin(&c, weekly, "location", 0, 4, 100);
    rules_of(&c, rules_path, "2023-10-14");
    c.forecast->quantile[0] = -0.25;
    c.forecast->sample[0] = 1.6;
    char *text = written_by(&c);
    assert_string_equal(hub_checked(rules_path, TARGET, text).wrong, "");
    has(text, "0,US,2023-10-14,quantile,0.01,0\n");
    has(text, "0,US,2023-10-14,sample,US_001,2\n");
    has(c.heard.text, "1 values below the least");
    qd_mem_free(text);
    c.forecast->quantile[0] = NAN;
    refuses("hubverse", c.forecast, &c.options, "not a number");
    end(&c);
}

static void series_that_do_not_fit(void **state)
{
    (void)state;
    hub_case c;
    begin(&c, "time,location,y\n2023-09-30,XX,4\n2023-10-07,XX,5\n", "location", 0, 4, 100);
    rules_of(&c, rules_path, "2023-10-14");
    refuses("hubverse", c.forecast, &c.options, "takes none of the series (XX)");
    end(&c);
    begin(&c, "time,location,age,y\n2023-09-30,US,a,4\n2023-10-07,US,a,5\n2023-10-07,US,b,5\n", "location,age", 0, 4,
          100);
    rules_of(&c, rules_path, "2023-10-14");
    refuses("hubverse", c.forecast, &c.options, "age tells series apart");
    end(&c);
    begin(&c, "time,age,sex,y\n2023-09-30,US,a,4\n2023-10-07,US,a,5\n", "age,sex", 0, 4, 100);
    rules_of(&c, rules_path, "2023-10-14");
    refuses("hubverse", c.forecast, &c.options, "column location is none of those");
    end(&c);
    begin(&c, "time,location,y\n2023-09,US,4\n2023-10,US,5\n", "location", 0, 4, 100);
    rules_of(&c, rules_path, "2023-10-14");
    c.options.reference_date = "";
    refuses("hubverse", c.forecast, &c.options, "a horizon of the hub is a week");
    end(&c);
}

static void too_few_paths(void **state)
{
    (void)state;
    hub_case c;
    begin(&c, weekly, "location", 0, 4, 99);
    rules_of(&c, rules_path, "2023-10-14");
    refuses("hubverse", c.forecast, &c.options, "100 samples or more, there are 99");
    end(&c);
}

static void rules_refused(const char *target, const char *date, const char *part)
{
    qd_hub_rules *rules;
    qd_error error;
    assert_int_equal(qd_hub_rules_read(rules_path, target, date, &rules, &error), QD_ERR_VALUE);
    has(error.message, part);
}

static void targets_out_of_scope_are_refused(void **state)
{
    (void)state;
    rules_refused("wk flu hosp rate change", "2023-10-14", "probabilities of categories (pmf)");
    rules_refused("peak inc flu hosp", "2023-10-14", "one of a whole season, without horizons");
    rules_refused("deaths", "2023-10-14", "it has: wk flu hosp rate change, wk inc flu hosp, peak inc flu hosp");
    rules_refused("", "2023-10-14", "--hub-target");
    rules_refused(TARGET, "2022-10-15",
                  "no round of the hub has the reference date 2022-10-15; the last one is 2023-10-21");
}

/* Variants of a small hub: another date column, whole ids, required places, paths joint across places. */
static const char variant[] = "{\"rounds\":[{\"round_id\":\"r1\",\"round_id_from_variable\":false,\"model_tasks\":[{"
                              "\"task_ids\":{\"origin_date\":{\"required\":[\"2023-10-14\"],\"optional\":null},"
                              "\"location\":{\"required\":[\"%s\"],\"optional\":[\"US\",\"01\"]},"
                              "\"horizon\":{\"required\":null,\"optional\":[0,1]},"
                              "\"age\":{\"required\":[\"all\"],\"optional\":null}},"
                              "\"output_type\":{\"sample\":{\"output_type_id_params\":{\"type\":\"integer\","
                              "\"min_samples_per_task\":2,\"max_samples_per_task\":2,\"compound_taskid_set\":[%s]},"
                              "\"is_required\":%s,\"value\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":%s}}},"
                              "\"target_metadata\":[{\"target_id\":\"wk inc flu hosp\",\"time_unit\":\"week\"}]}]}]}";

static void variant_rules(hub_case *c, const char *place, const char *set, const char *required, const char *most)
{
    char text[1500];
    FILE *file = fopen("tasks.json", "w");
    assert_non_null(file);
    qd_hub_rules_free(c->rules);
    c->rules = NULL;
    assert_true(qd_text_format(text, sizeof text, variant, place, set, required, most) < (int)sizeof text);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    rules_of(c, "tasks.json", "2023-10-14");
    assert_int_equal(unlink("tasks.json"), 0);
}

static void other_hubs(void **state)
{
    (void)state;
    hub_case c;
    begin(&c, "time,location,y\n2023-09-30,US,4\n2023-10-07,US,5\n", "location", 0, 2, 3);
    variant_rules(&c, "US", "\"location\"", "true", "99");
    assert_string_equal(c.rules->round_id, "r1");
    writes("hubverse", c.forecast, &c.options,
           "origin_date,location,horizon,age,output_type,output_type_id,value\n"
           "2023-10-14,US,0,all,sample,1,10\n2023-10-14,US,1,all,sample,1,11\n"
           "2023-10-14,US,0,all,sample,2,11\n2023-10-14,US,1,all,sample,2,12\n");
    variant_rules(&c, "02", "\"location\"", "true", "99");
    refuses("hubverse", c.forecast, &c.options, "requires location 02");
    variant_rules(&c, "US", "\"location\"", "true", "11");
    refuses("hubverse", c.forecast, &c.options, "12 is above 11");
    variant_rules(&c, "US", "\"origin_date\"", "true", "99");
    refuses("hubverse", c.forecast, &c.options, "joint across places");
    variant_rules(&c, "US", "\"origin_date\"", "false", "99");
    refuses("hubverse", c.forecast, &c.options, "joint across places"); /* and it takes nothing else */
    end(&c);
}

static void files_that_are_no_rules(void **state)
{
    (void)state;
    static const char *const texts[] = {"[]",
                                        "{",
                                        "{\"rounds\":[]}",
                                        "{\"rounds\":[1]}",
                                        "{\"rounds\":[{\"model_tasks\":[]}]}",
                                        "{\"rounds\":[{\"model_tasks\":[{\"task_ids\":1}]}]}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        qd_hub_rules *rules;
        qd_error error;
        FILE *file = fopen("tasks.json", "w");
        assert_non_null(file);
        assert_true(fputs(texts[i], file) >= 0 && fclose(file) == 0);
        assert_int_not_equal(qd_hub_rules_read("tasks.json", TARGET, "2023-10-14", &rules, &error), QD_OK);
        has(error.message, "tasks.json");
        assert_int_equal(unlink("tasks.json"), 0);
    }
}

static void model_ids(void **state)
{
    (void)state;
    static const char *const good[] = {"TEAM-model", "a_1-b_2"};
    static const char *const bad[] = {"", "TEAM", "TEAM-", "-model", "a-b-c", "a-b c", "a/b-c"};
    qd_error error;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(qd_hub_check_model_id(good[i], &error), QD_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(qd_hub_check_model_id(bad[i], &error), QD_ERR_VALUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_passes_the_rules),
        cmocka_unit_test(the_checker_minds_mistakes),
        cmocka_unit_test(without_a_hub_the_usual_columns),
        cmocka_unit_test(horizons_that_the_hub_does_not_take),
        cmocka_unit_test(values_outside_the_rules),
        cmocka_unit_test(series_that_do_not_fit),
        cmocka_unit_test(too_few_paths),
        cmocka_unit_test(targets_out_of_scope_are_refused),
        cmocka_unit_test(other_hubs),
        cmocka_unit_test(files_that_are_no_rules),
        cmocka_unit_test(model_ids),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
