/* Bits: outputs, gradients and states are the same from 1, 2, 3 and 8 threads and from every set of kernels. */
#include "test.h"
#include "nn/fixture.h"

/* Large enough for every part of the work to be cut. */
#define RAGGED .rows = 37, .lengths = {1, 40, 17, 3, 40, 29}, .lengths_else = 23

static const network_case cases[] = {
    {"lstm:41,lstm:33", 3, 2, RAGGED},
    {"lstm:41,rnn:35,dense:19", 3, 2, RAGGED, .per_step = true, .states = true},
    {"bilstm:21+dropout=0.3,lstm:42+residual+dropout=0.2", 5, 3, RAGGED, .states = true},
    {"birnn:40,dense:80+residual", 37, 70, RAGGED, .per_step = true},
    {"conv:33+kernel=8,norm,relu,conv:40+kernel=5,lstm:20,attention", 5, 3, RAGGED},
    {"conv:20+kernel=5+causal+dilation=3,norm,dense:70,relu,max", 37, 3, RAGGED},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void run(fixture *f, qd_real *outputs)
{
    memcpy(outputs, fixture_forward(f, true), f->output_rows * f->what->outputs * sizeof(qd_real));
    fixture_backward(f);
}

static void assert_same(const char *what, const qd_real *a, const qd_real *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&a[i], &b[i], sizeof(qd_real)) != 0) {
            fail_msg("%s: element %zu of %zu: %.9g and %.9g", what, i, count, (double)a[i], (double)b[i]);
        }
    }
}

/* Compares one way to run a case with another. */
static void compare(const network_case *what, const qd_kernels *kernels, unsigned threads, const qd_kernels *others,
                    unsigned other_threads)
{
    fixture a = fixture_new(what, kernels, threads), b = fixture_new(what, others, other_threads);
    const size_t count = a.output_rows * what->outputs;
    qd_real *of_a = new_reals(count), *of_b = new_reals(count);
    run(&a, of_a);
    run(&b, of_b);
    assert_same("outputs", of_a, of_b, count);
    assert_same("gradients", a.gradients, b.gradients, a.parameters_count);
    assert_same("inputs", a.dx, b.dx, a.total * what->inputs);
    assert_same("final states", a.state_out, b.state_out, a.states_count);
    assert_same("initial states", a.dstate_in, b.dstate_in, a.states_count);
    qd_mem_free(of_a);
    qd_mem_free(of_b);
    fixture_free(&a);
    fixture_free(&b);
}

static void test_threads(void **unused)
{
    (void)unused;
    static const unsigned threads[] = {2, 3, 8};
    for (size_t i = 0; i < CASES; i++) {
        for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
            compare(&cases[i], best_kernels(), 1, best_kernels(), threads[t]);
        }
    }
}

static void test_instruction_sets(void **unused)
{
    (void)unused;
    int usable;
    const qd_kernels *reference = qd_kernels_at(0, &usable), *kernels;
    for (size_t set = 1; (kernels = qd_kernels_at(set, &usable)) != NULL; set++) {
        for (size_t i = 0; usable && i < CASES; i++) {
            compare(&cases[i], reference, 1, kernels, 2);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_instruction_sets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
