/* The gradient check bites: of the wrong backward passes that this build can switch on, each is caught; with none it
   passes. Numbers 1 to 12 are the kernels' (kernels/wrong.h). */
#include "test.h"
#include "kernels/wrong.h"
#include "nn/gradient_check.h"

#include <stdio.h>

int qd_wrong_pass;

static const char *const wrong_passes[] = {
    [1] = "lstm: slopes of input and forget gates swapped",
    [2] = "lstm: candidate with a sigmoid's slope",
    [3] = "lstm: the cell's gradient from the step after lost",
    [4] = "lstm: slope of tanh(c) missing",
    [5] = "lstm: slope of the output gate missing",
    [6] = "lstm: forget gate sees the cell state after",
    [7] = "lstm: the cell's gradient passes without the forget gate",
    [8] = "rnn: slope missing",
    [9] = "weight sums: first span missing",
    [10] = "weight sums: rows paired with the first of the other matrix",
    [11] = "bias sums: last row of each step missing",
    [12] = "lstm: the gradient of h does not reach the cell",
    [13] = "recurrent: nothing carried from the step after",
    [14] = "recurrent: weight_hh summed with the hidden state after the step",
    [15] = "recurrent: weight_hh read as if transposed",
    [16] = "recurrent: bias without the first step",
    [17] = "recurrent: weight_ih summed with the first inputs at every step",
    [18] = "recurrent: weight_hh without the initial states",
    [19] = "recurrent: gradient of the final hidden state lost",
    [20] = "recurrent: gradient of the final cell state lost",
    [21] = "recurrent: initial hidden state with the gradient of the one after",
    [22] = "recurrent: last states of short sequences take the gradients of the first rows",
    [23] = "recurrent: the initial cell state taken for zeros",
    [24] = "bidirectional: halves swapped",
    [25] = "bidirectional: gradient of the inputs from one direction",
    [26] = "residual: gradient of the inputs without the direct path",
    [27] = "dropout: mask not applied",
    [28] = "dropout: not scaled",
    [29] = "dense: bias without the first step",
    [30] = "dense: weights read as if transposed",
    [31] = "loss: sample weights ignored",
    [32] = "huber: the slope goes on growing",
    [33] = "apart: the gradient of the inputs in the other direction's half",
    [34] = "around: the gradient goes to the step after instead of the one before",
    [35] = "convolution: taps mirrored in the gradient of the inputs",
    [36] = "convolution: weights summed without the shift",
    [37] = "rectifier: slope 1 everywhere",
    [38] = "normalisation: the mean taken for a constant",
    [39] = "normalisation: the variance taken for a constant",
    [40] = "mean: divided by the longest sequence's steps",
    [41] = "max: gradient to the first step",
    [42] = "attention: weights that need not add up to 1",
};
enum { WRONG_PASSES = sizeof wrong_passes / sizeof wrong_passes[0] };

/* The first case whose check fails, or NULL; *error: its error. */
static const char *caught_by(double *error)
{
    for (size_t i = 0; i < GRADIENT_CASES; i++) {
        *error = gradient_error(&gradient_cases[i]);
        if (!(*error <= gradient_tolerance)) {
            return gradient_cases[i].name;
        }
    }
    return NULL;
}

static void test_none_wrong(void **unused)
{
    (void)unused;
    double error;
    qd_wrong_pass = 0;
    assert_null(caught_by(&error));
}

static void test_each_wrong(void **unused)
{
    (void)unused;
    for (qd_wrong_pass = 1; qd_wrong_pass < WRONG_PASSES; qd_wrong_pass++) {
        double error;
        const char *by = caught_by(&error);
        if (by == NULL) {
            fail_msg("not caught: %d, %s", qd_wrong_pass, wrong_passes[qd_wrong_pass]);
            return;
        }
        printf("%2d %-80s error %.1e (%s)\n", qd_wrong_pass, wrong_passes[qd_wrong_pass], error, by);
    }
    qd_wrong_pass = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_none_wrong), cmocka_unit_test(test_each_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
