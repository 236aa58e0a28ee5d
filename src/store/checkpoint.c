/* The checkpoint: the state of training as a file.  In: a state; out: the same state, bit for bit, or the reason why
   this training cannot go on from it. */
#include "base/mem.h"
#include "base/text.h"
#include "store/metadata.h"
#include "store/model.h"
#include "store/weights.h"

#include <math.h>
#include <string.h>

/* Tensors that a model does not have.  History: float64 [epochs][6], the members of qd_history_row in their order;
   moments: [blocks][n]; best: [n]. */
static const char tensors[] = "training.";
static const char history_tensor[] = "training.history";
static const char moments_tensor[] = "training.moments", best_tensor[] = "training.best";
enum { HISTORY_COLUMNS = 6 };

/* ----------------------------------------------------------------------------------------------- scalars */

/* Every scalar of a state is named here once, for writing and for reading. */
enum { WHOLES = 7, REALS = 5 };
typedef struct scalars {
    struct {
        const char *key;
        uint64_t *value, most;
    } whole[WHOLES];
    struct {
        const char *key;
        double *value;
    } real[REALS];
} scalars;

static scalars scalars_of(qd_train_state *s)
{
    const uint64_t epochs = s->schedule.updates / s->schedule.updates_epoch;
    return (scalars){
        .whole = {{"epoch", &s->epoch, epochs},
                  {"batch", &s->batch, s->schedule.updates_epoch - 1},
                  {"update", &s->update, s->schedule.updates},
                  {"samples", &s->samples, INT64_MAX},
                  {"best_epoch", &s->best_epoch, epochs},
                  {"wait", &s->wait, epochs},
                  {"plateau_wait", &s->schedule.wait, epochs}},
        .real = {{"loss_sum", &s->loss_sum},
                 {"norm_sum", &s->norm_sum},
                 {"best_loss", &s->best_loss},
                 {"plateau_best", &s->schedule.best},
                 {"plateau_reduction", &s->schedule.reduction}},
    };
}

static qd_status add_scalars(qd_safetensors_writer *writer, const qd_train_state *state, uint32_t fingerprint,
                             qd_error *error)
{
    qd_train_state copy = *state; /* named as what reading changes */
    scalars s = scalars_of(&copy);
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    for (size_t i = 0; i < WHOLES; i++) {
        qd_json_key(&text, s.whole[i].key);
        qd_json_put_whole(&text, *s.whole[i].value);
    }
    for (size_t i = 0; i < REALS; i++) {
        qd_json_key(&text, s.real[i].key);
        qd_json_put_real(&text, *s.real[i].value);
    }
    qd_json_key(&text, "done");
    qd_json_put_bool(&text, state->done);
    qd_json_key(&text, "data");
    qd_json_put_whole(&text, fingerprint);
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, "training", &text, error);
}

static qd_status read_whole(const qd_json *json, const char *key, uint64_t most, uint64_t *whole, qd_error *error)
{
    const qd_json_value *value;
    qd_status status = qd_json_member(json, &json->values[0], key, QD_JSON_NUMBER, &value, error);
    return status != QD_OK ? status : qd_json_whole(json, value, 0, most, whole, error);
}

