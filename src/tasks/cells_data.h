/* The data of the cells task: tracks as a file has them, or what is made of them to learn divisions; and which of them
   train or are tested. */
#ifndef QD_TASKS_CELLS_DATA_H
#define QD_TASKS_CELLS_DATA_H

#include "data/splits.h"
#include "tasks/cells_divisions.h"

typedef struct qd_cells_data {
    qd_tracks *tracks;      /* owned */
    qd_divisions divisions; /* of the setting "divisions"; else empty */
    qd_tracks *subject;     /* what is classified: tracks, or the candidates of divisions */
    bool *use;              /* [subject->count], owned: those chosen; NULL: all */
} qd_cells_data;

/* What tracks are read for. */
typedef enum qd_cells_purpose {
    QD_CELLS_LEARN, /* labels, and of divisions the lineage, must be there */
    QD_CELLS_SCORE, /* labels where the data have them */
    QD_CELLS_LABEL  /* no labels are read: their columns need not be there */
} qd_cells_purpose;

/* Reads the tracks that the settings describe, with the features that they ask for. */
QD_CHECKED qd_status qd_cells_read(const qd_settings *settings, const char *const *paths, size_t count,
                                   qd_cells_purpose purpose, qd_cells_data *data, qd_error *error);
void qd_cells_data_clear(qd_cells_data *data);

/* Chooses by the setting "split": what trains and validates, or what is tested.  Without a split nothing is chosen. */
QD_CHECKED qd_status qd_cells_choose_part(const qd_settings *settings, bool test, qd_cells_data *data, qd_error *error);

/* The fold of each track by the setting "folds", fold [data->tracks->count]; then chooses those of fold k, or all
   others. */
QD_CHECKED qd_status qd_cells_folds(const qd_settings *settings, const qd_cells_data *data, size_t *fold, size_t *folds,
                                    qd_error *error);
QD_CHECKED qd_status qd_cells_choose_fold(const size_t *fold, size_t k, bool others, qd_cells_data *data,
                                          qd_error *error);

#endif
