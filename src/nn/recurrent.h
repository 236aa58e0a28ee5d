/* What all recurrent layers share: the functions of a layer over one cell of the kernels.  A kind (lstm.c, rnn.c) is a
   configure function that names the cell, and these. */
#ifndef QD_NN_RECURRENT_H
#define QD_NN_RECURRENT_H

#include "nn/layer.h"

/* Tensors KIND.weight_ih_l{k} [G*H][I], weight_hh_l{k} [G*H][H], bias_ih_l{k} [G*H]; "_reverse" after the name where
   the layer runs from the end.  PyTorch's second bias, bias_hh, is no parameter here: only the sum of both has an
   effect. */
void qd_recurrent_configure(qd_layer *layer, const qd_layer_spec *spec, qd_cell_id cell);
size_t qd_recurrent_tensors(const qd_layer *layer, qd_tensor *tensors);
qd_needs qd_recurrent_needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                            bool training);
void qd_recurrent_pack(const qd_layer *layer, const qd_pass *pass);
void qd_recurrent_forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out);
void qd_recurrent_backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                           const qd_rows *din);

#endif
