/* What the tests of the data floor share: files, and the places of errors. */
#ifndef QD_TESTS_DATA_HELPERS_H
#define QD_TESTS_DATA_HELPERS_H

#include "folder.h"
#include "base/error.h"
#include <string.h>

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

#endif
