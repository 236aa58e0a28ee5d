/* Accuracy of exp, sigmoid and tanh over every one of the 2^32 floats, against the double functions of libm, and
   whether all sets of this processor agree on every bit.  Prints, a function: the largest error in units in the last
   place and where it is, results that are wrong in kind (a number for a not-a-number, a zero of the other sign), and
   the floats on which a set differs from the reference.

   ulp [THREADS] [flush]      flush: with quadrat's floating-point mode, where denormals are zeros (agreement only) */
#include "kernels/kernels.h"
#include "base/fpmode.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 14, MOST_THREADS = 64 };

static double sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

typedef void array_function(size_t n, const float *x, float *y);

static array_function *array_of(const qd_kernels *kernels, int function)
{
    return function == 0 ? kernels->exp : function == 1 ? kernels->sigmoid : kernels->tanh;
}

static double (*const truths[])(double) = {exp, sigmoid, tanh};
static const char *const names[] = {"exp", "sigmoid", "tanh"};

typedef struct result {
    double worst; /* units in the last place */
    float where;
    unsigned long long wrong_kind, disagreements;
} result;

typedef struct job {
    pthread_t thread;
    int function, index, threads, flush;
    result result;
} job;

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* |y - truth| in units of the spacing of floats at truth; infinity counts as 2^128, the float after the largest. */
static double error_of(float y, double truth)
{
    int exponent;
    frexp(truth, &exponent);
    const double spacing = ldexp(1, (exponent > -125 ? exponent : -125) - 24);
    if (truth > 0x1p128) {
        truth = 0x1p128;
    }
    return fabs((isinf(y) ? copysign(0x1p128, y) : (double)y) - truth) / spacing;
}

static void judge(float x, float y, double truth, result *r)
{
    if (isnan(x) || isnan(y)) {
        r->wrong_kind += isnan(x) != isnan(y);
        return;
    }
    r->wrong_kind += truth == 0 && y == 0 && !signbit(y) != !signbit(truth);
    const double error = error_of(y, truth);
    if (error > r->worst) {
        r->worst = error;
        r->where = x;
    }
}

static int differ(float a, float b)
{
    return memcmp(&a, &b, sizeof a) != 0 && !(isnan(a) && isnan(b));
}

static void try_chunk(job *j, uint32_t first)
{
    static _Thread_local float x[CHUNK], y[CHUNK], z[CHUNK];
    for (uint32_t i = 0; i < CHUNK; i++) {
        x[i] = float_of(first + i);
    }
    int usable;
    const qd_kernels *kernels = qd_kernels_at(0, &usable);
    array_of(kernels, j->function)(CHUNK, x, y);
    for (size_t i = 0; i < CHUNK && !j->flush; i++) {
        judge(x[i], y[i], truths[j->function](x[i]), &j->result);
    }
    for (size_t s = 1; (kernels = qd_kernels_at(s, &usable)) != NULL; s++) {
        if (usable) {
            array_of(kernels, j->function)(CHUNK, x, z);
            for (size_t i = 0; i < CHUNK; i++) {
                j->result.disagreements += (unsigned)differ(y[i], z[i]);
            }
        }
    }
}

static void *run(void *argument)
{
    job *j = argument;
    const qd_fpmode before = j->flush ? qd_fpmode_enter() : 0;
    for (uint64_t first = (uint64_t)j->index * CHUNK; first <= UINT32_MAX; first += (uint64_t)j->threads * CHUNK) {
        try_chunk(j, (uint32_t)first);
    }
    if (j->flush) {
        qd_fpmode_leave(before);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    const int flush = argc > 2 && strcmp(argv[2], "flush") == 0;
    int bad = 0;
    for (int function = 0; function < 3; function++) {
        job jobs[MOST_THREADS] = {{0}};
        for (int t = 0; t < threads; t++) {
            jobs[t].function = function;
            jobs[t].index = t;
            jobs[t].threads = threads;
            jobs[t].flush = flush;
            if (pthread_create(&jobs[t].thread, NULL, run, &jobs[t]) != 0) {
                fprintf(stderr, "ulp: cannot start a thread\n");
                return 1;
            }
        }
        result all = {0};
        for (int t = 0; t < threads; t++) {
            pthread_join(jobs[t].thread, NULL);
            const result *r = &jobs[t].result;
            if (r->worst > all.worst) {
                all.worst = r->worst;
                all.where = r->where;
            }
            all.wrong_kind += r->wrong_kind;
            all.disagreements += r->disagreements;
        }
        printf("%-8s worst %.4f ulp at %a (%.9g), wrong in kind %llu, sets differ on %llu\n", names[function],
               all.worst, (double)all.where, (double)all.where, all.wrong_kind, all.disagreements);
        fflush(stdout);
        bad |= all.worst > 2 || all.wrong_kind != 0 || all.disagreements != 0;
    }
    return bad;
}
