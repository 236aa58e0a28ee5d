/*
 * The safetensors format: u64 little-endian header length, a JSON header {name: {dtype, shape, data_offsets}}, the
 * data. Read whole and never mapped (a file cut while mapped kills the program).  Every size is checked against the
 * file before anything is allocated for it; a file that lies is refused with its byte offset (QD_ERR_FORMAT).
 *
 * quadrat's own files carry in __metadata__ a CRC-32 of the whole file, "crc32": "xxxxxxxx", its own eight digits read
 * as "00000000"; data start at a multiple of 64.
 */
#ifndef QD_STORE_SAFETENSORS_H
#define QD_STORE_SAFETENSORS_H

#include "base/error.h"
#include <stdbool.h>

enum { QD_SAFETENSORS_RANK = 8 };

typedef enum qd_dtype { QD_F32, QD_F64, QD_I64, QD_OTHER } qd_dtype; /* QD_OTHER: valid, but of no use here */

typedef struct qd_stored {
    const char *name;
    qd_dtype dtype;
    size_t rank;
    size_t shape[QD_SAFETENSORS_RANK];
    size_t elements;
    const void *data;  /* aligned only to what the file says: use memcpy */
    uint64_t offset;   /* of the data in the file, for messages */
    uint64_t declared; /* offset of its entry in the header, for messages */
} qd_stored;

typedef struct qd_safetensors qd_safetensors;

/* own: the file must be one of quadrat's and its checksum right.  Else any valid safetensors file will do (its
   checksum, if it has one, is not looked at). */
QD_CHECKED qd_status qd_safetensors_read(const char *path, bool own, qd_safetensors **out, qd_error *error);
QD_CHECKED qd_status qd_safetensors_parse(const char *name, const void *bytes, size_t size, bool own,
                                          qd_safetensors **out, qd_error *error); /* copies nothing: bytes outlive it */
void qd_safetensors_free(qd_safetensors *file);

const char *qd_safetensors_path(const qd_safetensors *file);
size_t qd_safetensors_count(const qd_safetensors *file);
const qd_stored *qd_safetensors_at(const qd_safetensors *file, size_t i);           /* in the order of their data */
const qd_stored *qd_safetensors_find(const qd_safetensors *file, const char *name); /* NULL: not there */
const char *qd_safetensors_metadata(const qd_safetensors *file, const char *key);   /* NULL: not there */

/* Byte at which the value of that metadata begins; that of the header where it is not there. */
uint64_t qd_safetensors_place(const qd_safetensors *file, const char *key);

/* Writing: collect, then write at once (atomically).  Data are borrowed until the write, the rest is copied. */
typedef struct qd_safetensors_writer qd_safetensors_writer;
QD_CHECKED qd_status qd_safetensors_writer_new(qd_safetensors_writer **out, qd_error *error);

/* Metadata come first: QD_ERR_VALUE after a tensor. */
QD_CHECKED qd_status qd_safetensors_add_metadata(qd_safetensors_writer *writer, const char *key, const char *value,
                                                 qd_error *error);

/* data: the elements, or NULL for zeros.  For readers that map the file, tensors of wider types come first. */
QD_CHECKED qd_status qd_safetensors_add(qd_safetensors_writer *writer, const char *name, qd_dtype dtype, size_t rank,
                                        const size_t *shape, const void *data, qd_error *error);

/* Once. */
QD_CHECKED qd_status qd_safetensors_write(qd_safetensors_writer *writer, const char *path, qd_error *error);
void qd_safetensors_writer_free(qd_safetensors_writer *writer);

#endif
