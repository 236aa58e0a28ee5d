/* Special functions of the likelihoods: elementary functions less their leading terms, and the normal distribution. */
#include "heads/special.h"

#include <stddef.h>

static double polynomial(const double *coefficient, size_t count, double x)
{
    double sum = coefficient[count - 1];
    for (size_t i = count - 1; i-- > 0;) {
        sum = sum * x + coefficient[i];
    }
    return sum;
}
#define POLYNOMIAL(table, x) polynomial(table, sizeof table / sizeof table[0], x)

/* atanh(v) / v - 1 = v^2 / 3 + v^4 / 5 + ... for |v| <= 1/8, which is x / (x + 2) for -0.22 <= x <= 0.28. */
static const double near = 0.125;
static double atanh_rest(double v)
{
    static const double odd[] = {1. / 3, 1. / 5, 1. / 7, 1. / 9, 1. / 11, 1. / 13, 1. / 15, 1. / 17, 1. / 19};
    return v * v * POLYNOMIAL(odd, v * v);
}

/* log(1 + x) = 2 atanh(v) with v = x / (x + 2), and 2 v - x = -x v. */
double qd_log1p_rest(double x)
{
    double v = x / (x + 2);
    return fabs(v) <= near ? v * (2 * atanh_rest(v) - x) : log1p(x) - x;
}

/* x log(x / m) = 2 x atanh(v) with v = (x - m) / (x + m), and 2 x v - (x - m) = (x - m) v. */
double qd_half_deviance(double x, double mean, double difference)
{
    if (x <= 0) {
        return mean;
    }
    double v = difference / (x + mean);
    return fabs(v) <= near ? v * (difference + 2 * x * atanh_rest(v)) : x * log(x / mean) - difference;
}

/* Sum over j >= 0 of (-x)^j / (j + 2)!. */
double qd_exp_rest(double x)
{
    static const double series[] = {1. / 2,       -1. / 6,        1. / 24,        -1. / 120,
                                    1. / 720,     -1. / 5040,     1. / 40320,     -1. / 362880,
                                    1. / 3628800, -1. / 39916800, 1. / 479001600, -1. / 6227020800};
    return fabs(x) < 0.25 ? POLYNOMIAL(series, x) : (expm1(-x) + x) / (x * x);
}

/* Stirling's series, from 8 on: B_2k / (2k (2k - 1) x^(2k - 1)), the 11th term is below 2e-18 (Abramowitz and Stegun
   6.1.41).  Below 8 by Gamma(x + 1) = Gamma(z + 1) / ((x + 1) (x + 2) ... z) with z = x + n. */
double qd_stirling_rest(double x)
{
    static const double series[] = {1. / 12,        -1. / 360, 1. / 1260,       -1. / 1680,      1. / 1188,
                                    -691. / 360360, 1. / 156,  -3617. / 122400, 43867. / 244188, -174611. / 125400};
    double product = 1, z = x;
    while (z < 8) {
        z += 1;
        product *= z;
    }
    double rest = POLYNOMIAL(series, 1 / (z * z)) / z;
    return z > x ? rest + (z + 0.5) * log(z) - (x + 0.5) * log(x) - (z - x) - log(product) : rest;
}

/* The series of digamma, from 8 on: B_2k / (2k x^2k) (Abramowitz and Stegun 6.3.18).  Below by
   digamma(x) = digamma(z) - 1 / x - 1 / (x + 1) - ... - 1 / (z - 1). */
double qd_digamma_rest(double x)
{
    static const double series[] = {1. / 12,       -1. / 120, 1. / 252,      -1. / 240,      1. / 132,
                                    -691. / 32760, 1. / 12,   -3617. / 8160, 43867. / 14364, -174611. / 6600};
    double sum = 0, z = x;
    while (z < 8) {
        sum += 1 / z;
        z += 1;
    }
    double square = 1 / (z * z), rest = POLYNOMIAL(series, square) * square;
    return z > x ? rest + log(x / z) + 0.5 / z + (sum - 0.5 / x) : rest;
}

qd_tails qd_normal_tails(double z)
{
    static const double root_half = 0.70710678118654752440;
    double outer = 0.5 * erfc(fabs(z) * root_half);
    qd_tails tails = {1 - outer, outer};
    return z >= 0 ? tails : qd_tails_swap(tails);
}

/* Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", PPND16: relative error 1e-16. */
double qd_normal_quantile(qd_tails p)
{
    static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                               1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                               3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1,
                               4.2313330701600911252e1,
                               6.8718700749205790830e2,
                               5.3941960214247511077e3,
                               2.1213794301586595867e4,
                               3.9307895800092710610e4,
                               2.8729085735721942674e4,
                               5.2264952788528545610e3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                               3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                               2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    double q = 0.5 * (p.lower - p.upper);
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * POLYNOMIAL(a, r) / POLYNOMIAL(b, r);
    }
    double r = sqrt(-log(fmin(p.lower, p.upper)));
    double z = r <= 5 ? POLYNOMIAL(c, r - 1.6) / POLYNOMIAL(d, r - 1.6) : POLYNOMIAL(e, r - 5) / POLYNOMIAL(f, r - 5);
    return q < 0 ? -z : z;
}
