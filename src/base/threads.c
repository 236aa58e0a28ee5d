/* Threads: a pool of POSIX threads that sleep on a condition variable between runs. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/threads.h"
#include "base/fpmode.h"
#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

enum { MOST_THREADS = 1024 };

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
    /* Under the mutex: */
    uint64_t run;     /* number of the run under way; a worker that has not seen it has a part to do */
    unsigned pending; /* workers that have not finished their part */
    bool quit;
    /* The run's work, constant while it lasts: */
    qd_pool_work work;
    void *context;
    size_t items, grain;
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

/* The part of worker `number`: the grains, cut as evenly as they go. */
static void run_part(const qd_pool *pool, unsigned number)
{
    size_t grains = pool->items / pool->grain + (pool->items % pool->grain != 0);
    size_t each = grains / pool->threads, rest = grains % pool->threads;
    size_t first = number * each + (number < rest ? number : rest);
    size_t last = first + each + (number < rest);
    size_t begin = first * pool->grain;
    size_t end = last * pool->grain < pool->items ? last * pool->grain : pool->items;
    if (begin < end) {
        pool->work(pool->context, begin, end, number);
    }
}

static void *worker_main(void *argument)
{
    const worker *self = argument;
    qd_pool *pool = self->pool;
    qd_fpmode_enter(); /* for the thread's whole life: nothing else runs on it */
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (!pool->quit && pool->run == seen) {
            pthread_cond_wait(&pool->begin, &pool->mutex);
        }
        if (pool->quit) {
            break;
        }
        seen = pool->run;
        pthread_mutex_unlock(&pool->mutex);
        run_part(pool, self->number);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->pending == 0) {
            pthread_cond_signal(&pool->end);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
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
    if (pool->threads == 1 || items <= grain) {
        work(context, 0, items, 0);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->work = work;
    pool->context = context;
    pool->items = items;
    pool->grain = grain == 0 ? 1 : grain;
    pool->pending = pool->threads - 1;
    pool->run++;
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);

    run_part(pool, 0);

    pthread_mutex_lock(&pool->mutex);
    while (pool->pending > 0) {
        pthread_cond_wait(&pool->end, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}
