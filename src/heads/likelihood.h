/*
 * Likelihoods: what a network says about a count that is not yet known.  One file a likelihood; the table
 * qd_likelihoods names them.  All in double, whatever qd_real is.
 *
 * A network gives `parameters` raw outputs, any real numbers.  Links turn them into natural parameters theta (a mean, a
 * dispersion, ...), with the unit = scale of the series * exposure (effort) of the observation: what the network learns
 * is a number near 1 whatever the size of the series, and twice the effort has twice the mean.  A positive parameter is
 *     theta = (floor + log(1 + exp(raw))) * unit,
 * which, unlike exp, does not turn a large raw output into an absurd forecast, and whose logarithm has a slope between
 * 0 and 1 in raw.  Gradients run through the logarithms of positive parameters, where none of them overflows.
 *
 * Domain: the means and dispersions for which results are tested are in tests/heads; every finite raw output between
 * -200 and 1e15 gives finite values and gradients for counts up to 1e15.
 */
#ifndef QD_HEADS_LIKELIHOOD_H
#define QD_HEADS_LIKELIHOOD_H

#include "heads/draws.h"
#include "heads/special.h"
#include <stdbool.h>

#define QD_LIKELIHOOD_PARAMETERS 23 /* the most that a likelihood has: for arrays on the stack */

typedef enum qd_support {
    QD_SUPPORT_COUNTS,   /* 0, 1, 2, ... */
    QD_SUPPORT_POSITIVE, /* above 0 */
    QD_SUPPORT_REALS
} qd_support;

typedef struct qd_link {
    enum {
        QD_LINK_POSITIVE, /* theta = (floor + softplus(raw)) unit; gradients are with respect to log(theta) */
        QD_LINK_REAL,     /* theta = raw unit */
        QD_LINK_STEP      /* theta = the theta before + softplus(raw) unit */
    } kind;
    bool unit; /* false: unit is 1 here */
    double floor;
} qd_link;

/* The links that likelihoods share. */
extern const qd_link qd_link_mean;       /* a mean, in units of the series */
extern const qd_link qd_link_dispersion; /* of a negative binomial: variance = mean + dispersion mean^2 */
extern const qd_link qd_link_log_odds;
extern const qd_link qd_link_location;  /* any real number, in units of the series */
extern const qd_link qd_link_width;     /* a standard deviation or the like, in units of the series */
extern const qd_link qd_link_log_width; /* a standard deviation of logarithms */

typedef struct qd_likelihood {
    const char *name; /* in --likelihood */
    const char *help;
    size_t parameters;
    const qd_link *const *links; /* [parameters] */
    qd_support support;
    bool density; /* false: log_density is another score (see quantile.c) */

    /* log p(y) for y of the support; slope, [parameters] or NULL, gets its derivatives: with respect to log(theta) of a
       positive parameter, else to theta. */
    double (*log_density)(double y, const double *theta, double *slope);
    /* P(Y <= y), P(Y > y), both small ones to their last digits. */
    qd_tails (*tails)(double y, const double *theta);
    /* The smallest y with P(Y <= y) >= p.lower; for 0 < p < 1.  Of counts, a whole number >= 0. */
    double (*quantile)(qd_tails p, const double *theta);
    double (*mean)(const double *theta);
    double (*sample)(const double *theta, qd_draws *draws);
} qd_likelihood;

extern const qd_likelihood *const qd_likelihoods[];
extern const size_t qd_likelihoods_count;
const qd_likelihood *qd_likelihood_find(const char *name);

/* NULL when y can be a target; else what was expected ("a whole number, 0 or more"). */
const char *qd_likelihood_expects(const qd_likelihood *likelihood, double y);

/* theta [parameters] from raw [parameters]; unit > 0. */
void qd_likelihood_natural(const qd_likelihood *likelihood, const double *raw, double unit, double *theta);

/* The log density of y given the raw outputs, which training maximises; gradient, [parameters] or NULL, gets its
   derivatives with respect to raw.  A score that is no density is divided by the unit, so that every series weighs the
   same. */
double qd_likelihood_score(const qd_likelihood *likelihood, double y, const double *raw, double unit, double *gradient);

/* The smallest y with P(Y <= y) >= p.lower where Y is drawn from one of the members, each as likely: theta
   [members][parameters].  Their linear pool (Stone 1961): where members disagree it is wider than each. */
double qd_likelihood_pooled_quantile(const qd_likelihood *likelihood, size_t members, const double *theta, qd_tails p);

#endif
