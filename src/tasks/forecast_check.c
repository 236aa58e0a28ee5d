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

qd_status qd_forecast_check(const qd_settings *settings, qd_error *error)
{
    const qd_panel moments = {.day_step = 1e-6}; /* no lag is shorter: what a date would know is not refused here */
    qd_horizons horizons;
    const qd_status status = qd_forecast_horizons(settings, &moments, &horizons, error);
    return status == QD_OK && qd_settings_given(settings, "layers") ? check_layers(settings, error) : status;
}
