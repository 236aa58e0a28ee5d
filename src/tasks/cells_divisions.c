/* Divisions: each end of a track, with each pair of tracks that begin near it, becomes a track of its own, the last
   frames of the mother and how near the pair is; whether that is a division is then a class of a track like any other.

   Learning, an end is shown with its two nearest births (or none), and a true division with its true daughters. */
#include "base/mem.h"
#include "base/text.h"
#include "tasks/cells_divisions.h"

#include <math.h>
#include <string.h>

enum { LAST_FRAMES = 20 };

static const char *const pair_features[] = {"pair_nearer", "pair_farther", "pair_apart", "pair_middle", "pair_delay"};
enum { PAIR_FEATURES = sizeof pair_features / sizeof pair_features[0] };

/* What is made of tracks. */
typedef struct making {
    const qd_tracks *tracks;
    const qd_kin_index *index;
    qd_divisions *d;
    size_t rows; /* so far, of the tracks that are made */
    bool fill;   /* the second time: now there is room */
} making;

static size_t frames_of(const qd_tracks *tracks, size_t n)
{
    const size_t length = qd_track_length(tracks, n);
    return length < LAST_FRAMES ? length : LAST_FRAMES;
}

/* How near a pair of births is to the end of track n: [PAIR_FEATURES]. */
static void fill_pair(const making *m, size_t n, const size_t pair[2], float *features)
{
    const qd_tracks *tracks = m->tracks;
    memset(features, 0, PAIR_FEATURES * sizeof *features);
    if (pair[0] == QD_NO_TRACK) {
        return;
    }
    const size_t end = tracks->start[n + 1] - 1, first = tracks->start[pair[0]], second = tracks->start[pair[1]];
    const double a = qd_kin_distance(tracks, first, end), b = qd_kin_distance(tracks, second, end);
    double middle = 0;
    for (size_t i = 0; i < tracks->dimensions; i++) {
        const double *at = tracks->position + i;
        const double half =
            (at[first * tracks->dimensions] + at[second * tracks->dimensions]) / 2 - at[end * tracks->dimensions];
        middle += half * half;
    }
    features[0] = (float)qd_kin_closeness(m->index, fmin(a, b));
    features[1] = (float)qd_kin_closeness(m->index, fmax(a, b));
    features[2] = (float)qd_kin_closeness(m->index, qd_kin_distance(tracks, first, second));
    features[3] = (float)qd_kin_closeness(m->index, sqrt(middle));
    features[4] = (float)((fmax(tracks->time[first], tracks->time[second]) - tracks->time[end]) / tracks->step);
}

/* Are these two the daughters of track n? */
static bool is_division(const qd_tracks *tracks, size_t n, const size_t pair[2])
{
    size_t found = 0;
    for (size_t i = tracks->daughter_start[n]; i < tracks->daughter_start[n + 1]; i++) {
        found += tracks->daughter[i] == pair[0] || tracks->daughter[i] == pair[1];
    }
    return found >= 2;
}

static void add_candidate(making *m, size_t n, size_t first, size_t second)
{
    const qd_tracks *tracks = m->tracks;
    qd_divisions *d = m->d;
    const size_t frames = frames_of(tracks, n), from = tracks->start[n + 1] - frames, i = d->count++;
    if (m->fill) {
        qd_tracks *made = d->candidates;
        float *x = made->x + m->rows * made->features;
        d->mother[i] = n;
        d->daughters[2 * i] = first < second ? first : second;
        d->daughters[2 * i + 1] = first < second ? second : first;
        made->start[i] = m->rows;
        made->start[i + 1] = m->rows + frames;
        made->label[i] = tracks->lineage && is_division(tracks, n, d->daughters + 2 * i);
        for (size_t t = 0; t < frames; t++) {
            if (tracks->features > 0) {
                memcpy(x, tracks->x + (from + t) * tracks->features, tracks->features * sizeof *x);
            }
            fill_pair(m, n, d->daughters + 2 * i, x + tracks->features);
            x += made->features;
            made->time[m->rows + t] = tracks->time[from + t];
        }
    }
    m->rows += frames;
}

