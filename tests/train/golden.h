/* Golden values of Keras (tests/golden, make_keras.py): the formula of weights, data and gradients, all exact in
   float32, and the reading of cases.  A case is a line "case ... SETTING=VALUE ..." and the numbers after it. */
#ifndef QD_TEST_GOLDEN_H
#define QD_TEST_GOLDEN_H

#include "base/settings.h"
#include "nn/network.h"

#include <stdio.h>
#include <string.h>

/* What a number is for; tensors and updates are 0, 1, 2, ... */
enum { GOLDEN_X = 100, GOLDEN_Y = 101, GOLDEN_WEIGHTS = 102 };

/* Thirty-two well mixed bits for each index. */
static inline uint32_t golden_word(uint32_t purpose, size_t index)
{
    uint32_t h = (uint32_t)index * 0x9E3779B9u + purpose * 0x85EBCA6Bu;
    h = (h ^ h >> 16) * 0x7FEB352Du;
    h = (h ^ h >> 15) * 0x846CA68Bu;
    return h ^ h >> 16;
}

/* A multiple of 2^-16 in [-0.5, 0.5). */
static inline float golden_number(uint32_t purpose, size_t index)
{
    return (float)(golden_word(purpose, index) >> 16) * 0x1p-16f - 0.5f;
}

/* Matrices of about Glorot's size (the power of two below it); small biases, 1 more for the gate that begins open. */
static inline void golden_weights(const qd_network *network, float *parameters)
{
    for (size_t i = 0; i < qd_network_tensors(network); i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        float scale = tensor->cols > 0 ? 1.0f : 0.125f;
        while (tensor->cols > 0 && scale * scale * (float)(tensor->rows + tensor->cols) > 24.0f) {
            scale /= 2;
        }
        size_t elements = tensor->rows * (tensor->cols > 0 ? tensor->cols : 1);
        for (size_t e = 0; e < elements; e++) {
            parameters[tensor->offset + e] = golden_number((uint32_t)i, e) * scale;
        }
        if (tensor->initial == QD_INITIAL_GATE_BIAS && tensor->unit_gate >= 0) {
            size_t units = tensor->rows / tensor->gates;
            for (size_t u = 0; u < units; u++) {
                parameters[tensor->offset + (size_t)tensor->unit_gate * units + u] += 1.0f;
            }
        }
    }
}

static inline FILE *golden_open(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, QD_SOURCE_DIR "/tests/golden/%s", name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("%s is missing", path);
    }
    return file;
}

/* The next case line, without "case "; false at the end. */
static inline bool golden_next(FILE *file, char *line, int size)
{
    while (fgets(line, size, file) != NULL) {
        if (strncmp(line, "case ", 5) == 0) {
            line[strcspn(line, "\n")] = '\0';
            memmove(line, line + 5, strlen(line + 5) + 1);
            return true;
        }
    }
    return false;
}

/* Sets the NAME=VALUE parts of a case. */
static inline void golden_settings(const char *line, qd_settings *settings)
{
    char text[512];
    snprintf(text, sizeof text, "%s", line);
    for (char *part = strtok(text, " "); part != NULL; part = strtok(NULL, " ")) {
        char *equals = strchr(part, '=');
        if (equals != NULL) {
            *equals = '\0';
            assert_int_equal(qd_settings_set(settings, part, equals + 1, NULL), QD_OK);
        }
    }
}

#endif
