/* Zero inflation of the count distributions. */
#include "heads/zeros.h"

/* log(pi + (1 - pi) f), f = exp(-fall): by the complement (1 - pi) (1 - f) where that is small, else by the larger
 * term. */
static double log_zero(double fall, double log_odds)
{
    double complement = qd_sigmoid(-log_odds) * -expm1(-fall);
    if (complement < 0.5) {
        return log1p(-complement);
    }
    double inflated = -qd_softplus(-log_odds), other = -qd_softplus(log_odds) - fall;
    return fmax(inflated, other) + log1p(exp(-fabs(inflated - other)));
}

/* A zero is of c with the chance w = (1 - pi) f / (pi + (1 - pi) f):
     d log p(0) / d c = w d log f / d c,   d log p(0) / d log odds = (1 - w) (1 - pi) (1 - f);
   what is no zero has log p(y) = log(1 - pi) + log f(y). */
double qd_zeros_log_density(double y, qd_counts c, double log_odds, double *slope, size_t parts)
{
    double fall = qd_counts_zero_fall(c), weight = y > 0 ? 1 : qd_sigmoid(-log_odds - fall);
    if (slope) {
        slope[0] = weight * qd_counts_slope_mean(c, y);
        if (parts > 1) {
            slope[1] = weight * qd_counts_slope_dispersion(c, y);
        }
        slope[parts] =
            y > 0 ? -qd_sigmoid(log_odds) : qd_sigmoid(log_odds + fall) * qd_sigmoid(-log_odds) * -expm1(-fall);
    }
    return y > 0 ? qd_counts_log_pmf(c, y) - qd_softplus(log_odds) : log_zero(fall, log_odds);
}

qd_tails qd_zeros_tails(double y, qd_counts c, double log_odds)
{
    if (y < 0) {
        return (qd_tails){0, 1};
    }
    double pi = qd_sigmoid(log_odds), rest = qd_sigmoid(-log_odds);
    qd_tails tails = qd_counts_tails(c, y);
    return (qd_tails){fmin(pi + rest * tails.lower, 1), rest * tails.upper};
}

qd_tails qd_zeros_beyond(qd_tails p, double log_odds)
{
    double pi = qd_sigmoid(log_odds), rest = qd_sigmoid(-log_odds), upper = p.upper / rest;
    return (qd_tails){p.lower <= 0.5 ? (p.lower - pi) / rest : 1 - upper, upper};
}

double qd_zeros_quantile(qd_tails p, qd_counts c, double log_odds)
{
    bool zero = qd_counts_reached(qd_zeros_tails(0, c, log_odds), p);
    return zero ? 0 : qd_counts_quantile(c, qd_zeros_beyond(p, log_odds));
}
