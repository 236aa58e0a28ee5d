/* quadrat train forecast: from a table of counts and settings to a model file, and what was understood on the way. */
#include "train_forecast.h"
#include "progress.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "tasks/forecast.h"
#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------------------------- what was understood */

enum { NAMES = 240 };

/* "a, b, c, ... (40 in all)" */
static void list_series(const qd_panel *panel, char text[NAMES])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t s = 0; s < panel->series; s++) {
        qd_error ignored;
        char *name = NULL;
        const bool named = qd_forecast_series_name(panel, s, &name, &ignored) == QD_OK;
        const size_t length = named ? strlen(name) : 0;
        const bool fits = named && used + length + 32 < NAMES;
        used += (size_t)(fits ? qd_text_format(text + used, NAMES - used, "%s%s", s > 0 ? ", " : "", name) : 0);
        qd_mem_free(name);
        if (!fits) {
            qd_text_format(text + used, NAMES - used, "%s...", s > 0 ? ", " : "");
            return;
        }
    }
}

/* Missing values between the first and the last of each series, and how many series begin or end early. */
static void say_gaps(const qd_panel *panel)
{
    size_t missing = 0, late = 0, early = 0, empty = 0;
    for (size_t s = 0; s < panel->series; s++) {
        const double *y = panel->y + s * panel->times;
        size_t first = 0, last = panel->times;
        while (first < panel->times && isnan(y[first])) {
            first++;
        }
        while (last > first && isnan(y[last - 1])) {
            last--;
        }
        for (size_t t = first; t < last; t++) {
            missing += isnan(y[t]) ? 1 : 0;
        }
        empty += first == panel->times;
        late += first > 0 && first < panel->times;
        early += last < panel->times && last > first;
    }
    qd_say("missing: %zu counts within the series; %zu series begin later, %zu end earlier, %zu have no counts",
           missing, late, early, empty);
}

static void say_columns(const qd_settings *settings)
{
    static const char *const names[] = {"covariates", "known", "static", "effort", "as-of"};
    static const char *const says[] = {"known up to the origin", "known in the future too", "one value a series",
                                       "exposure: the mean is proportional to it", "day of publication"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *list = qd_settings_text(settings, names[i]);
        if (*list != '\0') {
            qd_say("%s: %s (%s)", names[i], list, says[i]);
        }
    }
}

void qd_say_panel(const qd_settings *settings, const qd_panel *panel, int all)
{
    char frequency[64], first[32], last[32], names[NAMES], season[64] = "none";
    qd_panel_frequency_text(panel, frequency, sizeof frequency);
    qd_panel_time_text(panel, 0, first, sizeof first);
    qd_panel_time_text(panel, (int64_t)panel->times - 1, last, sizeof last);
    if (panel->season > 0) {
        qd_text_format(season, sizeof season, "%.4g times%s", panel->season,
                       qd_settings_real(settings, "season") > 0 ? "" : ", by the dates");
    }
    list_series(panel, names);
    qd_say("series: %zu%s%s", panel->series, panel->keys > 0 ? ": " : "", panel->keys > 0 ? names : "");
    qd_say("times: %s, %s to %s, %zu in all; season: %s", frequency, first, last, panel->times, season);
    if (panel->unsorted > 0) {
        qd_say("order: %zu rows stood before an earlier time of their series; they were sorted", panel->unsorted);
    }
    if (!all) {
        return;
    }
    say_gaps(panel);
    say_columns(settings);
    qd_say("model: %s, %s, horizon %s, context %lld times, %lld networks", qd_settings_text(settings, "layers"),
           qd_settings_text(settings, "likelihood"), qd_settings_text(settings, "horizon"),
           (long long)qd_settings_integer(settings, "context"), (long long)qd_settings_integer(settings, "ensemble"));
}

/* ------------------------------------------------------------------------------------------------ command */

/* Networks are trained one after the other: shown as one training, with a line a network where there is no bar. */
typedef struct course {
    qd_progress_display display;
    size_t network, networks;
    double before, last; /* seconds of the networks before, and of this one so far */
} course;

static int monitor(void *context, const qd_progress *progress)
{
    course *c = context;
    qd_progress all = *progress;
    if (progress->epoch == 1 && progress->batch == 1) {
        c->network++;
        c->before += c->last;
    }
    c->last = progress->seconds;
    all.batches *= progress->epochs;
    all.batch += (progress->epoch - 1) * progress->batches;
    all.epoch = c->network;
    all.epochs = c->networks > c->network ? c->networks : c->network;
    all.seconds += c->before;
    const double done = (double)(all.epoch - 1) * (double)all.batches + (double)all.batch;
    all.seconds_left = all.seconds * ((double)all.epochs * (double)all.batches / done - 1);
    return qd_progress_monitor(&c->display, &all);
}

static qd_status train(const qd_settings *settings, const qd_panel *panel, qd_error *error)
{
    const char *output = qd_settings_text(settings, "output");
    qd_forecaster *forecaster;
    course c = {.display = qd_progress_begin("network"),
                .networks = qd_forecast_networks(settings, panel, panel->times)};
    qd_status status = qd_forecast_train(settings, panel, panel->y, panel->times, monitor, &c, &forecaster, error);
    qd_progress_end(&c.display);
    if (status != QD_OK) {
        return status;
    }
    status = qd_forecaster_save(forecaster, output, error);
    qd_forecaster_free(forecaster);
    if (status == QD_OK) {
        qd_say("saved %s", output);
    }
    return status;
}

static qd_status run(const qd_arguments *arguments, qd_error *error)
{
    qd_panel *panel = NULL;
    qd_settings *settings = NULL;
    const bool dry = qd_settings_flag(arguments->settings, "dry-run");
    qd_status status = qd_forecast_read(arguments->settings, arguments->paths[1], &panel, error);
    if (status == QD_OK) {
        status = qd_forecast_settings(arguments->settings, panel, &settings, error);
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

int qd_train_forecast(const qd_arguments *arguments)
{
    qd_error error;
    if (*qd_settings_text(arguments->settings, "output") == '\0' && !qd_settings_flag(arguments->settings, "dry-run")) {
        return qd_tell_usage("where to save the model? (-o MODEL.safetensors)");
    }
    if (arguments->count != 2) {
        return qd_tell_usage("one table of counts is wanted: quadrat train forecast FILE.csv --time COLUMN ...");
    }
    if (*qd_settings_text(arguments->settings, "time") == '\0') {
        return qd_tell_usage("which column has the times? (--time COLUMN)");
    }
    if (qd_arguments_check_paths(arguments, 1) != QD_EXIT_DONE) {
        return QD_EXIT_USAGE;
    }
    return run(arguments, &error) == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
