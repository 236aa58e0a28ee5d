/* The course of a training of several networks, one after the other: shown as one training, with a line a network where
   there is no bar, and kept for --history. */
#ifndef QD_CLI_COURSE_H
#define QD_CLI_COURSE_H

#include "progress.h"

#include "base/error.h"
#include <stdbool.h>

typedef struct qd_course_row qd_course_row;

typedef struct qd_course {
    qd_progress_display display;
    size_t network, networks;
    double before, last; /* seconds of the networks before, and of this one so far */
    size_t members;      /* networks whose epochs are kept; 0: no history is asked for */
    qd_course_row *rows; /* [count], owned */
    size_t count, capacity;
    double norm_sum;
    bool failed; /* no memory for a row */
} qd_course;

qd_course qd_course_begin(size_t networks, size_t members);

/* A qd_monitor; the context is a qd_course. */
int qd_course_monitor(void *context, const qd_progress *progress);

/* Wipes the bar; the status of the training, or that there was no memory for its history. */
qd_status qd_course_end(qd_course *course, qd_status status, qd_error *error);

/* As the history of one network, with the network's number first; seconds: since its training began. */
QD_CHECKED qd_status qd_course_write(const qd_course *course, const char *path, qd_error *error);
void qd_course_clear(qd_course *course);

#endif
