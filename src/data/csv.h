/* CSV as it is written (RFC 4180: commas, LF, quotes only where they must be): one field after the other into a file. A
   failure is remembered and told at the end, so that a row is a list of calls. */
#ifndef QD_DATA_CSV_H
#define QD_DATA_CSV_H

#include "base/file.h"

typedef struct qd_csv {
    qd_file *file;
    qd_error *error; /* the caller's */
    qd_status status;
    bool inside; /* a field of this row is written */
} qd_csv;

/* Opens as qd_file_create. */
QD_CHECKED qd_status qd_csv_create(const char *path, qd_csv *csv, qd_error *error);

void qd_csv_text(qd_csv *csv, const char *text);
void qd_csv_whole(qd_csv *csv, int64_t whole);
void qd_csv_number(qd_csv *csv, double number); /* whole numbers without an exponent; NA where it is NaN */
void qd_csv_end(qd_csv *csv);                   /* of the row */

/* Closes: commits where nothing failed, here or in what the caller did since (`status`), else abandons the file. */
QD_CHECKED qd_status qd_csv_close(qd_csv *csv, qd_status status);

#endif
