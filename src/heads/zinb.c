/* Zero-inflated negative binomial counts with more zeros (Greene 1994): theta = {mean and dispersion of the
   negative binomial part, log odds of a further zero}. */
#include "heads/likelihood.h"
#include "heads/zeros.h"

static double log_density(double y, const double *theta, double *slope)
{
    return qd_zeros_log_density(y, (qd_counts){theta[0], theta[1]}, theta[2], slope, 2);
}

static qd_tails tails(double y, const double *theta)
{
    return qd_zeros_tails(y, (qd_counts){theta[0], theta[1]}, theta[2]);
}

static double quantile(qd_tails p, const double *theta)
{
    return qd_zeros_quantile(p, (qd_counts){theta[0], theta[1]}, theta[2]);
}

static double mean(const double *theta)
{
    return qd_sigmoid(-theta[2]) * theta[0];
}

static double sample(const double *theta, qd_draws *draws)
{
    if (qd_draw_uniform(draws) < qd_sigmoid(theta[2])) {
        return 0;
    }
    return qd_draw_negbin(draws, theta[0], theta[1]);
}

static const qd_link *const links[] = {&qd_link_mean, &qd_link_dispersion, &qd_link_log_odds};

extern const qd_likelihood qd_likelihood_zinb;
const qd_likelihood qd_likelihood_zinb = {
    .name = "zinb",
    .help = "negative binomial with further zeros",
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
