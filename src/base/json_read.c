/* Reading JSON.  In: a text; out: a tree of values that know their places, or the byte where the text is wrong.  One
   block holds all values, one all strings: both are sized by the text before reading begins. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct parser {
    qd_json *json;
    const char *source;
    size_t at, size;
    size_t used, capacity; /* values */
} parser;

/* ----------------------------------------------------------------------------------------------- errors */

static qd_status fail_at(const qd_json_place *place, size_t at, const char *message, qd_error *error)
{
    if (place->within != NULL) {
        return qd_fail_offset(error, QD_ERR_FORMAT, place->file, place->offset, "%s, character %zu: %s", place->within,
                              at + 1, message);
    }
    return qd_fail_offset(error, QD_ERR_FORMAT, place->file, place->offset + at, "%s", message);
}

static qd_status refuse(const parser *p, const char *message, qd_error *error)
{
    return fail_at(&p->json->place, p->at, message, error);
}

qd_status qd_json_refuse(const qd_json *json, const qd_json_value *value, qd_error *error, const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(message, sizeof message, format, arguments);
    va_end(arguments);
    return fail_at(&json->place, value->at, message, error);
}

/* ----------------------------------------------------------------------------------------------- tokens */

static int peek(const parser *p)
{
    return p->at < p->size ? (unsigned char)p->source[p->at] : -1;
}

static void skip_blanks(parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r') {
        p->at++;
    }
}

/* Steps over a character, with the blanks before it, if it is the next one. */
static bool accept(parser *p, char c)
{
    skip_blanks(p);
    bool found = peek(p) == c;
    p->at += found;
    return found;
}

size_t qd_json_character(const char *text, size_t size)
{
    const unsigned char *c = (const unsigned char *)text;
    if (size == 0) {
        return 0;
    }
    size_t length = c[0] < 0x80 ? 1 : c[0] < 0xC2 ? 0 : c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : c[0] < 0xF5 ? 4 : 0;
    if (length > size) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xC0u) != 0x80) {
            return 0;
        }
    }
    /* Neither longer than need be, nor half of a surrogate pair, nor beyond U+10FFFF. */
    bool wrong = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F) || (c[0] == 0xF0 && c[1] < 0x90) ||
                 (c[0] == 0xF4 && c[1] > 0x8F);
    return wrong ? 0 : length;
}

/* The rest of an escape such as \u00e9; false where there are no four hexadecimal digits. */
static bool read_code(parser *p, uint32_t *code)
{
    if (peek(p) != 'u') {
        return false;
    }
    p->at++;
    *code = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        int c = peek(p);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return false;
        }
        *code = *code * 16 + (uint32_t)digit;
    }
    return true;
}

static char *put_utf8(uint32_t code, char *to)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    return to;
}

/* What follows a backslash. */
static qd_status parse_escape(parser *p, char **to, qd_error *error)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    int c = peek(p);
    const char *name = c > 0 ? strchr(names, c) : NULL;
    if (name != NULL) {
        *(*to)++ = meanings[name - names];
        p->at++;
        return QD_OK;
    }
    uint32_t code, low = 0;
    if (!read_code(p, &code)) {
        return refuse(p, "an escape that JSON does not have", error);
    }
    if (code == 0) {
        return refuse(p, "a NUL in a string", error);
    }
    if (code >= 0xD800 && code < 0xDC00 && peek(p) == '\\') { /* the first half of a pair */
        p->at++;
        bool pair = read_code(p, &low) && low >= 0xDC00 && low < 0xE000;
        code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : code;
    }
    if (code >= 0xD800 && code < 0xE000) {
        return refuse(p, "half of a surrogate pair", error);
    }
    *to = put_utf8(code, *to);
    return QD_OK;
}

/* "text".  What it means is never longer than how it is written, so it is kept at the same place. */
static qd_status parse_string(parser *p, const char **text, qd_error *error)
{
    if (peek(p) != '"') {
        return refuse(p, "expected a string", error);
    }
    p->at++;
    char *to = p->json->text + p->at;
    *text = to;
    while (peek(p) != '"') {
        size_t length = qd_json_character(p->source + p->at, p->size - p->at);
        if (length == 0) {
            return refuse(p, p->at == p->size ? "a string without an end" : "bytes that are not UTF-8", error);
        }
        if (peek(p) < ' ') {
            return refuse(p, "a control character in a string", error);
        }
        if (peek(p) == '\\') {
            p->at++;
            qd_status status = parse_escape(p, &to, error);
            if (status != QD_OK) {
                return status;
            }
            continue;
        }
        memcpy(to, p->source + p->at, length);
        to += length;
        p->at += length;
    }
    *to = '\0';
    p->at++;
    return QD_OK;
}

