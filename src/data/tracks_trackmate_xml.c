/* TrackMate's XML: AllSpots/SpotsInFrame@frame/Spot@ID@FEATURE..., AllTracks/Track@TRACK_ID/Edge@SPOT_SOURCE_ID
   @SPOT_TARGET_ID, FilteredTracks/TrackID@TRACK_ID.  Read as a stream through libxml2.  A document type is refused: no
   TrackMate file has one, and entities, which can expand without end, come from nowhere else. */
#include "base/mem.h"
#include "base/text.h"
#include "data/tracks_gather.h"

#include <math.h>
#include <string.h>

/* Text that begins with a tag, after blanks and a byte-order mark. */
bool qd_tracks_is_xml(const char *bytes, size_t size)
{
    size_t at = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < size && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
        at++;
    }
    return at + 1 < size && bytes[at] == '<' && (bytes[at + 1] == '?' || bytes[at + 1] == '!' || bytes[at + 1] == 'T');
}

#ifdef QD_HAVE_XML
#include <libxml/SAX2.h>
#include <libxml/parser.h>

typedef struct reader {
    qd_gathering *g;
    xmlParserCtxtPtr parser;
    bool declaring; /* within SpotFeatures */
    bool opened;    /* the features are known */
    bool filtered;  /* there is a list of tracks that count */
    bool trackmate; /* the root is TrackMate's */
    size_t track;   /* of the element Track at hand */
    double frame;   /* of SpotsInFrame at hand; NaN: unknown */
    qd_numbering trees;
    bool *counts; /* [trees]: FilteredTracks names it */
    size_t counts_capacity;
    qd_track_edge *edges;
    size_t edge_count, edge_capacity;
    qd_status status;
    qd_error *error;
} reader;

static uint64_t line_of(const reader *r)
{
    const int line = xmlSAX2GetLineNumber(r->parser);
    return line > 0 ? (uint64_t)line : 0;
}

/* Ends the reading; the first failure counts. */
static void stop(reader *r, qd_status status)
{
    if (r->status == QD_OK) {
        r->status = status;
    }
    xmlStopParser(r->parser);
}

/* --------------------------------------------------------------------------------------------- attributes */

/* libxml2 gives five pointers an attribute: name, prefix, namespace, begin and end of the value. */
typedef struct attributes {
    const xmlChar **list;
    size_t count;
} attributes;

static const char *name_at(attributes a, size_t i)
{
    return (const char *)a.list[5 * i];
}

static const char *value_at(attributes a, size_t i, size_t *length)
{
    *length = (size_t)(a.list[5 * i + 4] - a.list[5 * i + 3]);
    return (const char *)a.list[5 * i + 3];
}

static const char *find_value(attributes a, const char *name, size_t *length)
{
    for (size_t i = 0; i < a.count; i++) {
        if (strcmp(name_at(a, i), name) == 0) {
            return value_at(a, i, length);
        }
    }
    return NULL;
}

static qd_status read_whole(const reader *r, attributes a, const char *element, const char *name, int64_t *value)
{
    size_t length = 0;
    const char *text = find_value(a, name, &length);
    if (text == NULL || !qd_text_to_integer(text, length, value)) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, line_of(r), 0, "%s: the attribute %s %s", element, name,
                          text == NULL ? "is missing" : "is no whole number");
    }
    return QD_OK;
}

/* A number that may be missing; TrackMate writes NaN, and Infinity too. */
static qd_status read_real(const reader *r, attributes a, const char *name, double *value)
{
    size_t length;
    const char *text = find_value(a, name, &length);
    *value = NAN;
    if (text == NULL) {
        return QD_OK;
    }
    if (!qd_text_to_double(text, length, value)) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, line_of(r), 0, "Spot: %s=\"%.*s\" is no number", name,
                          (int)(length < 40 ? length : 40), text);
    }
    *value = fabs(*value) <= 3e38 ? *value : NAN;
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------------- spots */

/* A feature that the file declares. */
static qd_status declare(reader *r, attributes a)
{
    char name[128];
    size_t length = 0;
    const char *text = find_value(a, "feature", &length);
    if (text == NULL || length >= sizeof name) {
        return QD_OK;
    }
    qd_text_format(name, sizeof name, "%.*s", (int)length, text);
    return qd_trackmate_is_feature(name) ? qd_gather_feature(r->g, name, r->error) : QD_OK;
}

/* The features of a file without declarations are what its first spot has. */
static qd_status open_spots(reader *r, attributes a)
{
    qd_status status = QD_OK;
    r->opened = true;
    const bool declared = r->g->features > 0;
    for (size_t i = 0; i < a.count && !declared && status == QD_OK; i++) {
        size_t length;
        double value;
        const char *text = value_at(a, i, &length), *name = name_at(a, i);
        if (qd_trackmate_is_feature(name) && strcmp(name, "name") != 0 && qd_text_to_double(text, length, &value)) {
            status = qd_gather_feature(r->g, name, r->error);
        }
    }
    return status == QD_OK ? qd_gather_open(r->g, 0, 3, r->error) : status;
}

