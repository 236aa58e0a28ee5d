/* The vector type of AVX2 with FMA: 8 floats.  The operations are described in vec_ref.h. */
#ifndef QD_KERNELS_VEC_AVX2_H
#define QD_KERNELS_VEC_AVX2_H

#include "kernels/real.h"

#include <immintrin.h>
#include <stdint.h>

enum { QD_LANES = 8 };

/* 12 sums, 3 broadcast elements and a vector of weights: all 16 registers. */
enum { QD_TILE_ROWS = 3, QD_TILE_COLS = 4 };

typedef __m256 qd_vec;

typedef struct qd_tail {
    __m256i mask;
    int all; /* partial loads and stores are slower on some processors: a branch avoids them */
} qd_tail;

static inline qd_tail qd_vec_tail(size_t n)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (qd_tail){_mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane), n == QD_LANES};
}

static inline qd_vec qd_vec_set(float x)
{
    return _mm256_set1_ps(x);
}

static inline qd_vec qd_vec_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline void qd_vec_store(float *p, qd_vec v)
{
    _mm256_storeu_ps(p, v);
}

static inline qd_vec qd_vec_load_tail(const float *p, qd_tail tail)
{
    return tail.all ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, tail.mask);
}

static inline void qd_vec_store_tail(float *p, qd_vec v, qd_tail tail)
{
    if (tail.all) {
        _mm256_storeu_ps(p, v);
    } else {
        _mm256_maskstore_ps(p, tail.mask, v);
    }
}

static inline qd_vec qd_vec_add(qd_vec a, qd_vec b)
{
    return _mm256_add_ps(a, b);
}

static inline qd_vec qd_vec_sub(qd_vec a, qd_vec b)
{
    return _mm256_sub_ps(a, b);
}

static inline qd_vec qd_vec_mul(qd_vec a, qd_vec b)
{
    return _mm256_mul_ps(a, b);
}

static inline qd_vec qd_vec_div(qd_vec a, qd_vec b)
{
    return _mm256_div_ps(a, b);
}

static inline qd_vec qd_vec_sqrt(qd_vec a)
{
    return _mm256_sqrt_ps(a);
}

static inline void qd_vec_zip(qd_vec a, qd_vec b, qd_vec *low, qd_vec *high)
{
    const __m256 first = _mm256_unpacklo_ps(a, b), second = _mm256_unpackhi_ps(a, b); /* of each half */
    *low = _mm256_permute2f128_ps(first, second, 0x20);
    *high = _mm256_permute2f128_ps(first, second, 0x31);
}

static inline qd_vec qd_vec_fma(qd_vec a, qd_vec b, qd_vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

/* minps and maxps return their second operand where either is not a number. */
static inline qd_vec qd_vec_at_most(qd_vec x, qd_vec limit)
{
    return _mm256_min_ps(limit, x);
}

static inline qd_vec qd_vec_at_least(qd_vec x, qd_vec limit)
{
    return _mm256_max_ps(limit, x);
}

static inline qd_vec qd_vec_if_less(qd_vec x, qd_vec limit, qd_vec a, qd_vec b)
{
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, limit, _CMP_LT_OQ));
}

static inline qd_vec qd_vec_abs(qd_vec x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

static inline qd_vec qd_vec_copysign(qd_vec x, qd_vec sign)
{
    return _mm256_or_ps(qd_vec_abs(x), _mm256_and_ps(_mm256_set1_ps(-0.0f), sign));
}

static inline qd_vec qd_vec_power(qd_vec t)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(t), 23));
}

#endif
