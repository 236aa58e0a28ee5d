/* Gradients of every layer, of whole networks and of the losses, against the five-point stencil. */
#include "test.h"
#include "nn/gradient_check.h"

#include <stdio.h>

static void test_gradients(void **unused)
{
    (void)unused;
    double worst = 0;
    for (size_t i = 0; i < GRADIENT_CASES; i++) {
        const double error = gradient_error(&gradient_cases[i]);
        if (!(error <= gradient_tolerance)) {
            fail_msg("%s: error %g", gradient_cases[i].name, error);
        }
        worst = larger(worst, error);
    }
    printf("worst error of %d cases: %.2e\n", GRADIENT_CASES, worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