/* All pairs that are asked for with an end. */
static void add_end(making *m, size_t n, bool learning)
{
    qd_kin kin;
    qd_kin_find(m->index, n, &kin);
    const size_t pairs = kin.count < 2 ? 0 : learning ? 1 : kin.count * (kin.count - 1) / 2;
    if (pairs == 0) {
        add_candidate(m, n, QD_NO_TRACK, QD_NO_TRACK);
    }
    for (size_t a = 0; a + 1 < kin.count && !learning; a++) {
        for (size_t b = a + 1; b < kin.count; b++) {
            add_candidate(m, n, kin.birth[a], kin.birth[b]);
        }
    }
    if (learning && pairs > 0) {
        const size_t nearest[2] = {kin.birth[0], kin.birth[1]};
        add_candidate(m, n, nearest[0], nearest[1]);
        const size_t *daughters = m->tracks->daughter + m->tracks->daughter_start[n];
        if (qd_track_daughters(m->tracks, n) == 2 && !is_division(m->tracks, n, nearest)) {
            add_candidate(m, n, daughters[0], daughters[1]);
        }
    }
}

static void add_all(making *m, bool learning, bool fill)
{
    m->fill = fill;
    m->rows = 0;
    m->d->count = 0;
    for (size_t n = 0; n < m->tracks->count; n++) {
        add_end(m, n, learning);
    }
}

/* ------------------------------------------------------------------------------------------------ memory */

static bool name_all(const qd_tracks *tracks, qd_tracks *made)
{
    bool done = true;
    for (size_t i = 0; i < made->features; i++) {
        made->feature[i] =
            qd_mem_string(i < tracks->features ? tracks->feature[i] : pair_features[i - tracks->features]);
        done = done && made->feature[i] != NULL;
    }
    static const char *const classes[] = {"no", "division"};
    for (size_t k = 0; k < 2; k++) {
        made->class_name[k] = qd_mem_string(classes[k]);
        done = done && made->class_name[k] != NULL;
    }
    return done;
}

/* Ids and keys are those of the mothers, so that splits and groups are the same. */
static qd_status name_mothers(making *m, qd_error *error)
{
    static const char *const lineage[] = {"id", "root", "parent"};
    enum { LINEAGE = sizeof lineage / sizeof lineage[0] };
    qd_tracks *made = m->d->candidates;
    for (size_t k = 0; k < made->keys; k++) {
        const char *name = k < m->tracks->keys ? m->tracks->key[k].name : lineage[k - m->tracks->keys];
        made->key[k].name = qd_mem_string(name);
        made->key[k].value = qd_mem_new(made->count, sizeof(char *));
        if (made->key[k].name == NULL || made->key[k].value == NULL) {
            return qd_fail_memory(error, made->count * sizeof(char *), "keys");
        }
        for (size_t i = 0; i < made->count; i++) {
            const char *value;
            const qd_status status = qd_tracks_key(m->tracks, name, m->d->mother[i], &value, error);
            if (status != QD_OK) {
                return status;
            }
            made->key[k].value[i] = qd_mem_string(value);
            if (made->key[k].value[i] == NULL) {
                return qd_fail_memory(error, strlen(value), "keys");
            }
        }
    }
    for (size_t i = 0; i < made->count; i++) {
        made->id[i] = qd_mem_string(m->tracks->id[m->d->mother[i]]);
        made->parent[i] = QD_NO_TRACK;
        made->root[i] = i;
        if (made->id[i] == NULL) {
            return qd_fail_memory(error, made->count, "names");
        }
    }
    return QD_OK;
}

