/* The vector type of arm64's NEON: 8 floats in two registers.  The operations are described in vec_ref.h. */
#ifndef QD_KERNELS_VEC_NEON_H
#define QD_KERNELS_VEC_NEON_H

#include "kernels/real.h"

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

enum { QD_LANES = 8 };

/* 24 sums, 3 broadcast elements and two registers of weights: 29 of the 32. */
enum { QD_TILE_ROWS = 3, QD_TILE_COLS = 4 };

typedef struct qd_vec {
    float32x4_t low, high;
} qd_vec;

typedef struct qd_tail {
    size_t n;
} qd_tail;

static inline qd_tail qd_vec_tail(size_t n)
{
    return (qd_tail){n};
}

static inline qd_vec qd_vec_set(float x)
{
    return (qd_vec){vdupq_n_f32(x), vdupq_n_f32(x)};
}

static inline qd_vec qd_vec_load(const float *p)
{
    return (qd_vec){vld1q_f32(p), vld1q_f32(p + 4)};
}

static inline void qd_vec_store(float *p, qd_vec v)
{
    vst1q_f32(p, v.low);
    vst1q_f32(p + 4, v.high);
}

static inline qd_vec qd_vec_load_tail(const float *p, qd_tail tail)
{
    if (tail.n == QD_LANES) {
        return qd_vec_load(p);
    }
    float part[QD_LANES] = {0};
    memcpy(part, p, tail.n * sizeof *p);
    return qd_vec_load(part);
}

static inline void qd_vec_store_tail(float *p, qd_vec v, qd_tail tail)
{
    if (tail.n == QD_LANES) {
        qd_vec_store(p, v);
        return;
    }
    float part[QD_LANES];
    qd_vec_store(part, v);
    memcpy(p, part, tail.n * sizeof *p);
}

static inline qd_vec qd_vec_add(qd_vec a, qd_vec b)
{
    return (qd_vec){vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)};
}

static inline qd_vec qd_vec_sub(qd_vec a, qd_vec b)
{
    return (qd_vec){vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)};
}

static inline qd_vec qd_vec_mul(qd_vec a, qd_vec b)
{
    return (qd_vec){vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)};
}

static inline qd_vec qd_vec_div(qd_vec a, qd_vec b)
{
    return (qd_vec){vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)};
}

static inline qd_vec qd_vec_sqrt(qd_vec a)
{
    return (qd_vec){vsqrtq_f32(a.low), vsqrtq_f32(a.high)};
}

static inline void qd_vec_zip(qd_vec a, qd_vec b, qd_vec *low, qd_vec *high)
{
    *low = (qd_vec){vzip1q_f32(a.low, b.low), vzip2q_f32(a.low, b.low)};
    *high = (qd_vec){vzip1q_f32(a.high, b.high), vzip2q_f32(a.high, b.high)};
}

static inline qd_vec qd_vec_fma(qd_vec a, qd_vec b, qd_vec c)
{
    return (qd_vec){vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
}

static inline qd_vec qd_vec_at_most(qd_vec x, qd_vec limit)
{
    return (qd_vec){vminq_f32(x.low, limit.low), vminq_f32(x.high, limit.high)};
}

static inline qd_vec qd_vec_at_least(qd_vec x, qd_vec limit)
{
    return (qd_vec){vmaxq_f32(x.low, limit.low), vmaxq_f32(x.high, limit.high)};
}

static inline qd_vec qd_vec_if_less(qd_vec x, qd_vec limit, qd_vec a, qd_vec b)
{
    return (qd_vec){vbslq_f32(vcltq_f32(x.low, limit.low), a.low, b.low),
                    vbslq_f32(vcltq_f32(x.high, limit.high), a.high, b.high)};
}

static inline qd_vec qd_vec_abs(qd_vec x)
{
    return (qd_vec){vabsq_f32(x.low), vabsq_f32(x.high)};
}

static inline qd_vec qd_vec_copysign(qd_vec x, qd_vec sign)
{
    uint32x4_t bit = vdupq_n_u32(0x80000000u);
    return (qd_vec){vbslq_f32(bit, sign.low, x.low), vbslq_f32(bit, sign.high, x.high)};
}

static inline float32x4_t qd_vec_shift23(float32x4_t t)
{
    return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(t), 23));
}

static inline qd_vec qd_vec_power(qd_vec t)
{
    return (qd_vec){qd_vec_shift23(t.low), qd_vec_shift23(t.high)};
}

#endif
