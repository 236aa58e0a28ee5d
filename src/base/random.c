/* Random numbers: Philox4x32-10.  The key of a stream is itself drawn from the seed, so that no two combinations of
   purpose, layer and epoch share numbers other than by chance. */
#include "base/random.h"

/* Constants of the paper, table 2. */
static const uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};

void qd_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k[2] = {key[0], key[1]};
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)multiplier[0] * c[0];
        uint64_t p1 = (uint64_t)multiplier[1] * c[2];
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k[0];
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k[1];
        c[3] = (uint32_t)p0;
        k[0] += weyl[0];
        k[1] += weyl[1];
    }
    for (int i = 0; i < 4; i++) {
        out[i] = c[i];
    }
}

qd_random qd_random_stream(uint64_t seed, qd_purpose purpose, uint32_t layer, uint32_t epoch)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t counter[4] = {(uint32_t)purpose, layer, epoch, 0};
    uint32_t words[4];
    qd_philox(key, counter, words);
    return (qd_random){{words[0], words[1]}};
}

void qd_random_block(qd_random stream, uint64_t sample, uint32_t step, uint32_t block, uint32_t out[4])
{
    uint32_t counter[4] = {block, step, (uint32_t)sample, (uint32_t)(sample >> 32)};
    qd_philox(stream.key, counter, out);
}

/* A number in [0, bound), unbiased: draws that fall into the incomplete last multiple of bound are thrown away. */
static uint64_t below(qd_random stream, uint64_t sample, uint64_t bound)
{
    uint64_t threshold = (0 - bound) % bound; /* 2^64 mod bound */
    for (uint32_t block = 0;; block++) {
        uint32_t words[4];
        qd_random_block(stream, sample, 0, block, words);
        uint64_t word = ((uint64_t)words[0] << 32) | words[1];
        if (word >= threshold) {
            return word % bound;
        }
    }
}

void qd_random_permutation(qd_random stream, size_t n, size_t *order)
{
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)below(stream, i, i);
        size_t last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}
