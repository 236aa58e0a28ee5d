/* Gathering: the rows of a file in its own order become tracks. */
#include "data/tracks_gather.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/text.h"
#include "data/table.h"
#include "data/track_motion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------------------------------------- filling */

qd_status qd_gather_feature(qd_gathering *g, const char *name, qd_error *error)
{
    size_t number;
    qd_status status = qd_numbering_add(&g->feature, name, &number, error);
    if (status == QD_OK && number != g->features) {
        return qd_fail_at(error, QD_ERR_FORMAT, g->path, 0, 0, "two features are called %.60s", name);
    }
    g->features += status == QD_OK;
    return status;
}

/* A row's values before they are set. */
static void blank_rows(qd_gathering *g, size_t begin, size_t end)
{
    for (size_t i = begin * g->features; i < end * g->features; i++) {
        g->x[i] = NAN;
    }
    for (size_t i = begin * g->dimensions; i < end * g->dimensions; i++) {
        g->position[i] = NAN;
    }
    for (size_t i = begin; i < end; i++) {
        g->label[i] = QD_NO_LABEL;
    }
}

static qd_status resize(qd_gathering *g, size_t capacity, qd_error *error)
{
    struct {
        void **block;
        size_t size;
    } parts[] = {
        {(void **)&g->track, sizeof *g->track},
        {(void **)&g->time, sizeof *g->time},
        {(void **)&g->object, sizeof *g->object},
        {(void **)&g->line, sizeof *g->line},
        {(void **)&g->label, sizeof *g->label},
        {(void **)&g->x, g->features * sizeof *g->x},
        {(void **)&g->position, g->dimensions * sizeof *g->position},
    };
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        void *grown = qd_mem_resize(*parts[p].block, g->capacity, capacity, parts[p].size);
        if (grown == NULL) {
            return qd_fail_memory(error, capacity * (g->features * sizeof *g->x + 40), "tracks");
        }
        *parts[p].block = grown;
    }
    blank_rows(g, g->capacity, capacity);
    g->capacity = capacity;
    return QD_OK;
}

qd_status qd_gather_open(qd_gathering *g, size_t capacity, size_t dimensions, qd_error *error)
{
    g->dimensions = dimensions;
    return resize(g, capacity, error);
}

qd_status qd_gather_row(qd_gathering *g, qd_error *error)
{
    return g->rows < g->capacity ? QD_OK : resize(g, g->capacity == 0 ? 256 : 2 * g->capacity, error);
}

void qd_gather_flatten(qd_gathering *g)
{
    for (size_t i = 1; i < g->rows && g->dimensions == 3; i++) {
        const double z = g->position[3 * i + 2], first = g->position[2];
        if (z != first && !(isnan(z) && isnan(first))) {
            return;
        }
    }
    for (size_t i = 0; i < g->rows && g->dimensions == 3; i++) {
        g->position[2 * i] = g->position[3 * i];
        g->position[2 * i + 1] = g->position[3 * i + 1];
    }
    g->dimensions = 2;
}

void qd_gather_clear(qd_gathering *g)
{
    for (size_t k = 0; k < g->keys; k++) {
        for (size_t n = 0; n < g->ids.count && g->key[k].value != NULL; n++) {
            qd_mem_free(g->key[k].value[n]);
        }
        qd_mem_free(g->key[k].value);
        qd_mem_free(g->key[k].name);
    }
    qd_mem_free(g->key);
    qd_mem_free(g->target);
    qd_mem_free(g->track);
    qd_mem_free(g->time);
    qd_mem_free(g->object);
    qd_mem_free(g->line);
    qd_mem_free(g->x);
    qd_mem_free(g->position);
    qd_mem_free(g->label);
    qd_mem_free(g->each);
    qd_numbering_clear(&g->feature);
    qd_numbering_clear(&g->classes);
    qd_numbering_clear(&g->ids);
    qd_numbering_clear(&g->parents);
    *g = (qd_gathering){0};
}