static qd_status read_scalars(const qd_json *json, qd_train_state *state, qd_error *error)
{
    const qd_json_value *root = &json->values[0], *value;
    scalars s = scalars_of(state);
    qd_status status = QD_OK;
    for (size_t i = 0; i < WHOLES && status == QD_OK; i++) {
        status = read_whole(json, s.whole[i].key, s.whole[i].most, s.whole[i].value, error);
    }
    for (size_t i = 0; i < REALS && status == QD_OK; i++) {
        status = qd_json_member(json, root, s.real[i].key, QD_JSON_STRING, &value, error);
        if (status == QD_OK) {
            status = qd_json_real(json, value, s.real[i].value, error);
        }
        if (status == QD_OK && isnan(*s.real[i].value)) {
            status = qd_json_refuse(json, value, error, "\"%s\" is not a number", s.real[i].key);
        }
    }
    if (status != QD_OK) {
        return status;
    }
    const qd_json_value *done = qd_json_find(root, "done");
    state->done = done != NULL && done->kind == QD_JSON_TRUE;
    if (done == NULL || (!state->done && (done->kind != QD_JSON_FALSE ||
                                          state->epoch * state->schedule.updates_epoch == state->schedule.updates))) {
        return qd_json_refuse(json, root, error, "expected the member \"done\", true after the last epoch");
    }
    if (state->update != state->epoch * state->schedule.updates_epoch + state->batch) {
        return qd_json_refuse(json, root, error, "\"update\" is not that of the epoch and batch");
    }
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------- writing */

static qd_status add_metadata(qd_safetensors_writer *writer, const qd_settings *settings, const qd_network *network,
                              const qd_train_state *state, uint32_t fingerprint, qd_error *error)
{
    qd_status status = qd_metadata_add_format(writer, error);
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, "checkpoint", "1", error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_network(writer, settings, network, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_settings(writer, settings, QD_CMD_TRAIN, error);
    }
    return status == QD_OK ? add_scalars(writer, state, fingerprint, error) : status;
}

static qd_status add_tensors(qd_safetensors_writer *writer, const qd_network *network, const qd_train_state *state,
                             const double *history, qd_error *error)
{
    size_t n = state->parameters_count;
    const size_t rows[] = {state->history.count, HISTORY_COLUMNS}, moments[] = {state->moments_count, n};
    qd_status status = qd_safetensors_add(writer, history_tensor, QD_F64, 2, rows, history, error);
    if (status == QD_OK) {
        status = qd_weights_add(writer, "", network, state->parameters, error);
    }
    if (status == QD_OK && state->moments_count > 0) {
        status = qd_safetensors_add(writer, moments_tensor, QD_F32, 2, moments, state->moments, error);
    }
    if (status == QD_OK && state->best != NULL) {
        status = qd_safetensors_add(writer, best_tensor, QD_F32, 1, &n, state->best, error);
    }
    return status;
}

/* The history as [count][HISTORY_COLUMNS], a new block. */
static double *history_table(const qd_history *history)
{
    double *table = qd_mem_new(history->count, HISTORY_COLUMNS * sizeof *table);
    for (size_t i = 0; table != NULL && i < history->count; i++) {
        const qd_history_row *row = &history->rows[i];
        const double values[HISTORY_COLUMNS] = {(double)row->epoch, row->loss,    row->valid_loss,
                                                row->learning_rate, row->seconds, row->gradient_norm};
        memcpy(table + i * HISTORY_COLUMNS, values, sizeof values);
    }
    return table;
}

qd_status qd_checkpoint_save(const char *path, const qd_settings *settings, const qd_network *network,
                             const qd_train_state *state, uint32_t data_fingerprint, qd_error *error)
{
    double *history = history_table(&state->history);
    if (history == NULL) {
        return qd_fail_memory(error, state->history.count * HISTORY_COLUMNS * sizeof *history, "a checkpoint");
    }
    qd_safetensors_writer *writer = NULL;
    qd_status status = qd_safetensors_writer_new(&writer, error);
    if (status == QD_OK) {
        status = add_metadata(writer, settings, network, state, data_fingerprint, error);
    }
    if (status == QD_OK) {
        status = add_tensors(writer, network, state, history, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_write(writer, path, error);
    }
    qd_safetensors_writer_free(writer);
    qd_mem_free(history);
    return status;
}

/* ----------------------------------------------------------------------------------------------- reading */

static qd_status compare_settings(const qd_safetensors *file, const qd_settings *settings, qd_error *error)
{
    qd_settings *before;
    qd_status status = qd_metadata_read_settings(file, &before, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < qd_settings_count && status == QD_OK; i++) {
        const char *name = qd_settings_table[i].name;
        const char *then = qd_settings_get(before, name), *now = qd_settings_get(settings, name);
        const bool counts = qd_settings_table[i].recorded && (qd_settings_table[i].commands & QD_CMD_TRAIN) != 0;
        if (counts && strcmp(then, now) != 0) {
            status =
                qd_fail_at(error, QD_ERR_VALUE, qd_safetensors_path(file), 0, 0,
                           "the checkpoint is of a training with %s '%s', not '%s'; resuming needs the same settings",
                           name, then, now);
        }
    }
    qd_settings_free(before);
    return status;
}

static qd_status compare_network(const qd_safetensors *file, const qd_settings *settings, const qd_network *network,
                                 qd_error *error)
{
    qd_network *before;
    qd_status status = qd_metadata_read_network(file, settings, &before, error);
    if (status != QD_OK) {
        return status;
    }
    if (qd_network_inputs(before) != qd_network_inputs(network) ||
        qd_network_outputs(before) != qd_network_outputs(network) ||
        qd_network_per_step(before) != qd_network_per_step(network)) {
        status = qd_fail_at(error, QD_ERR_VALUE, qd_safetensors_path(file), 0, 0,
                            "the checkpoint is of a training with %zu inputs and %zu targets, not %zu and %zu",
                            qd_network_inputs(before), qd_network_outputs(before), qd_network_inputs(network),
                            qd_network_outputs(network));
    }
    qd_network_free(before);
    return status;
}

static qd_status read_history(const qd_safetensors *file, const qd_stored *stored, qd_history *history, qd_error *error)
{
    size_t count = stored->shape[0];
    qd_status status = qd_history_reserve(history, count, error);
    history->count = 0;
    for (size_t i = 0; i < count && status == QD_OK; i++) {
        double v[HISTORY_COLUMNS];
        memcpy(v, (const char *)stored->data + i * sizeof v, sizeof v);
        if (v[0] != (double)(i + 1)) {
            return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->offset + i * sizeof v,
                                  "tensor %s: expected epoch %zu here", history_tensor, i + 1);
        }
        history->rows[history->count++] = (qd_history_row){.epoch = i + 1,
                                                           .loss = v[1],
                                                           .valid_loss = v[2],
                                                           .learning_rate = v[3],
                                                           .seconds = v[4],
                                                           .gradient_norm = v[5]};
    }
    return status;
}

/* One of the tensors of training, as floats; `to` NULL where it must not be there. */
static qd_status read_floats(const qd_safetensors *file, const char *name, const size_t shape[2], float *to,
                             qd_error *error)
{
    const qd_stored *stored = qd_safetensors_find(file, name);
    if (to == NULL) {
        return stored == NULL ? QD_OK
                              : qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->declared,
                                               "tensor %s: a training with these settings has none", name);
    }
    qd_status status = qd_weights_expect(file, stored, name, QD_F32, shape, error);
    if (status == QD_OK) {
        memcpy(to, stored->data, stored->elements * sizeof *to);
    }
    return status;
}

