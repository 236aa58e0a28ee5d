/* The Cell Tracking Challenge: a text of tracks (label, first frame, last frame, parent or 0) beside 16-bit label
   images, one a frame, from which the cells are measured; where the raw images lie beside them, intensities too.

   Lengths are in pixels (data/region.h). */
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/image.h"
#include "data/input.h"
#include "data/region.h"
#include "data/tracks_gather.h"

#include <limits.h>
#include <string.h>

enum { LABELS = 65536, TEXT_LIMIT = 1 << 26, FRAMES = 100000 };

typedef struct segment {
    uint32_t begin, end; /* frames */
    uint64_t line;       /* 0: there is no such track */
    size_t track;        /* its number among those gathered, once it was seen */
    bool seen;
    uint32_t parent;
} segment;

typedef struct reader {
    qd_gathering *g;
    char folder[PATH_MAX]; /* with a slash at its end */
    char text[PATH_MAX];   /* path of the text */
    char raw[PATH_MAX];    /* folder of the raw images with a slash, or "" */
    const char *stem;      /* "man_track" or "mask" */
    int digits;            /* of a frame's number */
    segment *segment;      /* [LABELS] */
    size_t most;           /* the largest label of the text */
    qd_region *region;     /* [most + 1] */
    uint16_t stranger;     /* a label of the frame at hand that is larger; 0: none */
    uint32_t frames;
    qd_image labels, image;       /* of the frame at hand */
    size_t width, height, planes; /* of the first frame */
    qd_error *error;
} reader;

/* ------------------------------------------------------------------------------------------------- the places */

static const char *const texts[][2] = {{"man_track.txt", "man_track"}, {"res_track.txt", "mask"}};

static bool ends_with(const char *path, const char *name)
{
    const size_t length = strlen(path), size = strlen(name);
    return length >= size && strcmp(path + length - size, name) == 0 &&
           (length == size || path[length - size - 1] == '/');
}

bool qd_tracks_is_folder(const char *path)
{
    return qd_file_folder(path) || ends_with(path, texts[0][0]) || ends_with(path, texts[1][0]);
}

static bool put_path(char out[PATH_MAX], const char *folder, const char *name)
{
    return qd_text_format(out, PATH_MAX, "%s%s", folder, name) < PATH_MAX;
}

/* The path of an image; false where it is too long. */
static bool image_path(const char *folder, const char *stem, int digits, uint32_t frame, char out[PATH_MAX])
{
    return qd_text_format(out, PATH_MAX, "%s%s%0*u.tif", folder, stem, digits, frame) < PATH_MAX;
}

/* The raw images of 01_GT/TRA and of 01_RES are in 01. */
static void find_raw(reader *r)
{
    char folder[PATH_MAX], path[PATH_MAX];
    r->raw[0] = '\0';
    strcpy(folder, r->folder);
    size_t length = strlen(folder) - 1; /* the slash */
    if (length >= 4 && memcmp(folder + length - 4, "/TRA", 4) == 0) {
        length -= 4;
    }
    if (length >= 3 && memcmp(folder + length - 3, "_GT", 3) == 0) {
        length -= 3;
    } else if (length >= 4 && memcmp(folder + length - 4, "_RES", 4) == 0) {
        length -= 4;
    } else {
        return;
    }
    strcpy(folder + length, "/");
    if (image_path(folder, "t", r->digits, 0, path) && qd_file_exists(path)) {
        strcpy(r->raw, folder);
    }
}

/* Which of the texts is in the folder; 2: none. */
static size_t find_text(reader *r)
{
    size_t kind = 0;
    while (kind < 2 && !(put_path(r->text, r->folder, texts[kind][0]) && qd_file_exists(r->text))) {
        kind++;
    }
    return kind;
}

