/*
 * JSON (RFC 8259): a reader that knows the place of every value, and a writer.
 *
 * Both are our own because jansson 2.14 cannot be used where memory may run out: its lexer ignores failed allocations
 * and then reads names and numbers with characters missing, or past its buffer.  Here all memory passes base/mem.
 */
#ifndef QD_BASE_JSON_H
#define QD_BASE_JSON_H

#include "base/error.h"
#include <stdbool.h>

/* ---------------------------------------------------------------------------------------------- reading */

typedef enum qd_json_kind {
    QD_JSON_NULL,
    QD_JSON_FALSE,
    QD_JSON_TRUE,
    QD_JSON_NUMBER,
    QD_JSON_STRING,
    QD_JSON_ARRAY,
    QD_JSON_OBJECT
} qd_json_kind;

typedef struct qd_json_value qd_json_value;
struct qd_json_value {
    qd_json_kind kind;
    const char *key;            /* of a member of an object; else NULL */
    const char *text;           /* strings: decoded; numbers: as written; else NULL */
    size_t at;                  /* where it begins, in bytes from the beginning of the JSON text */
    size_t count;               /* children of an array or object */
    const qd_json_value *first; /* its children, in their order */
    const qd_json_value *next;  /* after it in its parent */
};

/* Where a JSON text stands, for messages. */
typedef struct qd_json_place {
    const char *file;   /* borrowed */
    uint64_t offset;    /* of its first byte */
    const char *within; /* NULL, or the name of the string that holds it, which begins at `offset`: escaped, so that the
                           bytes of what is in it are not known and a message counts characters */
} qd_json_place;

typedef struct qd_json {
    qd_json_place place;
    qd_json_value *values; /* [0] is the root; owned, as is: */
    char *text;
} qd_json;

/* Strict: UTF-8, no member twice, no NUL in a string, nothing after the value but blanks, at most QD_JSON_DEPTH deep.
   Allocates for at most as many values as the text has commas and brackets. */
enum { QD_JSON_DEPTH = 32 };
QD_CHECKED qd_status qd_json_parse(qd_json_place place, const char *text, size_t size, qd_json *json, qd_error *error);
void qd_json_clear(qd_json *json);

/* A member of an object; NULL where it is not there. */
const qd_json_value *qd_json_find(const qd_json_value *object, const char *key);

/* QD_ERR_FORMAT at the place of a value. */
qd_status qd_json_refuse(const qd_json *json, const qd_json_value *value, qd_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A member that must be there and of this kind. */
QD_CHECKED qd_status qd_json_member(const qd_json *json, const qd_json_value *object, const char *key,
                                    qd_json_kind kind, const qd_json_value **value, qd_error *error);

/* A value that must be a whole number in least .. most. */
QD_CHECKED qd_status qd_json_whole(const qd_json *json, const qd_json_value *value, uint64_t least, uint64_t most,
                                   uint64_t *whole, qd_error *error);

/* A value that must be a real number as qd_json_put_real writes it: a string ("0.1", "inf"). */
QD_CHECKED qd_status qd_json_real(const qd_json *json, const qd_json_value *value, double *real, qd_error *error);

/* ---------------------------------------------------------------------------------------------- writing */

/* A text that grows, begun as {0}.  A failure is remembered and told by qd_json_finish; commas come by themselves. */
typedef struct qd_json_text {
    char *data;
    size_t size, capacity;
    qd_status status;
} qd_json_text;

void qd_json_open(qd_json_text *text, char bracket); /* { or [ */
void qd_json_close(qd_json_text *text, char bracket);
void qd_json_key(qd_json_text *text, const char *key);
void qd_json_put_string(qd_json_text *text, const char *string);
void qd_json_put_whole(qd_json_text *text, uint64_t whole);
void qd_json_put_real(qd_json_text *text, double real); /* as a string: exact, and free to be inf or nan */
void qd_json_put_number(qd_json_text *text, double number); /* a JSON number of nine digits, null where not finite */
void qd_json_put_bool(qd_json_text *text, bool truth);
void qd_json_put_null(qd_json_text *text);

/* QD_ERR_MEMORY, or QD_ERR_VALUE where a string was not UTF-8; `what` names the text.  Clears it on failure; on success
   text->data ends with a NUL. */
QD_CHECKED qd_status qd_json_finish(qd_json_text *text, const char *what, qd_error *error);
void qd_json_text_clear(qd_json_text *text);

/* Bytes of the UTF-8 character at text[0 .. size), 0 where it is none. */
size_t qd_json_character(const char *text, size_t size);

#endif
