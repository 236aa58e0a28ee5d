/* The table of scores: which rows, what a row sums, what rel_wis is relative to, and the geometric mean. */
#include "data/helpers.h"

#include "base/file.h"
#include "eval/scores.h"

#include <math.h>

enum { MODELS = 2, ORIGINS = 2, SERIES = 2, HORIZONS = 2, CELLS = MODELS * ORIGINS * SERIES * HORIZONS };
static const char *const model_names[MODELS] = {"mine", "last, \"naive\""};
static const char *const origin_names[ORIGINS] = {"2024-01-06", "2024-01-13"};
static const char *const keys[SERIES] = {"NA", "01"};
static const int64_t horizons[HORIZONS] = {0, 3};

/* Median forecasts with an error that names the cell: model m is off by (m + 1) * (series + 1) * (horizon's place + 1);
   at the second origin model 0 forecast nothing of series 1. */
static void fill(qd_tally tally[CELLS])
{
    memset(tally, 0, CELLS * sizeof *tally);
    for (size_t i = 0; i < CELLS; i++) {
        const size_t h = i % 2, s = i / 2 % 2, k = i / 4 % 2, m = i / 8;
        if (m == 0 && k == 1 && s == 1) {
            continue;
        }
        const double error = (double)((m + 1) * (s + 1) * (h + 1));
        qd_tally_add(&tally[i], 10, 1, (const double[]){0.5}, &(double){10 - error});
    }
}

static qd_scores table_of(const qd_tally *tally, size_t reference)
{
    return (qd_scores){.models = MODELS,
                       .origins = ORIGINS,
                       .series = SERIES,
                       .horizons = HORIZONS,
                       .model = model_names,
                       .origin = origin_names,
                       .key = keys,
                       .horizon = horizons,
                       .tally = tally,
                       .reference = reference};
}

