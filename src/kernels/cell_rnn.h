/* The plain recurrent cell (Elman 1990), over one vector of units: one gate, no cell state. */
#ifndef QD_KERNELS_CELL_RNN_H
#define QD_KERNELS_CELL_RNN_H

/* Included after vmath.h and cell.h. */

/* h = tanh(z) */
static inline qd_vec qd_rnn_forward(qd_vec *gates, qd_vec c_in)
{
    gates[0] = qd_vec_tanh(gates[0]);
    return c_in;
}

static inline qd_vec qd_rnn_hidden(const qd_vec *gates, qd_vec c_out)
{
    (void)c_out;
    return gates[0];
}

/* dz = dh (1 - h^2) */
static inline qd_vec qd_rnn_backward(const qd_vec *gates, qd_cell_states at, qd_vec dh, qd_vec dc, qd_vec *dz)
{
    (void)at;
    dz[0] = qd_wrong(8) ? dh : qd_vec_mul(dh, qd_slope_tanh(gates[0]));
    return dc;
}

static const qd_cell_code qd_rnn_code = {1, 1, qd_rnn_forward, qd_rnn_hidden, qd_rnn_backward};

#endif
