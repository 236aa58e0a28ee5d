/* Segments: what a linker of spots writes (spots, edges, trees) becomes tracks with a lineage. */
#include "base/mem.h"
#include "base/text.h"
#include "data/tracks_gather.h"

#include <stdlib.h>
#include <string.h>

typedef struct spot {
    int64_t id;
    size_t row;
} spot;

typedef struct cutter {
    qd_gathering *g;
    const qd_numbering *trees;
    size_t *tree; /* [rows] */
    const char *edges_path;
    spot *spots;       /* [rows]: by ID */
    size_t *before;    /* [rows]: the row that leads here; of several any */
    size_t *in, *out;  /* [rows]: edges */
    size_t *order;     /* [rows]: by time */
    size_t *segment;   /* [rows]: track in g->ids, QD_NO_TRACK: loose */
    size_t *daughters; /* [rows]: of the segment that ends in this row, named so far */
    size_t *founders;  /* [trees]: named so far */
    qd_error *error;
} cutter;

static int compare_spots(const void *a, const void *b)
{
    const spot *p = a, *q = b;
    return p->id != q->id ? (p->id > q->id) - (p->id < q->id) : (p->row > q->row) - (p->row < q->row);
}

static qd_status index_spots(cutter *c)
{
    const size_t rows = c->g->rows;
    for (size_t i = 0; i < rows; i++) {
        c->spots[i] = (spot){c->g->object[i], i};
    }
    qsort(c->spots, rows, sizeof *c->spots, compare_spots);
    for (size_t i = 1; i < rows; i++) {
        if (c->spots[i].id == c->spots[i - 1].id) {
            return qd_fail_at(c->error, QD_ERR_FORMAT, c->g->path, c->g->line[c->spots[i].row], 0,
                              "two spots have the ID %lld (the other is on line %llu)", (long long)c->spots[i].id,
                              (unsigned long long)c->g->line[c->spots[i - 1].row]);
        }
    }
    return QD_OK;
}

