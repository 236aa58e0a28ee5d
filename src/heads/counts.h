/* The negative binomial distribution of a count with mean mu > 0 and dispersion alpha >= 0 (variance mu + alpha mu^2;
   size r = 1 / alpha), and with alpha = 0 the Poisson distribution, in formulas that pass smoothly from one to the
   other. Every count likelihood is made of these. */
#ifndef QD_HEADS_COUNTS_H
#define QD_HEADS_COUNTS_H

#include "heads/special.h"

#include <stdbool.h>

typedef struct qd_counts {
    double mean, dispersion;
} qd_counts;

/* -log P(Y = 0) = log(1 + alpha mu) / alpha. */
double qd_counts_zero_fall(qd_counts c);

/* log P(Y = y) for whole y >= 0. */
double qd_counts_log_pmf(qd_counts c, double y);

/* Its derivatives with respect to log(mu) and log(alpha); the second is 0 when alpha is. */
double qd_counts_slope_mean(qd_counts c, double y);
double qd_counts_slope_dispersion(qd_counts c, double y);

/* P(Y <= y) and P(Y > y), both to 1e-11 of themselves. */
qd_tails qd_counts_tails(qd_counts c, double y);

/* Whether a count has come as far as the target: at.lower >= target.lower or, where that is the smaller tail, at.upper
   <= target.upper; to 1e-11 of itself, so that rounding does not tell k from k + 1 where a tail of k is the target. */
bool qd_counts_reached(qd_tails at, qd_tails target);

/* The smallest whole k >= 0 whose tails have reached p: qd_counts_quantile(c, qd_counts_tails(c, k)) is k. */
double qd_counts_quantile(qd_counts c, qd_tails p);

#endif
