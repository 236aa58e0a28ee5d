/* Fuzzes model files: as files of others, whose weights a small network takes, and with the checksum made right as
   models, forecasters, models of sites, and checkpoints of a small training. */
#include "fuzz.h"
#include "base/mem.h"
#include "store/model.h"
#include "store/safetensors_parts.h"
#include "store/weights.h"
#include "tasks/forecast.h"
#include "tasks/sites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the checkpoints of the corpus belong to. */
enum { INPUTS = 2, OUTPUTS = 1, UPDATES = 2, FINGERPRINT = 7 };
static const char *const training[][2] = {{"layers", "bilstm:2,rnn:1"}, {"epochs", "3"}, {"patience", "1"}};

static qd_settings *settings;
static qd_network *network;
static qd_train_state *state;

static void require(qd_status status)
{
    if (status != QD_OK) {
        abort();
    }
}

/* Once: kept until the program ends. */
static void make_training(void)
{
    require(qd_settings_new(&settings, NULL));
    for (size_t i = 0; i < sizeof training / sizeof training[0]; i++) {
        require(qd_settings_set(settings, training[i][0], training[i][1], NULL));
    }
    require(qd_network_new(training[0][1], 0, INPUTS, OUTPUTS, false, &network, NULL));
    require(qd_train_state_new(settings, network, NULL, UPDATES, &state, NULL));
}

/* An error lies in the file. */
static void check_error(qd_status status, const qd_error *error, size_t size)
{
    if (status != QD_OK && error->offset > size) {
        abort();
    }
}

static void check_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            abort();
        }
    }
}

static void read_foreign(const char *bytes, size_t size)
{
    qd_safetensors *file;
    qd_error error;
    qd_status status = qd_safetensors_parse("fuzz", bytes, size, false, &file, &error);
    check_error(status, &error, size);
    if (status != QD_OK) {
        return;
    }
    status = qd_weights_check(file, "", network, false, NULL, &error);
    if (status == QD_OK) {
        status = qd_weights_copy(file, "", network, state->parameters, &error);
    }
    check_error(status, &error, size);
    if (status == QD_OK) {
        check_finite(state->parameters, state->parameters_count);
    }
    qd_safetensors_free(file);
}

static void read_own(const char *bytes, size_t size)
{
    qd_safetensors *file;
    qd_error error;
    qd_status status = qd_safetensors_parse("fuzz", bytes, size, true, &file, &error);
    check_error(status, &error, size);
    if (status != QD_OK) {
        return;
    }
    qd_model *model;
    status = qd_model_from(file, &model, &error);
    check_error(status, &error, size);
    if (status == QD_OK) {
        check_finite(model->parameters, qd_network_parameters(model->network));
        qd_model_free(model);
    }
    qd_forecaster *forecaster;
    status = qd_forecaster_from(file, &forecaster, &error);
    check_error(status, &error, size);
    if (status == QD_OK) {
        check_finite(forecaster->parameters, forecaster->members * qd_network_parameters(forecaster->network));
        qd_forecaster_free(forecaster);
    }
    qd_sites *sites;
    status = qd_sites_from(file, &sites, &error);
    check_error(status, &error, size);
    if (status == QD_OK) {
        check_finite(sites->parameters, qd_network_parameters(sites->network));
        qd_sites_free(sites);
    }
    status = qd_checkpoint_from(file, settings, network, FINGERPRINT, state, &error);
    check_error(status, &error, size);
    qd_safetensors_free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (network == NULL) {
        make_training();
    }
    read_foreign((const char *)data, size);
    char *copy = qd_mem_new(size, 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    size_t digits = qd_crc_find(copy, size);
    if (digits > 0) {
        qd_crc_print(qd_crc_of(copy, size, digits), copy + digits);
    }
    read_own(copy, size);
    qd_mem_free(copy);
    return 0;
}
