/* What of the settings of a forecast is wrong whatever the data. */
#include "base/mem.h"
#include "base/text.h"
#include "tasks/forecast_parts.h"

#include <string.h>

/* The network as it will be, but for widths that hang on the data. */
static qd_status check_layers(const qd_settings *settings, qd_error *error)
{
    enum { ANY = 8 };
    const char *layers = qd_settings_text(settings, "layers");
    const size_t size = strlen(layers) + 64;
    char *list = qd_mem_new(size, 1);
    if (list == NULL) {
        return qd_fail_memory(error, size, "layers");
    }
    qd_network *network = NULL;
    qd_text_format(list, size, "embed:%d+vocabulary=%d,%s", ANY, ANY, layers);
    qd_layer_spec *specs;
    size_t count;
    qd_status status =
        qd_layer_specs_parse(layers, &specs, &count, error); /* its places are those of the user's text */
    if (status == QD_OK) {
        qd_mem_free(specs);
        status = qd_network_new(list, qd_settings_real(settings, "dropout"), ANY, ANY, true, &network, error);
    }
    if (status == QD_OK) {
        status = qd_forecast_check_fed(settings, network, error);
    }
    qd_network_free(network);
    qd_mem_free(list);
    return status;
}

bool qd_forecast_valid(const qd_settings *settings, double *fraction)
{
    const char *valid = qd_settings_text(settings, "valid");
    *fraction = 0;
    return *valid == '\0' || qd_text_to_double(valid, strlen(valid), fraction);
}

/* Early stopping, and how values enter. */
static qd_status check_training(const qd_settings *settings, qd_error *error)
{
    const qd_likelihood *likelihood = qd_likelihood_find(qd_settings_text(settings, "likelihood"));
    double fraction;
    if (!qd_forecast_valid(settings, &fraction) || !(fraction >= 0 && fraction < 1)) {
        return qd_fail(error, QD_ERR_VALUE,
                       "valid: %s is not a fraction from 0 to less than 1: the last times of the data",
                       qd_settings_text(settings, "valid"));
    }
    if (fraction == 0 && qd_settings_integer(settings, "patience") > 0) {
        return qd_fail(error, QD_ERR_VALUE, "patience: early stopping watches the validation loss; give valid too");
    }
    if (strcmp(qd_settings_text(settings, "scale"), "log1p") == 0 && likelihood->support == QD_SUPPORT_REALS) {
        return qd_fail(error, QD_ERR_VALUE, "scale: values of the likelihood %s may be negative, and have no logarithm",
                       likelihood->name);
    }
    return QD_OK;
}

qd_status qd_forecast_check(const qd_settings *settings, qd_error *error)
{
    const qd_panel moments = {.day_step = 1e-6}; /* no lag is shorter: what a date would know is not refused here */
    qd_horizons horizons;
    qd_status status = check_training(settings, error);
    if (status == QD_OK) {
        status = qd_forecast_horizons(settings, &moments, &horizons, error);
    }
    return status == QD_OK && qd_settings_given(settings, "layers") ? check_layers(settings, error) : status;
}
