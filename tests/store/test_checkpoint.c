/* Checkpoints: a state comes back bit for bit, for the same training alone; damage is refused. */
#include "example.h"

enum { UPDATES = 4 };

static const uint32_t fingerprint = 0xFEDCBA98;

typedef struct training {
    qd_settings *settings;
    qd_network *network;
    qd_train_state *state;
} training;

static training make_training(const char *optimizer, const char *patience)
{
    training t = {.settings = make_settings(), .network = make_network()};
    assert_int_equal(qd_settings_set(t.settings, "optimizer", optimizer, NULL), QD_OK);
    assert_int_equal(qd_settings_set(t.settings, "patience", patience, NULL), QD_OK);
    assert_int_equal(qd_train_state_new(t.settings, t.network, NULL, UPDATES, &t.state, NULL), QD_OK);
    return t;
}

/* In the middle of the last epoch. */
static void advance(qd_train_state *s)
{
    size_t n = s->parameters_count;
    fill(s->parameters, n);
    fill(s->moments, n * s->moments_count);
    if (s->best != NULL) {
        fill(s->best, n);
        s->best[1] = 77;
    }
    s->epoch = 2;
    s->batch = 3;
    s->update = 2 * UPDATES + 3;
    s->loss_sum = 0.1;
    s->samples = 29;
    s->norm_sum = 1.0 / 3.0;
    s->best_loss = 1e-3;
    s->best_epoch = 1;
    s->wait = 1;
    s->schedule.best = 0.7;
    s->schedule.wait = 2;
    s->schedule.reduction = 0.01;
    s->history.rows[0] = (qd_history_row){1, 0.1, NAN, (double)0.1F, 12.5, 3, 0};
    s->history.rows[1] = (qd_history_row){2, 0.2, 0.3, (double)0.1F, 0.1, 1e300, 0};
    s->history.count = 2;
}

static void training_free(training t)
{
    qd_train_state_free(t.state);
    qd_network_free(t.network);
    qd_settings_free(t.settings);
}

static void assert_same_state(const qd_train_state *a, const qd_train_state *b)
{
    size_t n = a->parameters_count;
    assert_memory_equal(a->parameters, b->parameters, n * sizeof(float));
    assert_memory_equal(a->moments, b->moments, n * a->moments_count * sizeof(float));
    assert_int_equal(a->best != NULL, b->best != NULL);
    if (a->best != NULL) {
        assert_memory_equal(a->best, b->best, n * sizeof(float));
    }
    assert_int_equal(a->epoch, b->epoch);
    assert_int_equal(a->batch, b->batch);
    assert_int_equal(a->update, b->update);
    assert_true(a->loss_sum == b->loss_sum);
    assert_int_equal(a->samples, b->samples);
    assert_true(a->norm_sum == b->norm_sum);
    assert_true(a->best_loss == b->best_loss);
    assert_int_equal(a->best_epoch, b->best_epoch);
    assert_int_equal(a->wait, b->wait);
    assert_memory_equal(&a->schedule, &b->schedule, sizeof a->schedule);
    assert_int_equal(a->history.count, b->history.count);
    assert_memory_equal(a->history.rows, b->history.rows, a->history.count * sizeof *a->history.rows);
    assert_int_equal(a->done, b->done);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const char *const optimizers[] = {"adam", "rmsprop", "sgd"}, *const patience[] = {"0", "2"};
    for (size_t i = 0; i < 6; i++) {
        training t = make_training(optimizers[i / 2], patience[i % 2]),
                 u = make_training(optimizers[i / 2], patience[i % 2]);
        for (int advanced = 0; advanced < 2; advanced++) { /* as at the beginning, too */
            qd_error error;
            assert_int_equal(qd_checkpoint_save(path_of("c"), t.settings, t.network, t.state, fingerprint, NULL),
                             QD_OK);
            if (qd_checkpoint_load(path_of("c"), u.settings, u.network, fingerprint, u.state, &error) != QD_OK) {
                fail_msg("%s", error.message);
            }
            assert_same_state(t.state, u.state);
            unlink(path_of("c"));
            advance(t.state);
        }
        training_free(t);
        training_free(u);
    }
}

/* The example as bytes. */
static bytes make_checkpoint(void)
{
    training t = make_training("adam", "2");
    advance(t.state);
    assert_int_equal(qd_checkpoint_save(path_of("c"), t.settings, t.network, t.state, fingerprint, NULL), QD_OK);
    training_free(t);
    bytes b = bytes_read(path_of("c"));
    unlink(path_of("c"));
    return b;
}

