/* Tally: scores of quantile forecasts of counts, added up over cells (a series, an origin, a horizon). */
#ifndef QD_EVAL_TALLY_H
#define QD_EVAL_TALLY_H

#include "base/error.h"
#include <stdbool.h>

/* The 23 levels of the forecast hubs, rising. */
enum { QD_HUB_LEVELS = 23 };
extern const double qd_hub_levels[QD_HUB_LEVELS];

/* Sums over cells; means are sums / n. */
typedef struct qd_tally {
    size_t n;
    double wis; /* mean over the levels of twice the pinball loss: the weighted interval score (Bracher et al. 2021) */
    double absolute;  /* error of the median */
    double bias;      /* share of the quantiles' mass above the truth, less that below: -1 (too low) to 1 (too high) */
    double inside[3]; /* cells in the central 50, 80 and 95% intervals */
    double pit[10]; /* randomised probability integral transform (Czado, Gneiting, Held 2009), expected mass a tenth */
} qd_tally;

/* Adds a cell: the truth and its quantiles at the hubs' levels. */
void qd_tally_add(qd_tally *tally, double truth, const double quantiles[QD_HUB_LEVELS]);
void qd_tally_merge(qd_tally *tally, const qd_tally *other);

/* Distance of the transform from uniform: the sum over tenths of |share - 1/10|; 0 is perfect, 1.8 the worst. */
double qd_tally_pit(const qd_tally *tally);

#endif
