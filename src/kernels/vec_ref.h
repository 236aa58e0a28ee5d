/* The vector type in plain C: the reference set, which defines what the others compute, and the list of the operations
   that each set provides.  Every operation is correctly rounded in every lane, so that all sets agree bit for bit. */
#ifndef QD_KERNELS_VEC_REF_H
#define QD_KERNELS_VEC_REF_H

#include "kernels/real.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { QD_LANES = 4 };

/* Shape of the register tile (tile.h): rows, and vectors a row. */
enum { QD_TILE_ROWS = 4, QD_TILE_COLS = 4 };

typedef struct qd_vec {
    qd_real lane[QD_LANES];
} qd_vec;

/* Which lanes a partial load or store touches: the first n, 1 <= n <= QD_LANES. */
typedef struct qd_tail {
    size_t n;
} qd_tail;

static inline qd_tail qd_vec_tail(size_t n)
{
    return (qd_tail){n};
}

static inline qd_vec qd_vec_set(qd_real x)
{
    return (qd_vec){{x, x, x, x}};
}

static inline qd_vec qd_vec_load(const qd_real *p)
{
    qd_vec v;
    memcpy(v.lane, p, sizeof v.lane);
    return v;
}

static inline void qd_vec_store(qd_real *p, qd_vec v)
{
    memcpy(p, v.lane, sizeof v.lane);
}

/* The lanes beyond the tail are zeros; their memory is not touched. */
static inline qd_vec qd_vec_load_tail(const qd_real *p, qd_tail tail)
{
    qd_vec v = {{0}};
    for (size_t i = 0; i < tail.n; i++) {
        v.lane[i] = p[i];
    }
    return v;
}

static inline void qd_vec_store_tail(qd_real *p, qd_vec v, qd_tail tail)
{
    for (size_t i = 0; i < tail.n; i++) {
        p[i] = v.lane[i];
    }
}

static inline qd_vec qd_vec_add(qd_vec a, qd_vec b)
{
    for (int i = 0; i < QD_LANES; i++) {
        a.lane[i] = a.lane[i] + b.lane[i];
    }
    return a;
}

static inline qd_vec qd_vec_sub(qd_vec a, qd_vec b)
{
    for (int i = 0; i < QD_LANES; i++) {
        a.lane[i] = a.lane[i] - b.lane[i];
    }
    return a;
}

static inline qd_vec qd_vec_mul(qd_vec a, qd_vec b)
{
    for (int i = 0; i < QD_LANES; i++) {
        a.lane[i] = a.lane[i] * b.lane[i];
    }
    return a;
}

static inline qd_vec qd_vec_div(qd_vec a, qd_vec b)
{
    for (int i = 0; i < QD_LANES; i++) {
        a.lane[i] = a.lane[i] / b.lane[i];
    }
    return a;
}

static inline qd_vec qd_vec_sqrt(qd_vec a)
{
    for (int i = 0; i < QD_LANES; i++) {
        a.lane[i] = (qd_real)sqrt((double)a.lane[i]); /* rounded twice, and yet correctly: double has digits enough */
    }
    return a;
}

/* *low = a0 b0 a1 b1 ..., *high = the other half of both, likewise. */
static inline void qd_vec_zip(qd_vec a, qd_vec b, qd_vec *low, qd_vec *high)
{
    enum { HALF = QD_LANES / 2 };
    for (int i = 0; i < HALF; i++) {
        low->lane[2 * i] = a.lane[i];
        low->lane[2 * i + 1] = b.lane[i];
        high->lane[2 * i] = a.lane[HALF + i];
        high->lane[2 * i + 1] = b.lane[HALF + i];
    }
}

/* a b + c with one rounding. */
static inline qd_vec qd_vec_fma(qd_vec a, qd_vec b, qd_vec c)
{
    for (int i = 0; i < QD_LANES; i++) {
#ifdef QD_FLOAT64
        c.lane[i] = fma(a.lane[i], b.lane[i], c.lane[i]);
#else
        c.lane[i] = fmaf(a.lane[i], b.lane[i], c.lane[i]);
#endif
    }
    return c;
}

/* x < limit ? x : limit, and x where it is not a number. */
static inline qd_vec qd_vec_at_most(qd_vec x, qd_vec limit)
{
    for (int i = 0; i < QD_LANES; i++) {
        x.lane[i] = limit.lane[i] < x.lane[i] ? limit.lane[i] : x.lane[i];
    }
    return x;
}

/* x > limit ? x : limit, and x where it is not a number. */
static inline qd_vec qd_vec_at_least(qd_vec x, qd_vec limit)
{
    for (int i = 0; i < QD_LANES; i++) {
        x.lane[i] = limit.lane[i] > x.lane[i] ? limit.lane[i] : x.lane[i];
    }
    return x;
}

/* x < limit ? a : b, and b where x is not a number. */
static inline qd_vec qd_vec_if_less(qd_vec x, qd_vec limit, qd_vec a, qd_vec b)
{
    for (int i = 0; i < QD_LANES; i++) {
        a.lane[i] = x.lane[i] < limit.lane[i] ? a.lane[i] : b.lane[i];
    }
    return a;
}

#ifndef QD_FLOAT64

/* |x| and the sign of another, bit for bit (zeros and not-a-numbers too). */
static inline qd_vec qd_vec_abs(qd_vec x)
{
    for (int i = 0; i < QD_LANES; i++) {
        x.lane[i] = fabsf(x.lane[i]);
    }
    return x;
}

static inline qd_vec qd_vec_copysign(qd_vec x, qd_vec sign)
{
    for (int i = 0; i < QD_LANES; i++) {
        x.lane[i] = copysignf(x.lane[i], sign.lane[i]);
    }
    return x;
}

/* The number whose bits are those of t shifted left by 23: 2^n, where t = n + 127 + 1.5 * 2^23. */
static inline qd_vec qd_vec_power(qd_vec t)
{
    for (int i = 0; i < QD_LANES; i++) {
        uint32_t bits;
        memcpy(&bits, &t.lane[i], sizeof bits);
        bits <<= 23;
        memcpy(&t.lane[i], &bits, sizeof bits);
    }
    return t;
}

#endif
#endif
