/* quadrat train: the tasks, and train regress: from data files and settings to a model file. */
#include "cli.h"
#include "progress.h"
#include "task.h"
#include "train_cells.h"
#include "train_forecast.h"
#include "train_parts.h"
#include "train_sites.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "tasks/regress.h"
#include <math.h>
#include <string.h>

/* "target,feature,..." for the model's metadata, "" for arrays; a new string. */
static qd_status column_names(const qd_settings *settings, bool table, char **out, qd_error *error)
{
    const char *target = table ? qd_settings_text(settings, "target") : "";
    const char *features = table ? qd_settings_text(settings, "features") : "";
    features = table && *features == '\0' ? target : features;
    size_t size = strlen(target) + strlen(features) + 2;
    *out = qd_mem_new(size, 1);
    if (*out == NULL) {
        return qd_fail_memory(error, size, "column names");
    }
    qd_text_format(*out, size, "%s%s%s", target, table ? "," : "", features);
    return QD_OK;
}

/* The validation data of two arrays; the file of --weights belongs to the training data. */
static qd_status read_valid_arrays(const qd_settings *settings, const char *const *paths, qd_regress_data *data,
                                   qd_error *error)
{
    qd_settings *reading;
    qd_status status = qd_settings_copy(settings, &reading, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_settings_set(reading, "weights", "", error);
    if (status == QD_OK) {
        status = qd_regress_read(reading, 2, paths, true, data, error);
    }
    qd_settings_free(reading);
    return status;
}

/* --valid FILE: a table, or X.npy,y.npy.  A fraction or nothing leaves *data empty.  What is recorded of it is not its
   path: the same data elsewhere give the same model. */
static qd_status read_valid(qd_settings *settings, qd_regress_data *data, qd_error *error)
{
    const char *valid = qd_settings_text(settings, "valid");
    double fraction;
    *data = (qd_regress_data){0};
    if (*valid == '\0' || qd_text_to_double(valid, strlen(valid), &fraction)) {
        return QD_OK;
    }
    char *first = qd_mem_string(valid);
    if (first == NULL) {
        return qd_fail_memory(error, strlen(valid), "a path");
    }
    char *comma = qd_file_exists(valid) ? NULL : strchr(first, ',');
    qd_status status;
    if (comma != NULL) {
        *comma = '\0';
        status = read_valid_arrays(settings, (const char *[]){first, comma + 1}, data, error);
    } else {
        status = qd_regress_read(settings, 1, (const char *[]){first}, true, data, error);
    }
    qd_mem_free(first);
    return status == QD_OK ? qd_settings_set(settings, "valid", "file", error) : status;
}

static void say_start(const qd_settings *settings, const qd_sequences *train)
{
    qd_say("%zu sequences of up to %zu steps, %zu input%s, %zu target%s; layers %s; scale %s", train->count,
           train->steps, train->inputs, train->inputs == 1 ? "" : "s", train->outputs, train->outputs == 1 ? "" : "s",
           qd_settings_text(settings, "layers"), qd_settings_text(settings, "scale"));
}

static void say_end(const qd_model *model, const char *path)
{
    const qd_history *history = &model->history;
    if (history->count == 0) {
        qd_say("saved %s", path);
        return;
    }
    const qd_history_row *last = &history->rows[history->count - 1];
    char valid[64] = "";
    if (!isnan(last->valid_loss)) {
        qd_text_format(valid, sizeof valid, ", validation %.6g", last->valid_loss);
    }
    qd_say("epoch %llu: loss %.6g%s; saved %s", (unsigned long long)last->epoch, last->loss, valid, path);
}

/* After training on the data of `path`: saves what there is, and tells how it ended. */
static int finish(const qd_settings *settings, const char *path, const qd_model *model, qd_status status,
                  qd_error *error)
{
    const char *output = qd_settings_text(settings, "output");
    qd_error saving;
    int code = QD_EXIT_DONE;
    if (status != QD_OK) {
        code = qd_tell_data_failure(error, path);
    }
    if (status == QD_ERR_STOPPED) {
        qd_train_say_stopped(settings, 0);
    } else if (model != NULL) {
        if (qd_model_save(model, output, &saving) != QD_OK) {
            return qd_tell_failure(&saving);
        }
        say_end(model, output);
        if (status == QD_OK && qd_train_remove_states(settings, 0, &saving) != QD_OK) {
            return qd_tell_failure(&saving);
        }
    }
    return code;
}

static int train(const qd_settings *settings, const char *path, const qd_regress_data *data,
                 const qd_regress_data *valid)
{
    qd_error error;
    qd_model *model = NULL;
    char *columns = NULL;
    size_t done;
    qd_status status = column_names(settings, data->table != NULL, &columns, &error);
    if (status == QD_OK) {
        status = qd_train_say_resume(settings, 0, &done, &error);
    }
    if (status == QD_OK) {
        say_start(settings, data->sequences);
        qd_progress_display display = qd_progress_begin("epoch");
        status = qd_regress_train(settings, data->sequences, valid->sequences, columns, qd_progress_monitor, &display,
                                  &model, &error);
        qd_progress_end(&display);
    }
    int code = finish(settings, path, model, status, &error);
    qd_model_free(model);
    qd_mem_free(columns);
    return code;
}

static int train_regress(const qd_arguments *arguments)
{
    if (*qd_settings_text(arguments->settings, "output") == '\0') {
        return qd_tell_usage("where to save the model? (-o MODEL.safetensors)");
    }
    if (arguments->count < 2) {
        return qd_tell_usage("no data: quadrat train regress X.npy y.npy, or quadrat train regress FILE.csv --target "
                             "COLUMN");
    }
    if (qd_arguments_check_paths(arguments, 1) != QD_EXIT_DONE) {
        return QD_EXIT_USAGE;
    }
    if (qd_settings_integer(arguments->settings, "patience") > 0 &&
        *qd_settings_text(arguments->settings, "valid") == '\0') {
        return qd_tell_usage("--patience watches the validation loss; give --valid too");
    }
    qd_error error;
    qd_settings *settings = NULL;
    qd_regress_data data, valid = {0};
    bool wrong_use = false;
    qd_status status =
        qd_regress_read(arguments->settings, arguments->count - 1, arguments->paths + 1, true, &data, &error);
    if (status == QD_OK) {
        status = qd_regress_settings(arguments->settings, data.table != NULL, &settings, &error);
        wrong_use = status == QD_ERR_VALUE;
    }
    if (status == QD_OK) {
        status = read_valid(settings, &valid, &error);
    }
    if (status == QD_OK) { /* better now than after hours of training */
        status = qd_file_probe(qd_settings_text(settings, "output"), &error);
    }
    int code = status == QD_OK ? train(settings, arguments->paths[1], &data, &valid)
               : wrong_use     ? qd_tell_usage("%s", error.message)
                               : qd_tell_failure(&error);
    qd_settings_free(settings);
    qd_regress_data_clear(&valid);
    qd_regress_data_clear(&data);
    return code;
}

int qd_cmd_train(const qd_arguments *arguments)
{
    if (arguments->count == 0) {
        return qd_tell_usage("train what? known: regress, forecast, sites, cells");
    }
    switch (qd_task_of(arguments->paths[0])) {
    case QD_CMD_REGRESS:
        return train_regress(arguments);
    case QD_CMD_FORECAST:
        return qd_train_forecast(arguments);
    case QD_CMD_SITES:
        return qd_train_sites(arguments);
    case QD_CMD_CELLS:
        return qd_train_cells(arguments);
    default:
        return qd_tell_usage("unknown task '%s'; known: regress, forecast, sites, cells", arguments->paths[0]);
    }
}
