/* What a recurrent cell is to the kernels: a constant descriptor with two epilogues over one vector of units, which the
   compiler puts inline into the loops of algorithms.h.  A new cell is a file like cell_lstm.h, a line in the tables of
   algorithms.h and one in kernels.c. */
#ifndef QD_KERNELS_CELL_H
#define QD_KERNELS_CELL_H

/* Included after the header of a vector type. */

enum { QD_MOST_GATES = 4 };

/* The cell state around a step; zeros where the cell has none. */
typedef struct qd_cell_states {
    qd_vec c_in, c_out;
} qd_cell_states;

typedef struct qd_cell_code {
    size_t gates;  /* G <= QD_MOST_GATES */
    size_t states; /* 1: h; 2: h and c */
    /* gates[G], from the preactivations to the gates; returns the cell state after. */
    qd_vec (*forward)(qd_vec *gates, qd_vec c_in);
    /* The hidden state after. */
    qd_vec (*hidden)(const qd_vec *gates, qd_vec c_out);
    /* From the gates[G] and the gradients of h and c after the step: fills dz[G], returns the gradient of c before. */
    qd_vec (*backward)(const qd_vec *gates, qd_cell_states at, qd_vec dh, qd_vec dc, qd_vec *dz);
} qd_cell_code;

/* Slopes, from the values of the functions: y (1 - y), and 1 - y^2. */
static inline qd_vec qd_slope_sigmoid(qd_vec y)
{
    return qd_vec_mul(y, qd_vec_sub(qd_vec_set(1), y));
}

static inline qd_vec qd_slope_tanh(qd_vec y)
{
    return qd_vec_fma(qd_vec_mul(y, qd_vec_set(-1)), y, qd_vec_set(1));
}

#endif
