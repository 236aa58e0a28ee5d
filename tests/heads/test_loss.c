/* Losses: values and gradients, the sum over a batch, predictions, and targets that are refused. */
#include "test.h"
#include "heads/loss.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const qd_loss_options options = {.huber_delta = 1};

static void check_row(const char *name, size_t outputs, const qd_real *y, const qd_real *target, double loss,
                      const double *gradient)
{
    qd_real computed[8];
    const double value = qd_loss_find(name)->row(&options, outputs, y, target, computed);
    assert_true(fabs(value - loss) <= 1e-7 * fabs(loss));
    assert_true(value == qd_loss_find(name)->row(&options, outputs, y, target, NULL));
    for (size_t k = 0; k < outputs; k++) {
        assert_true(fabs((double)computed[k] - gradient[k]) <= 1e-7 * fabs(gradient[k]));
    }
}

static void test_regression_losses(void **unused)
{
    (void)unused;
    const qd_real y[] = {1, (qd_real)0.5, -3, 2}, target[] = {2, (qd_real)0.25, 1, 2};
    check_row("mse", 4, y, target, (1 + 0.0625 + 16) / 4, (double[]){-0.5, 0.125, -2, 0});
    check_row("mae", 4, y, target, (1 + 0.25 + 4) / 4, (double[]){-0.25, 0.25, -0.25, 0});
    check_row("huber", 4, y, target, (0.5 + 0.03125 + 3.5) / 4, (double[]){-0.25, 0.0625, -0.25, 0});
}

static void test_cross_entropies(void **unused)
{
    (void)unused;
    const qd_real y[] = {0, 2}, target[] = {1, 0};
    const double p = 1 / (1 + exp(-2));
    check_row("logistic", 2, y, target, (log(2) + log(1 + exp(2))) / 2, (double[]){-0.25, p / 2});
    check_row("softmax", 2, y, target, log(1 + exp(2)), (double[]){-p, p});
}

/* Logits of any size: no overflow, and the limits that they go to. */
static void test_large_logits(void **unused)
{
    (void)unused;
    const qd_real large[] = {10000, -10000}, right[] = {1, 0}, wrong[] = {0, 1};
    check_row("logistic", 2, large, right, 0, (double[]){0, 0});
    check_row("logistic", 2, large, wrong, 10000, (double[]){0.5, -0.5});
    check_row("softmax", 2, large, right, 0, (double[]){0, 0});
    check_row("softmax", 2, large, wrong, 20000, (double[]){1, -1});
    /* Small probabilities keep their digits. */
    const qd_real small[] = {-40}, zero[] = {0};
    check_row("logistic", 1, small, zero, exp(-40), (double[]){exp(-40)});
}

static void test_predictions(void **unused)
{
    (void)unused;
    qd_real y[] = {0, (qd_real)log(3.0), -10000, 10000};
    const qd_loss *logistic = qd_loss_find("logistic"), *softmax = qd_loss_find("softmax");
    logistic->predict(4, y);
    assert_true(y[0] == (qd_real)0.5 && fabs((double)y[1] - 0.75) < 1e-7 && y[2] == 0 && y[3] == 1);
    qd_real z[] = {1, 1 + (qd_real)log(3.0), -10000};
    softmax->predict(3, z);
    assert_true(fabs((double)z[0] - 0.25) < 1e-6 && fabs((double)z[1] - 0.75) < 1e-6 && z[2] == 0);
    assert_null(qd_loss_find("mse")->predict);
}

