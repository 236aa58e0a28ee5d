/* Reading safetensors.  In: the bytes of a file; out: its tensors and metadata, or the byte where the file lies.
   Nothing is allocated but what the header, which has been seen to be there, takes. */
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/safetensors.h"
#include "store/safetensors_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the data of a safetensors file are little-endian");

struct qd_safetensors {
    char *path;
    char *owned; /* the bytes, where they were read here */
    const char *bytes;
    size_t size;
    size_t data; /* where the data begin */
    qd_json header;
    const qd_json_value *metadata; /* NULL: none */
    qd_stored *tensors;            /* by their place */
    size_t count;
};

static const char metadata_key[] = "__metadata__";

/* All types of the format, with the bits of an element. */
static const struct {
    const char *name;
    unsigned bits;
    qd_dtype dtype;
} dtypes[] = {
    {"F32", 32, QD_F32},      {"F64", 64, QD_F64},          {"I64", 64, QD_I64},          {"BOOL", 8, QD_OTHER},
    {"U8", 8, QD_OTHER},      {"I8", 8, QD_OTHER},          {"U16", 16, QD_OTHER},        {"I16", 16, QD_OTHER},
    {"F16", 16, QD_OTHER},    {"BF16", 16, QD_OTHER},       {"U32", 32, QD_OTHER},        {"I32", 32, QD_OTHER},
    {"U64", 64, QD_OTHER},    {"C64", 64, QD_OTHER},        {"F8_E5M2", 8, QD_OTHER},     {"F8_E4M3", 8, QD_OTHER},
    {"F8_E8M0", 8, QD_OTHER}, {"F8_E4M3FNUZ", 8, QD_OTHER}, {"F8_E5M2FNUZ", 8, QD_OTHER}, {"F6_E2M3", 6, QD_OTHER},
    {"F6_E3M2", 6, QD_OTHER}, {"F4", 4, QD_OTHER},
};

/* ----------------------------------------------------------------------------------------------- header */

static qd_status parse_header(qd_safetensors *file, qd_error *error)
{
    uint64_t length;
    if (file->size < sizeof length) {
        return qd_fail_offset(error, QD_ERR_FORMAT, file->path, file->size,
                              "the file ends within the length of its header; expected a safetensors file");
    }
    memcpy(&length, file->bytes, sizeof length);
    if (file->size > sizeof length && file->bytes[sizeof length] != '{') {
        return qd_fail_offset(error, QD_ERR_FORMAT, file->path, sizeof length,
                              "expected '{', with which the header of a safetensors file begins: this is none, and no "
                              "model");
    }
    if (length > QD_HEADER_MOST || length > file->size - sizeof length) {
        return qd_fail_offset(error, QD_ERR_FORMAT, file->path, 0,
                              "a header of %llu bytes, in a file of %zu: the file was cut", (unsigned long long)length,
                              file->size);
    }
    if (length == 0) {
        return qd_fail_offset(error, QD_ERR_FORMAT, file->path, sizeof length, "a header of 0 bytes");
    }
    file->data = sizeof length + (size_t)length;
    qd_json_place place = {.file = file->path, .offset = sizeof length};
    return qd_json_parse(place, file->bytes + sizeof length, (size_t)length, &file->header, error);
}

