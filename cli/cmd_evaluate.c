/* quadrat evaluate: what is scored, a backtest or somebody's hub file, and what does not go with it. */
#include "cli.h"
#include "predict_forecast.h"
#include "sites_parts.h"
#include "task.h"
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

/* Wrong use that shows before data are read; first: the number of the first path that is a file. */
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

static int what_is_wanted(void)
{
    return qd_tell_usage("quadrat evaluate wants MODEL DATA, MODEL --wildtype FILE, forecast DATA, cells DATA, "
                         "--baselines DATA, --scores FILE --truth FILE, or --forecasts FILE --truth FILE");
}

/* A backtest: of a saved model, of the naive forecasts alone, or of networks that are trained as it goes. */
static int backtest(const qd_arguments *arguments, const qd_safetensors *model, size_t words)
{
    const bool naive = qd_settings_flag(arguments->settings, "baselines");
    if (arguments->count != words + 1) {
        return what_is_wanted();
    }
    const int code = check_use(arguments, model == NULL ? words : 0, model != NULL, naive);
    return code == QD_EXIT_DONE ? qd_evaluate_backtest(arguments, model, arguments->paths[words]) : code;
}

static int evaluate_task(const qd_arguments *arguments, const qd_safetensors *model, unsigned task)
{
    switch (task) {
    case QD_CMD_SITES:
        return arguments->count == 1
                   ? qd_evaluate_sites(arguments, model)
                   : qd_tell_usage("what was mutated is named by --wildtype, not %s", arguments->paths[1]);
    case QD_CMD_CELLS:
        return qd_evaluate_cells(arguments, model);
    case QD_CMD_REGRESS:
        return qd_tell_usage("a model of train regress: quadrat predict %s DATA tells its errors", arguments->paths[0]);
    default: /* what is of no known task is refused there */
        return backtest(arguments, model, 1);
    }
}

/* Without a model: the task is in what was called. */
static int evaluate_other(const qd_arguments *arguments, unsigned task)
{
    const int code = qd_task_check(arguments, task);
    if (code != QD_EXIT_DONE) {
        return code;
    }
    if (*qd_settings_text(arguments->settings, "forecasts") != '\0') {
        return qd_evaluate_hub(arguments);
    }
    return task == QD_CMD_SITES ? qd_evaluate_scores(arguments)
           : task == QD_CMD_CELLS
               ? qd_evaluate_cells(arguments, NULL)
               : backtest(arguments, NULL, qd_settings_flag(arguments->settings, "baselines") ? 0 : 1);
}

int qd_cmd_evaluate(const qd_arguments *arguments)
{
    const char *first = arguments->count > 0 ? arguments->paths[0] : "";
    if (qd_settings_flag(arguments->settings, "baselines") || strcmp(first, "forecast") == 0 ||
        *qd_settings_text(arguments->settings, "forecasts") != '\0') {
        return evaluate_other(arguments, QD_CMD_FORECAST);
    }
    if (*qd_settings_text(arguments->settings, "scores") != '\0') {
        return evaluate_other(arguments, QD_CMD_SITES);
    }
    if (strcmp(first, "cells") == 0) {
        return evaluate_other(arguments, QD_CMD_CELLS);
    }
    if (*first == '\0') {
        return what_is_wanted();
    }
    return qd_task_with_model(arguments, evaluate_task);
}
