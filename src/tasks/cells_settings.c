/* Settings of the cells task: what is left open is decided by the task and the data. */
#include "base/mem.h"
#include "base/text.h"
#include "data/splits.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <string.h>

qd_status qd_cells_options_of(const qd_settings *settings, qd_cells_options *options, qd_error *error)
{
    *options = (qd_cells_options){.track = qd_track_options_of(settings)};
    if (qd_settings_flag(settings, "divisions")) { /* candidates have a class each; what the tracks have is no matter */
        options->track.per = "";
    }
    const qd_status status = qd_split_columns(qd_settings_text(settings, "group"), qd_settings_text(settings, "split"),
                                              qd_settings_text(settings, "folds"), &options->keep, error);
    if (status == QD_OK) {
        options->track.keep = options->keep;
    }
    return status;
}

void qd_cells_options_clear(qd_cells_options *options)
{
    qd_mem_free(options->keep);
    *options = (qd_cells_options){0};
}

/* Chosen on training and validation parts alone (docs/cells.md). */
static const char *const defaults[][2] = {
    {"optimizer", "adamw"}, {"lr", "0.002"},    {"schedule", "cosine"},
    {"clip-norm", "1"},     {"dropout", "0.2"}, {"valid", "0.2"},
};

const char *qd_cells_default(const char *name)
{
    static const char *const by_data[] = {"layers", "epochs", "batch", "patience", "differences", "scale", "ensemble"};
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (strcmp(defaults[i][0], name) == 0) {
            return defaults[i][1];
        }
    }
    for (size_t i = 0; i < sizeof by_data / sizeof by_data[0]; i++) {
        if (strcmp(by_data[i], name) == 0) {
            return "by the data";
        }
    }
    return NULL;
}

static qd_status set_whole(qd_settings *settings, const char *name, size_t value, qd_error *error)
{
    char text[32];
    qd_text_format(text, sizeof text, "%zu", value);
    return qd_settings_set(settings, name, text, error);
}

/* Sets what was not given. */
static qd_status set_open(const qd_settings *given, qd_settings *settings, const char *name, const char *value,
                          qd_error *error)
{
    return qd_settings_given(given, name) ? QD_OK : qd_settings_set(settings, name, value, error);
}

/* --------------------------------------------------------------------------------------- by the data */

/* What a table of settings takes from the data. */
typedef struct nature {
    bool frames;     /* a class for each frame */
    bool divisions;  /* pairs of a track's end and births near it: few frames */
    size_t longest;  /* frames */
    size_t labelled; /* tracks */
    double usual;    /* share of the most frequent class */
    bool negative;   /* features have values below 0 */
} nature;

static nature nature_of(const qd_tracks *tracks, bool divisions)
{
    nature n = {.frames = tracks->per_frame && !divisions, .divisions = divisions, .longest = qd_cells_longest(tracks)};
    const size_t labels = tracks->label == NULL ? 0 : tracks->per_frame ? tracks->rows : tracks->count;
    n.labelled = tracks->count;
    double known = 0, most = 0;
    for (size_t k = 0; k < tracks->classes; k++) {
        double count = 0;
        for (size_t i = 0; i < labels; i++) {
            count += tracks->label[i] == (int32_t)k ? 1 : 0;
        }
        known += count;
        most = fmax(most, count);
    }
    n.usual = known > 0 ? most / known : 0;
    for (size_t i = 0; i < tracks->rows * tracks->features; i++) {
        n.negative = n.negative || tracks->x[i] < 0;
    }
    return n;
}

/* Steps of the network at most, and updates at least. */
enum { MOST_STEPS = 180, UPDATES = 1200, UPDATES_OF_TRACKS = 4000 };

static const char *layers_of(const nature *n, bool causal)
{
    if (n->frames && n->usual > QD_CELLS_SKEWED) { /* of which there are three times as many */
        return causal ? "lstm:32,lstm:32" : "bilstm:16,bilstm:16";
    }
    if (n->frames) {
        return causal ? "lstm:48,lstm:48" : "bilstm:32,bilstm:32";
    }
    if (n->divisions) {
        return "conv:48+kernel=7,norm,relu,conv:64+kernel=5,norm,relu,bilstm:32,mean";
    }
    return causal ? "conv:48+kernel=7+causal,norm,relu,conv:64+kernel=5+causal,norm,relu,lstm:48,mean"
                  : "conv:64+kernel=7,norm,relu,conv:96+kernel=5,norm,relu,conv:96+kernel=3,norm,relu,mean";
}

