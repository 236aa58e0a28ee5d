/* The entries of __metadata__, written and read.  Reals are strings in their shortest exact form. */
#include "store/metadata.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/model.h"

#include <math.h>
#include <string.h>

/* The first version of quadrat that reads files of format QD_MODEL_FORMAT. */
static const char reader[] = "0.1.0";

/* ------------------------------------------------------------------------------------------------ common */

qd_status qd_metadata_refuse(const qd_safetensors *file, const char *key, qd_error *error, const char *format, ...)
{
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(message, sizeof message, format, arguments);
    va_end(arguments);
    return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), qd_safetensors_place(file, key),
                          "metadata \"%s\": %s", key, message);
}

qd_status qd_metadata_add(qd_safetensors_writer *writer, const char *key, qd_json_text *text, qd_error *error)
{
    qd_status status = qd_json_finish(text, key, error);
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, key, text->data, error);
    }
    qd_json_text_clear(text);
    return status;
}

qd_status qd_metadata_open(const qd_safetensors *file, const char *key, qd_json *json, qd_error *error)
{
    const char *text = qd_safetensors_metadata(file, key);
    if (text == NULL) {
        return qd_metadata_refuse(file, key, error, "is missing");
    }
    qd_json_place place = {qd_safetensors_path(file), qd_safetensors_place(file, key), key};
    qd_status status = qd_json_parse(place, text, strlen(text), json, error);
    if (status == QD_OK && json->values[0].kind != QD_JSON_OBJECT) {
        status = qd_json_refuse(json, &json->values[0], error, "expected an object");
        qd_json_clear(json);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ format */

qd_status qd_metadata_add_format(qd_safetensors_writer *writer, qd_error *error)
{
    char version[16];
    qd_text_format(version, sizeof version, "%d", QD_MODEL_FORMAT);
    qd_status status = qd_safetensors_add_metadata(writer, "quadrat_format", version, error);
    return status != QD_OK ? status : qd_safetensors_add_metadata(writer, "quadrat_reader", reader, error);
}

qd_status qd_metadata_check_format(const qd_safetensors *file, qd_error *error)
{
    const char *key = "quadrat_format", *text = qd_safetensors_metadata(file, key);
    const char *needed = qd_safetensors_metadata(file, "quadrat_reader");
    int64_t version;
    if (text == NULL) {
        return qd_metadata_refuse(file, key, error, "is missing: the file is not a model of quadrat's");
    }
    if (!qd_text_to_integer(text, strlen(text), &version) || version < 1) {
        return qd_metadata_refuse(file, key, error, "expected a whole number, found '%s'", text);
    }
    if (version > QD_MODEL_FORMAT) {
        return qd_metadata_refuse(file, key, error,
                                  "the file is of format %lld, which quadrat %s and later read; this is quadrat %s, "
                                  "which reads format %d",
                                  (long long)version, needed != NULL ? needed : "of a later version", qd_version(),
                                  QD_MODEL_FORMAT);
    }
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------- settings */

qd_status qd_metadata_add_settings(qd_safetensors_writer *writer, const qd_settings *settings, unsigned task,
                                   qd_error *error)
{
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    for (size_t i = 0; i < qd_settings_count; i++) {
        const qd_setting *setting = &qd_settings_table[i];
        const char *value = qd_settings_get(settings, setting->name);
        const bool always = (setting->commands & ~setting->later & task) != 0;
        const bool told = always || ((setting->commands & task) != 0 && strcmp(value, setting->initial) != 0);
        if (setting->recorded && told) {
            qd_json_key(&text, setting->name);
            qd_json_put_string(&text, value);
        }
    }
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, "settings", &text, error);
}

static qd_status read_setting(const qd_json *json, const qd_json_value *entry, qd_settings *settings, qd_error *error)
{
    const qd_setting *setting = qd_settings_find(entry->key);
    if (setting == NULL || !setting->recorded || entry->kind != QD_JSON_STRING) {
        return qd_json_refuse(json, entry, error, "\"%s\" is not a recorded setting with a string", entry->key);
    }
    qd_error why;
    qd_status status = qd_settings_set(settings, entry->key, entry->text, &why);
    return status == QD_ERR_VALUE ? qd_json_refuse(json, entry, error, "%s", why.message)
           : status != QD_OK      ? qd_fail(error, status, "%s", why.message)
                                  : QD_OK;
}

qd_status qd_metadata_read_settings(const qd_safetensors *file, qd_settings **out, qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, "settings", &json, error);
    if (status != QD_OK) {
        return status;
    }
    qd_settings *settings = NULL;
    status = qd_settings_new(&settings, error);
    for (const qd_json_value *entry = json.values[0].first; entry != NULL && status == QD_OK; entry = entry->next) {
        status = read_setting(&json, entry, settings, error);
    }
    qd_json_clear(&json);
    if (status != QD_OK) {
        qd_settings_free(settings);
        return status;
    }
    *out = settings;
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------- network */

qd_status qd_metadata_add_network(qd_safetensors_writer *writer, const qd_settings *settings, const qd_network *network,
                                  qd_error *error)
{
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    qd_json_key(&text, "inputs");
    qd_json_put_whole(&text, qd_network_inputs(network));
    qd_json_key(&text, "outputs");
    qd_json_put_whole(&text, qd_network_outputs(network));
    qd_json_key(&text, "per_step");
    qd_json_put_bool(&text, qd_network_per_step(network));
    qd_json_key(&text, "layers");
    qd_json_put_string(&text, qd_settings_text(settings, "layers"));
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, "network", &text, error);
}

static qd_status build_network(const qd_json *json, const qd_settings *settings, qd_network **network, qd_error *error)
{
    const uint64_t most = UINT64_C(1) << 31;
    const qd_json_value *root = &json->values[0], *inputs_value, *outputs_value, *layers;
    uint64_t inputs = 0, outputs = 0;
    qd_status status = qd_json_member(json, root, "inputs", QD_JSON_NUMBER, &inputs_value, error);
    if (status == QD_OK) {
        status = qd_json_whole(json, inputs_value, 1, most, &inputs, error);
    }
    if (status == QD_OK) {
        status = qd_json_member(json, root, "outputs", QD_JSON_NUMBER, &outputs_value, error);
    }
    if (status == QD_OK) {
        status = qd_json_whole(json, outputs_value, 1, most, &outputs, error);
    }
    if (status == QD_OK) {
        status = qd_json_member(json, root, "layers", QD_JSON_STRING, &layers, error);
    }
    if (status != QD_OK) {
        return status;
    }
    const qd_json_value *per_step = qd_json_find(root, "per_step");
    if (per_step == NULL || (per_step->kind != QD_JSON_TRUE && per_step->kind != QD_JSON_FALSE)) {
        return qd_json_refuse(json, root, error, "expected the member \"per_step\": true or false");
    }
    if (strcmp(layers->text, qd_settings_text(settings, "layers")) != 0) {
        return qd_json_refuse(json, layers, error, "the settings have other layers");
    }
    qd_error why;
    status = qd_network_new(layers->text, qd_settings_real(settings, "dropout"), (size_t)inputs, (size_t)outputs,
                            per_step->kind == QD_JSON_TRUE, network, &why);
    return status == QD_ERR_VALUE ? qd_json_refuse(json, layers, error, "%s", why.message)
           : status != QD_OK      ? qd_fail(error, status, "%s", why.message)
                                  : QD_OK;
}

qd_status qd_metadata_read_network(const qd_safetensors *file, const qd_settings *settings, qd_network **network,
                                   qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, "network", &json, error);
    if (status == QD_OK) {
        status = build_network(&json, settings, network, error);
        qd_json_clear(&json);
    }
    return status;
}

