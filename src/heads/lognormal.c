/* Lognormal: theta = {median, standard deviation of the logarithm}. */
#include "heads/likelihood.h"

/* log p = -log(y) - log(sigma) - log(2 pi) / 2 - z^2 / 2,  z = log(y / median) / sigma */
static double standard(double y, const double *theta)
{
    return log(y / theta[0]) / theta[1];
}

static double log_density(double y, const double *theta, double *slope)
{
    double z = standard(y, theta);
    if (slope) {
        slope[0] = z / theta[1];
        slope[1] = z * z - 1;
    }
    return -log(y) - log(theta[1]) - QD_HALF_LOG_2PI - 0.5 * z * z;
}

static qd_tails tails(double y, const double *theta)
{
    return y > 0 ? qd_normal_tails(standard(y, theta)) : (qd_tails){0, 1};
}

static double quantile(qd_tails p, const double *theta)
{
    return theta[0] * exp(theta[1] * qd_normal_quantile(p));
}

static double mean(const double *theta)
{
    return theta[0] * exp(0.5 * theta[1] * theta[1]);
}

static double sample(const double *theta, qd_draws *draws)
{
    return theta[0] * exp(theta[1] * qd_draw_normal(draws));
}

static const qd_link *const links[] = {&qd_link_mean, &qd_link_log_width};

extern const qd_likelihood qd_likelihood_lognormal;
const qd_likelihood qd_likelihood_lognormal = {
    .name = "lognormal",
    .help = "numbers above 0 whose logarithm is normal",
    .parameters = 2,
    .links = links,
    .support = QD_SUPPORT_POSITIVE,
    .density = true,
    .log_density = log_density,
    .tails = tails,
    .quantile = quantile,
    .mean = mean,
    .sample = sample,
};
