/* What quadrat predict says of a forecast before it makes it. */
#include "cli.h"
#include "predict_parts.h"

#include "base/mem.h"
#include "tasks/forecast_parts.h"
#include <math.h>

qd_status qd_say_unseen(const qd_forecaster *forecaster, const qd_panel *panel, qd_error *error)
{
    qd_name_list list = {0};
    size_t *token;
    const qd_status status = qd_forecast_tokens(forecaster, panel, &token, error);
    for (size_t s = 0; status == QD_OK && s < panel->series; s++) {
        if (token[s] == forecaster->series) {
            char name[256];
            qd_forecast_series_text(panel, s, qd_settings_text(forecaster->settings, "target"), name, sizeof name);
            qd_name_list_add(&list, name);
        }
    }
    if (status == QD_OK) {
        qd_mem_free(token);
    }
    if (list.count > 0) {
        const size_t count = list.count;
        qd_say("%zu of %zu series are new to the model, which forecasts them as it does series in general: %s", count,
               panel->series, qd_name_list_text(&list));
    }
    return status;
}

/* How many of the values that a forecast reads of the future are not there. */
static size_t count_missing(const qd_prediction *p, const double *values, int64_t last)
{
    size_t missing = 0;
    for (size_t s = 0; s < p->panel->series; s++) {
        for (int64_t t = p->origin + 1; t <= last; t++) {
            missing += t >= (int64_t)p->panel->times || isnan(values[s * p->panel->times + (size_t)t]);
        }
    }
    return missing;
}

static void say_missing(const qd_prediction *p)
{
    const int64_t last = p->reference + p->last;
    const size_t all = p->panel->series * (size_t)(last - p->origin);
    for (size_t k = p->panel->past; k < p->panel->past + p->panel->known; k++) {
        const size_t missing = count_missing(p, p->panel->feature[k].value, last);
        if (missing > 0) {
            qd_say("%s: %zu of the %zu values that the forecast needs from after the origin are missing, and taken as "
                   "its mean",
                   p->panel->feature[k].name, missing, all);
        }
    }
    if (p->panel->effort != NULL && (!p->panel->effort_known || count_missing(p, p->panel->effort, last) > 0)) {
        qd_say("%s after the origin is not known%s: taken as the usual one of each series",
               qd_settings_text(p->forecaster->settings, "effort"), p->panel->effort_known ? " everywhere" : "");
    }
}

qd_status qd_prediction_say(const qd_prediction *p, qd_error *error)
{
    char origin[QD_TIME_SIZE], first[QD_TIME_SIZE], last[QD_TIME_SIZE];
    const int64_t observed = qd_prediction_observed(p->panel, p->y); /* before the origin where the data lag */
    qd_panel_time_text(p->panel, observed >= 0 && observed < p->origin ? observed : p->origin, origin, sizeof origin);
    qd_panel_time_text(p->panel, p->reference + p->first, first, sizeof first);
    qd_panel_time_text(p->panel, p->reference + p->last, last, sizeof last);
    qd_say("%zu series, known up to %s; forecast: horizons %lld to %lld (%s to %s)", p->panel->series, origin,
           (long long)p->first, (long long)p->last, first, last);
    const qd_status status = qd_say_unseen(p->forecaster, p->panel, error);
    if (status == QD_OK) {
        say_missing(p);
    }
    return status;
}