static qd_status load(bytes b, const training *t, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_parse("c", b.data, b.size, true, &file, error);
    if (status == QD_OK) {
        status = qd_checkpoint_from(file, t->settings, t->network, fingerprint, t->state, error);
        qd_safetensors_free(file);
    }
    return status;
}

static void test_finished(void **state)
{
    (void)state;
    training t = make_training("adam", "2"), u = make_training("adam", "2");
    advance(t.state);
    t.state->batch = 0; /* out of patience after two epochs */
    t.state->update = 2 * UPDATES;
    t.state->done = true;
    assert_int_equal(qd_checkpoint_save(path_of("c"), t.settings, t.network, t.state, fingerprint, NULL), QD_OK);
    assert_int_equal(qd_checkpoint_load(path_of("c"), u.settings, u.network, fingerprint, u.state, NULL), QD_OK);
    assert_same_state(t.state, u.state);
    unlink(path_of("c"));
    training_free(t);
    training_free(u);
}

/* ------------------------------------------------------------------------------------- another training */

static void test_other_settings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *part;
    } other[] = {
        {"lr", "0.2", "with lr '0.1', not '0.2'"},
        {"layers", "lstm:2", "with layers 'lstm:2,bilstm:1+residual+dropout=0.2,rnn:2', not 'lstm:2'"},
        {"optimizer", "sgd", "with optimizer 'adam', not 'sgd'"},
        {"seed", "9", "with seed '1', not '9'"},
    };
    bytes b = make_checkpoint();
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        training t = make_training("adam", "2");
        qd_error error = {0};
        assert_int_equal(qd_settings_set(t.settings, other[i].name, other[i].value, NULL), QD_OK);
        assert_int_equal(load(b, &t, &error), QD_ERR_VALUE);
        if (strstr(error.message, other[i].part) == NULL) {
            fail_msg("%s", error.message);
        }
        training_free(t);
    }
    training t = make_training("adam", "2");
    assert_int_equal(qd_settings_set(t.settings, "threads", "3", NULL), QD_OK); /* does not matter */
    assert_int_equal(load(b, &t, NULL), QD_OK);
    training_free(t);
    qd_mem_free(b.data);
}

static void test_other_data(void **state)
{
    (void)state;
    training t = make_training("adam", "2");
    qd_error error = {0};
    assert_int_equal(qd_checkpoint_save(path_of("c"), t.settings, t.network, t.state, 1, NULL), QD_OK);
    assert_int_equal(qd_checkpoint_load(path_of("c"), t.settings, t.network, 2, t.state, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "other data"));
    qd_network *wider;
    assert_int_equal(qd_network_new(layers, 0, INPUTS + 1, OUTPUTS, false, &wider, NULL), QD_OK);
    assert_int_equal(qd_checkpoint_load(path_of("c"), t.settings, wider, 1, t.state, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "2 inputs and 1 targets, not 3 and 1"));
    qd_network_free(wider);
    training_free(t);
    unlink(path_of("c"));
}

/* A checkpoint is no model, and a model no checkpoint; --init takes the weights of either. */
static void test_kinds(void **state)
{
    (void)state;
    training t = make_training("adam", "2");
    bytes checkpoint = make_checkpoint(), model_bytes = make_model_bytes();
    qd_model *model;
    qd_error error = {0};
    bytes_write(path_of("c"), checkpoint);
    assert_refused_byte(qd_model_load(path_of("c"), &model, &error), &error, bytes_find(checkpoint, "\"1\",\"network"),
                        "checkpoint");
    advance(t.state);
    t.state->parameters[1] = 0;
    assert_int_equal(qd_weights_read(path_of("c"), t.network, t.state->parameters, NULL), QD_OK);
    assert_true(t.state->parameters[1] == -1.0F / 7.0F);
    assert_refused_byte(load(model_bytes, &t, &error), &error, 8, "not a checkpoint");
    unlink(path_of("c"));
    qd_mem_free(checkpoint.data);
    qd_mem_free(model_bytes.data);
    training_free(t);
}

/* ---------------------------------------------------------------------------------------------- damage */

static void test_damaged(void **state)
{
    (void)state;
    bytes whole = make_checkpoint();
    training t = make_training("adam", "2");
    for (size_t size = 0; size < whole.size; size++) {
        bytes cut = bytes_copy(whole.data, size);
        assert_int_equal(load(cut, &t, NULL), QD_ERR_FORMAT);
        bytes_free(cut);
    }
    for (size_t i = 0; i < whole.size; i++) {
        char flipped = (char)(1 << i % 8);
        whole.data[i] = (char)(whole.data[i] ^ flipped);
        assert_int_equal(load(whole, &t, NULL), QD_ERR_FORMAT);
        whole.data[i] = (char)(whole.data[i] ^ flipped);
    }
    assert_int_equal(load(whole, &t, NULL), QD_OK);
    training_free(t);
    qd_mem_free(whole.data);
}

