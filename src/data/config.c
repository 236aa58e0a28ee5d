/* Settings from YAML: one document, one mapping of scalars to scalars, read event by event with libyaml.  In: text;
   out: settings, or the line and column of what does not belong there. */
#include "data/config.h"
#include "base/file.h"
#include "base/mem.h"

enum { CONFIG_LIMIT = 1 << 16 };

#ifdef QD_HAVE_YAML

#include <string.h>
#include <yaml.h>

typedef struct reader {
    const char *name;
    yaml_parser_t parser;
    yaml_event_t event;
    qd_settings *found; /* what the file says */
} reader;

static qd_status refuse_at(const reader *r, yaml_mark_t mark, const char *message, qd_error *error)
{
    return qd_fail_at(error, QD_ERR_FORMAT, r->name, mark.line + 1, mark.column + 1, "%s", message);
}

static qd_status refuse(const reader *r, const char *message, qd_error *error)
{
    return refuse_at(r, r->event.start_mark, message, error);
}

/* The next event, in place of the last one. */
static qd_status next_event(reader *r, qd_error *error)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event)) {
        return QD_OK;
    }
    const char *problem = r->parser.problem != NULL ? r->parser.problem : "it is not YAML";
    switch (r->parser.error) {
    case YAML_MEMORY_ERROR:
        return qd_fail_memory(error, CONFIG_LIMIT, "reading YAML");
    case YAML_READER_ERROR: /* encoding: libyaml knows the byte alone */
        return qd_fail_offset(error, QD_ERR_FORMAT, r->name, r->parser.problem_offset, "%s", problem);
    default:
        return refuse_at(r, r->parser.problem_mark, problem, error);
    }
}

static bool is_plain_scalar(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor == NULL && event->data.scalar.tag == NULL;
}

/* The scalar at hand: a new string. */
static qd_status read_scalar(const reader *r, const char *expected, char **text, qd_error *error)
{
    if (!is_plain_scalar(&r->event)) {
        return refuse(r, expected, error);
    }
    const char *value = (const char *)r->event.data.scalar.value;
    if (strlen(value) != r->event.data.scalar.length) {
        return refuse(r, "a NUL character in a setting", error);
    }
    *text = qd_mem_string(value);
    return *text != NULL ? QD_OK : qd_fail_memory(error, strlen(value), "a setting");
}

/* A message of qd_settings_set, with its place. */
static qd_status set_at(const reader *r, yaml_mark_t mark, const char *key, const char *value, qd_error *error)
{
    qd_error inner;
    qd_status status = qd_settings_set(r->found, key, value, &inner);
    if (status != QD_OK) {
        return qd_fail_at(error, status, r->name, mark.line + 1, mark.column + 1, "%s", inner.message);
    }
    return QD_OK;
}

/* `key: value`, the key being at hand. */
static qd_status read_pair(reader *r, qd_error *error)
{
    yaml_mark_t key_mark = r->event.start_mark, value_mark;
    char *key = NULL, *value = NULL;
    qd_status status = read_scalar(r, "expected the name of a setting, without tag or anchor", &key, error);
    if (status == QD_OK && qd_settings_given(r->found, key)) {
        status = refuse(r, "this setting was given before", error);
    }
    if (status == QD_OK && strcmp(key, "config") == 0) {
        status = refuse(r, "a file of settings cannot name another", error);
    }
    if (status == QD_OK) {
        status = next_event(r, error);
    }
    if (status == QD_OK) {
        value_mark = r->event.start_mark;
        status = read_scalar(r, "expected one value, without list, nested map, tag, anchor or alias", &value, error);
    }
    if (status == QD_OK) {
        status = set_at(r, qd_settings_find(key) == NULL ? key_mark : value_mark, key, value, error);
    }
    qd_mem_free(key);
    qd_mem_free(value);
    return status;
}

static qd_status read_mapping(reader *r, qd_error *error)
{
    if (r->event.type != YAML_MAPPING_START_EVENT || r->event.data.mapping_start.anchor != NULL ||
        r->event.data.mapping_start.tag != NULL) {
        return refuse(r, "expected lines of `name: value`", error);
    }
    qd_status status = next_event(r, error);
    while (status == QD_OK && r->event.type != YAML_MAPPING_END_EVENT) {
        status = read_pair(r, error);
        if (status == QD_OK) {
            status = next_event(r, error);
        }
    }
    return status;
}

/* stream start, nothing or (document start, mapping, document end), stream end */
static qd_status read_stream(reader *r, qd_error *error)
{
    qd_status status = next_event(r, error);
    if (status == QD_OK) {
        status = next_event(r, error);
    }
    if (status != QD_OK || r->event.type == YAML_STREAM_END_EVENT) {
        return status;
    }
    status = next_event(r, error);
    if (status == QD_OK) {
        status = read_mapping(r, error);
    }
    for (int closing = 0; closing < 2 && status == QD_OK; closing++) {
        status = next_event(r, error);
    }
    if (status == QD_OK && r->event.type != YAML_STREAM_END_EVENT) {
        return refuse(r, "a second document; expected one", error);
    }
    return status;
}

/* Gives `settings` what the file says and no flag has said. */
static qd_status take_over(const qd_settings *found, qd_settings *settings, qd_error *error)
{
    for (size_t i = 0; i < qd_settings_count; i++) {
        const char *name = qd_settings_table[i].name;
        if (!qd_settings_given(found, name) || qd_settings_given(settings, name)) {
            continue;
        }
        qd_status status = qd_settings_set(settings, name, qd_settings_get(found, name), error);
        if (status != QD_OK) {
            return status;
        }
    }
    return QD_OK;
}

static qd_status parse(const char *name, const char *text, size_t size, qd_settings *settings, qd_error *error)
{
    reader r = {.name = name};
    qd_status status = qd_settings_new(&r.found, error);
    if (status != QD_OK) {
        return status;
    }
    if (yaml_parser_initialize(&r.parser)) {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
        status = read_stream(&r, error);
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
    } else {
        status = qd_fail_memory(error, CONFIG_LIMIT, "reading YAML");
    }
    if (status == QD_OK) {
        status = take_over(r.found, settings, error);
    }
    qd_settings_free(r.found);
    return status;
}

#else

static qd_status parse(const char *name, const char *text, size_t size, qd_settings *settings, qd_error *error)
{
    (void)text;
    (void)size;
    (void)settings;
    return qd_fail_at(error, QD_ERR_MISSING, name, 0, 0,
                      "this quadrat was built without libyaml (package libyaml-dev), which settings files need");
}

#endif

qd_status qd_config_parse(const char *name, const char *text, size_t size, qd_settings *settings, qd_error *error)
{
    if (size > CONFIG_LIMIT) {
        return qd_fail_at(error, QD_ERR_FORMAT, name, 0, 0, "more than %d bytes of settings", CONFIG_LIMIT);
    }
    return parse(name, text, size, settings, error);
}

qd_status qd_config_read(const char *path, qd_settings *settings, qd_error *error)
{
    char *text;
    size_t size;
    qd_status status = qd_file_read_all(path, CONFIG_LIMIT, &text, &size, error);
    if (status == QD_OK) {
        status = parse(path, text, size, settings, error);
        qd_mem_free(text);
    }
    return status;
}
