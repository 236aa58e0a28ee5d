/* Tracks: what is asked of them after they were read. */
#include "data/tracks.h"
#include "base/mem.h"
#include "data/names.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

qd_track_options qd_track_options_of(const qd_settings *settings)
{
    return (qd_track_options){
        .id = qd_settings_text(settings, "id"),
        .time = qd_settings_text(settings, "time"),
        .features = qd_settings_text(settings, "features"),
        .label = qd_settings_text(settings, "label"),
        .per = qd_settings_text(settings, "per"),
        .parent = qd_settings_text(settings, "parent"),
        .object = qd_settings_text(settings, "object"),
        .position = qd_settings_text(settings, "position"),
        .categorical = qd_settings_text(settings, "categorical"),
        .where = qd_settings_text(settings, "where"),
        .phases = qd_settings_text(settings, "phases"),
        .keep = "",
        .trim = qd_settings_flag(settings, "trim"),
        .motion = qd_settings_flag(settings, "motion"),
        .neighbours = qd_settings_flag(settings, "neighbours"),
        .limit = (uint64_t)qd_settings_integer(settings, "gzip-limit"),
        .excel = strcmp(qd_settings_text(settings, "dialect"), "excel") == 0,
    };
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++) {
        qd_mem_free(texts[i]);
    }
    qd_mem_free(texts);
}

void qd_tracks_free(qd_tracks *tracks)
{
    if (tracks == NULL) {
        return;
    }
    for (size_t k = 0; k < tracks->keys; k++) {
        free_texts(tracks->key[k].value, tracks->count);
        qd_mem_free(tracks->key[k].name);
    }
    free_texts(tracks->id, tracks->count);
    free_texts(tracks->feature, tracks->features);
    free_texts(tracks->class_name, tracks->classes);
    void *const blocks[] = {
        tracks->key,     tracks->path,       tracks->start,          tracks->time,     tracks->object, tracks->film,
        tracks->missing, tracks->x,          tracks->position,       tracks->label,    tracks->target, tracks->parent,
        tracks->root,    tracks->generation, tracks->daughter_start, tracks->daughter, tracks};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        qd_mem_free(blocks[i]);
    }
}

/* A copy of texts, or NULL. */
static char **copy_texts(const char *const *texts, size_t count)
{
    char **copy = qd_mem_new(count, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = qd_mem_string(texts[i]);
        if (copy[i] == NULL) {
            free_texts(copy, i);
            return NULL;
        }
    }
    return copy;
}

/* ------------------------------------------------------------------------------------------------- classes */

static size_t index_of(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

static qd_status map_classes(const qd_tracks *tracks, size_t count, const char *const *names, int32_t *place,
                             qd_error *error)
{
    for (size_t c = 0; c < tracks->classes; c++) {
        const size_t found = index_of(tracks->class_name[c], names, count);
        place[c] = (int32_t)found;
        if (found < count) {
            continue;
        }
        char *list;
        const qd_status status = qd_names_join(count, (char *const *)names, ", ", &list, error);
        if (status != QD_OK) {
            return status;
        }
        qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                   "the class %.60s is unknown to the model, which knows %.300s", tracks->class_name[c], list);
        qd_mem_free(list);
        return QD_ERR_VALUE;
    }
    return QD_OK;
}

qd_status qd_tracks_use_classes(qd_tracks *tracks, size_t count, const char *const *names, qd_error *error)
{
    if (tracks->label == NULL) {
        return QD_OK;
    }
    int32_t *place = qd_mem_new(tracks->classes, sizeof *place);
    char **copy = copy_texts(names, count);
    qd_status status = place == NULL || copy == NULL ? qd_fail_memory(error, count * sizeof *copy, "classes")
                                                     : map_classes(tracks, count, names, place, error);
    if (status != QD_OK) {
        free_texts(copy, count);
        qd_mem_free(place);
        return status;
    }
    const size_t labels = tracks->per_frame ? tracks->rows : tracks->count;
    for (size_t i = 0; i < labels; i++) {
        tracks->label[i] = tracks->label[i] == QD_NO_LABEL ? QD_NO_LABEL : place[tracks->label[i]];
    }
    free_texts(tracks->class_name, tracks->classes);
    tracks->class_name = copy;
    tracks->classes = count;
    qd_mem_free(place);
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ features */

/* Is this "COLUMN=value" of a column of which the tracks have other values? */
static bool is_absent_category(const qd_tracks *tracks, const char *name)
{
    const char *equals = strchr(name, '=');
    for (size_t f = 0; equals != NULL && f < tracks->features; f++) {
        if (strncmp(tracks->feature[f], name, (size_t)(equals - name) + 1) == 0) {
            return true;
        }
    }
    return false;
}

enum { ZEROS = -1 };

/* from[k]: the feature of the tracks that is k, or ZEROS. */
static qd_status map_features(const qd_tracks *tracks, size_t count, const char *const *names, ptrdiff_t *from,
                              qd_error *error)
{
    char **missing = qd_mem_new(count, sizeof *missing); /* borrowed texts */
    size_t missed = 0;
    if (missing == NULL) {
        return qd_fail_memory(error, count * sizeof *missing, "features");
    }
    for (size_t k = 0; k < count; k++) {
        const size_t f = index_of(names[k], (const char *const *)tracks->feature, tracks->features);
        from[k] = f < tracks->features ? (ptrdiff_t)f : ZEROS;
        if (f == tracks->features && !is_absent_category(tracks, names[k])) {
            missing[missed++] = (char *)names[k];
        }
    }
    qd_status status = QD_OK;
    char *list;
    if (missed > 0) {
        status = qd_names_join(missed, missing, ", ", &list, error);
        if (status == QD_OK) {
            status = qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                                "%zu of the %zu features that are needed are missing: %.500s", missed, count, list);
            qd_mem_free(list);
        }
    }
    qd_mem_free(missing);
    return status;
}

