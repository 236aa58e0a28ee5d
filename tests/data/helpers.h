/* What the tests of the data floor share: files in a folder of their own, and a loop that fails every allocation. */
#ifndef QD_TESTS_DATA_HELPERS_H
#define QD_TESTS_DATA_HELPERS_H

#include "test.h"
#include "base/error.h"
#include "base/mem.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "quadrat-data-XXXXXX";

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Path of a file in the folder; overwritten by the next call. */
static inline const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline const char *write_file(const char *name, const void *bytes, size_t size)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* The place of an error, and that its message holds a text. */
static inline void assert_error(const qd_error *error, qd_status status, uint64_t line, uint64_t column,
                                const char *part)
{
    if (error->status != status || error->line != line || error->column != column ||
        strstr(error->message, part) == NULL) {
        fail_msg("status %d, line %llu, column %llu, expected %d, %llu, %llu with \"%s\": %s", (int)error->status,
                 (unsigned long long)error->line, (unsigned long long)error->column, (int)status,
                 (unsigned long long)line, (unsigned long long)column, part, error->message);
    }
}

static inline void assert_offset(const qd_error *error, qd_status status, uint64_t offset, const char *part)
{
    if (error->status != status || error->offset != offset || strstr(error->message, part) == NULL) {
        fail_msg("status %d, offset %llu, expected %d, %llu with \"%s\": %s", (int)error->status,
                 (unsigned long long)error->offset, (int)status, (unsigned long long)offset, part, error->message);
    }
}

typedef struct nth_allocation {
    size_t left;
    bool for_ever;
} nth_allocation;

static inline bool fail_nth(void *context, size_t bytes)
{
    nth_allocation *nth = context;
    (void)bytes;
    if (nth->left > 0) {
        nth->left--;
        return true;
    }
    nth->left = nth->for_ever ? 0 : SIZE_MAX;
    return false;
}

/* Runs with the 1st, 2nd, 3rd, ... allocation failing, once and for ever, until none does; every failure must be
   QD_ERR_MEMORY.  Returns how many were tried.  (That nothing leaks is the sanitizer's to find.) */
static inline size_t fail_every_allocation(qd_status (*run)(const void *input, qd_error *error), const void *input)
{
    size_t tried = 0;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        for (size_t n = 0;; n++) {
            nth_allocation nth = {.left = n, .for_ever = for_ever};
            qd_error error = {0};
            qd_mem_set_hook(fail_nth, &nth);
            qd_status status = run(input, &error);
            qd_mem_set_hook(NULL, NULL);
            if (status == QD_OK) {
                break;
            }
            assert_int_equal(status, QD_ERR_MEMORY);
            assert_int_equal(error.status, QD_ERR_MEMORY);
            tried++;
        }
    }
    return tried;
}

#endif
