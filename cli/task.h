/* The tasks as bits, QD_CMD_REGRESS and so on: which one a model is of, and which options go with it. */
#ifndef QD_CLI_TASK_H
#define QD_CLI_TASK_H

#include "cli.h"
#include "store/safetensors.h"

/* Of train's name for it; 0: there is none of this name. */
unsigned qd_task_of(const char *name);

/* Wrong use: an option that is given is for other tasks than this one.  An exit code. */
int qd_task_check(const qd_arguments *arguments, unsigned task);

/* Reads the model that is the first path, once (the caller makes the model from the file), and checks the options.
   *task: 0 where the file names none that is known.  An exit code; what went wrong has been told. */
int qd_task_open(const qd_arguments *arguments, qd_safetensors **file, unsigned *task);

#endif