static qd_status read_tensors(const qd_safetensors *file, const qd_network *network, qd_train_state *state,
                              qd_error *error)
{
    size_t n = state->parameters_count;
    const size_t rows[] = {(size_t)state->epoch, HISTORY_COLUMNS};
    const size_t moments[] = {state->moments_count, n}, best[] = {n, 0};
    const qd_stored *history = qd_safetensors_find(file, history_tensor);
    qd_status status = qd_weights_check(file, "", network, true, tensors, error);
    if (status == QD_OK) {
        status = qd_weights_expect(file, history, history_tensor, QD_F64, rows, error);
    }
    if (status == QD_OK) {
        status = read_history(file, history, &state->history, error);
    }
    if (status == QD_OK) {
        status = qd_weights_copy(file, "", network, state->parameters, error);
    }
    if (status == QD_OK) {
        status = read_floats(file, moments_tensor, moments, state->moments_count > 0 ? state->moments : NULL, error);
    }
    return status == QD_OK ? read_floats(file, best_tensor, best, state->best, error) : status;
}

static qd_status read_state(const qd_safetensors *file, const qd_network *network, uint32_t fingerprint,
                            qd_train_state *state, qd_error *error)
{
    qd_json json;
    uint64_t before = 0;
    qd_status status = qd_metadata_open(file, "training", &json, error);
    if (status != QD_OK) {
        return status;
    }
    status = read_whole(&json, "data", UINT32_MAX, &before, error);
    if (status == QD_OK && before != fingerprint) {
        status = qd_fail_at(
            error, QD_ERR_VALUE, qd_safetensors_path(file), 0, 0,
            "the checkpoint is of a training on other data, or of an ensemble from other weights (--init); resuming "
            "needs the same");
    }
    if (status == QD_OK) {
        status = read_scalars(&json, state, error);
    }
    qd_json_clear(&json);
    return status == QD_OK ? read_tensors(file, network, state, error) : status;
}

qd_status qd_checkpoint_from(const qd_safetensors *file, const qd_settings *settings, const qd_network *network,
                             uint32_t data_fingerprint, qd_train_state *state, qd_error *error)
{
    qd_status status = qd_metadata_check_format(file, error);
    if (status == QD_OK && qd_safetensors_metadata(file, "checkpoint") == NULL) {
        status = qd_metadata_refuse(file, "checkpoint", error, "is missing: the file is a model, not a checkpoint");
    }
    if (status == QD_OK) {
        status = compare_settings(file, settings, error);
    }
    if (status == QD_OK) {
        status = compare_network(file, settings, network, error);
    }
    return status == QD_OK ? read_state(file, network, data_fingerprint, state, error) : status;
}

qd_status qd_checkpoint_load(const char *path, const qd_settings *settings, const qd_network *network,
                             uint32_t data_fingerprint, qd_train_state *state, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_read(path, true, &file, error);
    if (status == QD_OK) {
        status = qd_checkpoint_from(file, settings, network, data_fingerprint, state, error);
        qd_safetensors_free(file);
    }
    return status;
}
