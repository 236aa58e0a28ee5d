/* The training loop: the same bits from any number of threads and across any stop, early stopping, validation, sample
   weights, numbers that are not finite, memory. */
#include "test.h"
#include "base/mem.h"
#include "train/golden.h"
#include "train/feed.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

enum { N = 21, STEPS = 7, INPUTS = 2, VALID_N = 6 };

/* Sequences of lengths 1 to 7 with random numbers as targets. */
static qd_sequences *sequences_of(uint32_t purpose, size_t count)
{
    float x[N * STEPS * INPUTS], y[N];
    size_t lengths[N];
    for (size_t i = 0; i < count * STEPS * INPUTS; i++) {
        x[i] = golden_number(purpose, i);
    }
    for (size_t n = 0; n < count; n++) {
        y[n] = golden_number(purpose + 1, n);
        lengths[n] = 1 + golden_word(purpose + 2, n) % STEPS;
    }
    qd_sequences *sequences;
    assert_int_equal(qd_sequences_new(x, lengths, count, STEPS, INPUTS, y, 1, &sequences, NULL), QD_OK);
    return sequences;
}

/* Everything that a run needs; the settings are NAME, VALUE, ..., NULL after those of `begin`. */
typedef struct trial {
    qd_settings *settings;
    qd_network *network;
    qd_sequences *train, *valid;
    const qd_sequences *held; /* to validate on, or NULL */
    qd_train_state *state;
    qd_train_job job; /* without its problem */
} trial;

