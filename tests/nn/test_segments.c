/* Passes in segments: not a bit differs from whole ones, whatever the segments, lengths and threads; truncated
   gradients are those of segments that know only the states before them; memory. */
#include "test.h"
#include "nn/fixture.h"

#define RAGGED .rows = 37, .lengths = {1, 40, 17, 3, 40, 29}, .lengths_else = 23

static const network_case cases[] = {
    {"lstm:18,lstm:33", 3, 2, RAGGED},
    {"lstm:18,rnn:35,dense:19", 3, 2, RAGGED, .per_step = true},
    {"dense:7,lstm:21+dropout=0.3,lstm:21+residual+dropout=0.2,dense:9", 5, 3, RAGGED},
    {"rnn:5+dropout=0.5,dense:5+residual", 4, 1, RAGGED, .per_step = true},
    {"lstm:9", 2, 1, .rows = 3, .lengths_else = 50}, /* so few rows that input products are computed ahead */
    {"lstm:20,lstm:17", 2, 1, .rows = 4, .lengths = {50, 3, 20}, .lengths_else = 38},
    {"lstm:40,rnn:24", 3, 1, .rows = 3, .lengths = {3100, 2900},
     .lengths_else = 2000}, /* backward in blocks of steps */
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* A fixture whose workspace works in segments. */
static fixture segmented(const network_case *what, const qd_kernels *kernels, unsigned threads, qd_segmenting how)
{
    fixture f = fixture_new(what, kernels, threads);
    qd_workspace_free(f.workspace);
    assert_true(qd_network_segments(f.network, NULL));
    assert_int_equal(
        qd_workspace_new_in(f.network, kernels, f.pool, what->rows, f.steps, f.total, true, how, &f.workspace, NULL),
        QD_OK);
    qd_workspace_seed(f.workspace, 7, 3);
    qd_workspace_load(f.workspace, f.parameters);
    return f;
}

static void assert_same(const char *what, size_t segment, const qd_real *a, const qd_real *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&a[i], &b[i], sizeof(qd_real)) != 0) {
            fail_msg("segments of %zu, %s: element %zu of %zu: %.9g and %.9g", segment, what, i, count, (double)a[i],
                     (double)b[i]);
        }
    }
}

static void compare(const network_case *what, const qd_kernels *kernels, size_t segment, unsigned threads)
{
    fixture whole = fixture_new(what, kernels, 1);
    fixture cut = segmented(what, kernels, threads, (qd_segmenting){segment, false});
    const size_t count = whole.output_rows * what->outputs;
    for (int twice = 0; twice < 2; twice++) { /* nothing of the first run is left in the second */
        assert_same("predictions", segment, fixture_forward(&cut, false), fixture_forward(&whole, false), count);
        assert_same("outputs", segment, fixture_forward(&cut, true), fixture_forward(&whole, true), count);
        fixture_backward(&whole);
        fixture_backward(&cut);
        assert_same("gradients", segment, cut.gradients, whole.gradients, whole.parameters_count);
        assert_same("inputs", segment, cut.dx, whole.dx, whole.total * what->inputs);
    }
    fixture_free(&whole);
    fixture_free(&cut);
}

static void test_bits(void **unused)
{
    (void)unused;
    static const size_t segments[] = {1, 2, 7, 16, 20, 39, 40, 100};
    for (size_t i = 0; i < CASES; i++) {
        for (size_t s = cases[i].lengths_else > 1000 ? 4 : 0; s < sizeof segments / sizeof segments[0]; s++) {
            compare(&cases[i], best_kernels(), segments[s], 1 + (unsigned)(s % 3));
        }
    }
}

static void test_sets(void **unused)
{
    (void)unused;
    const qd_kernels *set;
    int usable;
    for (size_t i = 0; (set = qd_kernels_at(i, &usable)) != NULL; i++) {
        if (usable) {
            compare(&cases[1], set, 7, 2);
        }
    }
}

/* With a loss at every step of sequences of one length: the segments' gradients, computed one by one as sequences of
   their own that begin with the states of the one before. */
static void test_truncated(void **unused)
{
    (void)unused;
    static const network_case what = {"lstm:9,rnn:5", 2, 1, .rows = 3, .lengths_else = 20, .per_step = true};
    static const network_case piece = {"lstm:9,rnn:5", 2, 1, .rows = 3, .lengths_else = 8, .per_step = true,
                                       .states = true};
    const qd_kernels *kernels = best_kernels();
    fixture cut = segmented(&what, kernels, 1, (qd_segmenting){8, true});
    fixture_forward(&cut, true);
    fixture_backward(&cut);
    qd_real *sum = new_reals(cut.parameters_count), *states = new_reals(cut.states_count);
    for (size_t first = 0; first < 20; first += 8) {
        fixture f = fixture_new(&piece, kernels, 1);
        const size_t steps = 20 - first < 8 ? 20 - first : 8;
        size_t offset[9];
        for (size_t t = 0; t <= steps; t++) {
            offset[t] = t * 3;
        }
        const qd_packing packing = {.rows = 3, .steps = steps, .offset = offset, .sample = cut.batch->packing.sample};
        const qd_states given = {.in = states, .out = f.state_out};
        const qd_real *x = cut.batch->x + first * 3 * 2;
        const qd_fpmode mode = qd_fpmode_enter();
        qd_network_forward(f.workspace, &packing, x, true, &given);
        qd_network_backward(f.workspace, &packing, x, cut.dout + first * 3, f.gradients, NULL, &given);
        qd_fpmode_leave(mode);
        memcpy(states, f.state_out, cut.states_count * sizeof *states);
        for (size_t i = 0; i < cut.parameters_count; i++) {
            sum[i] += f.gradients[i];
        }
        fixture_free(&f);
    }
    for (size_t i = 0; i < cut.parameters_count; i++) {
        if (fabs((double)sum[i] - (double)cut.gradients[i]) > 1e-5 * (1 + fabs((double)sum[i]))) {
            fail_msg("gradient %zu is %g, expected %g", i, (double)cut.gradients[i], (double)sum[i]);
        }
    }
    qd_mem_free(sum);
    qd_mem_free(states);
    fixture_free(&cut);
}

static size_t bytes(const qd_network *network, size_t steps, size_t segment, bool truncate)
{
    return qd_workspace_bytes_in(network, best_kernels(), 4, steps, 4 * steps, true,
                                 (qd_segmenting){segment, truncate});
}

/* A hundred times the steps: ten times the memory in segments of sqrt(T), the same truncated. */
static void test_memory(void **unused)
{
    (void)unused;
    qd_network *network;
    assert_int_equal(qd_network_new("lstm:64", 0, 2, 1, false, &network, NULL), QD_OK);
    const size_t weights = bytes(network, 1, 0, false);
    const size_t few = bytes(network, 1000, 32, false) - weights, many = bytes(network, 100000, 320, false) - weights;
    assert_true(many < 11 * few && many * 20 < bytes(network, 100000, 0, false));
    assert_int_equal(bytes(network, 100000, 320, true), bytes(network, 1000, 320, true));
    qd_network_free(network);
}

/* What runs from the end, or knows nothing of segments, is whole or not at all. */
static void test_refused(void **unused)
{
    (void)unused;
    qd_network *network;
    const char *layer = NULL;
    assert_int_equal(qd_network_new("lstm:4,bilstm:4", 0, 2, 1, false, &network, NULL), QD_OK);
    assert_false(qd_network_segments(network, &layer));
    assert_string_equal(layer, "bilstm");
    qd_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),   cmocka_unit_test(test_sets),    cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
