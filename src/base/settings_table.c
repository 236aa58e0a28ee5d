/* The table of settings: one row declares a setting for the command line, YAML files, --help, the man page and the
   model's metadata.  Rows stand in the order of --help. */
#include "base/settings.h"

#define MOST                      1000000000.0
#define FLAG                      .type = QD_SETTING_FLAG, .initial = "false"
#define TEXT                      .type = QD_SETTING_TEXT, .initial = ""
#define INTEGER(low, high, value) .type = QD_SETTING_INTEGER, .min = low, .max = high, .initial = value, .argument = "N"
#define REAL(low, high, value)    .type = QD_SETTING_REAL, .min = low, .max = high, .initial = value, .argument = "X"
#define CHOICE(names, value)      .type = QD_SETTING_CHOICE, .choices = names, .initial = value, .argument = names
#define TRAIN                     .commands = QD_CMD_TRAIN
#define PREDICT                   .commands = QD_CMD_PREDICT
#define BOTH                      .commands = QD_CMD_TRAIN | QD_CMD_PREDICT
#define RECORDED                  .recorded = true

const qd_setting qd_settings_table[] = {
    {"output", 'o', TEXT, BOTH, .argument = "FILE",
     .help = "the model, or the predictions (- or none: standard output)"},

    /* The data. */
    {"target", 0, TEXT, TRAIN, RECORDED, .argument = "COLUMN", .help = "CSV: the column to predict"},
    {"features", 0, TEXT, TRAIN, RECORDED, .argument = "COLUMNS",
     .help = "CSV: the columns to predict from, separated by commas (default: the target itself)"},
    {"window", 0, INTEGER(1, 1000000, "10"), TRAIN, RECORDED,
     .help = "CSV: rows of a window; the target is the row after it"},
    {"weights", 0, TEXT, TRAIN, .argument = "FILE|COLUMN", .help = "sample weights: an .npy file [N], or a CSV column"},
    {"format", 0, CHOICE("auto|csv|npy", "auto"), BOTH, .help = "kind of the input files (auto: by their content)"},
    {"dialect", 0, CHOICE("auto|excel", "auto"), BOTH, .help = "CSV: excel reads semicolons and decimal commas"},
    {"gzip-limit", 0, INTEGER(1, 1e15, "4294967296"), BOTH, .help = "most bytes that an input file may unpack to"},
    {"scale", 0, CHOICE("auto|none|standard|log1p", "auto"), TRAIN, RECORDED,
     .help = "scaling of inputs and targets (auto: none for .npy, standard for CSV)"},

    /* The network. */
    {"layers", 0, .type = QD_SETTING_TEXT, .initial = "lstm:50,lstm:50", TRAIN, RECORDED, .argument = "LIST",
     .help = "KIND:UNITS with +residual or +dropout=RATE, separated by commas; a dense layer to the targets is added"},
    {"dropout", 0, REAL(0, 0.99, "0"), TRAIN, RECORDED,
     .help = "dropout rate after every recurrent layer that names none"},
    {"loss", 0, CHOICE("mse|mae|huber|logistic|softmax", "mse"), TRAIN, RECORDED, .help = "what training makes small"},
    {"huber-delta", 0, REAL(1e-30, 1e30, "1"), TRAIN, RECORDED, .help = "error from which the Huber loss is linear"},
    {"init", 0, TEXT, TRAIN, .argument = "FILE", .help = "start from the weights of this safetensors file"},

    /* Training. */
    {"epochs", 0, INTEGER(1, 1000000, "100"), TRAIN, RECORDED, .help = "passes over the data"},
    {"batch", 0, INTEGER(1, 1000000, "32"), TRAIN, RECORDED, .help = "sequences of an update"},
    {"shuffle", 0, .type = QD_SETTING_FLAG, .initial = "true", TRAIN, RECORDED,
     .help = "a new order of the sequences each epoch"},
    {"optimizer", 0, CHOICE("adam|adamw|rmsprop|sgd", "adam"), TRAIN, RECORDED, .help = "rule of the update"},
    {"lr", 0, REAL(1e-30, 1e6, "0.001"), TRAIN, RECORDED, .help = "learning rate"},
    {"momentum", 0, REAL(0, 0.999999, "0"), TRAIN, RECORDED, .help = "sgd and rmsprop: momentum"},
    {"beta1", 0, REAL(0, 0.999999, "0.9"), TRAIN, RECORDED, .help = "adam: decay of the first moment"},
    {"beta2", 0, REAL(0, 0.99999999, "0.999"), TRAIN, RECORDED, .help = "adam: decay of the second moment"},
    {"rho", 0, REAL(0, 0.999999, "0.9"), TRAIN, RECORDED, .help = "rmsprop: decay of the mean square"},
    {"epsilon", 0, REAL(1e-30, 1, "1e-7"), TRAIN, RECORDED, .help = "adam and rmsprop: added to the root"},
    {"weight-decay", 0, REAL(0, 1, "auto"), TRAIN, RECORDED,
     .help = "part of each weight taken off an update, times the learning rate (auto: 0.004 for adamw, else 0)"},
    {"schedule", 0, CHOICE("constant|cosine|step|plateau", "constant"), TRAIN, RECORDED,
     .help = "course of the learning rate"},
    {"warmup", 0, INTEGER(0, MOST, "0"), TRAIN, RECORDED,
     .help = "updates over which the learning rate rises to its value"},
    {"step-every", 0, INTEGER(1, 1000000, "30"), TRAIN, RECORDED, .help = "schedule step: epochs between reductions"},
    {"step-factor", 0, REAL(1e-30, 1, "0.1"), TRAIN, RECORDED,
     .help = "schedules step and plateau: factor of a reduction"},
    {"plateau-patience", 0, INTEGER(1, 1000000, "10"), TRAIN, RECORDED,
     .help = "schedule plateau: epochs without a better loss before a reduction"},
    {"clip-norm", 0, REAL(0, 1e30, "0"), TRAIN, RECORDED, .help = "greatest norm of the whole gradient (0: any)"},
    {"clip-value", 0, REAL(0, 1e30, "0"), TRAIN, RECORDED,
     .help = "greatest size of an element of the gradient (0: any)"},
    {"valid", 0, TEXT, TRAIN, RECORDED, .argument = "FRACTION|FILE",
     .help = "validation: the last part of the sequences, or a file (X.npy,y.npy or CSV)"},
    {"patience", 0, INTEGER(0, 1000000, "0"), TRAIN, RECORDED,
     .help = "stop after so many epochs without a better validation loss, keep the best weights (0: off)"},
    {"min-delta", 0, REAL(0, 1e30, "0"), TRAIN, RECORDED, .help = "by how much a loss must be better to count"},
    {"seed", 0, INTEGER(0, 9007199254740992.0, "1"), TRAIN, RECORDED, .help = "seed of all random numbers"},
    {"threads", 0, INTEGER(0, 1024, "0"), BOTH,
     .help = "threads (0: one a processor); the result is the same for any number"},
    {"checkpoint", 0, TEXT, TRAIN, .argument = "FILE", .help = "where to save the state of training"},
    {"checkpoint-every", 0, INTEGER(1, 1000000, "1"), TRAIN, .help = "epochs from one checkpoint to the next"},
    {"resume", 0, FLAG, TRAIN, .help = "go on from the checkpoint; without one, start afresh"},
    {"history", 0, TEXT, TRAIN, .argument = "FILE",
     .help = "CSV of epoch, losses, learning rate, seconds, gradient norm"},

    /* Prediction. */
    {"horizon", 0, INTEGER(0, 1000000, "1"), PREDICT, .help = "CSV: rows to predict beyond the last one"},
    {"time", 0, TEXT, PREDICT, .argument = "COLUMN", .help = "CSV: the column that names the rows of the result"},
    {"since", 0, TEXT, PREDICT, .argument = "T",
     .help = "CSV: result and scores from this value of the time column on"},
    {"season", 0, INTEGER(0, 1000000, "0"), PREDICT, .help = "CSV: compare with the value of so many rows earlier too"},
    {"draw", 0, FLAG, PREDICT, .help = "CSV: draw observations and predictions in the terminal"},

    /* All commands. */
    {"config", 0, TEXT, BOTH, .argument = "FILE", .help = "read settings from a YAML file; flags outrank it"},
    {"quiet", 'q', FLAG, BOTH, .help = "no progress and no words but errors"},
    {"log", 0, CHOICE("text|json", "text"), BOTH, .help = "form of progress and words on standard error"},
};

const size_t qd_settings_count = sizeof qd_settings_table / sizeof qd_settings_table[0];
