/* Reading hub forecasts in both layouts and observations: what is read, what is left out, what is refused and where. */
#include "data/helpers.h"

#include "eval/hub.h"
#include "eval/tally.h"

#include <math.h>

static const qd_table_options options = {1 << 20, false};
static const qd_truth_columns usual = {NULL, NULL, NULL};

#define HUBVERSE "reference_date,target,horizon,target_end_date,location,output_type,output_type_id,value\n"
#define OLDER    "forecast_date,target,target_end_date,location,type,quantile,value\n"

static const char *text_file(const char *text)
{
    return write_file("a-TEAM.csv", text, strlen(text));
}

static qd_hub *read_levels(const char *text, size_t levels, const double *level)
{
    qd_hub *hub;
    qd_error error;
    const char *path = text_file(text);
    if (qd_hub_read(path, &options, levels, level, &hub, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(path), 0);
    return hub;
}

static qd_hub *read_text(const char *text)
{
    return read_levels(text, 0, NULL);
}

static void refused(const char *text, uint64_t line, uint64_t column, const char *part)
{
    qd_hub *hub;
    qd_error error;
    const char *path = text_file(text);
    assert_int_not_equal(qd_hub_read(path, &options, 0, NULL, &hub, &error), QD_OK);
    assert_error(&error, QD_ERR_FORMAT, line, column, part);
    assert_non_null(strstr(error.message, "a-TEAM.csv"));
    assert_int_equal(unlink(path), 0);
}

/* The number of days of 2024-01-06, a Saturday. */
enum { SATURDAY = 19728 };

static void assert_quantiles(const qd_hub *hub, const qd_hub_forecast *f, size_t n, const double *level,
                             const double *value)
{
    assert_non_null(f);
    assert_int_equal(f->levels, n);
    assert_memory_equal(hub->level + f->first, level, n * sizeof *level);
    assert_memory_equal(hub->value + f->first, value, n * sizeof *value);
}

/* Rows in no order, "01" a text, levels that a sum made. */
static void reads_hubverse(void **state)
{
    (void)state;
    qd_hub *hub = read_text(HUBVERSE "2024-01-06,wk inc,1,2024-01-13,01,quantile,0.9,7\n"
                                     "2024-01-06,wk inc,-1,2023-12-30,1,quantile,0.5,2\n"
                                     "2024-01-06,wk inc,1,2024-01-13,01,quantile,0.35000000000000003,-1.5\n"
                                     "2024-01-06,wk inc,-1,2023-12-30,1,quantile,0.1,2\n");
    assert_string_equal(hub->model, "a-TEAM");
    assert_int_equal(hub->count, 2);
    assert_int_equal(hub->location.count, 2);
    const qd_hub_forecast *f = qd_hub_find(hub, SATURDAY, NULL, "01", 1);
    assert_quantiles(hub, f, 2, (const double[]){0.35, 0.9}, (const double[]){-1.5, 7});
    assert_int_equal(f->date, SATURDAY + 7);
    assert_int_equal(f->line, 2);
    f = qd_hub_find(hub, SATURDAY, "wk inc", "1", -1);
    assert_quantiles(hub, f, 2, (const double[]){0.1, 0.5}, (const double[]){2, 2});
    assert_null(qd_hub_find(hub, SATURDAY, "wk", "1", -1));
    assert_null(qd_hub_find(hub, SATURDAY, NULL, "1", 1));
    assert_null(qd_hub_find(hub, SATURDAY, NULL, "2", 1));
    assert_null(qd_hub_find(hub, SATURDAY + 7, NULL, "1", -1));
    qd_hub_free(hub);
}

static void reads_the_older_layout(void **state)
{
    (void)state;
    qd_hub *hub = read_text(OLDER "2024-01-08,1 wk ahead inc flu hosp,2024-01-13,US,point,NA,5\n"
                                  "2024-01-08,1 wk ahead inc flu hosp,2024-01-13,US,quantile,0.5,6\n"
                                  "2024-01-08,12 wk ahead inc flu hosp,2024-03-30,US,quantile,0.5,8\n");
    assert_int_equal(hub->count, 2);
    assert_int_equal(hub->target.count, 1);
    assert_string_equal(hub->target.text[0], "wk ahead inc flu hosp");
    assert_int_equal(hub->left_out.types, 1);
    assert_string_equal(hub->left_out.type_names, "point");
    assert_quantiles(hub, qd_hub_find(hub, SATURDAY + 2, NULL, "US", 12), 1, (const double[]){0.5},
                     (const double[]){8});
    assert_non_null(qd_hub_find(hub, SATURDAY + 2, "wk ahead inc flu hosp", "US", 1));
    qd_hub_free(hub);
}

/* Neither horizon nor target: weeks where all are, else days. */
static void derives_horizons(void **state)
{
    (void)state;
#define BARE "origin_date,target_date,location,output_type,output_type_id,value\n"
    qd_hub *hub = read_text(BARE "2024-01-06,2024-01-06,a,quantile,0.5,1\n2024-01-06,2024-01-20,a,quantile,0.5,2\n");
    assert_non_null(qd_hub_find(hub, SATURDAY, NULL, "a", 0));
    assert_non_null(qd_hub_find(hub, SATURDAY, NULL, "a", 2));
    assert_string_equal(hub->target.text[0], "");
    qd_hub_free(hub);
    hub = read_text(BARE "2024-01-06,2024-01-07,a,quantile,0.5,1\n2024-01-06,2024-01-13,a,quantile,0.5,2\n");
    assert_non_null(qd_hub_find(hub, SATURDAY, NULL, "a", 1));
    assert_non_null(qd_hub_find(hub, SATURDAY, NULL, "a", 7));
    qd_hub_free(hub);
}

/* A median stands in where .5 is missing; means and probabilities are counted; a peak has no date. */
static void other_types(void **state)
{
    (void)state;
#define A "2024-01-06,wk inc,0,2024-01-06,a,"
    qd_hub *hub = read_text(HUBVERSE A "median,NA,4\n" A "quantile,0.9,6\n" A "quantile,0.1,1\n" A "mean,NA,4.5\n" A
                                       "pmf,large,0.25\n" A "pmf,small,0.75\n"
                                       "2024-01-06,peak,NA,NA,a,quantile,0.5,9\n");
    assert_int_equal(hub->count, 1);
    assert_quantiles(hub, hub->forecast, 3, (const double[]){0.1, 0.5, 0.9}, (const double[]){1, 4, 6});
    assert_int_equal(hub->left_out.types, 3);
    assert_string_equal(hub->left_out.type_names, "mean, pmf");
    assert_int_equal(hub->left_out.dateless, 1);
    qd_hub_free(hub);
    hub = read_text(HUBVERSE A "median,NA,5\n" A "quantile,0.5,4\n");
    assert_quantiles(hub, hub->forecast, 1, (const double[]){0.5}, (const double[]){4});
    qd_hub_free(hub);
    hub = read_text(HUBVERSE A "median,NA,5\n");
    assert_quantiles(hub, hub->forecast, 1, (const double[]){0.5}, (const double[]){5});
    qd_hub_free(hub);
}

static void reads_samples(void **state)
{
    (void)state;
    static const char text[] = HUBVERSE A "sample,s2,9\n" A "sample,s1,3\n" A "sample,s3,6\n";
    qd_hub *hub = read_text(text);
    const qd_hub_forecast *f = hub->forecast;
    assert_int_equal(hub->count, 1);
    assert_int_equal(f->samples, 3);
    assert_memory_equal(hub->sample + f->drawn, ((const double[]){3, 6, 9}), 3 * sizeof(double));
    assert_int_equal(f->levels, QD_HUB_LEVELS);
    assert_true(hub->value[f->first + 11] == 6);
    qd_hub_free(hub);
    hub = read_levels(text, 2, (const double[]){0.25, 0.5});
    assert_quantiles(hub, hub->forecast, 2, (const double[]){0.25, 0.5}, (const double[]){4.5, 6});
    qd_hub_free(hub);
    /* Beside quantiles a sample is only a sample. */
    hub = read_text(HUBVERSE A "sample,s2,9\n" A "quantile,0.5,7\n" A "sample,s1,3\n");
    assert_quantiles(hub, hub->forecast, 1, (const double[]){0.5}, (const double[]){7});
    assert_int_equal(hub->forecast->samples, 2);
    qd_hub_free(hub);
}

static void keeps_wanted_levels(void **state)
{
    (void)state;
    static const char text[] = HUBVERSE A "quantile,0.1,1\n" A "quantile,0.5,2\n" A "quantile,0.9,3\n"
                                          "2024-01-06,wk inc,0,2024-01-06,b,quantile,0.5,3\n";
    qd_hub *hub = read_levels(text, 2, (const double[]){0.1, 0.9});
    assert_int_equal(hub->count, 1);
    assert_int_equal(hub->left_out.incomplete, 1);
    assert_quantiles(hub, hub->forecast, 2, (const double[]){0.1, 0.9}, (const double[]){1, 3});
    qd_hub_free(hub);
    qd_error error;
    const char *path = text_file(text);
    assert_int_equal(qd_hub_read(path, &options, 1, (const double[]){0.2}, &hub, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 0, 0, "no forecast has all");
    assert_int_equal(unlink(path), 0);
}

static void refuses_contradictions(void **state)
{
    (void)state;
    refused(HUBVERSE A "quantile,0.5,1\n" A "quantile,0.9,2\n" A "quantile,0.50,1\n", 4, 0, "line 2");
    refused(HUBVERSE A "median,NA,1\n" A "median,NA,2\n", 3, 0, "second value for the median");
    refused(HUBVERSE A "sample,7,1\n" A "sample,8,2\n" A "sample,7,2\n", 4, 0, "second value for the draw");
    refused(HUBVERSE A "quantile,0.9,1\n" A "quantile,0.5,2\n", 2, 0, "less than the 2 at 0.5 in line 3");
    refused(HUBVERSE A "quantile,0.1,3\n" A "median,NA,2\n", 3, 0, "the quantile at 0.5 is 2");
    refused(HUBVERSE A "quantile,0.1,3\n2024-01-06,wk inc,0,2024-01-13,a,quantile,0.5,4\n", 3, 4, "line 2");
}

static void refuses_wrong_cells(void **state)
{
    (void)state;
    static const char *const levels[] = {"0", "1", "1.5", "-0.1", "NA", "", "x", "nan", "1e-12"};
    static const char *const values[] = {"", "NA", "nan", "inf", "many", "1;5"};
    static const char *const dates[] = {"06/01/2024", "2024-02-30", "2024-1-6", "20240106", "2024", ""};
    char text[512];
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        snprintf(text, sizeof text, HUBVERSE A "quantile,0.5,1\n" A "quantile,%s,1\n", levels[i]);
        refused(text, 3, 7, "a level between 0 and 1");
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(text, sizeof text, HUBVERSE A "quantile,0.5,%s\n", values[i]);
        refused(text, 2, 8, "a finite number");
    }
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        snprintf(text, sizeof text, HUBVERSE A "quantile,0.5,1\n%s,wk inc,0,2024-01-06,a,quantile,0.5,1\n", dates[i]);
        refused(text, 3, 1, "a date such as");
    }
    refused(HUBVERSE "2024-01-06,wk inc,0,6 Jan 2024,a,quantile,0.5,1\n", 2, 4, "'6 Jan 2024'");
    refused(HUBVERSE "2024-01-06,wk inc,NA,2024-01-06,a,quantile,0.5,1\n", 2, 3, "a whole number");
    refused(HUBVERSE A "pmf,0.5,1\n", 0, 0, "nothing can be scored");
    refused("reference_date,horizon,location,output_type,output_type_id,value\n2024-01-06,0,a,quantile,0.5,1\n", 1, 0,
            "no column target_end_date|target_date");
    refused("a,b\n1,2\n", 1, 0, "no column reference_date");
}

