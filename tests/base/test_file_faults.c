/* Files: every operation failing, once and for ever, and every allocation. */
#include "file_fixture.h"

#include <errno.h>

typedef struct failing {
    size_t calls, at; /* from 1; 0: none fails */
    bool for_ever;
    int with;
    char last[16];
} failing;

static int fail_at(void *context, const char *operation)
{
    failing *f = context;
    f->calls++;
    snprintf(f->last, sizeof f->last, "%s", operation);
    return f->at != 0 && (f->calls == f->at || (f->for_ever && f->calls > f->at)) ? f->with : 0;
}

static size_t write_failing(size_t at, bool for_ever, const char *path, qd_status *status, char *last)
{
    failing f = {.at = at, .for_ever = for_ever, .with = EIO};
    qd_error error = {0};
    static char text[100000];
    memset(text, 'n', sizeof text - 1);
    qd_file_set_hook(fail_at, &f);
    *status = write_text(path, text, &error);
    qd_file_set_hook(NULL, NULL);
    if (*status != QD_OK) {
        assert_int_equal(error.status, *status);
        assert_string_equal(error.file, path);
        assert_non_null(strstr(error.message, strerror(EIO)));
    }
    strcpy(last, f.last);
    return f.calls;
}

static char first_byte(const char *path)
{
    char *data, first;
    size_t size;
    assert_int_equal(qd_file_read_all(path, 1 << 20, &data, &size, NULL), QD_OK);
    assert_true(size == 3 || size == 99999); /* whole, the one or the other */
    first = data[0];
    qd_mem_free(data);
    return first;
}

/* Whatever fails, the path holds what it held, or, when the rename has happened, all of the new; nothing else is left.
 */
static void test_failing_operations(void **state)
{
    (void)state;
    char last[16];
    qd_status status;
    put("target", "old");
    assert_int_equal(symlink("target", "link"), 0);
    size_t operations = write_failing(0, false, "link", &status, last);
    assert_int_equal(status, QD_OK);
    assert_true(operations >= 9); /* stat, access, readlinks, open, fchmod, write, fsync, close, rename, folder */
    size_t failed = 0, kept = 0;
    for (size_t at = 1; at <= operations; at++) {
        for (int for_ever = 0; for_ever < 2; for_ever++) {
            put("target", "old");
            write_failing(at, for_ever != 0, "link", &status, last);
            assert_int_equal(status, QD_ERR_FILE);
            failed++;
            char now = first_byte("target");
            kept += now == 'o';
            assert_true(now == 'o' || strcmp(last, "fsync") == 0 || strcmp(last, "open") == 0);
            assert_int_equal(files_here(), 2);
            assert_true(is_link("link"));
        }
    }
    print_message("%zu failures, the old file kept in %zu\n", failed, kept);
    assert_int_equal(failed - kept, 4); /* open and fsync of the folder, after the rename */
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(unlink("target"), 0);
}

static void test_failing_reads(void **state)
{
    (void)state;
    put("a", "0123456789");
    for (size_t at = 1; at <= 4; at++) {
        failing f = {.at = at, .with = EIO};
        char *data = NULL;
        size_t size;
        qd_error error;
        qd_file_set_hook(fail_at, &f);
        qd_status status = qd_file_read_all("a", 100, &data, &size, &error);
        qd_file_set_hook(NULL, NULL);
        if (f.calls < at) { /* there are no more operations */
            assert_int_equal(status, QD_OK);
            qd_mem_free(data);
        } else {
            assert_int_equal(status, QD_ERR_FILE);
            assert_null(data);
        }
    }
    failing f = {.at = 1, .with = EINTR, .for_ever = false}; /* interrupted is not failed */
    char buffer[10];
    size_t got;
    qd_file *file;
    assert_int_equal(qd_file_open("a", &file, NULL), QD_OK);
    qd_file_set_hook(fail_at, &f);
    qd_status status = qd_file_read(file, buffer, sizeof buffer, &got, NULL);
    qd_file_set_hook(NULL, NULL);
    assert_int_equal(status, QD_OK);
    assert_int_equal(got, 10);
    qd_file_close(file);
    assert_int_equal(unlink("a"), 0);
}

static bool refuse_at(void *context, size_t bytes)
{
    (void)bytes;
    return --*(size_t *)context != 0;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    put("a", "old");
    assert_int_equal(symlink("a", "link"), 0);
    size_t failed = 0;
    for (size_t at = 1;; at++) {
        size_t left = at;
        qd_error error;
        qd_mem_set_hook(refuse_at, &left);
        qd_status status = write_text("link", "new", &error);
        qd_mem_set_hook(NULL, NULL);
        if (status == QD_OK) {
            break;
        }
        failed++;
        assert_int_equal(status, QD_ERR_MEMORY);
        assert_holds("a", "old");
        assert_int_equal(files_here(), 2);
    }
    assert_true(failed >= 5);
    for (size_t at = 1; at <= 3; at++) {
        size_t left = at, size;
        char *data = NULL;
        qd_mem_set_hook(refuse_at, &left);
        qd_status status = qd_file_read_all("a", 100, &data, &size, NULL);
        qd_mem_set_hook(NULL, NULL);
        assert_int_equal(status, QD_ERR_MEMORY);
        assert_null(data);
    }
    assert_holds("a", "new");
    assert_int_equal(unlink("link"), 0);
    assert_int_equal(unlink("a"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failing_operations),
        cmocka_unit_test(test_failing_reads),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
