/* quadrat predict and evaluate with a classifier of cells. */
#include "train_cells.h"
#include "course.h"

#include "base/mem.h"
#include "base/text.h"
#include "data/input.h"
#include "data/splits.h"
#include "tasks/cells_evaluate.h"
#include <string.h>

bool qd_is_classifier(const char *path)
{
    qd_error ignored;
    qd_safetensors *file;
    if (qd_safetensors_read(path, true, &file, &ignored) != QD_OK) {
        return false;
    }
    const bool is = qd_classifier_is(file);
    qd_safetensors_free(file);
    return is;
}

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
    qd_classifier *classifier;
    qd_settings *settings;
    qd_tracks *tracks;
    bool *use; /* the test part; NULL: all */
} call;

static void call_clear(call *c)
{
    qd_classifier_free(c->classifier);
    qd_settings_free(c->settings);
    qd_tracks_free(c->tracks);
    qd_mem_free(c->use);
}

static qd_status read_all(call *c, bool labels, qd_error *error)
{
    qd_status status = qd_classifier_load(c->arguments->paths[0], &c->classifier, error);
    if (status == QD_OK) {
        status = qd_cells_reading(c->arguments->settings, c->classifier, &c->settings, error);
    }
    if (status == QD_OK) {
        status = qd_read_tracks(c->arguments, c->settings, &c->tracks, error);
    }
    if (status == QD_OK) {
        status = qd_cells_fit(c->classifier, c->tracks, labels, error);
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

int qd_predict_cells(const qd_arguments *arguments)
{
    call c = {.arguments = arguments};
    qd_error error;
    qd_cells_labels labels = {0};
    qd_status status = read_all(&c, false, &error);
    if (status == QD_OK) {
        status = qd_cells_predict(c.classifier, c.tracks, false, threads_of(arguments->settings), &labels, &error);
    }
    if (status == QD_OK) {
        status = qd_cells_labels_write(c.classifier, c.tracks, &labels, output_of(arguments->settings), &error);
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

static qd_status report(const qd_settings *settings, const qd_cells_answers *answers, const char *order,
                        qd_error *error)
{
    const char *details = qd_settings_text(settings, "details");
    qd_cells_report r;
    qd_status status = qd_cells_score(answers, order, (size_t)qd_settings_integer(settings, "bootstrap"),
                                      (uint64_t)qd_settings_integer(settings, "seed"), &r, error);
    if (status != QD_OK) {
        return status;
    }
    say_reliability(&r.scores[0]);
    status = qd_cells_report_write(&r, output_of(settings), error);
    if (status == QD_OK && *details != '\0') {
        status = qd_cells_report_details(&r, answers->tracks, details, error);
    }
    qd_cells_report_clear(&r);
    return status;
}

/* The tracks that the model has not seen: where it was trained with --split, and the data have such a part. */
static qd_status choose_test(call *c, qd_error *error)
{
    const char *split = qd_settings_text(c->settings, "split");
    if (*split == '\0') {
        return QD_OK;
    }
    const size_t count = c->tracks->count;
    qd_part *part = qd_mem_new(count, sizeof *part);
    c->use = qd_mem_new(count, sizeof *c->use);
    if (part == NULL || c->use == NULL) {
        qd_mem_free(part);
        return qd_fail_memory(error, count * sizeof *part, "parts");
    }
    const qd_status status = qd_split_parts(c->tracks, split, qd_settings_text(c->settings, "group"),
                                            (uint64_t)qd_settings_integer(c->settings, "gzip-limit"), part, error);
    size_t chosen = 0;
    for (size_t n = 0; n < count && status == QD_OK; n++) {
        c->use[n] = part[n] == QD_PART_TEST;
        chosen += c->use[n];
    }
    qd_mem_free(part);
    if (status == QD_OK) {
        qd_say("the test part of the split: %zu of %zu tracks", chosen, count);
    }
    return status;
}

static qd_status evaluate_model(call *c, qd_error *error)
{
    qd_cells_answers answers = {0};
    qd_status status = read_all(c, true, error);
    if (status == QD_OK) {
        status = choose_test(c, error);
    }
    if (status == QD_OK) {
        status = qd_cells_answers_new(c->tracks, c->classifier->kind, &answers, error);
    }
    if (status == QD_OK) {
        status = qd_cells_answer(c->classifier, c->use, threads_of(c->settings), &answers, error);
    }
    if (status == QD_OK) {
        status = report(c->arguments->settings, &answers, qd_settings_text(c->settings, "order"), error);
    }
    qd_cells_answers_clear(&answers);
    return status;
}

/* Trains on all folds but one, and answers for that one. */
static qd_status answer_fold(call *c, const size_t *fold, size_t k, size_t folds, qd_cells_answers *answers,
                             qd_error *error)
{
    for (size_t n = 0; n < c->tracks->count; n++) {
        c->use[n] = fold[n] != k;
    }
    qd_say("fold %zu of %zu", k + 1, folds);
    qd_course course = qd_course_begin((size_t)qd_settings_integer(c->settings, "ensemble") + 1, 0);
    qd_status status =
        qd_cells_train(c->settings, c->tracks, c->use, NULL, qd_course_monitor, &course, &c->classifier, error);
    status = qd_course_end(&course, status, error);
    for (size_t n = 0; n < c->tracks->count; n++) {
        c->use[n] = fold[n] == k;
    }
    if (status == QD_OK) {
        status = qd_cells_answer(c->classifier, c->use, threads_of(c->settings), answers, error);
        qd_classifier_free(c->classifier);
        c->classifier = NULL;
    }
    return status;
}

static qd_status evaluate_folds(call *c, qd_error *error)
{
    const qd_settings *given = c->arguments->settings;
    qd_cells_answers answers = {0};
    size_t *fold = NULL, folds = 0;
    qd_status status = qd_read_tracks(c->arguments, given, &c->tracks, error);
    if (status == QD_OK) {
        status = qd_cells_settings(given, c->tracks, &c->settings, error);
    }
    if (status == QD_OK) {
        fold = qd_mem_new(c->tracks->count, sizeof *fold);
        c->use = qd_mem_new(c->tracks->count, sizeof *c->use);
        status = fold == NULL || c->use == NULL
                     ? qd_fail_memory(error, c->tracks->count * sizeof *fold, "folds")
                     : qd_split_folds(c->tracks, qd_settings_text(given, "folds"), qd_settings_text(given, "group"),
                                      (uint64_t)qd_settings_integer(given, "seed"), fold, &folds, error);
    }
    if (status == QD_OK) {
        status =
            qd_cells_answers_new(c->tracks, c->tracks->per_frame ? QD_CELLS_FRAMES : QD_CELLS_TRACKS, &answers, error);
    }
    for (size_t k = 0; k < folds && status == QD_OK; k++) {
        status = answer_fold(c, fold, k, folds, &answers, error);
    }
    if (status == QD_OK) {
        status = report(given, &answers, qd_settings_text(c->settings, "order"), error);
    }
    qd_mem_free(fold);
    qd_cells_answers_clear(&answers);
    return status;
}

int qd_evaluate_cells(const qd_arguments *arguments)
{
    call c = {.arguments = arguments};
    const bool trains = strcmp(arguments->paths[0], "cells") == 0;
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