static qd_status check_width(const qd_json *json, const char *key, size_t width, qd_error *error)
{
    const qd_json_value *value;
    uint64_t whole = 0;
    qd_status status = qd_json_member(json, &json->values[0], key, QD_JSON_NUMBER, &value, error);
    if (status == QD_OK) {
        status = qd_json_whole(json, value, 1, UINT64_C(1) << 31, &whole, error);
    }
    return status == QD_OK && whole != width
               ? qd_json_refuse(json, value, error, "the rest of the metadata makes a network of %zu %s", width, key)
               : status;
}

static qd_status check_network(const qd_json *json, const qd_settings *settings, const qd_network *network,
                               qd_error *error)
{
    const qd_json_value *layers;
    qd_status status = check_width(json, "inputs", qd_network_inputs(network), error);
    if (status == QD_OK) {
        status = check_width(json, "outputs", qd_network_outputs(network), error);
    }
    if (status == QD_OK) {
        status = qd_json_member(json, &json->values[0], "layers", QD_JSON_STRING, &layers, error);
    }
    return status == QD_OK && strcmp(layers->text, qd_settings_text(settings, "layers")) != 0
               ? qd_json_refuse(json, layers, error, "the settings have other layers")
               : status;
}

qd_status qd_metadata_check_network(const qd_safetensors *file, const qd_settings *settings, const qd_network *network,
                                    qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, "network", &json, error);
    if (status == QD_OK) {
        status = check_network(&json, settings, network, error);
        qd_json_clear(&json);
    }
    return status;
}

