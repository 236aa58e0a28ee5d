/* The regression task on tables: windows, horizons, features, and reading. */
#include "tasks/regress_fixture.h"

enum { ROWS = 30, WINDOW = 4 };

static float series(size_t i)
{
    return 10 + 8 * sinf((float)i * 0.7f);
}

/* Columns t, count and other. */
static void write_table(const char *path)
{
    qd_file *file;
    assert_int_equal(qd_file_create(path, &file, NULL), QD_OK);
    assert_int_equal(qd_file_printf(file, NULL, "t,count,other\n"), QD_OK);
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(
            qd_file_printf(file, NULL, "%zu,%.9g,%.9g\n", 1900 + i, (double)series(i), (double)number(9, i)), QD_OK);
    }
    assert_int_equal(qd_file_commit(file, NULL), QD_OK);
}

static qd_model *trained_on_table(const char *line, qd_regress_data *data)
{
    static const char *const paths[] = {"t.csv"};
    qd_settings *given = settings_of(line), *settings;
    qd_error error;
    if (qd_regress_read(given, 1, paths, true, data, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(qd_regress_settings(given, true, &settings, NULL), QD_OK);
    assert_string_equal(qd_settings_text(settings, "scale"), "standard");
    qd_model *model;
    assert_int_equal(qd_regress_train(settings, data->sequences, NULL, "count,count", NULL, NULL, &model, NULL), QD_OK);
    qd_settings_free(settings);
    qd_settings_free(given);
    return model;
}

/* Every prediction is that of its window; beyond the end the window moves over the predictions. */
static void test_table_with_horizon(void **state)
{
    (void)state;
    enum { HORIZON = 6 };
    write_table("t.csv");
    qd_regress_data data;
    qd_model *model = trained_on_table("target=count window=4", &data);
    assert_int_equal(data.sequences->count, ROWS - WINDOW);
    float *y, known[ROWS + HORIZON];
    size_t count;
    assert_int_equal(qd_regress_predict_table(model, data.table, HORIZON, 2, &y, &count, NULL), QD_OK);
    assert_int_equal(count, ROWS - WINDOW + HORIZON);
    for (size_t i = 0; i < ROWS + HORIZON; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.9g", (double)series(i));
        known[i] = i < ROWS ? strtof(text, NULL) : y[i - WINDOW];
    }
    for (size_t i = 0; i < count; i++) {
        qd_sequences *window;
        float alone;
        assert_int_equal(qd_sequences_new(known + i, NULL, 1, WINDOW, 1, NULL, 0, &window, NULL), QD_OK);
        assert_int_equal(qd_model_predict(model, window, 1, &alone, NULL), QD_OK);
        assert_memory_equal(&alone, &y[i], sizeof alone);
        qd_sequences_free(window);
    }
    float *shorter;
    for (size_t horizon = 0; horizon < HORIZON; horizon++) {
        assert_int_equal(qd_regress_predict_table(model, data.table, horizon, 1, &shorter, &count, NULL), QD_OK);
        assert_int_equal(count, ROWS - WINDOW + horizon);
        assert_memory_equal(shorter, y, count * sizeof *y);
        qd_mem_free(shorter);
    }
    qd_mem_free(y);
    qd_model_free(model);
    qd_regress_data_clear(&data);
    assert_int_equal(unlink("t.csv"), 0);
}

static void test_table_with_other_features(void **state)
{
    (void)state;
    write_table("t.csv");
    qd_regress_data data;
    qd_model *model = trained_on_table("target=count features=other,count window=4", &data);
    assert_int_equal(qd_model_inputs(model), 2);
    float *y = NULL;
    size_t count;
    qd_error error;
    assert_int_equal(qd_regress_predict_table(model, data.table, 1, 1, &y, &count, NULL), QD_OK);
    assert_int_equal(count, ROWS - WINDOW + 1);
    qd_mem_free(y);
    assert_int_equal(qd_regress_predict_table(model, data.table, 2, 1, &y, &count, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "horizon"));
    qd_model_free(model);
    qd_sequences *arrays = sequences_of(0, N, true, true);
    model = trained("", arrays, NULL);
    assert_int_equal(qd_regress_predict_table(model, data.table, 1, 1, &y, &count, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "arrays"));
    qd_model_free(model);
    qd_sequences_free(arrays);
    qd_regress_data_clear(&data);
    assert_int_equal(unlink("t.csv"), 0);
}

static void assert_unreadable(const char *line, size_t count, const char *const *paths, bool targets, const char *told)
{
    qd_settings *settings = settings_of(line);
    qd_regress_data data;
    qd_error error;
    assert_int_not_equal(qd_regress_read(settings, count, paths, targets, &data, &error), QD_OK);
    if (strstr(error.message, told) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, told);
    }
    assert_null(data.sequences);
    assert_null(data.table);
    qd_settings_free(settings);
}

static void test_reading(void **state)
{
    (void)state;
    qd_array x = {.rank = 3, .shape = {4, 3, 2}, .data = qd_mem_new(24, sizeof(float))};
    qd_array y = {.rank = 2, .shape = {4, 1}, .data = qd_mem_new(4, sizeof(float))};
    qd_array w = {.rank = 1, .shape = {4}, .data = qd_mem_new(4, sizeof(float))};
    qd_array short_w = {.rank = 1, .shape = {3}, .data = w.data};
    w.data[2] = 2;
    assert_int_equal(qd_npy_write("x.npy", &x, NULL), QD_OK);
    assert_int_equal(qd_npy_write("y.npy", &y, NULL), QD_OK);
    assert_int_equal(qd_npy_write("w.npy", &w, NULL), QD_OK);
    assert_int_equal(qd_npy_write("short.npy", &short_w, NULL), QD_OK);
    write_table("t.csv");

    static const char *const arrays[] = {"x.npy", "y.npy"}, *const table[] = {"t.csv", "t.csv"};
    qd_settings *settings = settings_of("weights=w.npy");
    qd_regress_data data;
    assert_int_equal(qd_regress_read(settings, 2, arrays, true, &data, NULL), QD_OK);
    assert_null(data.table);
    assert_int_equal(data.sequences->count, 4);
    assert_true(data.sequences->weights[2] == 2);
    qd_regress_data_clear(&data);
    assert_int_equal(qd_regress_read(settings, 1, arrays, false, &data, NULL), QD_OK);
    assert_null(data.sequences->y);
    qd_regress_data_clear(&data);
    qd_settings_free(settings);

    assert_unreadable("", 0, arrays, true, "no data");
    assert_unreadable("", 1, arrays, true, "two");
    assert_unreadable("", 2, arrays, false, "one");
    assert_unreadable("target=count", 2, table, true, "one file");
    assert_unreadable("", 1, table, true, "target");
    assert_unreadable("target=cuont", 1, table, true, "count");
    assert_unreadable("target=count window=30", 1, table, true, "30");
    assert_unreadable("target=count input-format=npy", 2, table, true, "t.csv");
    assert_unreadable("weights=short.npy", 2, arrays, true, "short.npy");
    assert_unreadable("weights=missing.npy", 2, arrays, true, "missing.npy");
    static const char *const made[] = {"x.npy", "y.npy", "w.npy", "short.npy", "t.csv"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(unlink(made[i]), 0);
    }
    qd_array_clear(&x);
    qd_array_clear(&y);
    qd_array_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_with_horizon),
        cmocka_unit_test(test_table_with_other_features),
        cmocka_unit_test(test_reading),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
