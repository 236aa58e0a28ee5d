/* What the files of the cells task share. */
#ifndef QD_TASKS_CELLS_PARTS_H
#define QD_TASKS_CELLS_PARTS_H

#include "nn/batch.h"
#include "tasks/cells.h"

/* From this share of one class on, accuracy says little: rare classes weigh more, and are favoured. */
#define QD_CELLS_SKEWED 0.8

/* Fills the inputs of one track, x [frames][qd_cells_width].  base: room for [frames][qd_cells_base]. */
static inline size_t qd_cells_base(const qd_cells_inputs *inputs)
{
    return inputs->scaling.inputs + inputs->scaling.features;
}
void qd_cells_fill(const qd_cells_inputs *inputs, const qd_tracks *tracks, size_t track, float *base, float *x);

/* Learns scaling, mean and sd from the tracks with use[n]; lags, patch, ends, ahead and logs are set. */
QD_CHECKED qd_status qd_cells_inputs_learn(const qd_tracks *tracks, const bool *use, qd_cells_inputs *inputs,
                                           qd_error *error);
void qd_cells_inputs_clear(qd_cells_inputs *inputs);

/* Frames of the longest track. */
size_t qd_cells_longest(const qd_tracks *tracks);

/* Networks of these settings: `network` and `plain`. */
QD_CHECKED qd_status qd_cells_network(qd_classifier *cells, qd_error *error);

/* The best path of classes that follow `rank` ([classes]: places in the order, -1 for a class outside it) and never go
   back, by the sum of score[frames][classes]; label[frames].  room: [frames][classes]. */
void qd_cells_best_path(size_t frames, size_t classes, const int32_t *rank, const double *score, int32_t *room,
                        int32_t *label);

/* The rank of each class by the setting "order", [classes], a new array; NULL where no order is asked for. */
QD_CHECKED qd_status qd_cells_rank(const qd_classifier *cells, const char *order, int32_t **rank, qd_error *error);

/* Averaged probabilities of networks first .. first+count-1 of `parameters` for the tracks with use[n] (NULL: all):
   p [rows or tracks][classes], of the others untouched. */
QD_CHECKED qd_status qd_cells_probabilities(const qd_classifier *cells, const qd_network *network,
                                            const float *parameters, size_t count, const qd_tracks *tracks,
                                            const bool *use, unsigned threads, float *p, qd_error *error);

/* --------------------------------------------------------------------------------------------- lessons */

/* The problem of learning one network: tracks to train and to validate on, and how a batch of them is made. */
typedef struct qd_cells_lesson {
    const qd_classifier *cells;
    const qd_tracks *tracks;
    const int32_t *truth; /* [rows] or [tracks] */
    bool per_frame;
    float *x;              /* [rows][width]: the inputs of every frame */
    double *weight;        /* [classes]: mean 1 over what is trained on */
    double usual;          /* labelled frames of a track; 1 where tracks are labelled */
    size_t *train, *valid; /* tracks */
    size_t train_count, valid_count;
    uint64_t seed;
    double jitter, rescale, shorten, focal;
    /* Of the batch, in the caller's order: */
    size_t rows, steps;
    float *made; /* [rows][steps * patch][width] */
    const float **row_x;
    size_t *lengths, *first; /* steps; the first frame that was not cut off */
    uint64_t *numbers;       /* tracks */
} qd_cells_lesson;

/* Makes it, but for train, valid and seed, for the tracks with use[n] (NULL: all). */
QD_CHECKED qd_status qd_cells_lesson_new(const qd_classifier *cells, const qd_tracks *tracks, const bool *use,
                                         qd_cells_lesson *lesson, qd_error *error);
void qd_cells_lesson_clear(qd_cells_lesson *lesson);
qd_problem qd_cells_problem(qd_cells_lesson *lesson);

/* The weight of a class by the setting "balance" (none, root or full), before it is made 1 on average. */
double qd_cells_weight(const qd_classifier *cells, size_t class_index);

/* ----------------------------------------------------------------------------------------- calibration */

/* Learns temperature and favour from probabilities of what the networks did not see, p [n][classes], which are brought to
   that temperature; truth [n], negative: not known. */
QD_CHECKED qd_status qd_cells_calibrate(qd_classifier *cells, size_t n, float *p, const int32_t *truth,
                                        qd_error *error);

/* Probabilities brought to a temperature, in place, and the class that is chosen. */
void qd_cells_temper(size_t classes, double temperature, float *p);
int32_t qd_cells_choose(const qd_classifier *cells, const float *p);

#endif
