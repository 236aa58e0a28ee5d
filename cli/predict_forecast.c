/* quadrat predict with a forecaster: a model and counts in; forecasts out in the form asked for, and pictures of them.
 */
#include "predict_forecast.h"
#include "draw_forecast.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "eval/tally.h"
#include "store/safetensors.h"
#include "tasks/forecast_parts.h"
#include "tasks/forecast_write.h"
#include <math.h>
#include <string.h>

/* A prediction under way. */
typedef struct job {
    const qd_settings *settings; /* of this call */
    const char *path;            /* of the data */
    const qd_forecast_format *format;
    qd_forecaster *forecaster;
    qd_panel *panel;
    double *y;                 /* [series][times]: what is known */
    int64_t origin, reference; /* the last time known; the time from which horizons count */
    int64_t first, last;       /* horizons */
    size_t levels, all_levels; /* those asked for; those that are forecast */
    double *level, *all_level;
    char date[QD_TIME_SIZE]; /* the reference date as a hub has it; "": the data have no dates */
    qd_hub_rules *hub;
    qd_forecast *forecast;
} job;

static const char *text_of(const job *j, const char *name)
{
    return qd_settings_text(j->settings, name);
}

static bool vintages(const job *j)
{
    return j->panel->revision != NULL;
}

int qd_is_forecaster(const char *path)
{
    qd_error ignored;
    qd_safetensors *file;
    if (strcmp(path, "-") == 0 || qd_safetensors_read(path, true, &file, &ignored) != QD_OK) {
        return 0;
    }
    const int found = qd_forecaster_is(file);
    qd_safetensors_free(file);
    return found;
}

/* -------------------------------------------------------------------------------------------- the data */

/* How to read the data: as the model was trained, with this call's options about files.  The season is found anew, to
   be compared with the model's, unless it was given. */
static qd_status reading_settings(const job *j, qd_settings **out, qd_error *error)
{
    static const char *const always[] = {"dialect", "gzip-limit"}, *const given[] = {"time", "join", "season"};
    qd_status status = qd_settings_copy(j->forecaster->settings, out, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < 2 && status == QD_OK; i++) {
        status = qd_settings_set(*out, always[i], qd_settings_get(j->settings, always[i]), error);
    }
    for (size_t i = 0; i < 3 && status == QD_OK; i++) {
        if (qd_settings_given(j->settings, given[i])) {
            status = qd_settings_set(*out, given[i], qd_settings_get(j->settings, given[i]), error);
        }
    }
    if (status != QD_OK) {
        qd_settings_free(*out);
    }
    return status;
}

