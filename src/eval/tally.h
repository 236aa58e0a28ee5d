/* Tally: scores of forecasts of counts, added up over cells (a series, an origin, a horizon).  docs/scores.md has the
   definitions for users. */
#ifndef QD_EVAL_TALLY_H
#define QD_EVAL_TALLY_H

#include "base/error.h"
#include <stdbool.h>

/* The 23 levels of the forecast hubs, rising. */
enum { QD_HUB_LEVELS = 23 };
extern const double qd_hub_levels[QD_HUB_LEVELS];

/* Reads "hub" or rising levels in (0, 1) such as "0.1,0.5,0.9"; *level: [*levels], released with qd_mem_free. */
QD_CHECKED qd_status qd_levels_read(const char *list, size_t *levels, double **level, qd_error *error);

/* Sums over cells; a mean is a sum over the count that its comment names.  Counts are apart because a forecast may lack
   a median or an interval, and few come with a whole distribution. */
typedef struct qd_tally {
    size_t n;             /* cells with quantiles */
    size_t medians;       /* of them: with a median */
    size_t intervals[3];  /* of them: with a central 50, 80 and 95% interval */
    size_t distributions; /* cells with a distribution */
    double wis;           /* over n: weighted interval score (Bracher, Ray, Gneiting, Reich 2021), the mean over the
                             levels of twice the pinball loss */
    double absolute;      /* over medians: error of the median */
    double bias;          /* over n: mass above the truth less mass below it, -1 (too low) to 1 (too high) */
    double inside[3];     /* over intervals: truths in the interval, its ends included */
    double pit[10];       /* over n: randomised probability integral transform (Czado, Gneiting, Held 2009), expected
                             mass a tenth */
    double crps;          /* over distributions: continuous ranked probability score (Gneiting, Raftery 2007) */
    double log_score;     /* over distributions: -log of the mass that the distribution gives to the count */
} qd_tally;

/* The weighted interval score of one cell: the mean over the levels of twice the pinball loss. */
double qd_wis(double truth, size_t levels, const double *level, const double *quantile);

/* Adds a cell: the truth and its quantiles, not falling, at any rising levels in (0, 1), at least one. */
void qd_tally_add(qd_tally *tally, double truth, size_t levels, const double *level, const double *quantile);

/* Adds the scores of a whole distribution to a cell: its quantiles at the levels (i + 0.5) / n, not falling, which may
   be a sorted sample of n.  The CRPS is the mean of twice the pinball loss over them: that of the sample, exactly.  The
   log score is never infinite: see qd_mass_at. */
void qd_tally_add_distribution(qd_tally *tally, double truth, size_t n, const double *quantile);
void qd_tally_merge(qd_tally *tally, const qd_tally *other);

/* Of n tallies of the same cells that were merged: their mean. */
void qd_tally_divide(qd_tally *tally, size_t n);

/* Distance of the transform from uniform: the sum over tenths of |share - 1/10|; 0 is perfect, 1.8 the worst. */
double qd_tally_pit(const qd_tally *tally);

/* The mass that a distribution, given as in qd_tally_add_distribution, has between y - 1/2 and y + 1/2; at least
   DBL_MIN.  Its distribution function is smoothed:
     between two quantiles a straight line, so that equal ones are a jump: a count that many draws hit has their share,
     and what lies in a gap between draws shares the mass of the gap;
     below the lowest, where counts may be (it and y are not negative), a straight line to 0 at -1/2;
     above the highest (and below the lowest of what may be negative) a tail s / (s + distance) of the half draw that is
     left there, with s = max(1, |outermost - median| / log n), the scale of an exponential tail that reaches it.
   Over the counts 0, 1, 2, ... the masses of a distribution of counts add up to 1. */
double qd_mass_at(double y, size_t n, const double *quantile);

#endif