static void assert_model(const char *path, const char *expected)
{
    char *model = qd_hub_model(path);
    assert_string_equal(model, expected);
    qd_mem_free(model);
}

static void names_models(void **state)
{
    (void)state;
    assert_model("model-output/FluSight-baseline/2023-10-14-FluSight-baseline.csv", "FluSight-baseline");
    assert_model("forecasts_FluSight-baseline_2023-24.csv.gz", "FluSight-baseline");
    assert_model("./2023-10-14-UGA_flucast-INFLAenza.csv.gz", "UGA_flucast-INFLAenza");
    assert_model("mine.tsv", "mine");
    assert_model("mine_v2.1.csv", "mine_v2.1");
    assert_model("mine_2.csv", "mine");
    assert_model("2023-10-14.csv", "2023-10-14");
    assert_model(".csv", ".csv");
    assert_model("_1", "_1");
    assert_model("", "");
}

/* ------------------------------------------------------------------------------------------------ truth */

static qd_truth *read_truth(const char *text, const qd_truth_columns *columns)
{
    qd_truth *truth;
    qd_error error;
    const char *path = text_file(text);
    if (qd_truth_read(path, &options, columns, &truth, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(path), 0);
    return truth;
}

static void reads_truth(void **state)
{
    (void)state;
    qd_truth *truth = read_truth("\"date\",\"location\",\"location_name\",\"value\"\n2024-01-13,\"01\",\"Alabama\",5\n"
                                 "2024-01-06,\"01\",\"Alabama\",3.5\n2024-01-06,1,x,7\n2024-01-20,1,x,NA\n",
                                 &usual);
    assert_true(qd_truth_find(truth, NULL, "01", SATURDAY) == 3.5);
    assert_true(qd_truth_find(truth, "anything", "01", SATURDAY + 7) == 5);
    assert_true(qd_truth_find(truth, NULL, "1", SATURDAY) == 7);
    assert_true(isnan(qd_truth_find(truth, NULL, "1", SATURDAY + 14)));
    assert_true(isnan(qd_truth_find(truth, NULL, "1", SATURDAY + 1)));
    assert_true(isnan(qd_truth_find(truth, NULL, "2", SATURDAY)));
    assert_int_equal(qd_truth_targets(truth), 0);
    qd_truth_free(truth);
    truth = read_truth("day;where;how many\n06.01.2024;x;1,5\n16.01.2024;x;2\n",
                       &(qd_truth_columns){"day", "where", "how many"});
    assert_true(qd_truth_find(truth, NULL, "x", SATURDAY) == 1.5);
    qd_truth_free(truth);
}

/* Targets are part of the key; of several publications the last counts, also where it withdraws. */
static void truth_with_targets_and_vintages(void **state)
{
    (void)state;
    qd_truth *truth = read_truth("target_end_date,target,location,observation,as_of\n"
                                 "2024-01-06,inc,a,5,2024-01-20\n2024-01-06,cum,a,50,2024-01-13\n"
                                 "2024-01-06,inc,a,4,2024-01-13\n2024-01-13,inc,a,8,2024-01-20\n"
                                 "2024-01-13,inc,a,,2024-01-27\n",
                                 &usual);
    assert_int_equal(qd_truth_targets(truth), 2);
    assert_true(qd_truth_find(truth, "inc", "a", SATURDAY) == 5);
    assert_true(qd_truth_find(truth, "cum", "a", SATURDAY) == 50);
    assert_true(qd_truth_find(truth, NULL, "a", SATURDAY) == 5);
    assert_true(isnan(qd_truth_find(truth, "inc", "a", SATURDAY + 7)));
    assert_true(isnan(qd_truth_find(truth, "no", "a", SATURDAY)));
    qd_truth_free(truth);
}

static void refused_truth(const char *text, qd_status status, uint64_t line, uint64_t column, const char *part)
{
    qd_truth *truth;
    qd_error error;
    const char *path = text_file(text);
    assert_int_not_equal(qd_truth_read(path, &options, &usual, &truth, &error), QD_OK);
    assert_error(&error, status, line, column, part);
    assert_int_equal(unlink(path), 0);
}

static void refuses_wrong_truth(void **state)
{
    (void)state;
    refused_truth("date,location,value\n2024-01-06,a,1\n2024-01-13,a,2\n2024-01-06,a,1\n", QD_ERR_FORMAT, 4, 1,
                  "the first is in line 2");
    refused_truth("date,location,value\n2024-01-06,a,many\n", QD_ERR_FORMAT, 2, 3, "a finite number");
    refused_truth("date,location,value\n2024,a,1\n2023,a,1\n", QD_ERR_FORMAT, 2, 1, "holds no dates");
    refused_truth("date,location,value\nsoon,a,1\n", QD_ERR_FORMAT, 2, 0, "is not a time");
    refused_truth("date,value\n2024-01-06,1\n", QD_ERR_FORMAT, 1, 0, "--series");
    refused_truth("day,location,value\n2024-01-06,a,1\n", QD_ERR_FORMAT, 1, 0, "--time");
    refused_truth("date,location,cases\n2024-01-06,a,1\n", QD_ERR_FORMAT, 1, 0, "--target");
}

/* -------------------------------------------------------------------------------------------- allocations */

static qd_status read_both(const void *input, qd_error *error)
{
    qd_hub *hub;
    qd_truth *truth;
    const char *const *paths = input;
    qd_status status = qd_hub_read(paths[0], &options, 0, NULL, &hub, error);
    if (status == QD_OK) {
        qd_hub_free(hub);
        status = qd_truth_read(paths[1], &options, &usual, &truth, error);
    }
    if (status == QD_OK) {
        qd_truth_free(truth);
    }
    return status;
}

static void fails_cleanly_without_memory(void **state)
{
    (void)state;
    static const char forecasts[] = HUBVERSE A "sample,s2,9\n" A "sample,s1,3\n"
                                               "2024-01-06,other,0,2024-01-06,b,quantile,0.5,3\n";
    static const char truth[] = "target_end_date,target,location,observation,as_of\n2024-01-06,x,a,5,2024-01-20\n";
    char paths[2][256];
    const char *both[2] = {paths[0], paths[1]};
    snprintf(paths[0], sizeof paths[0], "%s", write_file("f.csv", forecasts, sizeof forecasts - 1));
    snprintf(paths[1], sizeof paths[1], "%s", write_file("t.csv", truth, sizeof truth - 1));
    assert_true(fail_every_allocation(read_both, both) > 40);
    assert_int_equal(unlink(paths[0]), 0);
    assert_int_equal(unlink(paths[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_hubverse),
        cmocka_unit_test(reads_the_older_layout),
        cmocka_unit_test(derives_horizons),
        cmocka_unit_test(other_types),
        cmocka_unit_test(reads_samples),
        cmocka_unit_test(keeps_wanted_levels),
        cmocka_unit_test(refuses_contradictions),
        cmocka_unit_test(refuses_wrong_cells),
        cmocka_unit_test(names_models),
        cmocka_unit_test(reads_truth),
        cmocka_unit_test(truth_with_targets_and_vintages),
        cmocka_unit_test(refuses_wrong_truth),
        cmocka_unit_test(fails_cleanly_without_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
