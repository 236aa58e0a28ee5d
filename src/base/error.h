/* Errors: filling the caller's qd_error.  Every function of this file accepts error == NULL and returns `status`, so
   that a failing function ends with `return qd_fail(...)`. */
#ifndef QD_BASE_ERROR_H
#define QD_BASE_ERROR_H

#include <quadrat.h>

/* A message without a place. */
qd_status qd_fail(qd_error *error, qd_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A message about a place in a text file: "FILE:LINE:COLUMN: message"; line and column 0 are left out. */
qd_status qd_fail_at(qd_error *error, qd_status status, const char *file, uint64_t line, uint64_t column,
                     const char *format, ...) __attribute__((format(printf, 6, 7)));

/* A message about a byte of a binary file: "FILE: byte OFFSET: message". */
qd_status qd_fail_offset(qd_error *error, qd_status status, const char *file, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* "out of memory (BYTES bytes for WHAT)". */
qd_status qd_fail_memory(qd_error *error, size_t bytes, const char *what);

/* "FILE: cannot VERB: strerror(errno_value)". */
qd_status qd_fail_errno(qd_error *error, const char *file, const char *verb, int errno_value);

/* Names the file of an error that names none: what failed knew only what came from it. */
void qd_fail_name(qd_error *error, const char *file);

#endif