static qd_status read_panel(job *j, qd_error *error)
{
    qd_settings *reading;
    qd_status status = reading_settings(j, &reading, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_forecast_read(reading, j->path, &j->panel, error);
    qd_settings_free(reading);
    return status == QD_OK ? qd_forecaster_accepts(j->forecaster, j->panel, error) : status;
}

/* ------------------------------------------------------------------------------------- origin and horizons */

static qd_status find_time(const job *j, const char *option, const char *text, int64_t *i, qd_error *error)
{
    if (qd_panel_time_find(j->panel, text, i)) {
        return QD_OK;
    }
    char date[QD_TIME_SIZE], first[QD_TIME_SIZE], last[QD_TIME_SIZE];
    const int64_t reach = (int64_t)j->panel->times + 10000;
    for (*i = -10000; *i < reach; ++*i) { /* the date that stands for a time that is written in another way */
        if (qd_forecast_date(j->panel, *i, true, date) && strcmp(date, text) == 0) {
            return QD_OK;
        }
    }
    qd_panel_time_text(j->panel, 0, first, sizeof first);
    qd_panel_time_text(j->panel, (int64_t)j->panel->times - 1, last, sizeof last);
    return qd_fail_at(error, QD_ERR_VALUE, j->path, 0, 0, "%s: %s is no time of these data, which go from %s to %s",
                      option, text, first, last);
}

/* The last time at which anything was observed; -1: never. */
static int64_t last_observed(const qd_panel *panel)
{
    for (int64_t t = (int64_t)panel->times - 1; t >= 0; t--) {
        for (size_t s = 0; s < panel->series; s++) {
            if (!isnan(panel->y[s * panel->times + (size_t)t])) {
                return t;
            }
        }
    }
    return -1;
}

/* The day of a time's end, in days since 1970-01-01. */
static bool day_of(const qd_panel *panel, int64_t i, int64_t *day)
{
    char date[QD_TIME_SIZE];
    return qd_forecast_date(panel, i, true, date) && qd_time_parse(QD_TIME_DAY, false, date, day);
}

/* Vintages: the date of the forecast is given, or the first at which the last publication is known. */
static qd_status find_reference(job *j, qd_error *error)
{
    const char *wanted = *text_of(j, "reference-date") != '\0' ? text_of(j, "reference-date") : text_of(j, "origin");
    const int64_t lag = qd_settings_integer(j->forecaster->settings, "lag");
    const int64_t published = j->panel->revision[j->panel->revisions - 1].as_of;
    if (*wanted != '\0') {
        return find_time(j, *text_of(j, "reference-date") != '\0' ? "reference-date" : "origin", wanted, &j->reference,
                         error);
    }
    int64_t day;
    for (j->reference = (int64_t)j->panel->times - 1; day_of(j->panel, j->reference, &day) && day < published + lag;
         j->reference++) {
    }
    return QD_OK;
}

static qd_status know_vintages(job *j, qd_error *error)
{
    int64_t day;
    qd_status status = find_reference(j, error);
    if (status != QD_OK) {
        return status;
    }
    j->origin = j->reference - j->forecaster->horizons.lead;
    if (j->origin < 0 || !day_of(j->panel, j->reference, &day)) {
        return qd_fail_at(error, QD_ERR_VALUE, j->path, 0, 0, "nothing was published before the date of the forecast");
    }
    status = qd_panel_extend(j->panel, (size_t)j->origin + 1, error);
    if (status != QD_OK) {
        return status;
    }
    j->y = qd_mem_new(j->panel->series, j->panel->times * sizeof *j->y);
    if (j->y == NULL) {
        return qd_fail_memory(error, j->panel->series * j->panel->times * sizeof *j->y, "counts");
    }
    qd_panel_as_of(j->panel, day - qd_settings_integer(j->forecaster->settings, "lag"), j->y);
    return QD_OK;
}

static qd_status find_origin(job *j, qd_error *error)
{
    const char *origin = text_of(j, "origin"), *date = text_of(j, "reference-date");
    const int64_t last = last_observed(j->panel);
    qd_status status = QD_OK;
    j->origin = last;
    if (*origin != '\0') {
        status = find_time(j, "origin", origin, &j->origin, error);
    } else if (*date != '\0') {
        int64_t reference;
        status = find_time(j, "reference-date", date, &reference, error);
        j->origin = status == QD_OK && reference - 1 < last ? reference - 1 : last;
    }
    if (status == QD_OK && (j->origin < 0 || j->origin >= (int64_t)j->panel->times)) {
        status = qd_fail_at(error, QD_ERR_VALUE, j->path, 0, 0, "%s lies outside the times of these data",
                            *origin != '\0' ? origin : "the time before the reference date");
    }
    j->reference = j->origin;
    return status;
}

static qd_status know(job *j, qd_error *error)
{
    if (vintages(j)) {
        return know_vintages(j, error);
    }
    const qd_status status = find_origin(j, error);
    if (status != QD_OK) {
        return status;
    }
    const size_t times = j->panel->times;
    j->y = qd_mem_new(j->panel->series, times * sizeof *j->y);
    if (j->y == NULL) {
        return qd_fail_memory(error, j->panel->series * times * sizeof *j->y, "counts");
    }
    for (size_t i = 0; i < j->panel->series * times; i++) {
        j->y[i] = (int64_t)(i % times) <= j->origin ? j->panel->y[i] : (double)NAN;
    }
    return QD_OK;
}

/* The horizons asked for must be among those that the model was trained for. */
static qd_status find_horizons(job *j, qd_error *error)
{
    const qd_horizons *trained = &j->forecaster->horizons;
    j->first = trained->first;
    j->last = trained->last;
    if (!qd_settings_given(j->settings, "horizon")) {
        return QD_OK;
    }
    qd_horizons asked;
    qd_settings *settings;
    qd_status status = qd_settings_copy(j->forecaster->settings, &settings, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_settings_set(settings, "horizon", text_of(j, "horizon"), error);
    if (status == QD_OK) {
        status = qd_forecast_horizons(settings, j->panel, &asked, error);
    }
    qd_settings_free(settings);
    if (status != QD_OK) {
        return status;
    }
    if (asked.first < trained->first || asked.last > trained->last) {
        return qd_fail(error, QD_ERR_VALUE,
                       "horizon: %s is more than the model was trained for, %lld to %lld; train one with a longer "
                       "horizon",
                       text_of(j, "horizon"), (long long)trained->first, (long long)trained->last);
    }
    j->first = asked.first;
    j->last = asked.last;
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------- what is wanted */

static bool hubverse(const job *j)
{
    return strcmp(j->format->name, "hubverse") == 0;
}

/* Reference date and rules of the hub; which quantiles. */
static qd_status find_levels(job *j, qd_error *error)
{
    const char *wanted = text_of(j, "quantiles"), *given = text_of(j, "reference-date");
    if (!qd_forecast_date(j->panel, j->reference, true, j->date)) {
        j->date[0] = '\0';
    }
    if (*given != '\0') {
        qd_text_format(j->date, sizeof j->date, "%s", given);
    }
    qd_status status = QD_OK;
    if (*text_of(j, "hub") != '\0') {
        status = qd_hub_rules_read(text_of(j, "hub"), text_of(j, "hub-target"), j->date, &j->hub, error);
    }
    if (status != QD_OK) {
        return status;
    }
    status = hubverse(j) && !qd_settings_given(j->settings, "quantiles")
                 ? qd_levels_read("hub", &j->levels, &j->level, error)
                 : qd_levels_read(wanted, &j->levels, &j->level, error);
    double *joined = NULL;
    size_t count = 0;
    if (status == QD_OK) { /* the bands of pictures are always there, so that a picture changes no number */
        status = qd_forecast_levels_join(j->levels, j->level, QD_BAND_LEVELS, qd_band_levels, &count, &joined, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_levels_join(count, joined, j->hub != NULL ? j->hub->levels : 0,
                                         j->hub != NULL ? j->hub->level : qd_band_levels, &j->all_levels, &j->all_level,
                                         error);
    }
    qd_mem_free(joined);
    return status;
}

/* As many joint paths as were asked for, within what the hub takes. */
static size_t samples_of(const job *j)
{
    enum { FOR_MEAN = 20 };
    size_t samples = j->format->samples ? (size_t)qd_settings_integer(j->settings, "samples") : FOR_MEAN;
    if (!hubverse(j)) {
        return samples;
    }
    if (j->hub == NULL || !j->hub->samples) {
        return 0;
    }
    samples = samples < j->hub->samples_least ? j->hub->samples_least : samples;
    return samples > j->hub->samples_most ? j->hub->samples_most : samples;
}

/* ------------------------------------------------------------------------------------------------- words */

static void say_unseen(const job *j, const size_t *token)
{
    qd_name_list list = {0};
    for (size_t s = 0; s < j->panel->series; s++) {
        if (token[s] == j->forecaster->series) {
            char name[256];
            qd_forecast_series_text(j->panel, s, qd_settings_text(j->forecaster->settings, "target"), name,
                                    sizeof name);
            qd_name_list_add(&list, name);
        }
    }
    if (list.count > 0) {
        const size_t count = list.count;
        qd_say("%zu of %zu series are new to the model, which forecasts them as it does series in general: %s", count,
               j->panel->series, qd_name_list_text(&list));
    }
}

/* How many of the values that a forecast reads of the future are not there. */
static size_t count_missing(const job *j, const double *values, int64_t last)
{
    size_t missing = 0;
    for (size_t s = 0; s < j->panel->series; s++) {
        for (int64_t t = j->origin + 1; t <= last; t++) {
            missing += t >= (int64_t)j->panel->times || isnan(values[s * j->panel->times + (size_t)t]);
        }
    }
    return missing;
}

static void say_missing(const job *j)
{
    const int64_t last = j->reference + j->last;
    const size_t all = j->panel->series * (size_t)(last - j->origin);
    for (size_t k = j->panel->past; k < j->panel->past + j->panel->known; k++) {
        const size_t missing = count_missing(j, j->panel->feature[k].value, last);
        if (missing > 0) {
            qd_say("%s: %zu of the %zu values that the forecast needs from after the origin are missing, and taken as "
                   "its mean",
                   j->panel->feature[k].name, missing, all);
        }
    }
    if (j->panel->effort != NULL && count_missing(j, j->panel->effort, last) > 0) {
        qd_say("%s after the origin is not known everywhere: taken as the usual one of each series",
               qd_settings_text(j->forecaster->settings, "effort"));
    }
}

static qd_status say_start(const job *j, qd_error *error)
{
    char origin[QD_TIME_SIZE], first[QD_TIME_SIZE], last[QD_TIME_SIZE];
    qd_panel_time_text(j->panel, j->origin, origin, sizeof origin);
    qd_panel_time_text(j->panel, j->reference + j->first, first, sizeof first);
    qd_panel_time_text(j->panel, j->reference + j->last, last, sizeof last);
    qd_say("%zu series, known up to %s; forecast: horizons %lld to %lld (%s to %s)", j->panel->series, origin,
           (long long)j->first, (long long)j->last, first, last);
    size_t *token;
    const qd_status status = qd_forecast_tokens(j->forecaster, j->panel, &token, error);
    if (status == QD_OK) {
        say_unseen(j, token);
        say_missing(j);
        qd_mem_free(token);
    }
    return status;
}

static void say_line(void *context, const char *line)
{
    (void)context;
    qd_say("%s", line);
}

/* ------------------------------------------------------------------------------------------------ results */

/* Where to write: what was asked for, or in a folder (by default this one) the name that a hub wants. */
static qd_status output_path(const job *j, char *path, size_t size, qd_error *error)
{
    const char *output = text_of(j, "output"), *model = text_of(j, "model-id");
    const bool folder = *output != '\0' && strcmp(output, "-") != 0 && qd_file_folder(output);
    if (!hubverse(j) || (!folder && (*output != '\0' || *model == '\0'))) {
        qd_text_format(path, size, "%s", *output != '\0' ? output : "-");
        return QD_OK;
    }
    const qd_status status = qd_hub_check_model_id(model, error);
    if (status != QD_OK) {
        return status;
    }
    const char *slash = folder && output[strlen(output) - 1] != '/' ? "/" : "";
    const int length = qd_text_format(path, size, "%s%s%s-%s.csv", folder ? output : "", slash,
                                      j->hub != NULL ? j->hub->round_id : j->date, model);
    if (length < 0 || (size_t)length >= size) {
        return qd_fail(error, QD_ERR_VALUE, "output: the path is too long");
    }
    qd_say("writing %s", path);
    return QD_OK;
}

static qd_status write_forecast(const job *j, qd_error *error)
{
    char path[4096];
    const qd_settings *trained = j->forecaster->settings;
    const char *target = qd_settings_text(trained, "target");
    qd_status status = output_path(j, path, sizeof path, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_forecast_write_options options = {
        .levels = j->levels,
        .level = j->level,
        .observed = j->panel->y,
        .target = *target != '\0' ? target : "count",
        .model_id = text_of(j, "model-id"),
        .hub = j->hub,
        .hub_target = text_of(j, "hub-target"),
        .reference_date = text_of(j, "reference-date"),
        .every_horizon = qd_settings_given(j->settings, "horizon"),
        .project = text_of(j, "project"),
        .site = text_of(j, "site"),
        .variable = text_of(j, "variable"),
        .duration = text_of(j, "duration"),
        .say = say_line,
    };
    status = j->format->write(j->forecast, &options, path, error);
    if (status == QD_OK && *text_of(j, "plot") != '\0') {
        status = qd_forecast_write_svg(j->forecast, j->y, options.target, 0, text_of(j, "plot"), error);
    }
    if (status == QD_OK && qd_settings_flag(j->settings, "draw")) {
        status = qd_forecast_draw(j->forecast, j->y, options.target, 0, stderr, error);
    }
    return status;
}

static qd_status predict(job *j, const char *model, qd_error *error)
{
    qd_status status = qd_forecaster_load(model, &j->forecaster, error);
    if (status == QD_OK) {
        status = qd_settings_set(j->forecaster->settings, "threads", qd_settings_get(j->settings, "threads"), error);
    }
    if (status == QD_OK) {
        status = read_panel(j, error);
    }
    if (status == QD_OK) {
        status = know(j, error);
    }
    if (status == QD_OK) {
        status = find_horizons(j, error);
    }
    if (status == QD_OK) {
        status = find_levels(j, error);
    }
    if (status == QD_OK) {
        status = say_start(j, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_make(j->forecaster, j->panel, j->y, j->origin, j->all_levels, j->all_level, samples_of(j),
                                  &j->forecast, error);
    }
    if (status == QD_OK) {
        qd_forecast_narrow(j->forecast, j->first, j->last);
        status = write_forecast(j, error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- command */

/* Options that do not go together are wrong use. */
static int check_use(const qd_arguments *arguments)
{
    const qd_settings *settings = arguments->settings;
    const bool hub = strcmp(qd_settings_text(settings, "format"), "hubverse") == 0;
    const char *model_id = qd_settings_text(settings, "model-id");
    qd_error error;
    if (arguments->count != 2) {
        return qd_tell_usage("forecasts are made from one file: quadrat predict MODEL COUNTS.csv");
    }
    if (!hub && *qd_settings_text(settings, "hub") != '\0') {
        return qd_tell_usage("--hub belongs to --format hubverse");
    }
    if (hub && *qd_settings_text(settings, "hub") != '\0' && *model_id == '\0') {
        return qd_tell_usage("who forecasts? (--model-id TEAM-MODEL)");
    }
    if (hub && *model_id != '\0' && qd_hub_check_model_id(model_id, &error) != QD_OK) {
        return qd_tell_usage("%s", error.message);
    }
    if (qd_settings_given(settings, "since")) {
        return qd_tell_usage("--since is for models of train regress; a forecast begins after --origin");
    }
    return QD_EXIT_DONE;
}

int qd_predict_forecast(const qd_arguments *arguments)
{
    const int code = check_use(arguments);
    if (code != QD_EXIT_DONE) {
        return code;
    }
    job j = {.settings = arguments->settings,
             .path = arguments->paths[1],
             .format = qd_forecast_format_find(qd_settings_text(arguments->settings, "format"))};
    qd_error error;
    const qd_status status = predict(&j, arguments->paths[0], &error);
    qd_forecast_free(j.forecast);
    qd_hub_rules_free(j.hub);
    qd_mem_free(j.level);
    qd_mem_free(j.all_level);
    qd_mem_free(j.y);
    qd_panel_free(j.panel);
    qd_forecaster_free(j.forecaster);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
