/* Parity with Keras: from the same weights, data and order the loss of every epoch is Keras's.  In:
   tests/golden/keras.txt; weights and data come from the formula in golden.h. */
#include "test.h"
#include "base/mem.h"
#include "train/golden.h"
#include "train/feed.h"

#include <math.h>

/* Largest relative difference of a loss that passes, over any epoch of any case. */
static const double most = 2e-5;

typedef struct golden_case {
    char name[32];
    size_t samples, steps, inputs, outputs;
    int weighted;
} golden_case;

static qd_sequences *make_sequences(const golden_case *c, const char *loss)
{
    size_t values = c->samples * c->steps * c->inputs;
    float *x = qd_mem_new(values, sizeof *x), *y = qd_mem_new(c->samples * c->outputs, sizeof *y);
    for (size_t i = 0; i < values; i++) {
        x[i] = golden_number(GOLDEN_X, i) + 0.5f;
    }
    for (size_t i = 0; i < c->samples * c->outputs; i++) {
        size_t n = i / c->outputs, k = i % c->outputs;
        float number = golden_number(GOLDEN_Y, i) + 0.5f;
        y[i] = strcmp(loss, "softmax") == 0    ? (float)(golden_word(GOLDEN_Y, n) % c->outputs == k)
               : strcmp(loss, "logistic") == 0 ? (float)(number < 0.5f)
                                               : number;
    }
    qd_sequences *sequences;
    assert_int_equal(qd_sequences_new(x, NULL, c->samples, c->steps, c->inputs, y, c->outputs, &sequences, NULL),
                     QD_OK);
    if (c->weighted) {
        float *weights = qd_mem_new(c->samples, sizeof *weights);
        for (size_t n = 0; n < c->samples; n++) {
            weights[n] = (float)(golden_word(GOLDEN_WEIGHTS, n) % 4) / 2;
        }
        assert_int_equal(qd_sequences_set_weights(sequences, weights, NULL), QD_OK);
        qd_mem_free(weights);
    }
    qd_mem_free(x);
    qd_mem_free(y);
    return sequences;
}

static qd_train_state *train(const qd_settings *settings, const qd_sequences *sequences)
{
    qd_error error = {0};
    qd_network *network;
    assert_int_equal(qd_network_new(qd_settings_text(settings, "layers"), 0, sequences->inputs, sequences->outputs,
                                    false, &network, &error),
                     QD_OK);
    float *weights = qd_mem_new(qd_network_parameters(network), sizeof *weights);
    golden_weights(network, weights);
    qd_train_state *state;
    assert_int_equal(
        qd_train_state_new(settings, network, weights, qd_train_batches(settings, sequences->count), &state, &error),
        QD_OK);
    qd_feed *feed;
    const size_t rows = (size_t)qd_settings_integer(settings, "batch");
    assert_int_equal(qd_feed_new(settings, rows, sequences, NULL, qd_network_outputs(network), &feed, &error), QD_OK);
    const qd_problem problem = qd_feed_problem(feed);
    const qd_train_job job = {.settings = settings, .network = network, .problem = &problem};
    assert_int_equal(qd_train_run(&job, state, &error), QD_OK);
    qd_feed_free(feed);
    qd_mem_free(weights);
    qd_network_free(network);
    return state;
}

/* The largest relative difference over the epochs of a case. */
static double worst_difference(FILE *file, const char *line, golden_case *c)
{
    assert_int_equal(
        sscanf(line, "%31s %zu %zu %zu %zu %d", c->name, &c->samples, &c->steps, &c->inputs, &c->outputs, &c->weighted),
        6);
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    golden_settings(line, settings);
    qd_sequences *sequences = make_sequences(c, qd_settings_text(settings, "loss"));
    qd_train_state *state = train(settings, sequences);
    double worst = 0;
    for (size_t e = 0; e < state->history.count; e++) {
        double expected;
        assert_int_equal(fscanf(file, "%lf", &expected), 1);
        double difference = fabs(state->history.rows[e].loss - expected) / expected;
        worst = difference <= worst ? worst : difference; /* a NaN too */
    }
    assert_int_equal(state->history.count, qd_settings_integer(settings, "epochs"));
    qd_train_state_free(state);
    qd_sequences_free(sequences);
    qd_settings_free(settings);
    return worst;
}

static void test_losses_are_those_of_keras(void **state)
{
    (void)state;
    FILE *file = golden_open("keras.txt");
    char line[512];
    size_t cases = 0, failed = 0;
    double worst = 0;
    while (golden_next(file, line, sizeof line)) {
        golden_case c;
        double difference = worst_difference(file, line, &c);
        print_message("%-18s largest relative difference %.1e\n", c.name, difference);
        failed += !(difference <= most);
        worst = difference <= worst ? worst : difference;
        cases++;
    }
    fclose(file);
    print_message("%zu cases: %.1e\n", cases, worst);
    assert_int_equal(cases, 19);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_losses_are_those_of_keras)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
