/* Between the network's block of parameters and the tensors of a file.  In: either; out: the other, or the name of the
   tensor that does not fit. */
#include "store/weights.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

enum { NAME_SIZE = 32 + sizeof((qd_tensor *)NULL)->name, SHAPE_SIZE = 24 * (QD_SAFETENSORS_RANK + 1) };

static size_t elements_of(const qd_tensor *tensor)
{
    return tensor->rows * (tensor->cols > 0 ? tensor->cols : 1);
}

/* In the file: the prefix, then the tensor's own name. */
static void full_name(const char *prefix, const qd_tensor *tensor, char name[NAME_SIZE])
{
    qd_text_format(name, NAME_SIZE, "%s%s", prefix, tensor->name);
}

/* X.bias_ih_Y has the twin X.bias_hh_Y; other tensors have none. */
static bool twin_name(const char *prefix, const qd_tensor *tensor, char name[NAME_SIZE])
{
    full_name(prefix, tensor, name);
    char *ending = strstr(name, ".bias_ih_");
    if (ending == NULL) {
        return false;
    }
    ending[strlen(".bias_")] = 'h';
    return true;
}

/* ---------------------------------------------------------------------------------------------- writing */

qd_status qd_weights_add(qd_safetensors_writer *writer, const char *prefix, const qd_network *network,
                         const float *parameters, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < qd_network_tensors(network) && status == QD_OK; i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        const size_t shape[] = {tensor->rows, tensor->cols}, rank = tensor->cols > 0 ? 2 : 1;
        char name[NAME_SIZE], twin[NAME_SIZE];
        full_name(prefix, tensor, name);
        status = qd_safetensors_add(writer, name, QD_F32, rank, shape, parameters + tensor->offset, error);
        if (status == QD_OK && twin_name(prefix, tensor, twin)) {
            status = qd_safetensors_add(writer, twin, QD_F32, rank, shape, NULL, error);
        }
    }
    return status;
}

size_t qd_weights_tensors(const qd_network *network)
{
    size_t count = qd_network_tensors(network);
    for (size_t i = 0; i < qd_network_tensors(network); i++) { /* PyTorch's second biases are tensors too */
        count += strstr(qd_network_tensor(network, i)->name, ".bias_ih_") != NULL;
    }
    return count;
}

const char *qd_weights_not_finite(const qd_network *network, const float *parameters, size_t *element)
{
    for (size_t i = 0; i < qd_network_tensors(network); i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        for (size_t e = 0; e < elements_of(tensor); e++) {
            if (!isfinite(parameters[tensor->offset + e])) {
                *element = e;
                return tensor->name;
            }
        }
    }
    return NULL;
}

/* --------------------------------------------------------------------------------------------- checking */

static void print_shape(size_t rank, const size_t *shape, char text[SHAPE_SIZE])
{
    text[0] = '\0';
    for (size_t i = 0, at = 0; i < rank; i++) {
        at += (size_t)qd_text_format(text + at, SHAPE_SIZE - at, "[%zu]", shape[i]);
    }
}

qd_status qd_weights_expect(const qd_safetensors *file, const qd_stored *stored, const char *name, qd_dtype dtype,
                            const size_t shape[2], qd_error *error)
{
    static const char *const types[] = {"float32", "float64", "int64", "another type"};
    const char *path = qd_safetensors_path(file);
    size_t rank = shape[1] > 0 ? 2 : 1;
    if (stored == NULL) {
        return qd_fail_offset(error, QD_ERR_FORMAT, path, qd_safetensors_place(file, ""), "tensor %s is missing", name);
    }
    if (stored->dtype != dtype || stored->rank != rank || memcmp(stored->shape, shape, rank * sizeof *shape) != 0) {
        char expected[SHAPE_SIZE], found[SHAPE_SIZE];
        print_shape(rank, shape, expected);
        print_shape(stored->rank, stored->shape, found);
        return qd_fail_offset(error, QD_ERR_FORMAT, path, stored->declared, "tensor %s: expected %s %s, found %s %s",
                              name, types[dtype], expected, types[stored->dtype], found);
    }
    return QD_OK;
}

