/* The model file of a forecaster: the same forecasts after a round trip; damage is refused; no frequency but its own.
 */
#include "store/helpers.h"
#include "tasks/forecast.h"

#include <math.h>
#include <unistd.h>

enum { LEVELS = 3, TIMES = 40, HORIZON = 2 };
static const double level[LEVELS] = {0.1, 0.5, 0.9};

/* Two series with a covariate and effort; times are made by a format of year and, perhaps, month. */
static qd_panel *make_panel(const char *times)
{
    static char text[8192];
    size_t size = (size_t)snprintf(text, sizeof text, "site,species,time,rain,traps,count\n");
    for (int t = 0; t < TIMES; t++) {
        for (int s = 0; s < 2; s++) {
            char time[32];
            snprintf(time, sizeof time, times, 1980 + t / 12 * (strchr(times, '-') != NULL), 1 + t % 12);
            if (strchr(times, '-') == NULL) {
                snprintf(time, sizeof time, times, 1980 + t);
            }
            size += (size_t)snprintf(text + size, sizeof text - size, "0%d,caf\xC3\xA9,%s,%d.5,%d,%d\n", s, time, t % 5,
                                     40 + t % 3, (t * 7 + s * 3) % 11);
        }
    }
    const qd_table_options options = {.limit = 1 << 20};
    const qd_panel_options columns = {.time = "time",
                                      .date = "",
                                      .series = "site,species",
                                      .target = "count",
                                      .series_columns = "",
                                      .tally = "",
                                      .covariates = "rain",
                                      .known = "",
                                      .constant = "",
                                      .effort = "traps",
                                      .as_of = ""};
    qd_table *table;
    qd_panel *panel = NULL;
    qd_error error;
    if (qd_table_parse("t", text, size, &options, &table, &error) != QD_OK ||
        qd_panel_read(table, &columns, &panel, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_table_free(table);
    return panel;
}

static qd_forecaster *make_forecaster(const qd_panel *panel)
{
    static const char *const set[][2] = {{"layers", "lstm:2,dense:2"},
                                         {"epochs", "1"},
                                         {"ensemble", "2"},
                                         {"horizon", "2"},
                                         {"context", "4"},
                                         {"threads", "1"},
                                         {"covariates", "rain"}};
    qd_settings *given, *settings;
    qd_forecaster *forecaster = NULL;
    qd_error error;
    assert_int_equal(qd_settings_new(&given, NULL), QD_OK);
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        assert_int_equal(qd_settings_set(given, set[i][0], set[i][1], NULL), QD_OK);
    }
    if (qd_forecast_settings(given, panel, panel->times, &settings, &error) != QD_OK ||
        qd_forecast_train(settings, panel, panel->y, panel->times, false, NULL, NULL, &forecaster, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(settings);
    qd_settings_free(given);
    return forecaster;
}

static qd_forecast *forecast_of(const qd_forecaster *forecaster, const qd_panel *panel)
{
    qd_forecast *forecast;
    qd_error error;
    if (qd_forecast_make(forecaster, panel, panel->y, (int64_t)panel->times - 1, LEVELS, level, 5, &forecast, &error) !=
        QD_OK) {
        fail_msg("%s", error.message);
    }
    return forecast;
}

static void test_round_trip(void **state)
{
    (void)state;
    qd_panel *panel = make_panel("%d-%02d");
    qd_forecaster *forecaster = make_forecaster(panel), *loaded;
    qd_error error;
    assert_int_equal(qd_forecaster_save(forecaster, path_of("a"), NULL), QD_OK);
    if (qd_forecaster_load(path_of("a"), &loaded, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(qd_forecaster_save(loaded, path_of("b"), NULL), QD_OK);
    bytes a = bytes_read(path_of("a")), b = bytes_read(path_of("b"));
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    qd_forecast *x = forecast_of(forecaster, panel), *y = forecast_of(loaded, panel);
    assert_memory_equal(x->quantile, y->quantile, panel->series * HORIZON * LEVELS * sizeof(double));
    assert_memory_equal(x->mean, y->mean, panel->series * HORIZON * sizeof(double));
    assert_memory_equal(x->sample, y->sample, panel->series * 5 * HORIZON * sizeof(double));
    assert_string_equal(loaded->grid.keys, "site\x1fspecies");
    assert_string_equal(loaded->key[1], "01\x1f"
                                        "caf\xC3\xA9");
    char text[64];
    qd_forecaster_frequency_text(loaded, text, sizeof text);
    assert_string_equal(text, "monthly");
    qd_forecaster_last_text(loaded, text, sizeof text);
    assert_string_equal(text, "1983-04");
    qd_forecast_free(x);
    qd_forecast_free(y);
    qd_mem_free(a.data);
    qd_mem_free(b.data);
    qd_forecaster_free(forecaster);
    qd_forecaster_free(loaded);
    qd_panel_free(panel);
    unlink(path_of("a"));
    unlink(path_of("b"));
}

static bytes make_bytes(void)
{
    qd_panel *panel = make_panel("%d-%02d");
    qd_forecaster *forecaster = make_forecaster(panel);
    assert_int_equal(qd_forecaster_save(forecaster, path_of("a"), NULL), QD_OK);
    bytes b = bytes_read(path_of("a"));
    unlink(path_of("a"));
    qd_forecaster_free(forecaster);
    qd_panel_free(panel);
    return b;
}

static qd_status load(bytes b, qd_forecaster **forecaster, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_parse("m", b.data, b.size, true, &file, error);
    if (status == QD_OK) {
        status = qd_forecaster_from(file, forecaster, error);
        qd_safetensors_free(file);
    }
    return status;
}

static void assert_damaged(bytes b, const char *what, size_t at, const char *part)
{
    qd_forecaster *forecaster;
    qd_error error = {0};
    if (load(b, &forecaster, &error) != QD_ERR_FORMAT || error.offset > b.size ||
        strstr(error.message, "m: byte ") != error.message || strstr(error.message, part) == NULL) {
        fail_msg("%s %zu: %s", what, at, error.message);
    }
}

static void test_damaged(void **state)
{
    (void)state;
    bytes whole = make_bytes();
    for (size_t size = 0; size < whole.size; size += 3) {
        bytes cut = bytes_copy(whole.data, size);
        assert_damaged(cut, "cut after byte", size, "");
        bytes_free(cut);
    }
    for (size_t at = 0; at < whole.size; at++) {
        whole.data[at] ^= (char)(1 << at % 8);
        assert_damaged(whole, "bit flipped at", at, "");
        whole.data[at] ^= (char)(1 << at % 8);
    }
    qd_mem_free(whole.data);
}

/* Sealed with a right checksum, but in contradiction to itself. */
static void test_contradictions(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"\\\"members\\\":2", "\\\"members\\\":3", "member_2"},
        {"\\\"members\\\":2", "\\\"members\\\":1", "tensors"},
        {"\\\"members\\\":2", "\\\"members\\\":0", "whole number"},
        {"\\\"series\\\":2", "\\\"series\\\":3", "2 keys"},
        {"\\\"horizon_last\\\":\\\"2\\\"", "\\\"horizon_last\\\":\\\"3\\\"", "forecast.spread"},
        {"\\\"horizon_last\\\":\\\"2\\\"", "\\\"horizon_last\\\":\\\"0\\\"", "contradict"},
        {"\\\"step\\\":\\\"1\\\"", "\\\"step\\\":\\\"0\\\"", "range"},
        {"\\\"step\\\":\\\"1\\\"", "\\\"step\\\":\\\"1.5\\\"", "range"},
        {"\\\"step\\\":\\\"1\\\"", "\\\"stop\\\":\\\"1\\\"", "\"step\" is missing"},
        {"\\\"time\\\":\\\"month\\\"", "\\\"time\\\":\\\"moon\\\"", "kind of time"},
        {"\\\"weeks\\\":false", "\\\"weeks\\\":0", "true or false"},
        {"\\\"past\\\":1", "\\\"past\\\":2", "inputs"},
        {"\\\"layers\\\":\\\"lstm:2,dense:2\\\"", "\\\"layers\\\":\\\"lstm:3\\\"", "layers"},
        {"\"task\":\"forecast\"", "\"task\":\"regress\"", "task"},
        {"forecast.blend", "forecast.blond", "forecast.blend"},
        {"member_1.lstm.bias_hh_l0", "member_1.lstm.bias_hh_l1", "member_1.lstm.bias_hh_l0"},
    };
    bytes whole = make_bytes();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bytes changed = bytes_replace(whole, cases[i][0], cases[i][1]);
        assert_damaged(changed, cases[i][1], i, cases[i][2]);
        bytes_free(changed);
    }
    qd_mem_free(whole.data);
}

static qd_status load_and_free(const void *input, qd_error *error)
{
    qd_forecaster *forecaster;
    qd_status status = load(*(const bytes *)input, &forecaster, error);
    if (status == QD_OK) {
        qd_forecaster_free(forecaster);
    }
    return status;
}

static qd_status save(const void *input, qd_error *error)
{
    return qd_forecaster_save(input, path_of("a"), error);
}

static void test_memory(void **state)
{
    (void)state;
    bytes whole = make_bytes();
    qd_forecaster *forecaster;
    assert_true(fail_every_allocation(load_and_free, &whole) > 100);
    assert_int_equal(load(whole, &forecaster, NULL), QD_OK);
    assert_true(fail_every_allocation(save, forecaster) > 10);
    unlink(path_of("a"));
    forecaster->spread[0] = NAN;
    qd_error error;
    assert_int_equal(qd_forecaster_save(forecaster, path_of("a"), &error), QD_ERR_NUMERIC);
    assert_non_null(strstr(error.message, "forecast.spread, element 0"));
    qd_forecaster_free(forecaster);
    qd_mem_free(whole.data);
}

static void test_accepts(void **state)
{
    (void)state;
    qd_panel *months = make_panel("%d-%02d"), *years = make_panel("%d");
    qd_forecaster *forecaster = make_forecaster(months);
    qd_error error;
    assert_int_equal(qd_forecaster_accepts(forecaster, months, NULL), QD_OK);
    assert_int_equal(qd_forecaster_accepts(forecaster, years, &error), QD_ERR_VALUE);
    assert_string_equal(error.message, "the model was trained monthly; these data are yearly");
    forecaster->inputs.known = 1;
    assert_int_equal(qd_forecaster_accepts(forecaster, months, &error), QD_ERR_VALUE);
    qd_forecaster_free(forecaster);
    qd_panel_free(months);
    qd_panel_free(years);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damaged), cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_memory),     cmocka_unit_test(test_accepts),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
