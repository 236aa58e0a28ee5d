/* Notes: what a reader has to say of the data that it understood, a line each, for the program to tell. */
#ifndef QD_DATA_NOTES_H
#define QD_DATA_NOTES_H

#include "base/error.h"

typedef struct qd_notes {
    size_t count;
    char **line; /* [count] */
} qd_notes;

QD_CHECKED qd_status qd_notes_add(qd_notes *notes, qd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void qd_notes_clear(qd_notes *notes);

#endif
