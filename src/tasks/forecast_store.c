/* A forecaster as a model file, and back.  What is written stands in two tables: numbers, which are members of the
   entry "forecast" of the metadata, and arrays, which are tensors of float64.  A new one is a row. */
#include "base/mem.h"
#include "base/text.h"
#include "store/ensemble.h"
#include "store/metadata.h"
#include "tasks/forecast_parts.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const char task[] = "forecast";

/* ------------------------------------------------------------------------------------------- the tables */

typedef enum type {
    WHOLE, /* size_t */
    STEPS, /* int64_t, may be negative: a real in the file */
    REAL,  /* double */
    TRUTH, /* bool */
    KIND   /* qd_time_kind, by name */
} type;

typedef struct number {
    const char *name;
    type type;
    size_t offset;      /* in qd_forecaster */
    double least, most; /* in which a file may have it */
} number;

#define AT(member) offsetof(qd_forecaster, member)
#define MANY       1e9 /* series, columns */
#define FAR        1e15
#define ANY        -DBL_MAX, DBL_MAX

static const number numbers[] = {
    {"members", WHOLE, AT(members), 1, 1000},
    {"series", WHOLE, AT(series), 1, MANY},
    {"horizon_first", STEPS, AT(horizons.first), -1e5, 1e5},
    {"horizon_last", STEPS, AT(horizons.last), -1e5, 1e5},
    {"lead", STEPS, AT(horizons.lead), 0, 1e5},
    {"context", WHOLE, AT(inputs.context), 1, 1e6},
    {"season", REAL, AT(inputs.season), 0, MANY},
    {"half_life", REAL, AT(inputs.half_life), 0, DBL_MAX},
    {"dated", TRUTH, AT(inputs.dated), 0, 1},
    {"weekdays", TRUTH, AT(inputs.weekdays), 0, 1},
    {"past", WHOLE, AT(inputs.past), 0, MANY},
    {"known", WHOLE, AT(inputs.known), 0, MANY},
    {"static", WHOLE, AT(inputs.constants), 0, MANY},
    {"level_mean", REAL, AT(inputs.level_mean), ANY},
    {"level_sd", REAL, AT(inputs.level_sd), DBL_MIN, DBL_MAX},
    {"time", KIND, AT(grid.kind), 0, 0},
    {"weeks", TRUTH, AT(grid.weeks), 0, 1},
    {"step", STEPS, AT(grid.step), 1, FAR},
    {"month_day", STEPS, AT(grid.month_day), 0, 31},
    {"day_step", REAL, AT(grid.day_step), 0, MANY},
    {"season_naive", REAL, AT(grid.season), 0, MANY},
    {"last", STEPS, AT(grid.last), -FAR, FAR},
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static const char *const kinds[] = {
    [QD_TIME_INDEX] = "index", [QD_TIME_YEAR] = "year", [QD_TIME_QUARTER] = "quarter",
    [QD_TIME_MONTH] = "month", [QD_TIME_DAY] = "day",
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

typedef struct array {
    const char *name;
    size_t offset; /* of a double * in qd_forecaster */
    enum { SERIES_AND_ONE, HORIZON, COVARIATES } rows;
    size_t columns; /* 0: a vector */
    double least, most;
} array;

static const array arrays[] = {
    {"forecast.blend", AT(blend), SERIES_AND_ONE, QD_FORECAST_PARTS, ANY},
    {"forecast.spread", AT(spread), HORIZON, 0, 0, DBL_MAX},
    {"forecast.covariate_mean", AT(inputs.mean), COVARIATES, 0, ANY},
    {"forecast.covariate_sd", AT(inputs.sd), COVARIATES, 0, DBL_MIN, DBL_MAX},
};
enum { ARRAYS = sizeof arrays / sizeof arrays[0] };

/* A table of no rows is not in the file. */
static void array_shape(const qd_forecaster *f, const array *a, size_t shape[2])
{
    const qd_forecast_inputs *inputs = &f->inputs;
    shape[0] = a->rows == SERIES_AND_ONE ? f->series + 1
               : a->rows == HORIZON      ? inputs->horizon
                                         : inputs->past + inputs->known + inputs->constants;
    shape[1] = a->columns;
}

static size_t array_elements(const size_t shape[2])
{
    return shape[0] * (shape[1] > 0 ? shape[1] : 1);
}

static double **array_at(qd_forecaster *f, const array *a)
{
    return (double **)(void *)((char *)f + a->offset);
}

static const double *array_of(const qd_forecaster *f, const array *a)
{
    return *(double *const *)(const void *)((const char *)f + a->offset);
}

/* ---------------------------------------------------------------------------------------------- writing */

static void put_number(qd_json_text *text, const qd_forecaster *f, const number *n)
{
    const void *at = (const char *)f + n->offset;
    qd_json_key(text, n->name);
    switch (n->type) {
    case WHOLE:
        qd_json_put_whole(text, *(const size_t *)at);
        break;
    case STEPS:
        qd_json_put_real(text, (double)*(const int64_t *)at);
        break;
    case REAL:
        qd_json_put_real(text, *(const double *)at);
        break;
    case TRUTH:
        qd_json_put_bool(text, *(const bool *)at);
        break;
    case KIND:
        qd_json_put_string(text, kinds[*(const qd_time_kind *)at]);
        break;
    }
}

static qd_status add_numbers(qd_safetensors_writer *writer, const qd_forecaster *f, qd_error *error)
{
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    for (size_t i = 0; i < NUMBERS; i++) {
        put_number(&text, f, &numbers[i]);
    }
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, task, &text, error);
}

static qd_status add_series(qd_safetensors_writer *writer, const qd_forecaster *f, qd_error *error)
{
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    qd_json_key(&text, "columns");
    qd_json_put_string(&text, f->grid.keys);
    qd_json_key(&text, "keys");
    qd_json_open(&text, '[');
    for (size_t s = 0; s < f->series; s++) {
        qd_json_put_string(&text, f->key[s]);
    }
    qd_json_close(&text, ']');
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, "series", &text, error);
}

