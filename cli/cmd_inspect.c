/* quadrat inspect: what is in a model, a checkpoint, a foreign safetensors file, an array, sequences, tracks or a table. */
#include "cli.h"
#include "print_tracks.h"

#include "base/mem.h"
#include "data/input.h"
#include "data/npy.h"
#include "data/table.h"
#include "store/model.h"
#include "tasks/cells.h"
#include "tasks/forecast.h"
#include "tasks/sites.h"
#include "store/safetensors.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 60 }; /* columns of a table that are listed */

static const uint64_t limit = UINT64_C(1) << 40;

static void print_shape(size_t rank, const size_t *shape)
{
    printf("[");
    for (size_t i = 0; i < rank; i++) {
        printf("%s%zu", i > 0 ? ", " : "", shape[i]);
    }
    printf("]");
}

static void print_tensors(const qd_safetensors *file)
{
    static const char *const types[] = {"float32", "float64", "int64", "other"};
    printf("tensors: %zu\n", qd_safetensors_count(file));
    for (size_t i = 0; i < qd_safetensors_count(file); i++) {
        const qd_stored *tensor = qd_safetensors_at(file, i);
        printf("  %-32s %s ", tensor->name, types[tensor->dtype]);
        print_shape(tensor->rank, tensor->shape);
        printf("\n");
    }
}

static void print_model(const qd_model *model)
{
    printf("quadrat model, task %s\n", model->task);
    printf("inputs %zu, outputs %zu, parameters %zu\n", qd_model_inputs(model), qd_model_outputs(model),
           qd_network_parameters(model->network));
    if (model->columns[0] != '\0') {
        printf("columns: %s\n", model->columns);
    }
    printf("settings:\n");
    for (size_t i = 0; i < qd_settings_count; i++) {
        const char *name = qd_settings_table[i].name;
        if (qd_settings_table[i].recorded && qd_settings_given(model->settings, name)) {
            printf("  %-16s %s\n", name, qd_settings_get(model->settings, name));
        }
    }
    const qd_history *history = &model->history;
    if (history->count > 0) {
        const qd_history_row *last = &history->rows[history->count - 1];
        printf("history: %zu epochs, loss %.6g at first, %.6g at the end", history->count, history->rows[0].loss,
               last->loss);
        if (!isnan(last->valid_loss)) {
            printf(", validation %.6g", last->valid_loss);
        }
        printf("\n");
    }
}

/* A file of quadrat's own is known by its metadata; then its checksum counts. */
static qd_status parse_safetensors(const char *path, const char *bytes, size_t size, bool *own, qd_safetensors **file,
                                   qd_error *error)
{
    qd_status status = qd_safetensors_parse(path, bytes, size, false, file, error);
    *own = status == QD_OK && qd_safetensors_metadata(*file, "quadrat_format") != NULL;
    if (*own) {
        qd_safetensors_free(*file);
        status = qd_safetensors_parse(path, bytes, size, true, file, error);
    }
    return status;
}

/* A series, and the weights of the network, the last value and the same season. */
static void print_parts(const char *key, const double *weight)
{
    int width = 0;
    printf("  ");
    for (; *key != '\0'; key++) {
        putchar(*key == '\x1f' ? ',' : *key);
        width += ((unsigned char)*key & 0xC0) != 0x80; /* characters, not bytes */
    }
    printf("%*s network %3.0f%%, last value %3.0f%%, season %3.0f%%\n", width < 24 ? 24 - width : 0, "",
           100 * weight[0], 100 * weight[1], 100 * weight[2]);
}

/* Those that differ from their defaults. */
static void print_settings(const qd_settings *settings)
{
    printf("settings:\n");
    for (size_t i = 0; i < qd_settings_count; i++) {
        const qd_setting *setting = &qd_settings_table[i];
        const char *value = qd_settings_get(settings, setting->name);
        if (setting->recorded && strcmp(value, setting->initial) != 0) {
            printf("  %-16s %s\n", setting->name, value);
        }
    }
}

static qd_status inspect_forecaster(const qd_safetensors *file, qd_error *error)
{
    qd_forecaster *f;
    qd_status status = qd_forecaster_from(file, &f, error);
    if (status != QD_OK) {
        return status;
    }
    printf("quadrat model, task forecast: %zu series, %zu networks, %s, context %zu, horizons %lld to %lld\n",
           f->series, f->members, f->likelihood->name, f->inputs.context, (long long)f->horizons.first,
           (long long)f->horizons.last);
    char frequency[64], last[64];
    qd_forecaster_frequency_text(f, frequency, sizeof frequency);
    qd_forecaster_last_text(f, last, sizeof last);
    printf("times %s, known until %s; season %.4g; inputs %zu, outputs %zu, parameters %zu a network\n", frequency,
           last, f->inputs.season, qd_network_inputs(f->network), qd_network_outputs(f->network),
           qd_network_parameters(f->network));
    printf("series, and what their forecast is made of:\n");
    for (size_t s = 0; s < f->series; s++) {
        print_parts(f->key[s], f->blend + s * QD_FORECAST_PARTS);
    }
    print_parts("(others)", f->blend + f->series * QD_FORECAST_PARTS);
    print_settings(f->settings);
    qd_forecaster_free(f);
    return QD_OK;
}

