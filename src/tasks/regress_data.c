/* The data of a regression: from the files of a command line to sequences. */
#include "base/mem.h"
#include "data/input.h"
#include "tasks/regress.h"

#include <string.h>

void qd_regress_data_clear(qd_regress_data *data)
{
    qd_sequences_free(data->sequences);
    qd_table_free(data->table);
    *data = (qd_regress_data){0};
}

static uint64_t size_limit(const qd_settings *settings)
{
    return (uint64_t)qd_settings_integer(settings, "gzip-limit");
}

/* Sample weights, [N] or [N][1]. */
static qd_status read_weights(const qd_settings *settings, qd_sequences *sequences, qd_error *error)
{
    const char *path = qd_settings_text(settings, "weights");
    if (*path == '\0') {
        return QD_OK;
    }
    qd_array weights;
    qd_status status = qd_npy_read(path, size_limit(settings), &weights, error);
    if (status != QD_OK) {
        return status;
    }
    bool column = weights.rank == 1 || (weights.rank == 2 && weights.shape[1] == 1);
    if (!column || weights.shape[0] != sequences->count) {
        status = qd_fail_at(error, QD_ERR_VALUE, path, 0, 0, "expected one weight a sequence: shape (%zu,)",
                            sequences->count);
    } else {
        status = qd_sequences_set_weights(sequences, weights.data, error);
        if (status != QD_OK) {
            qd_fail_name(error, path);
        }
    }
    qd_array_clear(&weights);
    return status;
}

/* x: the bytes of the first file, already read. */
static qd_status read_arrays(const qd_settings *settings, const char *const *paths, const qd_array *x,
                             bool with_targets, qd_sequences **out, qd_error *error)
{
    qd_array y = {0};
    qd_status status = with_targets ? qd_npy_read(paths[1], size_limit(settings), &y, error) : QD_OK;
    if (status == QD_OK) {
        status =
            qd_sequences_from_arrays(x, paths[0], with_targets ? &y : NULL, with_targets ? paths[1] : NULL, out, error);
    }
    qd_array_clear(&y);
    if (status == QD_OK && with_targets) {
        status = read_weights(settings, *out, error);
        if (status != QD_OK) {
            qd_sequences_free(*out);
            *out = NULL;
        }
    }
    return status;
}

static qd_status read_table(const qd_settings *settings, const char *path, const char *bytes, size_t size,
                            bool with_targets, qd_regress_data *data, qd_error *error)
{
    const char *target = qd_settings_text(settings, "target");
    if (*target == '\0') {
        return qd_fail_at(error, QD_ERR_VALUE, path, 0, 0,
                          with_targets ? "a table needs a target (--target COLUMN)"
                                       : "a table, but the model was trained on arrays; expected X.npy");
    }
    const qd_table_options options = qd_table_options_of(settings);
    qd_status status = qd_table_parse(path, bytes, size, &options, &data->table, error);
    if (status != QD_OK) {
        return status;
    }
    qd_window_options windows = {
        .target = target,
        .features = qd_settings_text(settings, "features"),
        .window = (size_t)qd_settings_integer(settings, "window"),
        .weights = with_targets ? qd_settings_text(settings, "weights") : "",
        .beyond = !with_targets,
    };
    return qd_sequences_from_table(data->table, &windows, &data->sequences, error);
}

static bool is_npy(const char *bytes, size_t size)
{
    return size >= 6 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

static qd_status read_first(const qd_settings *settings, size_t count, const char *const *paths, const char *bytes,
                            size_t size, bool with_targets, qd_regress_data *data, qd_error *error)
{
    const char *format = qd_settings_text(settings, "input-format");
    bool npy = strcmp(format, "npy") == 0 || (strcmp(format, "auto") == 0 && is_npy(bytes, size));
    size_t expected = npy && with_targets ? 2 : 1;
    if (count != expected && size == 0) {
        return qd_fail_at(error, QD_ERR_FORMAT, paths[0], 0, 0, "empty; expected a table or an .npy array");
    }
    if (count != expected) {
        return qd_fail_at(error, QD_ERR_VALUE, paths[0], 0, 0, "%zu %s given, but %s", count,
                          count == 1 ? "file was" : "files were",
                          !npy           ? "a table is one file"
                          : with_targets ? "arrays are two, X.npy y.npy"
                                         : "the inputs are one, X.npy");
    }
    if (!npy) {
        return read_table(settings, paths[0], bytes, size, with_targets, data, error);
    }
    qd_array x;
    qd_status status = qd_npy_parse(paths[0], bytes, size, &x, error);
    if (status == QD_OK) {
        status = read_arrays(settings, paths, &x, with_targets, &data->sequences, error);
        qd_array_clear(&x);
    }
    return status;
}

qd_status qd_regress_read(const qd_settings *settings, size_t count, const char *const *paths, bool with_targets,
                          qd_regress_data *data, qd_error *error)
{
    *data = (qd_regress_data){0};
    if (count == 0) {
        return qd_fail(error, QD_ERR_VALUE, "no data file was given");
    }
    char *bytes;
    size_t size;
    qd_status status = qd_input_read(paths[0], size_limit(settings), &bytes, &size, error);
    if (status == QD_OK) {
        status = read_first(settings, count, paths, bytes, size, with_targets, data, error);
        qd_mem_free(bytes);
    }
    if (status != QD_OK) {
        qd_regress_data_clear(data);
    }
    return status;
}
