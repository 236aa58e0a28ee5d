/* Errors: status, place and message; cutting what does not fit; messages made of messages. */
#include "test.h"
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void test_plain_message(void **state)
{
    (void)state;
    qd_error error;
    memset(&error, 0xAA, sizeof error);
    assert_int_equal(qd_fail(&error, QD_ERR_VALUE, "%s is %d", "x", 3), QD_ERR_VALUE);
    assert_int_equal(error.status, QD_ERR_VALUE);
    assert_string_equal(error.message, "x is 3");
    assert_string_equal(error.file, "");
    assert_int_equal(error.line, 0);
    assert_int_equal(error.column, 0);
    assert_int_equal(error.offset, 0);
}

static void test_places(void **state)
{
    (void)state;
    qd_error error;
    assert_int_equal(qd_fail_at(&error, QD_ERR_FORMAT, "a.csv", 12, 3, "no number"), QD_ERR_FORMAT);
    assert_string_equal(error.message, "a.csv:12:3: no number");
    assert_string_equal(error.file, "a.csv");
    assert_int_equal(error.line, 12);
    assert_int_equal(error.column, 3);
    assert_int_equal(qd_fail_at(&error, QD_ERR_FORMAT, "a.csv", 12, 0, "no number"), QD_ERR_FORMAT);
    assert_string_equal(error.message, "a.csv:12: no number");
    assert_int_equal(qd_fail_at(&error, QD_ERR_FORMAT, "a.csv", 0, 0, "empty"), QD_ERR_FORMAT);
    assert_string_equal(error.message, "a.csv: empty");
    assert_int_equal(qd_fail_offset(&error, QD_ERR_FORMAT, "m.safetensors", UINT64_C(1) << 40, "cut"), QD_ERR_FORMAT);
    assert_string_equal(error.message, "m.safetensors: byte 1099511627776: cut");
    assert_true(error.offset == UINT64_C(1) << 40);
    assert_int_equal(error.line, 0);
}

static void test_memory_and_errno(void **state)
{
    (void)state;
    qd_error error;
    assert_int_equal(qd_fail_memory(&error, 4096, "gradients"), QD_ERR_MEMORY);
    assert_string_equal(error.message, "out of memory (4096 bytes for gradients)");
    assert_int_equal(qd_fail_errno(&error, "x.npy", "open", ENOENT), QD_ERR_FILE);
    assert_string_equal(error.file, "x.npy");
    assert_memory_equal(error.message, "x.npy: cannot open: ", 20);
    assert_non_null(strstr(error.message, strerror(ENOENT)));
    assert_int_equal(qd_fail_errno(&error, "-", "write", ENOSPC), QD_ERR_FILE);
    assert_memory_equal(error.message, "standard output: cannot write: ", 31);
    assert_int_equal(qd_fail_errno(&error, "-", "read", EIO), QD_ERR_FILE);
    assert_memory_equal(error.message, "standard input: cannot read: ", 29);
    assert_int_equal(qd_fail_errno(&error, "", "open", ENOENT), QD_ERR_FILE);
    assert_memory_equal(error.message, "'': cannot open: ", 17);
}

static void test_no_error_wanted(void **state)
{
    (void)state;
    assert_int_equal(qd_fail(NULL, QD_ERR_VALUE, "x"), QD_ERR_VALUE);
    assert_int_equal(qd_fail_at(NULL, QD_ERR_FORMAT, "f", 1, 1, "x"), QD_ERR_FORMAT);
    assert_int_equal(qd_fail_offset(NULL, QD_ERR_FORMAT, "f", 1, "x"), QD_ERR_FORMAT);
    assert_int_equal(qd_fail_memory(NULL, 1, "x"), QD_ERR_MEMORY);
    assert_int_equal(qd_fail_errno(NULL, "f", "open", EIO), QD_ERR_FILE);
}

/* A message may be wrapped in another one, of the same error. */
static void test_wrapping(void **state)
{
    (void)state;
    qd_error error;
    assert_int_equal(qd_fail_at(&error, QD_ERR_FORMAT, "y.csv", 2, 1, "no number"), QD_ERR_FORMAT);
    assert_int_equal(qd_fail_at(&error, QD_ERR_VALUE, error.file, 0, 0, "targets (%s)", error.message), QD_ERR_VALUE);
    assert_string_equal(error.message, "y.csv: targets (y.csv:2:1: no number)");
    assert_string_equal(error.file, "y.csv");
}

/* Cut texts end with a whole character: of n two-byte ones as many as fit. */
static void assert_whole_characters(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && (unsigned char)text[length - 1] >= 0x80) {
        length -= 2;
        assert_int_equal((unsigned char)text[length], 0xC3);
        assert_int_equal((unsigned char)text[length + 1], 0xB8);
    }
}

static void test_long_texts_are_cut(void **state)
{
    (void)state;
    char text[3001] = "";
    for (size_t i = 0; i < 3000; i += 2) {
        memcpy(text + i, "\xC3\xB8", 3);
    }
    for (size_t shift = 0; shift < 2; shift++) { /* one of the two would be cut within a character */
        qd_error error;
        const char *before = shift == 0 ? "" : "x";
        assert_int_equal(qd_fail(&error, QD_ERR_VALUE, "%s%s", before, text), QD_ERR_VALUE);
        assert_true(strlen(error.message) >= sizeof error.message - 2);
        assert_whole_characters(error.message);

        char file[2000];
        snprintf(file, sizeof file, "%s%.1800s", before, text);
        assert_int_equal(qd_fail_at(&error, QD_ERR_FILE, file, 7, 9, "what is wrong with it"), QD_ERR_FILE);
        assert_true(strlen(error.file) >= sizeof error.file - 2);
        assert_whole_characters(error.file);
        /* However long the name, what is wrong is said. */
        assert_non_null(strstr(error.message, ":7:9: what is wrong with it"));
    }
}

static void test_names_of_statuses(void **state)
{
    (void)state;
    assert_string_equal(qd_status_name(QD_OK), "ok");
    assert_string_equal(qd_status_name(QD_ERR_MISSING), "missing");
    assert_string_equal(qd_status_name(QD_ERR_USE), "use");
    for (int status = QD_OK; status <= QD_ERR_USE; status++) {
        assert_string_not_equal(qd_status_name((qd_status)status), "unknown");
    }
    assert_string_equal(qd_status_name((qd_status)99), "unknown");
    assert_non_null(strchr(qd_version(), '.'));
}

static void test_name(void **state)
{
    (void)state;
    qd_error error;
    assert_int_equal(qd_fail(&error, QD_ERR_VALUE, "sequence %d is short", 3), QD_ERR_VALUE);
    qd_fail_name(&error, "X.npy");
    assert_string_equal(error.message, "X.npy: sequence 3 is short");
    assert_string_equal(error.file, "X.npy");
    assert_int_equal(error.status, QD_ERR_VALUE);
    qd_fail_name(&error, "another"); /* it has a name */
    assert_string_equal(error.message, "X.npy: sequence 3 is short");
    qd_fail_name(NULL, "X.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_message),     cmocka_unit_test(test_places),
        cmocka_unit_test(test_memory_and_errno),  cmocka_unit_test(test_no_error_wanted),
        cmocka_unit_test(test_wrapping),          cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_names_of_statuses), cmocka_unit_test(test_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