static qd_status check_one(const qd_safetensors *file, const qd_tensor *tensor, const char *name, bool own, bool needed,
                           qd_error *error)
{
    const qd_stored *stored = qd_safetensors_find(file, name);
    if (stored == NULL && !needed) {
        return QD_OK;
    }
    bool wide = stored != NULL && stored->dtype == QD_F64 && !own;
    const size_t shape[] = {tensor->rows, tensor->cols};
    return qd_weights_expect(file, stored, name, wide ? QD_F64 : QD_F32, shape, error);
}

static bool known(const char *prefix, const qd_network *network, const char *name, const char *others)
{
    bool found = others != NULL && strncmp(name, others, strlen(others)) == 0;
    for (size_t i = 0; i < qd_network_tensors(network) && !found; i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        char full[NAME_SIZE];
        full_name(prefix, tensor, full);
        found = strcmp(full, name) == 0 || (twin_name(prefix, tensor, full) && strcmp(full, name) == 0);
    }
    return found;
}

static qd_status refuse_others(const qd_safetensors *file, const char *prefix, const qd_network *network,
                               const char *others, qd_error *error)
{
    for (size_t i = 0; i < qd_safetensors_count(file); i++) {
        const qd_stored *stored = qd_safetensors_at(file, i);
        if (!known(prefix, network, stored->name, others)) {
            return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->declared,
                                  "tensor %s: the network of the metadata has none of this name", stored->name);
        }
    }
    return QD_OK;
}

qd_status qd_weights_check(const qd_safetensors *file, const char *prefix, const qd_network *network, bool own,
                           const char *others, qd_error *error)
{
    for (size_t i = 0; i < qd_network_tensors(network); i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        char name[NAME_SIZE], twin[NAME_SIZE];
        full_name(prefix, tensor, name);
        qd_status status = check_one(file, tensor, name, own, true, error);
        if (status == QD_OK && twin_name(prefix, tensor, twin)) {
            status = check_one(file, tensor, twin, own, own, error);
        }
        if (status != QD_OK) {
            return status;
        }
    }
    return own ? refuse_others(file, prefix, network, others, error) : QD_OK;
}

/* ---------------------------------------------------------------------------------------------- copying */

static float element_at(const qd_stored *stored, size_t i)
{
    const char *data = stored->data;
    double wide;
    float narrow;
    if (stored->dtype == QD_F64) {
        memcpy(&wide, data + i * sizeof wide, sizeof wide);
        return (float)wide;
    }
    memcpy(&narrow, data + i * sizeof narrow, sizeof narrow);
    return narrow;
}

/* to = stored, or to + stored where `add`.  Zeros are not added: -0 stays what it is. */
static qd_status copy_one(const qd_safetensors *file, const qd_stored *stored, bool add, float *to, qd_error *error)
{
    size_t width = stored->dtype == QD_F64 ? sizeof(double) : sizeof(float);
    for (size_t i = 0; i < stored->elements; i++) {
        float value = element_at(stored, i);
        if (!add) {
            to[i] = value;
        } else if (value != 0) {
            to[i] += value;
        }
        if (!isfinite(value) || !isfinite(to[i])) {
            return qd_fail_offset(error, QD_ERR_FORMAT, qd_safetensors_path(file), stored->offset + i * width,
                                  "tensor %s, element %zu: expected a finite float32", stored->name, i);
        }
    }
    return QD_OK;
}

qd_status qd_weights_copy(const qd_safetensors *file, const char *prefix, const qd_network *network, float *parameters,
                          qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < qd_network_tensors(network) && status == QD_OK; i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        char name[NAME_SIZE], twin[NAME_SIZE];
        full_name(prefix, tensor, name);
        status = copy_one(file, qd_safetensors_find(file, name), false, parameters + tensor->offset, error);
        const qd_stored *second = twin_name(prefix, tensor, twin) ? qd_safetensors_find(file, twin) : NULL;
        if (status == QD_OK && second != NULL) {
            status = copy_one(file, second, true, parameters + tensor->offset, error);
        }
    }
    return status;
}
