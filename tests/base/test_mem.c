/* Memory: zeroed, aligned blocks; sizes that overflow; the hook that fails the nth allocation. */
#include "test.h"
#include "base/mem.h"

#include <string.h>

static bool all_zero(const void *block, size_t bytes)
{
    const unsigned char *byte = block;
    for (size_t i = 0; i < bytes; i++) {
        if (byte[i] != 0) {
            return false;
        }
    }
    return true;
}

static void test_blocks_are_zeroed_and_aligned(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < 300; bytes += 7) {
        unsigned char *block = qd_mem_new(bytes, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        assert_true(all_zero(block, bytes));
        memset(block, 0xAA, bytes); /* so that the next block is not zero by chance */
        qd_mem_free(block);
    }
    qd_mem_free(NULL);
}

static void test_nothing_is_a_valid_block(void **state)
{
    (void)state;
    void *none = qd_mem_new(0, 8), *also = qd_mem_new(8, 0);
    assert_non_null(none);
    assert_non_null(also);
    assert_ptr_not_equal(none, also);
    qd_mem_free(none);
    qd_mem_free(also);
}

static void test_overflow_fails(void **state)
{
    (void)state;
    assert_null(qd_mem_new(SIZE_MAX, 2));
    assert_null(qd_mem_new(SIZE_MAX / 2 + 1, 2)); /* product 0 */
    assert_null(qd_mem_new((size_t)1 << 33, (size_t)1 << 33));
    assert_null(qd_mem_new(SIZE_MAX, 1));
    assert_null(qd_mem_new((size_t)PTRDIFF_MAX, 1));
    int *block = qd_mem_new(3, sizeof *block);
    block[2] = 7;
    assert_null(qd_mem_resize(block, 3, SIZE_MAX / 2, sizeof *block));
    assert_int_equal(block[2], 7);
    qd_mem_free(block);
}

static void test_resize_keeps_and_zeroes(void **state)
{
    (void)state;
    int *block = qd_mem_resize(NULL, 0, 5, sizeof *block);
    assert_non_null(block);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(block[i], 0);
        block[i] = i + 1;
    }
    block = qd_mem_resize(block, 5, 100, sizeof *block);
    assert_non_null(block);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(block[i], i < 5 ? i + 1 : 0);
    }
    block = qd_mem_resize(block, 100, 2, sizeof *block);
    assert_non_null(block);
    assert_int_equal(block[0], 1);
    assert_int_equal(block[1], 2);
    qd_mem_free(block);
}

static void test_string_is_a_copy(void **state)
{
    (void)state;
    const char text[] = "Lynx canadensis";
    char *copy = qd_mem_string(text);
    assert_string_equal(copy, text);
    assert_ptr_not_equal(copy, text);
    qd_mem_free(copy);
    copy = qd_mem_string("");
    assert_string_equal(copy, "");
    qd_mem_free(copy);
}

typedef struct counter {
    size_t calls, fails_at; /* from 1 */
    size_t last_bytes;
} counter;

static bool fail_nth(void *context, size_t bytes)
{
    counter *c = context;
    c->last_bytes = bytes;
    return ++c->calls != c->fails_at;
}

static void test_hook_fails_the_nth(void **state)
{
    (void)state;
    counter c = {.fails_at = 3};
    qd_mem_set_hook(fail_nth, &c);
    void *one = qd_mem_new(1, 1);
    char *two = qd_mem_string("two");
    void *three = qd_mem_new(1, 1);
    void *four = qd_mem_new(1000, 10);
    assert_non_null(one);
    assert_non_null(two);
    assert_null(three);
    assert_non_null(four);
    assert_true(c.last_bytes >= 10000);
    c = (counter){.fails_at = 1};
    assert_null(qd_mem_resize(two, 4, 8, 1));
    assert_string_equal(two, "two"); /* a failed resize leaves the block */
    c = (counter){.fails_at = 1};
    assert_null(qd_mem_string("x"));
    qd_mem_set_hook(NULL, NULL);
    three = qd_mem_new(1, 1);
    assert_non_null(three);
    assert_int_equal(c.calls, 1); /* and now nobody is asked */
    qd_mem_free(one);
    qd_mem_free(two);
    qd_mem_free(three);
    qd_mem_free(four);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_zeroed_and_aligned),
        cmocka_unit_test(test_nothing_is_a_valid_block),
        cmocka_unit_test(test_overflow_fails),
        cmocka_unit_test(test_resize_keeps_and_zeroes),
        cmocka_unit_test(test_string_is_a_copy),
        cmocka_unit_test(test_hook_fails_the_nth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
