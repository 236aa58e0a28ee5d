/* A small model with one of everything, for the tests of the store: its values come from integers. */
#ifndef QD_TESTS_STORE_EXAMPLE_H
#define QD_TESTS_STORE_EXAMPLE_H

#include "helpers.h"
#include "store/model.h"
#include <math.h>

enum { INPUTS = 2, OUTPUTS = 1, COLUMNS = INPUTS + OUTPUTS };
static const char layers[] = "lstm:2,bilstm:1+residual+dropout=0.2,rnn:2";

static inline qd_settings *make_settings(void)
{
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "layers", layers, NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "target", "caf\xC3\xA9 \"n\"", NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "lr", "0.1", NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "epochs", "3", NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "patience", "2", NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "threads", "7", NULL), QD_OK);
    return settings;
}

static inline qd_network *make_network(void)
{
    qd_network *network;
    qd_error error;
    if (qd_network_new(layers, 0, INPUTS, OUTPUTS, false, &network, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return network;
}

/* Neither zero nor equal to one another, but for the first, which is -0. */
static inline void fill(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = -(float)i / 7.0F;
    }
}

static inline qd_history make_history(void)
{
    qd_history history = {0};
    assert_int_equal(qd_history_reserve(&history, 2, NULL), QD_OK);
    history.rows[0] = (qd_history_row){1, 0.1, NAN, (double)0.001F, 12.5, 1e-300, 0};
    history.rows[1] = (qd_history_row){2, 1.0 / 3.0, HUGE_VAL, (double)0.0005F, 13.5, 2, 0};
    history.count = 2;
    return history;
}

static inline qd_model *make_model(qd_scaling_kind kind)
{
    double mean[COLUMNS] = {0.1, -2, 1e20}, sd[COLUMNS] = {1, 1.0 / 3.0, 1e-10};
    qd_scaling scaling = {.kind = kind, .inputs = INPUTS, .outputs = OUTPUTS, .labels = kind == QD_SCALING_LOG1P};
    if (kind != QD_SCALING_NONE) {
        scaling.mean = mean;
        scaling.sd = sd;
    }
    qd_settings *settings = make_settings();
    qd_network *network = make_network();
    qd_history history = make_history();
    size_t n = qd_network_parameters(network);
    float *parameters = malloc(n * sizeof *parameters);
    assert_non_null(parameters);
    fill(parameters, n);
    qd_model *model;
    qd_error error;
    if (qd_model_new("regress", settings, INPUTS, OUTPUTS, parameters, &scaling, &history, "a,b", &model, &error) !=
        QD_OK) {
        fail_msg("%s", error.message);
    }
    free(parameters);
    qd_history_clear(&history);
    qd_network_free(network);
    qd_settings_free(settings);
    return model;
}

/* The example as the bytes of a file. */
static inline bytes make_model_bytes(void)
{
    qd_model *model = make_model(QD_SCALING_STANDARD);
    assert_int_equal(qd_model_save(model, path_of("made"), NULL), QD_OK);
    qd_model_free(model);
    bytes b = bytes_read(path_of("made"));
    unlink(path_of("made"));
    return b;
}

#endif
