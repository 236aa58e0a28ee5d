/* Sequences: from memory, from arrays, from the windows of a table. */
#include "helpers.h"
#include "data/sequences.h"
#include <math.h>

static const float three[2 * 3 * 2] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; /* [2][3][2] */

static void test_new(void **state)
{
    (void)state;
    const size_t lengths[] = {3, 1};
    const float y[] = {0.5F, -1};
    qd_sequences *s = NULL;
    qd_error error = {0};
    assert_int_equal(qd_sequences_new(three, lengths, 2, 3, 2, y, 1, &s, &error), QD_OK);
    assert_int_equal(qd_sequences_count(s), 2);
    assert_int_equal(s->steps, 3);
    assert_int_equal(s->inputs, 2);
    assert_int_equal(s->outputs, 1);
    assert_int_equal(qd_sequences_length(s, 0), 3);
    assert_int_equal(qd_sequences_length(s, 1), 1);
    assert_memory_equal(s->x, three, 8 * sizeof(float)); /* 1 .. 6 and then 7, 8 */
    assert_true(s->y[1] == -1);
    assert_null(s->weights);
    qd_sequences_free(s);
    assert_int_equal(qd_sequences_new(three, NULL, 2, 3, 2, NULL, 0, &s, &error), QD_OK);
    assert_null(s->y);
    assert_int_equal(s->outputs, 0);
    assert_memory_equal(s->x, three, sizeof three);
    qd_sequences_free(s);
    qd_sequences_free(NULL);
}

