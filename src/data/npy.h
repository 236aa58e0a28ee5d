/* NumPy's .npy, versions 1 to 3: little-endian float32 and float64 in C order in; float32 out. */
#ifndef QD_DATA_NPY_H
#define QD_DATA_NPY_H

#include "base/error.h"
#include "base/file.h"

enum { QD_NPY_RANK = 4 };

typedef struct qd_array {
    size_t rank;
    size_t shape[QD_NPY_RANK];
    float *data; /* row-major; released with qd_array_clear */
} qd_array;

/* Refused, with what was found: another type (object arrays too), Fortran order, big-endian, more than QD_NPY_RANK
   dimensions, a header over 64 KiB, a shape whose size is not the file's, a value that is not finite (its index is
   named) or out of float32's range.  Errors say the byte offset. */
QD_CHECKED qd_status qd_npy_read(const char *path, uint64_t limit, qd_array *array, qd_error *error);

/* The same from `size` bytes in memory; `name` stands in messages. */
QD_CHECKED qd_status qd_npy_parse(const char *name, const char *bytes, size_t size, qd_array *array, qd_error *error);

/* Version 1.0, float32. */
QD_CHECKED qd_status qd_npy_write(const char *path, const qd_array *array, qd_error *error);
void qd_array_clear(qd_array *array);

#endif
