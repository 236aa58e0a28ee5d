/* Zero-inflated Poisson counts with more zeros (Lambert 1992): theta = {mean of the Poisson part, log odds of a further
 * zero}. */
#include "heads/likelihood.h"
#include "heads/zeros.h"

static double log_density(double y, const double *theta, double *slope)
{
    return qd_zeros_log_density(y, (qd_counts){theta[0], 0}, theta[1], slope, 1);
}

static qd_tails tails(double y, const double *theta)
{
    return qd_zeros_tails(y, (qd_counts){theta[0], 0}, theta[1]);
}

static double quantile(qd_tails p, const double *theta)
{
    return qd_zeros_quantile(p, (qd_counts){theta[0], 0}, theta[1]);
}

static double mean(const double *theta)
{
    return qd_sigmoid(-theta[1]) * theta[0];
}

static double sample(const double *theta, qd_draws *draws)
{
    if (qd_draw_uniform(draws) < qd_sigmoid(theta[1])) {
        return 0;
    }
    return qd_draw_poisson(draws, theta[0]);
}

static const qd_link *const links[] = {&qd_link_mean, &qd_link_log_odds};

extern const qd_likelihood qd_likelihood_zip;
const qd_likelihood qd_likelihood_zip = {
    .name = "zip",
    .help = "Poisson with further zeros",
    .parameters = 2,
    .links = links,
    .support = QD_SUPPORT_COUNTS,
    .density = true,
    .log_density = log_density,
    .tails = tails,
    .quantile = quantile,
    .mean = mean,
    .sample = sample,
};
