/* Writing JSON.  In: values one after the other; out: one text without blanks, the same bytes for the same values. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

static void put(qd_json_text *text, const char *bytes, size_t size)
{
    enum { FIRST = 256 };
    if (text->status != QD_OK) {
        return;
    }
    if (size >= text->capacity - text->size) { /* one byte more, for the NUL */
        size_t capacity = 2 * (text->size + size) + FIRST;
        char *data = qd_mem_resize(text->data, text->size, capacity, 1);
        if (data == NULL) {
            text->status = QD_ERR_MEMORY;
            return;
        }
        text->data = data;
        text->capacity = capacity;
    }
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
}

/* A comma, where something stands before in the same array or object. */
static void separate(qd_json_text *text)
{
    if (text->size > 0 && strchr("{[:", text->data[text->size - 1]) == NULL) {
        put(text, ",", 1);
    }
}

void qd_json_open(qd_json_text *text, char bracket)
{
    separate(text);
    put(text, &bracket, 1);
}

void qd_json_close(qd_json_text *text, char bracket)
{
    put(text, &bracket, 1);
}

void qd_json_put_string(qd_json_text *text, const char *string)
{
    separate(text);
    put(text, "\"", 1);
    size_t size = strlen(string);
    for (size_t i = 0, length; i < size; i += length) {
        length = qd_json_character(string + i, size - i);
        if (length == 0) {
            text->status = text->status == QD_OK ? QD_ERR_VALUE : text->status;
            return;
        }
        char escape[8];
        if (string[i] == '"' || string[i] == '\\') {
            put(text, "\\", 1);
        }
        if (length == 1 && string[i] < ' ') {
            qd_text_format(escape, sizeof escape, "\\u%04x", (unsigned)string[i]);
            put(text, escape, 6);
        } else {
            put(text, string + i, length);
        }
    }
    put(text, "\"", 1);
}

void qd_json_key(qd_json_text *text, const char *key)
{
    qd_json_put_string(text, key);
    put(text, ":", 1);
}

void qd_json_put_whole(qd_json_text *text, uint64_t whole)
{
    char digits[24];
    separate(text);
    put(text, digits, (size_t)qd_text_format(digits, sizeof digits, "%llu", (unsigned long long)whole));
}

void qd_json_put_real(qd_json_text *text, double real)
{
    char digits[32];
    qd_text_from_double(real, digits, sizeof digits);
    qd_json_put_string(text, digits);
}

static void put_word(qd_json_text *text, const char *word)
{
    separate(text);
    put(text, word, strlen(word));
}

void qd_json_put_number(qd_json_text *text, double number)
{
    char digits[32] = "null";
    if (isfinite(number)) {
        qd_text_format(digits, sizeof digits, "%.9g", number);
    }
    put_word(text, digits);
}

void qd_json_put_bool(qd_json_text *text, bool truth)
{
    put_word(text, truth ? "true" : "false");
}

void qd_json_put_null(qd_json_text *text)
{
    put_word(text, "null");
}

qd_status qd_json_finish(qd_json_text *text, const char *what, qd_error *error)
{
    put(text, "", 0); /* memory for the NUL: new bytes are zero */
    qd_status status = text->status;
    if (status != QD_OK) {
        size_t size = text->size;
        qd_json_text_clear(text);
        return status == QD_ERR_MEMORY ? qd_fail_memory(error, size, what)
                                       : qd_fail(error, status, "%s: a text is not UTF-8", what);
    }
    return QD_OK;
}

void qd_json_text_clear(qd_json_text *text)
{
    qd_mem_free(text->data);
    *text = (qd_json_text){0};
}
