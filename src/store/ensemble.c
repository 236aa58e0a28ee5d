/* Networks of one shape in a model file. */
#include "store/ensemble.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { PREFIX = 32 };

static const char *prefix_of(size_t member, char text[PREFIX])
{
    qd_text_format(text, PREFIX, "member_%zu.", member);
    return text;
}

qd_status qd_ensemble_add(qd_safetensors_writer *writer, const qd_network *network, size_t members,
                          const float *parameters, qd_error *error)
{
    const size_t n = qd_network_parameters(network);
    qd_status status = QD_OK;
    for (size_t m = 0; m < members && status == QD_OK; m++) {
        char prefix[PREFIX];
        status = qd_weights_add(writer, prefix_of(m, prefix), network, parameters + m * n, error);
    }
    return status;
}

const char *qd_ensemble_not_finite(const qd_network *network, size_t members, const float *parameters, size_t *element)
{
    const char *tensor = NULL;
    for (size_t m = 0; m < members && tensor == NULL; m++) {
        tensor = qd_weights_not_finite(network, parameters + m * qd_network_parameters(network), element);
    }
    return tensor;
}

qd_status qd_ensemble_read(const qd_safetensors *file, const qd_network *network, size_t members, float **parameters,
                           qd_error *error)
{
    const size_t n = qd_network_parameters(network);
    char prefix[PREFIX];
    qd_status status = QD_OK;
    for (size_t m = 0; m < members && status == QD_OK; m++) {
        status = qd_weights_check(file, prefix_of(m, prefix), network, true, "", error);
    }
    if (status != QD_OK) {
        return status;
    }
    *parameters = qd_mem_new(members, n * sizeof **parameters);
    if (*parameters == NULL) {
        return qd_fail_memory(error, members * n * sizeof **parameters, "weights");
    }
    for (size_t m = 0; m < members && status == QD_OK; m++) {
        status = qd_weights_copy(file, prefix_of(m, prefix), network, *parameters + m * n, error);
    }
    return status;
}

static bool holds(const qd_safetensors *file, size_t member)
{
    char prefix[PREFIX];
    prefix_of(member, prefix);
    for (size_t i = 0; i < qd_safetensors_count(file); i++) {
        if (strncmp(qd_safetensors_at(file, i)->name, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

qd_status qd_ensemble_start(const char *path, const qd_network *network, size_t members, float *parameters,
                            qd_error *error)
{
    const size_t n = qd_network_parameters(network);
    qd_safetensors *file;
    qd_status status = qd_safetensors_read(path, false, &file, error);
    if (status != QD_OK) {
        return status;
    }
    size_t own = 0; /* networks of an ensemble in the file */
    while (own < members && holds(file, own)) {
        own++;
    }
    for (size_t m = 0; m < members && status == QD_OK; m++) {
        char text[PREFIX];
        const char *prefix = own > 0 ? prefix_of(m % own, text) : "";
        status = qd_weights_check(file, prefix, network, false, NULL, error);
        if (status == QD_OK) {
            status = qd_weights_copy(file, prefix, network, parameters + m * n, error);
        }
    }
    qd_safetensors_free(file);
    return status;
}
