/* Threads: a pool that runs one function over a range cut into one part a thread.  The parts depend on the number of
   threads; whatever runs on the pool must therefore give the same bits however the range is cut.  Every compute thread
   runs in quadrat's floating-point mode (see fpmode.h). */
#ifndef QD_BASE_THREADS_H
#define QD_BASE_THREADS_H

#include "base/error.h"

typedef struct qd_pool qd_pool;

/* `threads` in all, the caller's included; 0: one a processor that this process may use.  1 makes no thread. */
QD_CHECKED qd_status qd_pool_new(unsigned threads, qd_pool **out, qd_error *error);
void qd_pool_free(qd_pool *pool);
unsigned qd_pool_threads(const qd_pool *pool);

/* How many threads qd_pool_new makes of this number: itself, or one a processor for 0. */
unsigned qd_pool_count(unsigned threads);

/* Work on items [begin, end); worker < qd_pool_threads(pool) tells whose scratch memory to use. */
typedef void (*qd_pool_work)(void *context, size_t begin, size_t end, unsigned worker);

/* Runs work over [0, items), cut evenly into parts of `grain` items or more, and returns when all is done.  Allocates
   nothing.  The caller takes part in its own floating-point mode: enter quadrat's before (qd_fpmode_enter). */
void qd_pool_run(qd_pool *pool, size_t items, size_t grain, qd_pool_work work, void *context);

#endif
