/* Huber's loss (Robust estimation of a location parameter, 1964): with e = y_k - t_k and d = huber-delta,
   e^2 / 2 where |e| <= d, else d (|e| - d / 2); the mean over k. */
#include "heads/loss.h"
#include "kernels/wrong.h"

static double row(const qd_loss_options *options, size_t outputs, const qd_real *y, const qd_real *target,
                  qd_real *gradient)
{
    const double delta = options->huber_delta;
    double sum = 0;
    for (size_t k = 0; k < outputs; k++) {
        const double error = (double)y[k] - (double)target[k];
        const double size = error < 0 ? -error : error;
        const bool near = size <= delta;
        sum += near ? 0.5 * error * error : delta * (size - 0.5 * delta);
        const double slope = near || qd_wrong(32) ? error : error < 0 ? -delta : delta;
        if (gradient != NULL) {
            gradient[k] = (qd_real)(slope / (double)outputs);
        }
    }
    return sum / (double)outputs;
}

extern const qd_loss qd_loss_huber;
const qd_loss qd_loss_huber = {
    .name = "huber", .help = "squared error near, absolute error far (huber-delta)", .row = row};
