/* Training a forecaster: the validation part and early stopping, how values enter, the weights that it begins with, and
   that a training that was stopped anywhere ends with the same bits. */
#include "panel_fixture.h"
#include "base/file.h"
#include "base/text.h"

enum { TIMES = 48, CUT = 36 }; /* a quarter of the times is held back */

static const char *const columns[] = {"time", "t", "target", "y", "series", "s", "horizon", "3", "context", "6", NULL};

/* Two series of months; from time `from` on their counts are others. */
static qd_panel *counts(const qd_settings *settings, size_t from)
{
    text t = {0};
    put(&t, "t,s,y\n");
    for (size_t s = 0; s < 2; s++) {
        for (size_t m = 0; m < TIMES; m++) {
            put(&t, "%zu-%02zu,s%zu,%zu\n", 2000 + m / 12, m % 12 + 1, s,
                m < from ? (7 * m + 3 * s) % 11 + 5 * s : 40 + m * m % 17);
        }
    }
    return panel_of(t, settings);
}

/* `columns`, and what the list "name=value name=value" says. */
static qd_settings *settings_with(const char *list)
{
    qd_settings *settings = settings_of(columns);
    char copy[512];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        assert_int_equal(qd_settings_set(settings, word, value, NULL), QD_OK);
    }
    return settings;
}

static qd_forecaster *trained(const char *list, size_t from)
{
    qd_settings *settings = settings_with(list);
    qd_panel *panel = counts(settings, from);
    qd_forecaster *f = train_on(settings, panel, TIMES);
    qd_panel_free(panel);
    qd_settings_free(settings);
    return f;
}

static bool same_weights(const qd_forecaster *a, const qd_forecaster *b)
{
    const size_t n = a->members * qd_network_parameters(a->network);
    assert_int_equal(qd_network_parameters(a->network), qd_network_parameters(b->network));
    return memcmp(a->parameters, b->parameters, n * sizeof *a->parameters) == 0;
}

/* ------------------------------------------------------------------------------------------- validation */

/* No target of the last quarter has a part in learning, whatever the network is told in the horizon; only the
   validation loss knows it.  (A scale would know it, too: here there is none.) */
static void test_no_leak(void **state)
{
    (void)state;
    static const char *const lists[] = {"valid=0.25 scale=none epochs=2",
                                        "valid=0.25 scale=none epochs=2 multistep=ancestral",
                                        "valid=0.25 scale=none epochs=2 season=20"}; /* runs samples backwards */
    for (size_t i = 0; i < 3; i++) {
        qd_forecaster *right = trained(lists[i], TIMES), *poisoned = trained(lists[i], CUT);
        qd_forecaster *earlier = trained(lists[i], CUT - 1);
        assert_true(same_weights(right, poisoned));
        assert_false(same_weights(right, earlier));
        assert_int_equal(right->history.count, 4);
        assert_true(isfinite(right->history.rows[1].valid_loss));
        assert_true(right->history.rows[1].loss == poisoned->history.rows[1].loss);
        assert_true(right->history.rows[1].valid_loss != poisoned->history.rows[1].valid_loss);
        qd_forecaster_free(right);
        qd_forecaster_free(poisoned);
        qd_forecaster_free(earlier);
    }
}

/* Yearly series that grow by 15%, and perhaps one that falls by 13%. */
static qd_panel *waves(const qd_settings *settings, size_t growing, bool falling)
{
    text t = {0};
    put(&t, "t,s,y\n");
    for (size_t s = 0; s < growing + falling; s++) {
        for (size_t m = 0; m < 24; m++) {
            put(&t, "%zu,s%02zu,%.0f\n", 2000 + m, s,
                s < growing ? (double)(10 + s) * pow(1.15, (double)m) : 400 * pow(0.87, (double)m));
        }
    }
    return panel_of(t, settings);
}

