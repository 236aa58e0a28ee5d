/* What passes over all parameters: every set against the reference by bits, the reference against the formulas in
   double. */
#include "test.h"
#include "kernels/guarded.h"

typedef struct parameters {
    matrix w, g, m, v;
} parameters;

static parameters parameters_new(size_t n)
{
    uint32_t state = (uint32_t)n + 5;
    parameters p = {matrix_new(1, n, n, &state), matrix_new(1, n, n, &state), matrix_new(1, n, n, &state),
                    matrix_new(1, n, n, &state)};
    for (size_t i = 0; i < n; i++) {
        p.v.at[i] = p.v.at[i] * p.v.at[i];
    }
    return p;
}

static void parameters_free(parameters *p)
{
    matrix_free(&p->w);
    matrix_free(&p->g);
    matrix_free(&p->m);
    matrix_free(&p->v);
}

static qd_adam update_of(const parameters *p, size_t n)
{
    return (qd_adam){.n = n,
                     .parameters = p->w.at,
                     .first = p->m.at,
                     .second = p->v.at,
                     .gradients = p->g.at,
                     .rate = (qd_real)0.25,
                     .alpha = (qd_real)0.125,
                     .rest1 = (qd_real)0.1,
                     .rest2 = (qd_real)0.001,
                     .epsilon = (qd_real)1e-7,
                     .decay = (qd_real)0.01};
}

static void test_adam(void **unused)
{
    (void)unused;
    for (size_t n = 0; n <= 66; n++) {
        size_t i = 0;
        const qd_kernels *set = next_set(&i);
        parameters expected = parameters_new(n), before = parameters_new(n);
        const qd_adam update = update_of(&expected, n);
        set->adam(&update);
        for (size_t e = 0; e < n; e++) {
            const double g = (double)before.g.at[e];
            const double m = (double)before.m.at[e] + (g - (double)before.m.at[e]) * (double)update.rest1;
            const double v = (double)before.v.at[e] + (g * g - (double)before.v.at[e]) * (double)update.rest2;
            const double w = (double)before.w.at[e] * (1 - (double)update.decay * (double)update.rate) -
                             m * (double)update.alpha / (sqrt(v) + (double)update.epsilon);
            assert_true(fabs((double)expected.m.at[e] - m) < tolerance());
            assert_true(fabs((double)expected.v.at[e] - v) < tolerance());
            assert_true(fabs((double)expected.w.at[e] - w) < tolerance() * (1 + fabs(w)));
        }
        while ((set = next_set(&i)) != NULL) {
            parameters p = parameters_new(n);
            const qd_adam same = update_of(&p, n);
            set->adam(&same);
            assert_same(set->name, "weights", &p.w, &expected.w);
            assert_same(set->name, "first moments", &p.m, &expected.m);
            assert_same(set->name, "second moments", &p.v, &expected.v);
            assert_same(set->name, "gradients", &p.g, &before.g);
            parameters_free(&p);
        }
        parameters_free(&before);
        parameters_free(&expected);
    }
}

static void test_squares(void **unused)
{
    (void)unused;
    for (size_t n = 0; n <= 66; n++) {
        uint32_t state = 9;
        matrix x = matrix_new(1, n, n, &state);
        double lane[16] = {0};
        for (size_t i = 0; i < n; i++) {
            lane[i % 16] += (double)x.at[i] * (double)x.at[i];
        }
        for (size_t half = 8; half > 0; half /= 2) {
            for (size_t l = 0; l < half; l++) {
                lane[l] += lane[l + half];
            }
        }
        size_t i = 0;
        const qd_kernels *set;
        while ((set = next_set(&i)) != NULL) {
            assert_true(set->squares(n, x.at) == lane[0]);
        }
        matrix_free(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_adam), cmocka_unit_test(test_squares)};
    return run_between_pages(tests);
}
