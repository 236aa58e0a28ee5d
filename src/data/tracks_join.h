/* Several films as one: tracks of several files, one after the other. */
#ifndef QD_DATA_TRACKS_JOIN_H
#define QD_DATA_TRACKS_JOIN_H

#include "data/tracks.h"

/* Joins count >= 1 tracks, which are used up, whatever the answer.  Features go by name: all must have those of the
   first, values of categorical columns apart.  Classes are those of all.  Where two files have a track of one name,
   each is called PATH:NAME.  Refused, with the file: other features, positions, or labels of another kind than the
   first has. */
QD_CHECKED qd_status qd_tracks_join(size_t count, qd_tracks **films, qd_tracks **out, qd_error *error);

#endif