qd_status qd_gather_track(qd_gathering *g, const char *id, size_t *number, qd_error *error)
{
    const size_t before = g->ids.count;
    qd_status status = qd_numbering_add(&g->ids, id, number, error);
    if (status != QD_OK || g->ids.count == before) {
        return status;
    }
    if (before == g->each_capacity) {
        const size_t capacity = before == 0 ? 64 : 2 * before;
        qd_gathered_track *each = qd_mem_resize(g->each, before, capacity, sizeof *each);
        if (each == NULL) {
            return qd_fail_memory(error, capacity * sizeof *each, "tracks");
        }
        g->each = each;
        g->each_capacity = capacity;
    }
    g->each[before] = (qd_gathered_track){.parent = QD_NO_TRACK, .label = QD_NO_LABEL};
    return QD_OK;
}

qd_status qd_gather_parent(qd_gathering *g, size_t track, const char *text, uint64_t line, qd_error *error)
{
    g->lineage = true;
    if (qd_table_missing(text) || strcmp(text, g->ids.text[track]) == 0) {
        return QD_OK;
    }
    g->each[track].line = line;
    return qd_numbering_add(&g->parents, text, &g->each[track].parent, error);
}

qd_status qd_gather_class(qd_gathering *g, const char *name, int32_t *label, qd_error *error)
{
    size_t number;
    *label = QD_NO_LABEL;
    if (qd_table_missing(name)) {
        return QD_OK;
    }
    const qd_status status = qd_numbering_add(&g->classes, name, &number, error);
    if (status == QD_OK && number >= INT32_MAX) {
        return qd_fail_at(error, QD_ERR_FORMAT, g->path, 0, 0, "too many classes");
    }
    if (status == QD_OK) {
        *label = (int32_t)number;
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- the order */

static int compare_moments(const void *a, const void *b)
{
    const qd_moment *p = a, *q = b;
    return p->time != q->time ? (p->time > q->time) - (p->time < q->time) : (p->row > q->row) - (p->row < q->row);
}

void qd_moments_sort(qd_moment *moments, size_t count)
{
    qsort(moments, count, sizeof *moments, compare_moments);
}

/* tracks->start by counting, and order[rows]: the rows by track, and in a track by time. */
static qd_status find_order(const qd_gathering *g, qd_tracks *tracks, size_t *order, qd_error *error)
{
    size_t longest = 0;
    for (size_t i = 0; i < g->rows; i++) {
        tracks->start[g->track[i] + 1]++;
    }
    for (size_t n = 0; n < tracks->count; n++) {
        longest = tracks->start[n + 1] > longest ? tracks->start[n + 1] : longest;
        tracks->start[n + 1] += tracks->start[n];
    }
    size_t *next = qd_mem_new(tracks->count, sizeof *next);
    qd_moment *moments = qd_mem_new(longest, sizeof *moments);
    if (next == NULL || moments == NULL) {
        qd_mem_free(next);
        qd_mem_free(moments);
        return qd_fail_memory(error, longest * sizeof *moments, "tracks");
    }
    memcpy(next, tracks->start, tracks->count * sizeof *next);
    for (size_t i = 0; i < g->rows; i++) {
        order[next[g->track[i]]++] = i;
    }
    for (size_t n = 0; n < tracks->count; n++) {
        size_t *rows = order + tracks->start[n];
        const size_t length = qd_track_length(tracks, n);
        for (size_t i = 0; i < length; i++) {
            moments[i] = (qd_moment){g->time[rows[i]], rows[i]};
        }
        qd_moments_sort(moments, length);
        for (size_t i = 0; i < length; i++) {
            rows[i] = moments[i].row;
        }
    }
    qd_mem_free(next);
    qd_mem_free(moments);
    return QD_OK;
}

static qd_status check_times(const qd_gathering *g, const qd_tracks *tracks, const size_t *order, qd_error *error)
{
    for (size_t n = 0; n < tracks->count; n++) {
        for (size_t i = tracks->start[n] + 1; i < tracks->start[n + 1]; i++) {
            const size_t row = order[i], before = order[i - 1];
            char time[32], other[64] = "";
            if (g->time[row] > g->time[before]) {
                continue;
            }
            qd_text_from_double(g->time[row], time, sizeof time);
            if (g->line[before] != 0) {
                qd_text_format(other, sizeof other, " (the other is on line %llu)",
                               (unsigned long long)g->line[before]);
            }
            return qd_fail_at(error, QD_ERR_FORMAT, g->path, g->line[row], 0,
                              "two objects of track %.60s at time %s%s%s", g->ids.text[n], time, other,
                              g->hint != NULL ? g->hint : "");
        }
    }
    return QD_OK;
}

static bool has_value(const qd_gathering *g, size_t row)
{
    for (size_t f = 0; f < g->features; f++) {
        if (!isnan(g->x[row * g->features + f])) {
            return true;
        }
    }
    return false;
}

/* Takes the frames without any value off the ends of the tracks; a track without any at all keeps its first frame. */
static void trim(const qd_gathering *g, qd_tracks *tracks, size_t *order)
{
    size_t used = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        size_t first = tracks->start[n], last = tracks->start[n + 1];
        while (last > first + 1 && !has_value(g, order[last - 1])) {
            last--;
        }
        while (first + 1 < last && !has_value(g, order[first])) {
            first++;
        }
        tracks->start[n] = used;
        memmove(order + used, order + first, (last - first) * sizeof *order);
        used += last - first;
        /* start[n + 1] is still where the untrimmed next track begins */
    }
    tracks->start[tracks->count] = used;
    tracks->rows = used;
}

static void *permuted(const void *values, size_t size, const size_t *order, size_t rows)
{
    char *out = qd_mem_new(rows, size);
    for (size_t i = 0; out != NULL && i < rows && size > 0; i++) {
        memcpy(out + i * size, (const char *)values + order[i] * size, size);
    }
    return out;
}

/* The arrays of rows in their order, each let go where it was copied. */
static qd_status put_in_order(qd_gathering *g, qd_tracks *tracks, const size_t *order, qd_error *error)
{
    struct {
        void *from, **to;
        size_t size;
    } parts[] = {
        {g->time, (void **)&tracks->time, sizeof *g->time},
        {g->object, (void **)&tracks->object, sizeof *g->object},
        {g->x, (void **)&tracks->x, g->features * sizeof *g->x},
        {g->position, (void **)&tracks->position, g->dimensions * sizeof *g->position},
        {g->label, (void **)&tracks->label, sizeof *g->label},
    };
    g->time = NULL;
    g->object = NULL;
    g->x = NULL;
    g->position = NULL;
    g->label = NULL;
    bool whole = true;
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        *parts[p].to = whole ? permuted(parts[p].from, parts[p].size, order, tracks->rows) : NULL;
        whole = *parts[p].to != NULL;
        qd_mem_free(parts[p].from);
    }
    return whole ? QD_OK : qd_fail_memory(error, tracks->rows * g->features * sizeof *g->x, "tracks");
}

