/* Tables of tracks: long, wide or with lists in their cells (tracks_columns.h); a row's frames go into the gathering
   one by one, whatever its shape. */
#include "base/mem.h"
#include "base/text.h"
#include "data/tracks_columns.h"
#include "data/where.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const qd_table *table;
    bool *counts; /* [rows] */
    qd_track_columns c;
    qd_gathering *g;
    double *list; /* the lists of a row: [sources + 1][longest]; the last one holds the times */
    size_t longest;
    size_t *next; /* long without times: [tracks], frames so far */
    size_t next_capacity;
    qd_error *error;
} reader;

/* ---------------------------------------------------------------------------------------------------- cells */

/* 12 of "12.0": tables that passed through a program that knows numbers alone. */
static const char *tidy(const char *cell, char text[32])
{
    const char *point = strchr(cell, '.');
    const size_t whole = point != NULL ? (size_t)(point - cell) : 0;
    if (whole == 0 || whole >= 31 || strspn(cell + (*cell == '-'), "0123456789") + (*cell == '-') != whole ||
        point[1] == '\0' || strspn(point + 1, "0") != strlen(point + 1)) {
        return cell;
    }
    memcpy(text, cell, whole);
    text[whole] = '\0';
    return text;
}

static qd_status read_number(const reader *r, size_t row, size_t column, double *value)
{
    if (qd_table_missing(qd_table_cell(r->table, row, column))) {
        *value = NAN;
        return QD_OK;
    }
    return qd_table_number(r->table, row, column, value, r->error);
}

static size_t count_items(const char *cell)
{
    size_t count = 0;
    for (cell += strspn(cell, "[ ,;\n\r\t"); *cell != '\0' && *cell != ']'; cell += strspn(cell, " ,;\n\r\t")) {
        cell += strcspn(cell, " ,;\n\r\t]");
        count++;
    }
    return count;
}

/* The items of "[1, 2.5, nan]"; None and null are missing too.  An empty cell has none. */
static qd_status read_list(const reader *r, size_t row, size_t column, double *values, size_t *count)
{
    const char *cell = qd_table_cell(r->table, row, column);
    *count = 0;
    if (qd_table_missing(cell)) {
        return QD_OK;
    }
    const size_t size = strlen(cell);
    if (cell[0] != '[' || cell[size - 1] != ']') {
        return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row), column + 1,
                          "column %.60s: expected a list, [1.5, 1.7]", qd_table_name(r->table, column));
    }
    for (cell += strspn(cell, "[ ,;\n\r\t"); *cell != '\0' && *cell != ']'; cell += strspn(cell, " ,;\n\r\t")) {
        const size_t length = strcspn(cell, " ,;\n\r\t]");
        double value = NAN;
        char text[8] = "";
        memcpy(text, cell, length < sizeof text ? length : 0);
        const bool missing =
            length < sizeof text && (qd_table_missing(text) || strcmp(text, "None") == 0 || strcmp(text, "null") == 0);
        if (!missing && (!qd_text_to_double(cell, length, &value) || !isfinite(value))) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row),
                              column + 1, "column %.60s: item %zu of the list, %.*s, is no number",
                              qd_table_name(r->table, column), *count + 1, (int)(length < 40 ? length : 40), cell);
        }
        values[(*count)++] = missing ? NAN : value;
        cell += length;
    }
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------------- a row */

/* All lists of a row, of one length: *frames. */
static qd_status read_lists(reader *r, size_t row, size_t *frames)
{
    const char *first = NULL; /* the column whose length counts */
    *frames = 0;
    for (size_t k = 0; k <= r->c.sources; k++) {
        const bool times = k == r->c.sources;
        if (times ? r->c.time == QD_NO_COLUMN : r->c.source[k].kind != QD_SOURCE_LIST) {
            continue;
        }
        const size_t column = times ? r->c.time : r->c.source[k].column;
        size_t count;
        const qd_status status = read_list(r, row, column, r->list + k * r->longest, &count);
        if (status != QD_OK) {
            return status;
        }
        if (first != NULL && count != *frames) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row),
                              column + 1, "the list in column %.60s has %zu items, that in %.60s has %zu",
                              qd_table_name(r->table, column), count, first, *frames);
        }
        first = qd_table_name(r->table, column);
        *frames = count;
    }
    return QD_OK;
}

