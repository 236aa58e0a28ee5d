/* Training classifiers of cells: an ensemble, each network on its own part of the tracks, then calibration by what each
   did not see, and a network without memory to compare with. */
#include "base/mem.h"
#include "base/text.h"
#include "data/splits.h"
#include "store/session.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <string.h>

/* One training. */
typedef struct training {
    qd_classifier *cells;
    const qd_tracks *tracks;
    bool *use;    /* [count]: has a part in training, and a label */
    size_t *part; /* [count]: of those that rotate, which part */
    size_t parts; /* 0: there is no validation */
    qd_cells_lesson lesson;
    qd_sessions sessions;
} training;

/* ------------------------------------------------------------------------------------------------- parts */

/* Tracks that have a label. */
static qd_status choose_tracks(training *t, const bool *use, qd_error *error)
{
    const qd_tracks *tracks = t->tracks;
    size_t chosen = 0;
    t->use = qd_mem_new(tracks->count, sizeof *t->use);
    t->part = qd_mem_new(tracks->count, sizeof *t->part);
    if (t->use == NULL || t->part == NULL) {
        return qd_fail_memory(error, tracks->count * sizeof *t->part, "parts");
    }
    for (size_t n = 0; n < tracks->count; n++) {
        bool labelled = !tracks->per_frame && tracks->label[n] >= 0;
        for (size_t row = tracks->start[n]; tracks->per_frame && row < tracks->start[n + 1]; row++) {
            labelled = labelled || tracks->label[row] >= 0;
        }
        t->use[n] = labelled && (use == NULL || use[n]);
        chosen += t->use[n];
    }
    return chosen >= 2
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE, "%zu labelled tracks to learn from; at least 2 are needed", chosen);
}

/* Parts of validation.  With --split: part 1 is its validation part; without: as many parts as --valid makes. */
static qd_status make_parts(training *t, qd_error *error)
{
    const qd_settings *settings = t->cells->settings;
    const char *valid = qd_settings_text(settings, "valid"), *group = qd_settings_text(settings, "group");
    const uint64_t seed = (uint64_t)qd_settings_integer(settings, "seed");
    double fraction;
    if (*valid == '\0' || !qd_text_to_double(valid, strlen(valid), &fraction)) {
        return qd_settings_integer(settings, "patience") == 0
                   ? QD_OK
                   : qd_fail(error, QD_ERR_USE, "patience: early stopping watches a validation part; give valid too");
    }
    char text[24];
    const double wanted = fmin(fmax(1 / fraction + 0.5, 2), 1000);
    const size_t parts = wanted < (double)t->tracks->count ? (size_t)wanted : t->tracks->count;
    qd_error why;
    qd_text_format(text, sizeof text, "%zu", parts);
    const qd_status status = qd_split_folds(t->tracks, text, group, seed, t->part, &t->parts, &why);
    return status == QD_ERR_VALUE
               ? qd_fail(error, status, "%s; as many parts are kept back in turn (--valid 0.5: two)", why.message)
           : status != QD_OK ? qd_fail(error, status, "%s", why.message)
                             : QD_OK;
}

/* Does member m validate on this track? */
static bool validates(const training *t, size_t member, size_t track)
{
    const size_t own = qd_settings_flag(t->cells->settings, "rotate") ? member % (t->parts > 0 ? t->parts : 1) : 0;
    return t->parts > 0 && t->part[track] == own;
}

static qd_status list_tracks(training *t, size_t member, qd_error *error)
{
    qd_cells_lesson *l = &t->lesson;
    l->train_count = l->valid_count = 0;
    for (size_t n = 0; n < t->tracks->count; n++) {
        if (t->use[n] && validates(t, member, n)) {
            l->valid[l->valid_count++] = n;
        } else if (t->use[n]) {
            l->train[l->train_count++] = n;
        }
    }
    return l->train_count > 0 && (l->valid_count > 0 || t->parts == 0)
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE,
                         "%zu tracks to train on and %zu to validate on: too few for this validation part",
                         l->train_count, l->valid_count);
}