static void assert_not_new(const float *x, const size_t *lengths, size_t n, size_t steps, size_t inputs, const float *y,
                           size_t outputs, const char *part)
{
    qd_sequences *s = NULL;
    qd_error error = {0};
    assert_int_equal(qd_sequences_new(x, lengths, n, steps, inputs, y, outputs, &s, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, part);
    assert_null(s);
}

static void test_new_refused(void **state)
{
    (void)state;
    const size_t zero[] = {3, 0}, four[] = {4, 1};
    const float bad[] = {1, 2, 3, NAN, 5, 6}, y[] = {1, INFINITY};
    assert_not_new(three, zero, 2, 3, 2, NULL, 0, "sequence 1 has length 0; expected 1 to 3");
    assert_not_new(three, four, 2, 3, 2, NULL, 0, "sequence 0 has length 4");
    assert_not_new(three, NULL, 0, 3, 2, NULL, 0, "at least one");
    assert_not_new(three, NULL, 2, 0, 2, NULL, 0, "at least one");
    assert_not_new(three, NULL, 2, 3, 0, NULL, 0, "at least one");
    assert_not_new(three, NULL, 2, 3, 2, NULL, 1, "belong together");
    assert_not_new(three, NULL, 2, 3, 2, y, 0, "belong together");
    assert_not_new(bad, NULL, 1, 3, 2, NULL, 0, "x[0][1][1] is not finite");
    assert_not_new(three, NULL, 2, 3, 2, y, 1, "y[1][0] is not finite");
    const size_t one[] = {1};
    qd_sequences *s;
    assert_int_equal(qd_sequences_new(bad, one, 1, 3, 2, NULL, 0, &s, NULL), QD_OK); /* the NaN is not looked at */
    qd_sequences_free(s);
    assert_int_equal(qd_sequences_new(three, NULL, 3, SIZE_MAX / 2, 2, NULL, 0, &s, NULL), QD_ERR_MEMORY);
    assert_int_equal(qd_sequences_new(three, NULL, 1, SIZE_MAX / 2, 4, NULL, 0, &s, NULL), QD_ERR_MEMORY);
}

static void test_weights(void **state)
{
    (void)state;
    const float weights[] = {0, 2}, negative[] = {1, -1}, nan[] = {NAN, 1};
    qd_sequences *s;
    qd_error error = {0};
    assert_int_equal(qd_sequences_new(three, NULL, 2, 3, 2, NULL, 0, &s, &error), QD_OK);
    assert_int_equal(qd_sequences_set_weights(s, weights, &error), QD_OK);
    assert_int_equal(qd_sequences_set_weights(s, negative, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "weights[1] is -1");
    assert_int_equal(qd_sequences_set_weights(s, nan, &error), QD_ERR_VALUE);
    assert_memory_equal(s->weights, weights, sizeof weights);
    qd_sequences_free(s);
}

static void test_arrays(void **state)
{
    (void)state;
    float values[12];
    memcpy(values, three, sizeof values);
    qd_array x = {.rank = 3, .shape = {2, 3, 2}, .data = values}, y = {.rank = 1, .shape = {2}, .data = values};
    qd_sequences *s;
    qd_error error = {0};
    assert_int_equal(qd_sequences_from_arrays(&x, "X.npy", &y, "y.npy", &s, &error), QD_OK);
    assert_int_equal(s->inputs, 2);
    assert_int_equal(s->outputs, 1);
    qd_sequences_free(s);
    x.rank = 2; /* [2][3] */
    y = (qd_array){.rank = 2, .shape = {2, 3}, .data = values};
    assert_int_equal(qd_sequences_from_arrays(&x, "X.npy", &y, "y.npy", &s, &error), QD_OK);
    assert_int_equal(s->inputs, 1);
    assert_int_equal(s->steps, 3);
    assert_int_equal(s->outputs, 3);
    qd_sequences_free(s);
    assert_int_equal(qd_sequences_from_arrays(&x, "X.npy", NULL, NULL, &s, &error), QD_OK);
    assert_null(s->y);
    qd_sequences_free(s);

    x.rank = 1;
    assert_int_equal(qd_sequences_from_arrays(&x, "X.npy", NULL, NULL, &s, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "X.npy: an array of 1 dimensions; expected [sequences][steps]");
    x.rank = 3;
    y.shape[0] = 3;
    assert_int_equal(qd_sequences_from_arrays(&x, "X.npy", &y, "y.npy", &s, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "y.npy: 3 rows of 3 targets; expected 2");
    y.rank = 3;
    assert_int_equal(qd_sequences_from_arrays(&x, "X.npy", &y, "y.npy", &s, &error), QD_ERR_VALUE);
    assert_string_equal(error.file, "y.npy");
    x.shape[1] = 0;
    assert_int_equal(qd_sequences_from_arrays(&x, "X.npy", NULL, NULL, &s, &error), QD_ERR_VALUE);
    assert_string_equal(error.file, "X.npy");
}

/* ------------------------------------------------------------------------------------------------ windows */

static qd_table *parse(const char *text)
{
    qd_table_options options = {.limit = 1 << 20};
    qd_table *table = NULL;
    qd_error error = {0};
    if (qd_table_parse("t.csv", text, strlen(text), &options, &table, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return table;
}

static const char lynx[] = "year,n,rain,w\n1,10,5,1\n2,20,6,1\n3,30,7,0.5\n4,40,8,2\n5,50,9,1\n";

static void test_windows(void **state)
{
    (void)state;
    qd_table *table = parse(lynx);
    qd_window_options options = {.target = "n", .features = "", .window = 3, .weights = ""};
    const float x[] = {10, 20, 30, 20, 30, 40}, y[] = {40, 50}, weights[] = {2, 1};
    qd_sequences *s;
    qd_error error = {0};
    assert_int_equal(qd_sequences_from_table(table, &options, &s, &error), QD_OK);
    assert_int_equal(s->count, 2);
    assert_int_equal(s->steps, 3);
    assert_int_equal(s->inputs, 1);
    assert_memory_equal(s->x, x, sizeof x);
    assert_memory_equal(s->y, y, sizeof y);
    assert_null(s->weights);
    qd_sequences_free(s);

    options.weights = "w";
    options.features = " rain , n";
    assert_int_equal(qd_sequences_from_table(table, &options, &s, &error), QD_OK);
    const float both[] = {5, 10, 6, 20, 7, 30, 6, 20, 7, 30, 8, 40};
    assert_int_equal(s->inputs, 2);
    assert_memory_equal(s->x, both, sizeof both);
    assert_memory_equal(s->weights, weights, sizeof weights);
    qd_sequences_free(s);
    qd_table_free(table);
}

/* The window behind the last row has no target, so no sequence has one, and the target is not even looked for. */
static void test_beyond(void **state)
{
    (void)state;
    qd_table *table = parse(lynx);
    qd_window_options options = {.target = "elsewhere", .features = "rain", .window = 3, .weights = "", .beyond = true};
    const float x[] = {5, 6, 7, 6, 7, 8, 7, 8, 9};
    qd_sequences *s;
    qd_error error = {0};
    assert_int_equal(qd_sequences_from_table(table, &options, &s, &error), QD_OK);
    assert_int_equal(s->count, 3);
    assert_int_equal(s->outputs, 0);
    assert_null(s->y);
    assert_memory_equal(s->x, x, sizeof x);
    qd_sequences_free(s);
    options.window = 5;
    assert_int_equal(qd_sequences_from_table(table, &options, &s, &error), QD_OK);
    assert_int_equal(s->count, 1);
    qd_sequences_free(s);
    options.window = 6;
    assert_int_equal(qd_sequences_from_table(table, &options, &s, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "t.csv: 5 rows for windows of 6; expected at least 6");
    qd_table_free(table);
}

static void assert_no_windows(const char *text, const char *features, size_t window, const char *weights,
                              qd_status status, uint64_t line, uint64_t column, const char *part)
{
    qd_table *table = parse(text);
    qd_window_options options = {.target = "n", .features = features, .window = window, .weights = weights};
    qd_sequences *s = NULL;
    qd_error error = {0};
    assert_int_equal(qd_sequences_from_table(table, &options, &s, &error), status);
    assert_error(&error, status, line, column, part);
    assert_null(s);
    qd_table_free(table);
}

static void test_windows_refused(void **state)
{
    (void)state;
    assert_no_windows(lynx, "", 5, "", QD_ERR_VALUE, 0, 0, "5 rows for windows of 5; expected at least 6");
    assert_no_windows(lynx, "", 1000000, "", QD_ERR_VALUE, 0, 0, "a window and the row after it");
    assert_no_windows(lynx, "", 0, "", QD_ERR_VALUE, 0, 0, "windows of 0");
    assert_no_windows(lynx, "n,snow", 3, "", QD_ERR_VALUE, 1, 0, "no column is called 'snow'");
    assert_no_windows(lynx, "n,,rain", 3, "", QD_ERR_VALUE, 0, 0, "a name is empty");
    assert_no_windows(lynx, "", 3, "weight", QD_ERR_VALUE, 1, 0, "no column is called 'weight'");
    assert_no_windows("x,m\n1,2\n2,3\n", "x", 1, "", QD_ERR_VALUE, 1, 0, "no column is called 'n'");
    assert_no_windows("y,n\n1,2\n2,NA\n3,4\n", "", 1, "", QD_ERR_FORMAT, 3, 2, "a missing value");
    assert_no_windows("y,n\n1,\n2,3\n3,4\n", "y", 1, "", QD_ERR_FORMAT, 2, 2, "a missing value");
    assert_no_windows("y,n\n1,2\n2,3\nthree,4\n", "y", 1, "", QD_ERR_FORMAT, 4, 1, "found 'three'");
    assert_no_windows("y,n\n1,2\n2,1e39\n3,4\n", "", 1, "", QD_ERR_FORMAT, 3, 2, "out of the range of float32");
    assert_no_windows("n,w\n1,2\n2,-1\n3,4\n", "", 1, "w", QD_ERR_FORMAT, 3, 2, "a weight is 0 or more, found -1");
}

/* ------------------------------------------------------------------------------------------------ slices */

static void test_slice(void **state)
{
    (void)state;
    const size_t lengths[] = {1, 3, 2, 1};
    float x[4 * 3], y[8], weights[] = {1, 2, 3, 4};
    for (size_t i = 0; i < 12; i++) {
        x[i] = (float)i;
        y[i % 8] = (float)i;
    }
    qd_sequences *s, *part;
    qd_error error = {0};
    assert_int_equal(qd_sequences_new(x, lengths, 4, 3, 1, y, 2, &s, &error), QD_OK);
    assert_int_equal(qd_sequences_set_weights(s, weights, &error), QD_OK);
    assert_int_equal(qd_sequences_slice(s, 2, 4, &part, &error), QD_OK);
    const float rest[] = {6, 7, 9};
    assert_int_equal(part->count, 2);
    assert_int_equal(part->steps, 2);
    assert_int_equal(part->start[2], 3);
    assert_memory_equal(part->x, rest, sizeof rest);
    assert_memory_equal(part->y, s->y + 4, 4 * sizeof(float));
    assert_memory_equal(part->weights, weights + 2, 2 * sizeof(float));
    qd_sequences_free(part);
    assert_int_equal(qd_sequences_slice(s, 4, 4, &part, &error), QD_OK);
    assert_int_equal(part->count, 0);
    qd_sequences_free(part);
    qd_sequences_free(s);
}

/* Whatever changes, so does the fingerprint; a copy has the same one. */
static void test_fingerprint(void **state)
{
    (void)state;
    const float y[] = {1, 2}, weights[] = {1, 1};
    qd_sequences *s, *copy;
    assert_int_equal(qd_sequences_new(three, NULL, 2, 3, 2, y, 1, &s, NULL), QD_OK);
    assert_int_equal(qd_sequences_slice(s, 0, 2, &copy, NULL), QD_OK);
    uint32_t print = qd_sequences_fingerprint(s);
    assert_int_equal(qd_sequences_fingerprint(copy), print);
    copy->x[11] = 12.5F;
    assert_int_not_equal(qd_sequences_fingerprint(copy), print);
    copy->x[11] = s->x[11];
    copy->y[0] = 3;
    assert_int_not_equal(qd_sequences_fingerprint(copy), print);
    copy->y[0] = 1;
    copy->start[1] = 2;
    assert_int_not_equal(qd_sequences_fingerprint(copy), print);
    copy->start[1] = 3;
    assert_int_equal(qd_sequences_fingerprint(copy), print);
    assert_int_equal(qd_sequences_set_weights(copy, weights, NULL), QD_OK);
    assert_int_not_equal(qd_sequences_fingerprint(copy), print);
    qd_sequences_free(copy);
    qd_sequences_free(s);
}

static qd_status cut_once(const void *input, qd_error *error)
{
    qd_window_options options = {.target = "n", .features = "n,rain", .window = 3, .weights = "w"};
    qd_sequences *s, *part;
    qd_status status = qd_sequences_from_table(input, &options, &s, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_sequences_slice(s, 1, 2, &part, error);
    if (status == QD_OK) {
        const float weight = 1;
        status = qd_sequences_set_weights(part, &weight, error);
        qd_sequences_free(part);
    }
    qd_sequences_free(s);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    qd_table *table = parse(lynx);
    assert_true(fail_every_allocation(cut_once, table) >= 2 * 13);
    qd_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),         cmocka_unit_test(test_new_refused),
        cmocka_unit_test(test_weights),     cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_windows),     cmocka_unit_test(test_beyond),
        cmocka_unit_test(test_slice),       cmocka_unit_test(test_windows_refused),
        cmocka_unit_test(test_fingerprint), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
