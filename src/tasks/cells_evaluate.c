/* Answers and their scores. */
#include "tasks/cells_evaluate.h"
#include "base/mem.h"
#include "tasks/cells_parts.h"

#include <string.h>

const char *const qd_cells_models[QD_CELLS_MODELS] = {"quadrat", "majority", "no_memory"};
enum { OWN, MAJORITY, NO_MEMORY };

qd_status qd_cells_answers_new(const qd_tracks *tracks, qd_cells_kind kind, qd_cells_answers *a, qd_error *error)
{
    *a = (qd_cells_answers){.tracks = tracks, .classes = tracks->classes};
    a->frames = kind == QD_CELLS_FRAMES;
    a->n = a->frames ? tracks->rows : tracks->count;
    a->truth = qd_mem_new(a->n, sizeof *a->truth);
    bool failed = a->truth == NULL;
    for (size_t m = 0; m < QD_CELLS_MODELS; m++) {
        a->model[m].p = qd_mem_new(a->n, a->classes * sizeof(float));
        a->model[m].label = qd_mem_new(a->n, sizeof(int32_t));
        failed = failed || a->model[m].p == NULL || a->model[m].label == NULL;
    }
    for (size_t i = 0; i < a->n && !failed; i++) {
        a->truth[i] = QD_NO_LABEL;
    }
    if (failed) {
        qd_cells_answers_clear(a);
        return qd_fail_memory(error, a->n * a->classes * sizeof(float), "labels");
    }
    return QD_OK;
}

void qd_cells_answers_clear(qd_cells_answers *a)
{
    for (size_t m = 0; m < QD_CELLS_MODELS; m++) {
        qd_mem_free(a->model[m].p);
        qd_mem_free(a->model[m].label);
        a->model[m].p = NULL;
        a->model[m].label = NULL;
    }
    qd_mem_free(a->truth);
    a->truth = NULL;
}

/* What everybody is called whom nobody has looked at. */
static void answer_majority(const qd_classifier *c, size_t i, qd_cells_answers *a)
{
    size_t most = 0;
    for (size_t k = 0; k < c->classes; k++) {
        a->model[MAJORITY].p[i * c->classes + k] = (float)c->share[k];
        most = c->share[k] > c->share[most] ? k : most;
    }
    a->model[MAJORITY].label[i] = (int32_t)most;
}

/* Copies the answers for one track. */
static void take_track(const qd_classifier *c, size_t track, const qd_cells_labels labels[2], qd_cells_answers *a)
{
    const bool frames = c->kind == QD_CELLS_FRAMES;
    const size_t first = frames ? a->tracks->start[track] : track;
    const size_t end = frames ? a->tracks->start[track + 1] : track + 1;
    static const int places[2] = {OWN, NO_MEMORY};
    for (size_t i = first; i < end; i++) {
        a->truth[i] = a->tracks->label != NULL ? a->tracks->label[i] : QD_NO_LABEL;
        answer_majority(c, i, a);
    }
    for (int m = 0; m < 2; m++) {
        memcpy(a->model[places[m]].p + first * c->classes, labels[m].p + first * c->classes,
               (end - first) * c->classes * sizeof(float));
        memcpy(a->model[places[m]].label + first, labels[m].label + first, (end - first) * sizeof(int32_t));
    }
}

qd_status qd_cells_answer(const qd_classifier *c, const bool *use, unsigned threads, qd_cells_answers *a,
                          qd_error *error)
{
    qd_cells_labels labels[2] = {{0}};
    qd_status status = QD_OK;
    for (int m = 0; m < 2 && status == QD_OK; m++) {
        status = qd_cells_predict(c, a->tracks, m == 1, threads, &labels[m], error);
    }
    for (size_t n = 0; n < a->tracks->count && status == QD_OK; n++) {
        if (use == NULL || use[n]) {
            take_track(c, n, labels, a);
        }
    }
    for (int m = 0; m < 2; m++) {
        qd_cells_labels_clear(&labels[m]);
    }
    return status;
}

