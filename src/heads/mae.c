/* Mean absolute error: (1/K) sum over k of |y_k - t_k|; its gradient where they are equal is 0. */
#include "heads/loss.h"

static double row(const qd_loss_options *options, size_t outputs, const qd_real *y, const qd_real *target,
                  qd_real *gradient)
{
    (void)options;
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        const double error = (double)y[k] - (double)target[k];
        sum += error < 0 ? -error : error;
        if (gradient != NULL) {
            gradient[k] = (qd_real)((double)((error > 0) - (error < 0)) / (double)outputs);
        }
    }
    return sum / (double)outputs;
}

extern const qd_loss qd_loss_mae;
const qd_loss qd_loss_mae = {.name = "mae", .help = "mean absolute error", .row = row};
