/* Kin of tracks: births after ends, by time and then by distance. */
#include "data/track_kin.h"
#include "base/mem.h"
#include "base/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* For qsort, which hands down nothing but the elements. */
typedef struct moment {
    double time;
    size_t track;
} moment;

static int by_time(const void *a, const void *b)
{
    const moment *x = a, *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    return x->track < y->track ? -1 : 1;
}

static size_t first_row(const qd_tracks *tracks, size_t n)
{
    return tracks->start[n];
}

static size_t last_row(const qd_tracks *tracks, size_t n)
{
    return tracks->start[n + 1] - 1;
}

static size_t film_of(const qd_tracks *tracks, size_t n)
{
    return tracks->film != NULL ? tracks->film[n] : 0;
}

/* Another track of the same film? */
static bool may_be_kin(const qd_tracks *tracks, size_t n, size_t other)
{
    return other != n && film_of(tracks, other) == film_of(tracks, n);
}

double qd_kin_distance(const qd_tracks *tracks, size_t row, size_t other_row)
{
    const double *a = tracks->position + row * tracks->dimensions;
    const double *b = tracks->position + other_row * tracks->dimensions;
    double squares = 0;
    for (size_t i = 0; i < tracks->dimensions; i++) {
        squares += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return isnan(squares) ? HUGE_VAL : sqrt(squares);
}

double qd_kin_closeness(const qd_kin_index *index, double distance)
{
    static const double usual_ways = 8;
    const double scale = usual_ways * index->scale;
    return isfinite(distance) ? scale / (scale + distance) : 0;
}

/* ------------------------------------------------------------------------------------------------- index */

static void sort_tracks(const qd_tracks *tracks, bool by_end, moment *moments, size_t *order)
{
    for (size_t n = 0; n < tracks->count; n++) {
        moments[n] = (moment){tracks->time[by_end ? last_row(tracks, n) : first_row(tracks, n)], n};
    }
    qsort(moments, tracks->count, sizeof *moments, by_time);
    for (size_t i = 0; i < tracks->count; i++) {
        order[i] = moments[i].track;
    }
}

/* When each film begins and ends. */
static void find_spans(const qd_tracks *tracks, qd_kin_index *index)
{
    for (size_t f = 0; f < index->films; f++) {
        index->first[f] = HUGE_VAL;
        index->last[f] = -HUGE_VAL;
    }
    for (size_t n = 0; n < tracks->count; n++) {
        const size_t f = film_of(tracks, n);
        index->first[f] = fmin(index->first[f], tracks->time[first_row(tracks, n)]);
        index->last[f] = fmax(index->last[f], tracks->time[last_row(tracks, n)]);
    }
}

/* The median way from frame to frame; ways: room for one a row. */
static double usual_way(const qd_tracks *tracks, double *ways)
{
    size_t count = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        for (size_t row = first_row(tracks, n) + 1; row <= last_row(tracks, n); row++) {
            const double way = qd_kin_distance(tracks, row, row - 1);
            if (isfinite(way)) {
                ways[count++] = way;
            }
        }
    }
    qd_sort_doubles(ways, count);
    return count > 0 && ways[count / 2] > 1e-9 ? ways[count / 2] : 1;
}

qd_status qd_kin_index_new(const qd_tracks *tracks, qd_kin_index *index, qd_error *error)
{
    *index = (qd_kin_index){.tracks = tracks, .films = film_of(tracks, tracks->count - 1) + 1};
    if (tracks->dimensions == 0) {
        return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                          "no positions, by which tracks that begin and end can be matched (--position x,y)");
    }
    index->by_start = qd_mem_new(tracks->count, sizeof *index->by_start);
    index->by_end = qd_mem_new(tracks->count, sizeof *index->by_end);
    index->first = qd_mem_new(index->films, sizeof *index->first);
    index->last = qd_mem_new(index->films, sizeof *index->last);
    moment *moments = qd_mem_new(tracks->count, sizeof *moments);
    double *ways = qd_mem_new(tracks->rows, sizeof *ways);
    const bool failed = index->by_start == NULL || index->by_end == NULL || index->first == NULL ||
                        index->last == NULL || moments == NULL || ways == NULL;
    if (!failed) {
        sort_tracks(tracks, false, moments, index->by_start);
        sort_tracks(tracks, true, moments, index->by_end);
        index->scale = usual_way(tracks, ways);
        find_spans(tracks, index);
    }
    qd_mem_free(moments);
    qd_mem_free(ways);
    if (failed) {
        qd_kin_index_clear(index);
        return qd_fail_memory(error, tracks->rows * sizeof *ways, "kin");
    }
    return QD_OK;
}