static qd_status make_room(making *m, qd_error *error)
{
    const qd_tracks *tracks = m->tracks;
    qd_divisions *d = m->d;
    const size_t count = d->count, rows = m->rows;
    qd_tracks *made = d->candidates = qd_mem_new(1, sizeof *made);
    d->mother = qd_mem_new(count, sizeof *d->mother);
    d->daughters = qd_mem_new(count, 2 * sizeof *d->daughters);
    if (made == NULL || d->mother == NULL || d->daughters == NULL) {
        return qd_fail_memory(error, count * 3 * sizeof *d->mother, "candidates of divisions");
    }
    *made = (qd_tracks){.format = "ends of tracks", .step = tracks->step, .lineage = false};
    made->count = count;
    made->rows = rows;
    made->features = tracks->features + PAIR_FEATURES;
    made->classes = 2;
    made->path = qd_mem_string(tracks->path);
    made->start = qd_mem_new(count + 1, sizeof *made->start);
    made->id = qd_mem_new(count, sizeof *made->id);
    made->time = qd_mem_new(rows, sizeof *made->time);
    made->object = qd_mem_new(rows, sizeof *made->object);
    made->missing = qd_mem_new(count, sizeof *made->missing);
    made->feature = qd_mem_new(made->features, sizeof *made->feature);
    made->x = qd_mem_new(rows, made->features * sizeof *made->x);
    made->class_name = qd_mem_new(2, sizeof *made->class_name);
    made->label = qd_mem_new(count, sizeof *made->label);
    made->parent = qd_mem_new(count, sizeof *made->parent);
    made->root = qd_mem_new(count, sizeof *made->root);
    made->generation = qd_mem_new(count, sizeof *made->generation);
    made->daughter_start = qd_mem_new(count + 1, sizeof *made->daughter_start);
    made->daughter = qd_mem_new(1, sizeof *made->daughter);
    made->keys = tracks->keys + 3;
    made->key = qd_mem_new(made->keys, sizeof *made->key);
    const bool done = made->path != NULL && made->start != NULL && made->id != NULL && made->time != NULL &&
                      made->object != NULL && made->missing != NULL && made->feature != NULL && made->x != NULL &&
                      made->class_name != NULL && made->label != NULL && made->parent != NULL && made->root != NULL &&
                      made->generation != NULL && made->daughter_start != NULL && made->daughter != NULL &&
                      made->key != NULL;
    if (!done) { /* what is not there has no contents to free */
        made->features = made->feature != NULL ? made->features : 0;
        made->classes = made->class_name != NULL ? made->classes : 0;
        made->keys = made->key != NULL ? made->keys : 0;
        made->count = made->id != NULL ? made->count : 0;
    }
    return done && name_all(tracks, made)
               ? QD_OK
               : qd_fail_memory(error, rows * made->features * sizeof(float), "candidates of divisions");
}

qd_status qd_divisions_new(const qd_tracks *tracks, bool learning, qd_divisions *d, qd_error *error)
{
    *d = (qd_divisions){0};
    qd_kin_index index;
    qd_status status = qd_kin_index_new(tracks, &index, error);
    if (status != QD_OK) {
        return status;
    }
    making m = {.tracks = tracks, .index = &index, .d = d};
    add_all(&m, learning, false);
    status = make_room(&m, error);
    if (status == QD_OK) {
        add_all(&m, learning, true);
        status = name_mothers(&m, error);
    }
    qd_kin_index_clear(&index);
    if (status != QD_OK) {
        qd_divisions_clear(d);
    }
    return status;
}

void qd_divisions_clear(qd_divisions *d)
{
    qd_tracks_free(d->candidates);
    qd_mem_free(d->mother);
    qd_mem_free(d->daughters);
    *d = (qd_divisions){0};
}

void qd_divisions_best(const qd_divisions *d, const float *p, size_t *best)
{
    for (size_t i = 0; i < d->count; i++) {
        const size_t mother = d->mother[i];
        if (i == 0 || d->mother[i - 1] != mother || p[2 * i + 1] > p[2 * best[mother] + 1]) {
            best[mother] = i;
        }
    }
}
