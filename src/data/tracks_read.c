/* Reading tracks: recognises what each file is, and hands the one that holds the tracks to its reader, with those that
   belong to it. */
#include "base/mem.h"
#include "data/input.h"
#include "data/tracks_gather.h"

#include <string.h>
#include <strings.h>

/* ----------------------------------------------------------------------------------------------- recognising */

static const struct {
    bool (*is)(const char *bytes, size_t size);
    qd_tracks_reader read;
} formats[] = {
    {qd_tracks_is_hdf5, qd_tracks_read_btrack},         {qd_tracks_is_xml, qd_tracks_read_trackmate_xml},
    {qd_tracks_is_trackmate, qd_tracks_read_trackmate}, {qd_tracks_is_ts, qd_tracks_read_ts},
    {qd_tracks_is_relation, qd_tracks_refuse_relation}, {qd_tracks_is_series, qd_tracks_read_series},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static size_t format_of(const char *bytes, size_t size)
{
    size_t i = 0;
    while (i < FORMATS && !formats[i].is(bytes, size)) {
        i++;
    }
    return i;
}

bool qd_tracks_recognise(const char *bytes, size_t size)
{
    return format_of(bytes, size) < FORMATS;
}

/* A JSON object. */
static bool is_graph(const char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
        at++;
    }
    return at < size && bytes[at] == '{';
}

/* btrack's text output: fields between blanks. */
static bool is_blank_table(const char *bytes, size_t size)
{
    static const char header[] = "ID t x y ";
    return size > strlen(header) && strncasecmp(bytes, header, strlen(header)) == 0;
}

static qd_status read_blank_table(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    char *copy = qd_mem_new(size, 1);
    if (copy == NULL) {
        return qd_fail_memory(error, size, g->path);
    }
    for (size_t i = 0; i < size; i++) {
        copy[i] = bytes[i] == ' ' ? ',' : bytes[i];
    }
    const qd_status status = qd_tracks_read_table(copy, size, g, error);
    qd_mem_free(copy);
    return status;
}

/* ---------------------------------------------------------------------------------------------------- reading */

/* Makes tracks of what was gathered, or lets it go. */
static qd_status finish(qd_gathering *g, qd_status status, qd_tracks **out, qd_error *error)
{
    if (status == QD_OK && g->edges.path != NULL) {
        status = qd_fail_at(error, QD_ERR_VALUE, g->edges.path, 0, 0,
                            "edges of TrackMate's, but %.200s holds none of its spots", g->path);
    }
    if (status != QD_OK) {
        qd_gather_clear(g);
        return status;
    }
    return qd_gather_finish(g, out, error);
}

static qd_status parse(const char *bytes, size_t size, qd_gathering *g, qd_tracks **out, qd_error *error)
{
    const size_t format = format_of(bytes, size);
    const qd_tracks_reader read = format < FORMATS              ? formats[format].read
                                  : is_blank_table(bytes, size) ? read_blank_table
                                                                : qd_tracks_read_table;
    return finish(g, read(bytes, size, g, error), out, error);
}

qd_status qd_tracks_parse(const char *name, const char *bytes, size_t size, const qd_track_options *options,
                          qd_tracks **out, qd_error *error)
{
    qd_gathering g = {.path = name, .options = options};
    return parse(bytes, size, &g, out, error);
}

/* The files of one reading: the main one and what belongs to it. */
typedef struct files {
    size_t count;
    qd_companion *file; /* [count] */
    size_t main;        /* SIZE_MAX: none so far */
} files;

/* Puts a file in its place. */
static qd_status place_file(files *f, size_t i, qd_gathering *g, qd_error *error)
{
    const qd_companion *file = &f->file[i];
    const bool edges = qd_tracks_is_trackmate_edges(file->bytes, file->size);
    qd_companion *place = edges ? &g->edges : is_graph(file->bytes, file->size) ? &g->graph : NULL;
    if (place == NULL ? f->main != SIZE_MAX : place->path != NULL) {
        return qd_fail_at(
            error, QD_ERR_VALUE, file->path, 0, 0,
            "%s beside %.200s; one file of tracks is read at a time, with edges or a graph that belong to it",
            place == NULL ? "tracks"
            : edges       ? "edges"
                          : "a graph",
            place == NULL ? f->file[f->main].path : place->path);
    }
    if (place == NULL) {
        f->main = i;
    } else {
        *place = *file;
    }
    return QD_OK;
}

static qd_status read_files(files *f, const char *const *paths, const qd_track_options *options, qd_tracks **out,
                            qd_error *error)
{
    qd_gathering g = {.options = options};
    qd_status status = QD_OK;
    for (size_t i = 0; i < f->count && status == QD_OK; i++) {
        char *bytes;
        status = qd_input_read(paths[i], options->limit, &bytes, &f->file[i].size, error);
        if (status == QD_OK) {
            f->file[i].path = paths[i];
            f->file[i].bytes = bytes;
            status = place_file(f, i, &g, error);
        }
    }
    if (status == QD_OK && f->main == SIZE_MAX) {
        status = qd_fail_at(error, QD_ERR_VALUE, paths[0], 0, 0, "%s without the tracks that they belong to",
                            g.edges.path != NULL ? "edges" : "divisions");
    }
    if (status != QD_OK) {
        return status;
    }
    const qd_companion *file = &f->file[f->main];
    g.path = file->path;
    return parse(file->bytes, file->size, &g, out, error);
}

qd_status qd_tracks_read(const char *const *paths, size_t count, const qd_track_options *options, qd_tracks **out,
                         qd_error *error)
{
    if (count == 1 && qd_tracks_is_folder(paths[0])) {
        qd_gathering g = {.path = paths[0], .options = options};
        return finish(&g, qd_tracks_read_ctc(paths[0], &g, error), out, error);
    }
    if (count == 0) {
        return qd_fail(error, QD_ERR_VALUE, "no file of tracks is named");
    }
    files f = {.count = count, .main = SIZE_MAX};
    f.file = qd_mem_new(count, sizeof *f.file);
    if (f.file == NULL) {
        return qd_fail_memory(error, count * sizeof *f.file, "files");
    }
    const qd_status status = read_files(&f, paths, options, out, error);
    for (size_t i = 0; i < count; i++) {
        qd_mem_free((void *)(uintptr_t)f.file[i].bytes);
    }
    qd_mem_free(f.file);
    return status;
}
