/* Student's t: theta = {location, width, degrees of freedom nu}; nu > 2 by its link, so that the variance is finite. */
#include "heads/likelihood.h"

/* log Gamma(h + 1/2) - log Gamma(h) - log(h) / 2 by Stirling's formula, h = nu / 2; about -1 / (8 h). */
static double gamma_ratio(double h)
{
    return h * qd_log1p_rest(0.5 / h) + (qd_stirling_rest(h + 0.5) - qd_stirling_rest(h));
}

static double log_wide(double z, double nu)
{
    return log1p(z * (z / nu));
}

/* log p = gamma_ratio(nu / 2) - log(2 pi) / 2 - (nu + 1) / 2 log(1 + z^2 / nu), the log density of z. */
static double log_standard(double z, double nu)
{
    return gamma_ratio(0.5 * nu) - QD_HALF_LOG_2PI - 0.5 * (nu + 1) * log_wide(z, nu);
}

/* With s = z^2 / (nu + z^2), h = nu / 2 and G = qd_digamma_rest, arranged so that what cancels for large nu has been:
     d log p / d nu = ((log(1 + 1/nu) - 1/(nu + 1)) + (log(1 - s) + s) + s / nu + G(h) - G(h + 1/2)) / 2 */
static double slope_freedom(double z, double nu)
{
    double ratio = z * (z / nu), s = ratio / (1 + ratio), h = 0.5 * nu;
    double bend = s < 0.5 ? qd_log1p_rest(-s) : s - log_wide(z, nu);
    return 0.5 * (-qd_log1p_rest(-1 / (nu + 1)) + bend + s / nu + (qd_digamma_rest(h) - qd_digamma_rest(h + 0.5)));
}

static double log_density(double y, const double *theta, double *slope)
{
    double width = theta[1], nu = theta[2], z = (y - theta[0]) / width;
    if (slope) {
        double ratio = z / nu, pull = (nu + 1) / nu * z / (1 + ratio * z); /* (nu + 1) z / (nu + z^2) */
        slope[0] = pull / width;
        slope[1] = pull * z - 1;
        slope[2] = nu * slope_freedom(z, nu);
    }
    return log_standard(z, nu) - log(width);
}

/* With x = sqrt(nu) sinh(v) the density in v is proportional to cosh(v)^-nu:
     P(X > x) = p(x) sqrt(nu + x^2) integral from 0 on of exp(-fall(w)) dw,
     fall(w) = nu log(cosh(v + w) / cosh(v)) = nu log(1 + 2 sinh(w / 2)^2 + tanh(v) sinh(w)). */
typedef struct tail {
    double nu, tanh;
} tail;

static double fall(const void *context, double w)
{
    const tail *t = context;
    double half = sinh(0.5 * w);
    return t->nu * log1p(2 * half * half + t->tanh * sinh(w));
}

/* The integral, x >= 0. */
static double tail_integral(double x, double nu)
{
    tail t = {nu, x / hypot(sqrt(nu), x)};
    return qd_tail_integral(fall, &t, 1 / (nu * t.tanh + sqrt(nu)), INFINITY);
}

static qd_tails tails(double y, const double *theta)
{
    double nu = theta[2], z = (y - theta[0]) / theta[1], x = fabs(z);
    double outer = exp(log_standard(x, nu)) * hypot(sqrt(nu), x) * tail_integral(x, nu);
    qd_tails at = {1 - outer, outer};
    return z >= 0 ? at : qd_tails_swap(at);
}

/* Newton in v for the logarithm of the tail, whose slope is -1 / integral; concave, so that after the first step every
   guess is too far and nears the root. */
static double outer_quantile(double upper, double nu)
{
    double root = sqrt(nu), v = asinh(qd_normal_quantile((qd_tails){1 - upper, upper}) / root);
    for (int i = 0; i < 100; i++) {
        double x = root * sinh(v), integral = tail_integral(x, nu);
        double step = integral * (log_standard(x, nu) + log(hypot(root, x) * integral) - log(upper));
        v = fmax(0, v + step);
        if (fabs(step) <= 1e-14 * v) {
            break;
        }
    }
    return root * sinh(v);
}

static double quantile(qd_tails p, const double *theta)
{
    double z = p.upper < p.lower ? outer_quantile(p.upper, theta[2]) : -outer_quantile(p.lower, theta[2]);
    return theta[0] + theta[1] * z;
}

static double mean(const double *theta)
{
    return theta[0];
}

/* A normal number over the root of a gamma one of mean 1. */
static double sample(const double *theta, qd_draws *draws)
{
    double h = 0.5 * theta[2], normal = qd_draw_normal(draws);
    return theta[0] + theta[1] * normal / sqrt(qd_draw_gamma(draws, h) / h);
}

static const qd_link freedom = {QD_LINK_POSITIVE, false, 2};
static const qd_link *const links[] = {&qd_link_location, &qd_link_width, &freedom};

extern const qd_likelihood qd_likelihood_studentt;
const qd_likelihood qd_likelihood_studentt = {
    .name = "studentt",
    .help = "any real number, with heavy tails: Student's t",
    .parameters = 3,
    .links = links,
    .support = QD_SUPPORT_REALS,
    .density = true,
    .log_density = log_density,
    .tails = tails,
    .quantile = quantile,
    .mean = mean,
    .sample = sample,
};