static qd_status inspect_sites(const qd_safetensors *file, qd_error *error)
{
    qd_sites *sites;
    const qd_status status = qd_sites_from(file, &sites, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_sites_origin *o = &sites->origin;
    printf("quadrat model, task sites: alphabet %s, parameters %zu, columns around a sequence of %zu residues\n",
           sites->alphabet->name, qd_network_parameters(sites->network), sites->columns.all->length);
    printf("learned from %llu sequences, %llu residues; held out %llu%s\n", (unsigned long long)o->sequences,
           (unsigned long long)o->residues, (unsigned long long)o->held_out, o->by_time ? ", the latest" : "");
    if (!isnan(o->perplexity)) {
        printf("perplexity a residue held out: network %.4f, column frequencies %.4f\n", o->perplexity,
               o->column_perplexity);
    }
    print_settings(sites->settings);
    qd_sites_free(sites);
    return QD_OK;
}

static qd_status inspect_classifier(const qd_safetensors *file, qd_error *error)
{
    static const char *const kinds[] = {"frames", "tracks", "divisions"};
    qd_classifier *c;
    const qd_status status = qd_classifier_from(file, &c, error);
    if (status != QD_OK) {
        return status;
    }
    printf("quadrat model, task cells: classes of %s, %zu networks; inputs %zu, parameters %zu a network\n",
           kinds[c->kind], c->members, qd_network_inputs(c->network), qd_network_parameters(c->network));
    printf("classes, their share in training, and by what their probabilities are multiplied to choose one:\n");
    for (size_t k = 0; k < c->classes; k++) {
        printf("  %-32s %.4f  %.3g\n", c->class_name[k], c->share[k], c->favour[k]);
    }
    printf("features, their mean and standard deviation:\n");
    for (size_t i = 0; i < c->inputs.scaling.features; i++) {
        printf("  %-32s %.6g %.6g\n", c->inputs.scaling.name[i], c->inputs.scaling.mean[i], c->inputs.scaling.sd[i]);
    }
    if (c->known > 0) {
        printf("of %zu that a network had not seen: accuracy %.3f, macro-F1 %.3f; temperature %.3g\n",
               c->known, c->accuracy, c->macro_f1, c->temperature);
    }
    print_settings(c->settings);
    qd_classifier_free(c);
    return QD_OK;
}

static qd_status inspect_safetensors(const char *path, const char *bytes, size_t size, qd_error *error)
{
    qd_safetensors *file;
    bool own;
    qd_status status = parse_safetensors(path, bytes, size, &own, &file, error);
    if (status != QD_OK) {
        return status;
    }
    qd_model *model;
    if (!own) {
        printf("safetensors file of another program\n");
    } else if (qd_safetensors_metadata(file, "checkpoint") != NULL) {
        printf("quadrat checkpoint\n");
    } else if (qd_classifier_is(file)) {
        status = inspect_classifier(file, error);
    } else if (qd_forecaster_is(file)) {
        status = inspect_forecaster(file, error);
    } else if (qd_sites_is(file)) {
        status = inspect_sites(file, error);
    } else {
        status = qd_model_from(file, &model, error);
        if (status == QD_OK) {
            print_model(model);
            qd_model_free(model);
        }
    }
    if (status == QD_OK) {
        print_tensors(file);
    }
    qd_safetensors_free(file);
    return status;
}

static qd_status inspect_array(const char *path, const char *bytes, size_t size, qd_error *error)
{
    qd_array array;
    qd_status status = qd_npy_parse(path, bytes, size, &array, error);
    if (status == QD_OK) {
        printf("NumPy array ");
        print_shape(array.rank, array.shape);
        printf("\n");
        qd_array_clear(&array);
    }
    return status;
}

static qd_status print_and_free(qd_tracks *tracks, qd_error *error)
{
    const qd_status status = qd_print_tracks(tracks, error);
    qd_tracks_free(tracks);
    return status;
}

/* Tracks of one file that was read, of several, or of a folder. */
static qd_status inspect_bytes(const char *path, const char *bytes, size_t size, const qd_track_options *options,
                               qd_error *error)
{
    qd_tracks *tracks;
    const qd_status status = qd_tracks_parse(path, bytes, size, options, &tracks, error);
    return status == QD_OK ? print_and_free(tracks, error) : status;
}

static qd_status inspect_paths(const qd_arguments *arguments, const qd_track_options *options, qd_error *error)
{
    qd_tracks *tracks;
    const qd_status status = qd_tracks_read(arguments->paths, arguments->count, options, &tracks, error);
    return status == QD_OK ? print_and_free(tracks, error) : status;
}

/* Does an option say that a table is one of tracks? */
static bool speaks_of_tracks(const qd_settings *settings)
{
    static const char *const names[] = {"id",       "label", "per",    "parent", "object", "position",   "categorical",
                                        "features", "where", "phases", "trim",   "motion", "neighbours", "time"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (qd_settings_given(settings, names[i])) {
            return true;
        }
    }
    return false;
}

/* A table, and the tracks in it where it can be read so. */
static qd_status inspect_table(const char *path, const char *bytes, size_t size, const qd_settings *settings,
                               qd_error *error)
{
    qd_table *table;
    const qd_track_options how = qd_track_options_of(settings);
    const qd_table_options options = {.limit = limit, .excel = how.excel};
    qd_status status = qd_table_parse(path, bytes, size, &options, &table, error);
    if (status != QD_OK) {
        return status;
    }
    printf("table, %zu rows, %zu columns\n", qd_table_rows(table), qd_table_columns(table));
    const size_t columns = qd_table_columns(table), shown = columns <= MOST ? columns : MOST;
    for (size_t c = 0; c < shown; c++) {
        size_t numbers = 0, missing = 0;
        for (size_t r = 0; r < qd_table_rows(table); r++) {
            double value;
            bool absent = qd_table_missing(qd_table_cell(table, r, c));
            missing += absent;
            numbers += !absent && qd_table_number(table, r, c, &value, NULL) == QD_OK;
        }
        printf("  %-32s %zu numbers, %zu missing, %zu other\n", qd_table_name(table, c), numbers, missing,
               qd_table_rows(table) - numbers - missing);
    }
    if (shown < columns) {
        printf("  ... (%zu in all)\n", columns);
    }
    qd_table_free(table);
    status = inspect_bytes(path, bytes, size, &how, error);
    return status == QD_ERR_VALUE || status == QD_ERR_FORMAT ? QD_OK : status; /* it is no table of tracks */
}

/* A safetensors file begins with the length of a JSON object, and that object. */
static bool is_safetensors(const char *bytes, size_t size)
{
    return size >= 9 && bytes[8] == '{' && memchr(bytes, '\0', 8) != NULL;
}

/* Sequences: what train would say of them, and their lengths. */
static qd_status inspect_sequences(const char *path, const char *bytes, size_t size, const qd_settings *settings,
                                   qd_error *error)
{
    qd_strains_options options;
    qd_strains *strains = NULL;
    qd_notes notes = {0};
    qd_status status = qd_strains_options_of(settings, &options, error);
    if (status == QD_OK) {
        status = qd_strains_parse(path, bytes, size, &options, &strains, &notes, error);
    }
    for (size_t i = 0; i < notes.count && status == QD_OK; i++) {
        printf("%s\n", notes.line[i]);
    }
    if (status == QD_OK) {
        size_t least = SIZE_MAX, most = 0;
        for (size_t n = 0; n < strains->count; n++) {
            const size_t length = qd_strains_length(strains, n);
            least = length < least ? length : least;
            most = length > most ? length : most;
        }
        printf("lengths %zu to %zu; the first is called '%s'\n", least, most, qd_strains_name(strains, 0));
    }
    qd_notes_clear(&notes);
    qd_strains_free(strains);
    return status;
}

static qd_status inspect_file(const char *path, const qd_settings *settings, qd_error *error)
{
    const qd_track_options options = qd_track_options_of(settings);
    char *bytes;
    size_t size;
    qd_status status = qd_input_read(path, limit, &bytes, &size, error);
    if (status != QD_OK) {
        return status;
    }
    if (size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0) {
        status = inspect_array(path, bytes, size, error);
    } else if (is_safetensors(bytes, size)) {
        status = inspect_safetensors(path, bytes, size, error);
    } else if (bytes[0] == '>') {
        status = inspect_sequences(path, bytes, size, settings, error);
    } else if (qd_tracks_recognise(path, bytes, size) || speaks_of_tracks(settings)) {
        status = inspect_bytes(path, bytes, size, &options, error);
    } else {
        status = inspect_table(path, bytes, size, settings, error);
    }
    qd_mem_free(bytes);
    return status;
}

int qd_cmd_inspect(const qd_arguments *arguments)
{
    if (arguments->count == 0) {
        return qd_tell_usage("quadrat inspect wants one file, or files of tracks");
    }
    qd_error error;
    const qd_track_options options = qd_track_options_of(arguments->settings);
    const bool tracks = arguments->count > 1 || qd_tracks_is_folder(arguments->paths[0]);
    const qd_status status = tracks ? inspect_paths(arguments, &options, &error)
                                    : inspect_file(arguments->paths[0], arguments->settings, &error);
    if (arguments->count > 1 && (status == QD_ERR_VALUE || status == QD_ERR_FORMAT)) {
        return qd_tell_usage("quadrat inspect wants one file, or files of tracks: %s", error.message);
    }
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