qd_status qd_cells_answer_ends(const qd_divisions *d, const qd_tracks *tracks, qd_cells_answers *a, qd_error *error)
{
    qd_cells_answers ends = {.tracks = tracks, .ends = true, .n = tracks->count, .classes = 2};
    size_t *best = qd_mem_new(tracks->count, sizeof *best);
    ends.truth = qd_mem_new(ends.n, sizeof *ends.truth);
    bool failed = best == NULL || ends.truth == NULL;
    for (size_t m = 0; m < QD_CELLS_MODELS; m++) {
        ends.model[m].p = qd_mem_new(ends.n, 2 * sizeof(float));
        ends.model[m].label = qd_mem_new(ends.n, sizeof(int32_t));
        failed = failed || ends.model[m].p == NULL || ends.model[m].label == NULL;
    }
    for (size_t m = 0; m < QD_CELLS_MODELS && !failed; m++) {
        qd_divisions_best(d, a->model[m].p, best);
        for (size_t n = 0; n < tracks->count; n++) {
            const size_t i = best[n];
            memcpy(ends.model[m].p + 2 * n, a->model[m].p + 2 * i, 2 * sizeof(float));
            ends.model[m].label[n] = a->model[m].label[i];
            ends.truth[n] = a->truth[i] == QD_NO_LABEL ? QD_NO_LABEL : qd_track_daughters(tracks, n) >= 2;
        }
    }
    qd_mem_free(best);
    if (failed) {
        qd_cells_answers_clear(&ends);
        return qd_fail_memory(error, ends.n * 2 * sizeof(float), "ends of tracks");
    }
    qd_cells_answers_clear(a);
    *a = ends;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ scores */

/* The bootstrap's unit of each row: the founder of its lineage. */
static size_t *units_of(const qd_cells_answers *a)
{
    const qd_tracks *tracks = a->tracks;
    size_t *unit = qd_mem_new(a->n, sizeof *unit);
    for (size_t n = 0; n < tracks->count && unit != NULL; n++) {
        const size_t first = a->frames ? tracks->start[n] : n, end = a->frames ? tracks->start[n + 1] : n + 1;
        for (size_t i = first; i < end; i++) {
            unit[i] = tracks->root[n];
        }
    }
    return unit;
}

static qd_status rank_of(const qd_tracks *tracks, const char *order, int32_t **rank, qd_error *error)
{
    const qd_classifier named = {.classes = tracks->classes, .class_name = tracks->class_name};
    return qd_cells_rank(&named, order, rank, error);
}

qd_status qd_cells_score(const qd_cells_answers *a, const char *order, size_t draws, uint64_t seed,
                         qd_cells_report *report, qd_error *error)
{
    const qd_tracks *tracks = a->tracks;
    *report = (qd_cells_report){0};
    int32_t *rank = NULL;
    size_t *unit = units_of(a);
    qd_status status =
        unit == NULL ? qd_fail_memory(error, a->n * sizeof *unit, "units") : rank_of(tracks, order, &rank, error);
    bool known = false;
    for (size_t i = 0; i < a->n; i++) {
        known = known || a->truth[i] >= 0;
    }
    if (status == QD_OK && !known) {
        status = qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0, "nothing to score: no track has a label");
    }
    for (size_t m = 0; m < QD_CELLS_MODELS && status == QD_OK; m++) {
        const qd_classified classified = {.n = a->n,
                                          .classes = a->classes,
                                          .truth = a->truth,
                                          .label = a->model[m].label,
                                          .p = a->model[m].p,
                                          .unit = unit,
                                          .units = tracks->count};
        status = qd_classify(&classified, draws, seed, &report->scores[m], error);
        if (status == QD_OK && a->frames) {
            status =
                qd_transitions(tracks->count, tracks->start, tracks->time, tracks->step, a->truth, a->model[m].label,
                               a->classes, rank, &report->transitions[m], &report->transition_count[m], error);
        }
    }
    qd_mem_free(unit);
    qd_mem_free(rank);
    if (status != QD_OK) {
        qd_cells_report_clear(report);
    }
    return status;
}

void qd_cells_report_clear(qd_cells_report *report)
{
    for (size_t m = 0; m < QD_CELLS_MODELS; m++) {
        qd_class_scores_clear(&report->scores[m]);
        qd_mem_free(report->transitions[m]);
        report->transitions[m] = NULL;
    }
}
