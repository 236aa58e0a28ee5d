/* The course of a training of several networks, one after the other: shown as one training, with a line a network where
   there is no bar. */
#ifndef QD_CLI_COURSE_H
#define QD_CLI_COURSE_H

#include "progress.h"

#include <stddef.h>

typedef struct qd_course {
    qd_progress_display display; /* ended by the caller */
    size_t network, networks, done; /* done: before this run, see qd_course_begin */
    size_t epoch, batch;            /* of the last call */
    double before, last;            /* seconds of the networks before, and of this one so far */
} qd_course;

/* done: networks that need not be trained, since an earlier run did. */
qd_course qd_course_begin(size_t networks, size_t done);

/* A qd_monitor; the context is a qd_course. */
int qd_course_monitor(void *context, const qd_progress *progress);

#endif
