/* The program: finds the subcommand and hands over. */
#include "cli.h"
#include "task.h"

#include "base/mem.h"
#include "base/text.h"
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

const qd_command qd_commands[] = {
    {"train", "regress|forecast|sites|cells DATA... -o MODEL.safetensors [OPTIONS]",
     "train a network on sequences, a table of counts, sequences of a virus, or tracks of cells", QD_CMD_TRAIN,
     qd_cmd_train},
    {"predict", "MODEL DATA [-o FILE] [OPTIONS]", "predict with a model", QD_CMD_PREDICT, qd_cmd_predict},
    {"evaluate",
     "MODEL DATA | MODEL --wildtype FILE | forecast|cells DATA | --baselines DATA | --forecasts|--scores FILE --truth "
     "FILE [OPTIONS]",
     "score a model, or train and score, the naive methods beside; or anyone's forecasts or scores", QD_CMD_EVALUATE,
     qd_cmd_evaluate},
    {"inspect", "FILE... [OPTIONS]", "say what is in a model, a checkpoint or a data file", QD_CMD_INSPECT,
     qd_cmd_inspect},
    {"bench", "[WORKLOAD[:N=...,T=...,I=...,H=...,L=...,B=...]...] [OPTIONS]",
     "measure how fast this machine trains and predicts", QD_CMD_BENCH, qd_cmd_bench},
    {"manual", "", "print the manual page (roff; read it with: quadrat manual | man -l -)", 0, qd_cmd_manual},
};
const size_t qd_commands_count = sizeof qd_commands / sizeof qd_commands[0];

static int unknown_command(const char *name)
{
    const char *names[sizeof qd_commands / sizeof qd_commands[0]];
    for (size_t i = 0; i < qd_commands_count; i++) {
        names[i] = qd_commands[i].name;
    }
    size_t nearest = qd_text_nearest(name, names, qd_commands_count);
    return nearest < qd_commands_count ? qd_tell_usage("unknown command '%s'; did you mean %s?", name, names[nearest])
                                       : qd_tell_usage("unknown command '%s'; see quadrat --help", name);
}

/* train knows its task by the next word: then it is known which options are its own. */
static qd_command command_of(const qd_command *command, const char *next)
{
    qd_command known = *command;
    if (command->run == qd_cmd_train && next != NULL && qd_task_of(next) != 0) {
        known.settings = qd_task_of(next);
    }
    return known;
}

static int run_command(const qd_command *command, int argc, char **argv)
{
    qd_arguments arguments;
    qd_command known = command_of(command, argc > 0 ? argv[0] : NULL);
    int help;
    int code = qd_arguments_read(&known, argc, argv, &arguments, &help);
    if (code == QD_EXIT_DONE && !help && known.settings == QD_CMD_TRAIN && arguments.count > 0 &&
        qd_task_of(arguments.paths[0]) != 0) { /* options stood before the task: now it is known which are its own */
        known.settings = qd_task_of(arguments.paths[0]);
        qd_arguments_clear(&arguments);
        code = qd_arguments_read(&known, argc, argv, &arguments, &help);
    }
    if (help) {
        qd_help_command(&known);
    } else if (code == QD_EXIT_DONE) {
        code = command->run(&arguments);
    }
    qd_arguments_clear(&arguments);
    return code;
}

/* What was printed must have arrived: a full disk is a failure even when only the last bytes do not fit. */
static int close_output(int code)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        qd_error error;
        qd_fail(&error, QD_ERR_FILE, "cannot write to standard output");
        return qd_tell_failure(&error);
    }
    return code;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, ""); /* may the plot use UTF-8?  Numbers are read and written in the C locale always. */
    if (argc < 2) {
        qd_help_program();
        return QD_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("quadrat %s\n", qd_version());
        return close_output(QD_EXIT_DONE);
    }
    const bool word = strcmp(argv[1], "help") == 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (word && argc == 2)) {
        qd_help_program();
        return close_output(QD_EXIT_DONE);
    }
    const char *name = argv[word ? 2 : 1];
    for (size_t i = 0; i < qd_commands_count; i++) {
        if (strcmp(name, qd_commands[i].name) != 0) {
            continue;
        }
        if (word) {                                                        /* help COMMAND */
            const qd_command known = command_of(&qd_commands[i], argv[3]); /* argv ends with NULL */
            qd_help_command(&known);
            return close_output(QD_EXIT_DONE);
        }
        return close_output(run_command(&qd_commands[i], argc - 2, argv + 2));
    }
    return unknown_command(name);
}
