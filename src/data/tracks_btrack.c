/* btrack's HDF5: objects/TYPE/{coords [N][5] t x y z type, labels [N][..], properties/NAME}, tracks/TYPE/{tracks [M],
   map [K][2], LBEPR [K][6] label first last parent root generation, dummies [D][5]}.

   `tracks` are rows of coords; below 0 they are dummies, -1 the first: objects that the tracker made up where it saw
   none. Where the tracker looked at a part of the objects alone (attribute f_expr, "area>100"), they are rows of that
   part. */
#include "base/mem.h"
#include "base/text.h"
#include "data/hdf5_file.h"
#include "data/tracks_gather.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { NAME = 128, PATH = 400 };

typedef struct set {
    double *data; /* [rows][columns] */
    size_t rows, columns;
} set;

typedef struct reader {
    qd_gathering *g;
    qd_hdf5 *file;
    char type[NAME]; /* obj_type_1 */
    set coords, labels, tracks, map, lbepr, dummies;
    size_t properties;
    set *property;    /* [properties] */
    size_t *filtered; /* row of coords of each object that the tracker saw; NULL: all of them */
    size_t objects;   /* those that it saw */
    qd_error *error;
} reader;

bool qd_tracks_is_hdf5(const char *bytes, size_t size)
{
    return size >= 8 && memcmp(bytes, "\x89HDF\r\n\x1a\n", 8) == 0;
}

static qd_status refuse(const reader *r, const char *format, double value, size_t row)
{
    char text[32];
    qd_text_from_double(value, text, sizeof text);
    return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, 0, 0, format, r->type, text, row);
}

/* ------------------------------------------------------------------------------------------------ the datasets */

static qd_status read_set(reader *r, const char *group, const char *name, size_t least, bool must, set *out)
{
    char path[PATH];
    qd_text_format(path, sizeof path, "%s/%s/%s", group, r->type, name);
    if (!must && !qd_hdf5_has(r->file, path)) {
        return QD_OK;
    }
    return qd_hdf5_read(r->file, path, least, r->g->options->limit, &out->data, &out->rows, &out->columns, r->error);
}

static qd_status read_sets(reader *r)
{
    const struct {
        const char *group, *name;
        size_t least;
        bool must;
        set *out;
    } sets[] = {
        {"objects", "coords", 4, true, &r->coords}, {"objects", "labels", 1, false, &r->labels},
        {"tracks", "tracks", 1, true, &r->tracks},  {"tracks", "map", 2, true, &r->map},
        {"tracks", "LBEPR", 4, true, &r->lbepr},    {"tracks", "dummies", 4, false, &r->dummies},
    };
    qd_status status = QD_OK;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0] && status == QD_OK; i++) {
        status = read_set(r, sets[i].group, sets[i].name, sets[i].least, sets[i].must, sets[i].out);
    }
    if (status == QD_OK && r->map.rows != r->lbepr.rows) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, 0, 0, "tracks/%s: map has %zu tracks, LBEPR %zu",
                          r->type, r->map.rows, r->lbepr.rows);
    }
    if (status == QD_OK && r->labels.data != NULL && r->labels.rows != r->coords.rows) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, 0, 0, "objects/%s: coords has %zu objects, labels %zu",
                          r->type, r->coords.rows, r->labels.rows);
    }
    return status;
}

/* A property of several columns is several features: name_1, name_2, ... */
static qd_status name_property(reader *r, const char *name, size_t columns)
{
    qd_status status = QD_OK;
    for (size_t c = 0; c < columns && status == QD_OK; c++) {
        char text[NAME + 24];
        qd_text_format(text, sizeof text, columns > 1 ? "%s_%zu" : "%s", name, c + 1);
        status = qd_gather_feature(r->g, text, r->error);
    }
    return status;
}

