/* Transitions: how many frames off a change of phase was found. */
#ifndef QD_EVAL_TRANSITIONS_H
#define QD_EVAL_TRANSITIONS_H

#include "base/error.h"
#include <stdbool.h>

/* Errors of one kind of change, from one class to another, in frames. */
typedef struct qd_transition {
    size_t from, to;
    size_t n, missed; /* changes in the truth; those of tracks in which the class was never chosen */
    double mean, median;
    double within[3]; /* shares with an error of 0, at most 1, at most 2 frames */
} qd_transition;

/* Tracks of frames: track k is rows start[k] .. start[k+1]-1, at time[row]; frames are `step` apart.  A change is a row
   with another true class than the row before, both known.  Its error is the distance, in time over step, to the
   nearest row with which a stretch of the new class begins among the labels; with `rank` ([classes]: the place of each
   class in an order that never goes back) to the first row labelled with this class or a later one; where there is
   none, to one frame after the track's last.  *transitions: [*count], in order of classes; released with qd_mem_free.
 */
QD_CHECKED qd_status qd_transitions(size_t tracks, const size_t *start, const double *time, double step,
                                    const int32_t *truth, const int32_t *label, size_t classes, const int32_t *rank,
                                    qd_transition **transitions, size_t *count, qd_error *error);

#endif
