/*
 * What a network sees of tracks: their features, each less its mean and divided by its standard deviation over the
 * frames of the training tracks; a missing value is 0 (the mean), and another input, 1 where it is missing, stands for
 * each feature of which the training tracks lack some.
 */
#ifndef QD_DATA_TRACK_INPUTS_H
#define QD_DATA_TRACK_INPUTS_H

#include "data/tracks.h"

typedef struct qd_track_scaling {
    size_t features;
    char **name;       /* [features] */
    double *mean, *sd; /* [features]; 0 and 1 for a categorical one; a constant feature has sd 1 */
    bool *marked;      /* [features]: has it an input of its own for what is missing? */
    size_t inputs;     /* features + those marked, which come last, in order */
} qd_track_scaling;

/* Learns it from the tracks with use[n] (NULL: all).  A feature without any value there is QD_ERR_VALUE, but for
   those of positions (data/track_motion.h). */
QD_CHECKED qd_status qd_track_scaling_learn(const qd_tracks *tracks, const bool *use, qd_track_scaling *scaling,
                                            qd_error *error);
void qd_track_scaling_clear(qd_track_scaling *scaling);

/* The inputs of `rows` rows of features [rows][features] -> [rows][inputs]; every one finite. */
void qd_track_scaling_apply(const qd_track_scaling *scaling, size_t rows, const float *features, float *inputs);

#endif
