/* Normal: theta = {mean, standard deviation}. */
#include "heads/likelihood.h"

/* log p = -log(sigma) - log(2 pi) / 2 - z^2 / 2,  z = (y - mu) / sigma */
static double log_density(double y, const double *theta, double *slope)
{
    double z = (y - theta[0]) / theta[1];
    if (slope) {
        slope[0] = z / theta[1];
        slope[1] = z * z - 1;
    }
    return -log(theta[1]) - QD_HALF_LOG_2PI - 0.5 * z * z;
}

static qd_tails tails(double y, const double *theta)
{
    return qd_normal_tails((y - theta[0]) / theta[1]);
}

static double quantile(qd_tails p, const double *theta)
{
    return theta[0] + theta[1] * qd_normal_quantile(p);
}

static double mean(const double *theta)
{
    return theta[0];
}

static double sample(const double *theta, qd_draws *draws)
{
    return theta[0] + theta[1] * qd_draw_normal(draws);
}

static const qd_link *const links[] = {&qd_link_location, &qd_link_width};

extern const qd_likelihood qd_likelihood_normal;
const qd_likelihood qd_likelihood_normal = {
    .name = "normal",
    .help = "any real number, normal",
    .parameters = 2,
    .links = links,
    .support = QD_SUPPORT_REALS,
    .density = true,
    .log_density = log_density,
    .tails = tails,
    .quantile = quantile,
    .mean = mean,
    .sample = sample,
};
