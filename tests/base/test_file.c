/* Files: whole reads, and atomic writes through links and with the old mode. */
#include "file_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

static void test_read_in_pieces(void **state)
{
    (void)state;
    put("a", "0123456789");
    qd_file *file;
    assert_int_equal(qd_file_open("a", &file, NULL), QD_OK);
    char buffer[8] = "";
    size_t got;
    assert_int_equal(qd_file_read(file, buffer, 7, &got, NULL), QD_OK);
    assert_int_equal(got, 7);
    assert_memory_equal(buffer, "0123456", 7);
    assert_int_equal(qd_file_read(file, buffer, 7, &got, NULL), QD_OK);
    assert_int_equal(got, 3);
    assert_memory_equal(buffer, "789", 3);
    assert_int_equal(qd_file_read(file, buffer, 7, &got, NULL), QD_OK);
    assert_int_equal(got, 0);
    qd_file_close(file);
    qd_file_close(NULL);
    assert_int_equal(qd_file_remove("a", NULL), QD_OK);
}

static void test_read_all_and_its_limit(void **state)
{
    (void)state;
    put("a", "0123456789");
    assert_holds("a", "0123456789");
    char *data = NULL;
    size_t size;
    qd_error error;
    assert_int_equal(qd_file_read_all("a", 10, &data, &size, NULL), QD_OK);
    qd_mem_free(data);
    data = NULL;
    assert_int_equal(qd_file_read_all("a", 9, &data, &size, &error), QD_ERR_FORMAT);
    assert_string_equal(error.file, "a");
    assert_null(data);
    put("a", "");
    assert_holds("a", "");
    assert_int_equal(unlink("a"), 0);
}

static void test_what_cannot_be_read(void **state)
{
    (void)state;
    qd_file *file = NULL;
    qd_error error;
    assert_int_equal(qd_file_open("missing", &file, &error), QD_ERR_FILE);
    assert_string_equal(error.file, "missing");
    assert_non_null(strstr(error.message, "missing: cannot open: "));
    assert_int_equal(qd_file_open(".", &file, &error), QD_ERR_FILE);
    assert_non_null(strstr(error.message, strerror(EISDIR)));
    assert_int_equal(qd_file_open("", &file, &error), QD_ERR_FILE);
    assert_null(file);
    assert_false(qd_file_exists("missing"));
    assert_true(qd_file_exists("."));
    assert_int_equal(qd_file_remove("missing", NULL), QD_OK);
    assert_int_equal(qd_file_remove(".", &error), QD_ERR_FILE);
}

/* A pipe has no size; what comes out of it is read whole all the same, and no more than the limit. */
static void feed_pipe(size_t bytes, uint64_t limit, qd_status expected)
{
    assert_int_equal(mkfifo("pipe", 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        FILE *out = fopen("pipe", "wb");
        for (size_t i = 0; out != NULL && i < bytes; i++) {
            fputc('a' + (int)(i % 26), out);
        }
        _exit(out == NULL || fclose(out) != 0);
    }
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(qd_file_read_all("pipe", limit, &data, &size, NULL), expected);
    if (expected == QD_OK) {
        assert_int_equal(size, bytes);
        for (size_t i = 0; i < bytes; i++) {
            assert_int_equal(data[i], 'a' + (int)(i % 26));
        }
        assert_int_equal(data[bytes], '\0');
    }
    qd_mem_free(data);
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(unlink("pipe"), 0);
}

static void test_read_a_pipe(void **state)
{
    (void)state;
    feed_pipe(0, 100, QD_OK);
    feed_pipe(300000, 1 << 20, QD_OK);
    feed_pipe(65536, 65536, QD_OK); /* exactly a buffer, exactly the limit */
    feed_pipe(300, 299, QD_ERR_FORMAT);
}

static void test_write_makes_and_replaces(void **state)
{
    (void)state;
    assert_int_equal(write_text("a", "one", NULL), QD_OK);
    assert_holds("a", "one");
    qd_file *file;
    assert_int_equal(qd_file_create("a", &file, NULL), QD_OK);
    assert_int_equal(qd_file_printf(file, NULL, "%d,%.2f", 7, 0.5), QD_OK);
    assert_holds("a", "one"); /* not before the commit */
    assert_int_equal(qd_file_commit(file, NULL), QD_OK);
    assert_holds("a", "7,0.50");
    assert_int_equal(files_here(), 1);
    assert_int_equal(qd_file_remove("a", NULL), QD_OK);
}

static void test_close_abandons(void **state)
{
    (void)state;
    put("a", "old");
    qd_file *file;
    assert_int_equal(qd_file_create("a", &file, NULL), QD_OK);
    assert_int_equal(qd_file_write(file, "new", 3, NULL), QD_OK);
    qd_file_close(file);
    assert_holds("a", "old");
    assert_int_equal(qd_file_create("b", &file, NULL), QD_OK);
    qd_file_close(file);
    assert_false(qd_file_exists("b"));
    assert_int_equal(files_here(), 1);
    assert_int_equal(unlink("a"), 0);
}

/* Pieces of all sizes around the buffer's. */
static void test_large_writes(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 65535, 65536, 65537, 0, 200000, 3, 65536};
    enum { ALL = 1 + 65535 + 65536 + 65537 + 200000 + 3 + 65536 };
    char *bytes = qd_mem_new(ALL, 1);
    for (size_t i = 0; i < ALL; i++) {
        bytes[i] = (char)(i * 7 + i / 251);
    }
    qd_file *file;
    assert_int_equal(qd_file_create("a", &file, NULL), QD_OK);
    size_t written = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        assert_int_equal(qd_file_write(file, bytes + written, pieces[i], NULL), QD_OK);
        written += pieces[i];
    }
    assert_int_equal(qd_file_commit(file, NULL), QD_OK);
    char *data;
    size_t size;
    assert_int_equal(qd_file_read_all("a", ALL, &data, &size, NULL), QD_OK);
    assert_int_equal(size, ALL);
    assert_memory_equal(data, bytes, ALL);
    qd_mem_free(data);
    qd_mem_free(bytes);
    assert_int_equal(unlink("a"), 0);
}

