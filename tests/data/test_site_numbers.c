/* Numberings: labels by position, and tables that are none. */
#include "data/helpers.h"

#include "data/site_numbers.h"

static const qd_table_options options = {.limit = 1 << 20};

static void labels(void **state)
{
    (void)state;
    static const char text[] = "original,new\n3,(HA2)1\n1,-16\n";
    const char *path = write_file("numbers.csv", text, strlen(text));
    qd_site_numbers numbers;
    qd_error error;
    assert_int_equal(qd_site_numbers_read(path, &options, &numbers, &error), QD_OK);
    assert_string_equal(qd_site_number(&numbers, 1), "-16");
    assert_string_equal(qd_site_number(&numbers, 2), "");
    assert_string_equal(qd_site_number(&numbers, 3), "(HA2)1");
    assert_string_equal(qd_site_number(&numbers, 4), "");
    assert_string_equal(qd_site_number(&numbers, 0), "");
    qd_site_numbers_clear(&numbers);
    assert_int_equal(unlink(path), 0);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line, column;
        const char *part;
    } bad[] = {{"original\n1\n", 1, 0, "two columns"},
               {"a,b\n1,x\n1,y\n", 3, 1, "position 1 for the second time"},
               {"a,b\n0,x\n", 2, 1, "no whole number from 1"},
               {"a,b\n1.5,x\n", 2, 1, "no whole number from 1"},
               {"a,b\n2000000,x\n", 2, 1, "no whole number from 1"},
               {"a,b\none,x\n", 2, 1, "expected a finite number"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qd_site_numbers numbers;
        qd_error error;
        const char *path = write_file("numbers.csv", bad[i].text, strlen(bad[i].text));
        assert_int_equal(qd_site_numbers_read(path, &options, &numbers, &error), QD_ERR_FORMAT);
        assert_error(&error, QD_ERR_FORMAT, bad[i].line, bad[i].column, bad[i].part);
        assert_int_equal(unlink(path), 0);
    }
}

static qd_status run(const void *input, qd_error *error)
{
    qd_site_numbers numbers;
    const qd_status status = qd_site_numbers_read(input, &options, &numbers, error);
    if (status == QD_OK) {
        qd_site_numbers_clear(&numbers);
    }
    return status;
}

static void memory(void **state)
{
    (void)state;
    const char *path = write_file("numbers.csv", "a,b\n2,x\n1,y\n", 12);
    assert_true(fail_every_allocation(run, path) >= 6);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(labels), cmocka_unit_test(refused), cmocka_unit_test(memory)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
