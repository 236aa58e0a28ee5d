/* From a place in a panel to the inputs of the network. */
#include "tasks/forecast_parts.h"

#include <math.h>
#include <string.h>

/* The inputs of a step, in this order. */
enum {
    VALUE,    /* what was observed, relative to the scale; 0 where it is not known */
    OBSERVED, /* 1 where it is */
    AHEAD,    /* 1 in the horizon */
    DISTANCE, /* h / H there */
    LEVEL,    /* logarithm of the scale, standardised */
    SEASON_1, /* the value a season before, and two */
    SEASON_2,
    RECENT, /* in the horizon: the last value, and how far it is from some before it */
    FIXED = RECENT + 6
};

enum { YEAR_WAVES = 2, WEEK_WAVES = 2 };

static size_t waves(const qd_forecast_inputs *inputs)
{
    return (inputs->dated ? 2u * YEAR_WAVES : 0) + (inputs->weekdays ? 2u * WEEK_WAVES : 0);
}

void qd_forecast_scale(const qd_settings *settings, qd_forecast_inputs *inputs)
{
    const char *scale = qd_settings_text(settings, "scale");
    const qd_likelihood *likelihood = qd_likelihood_find(qd_settings_text(settings, "likelihood"));
    inputs->nonnegative = likelihood->support != QD_SUPPORT_REALS;
    inputs->logs = strcmp(scale, "log1p") == 0 || (strcmp(scale, "auto") == 0 && inputs->nonnegative);
    inputs->unscaled = strcmp(scale, "none") == 0;
}

size_t qd_forecast_width(const qd_forecast_inputs *inputs)
{
    return FIXED + waves(inputs) + inputs->past + inputs->known + inputs->constants + 1;
}

double qd_forecast_exposure(const qd_panel *panel, size_t series, size_t time, size_t origin)
{
    if (panel->effort == NULL) {
        return 1;
    }
    const double *effort = panel->effort + series * panel->times;
    if (time < panel->times && (time < origin || panel->effort_known) && !isnan(effort[time])) {
        return effort[time];
    }
    double sum = 0;
    size_t n = 0;
    for (size_t t = 0; t < origin && t < panel->times; t++) {
        if (!isnan(effort[t])) {
            sum += effort[t];
            n++;
        }
    }
    return n > 0 ? sum / (double)n : 1;
}

/* Mean size of what the context holds, per unit of effort; 0 where it holds nothing. */
static double scale_of(const qd_forecast_inputs *inputs, const qd_forecast_view *view, size_t series, size_t first,
                       size_t origin)
{
    const double *y = view->y + series * view->panel->times;
    const double keep = inputs->half_life > 0 ? exp2(-1 / inputs->half_life) : 1;
    double sum = 0, exposure = 0, all = 0, n = 0;
    for (size_t t = first; t < origin; t++) {
        sum *= keep;
        exposure *= keep;
        if (!isnan(y[t])) {
            const double unit = qd_forecast_exposure(view->panel, series, t, origin);
            sum += fabs(y[t]);
            exposure += unit;
            all += fabs(y[t]) / unit;
            n += 1;
        }
    }
    if (exposure == 0) {
        return 0;
    }
    if (inputs->unscaled) {
        return 1;
    }
    /* One observation of the context's mean, and one count more in it than was seen: a series of zeros has a scale too.
     */
    return inputs->nonnegative ? (sum + (all + 1) / n) / (exposure + 1) : sum > 0 ? sum / exposure : 1;
}

/* A value as the network sees it: near 0 where it is of the series' usual size. */
static double relative(const qd_forecast_inputs *inputs, double value, double unit)
{
    return inputs->logs ? log((value + 1) / (unit + 1)) : value / unit;
}

/* The value `back` times before t, between two neighbours where that is no whole number; only what was known. */
static double lagged(const qd_forecast_inputs *inputs, const qd_forecast_view *view, size_t series, size_t t,
                     double back, size_t origin, double scale)
{
    const double at = (double)t - back;
    if (back <= 0 || at < 0) {
        return 0;
    }
    const double *y = view->y + series * view->panel->times;
    const size_t below = (size_t)at;
    double sum = 0, weight = 0;
    for (size_t k = below; k <= below + 1 && k < origin; k++) {
        const double part = k == below ? 1 - (at - (double)below) : at - (double)below;
        if (!isnan(y[k])) {
            sum += part * relative(inputs, y[k], scale * qd_forecast_exposure(view->panel, series, k, origin));
            weight += part;
        }
    }
    return weight > 0 ? sum / weight : 0;
}

void qd_forecast_tell_count(const qd_forecast_inputs *inputs, double value, double unit, float *x)
{
    x[VALUE] = (float)relative(inputs, value, unit);
    x[OBSERVED] = 1;
}