/* A network that was shown growth alone expects that a fall goes on, since it has seen growth run backwards. */
static void test_backwards(void **state)
{
    (void)state;
    qd_settings *settings = settings_with("layers=lstm:16 epochs=40 ensemble=1 horizon=4");
    qd_panel *growth = waves(settings, 16, false), *fall = waves(settings, 16, true);
    qd_forecaster *f = train_on(settings, growth, growth->times);
    size_t count;
    double *quantiles = quantiles_of(f, fall, 16, &count);
    const double *last = fall->y + 16 * fall->times + 15, median = quantiles[(16 * 4 + 3) * LEVELS + LEVELS / 2];
    assert_true(median < 0.9 * *last);
    free(quantiles);
    qd_forecaster_free(f);
    qd_panel_free(growth);
    qd_panel_free(fall);
    qd_settings_free(settings);
}

static int count_batches(void *context, const qd_progress *progress)
{
    *(size_t *)context = progress->batches;
    return 0;
}

/* Samples whose horizon begins before the part that is held back, from the second time on: two series. */
static void test_samples(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        size_t samples;
    } cases[] = {
        {"batch=1", 2 * (TIMES - 2)}, {"batch=1 valid=0", 2 * (TIMES - 2)}, {"batch=1 valid=0.25", 2 * (CUT - 2)}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_settings *settings = settings_with(cases[i].list), *own;
        qd_panel *panel = counts(settings, TIMES);
        qd_forecaster *f;
        size_t batches = 0;
        assert_int_equal(qd_forecast_settings(settings, panel, TIMES, &own, NULL), QD_OK);
        const qd_sessions sessions = {.settings = own, .monitor = count_batches, .context = &batches};
        assert_int_equal(qd_forecast_train_networks(&sessions, panel, panel->y, TIMES, 0, 1, &f, NULL), QD_OK);
        assert_int_equal(batches, cases[i].samples);
        assert_int_equal(isnan(f->history.rows[0].valid_loss), i < 2);
        qd_forecaster_free(f);
        qd_panel_free(panel);
        qd_settings_free(own);
        qd_settings_free(settings);
    }
}

/* A network that stays as it is has the same validation loss in every epoch: nothing in it is drawn. */
static void test_validation_draws_nothing(void **state)
{
    (void)state;
    qd_forecaster *f = trained("valid=0.5 epochs=6 lr=1e-30 weight-decay=0 dropout=0.5 ensemble=1", TIMES);
    for (size_t i = 1; i < 6; i++) {
        assert_true(f->history.rows[i].valid_loss == f->history.rows[0].valid_loss);
    }
    qd_forecaster_free(f);
}

/* It ends when the validation loss has not been better for so long, with the weights of the best epoch. */
static void test_early_stopping(void **state)
{
    (void)state;
    static const char stopping[] = "valid=0.25 schedule=constant lr=0.1 ensemble=1 epochs=40 patience=3";
    qd_forecaster *stopped = trained(stopping, CUT);
    const qd_history *h = &stopped->history;
    size_t best = 0;
    for (size_t i = 1; i < h->count; i++) {
        best = h->rows[i].valid_loss < h->rows[best].valid_loss ? i : best;
    }
    assert_true(h->count < 40);
    assert_int_equal(h->count, best + 1 + 3);
    char list[128];
    qd_text_format(list, sizeof list, "valid=0.25 schedule=constant lr=0.1 ensemble=1 epochs=%zu", best + 1);
    qd_forecaster *whole = trained(list, CUT);
    assert_true(same_weights(stopped, whole));
    qd_forecaster_free(stopped);
    qd_forecaster_free(whole);
}

static void test_too_little(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"valid=0.99", "before the times that --valid keeps back"},
                                           {"valid=0.05", "nothing was observed in the last 2 of 40 times"}};
    for (size_t i = 0; i < 2; i++) {
        qd_settings *settings = settings_with(cases[i][0]), *own;
        qd_panel *panel = counts(settings, TIMES);
        qd_forecaster *f;
        qd_error error = {0};
        for (size_t s = 0; s < 2; s++) {
            panel->y[s * TIMES + 38] = panel->y[s * TIMES + 39] = NAN;
        }
        assert_int_equal(qd_forecast_settings(settings, panel, 40, &own, NULL), QD_OK);
        assert_int_equal(qd_forecast_train(own, panel, panel->y, 40, false, NULL, NULL, &f, &error), QD_ERR_VALUE);
        assert_non_null(strstr(error.message, cases[i][1]));
        qd_panel_free(panel);
        qd_settings_free(own);
        qd_settings_free(settings);
    }
}

