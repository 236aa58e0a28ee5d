/* Reading tracks: recognises what a file is, and hands it to its reader. */
#include "base/mem.h"
#include "data/input.h"
#include "data/tracks_gather.h"

#include <string.h>

static const struct {
    bool (*is)(const char *bytes, size_t size);
    qd_tracks_reader read;
} formats[] = {
    {qd_tracks_is_ts, qd_tracks_read_ts},
    {qd_tracks_is_series, qd_tracks_read_series},
};

bool qd_tracks_recognise(const char *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i].is(bytes, size)) {
            return true;
        }
    }
    return false;
}

static qd_tracks_reader reader_of(const char *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i].is(bytes, size)) {
            return formats[i].read;
        }
    }
    return qd_tracks_read_table;
}

/* Makes tracks of what was gathered, or lets it go. */
static qd_status finish(qd_gathering *g, qd_status status, qd_tracks **out, qd_error *error)
{
    if (status != QD_OK) {
        qd_gather_clear(g);
        return status;
    }
    return qd_gather_finish(g, out, error);
}

qd_status qd_tracks_parse(const char *name, const char *bytes, size_t size, const qd_track_options *options,
                          qd_tracks **out, qd_error *error)
{
    qd_gathering g = {.path = name, .options = options};
    return finish(&g, reader_of(bytes, size)(bytes, size, &g, error), out, error);
}

qd_status qd_tracks_read(const char *const *paths, size_t count, const qd_track_options *options, qd_tracks **out,
                         qd_error *error)
{
    char *bytes;
    size_t size;
    if (count != 1) {
        return qd_fail(error, QD_ERR_VALUE, "expected one file of tracks");
    }
    if (qd_tracks_is_ctc(paths[0])) {
        qd_gathering g = {.path = paths[0], .options = options};
        return finish(&g, qd_tracks_read_ctc(paths[0], &g, error), out, error);
    }
    qd_status status = qd_input_read(paths[0], options->limit, &bytes, &size, error);
    if (status == QD_OK) {
        status = qd_tracks_parse(paths[0], bytes, size, options, out, error);
        qd_mem_free(bytes);
    }
    return status;
}
