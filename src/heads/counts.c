/* The negative binomial distribution, from Poisson to log-series: density, derivatives, tails, quantiles. */
#include "heads/counts.h"

double qd_counts_zero_fall(qd_counts c)
{
    return c.dispersion > 0 ? log1p(c.dispersion * c.mean) / c.dispersion : c.mean;
}

/* Saddle-point form (Loader 2000), every term of which has the same sign but for the small rests of Stirling's formula:
     log P(y) = -log(2 pi y) / 2 - log(1 + alpha y) / 2 + S(r + y) - S(r) - S(y) - D(r, M_r) - D(y, M_y)
   with S = qd_stirling_rest, D = qd_half_deviance and
     M_y = (r + y) mu / (r + mu),  y - M_y = (y - mu) / (1 + alpha mu),  M_r = (r + y) r / (r + mu),  r - M_r = -(y -
   M_y). The terms in r vanish as alpha does. */
double qd_counts_log_pmf(qd_counts c, double y)
{
    if (y <= 0) {
        return -qd_counts_zero_fall(c);
    }
    double mu = c.mean, alpha = c.dispersion, wide = 1 + alpha * mu, difference = (y - mu) / wide;
    double sum = QD_HALF_LOG_2PI + 0.5 * log(y) + qd_stirling_rest(y) +
                 qd_half_deviance(y, mu * ((1 + alpha * y) / wide), difference);
    if (alpha > 0) {
        double r = 1 / alpha;
        sum += 0.5 * log1p(alpha * y) + qd_half_deviance(r, (r + y) / wide, -difference) +
               (qd_stirling_rest(r) - qd_stirling_rest(r + y));
    }
    return -sum;
}

/* d log P / d log mu = (y - mu) / (1 + alpha mu) */
double qd_counts_slope_mean(qd_counts c, double y)
{
    return (y - c.mean) / (1 + c.dispersion * c.mean);
}

/* d log P / d log alpha = D - sum over j < y of alpha (mu - j) / ((1 + alpha j) (1 + alpha mu)),
                           D = r log(1 + alpha mu) - mu / (1 + alpha mu),
   which a few counts add up; more of them by digamma, t = (y - mu) / (r + mu) and G = qd_digamma_rest:
                         = -r (digamma(r + y) - digamma(r) - log(1 + alpha mu) - t)
                         = -y / (2 (r + y)) - r (G(r) - G(r + y)) - r (log(1 + t) - t). */
double qd_counts_slope_dispersion(qd_counts c, double y)
{
    double mu = c.mean, alpha = c.dispersion;
    if (alpha <= 0) {
        return 0;
    }
    double r = 1 / alpha, many = y < 16 ? 0 : y, t = (many - mu) / (r + mu);
    double rest = -r * (t > -0.5 ? qd_log1p_rest(t) : log((r + many) / (r + mu)) - t);
    if (many > 0) {
        return rest - 0.5 * y / (r + y) - r * (qd_digamma_rest(r) - qd_digamma_rest(r + y));
    }
    double sum = 0;
    for (double j = 0; j < y; j++) {
        sum += (mu - j) / (1 + alpha * j);
    }
    return rest - alpha * sum / (1 + alpha * mu);
}

/* Tails as integrals.  With t = -log(1 - x) / alpha the incomplete beta function I_x(k + 1, r) becomes
     P(Y > k) = C integral from 0 to T of exp(H(t)) dt,   H(t) = k log((1 - exp(-alpha t)) / alpha) - t,
   T = log(1 + alpha mu) / alpha, C exp(H(T)) = (1 + alpha k) P(Y = k), and P(Y <= k) is the integral from T on; as
   alpha vanishes both become incomplete gamma functions.  H is concave, greatest where mu would be k.  Going s away
   from T, H(T + s) - H(T) = k log(1 + u) - s,   u = (1 - exp(-alpha s)) / (alpha mu) = s (1 - alpha s E) / mu = k
   (log(1 + u) - u) + s (k - mu) / mu - alpha s^2 E k / mu,   E = qd_exp_rest(alpha s), whose three terms are all
   negative on the side of T on which H falls. */
