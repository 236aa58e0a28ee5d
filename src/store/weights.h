/* Weights of a network as tensors of a file, under PyTorch's names: "lstm.weight_ih_l0" and so on are those of the
   network; beside each bias "X.bias_ih_Y" stands PyTorch's second one, "X.bias_hh_Y", written as zeros and added when
   read. */
#ifndef QD_STORE_WEIGHTS_H
#define QD_STORE_WEIGHTS_H

#include "nn/network.h"
#include "store/safetensors.h"

/* Adds all tensors, their names after `prefix` ("", "member_0."); parameters ([qd_network_parameters]) are borrowed
   until the file is written. */
QD_CHECKED qd_status qd_weights_add(qd_safetensors_writer *writer, const char *prefix, const qd_network *network,
                                    const float *parameters, qd_error *error);

/* Are the tensors there, with the right types and shapes?  own: float32, both biases, and no other tensor but those
   whose names begin with `others` (NULL: none); else float32 or float64, a bias_hh may be missing, and other tensors do
   not matter.  Allocates nothing. */
QD_CHECKED qd_status qd_weights_check(const qd_safetensors *file, const char *prefix, const qd_network *network,
                                      bool own, const char *others, qd_error *error);

/* Copies them, after a check; one that is not finite is QD_ERR_FORMAT with its tensor, index and byte. */
QD_CHECKED qd_status qd_weights_copy(const qd_safetensors *file, const char *prefix, const qd_network *network,
                                     float *parameters, qd_error *error);

/* How many tensors a network is in a file. */
size_t qd_weights_tensors(const qd_network *network);

/* The name of the tensor, its index in *element, of the first weight that is not finite; NULL: all are. */
const char *qd_weights_not_finite(const qd_network *network, const float *parameters, size_t *element);

/* QD_ERR_FORMAT unless it has this type and shape, which the message names; shape[1] 0 is a vector. */
QD_CHECKED qd_status qd_weights_expect(const qd_safetensors *file, const qd_stored *stored, const char *name,
                                       qd_dtype dtype, const size_t shape[2], qd_error *error);

#endif
