/* The LSTM cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), over one vector of units.
   Gates in the order i, f, g, o; z are their preactivations. */
#ifndef QD_KERNELS_CELL_LSTM_H
#define QD_KERNELS_CELL_LSTM_H

/* Included after vmath.h and cell.h. */

/* i = sigmoid(z_i)   f = sigmoid(z_f)   g = tanh(z_g)   o = sigmoid(z_o)
   c = f c' + i g     h = o tanh(c)                                          (c' is the cell state before) */
static inline qd_vec qd_lstm_forward(qd_vec *gates, qd_vec c_in)
{
    gates[0] = qd_vec_sigmoid(gates[0]);
    gates[1] = qd_vec_sigmoid(gates[1]);
    gates[2] = qd_vec_tanh(gates[2]);
    gates[3] = qd_vec_sigmoid(gates[3]);
    return qd_vec_fma(gates[1], c_in, qd_vec_mul(gates[0], gates[2]));
}

static inline qd_vec qd_lstm_hidden(const qd_vec *gates, qd_vec c_out)
{
    return qd_vec_mul(gates[3], qd_vec_tanh(c_out));
}

/* With dc the gradient of c from h and from the step after it:
   dc = dc' + dh o (1 - tanh(c)^2)
   dz_i = dc g i (1 - i)   dz_f = dc c' f (1 - f)   dz_g = dc i (1 - g^2)   dz_o = dh tanh(c) o (1 - o)
   and the gradient of c' is dc f. */
static inline qd_vec qd_lstm_backward(const qd_vec *gates, qd_cell_states at, qd_vec dh, qd_vec dc, qd_vec *dz)
{
    qd_vec one = qd_vec_set(1.0f);
    qd_vec i = gates[0];
    qd_vec f = gates[1];
    qd_vec g = gates[2];
    qd_vec o = gates[3];
    qd_vec tanh_c = qd_vec_tanh(at.c_out);
    qd_vec slope_c = qd_wrong(4) ? one : qd_slope_tanh(tanh_c);
    qd_vec slope_i = qd_slope_sigmoid(qd_wrong(1) ? f : i);
    qd_vec slope_f = qd_slope_sigmoid(qd_wrong(1) ? i : f);
    qd_vec slope_g = qd_wrong(2) ? qd_slope_sigmoid(g) : qd_slope_tanh(g);
    qd_vec slope_o = qd_wrong(5) ? one : qd_slope_sigmoid(o);

    qd_vec from_h = qd_vec_mul(qd_vec_mul(dh, o), slope_c);
    dc = qd_vec_add(qd_wrong(3) ? qd_vec_set(0) : dc, qd_wrong(12) ? qd_vec_set(0) : from_h);
    dz[0] = qd_vec_mul(qd_vec_mul(dc, g), slope_i);
    dz[1] = qd_vec_mul(qd_vec_mul(dc, qd_wrong(6) ? at.c_out : at.c_in), slope_f);
    dz[2] = qd_vec_mul(qd_vec_mul(dc, i), slope_g);
    dz[3] = qd_vec_mul(qd_vec_mul(dh, tanh_c), slope_o);
    return qd_wrong(7) ? dc : qd_vec_mul(dc, f);
}

static const qd_cell_code qd_lstm_code = {4, 2, qd_lstm_forward, qd_lstm_hidden, qd_lstm_backward};

#endif
