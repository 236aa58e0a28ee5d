/* Optimisers: updates as Keras computes them (tests/golden/optimizers.txt), norm, clipping, options. */
#include "test.h"
#include "base/mem.h"
#include "train/golden.h"
#include "train/optimizer.h"

#include <math.h>

/* All sets have the same bits (tests/kernels/test_update.c). */
static const qd_kernels *reference(void)
{
    int usable;
    return qd_kernels_at(0, &usable);
}

static qd_settings *settings_of(const char *line)
{
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    golden_settings(line, settings);
    return settings;
}

enum { MOST_ELEMENTS = 32 };

/* Gradients of update t: numbers of very different sizes. */
static void make_gradients(uint32_t t, size_t n, float *gradients)
{
    for (size_t i = 0; i < n; i++) {
        gradients[i] = golden_number(t, i) * ldexpf(1, (int)(i % 5) - 2);
    }
}

/* The largest difference over all rows of a case, relative to the largest element. */
static double worst_difference(FILE *file, const char *line)
{
    size_t n;
    unsigned updates, every;
    assert_int_equal(sscanf(line, "%zu %u %u", &n, &updates, &every), 3);
    assert_true(n <= MOST_ELEMENTS);
    qd_settings *settings = settings_of(line);
    const qd_optimizer *optimizer = qd_optimizer_find(qd_settings_text(settings, "optimizer"));
    qd_optimizer_options options = qd_optimizer_options_from(settings);
    float w[MOST_ELEMENTS], g[MOST_ELEMENTS], first[MOST_ELEMENTS] = {0}, second[MOST_ELEMENTS] = {0};
    for (size_t i = 0; i < n; i++) {
        w[i] = golden_number(0, i);
    }
    double worst = 0;
    for (uint32_t t = 1; t <= updates; t++) {
        make_gradients(t, n, g);
        /* In two parts, as threads do it. */
        float rate = (float)qd_settings_real(settings, "lr");
        optimizer->update(reference(), &options, t, rate, 3, w, g, first, second);
        optimizer->update(reference(), &options, t, rate, n - 3, w + 3, g + 3, first + 3, second + 3);
        double largest = 0, difference = 0;
        for (size_t i = 0; i < n && t % every == 0; i++) {
            double expected;
            assert_int_equal(fscanf(file, "%lf", &expected), 1);
            largest = fmax(largest, fabs(expected));
            difference = fmax(difference, isfinite(w[i]) ? fabs((double)w[i] - expected) : HUGE_VAL);
        }
        worst = t % every == 0 ? fmax(worst, difference / largest) : worst;
    }
    qd_settings_free(settings);
    return worst;
}

static void test_updates_are_those_of_keras(void **state)
{
    (void)state;
    FILE *file = golden_open("optimizers.txt");
    char line[512];
    size_t cases = 0;
    double worst = 0;
    while (golden_next(file, line, sizeof line)) {
        double difference = worst_difference(file, line);
        print_message("%-60s %.1e\n", line, difference);
        worst = fmax(worst, difference);
        cases++;
    }
    fclose(file);
    assert_int_equal(cases, 10);
    assert_true(worst < 1e-6);
}

static void test_table(void **state)
{
    (void)state;
    assert_int_equal(qd_optimizers_count, 4);
    for (size_t i = 0; i < qd_optimizers_count; i++) {
        assert_ptr_equal(qd_optimizer_find(qd_optimizers[i]->name), qd_optimizers[i]);
        assert_true(qd_optimizers[i]->moments <= QD_MOST_MOMENTS);
    }
    assert_null(qd_optimizer_find("no-such"));
    /* Every choice of the setting is in the table. */
    qd_settings *settings = settings_of("");
    char choices[128];
    snprintf(choices, sizeof choices, "%s", qd_settings_find("optimizer")->choices);
    for (char *name = strtok(choices, "|"); name != NULL; name = strtok(NULL, "|")) {
        assert_non_null(qd_optimizer_find(name));
    }
    qd_settings_free(settings);
}

static void test_options(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        double decay;
    } cases[] = {{"", 0},
                 {"optimizer=adamw", 0.004},
                 {"optimizer=adamw weight-decay=0.1", 0.1},
                 {"optimizer=adamw weight-decay=0", 0},
                 {"optimizer=sgd weight-decay=0.5", 0.5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_settings *settings = settings_of(cases[i].line);
        qd_optimizer_options options = qd_optimizer_options_from(settings);
        assert_true(options.weight_decay == cases[i].decay);
        assert_true(options.beta1 == 0.9 && options.beta2 == 0.999 && options.epsilon == 1e-7);
        assert_true(options.rho == 0.9 && options.momentum == 0);
        qd_settings_free(settings);
    }
}

/* After very many updates the corrections of the bias are 1, and the powers no denormals that trap or slow. */
static void test_many_updates(void **state)
{
    (void)state;
    qd_settings *settings = settings_of("");
    qd_optimizer_options options = qd_optimizer_options_from(settings);
    const qd_optimizer *adam = qd_optimizer_find("adam");
    float w = 1, g = 0.5f, first = 0.5f, second = 0.25f;
    adam->update(reference(), &options, UINT64_C(1) << 40, 0.25f, 1, &w, &g, &first, &second);
    assert_true(fabs((double)w - 0.75) < 1e-6);
    qd_settings_free(settings);
}

static void test_norm(void **state)
{
    (void)state;
    float g[100];
    double sum = 0;
    for (size_t n = 0; n <= 100; n++) {
        double norm = qd_gradient_norm(reference(), n, g);
        assert_true(fabs(norm - sqrt(sum)) <= 1e-15 * (1 + sqrt(sum)));
        if (n < 100) {
            g[n] = golden_number(7, n);
            sum += (double)g[n] * (double)g[n];
        }
    }
    float large[2] = {3e38f, 3e38f}; /* in float32 the squares would be infinite */
    assert_true(fabs(qd_gradient_norm(reference(), 2, large) / 3e38 - sqrt(2.0)) < 1e-6);
    float wrong[20] = {0};
    wrong[17] = NAN;
    assert_true(isnan(qd_gradient_norm(reference(), 20, wrong)));
    wrong[17] = -HUGE_VALF;
    assert_true(isinf(qd_gradient_norm(reference(), 20, wrong)));
}

static void test_clipping(void **state)
{
    (void)state;
    static const float g[4] = {3, -4, 0, 12}; /* norm 13 */
    float clipped[4];
    memcpy(clipped, g, sizeof g);
    qd_gradient_clip(4, clipped, 13, 0, 0);
    assert_memory_equal(clipped, g, sizeof g);
    qd_gradient_clip(4, clipped, 13, 13, 12);
    assert_memory_equal(clipped, g, sizeof g);
    qd_gradient_clip(4, clipped, 13, 6.5, 0);
    for (size_t i = 0; i < 4; i++) {
        assert_true(clipped[i] == g[i] / 2);
    }
    memcpy(clipped, g, sizeof g);
    qd_gradient_clip(4, clipped, 13, 0, 3.5);
    assert_true(clipped[0] == 3 && clipped[1] == -3.5f && clipped[2] == 0 && clipped[3] == 3.5f);
    memcpy(clipped, g, sizeof g);
    qd_gradient_clip(4, clipped, 13, 6.5, 1.75); /* by norm first */
    assert_true(clipped[0] == 1.5f && clipped[1] == -1.75f && clipped[2] == 0 && clipped[3] == 1.75f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_updates_are_those_of_keras),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_many_updates),
        cmocka_unit_test(test_norm),
        cmocka_unit_test(test_clipping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
