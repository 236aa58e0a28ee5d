/* The tasks as bits, QD_CMD_REGRESS and so on: which one a model is of, and which options go with it. */
#ifndef QD_CLI_TASK_H
#define QD_CLI_TASK_H

#include "cli.h"
#include "store/safetensors.h"

/* Of train's name for it; 0: there is none of this name. */
unsigned qd_task_of(const char *name);

/* Reads a model file, once: the caller makes the model from it.  *task: 0 where the file names none that is known. */
QD_CHECKED qd_status qd_task_model(const char *path, qd_safetensors **file, unsigned *task, qd_error *error);

/* Wrong use: an option that is given is for other tasks than this one.  An exit code. */
int qd_task_check(const qd_arguments *arguments, unsigned task);

#endif
