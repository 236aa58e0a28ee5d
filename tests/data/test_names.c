/* Lists of names: commas in quotes, quotes in quotes; and what is refused. */
#include "test.h"

#include "base/mem.h"
#include "data/names.h"
#include <string.h>

static void expect(const char *list, size_t count, const char *const *name)
{
    qd_names names;
    assert_int_equal(qd_names_read(list, &names, NULL), QD_OK);
    assert_int_equal(names.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(names.name[i], name[i]);
    }
    qd_names_clear(&names);
}

static void test_lists(void **state)
{
    (void)state;
    expect("", 0, NULL);
    expect("a", 1, (const char *const[]){"a"});
    expect("a,,b ", 3, (const char *const[]){"a", "", "b "});
    expect("\"[0,1)\",\"[1,5)\",70+", 3, (const char *const[]){"[0,1)", "[1,5)", "70+"});
    expect("\"a \"\"b\"\"\",c\"d,\"\"", 3, (const char *const[]){"a \"b\"", "c\"d", ""});
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const lists[] = {"\"a", "a,\"b", "\"a\"b", "\"a\" ,b", "\""};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        qd_names names;
        qd_error error;
        assert_int_equal(qd_names_read(lists[i], &names, &error), QD_ERR_VALUE);
        assert_non_null(strstr(error.message, lists[i]));
        assert_int_equal(names.count, 0);
    }
}

static bool refuse_nth(void *context, size_t bytes)
{
    size_t *left = context;
    (void)bytes;
    return (*left)-- != 0;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    qd_status status = QD_ERR_MEMORY;
    for (size_t n = 0; status != QD_OK; n++) {
        qd_names names;
        qd_error error;
        size_t left = n;
        qd_mem_set_hook(refuse_nth, &left);
        status = qd_names_read("a,\"b,c\"", &names, &error);
        qd_mem_set_hook(NULL, NULL);
        assert_true(status == (n < 4 ? QD_ERR_MEMORY : QD_OK));
        qd_names_clear(&names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
