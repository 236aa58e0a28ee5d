/* quadrat predict: a model and data in; predictions out as .npy or CSV, beside the naive methods' errors. */
#include "cli.h"
#include "plot.h"
#include "predict_forecast.h"
#include "sites_parts.h"
#include "task.h"
#include "train_cells.h"

#include "base/mem.h"
#include "base/text.h"
#include "store/model.h"
#include "data/csv.h"
#include "tasks/regress.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

static const char *output_path(const qd_settings *settings)
{
    const char *output = qd_settings_text(settings, "output");
    return *output != '\0' ? output : "-";
}

/* ---------------------------------------------------------------------------------------------- arrays */

static qd_status predict_arrays(const qd_settings *settings, const qd_model *model, const qd_sequences *sequences,
                                qd_error *error)
{
    if (strcmp(output_path(settings), "-") == 0 && isatty(STDOUT_FILENO)) {
        return qd_fail(error, QD_ERR_VALUE, "an array of predictions is not for a terminal; name a file: -o y.npy");
    }
    size_t count = sequences->count, outputs = qd_model_outputs(model);
    qd_array y = {.rank = 2, .shape = {count, outputs}, .data = qd_mem_new(count, outputs * sizeof(float))};
    if (y.data == NULL) {
        return qd_fail_memory(error, count * outputs * sizeof(float), "predictions");
    }
    unsigned threads = (unsigned)qd_settings_integer(settings, "threads");
    qd_status status = qd_model_predict(model, sequences, threads, y.data, error);
    if (status == QD_OK) {
        status = qd_npy_write(output_path(settings), &y, error);
    }
    qd_array_clear(&y);
    return status;
}

/* ----------------------------------------------------------------------------------------------- table */

/* Observations and predictions of a table's rows and of those beyond its end. */
typedef struct outcome {
    const qd_table *table;
    size_t rows, horizon;         /* of the table; beyond it */
    size_t first, since;          /* row of the first prediction; first row of the result */
    size_t time;                  /* column of the labels; qd_table_columns: none, the row's number is its label */
    double *observed, *predicted; /* [rows + horizon], NaN where there is none */
} outcome;

enum { LABEL_SIZE = 32 };

/* What stands for row i: its cell of the time column or its number from 1; beyond the end, whole numbers go on with the
   step of the last two, anything else is "+1", "+2", ...  Borrowed from the table, or `text`. */
static const char *label_of(const outcome *o, size_t i, char text[LABEL_SIZE])
{
    if (o->time >= qd_table_columns(o->table)) {
        qd_text_format(text, LABEL_SIZE, "%zu", i + 1);
        return text;
    }
    if (i < o->rows) {
        return qd_table_cell(o->table, i, o->time);
    }
    int64_t last, before, step, next, beyond = (int64_t)(i - o->rows) + 1;
    const char *a = qd_table_cell(o->table, o->rows - 1, o->time);
    const char *b = o->rows > 1 ? qd_table_cell(o->table, o->rows - 2, o->time) : "";
    if (qd_text_to_integer(a, strlen(a), &last) && qd_text_to_integer(b, strlen(b), &before) &&
        !__builtin_sub_overflow(last, before, &step) && !__builtin_mul_overflow(step, beyond, &step) &&
        !__builtin_add_overflow(last, step, &next)) {
        qd_text_format(text, LABEL_SIZE, "%lld", (long long)next);
    } else {
        qd_text_format(text, LABEL_SIZE, "+%lld", (long long)beyond);
    }
    return text;
}

static qd_status find_columns(const qd_settings *settings, outcome *o, qd_error *error)
{
    const char *time = qd_settings_text(settings, "time"), *since = qd_settings_text(settings, "since");
    o->time = qd_table_columns(o->table);
    if (*time != '\0') {
        qd_status status = qd_table_find(o->table, time, &o->time, error);
        if (status != QD_OK) {
            return status;
        }
    }
    if (*since == '\0') {
        return QD_OK;
    }
    for (size_t i = 0; i < o->rows; i++) {
        char text[LABEL_SIZE];
        if (strcmp(label_of(o, i, text), since) == 0) {
            o->since = i > o->first ? i : o->first;
            return QD_OK;
        }
    }
    return qd_fail(error, QD_ERR_VALUE, "since: no row has %s in %s", since, *time != '\0' ? time : "its number");
}