static size_t skip_digits(parser *p)
{
    size_t begin = p->at;
    while (peek(p) >= '0' && peek(p) <= '9') {
        p->at++;
    }
    return p->at - begin;
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? */
static qd_status parse_number(parser *p, const char **text, qd_error *error)
{
    size_t begin = p->at;
    p->at += peek(p) == '-';
    bool zero = peek(p) == '0';
    size_t digits = skip_digits(p);
    bool right = digits == 1 || (digits > 1 && !zero);
    if (right && peek(p) == '.') {
        p->at++;
        right = skip_digits(p) > 0;
    }
    if (right && (peek(p) == 'e' || peek(p) == 'E')) {
        p->at++;
        p->at += peek(p) == '+' || peek(p) == '-';
        right = skip_digits(p) > 0;
    }
    if (!right) {
        return refuse(p, "expected a JSON value", error);
    }
    char *copy = p->json->text + begin;
    memcpy(copy, p->source + begin, p->at - begin);
    copy[p->at - begin] = '\0'; /* where the source has a delimiter, which no other value uses */
    *text = copy;
    return QD_OK;
}

/* null, false or true. */
static bool parse_word(parser *p, qd_json_kind *kind)
{
    static const char *const words[] = {[QD_JSON_NULL] = "null", [QD_JSON_FALSE] = "false", [QD_JSON_TRUE] = "true"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if (p->size - p->at >= length && memcmp(p->source + p->at, words[i], length) == 0) {
            p->at += length;
            *kind = (qd_json_kind)i;
            return true;
        }
    }
    return false;
}

/* ----------------------------------------------------------------------------------------------- values */

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(const qd_json_value *const *)a)->key, (*(const qd_json_value *const *)b)->key);
}

static qd_status refuse_duplicates(const parser *p, const qd_json_value *object, qd_error *error)
{
    const qd_json_value **members = qd_mem_new(object->count, sizeof(qd_json_value *));
    if (members == NULL) {
        return qd_fail_memory(error, object->count * sizeof(qd_json_value *), "JSON");
    }
    size_t count = 0;
    for (const qd_json_value *member = object->first; member != NULL; member = member->next) {
        members[count++] = member;
    }
    qsort(members, count, sizeof(qd_json_value *), compare_keys);
    qd_status status = QD_OK;
    for (size_t i = 1; i < count && status == QD_OK; i++) {
        if (strcmp(members[i - 1]->key, members[i]->key) == 0) {
            const qd_json_value *second = members[i - 1]->at > members[i]->at ? members[i - 1] : members[i];
            status = qd_json_refuse(p->json, second, error, "the second member called \"%s\"", second->key);
        }
    }
    qd_mem_free(members);
    return status;
}

static qd_status parse_value(parser *p, unsigned depth, qd_json_value *value, qd_error *error);

static qd_status parse_key(parser *p, const char **key, qd_error *error)
{
    skip_blanks(p);
    qd_status status = parse_string(p, key, error);
    return status != QD_OK ? status : accept(p, ':') ? QD_OK : refuse(p, "expected ':'", error);
}

/* The children of an array or object, from its bracket on. */
static qd_status parse_children(parser *p, unsigned depth, qd_json_value *parent, qd_error *error)
{
    bool object = parent->kind == QD_JSON_OBJECT;
    char end = object ? '}' : ']';
    if (depth == QD_JSON_DEPTH) {
        return refuse(p, "too many brackets within one another", error);
    }
    p->at++;
    if (accept(p, end)) {
        return QD_OK;
    }
    const qd_json_value **link = &parent->first;
    do {
        assert(p->used < p->capacity);
        qd_json_value *child = &p->json->values[p->used++];
        qd_status status = object ? parse_key(p, &child->key, error) : QD_OK;
        if (status == QD_OK) {
            status = parse_value(p, depth + 1, child, error);
        }
        if (status != QD_OK) {
            return status;
        }
        *link = child;
        link = &child->next;
        parent->count++;
    } while (accept(p, ','));
    if (!accept(p, end)) {
        return refuse(p, object ? "expected ',' or '}'" : "expected ',' or ']'", error);
    }
    return object && parent->count > 1 ? refuse_duplicates(p, parent, error) : QD_OK;
}