static qd_status count_classes(training *t, qd_error *error)
{
    qd_classifier *cells = t->cells;
    const qd_tracks *tracks = t->tracks;
    double all = 0;
    size_t present = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        const size_t first = tracks->per_frame ? tracks->start[n] : n;
        const size_t end = tracks->per_frame ? tracks->start[n + 1] : n + 1;
        for (size_t i = first; t->use[n] && i < end; i++) {
            if (tracks->label[i] >= 0) {
                cells->share[tracks->label[i]] += 1;
                all += 1;
            }
        }
    }
    for (size_t k = 0; k < cells->classes; k++) {
        present += cells->share[k] > 0;
        cells->share[k] /= all;
    }
    return present >= 2
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE,
                         "the tracks to learn from have %zu class only; there is nothing to tell apart", present);
}

/* --------------------------------------------------------------------------------------------- networks */

/* Each frame by itself; of tracks, the mean of what their frames say. */
static const char *plain_layers(qd_cells_kind kind)
{
    return kind == QD_CELLS_FRAMES ? "dense:32,relu" : "dense:32,relu,mean";
}

qd_status qd_cells_network(qd_classifier *cells, qd_error *error)
{
    const bool frames = cells->kind == QD_CELLS_FRAMES;
    const size_t width = cells->inputs.patch * qd_cells_width(&cells->inputs);
    const char *layer;
    qd_status status =
        qd_network_new(qd_settings_text(cells->settings, "layers"), qd_settings_real(cells->settings, "dropout"), width,
                       cells->classes, frames, &cells->network, error);
    if (status == QD_OK) {
        status = qd_network_new(plain_layers(cells->kind), 0, width, cells->classes, frames, &cells->plain, error);
    }
    if (status == QD_OK && qd_network_vocabulary(cells->network) > 0) {
        return qd_fail(error, QD_ERR_VALUE, "layers: embed reads tokens, and cells have none");
    }
    if (status == QD_OK && qd_settings_flag(cells->settings, "causal") && !qd_network_causal(cells->network, &layer)) {
        return qd_fail(error, QD_ERR_VALUE, "causal: the layer %s looks ahead (of conv: +causal)", layer);
    }
    return status;
}

/* Trains network `member` (from 0; `members`: the one without memory). */
static qd_status train_one(training *t, size_t member, const qd_network *network, const float *initial,
                           float *parameters, qd_error *error)
{
    qd_status status = list_tracks(t, member, error);
    if (status != QD_OK) {
        return status;
    }
    t->lesson.seed = qd_sessions_seed(t->cells->settings, member);
    const qd_problem problem = qd_cells_problem(&t->lesson);
    const qd_sessions_member m = {.number = member + 1,
                                  .seed = member,
                                  .layers = member == t->cells->members ? plain_layers(t->cells->kind) : NULL,
                                  .network = network,
                                  .problem = &problem,
                                  .initial = initial};
    return qd_sessions_train(&t->sessions, &m, parameters, &t->cells->history, error);
}

static qd_status train_all(training *t, qd_error *error)
{
    qd_classifier *cells = t->cells;
    const size_t n = qd_network_parameters(cells->network), plain = qd_network_parameters(cells->plain);
    float *initial = NULL;
    cells->parameters = qd_mem_new(cells->members, n * sizeof(float));
    cells->plain_parameters = qd_mem_new(plain, sizeof(float));
    if (cells->parameters == NULL || cells->plain_parameters == NULL) {
        return qd_fail_memory(error, cells->members * n * sizeof(float), "weights");
    }
    qd_status status =
        qd_sessions_initial(cells->settings, cells->network, cells->members, &initial, &t->sessions.fingerprint, error);
    for (size_t m = 0; m < cells->members && status == QD_OK; m++) {
        status =
            train_one(t, m, cells->network, initial != NULL ? initial + m * n : NULL, cells->parameters + m * n, error);
    }
    qd_mem_free(initial);
    return status == QD_OK ? train_one(t, cells->members, cells->plain, NULL, cells->plain_parameters, error) : status;
}