typedef struct slope {
    double k, mean, dispersion, sign;
} slope;

static double fall(const void *context, double distance)
{
    const slope *at = context;
    double k = at->k, mu = at->mean, alpha = at->dispersion, s = at->sign * distance;
    double bend = alpha > 0 ? alpha * s * qd_exp_rest(alpha * s) : 0;
    double u = fmax(s * (1 - bend) / mu, -1);
    return s * (bend * k - (k - mu)) / mu - k * qd_log1p_rest(u);
}

/* (1 + alpha k) P(Y = k) times the integral of exp(H(T + s) - H(T)) over 0 <= sign s <= limit, H falling that way. */
static double piece(double k, double mu, double alpha, double sign, double limit)
{
    slope at = {k, mu, alpha, sign};
    double width = mu / (fabs(k - mu) + sqrt(k * (1 + alpha * mu)));
    double density = (1 + alpha * k) * exp(qd_counts_log_pmf((qd_counts){mu, alpha}, k));
    return density * qd_tail_integral(fall, &at, width, limit);
}

/* The distance between T and the top of H. */
static double to_top(double k, double mu, double alpha)
{
    return alpha > 0 ? fabs(log1p(alpha * (mu - k) / (1 + alpha * k))) / alpha : fabs(mu - k);
}

/* P(Y > k) and P(Y <= k) for k >= 1; where H rises to its top between T and the end, in two pieces from there. */
static double above(double k, qd_counts c)
{
    double mu = c.mean, alpha = c.dispersion;
    if (mu <= k) {
        return piece(k, mu, alpha, -1, qd_counts_zero_fall(c));
    }
    double all = qd_counts_zero_fall((qd_counts){k, alpha});
    return piece(k, k, alpha, -1, all) + piece(k, k, alpha, 1, to_top(k, mu, alpha));
}
static double below(double k, qd_counts c)
{
    double mu = c.mean, alpha = c.dispersion;
    if (mu >= k) {
        return piece(k, mu, alpha, 1, INFINITY);
    }
    return piece(k, k, alpha, 1, INFINITY) + piece(k, k, alpha, -1, to_top(k, mu, alpha));
}

/* P(k + 1) / P(k) */
static double ratio(qd_counts c, double k)
{
    return c.mean / (k + 1) * ((1 + c.dispersion * k) / (1 + c.dispersion * c.mean));
}

/* Sums of P instead of integrals: for counts below `few`, and where P(0) is no denormal number. */
static const double few = 64;
static bool summable(double zero_fall)
{
    return zero_fall < 600;
}

static double sum_to(double k, qd_counts c, double zero_fall)
{
    double term = exp(-zero_fall), sum = term;
    for (double j = 0; j < k; j++) {
        term *= ratio(c, j);
        sum += term;
    }
    return sum;
}

static const double most = 0.9; /* 1 minus this has lost one digit */
qd_tails qd_counts_tails(qd_counts c, double y)
{
    double k = floor(y), zero_fall = qd_counts_zero_fall(c);
    if (k < 0) {
        return (qd_tails){0, 1};
    }
    if (k <= 0) {
        return (qd_tails){exp(-zero_fall), -expm1(-zero_fall)};
    }
    if (k <= c.mean || (k < few && summable(zero_fall))) {
        double lower = k < few && summable(zero_fall) ? sum_to(k, c, zero_fall) : below(k, c);
        return lower <= most ? qd_tails_at(lower) : qd_tails_swap(qd_tails_at(above(k, c)));
    }
    double upper = above(k, c);
    return upper <= most ? qd_tails_swap(qd_tails_at(upper)) : qd_tails_at(below(k, c));
}

bool qd_counts_reached(qd_tails at, qd_tails target)
{
    static const double tie = 1e-11;
    return target.lower <= 0.5 ? at.lower >= target.lower * (1 - tie) : at.upper <= target.upper * (1 + tie);
}