/* What is written, whole. */
static char *written(const qd_scores *scores, const char *by)
{
    char *text;
    size_t size;
    const char *path = path_of("scores.csv");
    qd_error error;
    if (qd_scores_write(scores, by, path, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(qd_file_read_all(path, 100000, &text, &size, NULL), QD_OK);
    assert_int_equal(unlink(path), 0);
    return text;
}

#define HEADER "model,series,horizon,n,wis,crps,log_score,mae,bias,cov50,cov80,cov95,pit,rel_wis\n"

static void a_row_a_model(void **state)
{
    (void)state;
    qd_tally tally[CELLS];
    fill(tally);
    qd_scores scores = table_of(tally, 1);
    char *text = written(&scores, "");
    /* 6 cells: 1 2 2 4 and 1 2 again; the reference has twice as much on the same, and 4 8 besides. */
    assert_string_equal(text, HEADER "mine,,,6,2,,,2,-0.5000,,,,1.8000,0.5000\n"
                                     "\"last, \"\"naive\"\"\",,,8,4.5,,,4.5,-0.5000,,,,1.8000,1.0000\n");
    qd_mem_free(text);
    /* Where the reference has nothing, neither side of the ratio counts: 11 of 22. */
    qd_tally whole = tally[CELLS / MODELS];
    tally[CELLS / MODELS] = (qd_tally){0};
    text = written(&scores, "");
    assert_non_null(strstr(text, "mine,,,6,2,,,2,-0.5000,,,,1.8000,0.5000\n"));
    qd_mem_free(text);
    tally[CELLS / MODELS] = whole;
    scores.reference = MODELS;
    text = written(&scores, "");
    assert_string_equal(text, HEADER "mine,,,6,2,,,2,-0.5000,,,,1.8000,\n"
                                     "\"last, \"\"naive\"\"\",,,8,4.5,,,4.5,-0.5000,,,,1.8000,\n");
    qd_mem_free(text);
}

static void by_series(void **state)
{
    (void)state;
    qd_tally tally[CELLS];
    fill(tally);
    tally[0].wis = 4; /* NA at the first origin: mine as 4 + 2 + 1 + 2 against 2 + 4 + 2 + 4 */
    qd_scores scores = table_of(tally, 1);
    scores.models = 1;
    scores.reference = 1;
    char *text = written(&scores, "series"); /* no reference: no geometric mean */
    assert_string_equal(text, HEADER "mine,NA,,4,2.25,,,1.5,-0.5000,,,,1.8000,\n"
                                     "mine,01,,2,3,,,3,-0.5000,,,,1.8000,\n");
    qd_mem_free(text);
    scores.models = 2;
    text = written(&scores, "series");
    assert_string_equal(text, HEADER "mine,NA,,4,2.25,,,1.5,-0.5000,,,,1.8000,0.7500\n"
                                     "mine,01,,2,3,,,3,-0.5000,,,,1.8000,0.5000\n"
                                     "mine,geometric mean,,2,,,,,,,,,,0.6124\n"
                                     "\"last, \"\"naive\"\"\",NA,,4,3,,,3,-0.5000,,,,1.8000,1.0000\n"
                                     "\"last, \"\"naive\"\"\",01,,4,6,,,6,-0.5000,,,,1.8000,1.0000\n"
                                     "\"last, \"\"naive\"\"\",geometric mean,,2,,,,,,,,,,1.0000\n");
    qd_mem_free(text);
}

static void by_several(void **state)
{
    (void)state;
    qd_tally tally[CELLS];
    fill(tally);
    qd_scores scores = table_of(tally, 1);
    scores.models = 1;
    char *text = written(&scores, "horizon");
    assert_string_equal(text, HEADER "mine,,0,3,1.333333,,,1.333333,-0.5000,,,,1.8000,\n"
                                     "mine,,3,3,2.666667,,,2.666667,-0.5000,,,,1.8000,\n");
    qd_mem_free(text);
    scores.models = 2;
    text = written(&scores, "origin,horizon,series");
    size_t lines = 0;
    for (const char *p = text; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    /* The header, 6 + 8 cells (a cell that was not scored has no row), 2 * 4 geometric means. */
    assert_int_equal(lines, 1 + 14 + 8);
    assert_non_null(strstr(text, "model,series,horizon,origin,n,"));
    assert_non_null(strstr(text, "mine,01,3,2024-01-06,1,4,,,4,-0.5000,,,,1.8000,0.5000\n"));
    assert_null(strstr(text, "mine,01,3,2024-01-13"));
    assert_non_null(strstr(text, "mine,geometric mean,0,2024-01-13,1,,,,,,,,,,0.5000\n"));
    qd_mem_free(text);
}

/* A reference without error has no ratio; a model without error has 0. */
static void ratios_of_nothing(void **state)
{
    (void)state;
    qd_tally tally[CELLS];
    fill(tally);
    for (size_t i = 0; i < CELLS; i++) {
        tally[i].wis = i < 8 ? 1 : i / 2 % 2 == 0 ? 0 : 2; /* the reference is perfect on NA */
    }
    qd_scores scores = table_of(tally, 1);
    char *text = written(&scores, "series");
    assert_non_null(strstr(text, "mine,NA,,4,1,,,1.5,-0.5000,,,,1.8000,\n"));
    assert_non_null(strstr(text, "mine,geometric mean,,1,,,,,,,,,,0.5000\n"));
    qd_mem_free(text);
    for (size_t i = 0; i < CELLS; i++) {
        tally[i].wis = i < 8 ? 0 : 2;
    }
    text = written(&scores, "series");
    assert_non_null(strstr(text, "mine,geometric mean,,2,,,,,,,,,,0.0000\n"));
    qd_mem_free(text);
}

static void distributions_have_their_columns(void **state)
{
    (void)state;
    qd_tally tally = {0};
    const char *name = "m", *key = "s";
    const int64_t horizon = 1;
    qd_scores scores = {1, 1, 1, 1, &name, NULL, &key, &horizon, &tally, 1, 0};
    char *text = written(&scores, "");
    assert_string_equal(text, HEADER "m,,,0,,,,,,,,,,\n"); /* always a row a model */
    qd_mem_free(text);
    text = written(&scores, "series");
    assert_string_equal(text, HEADER);
    qd_mem_free(text);
    qd_tally_add_distribution(&tally, 3, 2, (const double[]){2, 3});
    text = written(&scores, "");
    assert_non_null(strstr(text, "m,,,1,,0.25,"));
    qd_mem_free(text);
}

static void refuses_wrong_lists(void **state)
{
    (void)state;
    static const char *const wrong[] = {"model", "series,", ",series", "serie", "seriess", "series horizon"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        qd_scores_by by;
        qd_error error;
        assert_int_equal(qd_scores_by_read(wrong[i], &by, &error), QD_ERR_VALUE);
        assert_non_null(strstr(error.message, "by:"));
    }
    qd_scores_by by;
    assert_int_equal(qd_scores_by_read("origin,series", &by, NULL), QD_OK);
    assert_true(by.origin && by.series && !by.horizon);
}

static qd_status write_there(const void *input, qd_error *error)
{
    return qd_scores_write(input, "series,horizon", path_of("scores.csv"), error);
}

static int full_disk(void *context, const char *operation)
{
    size_t *left = context;
    if (strcmp(operation, "write") == 0 || strcmp(operation, "fsync") == 0) {
        return (*left)-- == 0 ? 28 /* ENOSPC */ : 0;
    }
    return 0;
}

static void failures_leave_nothing(void **state)
{
    (void)state;
    qd_tally tally[CELLS];
    fill(tally);
    qd_scores scores = table_of(tally, 1);
    assert_true(fail_every_allocation(write_there, &scores) > 0);
    assert_int_equal(unlink(path_of("scores.csv")), 0);
    for (size_t n = 0; n < 2; n++) {
        qd_error error;
        size_t left = n;
        qd_file_set_hook(full_disk, &left);
        assert_int_equal(write_there(&scores, &error), QD_ERR_FILE);
        qd_file_set_hook(NULL, NULL);
        assert_int_not_equal(access(path_of("scores.csv"), F_OK), 0);
    }
}

/* Intervals over series: of two series every draw is one, the other, or both. */
static void intervals(void **state)
{
    (void)state;
    qd_tally tally[CELLS];
    fill(tally);
    qd_scores scores = table_of(tally, 1);
    scores.draws = 200;
    char *text = written(&scores, "");
    assert_non_null(strstr(text, ",rel_wis,wis_low,wis_high,rel_wis_low,rel_wis_high\n"));
    /* mine: series NA 1 2 1 2, 01 2 4; its errors are half of the other's. */
    assert_non_null(strstr(text, "mine,,,6,2,,,2,-0.5000,,,,1.8000,0.5000,1.5,3,0.5000,0.5000\n"));
    assert_non_null(strstr(text, "mine,geometric mean,,2,,,,,,,,,,0.5000,,,0.5000,0.5000\n"));
    qd_mem_free(text);
    text = written(&scores, "series"); /* one series has no interval */
    assert_non_null(strstr(text, "mine,NA,,4,1.5,,,1.5,-0.5000,,,,1.8000,0.5000,,,,\n"));
    qd_mem_free(text);
    scores.reference = MODELS;
    text = written(&scores, "");
    assert_non_null(strstr(text, "mine,,,6,2,,,2,-0.5000,,,,1.8000,,1.5,3,,\n"));
    assert_null(strstr(text, "geometric"));
    qd_mem_free(text);
}

static qd_status write_intervals(const void *input, qd_error *error)
{
    const qd_status status = qd_scores_write(input, "horizon", path_of("scores.csv"), error);
    unlink(path_of("scores.csv"));
    return status;
}

static void intervals_without_memory(void **state)
{
    (void)state;
    qd_tally tally[CELLS];
    fill(tally);
    qd_scores scores = table_of(tally, 1);
    scores.draws = 20;
    assert_true(fail_every_allocation(write_intervals, &scores) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_a_model),
        cmocka_unit_test(by_series),
        cmocka_unit_test(by_several),
        cmocka_unit_test(ratios_of_nothing),
        cmocka_unit_test(distributions_have_their_columns),
        cmocka_unit_test(refuses_wrong_lists),
        cmocka_unit_test(failures_leave_nothing),
        cmocka_unit_test(intervals),
        cmocka_unit_test(intervals_without_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
