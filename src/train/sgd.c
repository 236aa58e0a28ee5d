/* Stochastic gradient descent with momentum (Polyak 1964), as Keras computes it. */
#include "train/optimizer.h"

static void update(const qd_kernels *kernels, const qd_optimizer_options *options, uint64_t t, float learning_rate,
                   size_t n, float *parameters, const float *gradients, float *first, float *second)
{
    (void)kernels;
    (void)t;
    (void)second;
    float momentum = (float)options->momentum, decay = (float)options->weight_decay;
    for (size_t i = 0; i < n; i++) {
        /* m = momentum m - rate g;  w = w + m */
        float m = momentum * first[i] - learning_rate * gradients[i];
        first[i] = m;
        parameters[i] = qd_weight_decayed(parameters[i], decay, learning_rate) + m;
    }
}

extern const qd_optimizer qd_optimizer_sgd;
const qd_optimizer qd_optimizer_sgd = {"sgd", "gradient descent with momentum", 1, update};