/* y: as qd_regress_predict_table gives it. */
static qd_status collect(const qd_model *model, const float *y, size_t count, outcome *o, qd_error *error)
{
    size_t all = o->rows + o->horizon, target;
    o->observed = qd_mem_new(all, sizeof(double));
    o->predicted = qd_mem_new(all, sizeof(double));
    if (o->observed == NULL || o->predicted == NULL) {
        return qd_fail_memory(error, 2 * all * sizeof(double), "predictions");
    }
    qd_status status = qd_table_find(o->table, qd_settings_text(model->settings, "target"), &target, error);
    for (size_t i = 0; i < all && status == QD_OK; i++) {
        o->observed[i] = NAN;
        o->predicted[i] = i >= o->first && i - o->first < count ? (double)y[i - o->first] : (double)NAN;
        if (i < o->rows) {
            status = qd_table_number(o->table, i, target, &o->observed[i], error);
        }
    }
    return status;
}

static void write_row(qd_csv *csv, const outcome *o, size_t i)
{
    char label[LABEL_SIZE], observed[40] = "", predicted[40] = "";
    if (!isnan(o->observed[i])) {
        qd_text_from_double(o->observed[i], observed, sizeof observed);
    }
    if (!isnan(o->predicted[i])) {
        qd_text_from_float((float)o->predicted[i], predicted, sizeof predicted);
    }
    qd_csv_text(csv, label_of(o, i, label));
    qd_csv_text(csv, observed);
    qd_csv_text(csv, predicted);
    qd_csv_end(csv);
}

static qd_status write_rows(const qd_settings *settings, const outcome *o, qd_error *error)
{
    const char *time = qd_settings_text(settings, "time");
    qd_csv csv;
    const qd_status status = qd_csv_create(output_path(settings), &csv, error);
    if (status != QD_OK) {
        return status;
    }
    qd_csv_text(&csv, *time != '\0' ? time : "row");
    qd_csv_text(&csv, "observed");
    qd_csv_text(&csv, "predicted");
    qd_csv_end(&csv);
    for (size_t i = o->since; i < o->rows + o->horizon; i++) {
        write_row(&csv, o, i);
    }
    return qd_csv_close(&csv, QD_OK);
}

/* One line of the table of errors, over the rows from `from` on that were observed: the prediction of row i is
   values[i - lag]. */
static void say_error(const outcome *o, size_t from, const char *name, const double *values, size_t lag)
{
    double absolute = 0, square = 0;
    size_t n = 0;
    for (size_t i = from; i < o->rows; i++, n++) {
        double e = values[i - lag] - o->observed[i];
        absolute += fabs(e);
        square += e * e;
    }
    qd_say("%-24s mean absolute error %10.4g   root mean square %10.4g   (%zu rows)", name, absolute / (double)n,
           sqrt(square / (double)n), n);
}

/* The network beside the naive methods, all on the same rows. */
static void say_errors(const qd_settings *settings, const outcome *o)
{
    size_t season = (size_t)qd_settings_real(settings, "season");
    size_t from = o->since > season ? o->since : season;
    if (from >= o->rows) {
        return;
    }
    say_error(o, from, "quadrat", o->predicted, 0);
    say_error(o, from, "last value", o->observed, 1);
    if (season > 0) {
        char name[64];
        qd_text_format(name, sizeof name, "value %zu rows earlier", season);
        say_error(o, from, name, o->observed, season);
    }
}

static void draw(const qd_model *model, const outcome *o)
{
    char first[LABEL_SIZE], last[LABEL_SIZE];
    /* Only what is part of the result is drawn as predicted. */
    for (size_t i = 0; i < o->since; i++) {
        o->predicted[i] = NAN;
    }
    qd_plot plot = {
        .observed = o->observed,
        .predicted = o->predicted,
        .count = o->rows + o->horizon,
        .first = label_of(o, 0, first),
        .last = label_of(o, o->rows + o->horizon - 1, last),
        .title = qd_settings_text(model->settings, "target"),
    };
    qd_plot_draw(&plot, qd_plot_utf8(stderr), stderr);
}

