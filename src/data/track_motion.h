/*
 * Features from positions, all from the frame itself and those before it, so that they serve live microscopy too.
 *
 * motion: "speed" (distance from the frame before, divided by the time between), "turn" (angle between the last two
 * steps, 0 to pi), "displacement" (distance from the track's first frame) and "path" (length of the way so far).
 * neighbours: "neighbour_1" ... "neighbour_8", the distances to the nearest other cells of the same time, and
 * "neighbours", how many other cells there are.
 */
#ifndef QD_DATA_TRACK_MOTION_H
#define QD_DATA_TRACK_MOTION_H

#include "data/tracks.h"

enum { QD_NEIGHBOURS = 8 };

/* Adds those that the options ask for after the features that are there.  Without positions: QD_ERR_VALUE. */
QD_CHECKED qd_status qd_track_motion_add(qd_tracks *tracks, const qd_track_options *options, qd_error *error);

/* Is a feature one of these?  Where tracks are short or cells few it may have no value anywhere. */
bool qd_track_motion_is(const char *name);

#endif
