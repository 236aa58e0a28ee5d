/* Words on standard error: lines for people, or JSON objects, one a line, for programs (--log json). */
#include "cli.h"

#include "base/text.h"
#include "store/json.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int quiet, json;

void qd_log_set(const qd_settings *settings)
{
    quiet = qd_settings_flag(settings, "quiet");
    json = strcmp(qd_settings_text(settings, "log"), "json") == 0;
}

int qd_log_quiet(void)
{
    return quiet;
}

int qd_log_json(void)
{
    return json;
}

/* JSON is UTF-8: what a path holds besides becomes '?'. */
static json_t *json_text(const char *text)
{
    char clean[1024];
    size_t used = 0, left = strlen(text);
    while (left > 0 && used + 4 < sizeof clean) {
        size_t length = qd_json_character(text, left);
        memcpy(clean + used, length > 0 ? text : "?", length > 0 ? length : 1);
        used += length > 0 ? length : 1;
        text += length > 0 ? length : 1;
        left -= length > 0 ? length : 1;
    }
    return json_stringn(clean, used);
}

/* One object a line; where there is no memory for it, the plain text. */
static void print(const char *event, const char *text, const qd_error *error)
{
    json_t *object = json ? json_pack("{s:s, s:o}", "event", event, "message", json_text(text)) : NULL;
    if (object == NULL) {
        fprintf(stderr, "%s%s\n", error != NULL ? "quadrat: " : "", text);
        return;
    }
    if (error != NULL && error->file[0] != '\0') {
        json_object_set_new(object, "file", json_text(error->file));
        json_object_set_new(object, "line", json_integer((json_int_t)error->line));
        json_object_set_new(object, "column", json_integer((json_int_t)error->column));
        json_object_set_new(object, "offset", json_integer((json_int_t)error->offset));
    }
    if (error != NULL) {
        json_object_set_new(object, "status", json_string(qd_status_name(error->status)));
    }
    json_dumpf(object, stderr, JSON_COMPACT);
    fputc('\n', stderr);
    json_decref(object);
}

void qd_say(const char *format, ...)
{
    if (quiet) {
        return;
    }
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    print("message", text, NULL);
}

int qd_tell_failure(const qd_error *error)
{
    print("error", error->message, error);
    return QD_EXIT_FAILED;
}

int qd_tell_data_failure(qd_error *error, const char *path)
{
    if (strncmp(error->message, "sequence", strlen("sequence")) == 0) {
        qd_fail_name(error, path);
    }
    return qd_tell_failure(error);
}

int qd_tell_usage(const char *format, ...)
{
    qd_error error = {.status = QD_ERR_VALUE};
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(error.message, sizeof error.message, format, arguments);
    va_end(arguments);
    print("error", error.message, &error);
    return QD_EXIT_USAGE;
}
