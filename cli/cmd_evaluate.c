/* quadrat evaluate: a rolling-origin backtest of forecasts, or the scores of somebody's hub file. */
#include "cli.h"
#include "progress.h"
#include "train_cells.h"
#include "train_forecast.h"

#include "base/mem.h"
#include "base/text.h"
#include "eval/scores.h"
#include "tasks/forecast_evaluate.h"
#include <string.h>

/* What one call works on. */
typedef struct call {
    const qd_settings *given;
    qd_settings *settings; /* with nothing left open */
    qd_panel *panel;
    qd_truth *truth;
    qd_hub *match, *baseline;
    qd_backtest_options options;
} call;

static void clear_call(call *c)
{
    qd_settings_free(c->settings);
    qd_panel_free(c->panel);
    qd_truth_free(c->truth);
    qd_hub_free(c->match);
    qd_hub_free(c->baseline);
}

/* ------------------------------------------------------------------------------------------------ origins */

static qd_status find_origin(const call *c, const char *name, int64_t *origin, qd_error *error)
{
    const char *text = qd_settings_text(c->settings, name);
    if (*text == '\0' || qd_panel_time_find(c->panel, text, origin)) {
        return QD_OK;
    }
    char first[32], second[32];
    qd_panel_time_text(c->panel, 0, first, sizeof first);
    qd_panel_time_text(c->panel, 1, second, sizeof second);
    return qd_fail(error, QD_ERR_VALUE, "%s: %.60s is no time of the data, which are %s, %s, ...", name, text, first,
                   second);
}

/* The options from, until, origins, every and refit. */
static qd_status find_origins(call *c, qd_error *error)
{
    const int64_t times = (int64_t)c->panel->times, most = qd_settings_integer(c->settings, "origins");
    qd_backtest_options *o = &c->options;
    qd_horizons horizons;
    qd_status status = qd_forecast_horizons(c->settings, c->panel, &horizons, error);
    if (status != QD_OK) {
        return status;
    }
    o->every = qd_settings_integer(c->settings, "every");
    o->refit = (size_t)qd_settings_integer(c->settings, "refit");
    o->until = times - 1 - horizons.last;
    o->from = times * 3 / 4 - 1 + horizons.lead;
    status = find_origin(c, "until", &o->until, error);
    if (status == QD_OK) {
        status = find_origin(c, "from", &o->from, error);
    }
    if (status == QD_OK && most > 0 && o->until - (most - 1) * o->every > o->from) {
        o->from = o->until - (most - 1) * o->every;
    }
    return status;
}

/* -------------------------------------------------------------------------------------------------- files */

static qd_status read_files(const qd_arguments *arguments, call *c, qd_error *error)
{
    const qd_table_options table = qd_table_options_of(c->given);
    const char *truth = qd_settings_text(c->given, "truth"), *match = qd_settings_text(c->given, "match");
    const char *baseline = qd_settings_text(c->given, "baseline");
    static const qd_truth_columns columns = {"", "", ""};
    qd_status status = qd_forecast_read(c->given, arguments->paths[1], &c->panel, error);
    if (status == QD_OK && *truth != '\0') {
        status = qd_truth_read(truth, &table, &columns, &c->truth, error);
    }
    if (status == QD_OK && *match != '\0') {
        status = qd_hub_read(match, &table, 0, NULL, &c->match, error);
    }
    if (status == QD_OK && *baseline != '\0') {
        status = qd_hub_read(baseline, &table, QD_HUB_LEVELS, qd_hub_levels, &c->baseline, error);
    }
    c->options.truth = c->truth;
    c->options.baseline = c->baseline;
    c->options.match = c->match;
    return status == QD_OK ? qd_forecast_settings(c->given, c->panel, &c->settings, error) : status;
}

/* ------------------------------------------------------------------------------------------------- scores */

enum { TEXT_SIZE = 32 };

/* The names of origins and series, and the numbers of horizons, around the backtest's tallies. */
typedef struct names {
    char (*origin_text)[TEXT_SIZE]; /* [origins] */
    const char **origin;
    char **key; /* [series] */
    int64_t *horizon;
} names;

