/* The regression task and the public functions over it: training, stopping and resuming through files, prediction,
   streaming, and input that must be refused. */
#include "tasks/regress_fixture.h"

/* --------------------------------------------------------------------------------------------- prediction */

static void test_a_network_learns(void **state)
{
    (void)state;
    float x[64], y[64];
    for (size_t i = 0; i < 64; i++) {
        x[i] = number(5, i);
        y[i] = 100 + 50 * x[i]; /* in units that no network would reach without scaling */
    }
    qd_sequences *sequences;
    assert_int_equal(qd_sequences_new(x, NULL, 64, 1, 1, y, 1, &sequences, NULL), QD_OK);
    qd_model *model = trained("scale=standard epochs=200", sequences, NULL);
    assert_int_equal(qd_model_inputs(model), 1);
    assert_int_equal(qd_model_outputs(model), 1);
    assert_int_equal(model->history.count, 200);
    assert_true(model->history.rows[199].loss < 0.01 * model->history.rows[0].loss);
    float predicted[64];
    assert_int_equal(qd_model_predict(model, sequences, 1, predicted, NULL), QD_OK);
    for (size_t i = 0; i < 64; i++) {
        assert_true(fabsf(predicted[i] - y[i]) < 5);
    }
    qd_model_free(model);
    qd_sequences_free(sequences);
}

/* A prediction has the same bits whatever is beside it, and from any number of threads. */
static void test_predictions_are_independent(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, true, true);
    qd_model *model = trained("scale=standard", train, NULL);
    float whole[N * OUTPUTS], other[N * OUTPUTS];
    assert_int_equal(qd_model_predict(model, train, 1, whole, NULL), QD_OK);
    static const unsigned threads[] = {2, 3, 8};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(qd_model_predict(model, train, threads[i], other, NULL), QD_OK);
        assert_memory_equal(other, whole, sizeof whole);
    }
    for (size_t n = 0; n < N; n++) {
        qd_sequences *one;
        assert_int_equal(qd_sequences_slice(train, n, n + 1, &one, NULL), QD_OK);
        assert_int_equal(qd_model_predict(model, one, 1, other, NULL), QD_OK);
        assert_memory_equal(other, whole + n * OUTPUTS, OUTPUTS * sizeof(float));
        qd_sequences_free(one);
    }
    qd_model_free(model);
    qd_sequences_free(train);
}

/* One step at a time: after each step the bits of the prediction for the sequence so far. */
static void test_stream_equals_whole(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "scale=standard layers=lstm:9+residual,rnn:9+residual",
                                        "scale=log1p dropout=0.3", "loss=logistic layers=rnn:3"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        qd_sequences *train = sequences_of(0, N, false, true);
        for (size_t k = 0; k < N * OUTPUTS && strstr(lines[i], "logistic") != NULL; k++) {
            train->y[k] = (float)(train->y[k] < 0.5f);
        }
        bool residual = strstr(lines[i], "residual") != NULL;
        qd_model *model =
            trained(residual ? "scale=standard layers=lstm:2+residual,rnn:2+residual" : lines[i], train, NULL);
        qd_stream *stream;
        assert_int_equal(qd_stream_new(model, &stream, NULL), QD_OK);
        for (size_t n = 0; n < 3; n++) {
            const float *x = train->x + train->start[n] * INPUTS;
            for (size_t t = 1; t <= STEPS; t++) {
                qd_sequences *part;
                float whole[OUTPUTS], step[OUTPUTS];
                assert_int_equal(qd_sequences_new(x, NULL, 1, t, INPUTS, NULL, 0, &part, NULL), QD_OK);
                assert_int_equal(qd_model_predict(model, part, 1, whole, NULL), QD_OK);
                assert_int_equal(qd_stream_step(stream, x + (t - 1) * INPUTS, step, NULL), QD_OK);
                assert_memory_equal(step, whole, sizeof whole);
                qd_sequences_free(part);
            }
            qd_stream_reset(stream);
        }
        qd_stream_free(stream);
        qd_model_free(model);
        qd_sequences_free(train);
    }
}

