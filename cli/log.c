/* Words on standard error: lines for people, or JSON objects, one a line, for programs (--log json). */
#include "cli.h"

#include "base/json.h"
#include "base/text.h"
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
static void put_text(qd_json_text *line, const char *key, const char *text)
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
    clean[used] = '\0';
    qd_json_key(line, key);
    qd_json_put_string(line, clean);
}

static void put_whole(qd_json_text *line, const char *key, uint64_t whole)
{
    qd_json_key(line, key);
    qd_json_put_whole(line, whole);
}

static qd_status json_line(const char *event, const char *text, const qd_error *error, qd_json_text *line)
{
    qd_json_open(line, '{');
    put_text(line, "event", event);
    put_text(line, "message", text);
    if (error != NULL && error->file[0] != '\0') {
        put_text(line, "file", error->file);
        put_whole(line, "line", error->line);
        put_whole(line, "column", error->column);
        put_whole(line, "offset", error->offset);
    }
    if (error != NULL) {
        put_text(line, "status", qd_status_name(error->status));
    }
    qd_json_close(line, '}');
    return qd_json_finish(line, "a message", NULL);
}

/* One object a line; where there is no memory for it, the plain text. */
static void print(const char *event, const char *text, const qd_error *error)
{
    qd_json_text line = {0};
    if (json && json_line(event, text, error, &line) == QD_OK) {
        fprintf(stderr, "%s\n", line.data);
        qd_json_text_clear(&line);
    } else {
        fprintf(stderr, "%s%s\n", error != NULL ? "quadrat: " : "", text);
    }
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
    return error->status == QD_ERR_USE ? QD_EXIT_USAGE : QD_EXIT_FAILED;
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
    qd_error error = {.status = QD_ERR_USE};
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(error.message, sizeof error.message, format, arguments);
    va_end(arguments);
    print("error", error.message, &error);
    return QD_EXIT_USAGE;
}
