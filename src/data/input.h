/* Input bytes: a whole file, unpacked when it is gzip (recognised by its content, concatenated members included). */
#ifndef QD_DATA_INPUT_H
#define QD_DATA_INPUT_H

#include "base/error.h"

/* *data: *size bytes and a final NUL, released with qd_mem_free.  A file, or what it unpacks to, of more than `limit`
   bytes is refused; so is a truncated or damaged gzip file, with its offset. */
QD_CHECKED qd_status qd_input_read(const char *path, uint64_t limit, char **data, size_t *size, qd_error *error);

/* The unpacking alone, of `size` gzip bytes in memory; `name` stands in messages.  *data as above, of *unpacked bytes.
   Zeros after the last member (the padding of tapes) are ignored, anything else there is refused. */
QD_CHECKED qd_status qd_input_unpack(const char *name, const char *bytes, size_t size, uint64_t limit, char **data,
                                     size_t *unpacked, qd_error *error);

#endif