static void test_stream_refuses(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, false, true);
    qd_model *model = trained("layers=lstm:4,bilstm:3", train, NULL);
    qd_stream *stream = NULL;
    qd_error error;
    assert_int_equal(qd_stream_new(model, &stream, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "bilstm"));
    assert_null(stream);
    qd_stream_free(NULL);
    qd_model_free(model);
    static const char *const lines[] = {"scale=none", "scale=standard", "scale=log1p"};
    for (size_t i = 0; i < 3; i++) {
        model = trained(lines[i], train, NULL);
        assert_int_equal(qd_stream_new(model, &stream, NULL), QD_OK);
        float x[INPUTS] = {0.5f, NAN}, good[INPUTS] = {0.5f, 0.25f}, y[OUTPUTS], again[OUTPUTS];
        assert_int_equal(qd_stream_step(stream, good, y, NULL), QD_OK);
        qd_stream_reset(stream);
        assert_int_equal(qd_stream_step(stream, x, again, &error), QD_ERR_VALUE);
        assert_int_equal(qd_stream_step(stream, good, again, NULL), QD_OK); /* the refused step left no trace */
        assert_memory_equal(y, again, sizeof y);
        qd_stream_free(stream);
        qd_model_free(model);
    }
    qd_sequences_free(train);
}

static void test_predict_refuses(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, false, true);
    qd_model *model = trained("scale=log1p", train, NULL);
    float x[3] = {1, 2, 3}, low[2] = {-1, 0}, y[OUTPUTS];
    qd_sequences *other;
    qd_error error;
    assert_int_equal(qd_sequences_new(x, NULL, 1, 1, 3, NULL, 0, &other, NULL), QD_OK);
    assert_int_equal(qd_model_predict(model, other, 1, y, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "3 inputs"));
    qd_sequences_free(other);
    assert_int_equal(qd_sequences_new(low, NULL, 1, 1, 2, NULL, 0, &other, NULL), QD_OK);
    assert_int_equal(qd_model_predict(model, other, 1, y, &error), QD_ERR_VALUE);
    assert_true(other->x[0] == -1); /* the caller's data stay as they are */
    qd_sequences_free(other);
    qd_model_free(model);
    qd_sequences_free(train);
}

/* Saved and loaded it is the same model, to the byte and in every prediction. */
static void test_save_and_load(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, true, true);
    qd_model *model = trained("scale=standard valid=0.25 patience=2", train, NULL), *loaded;
    assert_int_equal(qd_model_save(model, "a.safetensors", NULL), QD_OK);
    assert_int_equal(qd_model_load("a.safetensors", &loaded, NULL), QD_OK);
    assert_int_equal(qd_model_save(loaded, "b.safetensors", NULL), QD_OK);
    assert_same_files("a.safetensors", "b.safetensors");
    float before[N * OUTPUTS], after[N * OUTPUTS];
    assert_int_equal(qd_model_predict(model, train, 1, before, NULL), QD_OK);
    assert_int_equal(qd_model_predict(loaded, train, 1, after, NULL), QD_OK);
    assert_memory_equal(before, after, sizeof before);
    qd_model_free(loaded);
    qd_model_free(model);
    qd_sequences_free(train);
    unlink("a.safetensors");
    unlink("b.safetensors");
}

/* ---------------------------------------------------------------------------------------------- training */

static void test_the_same_file_from_any_threads(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, true, true);
    static const char *const lines[] = {"threads=1", "threads=2", "threads=3", "threads=8", "threads=1"};
    for (size_t i = 0; i < 5; i++) {
        char line[128];
        snprintf(line, sizeof line, "scale=standard valid=0.2 dropout=0.2 %s", lines[i]);
        qd_model *model = trained(line, train, NULL);
        assert_int_equal(qd_model_save(model, i == 0 ? "a.safetensors" : "b.safetensors", NULL), QD_OK);
        qd_model_free(model);
        if (i > 0) {
            assert_same_files("a.safetensors", "b.safetensors");
        }
    }
    qd_sequences_free(train);
    unlink("a.safetensors");
    unlink("b.safetensors");
}

typedef struct stopping {
    size_t calls, at;
} stopping;

static int stop_at(void *context, const qd_progress *progress)
{
    (void)progress;
    stopping *s = context;
    return ++s->calls == s->at;
}

static qd_status train_to(const char *line, const qd_sequences *train, size_t stop, const char *path, size_t *batches)
{
    qd_settings *given = settings_of(line), *settings;
    assert_int_equal(qd_regress_settings(given, false, &settings, NULL), QD_OK);
    stopping s = {.at = stop};
    qd_model *model;
    qd_error error;
    qd_status status = qd_regress_train(settings, train, NULL, "", stop_at, &s, &model, &error);
    if (status != QD_OK && status != QD_ERR_STOPPED) {
        fail_msg("%s", error.message);
    }
    if (status == QD_OK) {
        assert_int_equal(qd_model_save(model, path, NULL), QD_OK);
    }
    *batches = s.calls;
    qd_model_free(model);
    qd_settings_free(settings);
    qd_settings_free(given);
    return status;
}

