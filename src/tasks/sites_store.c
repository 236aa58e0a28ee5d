/* A model of sites as a model file, and back (docs/model-file.md). */
#include "base/mem.h"
#include "base/text.h"
#include "store/metadata.h"
#include "store/weights.h"
#include "tasks/sites.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char task[] = "sites";

/* The three profiles of the columns: [T][K + 1] each, beside the reference [T]. */
static const char reference_tensor[] = "columns.reference";
static const struct {
    const char *name;
    size_t offset; /* of a qd_profile * in qd_sites_columns */
} profiles[] = {
    {"columns.all", offsetof(qd_sites_columns, all)},
    {"columns.recent", offsetof(qd_sites_columns, recent)},
    {"columns.network", offsetof(qd_sites_columns, network)},
};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

static qd_profile **profile_at(qd_sites_columns *columns, size_t i)
{
    return (qd_profile **)(void *)((char *)columns + profiles[i].offset);
}

static const qd_profile *profile_of(const qd_sites_columns *columns, size_t i)
{
    return *(qd_profile *const *)(const void *)((const char *)columns + profiles[i].offset);
}

/* ----------------------------------------------------------------------------------------------- writing */

static qd_status add_origin(qd_safetensors_writer *writer, const qd_sites *sites, qd_error *error)
{
    const qd_sites_origin *o = &sites->origin;
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    qd_json_key(&text, "alphabet");
    qd_json_put_string(&text, sites->alphabet->name);
    qd_json_key(&text, "sequences");
    qd_json_put_whole(&text, o->sequences);
    qd_json_key(&text, "residues");
    qd_json_put_whole(&text, o->residues);
    qd_json_key(&text, "held_out");
    qd_json_put_whole(&text, o->held_out);
    qd_json_key(&text, "by_time");
    qd_json_put_bool(&text, o->by_time);
    if (o->last_day != QD_UNDATED) {
        qd_json_key(&text, "last_day");
        qd_json_put_real(&text, (double)o->last_day);
    }
    qd_json_key(&text, "perplexity");
    qd_json_put_real(&text, o->perplexity);
    qd_json_key(&text, "column_perplexity");
    qd_json_put_real(&text, o->column_perplexity);
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, task, &text, error);
}

