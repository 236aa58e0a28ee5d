/* The naive forecasts of all series of a panel. */
#include "base/mem.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <string.h>

bool qd_forecast_observed(const double *y, size_t origin)
{
    for (size_t t = 0; t < origin; t++) {
        if (!isnan(y[t])) {
            return true;
        }
    }
    return false;
}

qd_status qd_forecast_baseline(const qd_baseline *baseline, const qd_naive *naive, const qd_panel *panel,
                               const double *y, size_t origin, size_t levels, const double *level, double *quantiles,
                               double *mean, qd_error *error)
{
    const size_t steps = naive->steps, each = steps * levels;
    double *day = qd_mem_new(origin + steps, sizeof *day);
    if (day == NULL) {
        return qd_fail_memory(error, (origin + steps) * sizeof *day, "dates");
    }
    for (size_t t = 0; t < origin + steps; t++) {
        day[t] = qd_panel_day(panel, (int64_t)t);
    }
    qd_status status = QD_OK;
    memset(quantiles, 0, panel->series * each * sizeof *quantiles);
    for (size_t s = 0; s < panel->series && status == QD_OK; s++) {
        const qd_past past = {.y = y + s * panel->times,
                              .known = origin,
                              .day = day,
                              .season = naive->season,
                              .day_step = panel->day_step,
                              .steps = steps,
                              .nonnegative = naive->nonnegative,
                              .draws = naive->draws};
        if (qd_forecast_observed(past.y, origin)) {
            status = baseline->forecast(&past, levels, level, quantiles + s * each,
                                        mean != NULL ? mean + s * steps : NULL, error);
        } else if (mean != NULL) {
            memset(mean + s * steps, 0, steps * sizeof *mean);
        }
    }
    qd_mem_free(day);
    return status;
}