/* How many rows beyond the last one; a range of horizons is for forecasts alone. */
static qd_status read_horizon(const qd_settings *settings, outcome *o, qd_error *error)
{
    const char *text = qd_settings_text(settings, "horizon");
    int64_t rows;
    if (!qd_text_to_integer(text, strlen(text), &rows) || rows < 0 || rows > 1000000) {
        return qd_fail(error, QD_ERR_VALUE, "horizon: '%s' is no number of rows, 0 to 1000000", text);
    }
    o->horizon = (size_t)rows;
    return QD_OK;
}

static qd_status predict_table(const qd_settings *settings, const qd_model *model, const qd_table *table,
                               qd_error *error)
{
    outcome o = {
        .table = table,
        .rows = qd_table_rows(table),
        .first = (size_t)qd_settings_integer(model->settings, "window"),
    };
    o.since = o.first;
    qd_status status = read_horizon(settings, &o, error);
    if (status == QD_OK) {
        status = find_columns(settings, &o, error);
    }
    if (status != QD_OK) {
        return status;
    }
    float *y;
    size_t count;
    unsigned threads = (unsigned)qd_settings_integer(settings, "threads");
    status = qd_regress_predict_table(model, table, o.horizon, threads, &y, &count, error);
    if (status != QD_OK) {
        return status;
    }
    status = collect(model, y, count, &o, error);
    if (status == QD_OK) {
        status = write_rows(settings, &o, error);
    }
    if (status == QD_OK) {
        say_errors(settings, &o);
        if (qd_settings_flag(settings, "draw")) {
            draw(model, &o);
        }
    }
    qd_mem_free(o.observed);
    qd_mem_free(o.predicted);
    qd_mem_free(y);
    return status;
}

/* --------------------------------------------------------------------------------------------- command */

/* How to read the data: as the model was trained, with this call's options about files. */
static qd_status reading_settings(const qd_settings *settings, const qd_model *model, qd_settings **out,
                                  qd_error *error)
{
    static const char *const names[] = {"input-format", "dialect", "gzip-limit"};
    qd_status status = qd_settings_copy(model->settings, out, error);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && status == QD_OK; i++) {
        status = qd_settings_set(*out, names[i], qd_settings_get(settings, names[i]), error);
        if (status != QD_OK) {
            qd_settings_free(*out);
        }
    }
    return status;
}

static qd_status predict(const qd_arguments *arguments, const qd_model *model, qd_error *error)
{
    qd_settings *reading;
    qd_status status = reading_settings(arguments->settings, model, &reading, error);
    if (status != QD_OK) {
        return status;
    }
    qd_regress_data data;
    status = qd_regress_read(reading, arguments->count - 1, arguments->paths + 1, false, &data, error);
    qd_settings_free(reading);
    if (status == QD_OK) {
        status = data.table != NULL ? predict_table(arguments->settings, model, data.table, error)
                                    : predict_arrays(arguments->settings, model, data.sequences, error);
        qd_regress_data_clear(&data);
    }
    return status;
}

static int predict_regress(const qd_arguments *arguments, const qd_safetensors *file)
{
    qd_error error;
    qd_model *model;
    if (qd_model_from(file, &model, &error) != QD_OK) {
        return qd_tell_failure(&error);
    }
    const qd_status status = predict(arguments, model, &error);
    qd_model_free(model);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_data_failure(&error, arguments->paths[1]);
}

static int predict_task(const qd_arguments *arguments, const qd_safetensors *file, unsigned task)
{
    switch (task) {
    case QD_CMD_FORECAST:
        return qd_predict_forecast(arguments, file);
    case QD_CMD_SITES:
        return qd_predict_sites(arguments, file);
    case QD_CMD_CELLS:
        return qd_predict_cells(arguments, file);
    default: /* what is of no known task is refused there */
        return predict_regress(arguments, file);
    }
}

int qd_cmd_predict(const qd_arguments *arguments)
{
    if (arguments->count < 2) {
        return qd_tell_usage("quadrat predict wants a model and data: quadrat predict MODEL DATA");
    }
    if (qd_arguments_check_paths(arguments, 0) != QD_EXIT_DONE) {
        return QD_EXIT_USAGE;
    }
    return qd_task_with_model(arguments, predict_task);
}
