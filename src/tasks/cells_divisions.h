/* Divisions: candidates of tracks, each an end and a pair of tracks that begin near it. */
#ifndef QD_TASKS_CELLS_DIVISIONS_H
#define QD_TASKS_CELLS_DIVISIONS_H

#include "data/track_kin.h"
#include "tasks/cells.h"

typedef struct qd_divisions {
    size_t count;
    qd_tracks *candidates; /* [count] tracks, owned: of the classes "no" and "division", keys those of the mothers */
    size_t *mother;        /* [count]: track, rising */
    size_t *daughters;     /* [count][2]: tracks, or QD_NO_TRACK where no two begin near the end */
} qd_divisions;

/* learning: one candidate an end, and the true one where it is another; else every pair of the births that are near.
   Labels say "division" where the lineage has the pair as daughters. */
QD_CHECKED qd_status qd_divisions_new(const qd_tracks *tracks, bool learning, qd_divisions *divisions, qd_error *error);
void qd_divisions_clear(qd_divisions *divisions);

/* The candidate with the largest p (column 1 of [count][2]) of each track: best [tracks]. */
void qd_divisions_best(const qd_divisions *divisions, const float *p, size_t *best);

#endif
