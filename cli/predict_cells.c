/* quadrat predict and evaluate with a classifier of cells. */
#include "train_cells.h"
#include "course.h"

#include "base/mem.h"
#include "tasks/cells_data.h"
#include "tasks/cells_evaluate.h"
#include <string.h>

qd_status qd_cells_reading(const qd_settings *given, const qd_classifier *classifier, qd_settings **out,
                           qd_error *error)
{
    qd_status status = qd_settings_copy(classifier->settings, out, error);
    for (size_t i = 0; i < qd_settings_count && status == QD_OK; i++) {
        const char *name = qd_settings_table[i].name;
        if (qd_settings_given(given, name) && strcmp(name, "output") != 0) {
            status = qd_settings_set(*out, name, qd_settings_get(given, name), error);
        }
    }
    if (status != QD_OK && *out != NULL) {
        qd_settings_free(*out);
        *out = NULL;
    }
    return status;
}

/* A model and the data as it was trained on them, with this call's options. */
typedef struct call {
    const qd_arguments *arguments;
    const qd_safetensors *model; /* NULL: it is trained */
    qd_classifier *classifier;
    qd_settings *settings;
    qd_cells_data data;
} call;

static void call_clear(call *c)
{
    qd_classifier_free(c->classifier);
    qd_settings_free(c->settings);
    qd_cells_data_clear(&c->data);
}

static qd_status read_data(call *c, const qd_settings *settings, qd_cells_purpose purpose, qd_error *error)
{
    return qd_cells_read(settings, c->arguments->paths + 1, c->arguments->count - 1, purpose, &c->data, error);
}

static qd_status read_all(call *c, bool labels, qd_error *error)
{
    qd_status status = qd_classifier_from(c->model, &c->classifier, error);
    if (status == QD_OK) {
        status = qd_cells_reading(c->arguments->settings, c->classifier, &c->settings, error);
    }
    if (status == QD_OK && !labels && !qd_settings_given(c->arguments->settings, "where")) {
        status = qd_settings_set(c->settings, "where", "", error); /* which rows could be learned from is past */
    }
    if (status == QD_OK && qd_settings_flag(c->settings, "divisions") != (c->classifier->kind == QD_CELLS_DIVISIONS)) {
        status = qd_fail(error, QD_ERR_VALUE, "divisions: the model %s",
                         c->classifier->kind == QD_CELLS_DIVISIONS ? "was trained on divisions"
                                                                   : "was not trained with --divisions");
    }
    if (status == QD_OK) {
        status = read_data(c, c->settings, labels ? QD_CELLS_SCORE : QD_CELLS_LABEL, error);
    }
    if (status == QD_OK) {
        status = qd_cells_fit(c->classifier, c->data.subject, labels, error);
    }
    if (status == QD_OK) { /* an order of this call */
        status = qd_settings_set(c->classifier->settings, "order", qd_settings_text(c->settings, "order"), error);
    }
    return status;
}

static const char *output_of(const qd_settings *settings)
{
    const char *output = qd_settings_text(settings, "output");
    return *output != '\0' ? output : "-";
}

static unsigned threads_of(const qd_settings *settings)
{
    return (unsigned)qd_settings_integer(settings, "threads");
}

/* -------------------------------------------------------------------------------------------------- predict */

int qd_predict_cells(const qd_arguments *arguments, const qd_safetensors *model)
{
    call c = {.arguments = arguments, .model = model};
    qd_error error;
    qd_cells_labels labels = {0};
    const char *output = output_of(arguments->settings);
    qd_status status = read_all(&c, false, &error);
    if (status == QD_OK) {
        status =
            qd_cells_predict(c.classifier, c.data.subject, false, threads_of(arguments->settings), &labels, &error);
    }
    if (status == QD_OK && c.classifier->kind == QD_CELLS_DIVISIONS) {
        status = qd_divisions_write(&c.data.divisions, c.data.tracks, &labels, output, &error);
    } else if (status == QD_OK) {
        status = qd_cells_labels_write(c.classifier, c.data.subject, &labels, output, &error);
    }
    qd_cells_labels_clear(&labels);
    call_clear(&c);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}

/* ------------------------------------------------------------------------------------------------- evaluate */

static void say_reliability(const qd_class_scores *scores)
{
    qd_say("reliability of the probabilities (said, right, n):");
    for (size_t b = 0; b < QD_CALIBRATION_BINS; b++) {
        if (scores->bin[b].rows > 0) {
            qd_say("  %.3f  %.3f  %.0f", scores->bin[b].probability / scores->bin[b].rows,
                   scores->bin[b].hits / scores->bin[b].rows, scores->bin[b].rows);
        }
    }
}

/* Of ends of tracks: how many divisions are found, and are ones. */
static void say_divisions(const qd_class_scores *scores)
{
    const double precision = qd_class_precision(scores, 1), recall = qd_class_recall(scores, 1);
    qd_say("divisions: precision %.3f, recall %.3f, F1 %.3f", precision, recall,
           2 * precision * recall / (precision + recall));
}