qd_status qd_tracks_use_features(qd_tracks *tracks, size_t count, const char *const *names, qd_error *error)
{
    ptrdiff_t *from = qd_mem_new(count, sizeof *from);
    char **copy = copy_texts(names, count);
    float *x = qd_mem_new(tracks->rows, count * sizeof *x);
    qd_status status = from == NULL || copy == NULL || x == NULL
                           ? qd_fail_memory(error, tracks->rows * count * sizeof *x, "features")
                           : map_features(tracks, count, names, from, error);
    if (status != QD_OK) {
        qd_mem_free(from);
        free_texts(copy, count);
        qd_mem_free(x);
        return status;
    }
    for (size_t i = 0; i < tracks->rows; i++) {
        for (size_t k = 0; k < count; k++) {
            x[i * count + k] = from[k] == ZEROS ? 0 : tracks->x[i * tracks->features + (size_t)from[k]];
        }
    }
    free_texts(tracks->feature, tracks->features);
    qd_mem_free(tracks->x);
    qd_mem_free(from);
    tracks->feature = copy;
    tracks->features = count;
    tracks->x = x;
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------------- keys */

static qd_status list_keys(const qd_tracks *tracks, const char *name, qd_error *error)
{
    char text[300] = "id, root, parent";
    size_t used = strlen(text);
    for (size_t k = 0; k < tracks->keys; k++) {
        const size_t length = strlen(tracks->key[k].name);
        if (used + length + 3 < sizeof text) {
            memcpy(text + used, ", ", 2);
            memcpy(text + used + 2, tracks->key[k].name, length + 1);
            used += length + 2;
        }
    }
    return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0, "the tracks have no column %.60s; there are %s", name,
                      text);
}

qd_status qd_tracks_key(const qd_tracks *tracks, const char *name, size_t n, const char **value, qd_error *error)
{
    for (size_t k = 0; k < tracks->keys; k++) {
        if (strcmp(tracks->key[k].name, name) == 0) {
            *value = tracks->key[k].value[n];
            return QD_OK;
        }
    }
    if (strcmp(name, "id") == 0) {
        *value = tracks->id[n];
    } else if (strcmp(name, "root") == 0) {
        *value = tracks->id[tracks->root[n]];
    } else if (strcmp(name, "parent") == 0) {
        *value = tracks->parent[n] != QD_NO_TRACK ? tracks->id[tracks->parent[n]] : "";
    } else {
        return list_keys(tracks, name, error);
    }
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------- fingerprint */

static uint32_t add(uint32_t crc, const void *data, size_t size)
{
    return (uint32_t)crc32_z(crc, data, size);
}

static uint32_t add_texts(uint32_t crc, char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        crc = add(crc, texts[i], strlen(texts[i]) + 1);
    }
    return crc;
}

uint32_t qd_tracks_fingerprint(const qd_tracks *tracks)
{
    const uint64_t sizes[] = {tracks->count,   tracks->rows,       tracks->features,
                              tracks->classes, tracks->dimensions, tracks->per_frame};
    const size_t labels = tracks->label == NULL ? 0 : tracks->per_frame ? tracks->rows : tracks->count;
    uint32_t crc = add(0, sizes, sizeof sizes);
    crc = add_texts(crc, tracks->id, tracks->count);
    crc = add_texts(crc, tracks->feature, tracks->features);
    crc = add_texts(crc, tracks->class_name, tracks->classes);
    for (size_t n = 0; n < tracks->count; n++) {
        const uint64_t place[] = {tracks->start[n], tracks->parent[n]};
        crc = add(crc, place, sizeof place);
    }
    crc = add(crc, tracks->time, tracks->rows * sizeof *tracks->time);
    for (size_t i = 0; i < tracks->rows * tracks->features; i++) { /* a NaN is a NaN, whatever its bits */
        const float value = isnan(tracks->x[i]) ? -INFINITY : tracks->x[i];
        crc = add(crc, &value, sizeof value);
    }
    return labels > 0 ? add(crc, tracks->label, labels * sizeof *tracks->label) : crc;
}
