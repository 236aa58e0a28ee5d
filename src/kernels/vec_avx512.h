/* The vector type of AVX-512 (F, VL, DQ, BW): 16 floats.  The operations are described in vec_ref.h. */
#ifndef QD_KERNELS_VEC_AVX512_H
#define QD_KERNELS_VEC_AVX512_H

#include "kernels/real.h"

#include <immintrin.h>
#include <stdint.h>

enum { QD_LANES = 16 };

/* 24 sums, 6 broadcast elements and a vector of weights: 31 of the 32 registers. */
enum { QD_TILE_ROWS = 6, QD_TILE_COLS = 4 };

typedef __m512 qd_vec;

typedef struct qd_tail {
    __mmask16 mask;
} qd_tail;

static inline qd_tail qd_vec_tail(size_t n)
{
    return (qd_tail){(__mmask16)((1u << n) - 1u)};
}

static inline qd_vec qd_vec_set(float x)
{
    return _mm512_set1_ps(x);
}

static inline qd_vec qd_vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline void qd_vec_store(float *p, qd_vec v)
{
    _mm512_storeu_ps(p, v);
}

static inline qd_vec qd_vec_load_tail(const float *p, qd_tail tail)
{
    return _mm512_maskz_loadu_ps(tail.mask, p);
}

static inline void qd_vec_store_tail(float *p, qd_vec v, qd_tail tail)
{
    _mm512_mask_storeu_ps(p, tail.mask, v);
}

static inline qd_vec qd_vec_add(qd_vec a, qd_vec b)
{
    return _mm512_add_ps(a, b);
}

static inline qd_vec qd_vec_sub(qd_vec a, qd_vec b)
{
    return _mm512_sub_ps(a, b);
}

static inline qd_vec qd_vec_mul(qd_vec a, qd_vec b)
{
    return _mm512_mul_ps(a, b);
}

static inline qd_vec qd_vec_div(qd_vec a, qd_vec b)
{
    return _mm512_div_ps(a, b);
}

static inline qd_vec qd_vec_sqrt(qd_vec a)
{
    return _mm512_sqrt_ps(a);
}

static inline void qd_vec_zip(qd_vec a, qd_vec b, qd_vec *low, qd_vec *high)
{
    const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    *low = _mm512_permutex2var_ps(a, first, b);
    *high = _mm512_permutex2var_ps(a, _mm512_add_epi32(first, _mm512_set1_epi32(8)), b);
}

static inline qd_vec qd_vec_fma(qd_vec a, qd_vec b, qd_vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* minps and maxps return their second operand where either is not a number. */
static inline qd_vec qd_vec_at_most(qd_vec x, qd_vec limit)
{
    return _mm512_min_ps(limit, x);
}

static inline qd_vec qd_vec_at_least(qd_vec x, qd_vec limit)
{
    return _mm512_max_ps(limit, x);
}

static inline qd_vec qd_vec_if_less(qd_vec x, qd_vec limit, qd_vec a, qd_vec b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, limit, _CMP_LT_OQ), b, a);
}

static inline qd_vec qd_vec_abs(qd_vec x)
{
    return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x);
}

static inline qd_vec qd_vec_copysign(qd_vec x, qd_vec sign)
{
    return _mm512_or_ps(qd_vec_abs(x), _mm512_and_ps(_mm512_set1_ps(-0.0f), sign));
}

static inline qd_vec qd_vec_power(qd_vec t)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(t), 23));
}

#endif