static size_t row_of(const cutter *c, int64_t id)
{
    size_t low = 0, high = c->g->rows;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (c->spots[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < c->g->rows && c->spots[low].id == id ? c->spots[low].row : QD_NO_TRACK;
}

/* An edge leads from the earlier to the later spot, whichever is called its source. */
static qd_status add_edge(cutter *c, const qd_track_edge *edge)
{
    size_t from = row_of(c, edge->source), to = row_of(c, edge->target);
    if (from == QD_NO_TRACK || to == QD_NO_TRACK) {
        return qd_fail_at(c->error, QD_ERR_FORMAT, c->edges_path, edge->line, 0,
                          "an edge to spot %lld, which is not there",
                          (long long)(from == QD_NO_TRACK ? edge->source : edge->target));
    }
    if (c->g->time[from] == c->g->time[to]) {
        return qd_fail_at(c->error, QD_ERR_FORMAT, c->edges_path, edge->line, 0,
                          "an edge between spots %lld and %lld of one frame", (long long)edge->source,
                          (long long)edge->target);
    }
    if (c->g->time[from] > c->g->time[to]) {
        const size_t swap = from;
        from = to;
        to = swap;
    }
    if (edge->tree != QD_NO_TRACK) {
        c->tree[from] = edge->tree;
        c->tree[to] = edge->tree;
    }
    c->before[to] = from;
    c->in[to]++;
    c->out[from]++;
    return QD_OK;
}

static qd_status sort_rows(cutter *c)
{
    qd_moment *moments = qd_mem_new(c->g->rows, sizeof *moments);
    if (moments == NULL) {
        return qd_fail_memory(c->error, c->g->rows * sizeof *moments, "spots");
    }
    for (size_t i = 0; i < c->g->rows; i++) {
        moments[i] = (qd_moment){c->g->time[i], i};
    }
    qd_moments_sort(moments, c->g->rows);
    for (size_t i = 0; i < c->g->rows; i++) {
        c->order[i] = moments[i].row;
    }
    qd_mem_free(moments);
    return QD_OK;
}

/* A new track with the name of its mother or tree and a number. */
static qd_status begin_segment(cutter *c, size_t row, size_t mother)
{
    qd_gathering *g = c->g;
    const size_t tree = c->tree[row];
    char number[24] = "";
    const char *stem = mother != QD_NO_TRACK ? g->ids.text[c->segment[mother]]
                       : tree != QD_NO_TRACK ? c->trees->text[tree]
                                             : "spot";
    if (mother != QD_NO_TRACK) {
        qd_text_format(number, sizeof number, ".%zu", ++c->daughters[mother]);
    } else if (tree == QD_NO_TRACK) {
        qd_text_format(number, sizeof number, "_%lld", (long long)g->object[row]);
    } else if (c->founders[tree]++ > 0) { /* mergers give a tree more founders than one */
        qd_text_format(number, sizeof number, "/%zu", c->founders[tree]);
    }
    char *const parts[] = {(char *)stem, number};
    char *name;
    qd_status status = qd_names_join(2, parts, "", &name, c->error);
    if (status != QD_OK) {
        return status;
    }
    const size_t before = g->ids.count;
    status = qd_gather_track(g, name, &c->segment[row], c->error);
    if (status == QD_OK && g->ids.count == before) {
        status =
            qd_fail_at(c->error, QD_ERR_FORMAT, g->path, g->line[row], 0, "two tracks would be called %.60s", name);
    }
    if (status == QD_OK && mother != QD_NO_TRACK) {
        status = qd_gather_parent(g, c->segment[row], g->ids.text[c->segment[mother]], g->line[row], c->error);
    }
    qd_mem_free(name);
    return status;
}

/* Every spot goes on with the track that leads to it, unless that divides, or several do. */
static qd_status cut(cutter *c)
{
    qd_status status = QD_OK;
    for (size_t k = 0; k < c->g->rows && status == QD_OK; k++) {
        const size_t row = c->order[k];
        if (c->in[row] == 0 && c->out[row] == 0 && c->tree[row] == QD_NO_TRACK) {
            c->segment[row] = QD_NO_TRACK;
            continue;
        }
        const size_t before = c->in[row] == 1 ? c->before[row] : QD_NO_TRACK;
        if (before != QD_NO_TRACK && c->out[before] == 1) {
            c->segment[row] = c->segment[before];
        } else {
            status = begin_segment(c, row, before);
        }
    }
    return status;
}

void qd_gather_close(qd_gathering *g, const size_t *track)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->rows; i++) {
        if (track[i] == QD_NO_TRACK) {
            g->loose++;
            continue;
        }
        g->track[kept] = track[i];
        g->time[kept] = g->time[i];
        g->object[kept] = g->object[i];
        g->line[kept] = g->line[i];
        memmove(g->x + kept * g->features, g->x + i * g->features, g->features * sizeof *g->x);
        memmove(g->position + kept * g->dimensions, g->position + i * g->dimensions,
                g->dimensions * sizeof *g->position);
        kept++;
    }
    g->rows = kept;
}

qd_status qd_gather_segments(qd_gathering *g, const qd_numbering *trees, size_t *tree, const qd_track_edge *edges,
                             size_t count, const char *edges_path, qd_error *error)
{
    cutter c = {.g = g, .trees = trees, .tree = tree, .edges_path = edges_path, .error = error};
    size_t **const arrays[] = {&c.before, &c.in, &c.out, &c.order, &c.segment, &c.daughters};
    bool whole = true;
    c.spots = qd_mem_new(g->rows, sizeof *c.spots);
    c.founders = qd_mem_new(trees->count, sizeof *c.founders);
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = qd_mem_new(g->rows, sizeof **arrays[i]);
        whole = whole && *arrays[i] != NULL;
    }
    qd_status status = whole && c.spots != NULL && c.founders != NULL
                           ? index_spots(&c)
                           : qd_fail_memory(error, g->rows * sizeof *c.spots, "spots");
    for (size_t i = 0; i < count && status == QD_OK; i++) {
        status = add_edge(&c, &edges[i]);
    }
    status = status == QD_OK ? sort_rows(&c) : status;
    status = status == QD_OK ? cut(&c) : status;
    if (status == QD_OK) {
        qd_gather_close(g, c.segment);
    }
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        qd_mem_free(*arrays[i]);
    }
    qd_mem_free(c.spots);
    qd_mem_free(c.founders);
    return status;
}
