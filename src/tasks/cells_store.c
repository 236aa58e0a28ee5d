/* A classifier of cells as a model file, and back.  Its numbers and names are the entry "cells" of the metadata, its
   arrays tensors of float64; each kind stands in a table. */
#include "base/mem.h"
#include "base/text.h"
#include "store/ensemble.h"
#include "store/metadata.h"
#include "tasks/cells_parts.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const char task[] = "cells";
static const char plain_prefix[] = "plain.";
static const char *const kinds[] = {
    [QD_CELLS_FRAMES] = "frames", [QD_CELLS_TRACKS] = "tracks", [QD_CELLS_DIVISIONS] = "divisions"};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ------------------------------------------------------------------------------------------- the tables */

#define AT(member) offsetof(qd_classifier, member)

typedef struct whole {
    const char *name;
    size_t offset; /* of a size_t */
    uint64_t least, most;
} whole;

static const whole wholes[] = {
    {"members", AT(members), 1, 1000},
    {"lags", AT(inputs.lags), 0, 32},
    {"patch", AT(inputs.patch), 1, 1000000},
    {"known", AT(known), 0, INT64_MAX},
};

typedef struct real {
    const char *name;
    size_t offset; /* of a double */
    double least, most;
} real;

static const real reals[] = {{"temperature", AT(temperature), 1e-6, 1e6},
                             {"unseen_accuracy", AT(accuracy), 0, 1},
                             {"unseen_macro_f1", AT(macro_f1), 0, 1}};

typedef struct array {
    const char *name;
    size_t offset; /* of a double * */
    enum { CLASSES, FEATURES, WIDTH } rows;
    double least, most;
} array;

static const array arrays[] = {
    {"cells.share", AT(share), CLASSES, 0, 1},
    {"cells.favour", AT(favour), CLASSES, DBL_MIN, DBL_MAX},
    {"cells.feature_mean", AT(inputs.scaling.mean), FEATURES, -DBL_MAX, DBL_MAX},
    {"cells.feature_sd", AT(inputs.scaling.sd), FEATURES, DBL_MIN, DBL_MAX},
    {"cells.input_mean", AT(inputs.mean), WIDTH, -DBL_MAX, DBL_MAX},
    {"cells.input_sd", AT(inputs.sd), WIDTH, DBL_MIN, DBL_MAX},
};
enum {
    WHOLES = sizeof wholes / sizeof wholes[0],
    REALS = sizeof reals / sizeof reals[0],
    ARRAYS = sizeof arrays / sizeof arrays[0]
};

static size_t elements_of(const qd_classifier *c, const array *a)
{
    return a->rows == CLASSES    ? c->classes
           : a->rows == FEATURES ? c->inputs.scaling.features
                                 : qd_cells_width(&c->inputs);
}

static double *const *array_of(const qd_classifier *c, const array *a)
{
    return (double *const *)(const void *)((const char *)c + a->offset);
}

/* ---------------------------------------------------------------------------------------------- writing */

static void put_names(qd_json_text *text, const char *key, size_t count, char *const *names)
{
    qd_json_key(text, key);
    qd_json_open(text, '[');
    for (size_t i = 0; i < count; i++) {
        qd_json_put_string(text, names[i]);
    }
    qd_json_close(text, ']');
}

static qd_status add_numbers(qd_safetensors_writer *writer, const qd_classifier *c, qd_error *error)
{
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    qd_json_key(&text, "kind");
    qd_json_put_string(&text, kinds[c->kind]);
    for (size_t i = 0; i < WHOLES; i++) {
        qd_json_key(&text, wholes[i].name);
        qd_json_put_whole(&text, *(const size_t *)(const void *)((const char *)c + wholes[i].offset));
    }
    for (size_t i = 0; i < REALS; i++) {
        qd_json_key(&text, reals[i].name);
        qd_json_put_real(&text, *(const double *)(const void *)((const char *)c + reals[i].offset));
    }
    put_names(&text, "classes", c->classes, c->class_name);
    put_names(&text, "features", c->inputs.scaling.features, c->inputs.scaling.name);
    qd_json_key(&text, "marked");
    qd_json_open(&text, '[');
    for (size_t i = 0; i < c->inputs.scaling.features; i++) {
        qd_json_put_bool(&text, c->inputs.scaling.marked[i]);
    }
    qd_json_close(&text, ']');
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, task, &text, error);
}