/* The time of frame t of a row. */
static qd_status read_time(reader *r, size_t row, size_t track, size_t t, double *time)
{
    switch (r->c.shape) {
    case QD_SHAPE_WIDE:
        *time = r->c.frame[t];
        return QD_OK;
    case QD_SHAPE_LISTS:
        *time = r->c.time != QD_NO_COLUMN ? r->list[r->c.sources * r->longest + t] : (double)t;
        if (isnan(*time)) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row),
                              r->c.time + 1, "item %zu of the list of times is missing", t + 1);
        }
        return QD_OK;
    case QD_SHAPE_LONG:
        break;
    }
    if (r->c.time != QD_NO_COLUMN) {
        return qd_table_number(r->table, row, r->c.time, time, r->error);
    }
    if (track >= r->next_capacity) { /* frames are counted */
        const size_t capacity = 2 * track + 64;
        size_t *next = qd_mem_resize(r->next, r->next_capacity, capacity, sizeof *next);
        if (next == NULL) {
            return qd_fail_memory(r->error, capacity * sizeof *next, "tracks");
        }
        r->next = next;
        r->next_capacity = capacity;
    }
    *time = (double)r->next[track]++;
    return QD_OK;
}

static qd_status read_feature(const reader *r, size_t row, size_t t, size_t k, float *x)
{
    const qd_track_source *source = &r->c.source[k];
    const size_t column = source->kind == QD_SOURCE_FAMILY ? source->member[t] : source->column;
    double value = NAN;
    qd_status status = QD_OK;
    if (source->kind == QD_SOURCE_LIST) {
        value = r->list[k * r->longest + t];
    } else if (source->kind == QD_SOURCE_CATEGORY) {
        const char *cell = qd_table_cell(r->table, row, column);
        value = qd_table_missing(cell) ? NAN : strcmp(cell, source->value) == 0;
    } else if (column != QD_NO_COLUMN) {
        status = read_number(r, row, column, &value);
    }
    *x = (float)value;
    if (status == QD_OK && isinf(*x)) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row), column + 1,
                          "a number beyond what is reckoned with here (3.4e38)");
    }
    return status;
}

/* The phase at a time: that after the last of the leading times that have come. */
static qd_status read_phase(const reader *r, size_t row, double time, int32_t *label)
{
    *label = 0;
    for (size_t k = 0; k + 1 < r->c.phases; k++) {
        double begin;
        const qd_status status = read_number(r, row, r->c.phase_time[k], &begin);
        if (status != QD_OK) {
            return status;
        }
        if (isnan(begin)) {
            return QD_OK;
        }
        *label = time >= begin ? (int32_t)k + 1 : *label;
    }
    return QD_OK;
}

static qd_status read_object(const reader *r, size_t row, size_t t, int64_t *object)
{
    *object = r->c.shape == QD_SHAPE_LONG ? (int64_t)row + 1 : (int64_t)t;
    if (r->c.object == QD_NO_COLUMN || r->c.shape != QD_SHAPE_LONG) {
        return QD_OK;
    }
    double value;
    const qd_status status = qd_table_number(r->table, row, r->c.object, &value, r->error);
    if (status == QD_OK && (value != floor(value) || fabs(value) > 9007199254740992.0)) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row),
                          r->c.object + 1, "the number of an object is whole");
    }
    *object = status == QD_OK ? (int64_t)value : 0;
    return status;
}

