/* The 1st, 2nd, 3rd, ... allocation and file operation fails, once and for ever, while networks are trained, saved,
   loaded, resumed and asked.  Each time: a clean error or success, the files that were there before as they were (or
   wholly replaced), no temporary file, and a checkpoint from which training goes on to the same bytes.  That nothing
   leaks or is read after it was freed is the sanitizers' to find. */
#include "test.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/npy.h"
#include "tasks/forecast.h"
#include "tasks/regress.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { SEQUENCES = 6, STEPS = 3, INPUTS = 2, OUTPUTS = 1, ROWS = 9, WEEKS = 16 };

/* In place of the system's: no power fails here, and ten thousand real ones take minutes. */
int fsync(int descriptor)
{
    (void)descriptor;
    return 0;
}

/* ---------------------------------------------------------------------------------------------- the faults */

typedef struct fault {
    size_t left; /* operations until it strikes */
    bool for_ever;
    size_t struck;
} fault;

static bool strikes(fault *f)
{
    if (f->left > 0) {
        f->left--;
        return false;
    }
    bool now = f->for_ever || f->struck == 0;
    f->struck += now;
    return now;
}

static bool fail_allocation(void *context, size_t bytes)
{
    (void)bytes;
    return !strikes(context);
}

static int fail_operation(void *context, const char *operation)
{
    return !strikes(context) ? 0 : strcmp(operation, "write") == 0 ? ENOSPC : EIO;
}

static void set_hooks(bool files, fault *f)
{
    qd_mem_set_hook(files ? NULL : fail_allocation, f);
    qd_file_set_hook(files ? fail_operation : NULL, f);
}

static void clear_hooks(void)
{
    qd_mem_set_hook(NULL, NULL);
    qd_file_set_hook(NULL, NULL);
}

/* ----------------------------------------------------------------------------------------------- the files */

typedef struct bytes {
    char *data;
    size_t size;
} bytes;

static bytes get(const char *path)
{
    bytes b;
    qd_error error;
    if (qd_file_read_all(path, 1 << 24, &b.data, &b.size, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return b;
}

static void put(const char *path, bytes b)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(b.data, 1, b.size, file), b.size);
    assert_int_equal(fclose(file), 0);
}

static bool holds(const char *path, bytes b)
{
    bytes now = get(path);
    bool same = now.size == b.size && memcmp(now.data, b.data, b.size) == 0;
    qd_mem_free(now.data);
    return same;
}

/* What a command may leave here. */
static void assert_tidy(void)
{
    static const char *const known[] = {".",          "..",        "X.npy",   "y.npy",      "table.csv.gz",
                                        "counts.csv", "sites.csv", "model",   "checkpoint", "history.csv",
                                        "results",    "state.1",   "state.2", "state.3"};
    DIR *folder = opendir(".");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        size_t i = 0;
        while (i < sizeof known / sizeof known[0] && strcmp(known[i], entry->d_name) != 0) {
            i++;
        }
        if (i == sizeof known / sizeof known[0]) {
            fail_msg("%s was left behind", entry->d_name);
        }
    }
    closedir(folder);
}

static void make_array(const char *path, size_t rank, const size_t *shape)
{
    qd_array array = {.rank = rank};
    size_t count = 1;
    for (size_t i = 0; i < rank; i++) {
        array.shape[i] = shape[i];
        count *= shape[i];
    }
    array.data = qd_mem_new(count, sizeof(float));
    for (size_t i = 0; i < count; i++) {
        array.data[i] = (float)sin((double)(i + rank));
    }
    assert_int_equal(qd_npy_write(path, &array, NULL), QD_OK);
    qd_array_clear(&array);
}

static void make_data(void)
{
    make_array("X.npy", 3, (size_t[]){SEQUENCES, STEPS, INPUTS});
    make_array("y.npy", 2, (size_t[]){SEQUENCES, OUTPUTS});
    gzFile table = gzopen("table.csv.gz", "wb");
    assert_non_null(table);
    gzputs(table, "week,\"the count\"\n");
    for (int i = 0; i < ROWS; i++) {
        gzprintf(table, "%d,%d\n", i, i * i % 7);
    }
    assert_int_equal(gzclose(table), Z_OK);
    FILE *counts = fopen("counts.csv", "w");
    assert_non_null(counts);
    fputs("week,site,n,rain\n", counts);
    for (int i = 0; i < WEEKS; i++) {
        fprintf(counts, "2020-W%02d,a,%d,%d\n2020-W%02d,b,%d,NA\n", i + 1, i % 4, i % 3, i + 1, i % 5);
    }
    assert_int_equal(fclose(counts), 0);
    FILE *sites = fopen("sites.csv", "w");
    assert_non_null(sites);
    fputs("site,area\na,3\nb,7\n", sites);
    assert_int_equal(fclose(sites), 0);
}

