/* Scores of hub files: which forecasts are scored against which observation, and what is counted instead. */
#include "data/helpers.h"

#include "eval/hub_scores.h"

static const qd_table_options options = {1 << 20, false};

#define HUB   "reference_date,target,horizon,target_end_date,location,output_type,output_type_id,value\n"
#define TRUTH "date,location,value\n2024-01-06,01,10\n2024-01-13,01,20\n2024-01-06,02,30\n"

static qd_hub *hub_of(const char *name, const char *text)
{
    qd_hub *hub;
    qd_error error;
    const char *path = write_file(name, text, strlen(text));
    if (qd_hub_read(path, &options, 0, NULL, &hub, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(path), 0);
    return hub;
}

static qd_truth *truth_of(const char *text)
{
    qd_truth *truth;
    qd_error error;
    const char *path = write_file("t.csv", text, strlen(text));
    if (qd_truth_read(path, &options, &(qd_truth_columns){NULL, NULL, NULL}, &truth, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(path), 0);
    return truth;
}

static qd_hub_scores *scored(const qd_hub_plan *plan)
{
    qd_hub_scores *scores;
    qd_error error;
    if (qd_hub_scores_new(plan, &scores, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return scores;
}

static const qd_tally *cell(const qd_scores *s, size_t model, size_t origin, size_t series, size_t horizon)
{
    return &s->tally[((model * s->origins + origin) * s->series + series) * s->horizons + horizon];
}

/* Two files with other origins and horizons share one table. */
static void fills_one_table(void **state)
{
    (void)state;
    qd_hub *mine = hub_of("mine.csv", HUB "2024-01-06,x,1,2024-01-13,01,median,NA,23\n"
                                          "2024-01-06,x,0,2024-01-06,01,median,NA,11\n"
                                          "2024-01-06,x,0,2024-01-06,03,median,NA,1\n");
    qd_hub *other = hub_of("other.csv", HUB "2023-12-30,y,1,2024-01-06,02,median,NA,34\n"
                                            "2024-01-06,y,0,2024-01-06,01,median,NA,15\n");
    qd_truth *truth = truth_of(TRUTH);
    const qd_hub_plan plan = {.models = 2, .hub = {mine, other}, .truth = truth};
    qd_hub_scores *scores = scored(&plan);
    const qd_scores *s = qd_hub_scores_table(scores);
    assert_int_equal(s->models, 2);
    assert_int_equal(s->reference, 1);
    assert_int_equal(s->origins, 2);
    assert_string_equal(s->origin[0], "2023-12-30");
    assert_string_equal(s->origin[1], "2024-01-06");
    assert_int_equal(s->horizons, 2);
    assert_true(s->horizon[0] == 0 && s->horizon[1] == 1);
    assert_int_equal(s->series, 3);
    assert_string_equal(s->key[0], "01"); /* in order of the file's reference dates, locations, horizons */
    assert_true(cell(s, 0, 1, 0, 0)->wis == 1 && cell(s, 0, 1, 0, 1)->wis == 3);
    assert_true(cell(s, 1, 1, 0, 0)->wis == 5 && cell(s, 1, 0, 2, 1)->wis == 4);
    assert_int_equal(qd_hub_scores_counts(scores, 0).scored, 2);
    assert_int_equal(qd_hub_scores_counts(scores, 0).unknown, 1);
    assert_int_equal(qd_hub_scores_counts(scores, 1).scored, 2);
    qd_hub_scores_free(scores);
    /* Matched: only what the other file forecasts too, though it calls the target otherwise. */
    const qd_hub_plan matched = {.models = 1, .hub = {mine}, .truth = truth, .match = other};
    scores = scored(&matched);
    assert_int_equal(qd_hub_scores_counts(scores, 0).scored, 1);
    assert_int_equal(qd_hub_scores_counts(scores, 0).unmatched, 2);
    qd_hub_scores_free(scores);
    qd_truth_free(truth);
    qd_hub_free(mine);
    qd_hub_free(other);
}

static void names_the_same_model_apart(void **state)
{
    (void)state;
    qd_hub *hub = hub_of("mine.csv", HUB "2024-01-06,x,0,2024-01-06,01,median,NA,11\n");
    qd_truth *truth = truth_of(TRUTH);
    const qd_hub_plan plan = {.models = 2, .hub = {hub, hub}, .truth = truth};
    qd_hub_scores *scores = scored(&plan);
    assert_string_equal(qd_hub_scores_table(scores)->model[0], "mine");
    assert_string_equal(qd_hub_scores_table(scores)->model[1], "mine (baseline)");
    qd_hub_scores_free(scores);
    qd_truth_free(truth);
    qd_hub_free(hub);
}

static void refused(const qd_hub_plan *plan, const char *part)
{
    qd_hub_scores *scores;
    qd_error error;
    assert_int_equal(qd_hub_scores_new(plan, &scores, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, part));
    assert_non_null(strstr(error.message, "mine.csv"));
}

/* Several targets: told apart by the truth, or one of them is chosen. */
static void several_targets(void **state)
{
    (void)state;
    qd_hub *hub = hub_of("mine.csv", HUB "2024-01-06,inc,0,2024-01-06,01,median,NA,11\n"
                                         "2024-01-06,cum,0,2024-01-06,01,median,NA,90\n");
    qd_truth *plain = truth_of(TRUTH);
    qd_truth *told = truth_of("date,target,location,value\n2024-01-06,cum,01,100\n2024-01-06,inc,01,10\n");
    qd_hub_plan plan = {.models = 1, .hub = {hub}, .truth = plain};
    refused(&plan, "--hub-target");
    plan.target = "death";
    refused(&plan, "no target is called 'death' (there are: inc, cum)");
    plan.target = "inc";
    qd_hub_scores *scores = scored(&plan);
    assert_int_equal(qd_hub_scores_table(scores)->series, 1);
    assert_string_equal(qd_hub_scores_table(scores)->key[0], "01");
    assert_int_equal(qd_hub_scores_counts(scores, 0).scored, 1);
    qd_hub_scores_free(scores);
    plan = (qd_hub_plan){.models = 1, .hub = {hub}, .truth = told};
    scores = scored(&plan);
    const qd_scores *s = qd_hub_scores_table(scores);
    assert_int_equal(s->series, 2);
    assert_string_equal(s->key[0], "01/inc");
    assert_string_equal(s->key[1], "01/cum");
    assert_true(cell(s, 0, 0, 0, 0)->wis == 1 && cell(s, 0, 0, 1, 0)->wis == 10);
    qd_hub_scores_free(scores);
    qd_truth_free(plain);
    qd_truth_free(told);
    qd_hub_free(hub);
}

static void nothing_to_score(void **state)
{
    (void)state;
    qd_hub *hub = hub_of("mine.csv", HUB "2024-01-06,x,0,2024-01-06,1,median,NA,11\n");
    qd_truth *truth = truth_of(TRUTH);
    const qd_hub_plan plan = {.models = 1, .hub = {hub}, .truth = truth};
    refused(&plan,
            "1 forecasts without an observation, 0 that the matched file lacks (the first: location 1, 2024-01-06)");
    qd_hub_free(hub);
    /* A target none of whose forecasts has the levels that are wanted. */
    const char text[] = HUB "2024-01-06,x,0,2024-01-06,01,quantile,0.4,11\n2024-01-06,y,0,2024-01-06,01,median,NA,11\n";
    const char *path = write_file("mine.csv", text, sizeof text - 1);
    assert_int_equal(qd_hub_read(path, &options, 1, (const double[]){0.5}, &hub, NULL), QD_OK);
    assert_int_equal(unlink(path), 0);
    refused(&(qd_hub_plan){.models = 1, .hub = {hub}, .truth = truth, .target = "x"}, "no forecast of 'x'");
    qd_hub_free(hub);
    qd_truth_free(truth);
}

static qd_status score_both(const void *input, qd_error *error)
{
    qd_hub_scores *scores;
    const qd_status status = qd_hub_scores_new(input, &scores, error);
    if (status == QD_OK) {
        qd_hub_scores_free(scores);
    }
    return status;
}

static void fails_cleanly_without_memory(void **state)
{
    (void)state;
    qd_hub *hub = hub_of("mine.csv", HUB "2024-01-06,inc,0,2024-01-06,01,sample,1,11\n"
                                         "2024-01-06,cum,0,2024-01-06,01,median,NA,90\n");
    qd_truth *truth = truth_of("date,target,location,value\n2024-01-06,cum,01,100\n2024-01-06,inc,01,10\n");
    const qd_hub_plan plan = {.models = 2, .hub = {hub, hub}, .truth = truth};
    assert_true(fail_every_allocation(score_both, &plan) > 10);
    qd_truth_free(truth);
    qd_hub_free(hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_one_table),
        cmocka_unit_test(names_the_same_model_apart),
        cmocka_unit_test(several_targets),
        cmocka_unit_test(nothing_to_score),
        cmocka_unit_test(fails_cleanly_without_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
