/* A panel with more times at its end, where nothing is known. */
#include "data/panel.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* [series][old] to [series][times], NaN in what is new; a new array in place of the old one. */
static bool widen(double **values, size_t series, size_t old, size_t times)
{
    double *wide = qd_mem_new(series, times * sizeof *wide);
    if (wide == NULL) {
        return false;
    }
    for (size_t s = 0; s < series; s++) {
        memcpy(wide + s * times, *values + s * old, old * sizeof *wide);
        for (size_t t = old; t < times; t++) {
            wide[s * times + t] = NAN;
        }
    }
    qd_mem_free(*values);
    *values = wide;
    return true;
}

qd_status qd_panel_extend(qd_panel *panel, size_t times, qd_error *error)
{
    const size_t old = panel->times, features = panel->past + panel->known;
    if (times <= old) {
        return QD_OK;
    }
    double *day = qd_mem_new(times, sizeof *day);
    if (day == NULL) {
        return qd_fail_memory(error, times * sizeof *day, "dates");
    }
    for (size_t t = 0; t < times; t++) {
        day[t] = qd_panel_day(panel, (int64_t)t);
    }
    /* Each array keeps its old width until it has the new one; on failure the panel can only be freed. */
    bool done = widen(&panel->y, panel->series, old, times);
    done = done && (panel->effort == NULL || widen(&panel->effort, panel->series, old, times));
    for (size_t k = 0; k < features && done; k++) {
        done = widen(&panel->feature[k].value, panel->series, old, times);
    }
    qd_mem_free(panel->day);
    panel->day = day;
    panel->times = times;
    return done ? QD_OK : qd_fail_memory(error, panel->series * times * sizeof(double), "a panel");
}