static qd_status add_spot(reader *r, attributes a)
{
    static const char *const axes[] = {"POSITION_X", "POSITION_Y", "POSITION_Z"};
    qd_gathering *g = r->g;
    qd_status status = r->opened ? QD_OK : open_spots(r, a);
    status = status == QD_OK ? qd_gather_row(g, r->error) : status;
    if (status != QD_OK) {
        return status;
    }
    const size_t at = g->rows;
    double frame, value;
    g->line[at] = line_of(r);
    status = read_whole(r, a, "Spot", "ID", &g->object[at]);
    status = status == QD_OK ? read_real(r, a, "FRAME", &frame) : status;
    if (status != QD_OK) {
        return status;
    }
    g->time[at] = isnan(frame) ? r->frame : frame;
    if (isnan(g->time[at])) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, g->path, g->line[at], 0, "a Spot without its FRAME");
    }
    for (size_t d = 0; d < 3 && status == QD_OK; d++) {
        status = read_real(r, a, axes[d], &g->position[at * 3 + d]);
    }
    for (size_t f = 0; f < g->features && status == QD_OK; f++) {
        status = read_real(r, a, g->feature.text[f], &value);
        g->x[at * g->features + f] = (float)value;
    }
    g->rows++;
    return status;
}

/* --------------------------------------------------------------------------------------------- trees, edges */

static qd_status find_tree(reader *r, attributes a, const char *element, size_t *tree)
{
    int64_t id;
    char text[24];
    qd_status status = read_whole(r, a, element, "TRACK_ID", &id);
    if (status == QD_OK) {
        qd_text_format(text, sizeof text, "%lld", (long long)id);
        status = qd_numbering_add(&r->trees, text, tree, r->error);
    }
    return status;
}

static qd_status keep_track(reader *r, attributes a)
{
    size_t tree;
    qd_status status = find_tree(r, a, "TrackID", &tree);
    if (status != QD_OK) {
        return status;
    }
    if (tree >= r->counts_capacity) {
        const size_t capacity = 2 * tree + 64;
        bool *counts = qd_mem_resize(r->counts, r->counts_capacity, capacity, sizeof *counts);
        if (counts == NULL) {
            return qd_fail_memory(r->error, capacity, "tracks");
        }
        r->counts = counts;
        r->counts_capacity = capacity;
    }
    r->counts[tree] = true;
    return QD_OK;
}

static qd_status add_edge(reader *r, attributes a)
{
    if (r->edge_count == r->edge_capacity) {
        const size_t capacity = r->edge_capacity == 0 ? 256 : 2 * r->edge_capacity;
        qd_track_edge *edges = qd_mem_resize(r->edges, r->edge_count, capacity, sizeof *edges);
        if (edges == NULL) {
            return qd_fail_memory(r->error, capacity * sizeof *edges, "edges");
        }
        r->edges = edges;
        r->edge_capacity = capacity;
    }
    qd_track_edge *edge = &r->edges[r->edge_count];
    edge->line = line_of(r);
    edge->tree = r->track;
    qd_status status = read_whole(r, a, "Edge", "SPOT_SOURCE_ID", &edge->source);
    status = status == QD_OK ? read_whole(r, a, "Edge", "SPOT_TARGET_ID", &edge->target) : status;
    r->edge_count += status == QD_OK;
    return status;
}

/* -------------------------------------------------------------------------------------------- libxml2's calls */

static void begin_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *space,
                          int namespaces, const xmlChar **spaces, int count, int defaulted, const xmlChar **list)
{
    reader *r = context;
    const attributes a = {list, (size_t)count};
    const char *element = (const char *)name;
    qd_status status = QD_OK;
    (void)prefix;
    (void)space;
    (void)namespaces;
    (void)spaces;
    (void)defaulted;
    if (r->status != QD_OK) {
        return; /* the parser is stopping */
    }
    if (!r->trackmate) {
        r->trackmate = strcmp(element, "TrackMate") == 0;
        status = r->trackmate ? QD_OK
                              : qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, line_of(r), 0,
                                           "XML of <%.40s>; only TrackMate's is read", element);
    } else if (strcmp(element, "SpotFeatures") == 0) {
        r->declaring = true;
    } else if (strcmp(element, "Feature") == 0 && r->declaring) {
        status = declare(r, a);
    } else if (strcmp(element, "SpotsInFrame") == 0) {
        status = read_real(r, a, "frame", &r->frame);
    } else if (strcmp(element, "Spot") == 0) {
        status = add_spot(r, a);
    } else if (strcmp(element, "Track") == 0) {
        status = find_tree(r, a, "Track", &r->track);
    } else if (strcmp(element, "Edge") == 0) {
        status = add_edge(r, a);
    } else if (strcmp(element, "FilteredTracks") == 0) {
        r->filtered = true;
    } else if (strcmp(element, "TrackID") == 0) {
        status = keep_track(r, a);
    }
    if (status != QD_OK) {
        stop(r, status);
    }
}