/* ----------------------------------------------------------------------------------------------------- gaps */

/* The step is the median of those from row to row; a track lacks a frame for each further step. */
static qd_status find_gaps(qd_tracks *tracks, qd_error *error)
{
    double *steps = qd_mem_new(tracks->rows, sizeof *steps);
    tracks->missing = qd_mem_new(tracks->count, sizeof *tracks->missing);
    if (steps == NULL || tracks->missing == NULL) {
        qd_mem_free(steps);
        return qd_fail_memory(error, tracks->rows * sizeof *steps, "tracks");
    }
    size_t count = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        for (size_t i = tracks->start[n] + 1; i < tracks->start[n + 1]; i++) {
            steps[count++] = tracks->time[i] - tracks->time[i - 1];
        }
    }
    qd_sort_doubles(steps, count);
    tracks->step = count > 0 ? steps[(count - 1) / 2] : 1;
    qd_mem_free(steps);
    for (size_t n = 0; n < tracks->count; n++) {
        for (size_t i = tracks->start[n] + 1; i < tracks->start[n + 1]; i++) {
            const double more = rint((tracks->time[i] - tracks->time[i - 1]) / tracks->step) - 1;
            tracks->missing[n] += more > 0 ? (size_t)fmin(more, 1e15) : 0;
        }
    }
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------------- finish */

