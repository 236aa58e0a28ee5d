/* What passes over all parameters once a batch: Adam's update, and the sum of squares of which the norm is made. */
#ifndef QD_KERNELS_UPDATE_H
#define QD_KERNELS_UPDATE_H

/* Included by algorithms.h, after the header of a vector type. */

/* w = w - w decay rate;  m = m + (g - m) (1 - beta1);  v = v + (g^2 - v) (1 - beta2);
   w = w - m alpha / (sqrt(v) + epsilon) */
static void qd_adam_run(const qd_adam *p)
{
    const qd_vec rest1 = qd_vec_set(p->rest1), rest2 = qd_vec_set(p->rest2), alpha = qd_vec_set(p->alpha);
    const qd_vec epsilon = qd_vec_set(p->epsilon), decay = qd_vec_set(p->decay), rate = qd_vec_set(p->rate);
    for (size_t i = 0; i < p->n; i += QD_LANES) {
        const qd_tail tail = qd_vec_tail(qd_least(p->n - i, QD_LANES));
        const qd_vec g = qd_vec_load_tail(p->gradients + i, tail);
        qd_vec m = qd_vec_load_tail(p->first + i, tail), v = qd_vec_load_tail(p->second + i, tail);
        qd_vec w = qd_vec_load_tail(p->parameters + i, tail);
        m = qd_vec_add(m, qd_vec_mul(qd_vec_sub(g, m), rest1));
        v = qd_vec_add(v, qd_vec_mul(qd_vec_sub(qd_vec_mul(g, g), v), rest2));
        w = qd_vec_sub(w, qd_vec_mul(qd_vec_mul(w, decay), rate));
        w = qd_vec_sub(w, qd_vec_div(qd_vec_mul(m, alpha), qd_vec_add(qd_vec_sqrt(v), epsilon)));
        qd_vec_store_tail(p->first + i, m, tail);
        qd_vec_store_tail(p->second + i, v, tail);
        qd_vec_store_tail(p->parameters + i, w, tail);
    }
}

/* In double, which the vector types do not have: the compiler makes vectors of the 16 lanes. */
static double qd_squares_run(size_t n, const qd_real *x)
{
    enum { LANES = 16 };
    double lane[LANES] = {0};
    const size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            const double each = (double)x[i + l];
            lane[l] += each * each;
        }
    }
    for (size_t i = whole; i < n; i++) {
        const double each = (double)x[i];
        lane[i - whole] += each * each;
    }
    for (size_t half = LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

#endif