static qd_status add_metadata(qd_safetensors_writer *writer, const qd_forecaster *f, qd_error *error)
{
    qd_status status = qd_metadata_add_format(writer, error);
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, "task", task, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_network(writer, f->settings, f->network, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_settings(writer, f->settings, QD_CMD_FORECAST, error);
    }
    if (status == QD_OK) {
        status = add_numbers(writer, f, error);
    }
    return status == QD_OK ? add_series(writer, f, error) : status;
}

static qd_status add_tensors(qd_safetensors_writer *writer, const qd_forecaster *f, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < ARRAYS && status == QD_OK; i++) {
        size_t shape[2];
        array_shape(f, &arrays[i], shape);
        if (shape[0] > 0) {
            status = qd_safetensors_add(writer, arrays[i].name, QD_F64, shape[1] > 0 ? 2 : 1, shape,
                                        array_of(f, &arrays[i]), error);
        }
    }
    return status == QD_OK ? qd_ensemble_add(writer, f->network, f->members, f->parameters, error) : status;
}

/* The first element of an array that may not be, or the number of its elements. */
static size_t array_wrong(const array *a, const double *values, size_t elements)
{
    size_t e = 0;
    while (e < elements && values[e] >= a->least && values[e] <= a->most) {
        e++;
    }
    return e;
}

/* What could not be read again is not written. */
static qd_status check_finite(const qd_forecaster *f, const char *path, qd_error *error)
{
    size_t element = 0;
    const char *tensor = qd_ensemble_not_finite(f->network, f->members, f->parameters, &element);
    for (size_t i = 0; i < ARRAYS && tensor == NULL; i++) {
        size_t shape[2];
        array_shape(f, &arrays[i], shape);
        element = array_wrong(&arrays[i], array_of(f, &arrays[i]), array_elements(shape));
        tensor = element < array_elements(shape) ? arrays[i].name : NULL;
    }
    return tensor == NULL ? QD_OK
                          : qd_fail_at(error, QD_ERR_NUMERIC, path, 0, 0,
                                       "the model is not written: tensor %s, element %zu, is not finite, or not in "
                                       "its range",
                                       tensor, element);
}

