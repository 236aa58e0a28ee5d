/* The command line: a table of subcommands over one table of settings.  Results go to standard output or -o, words and
   progress to standard error; the exit code is 0 (done), 1 (failed) or 2 (wrong use). */
#ifndef QD_CLI_CLI_H
#define QD_CLI_CLI_H

#include "base/settings.h"

enum { QD_EXIT_DONE = 0, QD_EXIT_FAILED = 1, QD_EXIT_USAGE = 2 };

/* What a command was called with. */
typedef struct qd_arguments {
    qd_settings *settings;
    const char **paths; /* [count], what is not an option, in order */
    size_t count;
} qd_arguments;

typedef struct qd_command {
    const char *name;  /* "train" */
    const char *usage; /* what follows the name */
    const char *help;  /* one line */
    unsigned settings; /* QD_CMD_*: those that it knows; 0: none */
    int (*run)(const qd_arguments *arguments);
} qd_command;

extern const qd_command qd_commands[];
extern const size_t qd_commands_count;

int qd_cmd_train(const qd_arguments *arguments);
int qd_cmd_predict(const qd_arguments *arguments);
int qd_cmd_inspect(const qd_arguments *arguments);
int qd_cmd_evaluate(const qd_arguments *arguments);
int qd_evaluate_hub(const qd_arguments *arguments);                                           /* evaluate --forecasts */
int qd_evaluate_scores(const qd_arguments *arguments);                                        /* evaluate --scores */
int qd_cmd_bench(const qd_arguments *arguments);
int qd_cmd_manual(const qd_arguments *arguments);

/* Reads argv[0 .. argc-1], what follows the command's name.  QD_EXIT_DONE: run it; *help: --help was asked for.  Else
   the error has been told. */
int qd_arguments_read(const qd_command *command, int argc, char **argv, qd_arguments *arguments, int *help);
/* No file that is written may be one that is read (paths[first] and on), nor may two of them be one. */
int qd_arguments_check_paths(const qd_arguments *arguments, size_t first);
void qd_arguments_clear(qd_arguments *arguments);

/* Help on standard output: of the program, and of one command. */
void qd_help_program(void);
void qd_help_command(const qd_command *command);

/* Words on standard error, as lines or, with --log json, as objects. */
void qd_log_set(const qd_settings *settings);
int qd_log_quiet(void);
int qd_log_json(void);
void qd_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Tells an error and returns QD_EXIT_FAILED, of QD_ERR_USE QD_EXIT_USAGE; one that begins with "sequence" is about the
   data of `path`.  Or wrong use: QD_EXIT_USAGE. */
int qd_tell_failure(const qd_error *error);
int qd_tell_data_failure(qd_error *error, const char *path);
int qd_tell_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
