/* Features from positions: how a cell moves, and who is near. */
#include "data/track_motion.h"
#include "base/mem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const motion_names[] = {"speed", "turn", "displacement", "path"};
enum { MOTIONS = sizeof motion_names / sizeof motion_names[0] };

bool qd_track_motion_is(const char *name)
{
    for (size_t i = 0; i < MOTIONS; i++) {
        if (strcmp(name, motion_names[i]) == 0) {
            return true;
        }
    }
    return strncmp(name, "neighbour_", strlen("neighbour_")) == 0;
}

/* However far off a position is, what is reckoned from it is finite (or NaN). */
static float within(double value)
{
    return isnan(value) ? NAN : (float)fmin(value, (double)FLT_MAX);
}

static double distance(const qd_tracks *tracks, size_t a, size_t b)
{
    double sum = 0;
    for (size_t d = 0; d < tracks->dimensions; d++) {
        const double difference =
            tracks->position[a * tracks->dimensions + d] - tracks->position[b * tracks->dimensions + d];
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* The angle between the step to `row` and the one before it; NaN where one of them has no length. */
static double turn_at(const qd_tracks *tracks, size_t row)
{
    const double *now = tracks->position + row * tracks->dimensions;
    const double *before = now - tracks->dimensions, *earlier = before - tracks->dimensions;
    double dot = 0, one = 0, two = 0;
    for (size_t d = 0; d < tracks->dimensions; d++) {
        const double step = now[d] - before[d], last = before[d] - earlier[d];
        dot += step * last;
        one += step * step;
        two += last * last;
    }
    return one > 0 && two > 0 ? acos(fmax(-1, fmin(1, dot / sqrt(one * two)))) : NAN;
}

static void set_motion(const qd_tracks *tracks, size_t n, size_t features, float *x)
{
    const size_t first = tracks->start[n];
    double path = 0;
    for (size_t i = first; i < tracks->start[n + 1]; i++) {
        float *out = x + i * features;
        const double step = i > first ? distance(tracks, i, i - 1) : NAN;
        path += i > first && !isnan(step) ? step : 0;
        out[0] = i > first ? within(step / (tracks->time[i] - tracks->time[i - 1])) : NAN;
        out[1] = i > first + 1 ? within(turn_at(tracks, i)) : NAN;
        out[2] = within(distance(tracks, i, first));
        out[3] = within(path);
    }
}

/* ------------------------------------------------------------------------------------------------ neighbours */

/* With its place, so that those of a frame lie together; coordinates that there are not are 0. */
typedef struct moment {
    double time, at[3];
    size_t row;
} moment;

/* By time, and in a frame by the first coordinate; those without one last. */
static int compare_moments(const void *a, const void *b)
{
    const moment *p = a, *q = b;
    if (p->time != q->time) {
        return (p->time > q->time) - (p->time < q->time);
    }
    const double x = p->at[0], other = q->at[0];
    if (x != other && !(isnan(x) && isnan(other))) {
        return isnan(x) ? 1 : isnan(other) ? -1 : (x > other) - (x < other);
    }
    return (p->row > q->row) - (p->row < q->row);
}

/* The squared distances of the nearest found so far, in rising order. */
typedef struct nearest {
    double square[QD_NEIGHBOURS];
    size_t count;
} nearest;

static void meet(const moment *self, const moment *other, nearest *n)
{
    const double dx = self->at[0] - other->at[0], dy = self->at[1] - other->at[1], dz = self->at[2] - other->at[2];
    const double d = dx * dx + dy * dy + dz * dz;
    if (isnan(d) || (n->count == QD_NEIGHBOURS && d >= n->square[QD_NEIGHBOURS - 1])) {
        return;
    }
    size_t at = n->count < QD_NEIGHBOURS ? n->count++ : n->count - 1;
    for (; at > 0 && n->square[at - 1] > d; at--) {
        n->square[at] = n->square[at - 1];
    }
    n->square[at] = d;
}

/* Can a cell that is `apart` along the first coordinate still be among the nearest? */
static bool may_be_near(const nearest *n, double apart)
{
    return n->count < QD_NEIGHBOURS || apart * apart < n->square[QD_NEIGHBOURS - 1];
}

/* The nearest of the rows of one frame, into out[QD_NEIGHBOURS + 1]: outwards along the first coordinate, as far as one
   may be nearer than those found. */
static void set_neighbours(const moment *frame, size_t count, size_t self, float *out)
{
    nearest n = {.count = 0};
    const double x = frame[self].at[0];
    for (size_t j = self; j-- > 0 && may_be_near(&n, x - frame[j].at[0]);) {
        meet(&frame[self], &frame[j], &n);
    }
    for (size_t j = self + 1; j < count && may_be_near(&n, frame[j].at[0] - x); j++) {
        meet(&frame[self], &frame[j], &n);
    }
    for (size_t k = 0; k < QD_NEIGHBOURS; k++) {
        out[k] = k < n.count ? within(sqrt(n.square[k])) : NAN;
    }
    out[QD_NEIGHBOURS] = (float)(count - 1);
}

static qd_status add_neighbours(const qd_tracks *tracks, size_t features, float *x, qd_error *error)
{
    moment *moments = qd_mem_new(tracks->rows, sizeof *moments);
    if (moments == NULL) {
        return qd_fail_memory(error, tracks->rows * sizeof *moments, "neighbours");
    }
    for (size_t i = 0; i < tracks->rows; i++) {
        moments[i] = (moment){.time = tracks->time[i], .row = i};
        memcpy(moments[i].at, tracks->position + i * tracks->dimensions, tracks->dimensions * sizeof(double));
    }
    qsort(moments, tracks->rows, sizeof *moments, compare_moments);
    for (size_t begin = 0, end; begin < tracks->rows; begin = end) {
        for (end = begin + 1; end < tracks->rows && moments[end].time == moments[begin].time;) {
            end++;
        }
        for (size_t i = begin; i < end; i++) {
            set_neighbours(moments + begin, end - begin, i - begin, x + moments[i].row * features);
        }
    }
    qd_mem_free(moments);
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------------- adding */

/* The names of the features that are there and `more` new ones; the strings of the old ones change hands. */
static qd_status add_names(qd_tracks *tracks, bool motion, bool neighbours, qd_error *error)
{
    const size_t more = (motion ? (size_t)MOTIONS : 0) + (neighbours ? (size_t)QD_NEIGHBOURS + 1 : 0);
    char **names = qd_mem_resize(tracks->feature, tracks->features, tracks->features + more, sizeof *names);
    if (names == NULL) {
        return qd_fail_memory(error, more * sizeof *names, "features");
    }
    tracks->feature = names;
    for (size_t k = 0; k < more; k++) {
        const size_t j = k - (motion ? (size_t)MOTIONS : 0);
        char name[] = "neighbour_1";
        name[sizeof name - 2] = (char)('1' + j % 10);
        names[tracks->features] = qd_mem_string(motion && k < MOTIONS ? motion_names[k]
                                                : j < QD_NEIGHBOURS   ? name
                                                                      : "neighbours");
        if (names[tracks->features] == NULL) {
            return qd_fail_memory(error, sizeof name, "features");
        }
        tracks->features++;
    }
    return QD_OK;
}

/* x [rows][before] with room for more features; the new ones are not set. */
static qd_status widen(qd_tracks *tracks, size_t before, size_t now, qd_error *error)
{
    float *x = qd_mem_new(tracks->rows, now * sizeof *x);
    if (x == NULL) {
        return qd_fail_memory(error, tracks->rows * now * sizeof *x, "features");
    }
    for (size_t i = 0; i < tracks->rows; i++) {
        memcpy(x + i * now, tracks->x + i * before, before * sizeof *x);
    }
    qd_mem_free(tracks->x);
    tracks->x = x;
    return QD_OK;
}

qd_status qd_track_motion_add(qd_tracks *tracks, const qd_track_options *options, qd_error *error)
{
    if (!options->motion && !options->neighbours) {
        return QD_OK;
    }
    if (tracks->dimensions == 0) {
        return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                          "motion, neighbours: no positions are known; name their columns (--position x,y)");
    }
    const size_t before = tracks->features;
    qd_status status = add_names(tracks, options->motion, options->neighbours, error);
    if (status == QD_OK) {
        status = widen(tracks, before, tracks->features, error);
    }
    if (status != QD_OK) {
        return status;
    }
    for (size_t n = 0; n < tracks->count && options->motion; n++) {
        set_motion(tracks, n, tracks->features, tracks->x + before);
    }
    return options->neighbours
               ? add_neighbours(tracks, tracks->features, tracks->x + before + (options->motion ? MOTIONS : 0), error)
               : QD_OK;
}