static qd_status read_frame(reader *r, size_t row, size_t track, size_t t)
{
    qd_gathering *g = r->g;
    const size_t at = g->rows;
    g->track[at] = track;
    g->line[at] = qd_table_line(r->table, row);
    qd_status status = read_time(r, row, track, t, &g->time[at]);
    status = status == QD_OK ? read_object(r, row, t, &g->object[at]) : status;
    for (size_t k = 0; k < r->c.sources && status == QD_OK; k++) {
        status = read_feature(r, row, t, k, &g->x[at * g->features + k]);
    }
    for (size_t d = 0; d < r->c.positions && status == QD_OK; d++) {
        status = read_number(r, row, r->c.position[d], &g->position[at * g->dimensions + d]);
    }
    if (status == QD_OK && r->c.phases > 0) {
        status = read_phase(r, row, g->time[at], &g->label[at]);
    } else if (status == QD_OK && r->c.label != QD_NO_COLUMN) {
        char text[32];
        status = qd_gather_class(g, tidy(qd_table_cell(r->table, row, r->c.label), text), &g->label[at], r->error);
    }
    g->rows++;
    return status;
}

/* The name of a row's track: in `text`, or the cell. */
static const char *id_of(const reader *r, size_t row, char text[32])
{
    if (r->c.id != QD_NO_COLUMN) {
        return tidy(qd_table_cell(r->table, row, r->c.id), text);
    }
    qd_text_format(text, 32, "%zu", row + 1);
    return text;
}

static qd_status read_row(reader *r, size_t row)
{
    size_t frames = r->c.shape == QD_SHAPE_WIDE ? r->c.frames : 1, track;
    const size_t before = r->g->ids.count;
    if (r->c.id != QD_NO_COLUMN && qd_table_missing(qd_table_cell(r->table, row, r->c.id))) {
        r->g->loose++;
        return QD_OK;
    }
    qd_status status = r->c.shape == QD_SHAPE_LISTS ? read_lists(r, row, &frames) : QD_OK;
    if (status != QD_OK || frames == 0) {
        return status; /* a cell of which no frame is known */
    }
    char id[32];
    status = qd_gather_track(r->g, id_of(r, row, id), &track, r->error);
    const bool new = r->g->ids.count > before;
    if (status == QD_OK && !new && r->c.shape != QD_SHAPE_LONG) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row), r->c.id + 1,
                          "the track %.60s stands there twice", r->g->ids.text[track]);
    }
    if (status == QD_OK && new && r->c.parent != QD_NO_COLUMN) {
        char text[32];
        status = qd_gather_parent(r->g, track, tidy(qd_table_cell(r->table, row, r->c.parent), text),
                                  qd_table_line(r->table, row), r->error);
    }
    for (size_t t = 0; t < frames && status == QD_OK; t++) {
        status = read_frame(r, row, track, t);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------------- keys */

static qd_status set_key(reader *r, size_t column, qd_track_key *key)
{
    const qd_gathering *g = r->g;
    key->name = qd_mem_string(qd_table_name(r->table, column));
    key->value = qd_mem_new(g->ids.count, sizeof *key->value);
    if (key->name == NULL || key->value == NULL) {
        return qd_fail_memory(r->error, g->ids.count * sizeof *key->value, "tracks");
    }
    for (size_t row = 0; row < qd_table_rows(r->table); row++) {
        char text[32], id[32];
        size_t n;
        if (!r->counts[row]) {
            continue;
        }
        const char *name = id_of(r, row, id);
        if (!qd_numbering_find(&g->ids, name, &n)) {
            continue; /* a row without frames */
        }
        const char *value = tidy(qd_table_cell(r->table, row, column), text);
        if (key->value[n] != NULL && strcmp(key->value[n], value) != 0) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row),
                              column + 1, "column %.60s changes within track %.60s; a split needs one value a track",
                              key->name, g->ids.text[n]);
        }
        if (key->value[n] == NULL && (key->value[n] = qd_mem_string(value)) == NULL) {
            return qd_fail_memory(r->error, strlen(value), "tracks");
        }
    }
    return QD_OK;
}

