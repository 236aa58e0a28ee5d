/* RMSprop (Tieleman, Hinton: Lecture 6.5, 2012), not centred, with optional momentum, as Keras computes it. */
#include "train/optimizer.h"

#include <math.h>

static void update(const qd_kernels *kernels, const qd_optimizer_options *options, uint64_t t, float learning_rate,
                   size_t n, float *parameters, const float *gradients, float *first, float *second)
{
    (void)kernels;
    (void)t;
    float rho = (float)options->rho, rest = (float)(1 - options->rho);
    float epsilon = (float)options->epsilon, momentum = (float)options->momentum, decay = (float)options->weight_decay;
    for (size_t i = 0; i < n; i++) {
        float g = gradients[i];
        /* v = rho v + (1 - rho) g^2;  step = momentum step + rate g / sqrt(v + epsilon);  w = w - step */
        float v = rho * first[i] + rest * (g * g);
        float step = momentum * second[i] + learning_rate * g / sqrtf(v + epsilon);
        first[i] = v;
        second[i] = step;
        parameters[i] = qd_weight_decayed(parameters[i], decay, learning_rate) - step;
    }
}

extern const qd_optimizer qd_optimizer_rmsprop;
const qd_optimizer qd_optimizer_rmsprop = {"rmsprop", "gradient over its root mean square", 2, update};
