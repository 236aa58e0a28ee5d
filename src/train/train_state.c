/* The state of training: its memory, and how it begins. */
#include "base/mem.h"
#include "train/train.h"

#include <math.h>
#include <string.h>

static qd_status allocate(qd_train_state *state, bool keeps_best, size_t epochs, qd_error *error)
{
    size_t n = state->parameters_count;
    state->parameters = qd_mem_new(n, sizeof(float));
    state->moments = qd_mem_new(n, state->moments_count * sizeof(float));
    state->best = keeps_best ? qd_mem_new(n, sizeof(float)) : NULL;
    if (state->parameters == NULL || state->moments == NULL || (keeps_best && state->best == NULL)) {
        return qd_fail_memory(error, n * (2 + state->moments_count) * sizeof(float), "the weights and their moments");
    }
    return qd_history_reserve(&state->history, epochs, error);
}

qd_status qd_train_state_new(const qd_settings *settings, const qd_network *network, const float *initial,
                             uint64_t updates_epoch, qd_train_state **out, qd_error *error)
{
    qd_train_state *state = qd_mem_new(1, sizeof *state);
    if (state == NULL) {
        return qd_fail_memory(error, sizeof *state, "the state of training");
    }
    state->parameters_count = qd_network_parameters(network);
    state->moments_count = qd_optimizer_find(qd_settings_text(settings, "optimizer"))->moments;
    state->best_loss = HUGE_VAL;
    state->schedule = qd_schedule_from(settings, updates_epoch);
    bool keeps_best = qd_settings_integer(settings, "patience") > 0;
    qd_status status = allocate(state, keeps_best, (size_t)qd_settings_integer(settings, "epochs"), error);
    if (status == QD_OK && initial != NULL) {
        memcpy(state->parameters, initial, state->parameters_count * sizeof(float));
    } else if (status == QD_OK) {
        status = qd_network_init(network, (uint64_t)qd_settings_integer(settings, "seed"), state->parameters, error);
    }
    if (status != QD_OK) {
        qd_train_state_free(state);
        return status;
    }
    *out = state;
    return QD_OK;
}

void qd_train_state_free(qd_train_state *state)
{
    if (state != NULL) {
        qd_mem_free(state->parameters);
        qd_mem_free(state->moments);
        qd_mem_free(state->best);
        qd_history_clear(&state->history);
        qd_mem_free(state);
    }
}