static qd_status read_properties(reader *r)
{
    char group[PATH], name[NAME], path[2 * PATH];
    qd_status status = QD_OK;
    qd_text_format(group, sizeof group, "objects/%s/properties", r->type);
    while (status == QD_OK && qd_hdf5_link(r->file, group, r->properties, name, sizeof name)) {
        set *grown = qd_mem_resize(r->property, r->properties, r->properties + 1, sizeof *grown);
        if (grown == NULL) {
            return qd_fail_memory(r->error, sizeof *grown, "properties");
        }
        r->property = grown;
        set *out = &r->property[r->properties++];
        qd_text_format(path, sizeof path, "%s/%s", group, name);
        status = qd_hdf5_read(r->file, path, 1, r->g->options->limit, &out->data, &out->rows, &out->columns, r->error);
        if (status == QD_OK && out->rows != r->coords.rows) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, 0, 0, "%s has %zu values; there are %zu objects",
                              path, out->rows, r->coords.rows);
        }
        status = status == QD_OK ? name_property(r, name, out->columns) : status;
    }
    return status;
}

/* "area>100": the objects whose property is so. */
static qd_status read_filter(reader *r)
{
    char path[PATH], text[NAME], sign[3] = "";
    double than;
    size_t f = 0;
    qd_text_format(path, sizeof path, "tracks/%s", r->type);
    r->objects = r->coords.rows;
    if (!qd_hdf5_attribute(r->file, path, "f_expr", text, sizeof text) || text[0] == '\0') {
        return QD_OK;
    }
    const size_t name = strcspn(text, "<>="), signs = strspn(text + name, "<>=");
    const char *number = text + name + signs;
    memcpy(sign, text + name, signs < 2 ? signs : 2);
    while (f < r->g->features &&
           (strncmp(r->g->feature.text[f], text, name) != 0 || r->g->feature.text[f][name] != '\0')) {
        f++;
    }
    if (f == r->g->features || f >= r->properties || signs < 1 || signs > 2 ||
        !qd_text_to_double(number, strlen(number), &than)) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, 0, 0,
                          "the tracks are of the objects with %.80s, which is not understood", text);
    }
    r->filtered = qd_mem_new(r->coords.rows, sizeof *r->filtered);
    if (r->filtered == NULL) {
        return qd_fail_memory(r->error, r->coords.rows * sizeof *r->filtered, "objects");
    }
    r->objects = 0;
    for (size_t i = 0; i < r->coords.rows; i++) {
        const double value = r->property[f].data[i * r->property[f].columns];
        const bool equal = sign[1] == '=' || sign[0] == '=';
        if ((sign[0] == '>' && value > than) || (sign[0] == '<' && value < than) || (equal && value == than)) {
            r->filtered[r->objects++] = i;
        }
    }
    return QD_OK;
}

/* -------------------------------------------------------------------------------------------------- the tracks */

/* Is the third coordinate in use? */
static bool is_deep(const reader *r)
{
    for (size_t i = 1; i < r->coords.rows; i++) {
        if (r->coords.data[i * r->coords.columns + 3] != r->coords.data[3]) {
            return true;
        }
    }
    return false;
}

static qd_status set_object(reader *r, size_t object, size_t row)
{
    qd_gathering *g = r->g;
    float *x = g->x + row * g->features;
    for (size_t p = 0; p < r->properties; p++) {
        for (size_t c = 0; c < r->property[p].columns; c++) {
            const float value = (float)r->property[p].data[object * r->property[p].columns + c];
            *x++ = isinf(value) ? NAN : value;
        }
    }
    if (r->labels.data == NULL) {
        return QD_OK;
    }
    char text[32];
    qd_text_from_double(r->labels.data[object * r->labels.columns], text, sizeof text);
    return qd_gather_class(g, text, &g->label[row], r->error);
}

