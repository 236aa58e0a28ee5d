/* Initial weights, from the seed alone: the same bits on every machine, since nothing but additions, multiplications,
   divisions and square roots of float64 is used. */
#include "nn/init.h"
#include "base/mem.h"
#include "base/random.h"

#include <math.h>

/* Uniform in +-limit. */
static void uniform(const qd_tensor *tensor, double limit, qd_random stream, qd_real *weights)
{
    const size_t count = tensor->rows * tensor->cols;
    for (size_t i = 0; i < count; i += 2) {
        uint32_t words[4];
        qd_random_block(stream, i / 2, 0, 0, words);
        for (size_t k = 0; k < 2 && i + k < count; k++) {
            weights[i + k] = (qd_real)(limit * (2 * qd_random_double(words[2 * k], words[2 * k + 1]) - 1));
        }
    }
}

/* Near enough to a normal variable: the sum of twelve uniform ones, less 6 (their variances add up to 1). */
static double normal(qd_random stream, uint64_t index)
{
    double sum = -6;
    for (uint32_t block = 0; block < 3; block++) {
        uint32_t words[4];
        qd_random_block(stream, index, 0, block, words);
        for (int k = 0; k < 4; k++) {
            sum += ((double)words[k] + 0.5) * 0x1p-32;
        }
    }
    return sum;
}

enum { LANES = 16 };

static double dot(size_t n, const double *a, const double *b)
{
    double lane[LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        lane[i % LANES] += a[i] * b[i];
    }
    double sum = 0;
    for (size_t l = 0; l < LANES; l++) {
        sum += lane[l];
    }
    return sum;
}

/* Takes the parts along the first `count` vectors, which are orthonormal, off v, and makes it a unit vector.  Done
   twice, the rounding of the first time is taken off too (Giraud, Langou 2002). */
static void orthonormalise(size_t n, size_t count, const double *vectors, double *v)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t j = 0; j < count; j++) {
            const double *u = vectors + j * n;
            const double along = dot(n, u, v);
            for (size_t i = 0; i < n; i++) {
                v[i] -= along * u[i];
            }
        }
    }
    const double length = sqrt(dot(n, v, v));
    for (size_t i = 0; i < n; i++) {
        v[i] /= length;
    }
}

/* Orthonormal columns (of a wide matrix: rows): normal vectors, one after the other made orthogonal to those before. */
static qd_status orthogonal(const qd_tensor *tensor, qd_random stream, qd_real *weights, qd_error *error)
{
    const bool tall = tensor->rows >= tensor->cols;
    const size_t n = tall ? tensor->rows : tensor->cols, count = tall ? tensor->cols : tensor->rows;
    double *vectors = qd_mem_new(n, count * sizeof *vectors);
    if (vectors == NULL) {
        return qd_fail_memory(error, n * count * sizeof *vectors, "initial weights");
    }
    for (size_t j = 0; j < count; j++) {
        double *v = vectors + j * n;
        for (size_t i = 0; i < n; i++) {
            v[i] = normal(stream, j * n + i);
        }
        orthonormalise(n, j, vectors, v);
        for (size_t i = 0; i < n; i++) {
            weights[tall ? i * count + j : j * n + i] = (qd_real)v[i];
        }
    }
    qd_mem_free(vectors);
    return QD_OK;
}

static void gate_bias(const qd_tensor *tensor, qd_real *weights)
{
    const size_t units = tensor->rows / tensor->gates;
    for (size_t i = 0; i < tensor->rows; i++) {
        weights[i] = tensor->unit_gate >= 0 && i / units == (size_t)tensor->unit_gate ? 1 : 0;
    }
}

qd_status qd_tensor_init(const qd_tensor *tensor, uint64_t seed, uint32_t number, qd_real *weights, qd_error *error)
{
    const qd_random stream = qd_random_stream(seed, QD_FOR_INIT, number, 0);
    switch (tensor->initial) {
    case QD_INITIAL_ZEROS:
        for (size_t i = 0; i < tensor->rows * (tensor->cols > 0 ? tensor->cols : 1); i++) {
            weights[i] = 0;
        }
        break;
    case QD_INITIAL_ONES:
        for (size_t i = 0; i < tensor->rows * (tensor->cols > 0 ? tensor->cols : 1); i++) {
            weights[i] = 1;
        }
        break;
    case QD_INITIAL_GLOROT:
        uniform(tensor, sqrt(6.0 / (double)(tensor->rows + tensor->cols)), stream, weights);
        break;
    case QD_INITIAL_SMALL:
        uniform(tensor, 0.05, stream, weights);
        break;
    case QD_INITIAL_ORTHOGONAL:
        return orthogonal(tensor, stream, weights, error);
    case QD_INITIAL_GATE_BIAS:
        gate_bias(tensor, weights);
        break;
    }
    return QD_OK;
}
