/* quadrat train forecast: from a table of counts and settings to a model file. */
#include "train_forecast.h"
#include "course.h"
#include "train_parts.h"

#include "base/file.h"
#include "tasks/forecast.h"
#include <string.h>

/* ------------------------------------------------------------------------------------------------ command */

static qd_status train(const qd_settings *settings, const qd_panel *panel, qd_error *error)
{
    const char *output = qd_settings_text(settings, "output"), *history = qd_settings_text(settings, "history");
    const size_t networks = qd_forecast_networks(settings, panel, panel->times);
    qd_forecaster *forecaster = NULL;
    size_t done;
    qd_status status = qd_train_say_resume(settings, networks, &done, error);
    if (status == QD_OK) {
        qd_course course = qd_course_begin(networks, done);
        status = qd_forecast_train(settings, panel, panel->y, panel->times, true, qd_course_monitor, &course,
                                   &forecaster, error);
        qd_progress_end(&course.display);
    }
    if (status == QD_OK) {
        status = qd_forecaster_save(forecaster, output, error);
    }
    if (status == QD_OK && *history != '\0') {
        status = qd_history_write(&forecaster->history, history, error);
    }
    qd_forecaster_free(forecaster);
    if (status == QD_OK) {
        qd_say("saved %s", output);
        status = qd_train_remove_states(settings, networks, error);
    }
    return status;
}

static qd_status run(const qd_arguments *arguments, qd_error *error)
{
    qd_panel *panel = NULL;
    qd_settings *settings = NULL;
    qd_horizons horizons;
    const bool dry = qd_settings_flag(arguments->settings, "dry-run");
    qd_status status = qd_forecast_read(arguments->settings, arguments->paths[1], &panel, error);
    if (status == QD_OK) {
        status = qd_forecast_settings(arguments->settings, panel, panel->times, &settings, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_horizons(settings, panel, &horizons, error);
    }
    if (status == QD_OK) {
        qd_say_panel(settings, panel, dry);
    }
    if (status == QD_OK && !dry) { /* better now than after the training */
        status = qd_file_probe(qd_settings_text(settings, "output"), error);
    }
    if (status == QD_OK && !dry) {
        status = train(settings, panel, error);
    }
    qd_settings_free(settings);
    qd_panel_free(panel);
    return status;
}

static bool is_set(const qd_settings *settings, const char *name)
{
    const char *value = qd_settings_get(settings, name);
    return qd_settings_given(settings, name) && *value != '\0' && strcmp(value, "false") != 0 &&
           strcmp(value, "0") != 0;
}

/* Options that contradict one another, and those that mean nothing without another. */
static int check_pairs(const qd_settings *settings)
{
    static const char *const apart[][2] = {
        {"wide", "target"}, {"wide", "series"}, {"wide", "tally"}, {"tally", "target"}};
    static const char *const with[][2] = {{"series-columns", "wide"}, {"lag", "as-of"}};
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        if (is_set(settings, apart[i][0]) && is_set(settings, apart[i][1])) {
            return qd_tell_usage("--%s and --%s contradict one another: where are the counts?", apart[i][0],
                                 apart[i][1]);
        }
    }
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
        if (is_set(settings, with[i][0]) && !is_set(settings, with[i][1])) {
            return qd_tell_usage("--%s goes with --%s", with[i][0], with[i][1]);
        }
    }
    return QD_EXIT_DONE;
}

int qd_check_forecast(const qd_arguments *arguments)
{
    qd_error error;
    const int code = check_pairs(arguments->settings);
    if (code != QD_EXIT_DONE) {
        return code;
    }
    if (!qd_settings_given(arguments->settings, "time")) { /* "" is a column without a name */
        return qd_tell_usage("which column has the times? (--time COLUMN)");
    }
    if (*qd_settings_text(arguments->settings, "target") == '\0' && !qd_settings_flag(arguments->settings, "wide") &&
        *qd_settings_text(arguments->settings, "tally") == '\0') {
        return qd_tell_usage(
            "which column has the counts? (--target COLUMN; --wide: a column is a series; --tally day: "
            "a row is a case)");
    }
    if (qd_forecast_check(arguments->settings, &error) != QD_OK) {
        return error.status == QD_ERR_VALUE ? qd_tell_usage("--%s", error.message) : qd_tell_failure(&error);
    }
    return QD_EXIT_DONE;
}

/* Wrong use that shows before a file is read. */
static int check_use(const qd_arguments *arguments)
{
    if (*qd_settings_text(arguments->settings, "output") == '\0' && !qd_settings_flag(arguments->settings, "dry-run")) {
        return qd_tell_usage("where to save the model? (-o MODEL.safetensors)");
    }
    if (arguments->count != 2) {
        return qd_tell_usage("one table of counts is wanted: quadrat train forecast FILE.csv --time COLUMN ...");
    }
    const int code = qd_check_forecast(arguments);
    return code == QD_EXIT_DONE ? qd_arguments_check_paths(arguments, 1) : code;
}

int qd_train_forecast(const qd_arguments *arguments)
{
    qd_error error;
    int code = check_use(arguments);
    if (code != QD_EXIT_DONE) {
        return code;
    }
    const qd_status status = run(arguments, &error);
    code = status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
    if (status == QD_ERR_STOPPED) {
        qd_train_say_stopped(arguments->settings, 1);
    }
    return code;
}
