/* The model: an object made from its parts or from a file, and written to one.  Nothing is allocated for what a file
   claims before the tensors that it holds have been seen to fit. */
#include "store/model.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/metadata.h"
#include "store/weights.h"

#include <string.h>

/* The tasks that this version predicts for. */
static const char *const tasks[] = {"regress"};

size_t qd_model_inputs(const qd_model *model)
{
    return qd_network_inputs(model->network);
}

size_t qd_model_outputs(const qd_model *model)
{
    return qd_network_outputs(model->network);
}

void qd_model_free(qd_model *model)
{
    if (model != NULL) {
        qd_settings_free(model->settings);
        qd_network_free(model->network);
        qd_mem_free(model->parameters);
        qd_scaling_clear(&model->scaling);
        qd_history_clear(&model->history);
        qd_mem_free(model->columns);
        qd_mem_free(model);
    }
}

/* -------------------------------------------------------------------------------------------- from parts */

static qd_status copy_recorded(const qd_settings *settings, qd_settings **out, qd_error *error)
{
    qd_status status = qd_settings_new(out, error);
    for (size_t i = 0; i < qd_settings_count && status == QD_OK; i++) {
        const char *name = qd_settings_table[i].name;
        if (qd_settings_table[i].recorded && (qd_settings_table[i].commands & QD_CMD_REGRESS) != 0) {
            status = qd_settings_set(*out, name, qd_settings_get(settings, name), error);
        }
    }
    return status;
}

static qd_status copy_scaling(const qd_scaling *scaling, qd_scaling *copy, qd_error *error)
{
    size_t columns = scaling->inputs + scaling->outputs;
    *copy = *scaling;
    copy->mean = copy->sd = NULL;
    if (scaling->kind == QD_SCALING_NONE) {
        return QD_OK;
    }
    copy->mean = qd_mem_new(columns, sizeof *copy->mean);
    copy->sd = qd_mem_new(columns, sizeof *copy->sd);
    if (copy->mean == NULL || copy->sd == NULL) {
        return qd_fail_memory(error, 2 * columns * sizeof *copy->mean, "scaling");
    }
    memcpy(copy->mean, scaling->mean, columns * sizeof *copy->mean);
    memcpy(copy->sd, scaling->sd, columns * sizeof *copy->sd);
    return QD_OK;
}

static qd_status copy_history(const qd_history *history, qd_history *copy, qd_error *error)
{
    qd_status status = qd_history_reserve(copy, history->count, error);
    if (status == QD_OK && history->count > 0) {
        memcpy(copy->rows, history->rows, history->count * sizeof *copy->rows);
        copy->count = history->count;
    }
    return status;
}

static qd_status copy_weights(qd_model *model, const float *parameters, const char *columns, qd_error *error)
{
    size_t n = qd_network_parameters(model->network);
    model->parameters = qd_mem_new(n, sizeof *model->parameters);
    model->columns = qd_mem_string(columns);
    if (model->parameters == NULL || model->columns == NULL) {
        return qd_fail_memory(error, n * sizeof *model->parameters, "a model");
    }
    memcpy(model->parameters, parameters, n * sizeof *model->parameters);
    return QD_OK;
}

