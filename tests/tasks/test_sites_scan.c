/* The scan of all mutants: the bits of running each mutant from its beginning, whatever the threads; what is said about
   a position does not depend on the residue there; and what a tolerance does. */
#include "test.h"
#include "base/mem.h"
#include "base/threads.h"
#include "nn/batch.h"
#include "tasks/sites_scan.h"
#include "train/golden.h"

#include <math.h>

enum { LETTERS = 6, LENGTH = 23, MOST_WIDTH = 64 };

static const char *const lists[] = {
    "embed:6+vocabulary=7,apart:5,around",
    "embed:4+vocabulary=7,apart:9+dropout=0.2,apart:17,around",
    "embed:2+vocabulary=7,apart:3,apart:4,apart:2,around",
};
enum { LISTS = sizeof lists / sizeof lists[0] };

typedef struct model {
    qd_network *network;
    float *parameters;
    qd_sites_net net;
    uint8_t residue[LENGTH];
} model;

static model model_new(const char *list)
{
    model m = {0};
    assert_int_equal(qd_network_new(list, 0, 1, LETTERS, true, &m.network, NULL), QD_OK);
    m.parameters = qd_mem_new(qd_network_parameters(m.network), sizeof(float));
    golden_weights(m.network, m.parameters);
    m.net = (qd_sites_net){m.network, m.parameters};
    for (size_t i = 0; i < LENGTH; i++) {
        m.residue[i] = (uint8_t)(golden_word(7, i) % (LETTERS + 1)); /* the last one: unknown */
    }
    return m;
}

static void model_clear(model *m)
{
    qd_network_free(m->network);
    qd_mem_free(m->parameters);
}

static qd_scan *scan_of(const model *m, size_t length, unsigned threads, double tolerance)
{
    qd_scan *scan = NULL;
    const qd_scan_options options = {.threads = threads, .tolerance = tolerance};
    assert_int_equal(qd_scan_run(&m->net, m->residue, length, &options, &scan, NULL), QD_OK);
    return scan;
}

/* Distances as the scan adds them: direction by direction. */
static void distances(const double *z, const double *wild, size_t width, size_t length, double *one, double *two)
{
    double part1[2] = {0, 0}, part2[2] = {0, 0};
    for (size_t i = 0; i < width; i++) {
        const double difference = (z[i] - wild[i]) * (double)length;
        part1[i >= width / 2] += fabs(difference);
        part2[i >= width / 2] += difference * difference;
    }
    *one = (part1[0] + part1[1]) / (double)length;
    *two = sqrt(part2[0] + part2[1]) / (double)length;
}

static void check_from_scratch(const char *list, size_t length)
{
    model m = model_new(list);
    const size_t width = qd_sites_width(&m.net);
    double wild[MOST_WIDTH], z[MOST_WIDTH], one, two;
    qd_scan *scan = scan_of(&m, length, 1, 0);
    assert_int_equal(qd_sites_embed(&m.net, m.residue, length, wild, NULL), QD_OK);
    for (size_t p = 0; p < length; p++) {
        const uint8_t kept = m.residue[p];
        for (size_t k = 0; k < LETTERS; k++) {
            m.residue[p] = (uint8_t)k;
            assert_int_equal(qd_sites_embed(&m.net, m.residue, length, z, NULL), QD_OK);
            distances(z, wild, width, length, &one, &two);
            const size_t at = p * LETTERS + k;
            assert_true(fabs(scan->change_l1[at] - one) <= 1e-12 * (1 + one));
            assert_true(fabs(scan->change_l2[at] - two) <= 1e-12 * (1 + two));
            if (k == kept) {
                assert_true(scan->change_l1[at] == 0 && scan->change_l2[at] == 0);
            } else if (length > 1) {
                assert_true(scan->change_l1[at] > 0 && scan->change_l2[at] > 0);
            }
        }
        m.residue[p] = kept;
    }
    assert_true(scan->steps == 1 && scan->bound_l1 == 0);
    qd_scan_free(scan);
    model_clear(&m);
}

static void test_from_scratch(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < LISTS; i++) {
        check_from_scratch(lists[i], LENGTH);
        check_from_scratch(lists[i], 5); /* one group exactly */
        check_from_scratch(lists[i], 2);
    }
}

static void assert_same(const double *a, const double *b, size_t count)
{
    assert_memory_equal(a, b, count * sizeof *a);
}

/* The bits: a mutant that is the wild type of another scan has the same distance seen from there, and any number of
   threads, each with other neighbours in its batches, gives the same. */
static void test_bits(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < LISTS; i++) {
        model m = model_new(lists[i]);
        qd_scan *one = scan_of(&m, LENGTH, 1, 0);
        for (unsigned threads = 2; threads <= 5; threads++) {
            qd_scan *many = scan_of(&m, LENGTH, threads, 0);
            assert_same(one->change_l1, many->change_l1, LENGTH * LETTERS);
            assert_same(one->change_l2, many->change_l2, LENGTH * LETTERS);
            assert_same(one->log_prob, many->log_prob, LENGTH * LETTERS);
            qd_scan_free(many);
        }
        for (size_t p = 0; p < LENGTH; p++) {
            const uint8_t kept = m.residue[p];
            if (kept == LETTERS) {
                continue;
            }
            m.residue[p] = (uint8_t)((kept + 1) % LETTERS);
            qd_scan *there = scan_of(&m, LENGTH, 2, 0);
            assert_same(&there->change_l1[p * LETTERS + kept], &one->change_l1[p * LETTERS + m.residue[p]], 1);
            assert_same(&there->change_l2[p * LETTERS + kept], &one->change_l2[p * LETTERS + m.residue[p]], 1);
            qd_scan_free(there);
            m.residue[p] = kept;
        }
        qd_scan_free(one);
        model_clear(&m);
    }
}