static qd_status find_places(reader *r, const char *path)
{
    size_t kind = 2;
    if (qd_file_folder(path)) {
        const char *slash = path[0] != '\0' && path[strlen(path) - 1] == '/' ? "" : "/";
        if (strlen(path) + 2 > PATH_MAX) {
            return qd_fail_at(r->error, QD_ERR_FILE, path, 0, 0, "too long a path");
        }
        qd_text_format(r->folder, PATH_MAX, "%s%s", path, slash);
        kind = find_text(r);
        if (kind == 2 && strlen(r->folder) + strlen("TRA/") < PATH_MAX) { /* 01_GT for 01_GT/TRA */
            strcat(r->folder, "TRA/");
            kind = find_text(r);
        }
    } else if (strlen(path) < PATH_MAX - 2) {
        kind = ends_with(path, texts[0][0]) ? 0 : 1;
        strcpy(r->text, path);
        strcpy(r->folder, path);
        r->folder[strlen(path) - strlen(texts[kind][0])] = '\0';
        if (r->folder[0] == '\0') {
            strcpy(r->folder, "./");
        }
    }
    if (kind == 2) {
        return qd_fail_at(r->error, QD_ERR_FILE, path, 0, 0,
                          "a directory with neither man_track.txt nor res_track.txt in it");
    }
    r->stem = texts[kind][1];
    return QD_OK;
}

/* Numbers of frames have 3 digits, or 4. */
static qd_status find_digits(reader *r)
{
    char path[PATH_MAX];
    for (r->digits = 3; r->digits <= 5; r->digits++) {
        if (image_path(r->folder, r->stem, r->digits, 0, path) && qd_file_exists(path)) {
            find_raw(r);
            return QD_OK;
        }
    }
    return qd_fail_at(r->error, QD_ERR_FILE, r->text, 0, 0, "the label image %s000.tif is missing beside it", r->stem);
}

/* --------------------------------------------------------------------------------------------------- the text */

/* A line of four whole numbers, terminated. */
static qd_status read_line(reader *r, const char *text, uint64_t line)
{
    static const char *const names[] = {"label", "first frame", "last frame", "parent"};
    int64_t number[4];
    for (size_t k = 0; k < 4; k++) {
        text += strspn(text, " \t");
        const size_t length = strcspn(text, " \t\r");
        if (!qd_text_to_integer(text, length, &number[k]) || number[k] < 0 || number[k] >= (k % 3 ? FRAMES : LABELS)) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, line, k + 1,
                              "'%.*s' is no %s; expected label, first frame, last frame, parent",
                              (int)(length < 40 ? length : 40), text, names[k]);
        }
        text += length;
    }
    if (text[strspn(text, " \t\r")] != '\0') {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, line, 5, "more than four numbers");
    }
    segment *s = &r->segment[number[0]];
    if (number[0] == 0 || s->line != 0) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, line, 1,
                          number[0] == 0 ? "label 0 is the background" : "this label is on an earlier line too");
    }
    if (number[2] < number[1]) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, line, 3, "the track ends before it begins");
    }
    *s = (segment){
        .begin = (uint32_t)number[1], .end = (uint32_t)number[2], .line = line, .parent = (uint32_t)number[3]};
    r->frames = s->end >= r->frames ? s->end + 1 : r->frames;
    r->most = (size_t)number[0] > r->most ? (size_t)number[0] : r->most;
    return QD_OK;
}

/* The line ends in `text` become NULs. */
static qd_status read_lines(reader *r, char *text, size_t size)
{
    qd_status status = QD_OK;
    uint64_t line = 1;
    for (char *end = text + size; text < end && status == QD_OK; line++) {
        char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        *stop = '\0';
        if (text[strspn(text, " \t\r")] != '\0') {
            status = read_line(r, text, line);
        }
        text = stop + 1;
    }
    if (status == QD_OK && r->frames == 0) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, 0, 0, "no tracks");
    }
    return status;
}

/* Parents by their frames as the text says them: the images may lack a cell for a while. */
static qd_status check_parents(const reader *r)
{
    for (size_t label = 1; label <= r->most; label++) {
        const segment *s = &r->segment[label];
        if (s->line == 0 || s->parent == 0) {
            continue;
        }
        const segment *p = &r->segment[s->parent];
        if (p->line == 0) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, s->line, 4, "the parent of track %zu, %u, is not there",
                              label, s->parent);
        }
        if (p->end >= s->begin) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, s->line, 4,
                              "track %zu begins in frame %u and its parent %u %s %u", label, s->begin, s->parent,
                              p->begin >= s->begin ? "only in frame" : "overlaps it, to frame",
                              p->begin >= s->begin ? p->begin : p->end);
        }
    }
    return QD_OK;
}

