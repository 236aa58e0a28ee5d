/* What must hold of any tracks that were read: shared by the harnesses of the readers. */
#ifndef QD_TESTS_TRACKS_CHECKS_H
#define QD_TESTS_TRACKS_CHECKS_H

#include "fuzz.h"
#include "data/tracks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const qd_track_options fuzz_options = {.id = "",
                                              .time = "",
                                              .features = "",
                                              .label = "",
                                              .per = "",
                                              .parent = "",
                                              .object = "",
                                              .position = "",
                                              .categorical = "",
                                              .where = "",
                                              .phases = "",
                                              .keep = "",
                                              .limit = 1 << 22};

static inline void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static inline void check_rows(const qd_tracks *tracks)
{
    for (size_t n = 0; n < tracks->count; n++) {
        require(tracks->start[n] < tracks->start[n + 1]);
        for (size_t i = tracks->start[n] + 1; i < tracks->start[n + 1]; i++) {
            require(tracks->time[i] > tracks->time[i - 1]);
        }
    }
    require(tracks->count > 0 && tracks->start[tracks->count] == tracks->rows);
    for (size_t i = 0; i < tracks->rows * tracks->features; i++) {
        require(!isinf(tracks->x[i]));
    }
    const size_t labels = tracks->label == NULL ? 0 : tracks->per_frame ? tracks->rows : tracks->count;
    for (size_t i = 0; i < labels; i++) {
        require(tracks->label[i] >= QD_NO_LABEL && tracks->label[i] < (int64_t)tracks->classes);
    }
}

static inline void check_lineage(const qd_tracks *tracks)
{
    size_t daughters = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        const size_t parent = tracks->parent[n];
        require(parent == QD_NO_TRACK || (parent < tracks->count && tracks->root[n] == tracks->root[parent] &&
                                          tracks->generation[n] == tracks->generation[parent] + 1));
        require(parent != QD_NO_TRACK || (tracks->root[n] == n && tracks->generation[n] == 0));
        for (size_t d = tracks->daughter_start[n]; d < tracks->daughter_start[n + 1]; d++) {
            require(tracks->parent[tracks->daughter[d]] == n);
        }
        daughters += parent != QD_NO_TRACK;
    }
    require(tracks->daughter_start[tracks->count] == daughters);
}

static inline void check_tracks(const qd_tracks *tracks)
{
    check_rows(tracks);
    check_lineage(tracks);
    (void)qd_tracks_fingerprint(tracks);
}

/* Reads the bytes as one file, and checks what comes. */
static inline void read_tracks(const uint8_t *data, size_t size, const qd_track_options *options)
{
    qd_tracks *tracks;
    qd_error error;
    if (qd_tracks_parse("fuzz", (const char *)data, size, options, &tracks, &error) == QD_OK) {
        check_tracks(tracks);
        qd_tracks_free(tracks);
    } else {
        require(error.message[0] != '\0');
    }
}

#endif
