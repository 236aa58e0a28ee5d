/* Series without a header, a line each: the class, then the values, as the UCR archive has them (tabs; commas and
   blanks are read too).  What is missing at the end of a line is the archive's padding of shorter series. */
#include "base/mem.h"
#include "base/text.h"
#include "data/table.h"
#include "data/tracks_gather.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct cursor {
    const char *at, *end;
    char separator; /* '\t', ',' or ' ' (any run of blanks) */
} cursor;

/* The next field of a line; false at the line's end, behind which the cursor then stands. */
static bool next_field(cursor *c, const char **field, size_t *length)
{
    while (c->at < c->end && (c->separator == ' ' && *c->at == ' ')) {
        c->at++;
    }
    if (c->at == c->end || *c->at == '\n' || *c->at == '\r') {
        if (c->at < c->end && *c->at == '\r') {
            c->at++;
        }
        if (c->at < c->end && *c->at == '\n') {
            c->at++;
        }
        return false;
    }
    const char *begin = c->at;
    while (c->at < c->end && *c->at != c->separator && *c->at != '\n' && *c->at != '\r') {
        c->at++;
    }
    *field = begin;
    *length = (size_t)(c->at - begin);
    if (c->at < c->end && *c->at == c->separator) {
        c->at++;
    }
    return true;
}

static bool read_value(const char *field, size_t length, double *value)
{
    char text[64];
    if (length < sizeof text) {
        memcpy(text, field, length);
        text[length] = '\0';
        if (qd_table_missing(text) || strcmp(text, "?") == 0) {
            *value = NAN;
            return true;
        }
    }
    return qd_text_to_double(field, length, value) && fabs(*value) <= (double)FLT_MAX;
}

static cursor open_cursor(const char *bytes, size_t size)
{
    const char *end = memchr(bytes, '\n', size);
    const size_t line = end != NULL ? (size_t)(end - bytes) : size;
    const char separator = memchr(bytes, '\t', line) != NULL ? '\t' : memchr(bytes, ',', line) != NULL ? ',' : ' ';
    return (cursor){.at = bytes, .end = bytes + size, .separator = separator};
}

/* A first line of three numbers at least is no header.  (A column of a table is not called by a number.) */
bool qd_tracks_is_series(const char *bytes, size_t size)
{
    cursor c = open_cursor(bytes, size);
    const char *field;
    size_t length, fields = 0, numbers = 0;
    double value;
    while (next_field(&c, &field, &length)) {
        if (!read_value(field, length, &value)) {
            return false;
        }
        numbers += length > 0 && !isnan(value);
        fields++;
    }
    return fields >= 3 && numbers >= 2;
}

/* The class as text: 1, 1.0 and 1.0000e+00 are one. */
static qd_status read_class(qd_gathering *g, size_t track, const char *field, size_t length, uint64_t line,
                            qd_error *error)
{
    double value;
    char text[32];
    if (!read_value(field, length, &value)) {
        return qd_fail_at(error, QD_ERR_FORMAT, g->path, line, 1, "%.*s is no number; expected the class of a series",
                          (int)(length < 40 ? length : 40), field);
    }
    qd_text_from_double(value, text, sizeof text);
    return qd_gather_class(g, text, &g->each[track].label, error);
}

static qd_status read_line(qd_gathering *g, cursor *c, uint64_t line, qd_error *error)
{
    const char *field;
    size_t length, track;
    char id[24];
    if (!next_field(c, &field, &length)) {
        return QD_OK; /* an empty line */
    }
    qd_text_format(id, sizeof id, "%zu", g->ids.count + 1);
    qd_status status = qd_gather_track(g, id, &track, error);
    if (status == QD_OK) {
        status = read_class(g, track, field, length, line, error);
    }
    const size_t first = g->rows;
    size_t last = first + 1; /* one step at least */
    for (uint64_t column = 2; status == QD_OK && next_field(c, &field, &length); column++) {
        double value;
        if (!read_value(field, length, &value)) {
            return qd_fail_at(error, QD_ERR_FORMAT, g->path, line, column, "%.*s is no number",
                              (int)(length < 40 ? length : 40), field);
        }
        g->track[g->rows] = track;
        g->time[g->rows] = (double)(g->rows - first);
        g->object[g->rows] = (int64_t)(g->rows - first);
        g->line[g->rows] = line;
        g->x[g->rows] = (float)value;
        g->rows++;
        last = isnan(value) ? last : g->rows;
    }
    if (status == QD_OK && g->rows == first) {
        return qd_fail_at(error, QD_ERR_FORMAT, g->path, line, 0, "a class without values");
    }
    g->rows = last;
    return status;
}

qd_status qd_tracks_read_series(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    cursor c = open_cursor(bytes, size);
    size_t values = 1;
    for (size_t i = 0; i < size; i++) {
        values += bytes[i] == c.separator || bytes[i] == '\n' || bytes[i] == '\r';
    }
    g->format = "series, one a line (UCR)";
    g->track_labels = true;
    qd_status status = qd_gather_feature(g, "value", error);
    if (status == QD_OK) {
        status = qd_gather_open(g, values, 0, error);
    }
    for (uint64_t line = 1; status == QD_OK && c.at < c.end; line++) {
        status = read_line(g, &c, line, error);
    }
    return status;
}
