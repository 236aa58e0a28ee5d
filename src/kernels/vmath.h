/* exp, sigmoid and tanh over the vector type, by additions, multiplications, divisions and fused multiply-adds alone,
   each correctly rounded: the same bits in every set.  At most 2 units in the last place from the truth over all
   float32 (bench/ulp.c tries every one).  In float64, where only the reference set exists, libm computes them. */
#ifndef QD_KERNELS_VMATH_H
#define QD_KERNELS_VMATH_H

/* Included after the header of a vector type. */

#ifndef QD_FLOAT64

/* x = n ln 2 + r with n whole and |r| <= ln 2 / 2; then e^x = 2^n (1 + q), where q = e^r - 1. */
typedef struct qd_exponential {
    qd_vec n, q;
    qd_vec t; /* n + QD_ROUND */
} qd_exponential;

/* Adding this rounds to a whole number and leaves n + 127, the exponent of 2^n, in the lowest bits. */
#define QD_ROUND 12583039.0f /* 1.5 * 2^23 + 127 */

static inline qd_exponential qd_vec_exponential(qd_vec x)
{
    qd_vec round = qd_vec_set(QD_ROUND);
    qd_vec t = qd_vec_fma(x, qd_vec_set(0x1.715476p+0f), round); /* 1 / ln 2 */
    qd_vec n = qd_vec_sub(t, round);

    /* ln 2 in two parts, the first with so few bits that x - n ln 2 is exact but for the second. */
    qd_vec r = qd_vec_fma(n, qd_vec_set(-0x1.62e400p-1f), x);
    r = qd_vec_fma(n, qd_vec_set(-0x1.7f7d1cp-20f), r);

    /* e^r - 1 = r + r^2 p(r); p is the minimax polynomial for the relative error of e^r - 1, which is 1.4e-8. */
    qd_vec p = qd_vec_set(0x1.6d6212p-10f);
    p = qd_vec_fma(p, r, qd_vec_set(0x1.1227acp-7f));
    p = qd_vec_fma(p, r, qd_vec_set(0x1.5554d6p-5f));
    p = qd_vec_fma(p, r, qd_vec_set(0x1.5554b0p-3f));
    p = qd_vec_fma(p, r, qd_vec_set(0.5f));
    return (qd_exponential){n, qd_vec_fma(qd_vec_mul(r, r), p, r), t};
}

/* Below -104, e^x is 0; above 89, infinity.  2^n in two factors, since n may be beyond the exponents of normal numbers;
   the first product is exact, so a denormal result is rounded once. */
static inline qd_vec qd_vec_exp(qd_vec x)
{
    qd_exponential e = qd_vec_exponential(qd_vec_at_least(qd_vec_at_most(x, qd_vec_set(89.0f)), qd_vec_set(-104.0f)));
    qd_vec round = qd_vec_set(QD_ROUND);
    qd_vec half = qd_vec_fma(e.n, qd_vec_set(0.5f), round);
    qd_vec rest = qd_vec_sub(e.t, qd_vec_sub(half, round));
    qd_vec y = qd_vec_add(qd_vec_set(1.0f), e.q);
    return qd_vec_mul(qd_vec_mul(y, qd_vec_power(half)), qd_vec_power(rest));
}

/* 1 / (1 + e^-x) = c / (c + w + w q) with c = 2^-32, which keeps w = 2^(n-32) a normal number, and denormal results
   within one rounding.  What c + w loses (a 1 beside 2^24) is added with the smallest term.  Above 30, sigmoid is 1. */
static inline qd_vec qd_vec_sigmoid(qd_vec x)
{
    qd_vec minus_x =
        qd_vec_mul(qd_vec_at_least(qd_vec_at_most(x, qd_vec_set(30.0f)), qd_vec_set(-104.0f)), qd_vec_set(-1.0f));
    qd_exponential e = qd_vec_exponential(minus_x);
    qd_vec c = qd_vec_set(0x1p-32f);
    qd_vec w = qd_vec_power(qd_vec_sub(e.t, qd_vec_set(32.0f)));
    qd_vec sum = qd_vec_add(c, w);
    qd_vec lost = qd_vec_sub(c, qd_vec_sub(sum, w));
    return qd_vec_div(c, qd_vec_add(sum, qd_vec_fma(w, e.q, lost)));
}

/* Below 0.55, tanh|x| = |x| + |x|^3 p(x^2) with p the minimax polynomial for the relative error, which is 3.6e-8.  From
   there on, with e = exp(-2|x|), it is 1 - 2 e / (1 + e); from 10 on, 1. */
static inline qd_vec qd_vec_tanh(qd_vec x)
{
    qd_vec one = qd_vec_set(1.0f);
    qd_vec limit = qd_vec_set(0.55f);
    qd_vec a = qd_vec_at_most(qd_vec_abs(x), qd_vec_set(10.0f));

    qd_vec square = qd_vec_mul(a, a);
    qd_vec p = qd_vec_set(0x1.0d6768p-6f);
    p = qd_vec_fma(p, square, qd_vec_set(-0x1.af862cp-5f));
    p = qd_vec_fma(p, square, qd_vec_set(0x1.10cf7ep-3f));
    p = qd_vec_fma(p, square, qd_vec_set(-0x1.555456p-2f));
    qd_vec small = qd_vec_fma(p, qd_vec_mul(square, a), a);

    qd_exponential r = qd_vec_exponential(qd_vec_mul(a, qd_vec_set(-2.0f)));
    qd_vec power = qd_vec_power(r.t);
    qd_vec e = qd_vec_fma(power, r.q, power);
    qd_vec large = qd_vec_sub(one, qd_vec_div(qd_vec_add(e, e), qd_vec_add(one, e)));
    return qd_vec_copysign(qd_vec_if_less(a, limit, small, large), x);
}

#else

static inline qd_vec qd_vec_exp(qd_vec x)
{
    for (int i = 0; i < QD_LANES; i++) {
        x.lane[i] = exp(x.lane[i]);
    }
    return x;
}

static inline qd_vec qd_vec_sigmoid(qd_vec x)
{
    for (int i = 0; i < QD_LANES; i++) {
        double e = exp(-fabs(x.lane[i]));
        x.lane[i] = (x.lane[i] < 0 ? e : 1.0) / (1.0 + e);
    }
    return x;
}

static inline qd_vec qd_vec_tanh(qd_vec x)
{
    for (int i = 0; i < QD_LANES; i++) {
        x.lane[i] = tanh(x.lane[i]);
    }
    return x;
}

#endif
#endif