static qd_status add_metadata(qd_safetensors_writer *writer, const qd_classifier *c, qd_error *error)
{
    qd_status status = qd_metadata_add_format(writer, error);
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, "task", task, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_network(writer, c->settings, c->network, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_settings(writer, c->settings, QD_CMD_CELLS, error);
    }
    return status == QD_OK ? add_numbers(writer, c, error) : status;
}

static qd_status add_tensors(qd_safetensors_writer *writer, const qd_classifier *c, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < ARRAYS && status == QD_OK; i++) {
        const size_t shape[1] = {elements_of(c, &arrays[i])};
        status = qd_safetensors_add(writer, arrays[i].name, QD_F64, 1, shape, *array_of(c, &arrays[i]), error);
    }
    if (status == QD_OK) {
        status = qd_ensemble_add(writer, c->network, c->members, c->parameters, error);
    }
    return status == QD_OK ? qd_weights_add(writer, plain_prefix, c->plain, c->plain_parameters, error) : status;
}

/* What could not be read again is not written. */
static qd_status check_finite(const qd_classifier *c, const char *path, qd_error *error)
{
    size_t element = 0;
    const char *tensor = qd_weights_not_finite(c->plain, c->plain_parameters, &element);
    if (tensor == NULL) {
        tensor = qd_ensemble_not_finite(c->network, c->members, c->parameters, &element);
    }
    return tensor == NULL
               ? QD_OK
               : qd_fail_at(error, QD_ERR_NUMERIC, path, 0, 0,
                            "the model is not written: tensor %s, element %zu, is not finite", tensor, element);
}

qd_status qd_classifier_save(const qd_classifier *c, const char *path, qd_error *error)
{
    qd_safetensors_writer *writer;
    qd_status status = check_finite(c, path, error);
    if (status == QD_OK) {
        status = qd_safetensors_writer_new(&writer, error);
    }
    if (status != QD_OK) {
        return status;
    }
    status = add_metadata(writer, c, error);
    if (status == QD_OK) {
        status = add_tensors(writer, c, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_write(writer, path, error);
    }
    qd_safetensors_writer_free(writer);
    return status;
}

/* ----------------------------------------------------------------------------------------------- reading */

static qd_status read_kind(const qd_json *json, qd_classifier *c, qd_error *error)
{
    const qd_json_value *value;
    const qd_status status = qd_json_member(json, &json->values[0], "kind", QD_JSON_STRING, &value, error);
    for (size_t k = 0; k < KINDS && status == QD_OK; k++) {
        if (strcmp(value->text, kinds[k]) == 0) {
            c->kind = (qd_cells_kind)k;
            return QD_OK;
        }
    }
    return status != QD_OK ? status : qd_json_refuse(json, value, error, "expected frames, tracks or divisions");
}

static qd_status read_wholes(const qd_json *json, qd_classifier *c, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < WHOLES && status == QD_OK; i++) {
        const qd_json_value *value;
        uint64_t number = 0;
        status = qd_json_member(json, &json->values[0], wholes[i].name, QD_JSON_NUMBER, &value, error);
        if (status == QD_OK) {
            status = qd_json_whole(json, value, wholes[i].least, wholes[i].most, &number, error);
        }
        *(size_t *)(void *)((char *)c + wholes[i].offset) = (size_t)number;
    }
    return status;
}

static qd_status read_reals(const qd_json *json, qd_classifier *c, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < REALS && status == QD_OK; i++) {
        const qd_json_value *value;
        double *number = (double *)(void *)((char *)c + reals[i].offset);
        status = qd_json_member(json, &json->values[0], reals[i].name, QD_JSON_STRING, &value, error);
        if (status == QD_OK) {
            status = qd_json_real(json, value, number, error);
        }
        if (status == QD_OK && !(*number >= reals[i].least && *number <= reals[i].most)) {
            status = qd_json_refuse(json, value, error, "\"%s\" is out of its range", reals[i].name);
        }
    }
    return status;
}