static qd_status name_all(const qd_panel *panel, const qd_backtest *b, names *n, qd_error *error)
{
    n->origin_text = qd_mem_new(b->origins, sizeof *n->origin_text);
    n->origin = qd_mem_new(b->origins, sizeof *n->origin);
    n->key = qd_mem_new(b->series, sizeof *n->key);
    n->horizon = qd_mem_new(b->horizons, sizeof *n->horizon);
    if (n->origin_text == NULL || n->origin == NULL || n->key == NULL || n->horizon == NULL) {
        return qd_fail_memory(error, b->origins * TEXT_SIZE, "names");
    }
    for (size_t k = 0; k < b->origins; k++) {
        qd_panel_time_text(panel, b->origin[k], n->origin_text[k], TEXT_SIZE);
        n->origin[k] = n->origin_text[k];
    }
    for (size_t h = 0; h < b->horizons; h++) {
        n->horizon[h] = b->first + (int64_t)h;
    }
    qd_status status = QD_OK;
    for (size_t s = 0; s < b->series && status == QD_OK; s++) {
        status = qd_forecast_series_name(panel, s, &n->key[s], error);
    }
    return status;
}

static void clear_names(names *n, size_t series)
{
    for (size_t s = 0; n->key != NULL && s < series; s++) {
        qd_mem_free(n->key[s]);
    }
    qd_mem_free(n->key);
    qd_mem_free(n->origin);
    qd_mem_free(n->origin_text);
    qd_mem_free(n->horizon);
}

static qd_status write_scores(const call *c, const qd_backtest *b, qd_error *error)
{
    const char *output = qd_settings_text(c->settings, "output");
    names n = {0};
    qd_status status = name_all(c->panel, b, &n, error);
    if (status == QD_OK) {
        const qd_scores scores = {.models = b->models,
                                  .origins = b->origins,
                                  .series = b->series,
                                  .horizons = b->horizons,
                                  .model = b->model,
                                  .origin = n.origin,
                                  .key = (const char *const *)n.key,
                                  .horizon = n.horizon,
                                  .tally = b->tally,
                                  .reference = b->reference};
        status = qd_scores_write(&scores, qd_settings_text(c->settings, "by"), *output != '\0' ? output : "-", error);
    }
    clear_names(&n, b->series);
    return status;
}

/* ------------------------------------------------------------------------------------------------ command */

static int monitor(void *context, size_t origin, size_t origins)
{
    (void)context;
    if (origin > 0 && origin % ((origins + 9) / 10) == 0) {
        qd_say("origin %zu/%zu", origin, origins);
    }
    return qd_progress_stopped();
}

static qd_status run(const qd_arguments *arguments, call *c, qd_error *error)
{
    qd_backtest result = {0};
    qd_status status = read_files(arguments, c, error);
    if (status == QD_OK) {
        qd_say_panel(c->settings, c->panel, qd_settings_flag(c->settings, "dry-run"));
        if (qd_settings_flag(c->settings, "dry-run")) {
            return QD_OK;
        }
    }
    if (status == QD_OK) {
        status = find_origins(c, error);
    }
    if (status == QD_OK) {
        status = qd_backtest_run(c->settings, c->panel, &c->options, monitor, NULL, &result, error);
    }
    if (status == QD_OK) {
        qd_say("%zu origins, training took %.1f s", result.origins, result.seconds);
        status = write_scores(c, &result, error);
    }
    qd_backtest_clear(&result);
    return status;
}

static int evaluate_forecast(const qd_arguments *arguments)
{
    call c = {.given = arguments->settings};
    qd_error error;
    qd_progress_begin("epoch");
    const qd_status status = run(arguments, &c, &error);
    clear_call(&c);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}

int qd_cmd_evaluate(const qd_arguments *arguments)
{
    if (*qd_settings_text(arguments->settings, "forecasts") != '\0') {
        return qd_evaluate_hub(arguments);
    }
    if (arguments->count > 0 && (strcmp(arguments->paths[0], "cells") == 0 || qd_is_classifier(arguments->paths[0]))) {
        return qd_evaluate_cells(arguments);
    }
    if (arguments->count != 2 || strcmp(arguments->paths[0], "forecast") != 0) {
        return qd_tell_usage("quadrat evaluate wants a task and data, quadrat evaluate forecast DATA, or "
                             "--forecasts FILE --truth FILE");
    }
    return evaluate_forecast(arguments);
}
