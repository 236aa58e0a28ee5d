/* Settings: the one table in which every setting is declared.  Command-line flags, YAML keys, --help, the man page and
   the model's metadata are made from it. */
#ifndef QD_BASE_SETTINGS_H
#define QD_BASE_SETTINGS_H

#include "base/error.h"
#include <stdbool.h>

typedef enum qd_setting_type {
    QD_SETTING_FLAG,    /* "true" or "false"; on the command line --name or --no-name */
    QD_SETTING_INTEGER, /* min .. max */
    QD_SETTING_REAL,    /* min .. max */
    QD_SETTING_CHOICE,  /* one of `choices`, separated by | */
    QD_SETTING_TEXT
} qd_setting_type;

/* The commands a setting belongs to, as bits; train has one for each task. */
enum {
    QD_CMD_REGRESS = 1,
    QD_CMD_FORECAST = 2,
    QD_CMD_PREDICT = 4,
    QD_CMD_INSPECT = 8,
    QD_CMD_EVALUATE = 16,
    QD_CMD_BENCH = 32,
    QD_CMD_SITES = 64,
    QD_CMD_CELLS = 128,
    QD_CMD_TRAIN = QD_CMD_REGRESS | QD_CMD_FORECAST | QD_CMD_SITES | QD_CMD_CELLS,
    QD_CMD_ALL = 255
};

typedef struct qd_setting {
    const char *name; /* as on the command line, without dashes: "clip-norm" */
    char letter;      /* short form: 'o', or 0 */
    qd_setting_type type;
    double min, max;      /* numbers only; the range is inclusive */
    const char *choices;  /* choices only: "adam|adamw|rmsprop|sgd" */
    const char *initial;  /* default, as text */
    bool recorded;        /* does it determine the weights, or how to predict?  Then the model file names it. */
    unsigned commands;    /* QD_CMD_* */
    unsigned later;       /* tasks that had models before they had it: these name it only where it is not its default */
    unsigned models;      /* predict and evaluate: of models of these tasks alone; 0: of any */
    const char *argument; /* for --help: "N", "FILE"; NULL for flags */
    const char *help;     /* one line */
} qd_setting;

/* The table, in the order of --help. */
extern const qd_setting qd_settings_table[];
extern const size_t qd_settings_count;

const qd_setting *qd_settings_find(const char *name);
const qd_setting *qd_settings_find_letter(char letter);

/* Typed access.  The name must be in the table and of that type (asserted: it is the programmer's mistake). */
bool qd_settings_flag(const qd_settings *settings, const char *name);
int64_t qd_settings_integer(const qd_settings *settings, const char *name);
double qd_settings_real(const qd_settings *settings, const char *name);
const char *qd_settings_text(const qd_settings *settings, const char *name);

/* Was it set (by anything but its default)? */
bool qd_settings_given(const qd_settings *settings, const char *name);

QD_CHECKED qd_status qd_settings_copy(const qd_settings *settings, qd_settings **out, qd_error *error);

#endif
