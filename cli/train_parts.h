/* What training on the command line has in common, whatever the task: checkpoints and words about them. */
#ifndef QD_CLI_TRAIN_PARTS_H
#define QD_CLI_TRAIN_PARTS_H

#include "cli.h"

/* Says whether there is a checkpoint at this path to go on from. */
void qd_train_say_checkpoint(const char *path);

/* With --resume: says whether there is a checkpoint to go on from. */
QD_CHECKED qd_status qd_train_say_resume(const qd_settings *settings, qd_error *error);

/* The model is there: the checkpoint that nobody asked for has served. */
QD_CHECKED qd_status qd_train_remove_checkpoint(const qd_settings *settings, qd_error *error);

/* A signal came: says how to go on. */
void qd_train_say_stopped(const qd_settings *settings);

#endif
