/* The workloads and their other sizes; a bench of every pass: its bits are those of any set and number of threads. */
#include "folder.h"

#include "base/text.h"
#include "kernels/kernels.h"
#include "tasks/bench.h"

#include <stdlib.h>
#include <string.h>

static qd_workload workload_of(const char *text)
{
    qd_workload w;
    qd_error error = {0};
    if (qd_workload_parse(text, &w, &error) != QD_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    return w;
}

static void test_parse(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < qd_workloads_count; i++) {
        const qd_workload w = workload_of(qd_workloads[i].name);
        assert_memory_equal(&w, &qd_workloads[i], sizeof w);
    }
    const qd_workload w = workload_of("counts:T=7,H=128,N=3,B=2,L=4,I=5");
    assert_string_equal(w.name, "counts");
    assert_true(w.sequences == 3 && w.steps == 7 && w.inputs == 5 && w.units == 128 && w.layers == 4 && w.batch == 2);
    assert_true(workload_of("ragged:T=3").least_steps == 3);
}

static void test_refused(void **unused)
{
    (void)unused;
    static const char *const wrong[][2] = {
        {"conts", "did you mean counts"}, {"", "unknown workload"},        {"counts:", "expected N="},
        {"counts:Z=3", "'Z=3'"},          {"counts:N=", "'N='"},           {"counts:N=0", "'N=0'"},
        {"counts:N=3,", "expected N="},   {"counts:N=3;T=4", "'N=3;T=4'"}, {"counts:H=99999999", "H=65536"},
        {"counts:H=-1", "'H=-1'"},        {"counts:H=1.5", "'H=1.5'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        qd_workload w;
        qd_error error = {0};
        assert_int_equal(qd_workload_parse(wrong[i][0], &w, &error), QD_ERR_VALUE);
        if (strstr(error.message, wrong[i][1]) == NULL) {
            fail_msg("%s: %s", wrong[i][0], error.message);
        }
    }
}

static qd_status run(const char *text, qd_bench_pass pass, const char *threads, qd_bench_result *result,
                     qd_error *error)
{
    qd_settings *settings;
    qd_status status = qd_settings_new(&settings, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_workload w = workload_of(text);
    status = qd_settings_set(settings, "threads", threads, error);
    if (status == QD_OK) {
        status = qd_bench_run(settings, &w, pass, 0, 100, result, error);
    }
    qd_settings_free(settings);
    return status;
}

static const char small[] = "ragged:N=21,T=9,I=3,H=18,B=8";

static qd_bench_result result_of(qd_bench_pass pass, const char *threads)
{
    qd_bench_result result;
    qd_error error = {0};
    if (run(small, pass, threads, &result, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return result;
}

static void test_passes(void **unused)
{
    (void)unused;
    for (int pass = 0; pass < QD_BENCH_PASSES; pass++) {
        const qd_bench_result r = result_of((qd_bench_pass)pass, "1");
        assert_true(r.rounds >= 3 && r.threads == 1 && r.set != NULL);
        assert_true(r.seconds >= r.least_seconds && r.least_seconds > 0 && r.gflops > 0 && r.memory > 0);
        /* share and GFLOP/s are those of the time: a step of this network is 2 * 4 * 18 * (3 + 18 + 18 + 18) */
        assert_true(r.share > r.gflops / 100 * 0.999 && r.share < r.gflops / 100 * 1.001);
        if (pass == QD_BENCH_STEP) {
            const double flop = r.gflops * 1e9 * r.seconds;
            assert_true(flop > 8207.9 && flop < 8208.1);
        }
    }
}

static void test_bits(void **unused)
{
    (void)unused;
    for (int pass = 0; pass < QD_BENCH_PASSES; pass++) {
        assert_int_equal(unsetenv("QUADRAT_ISA"), 0);
        const uint32_t bits = result_of((qd_bench_pass)pass, "1").bits;
        assert_int_equal(result_of((qd_bench_pass)pass, "3").bits, bits);
        const qd_kernels *set;
        int usable;
        for (size_t i = 0; (set = qd_kernels_at(i, &usable)) != NULL; i++) {
            if (usable) {
                assert_int_equal(setenv("QUADRAT_ISA", set->name, 1), 0);
                const qd_bench_result r = result_of((qd_bench_pass)pass, "2");
                assert_string_equal(r.set, set->name);
                assert_int_equal(r.bits, bits);
            }
        }
    }
    assert_int_equal(unsetenv("QUADRAT_ISA"), 0);
}

static void test_peak(void **unused)
{
    (void)unused;
    double peak = 0;
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    for (int processor = 0; processor < 2; processor++) {
        assert_int_equal(qd_settings_set(settings, "clock", processor ? "processor" : "wall", NULL), QD_OK);
        assert_int_equal(qd_bench_peak(settings, &peak, NULL), QD_OK);
        assert_true(peak > 0.001);
    }
    assert_int_equal(setenv("QUADRAT_ISA", "abacus", 1), 0);
    qd_error error = {0};
    assert_int_equal(qd_bench_peak(settings, &peak, &error), QD_ERR_VALUE);
    assert_int_equal(run(small, QD_BENCH_TRAIN, "1", &(qd_bench_result){0}, &error), QD_ERR_VALUE);
    assert_int_equal(unsetenv("QUADRAT_ISA"), 0);
    qd_settings_free(settings);
}

static qd_status run_pass(const void *input, qd_error *error)
{
    qd_bench_result result;
    return run(small, *(const qd_bench_pass *)input, "2", &result, error);
}

static void test_every_allocation_may_fail(void **unused)
{
    (void)unused;
    for (int pass = 0; pass < QD_BENCH_PASSES; pass++) {
        const qd_bench_pass input = (qd_bench_pass)pass;
        assert_true(fail_every_allocation(run_pass, &input) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_refused), cmocka_unit_test(test_passes),
        cmocka_unit_test(test_bits),  cmocka_unit_test(test_peak),    cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