/* ------------------------------------------------------------------------------------------------ the work */

static qd_status new_settings(const char *const (*values)[2], qd_settings **out, qd_error *error)
{
    qd_status status = qd_settings_new(out, error);
    for (; status == QD_OK && (*values)[0] != NULL; values++) {
        status = qd_settings_set(*out, (*values)[0], (*values)[1], error);
        if (status != QD_OK) {
            qd_settings_free(*out);
        }
    }
    return status;
}

/* After the second batch of the second epoch. */
static int stop_midway(void *context, const qd_progress *progress)
{
    (void)context;
    return progress->epoch == 2 && progress->batch == 2;
}

/* From files to the file "model", as the program does it. */
static qd_status train_files(const char *const (*values)[2], size_t count, const char *const *paths, qd_monitor monitor,
                             qd_error *error)
{
    qd_settings *given, *settings = NULL;
    qd_regress_data data = {0};
    qd_model *model = NULL;
    qd_status status = new_settings(values, &given, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_regress_read(given, count, paths, true, &data, error);
    if (status == QD_OK) {
        status = qd_regress_settings(given, data.table != NULL, &settings, error);
    }
    if (status == QD_OK) {
        status = qd_regress_train(settings, data.sequences, NULL, "", monitor, NULL, &model, error);
    }
    if (status == QD_OK) {
        status = qd_model_save(model, "model", error);
    }
    qd_model_free(model);
    qd_settings_free(settings);
    qd_settings_free(given);
    qd_regress_data_clear(&data);
    return status;
}

#define NETWORK                                                                                                        \
    {"layers", "lstm:3+dropout=0.2,rnn:2"}, {"epochs", "2"}, {"batch", "2"}, {"valid", "0.2"}, {"patience", "5"},      \
        {"optimizer", "adam"},                                                                                         \
    {                                                                                                                  \
        "threads", "2"                                                                                                 \
    }

static const char *const arrays[] = {"X.npy", "y.npy"};
#define AFRESH                                                                                                         \
    NETWORK, {"checkpoint", "checkpoint"},                                                                             \
    {                                                                                                                  \
        "history", "history.csv"                                                                                       \
    }
static const char *const array_settings[][2] = {AFRESH, {"resume", "true"}, {NULL, NULL}};
static const char *const array_settings_afresh[][2] = {AFRESH, {NULL, NULL}};

static qd_status train_arrays(qd_error *error)
{
    return train_files(array_settings, 2, arrays, NULL, error);
}

static qd_status stop_arrays(qd_error *error)
{
    return train_files(array_settings_afresh, 2, arrays, stop_midway, error);
}

static qd_status train_table(qd_error *error)
{
    static const char *const settings[][2] = {
        NETWORK, {"target", "the count"}, {"window", "3"}, {"scale", "log1p"}, {NULL, NULL}};
    return train_files(settings, 1, (const char *[]){"table.csv.gz"}, NULL, error);
}

/* From "model" and arrays to the file "results". */
static qd_status predict_arrays(qd_error *error)
{
    static const char *const values[][2] = {{NULL, NULL}};
    qd_model *model = NULL;
    qd_settings *settings;
    qd_regress_data data = {0};
    float y[SEQUENCES * OUTPUTS];
    qd_array results = {.rank = 2, .shape = {SEQUENCES, OUTPUTS}, .data = y};
    qd_status status = new_settings(values, &settings, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_model_load("model", &model, error);
    if (status == QD_OK) {
        status = qd_regress_read(settings, 1, arrays, false, &data, error);
    }
    if (status == QD_OK) {
        status = qd_model_predict(model, data.sequences, 2, y, error);
    }
    if (status == QD_OK) {
        status = qd_npy_write("results", &results, error);
    }
    qd_regress_data_clear(&data);
    qd_settings_free(settings);
    qd_model_free(model);
    return status;
}

/* From "model" and the table to the file "results", three rows beyond the end included. */
static qd_status predict_table(qd_error *error)
{
    qd_model *model = NULL;
    qd_regress_data data = {0};
    float *y = NULL;
    size_t count = 0;
    qd_status status = qd_model_load("model", &model, error);
    if (status == QD_OK) {
        status = qd_regress_read(model->settings, 1, (const char *[]){"table.csv.gz"}, false, &data, error);
    }
    if (status == QD_OK) {
        status = qd_regress_predict_table(model, data.table, 3, 2, &y, &count, error);
    }
    if (status == QD_OK) {
        qd_array results = {.rank = 1, .shape = {count}, .data = y};
        status = qd_npy_write("results", &results, error);
    }
    qd_mem_free(y);
    qd_regress_data_clear(&data);
    qd_model_free(model);
    return status;
}

static const char *const forecast_settings[][2] = {
    {"layers", "lstm:2"},       {"epochs", "1"},    {"ensemble", "1"}, {"context", "4"},  {"horizon", "2"},
    {"series", "site"},         {"time", "week"},   {"target", "n"},   {"known", "rain"}, {"threads", "1"},
    {"join", "sites.csv:site"}, {"static", "area"}, {"valid", "0.25"}, {"patience", "1"}, {"checkpoint", "state"},
    {"resume", "true"},         {NULL, NULL}};

/* From counts to the file "model". */
static qd_status train_forecast(qd_error *error)
{
    qd_settings *given, *settings = NULL;
    qd_panel *panel = NULL;
    qd_forecaster *forecaster = NULL;
    qd_status status = new_settings(forecast_settings, &given, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_forecast_read(given, "counts.csv", &panel, error);
    if (status == QD_OK) {
        status = qd_forecast_settings(given, panel, panel->times, &settings, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_train(settings, panel, panel->y, panel->times, true, NULL, NULL, &forecaster, error);
    }
    if (status == QD_OK) {
        status = qd_forecaster_save(forecaster, "model", error);
    }
    qd_forecaster_free(forecaster);
    qd_panel_free(panel);
    qd_settings_free(settings);
    qd_settings_free(given);
    return status;
}

/* From "model" and counts to the file "results". */
static qd_status predict_forecast(qd_error *error)
{
    static const double levels[] = {0.1, 0.5, 0.9};
    enum { SERIES = 2, HORIZON = 2, LEVELS = 3, ALL = SERIES * HORIZON * LEVELS };
    double quantiles[ALL];
    float narrow[ALL];
    qd_forecaster *forecaster;
    qd_panel *panel = NULL;
    qd_status status = qd_forecaster_load("model", &forecaster, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_forecaster_read(forecaster, forecaster->settings, "counts.csv", &panel, error);
    if (status == QD_OK) {
        status = qd_forecast_quantiles(forecaster, panel, panel->y, panel->times, LEVELS, levels, quantiles, NULL, error);
    }
    for (size_t i = 0; i < ALL && status == QD_OK; i++) {
        narrow[i] = (float)quantiles[i];
    }
    if (status == QD_OK) {
        qd_array results = {.rank = 1, .shape = {ALL}, .data = narrow};
        status = qd_npy_write("results", &results, error);
    }
    qd_panel_free(panel);
    qd_forecaster_free(forecaster);
    return status;
}

/* Six steps of a stream: memory only. */
static qd_status stream_arrays(qd_error *error)
{
    qd_model *model;
    qd_stream *stream = NULL;
    qd_status status = qd_model_load("model", &model, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_stream_new(model, &stream, error);
    float x[INPUTS] = {0.25f, -1}, y[OUTPUTS];
    for (int step = 0; step < 6 && status == QD_OK; step++) {
        status = qd_stream_step(stream, x, y, error);
    }
    qd_stream_free(stream);
    qd_model_free(model);
    return status;
}

/* --------------------------------------------------------------------------------------------- the failing */

typedef struct scenario {
    const char *name;
    qd_status (*run)(qd_error *error);
    const char *output;                  /* the file that it replaces, or NULL */
    qd_status (*model)(qd_error *error); /* makes the model that it reads, or NULL */
    bool resumes;                        /* begins with a checkpoint from the middle of the training */
} scenario;

static const scenario scenarios[] = {
    {"train on arrays", train_arrays, "model", NULL, false},
    {"resume", train_arrays, "model", NULL, true},
    {"stop", stop_arrays, NULL, NULL, false},
    {"train on a table", train_table, "model", NULL, false},
    {"predict for arrays", predict_arrays, "results", train_arrays, false},
    {"predict for a table", predict_table, "results", train_table, false},
    {"stream", stream_arrays, NULL, train_arrays, false},
    {"train a forecast", train_forecast, "model", NULL, false},
    {"predict with a forecast", predict_forecast, "results", train_forecast, false},
};

/* What the files hold before a run, its output where nothing fails, and the model at the end of all training. */
typedef struct world {
    const scenario *scene;
    bytes old, checkpoint, model, right, end;
} world;

static void remove_outputs(void)
{
    static const char *const outputs[] = {"model",   "checkpoint", "history.csv", "results",
                                          "state.1", "state.2",    "state.3"};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        assert_int_equal(qd_file_remove(outputs[i], NULL), QD_OK);
    }
}

static void prepare(const world *w)
{
    remove_outputs();
    if (w->scene->model != NULL) {
        put("model", w->model);
    }
    if (w->scene->resumes) {
        put("checkpoint", w->checkpoint);
    } else if (w->scene->output != NULL) {
        put(w->scene->output, w->old);
    }
    if (w->scene->resumes) {
        put("model", w->old);
    }
}

/* A training goes on from what a failure has left to the same end. */
static void assert_goes_on(const world *w)
{
    qd_error error;
    const bool forecast = w->scene->run == train_forecast;
    if (!forecast && w->scene->run != train_arrays && w->scene->run != stop_arrays) {
        return;
    }
    if ((forecast ? train_forecast : train_arrays)(&error) != QD_OK) {
        fail_msg("%s, after a failure: %s", w->scene->name, error.message);
    }
    assert_true(holds("model", forecast ? w->right : w->end));
}

static void check(const world *w, qd_status status, const qd_error *error, const fault *f, bool files)
{
    qd_status wanted = w->scene->run == stop_arrays ? QD_ERR_STOPPED : QD_OK;
    if (status != wanted && (status == QD_OK || error->status != status || error->message[0] == '\0')) {
        fail_msg("%s: status %d, error %d, '%s'", w->scene->name, (int)status, (int)error->status, error->message);
    }
    if (status != wanted && status != (files ? QD_ERR_FILE : QD_ERR_MEMORY)) {
        fail_msg("%s: a failure of the system was told as: %s", w->scene->name, error->message);
    }
    assert_true(status == wanted || f->struck > 0);
    if (w->scene->output != NULL) {
        bool old = status != wanted && holds(w->scene->output, w->old);
        bool new = holds(w->scene->output, w->right);
        if (!(new || (old && status != wanted))) {
            fail_msg("%s: %s is neither old nor new after: %s", w->scene->name, w->scene->output, error->message);
        }
        if (new &&status != wanted && strstr(error->message, "durable") == NULL) {
            fail_msg("%s: failed, but replaced %s: %s", w->scene->name, w->scene->output, error->message);
        }
    }
    if (w->scene->model != NULL) {
        assert_true(holds("model", w->model));
    }
    assert_tidy();
    assert_goes_on(w);
    assert_tidy();
}

/* Returns how many points of failure there were. */
static size_t fail_each(const world *w, bool files, bool for_ever)
{
    for (size_t n = 0;; n++) {
        fault f = {.left = n, .for_ever = for_ever};
        qd_error error = {0};
        prepare(w);
        set_hooks(files, &f);
        qd_status status = w->scene->run(&error);
        clear_hooks();
        check(w, status, &error, &f, files);
        if (f.struck == 0) {
            return n;
        }
    }
}

static bytes made_by(qd_status (*run)(qd_error *error), const char *output, qd_status wanted)
{
    qd_error error = {0};
    if (run(&error) != wanted) {
        fail_msg("%s", error.message);
    }
    return output != NULL ? get(output) : (bytes){NULL, 0};
}

static void run_scenario(const scenario *scene)
{
    static char old[] = "what was here before";
    world w = {.scene = scene, .old = {old, sizeof old}};
    remove_outputs();
    if (scene->resumes) {
        w.checkpoint = made_by(stop_arrays, "checkpoint", QD_ERR_STOPPED);
    }
    if (scene->model != NULL) {
        w.model = made_by(scene->model, "model", QD_OK);
    }
    remove_outputs();
    w.end = made_by(train_arrays, "model", QD_OK);
    prepare(&w);
    w.right = made_by(scene->run, scene->output, scene->run == stop_arrays ? QD_ERR_STOPPED : QD_OK);
    size_t once = fail_each(&w, false, false), ever = fail_each(&w, false, true);
    size_t file_once = fail_each(&w, true, false), file_ever = fail_each(&w, true, true);
    print_message("%-20s %4zu allocations, %4zu file operations, once and for ever\n", scene->name, once, file_once);
    assert_true(once > 10 && ever > 10 && file_once > 3 && file_ever > 3);
    remove_outputs();
    qd_mem_free(w.checkpoint.data);
    qd_mem_free(w.model.data);
    qd_mem_free(w.right.data);
    qd_mem_free(w.end.data);
}

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        run_scenario(&scenarios[i]);
    }
}

static char folder[] = "test_failures.XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) {
        return -1;
    }
    make_data();
    return 0;
}

static int leave_folder(void **state)
{
    (void)state;
    return remove("X.npy") != 0 || remove("y.npy") != 0 || remove("table.csv.gz") != 0 || remove("counts.csv") != 0 ||
           remove("sites.csv") != 0 || chdir("..") != 0 || rmdir(folder) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_failures)};
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
