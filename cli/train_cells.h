/* quadrat train cells, and predict and evaluate with its models. */
#ifndef QD_CLI_TRAIN_CELLS_H
#define QD_CLI_TRAIN_CELLS_H

#include "cli.h"
#include "tasks/cells.h"

int qd_train_cells(const qd_arguments *arguments);

int qd_predict_cells(const qd_arguments *arguments, const qd_safetensors *model);

/* evaluate MODEL DATA; evaluate cells DATA --folds K (NULL: trains as it goes). */
int qd_evaluate_cells(const qd_arguments *arguments, const qd_safetensors *model);

/* Settings of a model with this call's options about files and columns over them. */
QD_CHECKED qd_status qd_cells_reading(const qd_settings *given, const qd_classifier *classifier, qd_settings **out,
                                      qd_error *error);

#endif