static qd_status check_metadata(qd_safetensors *file, qd_error *error)
{
    file->metadata = qd_json_find(&file->header.values[0], metadata_key);
    if (file->metadata == NULL) {
        return QD_OK;
    }
    if (file->metadata->kind != QD_JSON_OBJECT) {
        return qd_json_refuse(&file->header, file->metadata, error, "expected an object as %s", metadata_key);
    }
    for (const qd_json_value *entry = file->metadata->first; entry != NULL; entry = entry->next) {
        if (entry->kind != QD_JSON_STRING) {
            return qd_json_refuse(&file->header, entry, error, "expected a string as metadata \"%s\"", entry->key);
        }
    }
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------- tensors */

static qd_status read_shape(const qd_json *header, const qd_json_value *shape, qd_stored *tensor, qd_error *error)
{
    if (shape->count > QD_SAFETENSORS_RANK) {
        return qd_json_refuse(header, shape, error, "tensor \"%s\" has %zu dimensions; at most %d are read here",
                              tensor->name, shape->count, QD_SAFETENSORS_RANK);
    }
    tensor->elements = 1;
    for (const qd_json_value *length = shape->first; length != NULL; length = length->next) {
        uint64_t whole;
        qd_status status = qd_json_whole(header, length, 0, INT64_MAX, &whole, error);
        if (status != QD_OK) {
            return status;
        }
        tensor->shape[tensor->rank++] = (size_t)whole;
        if (__builtin_mul_overflow(tensor->elements, (size_t)whole, &tensor->elements)) {
            return qd_json_refuse(header, shape, error, "tensor \"%s\" has too many elements", tensor->name);
        }
    }
    return QD_OK;
}

/* [begin, end) in the data, which must be what the elements take. */
static qd_status read_extent(const qd_safetensors *file, const qd_json_value *extent, unsigned bits, qd_stored *tensor,
                             uint64_t *end, qd_error *error)
{
    const qd_json *header = &file->header;
    uint64_t begin = 0;
    if (extent->count != 2) {
        return qd_json_refuse(header, extent, error, "expected two offsets of tensor \"%s\"", tensor->name);
    }
    qd_status status = qd_json_whole(header, extent->first, 0, file->size - file->data, &begin, error);
    if (status == QD_OK) {
        status = qd_json_whole(header, extent->first->next, begin, file->size - file->data, end, error);
    }
    if (status != QD_OK) {
        return status;
    }
    size_t total;
    bool overflow = __builtin_mul_overflow(tensor->elements, (size_t)bits, &total);
    if (overflow || total % CHAR_BIT != 0 || total / CHAR_BIT != *end - begin) {
        return qd_json_refuse(header, extent, error, "tensor \"%s\" of %zu elements of %u bits has %llu bytes",
                              tensor->name, tensor->elements, bits, (unsigned long long)(*end - begin));
    }
    tensor->offset = file->data + begin;
    tensor->data = file->bytes + tensor->offset;
    return QD_OK;
}

static qd_status read_tensor(const qd_safetensors *file, const qd_json_value *entry, qd_stored *tensor, uint64_t *end,
                             qd_error *error)
{
    const qd_json *header = &file->header;
    const qd_json_value *dtype, *shape, *extent;
    *tensor = (qd_stored){.name = entry->key, .declared = header->place.offset + entry->at};
    if (entry->kind != QD_JSON_OBJECT) {
        return qd_json_refuse(header, entry, error, "expected an object for tensor \"%s\"", entry->key);
    }
    qd_status status = qd_json_member(header, entry, "dtype", QD_JSON_STRING, &dtype, error);
    if (status == QD_OK) {
        status = qd_json_member(header, entry, "shape", QD_JSON_ARRAY, &shape, error);
    }
    if (status == QD_OK) {
        status = qd_json_member(header, entry, "data_offsets", QD_JSON_ARRAY, &extent, error);
    }
    if (status == QD_OK) {
        status = read_shape(header, shape, tensor, error);
    }
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (strcmp(dtypes[i].name, dtype->text) == 0) {
            tensor->dtype = dtypes[i].dtype;
            return read_extent(file, extent, dtypes[i].bits, tensor, end, error);
        }
    }
    return qd_json_refuse(header, dtype, error, "tensor \"%s\" is of the unknown type \"%s\"", tensor->name,
                          dtype->text);
}

/* A tensor and where its data end. */
typedef struct extent {
    qd_stored tensor;
    uint64_t end;
} extent;

static int compare_extents(const void *a, const void *b)
{
    const extent *x = a, *y = b;
    if (x->tensor.offset != y->tensor.offset) {
        return x->tensor.offset < y->tensor.offset ? -1 : 1;
    }
    return x->end != y->end ? (x->end < y->end ? -1 : 1) : strcmp(x->tensor.name, y->tensor.name);
}

/* The data must be covered from their first byte to the last of the file, each byte once. */
static qd_status check_cover(const qd_safetensors *file, const extent *extents, qd_error *error)
{
    uint64_t covered = file->data;
    for (size_t i = 0; i < file->count; i++) {
        const qd_stored *tensor = &extents[i].tensor;
        if (tensor->offset != covered) {
            return qd_fail_offset(error, QD_ERR_FORMAT, file->path, tensor->offset,
                                  "tensor \"%s\" begins here, but what is before it ends at byte %llu", tensor->name,
                                  (unsigned long long)covered);
        }
        covered = file->data + extents[i].end;
    }
    if (covered != file->size) {
        return qd_fail_offset(error, QD_ERR_FORMAT, file->path, covered,
                              "the last tensor ends here, the file at byte %zu", file->size);
    }
    return QD_OK;
}

static qd_status collect(qd_safetensors *file, extent *extents, qd_error *error)
{
    for (const qd_json_value *entry = file->header.values[0].first; entry != NULL; entry = entry->next) {
        if (entry == file->metadata) {
            continue;
        }
        extent *e = &extents[file->count++];
        qd_status status = read_tensor(file, entry, &e->tensor, &e->end, error);
        if (status != QD_OK) {
            return status;
        }
    }
    qsort(extents, file->count, sizeof *extents, compare_extents);
    for (size_t i = 0; i < file->count; i++) {
        file->tensors[i] = extents[i].tensor;
    }
    return check_cover(file, extents, error);
}