/* What only changes hands. */
static void hand_over(qd_gathering *g, qd_tracks *tracks)
{
    tracks->format = g->format;
    tracks->id = g->ids.text;
    tracks->feature = g->feature.text;
    tracks->features = g->features;
    tracks->dimensions = g->dimensions;
    tracks->keys = g->keys;
    tracks->key = g->key;
    tracks->target = g->target;
    tracks->loose = g->loose;
    g->key = NULL;
    g->keys = 0;
    g->target = NULL;
}

/* Of features that the format names itself, those that the options name. */
static qd_status choose_features(const qd_gathering *g, qd_tracks *tracks, qd_error *error)
{
    qd_names names;
    if (g->chosen || *g->options->features == '\0') {
        return QD_OK;
    }
    qd_status status = qd_names_read(g->options->features, &names, error);
    if (status == QD_OK) {
        status = qd_tracks_use_features(tracks, names.count, (const char *const *)names.name, error);
        qd_names_clear(&names);
    }
    return status;
}

static qd_status make(qd_gathering *g, qd_tracks *tracks, size_t *order, qd_error *error)
{
    qd_status status = g->graph.path != NULL ? qd_gather_graph(g, error) : QD_OK;
    if (status == QD_OK) {
        status = find_order(g, tracks, order, error);
    }
    if (status == QD_OK) {
        status = check_times(g, tracks, order, error);
    }
    if (status != QD_OK) {
        return status;
    }
    if (g->options->trim) {
        trim(g, tracks, order);
    }
    status = put_in_order(g, tracks, order, error);
    if (status == QD_OK) {
        status = qd_gather_labels(g, tracks, error);
    }
    if (status == QD_OK) {
        status = find_gaps(tracks, error);
    }
    if (status == QD_OK) {
        status = qd_gather_lineage(g, tracks, error);
    }
    if (status == QD_OK) {
        status = choose_features(g, tracks, error);
    }
    return status == QD_OK ? qd_track_motion_add(tracks, g->options, error) : status;
}

qd_status qd_gather_finish(qd_gathering *g, qd_tracks **out, qd_error *error)
{
    if (g->rows == 0) {
        const qd_status status = qd_fail_at(error, QD_ERR_FORMAT, g->path, 0, 0, "no tracks");
        qd_gather_clear(g);
        return status;
    }
    qd_tracks *tracks = qd_mem_new(1, sizeof *tracks);
    size_t *order = qd_mem_new(g->rows, sizeof *order);
    qd_status status = QD_OK;
    if (tracks != NULL) {
        tracks->count = g->ids.count;
        tracks->rows = g->rows;
        tracks->path = qd_mem_string(g->path);
        tracks->start = qd_mem_new(tracks->count + 1, sizeof *tracks->start);
        tracks->film = qd_mem_new(tracks->count, sizeof *tracks->film);
    }
    if (tracks == NULL || order == NULL || tracks->path == NULL || tracks->start == NULL || tracks->film == NULL) {
        status = qd_fail_memory(error, g->rows * sizeof *order, "tracks");
    } else {
        hand_over(g, tracks);
        status = make(g, tracks, order, error);
        g->ids.text = NULL; /* the tracks' now; asked for by the lineage until here */
        g->ids.count = 0;
        g->feature.text = NULL;
        g->feature.count = 0;
    }
    qd_mem_free(order);
    qd_gather_clear(g);
    if (status != QD_OK) {
        qd_tracks_free(tracks);
        return status;
    }
    *out = tracks;
    return QD_OK;
}
