/* quadrat train cells: from tracks and settings to a model file. */
#include "train_cells.h"
#include "course.h"
#include "train_parts.h"

#include "base/file.h"
#include "tasks/cells_data.h"
#include <string.h>

/* -------------------------------------------------------------------------------------------------- words */

static void say_classes(const qd_tracks *tracks, const bool *use)
{
    for (size_t k = 0; k < tracks->classes; k++) {
        size_t count = 0;
        for (size_t n = 0; n < tracks->count; n++) {
            const size_t first = tracks->per_frame ? tracks->start[n] : n;
            const size_t end = tracks->per_frame ? tracks->start[n + 1] : n + 1;
            for (size_t i = first; (use == NULL || use[n]) && i < end; i++) {
                count += tracks->label[i] == (int32_t)k;
            }
        }
        qd_say("  class %s: %zu %s", tracks->class_name[k], count, tracks->per_frame ? "frames" : "tracks");
    }
}

static void say_start(const qd_settings *settings, const qd_tracks *tracks, const bool *use)
{
    size_t count = 0, frames = 0, longest = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        const size_t length = qd_track_length(tracks, n);
        if (use == NULL || use[n]) {
            count++;
            frames += length;
            longest = length > longest ? length : longest;
        }
    }
    qd_say("%s: %zu tracks of %zu to train on, %zu frames, the longest %zu; %zu feature%s", tracks->format, count,
           tracks->count, frames, longest, tracks->features, tracks->features == 1 ? "" : "s");
    if (tracks->label != NULL) {
        say_classes(tracks, use);
    }
    qd_say("%s networks, %s; %s epochs at most, %s frame%s a step", qd_settings_get(settings, "ensemble"),
           qd_settings_text(settings, "layers"), qd_settings_get(settings, "epochs"),
           qd_settings_get(settings, "patch"), qd_settings_integer(settings, "patch") == 1 ? "" : "s");
}

static void say_end(const qd_classifier *classifier, const char *output)
{
    if (classifier->known > 0) {
        qd_say("on %zu %s that a network had not seen: accuracy %.3f, macro-F1 %.3f; temperature %.3g",
               classifier->known, classifier->kind == QD_CELLS_FRAMES ? "frames" : "tracks", classifier->accuracy,
               classifier->macro_f1, classifier->temperature);
    }
    for (size_t k = 1, said = 0; k < classifier->classes && !said; k++) {
        said = classifier->favour[k] != classifier->favour[0];
        if (said) {
            qd_say("rare classes are favoured, for macro-F1 and balanced accuracy: quadrat inspect says how much");
        }
    }
    qd_say("saved %s", output);
}

/* ----------------------------------------------------------------------------------------------- training */

static qd_status train(const qd_settings *settings, const qd_tracks *tracks, const bool *use, qd_error *error)
{
    const char *output = qd_settings_text(settings, "output"), *history = qd_settings_text(settings, "history");
    const size_t networks = (size_t)qd_settings_integer(settings, "ensemble") + 1; /* one without memory */
    qd_classifier *classifier = NULL;
    size_t done;
    qd_status status = qd_train_say_resume(settings, networks, &done, error);
    if (status == QD_OK) {
        qd_course course = qd_course_begin(networks, done);
        status = qd_cells_train(settings, tracks, use, true, qd_course_monitor, &course, &classifier, error);
        qd_progress_end(&course.display);
    }
    if (status == QD_OK) {
        status = qd_classifier_save(classifier, output, error);
    }
    if (status == QD_OK && *history != '\0') {
        status = qd_history_write(&classifier->history, history, error);
    }
    if (status == QD_OK) {
        say_end(classifier, output);
        status = qd_train_remove_states(settings, networks, error);
    }
    qd_classifier_free(classifier);
    return status;
}

static qd_status run(const qd_arguments *arguments, qd_error *error)
{
    qd_cells_data data;
    qd_settings *settings = NULL;
    const bool dry = qd_settings_flag(arguments->settings, "dry-run");
    qd_status status =
        qd_cells_read(arguments->settings, arguments->paths + 1, arguments->count - 1, QD_CELLS_LEARN, &data, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_cells_settings(arguments->settings, data.subject, &settings, error);
    if (status == QD_OK) {
        status = qd_cells_choose_part(settings, false, &data, error);
    }
    if (status == QD_OK) {
        say_start(settings, data.subject, data.use);
    }
    if (status == QD_OK && !dry) { /* better now than after the training */
        status = qd_file_probe(qd_settings_text(settings, "output"), error);
    }
    if (status == QD_OK && !dry) {
        status = train(settings, data.subject, data.use, error);
    }
    qd_settings_free(settings);
    qd_cells_data_clear(&data);
    return status;
}

int qd_train_cells(const qd_arguments *arguments)
{
    if (*qd_settings_text(arguments->settings, "output") == '\0' && !qd_settings_flag(arguments->settings, "dry-run")) {
        return qd_tell_usage("where to save the model? (-o MODEL.safetensors)");
    }
    if (*qd_settings_text(arguments->settings, "folds") != '\0') {
        return qd_tell_usage(
            "--folds: train cells learns one model; quadrat evaluate cells DATA --folds K tries it in turns");
    }
    if (arguments->count < 2) {
        return qd_tell_usage("no data: quadrat train cells TRACKS [--label COLUMN --per frame|track] -o MODEL");
    }
    if (qd_arguments_check_paths(arguments, 1) != QD_EXIT_DONE) {
        return QD_EXIT_USAGE;
    }
    qd_error error;
    const qd_status status = run(arguments, &error);
    const int code = status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
    if (status == QD_ERR_STOPPED) {
        qd_train_say_stopped(arguments->settings, 1);
    }
    return code;
}
