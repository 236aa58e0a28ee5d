/* Forecasts: of any data whole, ordered and finite; paths that keep the distributions; the model file. */
#include "test.h"
#include "base/file.h"
#include "base/mem.h"
#include "tasks/forecast.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TEXT = 1 << 20, STEPS = 4 };

/* NAME=VALUE parts separated by blanks. */
static qd_settings *settings_of(const char *line)
{
    qd_settings *settings;
    char text[512];
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    snprintf(text, sizeof text,
             "time=t target=y series=s horizon=4 epochs=1 ensemble=2 layers=lstm:5 context=8 batch=64 threads=1 %s",
             line);
    for (char *part = strtok(text, " "); part != NULL; part = strtok(NULL, " ")) {
        char *equals = strchr(part, '=');
        *equals = '\0';
        assert_int_equal(qd_settings_set(settings, part, equals + 1, NULL), QD_OK);
    }
    return settings;
}

/* A panel of months; count(series, time) < 0: no row. */
static qd_panel *panel_of(const qd_settings *settings, size_t series, size_t times, double (*count)(size_t, size_t))
{
    char path[] = "quadrat-forecast-XXXXXX";
    const int file = mkstemp(path);
    FILE *out = fdopen(file, "w");
    fprintf(out, "t,s,y\n");
    for (size_t s = 0; s < series; s++) {
        for (size_t t = 0; t < times; t++) {
            if (count(s, t) >= 0) {
                fprintf(out, "%zu-%02zu,s%zu,%.0f\n", 1990 + t / 12, t % 12 + 1, s, count(s, t));
            }
        }
    }
    fclose(out);
    qd_panel *panel = NULL;
    qd_error error;
    if (qd_forecast_read(settings, path, &panel, &error) != QD_OK) {
        unlink(path);
        fail_msg("%s", error.message);
    }
    unlink(path);
    return panel;
}