static void test_long_line_is_refused(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    qd_file *file;
    assert_int_equal(qd_file_create("a", &file, NULL), QD_OK);
    assert_int_equal(qd_file_printf(file, NULL, "%s", text), QD_ERR_VALUE);
    qd_file_close(file);
    assert_int_equal(files_here(), 0);
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777;
}

static void test_modes(void **state)
{
    (void)state;
    mode_t mask = umask(027);
    assert_int_equal(write_text("a", "one", NULL), QD_OK);
    assert_int_equal(mode_of("a"), 0640); /* a new file: the user's mask */
    static const mode_t modes[] = {0600, 0644, 0666, 0755};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod("a", modes[i]), 0);
        assert_int_equal(write_text("a", "two", NULL), QD_OK);
        assert_int_equal(mode_of("a"), modes[i]); /* an old one: its own */
    }
    umask(mask);
    assert_int_equal(unlink("a"), 0);
}

static void test_read_only_file_is_kept(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        skip(); /* root may write everything */
    }
    put("a", "old");
    assert_int_equal(chmod("a", 0444), 0);
    assert_int_equal(write_text("a", "new", NULL), QD_ERR_FILE);
    assert_holds("a", "old");
    assert_int_equal(unlink("a"), 0);
}

/* The link stays, the file that it leads to is replaced, beside itself. */
static void test_symbolic_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir("sub", 0700), 0);
    put("sub/real", "old");
    assert_int_equal(symlink("real", "sub/near"), 0); /* relative to its own folder */
    assert_int_equal(symlink("sub/near", "far"), 0);  /* a link to a link */
    assert_int_equal(write_text("far", "new", NULL), QD_OK);
    assert_true(is_link("far"));
    assert_true(is_link("sub/near"));
    assert_false(is_link("sub/real"));
    assert_holds("sub/real", "new");

    char here[4096], absolute[4200];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(absolute, sizeof absolute, "%s/sub/real", here);
    assert_int_equal(unlink("far"), 0);
    assert_int_equal(symlink(absolute, "far"), 0);
    assert_int_equal(write_text("far", "absolute", NULL), QD_OK);
    assert_true(is_link("far"));
    assert_holds("sub/real", "absolute");

    assert_int_equal(unlink("sub/real"), 0); /* now both dangle */
    assert_int_equal(write_text("sub/near", "made", NULL), QD_OK);
    assert_true(is_link("sub/near"));
    assert_holds("sub/real", "made");
    assert_int_equal(unlink("sub/near"), 0);
    assert_int_equal(unlink("sub/real"), 0);
    assert_int_equal(rmdir("sub"), 0);

    assert_int_equal(write_text("far", "x", NULL), QD_ERR_FILE); /* dangling, and its folder is gone */
    assert_int_equal(unlink("far"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(write_text("loop", "x", NULL), QD_ERR_FILE);
    assert_int_equal(unlink("loop"), 0);
    assert_int_equal(files_here(), 0);
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    qd_error error;
    assert_int_equal(write_text(".", "x", &error), QD_ERR_FILE);
    assert_non_null(strstr(error.message, strerror(EISDIR)));
    assert_int_equal(write_text("no/such/folder", "x", &error), QD_ERR_FILE);
    assert_string_equal(error.file, "no/such/folder");
    assert_int_equal(write_text("", "x", &error), QD_ERR_FILE);
    put("a", "x");
    assert_int_equal(write_text("a/b", "x", &error), QD_ERR_FILE);
    assert_int_equal(unlink("a"), 0);
    assert_int_equal(files_here(), 0);
}

static void test_same(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "1");
    assert_int_equal(symlink("a", "link"), 0);
    assert_true(qd_file_same("a", "a"));
    assert_true(qd_file_same("a", "./a"));
    assert_true(qd_file_same("a", "link"));
    assert_true(qd_file_same("missing", "missing"));
    assert_false(qd_file_same("a", "b"));
    assert_false(qd_file_same("a", "missing"));
    assert_false(qd_file_same("missing", "a"));
    assert_false(qd_file_same("a", ""));
    assert_false(qd_file_same("/dev/null", "/dev/../dev/null")); /* as often as you like */
    assert_int_equal(unlink("a") | unlink("b") | unlink("link"), 0);
}

