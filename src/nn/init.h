/* Initial weights of one tensor. */
#ifndef QD_NN_INIT_H
#define QD_NN_INIT_H

#include "nn/layer.h"

/* number: of the tensor in its network; with the seed it names the random numbers. */
QD_CHECKED qd_status qd_tensor_init(const qd_tensor *tensor, uint64_t seed, uint32_t number, qd_real *weights,
                                    qd_error *error);

#endif
