/* The model file of a forecaster: the networks of the ensemble as float32 tensors member_{m}.NAME, what was learned
   beside them as float64 tensors forecast.NAME, the rest as JSON in the metadata (docs/model-file.md). */
#include "base/mem.h"
#include "base/text.h"
#include "store/metadata.h"
#include "store/weights.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------- what is stored */

enum { WHOLE, REAL, TRUTH };

/* A number of the metadata entry "forecast".  One row a field: written and read by it. */
typedef struct field {
    const char *name;
    int kind;
    void *at; /* size_t, double or bool */
} field;

enum { FIELDS = 13 };

static void list_fields(qd_forecaster *f, field fields[FIELDS])
{
    qd_forecast_inputs *i = &f->inputs;
    const field all[FIELDS] = {
        {"context", WHOLE, &i->context},     {"horizon", WHOLE, &i->horizon},
        {"season", REAL, &i->season},        {"half_life", REAL, &i->half_life},
        {"dated", TRUTH, &i->dated},         {"weekdays", TRUTH, &i->weekdays},
        {"past", WHOLE, &i->past},           {"known", WHOLE, &i->known},
        {"constants", WHOLE, &i->constants}, {"level_mean", REAL, &i->level_mean},
        {"level_sd", REAL, &i->level_sd},    {"day_step", REAL, &f->day_step},
        {"members", WHOLE, &f->members},
    };
    memcpy(fields, all, sizeof all);
}

/* A float64 tensor. */
typedef struct block {
    const char *name;
    size_t rows, cols; /* cols 0: a vector */
    double **at;
} block;

enum { BLOCKS = 4 };

static void list_blocks(qd_forecaster *f, block blocks[BLOCKS])
{
    const size_t covariates = f->inputs.past + f->inputs.known + f->inputs.constants;
    const block all[BLOCKS] = {
        {"forecast.blend", f->series + 1, QD_FORECAST_PARTS, &f->blend},
        {"forecast.spread", f->inputs.horizon, 0, &f->spread},
        {"forecast.covariate_mean", covariates, 0, &f->inputs.mean},
        {"forecast.covariate_sd", covariates, 0, &f->inputs.sd},
    };
    memcpy(blocks, all, sizeof all);
}

enum { NAME_SIZE = 128, MOST_STEPS = 1000000, MOST_MEMBERS = 1000 };

static void member_name(size_t member, const qd_tensor *tensor, char name[NAME_SIZE])
{
    qd_text_format(name, NAME_SIZE, "member_%zu.%s", member, tensor->name);
}

/* ------------------------------------------------------------------------------------------------ writing */

static qd_status add_entry(qd_safetensors_writer *writer, qd_forecaster *f, qd_error *error)
{
    qd_json_text text = {0};
    field fields[FIELDS];
    list_fields(f, fields);
    qd_json_open(&text, '{');
    qd_json_key(&text, "kind");
    qd_json_put_whole(&text, (uint64_t)f->kind);
    for (size_t i = 0; i < FIELDS; i++) {
        qd_json_key(&text, fields[i].name);
        if (fields[i].kind == WHOLE) {
            qd_json_put_whole(&text, *(const size_t *)fields[i].at);
        } else if (fields[i].kind == REAL) {
            qd_json_put_real(&text, *(const double *)fields[i].at);
        } else {
            qd_json_put_bool(&text, *(const bool *)fields[i].at);
        }
    }
    qd_json_key(&text, "lead");
    qd_json_put_whole(&text, (uint64_t)f->horizons.lead);
    qd_json_key(&text, "series");
    qd_json_open(&text, '[');
    for (size_t s = 0; s < f->series; s++) {
        qd_json_put_string(&text, f->key[s]);
    }
    qd_json_close(&text, ']');
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, "forecast", &text, error);
}

static qd_status add_tensors(qd_safetensors_writer *writer, qd_forecaster *f, qd_error *error)
{
    const size_t n = qd_network_parameters(f->network);
    qd_status status = QD_OK;
    block blocks[BLOCKS];
    list_blocks(f, blocks);
    for (size_t i = 0; i < BLOCKS && status == QD_OK; i++) {
        const size_t shape[] = {blocks[i].rows, blocks[i].cols};
        if (blocks[i].rows > 0) {
            status = qd_safetensors_add(writer, blocks[i].name, QD_F64, blocks[i].cols > 0 ? 2 : 1, shape,
                                        *blocks[i].at, error);
        }
    }
    for (size_t m = 0; m < f->members; m++) {
        for (size_t i = 0; i < qd_network_tensors(f->network) && status == QD_OK; i++) {
            const qd_tensor *tensor = qd_network_tensor(f->network, i);
            const size_t shape[] = {tensor->rows, tensor->cols};
            char name[NAME_SIZE];
            member_name(m, tensor, name);
            status = qd_safetensors_add(writer, name, QD_F32, tensor->cols > 0 ? 2 : 1, shape,
                                        f->parameters + m * n + tensor->offset, error);
        }
    }
    return status;
}

