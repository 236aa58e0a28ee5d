/* Settings: values by name.  In: text; out: text in one canonical form, or a typed value.  What may be set stands in
   settings_table.c. */
#include "base/settings.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <string.h>

struct qd_settings {
    char **values; /* [qd_settings_count]; NULL: never set */
};

static size_t index_of(const char *name)
{
    size_t i = 0;
    while (i < qd_settings_count && strcmp(qd_settings_table[i].name, name) != 0) {
        i++;
    }
    return i;
}

const qd_setting *qd_settings_find(const char *name)
{
    size_t i = index_of(name);
    return i < qd_settings_count ? &qd_settings_table[i] : NULL;
}

const qd_setting *qd_settings_find_letter(char letter)
{
    for (size_t i = 0; i < qd_settings_count; i++) {
        if (letter != 0 && qd_settings_table[i].letter == letter) {
            return &qd_settings_table[i];
        }
    }
    return NULL;
}

qd_status qd_settings_new(qd_settings **out, qd_error *error)
{
    qd_settings *settings = qd_mem_new(1, sizeof *settings);
    char **values = qd_mem_new(qd_settings_count, sizeof *values);
    if (settings == NULL || values == NULL) {
        qd_mem_free(settings);
        qd_mem_free(values);
        return qd_fail_memory(error, qd_settings_count * sizeof *values, "settings");
    }
    settings->values = values;
    *out = settings;
    return QD_OK;
}

void qd_settings_free(qd_settings *settings)
{
    if (settings != NULL) {
        for (size_t i = 0; i < qd_settings_count; i++) {
            qd_mem_free(settings->values[i]);
        }
        qd_mem_free(settings->values);
        qd_mem_free(settings);
    }
}

qd_status qd_settings_copy(const qd_settings *settings, qd_settings **out, qd_error *error)
{
    qd_settings *copy = NULL;
    qd_status status = qd_settings_new(&copy, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < qd_settings_count; i++) {
        if (settings->values[i] != NULL) {
            copy->values[i] = qd_mem_string(settings->values[i]);
            if (copy->values[i] == NULL) {
                qd_settings_free(copy);
                return qd_fail_memory(error, strlen(settings->values[i]), "settings");
            }
        }
    }
    *out = copy;
    return QD_OK;
}

/* Is `value` one of "a|b|c"? */
static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *choice = choices;; choice++) {
        size_t size = strcspn(choice, "|");
        if (size == length && memcmp(choice, value, size) == 0) {
            return true;
        }
        choice += size;
        if (*choice == '\0') {
            return false;
        }
    }
}

enum { CANONICAL_SIZE = 32 };

/* One form for each value, so that the same settings give the same model file however they were written: numbers into
   `text`; everything else is as it stands.  Returns NULL where the value is not what the setting wants. */
static const char *canonical(const qd_setting *setting, const char *value, char text[CANONICAL_SIZE])
{
    int64_t integer;
    double real;
    switch (setting->type) {
    case QD_SETTING_FLAG:
        return is_choice("true|yes|on", value) ? "true" : is_choice("false|no|off", value) ? "false" : NULL;
    case QD_SETTING_INTEGER:
        if (strcmp(value, setting->initial) == 0) {
            return value;
        }
        if (!qd_text_to_integer(value, strlen(value), &integer) || (double)integer < setting->min ||
            (double)integer > setting->max) {
            return NULL;
        }
        qd_text_format(text, CANONICAL_SIZE, "%lld", (long long)integer);
        return text;
    case QD_SETTING_REAL:
        if (strcmp(value, setting->initial) == 0) {
            return value; /* "auto" too */
        }
        if (!qd_text_to_double(value, strlen(value), &real) || !(real >= setting->min && real <= setting->max)) {
            return NULL;
        }
        qd_text_from_double(real + 0.0, text, CANONICAL_SIZE); /* -0 is 0 */
        return text;
    case QD_SETTING_CHOICE:
        return is_choice(setting->choices, value) ? value : NULL;
    case QD_SETTING_TEXT:
        return value;
    }
    return NULL;
}

