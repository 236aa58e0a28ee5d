/* Reading tracks: recognises what each file is, hands each film to its reader with what belongs to it, and joins them.
 */
#include "base/mem.h"
#include "base/text.h"
#include "data/input.h"
#include "data/tracks_gather.h"
#include "data/tracks_join.h"

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

/* A JSON object. */
static bool is_graph(const char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
        at++;
    }
    return at < size && bytes[at] == '{';
}

static qd_status refuse_graph(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    (void)bytes;
    (void)size;
    return qd_fail_at(error, QD_ERR_VALUE, g->path, 0, 0, "divisions without the tracks that they belong to");
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
    {is_graph, refuse_graph}, /* beside a table it has its place */
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

bool qd_tracks_recognise(const char *name, const char *bytes, size_t size)
{
    return format_of(bytes, size) < FORMATS || qd_tracks_check_name(name, bytes, size, NULL) != QD_OK;
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
    const qd_status status = qd_tracks_check_name(g->path, bytes, size, error);
    return finish(g, status == QD_OK ? read(bytes, size, g, error) : status, out, error);
}

qd_status qd_tracks_parse(const char *name, const char *bytes, size_t size, const qd_track_options *options,
                          qd_tracks **out, qd_error *error)
{
    qd_gathering g = {.path = name, .options = options};
    return parse(bytes, size, &g, out, error);
}

/* The files of one reading: films, and what belongs to the first, second, ... of them. */
typedef struct files {
    size_t count;
    qd_companion *file;          /* [count]; bytes NULL: a folder */
    size_t films, edges, graphs; /* how many of each */
    size_t *film, *edge, *graph; /* [count] room: which files these are, in order */
} files;

static qd_status open_file(files *f, size_t i, const char *path, uint64_t limit, qd_error *error)
{
    char *bytes = NULL;
    qd_status status = QD_OK;
    f->file[i].path = path;
    if (!qd_tracks_is_folder(path)) {
        status = qd_input_read(path, limit, &bytes, &f->file[i].size, error);
        f->file[i].bytes = bytes;
    }
    if (status != QD_OK) {
        return status;
    }
    if (bytes != NULL && qd_tracks_is_trackmate_edges(bytes, f->file[i].size)) {
        f->edge[f->edges++] = i;
    } else if (bytes != NULL && is_graph(bytes, f->file[i].size)) {
        f->graph[f->graphs++] = i;
    } else {
        f->film[f->films++] = i;
    }
    return QD_OK;
}

/* What belongs to films must be there for each of them. */
static qd_status check_files(const files *f, qd_error *error)
{
    const size_t others[] = {f->edges, f->graphs};
    const size_t *const first[] = {f->edge, f->graph};
    static const char *const names[] = {"edges", "divisions"};
    for (size_t k = 0; k < 2; k++) {
        if (others[k] > 0 && others[k] != f->films) {
            return qd_fail_at(error, QD_ERR_VALUE, f->file[first[k][0]].path, 0, 0,
                              f->films == 0
                                  ? "%s without the tracks that they belong to"
                                  : "%s: %zu of these files beside %zu of tracks; each needs its own, in order",
                              names[k], others[k], f->films);
        }
    }
    return QD_OK;
}

static qd_status read_film(const files *f, size_t k, const qd_track_options *options, qd_tracks **out, qd_error *error)
{
    const qd_companion *file = &f->file[f->film[k]];
    qd_gathering g = {.path = file->path, .options = options};
    if (f->edges > 0) {
        g.edges = f->file[f->edge[k]];
    }
    if (f->graphs > 0) {
        g.graph = f->file[f->graph[k]];
    }
    return file->bytes == NULL ? finish(&g, qd_tracks_read_ctc(file->path, &g, error), out, error)
                               : parse(file->bytes, file->size, &g, out, error);
}

static qd_status read_films(const files *f, const qd_track_options *options, qd_tracks **out, qd_error *error)
{
    qd_tracks **films = qd_mem_new(f->films, sizeof *films);
    size_t read = 0;
    qd_status status = films == NULL ? qd_fail_memory(error, f->films * sizeof *films, "films") : QD_OK;
    for (; read < f->films && status == QD_OK; read += status == QD_OK) {
        status = read_film(f, read, options, &films[read], error);
    }
    if (status == QD_OK) {
        status = qd_tracks_join(read, films, out, error);
        read = 0;
    }
    for (size_t k = 0; k < read && films != NULL; k++) {
        qd_tracks_free(films[k]);
    }
    qd_mem_free(films);
    return status;
}

static qd_status read_files(files *f, const char *const *paths, const qd_track_options *options, qd_tracks **out,
                            qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < f->count && status == QD_OK; i++) {
        status = open_file(f, i, paths[i], options->limit, error);
    }
    status = status == QD_OK ? check_files(f, error) : status;
    return status == QD_OK ? read_films(f, options, out, error) : status;
}

qd_status qd_tracks_read(const char *const *paths, size_t count, const qd_track_options *options, qd_tracks **out,
                         qd_error *error)
{
    if (count == 0) {
        return qd_fail(error, QD_ERR_VALUE, "no file of tracks is named");
    }
    files f = {.count = count};
    f.file = qd_mem_new(count, sizeof *f.file);
    f.film = qd_mem_new(count, sizeof *f.film);
    f.edge = qd_mem_new(count, sizeof *f.edge);
    f.graph = qd_mem_new(count, sizeof *f.graph);
    const bool whole = f.file != NULL && f.film != NULL && f.edge != NULL && f.graph != NULL;
    const qd_status status =
        whole ? read_files(&f, paths, options, out, error) : qd_fail_memory(error, count * sizeof *f.file, "files");
    for (size_t i = 0; i < count && f.file != NULL; i++) {
        qd_mem_free((void *)(uintptr_t)f.file[i].bytes);
    }
    qd_mem_free(f.file);
    qd_mem_free(f.film);
    qd_mem_free(f.edge);
    qd_mem_free(f.graph);
    return status;
}