/* An array of names, no one twice; *count must be 0 or as many. */
static qd_status read_names(const qd_json *json, const char *key, size_t least, char ***names, size_t *count,
                            qd_error *error)
{
    const qd_json_value *list;
    const qd_status status = qd_json_member(json, &json->values[0], key, QD_JSON_ARRAY, &list, error);
    if (status != QD_OK) {
        return status;
    }
    if (list->count < least) {
        return qd_json_refuse(json, list, error, "at least %zu %s are needed", least, key);
    }
    *names = qd_mem_new(list->count, sizeof **names);
    if (*names == NULL) {
        return qd_fail_memory(error, list->count * sizeof **names, key);
    }
    *count = list->count;
    size_t i = 0;
    for (const qd_json_value *name = list->first; name != NULL; name = name->next, i++) {
        if (name->kind != QD_JSON_STRING) {
            return qd_json_refuse(json, name, error, "a name is a string");
        }
        (*names)[i] = qd_mem_string(name->text);
        if ((*names)[i] == NULL) {
            return qd_fail_memory(error, strlen(name->text), key);
        }
    }
    return QD_OK;
}

static qd_status read_marked(const qd_json *json, qd_classifier *c, qd_error *error)
{
    qd_track_scaling *scaling = &c->inputs.scaling;
    const qd_json_value *list;
    const qd_status status = qd_json_member(json, &json->values[0], "marked", QD_JSON_ARRAY, &list, error);
    if (status != QD_OK) {
        return status;
    }
    if (list->count != scaling->features) {
        return qd_json_refuse(json, list, error, "%zu values; there are %zu features", list->count, scaling->features);
    }
    scaling->marked = qd_mem_new(list->count, sizeof *scaling->marked);
    if (scaling->marked == NULL) {
        return qd_fail_memory(error, list->count, "features");
    }
    scaling->inputs = scaling->features;
    size_t i = 0;
    for (const qd_json_value *value = list->first; value != NULL; value = value->next, i++) {
        if (value->kind != QD_JSON_TRUE && value->kind != QD_JSON_FALSE) {
            return qd_json_refuse(json, value, error, "expected true or false");
        }
        scaling->marked[i] = value->kind == QD_JSON_TRUE;
        scaling->inputs += scaling->marked[i];
    }
    return QD_OK;
}

static qd_status read_numbers(const qd_safetensors *file, qd_classifier *c, qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, task, &json, error);
    if (status != QD_OK) {
        return status;
    }
    status = read_kind(&json, c, error);
    if (status == QD_OK) {
        status = read_wholes(&json, c, error);
    }
    if (status == QD_OK) {
        status = read_reals(&json, c, error);
    }
    if (status == QD_OK) {
        status = read_names(&json, "classes", 2, &c->class_name, &c->classes, error);
    }
    if (status == QD_OK) {
        status = read_names(&json, "features", 1, &c->inputs.scaling.name, &c->inputs.scaling.features, error);
    }
    if (status == QD_OK) {
        status = read_marked(&json, c, error);
    }
    qd_json_clear(&json);
    c->inputs.ends = c->kind == QD_CELLS_FRAMES;
    c->inputs.ahead = !qd_settings_flag(c->settings, "causal");
    c->inputs.logs = strcmp(qd_settings_text(c->settings, "scale"), "log1p") == 0;
    return status;
}

/* Made of what else the file says; the entry "network" must say the same. */
static qd_status read_network(const qd_safetensors *file, qd_classifier *c, qd_error *error)
{
    qd_error why;
    const qd_status status = qd_cells_network(c, &why);
    if (status != QD_OK) {
        return status == QD_ERR_VALUE ? qd_metadata_refuse(file, "settings", error, "%s", why.message)
                                      : qd_fail(error, status, "%s", why.message);
    }
    return qd_metadata_check_network(file, c->settings, c->network, error);
}

