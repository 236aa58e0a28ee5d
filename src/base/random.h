/* Random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, as easy as 1, 2, 3; SC 2011).
   A number depends on what it is for (seed, purpose, layer, epoch, sample, step, index) and never on when, where in a
   batch, or by which thread it is drawn. */
#ifndef QD_BASE_RANDOM_H
#define QD_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef enum qd_purpose {
    QD_FOR_INIT = 1,
    QD_FOR_SHUFFLE,
    QD_FOR_DROPOUT,
    QD_FOR_SPLIT,
    QD_FOR_TEST,
    QD_FOR_BASELINE,
    QD_FOR_PATHS,
    QD_FOR_MASK,
    QD_FOR_NOISE
} qd_purpose;

/* One block of four words: the generator itself, as in the paper. */
void qd_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);

/* A family of numbers for one purpose, layer and epoch. */
typedef struct qd_random {
    uint32_t key[2];
} qd_random;

qd_random qd_random_stream(uint64_t seed, qd_purpose purpose, uint32_t layer, uint32_t epoch);

/* The four words at (sample, step, block): word i of an array is word i % 4 of block i / 4. */
void qd_random_block(qd_random stream, uint64_t sample, uint32_t step, uint32_t block, uint32_t out[4]);

/* A word as a number in [0, 1) with 24 bits; two words as one with 53. */
static inline float qd_random_float(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}
static inline double qd_random_double(uint32_t high, uint32_t low)
{
    return (double)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

/* A permutation of 0 .. n-1 (Fisher-Yates), unbiased. */
void qd_random_permutation(qd_random stream, size_t n, size_t *order);

#endif
