/* Bench: how fast the engine runs, measured through the same trainer and passes that every task uses, on sequences of
   random numbers.  The workloads are those that docs/performance.md compares with other programs. */
#ifndef QD_TASKS_BENCH_H
#define QD_TASKS_BENCH_H

#include "base/settings.h"

/* A network of `layers` LSTM layers of H units and a dense one to a single output, and what it is fed. */
typedef struct qd_workload {
    char name[32];
    size_t sequences, steps, inputs, units, layers, batch; /* N, T, I, H, L, B */
    size_t least_steps; /* 0: every sequence has T steps; else lengths are log-uniform in least_steps .. T */
    const char *help;
} qd_workload;

extern const qd_workload qd_workloads[];
extern const size_t qd_workloads_count;

/* "counts", or with other sizes "counts:H=128,T=104" (N, T, I, H, L, B).  QD_ERR_VALUE says what is wrong with it. */
QD_CHECKED qd_status qd_workload_parse(const char *text, qd_workload *out, qd_error *error);

typedef enum qd_bench_pass {
    QD_BENCH_TRAIN,   /* an epoch: batches, forward, loss, backward, clipping, update */
    QD_BENCH_FORWARD, /* all sequences, in batches */
    QD_BENCH_LATENCY, /* one sequence alone */
    QD_BENCH_STEP,    /* one step of one sequence, its state carried */
    QD_BENCH_PASSES
} qd_bench_pass;

extern const char *const qd_bench_pass_names[QD_BENCH_PASSES];

typedef struct qd_bench_result {
    const char *set;               /* of kernels */
    unsigned threads;              /* of the pool */
    size_t rounds;                 /* measured */
    double seconds, least_seconds; /* of a round: the median and the least */
    double gflops;                 /* multiplications and additions of the recurrent layers' products, by the median */
    double share;                  /* of the measured peak times the threads */
    size_t memory; /* bytes of the workspace, the weights and, in training, gradients, moments and a copy */
    uint32_t bits; /* CRC-32 of the weights after one epoch, or of the outputs */
} qd_bench_result;

/* Multiply-adds that one thread of this set does in registers, in GFLOP/s: the roof.  settings: the clock. */
QD_CHECKED qd_status qd_bench_peak(const qd_settings *settings, double *gflops, qd_error *error);

/* Runs a pass for about `seconds` and at least three rounds.  settings: threads, seed,
   clock, and those of training.  peak:
   from qd_bench_peak. */
QD_CHECKED qd_status qd_bench_run(const qd_settings *settings, const qd_workload *workload, qd_bench_pass pass,
                                  double seconds, double peak, qd_bench_result *out, qd_error *error);

#endif
