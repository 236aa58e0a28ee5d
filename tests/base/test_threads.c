/* The pool: every item once, for any number of threads and any grain; floating-point mode; many short runs. */
#include "test.h"
#include "base/mem.h"
#include "base/threads.h"

#include <float.h>
#include <stdatomic.h>
#include <string.h>

enum { MOST_ITEMS = 1000 };

typedef struct tally {
    atomic_uint done[MOST_ITEMS];
    atomic_uint parts, wrong;
    size_t items, grain;
    unsigned threads;
} tally;

static void count(void *context, size_t begin, size_t end, unsigned worker)
{
    tally *t = context;
    bool right = begin < end && end <= t->items && worker < t->threads &&
                 (end - begin >= t->grain || (begin == 0 && end == t->items));
    atomic_fetch_add(&t->wrong, !right);
    atomic_fetch_add(&t->parts, 1);
    for (size_t i = begin; i < end; i++) {
        atomic_fetch_add(&t->done[i], 1);
    }
}

static void test_every_item_once(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 3, 5, 8, 16};
    static const size_t items[] = {0, 1, 2, 7, 8, 9, 63, 64, 65, 1000};
    static const size_t grains[] = {1, 2, 8, 64, 2000};
    for (size_t a = 0; a < sizeof threads / sizeof threads[0]; a++) {
        qd_pool *pool;
        assert_int_equal(qd_pool_new(threads[a], &pool, NULL), QD_OK);
        assert_int_equal(qd_pool_threads(pool), threads[a]);
        for (size_t b = 0; b < sizeof items / sizeof items[0]; b++) {
            for (size_t c = 0; c < sizeof grains / sizeof grains[0]; c++) {
                static tally t;
                memset(&t, 0, sizeof t);
                t.items = items[b];
                t.grain = grains[c];
                t.threads = threads[a];
                qd_pool_run(pool, items[b], grains[c], count, &t);
                assert_int_equal(t.wrong, 0);
                assert_true(t.parts <= threads[a]);
                for (size_t i = 0; i < MOST_ITEMS; i++) {
                    assert_int_equal(t.done[i], i < items[b]);
                }
            }
        }
        qd_pool_free(pool);
    }
    qd_pool_free(NULL);
}

static void note_size(void *context, size_t begin, size_t end, unsigned worker)
{
    size_t *size = context;
    size[worker] = end - begin;
}

/* Parts differ by one item at most, and are no smaller than the grain. */
static void test_parts_are_even(void **state)
{
    (void)state;
    qd_pool *pool;
    assert_int_equal(qd_pool_new(4, &pool, NULL), QD_OK);
    size_t size[4] = {0};
    qd_pool_run(pool, 66, 5, note_size, size);
    assert_true(size[0] == 17 && size[1] == 17 && size[2] == 16 && size[3] == 16);
    memset(size, 0, sizeof size);
    qd_pool_run(pool, 64, 30, note_size, size);
    assert_true(size[0] == 32 && size[1] == 32 && size[2] == 0 && size[3] == 0);
    memset(size, 0, sizeof size);
    qd_pool_run(pool, 59, 30, note_size, size);
    assert_true(size[0] == 59 && size[1] == 0 && size[2] == 0 && size[3] == 0);
    qd_pool_free(pool);
}

/* With enough items all threads have a part of about the same size. */
static void test_the_work_is_shared(void **state)
{
    (void)state;
    qd_pool *pool;
    assert_int_equal(qd_pool_new(4, &pool, NULL), QD_OK);
    static tally t;
    t.items = 1000;
    t.grain = 10;
    t.threads = 4;
    qd_pool_run(pool, t.items, t.grain, count, &t);
    assert_int_equal(t.parts, 4);
    qd_pool_free(pool);
}

typedef struct sums {
    uint64_t part[8][16]; /* a line a worker: plain memory, that the pool must publish both ways */
    uint64_t factor;
} sums;

static void add(void *context, size_t begin, size_t end, unsigned worker)
{
    sums *s = context;
    for (size_t i = begin; i < end; i++) {
        s->part[worker][0] += i * s->factor;
    }
}

static void test_many_short_runs(void **state)
{
    (void)state;
    qd_pool *pool;
    assert_int_equal(qd_pool_new(3, &pool, NULL), QD_OK);
    static sums s;
    uint64_t expected = 0;
    for (uint64_t run = 1; run <= 3000; run++) {
        s.factor = run;
        qd_pool_run(pool, 100, 1, add, &s);
        expected += run * 4950;
    }
    assert_true(s.part[0][0] + s.part[1][0] + s.part[2][0] == expected);
    qd_pool_free(pool);
}

/* Workers flush denormals; the caller keeps the mode that it is in. */
static void flush(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)begin;
    (void)end;
    volatile float tiny = FLT_MIN;
    volatile float half = tiny * 0.5f;
    ((float *)context)[worker] = half;
}

static void test_floating_point_mode(void **state)
{
    (void)state;
    qd_pool *pool;
    assert_int_equal(qd_pool_new(3, &pool, NULL), QD_OK);
    float half[3] = {-1, -1, -1};
    qd_pool_run(pool, 3, 1, flush, half);
    assert_true(half[0] > 0);
#if defined(__x86_64__) || defined(__aarch64__)
    assert_true(half[1] == 0 && half[2] == 0);
#endif
    qd_pool_free(pool);
}

static bool refuse(void *context, size_t bytes)
{
    (void)bytes;
    ++*(size_t *)context;
    return false;
}

static void test_runs_allocate_nothing(void **state)
{
    (void)state;
    qd_pool *pool;
    assert_int_equal(qd_pool_new(2, &pool, NULL), QD_OK);
    static sums s;
    size_t asked = 0;
    qd_mem_set_hook(refuse, &asked);
    qd_pool_run(pool, 100, 1, add, &s);
    size_t asked_by_run = asked;
    qd_error error;
    qd_pool *none = NULL;
    qd_status status = qd_pool_new(2, &none, &error);
    qd_mem_set_hook(NULL, NULL);
    qd_pool_free(pool);
    assert_int_equal(status, QD_ERR_MEMORY);
    assert_null(none);
    assert_int_equal(asked_by_run, 0);
    assert_true(asked > 0);
}

static void test_numbers_of_threads(void **state)
{
    (void)state;
    qd_pool *pool = NULL;
    qd_error error;
    assert_int_equal(qd_pool_new(100000, &pool, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "100000"));
    assert_null(pool);
    assert_int_equal(qd_pool_new(0, &pool, NULL), QD_OK); /* one a processor */
    assert_true(qd_pool_threads(pool) >= 1);
    qd_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_item_once),     cmocka_unit_test(test_parts_are_even),
        cmocka_unit_test(test_the_work_is_shared),  cmocka_unit_test(test_many_short_runs),
        cmocka_unit_test(test_floating_point_mode), cmocka_unit_test(test_runs_allocate_nothing),
        cmocka_unit_test(test_numbers_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
