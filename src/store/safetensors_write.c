/* Writing safetensors.  In: metadata and tensors; out: a file, the same bytes for the same content.  The checksum
   stands first in the header, and blanks after it bring the data to a multiple of 64. */
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/safetensors.h"
#include "store/safetensors_parts.h"

#include <assert.h>
#include <string.h>
#include <zlib.h>

enum { ALIGNMENT = 64 };

typedef struct part {
    const void *data; /* NULL: zeros */
    size_t size;
} part;

struct qd_safetensors_writer {
    qd_json_text header;
    bool tensors; /* the metadata are complete */
    part *parts;
    size_t count, capacity;
    uint64_t size; /* of all data */
};

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {[QD_F32] = {"F32", 4}, [QD_F64] = {"F64", 8}, [QD_I64] = {"I64", 8}};

qd_status qd_safetensors_writer_new(qd_safetensors_writer **out, qd_error *error)
{
    qd_safetensors_writer *writer = qd_mem_new(1, sizeof *writer);
    if (writer == NULL) {
        return qd_fail_memory(error, sizeof *writer, "a model file");
    }
    qd_json_open(&writer->header, '{');
    qd_json_key(&writer->header, "__metadata__");
    qd_json_open(&writer->header, '{');
    qd_json_key(&writer->header, "crc32");
    qd_json_put_string(&writer->header, "00000000");
    *out = writer;
    return QD_OK;
}

void qd_safetensors_writer_free(qd_safetensors_writer *writer)
{
    if (writer != NULL) {
        qd_json_text_clear(&writer->header);
        qd_mem_free(writer->parts);
        qd_mem_free(writer);
    }
}

qd_status qd_safetensors_add_metadata(qd_safetensors_writer *writer, const char *key, const char *value,
                                      qd_error *error)
{
    if (writer->tensors) {
        return qd_fail(error, QD_ERR_VALUE, "metadata \"%s\" after a tensor", key);
    }
    qd_json_key(&writer->header, key);
    qd_json_put_string(&writer->header, value);
    return QD_OK;
}

static void close_metadata(qd_safetensors_writer *writer)
{
    if (!writer->tensors) {
        qd_json_close(&writer->header, '}');
        writer->tensors = true;
    }
}

static qd_status add_part(qd_safetensors_writer *writer, const void *data, size_t size, qd_error *error)
{
    if (writer->count == writer->capacity) {
        size_t capacity = 2 * writer->capacity + 16;
        part *parts = qd_mem_resize(writer->parts, writer->count, capacity, sizeof *parts);
        if (parts == NULL) {
            return qd_fail_memory(error, capacity * sizeof *parts, "a model file");
        }
        writer->parts = parts;
        writer->capacity = capacity;
    }
    writer->parts[writer->count++] = (part){data, size};
    return QD_OK;
}

qd_status qd_safetensors_add(qd_safetensors_writer *writer, const char *name, qd_dtype dtype, size_t rank,
                             const size_t *shape, const void *data, qd_error *error)
{
    assert(dtype != QD_OTHER && rank <= QD_SAFETENSORS_RANK);
    close_metadata(writer);
    qd_json_text *header = &writer->header;
    size_t size = dtypes[dtype].size;
    qd_json_key(header, name);
    qd_json_open(header, '{');
    qd_json_key(header, "dtype");
    qd_json_put_string(header, dtypes[dtype].name);
    qd_json_key(header, "shape");
    qd_json_open(header, '[');
    for (size_t i = 0; i < rank; i++) {
        qd_json_put_whole(header, shape[i]);
        size *= shape[i];
    }
    qd_json_close(header, ']');
    qd_json_key(header, "data_offsets");
    qd_json_open(header, '[');
    qd_json_put_whole(header, writer->size);
    writer->size += size;
    qd_json_put_whole(header, writer->size);
    qd_json_close(header, ']');
    qd_json_close(header, '}');
    return add_part(writer, data, size, error);
}

/* ----------------------------------------------------------------------------------------------- output */

static const char zeros[4096];

typedef qd_status (*part_function)(void *context, const void *data, size_t size, qd_error *error);

static qd_status each_part(const qd_safetensors_writer *writer, part_function function, void *context, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < writer->count && status == QD_OK; i++) {
        const part *p = &writer->parts[i];
        size_t chunk = p->data != NULL ? p->size : sizeof zeros;
        for (size_t at = 0; at < p->size && status == QD_OK; at += chunk) {
            size_t size = p->size - at < chunk ? p->size - at : chunk;
            status = function(context, p->data != NULL ? p->data : zeros, size, error);
        }
    }
    return status;
}

static qd_status sum_part(void *context, const void *data, size_t size, qd_error *error)
{
    (void)error;
    uLong *crc = context;
    *crc = crc32_z(*crc, data, size);
    return QD_OK;
}

static qd_status write_part(void *context, const void *data, size_t size, qd_error *error)
{
    return qd_file_write(context, data, size, error);
}

/* The header's length, the header, blanks to the data's alignment.  *begin: a new block of *size bytes. */
static qd_status make_beginning(const qd_safetensors_writer *writer, char **begin, size_t *size, qd_error *error)
{
    size_t used = QD_HEADER_LENGTH + writer->header.size;
    *size = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint64_t length = *size - QD_HEADER_LENGTH;
    if (length > QD_HEADER_MOST) {
        return qd_fail(error, QD_ERR_VALUE, "a header of %llu bytes; the safetensors format allows %d",
                       (unsigned long long)length, QD_HEADER_MOST);
    }
    *begin = qd_mem_new(*size, 1);
    if (*begin == NULL) {
        return qd_fail_memory(error, *size, "a model file");
    }
    memcpy(*begin, &length, sizeof length);
    memcpy(*begin + QD_HEADER_LENGTH, writer->header.data, writer->header.size);
    memset(*begin + used, ' ', *size - used);
    return QD_OK;
}

static qd_status write_file(const qd_safetensors_writer *writer, const char *path, char *begin, size_t size,
                            qd_error *error)
{
    uLong crc = crc32_z(0, (const unsigned char *)begin, size);
    qd_status status = each_part(writer, sum_part, &crc, error);
    qd_file *file;
    if (status == QD_OK) {
        qd_crc_print((uint32_t)crc, begin + qd_crc_find(begin, size));
        status = qd_file_create(path, &file, error);
    }
    if (status != QD_OK) {
        return status;
    }
    status = qd_file_write(file, begin, size, error);
    if (status == QD_OK) {
        status = each_part(writer, write_part, file, error);
    }
    if (status != QD_OK) {
        qd_file_close(file);
        return status;
    }
    return qd_file_commit(file, error);
}

qd_status qd_safetensors_write(qd_safetensors_writer *writer, const char *path, qd_error *error)
{
    close_metadata(writer);
    qd_json_close(&writer->header, '}');
    qd_status status = qd_json_finish(&writer->header, path, error);
    char *begin;
    size_t size;
    if (status == QD_OK) {
        status = make_beginning(writer, &begin, &size, error);
    }
    if (status == QD_OK) {
        status = write_file(writer, path, begin, size, error);
        qd_mem_free(begin);
    }
    return status;
}
