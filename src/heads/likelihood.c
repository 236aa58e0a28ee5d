/* The table of likelihoods, and the links from raw outputs to natural parameters and back. */
#include "heads/likelihood.h"

#include <assert.h>
#include <string.h>

extern const qd_likelihood qd_likelihood_poisson, qd_likelihood_negbin, qd_likelihood_zip, qd_likelihood_zinb,
    qd_likelihood_hurdle, qd_likelihood_normal, qd_likelihood_lognormal, qd_likelihood_studentt, qd_likelihood_quantile;

const qd_likelihood *const qd_likelihoods[] = {
    &qd_likelihood_negbin,    &qd_likelihood_poisson,  &qd_likelihood_zip,
    &qd_likelihood_zinb,      &qd_likelihood_hurdle,   &qd_likelihood_normal,
    &qd_likelihood_lognormal, &qd_likelihood_studentt, &qd_likelihood_quantile,
};
const size_t qd_likelihoods_count = sizeof qd_likelihoods / sizeof qd_likelihoods[0];

/* The floors: a mean far below any that data can tell from 0; a dispersion that is Poisson's but for counts above 1e8;
   a width that keeps a constant series from an infinite density. */
const qd_link qd_link_mean = {QD_LINK_POSITIVE, true, 1e-100};
const qd_link qd_link_dispersion = {QD_LINK_POSITIVE, false, 1e-8};
const qd_link qd_link_log_odds = {QD_LINK_REAL, false, 0};
const qd_link qd_link_location = {QD_LINK_REAL, true, 0};
const qd_link qd_link_width = {QD_LINK_POSITIVE, true, 1e-6};
const qd_link qd_link_log_width = {QD_LINK_POSITIVE, false, 1e-6};

const qd_likelihood *qd_likelihood_find(const char *name)
{
    for (size_t i = 0; i < qd_likelihoods_count; i++) {
        if (strcmp(qd_likelihoods[i]->name, name) == 0) {
            return qd_likelihoods[i];
        }
    }
    return NULL;
}

const char *qd_likelihood_expects(const qd_likelihood *likelihood, double y)
{
    switch (likelihood->support) {
    case QD_SUPPORT_COUNTS:
        return isfinite(y) && y >= 0 && y == floor(y) ? NULL : "a whole number, 0 or more";
    case QD_SUPPORT_POSITIVE:
        return isfinite(y) && y > 0 ? NULL : "a number above 0";
    default:
        return isfinite(y) ? NULL : "a number";
    }
}

void qd_likelihood_natural(const qd_likelihood *likelihood, const double *raw, double unit, double *theta)
{
    assert(unit > 0);
    for (size_t i = 0; i < likelihood->parameters; i++) {
        const qd_link *link = likelihood->links[i];
        double here = link->unit ? unit : 1;
        switch (link->kind) {
        case QD_LINK_POSITIVE:
            theta[i] = (link->floor + qd_softplus(raw[i])) * here;
            break;
        case QD_LINK_REAL:
            theta[i] = raw[i] * here;
            break;
        case QD_LINK_STEP:
            theta[i] = theta[i - 1] + qd_softplus(raw[i]) * here;
            break;
        }
    }
}

/* The chain rule through the links, in place; from the last, since a step moves all that come after it. */
static void to_raw(const qd_likelihood *likelihood, const double *raw, double unit, double *gradient)
{
    for (size_t i = likelihood->parameters; i-- > 0;) {
        const qd_link *link = likelihood->links[i];
        double here = link->unit ? unit : 1;
        switch (link->kind) {
        case QD_LINK_POSITIVE: /* d log(theta) / d raw */
            gradient[i] *= qd_sigmoid(raw[i]) / (link->floor + qd_softplus(raw[i]));
            break;
        case QD_LINK_REAL:
            gradient[i] *= here;
            break;
        case QD_LINK_STEP:
            gradient[i - 1] += gradient[i];
            gradient[i] *= qd_sigmoid(raw[i]) * here;
            break;
        }
    }
}

double qd_likelihood_score(const qd_likelihood *likelihood, double y, const double *raw, double unit, double *gradient)
{
    double theta[QD_LIKELIHOOD_PARAMETERS], weight = likelihood->density ? 1 : 1 / unit;
    qd_likelihood_natural(likelihood, raw, unit, theta);
    double score = likelihood->log_density(y, theta, gradient);
    if (gradient) {
        to_raw(likelihood, raw, unit, gradient);
        for (size_t i = 0; i < likelihood->parameters; i++) {
            gradient[i] *= weight;
        }
    }
    return score * weight;
}

/* Is P(Y <= y) of the pool at least p?  By the smaller of the two tails, which is the more exact. */
static bool reached(const qd_likelihood *likelihood, size_t members, const double *theta, qd_tails p, double y)
{
    double lower = 0, upper = 0;
    for (size_t m = 0; m < members; m++) {
        const qd_tails tails = likelihood->tails(y, theta + m * likelihood->parameters);
        lower += tails.lower / (double)members;
        upper += tails.upper / (double)members;
    }
    return p.lower < p.upper ? lower >= p.lower : upper <= p.upper;
}

enum { HALVINGS = 100 }; /* at most: more than a double has bits */

double qd_likelihood_pooled_quantile(const qd_likelihood *likelihood, size_t members, const double *theta, qd_tails p)
{
    double low = HUGE_VAL, high = -HUGE_VAL; /* it lies between those of the members */
    for (size_t m = 0; m < members; m++) {
        const double own = likelihood->quantile(p, theta + m * likelihood->parameters);
        low = fmin(low, own);
        high = fmax(high, own);
    }
    const bool whole = likelihood->support == QD_SUPPORT_COUNTS;
    const double close = 1e-10;
    for (int i = 0; i < HALVINGS && high - low > (whole ? 0 : close * (fabs(low) + fabs(high))); i++) {
        const double half = low + 0.5 * (high - low), middle = whole ? floor(half) : half;
        if (reached(likelihood, members, theta, p, middle)) {
            high = middle;
        } else {
            low = whole ? middle + 1 : middle;
        }
    }
    return high;
}
