/* Quantiles without a distribution: the network gives the lowest of 23 and the steps between them, so that they never
   cross. theta = the quantiles at the levels of the forecast hubs.  In place of a log density stands minus twice the
   mean pinball loss, whose expectation the true quantiles maximise (Koenker and Bassett 1978); minus the weighted
   interval score of the hubs.  Between the levels the quantile function is linear, beyond them exponential (as Park et
   al. 2022, "Learning quantile functions without quantile crossing", section 3).  Values are real; who forecasts counts
   rounds and clips. */
#include "heads/likelihood.h"

#include <assert.h>

#define LEVELS 23
static const double levels[LEVELS] = {0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4,   0.45, 0.5,
                                      0.55, 0.6,   0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99};
static_assert(LEVELS <= QD_LIKELIHOOD_PARAMETERS, "arrays on the stack must hold the levels");

/* Pinball loss of q at level p: (p - [y < q]) (y - q). */
static double log_density(double y, const double *theta, double *slope)
{
    double sum = 0;
    for (size_t i = 0; i < LEVELS; i++) {
        double weight = 2. / LEVELS * (levels[i] - (y < theta[i] ? 1 : 0));
        sum -= weight * (y - theta[i]);
        if (slope) {
            slope[i] = weight;
        }
    }
    return sum;
}

/* Beyond the levels: q = q_1 + b log(p / p_1) below and q = q_n - b log((1 - p) / (1 - p_n)) above, where b makes the
   curve pass through the next level's quantile too.  Levels are symmetric: one ratio serves both ends. */
static double spread(double inner, double outer)
{
    return fabs(outer - inner) / log(levels[1] / levels[0]);
}

static double quantile(qd_tails p, const double *theta)
{
    const size_t last = LEVELS - 1;
    if (p.lower <= levels[0]) {
        return theta[0] + spread(theta[1], theta[0]) * log(p.lower / levels[0]);
    }
    if (p.upper <= levels[0]) {
        return theta[last] - spread(theta[last - 1], theta[last]) * log(p.upper / levels[0]);
    }
    size_t i = 1;
    while (i < last && levels[i] < p.lower) {
        i++;
    }
    double part = (p.lower - levels[i - 1]) / (levels[i] - levels[i - 1]);
    return theta[i - 1] + part * (theta[i] - theta[i - 1]);
}

static qd_tails tails(double y, const double *theta)
{
    const size_t last = LEVELS - 1;
    if (y >= theta[last]) {
        double b = spread(theta[last - 1], theta[last]);
        double upper = b > 0 ? levels[0] * exp(-(y - theta[last]) / b) : 0;
        return (qd_tails){1 - upper, upper};
    }
    if (y < theta[0]) {
        double b = spread(theta[1], theta[0]);
        double lower = b > 0 ? levels[0] * exp((y - theta[0]) / b) : 0;
        return (qd_tails){lower, 1 - lower};
    }
    size_t i = 1;
    while (y >= theta[i]) {
        i++;
    }
    double part = (y - theta[i - 1]) / (theta[i] - theta[i - 1]);
    return qd_tails_at(levels[i - 1] + part * (levels[i] - levels[i - 1]));
}

/* The integral of the quantile function: trapezia, and p_1 (q_1 - b), p_1 (q_n + b) beyond. */
static double mean(const double *theta)
{
    const size_t last = LEVELS - 1;
    double sum = levels[0] * (theta[0] - spread(theta[1], theta[0])) +
                 levels[0] * (theta[last] + spread(theta[last - 1], theta[last]));
    for (size_t i = 1; i < LEVELS; i++) {
        sum += 0.5 * (levels[i] - levels[i - 1]) * (theta[i - 1] + theta[i]);
    }
    return sum;
}

static double sample(const double *theta, qd_draws *draws)
{
    return quantile(qd_tails_at(qd_draw_uniform(draws)), theta);
}

#define STEP &step
static const qd_link step = {QD_LINK_STEP, true, 0};
static const qd_link *const links[LEVELS] = {&qd_link_location,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP,
                                             STEP};

extern const qd_likelihood qd_likelihood_quantile;
const qd_likelihood qd_likelihood_quantile = {
    .name = "quantile",
    .help = "23 quantiles that never cross, of no particular distribution",
    .parameters = LEVELS,
    .links = links,
    .support = QD_SUPPORT_REALS,
    .density = false,
    .log_density = log_density,
    .tails = tails,
    .quantile = quantile,
    .mean = mean,
    .sample = sample,
};
