/* What quadrat predict knows with a forecaster: the data as the model was trained on them, the origin, the horizons. */
#include "predict_parts.h"

#include "base/mem.h"
#include "base/text.h"
#include "cli.h"
#include <math.h>
#include <string.h>

static const char *text_of(const qd_prediction *p, const char *name)
{
    return qd_settings_text(p->settings, name);
}

static bool vintages(const qd_prediction *p)
{
    return p->panel->revision != NULL;
}

/* ------------------------------------------------------------------------------------- origin and horizons */

static qd_status find_time(const qd_prediction *p, const char *option, const char *text, int64_t *i, qd_error *error)
{
    if (qd_panel_time_find(p->panel, text, i)) {
        return QD_OK;
    }
    char date[QD_TIME_SIZE], first[QD_TIME_SIZE], last[QD_TIME_SIZE];
    const int64_t reach = (int64_t)p->panel->times + 10000;
    for (*i = -10000; *i < reach; ++*i) { /* the date that stands for a time that is written in another way */
        if (qd_forecast_date(p->panel, *i, true, date) && strcmp(date, text) == 0) {
            return QD_OK;
        }
    }
    qd_panel_time_text(p->panel, 0, first, sizeof first);
    qd_panel_time_text(p->panel, (int64_t)p->panel->times - 1, last, sizeof last);
    return qd_fail_at(error, QD_ERR_VALUE, p->path, 0, 0, "%s: %s is no time of these data, which go from %s to %s",
                      option, text, first, last);
}

