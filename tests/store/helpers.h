/* What the tests of the store share: files as bytes, and safetensors files made by hand. */
#ifndef QD_TESTS_STORE_HELPERS_H
#define QD_TESTS_STORE_HELPERS_H

#include "folder.h"
#include "base/file.h"
#include "store/safetensors_parts.h"
#include <string.h>

/* The bytes of a file. */
typedef struct bytes {
    char *data;
    size_t size;
} bytes;

static inline bytes bytes_read(const char *path)
{
    bytes b;
    qd_error error;
    if (qd_file_read_all(path, 1 << 24, &b.data, &b.size, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return b;
}

static inline void bytes_write(const char *path, bytes b)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(b.data, 1, b.size, file), b.size);
    assert_int_equal(fclose(file), 0);
}

/* A block of exactly b.size bytes, so that a sanitizer sees every byte read beyond. */
static inline bytes bytes_copy(const void *data, size_t size)
{
    bytes b = {malloc(size > 0 ? size : 1), size};
    assert_non_null(b.data);
    memcpy(b.data, data, size);
    return b;
}

static inline void bytes_free(bytes b)
{
    free(b.data);
}

/* A file of this header and these data, as they stand. */
static inline bytes bytes_join(const char *header, const void *data, size_t size)
{
    uint64_t length = strlen(header);
    bytes b = {malloc(8 + (size_t)length + size), 8 + (size_t)length + size};
    assert_non_null(b.data);
    memcpy(b.data, &length, 8);
    memcpy(b.data + 8, header, (size_t)length);
    if (size > 0) {
        memcpy(b.data + 8 + length, data, size);
    }
    return b;
}

/* Makes its checksum right. */
static inline void bytes_seal(bytes b)
{
    size_t digits = qd_crc_find(b.data, b.size);
    assert_true(digits > 0);
    qd_crc_print(qd_crc_of(b.data, b.size, digits), b.data + digits);
}

/* A copy in which the first `old` of the header is `new`, with the lengths and the checksum made right. */
static inline bytes bytes_replace(bytes b, const char *old, const char *new)
{
    uint64_t length;
    memcpy(&length, b.data, 8);
    size_t at = 8, old_size = strlen(old), new_size = strlen(new);
    while (at + old_size <= 8 + length && memcmp(b.data + at, old, old_size) != 0) {
        at++;
    }
    if (at + old_size > 8 + length) {
        fail_msg("%s is not in the header", old);
    }
    bytes r = {malloc(b.size - old_size + new_size), b.size - old_size + new_size};
    assert_non_null(r.data);
    memcpy(r.data, b.data, at);
    memcpy(r.data + at, new, new_size);
    memcpy(r.data + at + new_size, b.data + at + old_size, b.size - at - old_size);
    length += new_size - old_size;
    memcpy(r.data, &length, 8);
    if (qd_crc_find(r.data, r.size) > 0) {
        bytes_seal(r);
    }
    return r;
}

/* Byte at which a text begins. */
static inline uint64_t bytes_find(bytes b, const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at + size <= b.size; at++) {
        if (memcmp(b.data + at, text, size) == 0) {
            return at;
        }
    }
    fail_msg("%s is not there", text);
    return 0;
}

#endif
