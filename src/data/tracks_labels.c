/* Labels: the classes in their order, and one label a frame or one a track. */
#include "base/mem.h"
#include "base/text.h"
#include "data/tracks_gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int qd_class_compare(const char *a, const char *b)
{
    double p, q;
    const bool one = qd_text_to_double(a, strlen(a), &p) && !isnan(p);
    const bool two = qd_text_to_double(b, strlen(b), &q) && !isnan(q);
    if (one && two && p != q) {
        return (p > q) - (p < q);
    }
    return one != two ? two - one : strcmp(a, b);
}

typedef struct named_class {
    const char *name;
    size_t index;
} named_class;

static int compare_classes(const void *a, const void *b)
{
    return qd_class_compare(((const named_class *)a)->name, ((const named_class *)b)->name);
}

/* The names of the classes in order, and place[old number] = new number. */
static qd_status order_classes(qd_gathering *g, qd_tracks *tracks, int32_t *place, qd_error *error)
{
    const size_t count = g->classes.count;
    named_class *classes = qd_mem_new(count, sizeof *classes);
    tracks->class_name = qd_mem_new(count, sizeof *tracks->class_name);
    if (classes == NULL || tracks->class_name == NULL) {
        qd_mem_free(classes);
        return qd_fail_memory(error, count * sizeof *classes, "classes");
    }
    for (size_t c = 0; c < count; c++) {
        classes[c] = (named_class){.name = g->classes.text[c], .index = c};
    }
    if (!g->classes_ordered) {
        qsort(classes, count, sizeof *classes, compare_classes);
    }
    for (size_t c = 0; c < count; c++) {
        tracks->class_name[c] = g->classes.text[classes[c].index];
        g->classes.text[classes[c].index] = NULL; /* it changes hands */
        place[classes[c].index] = (int32_t)c;
    }
    tracks->classes = count;
    qd_mem_free(classes);
    return QD_OK;
}

/* The label of a track is that of its labelled rows, where they agree: QD_NO_LABEL, or -2 where they do not. */
static int32_t common_label(const qd_tracks *tracks, size_t n, size_t *other)
{
    int32_t label = QD_NO_LABEL;
    for (size_t i = tracks->start[n]; i < tracks->start[n + 1]; i++) {
        if (tracks->label[i] == QD_NO_LABEL || tracks->label[i] == label) {
            continue;
        }
        if (label != QD_NO_LABEL) {
            *other = i;
            return -2;
        }
        label = tracks->label[i];
    }
    return label;
}

/* Labels of rows to labels of tracks.  Where they change within a track: *changed, or refused. */
static qd_status reduce_labels(qd_tracks *tracks, bool must, bool *changed, qd_error *error)
{
    int32_t *labels = qd_mem_new(tracks->count, sizeof *labels);
    if (labels == NULL) {
        return qd_fail_memory(error, tracks->count * sizeof *labels, "labels");
    }
    *changed = false;
    for (size_t n = 0; n < tracks->count && !*changed; n++) {
        size_t other = 0;
        labels[n] = common_label(tracks, n, &other);
        if (labels[n] < QD_NO_LABEL && must) {
            char time[32];
            qd_text_from_double(tracks->time[other], time, sizeof time);
            qd_mem_free(labels);
            return qd_fail_at(error, QD_ERR_FORMAT, tracks->path, 0, 0,
                              "the label of track %.60s changes at time %s; --per track wants one a track",
                              tracks->id[n], time);
        }
        *changed = labels[n] < QD_NO_LABEL;
    }
    if (*changed) {
        qd_mem_free(labels);
    } else {
        qd_mem_free(tracks->label);
        tracks->label = labels;
    }
    return QD_OK;
}

qd_status qd_gather_labels(qd_gathering *g, qd_tracks *tracks, qd_error *error)
{
    const char *per = g->options->per;
    if ((!g->labels && !g->track_labels) || g->options->unlabelled) {
        qd_mem_free(tracks->label);
        tracks->label = NULL;
        tracks->per_frame = strcmp(per, "frame") == 0;
        return QD_OK;
    }
    int32_t *place = qd_mem_new(g->classes.count, sizeof *place);
    if (place == NULL) {
        return qd_fail_memory(error, g->classes.count * sizeof *place, "classes");
    }
    qd_status status = order_classes(g, tracks, place, error);
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        for (size_t i = tracks->start[n]; i < tracks->start[n + 1]; i++) {
            const int32_t label = g->track_labels ? g->each[n].label : tracks->label[i];
            tracks->label[i] = label == QD_NO_LABEL ? label : place[label];
        }
    }
    qd_mem_free(place);
    tracks->per_frame = strcmp(per, "frame") == 0;
    if (status == QD_OK && !tracks->per_frame) {
        status = reduce_labels(tracks, strcmp(per, "track") == 0, &tracks->per_frame, error);
    }
    return status;
}
