/* What was understood of a table of counts, a line each: all of it for --dry-run, else what the user may not expect. */
#include "train_forecast.h"

#include "base/mem.h"
#include "base/text.h"
#include "tasks/forecast.h"
#include <math.h>
#include <string.h>

enum { NAMES = 240, DATE = 32 };

/* Adds ", NAME", or ", ..." where that does not fit; false from then on. */
static bool add_name(char text[NAMES], const char *name)
{
    const size_t used = strlen(text), length = strlen(name);
    const bool fits = used + length + 32 < NAMES;
    qd_text_format(text + used, NAMES - used, "%s%s", used > 0 ? ", " : "", fits ? name : "...");
    return fits;
}

/* "a, b, c, ..." of the series that are wanted, all where `wanted` is NULL. */
static void list_series(const qd_panel *panel, const bool *wanted, char text[NAMES])
{
    bool fits = true;
    text[0] = '\0';
    for (size_t s = 0; s < panel->series && fits; s++) {
        qd_error ignored;
        char *name = NULL;
        if (wanted == NULL || wanted[s]) {
            fits = qd_forecast_series_name(panel, s, &name, &ignored) == QD_OK && add_name(text, name);
            qd_mem_free(name);
        }
    }
}

/* ------------------------------------------------------------------------------------------------- lines */

static void say_series(const qd_panel *panel)
{
    char names[NAMES];
    list_series(panel, NULL, names);
    qd_say("series: %zu%s%s", panel->series, panel->keys > 0 ? ": " : "", panel->keys > 0 ? names : "");
}

