/* Reading tracks: recognises what each file is, and hands the one that holds the tracks to its reader, with those that
   belong to it. */
#include "base/mem.h"
#include "base/text.h"
#include "data/input.h"
#include "data/tracks_gather.h"

#include <string.h>
#include <strings.h>

/* ----------------------------------------------------------------------------------------------- recognising */

/* btrack's text output: fields between blanks. */
static bool is_blank_table(const char *bytes, size_t size)
{
    static const char header[] = "ID t x y ";
    return size > strlen(header) && strncasecmp(bytes, header, strlen(header)) == 0;
}

/* Fields of the line at `bytes`, and the line's length. */
static size_t count_fields(const char *bytes, size_t size, size_t *length)
{
    size_t fields = 0;
    for (*length = 0; *length < size && bytes[*length] != '\n' && bytes[*length] != '\r'; (*length)++) {
        fields += bytes[*length] != ' ' && (*length == 0 || bytes[*length - 1] == ' ');
    }
    return fields;
}

/* As a table with commas.  btrack (0.7) writes the objects' properties without naming them in the header: they are
   property_1, property_2, ... here. */
static qd_status read_blank_table(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    enum { NAME = 32 };
    size_t header, row;
    const size_t named = count_fields(bytes, size, &header);
    const char *end_of_line = memchr(bytes, '\n', size);
    const size_t second = end_of_line != NULL ? (size_t)(end_of_line - bytes) + 1 : size;
    const size_t fields = count_fields(bytes + second, size - second, &row);
    const size_t more = fields > named ? fields - named : 0;
    char *copy = qd_mem_new(size + more * NAME + 1, 1);
    if (copy == NULL) {
        return qd_fail_memory(error, size, g->path);
    }
    size_t end = header;
    memcpy(copy, bytes, header);
    for (size_t k = 0; k < more; k++) {
        end += (size_t)qd_text_format(copy + end, NAME, " property_%zu", k + 1);
    }
    memcpy(copy + end, bytes + header, size - header);
    end += size - header;
    for (size_t i = 0; i < end; i++) {
        copy[i] = copy[i] == ' ' ? ',' : copy[i];
    }
    const qd_status status = qd_tracks_read_table(copy, end, g, error);
    qd_mem_free(copy);
    return status;
}

static const struct {
    bool (*is)(const char *bytes, size_t size);
    qd_tracks_reader read;
} formats[] = {
    {qd_tracks_is_hdf5, qd_tracks_read_btrack},
    {qd_tracks_is_xml, qd_tracks_read_trackmate_xml},
    {qd_tracks_is_trackmate, qd_tracks_read_trackmate},
    {is_blank_table, read_blank_table},
    {qd_tracks_is_ts, qd_tracks_read_ts},
    {qd_tracks_is_relation, qd_tracks_refuse_relation},
    {qd_tracks_is_series, qd_tracks_read_series},
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
    const qd_tracks_reader read = format < FORMATS ? formats[format].read : qd_tracks_read_table;
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