static void test_probe(void **state)
{
    (void)state;
    assert_int_equal(qd_file_probe("new", NULL), QD_OK);
    assert_int_equal(files_here(), 0);
    put("old", "content");
    assert_int_equal(qd_file_probe("old", NULL), QD_OK);
    assert_holds("old", "content");
    assert_int_equal(remove("old"), 0);
    assert_int_equal(qd_file_probe("/dev/full", NULL), QD_OK);
    assert_int_equal(qd_file_probe("-", NULL), QD_OK);
    qd_error error = {0};
    assert_int_equal(qd_file_probe("missing/file", &error), QD_ERR_FILE);
    assert_string_equal(error.message, "missing/file: cannot write: No such file or directory");
    assert_int_equal(qd_file_probe(".", &error), QD_ERR_FILE);
    assert_int_equal(files_here(), 0);
}

static void test_full_disk(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        skip();
    }
    qd_error error;
    assert_int_equal(write_text("/dev/full", "x", &error), QD_ERR_FILE);
    assert_non_null(strstr(error.message, strerror(ENOSPC)));
    static char much[200000];
    qd_file *file;
    assert_int_equal(qd_file_create("/dev/full", &file, NULL), QD_OK);
    assert_int_equal(qd_file_write(file, much, sizeof much, &error), QD_ERR_FILE); /* before the commit already */
    qd_file_close(file);
}

static void test_write_through_a_pipe(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("pipe", 0600), 0);
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(write_text("pipe", "through", NULL), QD_OK);
    char buffer[16] = "";
    assert_int_equal(read(reader, buffer, sizeof buffer), 7);
    assert_string_equal(buffer, "through");
    close(reader);
    struct stat about;
    assert_int_equal(stat("pipe", &about), 0);
    assert_true(S_ISFIFO(about.st_mode));
    assert_int_equal(unlink("pipe"), 0);
}

/* "-": the test's own standard output and input, moved to files for a while. */
static void test_standard_streams(void **state)
{
    (void)state;
    fflush(stdout);
    int kept = dup(STDOUT_FILENO), to = open("out", O_WRONLY | O_CREAT, 0600);
    dup2(to, STDOUT_FILENO);
    close(to);
    qd_status status = write_text("-", "to standard output", NULL);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    assert_int_equal(status, QD_OK);
    assert_holds("out", "to standard output");

    kept = dup(STDIN_FILENO);
    int from = open("out", O_RDONLY);
    dup2(from, STDIN_FILENO);
    close(from);
    assert_holds("-", "to standard output");
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    assert_int_equal(unlink("out"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_in_pieces),
        cmocka_unit_test(test_read_all_and_its_limit),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_read_a_pipe),
        cmocka_unit_test(test_write_makes_and_replaces),
        cmocka_unit_test(test_close_abandons),
        cmocka_unit_test(test_large_writes),
        cmocka_unit_test(test_long_line_is_refused),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_read_only_file_is_kept),
        cmocka_unit_test(test_symbolic_links),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_write_through_a_pipe),
        cmocka_unit_test(test_standard_streams),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