static qd_status add_metadata(qd_safetensors_writer *writer, const qd_sites *sites, qd_error *error)
{
    qd_status status = qd_metadata_add_format(writer, error);
    if (status == QD_OK) {
        status = qd_safetensors_add_metadata(writer, "task", task, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_network(writer, sites->settings, sites->network, error);
    }
    if (status == QD_OK) {
        status = qd_metadata_add_settings(writer, sites->settings, QD_CMD_SITES, error);
    }
    if (status == QD_OK) {
        status = add_origin(writer, sites, error);
    }
    return status == QD_OK ? qd_metadata_add_history(writer, &sites->history, error) : status;
}

/* reference: [T], written as numbers. */
static qd_status add_tensors(qd_safetensors_writer *writer, const qd_sites *sites, const int64_t *reference,
                             qd_error *error)
{
    const qd_profile *all = sites->columns.all;
    const size_t shape[2] = {all->length, sites->alphabet->count + 1u};
    qd_status status = qd_safetensors_add(writer, reference_tensor, QD_I64, 1, shape, reference, error);
    for (size_t i = 0; i < PROFILES && status == QD_OK; i++) {
        status = qd_safetensors_add(writer, profiles[i].name, QD_F32, 2, shape, profile_of(&sites->columns, i)->count,
                                    error);
    }
    return status == QD_OK ? qd_weights_add(writer, "", sites->network, sites->parameters, error) : status;
}

static qd_status write_file(const qd_sites *sites, const int64_t *reference, const char *path, qd_error *error)
{
    qd_safetensors_writer *writer;
    qd_status status = qd_safetensors_writer_new(&writer, error);
    if (status != QD_OK) {
        return status;
    }
    status = add_metadata(writer, sites, error);
    if (status == QD_OK) {
        status = add_tensors(writer, sites, reference, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_write(writer, path, error);
    }
    qd_safetensors_writer_free(writer);
    return status;
}

qd_status qd_sites_save(const qd_sites *sites, const char *path, qd_error *error)
{
    size_t element;
    const char *tensor = qd_weights_not_finite(sites->network, sites->parameters, &element);
    const qd_profile *all = sites->columns.all;
    if (tensor != NULL) { /* it could not be read again */
        return qd_fail_at(error, QD_ERR_NUMERIC, path, 0, 0,
                          "the model is not written: tensor %s, element %zu, is not finite", tensor, element);
    }
    int64_t *reference = qd_mem_new(all->length, sizeof *reference);
    if (reference == NULL) {
        return qd_fail_memory(error, all->length * sizeof *reference, "a reference");
    }
    for (size_t i = 0; i < all->length; i++) {
        reference[i] = all->reference[i];
    }
    const qd_status status = write_file(sites, reference, path, error);
    qd_mem_free(reference);
    return status;
}

/* ----------------------------------------------------------------------------------------------- reading */

static qd_status read_whole(const qd_json *json, const char *key, uint64_t *whole, qd_error *error)
{
    const qd_json_value *value;
    const qd_status status = qd_json_member(json, &json->values[0], key, QD_JSON_NUMBER, &value, error);
    return status != QD_OK ? status : qd_json_whole(json, value, 0, INT64_MAX, whole, error);
}

static qd_status read_real(const qd_json *json, const char *key, double *real, qd_error *error)
{
    const qd_json_value *value;
    const qd_status status = qd_json_member(json, &json->values[0], key, QD_JSON_STRING, &value, error);
    return status != QD_OK ? status : qd_json_real(json, value, real, error);
}

static qd_status fill_origin(const qd_json *json, qd_sites *sites, qd_error *error)
{
    qd_sites_origin *o = &sites->origin;
    const qd_json_value *root = &json->values[0], *alphabet, *by_time = qd_json_find(root, "by_time");
    double last_day = 0;
    qd_status status = qd_json_member(json, root, "alphabet", QD_JSON_STRING, &alphabet, error);
    if (status != QD_OK) {
        return status;
    }
    sites->alphabet = qd_alphabet_find(alphabet->text);
    if (sites->alphabet == NULL) {
        return qd_json_refuse(json, alphabet, error, "no alphabet is called \"%s\"", alphabet->text);
    }
    if (by_time == NULL || (by_time->kind != QD_JSON_TRUE && by_time->kind != QD_JSON_FALSE)) {
        return qd_json_refuse(json, root, error, "expected the member \"by_time\": true or false");
    }
    o->by_time = by_time->kind == QD_JSON_TRUE;
    o->last_day = QD_UNDATED;
    status = read_whole(json, "sequences", &o->sequences, error);
    if (status == QD_OK) {
        status = read_whole(json, "residues", &o->residues, error);
    }
    if (status == QD_OK) {
        status = read_whole(json, "held_out", &o->held_out, error);
    }
    if (status == QD_OK) {
        status = read_real(json, "perplexity", &o->perplexity, error);
    }
    if (status == QD_OK) {
        status = read_real(json, "column_perplexity", &o->column_perplexity, error);
    }
    if (status == QD_OK && qd_json_find(root, "last_day") != NULL) {
        status = read_real(json, "last_day", &last_day, error);
        if (status == QD_OK && !(fabs(last_day) < 1e9)) {
            return qd_json_refuse(json, qd_json_find(root, "last_day"), error, "\"last_day\" is out of its range");
        }
        o->last_day = (int64_t)last_day;
    }
    return status;
}

static qd_status read_origin(const qd_safetensors *file, qd_sites *sites, qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, task, &json, error);
    if (status == QD_OK) {
        status = fill_origin(&json, sites, error);
        qd_json_clear(&json);
    }
    return status;
}

static qd_status read_network(const qd_safetensors *file, qd_sites *sites, qd_error *error)
{
    const size_t letters = sites->alphabet->count;
    qd_error why;
    qd_status status = qd_sites_check(sites->settings, letters, &why);
    if (status == QD_ERR_VALUE) {
        return qd_metadata_refuse(file, "settings", error, "%s", why.message);
    }
    if (status != QD_OK) {
        return qd_fail(error, status, "%s", why.message);
    }
    status = qd_metadata_read_network(file, sites->settings, &sites->network, error);
    if (status == QD_OK && (qd_network_inputs(sites->network) != 1 || qd_network_outputs(sites->network) != letters ||
                            !qd_network_per_step(sites->network))) {
        status =
            qd_metadata_refuse(file, "network", error,
                               "expected one input, %zu outputs at every step, as the alphabet has letters", letters);
    }
    return status;
}

/* The reference as codes, a new block. */
static qd_status read_reference(const qd_safetensors *file, const qd_stored *stored, const qd_sites *sites,
                                uint8_t *reference, qd_error *error)
{
    for (size_t i = 0; i < stored->elements; i++) {
        int64_t code;
        memcpy(&code, (const char *)stored->data + i * sizeof code, sizeof code);
        if (code < 0 || code > sites->alphabet->count) {
            return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->offset + i * sizeof code,
                                  "tensor %s, element %zu: no letter of the alphabet", reference_tensor, i);
        }
        reference[i] = (uint8_t)code;
    }
    return QD_OK;
}