static void test_checks(void **unused)
{
    (void)unused;
    const qd_loss *logistic = qd_loss_find("logistic"), *softmax = qd_loss_find("softmax");
    assert_null(logistic->check(3, (qd_real[]){0, 1, (qd_real)0.5}));
    assert_non_null(logistic->check(2, (qd_real[]){0, 2}));
    assert_non_null(logistic->check(1, (qd_real[]){-1}));
    assert_non_null(logistic->check(1, (qd_real[]){(qd_real)NAN}));
    assert_null(softmax->check(3, (qd_real[]){0, 1, 0}));
    assert_null(softmax->check(2, (qd_real[]){(qd_real)0.3, (qd_real)0.7}));
    assert_non_null(softmax->check(2, (qd_real[]){1, 1}));
    assert_non_null(softmax->check(2, (qd_real[]){2, -1}));
    assert_non_null(softmax->check(2, (qd_real[]){0, 0}));
    assert_non_null(softmax->check(2, (qd_real[]){(qd_real)NAN, 1}));
    assert_non_null(softmax->check(1, (qd_real[]){1}));
    assert_true(logistic->labels && softmax->labels && !qd_loss_find("mse")->labels);
}

enum { ROWS = 53, OUTPUTS = 3 };

/* The sum with weights, and the gradient of weight * scale * loss. */
static void test_sum(void **unused)
{
    (void)unused;
    qd_real y[ROWS * OUTPUTS], targets[ROWS * OUTPUTS], weights[ROWS], gradient[ROWS * OUTPUTS];
    for (int i = 0; i < ROWS * OUTPUTS; i++) {
        y[i] = (qd_real)(i % 7) / 4;
        targets[i] = (qd_real)(i % 5) / 8;
    }
    for (int r = 0; r < ROWS; r++) {
        weights[r] = (qd_real)(r % 4) / 2;
    }
    const qd_loss *mse = qd_loss_find("mse");
    double expected = 0, plain = 0;
    for (size_t r = 0; r < ROWS; r++) {
        const double row = mse->row(&options, OUTPUTS, y + r * OUTPUTS, targets + r * OUTPUTS, NULL);
        expected += (double)weights[r] * row;
        plain += row;
    }
    const double sum = qd_loss_sum(mse, &options, ROWS, OUTPUTS, y, targets, weights, 0.125, gradient);
    assert_true(fabs(sum - expected) <= 1e-13 * expected);
    assert_true(sum == qd_loss_sum(mse, &options, ROWS, OUTPUTS, y, targets, weights, 0.125, NULL));
    assert_true(fabs(qd_loss_sum(mse, &options, ROWS, OUTPUTS, y, targets, NULL, 1, NULL) - plain) <= 1e-13 * plain);
    for (size_t i = 0; i < ROWS * OUTPUTS; i++) {
        const double whole = 2 * ((double)y[i] - (double)targets[i]) / OUTPUTS * 0.125 * (double)weights[i / OUTPUTS];
        assert_true(fabs((double)gradient[i] - whole) <= 1e-6 * fabs(whole));
    }
    assert_true(qd_loss_sum(mse, &options, 0, OUTPUTS, y, targets, weights, 1, gradient) == 0);
}

/* Groups of 16 rows, the sums of groups pairwise: with sizes that rounding tells apart. */
static void test_order_of_the_sum(void **unused)
{
    (void)unused;
    enum { GROUPS = 5 };
    qd_real y[16 * GROUPS] = {0}, targets[16 * GROUPS] = {0};
    const double sizes[GROUPS] = {0x1p53, 1, 1, 1, 1};
    for (int g = 0; g < GROUPS; g++) {
        y[16 * g + 5] = (qd_real)sizes[g]; /* the mean absolute error of one output is its size */
    }
    const double sum = qd_loss_sum(qd_loss_find("mae"), &options, 16 * GROUPS, 1, y, targets, NULL, 1, NULL);
    assert_true(sum == ((0x1p53 + 1) + (1.0 + 1.0)) + 1.0);
    assert_true(sum != 0x1p53); /* what one after the other gives */
}

static void test_table(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < qd_losses_count; i++) {
        assert_ptr_equal(qd_loss_find(qd_losses[i]->name), qd_losses[i]);
        assert_true(strlen(qd_losses[i]->help) > 0);
    }
    assert_null(qd_loss_find("nll"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression_losses),
        cmocka_unit_test(test_cross_entropies),
        cmocka_unit_test(test_large_logits),
        cmocka_unit_test(test_predictions),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_order_of_the_sum),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
