/* Lineage: names of parents become numbers, and are checked. */
#include "base/mem.h"
#include "base/text.h"
#include "data/tracks_gather.h"

#include <string.h>

static qd_status refuse(const qd_gathering *g, size_t n, const char *what, const char *other, qd_error *error)
{
    return qd_fail_at(error, QD_ERR_FORMAT, g->path, g->each[n].line, 0, "the parent of track %.60s, %.60s, %s",
                      g->ids.text[n], other, what);
}

/* The track that a text names as a parent. */
static qd_status find_parent(qd_gathering *g, qd_tracks *tracks, size_t n, qd_error *error)
{
    tracks->parent[n] = QD_NO_TRACK;
    if (g->each[n].parent == QD_NO_TRACK) {
        return QD_OK;
    }
    const char *text = g->parents.text[g->each[n].parent];
    size_t parent;
    if (!qd_numbering_find(&g->ids, text, &parent)) {
        if (strcmp(text, "0") == 0 || strcmp(text, "-1") == 0) {
            return QD_OK; /* how formats write that there is none */
        }
        if (g->rule == QD_LINEAGE_STRICT) {
            return refuse(g, n, "is not there", text, error);
        }
        tracks->orphans++;
        return QD_OK;
    }
    tracks->parent[n] = parent;
    return QD_OK;
}

/* Does the parent begin before its daughter and, where that is the format's rule, end before too? */
static qd_status check_parent(const qd_gathering *g, const qd_tracks *tracks, size_t n, qd_error *error)
{
    const size_t parent = tracks->parent[n];
    if (parent == QD_NO_TRACK) {
        return QD_OK;
    }
    const double begin = tracks->time[tracks->start[n]];
    char text[64] = "begins after it, at time ";
    size_t used = strlen(text);
    if (tracks->time[tracks->start[parent]] > begin) {
        qd_text_from_double(tracks->time[tracks->start[parent]], text + used, sizeof text - used);
        return refuse(g, n, text, g->ids.text[parent], error);
    }
    const double end = tracks->time[tracks->start[parent + 1] - 1];
    if (g->rule == QD_LINEAGE_STRICT && end >= begin) {
        strcpy(text, "overlaps it: it ends at time ");
        used = strlen(text);
        qd_text_from_double(end, text + used, sizeof text - used);
        return refuse(g, n, text, g->ids.text[parent], error);
    }
    return QD_OK;
}

/* root and generation of n and of its ancestors, up to the first that has them.  A walk of more steps than there are
   tracks goes round. */
static qd_status find_root(const qd_gathering *g, qd_tracks *tracks, size_t n, qd_error *error)
{
    size_t top = n, steps = 0;
    while (tracks->root[top] == QD_NO_TRACK && tracks->parent[top] != QD_NO_TRACK) {
        top = tracks->parent[top];
        if (++steps > tracks->count) {
            return qd_fail_at(error, QD_ERR_FORMAT, g->path, g->each[top].line, 0,
                              "track %.60s is its own ancestor: the lineage goes round", g->ids.text[top]);
        }
    }
    const bool founder = tracks->root[top] == QD_NO_TRACK;
    const size_t root = founder ? top : tracks->root[top];
    size_t generation = steps + (founder ? 0 : tracks->generation[top]);
    for (size_t at = n; tracks->root[at] == QD_NO_TRACK; at = tracks->parent[at]) {
        tracks->root[at] = root;
        tracks->generation[at] = generation--;
        if (tracks->parent[at] == QD_NO_TRACK) {
            break;
        }
    }
    return QD_OK;
}

static void list_daughters(qd_tracks *tracks)
{
    size_t *start = tracks->daughter_start;
    for (size_t n = 0; n < tracks->count; n++) {
        if (tracks->parent[n] != QD_NO_TRACK) {
            start[tracks->parent[n] + 1]++;
        }
    }
    for (size_t n = 0; n < tracks->count; n++) {
        start[n + 1] += start[n];
    }
    for (size_t n = tracks->count; n-- > 0;) { /* backwards, so that each count becomes the place of the first */
        if (tracks->parent[n] != QD_NO_TRACK) {
            tracks->daughter[--start[tracks->parent[n] + 1]] = n;
        }
    }
    /* start[p + 1] is now where p's daughters begin */
    memmove(start, start + 1, tracks->count * sizeof *start);
    size_t all = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        all += tracks->parent[n] != QD_NO_TRACK;
    }
    start[tracks->count] = all;
}

qd_status qd_gather_lineage(qd_gathering *g, qd_tracks *tracks, qd_error *error)
{
    const size_t count = tracks->count;
    tracks->lineage = g->lineage;
    tracks->parent = qd_mem_new(count, sizeof *tracks->parent);
    tracks->root = qd_mem_new(count, sizeof *tracks->root);
    tracks->generation = qd_mem_new(count, sizeof *tracks->generation);
    tracks->daughter_start = qd_mem_new(count + 2, sizeof *tracks->daughter_start);
    tracks->daughter = qd_mem_new(count, sizeof *tracks->daughter);
    if (tracks->parent == NULL || tracks->root == NULL || tracks->generation == NULL ||
        tracks->daughter_start == NULL || tracks->daughter == NULL) {
        return qd_fail_memory(error, count * sizeof *tracks->parent, "a lineage");
    }
    qd_status status = QD_OK;
    for (size_t n = 0; n < count && status == QD_OK; n++) {
        status = find_parent(g, tracks, n, error);
        tracks->root[n] = QD_NO_TRACK;
    }
    for (size_t n = 0; n < count && status == QD_OK; n++) {
        status = find_root(g, tracks, n, error);
    }
    for (size_t n = 0; n < count && status == QD_OK; n++) {
        status = check_parent(g, tracks, n, error);
    }
    if (status == QD_OK) {
        list_daughters(tracks);
    }
    return status;
}