static qd_status set_by_data(const qd_settings *given, const qd_tracks *tracks, qd_settings *settings, qd_error *error)
{
    const nature n = nature_of(tracks, qd_settings_flag(given, "divisions"));
    const bool causal = qd_settings_flag(given, "causal");
    qd_status status = set_open(given, settings, "layers", layers_of(&n, causal), error);
    if (status == QD_OK && n.frames && n.usual > QD_CELLS_SKEWED) {
        /* Each frame is unseen by three: what favours rare classes is chosen on averages, and used on averages. */
        status = set_open(given, settings, "ensemble", "15", error);
    }
    if (status == QD_OK) {
        status = set_open(given, settings, "batch", n.frames ? "8" : "16", error);
    }
    if (status == QD_OK) {
        status = set_open(given, settings, "differences", n.frames ? "2" : "0", error);
    }
    if (status == QD_OK &&
        strcmp(qd_settings_text(settings, "scale"), "auto") == 0) { /* ways and distances: logarithms */
        const bool ways = qd_settings_flag(given, "motion") || qd_settings_flag(given, "neighbours");
        status = qd_settings_set(settings, "scale", n.frames && ways && !n.negative ? "log1p" : "standard", error);
    }
    if (status == QD_OK && strcmp(qd_settings_text(settings, "balance"), "auto") == 0) {
        status = qd_settings_set(settings, "balance", n.frames && n.usual > QD_CELLS_SKEWED ? "root" : "none", error);
    }
    if (status == QD_OK && qd_settings_integer(settings, "patch") == 0) {
        const size_t patch = n.frames ? 1 : (n.longest + MOST_STEPS - 1) / MOST_STEPS;
        status = set_whole(settings, "patch", patch > 0 ? patch : 1, error);
    }
    if (status == QD_OK && !qd_settings_given(given, "epochs")) {
        const size_t updates = qd_train_batches(settings, n.labelled > 0 ? n.labelled : 1);
        const size_t wanted = n.frames || n.divisions ? UPDATES : UPDATES_OF_TRACKS;
        const size_t epochs = (wanted + updates - 1) / updates;
        status = set_whole(settings, "epochs", epochs < 12 ? 12 : epochs > 200 ? 200 : epochs, error);
    }
    if (status == QD_OK && !qd_settings_given(given, "patience")) {
        const size_t epochs = (size_t)qd_settings_integer(settings, "epochs");
        status = set_whole(settings, "patience", epochs / 3 + 3, error);
    }
    return status;
}

/* --------------------------------------------------------------------------------------------- checks */

static qd_status check(const qd_settings *settings, const qd_tracks *tracks, qd_error *error)
{
    const bool frames = tracks->per_frame && !qd_settings_flag(settings, "divisions");
    const char *valid = qd_settings_text(settings, "valid");
    double fraction;
    if (tracks->target != NULL) {
        return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                          "its targets are numbers (@targetlabel true), and cells are given classes: put classes in "
                          "their place (@classLabel true and their names), or learn numbers with train regress");
    }
    if (*valid != '\0' && (!qd_text_to_double(valid, strlen(valid), &fraction) || !(fraction > 0 && fraction < 1))) {
        return qd_fail(error, QD_ERR_USE, "valid: %s is not a fraction between 0 and 1 (whole parts: --split)", valid);
    }
    if (frames && qd_settings_integer(settings, "patch") > 1) {
        return qd_fail(error, QD_ERR_VALUE, "patch: several frames make one step only where tracks have the classes");
    }
    if (qd_settings_flag(settings, "causal") &&
        (qd_settings_flag(settings, "kin") || qd_settings_flag(settings, "divisions"))) {
        return qd_fail(error, QD_ERR_USE, "causal: %s looks at tracks that begin later",
                       qd_settings_flag(settings, "kin") ? "kin" : "divisions");
    }
    if (!frames && *qd_settings_text(settings, "order") != '\0') {
        return qd_fail(error, QD_ERR_VALUE, "order: only classes of frames follow one another");
    }
    return QD_OK;
}

qd_status qd_cells_settings(const qd_settings *settings, const qd_tracks *tracks, qd_settings **out, qd_error *error)
{
    qd_status status = qd_settings_copy(settings, out, error);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0] && status == QD_OK; i++) {
        status = set_open(settings, *out, defaults[i][0], defaults[i][1], error);
    }
    if (status == QD_OK && *qd_settings_text(*out, "per") == '\0') {
        status = qd_settings_set(*out, "per", tracks->per_frame ? "frame" : "track", error);
    }
    if (status == QD_OK && qd_settings_flag(*out, "divisions") && *qd_settings_text(*out, "group") == '\0') {
        status = qd_settings_set(*out, "group", "id", error); /* candidates of one end stay together */
    }
    if (status == QD_OK) {
        status = check(*out, tracks, error);
    }
    if (status == QD_OK) {
        status = set_by_data(settings, tracks, *out, error);
    }
    if (status != QD_OK && *out != NULL) {
        qd_settings_free(*out);
        *out = NULL;
    }
    return status;
}