static qd_status report(const call *c, qd_cells_answers *answers, qd_error *error)
{
    const qd_settings *given = c->arguments->settings;
    const char *details = qd_settings_text(given, "details"), *labels = qd_settings_text(given, "save-labels");
    char *const *names = answers->tracks->class_name;
    qd_cells_report r = {0};
    qd_status status = QD_OK;
    if (c->data.divisions.count > 0) {
        status = qd_cells_answer_ends(&c->data.divisions, c->data.tracks, answers, error);
    }
    if (status == QD_OK) {
        status = qd_cells_score(answers, qd_settings_text(c->settings, "order"),
                                (size_t)qd_settings_integer(given, "bootstrap"),
                                (uint64_t)qd_settings_integer(given, "seed"), &r, error);
    }
    if (status == QD_OK) {
        say_reliability(&r.scores[0]);
    }
    if (status == QD_OK && answers->ends) {
        say_divisions(&r.scores[0]);
    }
    if (status == QD_OK) {
        status = qd_cells_report_write(&r, output_of(given), error);
    }
    if (status == QD_OK && *details != '\0') {
        status = qd_cells_report_details(&r, names, details, error);
    }
    if (status == QD_OK && *labels != '\0') {
        status = qd_cells_answers_write(answers, labels, error);
    }
    qd_cells_report_clear(&r);
    return status;
}

static void say_test(const qd_cells_data *data)
{
    size_t chosen = 0;
    for (size_t i = 0; data->use != NULL && i < data->subject->count; i++) {
        chosen += data->use[i];
    }
    if (data->use != NULL) {
        qd_say("the test part of the split: %zu of %zu %s", chosen, data->subject->count,
               data->divisions.count > 0 ? "candidates" : "tracks");
    }
}

/* The tracks that the model has not seen, where it was trained with --split; else all. */
static qd_status evaluate_model(call *c, qd_error *error)
{
    qd_cells_answers answers = {0};
    qd_status status = read_all(c, true, error);
    if (status == QD_OK) {
        status = qd_cells_choose_part(c->settings, true, &c->data, error);
    }
    if (status == QD_OK) {
        say_test(&c->data);
        status = qd_cells_answers_new(c->data.subject, c->classifier->kind, &answers, error);
    }
    if (status == QD_OK) {
        status = qd_cells_answer(c->classifier, c->data.use, threads_of(c->settings), &answers, error);
    }
    if (status == QD_OK) {
        status = report(c, &answers, error);
    }
    qd_cells_answers_clear(&answers);
    return status;
}

/* Trains on all folds but one, and answers for that one. */
static qd_status answer_fold(call *c, qd_cells_data *learning, const size_t *fold, size_t k, qd_cells_answers *answers,
                             qd_error *error)
{
    qd_course course = qd_course_begin((size_t)qd_settings_integer(c->settings, "ensemble") + 1, 0);
    qd_status status = qd_cells_choose_fold(fold, k, true, learning, error);
    if (status == QD_OK) {
        status = qd_cells_train(c->settings, learning->subject, learning->use, false, qd_course_monitor, &course,
                                &c->classifier, error);
    }
    qd_progress_end(&course.display);
    if (status == QD_OK) {
        status = qd_cells_choose_fold(fold, k, false, &c->data, error);
    }
    if (status == QD_OK) {
        status = qd_cells_answer(c->classifier, c->data.use, threads_of(c->settings), answers, error);
    }
    qd_classifier_free(c->classifier);
    c->classifier = NULL;
    return status;
}

static qd_status answer_folds(call *c, qd_cells_data *learning, qd_cells_answers *answers, qd_error *error)
{
    size_t folds = 0, *fold = qd_mem_new(learning->tracks->count, sizeof *fold);
    qd_status status = fold == NULL ? qd_fail_memory(error, learning->tracks->count * sizeof *fold, "folds")
                                    : qd_cells_folds(c->settings, learning, fold, &folds, error);
    for (size_t k = 0; k < folds && status == QD_OK; k++) {
        qd_say("fold %zu of %zu", k + 1, folds);
        status = answer_fold(c, learning, fold, k, answers, error);
    }
    qd_mem_free(fold);
    return status;
}

static qd_cells_kind kind_of(const qd_settings *settings, const qd_tracks *subject)
{
    return qd_settings_flag(settings, "divisions") ? QD_CELLS_DIVISIONS
           : subject->per_frame                    ? QD_CELLS_FRAMES
                                                   : QD_CELLS_TRACKS;
}

static qd_status evaluate_folds(call *c, qd_error *error)
{
    const qd_settings *given = c->arguments->settings;
    qd_cells_answers answers = {0};
    qd_cells_data learning = {0};
    qd_status status = read_data(c, given, QD_CELLS_SCORE, error);
    if (status == QD_OK) { /* of divisions, other candidates are learned from than are asked for */
        status =
            qd_cells_read(given, c->arguments->paths + 1, c->arguments->count - 1, QD_CELLS_LEARN, &learning, error);
    }
    if (status == QD_OK) {
        status = qd_cells_settings(given, learning.subject, &c->settings, error);
    }
    if (status == QD_OK) {
        status = qd_cells_answers_new(c->data.subject, kind_of(given, c->data.subject), &answers, error);
    }
    if (status == QD_OK) {
        status = answer_folds(c, &learning, &answers, error);
    }
    if (status == QD_OK) {
        status = report(c, &answers, error);
    }
    qd_cells_data_clear(&learning);
    qd_cells_answers_clear(&answers);
    return status;
}

int qd_evaluate_cells(const qd_arguments *arguments, const qd_safetensors *model)
{
    call c = {.arguments = arguments, .model = model};
    const bool trains = model == NULL;
    if (arguments->count < 2) {
        return qd_tell_usage("no data: quadrat evaluate MODEL TRACKS, or quadrat evaluate cells TRACKS --folds K");
    }
    if (trains && *qd_settings_text(arguments->settings, "folds") == '\0') {
        return qd_tell_usage("evaluate cells trains as it goes: how often? (--folds K or --folds hash:COLUMN:K)");
    }
    qd_error error;
    const qd_status status = trains ? evaluate_folds(&c, &error) : evaluate_model(&c, &error);
    call_clear(&c);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
