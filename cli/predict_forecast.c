/* quadrat predict with a forecaster: a model and counts in; forecasts out in the form asked for, and pictures of them.
 */
#include "predict_forecast.h"
#include "draw_forecast.h"
#include "predict_parts.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "eval/tally.h"
#include "store/safetensors.h"
#include "tasks/forecast_parts.h"
#include <string.h>

static const char *text_of(const qd_prediction *p, const char *name)
{
    return qd_settings_text(p->settings, name);
}

/* ----------------------------------------------------------------------------------------- what is wanted */

static bool hubverse(const qd_prediction *p)
{
    return strcmp(p->format->name, "hubverse") == 0;
}

/* Reference date and rules of the hub; which quantiles. */
static qd_status find_levels(qd_prediction *p, qd_error *error)
{
    const char *wanted = text_of(p, "quantiles"), *given = text_of(p, "reference-date");
    if (!qd_forecast_date(p->panel, p->reference, true, p->date)) {
        p->date[0] = '\0';
    }
    if (*given != '\0') {
        qd_text_format(p->date, sizeof p->date, "%s", given);
    }
    qd_status status = QD_OK;
    if (*text_of(p, "hub") != '\0') {
        status = qd_hub_rules_read(text_of(p, "hub"), text_of(p, "hub-target"), p->date, &p->hub, error);
    }
    if (status != QD_OK) {
        return status;
    }
    status = hubverse(p) && !qd_settings_given(p->settings, "quantiles")
                 ? qd_levels_read("hub", &p->levels, &p->level, error)
                 : qd_levels_read(wanted, &p->levels, &p->level, error);
    p->wrong_use = status == QD_ERR_VALUE;
    double *joined = NULL;
    size_t count = 0;
    if (status == QD_OK) { /* the bands of pictures are always there, so that a picture changes no number */
        status = qd_forecast_levels_join(p->levels, p->level, QD_BAND_LEVELS, qd_band_levels, &count, &joined, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_levels_join(count, joined, p->hub != NULL ? p->hub->levels : 0,
                                         p->hub != NULL ? p->hub->level : qd_band_levels, &p->all_levels, &p->all_level,
                                         error);
    }
    qd_mem_free(joined);
    return status;
}

/* As many joint paths as were asked for, within what the hub takes. */
static size_t samples_of(const qd_prediction *p)
{
    size_t samples = p->format->samples ? (size_t)qd_settings_integer(p->settings, "samples") : 0;
    if (!hubverse(p)) {
        return samples;
    }
    if (p->hub == NULL || !p->hub->samples) {
        return 0;
    }
    samples = samples < p->hub->samples_least ? p->hub->samples_least : samples;
    return samples > p->hub->samples_most ? p->hub->samples_most : samples;
}

static void say_line(void *context, const char *line)
{
    (void)context;
    qd_say("%s", line);
}

/* ------------------------------------------------------------------------------------------------ results */

/* Where to write: what was asked for, or in a folder (by default this one) the name that a hub wants. */
static qd_status output_path(const qd_prediction *p, char *path, size_t size, qd_error *error)
{
    const char *output = text_of(p, "output"), *model = text_of(p, "model-id");
    const bool folder = *output != '\0' && strcmp(output, "-") != 0 && qd_file_folder(output);
    if (!hubverse(p) || (!folder && (*output != '\0' || *model == '\0'))) {
        const int whole = qd_text_format(path, size, "%s", *output != '\0' ? output : "-");
        return whole >= 0 && (size_t)whole < size ? QD_OK
                                                  : qd_fail(error, QD_ERR_VALUE, "output: the path is too long");
    }
    const qd_status status = qd_hub_check_model_id(model, error);
    if (status != QD_OK) {
        return status;
    }
    const char *slash = folder && output[strlen(output) - 1] != '/' ? "/" : "";
    const int length = qd_text_format(path, size, "%s%s%s-%s.csv", folder ? output : "", slash,
                                      p->hub != NULL ? p->hub->round_id : p->date, model);
    if (length < 0 || (size_t)length >= size) {
        return qd_fail(error, QD_ERR_VALUE, "output: the path is too long");
    }
    qd_say("writing %s", path);
    return QD_OK;
}

static qd_status write_forecast(const qd_prediction *p, qd_error *error)
{
    char path[4096];
    const qd_settings *trained = p->forecaster->settings;
    const char *target = qd_settings_text(trained, "target");
    qd_status status = output_path(p, path, sizeof path, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_forecast_write_options options = {
        .levels = p->levels,
        .level = p->level,
        .observed = p->panel->y,
        .target = *target != '\0' ? target : "count",
        .model_id = text_of(p, "model-id"),
        .hub = p->hub,
        .hub_target = text_of(p, "hub-target"),
        .reference_date = text_of(p, "reference-date"),
        .every_horizon = qd_settings_given(p->settings, "horizon"),
        .project = text_of(p, "project"),
        .site = text_of(p, "site"),
        .variable = text_of(p, "variable"),
        .duration = text_of(p, "duration"),
        .say = say_line,
    };
    status = p->format->write(p->forecast, &options, path, error);
    if (status == QD_OK && *text_of(p, "plot") != '\0') {
        status = qd_forecast_write_svg(p->forecast, p->y, options.target, 0, text_of(p, "plot"), error);
    }
    if (status == QD_OK && qd_settings_flag(p->settings, "draw")) {
        status = qd_forecast_draw(p->forecast, p->y, options.target, 0, stderr, error);
    }
    return status;
}

static qd_status predict(qd_prediction *p, const qd_safetensors *model, qd_error *error)
{
    qd_status status = qd_forecaster_from(model, &p->forecaster, error);
    if (status == QD_OK) {
        status = qd_settings_set(p->forecaster->settings, "threads", qd_settings_get(p->settings, "threads"), error);
    }
    if (status == QD_OK) {
        status = qd_prediction_read(p, error);
    }
    if (status == QD_OK) {
        status = find_levels(p, error);
    }
    if (status == QD_OK) {
        status = qd_prediction_say(p, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_make(p->forecaster, p->panel, p->y, p->origin, p->all_levels, p->all_level, samples_of(p),
                                  &p->forecast, error);
    }
    if (status == QD_OK) {
        qd_forecast_narrow(p->forecast, p->first, p->last);
        status = write_forecast(p, error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- command */

/* Options that do not go together are wrong use. */
static int check_use(const qd_arguments *arguments)
{
    const qd_settings *settings = arguments->settings;
    const bool hub = strcmp(qd_settings_text(settings, "format"), "hubverse") == 0;
    if (qd_forecast_format_find(qd_settings_text(settings, "format")) == NULL) {
        return qd_tell_usage("--format %s is of mutants; this model forecasts", qd_settings_text(settings, "format"));
    }
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
    if (qd_settings_given(settings, "season")) {
        return qd_tell_usage("--season belongs to training, and the model is trained; train one with it");
    }
    return QD_EXIT_DONE;
}

int qd_predict_forecast(const qd_arguments *arguments, const qd_safetensors *model)
{
    const int code = check_use(arguments);
    if (code != QD_EXIT_DONE) {
        return code;
    }
    qd_prediction p = {.settings = arguments->settings,
                       .path = arguments->paths[1],
                       .format = qd_forecast_format_find(qd_settings_text(arguments->settings, "format"))};
    qd_error error;
    const qd_status status = predict(&p, model, &error);
    qd_forecast_free(p.forecast);
    qd_hub_rules_free(p.hub);
    qd_mem_free(p.level);
    qd_mem_free(p.all_level);
    qd_mem_free(p.y);
    qd_panel_free(p.panel);
    qd_forecaster_free(p.forecaster);
    return status == QD_OK ? QD_EXIT_DONE
           : p.wrong_use   ? qd_tell_usage("--%s", error.message)
                           : qd_tell_failure(&error);
}
