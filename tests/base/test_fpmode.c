/* Floating-point mode: what it does while entered, and that what was before comes back. */
#include "test.h"
#include "base/fpmode.h"

#include <fenv.h>
#include <float.h>

#if defined(__x86_64__) || defined(__aarch64__)

/* volatile: computed when the program runs, in its order. */
static volatile float tiny = FLT_MIN, minus_one = -1, three = 3;

static void test_denormals_are_flushed(void **state)
{
    (void)state;
    volatile float half = tiny * 0.5f;
    assert_true(half > 0);
    qd_fpmode before = qd_fpmode_enter();
    volatile float flushed = tiny * 0.5f;
    volatile float read = half + 0.0f; /* a denormal input counts as zero too */
    qd_fpmode_leave(before);
    assert_true(flushed == 0);
    assert_true(read == 0);
    half = tiny * 0.5f;
    assert_true(half > 0);
}

static void test_rounding_is_to_nearest_and_restored(void **state)
{
    (void)state;
    volatile float nearest = minus_one / three;
    assert_int_equal(fesetround(FE_UPWARD), 0);
    volatile float up = minus_one / three;
    qd_fpmode before = qd_fpmode_enter();
    volatile float inside = minus_one / three;
    qd_fpmode_leave(before);
    volatile float after = minus_one / three;
    fesetround(FE_TONEAREST);
    assert_true(up > nearest);
    assert_true(inside == nearest);
    assert_true(after == up);
}

static void test_it_nests(void **state)
{
    (void)state;
    qd_fpmode outer = qd_fpmode_enter();
    qd_fpmode inner = qd_fpmode_enter();
    qd_fpmode_leave(inner);
    volatile float flushed = tiny * 0.5f;
    qd_fpmode_leave(outer);
    assert_true(flushed == 0);
    volatile float kept = tiny * 0.5f;
    assert_true(kept > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_denormals_are_flushed),
        cmocka_unit_test(test_rounding_is_to_nearest_and_restored),
        cmocka_unit_test(test_it_nests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* there is nothing to set on this processor */
}

#endif
