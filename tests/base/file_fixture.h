/* What the tests of files share: an empty folder to be in, files written and read by other means. */
#ifndef QD_TESTS_FILE_FIXTURE_H
#define QD_TESTS_FILE_FIXTURE_H

#include "test.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "test_file.XXXXXX";

static inline int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static inline int leave_folder(void **state)
{
    (void)state;
    return chdir("..") != 0 || rmdir(folder) != 0; /* fails where a test has left something */
}

static inline size_t files_here(void)
{
    size_t count = 0;
    DIR *dir = opendir(".");
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count - 2; /* . and .. */
}

static inline void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline void assert_holds(const char *path, const char *text)
{
    char *data;
    size_t size;
    assert_int_equal(qd_file_read_all(path, 1 << 20, &data, &size, NULL), QD_OK);
    assert_int_equal(size, strlen(text));
    assert_string_equal(data, text);
    qd_mem_free(data);
}

static inline bool is_link(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
}

static inline qd_status write_text(const char *path, const char *text, qd_error *error)
{
    qd_file *file;
    qd_status status = qd_file_create(path, &file, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_file_write(file, text, strlen(text), error);
    if (status != QD_OK) {
        qd_file_close(file);
        return status;
    }
    return qd_file_commit(file, error);
}

#endif
