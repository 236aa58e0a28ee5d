/*
 * Classifying cells: a class for each frame or for each track, or whether a track ends in a division and into which
 * daughters.
 *
 * An ensemble of networks reads the standardised features of a track, how they have changed over several lags, and how
 * old the track is.  Each network is trained on another part of the tracks and stops by the rest; what they say of the
 * tracks that they did not see calibrates the probabilities (a temperature) and chooses how far rare classes are
 * favoured.
 */
#ifndef QD_TASKS_CELLS_H
#define QD_TASKS_CELLS_H

#include "base/settings.h"
#include "data/track_inputs.h"
#include "nn/network.h"
#include "store/safetensors.h"
#include "train/train.h"

/* From features to what a network reads; the same for training and prediction. */
typedef struct qd_cells_inputs {
    qd_track_scaling scaling;
    size_t lags;       /* differences over 1, 2, 4, ... frames */
    size_t patch;      /* frames of a step */
    bool ends;         /* of frames: where in its track each stands, see cells_inputs.c */
    bool ahead;        /* and where its end is: not of a causal network */
    bool logs;         /* features enter as log(1 + x) */
    double *mean, *sd; /* [qd_cells_width]: of each input but the first ones, which `scaling` has done */
} qd_cells_inputs;

/* Inputs of a frame, and of a step. */
size_t qd_cells_width(const qd_cells_inputs *inputs);
static inline size_t qd_cells_steps(const qd_cells_inputs *inputs, size_t frames)
{
    return (frames + inputs->patch - 1) / inputs->patch;
}

/* What a row of labels is. */
typedef enum qd_cells_kind { QD_CELLS_FRAMES, QD_CELLS_TRACKS, QD_CELLS_DIVISIONS } qd_cells_kind;

typedef struct qd_classifier {
    qd_settings *settings; /* with nothing left open */
    qd_cells_kind kind;
    size_t classes;
    char **class_name; /* [classes] */
    double *share;     /* [classes]: of the frames or tracks trained on */
    qd_cells_inputs inputs;
    qd_network *network;
    size_t members;
    float *parameters; /* [members][parameters of the network] */
    qd_network *plain; /* a network without memory, to compare with: each frame by itself, of tracks their mean */
    float *plain_parameters;
    double temperature;        /* the logarithms of probabilities are divided by it */
    double *favour;            /* [classes]: the class chosen is that with the largest p * favour; 1 where nothing is */
    size_t known;              /* frames or tracks that calibrated them; 0: none, temperature 1 */
    double accuracy, macro_f1; /* on those: of networks that had not seen them */
    qd_history history;        /* of the training of all networks; not in a model file */
} qd_classifier;

/* Column options of the reader as these settings say, with the keys that the splits need; released with
   qd_cells_options_clear. */
typedef struct qd_cells_options {
    qd_track_options track;
    char *keep; /* owned */
} qd_cells_options;
QD_CHECKED qd_status qd_cells_options_of(const qd_settings *settings, qd_cells_options *options, qd_error *error);
void qd_cells_options_clear(qd_cells_options *options);

/* The task's own default of a setting, as text for --help; NULL: that of the table of settings. */
const char *qd_cells_default(const char *name);

/* Settings with nothing left open: what the user did not set gets the task's own default, some by the data.  tracks:
   the subject of qd_cells_read. */
QD_CHECKED qd_status qd_cells_settings(const qd_settings *settings, const qd_tracks *tracks, qd_settings **out,
                                       qd_error *error);

/* Trains on the tracks with use[n] (NULL: all) that have labels; ensemble + 1 networks, one after the other, the last
   of them that without memory.  settings: of qd_cells_settings.  keep: their states are kept (store/session.h). */
QD_CHECKED qd_status qd_cells_train(const qd_settings *settings, const qd_tracks *tracks, const bool *use, bool keep,
                                    qd_monitor monitor, void *context, qd_classifier **out, qd_error *error);
void qd_classifier_free(qd_classifier *cells);

/* Probabilities and labels of every frame or track. */
typedef struct qd_cells_labels {
    size_t n, classes;
    float *p;       /* [n][classes], calibrated */
    int32_t *label; /* [n]: the class chosen; with an order, of the best path */
} qd_cells_labels;

/* Who is asked: the ensemble, or the network without memory. */
QD_CHECKED qd_status qd_cells_predict(const qd_classifier *cells, const qd_tracks *tracks, bool plain, unsigned threads,
                                      qd_cells_labels *labels, qd_error *error);
void qd_cells_labels_clear(qd_cells_labels *labels);

/* Makes tracks fit a model: its features in its order, its numbers of classes.  QD_ERR_VALUE names what is missing; of
   labels, only where `labels`: else those that the model does not know are dropped. */
QD_CHECKED qd_status qd_cells_fit(const qd_classifier *cells, qd_tracks *tracks, bool labels, qd_error *error);

/* The model file (docs/model-file.md). */
QD_CHECKED qd_status qd_classifier_save(const qd_classifier *cells, const char *path, qd_error *error);
bool qd_classifier_is(const qd_safetensors *file);
QD_CHECKED qd_status qd_classifier_from(const qd_safetensors *file, qd_classifier **out, qd_error *error);
QD_CHECKED qd_status qd_classifier_load(const char *path, qd_classifier **out, qd_error *error);

#endif