static size_t fill_waves(double period, size_t count, double day, float *x)
{
    const double turn = 2 * 3.14159265358979323846 * (day / period - floor(day / period));
    for (size_t k = 0; k < count; k++) {
        x[2 * k] = (float)sin(turn * (double)(k + 1));
        x[2 * k + 1] = (float)cos(turn * (double)(k + 1));
    }
    return 2 * count;
}

/* Covariates of the step, standardised; one that is not known is at its mean. */
static void fill_covariates(const qd_forecast_inputs *inputs, const qd_panel *panel, size_t series, size_t t,
                            bool ahead, float *x)
{
    const size_t all = inputs->past + inputs->known + inputs->constants;
    for (size_t k = 0; k < all; k++) {
        const bool constant = k >= inputs->past + inputs->known;
        const double *values = panel->feature[k].value;
        double value = NAN;
        if (constant) {
            value = values[series];
        } else if (t < panel->times && !(ahead && k < inputs->past)) {
            value = values[series * panel->times + t];
        }
        x[k] = isnan(value) ? 0 : (float)((value - inputs->mean[k]) / inputs->sd[k]);
    }
}

static void fill_step(const qd_forecast_inputs *inputs, const qd_forecast_view *view, size_t series, size_t t,
                      size_t origin, double scale, float *x)
{
    const qd_panel *panel = view->panel;
    const bool ahead = t >= origin;
    const size_t known = inputs->fed && view->until > origin ? view->until : origin;
    const size_t told = !inputs->fed ? t : t > 0 ? t - 1 : known; /* the time whose count the step is told */
    const double value = told >= known ? (double)NAN : view->y[series * panel->times + told];
    memset(x, 0, qd_forecast_width(inputs) * sizeof *x);
    if (!isnan(value)) {
        qd_forecast_tell_count(inputs, value, scale * qd_forecast_exposure(panel, series, told, known), x);
    }
    if (!inputs->fed) {
        x[AHEAD] = ahead;
        x[DISTANCE] = ahead ? (float)(t - origin + 1) / (float)inputs->horizon : 0;
    }
    x[LEVEL] = (float)((log(scale) - inputs->level_mean) / inputs->level_sd);
    x[SEASON_1] = (float)lagged(inputs, view, series, t, inputs->season, origin, scale);
    x[SEASON_2] = (float)lagged(inputs, view, series, t, 2 * inputs->season, origin, scale);
    size_t at = FIXED;
    const double day = inputs->dated ? qd_panel_day(panel, (int64_t)t) : 0;
    if (inputs->dated) {
        at += fill_waves(365.2425, YEAR_WAVES, day, x + at);
    }
    if (inputs->weekdays) {
        at += fill_waves(7, WEEK_WAVES, day, x + at);
    }
    fill_covariates(inputs, panel, series, t, ahead, x + at);
    x[qd_forecast_width(inputs) - 1] = (float)view->token[series];
}

/* What every step ahead is told of the last values: the network need not carry them through its states, and learns from
   far fewer updates what to do with them.  x [FIXED - RECENT].  Where a value was not observed, the one before it
   stands; of what lies before the context, the context's first. */
static void fill_recent(const qd_forecast_inputs *inputs, const qd_forecast_view *view, size_t series, size_t first,
                        size_t origin, double scale, float *x)
{
    static const size_t back[FIXED - RECENT] = {1, 2, 3, 4, 6, 9};
    const double *y = view->y + series * view->panel->times;
    double last = 0;
    for (size_t k = 0; k < FIXED - RECENT; k++) {
        size_t t = origin > first + back[k] ? origin - back[k] : first;
        while (t > first && isnan(y[t])) {
            t--;
        }
        double value = last;
        if (t < origin && !isnan(y[t])) {
            value = relative(inputs, y[t], scale * qd_forecast_exposure(view->panel, series, t, origin));
        }
        x[k] = (float)(k == 0 ? value : last - value);
        last = k == 0 ? value : last;
    }
}

size_t qd_forecast_fill(const qd_forecast_inputs *inputs, const qd_forecast_view *view, size_t series, size_t origin,
                        float *x, double *scale)
{
    const double *y = view->y + series * view->panel->times;
    size_t first = origin > inputs->context ? origin - inputs->context : 0;
    while (first < origin && isnan(y[first])) {
        first++; /* the context begins with an observation */
    }
    *scale = scale_of(inputs, view, series, first, origin);
    if (*scale == 0) {
        return 0;
    }
    const size_t width = qd_forecast_width(inputs), length = origin - first + inputs->horizon;
    for (size_t k = 0; k < length; k++) {
        fill_step(inputs, view, series, first + k, origin, *scale, x + k * width);
    }
    if (!inputs->fed) {
        float recent[FIXED - RECENT];
        fill_recent(inputs, view, series, first, origin, *scale, recent);
        for (size_t k = origin - first; k < length; k++) {
            memcpy(x + k * width + RECENT, recent, sizeof recent);
        }
    }
    return length;
}
