/* Cross-entropy of K classes: with p = softmax(y), -sum over k of t_k log p_k, the targets being probabilities that add
   up to 1 (one of them 1: a class).  log p_k = y_k - m - log(sum of exp(y_j - m)), m the largest, overflows nowhere. */
#include "heads/loss.h"

#include <math.h>

static double largest(size_t outputs, const qd_real *y)
{
    double m = (double)y[0];
    for (size_t k = 1; k < outputs; k++) {
        m = (double)y[k] > m ? (double)y[k] : m;
    }
    return m;
}

/* sum of exp(y_k - m) */
static double partition(size_t outputs, const qd_real *y, double m)
{
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        sum += exp((double)y[k] - m);
    }
    return sum;
}

static double row(const qd_loss_options *options, size_t outputs, const qd_real *y, const qd_real *target,
                  qd_real *gradient)
{
    (void)options;
    const double m = largest(outputs, y), sum = partition(outputs, y, m), log_sum = log(sum);
    double loss = 0, whole = 0;
    for (size_t k = 0; k < outputs; k++) {
        loss -= (double)target[k] * ((double)y[k] - m - log_sum);
        whole += (double)target[k];
    }
    for (size_t k = 0; gradient != NULL && k < outputs; k++) {
        gradient[k] = (qd_real)(whole * exp((double)y[k] - m) / sum - (double)target[k]);
    }
    return loss;
}

static void predict(size_t outputs, qd_real *y)
{
    const double m = largest(outputs, y), sum = partition(outputs, y, m);
    for (size_t k = 0; k < outputs; k++) {
        y[k] = (qd_real)(exp((double)y[k] - m) / sum);
    }
}

static const char *check(size_t outputs, const qd_real *target)
{
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        if (!(target[k] >= 0)) {
            return "probabilities of the classes, none below 0";
        }
        sum += (double)target[k];
    }
    return outputs < 2            ? "at least two targets, one a class"
           : fabs(sum - 1) > 1e-3 ? "probabilities of the classes that add up to 1"
                                  : NULL;
}

extern const qd_loss qd_loss_softmax;
const qd_loss qd_loss_softmax = {.name = "softmax",
                                 .help = "cross-entropy of classes: targets are one column a class",
                                 .row = row,
                                 .predict = predict,
                                 .labels = true,
                                 .check = check};
