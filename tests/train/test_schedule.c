/* Schedules: the rate of every update against the formula. */
#include "test.h"
#include "train/schedule.h"

#include <math.h>

static qd_schedule schedule_of(const char *const *pairs, uint64_t updates_epoch)
{
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    for (; *pairs != NULL; pairs += 2) {
        assert_int_equal(qd_settings_set(settings, pairs[0], pairs[1], NULL), QD_OK);
    }
    qd_schedule schedule = qd_schedule_from(settings, updates_epoch);
    qd_settings_free(settings);
    return schedule;
}

static void assert_rate(const qd_schedule *schedule, uint64_t t, double expected)
{
    float rate = qd_schedule_rate(schedule, t);
    if (!(fabs((double)rate - expected) <= 1e-7 * fabs(expected) + 1e-12)) {
        fail_msg("update %llu: rate %.9g, not %.9g", (unsigned long long)t, (double)rate, expected);
    }
}

static void test_constant(void **state)
{
    (void)state;
    static const char *const pairs[] = {"lr", "0.25", NULL};
    qd_schedule s = schedule_of(pairs, 7);
    for (uint64_t t = 1; t < 1000; t += 13) {
        assert_rate(&s, t, 0.25);
    }
}

static void test_warmup(void **state)
{
    (void)state;
    static const char *const pairs[] = {"lr", "0.5", "warmup", "10", NULL};
    qd_schedule s = schedule_of(pairs, 7);
    for (uint64_t t = 1; t <= 10; t++) {
        assert_rate(&s, t, 0.05 * (double)t);
    }
    assert_rate(&s, 11, 0.5);
}

static void test_cosine(void **state)
{
    (void)state;
    static const char *const pairs[] = {"lr", "0.5", "schedule", "cosine", "epochs", "10", "warmup", "20", NULL};
    qd_schedule s = schedule_of(pairs, 10); /* 100 updates, 20 of them warm-up */
    assert_rate(&s, 1, 0.025);
    assert_rate(&s, 20, 0.5);
    for (uint64_t t = 21; t <= 100; t++) {
        assert_rate(&s, t, 0.25 * (1 + cos(acos(-1.0) * (double)(t - 21) / 80)));
    }
    assert_true(qd_schedule_rate(&s, 100) > 0);
    assert_rate(&s, 61, 0.25);
    assert_rate(&s, 101, 0);
}

/* A warm-up as long as the training, or longer: the rate only rises. */
static void test_cosine_of_warmup_alone(void **state)
{
    (void)state;
    static const char *const pairs[] = {"lr", "0.5", "schedule", "cosine", "epochs", "10", "warmup", "200", NULL};
    qd_schedule s = schedule_of(pairs, 10);
    for (uint64_t t = 1; t <= 100; t++) {
        assert_rate(&s, t, 0.5 * (double)t / 200);
    }
}

static void test_step(void **state)
{
    (void)state;
    static const char *const pairs[] = {"lr", "0.8", "schedule", "step", "step-every", "3", "step-factor", "0.5", NULL};
    qd_schedule s = schedule_of(pairs, 4); /* twelve updates to a step */
    for (uint64_t t = 1; t <= 60; t++) {
        assert_rate(&s, t, 0.8 * pow(0.5, (double)((t - 1) / 12)));
    }
}

static void test_plateau(void **state)
{
    (void)state;
    static const char *const pairs[] = {"lr", "1",           "schedule", "plateau", "plateau-patience",
                                        "2",  "step-factor", "0.5",      NULL};
    static const double losses[] = {5, 4, 4, 3, 3.5, 3.2, 3, 3, 2, 9, 9, 9, 9};
    static const double after[] = {1, 1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.0625};
    qd_schedule s = schedule_of(pairs, 4);
    for (size_t e = 0; e < sizeof losses / sizeof losses[0]; e++) {
        qd_schedule_epoch(&s, losses[e]);
        assert_rate(&s, 4 * (e + 1) + 1, after[e]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant), cmocka_unit_test(test_warmup),
        cmocka_unit_test(test_cosine),   cmocka_unit_test(test_cosine_of_warmup_alone),
        cmocka_unit_test(test_step),     cmocka_unit_test(test_plateau),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
