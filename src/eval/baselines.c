/* Baselines: last value, same season, drift, mean of the past, as predictive distributions. */
#include "eval/baselines.h"
#include "base/mem.h"
#include "base/random.h"

#include <math.h>
#include <string.h>

/* The bits of a double as a number of the same order: negative ones turned over, the sign bit of others set. */
static uint64_t ordered(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

enum { DIGIT = 11, DIGITS = 1 << DIGIT };

/* Sorts by digits of 11 bits, lowest first (a library's sort by comparison took most of the time of a backtest).
   spare: [n]. */
static void sort(size_t n, double *values, double *spare)
{
    for (unsigned shift = 0; shift < 64; shift += DIGIT) {
        size_t at[DIGITS + 1] = {0};
        for (size_t i = 0; i < n; i++) {
            at[(ordered(values[i]) >> shift) % DIGITS + 1]++;
        }
        if (n == 0 || at[(ordered(values[0]) >> shift) % DIGITS + 1] == n) {
            continue; /* all have the same digit */
        }
        for (size_t d = 0; d < DIGITS; d++) {
            at[d + 1] += at[d];
        }
        for (size_t i = 0; i < n; i++) {
            spare[at[(ordered(values[i]) >> shift) % DIGITS]++] = values[i];
        }
        memcpy(values, spare, n * sizeof *values);
    }
}

double qd_sorted_quantile(size_t n, const double *sorted, double level)
{
    double at = level * (double)(n - 1);
    size_t below = (size_t)at;
    double next = below + 1 < n ? sorted[below + 1] : sorted[below];
    return sorted[below] + (at - (double)below) * (next - sorted[below]);
}

static double clipped(const qd_past *past, double value)
{
    return past->nonnegative && value < 0 ? 0 : value;
}

/* The distribution of n sorted values at step h. */
static void describe(const qd_past *past, size_t n, const double *sorted, size_t h, size_t levels, const double *level,
                     double *quantiles, double *mean)
{
    for (size_t q = 0; q < levels; q++) {
        quantiles[h * levels + q] = clipped(past, qd_sorted_quantile(n, sorted, level[q]));
    }
    for (size_t i = 0; mean != NULL && i < n; i++) {
        mean[h] = (i > 0 ? mean[h] : 0) + clipped(past, sorted[i]) / (double)n;
    }
}

static double last_observed(const qd_past *past)
{
    size_t i = past->known;
    while (i > 0 && isnan(past->y[i - 1])) {
        i--;
    }
    return i > 0 ? past->y[i - 1] : 0;
}

/* ---------------------------------------------------------------------------------------- random walks */

enum { DRAWS = 10000 }; /* unless the past asks for others */

/* Differences of neighbouring observed values; how many. */
static size_t differences(const qd_past *past, double *out)
{
    size_t n = 0;
    for (size_t i = 1; i < past->known; i++) {
        if (!isnan(past->y[i]) && !isnan(past->y[i - 1])) {
            out[n++] = past->y[i] - past->y[i - 1];
        }
    }
    return n;
}

/* Adds one draw, from the differences and their negations, to each of the walks. */
static void walk_on(size_t n, const double *difference, size_t step, size_t draws, double *walk)
{
    qd_random stream = qd_random_stream(1, QD_FOR_BASELINE, 0, 0);
    for (size_t d = 0; n > 0 && d < draws; d++) {
        uint32_t words[4];
        qd_random_block(stream, d, (uint32_t)step, 0, words);
        size_t pick = (size_t)(qd_random_double(words[0], words[1]) * (double)(2 * n));
        walk[d] += pick < n ? difference[pick] : -difference[pick - n];
    }
}

/* Walks around a line: at step h the median is last + h * slope. */
static qd_status forecast_walk(const qd_past *past, bool drift, size_t levels, const double *level, double *quantiles,
                               double *mean, qd_error *error)
{
    const size_t draws = past->draws > 0 ? past->draws : DRAWS;
    double *difference = qd_mem_new(past->known, sizeof *difference);
    double *walk = qd_mem_new(3 * draws, sizeof *walk);
    if (difference == NULL || walk == NULL) {
        qd_mem_free(difference);
        qd_mem_free(walk);
        return qd_fail_memory(error, (past->known + 3 * draws) * sizeof *walk, "a baseline");
    }
    double *sorted = walk + draws, *spare = sorted + draws;
    double slope = 0;
    const double last = last_observed(past);
    size_t n = differences(past, difference);
    for (size_t i = 0; drift && i < n; i++) {
        slope += difference[i] / (double)n;
    }
    for (size_t h = 0; h < past->steps; h++) {
        walk_on(n, difference, h, draws, walk);
        memcpy(sorted, walk, draws * sizeof *walk);
        sort(draws, sorted, spare);
        const double median = qd_sorted_quantile(draws, sorted, 0.5);
        for (size_t d = 0; d < draws; d++) {
            sorted[d] += last + slope * (double)(h + 1) - median; /* stays in order */
        }
        describe(past, draws, sorted, h, levels, level, quantiles, mean);
    }
    qd_mem_free(difference);
    qd_mem_free(walk);
    return QD_OK;
}

static qd_status forecast_last(const qd_past *past, size_t levels, const double *level, double *quantiles, double *mean,
                               qd_error *error)
{
    return forecast_walk(past, false, levels, level, quantiles, mean, error);
}

static qd_status forecast_drift(const qd_past *past, size_t levels, const double *level, double *quantiles,
                                double *mean, qd_error *error)
{
    return forecast_walk(past, true, levels, level, quantiles, mean, error);
}

/* ------------------------------------------------------------------------------- empirical distributions */

/* The place of time i in its season, 0 to 1. */
static double phase(const qd_past *past, size_t i)
{
    bool dated = past->day != NULL && !isnan(past->day[i]) && past->day_step > 0;
    double at = dated ? past->day[i] / (past->season * past->day_step) : (double)i / past->season;
    return at - floor(at);
}

static bool near(double a, double b)
{
    double distance = fabs(a - b);
    return fmin(distance, 1 - distance) <= 0.08;
}

/* Quantiles of the past values of the season's places near the target's, or of all. */
static qd_status forecast_empirical(const qd_past *past, bool seasonal, size_t levels, const double *level,
                                    double *quantiles, double *mean, qd_error *error)
{
    double *values = qd_mem_new(past->known, 2 * sizeof *values);
    if (values == NULL) {
        return qd_fail_memory(error, past->known * sizeof *values, "a baseline");
    }
    seasonal = seasonal && past->season > 1 && (double)past->known >= past->season;
    for (size_t h = 0; h < past->steps; h++) {
        double target = seasonal ? phase(past, past->known + h) : 0;
        size_t n = 0;
        for (size_t pass = 0; pass < 2 && n == 0; pass++) { /* a place that was never observed: all places */
            for (size_t i = 0; i < past->known; i++) {
                if (!isnan(past->y[i]) && (!seasonal || pass > 0 || near(phase(past, i), target))) {
                    values[n++] = past->y[i];
                }
            }
        }
        sort(n, values, values + past->known);
        describe(past, n, values, h, levels, level, quantiles, mean);
    }
    qd_mem_free(values);
    return QD_OK;
}

static qd_status forecast_season(const qd_past *past, size_t levels, const double *level, double *quantiles,
                                 double *mean, qd_error *error)
{
    return forecast_empirical(past, true, levels, level, quantiles, mean, error);
}

static qd_status forecast_mean(const qd_past *past, size_t levels, const double *level, double *quantiles, double *mean,
                               qd_error *error)
{
    return forecast_empirical(past, false, levels, level, quantiles, mean, error);
}

const qd_baseline qd_baselines[] = {
    {"last", "the last observed value", forecast_last},
    {"season", "past values of the same season", forecast_season},
    {"drift", "the last observed value and the mean change", forecast_drift},
    {"mean", "all past values", forecast_mean},
};
const size_t qd_baselines_count = sizeof qd_baselines / sizeof qd_baselines[0];
