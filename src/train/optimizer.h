/* Optimisers: one update of parameters by their gradients, element by element, in one pass.  One file an optimiser; the
   table qd_optimizers names them.  Formulas and their order are those of Keras 3. */
#ifndef QD_TRAIN_OPTIMIZER_H
#define QD_TRAIN_OPTIMIZER_H

#include "base/settings.h"
#include "base/threads.h"
#include "kernels/kernels.h"

enum { QD_MOST_MOMENTS = 2 };

typedef struct qd_optimizer_options {
    double beta1, beta2, rho, momentum, epsilon, weight_decay;
} qd_optimizer_options;

typedef struct qd_optimizer {
    const char *name;
    const char *help;
    size_t moments; /* blocks of the parameters' shape that it keeps: 0, 1 or 2 */
    /* Update number t (from 1) of n parameters by their gradients.  first, second: the moments; NULL where it keeps
       none.  Elements are independent of one another, so threads may share them. */
    void (*update)(const qd_kernels *kernels, const qd_optimizer_options *options, uint64_t t, float learning_rate,
                   size_t n, float *parameters, const float *gradients, float *first, float *second);
} qd_optimizer;

extern const qd_optimizer *const qd_optimizers[];
extern const size_t qd_optimizers_count;
const qd_optimizer *qd_optimizer_find(const char *name);
qd_optimizer_options qd_optimizer_options_from(const qd_settings *settings);

/* Decoupled weight decay, before an update (Loshchilov, Hutter: Decoupled weight decay regularization, ICLR 2019, as
   Keras does it for every optimiser): w = w - w * decay * rate. */
static inline float qd_weight_decayed(float weight, float decay, float learning_rate)
{
    return weight - weight * decay * learning_rate;
}

/* sqrt(sum of squares) in 16 virtual lanes of double: the same bits on every machine. */
double qd_gradient_norm(const qd_kernels *kernels, size_t n, const float *gradients);

/* Clipping in place, by global norm (`norm`: the gradient's) and then by value; 0 leaves one out. */
void qd_gradient_clip(size_t n, float *gradients, double norm, double clip_norm, double clip_value);

#endif