void qd_kin_index_clear(qd_kin_index *index)
{
    qd_mem_free(index->by_start);
    qd_mem_free(index->by_end);
    qd_mem_free(index->first);
    qd_mem_free(index->last);
    *index = (qd_kin_index){0};
}

/* ------------------------------------------------------------------------------------------------ finding */

static double time_of(const qd_kin_index *index, const size_t *order, size_t i)
{
    const qd_tracks *tracks = index->tracks;
    return tracks->time[order == index->by_end ? last_row(tracks, order[i]) : first_row(tracks, order[i])];
}

/* The first place of an order whose time is at least `time`. */
static size_t from_time(const qd_kin_index *index, const size_t *order, double time)
{
    size_t low = 0, high = index->tracks->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (time_of(index, order, middle) < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Puts a birth in its place among the nearest. */
static void insert(qd_kin *kin, size_t birth, double distance)
{
    size_t at = kin->count < QD_KIN_NEAR ? kin->count++ : QD_KIN_NEAR;
    for (; at > 0 && kin->distance[at - 1] > distance; at--) {
        if (at < QD_KIN_NEAR) {
            kin->birth[at] = kin->birth[at - 1];
            kin->distance[at] = kin->distance[at - 1];
        }
    }
    if (at < QD_KIN_NEAR) {
        kin->birth[at] = birth;
        kin->distance[at] = distance;
    }
}

void qd_kin_find(const qd_kin_index *index, size_t track, qd_kin *kin)
{
    const qd_tracks *tracks = index->tracks;
    const double end = tracks->time[last_row(tracks, track)], step = tracks->step;
    *kin = (qd_kin){0};
    for (size_t i = from_time(index, index->by_start, end + step / 2);
         i < tracks->count && time_of(index, index->by_start, i) <= end + (QD_KIN_WINDOW + 0.5) * step; i++) {
        const size_t other = index->by_start[i];
        const double distance = qd_kin_distance(tracks, first_row(tracks, other), last_row(tracks, track));
        if (may_be_kin(tracks, track, other) && isfinite(distance)) {
            insert(kin, other, distance);
        }
    }
}

/* The distance from a row of a track to the nearest beginning (or end: order is by_end) of another track, of those at
   times from .. until; infinite where there is none. */
static double nearest(const qd_kin_index *index, const size_t *order, size_t track, size_t row, double from,
                      double until)
{
    const qd_tracks *tracks = index->tracks;
    double least = HUGE_VAL;
    for (size_t i = from_time(index, order, from); i < tracks->count && time_of(index, order, i) <= until; i++) {
        const size_t other = order[i];
        const size_t at = order == index->by_end ? last_row(tracks, other) : first_row(tracks, other);
        const double distance = qd_kin_distance(tracks, at, row);
        least = may_be_kin(tracks, track, other) && distance < least ? distance : least;
    }
    return least;
}

/* Of ends, in the window before a track's beginning. */
static double origin(const qd_kin_index *index, size_t track)
{
    const size_t row = first_row(index->tracks, track);
    const double start = index->tracks->time[row], step = index->tracks->step;
    return nearest(index, index->by_end, track, row, start - (QD_KIN_WINDOW + 0.5) * step,
                   nextafter(start - step / 2, -HUGE_VAL));
}

/* Of other beginnings, within a frame. */
static double sibling(const qd_kin_index *index, size_t track)
{
    const size_t row = first_row(index->tracks, track);
    const double start = index->tracks->time[row], step = index->tracks->step;
    return nearest(index, index->by_start, track, row, start - 1.5 * step, start + 1.5 * step);
}

/* ----------------------------------------------------------------------------------------------- features */

static const char *const names[] = {"birth_1", "birth_2",    "births_apart", "origin",
                                    "sibling", "near_birth", "near_end"};
enum { NAMES = sizeof names / sizeof names[0], OF_TRACK = 5 };

/* The closeness of the nearest beginning of another track around a row, and of the nearest end; not those by which the
   film itself begins and ends. */
static void near_row(const qd_kin_index *index, size_t track, size_t row, float closeness[2])
{
    const size_t film = film_of(index->tracks, track);
    const double time = index->tracks->time[row], around = (QD_KIN_AROUND + 0.5) * index->tracks->step;
    const double from = time - around, until = time + around;
    const double birth =
        nearest(index, index->by_start, track, row, fmax(from, nextafter(index->first[film], HUGE_VAL)), until);
    const double end =
        nearest(index, index->by_end, track, row, from, fmin(until, nextafter(index->last[film], -HUGE_VAL)));
    closeness[0] = (float)qd_kin_closeness(index, birth);
    closeness[1] = (float)qd_kin_closeness(index, end);
}

static void features_of(const qd_kin_index *index, size_t track, float features[NAMES])
{
    const qd_tracks *tracks = index->tracks;
    qd_kin kin;
    qd_kin_find(index, track, &kin);
    const double apart = kin.count > 1
                             ? qd_kin_distance(tracks, first_row(tracks, kin.birth[0]), first_row(tracks, kin.birth[1]))
                             : HUGE_VAL;
    features[0] = (float)qd_kin_closeness(index, kin.count > 0 ? kin.distance[0] : HUGE_VAL);
    features[1] = (float)qd_kin_closeness(index, kin.count > 1 ? kin.distance[1] : HUGE_VAL);
    features[2] = (float)qd_kin_closeness(index, apart);
    features[3] = (float)qd_kin_closeness(index, origin(index, track));
    features[4] = (float)qd_kin_closeness(index, sibling(index, track));
}

/* Makes room for the features: names first, so that a failure leaves nothing half done. */
static qd_status make_room(qd_tracks *tracks, qd_error *error)
{
    const size_t before = tracks->features, after = before + NAMES;
    float *x = qd_mem_new(tracks->rows, after * sizeof *x);
    char **feature = qd_mem_new(after, sizeof *feature);
    bool failed = x == NULL || feature == NULL;
    for (size_t i = 0; i < NAMES && !failed; i++) {
        feature[before + i] = qd_mem_string(names[i]);
        failed = feature[before + i] == NULL;
    }
    if (failed) {
        for (size_t i = 0; feature != NULL && i < NAMES; i++) {
            qd_mem_free(feature[before + i]);
        }
        qd_mem_free(feature);
        qd_mem_free(x);
        return qd_fail_memory(error, tracks->rows * after * sizeof *x, "features");
    }
    for (size_t row = 0; row < tracks->rows && before > 0; row++) {
        memcpy(x + row * after, tracks->x + row * before, before * sizeof *x);
    }
    if (before > 0) {
        memcpy(feature, tracks->feature, before * sizeof *feature);
    }
    qd_mem_free(tracks->x);
    qd_mem_free(tracks->feature);
    tracks->x = x;
    tracks->feature = feature;
    tracks->features = after;
    return QD_OK;
}

qd_status qd_track_kin_add(qd_tracks *tracks, qd_error *error)
{
    qd_kin_index index;
    qd_status status = qd_kin_index_new(tracks, &index, error);
    if (status == QD_OK) {
        status = make_room(tracks, error);
    }
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        float features[NAMES];
        features_of(&index, n, features);
        for (size_t row = tracks->start[n]; row < tracks->start[n + 1]; row++) {
            near_row(&index, n, row, features + OF_TRACK);
            memcpy(tracks->x + (row + 1) * tracks->features - NAMES, features, sizeof features);
        }
    }
    qd_kin_index_clear(&index);
    return status;
}
