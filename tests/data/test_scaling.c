/* Scaling: means and deviations over the real steps, there and back, and what cannot be scaled. */
#include "helpers.h"
#include "data/scaling.h"
#include <math.h>

static qd_sequences *make(const float *x, const size_t *lengths, size_t n, size_t steps, size_t inputs, const float *y,
                          size_t outputs)
{
    qd_sequences *s = NULL;
    qd_error error = {0};
    if (qd_sequences_new(x, lengths, n, steps, inputs, y, outputs, &s, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return s;
}

static qd_scaling learn(qd_scaling_kind kind, const qd_sequences *s, bool scale_targets)
{
    qd_scaling scaling = {0};
    qd_error error = {0};
    if (qd_scaling_learn(kind, s, scale_targets, &scaling, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return scaling;
}

static void test_none(void **state)
{
    (void)state;
    const float x[] = {1, 2};
    float y[] = {3};
    qd_sequences *s = make(x, NULL, 1, 2, 1, y, 1);
    qd_scaling scaling = learn(QD_SCALING_NONE, s, true);
    assert_null(scaling.mean);
    assert_int_equal(qd_scaling_apply(&scaling, s, NULL), QD_OK);
    assert_memory_equal(s->x, x, sizeof x);
    qd_scaling_invert(&scaling, 1, y);
    assert_true(y[0] == 3);
    assert_int_equal(qd_scaling_inputs(&scaling, 1, y), 0);
    qd_scaling_clear(&scaling);
    qd_sequences_free(s);
}

/* Two columns, one of them constant; the steps beyond a sequence's length do not count. */
static void test_standard(void **state)
{
    (void)state;
    const float x[] = {1, 0.1F, 2, 0.1F, 3, 0.1F, 6, 0.1F, 999, 999, 999, 999};
    const float y[] = {10, 30};
    const size_t lengths[] = {3, 1};
    qd_sequences *s = make(x, lengths, 2, 3, 2, y, 1);
    qd_scaling scaling = learn(QD_SCALING_STANDARD, s, true);
    assert_int_equal(scaling.inputs, 2);
    assert_int_equal(scaling.outputs, 1);
    assert_true(scaling.mean[0] == 3 && scaling.sd[0] == sqrt(3.5));
    assert_true(scaling.mean[1] == (double)0.1F && scaling.sd[1] == 1);
    assert_true(scaling.mean[2] == 20 && scaling.sd[2] == 10);
    assert_int_equal(qd_scaling_apply(&scaling, s, NULL), QD_OK);
    assert_true(s->x[0] == (float)(-2 / sqrt(3.5)) && s->x[1] == 0 && s->x[6] == (float)(3 / sqrt(3.5)));
    assert_true(s->y[0] == -1 && s->y[1] == 1);
    float back[] = {-1, 1, 0.5F}, inputs[] = {1, 0.1F};
    qd_scaling_invert(&scaling, 3, back);
    assert_true(back[0] == 10 && back[1] == 30 && back[2] == 25);
    assert_int_equal(qd_scaling_inputs(&scaling, 1, inputs), 0);
    assert_true(inputs[0] == s->x[0] && inputs[1] == 0);
    qd_scaling_clear(&scaling);
    assert_null(scaling.sd);
    qd_sequences_free(s);
}

static void test_log1p(void **state)
{
    (void)state;
    const float x[] = {0, 1, 3, 7}, y[] = {0, 100};
    qd_sequences *s = make(x, NULL, 2, 2, 1, y, 1);
    qd_scaling scaling = learn(QD_SCALING_LOG1P, s, true);
    assert_true(fabs(scaling.mean[0] - 1.5 * log(2)) < 1e-15);
    assert_true(fabs(scaling.mean[1] - 0.5 * log(101)) < 1e-15);
    assert_int_equal(qd_scaling_apply(&scaling, s, NULL), QD_OK);
    assert_true(s->y[0] == -1 && s->y[1] == 1);
    qd_scaling_invert(&scaling, 2, s->y);
    assert_true(fabsf(s->y[0]) < 1e-6F && fabsf(s->y[1] - 100) < 1e-4F);
    float bad[] = {5, -1};
    assert_int_equal(qd_scaling_inputs(&scaling, 1, bad), 0);
    assert_int_equal(qd_scaling_inputs(&scaling, 2, bad), -1);
    qd_scaling_clear(&scaling);
    qd_sequences_free(s);
}

/* Labels stay as they are, whatever becomes of the inputs. */
static void test_labels(void **state)
{
    (void)state;
    const float x[] = {0, 3}, y[] = {0, 1};
    qd_sequences *s = make(x, NULL, 2, 1, 1, y, 1);
    for (qd_scaling_kind kind = QD_SCALING_STANDARD; kind <= QD_SCALING_LOG1P; kind++) {
        qd_scaling scaling = learn(kind, s, false);
        assert_true(scaling.labels && scaling.mean[1] == 0 && scaling.sd[1] == 1);
        qd_sequences *copy;
        assert_int_equal(qd_sequences_slice(s, 0, 2, &copy, NULL), QD_OK);
        assert_int_equal(qd_scaling_apply(&scaling, copy, NULL), QD_OK);
        assert_memory_equal(copy->y, y, sizeof y);
        assert_true(copy->x[0] == -1 && copy->x[1] == 1);
        qd_scaling_invert(&scaling, 2, copy->y);
        assert_memory_equal(copy->y, y, sizeof y);
        qd_sequences_free(copy);
        qd_scaling_clear(&scaling);
    }
    qd_sequences_free(s);
}

static void test_refused(void **state)
{
    (void)state;
    const float x[] = {0, 1, 2, 3, 4, -1, 6, 7}, y[] = {0, 1, -2, 3}; /* [2][2][2], [2][2] */
    const size_t lengths[] = {2, 2};
    qd_scaling scaling = {0};
    qd_error error = {0};
    qd_sequences *s = make(x, lengths, 2, 2, 2, NULL, 0);
    assert_int_equal(qd_scaling_learn(QD_SCALING_LOG1P, s, true, &scaling, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "sequence 1, step 0, input 1: -1 cannot be scaled");
    assert_null(scaling.mean);
    qd_sequences_free(s);

    s = make(x, NULL, 2, 1, 2, y, 2); /* the first four of x */
    assert_int_equal(qd_scaling_learn(QD_SCALING_LOG1P, s, true, &scaling, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "sequence 1, target 0: -2 cannot be scaled");
    s->y[2] = 2;
    scaling = learn(QD_SCALING_LOG1P, s, true);
    s->y[2] = -2;
    assert_int_equal(qd_scaling_apply(&scaling, s, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "sequence 1, target 0: -2");
    memcpy(s->x, x, 4 * sizeof(float)); /* they were scaled */
    s->x[3] = -3;
    assert_int_equal(qd_scaling_apply(&scaling, s, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "sequence 1, step 0, input 1: -3");
    qd_scaling_clear(&scaling);
    s->count = 0;
    assert_int_equal(qd_scaling_learn(QD_SCALING_STANDARD, s, true, &scaling, &error), QD_ERR_VALUE);
    qd_sequences_free(s);
}

/* Numbers at the ends of float32 have finite means; what a small deviation makes too large is refused. */
static void test_extremes(void **state)
{
    (void)state;
    const float x[] = {-3e38F, 3e38F, 1e-45F, 0}, small[] = {1e-40F, 0};
    qd_sequences *s = make(x, NULL, 2, 2, 1, NULL, 0);
    qd_scaling scaling = learn(QD_SCALING_STANDARD, s, true);
    assert_true(isfinite(scaling.sd[0]) && scaling.sd[0] > 2e38);
    assert_int_equal(qd_scaling_apply(&scaling, s, NULL), QD_OK);
    qd_scaling_clear(&scaling);
    qd_sequences_free(s);
    s = make(small, NULL, 1, 2, 1, NULL, 0);
    scaling = learn(QD_SCALING_STANDARD, s, true);
    float far = 1;
    assert_int_equal(qd_scaling_inputs(&scaling, 1, &far), -1);
    qd_scaling_clear(&scaling);
    qd_sequences_free(s);
}

static qd_status learn_once(const void *input, qd_error *error)
{
    qd_scaling scaling;
    qd_status status = qd_scaling_learn(QD_SCALING_STANDARD, input, true, &scaling, error);
    if (status == QD_OK) {
        qd_scaling_clear(&scaling);
    }
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const float x[] = {0, 3}, y[] = {0, 1};
    qd_sequences *s = make(x, NULL, 2, 1, 1, y, 1);
    assert_int_equal(fail_every_allocation(learn_once, s), 4);
    qd_sequences_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),          cmocka_unit_test(test_standard), cmocka_unit_test(test_log1p),
        cmocka_unit_test(test_labels),        cmocka_unit_test(test_refused),  cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