int64_t qd_prediction_observed(const qd_panel *panel, const double *y)
{
    for (int64_t t = (int64_t)panel->times - 1; t >= 0; t--) {
        for (size_t s = 0; s < panel->series; s++) {
            if (!isnan(y[s * panel->times + (size_t)t])) {
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
static qd_status find_reference(qd_prediction *p, qd_error *error)
{
    const char *wanted = *text_of(p, "reference-date") != '\0' ? text_of(p, "reference-date") : text_of(p, "origin");
    const int64_t lag = qd_settings_integer(p->forecaster->settings, "lag");
    const int64_t published = p->panel->revision[p->panel->revisions - 1].as_of;
    if (*wanted != '\0') {
        return find_time(p, *text_of(p, "reference-date") != '\0' ? "reference-date" : "origin", wanted, &p->reference,
                         error);
    }
    int64_t day;
    for (p->reference = (int64_t)p->panel->times - 1; day_of(p->panel, p->reference, &day) && day < published + lag;
         p->reference++) {
    }
    return QD_OK;
}

/* What the latest times are corrected by, the last first: "+7%, +2%". */
static void say_late(const double factor[QD_PANEL_LATE])
{
    char text[QD_PANEL_LATE * 16] = "";
    size_t used = 0, shown = 0;
    for (size_t age = 0; age < QD_PANEL_LATE; age++) {
        shown = fabs(factor[age] - 1) >= 0.005 ? age + 1 : shown;
    }
    for (size_t age = 0; age < shown; age++) {
        used += (size_t)qd_text_format(text + used, sizeof text - used, "%s%+.0f%%", age > 0 ? ", " : "",
                                       100 * (factor[age] - 1));
    }
    if (shown > 0) {
        qd_say("late reports have changed what was first published; the last %zu time%s corrected by %s", shown,
               shown > 1 ? "s are" : " is", text);
    }
}

static qd_status know_vintages(qd_prediction *p, qd_error *error)
{
    int64_t day;
    qd_status status = find_reference(p, error);
    if (status != QD_OK) {
        return status;
    }
    p->origin = p->reference - p->forecaster->horizons.lead;
    if (p->origin < 0 || !day_of(p->panel, p->reference, &day)) {
        return qd_fail_at(error, QD_ERR_VALUE, p->path, 0, 0, "nothing was published before the date of the forecast");
    }
    status = qd_panel_extend(p->panel, (size_t)p->origin + 1, error);
    if (status != QD_OK) {
        return status;
    }
    p->y = qd_mem_new(p->panel->series, p->panel->times * sizeof *p->y);
    if (p->y == NULL) {
        return qd_fail_memory(error, p->panel->series * p->panel->times * sizeof *p->y, "counts");
    }
    const int64_t known = day - qd_settings_integer(p->forecaster->settings, "lag");
    double factor[QD_PANEL_LATE];
    qd_panel_as_of(p->panel, known, p->y);
    status = qd_panel_settle(p->panel, known, p->y, factor, error);
    if (status == QD_OK) {
        say_late(factor);
    }
    return status;
}

static qd_status find_origin(qd_prediction *p, qd_error *error)
{
    const char *origin = text_of(p, "origin"), *date = text_of(p, "reference-date");
    const int64_t last = qd_prediction_observed(p->panel, p->panel->y);
    qd_status status = QD_OK;
    p->origin = last;
    if (*origin != '\0') {
        status = find_time(p, "origin", origin, &p->origin, error);
    } else if (*date != '\0') {
        int64_t reference;
        status = find_time(p, "reference-date", date, &reference, error);
        p->origin = status == QD_OK && reference - 1 < last ? reference - 1 : last;
    }
    if (status == QD_OK && (p->origin < 0 || p->origin >= (int64_t)p->panel->times)) {
        char first[QD_TIME_SIZE], end[QD_TIME_SIZE];
        qd_panel_time_text(p->panel, 0, first, sizeof first);
        qd_panel_time_text(p->panel, (int64_t)p->panel->times - 1, end, sizeof end);
        status = qd_fail_at(error, QD_ERR_VALUE, p->path, 0, 0, "%s is not within the times of these data, %s to %s",
                            *origin != '\0' ? origin : "the time before the reference date", first, end);
    }
    p->reference = p->origin;
    return status;
}

static qd_status know(qd_prediction *p, qd_error *error)
{
    if (vintages(p)) {
        return know_vintages(p, error);
    }
    const qd_status status = find_origin(p, error);
    if (status != QD_OK) {
        return status;
    }
    const size_t times = p->panel->times;
    p->y = qd_mem_new(p->panel->series, times * sizeof *p->y);
    if (p->y == NULL) {
        return qd_fail_memory(error, p->panel->series * times * sizeof *p->y, "counts");
    }
    for (size_t i = 0; i < p->panel->series * times; i++) {
        p->y[i] = (int64_t)(i % times) <= p->origin ? p->panel->y[i] : (double)NAN;
    }
    return QD_OK;
}

/* The horizons asked for must be among those that the model was trained for. */
static qd_status find_horizons(qd_prediction *p, qd_error *error)
{
    const qd_horizons *trained = &p->forecaster->horizons;
    p->first = trained->first;
    p->last = trained->last;
    if (!qd_settings_given(p->settings, "horizon")) {
        return QD_OK;
    }
    qd_horizons asked;
    qd_settings *settings;
    qd_status status = qd_settings_copy(p->forecaster->settings, &settings, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_settings_set(settings, "horizon", text_of(p, "horizon"), error);
    if (status == QD_OK) {
        status = qd_forecast_horizons(settings, p->panel, &asked, error);
    }
    qd_settings_free(settings);
    if (status != QD_OK) {
        p->wrong_use = status == QD_ERR_VALUE;
        return status;
    }
    if (asked.first < trained->first || asked.last > trained->last) {
        return qd_fail(error, QD_ERR_VALUE,
                       "horizon: %s is more than the model was trained for, %lld to %lld; train one with a longer "
                       "horizon",
                       text_of(p, "horizon"), (long long)trained->first, (long long)trained->last);
    }
    p->first = asked.first;
    p->last = asked.last;
    return QD_OK;
}

qd_status qd_prediction_read(qd_prediction *p, qd_error *error)
{
    qd_status status = qd_forecaster_read(p->forecaster, p->settings, p->path, &p->panel, error);
    if (status == QD_OK) {
        status = know(p, error);
    }
    return status == QD_OK ? find_horizons(p, error) : status;
}