/* ------------------------------------------------------------------------------------------- calibration */

/* Probabilities of every track from the networks that did not see it, averaged. */
static qd_status unseen(training *t, float *sum, double *times, qd_error *error)
{
    const qd_classifier *cells = t->cells;
    const qd_tracks *tracks = t->tracks;
    const size_t labels = tracks->per_frame ? tracks->rows : tracks->count;
    float *p = qd_mem_new(labels, cells->classes * sizeof *p);
    bool *ask = qd_mem_new(tracks->count, sizeof *ask);
    qd_status status =
        p == NULL || ask == NULL ? qd_fail_memory(error, labels * cells->classes * sizeof *p, "labels") : QD_OK;
    for (size_t m = 0; m < cells->members && status == QD_OK; m++) {
        for (size_t n = 0; n < tracks->count; n++) {
            ask[n] = t->use[n] && validates(t, m, n);
        }
        status =
            qd_cells_probabilities(cells, cells->network, cells->parameters + m * qd_network_parameters(cells->network),
                                   1, tracks, ask, (unsigned)qd_settings_integer(cells->settings, "threads"), p, error);
        for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
            const size_t first = tracks->per_frame ? tracks->start[n] : n;
            const size_t end = tracks->per_frame ? tracks->start[n + 1] : n + 1;
            for (size_t i = first * cells->classes; ask[n] && i < end * cells->classes; i++) {
                sum[i] += p[i];
            }
            times[n] += ask[n] ? 1 : 0;
        }
    }
    qd_mem_free(p);
    qd_mem_free(ask);
    return status;
}

static qd_status calibrate(training *t, qd_error *error)
{
    const qd_tracks *tracks = t->tracks;
    const size_t labels = tracks->per_frame ? tracks->rows : tracks->count, classes = t->cells->classes;
    float *p = qd_mem_new(labels, classes * sizeof *p);
    double *times = qd_mem_new(tracks->count, sizeof *times);
    int32_t *truth = qd_mem_new(labels, sizeof *truth);
    qd_status status = p == NULL || times == NULL || truth == NULL
                           ? qd_fail_memory(error, labels * classes * sizeof *p, "labels")
                           : unseen(t, p, times, error);
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        const size_t first = tracks->per_frame ? tracks->start[n] : n;
        const size_t end = tracks->per_frame ? tracks->start[n + 1] : n + 1;
        for (size_t i = first; i < end; i++) {
            truth[i] = times[n] > 0 ? tracks->label[i] : QD_NO_LABEL;
            for (size_t k = 0; k < classes && times[n] > 0; k++) {
                p[i * classes + k] /= (float)times[n];
            }
        }
    }
    if (status == QD_OK) {
        status = qd_cells_calibrate(t->cells, labels, p, truth, error);
    }
    qd_mem_free(p);
    qd_mem_free(times);
    qd_mem_free(truth);
    return status;
}

/* ----------------------------------------------------------------------------------------------- the whole */

static qd_status begin(qd_classifier *cells, const qd_settings *settings, const qd_tracks *tracks, qd_error *error)
{
    cells->kind = qd_settings_flag(settings, "divisions") ? QD_CELLS_DIVISIONS
                  : tracks->per_frame                     ? QD_CELLS_FRAMES
                                                          : QD_CELLS_TRACKS;
    cells->classes = tracks->classes;
    cells->members = (size_t)qd_settings_integer(settings, "ensemble");
    cells->temperature = 1;
    cells->inputs.lags = (size_t)qd_settings_integer(settings, "differences");
    cells->inputs.patch = (size_t)qd_settings_integer(settings, "patch");
    cells->inputs.ends = cells->kind == QD_CELLS_FRAMES;
    cells->inputs.ahead = !qd_settings_flag(settings, "causal");
    cells->inputs.logs = strcmp(qd_settings_text(settings, "scale"), "log1p") == 0;
    if (tracks->label == NULL || tracks->classes == 0) {
        return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                          "there are no classes to learn (--label COLUMN names their column)");
    }
    if (tracks->classes == 1) {
        return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                          "all that have a class are %.60s: there is nothing to tell apart", tracks->class_name[0]);
    }
    cells->class_name = qd_mem_new(tracks->classes, sizeof *cells->class_name);
    cells->share = qd_mem_new(tracks->classes, sizeof *cells->share);
    cells->favour = qd_mem_new(tracks->classes, sizeof *cells->favour);
    if (cells->class_name == NULL || cells->share == NULL || cells->favour == NULL) {
        return qd_fail_memory(error, tracks->classes * sizeof *cells->class_name, "classes");
    }
    for (size_t k = 0; k < tracks->classes; k++) {
        cells->favour[k] = 1;
        cells->class_name[k] = qd_mem_string(tracks->class_name[k]);
        if (cells->class_name[k] == NULL) {
            return qd_fail_memory(error, strlen(tracks->class_name[k]), "classes");
        }
    }
    return qd_settings_copy(settings, &cells->settings, error);
}

