/* quadrat evaluate: a rolling-origin backtest of a network that is trained as it goes, of a saved model, or of the
   naive forecasts alone. */
#include "cli.h"
#include "predict_forecast.h"
#include "predict_parts.h"
#include "progress.h"
#include "train_forecast.h"

#include "base/mem.h"
#include "base/text.h"
#include "eval/scores.h"
#include "tasks/forecast_evaluate.h"
#include <string.h>

/* What one call works on. */
typedef struct call {
    const qd_settings *given;
    const qd_safetensors *model; /* NULL: there is none */
    const char *data;            /* path */
    qd_forecaster *forecaster;   /* the saved model */
    qd_settings *settings;       /* of training, with nothing left open; or of the model */
    qd_panel *panel;
    qd_horizons horizons;
    double *level;
    qd_truth *truth;
    qd_hub *match, *baseline;
    qd_backtest_options options;
} call;

static void clear_call(call *c)
{
    qd_forecaster_free(c->forecaster);
    qd_settings_free(c->settings);
    qd_panel_free(c->panel);
    qd_mem_free(c->level);
    qd_truth_free(c->truth);
    qd_hub_free(c->match);
    qd_hub_free(c->baseline);
}

/* -------------------------------------------------------------------------------------------------- files */

static qd_status read_model(call *c, qd_error *error)
{
    qd_status status = qd_forecaster_from(c->model, &c->forecaster, error);
    if (status == QD_OK) {
        status = qd_settings_set(c->forecaster->settings, "threads", qd_settings_get(c->given, "threads"), error);
    }
    if (status == QD_OK) {
        status = qd_forecaster_read(c->forecaster, c->given, c->data, &c->panel, error);
    }
    c->options.forecaster = c->forecaster;
    return status == QD_OK ? qd_settings_copy(c->forecaster->settings, &c->settings, error) : status;
}

static qd_status read_levels(call *c, qd_error *error)
{
    const bool given = qd_settings_given(c->given, "quantiles");
    const qd_status status =
        qd_levels_read(given ? qd_settings_text(c->given, "quantiles") : "hub", &c->options.levels, &c->level, error);
    c->options.level = c->level;
    return status;
}

static qd_status read_files(call *c, qd_error *error)
{
    const qd_table_options table = qd_table_options_of(c->given);
    const char *truth = qd_settings_text(c->given, "truth"), *match = qd_settings_text(c->given, "match");
    const char *baseline = qd_settings_text(c->given, "baseline");
    static const qd_truth_columns columns = {"", "", ""};
    qd_status status = read_levels(c, error);
    if (status == QD_OK) {
        status = c->model != NULL ? read_model(c, error) : qd_forecast_read(c->given, c->data, &c->panel, error);
    }
    if (status == QD_OK && *truth != '\0') {
        status = qd_truth_read(truth, &table, &columns, &c->truth, error);
    }
    if (status == QD_OK && *match != '\0') {
        status = qd_hub_read(match, &table, 0, NULL, &c->match, error);
    }
    if (status == QD_OK && *baseline != '\0') {
        status = qd_hub_read(baseline, &table, c->options.levels, c->level, &c->baseline, error);
    }
    c->options.truth = c->truth;
    c->options.baseline = c->baseline;
    c->options.match = c->match;
    return status;
}

/* ------------------------------------------------------------------------------------------------ origins */

static qd_status find_origin(const call *c, const char *name, int64_t *origin, qd_error *error)
{
    const char *text = qd_settings_text(c->given, name);
    if (*text == '\0' || qd_panel_time_find(c->panel, text, origin)) {
        return QD_OK;
    }
    char first[32], second[32];
    qd_panel_time_text(c->panel, 0, first, sizeof first);
    qd_panel_time_text(c->panel, 1, second, sizeof second);
    return qd_fail(error, QD_ERR_VALUE, "%s: %.60s is no time of the data, which are %s, %s, ...", name, text, first,
                   second);
}

/* The first origin all of whose targets the model has not seen; INT64_MIN where its times are not on the data's grid.
 */
static int64_t first_unseen(const call *c)
{
    char text[QD_TIME_SIZE];
    int64_t last;
    if (c->model == NULL) {
        return INT64_MIN;
    }
    qd_forecaster_last_text(c->forecaster, text, sizeof text);
    return qd_panel_time_find(c->panel, text, &last) ? last + c->horizons.lead : INT64_MIN;
}

/* By default from three quarters of the data on; a saved model from where it has not seen what it forecasts, if the
   data go on so far. */
static int64_t default_from(const call *c)
{
    const int64_t unseen = first_unseen(c);
    return unseen > INT64_MIN && unseen <= c->options.until ? unseen
                                                            : (int64_t)c->panel->times * 3 / 4 - 1 + c->horizons.lead;
}

