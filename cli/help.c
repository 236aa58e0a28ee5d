/* Help and the manual page, made from the tables of commands and settings. */
#include "cli.h"

#include "heads/likelihood.h"
#include "heads/loss.h"
#include "nn/layer.h"
#include "tasks/bench.h"
#include "tasks/cells.h"
#include "tasks/forecast.h"
#include "tasks/sites.h"
#include "train/optimizer.h"
#include <stdio.h>
#include <string.h>

void qd_help_program(void)
{
    printf("quadrat %s: LSTM networks for biological counting\n\n", qd_version());
    for (size_t i = 0; i < qd_commands_count; i++) {
        printf("  quadrat %-8s %s\n", qd_commands[i].name, qd_commands[i].help);
    }
    printf("\nquadrat COMMAND --help lists a command's options; quadrat --version says which quadrat this is.\n");
}

/* "--lr X" and the like, into `text`. */
static void option_text(const qd_setting *setting, char *text, size_t size)
{
    char letter[8] = "";
    if (setting->letter != 0) {
        snprintf(letter, sizeof letter, "-%c, ", setting->letter);
    }
    bool on = setting->type == QD_SETTING_FLAG && strcmp(setting->initial, "true") == 0;
    snprintf(text, size, "%s--%s%s%s%s", letter, on ? "no-" : "", setting->name, setting->argument != NULL ? " " : "",
             setting->argument != NULL ? setting->argument : "");
}

/* " [0.001]" where there is something to say. */
static void default_text(const qd_setting *setting, unsigned commands, char *text, size_t size)
{
    const bool scored = commands == QD_CMD_EVALUATE;
    const char *own = scored && strcmp(setting->name, "quantiles") == 0 ? "hub"
                      : scored || commands == QD_CMD_FORECAST           ? qd_forecast_default(setting->name)
                      : commands == QD_CMD_SITES                        ? qd_sites_default(setting->name)
                      : commands == QD_CMD_CELLS                        ? qd_cells_default(setting->name)
                                                                        : NULL;
    const char *value = own != NULL ? own : setting->initial;
    bool said = setting->type != QD_SETTING_FLAG && value[0] != '\0';
    snprintf(text, size, "%s%s%s", said ? " [" : "", said ? value : "", said ? "]" : "");
}

/* A name in a column of its own, and what it means in lines of 100 characters beside it. */
static void print_entry(const char *name, int width, const char *help)
{
    enum { LINE = 100 };
    int left = LINE - width - 3, room = left;
    bool fits = strlen(name) <= (size_t)width;
    printf("  %-*s%s%*s", width, name, fits ? " " : "\n", fits ? 0 : width + 3, "");
    while (*help != '\0') {
        int length = (int)strcspn(help, " ");
        if (length > room && room < left) {
            printf("\n%*s", width + 3, "");
            room = left;
        }
        printf("%.*s", length, help);
        room -= length + 1;
        help += length;
        if (*help == ' ') {
            help++;
            fputs(*help != '\0' && (int)strcspn(help, " ") <= room ? " " : "", stdout);
        }
    }
    printf("\n");
}

/* The tables that the choices of training come from. */
static void print_tables(unsigned commands)
{
    if ((commands & QD_CMD_BENCH) != 0) {
        printf("\nWorkloads (none named: all): N sequences, T steps, I inputs, L layers of H units, batches of B\n");
        for (size_t i = 0; i < qd_workloads_count; i++) {
            print_entry(qd_workloads[i].name, 8, qd_workloads[i].help);
        }
    }
    if ((commands & QD_CMD_TRAIN) == 0) {
        return;
    }
    printf("\nKinds of layers:\n");
    for (size_t i = 0; i < qd_layer_kinds_count; i++) {
        if (!qd_layer_kinds[i]->tokens) { /* tasks add those by themselves */
            print_entry(qd_layer_kinds[i]->name, 8, qd_layer_kinds[i]->help);
        }
    }
    if ((commands & QD_CMD_REGRESS) != 0) {
        printf("\nLosses:\n");
        for (size_t i = 0; i < qd_losses_count; i++) {
            print_entry(qd_losses[i]->name, 8, qd_losses[i]->help);
        }
    }
    if ((commands & QD_CMD_FORECAST) != 0) {
        printf("\nLikelihoods:\n");
        for (size_t i = 0; i < qd_likelihoods_count; i++) {
            print_entry(qd_likelihoods[i]->name, 9, qd_likelihoods[i]->help);
        }
    }
    printf("\nOptimisers:\n");
    for (size_t i = 0; i < qd_optimizers_count; i++) {
        print_entry(qd_optimizers[i]->name, 8, qd_optimizers[i]->help);
    }
}

void qd_help_command(const qd_command *command)
{
    printf("quadrat %s %s\n%s.\n", command->name, command->usage, command->help);
    for (size_t i = 0; i < qd_settings_count; i++) {
        const qd_setting *setting = &qd_settings_table[i];
        if ((setting->commands & command->settings) == 0) {
            continue;
        }
        char option[128], initial[64], help[512];
        option_text(setting, option, sizeof option);
        default_text(setting, command->settings, initial, sizeof initial);
        bool on = setting->type == QD_SETTING_FLAG && strcmp(setting->initial, "true") == 0;
        snprintf(help, sizeof help, "%s%s%s", on ? "not: " : "", setting->help, initial);
        print_entry(option, 28, help);
    }
    print_tables(command->settings);
}

/* roff: a hyphen that is typed is \-. */
static void roff(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            fputs("\\-", stdout);
        } else if (*text == '\\') {
            fputs("\\e", stdout);
        } else {
            fputc(*text, stdout);
        }
    }
}

int qd_cmd_manual(const qd_arguments *arguments)
{
    (void)arguments;
    printf(".TH QUADRAT 1 \"\" \"quadrat %s\" \"User commands\"\n.SH NAME\nquadrat \\- LSTM networks for biological "
           "counting\n.SH SYNOPSIS\n",
           qd_version());
    for (size_t i = 0; i < qd_commands_count; i++) {
        printf(".B quadrat %s\n", qd_commands[i].name);
        roff(qd_commands[i].usage);
        printf("\n.br\n");
    }
    printf(".SH COMMANDS\n");
    for (size_t i = 0; i < qd_commands_count; i++) {
        printf(".TP\n.B %s\n", qd_commands[i].name);
        roff(qd_commands[i].help);
        printf(".\n");
    }
    printf(".SH OPTIONS\nEvery option but \\-\\-config is also a key of the YAML file that \\-\\-config names.\n");
    for (size_t i = 0; i < qd_settings_count; i++) {
        const qd_setting *setting = &qd_settings_table[i];
        char option[128], initial[64];
        option_text(setting, option, sizeof option);
        default_text(setting, 0, initial, sizeof initial);
        printf(".TP\n.B ");
        roff(option);
        printf("\n");
        roff(setting->help);
        roff(initial);
        printf("\n");
    }
    printf(".SH EXIT STATUS\n0 done, 1 failed (bad data, bad model, cannot write), 2 wrong use.\n"
           ".SH ENVIRONMENT\n.TP\n.B QUADRAT_ISA\nThe instruction set to compute with: reference, avx2, avx512 or "
           "neon. The result is the same with each.\n");
    return QD_EXIT_DONE;
}
