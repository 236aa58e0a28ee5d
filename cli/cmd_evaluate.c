/* quadrat evaluate: what is scored, a backtest or somebody's hub file, and what does not go with it. */
#include "cli.h"
#include "sites_parts.h"
#include "train_cells.h"
#include "train_forecast.h"

#include "eval/scores.h"
#include "tasks/forecast.h"
#include <string.h>

static bool given(const qd_arguments *arguments, const char *name)
{
    return qd_settings_given(arguments->settings, name);
}

/* What determines a model was settled when it was trained. */
static int check_model(const qd_arguments *arguments)
{
    static const char *const reading[] = {"time", "join"};
    for (size_t i = 0; i < qd_settings_count; i++) {
        const qd_setting *setting = &qd_settings_table[i];
        const bool training = setting->recorded && (setting->commands & QD_CMD_FORECAST) != 0;
        if (training && given(arguments, setting->name) && strcmp(setting->name, reading[0]) != 0 &&
            strcmp(setting->name, reading[1]) != 0) {
            return qd_tell_usage("--%s belongs to training, and %s is trained", setting->name, arguments->paths[0]);
        }
    }
    return QD_EXIT_DONE;
}

/* Nothing is trained: one pass over the origins. */
static int check_untrained(const qd_arguments *arguments, const char *why)
{
    static const char *const training[] = {"refit", "seeds"};
    for (size_t i = 0; i < 2; i++) {
        if (given(arguments, training[i])) {
            return qd_tell_usage("--%s: nothing is trained with %s", training[i], why);
        }
    }
    return QD_EXIT_DONE;
}

/* Wrong use that shows before a file is read; first: the number of the first path that is data. */
static int check_use(const qd_arguments *arguments, size_t first, bool model, bool naive)
{
    qd_error error;
    qd_scores_by by;
    int code = model ? check_model(arguments) : qd_check_forecast(arguments);
    if (code == QD_EXIT_DONE && (model || naive)) {
        code = check_untrained(arguments, model ? "a saved model" : "--baselines");
    }
    if (code == QD_EXIT_DONE && qd_scores_by_read(qd_settings_text(arguments->settings, "by"), &by, &error) != QD_OK) {
        code = qd_tell_usage("--%s", error.message);
    }
    return code == QD_EXIT_DONE ? qd_arguments_check_paths(arguments, first) : code;
}

int qd_cmd_evaluate(const qd_arguments *arguments)
{
    const size_t count = arguments->count;
    const char *const *paths = arguments->paths;
    const bool naive = qd_settings_flag(arguments->settings, "baselines");
    if (*qd_settings_text(arguments->settings, "forecasts") != '\0') {
        return qd_evaluate_hub(arguments);
    }
    if (*qd_settings_text(arguments->settings, "scores") != '\0') {
        return qd_evaluate_scores(arguments);
    }
    if (count > 0 && (strcmp(paths[0], "cells") == 0 || qd_is_classifier(paths[0]))) {
        return qd_evaluate_cells(arguments);
    }
    if (count == 1 && qd_is_sites(paths[0])) {
        return qd_evaluate_sites(arguments);
    }
    if (naive ? count != 1 : count != 2) {
        return qd_tell_usage("quadrat evaluate wants MODEL DATA, forecast DATA, cells DATA, --baselines DATA, "
                             "--scores FILE --truth FILE, or --forecasts FILE --truth FILE");
    }
    const bool model = !naive && strcmp(paths[0], "forecast") != 0;
    const int code = check_use(arguments, model || naive ? 0 : 1, model, naive);
    return code == QD_EXIT_DONE ? qd_evaluate_backtest(arguments, model ? paths[0] : NULL, paths[count - 1]) : code;
}
