/* Hurdle counts (Mullahy 1986): 0 with probability pi, else a negative binomial count given that it is not 0:
   theta = {mean and dispersion of the negative binomial, log odds of 0}. */
#include "heads/counts.h"
#include "heads/likelihood.h"
#include "heads/zeros.h"

/* log(P(y) / (1 - P(0))) for y >= 1, T = -log P(0).  At 1 it nears 0 as the mean does; there, with x = alpha mu,
     P(1) / (1 - P(0)) = (x / ((1 + x) log(1 + x))) (T / (exp(T) - 1)) = 1 / ((1 + d(1 + x, 1) / x) (1 + T R)),
   d the half deviance and R = (exp(T) - 1 - T) / T^2. */
static double log_truncated(double y, qd_counts c)
{
    double fall = qd_counts_zero_fall(c), x = c.dispersion * c.mean;
    if (y > 1) {
        return qd_counts_log_pmf(c, y) - qd_log_one_minus_exp(fall);
    }
    double wide = x > 0 ? log1p(qd_half_deviance(1 + x, 1, x) / x) : 0;
    double poisson = fall < 1 ? log1p(fall * qd_exp_rest(-fall)) : fall + log1p(-exp(-fall)) - log(fall);
    return -wide - poisson;
}

/* d / d log mu:    (y - mu) / (1 + x) - d log(1 - P(0)) / d log mu,  the latter mu / ((1 + x) (exp(T) - 1));
                    at y = 1 together -((mu - T) + (T - 1 + exp(-T))) / ((1 - exp(-T)) (1 + x)).
   d / d log alpha: with d T / d log alpha = -D, D = T - mu / (1 + x), that of log P(y), plus D / (exp(T) - 1);
                    at y = 1 together D / (1 - exp(-T)) - x / (1 + x). */
static void slopes(double y, qd_counts c, double *slope)
{
    double fall = qd_counts_zero_fall(c), x = c.dispersion * c.mean, wide = 1 + x;
    double d = qd_counts_slope_dispersion(c, 0);
    if (y > 1) {
        slope[0] = (y - c.mean) / wide - c.mean / wide / expm1(fall);
        slope[1] = qd_counts_slope_dispersion(c, y) + d / expm1(fall);
    } else {
        double missing = c.dispersion > 0 ? -qd_log1p_rest(x) / c.dispersion : 0; /* mu - T */
        slope[0] = -(missing + fall * fall * qd_exp_rest(fall)) / -expm1(-fall) / wide;
        slope[1] = d / -expm1(-fall) - x / wide;
    }
}

static double log_density(double y, const double *theta, double *slope)
{
    qd_counts c = {theta[0], theta[1]};
    if (slope) {
        slope[0] = slope[1] = 0;
        if (y > 0) {
            slopes(y, c, slope);
        }
        slope[2] = y > 0 ? -qd_sigmoid(theta[2]) : qd_sigmoid(-theta[2]);
    }
    return y > 0 ? log_truncated(y, c) - qd_softplus(theta[2]) : -qd_softplus(-theta[2]);
}

/* With F and S the tails of the negative binomial: P(Y > y) = (1 - pi) S(y) / S(0), and the rest is
   pi + (1 - pi) (F(y) - F(0)) / S(0), the difference taken on the side that loses less. */
static qd_tails tails(double y, const double *theta)
{
    if (y < 0) {
        return (qd_tails){0, 1};
    }
    qd_counts c = {theta[0], theta[1]};
    double pi = qd_sigmoid(theta[2]), rest = qd_sigmoid(-theta[2]);
    qd_tails at = qd_counts_tails(c, y), zero = qd_counts_tails(c, 0);
    double left = fmin(at.upper / zero.upper, 1);
    double body = zero.lower < 0.5 * at.lower ? (at.lower - zero.lower) / zero.upper : 1 - left;
    return (qd_tails){fmin(pi + rest * body, 1), rest * left};
}

/* The quantile of the negative binomial at its tails that lie above p; `p` is of the part that is not 0. */
static double truncated_quantile(qd_tails p, qd_counts c)
{
    qd_tails zero = qd_counts_tails(c, 0);
    return fmax(1, qd_counts_quantile(c, (qd_tails){zero.lower + p.lower * zero.upper, p.upper * zero.upper}));
}

static double quantile(qd_tails p, const double *theta)
{
    qd_tails zero = {qd_sigmoid(theta[2]), qd_sigmoid(-theta[2])};
    if (qd_counts_reached(zero, p)) {
        return 0;
    }
    return truncated_quantile(qd_zeros_beyond(p, theta[2]), (qd_counts){theta[0], theta[1]});
}

static double mean(const double *theta)
{
    double zero_fall = qd_counts_zero_fall((qd_counts){theta[0], theta[1]});
    return qd_sigmoid(-theta[2]) * theta[0] / -expm1(-zero_fall);
}

/* Draws again while a 0 comes, unless most are; then by inversion. */
static double sample(const double *theta, qd_draws *draws)
{
    double pair[2], count = 0;
    qd_draw_pair(draws, pair);
    if (pair[0] < qd_sigmoid(theta[2])) {
        return 0;
    }
    qd_counts c = {theta[0], theta[1]};
    if (qd_counts_zero_fall(c) < 0.5) {
        return truncated_quantile(qd_tails_at(pair[1]), c);
    }
    while (count <= 0) {
        count = qd_draw_negbin(draws, theta[0], theta[1]);
    }
    return count;
}

static const qd_link *const links[] = {&qd_link_mean, &qd_link_dispersion, &qd_link_log_odds};

extern const qd_likelihood qd_likelihood_hurdle;
const qd_likelihood qd_likelihood_hurdle = {
    .name = "hurdle",
    .help = "zeros apart, the rest a negative binomial without zeros",
    .parameters = 3,
    .links = links,
    .support = QD_SUPPORT_COUNTS,
    .density = true,
    .log_density = log_density,
    .tails = tails,
    .quantile = quantile,
    .mean = mean,
    .sample = sample,
};
