/* The embedding: its vectors stand where their tokens were, and their gradients are those of the five-point stencil. */
#include "test.h"

#include "nn/batch.h"
#include "nn/network.h"
#include <math.h>
#include <string.h>

enum { B = 5, T = 4, I = 3, VOCABULARY = 4, K = 2, N = 4096 };

typedef struct trial {
    qd_network *network;
    qd_workspace *workspace;
    qd_pool *pool;
    qd_batch *batch;
    double parameters[N], gradients[N], factors[B * K];
} trial;

static double value_of(trial *t)
{
    qd_workspace_load(t->workspace, t->parameters);
    const double *y = qd_network_forward(t->workspace, &t->batch->packing, t->batch->x, true, NULL);
    double sum = 0;
    for (size_t i = 0; i < B * K; i++) {
        sum += t->factors[i] * y[i];
    }
    return sum;
}

static void setup(trial *t, const char *layers, unsigned threads)
{
    static double x[B][T][I];
    const double *rows[B];
    size_t lengths[B];
    uint64_t sample[B];
    for (size_t b = 0; b < B; b++) {
        for (size_t s = 0; s < T; s++) {
            x[b][s][0] = sin((double)(7 * b + s));
            x[b][s][1] = cos((double)(3 * b + 5 * s));
            x[b][s][2] = (double)((b * 3 + s) % (VOCABULARY - 1)); /* the last token never comes */
        }
        rows[b] = &x[b][0][0];
        lengths[b] = T - b % 3;
        sample[b] = b;
        t->factors[2 * b] = 0.5 + (double)b;
        t->factors[2 * b + 1] = -0.25 * (double)b;
    }
    qd_error error;
    const qd_kernels *kernels;
    assert_int_equal(qd_kernels_select(&kernels, &error), QD_OK);
    assert_int_equal(qd_pool_new(threads, &t->pool, &error), QD_OK);
    assert_int_equal(qd_network_new(layers, 0, I, K, false, &t->network, &error), QD_OK);
    assert_true(qd_network_parameters(t->network) <= N);
    assert_int_equal(qd_network_init(t->network, 3, t->parameters, &error), QD_OK);
    assert_int_equal(qd_workspace_new(t->network, kernels, t->pool, B, T, B * T, true, &t->workspace, &error), QD_OK);
    assert_int_equal(qd_batch_new(B, T, B * T, I, &t->batch, &error), QD_OK);
    qd_batch_fill(t->batch, B, rows, lengths, sample);
    value_of(t);
    double packed[B * K];
    memcpy(packed, t->factors, sizeof packed);
    qd_network_backward(t->workspace, &t->batch->packing, t->batch->x, packed, t->gradients, NULL, NULL);
}

static void teardown(trial *t)
{
    qd_batch_free(t->batch);
    qd_workspace_free(t->workspace);
    qd_network_free(t->network);
    qd_pool_free(t->pool);
}

static void gradients_are_right(void **state)
{
    (void)state;
    static trial t;
    setup(&t, "embed:3+vocabulary=4,lstm:5", 1);
    const qd_tensor *tensor = qd_network_tensor(t.network, 0);
    assert_string_equal(tensor->name, "embedding.weight");
    assert_int_equal(tensor->rows, VOCABULARY);
    assert_int_equal(tensor->cols, 3);
    double largest = 0, worst = 0;
    const double h = 1e-3;
    for (size_t i = 0; i < VOCABULARY * 3; i++) {
        double *w = &t.parameters[tensor->offset + i], before = *w, f[4];
        const double at[4] = {before - 2 * h, before - h, before + h, before + 2 * h};
        for (int k = 0; k < 4; k++) {
            *w = at[k];
            f[k] = value_of(&t);
        }
        *w = before;
        const double slope = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
        largest = fmax(largest, fabs(slope));
        worst = fmax(worst, fabs(slope - t.gradients[tensor->offset + i]));
    }
    assert_true(worst <= 1e-8 * largest);
    for (size_t u = 0; u < 3; u++) {
        assert_true(t.gradients[tensor->offset + 3 * 3 + u] == 0); /* of the token that never came */
    }
    teardown(&t);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    static trial one, three;
    setup(&one, "embed:3+vocabulary=4,bilstm:5", 1);
    setup(&three, "embed:3+vocabulary=4,bilstm:5", 3);
    assert_memory_equal(one.gradients, three.gradients, sizeof one.gradients);
    teardown(&one);
    teardown(&three);
}

static void vocabulary_is_asked_for(void **state)
{
    (void)state;
    qd_network *network;
    qd_error error;
    assert_int_equal(qd_network_new("embed:3,lstm:5", 0, I, K, false, &network, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "+vocabulary=20"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_right),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(vocabulary_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