qd_status qd_forecaster_save(const qd_forecaster *forecaster, const char *path, qd_error *error)
{
    qd_forecaster *f = (qd_forecaster *)forecaster; /* the lists of fields serve reading too */
    qd_safetensors_writer *writer;
    qd_status status = qd_safetensors_writer_new(&writer, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_metadata_add_format(writer, error);
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, "task", "forecast", error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_settings(writer, f->settings, error);
    }
    if (status == QD_OK) {
        status = add_entry(writer, f, error);
    }
    if (status == QD_OK) {
        status = add_tensors(writer, f, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_write(writer, path, error);
    }
    qd_safetensors_writer_free(writer);
    return status;
}

/* ------------------------------------------------------------------------------------------------ reading */

static qd_status read_field(const qd_json *json, const qd_json_value *object, const field *wanted, qd_error *error)
{
    const qd_json_value *value = qd_json_find(object, wanted->name);
    if (value == NULL) {
        return qd_json_refuse(json, object, error, "lacks %s", wanted->name);
    }
    if (wanted->kind == WHOLE) {
        uint64_t whole;
        const qd_status status = qd_json_whole(json, value, 0, MOST_STEPS, &whole, error);
        *(size_t *)wanted->at = status == QD_OK ? (size_t)whole : 0;
        return status;
    }
    if (wanted->kind == REAL) {
        const qd_status status = qd_json_real(json, value, wanted->at, error);
        return status == QD_OK && !isfinite(*(double *)wanted->at)
                   ? qd_json_refuse(json, value, error, "%s must be finite", wanted->name)
                   : status;
    }
    if (value->kind != QD_JSON_TRUE && value->kind != QD_JSON_FALSE) {
        return qd_json_refuse(json, value, error, "%s must be true or false", wanted->name);
    }
    *(bool *)wanted->at = value->kind == QD_JSON_TRUE;
    return QD_OK;
}

static qd_status read_series(const qd_json *json, qd_forecaster *f, qd_error *error)
{
    const qd_json_value *list;
    qd_status status = qd_json_member(json, json->values, "series", QD_JSON_ARRAY, &list, error);
    if (status != QD_OK) {
        return status;
    }
    f->key = qd_mem_new(list->count, sizeof *f->key);
    if (f->key == NULL) {
        return qd_fail_memory(error, list->count * sizeof *f->key, "series");
    }
    for (const qd_json_value *v = list->first; v != NULL; v = v->next) {
        if (v->kind != QD_JSON_STRING) {
            return qd_json_refuse(json, v, error, "a series must be a string");
        }
        f->key[f->series] = qd_mem_string(v->text);
        if (f->key[f->series++] == NULL) {
            return qd_fail_memory(error, strlen(v->text), "series");
        }
    }
    return f->series > 0 ? QD_OK : qd_json_refuse(json, list, error, "there is no series");
}

static qd_status read_entry(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, "forecast", &json, error);
    if (status != QD_OK) {
        return status;
    }
    size_t kind = 0, lead = 0;
    field fields[FIELDS];
    list_fields(f, fields);
    for (size_t i = 0; i < FIELDS && status == QD_OK; i++) {
        status = read_field(&json, json.values, &fields[i], error);
    }
    const field more[] = {{"kind", WHOLE, &kind}, {"lead", WHOLE, &lead}};
    for (size_t i = 0; i < 2 && status == QD_OK; i++) {
        status = read_field(&json, json.values, &more[i], error);
    }
    if (status == QD_OK) {
        status = read_series(&json, f, error);
    }
    if (status == QD_OK && (kind > QD_TIME_DAY || f->members < 1 || f->members > MOST_MEMBERS ||
                            f->inputs.horizon < 1 || f->inputs.context < 1)) {
        status = qd_json_refuse(&json, json.values, error, "kind, members, horizon or context is out of range");
    }
    f->kind = (qd_time_kind)kind;
    f->horizons.lead = (int64_t)lead;
    f->inputs.series = f->series;
    qd_json_clear(&json);
    return status;
}

/* The horizons, from the settings and what the entry says of the lead. */
static qd_status read_horizons(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_horizons told;
    const int64_t lead = f->horizons.lead;
    const qd_panel panel = {.day_step = f->day_step};
    const qd_status status = qd_forecast_horizons(f->settings, &panel, &told, error);
    if (status == QD_OK && (told.lead != lead || told.last + lead != (int64_t)f->inputs.horizon)) {
        return qd_metadata_refuse(file, "forecast", error, "horizon and lead do not fit the settings");
    }
    f->horizons = told;
    return status;
}