static qd_status read_text(reader *r)
{
    char *text;
    size_t size;
    qd_status status = qd_input_read(r->text, TEXT_LIMIT, &text, &size, r->error);
    if (status != QD_OK) {
        return status;
    }
    status = read_lines(r, text, size);
    qd_mem_free(text);
    return status == QD_OK ? check_parents(r) : status;
}

/* ------------------------------------------------------------------------------------------------- the images */

static qd_status check_size(const reader *r, const char *path, const qd_image *image, bool labels)
{
    if (labels && image->bits != 16) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, path, 0, 0, "%d bits a pixel; label images have 16", image->bits);
    }
    if (image->width != r->width || image->height != r->height || image->planes != r->planes) {
        return qd_fail_at(r->error, QD_ERR_FORMAT, path, 0, 0,
                          "%zu x %zu x %zu pixels; the first label image has %zu x %zu x %zu", image->width,
                          image->height, image->planes, r->width, r->height, r->planes);
    }
    return QD_OK;
}

static qd_status read_image(reader *r, const char *folder, const char *stem, uint32_t frame, bool labels,
                            qd_image *image)
{
    char path[PATH_MAX];
    if (!image_path(folder, stem, r->digits, frame, path)) {
        return qd_fail_at(r->error, QD_ERR_FILE, folder, 0, 0, "too long a path");
    }
    const qd_status status = qd_image_read(path, r->g->options->limit, image, r->error);
    if (status == QD_OK && r->width == 0) {
        r->width = image->width;
        r->height = image->height;
        r->planes = image->planes;
    }
    return status == QD_OK ? check_size(r, path, image, labels) : status;
}

static qd_status read_images(reader *r, uint32_t frame)
{
    qd_image_clear(&r->labels);
    qd_image_clear(&r->image);
    const qd_status status = read_image(r, r->folder, r->stem, frame, true, &r->labels);
    return status == QD_OK && r->raw[0] != '\0' ? read_image(r, r->raw, "t", frame, false, &r->image) : status;
}

static void measure(reader *r)
{
    memset(r->region, 0, (r->most + 1) * sizeof *r->region);
    r->stranger = 0;
    size_t at = 0;
    for (size_t z = 0; z < r->planes; z++) {
        for (size_t y = 0; y < r->height; y++) {
            for (size_t x = 0; x < r->width; x++, at++) {
                const uint16_t label = r->labels.pixel[at];
                if (label == 0 || label > r->most) {
                    r->stranger = label > r->most ? label : r->stranger;
                    continue;
                }
                qd_region_add(&r->region[label], (double)x, (double)y, (double)z,
                              r->image.pixel != NULL ? r->image.pixel[at] : 0);
            }
        }
    }
}

/* A row of a cell: position, area (in 3-d: volume), axes, and intensities. */
static void set_row(const reader *r, const qd_region *region, float *x, double *position)
{
    const int dimensions = r->planes > 1 ? 3 : 2;
    double axes[3], mean, sd;
    qd_region_shape(region, dimensions, position, axes);
    *x++ = (float)region->count;
    for (int k = 0; k < dimensions; k++) {
        *x++ = (float)axes[k];
    }
    if (r->image.pixel != NULL) {
        qd_region_intensity(region, &mean, &sd);
        *x++ = (float)mean;
        *x = (float)sd;
    }
}

static qd_status name_features(reader *r)
{
    static const char *const flat[] = {"area", "major_axis", "minor_axis", NULL};
    static const char *const deep[] = {"volume", "major_axis", "middle_axis", "minor_axis", NULL};
    static const char *const intensity[] = {"intensity", "intensity_sd", NULL};
    const char *const *const lists[] = {r->planes > 1 ? deep : flat,
                                        r->image.pixel != NULL ? intensity : intensity + 2};
    qd_status status = QD_OK;
    for (size_t k = 0; k < 2; k++) {
        for (const char *const *name = lists[k]; *name != NULL && status == QD_OK; name++) {
            status = qd_gather_feature(r->g, *name, r->error);
        }
    }
    return status == QD_OK ? qd_gather_open(r->g, 0, r->planes > 1 ? 3 : 2, r->error) : status;
}

