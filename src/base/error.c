/* Errors: one place that fills a qd_error.  In: a status, a place, a printf format; out: the caller's qd_error. */
#include "base/error.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"ok", "memory", "file", "format", "value", "numeric", "stopped", "missing", "use"};

const char *qd_status_name(qd_status status)
{
    size_t index = (size_t)status;
    return index < sizeof names / sizeof names[0] ? names[index] : "unknown";
}

const char *qd_version(void)
{
#define QD_TEXT_(x) #x
#define QD_TEXT(x)  QD_TEXT_(x)
    return QD_TEXT(QD_VERSION_MAJOR) "." QD_TEXT(QD_VERSION_MINOR) "." QD_TEXT(QD_VERSION_PATCH);
}

/* Copies text, cut where it does not fit, at the beginning of a UTF-8 character. */
static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0u) == 0x80u) {
            length--;
        }
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

/* message = place + formatted text; what does not fit is cut, of long names the end. */
static void fill(qd_error *error, qd_status status, const char *file, const char *place, const char *format,
                 va_list arguments)
{
    /* The arguments may be strings of the same error (a message wrapped in another), so it is built aside. */
    char text[sizeof error->message + 1]; /* one more, so that copy_text sees that something was cut */
    if (qd_text_format_list(text, sizeof text, format, arguments) < 0) {
        copy_text(text, sizeof text, format);
    }
    char name[sizeof error->file];
    copy_text(name, sizeof name, file);
    char whole[sizeof text + sizeof name + 64];
    snprintf(whole, sizeof whole, "%s%s%s%s", name, place, *name != '\0' ? ": " : "", text);

    memset(error, 0, sizeof *error);
    error->status = status;
    memcpy(error->file, name, sizeof name);
    copy_text(error->message, sizeof error->message, whole);
}

qd_status qd_fail(qd_error *error, qd_status status, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(error, status, "", "", format, arguments);
        va_end(arguments);
    }
    return status;
}

qd_status qd_fail_at(qd_error *error, qd_status status, const char *file, uint64_t line, uint64_t column,
                     const char *format, ...)
{
    if (error != NULL) {
        char place[64] = "";
        if (line != 0 && column != 0) {
            snprintf(place, sizeof place, ":%llu:%llu", (unsigned long long)line, (unsigned long long)column);
        } else if (line != 0) {
            snprintf(place, sizeof place, ":%llu", (unsigned long long)line);
        }
        va_list arguments;
        va_start(arguments, format);
        fill(error, status, file, place, format, arguments);
        va_end(arguments);
        error->line = line;
        error->column = column;
    }
    return status;
}

qd_status qd_fail_offset(qd_error *error, qd_status status, const char *file, uint64_t offset, const char *format, ...)
{
    if (error != NULL) {
        char place[64];
        snprintf(place, sizeof place, ": byte %llu", (unsigned long long)offset);
        va_list arguments;
        va_start(arguments, format);
        fill(error, status, file, place, format, arguments);
        va_end(arguments);
        error->offset = offset;
    }
    return status;
}

qd_status qd_fail_memory(qd_error *error, size_t bytes, const char *what)
{
    return qd_fail(error, QD_ERR_MEMORY, "out of memory (%zu bytes for %s)", bytes, what);
}

qd_status qd_fail_errno(qd_error *error, const char *file, const char *verb, int errno_value)
{
    char reason[128];
    if (strerror_r(errno_value, reason, sizeof reason) != 0) {
        snprintf(reason, sizeof reason, "error %d", errno_value);
    }
    if (strcmp(file, "-") == 0) {
        file = strcmp(verb, "write") == 0 ? "standard output" : "standard input";
    }
    return qd_fail_at(error, QD_ERR_FILE, *file != '\0' ? file : "''", 0, 0, "cannot %s: %s", verb, reason);
}

void qd_fail_name(qd_error *error, const char *file)
{
    if (error != NULL && error->file[0] == '\0') {
        qd_fail_at(error, error->status, file, 0, 0, "%s", error->message);
    }
}
