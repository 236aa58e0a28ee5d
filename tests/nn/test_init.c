/* Initial weights: Glorot's limits, orthonormal columns, biases, and the same numbers everywhere. */
#include "test.h"
#include "nn/fixture.h"

static const network_case what = {"lstm:24,rnn:10,dense:7", 5, 3, .rows = 1, .lengths = {1}};

static qd_real *weights_of(const qd_network *network, uint64_t seed)
{
    qd_real *weights = new_reals(qd_network_parameters(network));
    assert_int_equal(qd_network_init(network, seed, weights, NULL), QD_OK);
    return weights;
}

static void test_glorot(void **unused)
{
    (void)unused;
    fixture f = fixture_new(&what, best_kernels(), 1);
    qd_real *weights = weights_of(f.network, 1);
    size_t checked = 0;
    for (size_t i = 0; i < qd_network_tensors(f.network); i++) {
        const qd_tensor *tensor = qd_network_tensor(f.network, i);
        const double limit = sqrt(6.0 / (double)(tensor->rows + tensor->cols));
        const size_t count = tensor->rows * tensor->cols;
        double sum = 0, squares = 0, largest = 0;
        for (size_t e = 0; e < count; e++) {
            const double w = (double)weights[tensor->offset + e];
            sum += w;
            squares += w * w;
            largest = fmax(largest, fabs(w));
        }
        if (tensor->initial == QD_INITIAL_GLOROT && count > 200) {
            assert_true(largest <= limit && largest > 0.97 * limit);
            assert_true(fabs(sum / (double)count) < 4 * limit / sqrt(3.0 * (double)count));
            assert_true(fabs(squares / (double)count / (limit * limit / 3) - 1) < 0.2);
            checked++;
        }
    }
    assert_int_equal(checked, 2); /* weight_ih of both cells */
    qd_mem_free(weights);
    fixture_free(&f);
}

static void test_orthogonal(void **unused)
{
    (void)unused;
    fixture f = fixture_new(&what, best_kernels(), 1);
    qd_real *weights = weights_of(f.network, 1);
    size_t checked = 0;
    for (size_t i = 0; i < qd_network_tensors(f.network); i++) {
        const qd_tensor *tensor = qd_network_tensor(f.network, i);
        const qd_real *w = weights + tensor->offset;
        if (tensor->initial != QD_INITIAL_ORTHOGONAL) {
            continue;
        }
        for (size_t a = 0; a < tensor->cols; a++) {
            for (size_t b = 0; b <= a; b++) {
                double product = 0;
                for (size_t r = 0; r < tensor->rows; r++) {
                    product += (double)w[r * tensor->cols + a] * (double)w[r * tensor->cols + b];
                }
                assert_true(fabs(product - (a == b)) < 1e-6);
            }
        }
        checked++;
    }
    assert_int_equal(checked, 2);
    qd_mem_free(weights);
    fixture_free(&f);
}

static void test_biases(void **unused)
{
    (void)unused;
    fixture f = fixture_new(&what, best_kernels(), 1);
    qd_real *weights = weights_of(f.network, 1);
    for (size_t i = 0; i < qd_network_tensors(f.network); i++) {
        const qd_tensor *tensor = qd_network_tensor(f.network, i);
        const bool lstm = strcmp(tensor->name, "lstm.bias_ih_l0") == 0;
        for (size_t r = 0; tensor->cols == 0 && r < tensor->rows; r++) {
            assert_true(weights[tensor->offset + r] == (lstm && r / 24 == 1 ? 1 : 0)); /* the forget gate */
        }
    }
    qd_mem_free(weights);
    fixture_free(&f);
}

static void test_seeds(void **unused)
{
    (void)unused;
    fixture f = fixture_new(&what, best_kernels(), 1);
    const size_t size = f.parameters_count * sizeof(qd_real);
    qd_real *a = weights_of(f.network, 1), *again = weights_of(f.network, 1), *b = weights_of(f.network, 2);
    assert_memory_equal(a, again, size);
    assert_memory_not_equal(a, b, size);
    qd_mem_free(a);
    qd_mem_free(again);
    qd_mem_free(b);
    fixture_free(&f);
}

/* The bits themselves (FNV-1a over all weights), so that another compiler, processor or version is noticed: a model
   must come out the same everywhere. */
static void test_bits(void **unused)
{
    (void)unused;
    fixture f = fixture_new(&what, best_kernels(), 1);
    qd_real *weights = weights_of(f.network, 1);
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < f.parameters_count; i++) {
        uint32_t bits;
        memcpy(&bits, &weights[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001B3u;
    }
    if (hash != 0x479373B1DC14D1E0u) {
        fail_msg("the weights of seed 1 have changed: 0x%llXu", (unsigned long long)hash);
    }
    qd_mem_free(weights);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glorot), cmocka_unit_test(test_orthogonal), cmocka_unit_test(test_biases),
        cmocka_unit_test(test_seeds),  cmocka_unit_test(test_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
