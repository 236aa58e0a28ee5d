/* What training on the command line has in common, whatever the task: the states that are kept, and words about them.
   networks: of an ensemble, which has a state each; 0: there is one alone. */
#ifndef QD_CLI_TRAIN_PARTS_H
#define QD_CLI_TRAIN_PARTS_H

#include "cli.h"

/* With --resume: says whether there is a checkpoint to go on from.  *done: networks that have been trained, since a
   later one has begun. */
QD_CHECKED qd_status qd_train_say_resume(const qd_settings *settings, size_t networks, size_t *done, qd_error *error);

/* The model is there: the states have served, but for those that --checkpoint asked for. */
QD_CHECKED qd_status qd_train_remove_states(const qd_settings *settings, size_t networks, qd_error *error);

/* A signal came: says how to go on. */
void qd_train_say_stopped(const qd_settings *settings, size_t networks);

#endif