/* Stopped after any batch and resumed from the checkpoint: the same file as never having stopped. */
static void test_stop_and_resume(void **state)
{
    (void)state;
    static const char options[] = "scale=standard valid=0.2 patience=5 dropout=0.2 schedule=plateau plateau-patience=1 "
                                  "epochs=5 lr=20 clip-norm=1 checkpoint=c.checkpoint resume=true";
    qd_sequences *train = sequences_of(0, N, true, true);
    size_t batches, done;
    assert_int_equal(train_to(options, train, 0, "whole.safetensors", &batches), QD_OK);
    assert_int_equal(batches, 5 * 4);
    qd_model *model;
    assert_int_equal(qd_model_load("whole.safetensors", &model, NULL), QD_OK);
    assert_true(model->history.rows[4].learning_rate < model->history.rows[0].learning_rate); /* or it proves little */
    qd_model_free(model);
    /* Of a finished run: the model at once. */
    assert_int_equal(train_to(options, train, 0, "again.safetensors", &done), QD_OK);
    assert_int_equal(done, 0);
    assert_same_files("whole.safetensors", "again.safetensors");
    for (size_t at = 1; at < batches; at++) {
        assert_int_equal(unlink("c.checkpoint"), 0);
        assert_int_equal(train_to(options, train, at, "again.safetensors", &done), QD_ERR_STOPPED);
        assert_int_equal(done, at);
        assert_int_equal(train_to(options, train, 0, "again.safetensors", &done), QD_OK);
        assert_int_equal(done, batches - at);
        assert_same_files("whole.safetensors", "again.safetensors");
    }
    qd_sequences_free(train);
    unlink("c.checkpoint");
    unlink("whole.safetensors");
    unlink("again.safetensors");
}

/* Stopped after every single batch. */
static void test_resume_again_and_again(void **state)
{
    (void)state;
    static const char options[] = "optimizer=rmsprop momentum=0.5 dropout=0.2 checkpoint=c.checkpoint resume=true";
    qd_sequences *train = sequences_of(0, N, true, true);
    size_t batches, done, runs = 0;
    assert_int_equal(train_to(options, train, 0, "whole.safetensors", &batches), QD_OK);
    assert_int_equal(unlink("c.checkpoint"), 0);
    while (train_to(options, train, 1, "again.safetensors", &done) == QD_ERR_STOPPED) {
        runs++;
    }
    assert_int_equal(runs, batches - 1);
    assert_same_files("whole.safetensors", "again.safetensors");
    qd_sequences_free(train);
    unlink("c.checkpoint");
    unlink("whole.safetensors");
    unlink("again.safetensors");
}

static void assert_refused(const char *line, const qd_sequences *train, const qd_sequences *valid, qd_status expected,
                           const char *told)
{
    qd_settings *settings = settings_of(line);
    qd_model *model = NULL;
    qd_error error;
    qd_status status = qd_train_regress(settings, train, valid, NULL, NULL, &model, &error);
    if (status != expected || strstr(error.message, told) == NULL) {
        fail_msg("%s: status %d, '%s' does not say '%s'", line, (int)status, status == QD_OK ? "" : error.message,
                 told);
    }
    assert_null(model);
    qd_settings_free(settings);
}

static void test_resume_refuses_another_training(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, true, true), *other = sequences_of(20, N, true, true);
    size_t done;
    assert_int_equal(train_to("checkpoint=c.checkpoint", train, 5, "m.safetensors", &done), QD_ERR_STOPPED);
    assert_refused("checkpoint=c.checkpoint resume=true lr=0.02", train, NULL, QD_ERR_VALUE, "lr");
    assert_refused("checkpoint=c.checkpoint resume=true", other, NULL, QD_ERR_VALUE, "data");
    assert_int_equal(train_to("checkpoint=c.checkpoint resume=true threads=3", train, 0, "m.safetensors", &done),
                     QD_OK);
    assert_int_equal(unlink("c.checkpoint"), 0);
    assert_int_equal(unlink("m.safetensors"), 0);
    qd_sequences_free(train);
    qd_sequences_free(other);
}

