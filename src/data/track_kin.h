/*
 * Kin: which tracks begin near the place where another one ends, soon after it.  When a cell divides its track ends,
 * and two begin beside it; so this is what tells a division from a cell that was lost, left the field or died.  It
 * looks at later frames than a track's own.
 */
#ifndef QD_DATA_TRACK_KIN_H
#define QD_DATA_TRACK_KIN_H

#include "data/tracks.h"

/* Births that are kept; frames after a track's end in which they count; frames around one that count as near it. */
enum { QD_KIN_NEAR = 4, QD_KIN_WINDOW = 3, QD_KIN_AROUND = 4 };

/* The tracks that begin in the window after the end of track n, nearest first. */
typedef struct qd_kin {
    size_t count;
    size_t birth[QD_KIN_NEAR];
    double distance[QD_KIN_NEAR]; /* from this track's last place to their first */
} qd_kin;

/* Tracks in order of their beginnings and ends, so that looking for kin does not look at all of them.  Tracks of
   different films are no kin. */
typedef struct qd_kin_index {
    const qd_tracks *tracks; /* borrowed */
    size_t *by_start, *by_end;
    size_t films;
    double *first, *last; /* [films]: times of a film's first and last frame */
    double scale;         /* the usual way of a cell from frame to frame (median), at least a tiny one */
} qd_kin_index;

/* Without positions: QD_ERR_VALUE. */
QD_CHECKED qd_status qd_kin_index_new(const qd_tracks *tracks, qd_kin_index *index, qd_error *error);
void qd_kin_index_clear(qd_kin_index *index);

void qd_kin_find(const qd_kin_index *index, size_t track, qd_kin *kin);

/* Distance of the first place of one track from the last, or first, of another. */
double qd_kin_distance(const qd_tracks *tracks, size_t row, size_t other_row);

/* A distance as a closeness: 1 at no distance, a half at eight times the usual way, 0 for none (infinite). */
double qd_kin_closeness(const qd_kin_index *index, double distance);

/* Adds features.  The same in all frames of a track: "birth_1", "birth_2" (closeness of the two nearest births to its
   end), "births_apart" (of those two to one another), "origin" (of the nearest end before its beginning to that) and
   "sibling" (of the nearest other beginning, within a frame).  Of each frame: "near_birth" and "near_end" (closeness of
   the nearest beginning and end of another track within QD_KIN_AROUND frames, but for those of the film itself): where
   cells divide and fall to pieces, trackers lose and find them. */
QD_CHECKED qd_status qd_track_kin_add(qd_tracks *tracks, qd_error *error);

#endif
