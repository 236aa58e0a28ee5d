/* Files: every file operation of quadrat's own passes here.  Reading is whole-file or by chunks; writing is atomic (see
   qd_file_create).  A hook lets a test fail the nth operation. */
#ifndef QD_BASE_FILE_H
#define QD_BASE_FILE_H

#include "base/error.h"
#include <stdbool.h>

typedef struct qd_file qd_file;

/* Opens for reading.  "-" is standard input.  A directory is refused (QD_ERR_FILE). */
QD_CHECKED qd_status qd_file_open(const char *path, qd_file **out, qd_error *error);

/* Up to `size` bytes; *got < size only at the end of the file. */
QD_CHECKED qd_status qd_file_read(qd_file *file, void *buffer, size_t size, size_t *got, qd_error *error);

/* For a library that reads by itself: another descriptor of an open file, which is the library's to close; and a word
   before each of its operations, which the hook may refuse. */
QD_CHECKED qd_status qd_file_lend(qd_file *file, int *descriptor, qd_error *error);
QD_CHECKED qd_status qd_file_permit(qd_file *file, const char *operation, qd_error *error);

/* Opens for writing.  A path that is missing or a regular file (through symbolic links) is replaced atomically by
   qd_file_commit: a unique temporary file beside it (O_EXCL), fsync, rename, fsync of the folder, the old mode kept.
   Anything else (a pipe, /dev/full, "-" for standard output) is opened and written through.  No commit: no change. */
QD_CHECKED qd_status qd_file_create(const char *path, qd_file **out, qd_error *error);
QD_CHECKED qd_status qd_file_write(qd_file *file, const void *data, size_t size, qd_error *error);
QD_CHECKED qd_status qd_file_printf(qd_file *file, qd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes what was written durable and visible, and closes.  The qd_file is gone afterwards, whatever the answer; the
   path holds its old content or all of the new one (the latter where only the fsync of the folder failed). */
QD_CHECKED qd_status qd_file_commit(qd_file *file, qd_error *error);

/* Closes; a file being written is abandoned (the temporary file removed).  NULL is legal. */
void qd_file_close(qd_file *file);

/* Would qd_file_create open this path?  Nothing of it remains; a pipe or a device is not touched. */
QD_CHECKED qd_status qd_file_probe(const char *path, qd_error *error);

/* The whole file in a block of *size bytes plus a final NUL, released by the caller with qd_mem_free.  More than
   `limit` bytes: QD_ERR_FORMAT. */
QD_CHECKED qd_status qd_file_read_all(const char *path, uint64_t limit, char **data, size_t *size, qd_error *error);

/* Is there something at this path?  (Nothing is opened.)  True too where that cannot be known: opening will say why. */
bool qd_file_exists(const char *path);

/* Do two paths name one file: the same text, or the same regular file by another way (./, a link)? */
bool qd_file_same(const char *path, const char *other);

/* Is there a folder at this path?  (False where that cannot be known.) */
bool qd_file_folder(const char *path);

/* Removes a file; a missing one is no error. */
QD_CHECKED qd_status qd_file_remove(const char *path, qd_error *error);

/* Asked before every system call on a file ("open", "read", "write", "fsync", "rename", "close", ...) but those that
   tidy up after a failure; a non-zero answer is the errno with which it fails.  NULL: none.  For tests, set while one
   thread runs. */
typedef int (*qd_file_hook)(void *context, const char *operation);
void qd_file_set_hook(qd_file_hook hook, void *context);

#endif
