/* How well cells are classified: answers of the ensemble, of the majority and of a network without memory, scored. */
#ifndef QD_TASKS_CELLS_EVALUATE_H
#define QD_TASKS_CELLS_EVALUATE_H

#include "eval/classify.h"
#include "eval/transitions.h"
#include "tasks/cells_divisions.h"

enum { QD_CELLS_MODELS = 3 }; /* quadrat, majority, no_memory */
extern const char *const qd_cells_models[QD_CELLS_MODELS];

/* Answers for tracks; those of a cross-validation are gathered fold by fold. */
typedef struct qd_cells_answers {
    const qd_tracks *tracks; /* borrowed */
    bool frames, ends;       /* ends: of tracks, do they divide? */
    size_t n, classes;       /* frames or tracks */
    int32_t *truth;          /* [n]: negative where nothing was answered or the truth is not known */
    struct {
        float *p;       /* [n][classes] */
        int32_t *label; /* [n] */
    } model[QD_CELLS_MODELS];
} qd_cells_answers;

QD_CHECKED qd_status qd_cells_answers_new(const qd_tracks *tracks, qd_cells_kind kind, qd_cells_answers *answers,
                                          qd_error *error);
void qd_cells_answers_clear(qd_cells_answers *answers);

/* Asks a classifier for the tracks with use[n] (NULL: all), which qd_cells_fit has made fit. */
QD_CHECKED qd_status qd_cells_answer(const qd_classifier *classifier, const bool *use, unsigned threads,
                                     qd_cells_answers *answers, qd_error *error);

/* Of candidates of divisions: the best one of each track answers for its end, whose truth is whether it divides;
   answers are then of tracks. */
QD_CHECKED qd_status qd_cells_answer_ends(const qd_divisions *divisions, const qd_tracks *tracks,
                                          qd_cells_answers *answers, qd_error *error);

/* The scores of all three.  draws: of a bootstrap over lineages (tracks where there is no lineage), 0 for none. */
typedef struct qd_cells_report {
    qd_class_scores scores[QD_CELLS_MODELS];
    qd_transition *transitions[QD_CELLS_MODELS]; /* of frames */
    size_t transition_count[QD_CELLS_MODELS];
} qd_cells_report;

/* order: as the setting, or "". */
QD_CHECKED qd_status qd_cells_score(const qd_cells_answers *answers, const char *order, size_t draws, uint64_t seed,
                                    qd_cells_report *report, qd_error *error);
void qd_cells_report_clear(qd_cells_report *report);

/* CSV model,n,accuracy,...,ece, with a bootstrap accuracy_low,accuracy_high,... behind them; "-": standard output. */
QD_CHECKED qd_status qd_cells_report_write(const qd_cells_report *report, const char *path, qd_error *error);

/* JSON: of each model scores, confusion, precision and recall of each class, reliability, transitions. */
QD_CHECKED qd_status qd_cells_report_details(const qd_cells_report *report, char *const *class_name, const char *path,
                                             qd_error *error);

/* The ensemble's answers where there are any, as below. */
QD_CHECKED qd_status qd_cells_answers_write(const qd_cells_answers *answers, const char *path, qd_error *error);

/* Divisions, track,time,daughters,score: a row a candidate, the daughters' ids separated by a blank, falling score a
   track. */
QD_CHECKED qd_status qd_divisions_write(const qd_divisions *divisions, const qd_tracks *tracks,
                                        const qd_cells_labels *labels, const char *path, qd_error *error);

/* Labels of frames, track,time,object,parent,label,p_CLASS..., or of tracks, track,label,p_CLASS... */
QD_CHECKED qd_status qd_cells_labels_write(const qd_classifier *classifier, const qd_tracks *tracks,
                                           const qd_cells_labels *labels, const char *path, qd_error *error);

#endif