qd_status qd_forecaster_save(const qd_forecaster *f, const char *path, qd_error *error)
{
    qd_safetensors_writer *writer;
    qd_status status = check_finite(f, path, error);
    if (status == QD_OK) {
        status = qd_safetensors_writer_new(&writer, error);
    }
    if (status != QD_OK) {
        return status;
    }
    status = add_metadata(writer, f, error);
    if (status == QD_OK) {
        status = add_tensors(writer, f, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_write(writer, path, error);
    }
    qd_safetensors_writer_free(writer);
    return status;
}

/* ----------------------------------------------------------------------------------------------- reading */

static qd_status read_real(const qd_json *json, const qd_json_value *value, const number *n, double *real,
                           qd_error *error)
{
    qd_status status = qd_json_real(json, value, real, error);
    if (status == QD_OK && (!(*real >= n->least && *real <= n->most) || (n->type == STEPS && *real != floor(*real)))) {
        status = qd_json_refuse(json, value, error, "\"%s\" is out of its range", n->name);
    }
    return status;
}

static qd_status read_kind(const qd_json *json, const qd_json_value *value, qd_time_kind *kind, qd_error *error)
{
    for (size_t k = 0; k < KINDS; k++) {
        if (value->kind == QD_JSON_STRING && strcmp(kinds[k], value->text) == 0) {
            *kind = (qd_time_kind)k;
            return QD_OK;
        }
    }
    return qd_json_refuse(json, value, error, "expected a kind of time (index, year, quarter, month, day)");
}

static qd_status read_number(const qd_json *json, const number *n, qd_forecaster *f, qd_error *error)
{
    const qd_json_value *value = qd_json_find(&json->values[0], n->name);
    void *at = (char *)f + n->offset;
    double real = 0;
    uint64_t whole = 0;
    qd_status status;
    if (value == NULL) {
        return qd_json_refuse(json, &json->values[0], error, "the member \"%s\" is missing", n->name);
    }
    switch (n->type) {
    case WHOLE:
        status = qd_json_whole(json, value, (uint64_t)n->least, (uint64_t)n->most, &whole, error);
        *(size_t *)at = (size_t)whole;
        return status;
    case STEPS:
        status = read_real(json, value, n, &real, error);
        *(int64_t *)at = status == QD_OK ? (int64_t)real : 0;
        return status;
    case REAL:
        return read_real(json, value, n, at, error);
    case TRUTH:
        *(bool *)at = value->kind == QD_JSON_TRUE;
        return value->kind == QD_JSON_TRUE || value->kind == QD_JSON_FALSE
                   ? QD_OK
                   : qd_json_refuse(json, value, error, "\"%s\": expected true or false", n->name);
    case KIND:
        return read_kind(json, value, at, error);
    }
    return QD_OK;
}

static qd_status read_numbers(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, task, &json, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < NUMBERS && status == QD_OK; i++) {
        status = read_number(&json, &numbers[i], f, error);
    }
    if (status == QD_OK && (f->horizons.last < f->horizons.first || f->horizons.first + f->horizons.lead < 1)) {
        status = qd_json_refuse(&json, &json.values[0], error, "the horizons contradict one another");
    }
    qd_json_clear(&json);
    f->inputs.horizon = (size_t)(f->horizons.last + f->horizons.lead);
    f->inputs.series = f->series;
    return status;
}

static qd_status fill_series(const qd_json *json, qd_forecaster *f, qd_error *error)
{
    const qd_json_value *columns, *keys;
    qd_status status = qd_json_member(json, &json->values[0], "columns", QD_JSON_STRING, &columns, error);
    if (status == QD_OK) {
        status = qd_json_member(json, &json->values[0], "keys", QD_JSON_ARRAY, &keys, error);
    }
    if (status != QD_OK) {
        return status;
    }
    if (keys->count != f->series) {
        return qd_json_refuse(json, keys, error, "%zu keys; the forecaster has %zu series", keys->count, f->series);
    }
    f->grid.keys = qd_mem_string(columns->text);
    f->key = qd_mem_new(f->series, sizeof *f->key);
    if (f->grid.keys == NULL || f->key == NULL) {
        return qd_fail_memory(error, f->series * sizeof *f->key, "series");
    }
    size_t s = 0;
    for (const qd_json_value *key = keys->first; key != NULL; key = key->next, s++) {
        if (key->kind != QD_JSON_STRING) {
            return qd_json_refuse(json, key, error, "a key is a string");
        }
        f->key[s] = qd_mem_string(key->text);
        if (f->key[s] == NULL) {
            return qd_fail_memory(error, strlen(key->text), "series");
        }
    }
    return QD_OK;
}

