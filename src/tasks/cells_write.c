/* Labels and scores of cells as files. */
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/csv.h"
#include "tasks/cells_evaluate.h"

#include <math.h>
#include <string.h>

/* Six digits of a score or probability: more are noise, and the shortest text of so many is short. */
static double rounded(double value)
{
    return isfinite(value) ? round(value * 1e6) / 1e6 : value;
}

/* ------------------------------------------------------------------------------------------------ labels */

/* What is written of labels, whoever gave them. */
typedef struct answers {
    bool frames;
    size_t classes;
    char *const *class_name;
    const float *p;
    const int32_t *label;
    const int32_t *only; /* negative: a row that is left out; NULL: none */
} answers;

static qd_status write_header(qd_csv *csv, const answers *a, qd_error *error)
{
    static const char *const frame_columns[] = {"track", "time", "object", "parent", "label"};
    static const char *const track_columns[] = {"track", "label"};
    for (size_t i = 0; i < (a->frames ? 5 : 2); i++) {
        qd_csv_text(csv, a->frames ? frame_columns[i] : track_columns[i]);
    }
    for (size_t k = 0; k < a->classes; k++) {
        const size_t size = strlen(a->class_name[k]) + sizeof "p_";
        char *name = qd_mem_new(size, 1);
        if (name == NULL) {
            return qd_fail_memory(error, size, "a name");
        }
        qd_text_format(name, size, "p_%s", a->class_name[k]);
        qd_csv_text(csv, name);
        qd_mem_free(name);
    }
    qd_csv_end(csv);
    return QD_OK;
}

/* The rest of a row: label and probabilities of the i-th answer. */
static void write_answer(qd_csv *csv, const answers *a, size_t i)
{
    qd_csv_text(csv, a->class_name[a->label[i]]);
    for (size_t k = 0; k < a->classes; k++) {
        qd_csv_number(csv, rounded((double)a->p[i * a->classes + k]));
    }
    qd_csv_end(csv);
}

static void write_track(qd_csv *csv, const answers *a, const qd_tracks *tracks, size_t n)
{
    const size_t parent = tracks->parent[n];
    const size_t first = a->frames ? tracks->start[n] : n, end = a->frames ? tracks->start[n + 1] : n + 1;
    for (size_t i = first; i < end; i++) {
        if (a->only != NULL && a->only[i] < 0) {
            continue;
        }
        qd_csv_text(csv, tracks->id[n]);
        if (a->frames) {
            qd_csv_number(csv, tracks->time[i]);
            qd_csv_whole(csv, tracks->object[i]);
            qd_csv_text(csv, parent != QD_NO_TRACK ? tracks->id[parent] : "");
        }
        write_answer(csv, a, i);
    }
}

static qd_status write_answers(const answers *a, const qd_tracks *tracks, const char *path, qd_error *error)
{
    qd_csv csv;
    qd_status status = qd_csv_create(path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    status = write_header(&csv, a, error);
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        write_track(&csv, a, tracks, n);
    }
    return qd_csv_close(&csv, status);
}

qd_status qd_cells_labels_write(const qd_classifier *c, const qd_tracks *tracks, const qd_cells_labels *labels,
                                const char *path, qd_error *error)
{
    const answers a = {.frames = c->kind == QD_CELLS_FRAMES,
                       .classes = c->classes,
                       .class_name = c->class_name,
                       .p = labels->p,
                       .label = labels->label};
    return write_answers(&a, tracks, path, error);
}

qd_status qd_cells_answers_write(const qd_cells_answers *answered, const char *path, qd_error *error)
{
    static char no[] = "no", division[] = "division";
    static char *const ends[] = {no, division};
    const answers a = {.frames = answered->frames,
                       .classes = answered->classes,
                       .class_name = answered->ends ? ends : answered->tracks->class_name,
                       .p = answered->model[0].p,
                       .label = answered->model[0].label,
                       .only = answered->truth};
    return write_answers(&a, answered->tracks, path, error);
}

/* --------------------------------------------------------------------------------------------- divisions */

static void write_candidate(qd_csv *csv, const qd_divisions *d, const qd_tracks *tracks, size_t i, double score)
{
    const size_t mother = d->mother[i], *pair = d->daughters + 2 * i;
    char names[256] = "";
    if (pair[0] != QD_NO_TRACK) {
        qd_text_format(names, sizeof names, "%s %s", tracks->id[pair[0]], tracks->id[pair[1]]);
    }
    qd_csv_text(csv, tracks->id[mother]);
    qd_csv_number(csv, tracks->time[tracks->start[mother + 1] - 1]);
    qd_csv_text(csv, names);
    qd_csv_number(csv, rounded(score));
    qd_csv_end(csv);
}

