/* Mean squared error: (1/K) sum over k of (y_k - t_k)^2. */
#include "heads/loss.h"

static double row(const qd_loss_options *options, size_t outputs, const qd_real *y, const qd_real *target,
                  qd_real *gradient)
{
    (void)options;
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        const double error = (double)y[k] - (double)target[k];
        sum += error * error;
        if (gradient != NULL) {
            gradient[k] = (qd_real)(2 * error / (double)outputs);
        }
    }
    return sum / (double)outputs;
}

extern const qd_loss qd_loss_mse;
const qd_loss qd_loss_mse = {.name = "mse", .help = "mean squared error", .row = row};
