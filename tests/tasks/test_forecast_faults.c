/* Writing forecasts where things fail: every operation on the file, every allocation, and files of rules that are none;
   the failure is told and nothing is left behind. */
#include "data/helpers.h"

#include "tasks/forecast_fixture.h"

#include "eval/tally.h"

#define TARGET "wk inc flu hosp"

static const char *const rules_path = QD_SOURCE_DIR "/tests/tasks/hub_tasks.json";

static const char weekly[] = "time,location,y\n2023-09-30,US,50\n2023-10-07,US,45\n2023-10-07,01,5\n";

/* Form i of the table; after the last one, the picture. */
static qd_status write_form(size_t i, const qd_forecast *f, const qd_forecast_write_options *options, qd_error *error)
{
    return i == qd_forecast_formats_count ? qd_forecast_write_svg(f, f->panel->y, "x", 0, "out.csv", error)
                                          : qd_forecast_formats[i].write(f, options, "out.csv", error);
}

static void every_file_operation_may_fail(void **state)
{
    (void)state;
    qd_panel *panel = panel_of(weekly, "location");
    qd_forecast *f = forecast_of(panel, 0, 1, 2, QD_BAND_LEVELS, qd_band_levels, 3);
    qd_forecast_write_options options = options_of(f, NULL);
    options.project = "p";
    options.site = "location";
    for (size_t i = 0; i <= qd_forecast_formats_count; i++) {
        size_t failed = 0;
        for (size_t n = 0;; n++) {
            nth_operation nth = {.fails = n};
            qd_error error = {0};
            qd_file_set_hook(fail_nth_operation, &nth);
            const qd_status status = write_form(i, f, &options, &error);
            qd_file_set_hook(NULL, NULL);
            if (nth.asked <= n) { /* all went well */
                assert_int_equal(status, QD_OK);
                assert_int_equal(unlink("out.csv"), 0);
                break;
            }
            failed += status != QD_OK;
            if (unlink("out.csv") == 0 && status != QD_OK) { /* whole already: the folder could not be made durable */
                assert_non_null(strstr(error.message, "out.csv"));
            }
        }
        assert_true(failed > 2);
    }
    qd_forecast_free(f);
    qd_panel_free(panel);
}

static qd_status read_and_write(const void *input, qd_error *error)
{
    qd_hub_rules *rules = NULL;
    qd_status status = qd_hub_rules_read(rules_path, TARGET, "2023-10-14", &rules, error);
    if (status == QD_OK) {
        qd_forecast_write_options options = options_of(input, NULL);
        options.hub = rules;
        options.hub_target = TARGET;
        options.reference_date = "2023-10-14";
        status = qd_forecast_write_hubverse(input, &options, "out.csv", error);
    }
    qd_hub_rules_free(rules);
    unlink("out.csv");
    return status;
}

static qd_status write_all(const void *input, qd_error *error)
{
    qd_forecast_write_options options = options_of(input, NULL);
    options.project = "p";
    options.site = "location";
    qd_status status = QD_OK;
    for (size_t i = 0; i <= qd_forecast_formats_count && status == QD_OK; i++) {
        status = write_form(i, input, &options, error);
    }
    unlink("out.csv");
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    qd_panel *panel = panel_of(weekly, "location");
    qd_forecast *f = forecast_of(panel, 0, 1, 2, QD_HUB_LEVELS, qd_hub_levels, 100);
    assert_true(fail_every_allocation(read_and_write, f) > 10);
    assert_true(fail_every_allocation(write_all, f) > 10);
    qd_forecast_free(f);
    qd_panel_free(panel);
}

/* A changed file of rules: the text `from` becomes `to`, wherever it stands. */
static void change_rules(const char *from, const char *to)
{
    char *text = NULL;
    size_t size;
    qd_error error;
    assert_int_equal(qd_file_read_all(rules_path, 1 << 20, &text, &size, &error), QD_OK);
    FILE *file = fopen("tasks.json", "wb");
    assert_non_null(file);
    if (strstr(text, from) == NULL) {
        fail_msg("no '%s' in the rules", from);
    }
    for (const char *rest = text, *found; rest != NULL; rest = found != NULL ? found + strlen(from) : NULL) {
        found = strstr(rest, from);
        const size_t length = found != NULL ? (size_t)(found - rest) : strlen(rest);
        assert_int_equal(fwrite(rest, 1, length, file), length);
        assert_true(found == NULL || fputs(to, file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
    qd_mem_free(text);
}

static void refused(const char *part)
{
    qd_hub_rules *rules;
    qd_error error = {0};
    assert_int_equal(qd_hub_rules_read("tasks.json", TARGET, "2023-10-14", &rules, &error), QD_ERR_FORMAT);
    has(error.message, part);
    has(error.message, "tasks.json");
    assert_int_equal(unlink("tasks.json"), 0);
}

static void rules_that_are_none(void **state)
{
    (void)state;
    static const char *const changes[][3] = {
        {"\"rounds\"", "\"round\"", "rounds"},
        {"\"model_tasks\"", "\"tasks\"", "model_tasks"},
        {"\"task_ids\"", "\"ids\"", "task_ids"},
        {"\"output_type\":", "\"output\":", "output_type"},
        {"[0.01, 0.025,", "[0.025, 0.01,", "rise"},
        {"[0.01, 0.025,", "[0, 0.025,", "between 0 and 1"},
        {"[0.01, 0.025,", "[\"x\", 0.025,", "between 0 and 1"},
        {"\"max_samples_per_task\": 100", "\"max_samples_per_task\": -1", "whole number"},
        {"\"type\": \"character\",", "", "type"},
        {"\"quantile\": {", "\"quantile\": 5, \"quantiles\": {", "object"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        change_rules(changes[i][0], changes[i][1]);
        refused(changes[i][2]);
    }
    static const char *const texts[] = {"",
                                        "[]",
                                        "{}",
                                        "{\"rounds\": 5}",
                                        "{\"rounds\": [5]}",
                                        "{\"rounds\": [{\"model_tasks\": []}]}",
                                        "{\"rounds\": [{\"model_tasks\": [5]}]}",
                                        "{\"rounds\": [{\"model_tasks\": [{\"task_ids\": 5}]}]}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        FILE *file = fopen("tasks.json", "wb");
        assert_non_null(file);
        assert_true(fputs(texts[i], file) >= 0 && fclose(file) == 0);
        refused("");
    }
}

/* The rules keep nothing of the caller's. */
static void rules_own_their_texts(void **state)
{
    (void)state;
    char date[] = "2023-10-14", target[] = TARGET;
    qd_hub_rules *rules = NULL;
    qd_error error;
    assert_int_equal(qd_hub_rules_read(rules_path, target, date, &rules, &error), QD_OK);
    memset(date, 'x', sizeof date - 1);
    assert_string_equal(rules->round_id, "2023-10-14");
    qd_hub_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_operation_may_fail),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(rules_that_are_none),
        cmocka_unit_test(rules_own_their_texts),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