static void end_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *space)
{
    reader *r = context;
    (void)prefix;
    (void)space;
    if (strcmp((const char *)name, "SpotFeatures") == 0) {
        r->declaring = false;
    } else if (strcmp((const char *)name, "SpotsInFrame") == 0) {
        r->frame = NAN;
    }
}

static void refuse_type(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    reader *r = context;
    (void)name;
    (void)external;
    (void)system;
    if (r->status == QD_OK) {
        stop(r, qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, line_of(r), 0,
                           "a document type (<!DOCTYPE ...>), which may define entities; TrackMate's files have none"));
    }
}

static void keep_problem(void *context, xmlErrorPtr problem)
{
    reader *r = context;
    if (r->status != QD_OK || problem->level < XML_ERR_ERROR) {
        return;
    }
    const char *message = problem->message != NULL ? problem->message : "it is not XML";
    if (problem->code == XML_ERR_NO_MEMORY) {
        r->status = qd_fail_memory(r->error, 0, "reading XML");
    } else {
        r->status = qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, problem->line > 0 ? (uint64_t)problem->line : 0, 0,
                               "not well-formed XML: %.*s", (int)strcspn(message, "\n"), message);
    }
}

/* The parser, with callbacks of ours alone: no tree is built, no entity is kept, no file is opened. */
static qd_status parse(reader *r, const char *bytes, size_t size)
{
    enum { CHUNK = 1 << 20 };
    xmlSAXHandler calls = {.initialized = XML_SAX2_MAGIC,
                           .startElementNs = begin_element,
                           .endElementNs = end_element,
                           .internalSubset = refuse_type,
                           .serror = keep_problem};
    r->parser = xmlCreatePushParserCtxt(&calls, r, NULL, 0, NULL);
    if (r->parser == NULL) {
        return qd_fail_memory(r->error, CHUNK, "reading XML");
    }
    xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_HUGE);
    for (size_t at = 0; at < size && r->status == QD_OK; at += CHUNK) {
        xmlParseChunk(r->parser, bytes + at, (int)(size - at < CHUNK ? size - at : CHUNK), 0);
    }
    if (r->status == QD_OK) {
        xmlParseChunk(r->parser, NULL, 0, 1);
    }
    if (r->status == QD_OK && !r->parser->wellFormed) {
        r->status = qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, line_of(r), 0, "not well-formed XML");
    }
    xmlFreeParserCtxt(r->parser);
    return r->status;
}

/* ------------------------------------------------------------------------------------------------------ tracks */

/* Takes out the edges of tracks that were filtered away; their spots are loose then. */
static void drop_filtered(reader *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->edge_count; i++) {
        const size_t tree = r->edges[i].tree;
        if (!r->filtered || (tree < r->counts_capacity && r->counts[tree])) {
            r->edges[kept++] = r->edges[i];
        }
    }
    r->edge_count = kept;
}

static qd_status make_tracks(reader *r)
{
    qd_gathering *g = r->g;
    if (g->rows == 0) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, g->path, 0, 0, "no spots in this TrackMate file");
    }
    size_t *tree = qd_mem_new(g->rows, sizeof *tree);
    if (tree == NULL) {
        return qd_fail_memory(r->error, g->rows * sizeof *tree, "spots");
    }
    for (size_t i = 0; i < g->rows; i++) {
        tree[i] = QD_NO_TRACK; /* the edges say */
    }
    qd_gather_flatten(g);
    drop_filtered(r);
    const qd_status status = qd_gather_segments(g, &r->trees, tree, r->edges, r->edge_count, g->path, r->error);
    qd_mem_free(tree);
    return status;
}

qd_status qd_tracks_read_trackmate_xml(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    reader r = {.g = g, .error = error, .frame = NAN};
    g->format = "TrackMate XML";
    g->rule = QD_LINEAGE_STRICT;
    g->lineage = true;
    qd_status status = parse(&r, bytes, size);
    status = status == QD_OK ? make_tracks(&r) : status;
    qd_numbering_clear(&r.trees);
    qd_mem_free(r.counts);
    qd_mem_free(r.edges);
    return status;
}

#else

qd_status qd_tracks_read_trackmate_xml(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    (void)bytes;
    (void)size;
    return qd_fail_at(error, QD_ERR_MISSING, g->path, 0, 0,
                      "this quadrat was built without libxml2 (package libxml2-dev), which TrackMate's XML needs");
}

#endif
