/* What the tests of tracks share: reading a text with options. */
#ifndef QD_TESTS_TRACKS_FIXTURE_H
#define QD_TESTS_TRACKS_FIXTURE_H

#include "data/helpers.h"
#include "data/tracks.h"

static const qd_track_options plain_options = {.id = "",
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
                                               .limit = 1 << 24};

static inline qd_tracks *read_text(const char *text, const qd_track_options *options)
{
    qd_tracks *tracks = NULL;
    qd_error error;
    if (qd_tracks_parse("tracks", text, strlen(text), options, &tracks, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return tracks;
}

/* The text is refused, with this place and words. */
static inline void refuse_text(const char *text, const qd_track_options *options, qd_status status, uint64_t line,
                               uint64_t column, const char *part)
{
    qd_tracks *tracks;
    qd_error error;
    if (qd_tracks_parse("tracks", text, strlen(text), options, &tracks, &error) == QD_OK) {
        fail_msg("was read: %s", text);
    }
    assert_error(&error, status, line, column, part);
}

static inline float feature_at(const qd_tracks *tracks, size_t row, const char *name)
{
    for (size_t f = 0; f < tracks->features; f++) {
        if (strcmp(tracks->feature[f], name) == 0) {
            return tracks->x[row * tracks->features + f];
        }
    }
    fail_msg("no feature %s", name);
    return 0;
}

static inline size_t track_called(const qd_tracks *tracks, const char *id)
{
    for (size_t n = 0; n < tracks->count; n++) {
        if (strcmp(tracks->id[n], id) == 0) {
            return n;
        }
    }
    fail_msg("no track %s", id);
    return 0;
}

#endif
