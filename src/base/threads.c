/* Threads: a pool of POSIX threads.  Between runs a thread looks for the next one for a while, for a layer's runs
   follow each other closely and waking a sleeper costs twenty microseconds; then it sleeps on a condition variable. How
   long it looks it learns: on a busy machine, where the other thread does not run meanwhile, hardly at all. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/threads.h"
#include "base/fpmode.h"
#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { MOST_THREADS = 1024, LEAST_LOOKS = 32, MOST_LOOKS = 2048 }; /* a look: 10 to 50 nanoseconds */

typedef struct worker {
    qd_pool *pool;
    unsigned number; /* from 1; 0 is the caller */
    pthread_t thread;
} worker;

struct qd_pool {
    unsigned threads;
    unsigned started; /* workers that run: threads - 1 once the pool is made */
    worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t begin, end;
    unsigned looks;           /* the caller's, before it sleeps */
    _Atomic uint64_t run;     /* number of the run under way; a worker that has not seen it has a part to do */
    _Atomic unsigned pending; /* workers that have not finished their part */
    /* Under the mutex, under which the run's number changes too: */
    unsigned asleep; /* workers */
    bool waiting;    /* the caller sleeps until the others are done */
    bool quit;
    /* The run's work, constant while it lasts: */
    qd_pool_work work;
    void *context;
    size_t items, parts;
};

static unsigned processors(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return (unsigned)CPU_COUNT(&set);
    }
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

/* The part of worker `number`: the items, cut as evenly as they go. */
static void run_part(const qd_pool *pool, unsigned number)
{
    const size_t each = pool->items / pool->parts, rest = pool->items % pool->parts;
    const size_t begin = number * each + (number < rest ? number : rest);
    if (number < pool->parts) {
        pool->work(pool->context, begin, begin + each + (number < rest), number);
    }
}

/* Tells the processor that this thread only waits. */
static void look_away(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* How often to look next time. */
static unsigned looks_after(unsigned looks, bool found)
{
    return found ? (looks < MOST_LOOKS ? looks * 2 : looks) : (looks > LEAST_LOOKS ? looks - looks / 8 : looks);
}

/* Waits for a run other than `seen`; returns its number, or `seen` when the pool ends. */
static uint64_t next_run(qd_pool *pool, uint64_t seen, unsigned *looks)
{
    for (unsigned i = 0; i < *looks; i++) {
        const uint64_t run = atomic_load_explicit(&pool->run, memory_order_acquire);
        if (run != seen) {
            *looks = looks_after(*looks, true);
            return run;
        }
        look_away();
    }
    *looks = looks_after(*looks, false);
    pthread_mutex_lock(&pool->mutex);
    pool->asleep++;
    while (!pool->quit && pool->run == seen) {
        pthread_cond_wait(&pool->begin, &pool->mutex);
    }
    pool->asleep--;
    const uint64_t run = pool->quit ? seen : pool->run;
    pthread_mutex_unlock(&pool->mutex);
    return run;
}

static void *worker_main(void *argument)
{
    const worker *self = argument;
    qd_pool *pool = self->pool;
    qd_fpmode_enter(); /* for the thread's whole life: nothing else runs on it */
    uint64_t seen = 0;
    unsigned looks = LEAST_LOOKS;
    for (uint64_t run; (run = next_run(pool, seen, &looks)) != seen;) {
        seen = run;
        run_part(pool, self->number);
        if (atomic_fetch_sub_explicit(&pool->pending, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&pool->mutex);
            if (pool->waiting) {
                pthread_cond_signal(&pool->end);
            }
            pthread_mutex_unlock(&pool->mutex);
        }
    }
    return NULL;
}

unsigned qd_pool_count(unsigned threads)
{
    const unsigned all = processors();
    return threads > 0 ? threads : all < MOST_THREADS ? all : MOST_THREADS;
}

qd_status qd_pool_new(unsigned threads, qd_pool **out, qd_error *error)
{
    threads = qd_pool_count(threads);
    if (threads > MOST_THREADS) {
        return qd_fail(error, QD_ERR_VALUE, "%u threads: at most %d", threads, MOST_THREADS);
    }
    qd_pool *pool = qd_mem_new(1, sizeof *pool);
    worker *workers = qd_mem_new(threads, sizeof *workers);
    if (pool == NULL || workers == NULL) {
        qd_mem_free(pool);
        qd_mem_free(workers);
        return qd_fail_memory(error, sizeof *pool + threads * sizeof *workers, "a pool of threads");
    }
    pool->threads = threads;
    pool->workers = workers;
    pool->looks = LEAST_LOOKS;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->end, NULL);
    /* Signals go to the program's own threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    for (unsigned i = 1; i < threads && failed == 0; i++) {
        workers[i] = (worker){.pool = pool, .number = i};
        failed = pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
        pool->started += failed == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        qd_pool_free(pool);
        return qd_fail_errno(error, "threads", "start another", failed);
    }
    *out = pool;
    return QD_OK;
}

void qd_pool_free(qd_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->quit = true;
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 1; i <= pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->end);
    pthread_cond_destroy(&pool->begin);
    pthread_mutex_destroy(&pool->mutex);
    qd_mem_free(pool->workers);
    qd_mem_free(pool);
}

unsigned qd_pool_threads(const qd_pool *pool)
{
    return pool->threads;
}

void qd_pool_run(qd_pool *pool, size_t items, size_t grain, qd_pool_work work, void *context)
{
    if (items == 0) {
        return;
    }
    const size_t worth = grain > 0 ? items / grain : items;
    if (pool->threads == 1 || worth <= 1) {
        work(context, 0, items, 0);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->work = work;
    pool->context = context;
    pool->items = items;
    pool->parts = worth < pool->threads ? worth : pool->threads;
    atomic_store_explicit(&pool->pending, pool->threads - 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->run, 1, memory_order_release);
    if (pool->asleep > 0) {
        pthread_cond_broadcast(&pool->begin);
    }
    pthread_mutex_unlock(&pool->mutex);

    run_part(pool, 0);

    for (unsigned i = 0; i < pool->looks; i++) {
        if (atomic_load_explicit(&pool->pending, memory_order_acquire) == 0) {
            pool->looks = looks_after(pool->looks, true);
            return;
        }
        look_away();
    }
    pool->looks = looks_after(pool->looks, false);
    pthread_mutex_lock(&pool->mutex);
    pool->waiting = true;
    while (atomic_load_explicit(&pool->pending, memory_order_acquire) > 0) {
        pthread_cond_wait(&pool->end, &pool->mutex);
    }
    pool->waiting = false;
    pthread_mutex_unlock(&pool->mutex);
}
