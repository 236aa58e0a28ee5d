/* TrackMate's CSV: spots under one header row or four (key, name, short name, unit), in any order of columns; and
   edges, which alone tell of divisions. */
#include "base/mem.h"
#include "base/text.h"
#include "data/table.h"
#include "data/tracks_gather.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { HEADERS = 3 }; /* rows below the first that are headers too */

/* Columns that are no features. */
static const char *const others[] = {"LABEL",      "ID",           "TRACK_ID",         "FRAME",
                                     "POSITION_X", "POSITION_Y",   "POSITION_Z",       "POSITION_T",
                                     "VISIBILITY", "MANUAL_COLOR", "MANUAL_SPOT_COLOR"};

bool qd_trackmate_is_feature(const char *name)
{
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcasecmp(name, others[i]) == 0) {
            return false;
        }
    }
    return *name != '\0';
}

/* Does the first line hold the word, between separators or quotes? */
static bool header_has(const char *bytes, size_t size, const char *word)
{
    const char *end = memchr(bytes, '\n', size);
    const size_t line = end != NULL ? (size_t)(end - bytes) : size, length = strlen(word);
    for (size_t i = 0; i + length <= line; i++) {
        const bool begins = i == 0 || strchr(",;\t\"\xBF", bytes[i - 1]) != NULL;
        const bool ends = i + length == line || strchr(",;\t\"\r", bytes[i + length]) != NULL;
        if (begins && ends && bytes[i] != '\0' && memcmp(bytes + i, word, length) == 0) {
            return true;
        }
    }
    return false;
}

bool qd_tracks_is_trackmate(const char *bytes, size_t size)
{
    return header_has(bytes, size, "TRACK_ID") && header_has(bytes, size, "ID") &&
           header_has(bytes, size, "POSITION_X");
}

bool qd_tracks_is_trackmate_edges(const char *bytes, size_t size)
{
    return header_has(bytes, size, "SPOT_SOURCE_ID") && header_has(bytes, size, "SPOT_TARGET_ID");
}

typedef struct reader {
    const qd_table *table;
    qd_gathering *g;
    size_t first; /* row that is no header */
    size_t id, track, frame, position[3];
    size_t *column; /* [features] */
    qd_numbering trees;
    size_t *tree; /* [rows of the table] */
    qd_error *error;
} reader;

static bool is_missing(const char *cell)
{
    return qd_table_missing(cell) || strcmp(cell, "\xC3\xB8") == 0 || strcasecmp(cell, "none") == 0;
}

/* Headers end where the column of IDs begins to be numbers. */
static size_t first_row(const qd_table *table, size_t id)
{
    size_t row = 0;
    double value;
    while (row < HEADERS && row < qd_table_rows(table) && qd_table_number(table, row, id, &value, NULL) != QD_OK) {
        row++;
    }
    return row;
}

static qd_status read_id(const qd_table *table, size_t row, size_t column, int64_t *id, qd_error *error)
{
    double value;
    const qd_status status = qd_table_number(table, row, column, &value, error);
    if (status == QD_OK && (value != floor(value) || fabs(value) > 9007199254740992.0)) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, row), column + 1,
                          "the ID of a spot is a whole number");
    }
    *id = status == QD_OK ? (int64_t)value : 0;
    return status;
}

/* ------------------------------------------------------------------------------------------------------ spots */

/* Is every spot's cell a number or missing, and one at least a number? */
static bool holds_numbers(const reader *r, size_t column)
{
    bool some = false;
    double value;
    for (size_t i = r->first; i < qd_table_rows(r->table); i++) {
        if (is_missing(qd_table_cell(r->table, i, column))) {
            continue;
        }
        if (qd_table_number(r->table, i, column, &value, NULL) != QD_OK) {
            return false;
        }
        some = true;
    }
    return some;
}

static qd_status find_columns(reader *r)
{
    static const char *const axes[] = {"POSITION_X", "POSITION_Y", "POSITION_Z"};
    const size_t columns = qd_table_columns(r->table);
    size_t dimensions = 2;
    qd_status status = qd_table_find(r->table, "ID", &r->id, r->error);
    status = status == QD_OK ? qd_table_find(r->table, "TRACK_ID", &r->track, r->error) : status;
    if (status == QD_OK && qd_table_find(r->table, "FRAME", &r->frame, NULL) != QD_OK) {
        status = qd_table_find(r->table, "POSITION_T", &r->frame, r->error);
    }
    for (size_t d = 0; d < 2 && status == QD_OK; d++) {
        status = qd_table_find(r->table, axes[d], &r->position[d], r->error);
    }
    if (status != QD_OK) {
        return status;
    }
    r->first = first_row(r->table, r->id);
    if (r->first == qd_table_rows(r->table)) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), 0, 0, "no spots below the header");
    }
    if (qd_table_find(r->table, axes[2], &r->position[2], NULL) == QD_OK) {
        dimensions = 3;
    }
    r->column = qd_mem_new(columns, sizeof *r->column);
    r->tree = qd_mem_new(qd_table_rows(r->table), sizeof *r->tree);
    if (r->column == NULL || r->tree == NULL) {
        return qd_fail_memory(r->error, columns * sizeof *r->column, "spots");
    }
    for (size_t c = 0; c < columns && status == QD_OK; c++) {
        if (qd_trackmate_is_feature(qd_table_name(r->table, c)) && holds_numbers(r, c)) {
            r->column[r->g->features] = c;
            status = qd_gather_feature(r->g, qd_table_name(r->table, c), r->error);
        }
    }
    return status == QD_OK ? qd_gather_open(r->g, qd_table_rows(r->table) - r->first, dimensions, r->error) : status;
}

