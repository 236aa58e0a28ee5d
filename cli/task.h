/* The tasks as bits, QD_CMD_REGRESS and so on: which one a model is of, and which options go with it. */
#ifndef QD_CLI_TASK_H
#define QD_CLI_TASK_H

#include "cli.h"
#include "store/safetensors.h"

/* Of train's name for it; 0: there is none of this name. */
unsigned qd_task_of(const char *name);

/* Wrong use: an option that is given is for other tasks than this one.  An exit code. */
int qd_task_check(const qd_arguments *arguments, unsigned task);

/* What is done with a model of a task (0: the file names none that is known), made from its file.  An exit code. */
typedef int qd_task_work(const qd_arguments *arguments, const qd_safetensors *file, unsigned task);

/* Reads the model that is the first path, once, checks the options, and does the work.  An exit code; what went wrong
   has been told. */
int qd_task_with_model(const qd_arguments *arguments, qd_task_work *work);

#endif