static qd_status read_series(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, "series", &json, error);
    if (status == QD_OK) {
        status = fill_series(&json, f, error);
        qd_json_clear(&json);
    }
    return status;
}

/* Made of what else the file says; the entry "network" must say the same. */
static qd_status read_network(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_error why;
    const qd_status status = qd_forecast_network(f, &why);
    if (status != QD_OK) {
        return status == QD_ERR_VALUE ? qd_metadata_refuse(file, "settings", error, "%s", why.message)
                                      : qd_fail(error, status, "%s", why.message);
    }
    return qd_metadata_check_network(file, f->settings, f->network, error);
}

static qd_status read_array(const qd_safetensors *file, const array *a, qd_forecaster *f, size_t *tensors,
                            qd_error *error)
{
    size_t shape[2];
    array_shape(f, a, shape);
    const size_t elements = array_elements(shape);
    if (elements > 0) {
        const qd_stored *stored = qd_safetensors_find(file, a->name);
        const qd_status status = qd_weights_expect(file, stored, a->name, QD_F64, shape, error);
        if (status != QD_OK) {
            return status;
        }
    }
    double *values = qd_mem_new(elements, sizeof *values);
    if (values == NULL) {
        return qd_fail_memory(error, elements * sizeof *values, a->name);
    }
    *array_at(f, a) = values;
    if (elements == 0) {
        return QD_OK;
    }
    *tensors += 1;
    const qd_stored *stored = qd_safetensors_find(file, a->name);
    memcpy(values, stored->data, elements * sizeof *values);
    const size_t e = array_wrong(a, values, elements);
    return e == elements
               ? QD_OK
               : qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->offset + e * sizeof *values,
                                "tensor %s, element %zu: not finite, or out of its range", a->name, e);
}

static qd_status read_tensors(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_status status = QD_OK;
    size_t tensors = f->members * qd_weights_tensors(f->network);
    for (size_t i = 0; i < ARRAYS && status == QD_OK; i++) {
        status = read_array(file, &arrays[i], f, &tensors, error);
    }
    if (status == QD_OK) {
        status = qd_ensemble_read(file, f->network, f->members, &f->parameters, error);
    }
    if (status == QD_OK && qd_safetensors_count(file) != tensors) {
        status = qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), qd_safetensors_place(file, ""),
                                "the file has %zu tensors, the forecaster of its metadata %zu",
                                qd_safetensors_count(file), tensors);
    }
    return status;
}

bool qd_forecaster_is(const qd_safetensors *file)
{
    const char *name = qd_safetensors_metadata(file, "task");
    return name != NULL && strcmp(name, task) == 0;
}

static qd_status read_forecaster(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_status status = qd_metadata_check_format(file, error);
    if (status == QD_OK && !qd_forecaster_is(file)) {
        status = qd_metadata_refuse(file, "task", error, "expected '%s'", task);
    }
    if (status == QD_OK) {
        status = qd_metadata_read_settings(file, &f->settings, error);
    }
    if (status == QD_OK) {
        f->likelihood = qd_likelihood_find(qd_settings_text(f->settings, "likelihood"));
        qd_forecast_scale(f->settings, &f->inputs);
        f->inputs.fed = qd_forecast_fed(f->settings);
        status = read_numbers(file, f, error);
    }
    if (status == QD_OK) {
        status = read_series(file, f, error);
    }
    if (status == QD_OK) {
        status = read_network(file, f, error);
    }
    return status == QD_OK ? read_tensors(file, f, error) : status;
}

qd_status qd_forecaster_from(const qd_safetensors *file, qd_forecaster **out, qd_error *error)
{
    qd_forecaster *f = qd_mem_new(1, sizeof *f);
    if (f == NULL) {
        return qd_fail_memory(error, sizeof *f, "a forecaster");
    }
    const qd_status status = read_forecaster(file, f, error);
    if (status != QD_OK) {
        qd_forecaster_free(f);
        return status;
    }
    *out = f;
    return QD_OK;
}

qd_status qd_forecaster_load(const char *path, qd_forecaster **out, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_read(path, true, &file, error);
    if (status == QD_OK) {
        status = qd_forecaster_from(file, out, error);
        qd_safetensors_free(file);
    }
    return status;
}