/* The candidates from..end-1 of one track, by falling score: there are few. */
static void write_end(qd_csv *csv, const qd_divisions *d, const qd_tracks *tracks, const qd_cells_labels *labels,
                      size_t from, size_t end)
{
    double below = HUGE_VAL;
    size_t last = end; /* written last */
    for (size_t written = from; written < end; written++) {
        size_t next = end;
        for (size_t i = from; i < end; i++) {
            const double score = (double)labels->p[2 * i + 1];
            const bool left = score < below || (score == below && i > last);
            if (left && (next == end || score > (double)labels->p[2 * next + 1])) {
                next = i;
            }
        }
        last = next;
        below = (double)labels->p[2 * next + 1];
        write_candidate(csv, d, tracks, next, below);
    }
}

qd_status qd_divisions_write(const qd_divisions *d, const qd_tracks *tracks, const qd_cells_labels *labels,
                             const char *path, qd_error *error)
{
    static const char *const columns[] = {"track", "time", "daughters", "score"};
    qd_csv csv;
    const qd_status status = qd_csv_create(path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < 4; i++) {
        qd_csv_text(&csv, columns[i]);
    }
    qd_csv_end(&csv);
    for (size_t i = 0, end; i < d->count; i = end) {
        end = i;
        while (end < d->count && d->mother[end] == d->mother[i]) {
            end++;
        }
        write_end(&csv, d, tracks, labels, i, end);
    }
    return qd_csv_close(&csv, QD_OK);
}

/* ------------------------------------------------------------------------------------------------ scores */

static void write_columns(qd_csv *csv, bool intervals)
{
    qd_csv_text(csv, "model");
    qd_csv_text(csv, "n");
    for (size_t s = 0; s < QD_CLASS_SCORES; s++) {
        qd_csv_text(csv, qd_class_score_names[s]);
    }
    for (size_t s = 0; s < QD_CLASS_SCORES && intervals; s++) {
        static const char *const ends[] = {"low", "high"};
        for (int e = 0; e < 2; e++) {
            char name[64];
            qd_text_format(name, sizeof name, "%s_%s", qd_class_score_names[s], ends[e]);
            qd_csv_text(csv, name);
        }
    }
    qd_csv_end(csv);
}

/* Empty where there is no score. */
static void write_score(qd_csv *csv, double value)
{
    if (isnan(value)) {
        qd_csv_text(csv, "");
    } else {
        qd_csv_number(csv, rounded(value));
    }
}