#define Q "\\\"" /* a quote within a string of the header */

static void test_contradictions(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *part;
    } lies[] = {
        {"\"training\"", "\"straining\"", "\"training\": is missing"},
        {Q "epoch" Q ":2", Q "epoch" Q ":4", "from 0 to 3"},
        {Q "epoch" Q ":2", Q "epoch" Q ":1", "\"update\" is not that of the epoch and batch"},
        {Q "batch" Q ":3", Q "batch" Q ":4", "from 0 to 3"},
        {Q "update" Q ":11", Q "update" Q ":10", "\"update\" is not that of the epoch and batch"},
        {Q "loss_sum" Q ":" Q "0.1", Q "loss_sum" Q ":" Q "nan", "\"loss_sum\" is not a number"},
        {Q "loss_sum" Q, Q "loss_som" Q, "\"loss_sum\": a string"},
        {Q "done" Q ":false", Q "done" Q ":null", "\"done\""},
        {Q "epoch" Q ":2," Q "batch" Q ":3," Q "update" Q ":11", Q "epoch" Q ":3," Q "batch" Q ":0," Q "update" Q ":12",
         "true after the last epoch"},
        {Q "wait" Q ":1", Q "wait" Q ":-1", "whole number"},
        {Q "data" Q ":4275878552", Q "data" Q ":42758785520", "from 0 to 4294967295"},
        {"training.history", "training.misery", "training.history is missing"},
        {"training.moments", "training.momenta", "training.moments is missing"},
        {"training.best", "training.rest", "training.best is missing"},
        {"training.best", "straining.best", "tensor straining.best"},
        {"\"training.history\":{\"dtype\":\"F64\",\"shape\":[2,6]",
         "\"training.history\":{\"dtype\":\"F64\",\"shape\":[3,4]",
         "training.history: expected float64 [2][6], found float64 [3][4]"},
        {"\"checkpoint\"", "\"chockpoint\"", "not a checkpoint"},
        {"\"quadrat_format\":\"1\"", "\"quadrat_format\":\"3\"", "format 3"},
    };
    bytes b = make_checkpoint();
    training t = make_training("adam", "2");
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        bytes bad = bytes_replace(b, lies[i].old, lies[i].new);
        qd_error error = {0};
        qd_status status = load(bad, &t, &error);
        assert_refused_byte(status, &error, error.offset, lies[i].part);
        assert_in_range(error.offset, 8, bad.size - 1);
        bytes_free(bad);
    }
    training_free(t);

    training plain = make_training("adam", "0"); /* without best weights */
    qd_error error = {0};
    bytes same = bytes_replace(b, Q "patience" Q ":" Q "2", Q "patience" Q ":" Q "0");
    qd_status status = load(same, &plain, &error);
    assert_refused_byte(status, &error, error.offset, "training.best: a training with these settings");
    bytes_free(same);
    training_free(plain);
    qd_mem_free(b.data);
}

static void test_wrong_epoch(void **state)
{
    (void)state;
    bytes b = make_checkpoint();
    qd_safetensors *file;
    assert_int_equal(qd_safetensors_parse("c", b.data, b.size, true, &file, NULL), QD_OK);
    uint64_t second = qd_safetensors_find(file, "training.history")->offset + 6 * sizeof(double);
    qd_safetensors_free(file);
    const double three = 3;
    memcpy(b.data + second, &three, sizeof three);
    bytes_seal(b);
    training t = make_training("adam", "2");
    qd_error error = {0};
    assert_refused_byte(load(b, &t, &error), &error, second, "expected epoch 2");
    training_free(t);
    qd_mem_free(b.data);
}

/* ---------------------------------------------------------------------------------------------- failures */

static qd_status save_and_load(const void *input, qd_error *error)
{
    const training *t = input;
    const char *path = path_of("c");
    qd_status status = qd_checkpoint_save(path, t->settings, t->network, t->state, 1, error);
    return status == QD_OK ? qd_checkpoint_load(path, t->settings, t->network, 1, t->state, error) : status;
}

static void test_allocations(void **state)
{
    (void)state;
    training t = make_training("adam", "2");
    advance(t.state);
    assert_true(fail_every_allocation(save_and_load, &t) >= 100);
    training_free(t);
    unlink(path_of("c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_finished),
        cmocka_unit_test(test_other_settings), cmocka_unit_test(test_other_data),
        cmocka_unit_test(test_kinds),          cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_wrong_epoch),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