/* An order that could not be followed is better refused before the training than after it. */
static qd_status check_order(const qd_classifier *cells, qd_error *error)
{
    int32_t *rank;
    const qd_status status = qd_cells_rank(cells, qd_settings_text(cells->settings, "order"), &rank, error);
    qd_mem_free(rank);
    return status;
}

static qd_status train(training *t, const bool *use, qd_error *error)
{
    qd_status status = check_order(t->cells, error);
    if (status == QD_OK) {
        status = choose_tracks(t, use, error);
    }
    if (status == QD_OK) {
        status = make_parts(t, error);
    }
    if (status == QD_OK) {
        status = count_classes(t, error);
    }
    if (status == QD_OK) {
        status = qd_cells_inputs_learn(t->tracks, t->use, &t->cells->inputs, error);
    }
    if (status == QD_OK) {
        status = qd_cells_network(t->cells, error);
    }
    if (status == QD_OK) {
        status = qd_cells_lesson_new(t->cells, t->tracks, t->use, &t->lesson, error);
    }
    if (status == QD_OK) {
        status = train_all(t, error);
    }
    return status == QD_OK && t->parts > 0 ? calibrate(t, error) : status;
}

qd_status qd_cells_train(const qd_settings *settings, const qd_tracks *tracks, const bool *use, bool keep,
                         qd_monitor monitor, void *context, qd_classifier **out, qd_error *error)
{
    training t = {.tracks = tracks, .sessions = {.monitor = monitor, .context = context}};
    t.cells = qd_mem_new(1, sizeof *t.cells);
    if (t.cells == NULL) {
        return qd_fail_memory(error, sizeof *t.cells, "a classifier");
    }
    qd_status status = begin(t.cells, settings, tracks, error);
    if (status == QD_OK) {
        t.sessions.settings = t.cells->settings;
        t.sessions.networks = keep ? t.cells->members + 1 : 0;
        t.sessions.fingerprint = qd_tracks_fingerprint(tracks);
        status = train(&t, use, error);
    }
    qd_cells_lesson_clear(&t.lesson);
    qd_mem_free(t.use);
    qd_mem_free(t.part);
    if (status != QD_OK) {
        qd_classifier_free(t.cells);
        return status;
    }
    *out = t.cells;
    return QD_OK;
}

void qd_classifier_free(qd_classifier *cells)
{
    if (cells == NULL) {
        return;
    }
    for (size_t k = 0; cells->class_name != NULL && k < cells->classes; k++) {
        qd_mem_free(cells->class_name[k]);
    }
    qd_mem_free(cells->class_name);
    qd_mem_free(cells->share);
    qd_mem_free(cells->favour);
    qd_cells_inputs_clear(&cells->inputs);
    qd_network_free(cells->network);
    qd_network_free(cells->plain);
    qd_mem_free(cells->parameters);
    qd_mem_free(cells->plain_parameters);
    qd_history_clear(&cells->history);
    qd_settings_free(cells->settings);
    qd_mem_free(cells);
}