/* The prediction at a position keeps its bits whatever stands there, and nowhere else. */
static void test_never_itself(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < LISTS; i++) {
        model m = model_new(lists[i]);
        qd_scan *scan = scan_of(&m, LENGTH, 1, 0);
        for (size_t p = 0; p < LENGTH; p++) {
            const uint8_t kept = m.residue[p];
            m.residue[p] = (uint8_t)((kept + 1) % (LETTERS + 1));
            qd_scan *there = scan_of(&m, LENGTH, 1, 0);
            for (size_t q = 0; q < LENGTH; q++) {
                const bool same = memcmp(&there->log_prob[q * LETTERS], &scan->log_prob[q * LETTERS],
                                         LETTERS * sizeof(double)) == 0;
                assert_int_equal(same, q == p);
            }
            qd_scan_free(there);
            m.residue[p] = kept;
        }
        qd_scan_free(scan);
        model_clear(&m);
    }
}

/* The same outputs as the network's own forward pass. */
static void test_network(void **unused)
{
    (void)unused;
    const size_t length = LENGTH;
    const uint64_t sample = 0;
    for (size_t i = 0; i < LISTS; i++) {
        model m = model_new(lists[i]);
        const qd_kernels *kernels;
        qd_pool *pool;
        qd_workspace *workspace;
        qd_batch *batch;
        float x[LENGTH];
        const float *row = x;
        assert_int_equal(qd_kernels_select(&kernels, NULL), QD_OK);
        assert_int_equal(qd_pool_new(1, &pool, NULL), QD_OK);
        assert_int_equal(qd_workspace_new(m.network, kernels, pool, 1, length, length, false, &workspace, NULL), QD_OK);
        assert_int_equal(qd_batch_new(1, length, length, 1, &batch, NULL), QD_OK);
        for (size_t t = 0; t < length; t++) {
            x[t] = (float)m.residue[t];
        }
        qd_batch_fill(batch, 1, &row, &length, &sample);
        qd_workspace_load(workspace, m.parameters);
        const float *y = qd_network_forward(workspace, &batch->packing, batch->x, false, NULL);
        qd_scan *scan = scan_of(&m, length, 1, 0);
        for (size_t t = 0; t < length; t++) {
            double sum = 0, entropy = 0;
            for (size_t k = 0; k < LETTERS; k++) {
                sum += exp((double)y[t * LETTERS + k]);
            }
            for (size_t k = 0; k < LETTERS; k++) {
                const double expected = (double)y[t * LETTERS + k] - log(sum);
                assert_true(fabs(scan->log_prob[t * LETTERS + k] - expected) < 1e-12);
                entropy -= exp(expected) * expected;
            }
            assert_true(fabs(scan->entropy[t] - entropy) < 1e-12);
        }
        qd_scan_free(scan);
        qd_batch_free(batch);
        qd_workspace_free(workspace);
        qd_pool_free(pool);
        model_clear(&m);
    }
}

/* A mutant is left where it has come back: fewer steps, an error within the bound, and the same for any threads. */
static void test_tolerance(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < LISTS; i++) {
        model m = model_new(lists[i]);
        qd_scan *exact = scan_of(&m, LENGTH, 1, 0), *near = scan_of(&m, LENGTH, 1, 0.02);
        qd_scan *threads = scan_of(&m, LENGTH, 3, 0.02), *tiny = scan_of(&m, LENGTH, 1, 1e-30);
        assert_true(near->steps < 1 && near->bound_l1 > 0);
        for (size_t k = 0; k < LENGTH * LETTERS; k++) {
            assert_true(fabs(near->change_l1[k] - exact->change_l1[k]) <= near->bound_l1);
        }
        assert_same(near->change_l1, threads->change_l1, LENGTH * LETTERS);
        assert_true(near->steps == threads->steps && tiny->steps == 1);
        assert_same(tiny->change_l1, exact->change_l1, LENGTH * LETTERS);
        qd_scan_free(exact);
        qd_scan_free(near);
        qd_scan_free(threads);
        qd_scan_free(tiny);
        model_clear(&m);
    }
}

static int stop_at_once(void *context, size_t done, size_t positions)
{
    size_t *calls = context;
    assert_true(done > 0 && done <= positions);
    return ++*calls == 2;
}

static void test_stopped(void **unused)
{
    (void)unused;
    model m = model_new(lists[0]);
    size_t calls = 0;
    qd_scan *scan = NULL;
    qd_error error;
    const qd_scan_options options = {.threads = 1, .monitor = stop_at_once, .context = &calls};
    assert_int_equal(qd_scan_run(&m.net, m.residue, LENGTH, &options, &scan, &error), QD_ERR_STOPPED);
    assert_string_equal(error.message, "stopped after 10 of 23 positions");
    assert_null(scan);
    model_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_scratch), cmocka_unit_test(test_bits),      cmocka_unit_test(test_never_itself),
        cmocka_unit_test(test_network),      cmocka_unit_test(test_tolerance), cmocka_unit_test(test_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
