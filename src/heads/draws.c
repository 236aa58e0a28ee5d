/* Samplers: Philox words to uniform, normal, gamma, Poisson and negative binomial numbers. */
#include "heads/draws.h"

#include "heads/counts.h"

void qd_draw_pair(qd_draws *draws, double pair[2])
{
    uint32_t words[4];
    qd_random_block(draws->stream, draws->sample, draws->step, draws->block++, words);
    for (int i = 0; i < 2; i++) {
        double u = qd_random_double(words[2 * i], words[2 * i + 1]);
        pair[i] = u > 0 ? u : 0x1p-54;
    }
}

double qd_draw_uniform(qd_draws *draws)
{
    double pair[2];
    qd_draw_pair(draws, pair);
    return pair[0];
}

double qd_draw_normal(qd_draws *draws)
{
    return qd_normal_quantile(qd_tails_at(qd_draw_uniform(draws)));
}

/* Marsaglia and Tsang 2000, "A simple method for generating gamma variables": d (1 + c x)^3 with x normal, d = shape -
   1/3, c = 1 / sqrt(9 d), is kept when log(u) < x^2 / 2 + d (1 - v + log(v)).  A shape below 1 is that of shape + 1
   times u^(1 / shape). */
double qd_draw_gamma(qd_draws *draws, double shape)
{
    double d = (shape < 1 ? shape + 1 : shape) - 1. / 3, c = 1 / sqrt(9 * d), boost = 0;
    if (shape < 1) {
        boost = log(qd_draw_uniform(draws)) / shape;
    }
    for (;;) {
        double pair[2];
        qd_draw_pair(draws, pair);
        double x = qd_normal_quantile(qd_tails_at(pair[0])), cx = c * x;
        double grown = cx * (3 + cx * (3 + cx)); /* v - 1 */
        if (cx > -1 && log(pair[1]) < 0.5 * x * x + d * qd_log1p_rest(grown)) {
            return d * (1 + grown) * exp(boost);
        }
    }
}

/* A mean below 10: by inversion. */
static double small_poisson(qd_draws *draws, double mean)
{
    double left = qd_draw_uniform(draws), term = exp(-mean), k = 0;
    while (left > term && k < 200) {
        left -= term;
        k++;
        term *= mean / k;
    }
    return k;
}

/* Hoermann 1993, "The transformed rejection method for generating Poisson random variables", algorithm PTRS. */
static double large_poisson(qd_draws *draws, double mean)
{
    double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double pair[2];
        qd_draw_pair(draws, pair);
        double u = pair[0] - 0.5, v = pair[1], u_s = 0.5 - fabs(u);
        double k = floor((2 * a / u_s + b) * u + mean + 0.43);
        if (u_s >= 0.07 && v <= v_r) {
            return k;
        }
        if (k < 0 || (u_s < 0.013 && v > u_s)) {
            continue;
        }
        if (log(v * inverse_alpha / (a / (u_s * u_s) + b)) <= qd_counts_log_pmf((qd_counts){mean, 0}, k)) {
            return k;
        }
    }
}

double qd_draw_poisson(qd_draws *draws, double mean)
{
    return mean < 10 ? small_poisson(draws, mean) : large_poisson(draws, mean);
}

/* A Poisson count whose mean is gamma distributed, with shape 1 / alpha and mean mu. */
double qd_draw_negbin(qd_draws *draws, double mean, double dispersion)
{
    double rate = dispersion > 0 ? mean * dispersion * qd_draw_gamma(draws, 1 / dispersion) : mean;
    return qd_draw_poisson(draws, rate);
}