static qd_forecaster *trained(const qd_settings *given, const qd_panel *panel)
{
    qd_settings *settings;
    qd_forecaster *forecaster;
    qd_error error;
    assert_int_equal(qd_forecast_settings(given, panel, &settings, NULL), QD_OK);
    if (qd_forecast_train(settings, panel, panel->y, panel->times, NULL, NULL, &forecaster, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(settings);
    return forecaster;
}

static qd_forecast *made(const qd_forecaster *forecaster, const qd_panel *panel, size_t samples)
{
    static const double level[] = {0.01, 0.1, 0.5, 0.9, 0.99};
    qd_forecast *forecast;
    assert_int_equal(
        qd_forecast_make(forecaster, panel, panel->y, (int64_t)panel->times - 1, 5, level, samples, &forecast, NULL),
        QD_OK);
    return forecast;
}

/* ------------------------------------------------------------------------------------------ any data */

static double constant(size_t s, size_t t)
{
    (void)t;
    return (double)(3 * s);
}

static double zeros(size_t s, size_t t)
{
    (void)s;
    (void)t;
    return 0;
}

static double huge(size_t s, size_t t)
{
    return 1e9 + 1e8 * sin((double)(t + s));
}

static double mixed(size_t s, size_t t)
{
    return s == 0   ? (t < 39 ? -1 : 7)  /* began yesterday */
           : s == 1 ? (t == 20 ? 5 : -1) /* one value */
                    : (double)(t % 9);
}

static double counts(size_t s, size_t t)
{
    return floor(10 + 8 * sin(0.5 * (double)t + (double)s)) + (double)((7 * t + 3 * s) % 5);
}

static void check_whole(const qd_forecast *f, size_t series)
{
    for (size_t c = 0; c < series * f->horizons; c++) {
        for (size_t q = 0; q < f->levels; q++) {
            const double value = f->quantile[c * f->levels + q];
            assert_true(isfinite(value) && value >= 0 && value == floor(value));
            assert_true(q == 0 || value >= f->quantile[c * f->levels + q - 1]);
        }
    }
}

static void test_any_data(void **state)
{
    (void)state;
    double (*const data[])(size_t, size_t) = {constant, zeros, huge, mixed, counts};
    static const char *const likelihoods[] = {"negbin", "poisson", "zip", "zinb", "hurdle"};
    for (size_t d = 0; d < sizeof data / sizeof data[0]; d++) {
        for (size_t l = 0; l < sizeof likelihoods / sizeof likelihoods[0]; l++) {
            char line[64];
            snprintf(line, sizeof line, "likelihood=%s", likelihoods[l]);
            qd_settings *settings = settings_of(line);
            qd_panel *panel = panel_of(settings, 3, 40, data[d]);
            qd_forecaster *forecaster = trained(settings, panel);
            qd_forecast *forecast = made(forecaster, panel, 20);
            check_whole(forecast, 3);
            qd_forecast_free(forecast);
            qd_forecaster_free(forecaster);
            qd_panel_free(panel);
            qd_settings_free(settings);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ paths */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* At each horizon the paths are the distribution, in another order. */
static void test_paths_keep_the_distributions(void **state)
{
    (void)state;
    enum { SAMPLES = 50 };
    qd_settings *settings = settings_of("");
    qd_panel *panel = panel_of(settings, 2, 60, counts);
    qd_forecaster *forecaster = trained(settings, panel);
    qd_forecast *f = made(forecaster, panel, SAMPLES);
    for (size_t s = 0; s < 2; s++) {
        for (size_t h = 0; h < STEPS; h++) {
            double values[SAMPLES], sum = 0;
            for (size_t i = 0; i < SAMPLES; i++) {
                values[i] = f->sample[(s * SAMPLES + i) * STEPS + h];
                sum += values[i];
            }
            qsort(values, SAMPLES, sizeof values[0], compare);
            assert_memory_equal(values, f->grid + (s * STEPS + h) * SAMPLES, sizeof values);
            assert_true(fabs(sum / SAMPLES - f->mean[s * STEPS + h]) < 1e-9);
        }
    }
    qd_forecast_free(f);
    qd_forecaster_free(forecaster);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

/* A past that only rises or only falls: paths whose ranks stay the same at all horizons. */
static void test_paths_follow_the_past(void **state)
{
    (void)state;
    enum { SAMPLES = 2, HORIZONS = 3 };
    const double y[] = {50, 40, 30, 20, 21, 23, 26}; /* the newest window rises, the one before it falls first */
    const double grid[HORIZONS * SAMPLES] = {1, 2, 10, 20, 100, 200};
    double sample[SAMPLES * HORIZONS];
    assert_int_equal(qd_forecast_paths(y, 7, HORIZONS, HORIZONS, SAMPLES, 0, grid, sample, NULL), QD_OK);
    const double expected[SAMPLES * HORIZONS] = {2, 20, 200, 1, 10, 100};
    assert_memory_equal(sample, expected, sizeof expected);
}

/* ------------------------------------------------------------------------------------------- model file */

static const char path[] = "forecast-test.safetensors";

static void test_saved_and_loaded(void **state)
{
    (void)state;
    qd_settings *settings = settings_of("");
    qd_panel *panel = panel_of(settings, 3, 50, counts);
    qd_forecaster *forecaster = trained(settings, panel), *loaded;
    assert_int_equal(qd_forecaster_save(forecaster, path, NULL), QD_OK);
    assert_int_equal(qd_forecaster_load(path, &loaded, NULL), QD_OK);
    assert_int_equal(qd_forecaster_accepts(loaded, panel, NULL), QD_OK);
    qd_forecast *a = made(forecaster, panel, 30), *b = made(loaded, panel, 30);
    assert_memory_equal(a->quantile, b->quantile, 3 * STEPS * a->levels * sizeof(double));
    assert_memory_equal(a->sample, b->sample, 3 * STEPS * 30 * sizeof(double));
    qd_forecast_free(a);
    qd_forecast_free(b);
    qd_forecaster_free(loaded);
    qd_forecaster_free(forecaster);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

static void write_bytes(const char *bytes, size_t size)
{
    FILE *out = fopen("damaged.safetensors", "wb");
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
}

/* The file of the test before, cut and with a bit turned over. */
static void test_damaged_files(void **state)
{
    (void)state;
    char *bytes;
    size_t size;
    assert_int_equal(qd_file_read_all(path, MOST_TEXT, &bytes, &size, NULL), QD_OK);
    for (size_t i = 0; i < size; i += 1 + size / 97) {
        qd_forecaster *loaded;
        qd_error error;
        write_bytes(bytes, i);
        assert_int_equal(qd_forecaster_load("damaged.safetensors", &loaded, &error), QD_ERR_FORMAT);
        bytes[i] ^= 4;
        write_bytes(bytes, size);
        assert_int_equal(qd_forecaster_load("damaged.safetensors", &loaded, &error), QD_ERR_FORMAT);
        bytes[i] ^= 4;
    }
    qd_mem_free(bytes);
    unlink("damaged.safetensors");
}

static bool refuse_nth(void *context, size_t bytes)
{
    (void)bytes;
    size_t *left = context;
    return (*left)-- != 0;
}

/* The nth allocation fails: a clean error each time, until all succeed. */
static void test_out_of_memory(void **state)
{
    (void)state;
    qd_status status = QD_ERR_MEMORY;
    for (size_t n = 0; status != QD_OK; n++) {
        size_t left = n;
        qd_error error;
        qd_forecaster *loaded = NULL;
        qd_mem_set_hook(refuse_nth, &left);
        status = qd_forecaster_load(path, &loaded, &error);
        if (status == QD_OK) {
            status = qd_forecaster_save(loaded, "again.safetensors", &error);
        }
        qd_mem_set_hook(NULL, NULL);
        qd_forecaster_free(loaded);
        assert_true(status == QD_OK || status == QD_ERR_MEMORY);
        assert_true(n < 10000);
    }
    unlink("again.safetensors");
    unlink(path);
}

/* --------------------------------------------------------------------------------------------- horizons */

static void test_horizons(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        qd_status status;
        int64_t first, last;
    } cases[] = {{"12", QD_OK, 1, 12},        {"3:5", QD_OK, 3, 5},        {"0", QD_ERR_VALUE, 0, 0},
                 {"0:3", QD_ERR_VALUE, 0, 0}, {"5:3", QD_ERR_VALUE, 0, 0}, {"x", QD_ERR_VALUE, 0, 0},
                 {"1:x", QD_ERR_VALUE, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_settings *settings = settings_of("");
        qd_horizons horizons;
        const qd_panel panel = {.day_step = 7};
        assert_int_equal(qd_settings_set(settings, "horizon", cases[i].text, NULL), QD_OK);
        assert_int_equal(qd_forecast_horizons(settings, &panel, &horizons, NULL), cases[i].status);
        if (cases[i].status == QD_OK) {
            assert_int_equal(horizons.first, cases[i].first);
            assert_int_equal(horizons.last, cases[i].last);
        }
        qd_settings_free(settings);
    }
    /* With vintages a week old, the date of the forecast itself is a week ahead of what is known. */
    qd_settings *settings = settings_of("horizon=0:3 as-of=a lag=7");
    qd_horizons horizons;
    const qd_panel panel = {.day_step = 7};
    assert_int_equal(qd_forecast_horizons(settings, &panel, &horizons, NULL), QD_OK);
    assert_int_equal(horizons.lead, 1);
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_data),
        cmocka_unit_test(test_paths_keep_the_distributions),
        cmocka_unit_test(test_paths_follow_the_past),
        cmocka_unit_test(test_saved_and_loaded),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_horizons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