/* The options from, until, origins, every, refit. */
static qd_status find_origins(call *c, qd_error *error)
{
    const int64_t most = qd_settings_integer(c->given, "origins");
    qd_backtest_options *o = &c->options;
    qd_status status =
        qd_forecast_horizons(c->settings != NULL ? c->settings : c->given, c->panel, &c->horizons, error);
    if (status != QD_OK) {
        return status;
    }
    o->every = qd_settings_integer(c->given, "every");
    o->refit = (size_t)qd_settings_integer(c->given, "refit");
    o->seeds = (size_t)qd_settings_integer(c->given, "seeds");
    o->until = (int64_t)c->panel->times - 1 - c->horizons.last;
    status = find_origin(c, "until", &o->until, error);
    o->from = default_from(c);
    if (status == QD_OK) {
        status = find_origin(c, "from", &o->from, error);
    }
    if (status == QD_OK && most > 0 &&
        (c->model != NULL || o->until - (most - 1) * o->every > o->from)) { /* a model can be asked for more */
        o->from = o->until - (most - 1) * o->every;
    }
    return status;
}

/* What is left open is settled by what the first origin knows. */
static qd_status settle(call *c, qd_error *error)
{
    const int64_t first = c->options.from - c->horizons.lead + 1, times = (int64_t)c->panel->times;
    const size_t known = first < 1 ? 1 : first > times ? (size_t)times : (size_t)first;
    if (!(qd_settings_real(c->settings != NULL ? c->settings : c->given, "season") > 0)) {
        c->panel->season = qd_panel_season(c->panel, known);
    }
    return c->settings != NULL ? QD_OK : qd_forecast_settings(c->given, c->panel, known, &c->settings, error);
}

/* How many of the origins a saved model has seen the targets of. */
static void say_seen(const call *c)
{
    const qd_backtest_options *o = &c->options;
    const int64_t unseen = first_unseen(c), all = (o->until - o->from) / o->every + 1;
    char last[QD_TIME_SIZE];
    if (c->model == NULL || o->from > o->until) {
        return;
    }
    qd_forecaster_last_text(c->forecaster, last, sizeof last);
    if (unseen == INT64_MIN) {
        qd_say("the model was trained up to %s, which is no time of these data: what it has seen is not known", last);
    } else if (o->from < unseen) {
        const int64_t seen = (unseen - o->from + o->every - 1) / o->every;
        qd_say("%lld of %lld origins lie before %s, up to which the model was trained: it has seen what it forecasts "
               "there",
               (long long)(seen < all ? seen : all), (long long)all, last);
    }
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
    const char *output = qd_settings_text(c->given, "output");
    names n = {0};
    qd_status status = name_all(c->panel, b, &n, error);
    if (status == QD_OK) {
        const qd_scores scores = {.models = b->models,
                                  .origins = b->origins,
                                  .series = b->series,
                                  .horizons = b->horizons,
                                  .model = (const char *const *)b->model,
                                  .origin = n.origin,
                                  .key = (const char *const *)n.key,
                                  .horizon = n.horizon,
                                  .tally = b->tally,
                                  .reference = b->reference,
                                  .draws = (size_t)qd_settings_integer(c->given, "bootstrap")};
        status = qd_scores_write(&scores, qd_settings_text(c->given, "by"), *output != '\0' ? output : "-", error);
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

/* Ctrl-C does not wait for the end of a training. */
static int watch(void *context, const qd_progress *progress)
{
    (void)context;
    (void)progress;
    return qd_progress_stopped();
}

static qd_status evaluate(call *c, qd_error *error)
{
    qd_backtest result = {0};
    const bool dry = qd_settings_flag(c->given, "dry-run");
    qd_status status = read_files(c, error);
    if (status == QD_OK) {
        status = find_origins(c, error);
    }
    if (status == QD_OK) {
        status = settle(c, error);
    }
    if (status == QD_OK) {
        qd_say_panel(c->settings, c->panel, dry);
        say_seen(c);
    }
    if (status == QD_OK && c->model != NULL) {
        status = qd_say_unseen(c->forecaster, c->panel, error);
    }
    if (status == QD_OK && !dry) {
        status = qd_backtest_run(c->settings, c->panel, &c->options, monitor, NULL, &result, error);
    }
    if (status == QD_OK && !dry) {
        if (result.seconds > 0) {
            qd_say("%zu origins, training took %.1f s", result.origins, result.seconds);
        } else {
            qd_say("%zu origins", result.origins);
        }
        status = write_scores(c, &result, error);
    }
    qd_backtest_clear(&result);
    return status;
}

int qd_evaluate_backtest(const qd_arguments *arguments, const qd_safetensors *model, const char *data)
{
    call c = {.given = arguments->settings,
              .model = model,
              .data = data,
              .options = {.watch = watch,
                          .naive = qd_settings_flag(arguments->settings, "baselines"),
                          .save = qd_settings_text(arguments->settings, "save-forecasts")}};
    qd_error error;
    qd_progress_begin("epoch");
    const qd_status status = evaluate(&c, &error);
    clear_call(&c);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
