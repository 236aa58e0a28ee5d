/* Binary cross-entropy of logits: with p = 1 / (1 + exp(-y)), -t log p - (1 - t) log(1 - p)
   = max(y, 0) - y t + log(1 + exp(-|y|)), which overflows nowhere; the mean over k. */
#include "heads/loss.h"

#include <math.h>

static double probability(double y)
{
    const double e = exp(y < 0 ? y : -y);
    return (y < 0 ? e : 1) / (1 + e);
}

static double row(const qd_loss_options *options, size_t outputs, const qd_real *y, const qd_real *target,
                  qd_real *gradient)
{
    (void)options;
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        const double logit = (double)y[k], t = (double)target[k];
        sum += (logit > 0 ? logit : 0) - logit * t + log1p(exp(-fabs(logit)));
        if (gradient != NULL) {
            gradient[k] = (qd_real)((probability(logit) - t) / (double)outputs);
        }
    }
    return sum / (double)outputs;
}

static void predict(size_t outputs, qd_real *y)
{
    for (size_t k = 0; k < outputs; k++) {
        y[k] = (qd_real)probability((double)y[k]);
    }
}

static const char *check(size_t outputs, const qd_real *target)
{
    for (size_t k = 0; k < outputs; k++) {
        if (!(target[k] >= 0 && target[k] <= 1)) {
            return "targets from 0 to 1";
        }
    }
    return NULL;
}

extern const qd_loss qd_loss_logistic;
const qd_loss qd_loss_logistic = {.name = "logistic",
                                  .help = "binary cross-entropy: each target is 0 or 1, or a probability",
                                  .row = row,
                                  .predict = predict,
                                  .labels = true,
                                  .check = check};