static qd_status refuse_value(const qd_setting *setting, const char *value, qd_error *error)
{
    switch (setting->type) {
    case QD_SETTING_FLAG:
        return qd_fail(error, QD_ERR_VALUE, "%s: '%s' is neither true nor false", setting->name, value);
    case QD_SETTING_CHOICE:
        return qd_fail(error, QD_ERR_VALUE, "%s: '%s' is not one of %s", setting->name, value, setting->choices);
    default:
        return qd_fail(error, QD_ERR_VALUE, "%s: '%s' is not a%s from %.16g to %.16g", setting->name, value,
                       setting->type == QD_SETTING_INTEGER ? " whole number" : " number", setting->min, setting->max);
    }
}

static qd_status refuse_name(const char *name, qd_error *error)
{
    const char **names = qd_mem_new(qd_settings_count, sizeof *names);
    size_t nearest = qd_settings_count;
    if (names != NULL) {
        for (size_t i = 0; i < qd_settings_count; i++) {
            names[i] = qd_settings_table[i].name;
        }
        nearest = qd_text_nearest(name, names, qd_settings_count);
        qd_mem_free(names);
    }
    if (nearest < qd_settings_count) {
        return qd_fail(error, QD_ERR_VALUE, "no setting is called '%s'; the nearest is '%s'", name,
                       qd_settings_table[nearest].name);
    }
    return qd_fail(error, QD_ERR_VALUE, "no setting is called '%s'", name);
}

qd_status qd_settings_set(qd_settings *settings, const char *name, const char *value, qd_error *error)
{
    size_t i = index_of(name);
    if (i == qd_settings_count) {
        return refuse_name(name, error);
    }
    char text[CANONICAL_SIZE];
    const char *form = canonical(&qd_settings_table[i], value, text);
    if (form == NULL) {
        return refuse_value(&qd_settings_table[i], value, error);
    }
    char *copy = qd_mem_string(form);
    if (copy == NULL) {
        return qd_fail_memory(error, strlen(form), "a setting");
    }
    qd_mem_free(settings->values[i]);
    settings->values[i] = copy;
    return QD_OK;
}

const char *qd_settings_get(const qd_settings *settings, const char *name)
{
    size_t i = index_of(name);
    if (i == qd_settings_count) {
        return NULL;
    }
    return settings->values[i] != NULL ? settings->values[i] : qd_settings_table[i].initial;
}

bool qd_settings_given(const qd_settings *settings, const char *name)
{
    size_t i = index_of(name);
    return i < qd_settings_count && settings->values[i] != NULL;
}

static const char *typed(const qd_settings *settings, const char *name, qd_setting_type type)
{
    const qd_setting *setting = qd_settings_find(name);
    assert(setting != NULL && setting->type == type);
    (void)setting;
    (void)type;
    return qd_settings_get(settings, name);
}

bool qd_settings_flag(const qd_settings *settings, const char *name)
{
    return strcmp(typed(settings, name, QD_SETTING_FLAG), "true") == 0;
}

int64_t qd_settings_integer(const qd_settings *settings, const char *name)
{
    const char *text = typed(settings, name, QD_SETTING_INTEGER);
    int64_t value = 0;
    bool number = qd_text_to_integer(text, strlen(text), &value);
    assert(number);
    (void)number;
    return value;
}

double qd_settings_real(const qd_settings *settings, const char *name)
{
    const char *text = typed(settings, name, QD_SETTING_REAL);
    double value = 0;
    bool number = qd_text_to_double(text, strlen(text), &value);
    assert(number);
    (void)number;
    return value;
}

const char *qd_settings_text(const qd_settings *settings, const char *name)
{
    assert(qd_settings_find(name) != NULL);
    return qd_settings_get(settings, name);
}
