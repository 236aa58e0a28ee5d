/* Negative binomial counts: theta = {mean, dispersion}; variance = mean + dispersion mean^2 (Cameron and Trivedi's
 * NB2). */
#include "heads/counts.h"
#include "heads/likelihood.h"

static double log_density(double y, const double *theta, double *slope)
{
    qd_counts c = {theta[0], theta[1]};
    if (slope) {
        slope[0] = qd_counts_slope_mean(c, y);
        slope[1] = qd_counts_slope_dispersion(c, y);
    }
    return qd_counts_log_pmf(c, y);
}

static qd_tails tails(double y, const double *theta)
{
    return qd_counts_tails((qd_counts){theta[0], theta[1]}, y);
}

static double quantile(qd_tails p, const double *theta)
{
    return qd_counts_quantile((qd_counts){theta[0], theta[1]}, p);
}

static double mean(const double *theta)
{
    return theta[0];
}

static double sample(const double *theta, qd_draws *draws)
{
    return qd_draw_negbin(draws, theta[0], theta[1]);
}

static const qd_link *const links[] = {&qd_link_mean, &qd_link_dispersion};

extern const qd_likelihood qd_likelihood_negbin;
const qd_likelihood qd_likelihood_negbin = {
    .name = "negbin",
    .help = "counts that vary more than Poisson's: negative binomial",
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
