/* The negative binomial distribution of a count with mean mu > 0 and dispersion alpha >= 0 (variance mu + alpha mu^2;
   size r = 1 / alpha), and with alpha = 0 the Poisson distribution, in formulas that pass smoothly from one to the
   other. Every count likelihood is made of these. */
#ifndef QD_HEADS_COUNTS_H
#define QD_HEADS_COUNTS_H

#include "heads/special.h"

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

/* The smallest whole k >= 0 with P(Y <= k) >= p.lower, or, where p.upper is the smaller, P(Y > k) <= p.upper; both to
   1e-11 of themselves, so that qd_counts_quantile(c, qd_counts_tails(c, k)) is k. */
double qd_counts_quantile(qd_counts c, qd_tails p);

#endif
