/* What inspect says of tracks. */
#ifndef QD_CLI_PRINT_TRACKS_H
#define QD_CLI_PRINT_TRACKS_H

#include "data/tracks.h"

QD_CHECKED qd_status qd_print_tracks(const qd_tracks *tracks, qd_error *error);

#endif
