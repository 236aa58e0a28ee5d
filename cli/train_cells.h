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

/* Reads the tracks of paths[1], ... as the settings say. */
QD_CHECKED qd_status qd_read_tracks(const qd_arguments *arguments, const qd_settings *settings, qd_tracks **tracks,
                                    qd_error *error);

/* Settings of a model with this call's options about files and columns over them. */
QD_CHECKED qd_status qd_cells_reading(const qd_settings *given, const qd_classifier *classifier, qd_settings **out,
                                      qd_error *error);

#endif
