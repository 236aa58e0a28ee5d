/* Dropout: how much is dropped, the scale of the rest, and what the choice depends on. */
#include "test.h"
#include "nn/fixture.h"

/* A dense layer copies its one input, 1, to many outputs; the one that every network ends with passes them on. */
enum { WIDTH = 50 };
static const network_case what = {"dense:50+dropout=0.3", 1, WIDTH, .rows = 20, .lengths_else = 10, .per_step = true};

static fixture copying_fixture(unsigned threads)
{
    fixture f = fixture_new(&what, best_kernels(), threads);
    memset(f.parameters, 0, f.parameters_count * sizeof(qd_real));
    qd_real *first = f.parameters + qd_network_tensor(f.network, 0)->offset;
    qd_real *second = f.parameters + qd_network_tensor(f.network, 2)->offset;
    for (size_t i = 0; i < WIDTH; i++) {
        first[i] = 1;
        second[i * WIDTH + i] = 1;
    }
    for (size_t i = 0; i < f.total; i++) {
        f.x[i] = 1;
    }
    pack_all(&f);
    qd_workspace_load(f.workspace, f.parameters);
    return f;
}

static void test_rate_and_scale(void **unused)
{
    (void)unused;
    fixture f = copying_fixture(1);
    const size_t count = f.total * WIDTH;
    const qd_real *out = fixture_forward(&f, true);
    size_t dropped = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(out[i] == 0 || out[i] == (qd_real)(1 / 0.7));
        dropped += out[i] == 0;
    }
    /* 10000 draws: four standard deviations are 0.018 */
    assert_true(fabs((double)dropped / (double)count - 0.3) < 0.018);
    out = fixture_forward(&f, false);
    for (size_t i = 0; i < count; i++) {
        assert_true(out[i] == 1);
    }
    fixture_free(&f);
}

/* Which outputs of a sequence are dropped does not depend on the others in the batch, nor on threads. */
static void test_place_in_batch(void **unused)
{
    (void)unused;
    fixture f = copying_fixture(1), other = copying_fixture(3);
    qd_real *all = new_reals(f.total * WIDTH);
    memcpy(all, fixture_forward(&f, true), f.total * WIDTH * sizeof(qd_real));
    assert_memory_equal(fixture_forward(&other, true), all, f.total * WIDTH * sizeof(qd_real));
    static const size_t which[] = {17, 3, 11};
    pack_sequences(&f, 3, which);
    const qd_real *few = fixture_forward(&f, true);
    for (size_t r = 0; r < 3; r++) {
        for (size_t t = 0; t < 10; t++) {
            assert_memory_equal(few + (t * 3 + r) * WIDTH, all + (t * 20 + which[r]) * WIDTH, WIDTH * sizeof(qd_real));
        }
    }
    qd_mem_free(all);
    fixture_free(&f);
    fixture_free(&other);
}

static void test_seed_and_epoch(void **unused)
{
    (void)unused;
    fixture f = copying_fixture(1);
    const size_t size = f.total * WIDTH * sizeof(qd_real);
    qd_real *first = new_reals(f.total * WIDTH);
    memcpy(first, fixture_forward(&f, true), size);
    static const uint64_t seeds[] = {7, 8, 7};
    static const uint32_t epochs[] = {4, 3, 3};
    for (int i = 0; i < 3; i++) {
        qd_workspace_seed(f.workspace, seeds[i], epochs[i]);
        const bool same = memcmp(fixture_forward(&f, true), first, size) == 0;
        assert_int_equal(same, i == 2);
    }
    qd_mem_free(first);
    fixture_free(&f);
}

/* Two layers of one network drop differently. */
static void test_layers_differ(void **unused)
{
    (void)unused;
    static const network_case twice = {
        "dense:50+dropout=0.5,dense:50+dropout=0.5", 1, 1, .rows = 20, .lengths_else = 10, .per_step = true};
    fixture f = fixture_new(&twice, best_kernels(), 1);
    memset(f.parameters, 0, f.parameters_count * sizeof(qd_real));
    for (size_t i = 0; i < WIDTH; i++) { /* the output counts the units that neither layer drops */
        f.parameters[qd_network_tensor(f.network, 0)->offset + i] = 1;
        f.parameters[qd_network_tensor(f.network, 2)->offset + i * WIDTH + i] = 1;
        f.parameters[qd_network_tensor(f.network, 4)->offset + i] = (qd_real)0.25;
    }
    for (size_t i = 0; i < f.total; i++) {
        f.x[i] = 1;
    }
    pack_all(&f);
    qd_workspace_load(f.workspace, f.parameters);
    const qd_real *out = fixture_forward(&f, true);
    double left = 0;
    for (size_t i = 0; i < f.total; i++) {
        left += (double)out[i];
    }
    left /= (double)(f.total * WIDTH);
    assert_true(fabs(left - 0.25) < 0.02); /* a half of a half; a half, were they the same */
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_and_scale),
        cmocka_unit_test(test_place_in_batch),
        cmocka_unit_test(test_seed_and_epoch),
        cmocka_unit_test(test_layers_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
