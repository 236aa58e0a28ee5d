/* Networks of one shape in a model file: the weights of the first are the tensors member_0.NAME, of the second
   member_1.NAME, and so on (store/weights.h). */
#ifndef QD_STORE_ENSEMBLE_H
#define QD_STORE_ENSEMBLE_H

#include "store/weights.h"

/* parameters: [members][qd_network_parameters(network)], borrowed until the file is written. */
QD_CHECKED qd_status qd_ensemble_add(qd_safetensors_writer *writer, const qd_network *network, size_t members,
                                     const float *parameters, qd_error *error);

/* As qd_weights_not_finite, over all members. */
const char *qd_ensemble_not_finite(const qd_network *network, size_t members, const float *parameters, size_t *element);

/* A new block of parameters; nothing is allocated before all of the members' tensors are there.  Other tensors do not
   matter. */
QD_CHECKED qd_status qd_ensemble_read(const qd_safetensors *file, const qd_network *network, size_t members,
                                      float **parameters, qd_error *error);

/* Weights to begin with, parameters [members][n], from any safetensors file (as qd_weights_read): an ensemble's
   networks in turn, from the first again where it has fewer; of another file the same weights for all. */
QD_CHECKED qd_status qd_ensemble_start(const char *path, const qd_network *network, size_t members, float *parameters,
                                       qd_error *error);

#endif
