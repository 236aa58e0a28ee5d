/* The data of a forecast: from a file and settings to a panel. */
#include "base/mem.h"
#include "tasks/forecast.h"

#include <string.h>

static qd_status read_table(const qd_settings *settings, const char *path, qd_table **out, qd_error *error)
{
    const qd_table_options options = qd_table_options_of(settings);
    return qd_table_read(path, &options, out, error);
}

/* --join FILE:KEY */
static qd_status read_join(const qd_settings *settings, qd_table **join, char **key, qd_error *error)
{
    const char *text = qd_settings_text(settings, "join");
    *join = NULL;
    *key = NULL;
    if (*text == '\0') {
        return QD_OK;
    }
    char *path = qd_mem_string(text);
    if (path == NULL) {
        return qd_fail_memory(error, strlen(text), "a path");
    }
    char *colon = strrchr(path, ':');
    qd_status status = QD_OK;
    if (colon == NULL || colon[1] == '\0') {
        status = qd_fail(error, QD_ERR_VALUE, "join: '%s' is not FILE:KEY", text);
    } else {
        *colon = '\0';
        *key = qd_mem_string(colon + 1);
        status = *key == NULL ? qd_fail_memory(error, strlen(colon), "a key") : read_table(settings, path, join, error);
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
    return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), odd->line, 0,
                      "%.80s%s%.15g is no %s (--likelihood normal takes any number)",
                      named ? panel->key[odd->series * panel->keys] : "", named ? ": " : "", odd->value,
                      counts ? "count: a whole number, 0 or more" : "number above 0");
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