qd_status qd_cells_report_write(const qd_cells_report *report, const char *path, qd_error *error)
{
    qd_csv csv;
    const qd_status status = qd_csv_create(path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    const bool intervals = !isnan(report->scores[0].low[QD_ACCURACY]);
    write_columns(&csv, intervals);
    for (size_t m = 0; m < QD_CELLS_MODELS; m++) {
        const qd_class_scores *scores = &report->scores[m];
        qd_csv_text(&csv, qd_cells_models[m]);
        qd_csv_whole(&csv, (int64_t)scores->rows);
        for (size_t s = 0; s < QD_CLASS_SCORES; s++) {
            write_score(&csv, scores->score[s]);
        }
        for (size_t s = 0; s < QD_CLASS_SCORES && intervals; s++) {
            write_score(&csv, scores->low[s]);
            write_score(&csv, scores->high[s]);
        }
        qd_csv_end(&csv);
    }
    return qd_csv_close(&csv, QD_OK);
}

/* ------------------------------------------------------------------------------------------------ details */

static void put_classes(qd_json_text *text, const qd_class_scores *scores, char *const *names)
{
    qd_json_key(text, "classes");
    qd_json_open(text, '[');
    for (size_t k = 0; k < scores->classes; k++) {
        qd_json_open(text, '{');
        qd_json_key(text, "class");
        qd_json_put_string(text, names[k]);
        qd_json_key(text, "precision");
        qd_json_put_number(text, qd_class_precision(scores, k));
        qd_json_key(text, "recall");
        qd_json_put_number(text, qd_class_recall(scores, k));
        qd_json_close(text, '}');
    }
    qd_json_close(text, ']');
    qd_json_key(text, "confusion"); /* rows: true classes */
    qd_json_open(text, '[');
    for (size_t i = 0; i < scores->classes; i++) {
        qd_json_open(text, '[');
        for (size_t j = 0; j < scores->classes; j++) {
            qd_json_put_number(text, scores->confusion[i * scores->classes + j]);
        }
        qd_json_close(text, ']');
    }
    qd_json_close(text, ']');
}

static void put_reliability(qd_json_text *text, const qd_class_scores *scores)
{
    qd_json_key(text, "reliability");
    qd_json_open(text, '[');
    for (size_t b = 0; b < QD_CALIBRATION_BINS; b++) {
        const double rows = scores->bin[b].rows;
        if (rows > 0) {
            qd_json_open(text, '{');
            qd_json_key(text, "probability");
            qd_json_put_number(text, scores->bin[b].probability / rows);
            qd_json_key(text, "right");
            qd_json_put_number(text, scores->bin[b].hits / rows);
            qd_json_key(text, "n");
            qd_json_put_number(text, rows);
            qd_json_close(text, '}');
        }
    }
    qd_json_close(text, ']');
}

static void put_transitions(qd_json_text *text, const qd_transition *transitions, size_t count, char *const *names)
{
    static const char *const within[] = {"exact", "within_1", "within_2"};
    qd_json_key(text, "transitions");
    qd_json_open(text, '[');
    for (size_t i = 0; i < count; i++) {
        const qd_transition *t = &transitions[i];
        qd_json_open(text, '{');
        qd_json_key(text, "from");
        qd_json_put_string(text, names[t->from]);
        qd_json_key(text, "to");
        qd_json_put_string(text, names[t->to]);
        qd_json_key(text, "n");
        qd_json_put_whole(text, t->n);
        qd_json_key(text, "missed");
        qd_json_put_whole(text, t->missed);
        qd_json_key(text, "median_frames");
        qd_json_put_number(text, t->median);
        qd_json_key(text, "mean_frames");
        qd_json_put_number(text, t->mean);
        for (int w = 0; w < 3; w++) {
            qd_json_key(text, within[w]);
            qd_json_put_number(text, t->within[w]);
        }
        qd_json_close(text, '}');
    }
    qd_json_close(text, ']');
}

static void put_model(qd_json_text *text, const qd_cells_report *report, size_t m, char *const *names)
{
    const qd_class_scores *scores = &report->scores[m];
    qd_json_key(text, qd_cells_models[m]);
    qd_json_open(text, '{');
    qd_json_key(text, "n");
    qd_json_put_number(text, scores->rows);
    for (size_t s = 0; s < QD_CLASS_SCORES; s++) {
        qd_json_key(text, qd_class_score_names[s]);
        qd_json_put_number(text, scores->score[s]);
    }
    if (!isnan(scores->low[QD_ACCURACY])) {
        qd_json_key(text, "intervals");
        qd_json_open(text, '{');
        for (size_t s = 0; s < QD_CLASS_SCORES; s++) {
            qd_json_key(text, qd_class_score_names[s]);
            qd_json_open(text, '[');
            qd_json_put_number(text, scores->low[s]);
            qd_json_put_number(text, scores->high[s]);
            qd_json_close(text, ']');
        }
        qd_json_close(text, '}');
    }
    put_classes(text, scores, names);
    put_reliability(text, scores);
    if (report->transitions[m] != NULL) {
        put_transitions(text, report->transitions[m], report->transition_count[m], names);
    }
    qd_json_close(text, '}');
}

qd_status qd_cells_report_details(const qd_cells_report *report, char *const *class_name, const char *path,
                                  qd_error *error)
{
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    for (size_t m = 0; m < QD_CELLS_MODELS; m++) {
        put_model(&text, report, m, class_name);
    }
    qd_json_close(&text, '}');
    qd_status status = qd_json_finish(&text, "details", error);
    if (status != QD_OK) {
        return status;
    }
    qd_file *file;
    status = qd_file_create(path, &file, error);
    if (status == QD_OK) {
        status = qd_file_write(file, text.data, text.size, error);
        if (status == QD_OK) {
            status = qd_file_write(file, "\n", 1, error);
        }
        if (status == QD_OK) {
            status = qd_file_commit(file, error);
        } else {
            qd_file_close(file);
        }
    }
    qd_json_text_clear(&text);
    return status;
}
