/* What the tests of the regression task share: a folder of their own, sequences, settings, models. */
#ifndef QD_TEST_REGRESS_FIXTURE_H
#define QD_TEST_REGRESS_FIXTURE_H

#include "test.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "tasks/regress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 24, STEPS = 6, INPUTS = 2, OUTPUTS = 2 };

static char regress_folder[] = "test_regress.XXXXXX";

static inline int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(regress_folder) == NULL || chdir(regress_folder) != 0;
}

static inline int leave_folder(void **state)
{
    (void)state;
    return chdir("..") != 0 || rmdir(regress_folder) != 0; /* fails where a test has left something */
}

static inline float number(uint32_t what, size_t i)
{
    uint32_t words[4];
    qd_random_block(qd_random_stream(11, QD_FOR_TEST, what, 0), i, 0, 0, words);
    return qd_random_float(words[0]);
}

/* Random sequences of lengths 1 to STEPS, or all of STEPS; with targets in [0, 1) where `targets`. */
static inline qd_sequences *sequences_of(uint32_t what, size_t count, bool ragged, bool targets)
{
    float x[N * STEPS * INPUTS], y[N * OUTPUTS];
    size_t lengths[N];
    for (size_t i = 0; i < count * STEPS * INPUTS; i++) {
        x[i] = number(what, i);
    }
    for (size_t i = 0; i < count * OUTPUTS; i++) {
        y[i] = number(what + 1, i);
    }
    for (size_t n = 0; n < count; n++) {
        lengths[n] = ragged ? 1 + n * 5 % STEPS : STEPS;
    }
    qd_sequences *sequences;
    assert_int_equal(
        qd_sequences_new(x, lengths, count, STEPS, INPUTS, targets ? y : NULL, targets ? OUTPUTS : 0, &sequences, NULL),
        QD_OK);
    return sequences;
}

/* NAME=VALUE parts separated by blanks. */
static inline qd_settings *settings_of(const char *line)
{
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    char text[512];
    snprintf(text, sizeof text, "layers=lstm:7,rnn:5 epochs=3 batch=5 lr=0.01 threads=1 %s", line);
    for (char *part = strtok(text, " "); part != NULL; part = strtok(NULL, " ")) {
        char *equals = strchr(part, '=');
        *equals = '\0';
        qd_error error;
        if (qd_settings_set(settings, part, equals + 1, &error) != QD_OK) {
            fail_msg("%s", error.message);
        }
    }
    return settings;
}

static inline qd_model *trained(const char *line, const qd_sequences *train, const qd_sequences *valid)
{
    qd_settings *settings = settings_of(line);
    qd_model *model;
    qd_error error;
    if (qd_train_regress(settings, train, valid, NULL, NULL, &model, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(settings);
    return model;
}

static inline void read_file(const char *path, char **data, size_t *size)
{
    assert_int_equal(qd_file_read_all(path, 1 << 24, data, size, NULL), QD_OK);
}

static inline void assert_same_files(const char *path, const char *other)
{
    char *a, *b;
    size_t a_size, b_size;
    read_file(path, &a, &a_size);
    read_file(other, &b, &b_size);
    assert_int_equal(a_size, b_size);
    assert_memory_equal(a, b, a_size);
    qd_mem_free(a);
    qd_mem_free(b);
}

#endif
