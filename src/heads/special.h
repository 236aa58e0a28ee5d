/* Special functions of the likelihoods, in double: the pieces of log-gamma, digamma, log and exp that remain when their
   large parts are cancelled on paper instead of in floating point.  A log density built from them keeps its digits for
   arguments from 1e-8 to 1e9, where differences of lgamma keep none.  All are deterministic and free of state. */
#ifndef QD_HEADS_SPECIAL_H
#define QD_HEADS_SPECIAL_H

#include <math.h>

#define QD_HALF_LOG_2PI 0.91893853320467274178 /* log(2 pi) / 2 */

/* 1 / (1 + exp(-x)) and log(1 + exp(x)), without overflow, with all digits for x far below 0. */
static inline double qd_sigmoid(double x)
{
    double e = exp(-fabs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}
static inline double qd_softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

/* log(1 - exp(-x)) for x > 0. */
static inline double qd_log_one_minus_exp(double x)
{
    return x < 0.7 ? log(-expm1(-x)) : log1p(-exp(-x));
}

/* log(1 + x) - x for x >= -1; about -x^2 / 2 near 0. */
double qd_log1p_rest(double x);

/* (exp(-x) - 1 + x) / x^2; 1/2 at 0. */
double qd_exp_rest(double x);

/* x log(x / mean) - (x - mean) >= 0 for x >= 0, mean > 0: half the deviance of a Poisson count (Loader 2000, "Fast and
   accurate computation of binomial probabilities", equation 3 times mean).  difference is x - mean, which the caller
   often knows to more digits than the two. */
double qd_half_deviance(double x, double mean, double difference);

/* log(Gamma(x + 1)) - (x + 1/2) log(x) + x - log(2 pi) / 2 for x > 0: what Stirling's formula leaves out; about
   1 / (12 x). */
double qd_stirling_rest(double x);

/* log(x) - 1 / (2 x) - digamma(x) for x > 0; about 1 / (12 x^2). */
double qd_digamma_rest(double x);

/* The chance of at most and of more than something.  Both are kept, since either may be too small to be seen in 1 minus
   the other. */
typedef struct qd_tails {
    double lower; /* P(Y <= y) */
    double upper; /* P(Y > y) */
} qd_tails;

static inline qd_tails qd_tails_at(double p)
{
    return (qd_tails){fmin(p, 1), fmax(1 - p, 0)};
}
static inline qd_tails qd_tails_swap(qd_tails t)
{
    return (qd_tails){t.upper, t.lower};
}

/* The standard normal distribution and its inverse. */
qd_tails qd_normal_tails(double z);
double qd_normal_quantile(qd_tails p);

/* The integral of exp(-fall(x)) over 0 <= x <= limit (which may be infinite) to about 1e-13 of itself.  fall is convex,
   not decreasing, 0 at 0; width is a rough guess of where it reaches 1. */
typedef double (*qd_fall)(const void *context, double x);
double qd_tail_integral(qd_fall fall, const void *context, double width, double limit);

#endif
