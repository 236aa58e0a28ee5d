/* btrack's graph of divisions, a JSON object: {"82": [53], "83": [53]}, each daughter with her mother.  It is small and
   of one shape, and read here; what else JSON may hold is refused. */
#include "data/tracks_gather.h"

#include <string.h>

enum { NAME = 128 };

typedef struct reader {
    qd_gathering *g;
    const char *at, *end;
    qd_error *error;
} reader;

static qd_status refuse(const reader *r, const char *expected)
{
    return qd_fail_offset(r->error, QD_ERR_FORMAT, r->g->graph.path, (uint64_t)(r->at - r->g->graph.bytes),
                          "expected %s, as in {\"82\": [53]}", expected);
}

static void skip_blanks(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) {
        r->at++;
    }
}

static bool take(reader *r, char what)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != what) {
        return false;
    }
    r->at++;
    return true;
}

/* The name of a track: a string without escapes, or a bare number. */
static qd_status read_name(reader *r, char name[NAME])
{
    const bool quoted = take(r, '"');
    const char *begin = r->at;
    while (r->at < r->end && (quoted ? *r->at != '"' && *r->at != '\\' && *r->at != '\0'
                                     : (*r->at >= '0' && *r->at <= '9') || *r->at == '-')) {
        r->at++;
    }
    const size_t length = (size_t)(r->at - begin);
    if (length == 0 || length >= NAME || (quoted && !take(r, '"'))) {
        return refuse(r, "the name of a track");
    }
    memcpy(name, begin, length);
    name[length] = '\0';
    return QD_OK;
}

/* A daughter and her mother, "82": [53] or "82": 53. */
static qd_status read_pair(reader *r)
{
    char daughter[NAME], mother[NAME];
    skip_blanks(r);
    const uint64_t offset = (uint64_t)(r->at - r->g->graph.bytes);
    qd_status status = read_name(r, daughter);
    if (status == QD_OK && !take(r, ':')) {
        status = refuse(r, "a colon");
    }
    const bool list = status == QD_OK && take(r, '[');
    status = status == QD_OK ? read_name(r, mother) : status;
    if (status == QD_OK && list && take(r, ',')) {
        return refuse(r, "one mother");
    }
    if (status == QD_OK && list && !take(r, ']')) {
        return refuse(r, "one mother in brackets");
    }
    if (status != QD_OK) {
        return status;
    }
    size_t n, m;
    const bool known = qd_numbering_find(&r->g->ids, daughter, &n);
    if (!known || !qd_numbering_find(&r->g->ids, mother, &m)) {
        return qd_fail_offset(r->error, QD_ERR_FORMAT, r->g->graph.path, offset, "the track %.60s is not in %.100s",
                              known ? mother : daughter, r->g->path);
    }
    return qd_gather_parent(r->g, n, mother, 0, r->error);
}

qd_status qd_gather_graph(qd_gathering *g, qd_error *error)
{
    reader r = {.g = g, .at = g->graph.bytes, .end = g->graph.bytes + g->graph.size, .error = error};
    g->lineage = true;
    if (!take(&r, '{')) {
        return refuse(&r, "an object");
    }
    qd_status status = QD_OK;
    if (!take(&r, '}')) {
        do {
            status = read_pair(&r);
        } while (status == QD_OK && take(&r, ','));
        if (status == QD_OK && !take(&r, '}')) {
            status = refuse(&r, "a comma or the end");
        }
    }
    skip_blanks(&r);
    if (status == QD_OK && r.at != r.end) {
        status = refuse(&r, "nothing more");
    }
    g->graph.path = NULL;
    return status;
}