qd_status qd_model_new(const char *task, const qd_settings *settings, size_t inputs, size_t outputs,
                       const float *parameters, const qd_scaling *scaling, const qd_history *history,
                       const char *columns, qd_model **out, qd_error *error)
{
    qd_model *model = qd_mem_new(1, sizeof *model);
    if (model == NULL) {
        return qd_fail_memory(error, sizeof *model, "a model");
    }
    qd_text_format(model->task, sizeof model->task, "%s", task);
    qd_status status = copy_recorded(settings, &model->settings, error);
    if (status == QD_OK) {
        status = qd_network_new(qd_settings_text(settings, "layers"), qd_settings_real(settings, "dropout"), inputs,
                                outputs, false, &model->network, error);
    }
    if (status == QD_OK) {
        status = copy_scaling(scaling, &model->scaling, error);
    }
    if (status == QD_OK) {
        status = copy_history(history, &model->history, error);
    }
    if (status == QD_OK) {
        status = copy_weights(model, parameters, columns, error);
    }
    if (status != QD_OK) {
        qd_model_free(model);
        return status;
    }
    *out = model;
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------- writing */

static qd_status add_metadata(qd_safetensors_writer *writer, const qd_model *model, qd_error *error)
{
    qd_status status = qd_metadata_add_format(writer, error);
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, "task", model->task, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_network(writer, model->settings, model->network, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_settings(writer, model->settings, QD_CMD_REGRESS, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_scaling(writer, &model->scaling, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, "columns", model->columns, error);
    }
    return status == QD_OK ? qd_metadata_add_history(writer, &model->history, error) : status;
}

qd_status qd_model_save(const qd_model *model, const char *path, qd_error *error)
{
    size_t element;
    const char *tensor = qd_weights_not_finite(model->network, model->parameters, &element);
    if (tensor != NULL) { /* it could not be read again */
        return qd_fail_at(error, QD_ERR_NUMERIC, path, 0, 0,
                          "the model is not written: tensor %s, element %zu, is not "
                          "finite",
                          tensor, element);
    }
    qd_safetensors_writer *writer;
    qd_status status = qd_safetensors_writer_new(&writer, error);
    if (status != QD_OK) {
        return status;
    }
    status = add_metadata(writer, model, error);
    if (status == QD_OK) {
        status = qd_weights_add(writer, "", model->network, model->parameters, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_write(writer, path, error);
    }
    qd_safetensors_writer_free(writer);
    return status;
}

/* ----------------------------------------------------------------------------------------------- reading */

static qd_status read_task(const qd_safetensors *file, qd_model *model, qd_error *error)
{
    const char *task = qd_safetensors_metadata(file, "task");
    if (qd_safetensors_metadata(file, "checkpoint") != NULL) {
        return qd_metadata_refuse(file, "checkpoint", error,
                                  "the file is the checkpoint of a training under way; --resume goes on with it, and "
                                  "then writes the model");
    }
    for (size_t i = 0; task != NULL && i < sizeof tasks / sizeof tasks[0]; i++) {
        if (strcmp(tasks[i], task) == 0) {
            qd_text_format(model->task, sizeof model->task, "%s", task);
            return QD_OK;
        }
    }
    return qd_metadata_refuse(file, "task", error, "expected '%s', found %s", tasks[0], task != NULL ? task : "none");
}

static qd_status read_weights(const qd_safetensors *file, qd_model *model, qd_error *error)
{
    qd_status status = qd_weights_check(file, "", model->network, true, NULL, error);
    if (status != QD_OK) {
        return status;
    }
    size_t n = qd_network_parameters(model->network);
    model->parameters = qd_mem_new(n, sizeof *model->parameters);
    return model->parameters == NULL ? qd_fail_memory(error, n * sizeof *model->parameters, "weights")
                                     : qd_weights_copy(file, "", model->network, model->parameters, error);
}

static qd_status read_columns(const qd_safetensors *file, qd_model *model, qd_error *error)
{
    const char *columns = qd_safetensors_metadata(file, "columns");
    if (columns == NULL) {
        return qd_metadata_refuse(file, "columns", error, "is missing");
    }
    model->columns = qd_mem_string(columns);
    return model->columns == NULL ? qd_fail_memory(error, strlen(columns), "columns") : QD_OK;
}

static qd_status read_model(const qd_safetensors *file, qd_model *model, qd_error *error)
{
    qd_status status = qd_metadata_check_format(file, error);
    if (status == QD_OK) {
        status = read_task(file, model, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_read_settings(file, &model->settings, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_read_network(file, model->settings, &model->network, error);
    }
    if (status == QD_OK) {
        status = read_weights(file, model, error);
    }
    if (status == QD_OK) {
        status =
            qd_metadata_read_scaling(file, qd_model_inputs(model), qd_model_outputs(model), &model->scaling, error);
    }
    if (status == QD_OK) {
        status = read_columns(file, model, error);
    }
    return status == QD_OK ? qd_metadata_read_history(file, &model->history, error) : status;
}

qd_status qd_model_from(const qd_safetensors *file, qd_model **out, qd_error *error)
{
    qd_model *model = qd_mem_new(1, sizeof *model);
    if (model == NULL) {
        return qd_fail_memory(error, sizeof *model, "a model");
    }
    qd_status status = read_model(file, model, error);
    if (status != QD_OK) {
        qd_model_free(model);
        return status;
    }
    *out = model;
    return QD_OK;
}

qd_status qd_model_load(const char *path, qd_model **out, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_read(path, true, &file, error);
    if (status == QD_OK) {
        status = qd_model_from(file, out, error);
        qd_safetensors_free(file);
    }
    return status;
}

qd_status qd_weights_read(const char *path, const qd_network *network, float *parameters, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_read(path, false, &file, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_weights_check(file, "", network, false, NULL, error);
    if (status == QD_OK) {
        status = qd_weights_copy(file, "", network, parameters, error);
    }
    qd_safetensors_free(file);
    return status;
}
