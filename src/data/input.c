/* Input bytes: reads a file whole and inflates it when it is gzip (RFC 1952).  In: a path and the most bytes to accept;
   out: one block. */
#include "data/input.h"
#include "base/file.h"
#include "base/mem.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

enum { FIRST_CAPACITY = 1 << 16, GZIP_WINDOW = 15 + 16 }; /* 16: a gzip header, not a zlib one */

typedef struct unpacking {
    z_stream stream;
    const char *name;
    const char *bytes; /* packed, borrowed */
    size_t size, at;   /* of `bytes`: all, consumed so far */
    char *data;        /* unpacked: room for `capacity` bytes and a NUL */
    size_t used, capacity;
    size_t limit;
} unpacking;

static void *zlib_alloc(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return qd_mem_new(count, size);
}

static void zlib_free(void *opaque, void *block)
{
    (void)opaque;
    qd_mem_free(block);
}

static bool is_gzip(const char *bytes, size_t size)
{
    return size >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

/* What the last member is said to unpack to (RFC 1952, ISIZE, modulo 2^32): all, where there is one.  0 where it is
   more than anything so small can unpack to (a byte of deflate makes at most 1032). */
static size_t stated_size(const char *bytes, size_t size)
{
    size_t stated = 0;
    for (size_t i = 0; size >= 18 && i < 4; i++) {
        stated |= (size_t)(unsigned char)bytes[size - 4 + i] << (8 * i);
    }
    return stated / 1032 > size ? 0 : stated;
}

/* First the size that is stated, then twice the room, up to one byte more than the limit: the byte that shows that
 * there is too much. */
static qd_status grow(unpacking *u, qd_error *error)
{
    size_t most = u->limit + 1;
    const size_t stated = stated_size(u->bytes, u->size) + 1; /* and a byte, so that the end is seen without growing */
    size_t capacity = u->capacity > 0 ? 2 * u->capacity : stated > FIRST_CAPACITY ? stated : FIRST_CAPACITY;
    capacity = capacity < most ? capacity : most;
    char *grown = qd_mem_resize(u->data, u->used, capacity + 1, 1);
    if (grown == NULL) {
        return qd_fail_memory(error, capacity, u->name);
    }
    u->data = grown;
    u->capacity = capacity;
    return QD_OK;
}

static unsigned at_most_uint(size_t n)
{
    return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

/* Inflates as far as input and room go; zlib's answer. */
static int inflate_some(unpacking *u)
{
    z_stream *stream = &u->stream;
    unsigned input = at_most_uint(u->size - u->at), room = at_most_uint(u->capacity - u->used);
    stream->next_in = (z_const Bytef *)(u->bytes + u->at);
    stream->avail_in = input;
    stream->next_out = (Bytef *)u->data + u->used;
    stream->avail_out = room;
    int code = inflate(stream, Z_NO_FLUSH);
    u->at += input - stream->avail_in;
    u->used += room - stream->avail_out;
    return code;
}

/* Is nothing left but padding?  A further member begins otherwise. */
static bool at_end(const unpacking *u)
{
    size_t at = u->at;
    while (at < u->size && u->bytes[at] == '\0') {
        at++;
    }
    return at == u->size;
}

static qd_status refuse(const unpacking *u, int code, qd_error *error)
{
    switch (code) {
    case Z_MEM_ERROR:
        return qd_fail_memory(error, (size_t)1 << MAX_WBITS, "unpacking");
    case Z_BUF_ERROR: /* there was room, so it is the input that ended */
        return qd_fail_offset(error, QD_ERR_FORMAT, u->name, u->at, "the gzip data are cut off here");
    default:
        return qd_fail_offset(error, QD_ERR_FORMAT, u->name, u->at, "damaged gzip data (%s)",
                              u->stream.msg != NULL ? u->stream.msg : "not a gzip stream");
    }
}

static qd_status unpack_members(unpacking *u, qd_error *error)
{
    for (;;) {
        qd_status status = u->used == u->capacity ? grow(u, error) : QD_OK;
        if (status != QD_OK) {
            return status;
        }
        int code = inflate_some(u);
        if (u->used > u->limit) {
            return qd_fail_at(error, QD_ERR_FORMAT, u->name, 0, 0, "unpacks to more than %zu bytes", u->limit);
        }
        if (code == Z_STREAM_END) {
            if (at_end(u)) {
                return QD_OK;
            }
            code = inflateReset(&u->stream);
        }
        if (code != Z_OK) {
            return refuse(u, code, error);
        }
    }
}

qd_status qd_input_unpack(const char *name, const char *bytes, size_t size, uint64_t limit, char **data,
                          size_t *unpacked, qd_error *error)
{
    size_t most = SIZE_MAX / 4; /* so that doubling a capacity cannot overflow */
    unpacking u = {
        .stream = {.zalloc = zlib_alloc, .zfree = zlib_free},
        .name = name,
        .bytes = bytes,
        .size = size,
        .limit = limit < most ? (size_t)limit : most,
    };
    if (inflateInit2(&u.stream, GZIP_WINDOW) != Z_OK) {
        return qd_fail_memory(error, sizeof u.stream, "unpacking");
    }
    qd_status status = unpack_members(&u, error);
    inflateEnd(&u.stream);
    if (status != QD_OK) {
        qd_mem_free(u.data);
        return status;
    }
    u.data[u.used] = '\0';
    *data = u.data;
    *unpacked = u.used;
    return QD_OK;
}

qd_status qd_input_read(const char *path, uint64_t limit, char **data, size_t *size, qd_error *error)
{
    char *bytes;
    size_t count;
    qd_status status = qd_file_read_all(path, limit, &bytes, &count, error);
    if (status != QD_OK) {
        return status;
    }
    if (!is_gzip(bytes, count)) {
        *data = bytes;
        *size = count;
        return QD_OK;
    }
    status = qd_input_unpack(path, bytes, count, limit, data, size, error);
    qd_mem_free(bytes);
    return status;
}