static qd_train_state *fresh_state(const trial *t)
{
    qd_train_state *state;
    qd_error error;
    uint64_t batches = qd_train_batches(t->settings, t->train->count);
    if (qd_train_state_new(t->settings, t->network, NULL, batches, &state, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return state;
}

static trial begin(const char *settings)
{
    trial t = {0};
    assert_int_equal(qd_settings_new(&t.settings, NULL), QD_OK);
    golden_settings("layers=lstm:6+dropout=0.3,rnn:6+residual,bilstm:3 batch=4 epochs=4 lr=0.01 threads=1", t.settings);
    golden_settings(settings, t.settings);
    const char *layers = qd_settings_text(t.settings, "layers");
    assert_int_equal(qd_network_new(layers, 0, INPUTS, 1, false, &t.network, NULL), QD_OK);
    t.train = sequences_of(200, N);
    t.valid = sequences_of(300, VALID_N);
    t.state = fresh_state(&t);
    t.job = (qd_train_job){.settings = t.settings, .network = t.network};
    return t;
}

static void end(trial *t)
{
    qd_train_state_free(t->state);
    qd_sequences_free(t->train);
    qd_sequences_free(t->valid);
    qd_network_free(t->network);
    qd_settings_free(t->settings);
}

static qd_status train(trial *t, qd_error *error)
{
    qd_feed *feed;
    const size_t rows = (size_t)qd_settings_integer(t->settings, "batch");
    qd_status status = qd_feed_new(t->settings, rows, t->train, t->held, 1, &feed, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_problem problem = qd_feed_problem(feed);
    t->job.problem = &problem;
    status = qd_train_run(&t->job, t->state, error);
    t->job.problem = NULL;
    qd_feed_free(feed);
    return status;
}

static void run(trial *t)
{
    qd_error error;
    if (train(t, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(t->state->done);
}

/* All that training determines, bit for bit. */
static void assert_same(const qd_train_state *a, const qd_train_state *b)
{
    size_t n = a->parameters_count;
    assert_int_equal(n, b->parameters_count);
    assert_memory_equal(a->parameters, b->parameters, n * sizeof(float));
    assert_memory_equal(a->moments, b->moments, a->moments_count * n * sizeof(float));
    assert_int_equal(a->best != NULL, b->best != NULL);
    if (a->best != NULL) {
        assert_memory_equal(a->best, b->best, n * sizeof(float));
    }
    assert_true(a->update == b->update && a->epoch == b->epoch && a->best_epoch == b->best_epoch && a->wait == b->wait);
    assert_true(a->best_loss == b->best_loss && a->schedule.reduction == b->schedule.reduction);
    assert_int_equal(a->history.count, b->history.count);
    for (size_t e = 0; e < a->history.count; e++) {
        const qd_history_row *x = &a->history.rows[e], *y = &b->history.rows[e];
        assert_true(x->epoch == e + 1 && y->epoch == e + 1 && x->loss == y->loss);
        assert_true(x->valid_loss == y->valid_loss || (isnan(x->valid_loss) && isnan(y->valid_loss)));
        assert_true(x->learning_rate == y->learning_rate && x->gradient_norm == y->gradient_norm);
    }
}

/* ---------------------------------------------------------------------------------------------- same bits */

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    static const char *const lines[] = {"threads=1", "threads=2", "threads=3", "threads=8"};
    trial first = begin("patience=9 clip-norm=0.5 threads=1");
    first.held = first.valid;
    run(&first);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        trial t = begin("patience=9 clip-norm=0.5");
        t.held = t.valid;
        golden_settings(lines[i], t.settings);
        run(&t);
        assert_same(first.state, t.state);
        end(&t);
    }
    end(&first);
}

typedef struct counting {
    size_t calls, stop_at, saves;
} counting;

static int stop_at(void *context, const qd_progress *progress)
{
    (void)progress;
    counting *c = context;
    return ++c->calls == c->stop_at;
}

static qd_status count_save(void *context, const qd_train_state *state, qd_error *error)
{
    (void)state;
    (void)error;
    ((counting *)context)->saves++;
    return QD_OK;
}

/* Stopped after any batch, and gone on with: as if it had never been. */
static void test_stops_do_not_matter(void **state)
{
    (void)state;
    const char settings[] =
        "patience=9 schedule=plateau plateau-patience=1 step-factor=0.5 optimizer=rmsprop momentum=0.5";
    trial whole = begin(settings);
    whole.held = whole.valid;
    run(&whole);
    assert_true(whole.state->schedule.reduction < 1); /* the plateau's state did something */
    size_t batches = whole.state->update;
    assert_int_equal(batches, 4 * 6);
    for (size_t at = 1; at <= batches; at++) {
        trial t = begin(settings);
        counting c = {.stop_at = at};
        t.held = t.valid;
        t.job.monitor = stop_at;
        t.job.monitor_context = &c;
        t.job.save = count_save;
        t.job.save_context = &c;
        qd_error error;
        qd_status status = train(&t, &error);
        if (at < batches) {
            assert_int_equal(status, QD_ERR_STOPPED);
            assert_int_equal(c.saves, 1);
            assert_int_equal(t.state->update, at);
            run(&t);
        } else { /* nothing is left to stop */
            assert_int_equal(status, QD_OK);
        }
        assert_int_equal(c.calls, batches);
        assert_same(whole.state, t.state);
        run(&t); /* one that is done stays as it is */
        assert_same(whole.state, t.state);
        end(&t);
    }
    end(&whole);
}

static void test_seeds_and_order_matter(void **state)
{
    (void)state;
    static const char *const settings[] = {"", "seed=2", "shuffle=false", "dropout=0.2", "lr=0.02"};
    float loss[5];
    for (size_t i = 0; i < 5; i++) {
        trial t = begin("layers=lstm:6");
        golden_settings(settings[i], t.settings);
        qd_train_state_free(t.state);
        qd_network_free(t.network);
        assert_int_equal(
            qd_network_new("lstm:6", qd_settings_real(t.settings, "dropout"), INPUTS, 1, false, &t.network, NULL),
            QD_OK);
        t.job.network = t.network;
        t.state = fresh_state(&t);
        run(&t);
        loss[i] = (float)t.state->history.rows[3].loss;
        for (size_t j = 0; j < i; j++) {
            assert_true(loss[i] != loss[j]);
        }
        end(&t);
    }
}

/* ------------------------------------------------------------------------------------ saving and reporting */

typedef struct watching {
    size_t calls, epochs, batches;
    bool wrong;
} watching;

static int watch(void *context, const qd_progress *p)
{
    watching *w = context;
    size_t batch = w->calls % w->batches + 1;
    w->wrong |= p->batch != batch || p->batches != w->batches || p->epoch != w->calls / w->batches + 1 ||
                p->epochs != w->epochs || !isfinite(p->loss) || !(p->gradient_norm > 0) ||
                isnan(p->valid_loss) != (batch < w->batches) || !(p->seconds >= 0) || !(p->seconds_left >= 0);
    w->calls++;
    return 0;
}

static void test_monitor_sees_every_batch(void **state)
{
    (void)state;
    trial t = begin("epochs=3 batch=5");
    watching w = {.epochs = 3, .batches = 5};
    t.held = t.valid;
    t.job.monitor = watch;
    t.job.monitor_context = &w;
    run(&t);
    assert_int_equal(w.calls, 15);
    assert_false(w.wrong);
    end(&t);
}

static void test_saves(void **state)
{
    (void)state;
    static const struct {
        const char *settings;
        bool epochs;
        size_t saves;
    } cases[] = {{"epochs=7", false, 0}, {"epochs=7", true, 7}, {"epochs=7 checkpoint-every=3", true, 3}};
    for (size_t i = 0; i < 3; i++) {
        trial t = begin(cases[i].settings);
        counting c = {0};
        t.job.save = count_save;
        t.job.save_context = &c;
        t.job.save_epochs = cases[i].epochs;
        run(&t);
        assert_int_equal(c.saves, cases[i].saves);
        end(&t);
    }
}

static qd_status fail_save(void *context, const qd_train_state *state, qd_error *error)
{
    (void)context;
    (void)state;
    return qd_fail(error, QD_ERR_FILE, "no room");
}

static void test_a_save_that_fails_ends_training(void **state)
{
    (void)state;
    trial t = begin("");
    t.job.save = fail_save;
    t.job.save_epochs = true;
    qd_error error;
    assert_int_equal(train(&t, &error), QD_ERR_FILE);
    assert_string_equal(error.message, "no room");
    assert_int_equal(t.state->epoch, 1);
    end(&t);
}

/* ------------------------------------------------------------------------------------------------ losses */

/* At a rate too small to change a weight the loss stays what it is, and validating on the same data gives it too. */
static void test_losses_are_means(void **state)
{
    (void)state;
    trial t = begin("layers=lstm:6 optimizer=sgd lr=1e-30 shuffle=false");
    t.held = t.train;
    run(&t);
    double first = t.state->history.rows[0].loss;
    assert_true(first > 0);
    for (size_t e = 0; e < 4; e++) {
        assert_true(t.state->history.rows[e].loss == first);
        assert_true(t.state->history.rows[e].valid_loss == first);
        assert_true(t.state->history.rows[e].gradient_norm == t.state->history.rows[0].gradient_norm);
    }
    end(&t);
}

/* Training drops, validating does not. */
static void test_validation_drops_nothing(void **state)
{
    (void)state;
    trial t = begin("optimizer=sgd lr=1e-30 shuffle=false");
    t.held = t.valid;
    run(&t);
    for (size_t e = 1; e < 4; e++) {
        assert_true(t.state->history.rows[e].loss != t.state->history.rows[0].loss);
        assert_true(t.state->history.rows[e].valid_loss == t.state->history.rows[0].valid_loss);
    }
    end(&t);
}

/* A weight of 2 counts twice and of 0 not at all, but every sequence counts in the mean. */
static void test_sample_weights(void **state)
{
    (void)state;
    float weights[N];
    double loss[3], norm[3];
    for (size_t i = 0; i < 3; i++) {
        trial t = begin("layers=lstm:6 optimizer=sgd lr=1e-30 shuffle=false epochs=1 batch=1000");
        for (size_t n = 0; n < N; n++) {
            weights[n] = i == 0 ? 2.0f : (n < 9) == (i == 1) ? 1.0f : 0.0f;
        }
        assert_int_equal(qd_sequences_set_weights(t.train, weights, NULL), QD_OK);
        run(&t);
        loss[i] = t.state->history.rows[0].loss;
        norm[i] = t.state->history.rows[0].gradient_norm;
        end(&t);
    }
    assert_true(fabs(loss[0] - 2 * (loss[1] + loss[2])) < 1e-12 * loss[0]);
    assert_true(loss[1] > 0 && loss[2] > 0 && norm[0] <= 2 * (norm[1] + norm[2]));
}

/* Early stopping ends with the weights of the best epoch: those of a training that ended there. */
static void test_early_stopping_keeps_the_best(void **state)
{
    (void)state;
    trial t = begin("epochs=200 patience=3 lr=0.03");
    t.held = t.valid;
    run(&t);
    size_t best = t.state->best_epoch;
    assert_true(best >= 1 && t.state->epoch == best + 3 && t.state->epoch < 200);
    for (size_t e = 0; e < t.state->history.count; e++) {
        assert_true(t.state->history.rows[e].valid_loss >= t.state->best_loss);
    }
    trial shorter = begin("lr=0.03");
    char epochs[32];
    snprintf(epochs, sizeof epochs, "epochs=%zu", best);
    golden_settings(epochs, shorter.settings);
    qd_train_state_free(shorter.state);
    shorter.state = fresh_state(&shorter);
    run(&shorter);
    assert_memory_equal(t.state->parameters, shorter.state->parameters, t.state->parameters_count * sizeof(float));
    end(&shorter);
    end(&t);
}

static void test_min_delta(void **state)
{
    (void)state;
    trial t = begin("epochs=50 patience=4 min-delta=1000");
    t.held = t.valid;
    run(&t);
    assert_int_equal(t.state->best_epoch, 1); /* nothing is better than infinity but the first */
    assert_int_equal(t.state->epoch, 5);
    end(&t);
}

/* ------------------------------------------------------------------------------------ what is not finite */

/* Spoils a weight after a number of batches, and keeps what the weights were after the batch before. */
typedef struct spoiling {
    trial *t;
    size_t calls, at;
    float *before;
} spoiling;

static int spoil(void *context, const qd_progress *progress)
{
    (void)progress;
    spoiling *s = context;
    qd_train_state *state = s->t->state;
    if (++s->calls == s->at - 1) {
        memcpy(s->before, state->parameters, state->parameters_count * sizeof(float));
    } else if (s->calls == s->at) {
        state->parameters[0] = NAN;
    }
    return 0;
}

static void spoiled(const char *settings, bool with_valid, size_t at, const char *told)
{
    trial t = begin(settings);
    spoiling s = {.t = &t, .at = at, .before = qd_mem_new(t.state->parameters_count, sizeof(float))};
    t.held = with_valid ? t.valid : NULL;
    t.job.monitor = spoil;
    t.job.monitor_context = &s;
    qd_error error;
    assert_int_equal(train(&t, &error), QD_ERR_NUMERIC);
    if (strstr(error.message, told) == NULL || strstr(error.message, "lstm.weight_ih_l0") == NULL ||
        strstr(error.message, "smaller lr") == NULL) {
        fail_msg("%s", error.message);
    }
    const float *expected = t.state->best != NULL ? t.state->best : s.before;
    assert_memory_equal(t.state->parameters, expected, t.state->parameters_count * sizeof(float));
    for (size_t i = 0; i < t.state->parameters_count; i++) {
        assert_true(isfinite(t.state->parameters[i]));
    }
    qd_mem_free(s.before);
    end(&t);
}

static void test_a_loss_that_is_not_finite(void **state)
{
    (void)state;
    spoiled("layers=lstm:6", false, 8, "epoch 2, batch 3: the loss is not finite");
    spoiled("layers=lstm:6", false, 12, "epoch 3, batch 1: the loss is not finite");
    spoiled("layers=lstm:6 patience=9", true, 14, "epoch 3, batch 3: the loss is not finite");
}

/* The last update of all makes infinite weights, which no batch will see. */
static void test_weights_that_are_not_finite(void **state)
{
    (void)state;
    trial t = begin("layers=lstm:6 optimizer=sgd lr=1e6 epochs=1 batch=1000");
    for (size_t n = 0; n < N; n++) {
        t.train->y[n] = 1e35f;
    }
    qd_train_state *initial = fresh_state(&t);
    qd_error error;
    assert_int_equal(train(&t, &error), QD_ERR_NUMERIC);
    assert_non_null(strstr(error.message, "epoch 1, batch 1: the update is not finite"));
    assert_memory_equal(t.state->parameters, initial->parameters, initial->parameters_count * sizeof(float));
    qd_train_state_free(initial);
    end(&t);
}

static void test_a_validation_loss_that_is_not_finite(void **state)
{
    (void)state;
    trial t = begin("layers=lstm:6");
    t.held = t.valid;
    t.valid->y[3] = NAN;
    qd_error error;
    assert_int_equal(train(&t, &error), QD_ERR_NUMERIC);
    assert_non_null(strstr(error.message, "epoch 1, batch 6: the validation loss is not finite"));
    end(&t);
}

/* ------------------------------------------------------------------------------------------------ memory */

static bool refuse(void *context, size_t bytes)
{
    (void)bytes;
    ++*(size_t *)context;
    return false;
}

static int refuse_from_now_on(void *context, const qd_progress *progress)
{
    (void)progress;
    qd_mem_set_hook(refuse, context);
    return 0;
}

static void test_nothing_is_allocated_after_the_first_update(void **state)
{
    (void)state;
    trial t = begin("threads=2 patience=9 schedule=plateau clip-norm=1");
    size_t asked = 0;
    t.held = t.valid;
    t.job.monitor = refuse_from_now_on;
    t.job.monitor_context = &asked;
    qd_error error;
    qd_status status = train(&t, &error);
    qd_mem_set_hook(NULL, NULL);
    assert_int_equal(status, QD_OK);
    assert_int_equal(asked, 0);
    end(&t);
}

static bool refuse_at(void *context, size_t bytes)
{
    (void)bytes;
    return --*(size_t *)context != 0;
}

/* The nth allocation fails: a clean error, and the state can be trained once there is memory. */
static void test_every_allocation_failing(void **state)
{
    (void)state;
    trial whole = begin("epochs=1");
    whole.held = whole.valid;
    run(&whole);
    size_t failed = 0;
    for (size_t at = 1;; at++) {
        trial t = begin("epochs=1");
        t.held = t.valid;
        size_t left = at;
        qd_error error;
        qd_mem_set_hook(refuse_at, &left);
        qd_status status = train(&t, &error);
        qd_mem_set_hook(NULL, NULL);
        if (status != QD_OK) {
            assert_int_equal(status, QD_ERR_MEMORY);
            assert_non_null(strstr(error.message, "out of memory"));
            failed++;
            run(&t);
        }
        assert_same(whole.state, t.state);
        end(&t);
        if (status == QD_OK) {
            break;
        }
    }
    print_message("%zu allocations failed\n", failed);
    assert_true(failed > 10);
    trial t = begin("patience=2");
    for (size_t at = 1;; at++) {
        qd_train_state *made = NULL;
        size_t left = at;
        qd_mem_set_hook(refuse_at, &left);
        qd_status status = qd_train_state_new(t.settings, t.network, NULL, 6, &made, NULL);
        qd_mem_set_hook(NULL, NULL);
        qd_train_state_free(made);
        if (status == QD_OK) {
            break;
        }
        assert_int_equal(status, QD_ERR_MEMORY);
        assert_null(made);
    }
    end(&t);
    end(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_stops_do_not_matter),
        cmocka_unit_test(test_seeds_and_order_matter),
        cmocka_unit_test(test_monitor_sees_every_batch),
        cmocka_unit_test(test_saves),
        cmocka_unit_test(test_a_save_that_fails_ends_training),
        cmocka_unit_test(test_losses_are_means),
        cmocka_unit_test(test_validation_drops_nothing),
        cmocka_unit_test(test_sample_weights),
        cmocka_unit_test(test_early_stopping_keeps_the_best),
        cmocka_unit_test(test_min_delta),
        cmocka_unit_test(test_a_loss_that_is_not_finite),
        cmocka_unit_test(test_weights_that_are_not_finite),
        cmocka_unit_test(test_a_validation_loss_that_is_not_finite),
        cmocka_unit_test(test_nothing_is_allocated_after_the_first_update),
        cmocka_unit_test(test_every_allocation_failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
