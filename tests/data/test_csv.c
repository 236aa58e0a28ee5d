/* CSV as it is written: quotes only where they must be, numbers that read back, failures remembered. */
#include "data/helpers.h"

#include "data/csv.h"
#include "data/table.h"
#include <math.h>

static void fields(void **state)
{
    (void)state;
    qd_csv csv;
    qd_error error;
    char *text;
    size_t size;
    const char *path = path_of("fields.csv");
    assert_int_equal(qd_csv_create(path, &csv, &error), QD_OK);
    static const char *const texts[] = {"01", "NA", "", "a b", "a,b", "\"", "a\"\"b", "x\ny", "\r", "\xc3\xa9;"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        qd_csv_text(&csv, texts[i]);
    }
    qd_csv_end(&csv);
    static const double numbers[] = {0,    -0.0,    1e9, -7,  0.1,   1e15, 9007199254740992.0,
                                     1e16, 1.5e300, NAN, 2.5, 1e-30, 123,  -0.25};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        qd_csv_number(&csv, numbers[i]);
    }
    qd_csv_end(&csv);
    qd_csv_whole(&csv, INT64_MIN);
    qd_csv_whole(&csv, INT64_MAX);
    qd_csv_end(&csv);
    assert_int_equal(qd_csv_close(&csv, QD_OK), QD_OK);
    assert_int_equal(qd_file_read_all(path, 1 << 20, &text, &size, &error), QD_OK);
    assert_string_equal(text, "01,NA,,a b,\"a,b\",\"\"\"\",\"a\"\"\"\"b\",\"x\ny\",\"\r\",\xc3\xa9;\n"
                              "0,0,1000000000,-7,0.1,1000000000000000,9007199254740992,1e16,1.5e300,NA,2.5,1e-30,123,"
                              "-0.25\n-9223372036854775808,9223372036854775807\n");
    qd_mem_free(text);
    assert_int_equal(unlink(path), 0);
}

/* What the caller failed in, or a field, leaves no file. */
static void failures_leave_nothing(void **state)
{
    (void)state;
    qd_csv csv;
    qd_error error;
    const char *path = path_of("none.csv");
    assert_int_equal(qd_csv_create(path, &csv, &error), QD_OK);
    qd_csv_text(&csv, "a");
    assert_int_equal(qd_csv_close(&csv, QD_ERR_VALUE), QD_ERR_VALUE);
    assert_false(qd_file_exists(path));
    if (qd_file_exists("/dev/full")) {
        assert_int_equal(qd_csv_create("/dev/full", &csv, &error), QD_OK);
        for (int i = 0; i < 100000; i++) {
            qd_csv_whole(&csv, i);
        }
        assert_int_equal(qd_csv_close(&csv, QD_OK), QD_ERR_FILE);
    }
    assert_int_equal(qd_csv_create(path_of("no/such/folder.csv"), &csv, &error), QD_ERR_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(failures_leave_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