static qd_status read_array(const qd_safetensors *file, const array *a, qd_classifier *c, qd_error *error)
{
    const size_t shape[2] = {elements_of(c, a), 0};
    const qd_stored *stored = qd_safetensors_find(file, a->name);
    qd_status status = qd_weights_expect(file, stored, a->name, QD_F64, shape, error);
    if (status != QD_OK) {
        return status;
    }
    double *values = qd_mem_new(shape[0], sizeof *values);
    if (values == NULL) {
        return qd_fail_memory(error, shape[0] * sizeof *values, a->name);
    }
    *(double **)(void *)((char *)c + a->offset) = values;
    memcpy(values, stored->data, shape[0] * sizeof *values);
    for (size_t e = 0; e < shape[0] && status == QD_OK; e++) {
        if (!(values[e] >= a->least && values[e] <= a->most)) {
            status =
                qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->offset + e * sizeof *values,
                               "tensor %s, element %zu: not finite, or out of its range", a->name, e);
        }
    }
    return status;
}

static qd_status read_all_weights(const qd_safetensors *file, qd_classifier *c, qd_error *error)
{
    qd_status status = qd_weights_check(file, plain_prefix, c->plain, true, "", error);
    if (status == QD_OK) {
        status = qd_ensemble_read(file, c->network, c->members, &c->parameters, error);
    }
    if (status != QD_OK) {
        return status;
    }
    const size_t n = qd_network_parameters(c->plain);
    c->plain_parameters = qd_mem_new(n, sizeof *c->plain_parameters);
    return c->plain_parameters == NULL ? qd_fail_memory(error, n * sizeof *c->plain_parameters, "weights")
                                       : qd_weights_copy(file, plain_prefix, c->plain, c->plain_parameters, error);
}

static qd_status read_tensors(const qd_safetensors *file, qd_classifier *c, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < ARRAYS && status == QD_OK; i++) {
        status = read_array(file, &arrays[i], c, error);
    }
    if (status == QD_OK) {
        status = read_all_weights(file, c, error);
    }
    const size_t tensors = ARRAYS + c->members * qd_weights_tensors(c->network) + qd_weights_tensors(c->plain);
    if (status == QD_OK && qd_safetensors_count(file) != tensors) {
        status = qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), qd_safetensors_place(file, ""),
                                "the file has %zu tensors, the classifier of its metadata %zu",
                                qd_safetensors_count(file), tensors);
    }
    return status;
}

bool qd_classifier_is(const qd_safetensors *file)
{
    const char *name = qd_safetensors_metadata(file, "task");
    return name != NULL && strcmp(name, task) == 0;
}

static qd_status read_classifier(const qd_safetensors *file, qd_classifier *c, qd_error *error)
{
    qd_status status = qd_metadata_check_format(file, error);
    if (status == QD_OK && !qd_classifier_is(file)) {
        status = qd_metadata_refuse(file, "task", error, "expected '%s'", task);
    }
    if (status == QD_OK) {
        status = qd_metadata_read_settings(file, &c->settings, error);
    }
    if (status == QD_OK) {
        status = read_numbers(file, c, error);
    }
    if (status == QD_OK) {
        status = read_network(file, c, error);
    }
    return status == QD_OK ? read_tensors(file, c, error) : status;
}

qd_status qd_classifier_from(const qd_safetensors *file, qd_classifier **out, qd_error *error)
{
    qd_classifier *c = qd_mem_new(1, sizeof *c);
    if (c == NULL) {
        return qd_fail_memory(error, sizeof *c, "a classifier");
    }
    const qd_status status = read_classifier(file, c, error);
    if (status != QD_OK) {
        qd_classifier_free(c);
        return status;
    }
    *out = c;
    return QD_OK;
}

qd_status qd_classifier_load(const char *path, qd_classifier **out, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_read(path, true, &file, error);
    if (status == QD_OK) {
        status = qd_classifier_from(file, out, error);
        qd_safetensors_free(file);
    }
    return status;
}
