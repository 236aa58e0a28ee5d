/* Errors of transitions, by hand. */
#include "test.h"
#include "base/mem.h"
#include "eval/transitions.h"

/* Two tracks, frames 2 apart; of the second the fourth frame is missing. */
static const size_t start[] = {0, 6, 10};
static const double time[] = {0, 2, 4, 6, 8, 10, 0, 2, 4, 8};
static const int32_t truth[] = {0, 0, 1, 1, 2, 2, 1, 1, 1, 2};

static void test_nearest(void **unused)
{
    (void)unused;
    static const int32_t label[] = {0, 1, 0, 1, 2, 1, 1, 1, 1, 1}; /* 1 begins at 2, 6 and 10; 2 at 8, and nowhere */
    qd_transition *t;
    size_t count;
    assert_int_equal(qd_transitions(2, start, time, 2, truth, label, 3, NULL, &t, &count, NULL), QD_OK);
    assert_int_equal(count, 2);
    assert_true(t[0].from == 0 && t[0].to == 1 && t[0].n == 1 && t[0].missed == 0);
    assert_true(t[0].mean == 1 && t[0].median == 1);
    assert_true(t[0].within[0] == 0 && t[0].within[1] == 1 && t[0].within[2] == 1);
    assert_true(t[1].from == 1 && t[1].to == 2 && t[1].n == 2 && t[1].missed == 1);
    assert_true(t[1].mean == 0.5 && t[1].within[0] == 0.5); /* missed: one frame after the last */
    qd_mem_free(t);
}

static void test_in_order(void **unused)
{
    (void)unused;
    static const int32_t label[] = {0, 0, 2, 2, 2, 2, 1, 2, 2, 2}, rank[] = {0, 1, 2};
    qd_transition *t;
    size_t count;
    assert_int_equal(qd_transitions(2, start, time, 2, truth, label, 3, rank, &t, &count, NULL), QD_OK);
    assert_int_equal(count, 2);
    assert_true(t[0].mean == 0 && t[0].missed == 0); /* the later phase counts */
    assert_true(t[1].mean == 2.5 && t[1].median == 2.5 && t[1].within[2] == 0.5);
    qd_mem_free(t);
}

static void test_unknown(void **unused)
{
    (void)unused;
    static const int32_t none[] = {0, -1, 1, 1, -1, 2, -1, -1, -1, -1};
    qd_transition *t;
    size_t count;
    assert_int_equal(qd_transitions(2, start, time, 2, none, truth, 3, NULL, &t, &count, NULL), QD_OK);
    assert_int_equal(count, 0); /* the frame before is not known */
    qd_mem_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nearest), cmocka_unit_test(test_in_order),
                                       cmocka_unit_test(test_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
