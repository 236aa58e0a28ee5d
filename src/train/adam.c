/* Adam (Kingma, Ba: Adam, a method for stochastic optimization, ICLR 2015) as Keras computes it: the bias corrections
   in the step size, epsilon outside of them.  AdamW is the same with weight decay on by default. */
#include "train/optimizer.h"

#include <math.h>

/* beta^t as float32 holds beta, rounded once: by squaring, in double. */
static float power(float beta, uint64_t t)
{
    double result = 1, square = (double)beta;
    for (; t > 0; t >>= 1) {
        result *= (t & 1) != 0 ? square : 1;
        square *= square;
    }
    return (float)result;
}

static void update(const qd_kernels *kernels, const qd_optimizer_options *options, uint64_t t, float learning_rate,
                   size_t n, float *parameters, const float *gradients, float *first, float *second)
{
    /* alpha_t = rate * sqrt(1 - beta2^t) / (1 - beta1^t), with the powers in float32 */
    const float beta1 = (float)options->beta1, beta2 = (float)options->beta2;
    const qd_adam adam = {
        .n = n,
        .parameters = parameters,
        .gradients = gradients,
        .first = first,
        .second = second,
        .rate = learning_rate,
        .alpha = learning_rate * sqrtf(1.0f - power(beta2, t)) / (1.0f - power(beta1, t)),
        .rest1 = (float)(1 - options->beta1),
        .rest2 = (float)(1 - options->beta2),
        .epsilon = (float)options->epsilon,
        .decay = (float)options->weight_decay,
    };
    kernels->adam(&adam);
}

extern const qd_optimizer qd_optimizer_adam, qd_optimizer_adamw;
const qd_optimizer qd_optimizer_adam = {"adam", "adaptive moments", 2, update};
const qd_optimizer qd_optimizer_adamw = {"adamw", "adam with decoupled weight decay", 2, update};
