/* HDF5 files, read whole: numbers of a dataset in memory.  The file itself is read by base/file and handed to the
   library as an image, so that a file that changes meanwhile does no harm. */
#ifndef QD_DATA_HDF5_FILE_H
#define QD_DATA_HDF5_FILE_H

#include "base/error.h"
#include <stdbool.h>

typedef struct qd_hdf5 qd_hdf5;

/* QD_ERR_MISSING: this build lacks libhdf5.  `name` stands in messages and is borrowed. */
QD_CHECKED qd_status qd_hdf5_open(const char *name, const char *bytes, size_t size, qd_hdf5 **out, qd_error *error);
void qd_hdf5_close(qd_hdf5 *file);

bool qd_hdf5_has(const qd_hdf5 *file, const char *path);

/* The numbers of a dataset of one or two dimensions, [rows][columns] (one dimension: columns 1), released with
   qd_mem_free.  columns 0: any number of them; else so many at least.  More than `limit` bytes, or other than numbers:
   QD_ERR_FORMAT with the path of the dataset. */
QD_CHECKED qd_status qd_hdf5_read(const qd_hdf5 *file, const char *path, size_t least, uint64_t limit, double **data,
                                  size_t *rows, size_t *columns, qd_error *error);

/* The name of link i of a group, in order of names; false where there is none, or it is longer than the room. */
bool qd_hdf5_link(const qd_hdf5 *file, const char *group, size_t i, char *name, size_t size);

/* A text attribute of an object; false where it has none. */
bool qd_hdf5_attribute(const qd_hdf5 *file, const char *path, const char *attribute, char *text, size_t size);

#endif
