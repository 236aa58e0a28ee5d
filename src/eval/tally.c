/* Tally: one cell's scores, and their sums. */
#include "eval/tally.h"
#include "base/mem.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <string.h>

const double qd_hub_levels[QD_HUB_LEVELS] = {0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4,   0.45, 0.5,
                                             0.55, 0.6,   0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99};

qd_status qd_levels_read(const char *list, size_t *levels, double **level, qd_error *error)
{
    const bool hub = strcmp(list, "hub") == 0;
    size_t most = hub ? QD_HUB_LEVELS : 1, count = 0;
    for (const char *p = list; *p != '\0' && !hub; p++) {
        most += *p == ',';
    }
    double *found = qd_mem_new(most, sizeof *found);
    if (found == NULL) {
        return qd_fail_memory(error, most * sizeof *found, "levels");
    }
    for (const char *p = list; count < most; count++) {
        const size_t length = strcspn(p, ",");
        if (hub) {
            found[count] = qd_hub_levels[count];
        } else if (!qd_text_to_double(p, length, &found[count]) || !(found[count] > 0 && found[count] < 1) ||
                   (count > 0 && found[count] <= found[count - 1])) {
            qd_mem_free(found);
            return qd_fail(error, QD_ERR_VALUE, "quantiles: '%.60s': expected hub or rising levels between 0 and 1",
                           list);
        }
        p += length + (p[length] == ',');
    }
    *levels = count;
    *level = found;
    return QD_OK;
}

/* The pinball loss, twice: 2 (level - [truth < quantile]) (truth - quantile). */
static double pinball(double truth, double level, double quantile)
{
    const double error = truth - quantile;
    return 2 * (error > 0 ? level * error : (level - 1) * error);
}

/* ------------------------------------------------------------------------------------------- quantiles */

/* Levels of the distribution function just below a value and at it, from its quantiles: between levels in a straight
   line, and beyond the outermost ones half way to 0 and 1. */
static void levels_at(double value, size_t levels, const double *level, const double *quantile, double *below,
                      double *at)
{
    size_t less = 0, not_more = 0;
    while (less < levels && quantile[less] < value) {
        less++;
    }
    while (not_more < levels && quantile[not_more] <= value) {
        not_more++;
    }
    const double low = less > 0 ? level[less - 1] : 0, high = not_more < levels ? level[not_more] : 1;
    if (not_more > less) { /* a jump at the value: a count, whose quantiles are equal */
        *below = less > 0 ? 0.5 * (low + level[less]) : 0;
        *at = not_more < levels ? 0.5 * (level[not_more - 1] + high) : 1;
        return;
    }
    double part = 0.5;
    if (less > 0 && less < levels) {
        part = (value - quantile[less - 1]) / (quantile[less] - quantile[less - 1]);
    }
    *below = *at = low + part * (high - low);
}

/* The transform is uniform between the levels below and at the truth: its expected mass in each tenth. */
static void add_pit(qd_tally *tally, double below, double at)
{
    for (int k = 0; k < 10; k++) {
        const double from = (double)k / 10, to = (double)(k + 1) / 10;
        if (at > below) {
            const double overlap = fmin(at, to) - fmax(below, from);
            tally->pit[k] += overlap > 0 ? overlap / (at - below) : 0;
        } else {
            tally->pit[k] += (at >= from && at < to) || (k == 9 && at == 1) ? 1 : 0;
        }
    }
}

/* The place of a level, or `levels`: it may have come from a text or a sum (0.35000000000000003). */
static size_t find_level(size_t levels, const double *level, double wanted)
{
    size_t q = 0;
    while (q < levels && fabs(level[q] - wanted) > 1e-9) {
        q++;
    }
    return q;
}

static void add_intervals(qd_tally *tally, double truth, size_t levels, const double *level, const double *quantile)
{
    static const double lower[3] = {0.25, 0.1, 0.025};
    for (size_t k = 0; k < 3; k++) {
        const size_t low = find_level(levels, level, lower[k]), high = find_level(levels, level, 1 - lower[k]);
        if (low < levels && high < levels) {
            tally->intervals[k]++;
            tally->inside[k] += truth >= quantile[low] && truth <= quantile[high] ? 1 : 0;
        }
    }
}

double qd_wis(double truth, size_t levels, const double *level, const double *quantile)
{
    double sum = 0;
    for (size_t q = 0; q < levels; q++) {
        sum += pinball(truth, level[q], quantile[q]);
    }
    return sum / (double)levels;
}