static qd_status read_number(const reader *r, size_t row, size_t column, double *value)
{
    *value = NAN;
    return is_missing(qd_table_cell(r->table, row, column)) ? QD_OK
                                                            : qd_table_number(r->table, row, column, value, r->error);
}

static qd_status read_spot(reader *r, size_t row)
{
    qd_gathering *g = r->g;
    const size_t at = g->rows++;
    const char *track = qd_table_cell(r->table, row, r->track);
    double value;
    g->line[at] = qd_table_line(r->table, row);
    r->tree[at] = QD_NO_TRACK;
    qd_status status = read_id(r->table, row, r->id, &g->object[at], r->error);
    status = status == QD_OK ? qd_table_number(r->table, row, r->frame, &g->time[at], r->error) : status;
    if (status == QD_OK && !is_missing(track)) {
        status = qd_numbering_add(&r->trees, track, &r->tree[at], r->error);
    }
    for (size_t d = 0; d < g->dimensions && status == QD_OK; d++) {
        status = read_number(r, row, r->position[d], &g->position[at * g->dimensions + d]);
    }
    for (size_t f = 0; f < g->features && status == QD_OK; f++) {
        status = read_number(r, row, r->column[f], &value);
        g->x[at * g->features + f] = status == QD_OK && fabs(value) <= 3e38 ? (float)value : NAN;
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------------ edges */

static qd_status fill_edges(const qd_table *table, size_t first, size_t source, size_t target, qd_track_edge *edges,
                            qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = first; i < qd_table_rows(table) && status == QD_OK; i++) {
        qd_track_edge *edge = &edges[i - first];
        edge->line = qd_table_line(table, i);
        edge->tree = QD_NO_TRACK;
        status = read_id(table, i, source, &edge->source, error);
        status = status == QD_OK ? read_id(table, i, target, &edge->target, error) : status;
    }
    return status;
}

static qd_status read_edges(const qd_companion *file, const qd_track_options *options, qd_track_edge **edges,
                            size_t *count, qd_error *error)
{
    const qd_table_options how = {.limit = options->limit, .excel = options->excel};
    qd_table *table;
    size_t source = 0, target = 0;
    qd_status status = qd_table_parse(file->path, file->bytes, file->size, &how, &table, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_table_find(table, "SPOT_SOURCE_ID", &source, error);
    status = status == QD_OK ? qd_table_find(table, "SPOT_TARGET_ID", &target, error) : status;
    if (status == QD_OK) {
        const size_t first = first_row(table, source);
        *count = qd_table_rows(table) - first;
        *edges = qd_mem_new(*count, sizeof **edges);
        status = *edges == NULL ? qd_fail_memory(error, *count * sizeof **edges, "edges")
                                : fill_edges(table, first, source, target, *edges, error);
    }
    qd_table_free(table);
    return status;
}

/* A track of TrackMate's is a whole tree: without edges, one that does not branch. */
static qd_status set_tracks(reader *r)
{
    qd_gathering *g = r->g;
    qd_status status = QD_OK;
    g->hint = "; of cells that divide, TrackMate's table of edges is needed too";
    for (size_t i = 0; i < g->rows && status == QD_OK; i++) {
        if (r->tree[i] != QD_NO_TRACK) {
            status = qd_gather_track(g, r->trees.text[r->tree[i]], &r->tree[i], r->error);
        }
    }
    if (status == QD_OK) {
        qd_gather_close(g, r->tree);
    }
    return status;
}

static qd_status read_all(reader *r)
{
    qd_gathering *g = r->g;
    qd_track_edge *edges = NULL;
    size_t count = 0;
    qd_status status = find_columns(r);
    for (size_t i = r->first; i < qd_table_rows(r->table) && status == QD_OK; i++) {
        status = read_spot(r, i);
    }
    if (status != QD_OK) {
        return status;
    }
    qd_gather_flatten(g);
    if (g->edges.path == NULL) {
        return set_tracks(r);
    }
    g->lineage = true;
    status = read_edges(&g->edges, g->options, &edges, &count, r->error);
    if (status == QD_OK) {
        status = qd_gather_segments(g, &r->trees, r->tree, edges, count, g->edges.path, r->error);
    }
    g->edges.path = NULL;
    qd_mem_free(edges);
    return status;
}

qd_status qd_tracks_read_trackmate(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    const qd_table_options options = {.limit = g->options->limit, .excel = g->options->excel};
    qd_table *table;
    qd_status status = qd_table_parse(g->path, bytes, size, &options, &table, error);
    if (status != QD_OK) {
        return status;
    }
    reader r = {.table = table, .g = g, .error = error};
    g->format = "TrackMate spots";
    g->rule = QD_LINEAGE_STRICT;
    status = read_all(&r);
    qd_mem_free(r.column);
    qd_mem_free(r.tree);
    qd_numbering_clear(&r.trees);
    qd_table_free(table);
    return status;
}
