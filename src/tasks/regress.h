/* Regression on sequences: the article's example.  Glue between files, scaling, the training loop and the model.  The
   public functions qd_train_regress, qd_model_predict and qd_stream_* are of this floor too. */
#ifndef QD_TASKS_REGRESS_H
#define QD_TASKS_REGRESS_H

#include "base/settings.h"
#include "data/sequences.h"
#include "store/model.h"

/* What the files of a command hold: arrays, or one table. */
typedef struct qd_regress_data {
    qd_sequences *sequences; /* owned */
    qd_table *table;         /* owned; NULL where the data came as arrays */
} qd_regress_data;

/* Reads X.npy and y.npy (targets), or one CSV that is cut into windows as `settings` says (target, features, window,
   weights, format, dialect, gzip-limit).  with_targets false: X.npy alone, or a CSV with the window beyond its last
   row. */
QD_CHECKED qd_status qd_regress_read(const qd_settings *settings, size_t count, const char *const *paths,
                                     bool with_targets, qd_regress_data *data, qd_error *error);
void qd_regress_data_clear(qd_regress_data *data);

/* A copy of the settings in which nothing is left open ("scale" auto is resolved for arrays or a table), checked
   against one another. */
QD_CHECKED qd_status qd_regress_settings(const qd_settings *settings, bool table, qd_settings **out, qd_error *error);

/* Trains as the settings (of qd_regress_settings) say: validation, scaling, initial weights, checkpoints, history.
   valid: or NULL.  columns: those of the CSV, or "". */
QD_CHECKED qd_status qd_regress_train(const qd_settings *settings, const qd_sequences *train, const qd_sequences *valid,
                                      const char *columns, qd_monitor monitor, void *context, qd_model **out,
                                      qd_error *error);

/* QD_ERR_VALUE where a network reads tokens: a regression has none. */
QD_CHECKED qd_status qd_regress_check(const qd_network *network, qd_error *error);

/* Predictions for the rows of a table: y[0] for row `window` (the first with a whole window before it), one a row, then
   `horizon` rows beyond the last one, each from the observations and the predictions before it.  *y: [*count], released
   with qd_mem_free.  A horizon of more than 1 needs the target to be the only feature (QD_ERR_VALUE). */
QD_CHECKED qd_status qd_regress_predict_table(const qd_model *model, const qd_table *table, size_t horizon,
                                              unsigned threads, float **y, size_t *count, qd_error *error);

#endif
