/* Tally: one cell's scores, and their sums. */
#include "eval/tally.h"

#include <math.h>

const double qd_hub_levels[QD_HUB_LEVELS] = {0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4,   0.45, 0.5,
                                             0.55, 0.6,   0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99};

enum { MEDIAN = 11 };

/* Levels of the distribution function just below a value and at it, from its quantiles: between levels in a straight
   line, and beyond the outermost ones half way to 0 and 1. */
static void levels_at(double value, const double *quantiles, double *below, double *at)
{
    const double *level = qd_hub_levels;
    size_t less = 0, not_more = 0;
    while (less < QD_HUB_LEVELS && quantiles[less] < value) {
        less++;
    }
    while (not_more < QD_HUB_LEVELS && quantiles[not_more] <= value) {
        not_more++;
    }
    const double low = less > 0 ? level[less - 1] : 0, high = not_more < QD_HUB_LEVELS ? level[not_more] : 1;
    if (not_more > less) { /* a jump at the value: a count, whose quantiles are equal */
        *below = less > 0 ? 0.5 * (low + level[less]) : 0;
        *at = not_more < QD_HUB_LEVELS ? 0.5 * (level[not_more - 1] + high) : 1;
        return;
    }
    double part = 0.5;
    if (less > 0 && less < QD_HUB_LEVELS) {
        part = (value - quantiles[less - 1]) / (quantiles[less] - quantiles[less - 1]);
    }
    *below = *at = low + part * (high - low);
}

/* The transform is uniform between the levels below and at the truth: its expected mass in each tenth. */
static void add_pit(qd_tally *tally, double below, double at)
{
    for (int k = 0; k < 10; k++) {
        const double from = 0.1 * k, to = 0.1 * (k + 1);
        if (at > below) {
            const double overlap = fmin(at, to) - fmax(below, from);
            tally->pit[k] += overlap > 0 ? overlap / (at - below) : 0;
        } else {
            tally->pit[k] += (at >= from && at < to) || (k == 9 && at == 1) ? 1 : 0;
        }
    }
}

void qd_tally_add(qd_tally *tally, double truth, const double quantiles[QD_HUB_LEVELS])
{
    static const size_t outer[3] = {6, 3, 1}; /* of the levels .25, .1, .025 */
    double wis = 0, below, at;
    for (size_t q = 0; q < QD_HUB_LEVELS; q++) {
        const double error = truth - quantiles[q];
        wis += 2 * (error > 0 ? qd_hub_levels[q] * error : (qd_hub_levels[q] - 1) * error);
    }
    levels_at(truth, quantiles, &below, &at);
    tally->n++;
    tally->wis += wis / QD_HUB_LEVELS;
    tally->absolute += fabs(truth - quantiles[MEDIAN]);
    tally->bias += 1 - (below + at);
    for (size_t k = 0; k < 3; k++) {
        const bool in = truth >= quantiles[outer[k]] && truth <= quantiles[QD_HUB_LEVELS - 1 - outer[k]];
        tally->inside[k] += in ? 1 : 0;
    }
    add_pit(tally, below, at);
}

void qd_tally_merge(qd_tally *tally, const qd_tally *other)
{
    tally->n += other->n;
    tally->wis += other->wis;
    tally->absolute += other->absolute;
    tally->bias += other->bias;
    for (int k = 0; k < 3; k++) {
        tally->inside[k] += other->inside[k];
    }
    for (int k = 0; k < 10; k++) {
        tally->pit[k] += other->pit[k];
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
