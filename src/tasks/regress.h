/* Regression on sequences: the article's example.  Glue between files, scaling, the training loop and the model.  The
   public functions qd_train_regress, qd_model_predict and qd_stream_* live here too. */
#ifndef QD_TASKS_REGRESS_H
#define QD_TASKS_REGRESS_H

#include "base/settings.h"
#include "data/sequences.h"

/* Reads training sequences from X.npy y.npy, or from one CSV with --target, --features and --window. */
QD_CHECKED qd_status qd_regress_read(const qd_settings *settings, size_t paths_count, const char *const *paths,
                                     qd_sequences **out, qd_error *error);

/* Trains as the settings say, checkpoint, resume, init and history included, and saves the model to `output`.
   columns: those of the CSV, or "". */
QD_CHECKED qd_status qd_regress_train(const qd_settings *settings, const qd_sequences *train, const qd_sequences *valid,
                                      const char *columns, qd_monitor monitor, void *context, qd_model **out,
                                      qd_error *error);

#endif