static qd_status read_profile(const qd_safetensors *file, size_t i, const uint8_t *reference, size_t length,
                              qd_sites *sites, qd_error *error)
{
    const size_t shape[2] = {length, sites->alphabet->count + 1u};
    const qd_stored *stored = qd_safetensors_find(file, profiles[i].name);
    qd_status status = qd_weights_expect(file, stored, profiles[i].name, QD_F32, shape, error);
    qd_profile **profile = profile_at(&sites->columns, i);
    if (status == QD_OK) {
        status = qd_profile_new(sites->alphabet, reference, length, profile, error);
    }
    if (status != QD_OK) {
        return status;
    }
    memcpy((*profile)->count, stored->data, stored->elements * sizeof(float));
    for (size_t e = 0; e < stored->elements; e++) {
        if (!((*profile)->count[e] >= 0 && (*profile)->count[e] < 1e12f)) {
            return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->offset + e * sizeof(float),
                                  "tensor %s, element %zu: no count", profiles[i].name, e);
        }
    }
    return QD_OK;
}

static qd_status read_columns(const qd_safetensors *file, qd_sites *sites, qd_error *error)
{
    const qd_stored *stored = qd_safetensors_find(file, reference_tensor);
    const size_t length = stored != NULL && stored->rank == 1 ? stored->shape[0] : 0, shape[2] = {length, 0};
    qd_status status = qd_weights_expect(file, stored, reference_tensor, QD_I64, shape, error);
    if (status != QD_OK) {
        return status;
    }
    uint8_t *reference = qd_mem_new(length, 1);
    if (reference == NULL) {
        return qd_fail_memory(error, length, "a reference");
    }
    status = read_reference(file, stored, sites, reference, error);
    for (size_t i = 0; i < PROFILES && status == QD_OK; i++) {
        status = read_profile(file, i, reference, length, sites, error);
    }
    qd_mem_free(reference);
    return status;
}

static qd_status read_weights(const qd_safetensors *file, qd_sites *sites, qd_error *error)
{
    const qd_status status = qd_weights_check(file, "", sites->network, true, "columns.", error);
    if (status != QD_OK) {
        return status;
    }
    const size_t n = qd_network_parameters(sites->network);
    sites->parameters = qd_mem_new(n, sizeof *sites->parameters);
    return sites->parameters == NULL ? qd_fail_memory(error, n * sizeof *sites->parameters, "weights")
                                     : qd_weights_copy(file, "", sites->network, sites->parameters, error);
}

bool qd_sites_is(const qd_safetensors *file)
{
    const char *name = qd_safetensors_metadata(file, "task");
    return name != NULL && strcmp(name, task) == 0;
}

static qd_status read_sites(const qd_safetensors *file, qd_sites *sites, qd_error *error)
{
    qd_status status = qd_metadata_check_format(file, error);
    if (status == QD_OK && !qd_sites_is(file)) {
        status = qd_metadata_refuse(file, "task", error, "expected '%s'", task);
    }
    if (status == QD_OK) {
        status = qd_metadata_read_settings(file, &sites->settings, error);
    }
    if (status == QD_OK) {
        status = read_origin(file, sites, error);
    }
    if (status == QD_OK) {
        status = read_network(file, sites, error);
    }
    if (status == QD_OK) {
        status = read_weights(file, sites, error);
    }
    if (status == QD_OK) {
        status = read_columns(file, sites, error);
    }
    return status == QD_OK ? qd_metadata_read_history(file, &sites->history, error) : status;
}

qd_status qd_sites_from(const qd_safetensors *file, qd_sites **out, qd_error *error)
{
    qd_sites *sites = qd_mem_new(1, sizeof *sites);
    if (sites == NULL) {
        return qd_fail_memory(error, sizeof *sites, "a model");
    }
    const qd_status status = read_sites(file, sites, error);
    if (status != QD_OK) {
        qd_sites_free(sites);
        return status;
    }
    *out = sites;
    return QD_OK;
}

qd_status qd_sites_load(const char *path, qd_sites **out, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_read(path, true, &file, error);
    if (status == QD_OK) {
        status = qd_sites_from(file, out, error);
        qd_safetensors_free(file);
    }
    return status;
}