/* A label of a frame becomes a row of its track. */
static qd_status add_cell(reader *r, uint32_t frame, size_t label)
{
    qd_gathering *g = r->g;
    segment *s = &r->segment[label];
    char id[16];
    if (s->line == 0 || frame < s->begin || frame > s->end) {
        char path[PATH_MAX] = "";
        image_path(r->folder, r->stem, r->digits, frame, path);
        return s->line == 0
                   ? qd_fail_at(r->error, QD_ERR_FORMAT, path, 0, 0, "the label %zu is none of the tracks of %.200s",
                                label, r->text)
                   : qd_fail_at(r->error, QD_ERR_FORMAT, path, 0, 0,
                                "the label %zu is here, but its track is from frame %u to %u", label, s->begin, s->end);
    }
    qd_text_format(id, sizeof id, "%zu", label);
    qd_status status = s->seen ? QD_OK : qd_gather_track(g, id, &s->track, r->error);
    if (status == QD_OK && !s->seen && s->parent != 0) {
        qd_text_format(id, sizeof id, "%u", s->parent);
        status = qd_gather_parent(g, s->track, id, s->line, r->error);
    }
    s->seen = true;
    status = status == QD_OK ? qd_gather_row(g, r->error) : status;
    if (status != QD_OK) {
        return status;
    }
    g->track[g->rows] = s->track;
    g->time[g->rows] = frame;
    g->object[g->rows] = (int64_t)label;
    set_row(r, &r->region[label], g->x + g->rows * g->features, g->position + g->rows * g->dimensions);
    g->rows++;
    return QD_OK;
}

static qd_status read_frame(reader *r, uint32_t frame)
{
    qd_status status = read_images(r, frame);
    if (status == QD_OK && frame == 0) {
        status = name_features(r);
    }
    if (status != QD_OK) {
        return status;
    }
    measure(r);
    for (size_t label = 1; label <= r->most && status == QD_OK; label++) {
        status = r->region[label].count > 0 ? add_cell(r, frame, label) : QD_OK;
    }
    return status == QD_OK && r->stranger > 0 ? add_cell(r, frame, r->stranger) : status; /* which refuses it */
}

/* A track of which no image shows anything is a contradiction. */
static qd_status check_seen(const reader *r)
{
    for (size_t label = 1; label <= r->most; label++) {
        if (r->segment[label].line != 0 && !r->segment[label].seen) {
            return qd_fail_at(r->error, QD_ERR_FORMAT, r->text, r->segment[label].line, 1,
                              "no label image shows the track %zu", label);
        }
    }
    return QD_OK;
}

static qd_status read_all(reader *r, const char *path)
{
    qd_status status = find_places(r, path);
    status = status == QD_OK ? read_text(r) : status;
    status = status == QD_OK ? find_digits(r) : status;
    if (status != QD_OK) {
        return status;
    }
    r->region = qd_mem_new(r->most + 1, sizeof *r->region);
    if (r->region == NULL) {
        return qd_fail_memory(r->error, (r->most + 1) * sizeof *r->region, "tracks");
    }
    for (uint32_t frame = 0; frame < r->frames && status == QD_OK; frame++) {
        status = read_frame(r, frame);
    }
    return status == QD_OK ? check_seen(r) : status;
}

qd_status qd_tracks_read_ctc(const char *path, qd_gathering *g, qd_error *error)
{
    reader *r = qd_mem_new(1, sizeof *r);
    if (r == NULL) {
        return qd_fail_memory(error, sizeof *r, "tracks");
    }
    r->g = g;
    r->error = error;
    r->segment = qd_mem_new(LABELS, sizeof *r->segment);
    g->format = "Cell Tracking Challenge";
    g->rule = QD_LINEAGE_STRICT;
    g->lineage = true;
    const qd_status status =
        r->segment == NULL ? qd_fail_memory(error, LABELS * sizeof *r->segment, "tracks") : read_all(r, path);
    qd_image_clear(&r->labels);
    qd_image_clear(&r->image);
    qd_mem_free(r->segment);
    qd_mem_free(r->region);
    qd_mem_free(r);
    return status;
}
