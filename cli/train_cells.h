/* quadrat train cells, and predict and evaluate with its models. */
#ifndef QD_CLI_TRAIN_CELLS_H
#define QD_CLI_TRAIN_CELLS_H

#include "cli.h"
#include "tasks/cells.h"

int qd_train_cells(const qd_arguments *arguments);

/* Is the file a model of the task `cells`?  False too where it cannot be read. */
bool qd_is_classifier(const char *path);
int qd_predict_cells(const qd_arguments *arguments);

/* evaluate MODEL DATA; evaluate cells DATA --folds K (trains as it goes). */
int qd_evaluate_cells(const qd_arguments *arguments);

/* Settings of a model with this call's options about files and columns over them. */
QD_CHECKED qd_status qd_cells_reading(const qd_settings *given, const qd_classifier *classifier, qd_settings **out,
                                      qd_error *error);

#endif