static qd_status read_tensors(qd_safetensors *file, qd_error *error)
{
    size_t most = file->header.values[0].count;
    extent *extents = qd_mem_new(most, sizeof *extents);
    file->tensors = qd_mem_new(most, sizeof *file->tensors);
    qd_status status = extents == NULL || file->tensors == NULL
                           ? qd_fail_memory(error, most * (sizeof *extents + sizeof *file->tensors), file->path)
                           : collect(file, extents, error);
    qd_mem_free(extents);
    return status;
}

/* --------------------------------------------------------------------------------------------- the file */

static qd_status check_crc(const qd_safetensors *file, qd_error *error)
{
    const char *crc = qd_safetensors_metadata(file, "crc32");
    size_t digits = qd_crc_find(file->bytes, file->data);
    if (crc == NULL || digits == 0 || strncmp(crc, file->bytes + digits, QD_CRC_DIGITS) != 0) {
        return qd_fail_offset(error, QD_ERR_FORMAT, file->path, QD_HEADER_LENGTH,
                              "no checksum (\"crc32\" in the metadata): the file is not a model of quadrat's. Only "
                              "--init takes the weights of other programs");
    }
    char right[QD_CRC_DIGITS + 1] = "";
    qd_crc_print(qd_crc_of(file->bytes, file->size, digits), right);
    if (strcmp(right, crc) != 0) {
        return qd_fail_offset(error, QD_ERR_FORMAT, file->path, digits,
                              "the checksum of the file is %s, but %s is written here: the file is damaged", right,
                              crc);
    }
    return QD_OK;
}

/* Takes `owned`, which may be NULL, whatever the answer. */
static qd_status parse(const char *name, const char *bytes, size_t size, char *owned, bool own, qd_safetensors **out,
                       qd_error *error)
{
    qd_safetensors *file = qd_mem_new(1, sizeof *file);
    if (file == NULL) {
        qd_mem_free(owned);
        return qd_fail_memory(error, sizeof *file, name);
    }
    file->owned = owned;
    file->bytes = bytes;
    file->size = size;
    file->path = qd_mem_string(name);
    qd_status status = file->path == NULL ? qd_fail_memory(error, strlen(name), name) : parse_header(file, error);
    if (status == QD_OK) {
        status = check_metadata(file, error);
    }
    if (status == QD_OK) {
        status = read_tensors(file, error);
    }
    if (status == QD_OK && own) {
        status = check_crc(file, error);
    }
    if (status != QD_OK) {
        qd_safetensors_free(file);
        return status;
    }
    *out = file;
    return QD_OK;
}

qd_status qd_safetensors_parse(const char *name, const void *bytes, size_t size, bool own, qd_safetensors **out,
                               qd_error *error)
{
    return parse(name, bytes, size, NULL, own, out, error);
}

qd_status qd_safetensors_read(const char *path, bool own, qd_safetensors **out, qd_error *error)
{
    const uint64_t most = UINT64_C(1) << 40; /* a size that is a mistake, such as that of an endless device */
    char *bytes;
    size_t size;
    qd_status status = qd_file_read_all(path, most, &bytes, &size, error);
    return status != QD_OK ? status : parse(path, bytes, size, bytes, own, out, error);
}

void qd_safetensors_free(qd_safetensors *file)
{
    if (file != NULL) {
        qd_json_clear(&file->header);
        qd_mem_free(file->tensors);
        qd_mem_free(file->path);
        qd_mem_free(file->owned);
        qd_mem_free(file);
    }
}

const char *qd_safetensors_path(const qd_safetensors *file)
{
    return file->path;
}

size_t qd_safetensors_count(const qd_safetensors *file)
{
    return file->count;
}

const qd_stored *qd_safetensors_at(const qd_safetensors *file, size_t i)
{
    return &file->tensors[i];
}

const qd_stored *qd_safetensors_find(const qd_safetensors *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->tensors[i].name, name) == 0) {
            return &file->tensors[i];
        }
    }
    return NULL;
}

static const qd_json_value *find_metadata(const qd_safetensors *file, const char *key)
{
    return file->metadata != NULL ? qd_json_find(file->metadata, key) : NULL;
}

const char *qd_safetensors_metadata(const qd_safetensors *file, const char *key)
{
    const qd_json_value *value = find_metadata(file, key);
    return value != NULL ? value->text : NULL;
}

uint64_t qd_safetensors_place(const qd_safetensors *file, const char *key)
{
    const qd_json_value *value = find_metadata(file, key);
    return file->header.place.offset + (value != NULL ? value->at : 0);
}
