/* Clocks: seconds that only go forward, for durations. */
#ifndef QD_BASE_CLOCK_H
#define QD_BASE_CLOCK_H

#include <time.h>

static inline double qd_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Seconds that this process's threads have computed in all: on a busy machine, what a single thread would have taken on
   a quiet one, or nearly. */
static inline double qd_clock_processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