static qd_status parse_value(parser *p, unsigned depth, qd_json_value *value, qd_error *error)
{
    skip_blanks(p);
    value->at = p->at;
    switch (peek(p)) {
    case '{':
    case '[':
        value->kind = peek(p) == '{' ? QD_JSON_OBJECT : QD_JSON_ARRAY;
        return parse_children(p, depth, value, error);
    case '"':
        value->kind = QD_JSON_STRING;
        return parse_string(p, &value->text, error);
    default:
        break;
    }
    if (parse_word(p, &value->kind)) {
        return QD_OK;
    }
    value->kind = QD_JSON_NUMBER;
    return parse_number(p, &value->text, error);
}

/* A value is the root, or follows a bracket or a comma outside of strings. */
static size_t most_values(const char *text, size_t size)
{
    size_t count = 1;
    bool string = false;
    for (size_t i = 0; i < size; i++) {
        if (string && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            string = !string;
        } else if (!string) {
            count += text[i] == ',' || text[i] == '{' || text[i] == '[';
        }
    }
    return count;
}

qd_status qd_json_parse(qd_json_place place, const char *text, size_t size, qd_json *json, qd_error *error)
{
    *json = (qd_json){.place = place};
    parser p = {.json = json, .source = text, .size = size, .used = 1, .capacity = most_values(text, size)};
    json->values = qd_mem_new(p.capacity, sizeof *json->values);
    json->text = qd_mem_new(size + 1, 1);
    qd_status status = QD_OK;
    if (json->values == NULL || json->text == NULL) {
        status = qd_fail_memory(error, p.capacity * sizeof *json->values + size, "JSON");
    }
    if (status == QD_OK) {
        status = parse_value(&p, 0, &json->values[0], error);
    }
    if (status == QD_OK && (skip_blanks(&p), p.at < p.size)) {
        status = refuse(&p, "something after the end of the JSON value", error);
    }
    if (status != QD_OK) {
        qd_json_clear(json);
    }
    return status;
}

void qd_json_clear(qd_json *json)
{
    qd_mem_free(json->values);
    qd_mem_free(json->text);
    *json = (qd_json){0};
}

/* ---------------------------------------------------------------------------------------------- members */

const qd_json_value *qd_json_find(const qd_json_value *object, const char *key)
{
    const qd_json_value *member = object->kind == QD_JSON_OBJECT ? object->first : NULL;
    while (member != NULL && strcmp(member->key, key) != 0) {
        member = member->next;
    }
    return member;
}

qd_status qd_json_member(const qd_json *json, const qd_json_value *object, const char *key, qd_json_kind kind,
                         const qd_json_value **value, qd_error *error)
{
    static const char *const kinds[] = {"null", "false", "true", "a number", "a string", "an array", "an object"};
    *value = qd_json_find(object, key);
    if (*value == NULL || (*value)->kind != kind) {
        return qd_json_refuse(json, *value == NULL ? object : *value, error, "expected the member \"%s\": %s", key,
                              kinds[kind]);
    }
    return QD_OK;
}

qd_status qd_json_whole(const qd_json *json, const qd_json_value *value, uint64_t least, uint64_t most, uint64_t *whole,
                        qd_error *error)
{
    int64_t number = -1;
    if (value->kind != QD_JSON_NUMBER || !qd_text_to_integer(value->text, strlen(value->text), &number) || number < 0 ||
        (uint64_t)number < least || (uint64_t)number > most) {
        return qd_json_refuse(json, value, error, "expected a whole number from %llu to %llu",
                              (unsigned long long)least, (unsigned long long)most);
    }
    *whole = (uint64_t)number;
    return QD_OK;
}

qd_status qd_json_real(const qd_json *json, const qd_json_value *value, double *real, qd_error *error)
{
    if (value->kind != QD_JSON_STRING || !qd_text_to_double(value->text, strlen(value->text), real)) {
        return qd_json_refuse(json, value, error, "expected a number as a string");
    }
    return QD_OK;
}
