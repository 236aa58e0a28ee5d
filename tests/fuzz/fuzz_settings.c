/* Fuzzes settings files. */
#include "fuzz.h"
#include "data/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qd_settings *settings;
    qd_error error;
    if (qd_settings_new(&settings, &error) != QD_OK) {
        return 0;
    }
    if (qd_config_parse("fuzz.yaml", (const char *)data, size, settings, &error) == QD_OK) {
        /* Every value is one that its setting takes: the typed readers assert it. */
        for (size_t i = 0; i < qd_settings_count; i++) {
            const qd_setting *setting = &qd_settings_table[i];
            if (setting->type == QD_SETTING_INTEGER) {
                (void)qd_settings_integer(settings, setting->name);
            } else if (setting->type == QD_SETTING_FLAG) {
                (void)qd_settings_flag(settings, setting->name);
            }
        }
    }
    qd_settings_free(settings);
    return 0;
}