static void test_wrong_use(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"valid=1", "valid: 1 is not a fraction"},
        {"valid=-0.1", "valid: -0.1 is not"},
        {"valid=later.csv", "valid: later.csv is not a fraction"},
        {"patience=3", "patience"},
        {"valid=0 patience=3", "patience"},
        {"scale=log1p likelihood=normal", "scale: values of the likelihood normal may be negative"},
        {"valid=0.2 patience=3 scale=log1p", NULL},
        {"scale=standard likelihood=studentt", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_settings *settings = settings_with(cases[i][0]);
        qd_error error = {0};
        assert_int_equal(qd_forecast_check(settings, &error), cases[i][1] != NULL ? QD_ERR_VALUE : QD_OK);
        assert_true(cases[i][1] == NULL || strstr(error.message, cases[i][1]) != NULL);
        qd_settings_free(settings);
    }
}

/* ------------------------------------------------------------------------------------------------- scale */

/* Counts enter as logarithms unless told otherwise; a model knows how, and names it only where it was told. */
static void test_scale(void **state)
{
    (void)state;
    static const char *const lists[] = {"epochs=3", "epochs=3 scale=log1p", "epochs=3 scale=standard",
                                        "epochs=3 scale=none"};
    qd_forecaster *f[4];
    qd_settings *settings = settings_of(columns);
    qd_panel *panel = counts(settings, TIMES);
    for (size_t i = 0; i < 4; i++) {
        qd_forecaster *loaded;
        qd_safetensors *file;
        size_t count;
        f[i] = trained(lists[i], TIMES);
        assert_int_equal(qd_forecaster_save(f[i], path_of("m"), NULL), QD_OK);
        assert_int_equal(qd_forecaster_load(path_of("m"), &loaded, NULL), QD_OK);
        double *a = quantiles_of(f[i], panel, TIMES, &count), *b = quantiles_of(loaded, panel, TIMES, &count);
        assert_memory_equal(a, b, count * sizeof *a);
        for (size_t k = 0; k < count; k++) {
            assert_true(a[k] >= 0 && a[k] < 1000);
        }
        assert_int_equal(qd_safetensors_read(path_of("m"), true, &file, NULL), QD_OK);
        assert_int_equal(strstr(qd_safetensors_metadata(file, "settings"), "\"scale\"") != NULL, i > 0);
        assert_null(strstr(qd_safetensors_metadata(file, "settings"), "\"valid\""));
        qd_safetensors_free(file);
        qd_forecaster_free(loaded);
        free(a);
        free(b);
        unlink(path_of("m"));
    }
    assert_true(same_weights(f[0], f[1]));
    assert_false(same_weights(f[0], f[2]));
    assert_false(same_weights(f[0], f[3]));
    assert_false(same_weights(f[2], f[3]));
    for (size_t i = 0; i < 4; i++) {
        qd_forecaster_free(f[i]);
    }
    qd_panel_free(panel);
    qd_settings_free(settings);
}

/* The size of a series of counts does not hang on how they enter, and is above 0; without a scale it is 1. */
static void test_scale_of_a_series(void **state)
{
    (void)state;
    qd_settings *settings = settings_of(columns);
    qd_panel *panel = counts(settings, TIMES);
    const size_t token[2] = {0, 1};
    const qd_forecast_view view = {.panel = panel, .y = panel->y, .token = token};
    qd_forecast_inputs inputs = {.context = 6, .horizon = 3, .half_life = 2, .nonnegative = true, .level_sd = 1};
    for (size_t t = 0; t < TIMES; t++) {
        panel->y[t] = t == 3 ? 1000 : 0;
    }
    double scale[3];
    float *x = calloc(inputs.context + inputs.horizon, qd_forecast_width(&inputs) * sizeof *x);
    for (size_t i = 0; i < 3; i++) {
        inputs.logs = i == 0;
        inputs.unscaled = i == 2;
        assert_int_equal(qd_forecast_fill(&inputs, &view, 0, 9, x, &scale[i]), inputs.context + inputs.horizon);
    }
    assert_true(scale[0] == scale[1] && scale[0] > 0.1 && scale[2] == 1);
    free(x);
    qd_panel_free(panel);
    qd_settings_free(settings);
}

