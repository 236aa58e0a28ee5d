/* Horizons, as the user counts them. */
#include "base/text.h"
#include "tasks/forecast.h"

#include <math.h>
#include <string.h>

enum { MOST = 100000 };

static qd_status refuse(const char *text, qd_error *error)
{
    return qd_fail(error, QD_ERR_VALUE, "horizon: '%.60s' is neither a number of times, 1 to %d, nor a range A:B",
                   text, MOST);
}

qd_status qd_forecast_horizons(const qd_settings *settings, const qd_panel *panel, qd_horizons *out, qd_error *error)
{
    const char *text = qd_settings_text(settings, "horizon"), *colon = strchr(text, ':');
    const double lag = (double)qd_settings_integer(settings, "lag");
    *out = (qd_horizons){.first = 1};
    if (colon != NULL && !qd_text_to_integer(text, (size_t)(colon - text), &out->first)) {
        return refuse(text, error);
    }
    const char *last = colon != NULL ? colon + 1 : text;
    if (!qd_text_to_integer(last, strlen(last), &out->last) || out->last < out->first || out->last > MOST ||
        out->first < -MOST) {
        return refuse(text, error);
    }
    if (*qd_settings_text(settings, "as-of") != '\0' && panel->day_step > 0) {
        out->lead = (int64_t)ceil(lag / panel->day_step - 1e-9);
    }
    if (out->first + out->lead < 1) {
        return qd_fail(error, QD_ERR_VALUE,
                       "horizon: %lld is known already on the day of the forecast; the first that is not is %lld",
                       (long long)out->first, (long long)(1 - out->lead));
    }
    return QD_OK;
}