/* Where Newton's step leads from k: in log P(Y <= k) over log k, or in log P(Y > k) over k, nearly straight lines both.
   Not finite where there is nothing to go by. */
static double newton(qd_tails at, qd_tails target, double k, double density)
{
    return target.lower <= 0.5 ? k * exp(log(target.lower / at.lower) * (at.lower / density / k))
                               : k + log(at.upper / target.upper) * (at.upper / density);
}

/* From k to the quantile by single counts, at most `steps`; else -1. */
static double walk(qd_counts c, qd_tails at, qd_tails target, double k, double density, int steps)
{
    bool down = qd_counts_reached(at, target);
    for (int i = 0; i < steps; i++) {
        if (!down) {
            density *= ratio(c, k);
            k++;
        }
        at.lower += down ? -density : density;
        at.upper += down ? density : -density;
        if (qd_counts_reached(at, target) != down) {
            return k;
        }
        if (down) {
            k--;
            density /= ratio(c, k);
        }
    }
    return -1;
}

/* Between low (too low) and high (high enough): Newton's guess, or, every third time and where there is none, the
   middle: of the logarithms while the two are far apart. */
static double between(double guess, double low, double high, int turn)
{
    if (turn % 3 == 2 || !isfinite(guess)) {
        if (!isfinite(high)) {
            return 8 * (low + 1);
        }
        guess = high > 4 * (low + 1) ? sqrt((low + 1) * high) : low + 0.5 * (high - low);
    }
    return fmin(fmax(ceil(guess), low + 1), isfinite(high) ? high - 1 : 8 * (low + 1));
}

/* Wilson and Hilferty 1931, for the gamma distribution with the mean, variance and skewness g of the count:
     mu + sigma (2 / g) ((1 + g z / 6 - g^2 / 36)^3 - 1). */
static double first_guess(qd_counts c, qd_tails p)
{
    double z = qd_normal_quantile(p), x = c.dispersion * c.mean, sigma = sqrt(c.mean) * sqrt(1 + x);
    double g = (1 + 2 * x) / sigma, root = fmax(1 + g * z / 6 - g * g / 36, 0);
    return fmax(1, c.mean + sigma * (2 / g) * (root * root * root - 1));
}

/* Small counts: adds up their chances; -1 when that leads too far. */
static double quantile_by_sum(qd_counts c, qd_tails p, double zero_fall)
{
    double term = exp(-zero_fall), sum = term;
    for (double k = 1; k < few; k++) {
        term *= ratio(c, k - 1);
        sum += term;
        if (qd_counts_reached(qd_tails_at(sum), p)) {
            return k;
        }
    }
    return -1;
}

/* By Newton's method between bounds, and the last few counts on foot. */
static double quantile_by_search(qd_counts c, qd_tails p)
{
    static const int close = 32;
    double low = 0, high = INFINITY, k = ceil(first_guess(c, p)), found = -1;
    for (int turn = 0; found < 0 && low + fmax(1, low * 0x1p-52) < high; turn++) {
        qd_tails at = qd_counts_tails(c, k);
        if (qd_counts_reached(at, p)) {
            high = k;
        } else {
            low = k;
        }
        double density = exp(qd_counts_log_pmf(c, k)), next = newton(at, p, k, density);
        /* Differences of tails that shrink no further than that keep their digits. */
        if (fabs(next - k) < close && at.lower < 100 * p.lower && at.upper < 100 * p.upper) {
            found = walk(c, at, p, k, density, 2 * close);
        }
        k = between(next, low, high, turn);
    }
    return found < 0 ? high : found;
}

double qd_counts_quantile(qd_counts c, qd_tails p)
{
    double zero_fall = qd_counts_zero_fall(c), found = -1;
    if (qd_counts_reached((qd_tails){exp(-zero_fall), -expm1(-zero_fall)}, p)) {
        return 0;
    }
    if (zero_fall < 30 && p.upper > 0.01) {
        found = quantile_by_sum(c, p, zero_fall);
    }
    return found < 0 ? quantile_by_search(c, p) : found;
}