void qd_tally_add(qd_tally *tally, double truth, size_t levels, const double *level, const double *quantile)
{
    double below, at;
    levels_at(truth, levels, level, quantile, &below, &at);
    tally->n++;
    tally->wis += qd_wis(truth, levels, level, quantile);
    tally->bias += 1 - (below + at);
    const size_t median = find_level(levels, level, 0.5);
    if (median < levels) {
        tally->medians++;
        tally->absolute += fabs(truth - quantile[median]);
    }
    add_intervals(tally, truth, levels, level, quantile);
    add_pit(tally, below, at);
}

/* ---------------------------------------------------------------------------------------- distributions */

/* How many quantiles are not above a value. */
static size_t count_up_to(double value, size_t n, const double *quantile)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (quantile[middle] <= value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The mass of a tail between two distances from the outermost quantile: half a draw times s/(s + a) - s/(s + b). */
static double tail_mass(size_t n, const double *quantile, double outermost, double a, double b)
{
    const double median = 0.5 * (quantile[(n - 1) / 2] + quantile[n / 2]);
    const double s = n > 1 ? fmax(1, fabs(outermost - median) / log((double)n)) : 1;
    return 0.5 / (double)n * (s / (s + a)) * ((b - a) / (s + b));
}

/* The mass between two values of what lies below quantile k and not below quantile k - 1: k = 0 and k = n are the tails
   beyond the outermost ones, half a draw each. */
static double mass_of_gap(size_t k, double from, double to, size_t n, const double *quantile)
{
    if (k == n) {
        const double highest = quantile[n - 1];
        return tail_mass(n, quantile, highest, fmax(from, highest) - highest, to - highest);
    }
    if (k > 0) {
        const double low = fmax(from, quantile[k - 1]), high = fmin(to, quantile[k]);
        return (high - low) / (quantile[k] - quantile[k - 1]) / (double)n;
    }
    const double lowest = quantile[0];
    if (lowest >= 0 && from >= -0.5) {
        return 0.5 / (double)n * ((fmin(to, lowest) - from) / (lowest + 0.5));
    }
    return tail_mass(n, quantile, lowest, lowest - fmin(to, lowest), lowest - from);
}

double qd_mass_at(double y, size_t n, const double *quantile)
{
    const double from = y - 0.5, to = y + 0.5;
    const size_t first = count_up_to(from, n, quantile), end = count_up_to(to, n, quantile);
    double mass = mass_of_gap(first, from, to, n, quantile);
    if (end > first) {
        mass += (double)(end - first - 1) / (double)n + mass_of_gap(end, from, to, n, quantile);
    }
    return fmax(mass, DBL_MIN);
}

void qd_tally_add_distribution(qd_tally *tally, double truth, size_t n, const double *quantile)
{
    double crps = 0;
    for (size_t i = 0; i < n; i++) {
        crps += pinball(truth, ((double)i + 0.5) / (double)n, quantile[i]);
    }
    tally->distributions++;
    tally->crps += crps / (double)n;
    tally->log_score -= log(qd_mass_at(truth, n, quantile));
}

/* -------------------------------------------------------------------------------------------------- sums */

void qd_tally_merge(qd_tally *tally, const qd_tally *other)
{
    tally->n += other->n;
    tally->medians += other->medians;
    tally->distributions += other->distributions;
    tally->wis += other->wis;
    tally->absolute += other->absolute;
    tally->bias += other->bias;
    tally->crps += other->crps;
    tally->log_score += other->log_score;
    for (int k = 0; k < 3; k++) {
        tally->intervals[k] += other->intervals[k];
        tally->inside[k] += other->inside[k];
    }
    for (int k = 0; k < 10; k++) {
        tally->pit[k] += other->pit[k];
    }
}

void qd_tally_divide(qd_tally *tally, size_t n)
{
    tally->n /= n;
    tally->medians /= n;
    tally->distributions /= n;
    tally->wis /= (double)n;
    tally->absolute /= (double)n;
    tally->bias /= (double)n;
    tally->crps /= (double)n;
    tally->log_score /= (double)n;
    for (int k = 0; k < 3; k++) {
        tally->intervals[k] /= n;
        tally->inside[k] /= (double)n;
    }
    for (int k = 0; k < 10; k++) {
        tally->pit[k] /= (double)n;
    }
}

double qd_tally_pit(const qd_tally *tally)
{
    double distance = 0;
    for (int k = 0; k < 10 && tally->n > 0; k++) {
        distance += fabs(tally->pit[k] / (double)tally->n - 0.1);
    }
    return distance;
}