/* However values enter: zeros, a single count and a thousand millions have forecasts that are whole and in order. */
static void test_scale_of_hard_series(void **state)
{
    (void)state;
    static const char *const lists[] = {"scale=none epochs=5 lr=0.05", "scale=standard epochs=5 lr=0.05",
                                        "scale=none multistep=ancestral epochs=2"};
    for (size_t i = 0; i < 3; i++) {
        qd_settings *settings = settings_with(lists[i]);
        text t = {0};
        size_t count;
        put(&t, "t,s,y\n");
        for (size_t m = 0; m < TIMES; m++) {
            put(&t, "%zu,zeros,0\n%zu,once,%d\n%zu,many,%zu\n", 1900 + m, 1900 + m, m == 5 ? 1000000 : 0, 1900 + m,
                (size_t)1000000000 + 1000 * m);
        }
        qd_panel *panel = panel_of(t, settings);
        qd_forecaster *f = train_on(settings, panel, TIMES);
        double *q = quantiles_of(f, panel, TIMES, &count);
        for (size_t k = 0; k < count; k++) {
            assert_true(q[k] >= 0 && q[k] < 1e11 && q[k] == floor(q[k]) && (k % LEVELS == 0 || q[k] >= q[k - 1]));
        }
        free(q);
        qd_forecaster_free(f);
        qd_panel_free(panel);
        qd_settings_free(settings);
    }
}

/* ------------------------------------------------------------------------------------ initial weights, states */

/* Each network begins with its own weights of the file, from the first again where it has fewer; the rest of the model
   is learned without them. */
static void test_init(void **state)
{
    (void)state;
    char list[512];
    qd_forecaster *first = trained("epochs=60 lr=0.05", TIMES);
    const size_t n = qd_network_parameters(first->network);
    assert_int_equal(qd_forecaster_save(first, path_of("m"), NULL), QD_OK);
    qd_text_format(list, sizeof list, "ensemble=3 lr=1e-30 weight-decay=0 init=%s", path_of("m"));
    qd_forecaster *next = trained(list, TIMES);
    for (size_t m = 0; m < 3; m++) {
        assert_memory_equal(next->parameters + m * n, first->parameters + m % 2 * n, n * sizeof(float));
    }
    qd_forecaster *afresh = trained("ensemble=3 lr=1e-30 weight-decay=0", TIMES);
    assert_false(same_weights(next, afresh));
    assert_memory_equal(next->blend, afresh->blend, (next->series + 1) * QD_FORECAST_PARTS * sizeof *next->blend);
    assert_memory_equal(next->spread, afresh->spread, next->inputs.horizon * sizeof *next->spread);
    qd_forecaster_free(afresh);
    qd_forecaster_free(next);
    qd_forecaster_free(first);
    unlink(path_of("m"));
}

static int stop_at(void *context, const qd_progress *progress)
{
    (void)progress;
    size_t *left = context;
    return (*left)-- == 0;
}

static void remove_states(void)
{
    for (int m = 1; m <= 4; m++) {
        char name[16];
        snprintf(name, sizeof name, "c.%d", m);
        assert_int_equal(unlink(path_of(name)), 0);
    }
}