static qd_status read_block(const qd_safetensors *file, const block *b, qd_error *error)
{
    const size_t shape[] = {b->rows, b->cols}, count = b->rows * (b->cols > 0 ? b->cols : 1);
    const qd_stored *stored = qd_safetensors_find(file, b->name);
    if (b->rows > 0) {
        const qd_status status = qd_weights_expect(file, stored, b->name, QD_F64, shape, error);
        if (status != QD_OK) {
            return status;
        }
    }
    *b->at = qd_mem_new(count, sizeof(double));
    if (*b->at == NULL) {
        return qd_fail_memory(error, count * sizeof(double), b->name);
    }
    if (count > 0) {
        memcpy(*b->at, stored->data, count * sizeof(double));
    }
    for (size_t i = 0; i < count; i++) {
        if (!isfinite((*b->at)[i])) {
            return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->offset + i * sizeof(double),
                                  "tensor %s, element %zu: expected a finite number", b->name, i);
        }
    }
    return QD_OK;
}

static qd_status read_member(const qd_safetensors *file, const qd_forecaster *f, size_t member, float *parameters,
                             qd_error *error)
{
    for (size_t i = 0; i < qd_network_tensors(f->network); i++) {
        const qd_tensor *tensor = qd_network_tensor(f->network, i);
        const size_t shape[] = {tensor->rows, tensor->cols};
        char name[NAME_SIZE];
        member_name(member, tensor, name);
        const qd_stored *stored = qd_safetensors_find(file, name);
        const qd_status status = qd_weights_expect(file, stored, name, QD_F32, shape, error);
        if (status != QD_OK) {
            return status;
        }
        if (parameters == NULL) {
            continue; /* looked at, before memory is taken for it */
        }
        memcpy(parameters + tensor->offset, stored->data, stored->elements * sizeof(float));
        for (size_t e = 0; e < stored->elements; e++) {
            if (!isfinite(parameters[tensor->offset + e])) {
                return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file),
                                      stored->offset + e * sizeof(float),
                                      "tensor %s, element %zu: expected a finite float32", name, e);
            }
        }
    }
    return QD_OK;
}

static qd_status read_tensors(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    const size_t n = qd_network_parameters(f->network);
    qd_status status = QD_OK;
    block blocks[BLOCKS];
    list_blocks(f, blocks);
    for (size_t i = 0; i < BLOCKS && status == QD_OK; i++) {
        status = read_block(file, &blocks[i], error);
    }
    for (size_t m = 0; m < f->members && status == QD_OK; m++) {
        status = read_member(file, f, m, NULL, error);
    }
    if (status == QD_OK) {
        f->parameters = qd_mem_new(f->members, n * sizeof *f->parameters);
        status = f->parameters == NULL ? qd_fail_memory(error, f->members * n * sizeof(float), "weights") : QD_OK;
    }
    for (size_t m = 0; m < f->members && status == QD_OK; m++) {
        status = read_member(file, f, m, f->parameters + m * n, error);
    }
    return status;
}

static qd_status read_forecaster(const qd_safetensors *file, qd_forecaster *f, qd_error *error)
{
    qd_status status = qd_metadata_check_format(file, error);
    if (status == QD_OK && !qd_forecaster_is(file)) {
        const char *task = qd_safetensors_metadata(file, "task");
        status = qd_metadata_refuse(file, "task", error, "expected 'forecast', found %s", task != NULL ? task : "none");
    }
    if (status == QD_OK) {
        status = qd_metadata_read_settings(file, &f->settings, error);
    }
    if (status == QD_OK) {
        f->likelihood = qd_likelihood_find(qd_settings_text(f->settings, "likelihood"));
        f->inputs.logs = f->likelihood->support != QD_SUPPORT_REALS;
        status = read_entry(file, f, error);
    }
    if (status == QD_OK) {
        status = read_horizons(file, f, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_network(f, error);
    }
    return status == QD_OK ? read_tensors(file, f, error) : status;
}

bool qd_forecaster_is(const qd_safetensors *file)
{
    const char *task = qd_safetensors_metadata(file, "task");
    return task != NULL && strcmp(task, "forecast") == 0;
}

qd_status qd_forecaster_from(const qd_safetensors *file, qd_forecaster **out, qd_error *error)
{
    qd_forecaster *f = qd_mem_new(1, sizeof *f);
    const qd_status status =
        f == NULL ? qd_fail_memory(error, sizeof *f, "a forecaster") : read_forecaster(file, f, error);
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

/* ------------------------------------------------------------------------------------------- other data */

qd_status qd_forecaster_accepts(const qd_forecaster *f, const qd_panel *panel, qd_error *error)
{
    const double trained = f->day_step, found = panel->day_step;
    const bool alike = trained > 0 && found > 0 ? fabs(found / trained - 1) < 0.2
                                                : !(trained > 0) && !(found > 0) && panel->kind == f->kind;
    if (alike) {
        return QD_OK;
    }
    char frequency[64];
    qd_panel_frequency_text(panel, frequency, sizeof frequency);
    return trained > 0 ? qd_fail(error, QD_ERR_VALUE,
                                 "the times are %s; the model was trained on times about %.3g days apart, and "
                                 "forecasts only such",
                                 frequency, trained)
                       : qd_fail(error, QD_ERR_VALUE, "the times are %s; the model was trained on times without dates",
                                 frequency);
}