/* Entry m of `tracks`, as the next row. */
static qd_status add_entry(reader *r, size_t track, size_t m)
{
    qd_gathering *g = r->g;
    const double entry = r->tracks.data[m * r->tracks.columns];
    const bool dummy = entry < 0;
    const double most = dummy ? (double)r->dummies.rows : (double)r->objects;
    const double place = dummy ? -entry - 1 : entry;
    if (!(place < most) || place != floor(place)) {
        return refuse(r, "tracks/%s/tracks: there is no object %s (entry %zu)", entry, m);
    }
    qd_status status = qd_gather_row(g, r->error);
    if (status != QD_OK) {
        return status;
    }
    const size_t row = g->rows;
    const size_t object = !dummy && r->filtered != NULL ? r->filtered[(size_t)place] : (size_t)place;
    const set *from = dummy ? &r->dummies : &r->coords;
    const double *coords = from->data + object * from->columns;
    g->track[row] = track;
    g->time[row] = coords[0];
    g->object[row] = (int64_t)entry;
    for (size_t d = 0; d < g->dimensions; d++) {
        g->position[row * g->dimensions + d] = coords[d + 1];
    }
    if (!isfinite(coords[0])) {
        return refuse(r, "objects/%s/coords: the time %s of object %zu is no number", coords[0], object);
    }
    status = dummy ? QD_OK : set_object(r, object, row);
    g->rows++;
    return status;
}

static qd_status add_track(reader *r, size_t k)
{
    const double *map = r->map.data + k * r->map.columns, *lbepr = r->lbepr.data + k * r->lbepr.columns;
    if (!(map[0] >= 0 && map[0] <= map[1] && map[1] <= (double)r->tracks.rows)) {
        return refuse(r, "tracks/%s/map: the end %s of track %zu (from 0) lies outside of the tracks", map[1], k);
    }
    char text[32];
    size_t track;
    const size_t before = r->g->ids.count;
    if (map[0] == map[1]) {
        return QD_OK;
    }
    qd_text_from_double(lbepr[0], text, sizeof text);
    qd_status status = qd_gather_track(r->g, text, &track, r->error);
    if (status == QD_OK && r->g->ids.count == before) {
        return refuse(r, "tracks/%s/LBEPR: the label %s of row %zu is there before", lbepr[0], k);
    }
    if (status == QD_OK && lbepr[3] != 0) {
        qd_text_from_double(lbepr[3], text, sizeof text);
        status = qd_gather_parent(r->g, track, text, 0, r->error);
    }
    for (size_t m = (size_t)map[0]; m < (size_t)map[1] && status == QD_OK; m++) {
        status = add_entry(r, track, m);
    }
    return status;
}

static qd_status read_all(reader *r)
{
    if (!qd_hdf5_link(r->file, "tracks", 0, r->type, sizeof r->type)) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->g->path, 0, 0,
                          "an HDF5 file without the group tracks; expected one of btrack's with tracks in it");
    }
    qd_status status = read_sets(r);
    status = status == QD_OK ? read_properties(r) : status;
    status = status == QD_OK ? read_filter(r) : status;
    if (status != QD_OK) {
        return status;
    }
    r->g->labels = r->labels.data != NULL;
    status = qd_gather_open(r->g, 0, is_deep(r) ? 3 : 2, r->error);
    for (size_t k = 0; k < r->map.rows && status == QD_OK; k++) {
        status = add_track(r, k);
    }
    return status;
}

qd_status qd_tracks_read_btrack(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    reader r = {.g = g, .error = error};
    g->format = "btrack HDF5";
    g->rule = QD_LINEAGE_STRICT;
    g->lineage = true;
    qd_status status = qd_hdf5_open(g->path, bytes, size, &r.file, error);
    if (status != QD_OK) {
        return status;
    }
    status = read_all(&r);
    for (size_t p = 0; p < r.properties; p++) {
        qd_mem_free(r.property[p].data);
    }
    void *const blocks[] = {r.property,    r.filtered, r.coords.data, r.labels.data,
                            r.tracks.data, r.map.data, r.lbepr.data,  r.dummies.data};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        qd_mem_free(blocks[i]);
    }
    qd_hdf5_close(r.file);
    return status;
}
