/* The data of a forecast: from a file and settings to a panel. */
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "tasks/forecast_parts.h"

#include <string.h>

static qd_status read_table(const qd_settings *settings, const char *path, qd_table **out, qd_error *error)
{
    const qd_table_options options = qd_table_options_of(settings);
    return qd_table_read(path, &options, out, error);
}

/* --join FILE:KEY in its parts, new strings. */
static qd_status split_join(const char *text, char **path, char **key, qd_error *error)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon[1] == '\0' || colon == text) {
        return qd_fail(error, QD_ERR_VALUE, "join: '%s' is not FILE:KEY", text);
    }
    *path = qd_mem_string(text);
    *key = qd_mem_string(colon + 1);
    if (*path == NULL || *key == NULL) {
        return qd_fail_memory(error, strlen(text), "a path");
    }
    (*path)[colon - text] = '\0';
    return QD_OK;
}

static qd_status read_join(const qd_settings *settings, qd_table **join, char **key, qd_error *error)
{
    const char *text = qd_settings_text(settings, "join");
    char *path = NULL;
    *join = NULL;
    *key = NULL;
    qd_status status = *text == '\0' ? QD_OK : split_join(text, &path, key, error);
    if (status == QD_OK && path != NULL) {
        status = read_table(settings, path, join, error);
    }
    qd_mem_free(path);
    return status;
}

/* Counts are whole numbers, none below 0; a lognormal takes what is above 0. */
static qd_status check_values(const qd_settings *settings, const qd_table *table, const qd_panel *panel,
                              qd_error *error)
{
    const qd_likelihood *likelihood = qd_likelihood_find(qd_settings_text(settings, "likelihood"));
    const bool counts = likelihood->support == QD_SUPPORT_COUNTS;
    const qd_panel_oddity *odd = counts ? &panel->not_count : &panel->not_positive;
    if (odd->line == 0 || likelihood->support == QD_SUPPORT_REALS) {
        return QD_OK;
    }
    const bool named = panel->keys > 0;
    return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), odd->line, odd->column,
                      "%.80s%s%.15g: expected %s (--likelihood normal takes any number)",
                      named ? panel->key[odd->series * panel->keys] : "", named ? ": " : "", odd->value,
                      qd_likelihood_expects(likelihood, odd->value));
}

qd_status qd_forecast_read(const qd_settings *settings, const char *path, qd_panel **out, qd_error *error)
{
    qd_table *table = NULL, *join = NULL;
    char *key = NULL;
    qd_status status = read_table(settings, path, &table, error);
    if (status == QD_OK) {
        status = read_join(settings, &join, &key, error);
    }
    if (status == QD_OK) {
        const qd_panel_options options = {
            .time = qd_settings_text(settings, "time"),
            .date = qd_settings_text(settings, "date"),
            .series = qd_settings_text(settings, "series"),
            .target = qd_settings_text(settings, "target"),
            .wide = qd_settings_flag(settings, "wide"),
            .series_columns = qd_settings_text(settings, "series-columns"),
            .tally = qd_settings_text(settings, "tally"),
            .covariates = qd_settings_text(settings, "covariates"),
            .known = qd_settings_text(settings, "known"),
            .constant = qd_settings_text(settings, "static"),
            .effort = qd_settings_text(settings, "effort"),
            .as_of = qd_settings_text(settings, "as-of"),
            .join = join,
            .join_key = key,
        };
        status = qd_panel_read(table, &options, out, error);
    }
    if (status == QD_OK) {
        const double season = qd_settings_real(settings, "season");
        (*out)->season = season > 0 ? season : (*out)->season;
        status = check_values(settings, table, *out, error);
        if (status != QD_OK) {
            qd_panel_free(*out);
            *out = NULL;
        }
    }
    qd_mem_free(key);
    qd_table_free(join);
    qd_table_free(table);
    return status;
}

/* ------------------------------------------------------------------------------ as a model was trained on them */

const char *qd_forecast_join_name(const char *join)
{
    const char *slash = strrchr(join, '/');
    return slash != NULL ? slash + 1 : join;
}

/* "FOLDER/NAME", in the folder of another file; a new string. */
static qd_status beside(const char *other, const char *name, char **path, qd_error *error)
{
    const char *slash = strrchr(other, '/');
    const size_t folder = slash != NULL ? (size_t)(slash - other) + 1 : 0, size = folder + strlen(name) + 1;
    *path = qd_mem_new(size, 1);
    if (*path == NULL) {
        return qd_fail_memory(error, size, "a path");
    }
    memcpy(*path, other, folder);
    memcpy(*path + folder, name, size - folder);
    return QD_OK;
}

/* Sets join to PATH:KEY. */
static qd_status set_join(qd_settings *reading, const char *path, const char *key, qd_error *error)
{
    const size_t size = strlen(path) + strlen(key) + 2;
    char *text = qd_mem_new(size, 1);
    if (text == NULL) {
        return qd_fail_memory(error, size, "a path");
    }
    qd_text_format(text, size, "%s:%s", path, key);
    const qd_status status = qd_settings_set(reading, "join", text, error);
    qd_mem_free(text);
    return status;
}

/* The joined table: the file that is given, with the key that the model knows unless that is given too; else the file
   of the name that it had in training, beside the data or in this folder. */
static qd_status find_join(const char *given, const char *data, qd_settings *reading, qd_error *error)
{
    const char *recorded = qd_settings_text(reading, "join");
    char *name = NULL, *key = NULL, *near = NULL;
    if (*recorded == '\0' || (strchr(given, ':') != NULL && !qd_file_exists(given))) {
        return qd_settings_set(reading, "join", given, error);
    }
    qd_status status = split_join(recorded, &name, &key, error);
    if (status == QD_OK) {
        status = beside(data, name, &near, error);
    }
    if (status == QD_OK && *given != '\0') {
        status = set_join(reading, given, key, error);
    } else if (status == QD_OK && (qd_file_exists(near) || qd_file_exists(name))) {
        status = set_join(reading, qd_file_exists(near) ? near : name, key, error);
    } else if (status == QD_OK) {
        status =
            qd_fail_at(error, QD_ERR_FILE, near, 0, 0,
                       "there is no such file, nor one in this folder; the model was trained with --join %s (--join "
                       "FILE says where it is)",
                       recorded);
    }
    qd_mem_free(name);
    qd_mem_free(key);
    qd_mem_free(near);
    return status;
}

static qd_status reading_settings(const qd_forecaster *f, const qd_settings *given, const char *path, qd_settings **out,
                                  qd_error *error)
{
    static const char *const names[] = {"dialect", "gzip-limit", "time"};
    qd_status status = qd_settings_copy(f->settings, out, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == QD_OK; i++) {
        if (qd_settings_given(given, names[i])) {
            status = qd_settings_set(*out, names[i], qd_settings_get(given, names[i]), error);
        }
    }
    if (status == QD_OK) {
        status = find_join(qd_settings_text(given, "join"), path, *out, error);
    }
    if (status != QD_OK) {
        qd_settings_free(*out);
    }
    return status;
}

qd_status qd_forecaster_read(const qd_forecaster *f, const qd_settings *given, const char *path, qd_panel **out,
                             qd_error *error)
{
    qd_settings *reading;
    qd_status status = reading_settings(f, given, path, &reading, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_forecast_read(reading, path, out, error);
    qd_settings_free(reading);
    if (status != QD_OK) {
        return status;
    }
    status = qd_forecaster_accepts(f, *out, error);
    if (status != QD_OK) {
        qd_fail_name(error, path);
        qd_panel_free(*out);
        *out = NULL;
    }
    return status;
}