static qd_status set_keys(reader *r)
{
    qd_gathering *g = r->g;
    g->key = qd_mem_new(r->c.keys, sizeof *g->key);
    if (g->key == NULL) {
        return qd_fail_memory(r->error, r->c.keys * sizeof *g->key, "tracks");
    }
    qd_status status = QD_OK;
    for (size_t k = 0; k < r->c.keys && status == QD_OK; k++) {
        g->keys++;
        status = set_key(r, r->c.key[k], &g->key[k]);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------------- all */

/* Room for every frame, and for the longest lists. */
static qd_status make_room(reader *r)
{
    size_t frames = 0;
    const size_t rows = qd_table_rows(r->table);
    for (size_t i = 0; i < rows; i++) {
        size_t most = r->c.shape == QD_SHAPE_WIDE ? r->c.frames : 1;
        for (size_t k = 0; k <= r->c.sources && r->c.shape == QD_SHAPE_LISTS; k++) {
            const size_t column = k < r->c.sources ? r->c.source[k].column : r->c.time;
            if (k < r->c.sources ? r->c.source[k].kind == QD_SOURCE_LIST : column != QD_NO_COLUMN) {
                const size_t items = count_items(qd_table_cell(r->table, i, column));
                most = items > most ? items : most;
            }
        }
        frames += r->counts[i] ? most : 0;
        r->longest = most > r->longest ? most : r->longest;
    }
    if (r->c.shape == QD_SHAPE_LISTS) {
        r->list = qd_mem_new(r->longest, (r->c.sources + 1) * sizeof *r->list);
        if (r->list == NULL) {
            return qd_fail_memory(r->error, r->longest * (r->c.sources + 1) * sizeof *r->list, "lists");
        }
    }
    return qd_gather_open(r->g, frames, r->c.positions, r->error);
}

/* The labels are those of the phases, in their order, or those of a column. */
static qd_status open_labels(reader *r)
{
    qd_status status = QD_OK;
    int32_t label;
    for (size_t k = 0; k < r->c.phases && status == QD_OK; k++) {
        status = qd_gather_class(r->g, r->c.phase.name[2 * k], &label, r->error);
        if (status == QD_OK && label != (int32_t)k) {
            status =
                qd_fail(r->error, QD_ERR_VALUE, "phases: the name %.60s stands there twice", r->c.phase.name[2 * k]);
        }
    }
    r->g->classes_ordered = r->c.phases > 0;
    r->g->labels = r->c.phases > 0 || r->c.label != QD_NO_COLUMN;
    return status;
}

static qd_status read_all(reader *r)
{
    static const char *const formats[] = {"long table", "wide table", "table of lists"};
    qd_status status = qd_where(r->table, r->g->options->where, r->counts, r->error);
    if (status == QD_OK) {
        status = qd_track_columns_find(r->table, r->counts, r->g, &r->c, r->error);
    }
    if (status != QD_OK) {
        return status;
    }
    r->g->chosen = true;
    r->g->format = formats[r->c.shape];
    r->g->lineage = r->c.parent != QD_NO_COLUMN;
    status = open_labels(r);
    if (status == QD_OK) {
        status = make_room(r);
    }
    for (size_t i = 0; i < qd_table_rows(r->table) && status == QD_OK; i++) {
        status = r->counts[i] ? read_row(r, i) : QD_OK;
    }
    return status == QD_OK ? set_keys(r) : status;
}

static qd_status read_table(const qd_table *table, qd_gathering *g, qd_error *error)
{
    reader r = {.table = table, .g = g, .error = error};
    r.counts = qd_mem_new(qd_table_rows(table), sizeof *r.counts);
    const qd_status status = r.counts == NULL ? qd_fail_memory(error, qd_table_rows(table), "tracks") : read_all(&r);
    qd_track_columns_clear(&r.c);
    qd_mem_free(r.counts);
    qd_mem_free(r.list);
    qd_mem_free(r.next);
    return status;
}

qd_status qd_tracks_read_table(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    const qd_table_options options = {.limit = g->options->limit, .excel = g->options->excel};
    qd_table *table;
    qd_status status = qd_table_parse(g->path, bytes, size, &options, &table, error);
    if (status == QD_OK) {
        status = read_table(table, g, error);
        qd_table_free(table);
    }
    return status;
}