static void say_times(const qd_settings *settings, const qd_panel *panel)
{
    char frequency[64], first[DATE], last[DATE], season[64] = "none";
    qd_panel_frequency_text(panel, frequency, sizeof frequency);
    qd_panel_time_text(panel, 0, first, sizeof first);
    qd_panel_time_text(panel, (int64_t)panel->times - 1, last, sizeof last);
    if (panel->season > 0) {
        qd_text_format(season, sizeof season, "%.4g times%s", panel->season,
                       qd_settings_real(settings, "season") > 0 ? "" : ", by the dates");
    }
    qd_say("times: %s, %s to %s, %zu in all; season: %s", frequency, first, last, panel->times, season);
    if (panel->unsorted > 0) {
        qd_say("order: %zu rows stood before an earlier time of their series; they were sorted", panel->unsorted);
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

static void say_columns(const qd_settings *settings, const qd_panel *panel)
{
    static const char *const names[] = {"covariates", "known", "static", "effort"};
    static const char *const says[] = {"known up to the origin", "known in the future too", "one value a series",
                                       "exposure: the mean is proportional to it"};
    if (*qd_settings_text(settings, "tally") != '\0') {
        qd_say("counts: a row is one case");
    } else if (!qd_settings_flag(settings, "wide")) {
        qd_say("counts: column %s", qd_settings_text(settings, "target"));
    } else {
        qd_say("counts: a column a series");
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *list = qd_settings_text(settings, names[i]);
        if (*list != '\0') {
            qd_say("%s: %s (%s)", names[i], list, says[i]);
        }
    }
    qd_say("left out: %s", *panel->left_out != '\0' ? panel->left_out : "no column");
}

static void say_vintages(const qd_settings *settings, const qd_panel *panel, const qd_horizons *horizons)
{
    size_t days = 0, withdrawn = 0;
    char first[DATE], last[DATE];
    if (panel->revision == NULL) {
        return;
    }
    for (size_t k = 0; k < panel->revisions; k++) {
        days += k == 0 || panel->revision[k].as_of != panel->revision[k - 1].as_of;
        withdrawn += isnan(panel->revision[k].value) ? 1 : 0;
    }
    qd_time_text(QD_TIME_DAY, false, panel->revision[0].as_of, first, sizeof first);
    qd_time_text(QD_TIME_DAY, false, panel->revision[panel->revisions - 1].as_of, last, sizeof last);
    qd_say("vintages: %zu values published on %zu days, %s to %s, %zu of them empty; a forecast knows what was "
           "published %lld days before its date, and horizon 0 is %lld after the last time known",
           panel->revisions, days, first, last, withdrawn, (long long)qd_settings_integer(settings, "lag"),
           (long long)horizons->lead);
}

static void say_model(const qd_settings *settings, const qd_panel *panel, const qd_horizons *horizons)
{
    char first[DATE], last[DATE];
    const int64_t known = (int64_t)panel->times - 1 + horizons->lead;
    qd_panel_time_text(panel, known + horizons->first, first, sizeof first);
    qd_panel_time_text(panel, known + horizons->last, last, sizeof last);
    qd_say("horizon: %lld to %lld, from the end of the data %s to %s", (long long)horizons->first,
           (long long)horizons->last, first, last);
    qd_say("model: %s, %s, context %lld times, %lld networks", qd_settings_text(settings, "layers"),
           qd_settings_text(settings, "likelihood"), (long long)qd_settings_integer(settings, "context"),
           (long long)qd_settings_integer(settings, "ensemble"));
}

/* ------------------------------------------------------------------------------------------- assumptions */

static void say_assumptions(const qd_settings *settings, const qd_panel *panel)
{
    const char *tally = qd_settings_text(settings, "tally");
    if (qd_settings_flag(settings, "wide") && *qd_settings_text(settings, "series-columns") == '\0') {
        qd_say("assumed: every column of whole numbers that is not named otherwise is a series (--series-columns)");
    }
    if (*tally != '\0') {
        qd_say("assumed: a %s without a row had no case, 0", tally);
    }
    if (panel->effort != NULL) {
        qd_say("assumed: where effort is not known%s, it is the usual one of the series",
               panel->effort_known ? "" : ", as after an origin (--known tells it there)");
    }
    if (panel->revision != NULL && (panel->effort != NULL || panel->past + panel->known > 0)) {
        qd_say("assumed: covariates and effort were never corrected; only the counts have vintages");
    }
    if (!(panel->season > 0) && panel->kind == QD_TIME_INDEX) {
        qd_say("assumed: no season, since the times have no dates (--season, --date)");
    }
    if (!qd_settings_given(settings, "horizon")) {
        qd_say("assumed: one time ahead is wanted (--horizon)");
    }
}

/* Series that are too short to learn from alone. */
static void say_short(const qd_panel *panel, const qd_horizons *horizons)
{
    char names[NAMES];
    size_t count = 0;
    bool *few = qd_mem_new(panel->series, sizeof *few);
    for (size_t s = 0; few != NULL && s < panel->series; s++) {
        int64_t observed = 0;
        for (size_t t = 0; t < panel->times; t++) {
            observed += isnan(panel->y[s * panel->times + t]) ? 0 : 1;
        }
        few[s] = observed < horizons->last + horizons->lead;
        count += few[s];
    }
    if (count > 0) {
        list_series(panel, few, names);
        qd_say("short: fewer counts than the horizon in %zu of %zu series%s%s", count, panel->series,
               panel->keys > 0 ? ": " : "", panel->keys > 0 ? names : "");
    }
    qd_mem_free(few);
}

void qd_say_panel(const qd_settings *settings, const qd_panel *panel, int all)
{
    qd_error ignored;
    qd_horizons horizons;
    say_series(panel);
    say_times(settings, panel);
    if (qd_forecast_horizons(settings, panel, &horizons, &ignored) != QD_OK) {
        return; /* who uses them tells */
    }
    if (all) {
        say_gaps(panel);
        say_columns(settings, panel);
        say_vintages(settings, panel, &horizons);
        say_model(settings, panel, &horizons);
    }
    say_short(panel, &horizons);
    say_assumptions(settings, panel);
}
