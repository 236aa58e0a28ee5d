/* Forecasts of a few series in the terminal. */
#include "draw_forecast.h"
#include "plot.h"

#include "base/mem.h"
#include <math.h>

enum { MOST_SERIES = 12, FEW_SERIES = 4, LABEL = 40 };

/* What is drawn of one series: [count] each. */
typedef struct curves {
    size_t count;
    double *observed, *median, *low, *high, *lower, *higher; /* 50%: low, high; 95%: lower, higher */
} curves;

static bool curves_new(size_t count, double **block, curves *c)
{
    *block = qd_mem_new(6 * count, sizeof **block);
    *c = (curves){.count = count};
    double **const parts[] = {&c->observed, &c->median, &c->low, &c->high, &c->lower, &c->higher};
    for (size_t i = 0; i < 6 && *block != NULL; i++) {
        *parts[i] = *block + i * count;
    }
    return *block != NULL;
}

/* first: the time of the first place. */
static void fill(curves *c, const qd_forecast *f, const double *y, size_t series, int64_t first)
{
    const int64_t times = (int64_t)f->panel->times, begin = qd_forecast_time(f, 0);
    for (size_t i = 0; i < c->count; i++) {
        const int64_t t = first + (int64_t)i;
        c->observed[i] = t >= 0 && t < times && t <= f->origin ? y[(int64_t)series * times + t] : (double)NAN;
        c->median[i] = c->low[i] = c->high[i] = c->lower[i] = c->higher[i] = NAN;
        if (t >= begin && t < begin + (int64_t)f->horizons) {
            const size_t h = (size_t)(t - begin);
            c->lower[i] = qd_forecast_quantile(f, series, h, 0.025);
            c->low[i] = qd_forecast_quantile(f, series, h, 0.25);
            c->median[i] = qd_forecast_quantile(f, series, h, 0.5);
            c->high[i] = qd_forecast_quantile(f, series, h, 0.75);
            c->higher[i] = qd_forecast_quantile(f, series, h, 0.975);
        }
    }
}

qd_status qd_forecast_draw(const qd_forecast *forecast, const double *y, const char *target, size_t most, FILE *out,
                           qd_error *error)
{
    size_t chosen[MOST_SERIES];
    const size_t shown = qd_forecast_shown(forecast);
    const size_t n = qd_forecast_choose(forecast, y, shown,
                                        most == 0            ? FEW_SERIES
                                        : most > MOST_SERIES ? MOST_SERIES
                                                             : most,
                                        chosen);
    const int64_t first = forecast->origin - (int64_t)shown + 1;
    const int64_t last = qd_forecast_time(forecast, forecast->horizons - 1);
    double *block;
    curves c;
    if (!curves_new((size_t)(last - first) + 1, &block, &c)) {
        return qd_fail_memory(error, 6 * (size_t)(last - first + 1) * sizeof(double), "a plot");
    }
    char from[LABEL], until[LABEL], name[256];
    qd_panel_time_text(forecast->panel, first, from, sizeof from);
    qd_panel_time_text(forecast->panel, last, until, sizeof until);
    for (size_t i = 0; i < n; i++) {
        fill(&c, forecast, y, chosen[i], first);
        qd_forecast_series_text(forecast->panel, chosen[i], target, name, sizeof name);
        const qd_plot plot = {.observed = c.observed,
                              .predicted = c.median,
                              .inner = {c.low, c.high},
                              .outer = {c.lower, c.higher},
                              .count = c.count,
                              .lines = n > 1 ? 10 : 14,
                              .first = from,
                              .last = until,
                              .title = name};
        qd_plot_draw(&plot, qd_plot_utf8(out), out);
    }
    qd_mem_free(block);
    return QD_OK;
}
