/* The integral of exp(-fall(x)) from 0 on, fall convex: the tails of the count distributions and of Student's t are
   such integrals (counts.c, studentt.c).  Gauss-Legendre panels of 16 points between 0 and where the integrand has
   fallen below 1e-18, halved until two halves agree with their whole. */
#include "heads/special.h"

#include <assert.h>
#include <stddef.h>

static const double deep = 45; /* exp(-45) is 3e-20 */

typedef struct integrand {
    qd_fall fall;
    const void *context;
} integrand;

/* A place where fall lies between deep and 2 deep; or limit when it is lower there. */
static double far_end(const integrand *f, double width, double limit)
{
    if (isfinite(limit) && f->fall(f->context, limit) <= 2 * deep) {
        return limit;
    }
    double low = 0, high = limit, x = width < limit ? width : 0.5 * limit;
    for (int i = 0; i < 200; i++) {
        double fallen = f->fall(f->context, x);
        if (fallen < deep) {
            low = x;
        } else if (fallen > 2 * deep) {
            high = x;
        } else {
            break;
        }
        x *= sqrt(1.4 * deep / fmax(fallen, 1e-3)); /* right at once where fall is quadratic */
        if (x >= high || x <= low) {
            x = 0.5 * (low + high);
        }
    }
    return x;
}

/* Abramowitz and Stegun 25.4.30, n = 16. */
static double panel(const integrand *f, double from, double to)
{
    static const double node[] = {0.0950125098376374401853, 0.2816035507792589132305, 0.4580167776572273863424,
                                  0.6178762444026437484467, 0.7554044083550030338951, 0.8656312023878317438805,
                                  0.9445750230732325760779, 0.9894009349916499325962};
    static const double weight[] = {0.1894506104550684962854, 0.1826034150449235888668, 0.1691565193950025381893,
                                    0.1495959888165767320815, 0.1246289712555338720525, 0.0951585116824927848099,
                                    0.0622535239386478928628, 0.0271524594117540948518};
    double middle = 0.5 * (from + to), half = 0.5 * (to - from), sum = 0;
    for (size_t i = 0; i < 8; i++) {
        double offset = half * node[i];
        sum += weight[i] * (exp(-f->fall(f->context, middle - offset)) + exp(-f->fall(f->context, middle + offset)));
    }
    return half * sum;
}

/* Halving about squares the error of a panel: where two halves agree with the whole to 1e-11 of the integral, the
   halves are right to more. */
static double refine(const integrand *f, double from, double to, double whole, double total, int depth)
{
    double middle = 0.5 * (from + to), left = panel(f, from, middle), right = panel(f, middle, to);
    double sum = left + right;
    if (depth == 0 || fabs(sum - whole) <= 1e-11 * fmax(total, sum)) {
        return sum;
    }
    return refine(f, from, middle, left, fmax(total, sum), depth - 1) +
           refine(f, middle, to, right, fmax(total, sum), depth - 1);
}

double qd_tail_integral(qd_fall fall, const void *context, double width, double limit)
{
    assert(width > 0);
    if (limit <= 0) {
        return 0;
    }
    const integrand f = {fall, context};
    double to = far_end(&f, width, limit), whole = panel(&f, 0, to);
    return refine(&f, 0, to, whole, whole, 20);
}
