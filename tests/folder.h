/* What the tests of several floors share: files in a folder of their own, a refusal at its byte, a loop that fails
   every allocation, and a file operation that fails. */
#ifndef QD_TESTS_FOLDER_H
#define QD_TESTS_FOLDER_H

#include "test.h"
#include "base/error.h"
#include "base/mem.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "quadrat-test-XXXXXX";

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails where a test has left something */
}

/* Path of a file in the folder; overwritten by the next call. */
static inline const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* A refusal: QD_ERR_FORMAT, at this byte, with this part of a message. */
static inline void assert_refused_byte(qd_status status, const qd_error *error, uint64_t offset, const char *part)
{
    if (status != QD_ERR_FORMAT || error->status != QD_ERR_FORMAT || error->offset != offset ||
        strstr(error->message, part) == NULL) {
        fail_msg("status %d, byte %llu, expected byte %llu with \"%s\": %s", (int)status,
                 (unsigned long long)error->offset, (unsigned long long)offset, part, error->message);
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

/* For qd_file_set_hook: file operation number `fails`, from 0, fails, and with for_ever all after it. */
typedef struct nth_operation {
    size_t asked, fails;
    bool for_ever;
} nth_operation;

static inline int fail_nth_operation(void *context, const char *operation)
{
    nth_operation *nth = context;
    (void)operation;
    const size_t number = nth->asked++;
    return number == nth->fails || (nth->for_ever && number > nth->fails) ? ENOSPC : 0;
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