/* ----------------------------------------------------------------------------------------------- scaling */

static const char *const scaling_kinds[] = {
    [QD_SCALING_NONE] = "none", [QD_SCALING_STANDARD] = "standard", [QD_SCALING_LOG1P] = "log1p"};
enum { SCALING_KINDS = sizeof scaling_kinds / sizeof scaling_kinds[0] };

static void put_reals(qd_json_text *text, const char *key, const double *reals, size_t count)
{
    qd_json_key(text, key);
    qd_json_open(text, '[');
    for (size_t i = 0; i < count; i++) {
        qd_json_put_real(text, reals[i]);
    }
    qd_json_close(text, ']');
}

qd_status qd_metadata_add_scaling(qd_safetensors_writer *writer, const qd_scaling *scaling, qd_error *error)
{
    size_t columns = scaling->inputs + scaling->outputs;
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    qd_json_key(&text, "kind");
    qd_json_put_string(&text, scaling_kinds[scaling->kind]);
    qd_json_key(&text, "labels");
    qd_json_put_bool(&text, scaling->labels);
    if (scaling->kind != QD_SCALING_NONE) {
        put_reals(&text, "mean", scaling->mean, columns);
        put_reals(&text, "sd", scaling->sd, columns);
    }
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, "scaling", &text, error);
}

/* A member with `columns` finite numbers. */
static qd_status read_reals(const qd_json *json, const char *key, bool positive, size_t columns, double **out,
                            qd_error *error)
{
    const qd_json_value *array;
    qd_status status = qd_json_member(json, &json->values[0], key, QD_JSON_ARRAY, &array, error);
    if (status != QD_OK) {
        return status;
    }
    if (array->count != columns) {
        return qd_json_refuse(json, array, error, "\"%s\" has %zu numbers; inputs and outputs together are %zu", key,
                              array->count, columns);
    }
    double *reals = qd_mem_new(columns, sizeof *reals);
    if (reals == NULL) {
        return qd_fail_memory(error, columns * sizeof *reals, "scaling");
    }
    *out = reals;
    for (const qd_json_value *value = array->first; value != NULL; value = value->next) {
        status = qd_json_real(json, value, reals, error);
        if (status == QD_OK && (!isfinite(*reals) || (positive && *reals <= 0))) {
            status =
                qd_json_refuse(json, value, error, "\"%s\" needs finite%s numbers", key, positive ? " positive" : "");
        }
        if (status != QD_OK) {
            return status;
        }
        reals++;
    }
    return QD_OK;
}

static qd_status fill_scaling(const qd_json *json, qd_scaling *scaling, qd_error *error)
{
    const qd_json_value *root = &json->values[0], *labels = qd_json_find(root, "labels"), *name;
    qd_status status = qd_json_member(json, root, "kind", QD_JSON_STRING, &name, error);
    if (status != QD_OK) {
        return status;
    }
    if (labels == NULL || (labels->kind != QD_JSON_TRUE && labels->kind != QD_JSON_FALSE)) {
        return qd_json_refuse(json, root, error, "expected the member \"labels\": true or false");
    }
    scaling->labels = labels->kind == QD_JSON_TRUE;
    size_t kind = 0;
    while (kind < SCALING_KINDS && strcmp(scaling_kinds[kind], name->text) != 0) {
        kind++;
    }
    if (kind == SCALING_KINDS) {
        return qd_json_refuse(json, name, error, "no scaling is called \"%s\"", name->text);
    }
    scaling->kind = (qd_scaling_kind)kind;
    if (scaling->kind == QD_SCALING_NONE) {
        return QD_OK;
    }
    size_t columns = scaling->inputs + scaling->outputs;
    status = read_reals(json, "mean", false, columns, &scaling->mean, error);
    return status != QD_OK ? status : read_reals(json, "sd", true, columns, &scaling->sd, error);
}

qd_status qd_metadata_read_scaling(const qd_safetensors *file, size_t inputs, size_t outputs, qd_scaling *out,
                                   qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, "scaling", &json, error);
    if (status != QD_OK) {
        return status;
    }
    qd_scaling scaling = {.inputs = inputs, .outputs = outputs};
    status = fill_scaling(&json, &scaling, error);
    qd_json_clear(&json);
    if (status != QD_OK) {
        qd_scaling_clear(&scaling);
        return status;
    }
    *out = scaling;
    return QD_OK;
}
