/* Poisson counts: theta = {mean}. */
#include "heads/counts.h"
#include "heads/likelihood.h"

static double log_density(double y, const double *theta, double *slope)
{
    qd_counts c = {theta[0], 0};
    if (slope) {
        slope[0] = qd_counts_slope_mean(c, y);
    }
    return qd_counts_log_pmf(c, y);
}

static qd_tails tails(double y, const double *theta)
{
    return qd_counts_tails((qd_counts){theta[0], 0}, y);
}

static double quantile(qd_tails p, const double *theta)
{
    return qd_counts_quantile((qd_counts){theta[0], 0}, p);
}

static double mean(const double *theta)
{
    return theta[0];
}

static double sample(const double *theta, qd_draws *draws)
{
    return qd_draw_poisson(draws, theta[0]);
}

static const qd_link *const links[] = {&qd_link_mean};

extern const qd_likelihood qd_likelihood_poisson;
const qd_likelihood qd_likelihood_poisson = {
    .name = "poisson",
    .help = "counts whose variance is their mean",
    .parameters = 1,
    .links = links,
    .support = QD_SUPPORT_COUNTS,
    .density = true,
    .log_density = log_density,
    .tails = tails,
    .quantile = quantile,
    .mean = mean,
    .sample = sample,
};