/* Stopped every few batches and resumed, calibration and all: in the end the same file. */
static void test_resume(void **state)
{
    (void)state;
    char list[512];
    qd_text_format(list, sizeof list, "batch=7 epochs=3 valid=0.25 patience=2 dropout=0.1 resume=true checkpoint=%s",
                   path_of("c"));
    qd_settings *settings = settings_with(list), *own;
    qd_panel *panel = counts(settings, TIMES);
    qd_forecaster *whole = train_on(settings, panel, TIMES), *f = NULL; /* keeps no state */
    qd_status status = QD_ERR_STOPPED;
    size_t stops = 0;
    qd_error error;
    assert_int_equal(qd_forecast_settings(settings, panel, TIMES, &own, NULL), QD_OK);
    for (; status == QD_ERR_STOPPED; stops++) {
        size_t left = 4;
        status = qd_forecast_train(own, panel, panel->y, TIMES, true, stop_at, &left, &f, &error);
        assert_true(status == QD_OK || status == QD_ERR_STOPPED);
    }
    assert_true(stops > 4);
    assert_int_equal(qd_forecaster_save(whole, path_of("a"), NULL), QD_OK);
    assert_int_equal(qd_forecaster_save(f, path_of("b"), NULL), QD_OK);
    bytes a = bytes_read(path_of("a")), b = bytes_read(path_of("b"));
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    assert_int_equal(f->history.count, whole->history.count);
    for (size_t i = 0; i < f->history.count; i++) {
        assert_true(f->history.rows[i].loss == whole->history.rows[i].loss);
        assert_int_equal(f->history.rows[i].network, whole->history.rows[i].network);
    }

    /* Finished: nothing is trained.  Of other counts, or from other weights: refused. */
    size_t left = 0;
    qd_forecaster *again;
    assert_int_equal(qd_forecast_train(own, panel, panel->y, TIMES, true, stop_at, &left, &again, &error), QD_OK);
    assert_true(same_weights(again, whole));
    qd_forecaster_free(again);
    panel->y[3] += 1;
    assert_int_equal(qd_forecast_train(own, panel, panel->y, TIMES, true, NULL, NULL, &again, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "other data"));
    panel->y[3] -= 1;
    assert_int_equal(qd_settings_set(own, "init", path_of("a"), NULL), QD_OK);
    assert_int_equal(qd_forecast_train(own, panel, panel->y, TIMES, true, NULL, NULL, &again, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "--init"));
    remove_states();
    unlink(path_of("a"));
    unlink(path_of("b"));
    free(a.data);
    free(b.data);
    qd_forecaster_free(whole);
    qd_forecaster_free(f);
    qd_panel_free(panel);
    qd_settings_free(own);
    qd_settings_free(settings);
}

/* States of another training, which began afresh and was stopped, are nothing to the next. */
static void test_afresh(void **state)
{
    (void)state;
    char list[512];
    qd_text_format(list, sizeof list, "batch=7 epochs=2 checkpoint=%s", path_of("c"));
    qd_settings *settings = settings_with(list), *own;
    qd_panel *panel = counts(settings, TIMES);
    qd_forecaster *f, *whole;
    size_t left = 20;
    qd_error error;
    assert_int_equal(qd_forecast_settings(settings, panel, TIMES, &own, NULL), QD_OK);
    assert_int_equal(qd_forecast_train(own, panel, panel->y, TIMES, true, NULL, NULL, &f, &error), QD_OK);
    qd_forecaster_free(f);
    bytes unrelated = {"no state", 8};
    bytes_write(path_of("c.5"), unrelated);
    assert_int_equal(qd_settings_set(own, "lr", "0.02", NULL), QD_OK);
    assert_int_equal(qd_forecast_train(own, panel, panel->y, TIMES, false, NULL, NULL, &whole, &error), QD_OK);
    assert_int_equal(qd_forecast_train(own, panel, panel->y, TIMES, true, stop_at, &left, &f, &error), QD_ERR_STOPPED);
    assert_true(qd_file_exists(path_of("c.1")) && !qd_file_exists(path_of("c.2")) && qd_file_exists(path_of("c.3")));
    assert_int_equal(qd_settings_set(own, "resume", "true", NULL), QD_OK);
    if (qd_forecast_train(own, panel, panel->y, TIMES, true, NULL, NULL, &f, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(same_weights(f, whole));
    assert_memory_equal(f->blend, whole->blend, (f->series + 1) * QD_FORECAST_PARTS * sizeof *f->blend);
    remove_states();
    assert_int_equal(unlink(path_of("c.5")), 0);
    qd_forecaster_free(f);
    qd_forecaster_free(whole);
    qd_panel_free(panel);
    qd_settings_free(own);
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_leak),
        cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_validation_draws_nothing),
        cmocka_unit_test(test_scale_of_a_series),
        cmocka_unit_test(test_early_stopping),
        cmocka_unit_test(test_too_little),
        cmocka_unit_test(test_wrong_use),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_scale_of_hard_series),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_afresh),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