static void test_train_refuses(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, true, true), *bare = sequences_of(0, N, true, false);
    qd_sequences *two, *narrow;
    float x[2] = {0.5f, 0.25f}, y[2] = {0.5f, 0.25f};
    assert_int_equal(qd_sequences_slice(train, 0, 1, &two, NULL), QD_OK);
    assert_int_equal(qd_sequences_new(x, NULL, 2, 1, 1, y, 1, &narrow, NULL), QD_OK);
    assert_refused("", bare, NULL, QD_ERR_VALUE, "targets");
    assert_refused("patience=3", train, NULL, QD_ERR_VALUE, "valid");
    assert_refused("valid=1.5", train, NULL, QD_ERR_VALUE, "fraction");
    assert_refused("valid=0", train, NULL, QD_ERR_VALUE, "fraction");
    assert_refused("valid=nan", train, NULL, QD_ERR_VALUE, "fraction");
    assert_refused("valid=v.csv", train, NULL, QD_ERR_VALUE, "v.csv");
    assert_refused("valid=0.5", two, NULL, QD_ERR_VALUE, "too few");
    assert_refused("", train, narrow, QD_ERR_VALUE, "validation");
    assert_refused("loss=softmax", train, NULL, QD_ERR_VALUE, "softmax");
    assert_refused("layers=lstm:4,lsmt:3", train, NULL, QD_ERR_VALUE, "lstm");
    assert_refused("schedule=plateau step-factor=1", train, NULL, QD_ERR_VALUE, "step-factor");
    assert_refused("init=missing.safetensors", train, NULL, QD_ERR_FILE, "missing.safetensors");
    assert_refused("history=no/such/folder.csv", train, NULL, QD_ERR_FILE, "no/such/folder.csv");
    train->y[5] = 2;
    assert_refused("loss=logistic", train, NULL, QD_ERR_VALUE, "logistic");
    qd_sequences_free(two);
    qd_sequences_free(narrow);
    qd_sequences_free(bare);
    qd_sequences_free(train);
}

/* What diverges is told, with a model of the last good weights that can be saved. */
static void test_divergence(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, true, true), *one = sequences_of(20, N, true, true);
    qd_settings *settings = settings_of("optimizer=sgd lr=1e6 epochs=50");
    for (size_t i = 0; i < N * OUTPUTS; i++) {
        train->y[i] *= 1e30f;
    }
    qd_model *model = NULL;
    qd_error error;
    assert_int_equal(qd_train_regress(settings, train, NULL, NULL, NULL, &model, &error), QD_ERR_NUMERIC);
    assert_non_null(strstr(error.message, "epoch 1, batch "));
    assert_non_null(model);
    assert_int_equal(qd_model_save(model, "m.safetensors", &error), QD_OK);
    assert_int_equal(unlink("m.safetensors"), 0);
    qd_model_free(model);
    qd_settings_free(settings);
    qd_sequences_free(train);
    qd_sequences_free(one);
}

/* Weights of a trained model to begin with, at a rate that changes nothing: the same weights. */
static void test_init_from_a_model(void **state)
{
    (void)state;
    qd_sequences *train = sequences_of(0, N, true, true);
    qd_model *model = trained("", train, NULL);
    assert_int_equal(qd_model_save(model, "a.safetensors", NULL), QD_OK);
    qd_model *same = trained("init=a.safetensors optimizer=sgd lr=1e-30 epochs=1", train, NULL);
    size_t n = qd_network_parameters(model->network);
    assert_memory_equal(same->parameters, model->parameters, n * sizeof(float));
    qd_model_free(same);
    qd_model_free(model);
    qd_sequences_free(train);
    assert_int_equal(unlink("a.safetensors"), 0);
}

/* A fraction holds back the last sequences: as if they had been given. */
static void test_validation_fraction(void **state)
{
    (void)state;
    qd_sequences *all = sequences_of(0, N, true, true), *first, *last;
    assert_int_equal(qd_sequences_slice(all, 0, 18, &first, NULL), QD_OK);
    assert_int_equal(qd_sequences_slice(all, 18, N, &last, NULL), QD_OK);
    qd_model *cut = trained("valid=0.25 scale=standard", all, NULL), *given = trained("scale=standard", first, last);
    assert_memory_equal(cut->parameters, given->parameters, qd_network_parameters(cut->network) * sizeof(float));
    for (size_t e = 0; e < 3; e++) {
        assert_true(cut->history.rows[e].valid_loss == given->history.rows[e].valid_loss);
        assert_true(isfinite(cut->history.rows[e].valid_loss));
    }
    qd_model_free(cut);
    qd_model_free(given);
    qd_sequences_free(first);
    qd_sequences_free(last);
    qd_sequences_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_network_learns),
        cmocka_unit_test(test_predictions_are_independent),
        cmocka_unit_test(test_stream_equals_whole),
        cmocka_unit_test(test_stream_refuses),
        cmocka_unit_test(test_predict_refuses),
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_the_same_file_from_any_threads),
        cmocka_unit_test(test_stop_and_resume),
        cmocka_unit_test(test_resume_again_and_again),
        cmocka_unit_test(test_resume_refuses_another_training),
        cmocka_unit_test(test_train_refuses),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_init_from_a_model),
        cmocka_unit_test(test_validation_fraction),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
