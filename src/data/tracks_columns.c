/* Which column of a table of tracks has which part: as the options say, or else by its name and its cells. */
#include "data/tracks_columns.h"
#include "base/mem.h"
#include "base/sort.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FAMILY = 3, CATEGORIES = 1000 }; /* fewest columns of a wide table; most values of a categorical column */

/* Names by which a part is known, the likeliest first, in any case. */
static const char *const id_names[] = {"track_id", "trackid",  "track", "cell_id", "cellid",
                                       "cell",     "particle", "id",    NULL};
static const char *const time_names[] = {"frame", "t", "time", "timepoint", "time_point", "position_t", NULL};
static const char *const label_names[] = {"label", "class", "state", "phase", NULL};
static const char *const parent_names[] = {"parent",    "parent_id", "parent_track_id", "parenttrackid", "mother",
                                           "mother_id", NULL};
static const char *const object_names[] = {"object_id", "objectid", "object", "spot_id", "mask_id", NULL};

/* Beginnings of names that tell of the lineage or the fate: no features unless they are asked for. */
static const char *const lineage_names[] = {"root",  "generation", "parent",  "daughter", "mother",  "sister",
                                            "dummy", "tree",       "lineage", "fate",     "divides", NULL};

typedef struct finder {
    const qd_table *table;
    const bool *counts; /* [rows] */
    qd_gathering *g;
    qd_track_columns *c;
    bool *used;         /* [columns]: has a part already */
    bool *listed;       /* [columns]: its cells are lists */
    qd_numbering stems; /* of the columns that end with a number and have no part of their own */
    size_t *family;     /* [columns]: number of the stem, or QD_NO_COLUMN */
    size_t *members;    /* [stems]: columns of it */
    size_t *first;      /* [stems]: the first of them */
    qd_error *error;
} finder;

/* The column that an option names, or else the first of the known names. */
static qd_status find_part(finder *f, const char *option, const char *const *known, size_t *column)
{
    *column = QD_NO_COLUMN;
    if (*option != '\0') {
        return qd_table_find(f->table, option, column, f->error);
    }
    for (; *known != NULL && *column == QD_NO_COLUMN; known++) {
        for (size_t c = 0; c < qd_table_columns(f->table) && *column == QD_NO_COLUMN; c++) {
            if (!f->used[c] && strcasecmp(qd_table_name(f->table, c), *known) == 0) {
                *column = c;
            }
        }
    }
    return QD_OK;
}

static qd_status take_part(finder *f, const char *option, const char *const *known, size_t *column)
{
    const qd_status status = find_part(f, option, known, column);
    if (status == QD_OK && *column != QD_NO_COLUMN) {
        f->used[*column] = true;
    }
    return status;
}

/* ----------------------------------------------------------------------------------------------- the shape */

static bool is_list(const char *cell)
{
    const size_t length = strlen(cell);
    return length >= 2 && cell[0] == '[' && cell[length - 1] == ']';
}

static bool holds_lists(const finder *f, size_t column)
{
    for (size_t i = 0; i < qd_table_rows(f->table); i++) {
        const char *cell = qd_table_cell(f->table, i, column);
        if (f->counts[i] && !qd_table_missing(cell)) {
            return is_list(cell);
        }
    }
    return false;
}

/* The number that ends a column's name, and the length of the stem before it; false without a number. */
static bool find_stem(const char *name, size_t *stem, int64_t *number)
{
    size_t length = strlen(name), digits = 0;
    while (digits < length && isdigit((unsigned char)name[length - digits - 1])) {
        digits++;
    }
    *stem = length - digits;
    return digits > 0 && digits < 10 && qd_text_to_integer(name + *stem, digits, number);
}

static qd_status add_stem(finder *f, const char *name, size_t length, size_t column)
{
    char *stem = qd_mem_new(length + 1, 1);
    if (stem == NULL) {
        return qd_fail_memory(f->error, length, "columns");
    }
    memcpy(stem, name, length);
    const size_t before = f->stems.count;
    const qd_status status = qd_numbering_add(&f->stems, stem, &f->family[column], f->error);
    qd_mem_free(stem);
    if (status == QD_OK) {
        const size_t k = f->family[column];
        f->first[k] = f->stems.count > before ? column : f->first[k];
        f->members[k]++;
    }
    return status;
}

static qd_status find_families(finder *f)
{
    const size_t columns = qd_table_columns(f->table);
    f->family = qd_mem_new(columns, sizeof *f->family);
    f->members = qd_mem_new(columns, sizeof *f->members);
    f->first = qd_mem_new(columns, sizeof *f->first);
    if (f->family == NULL || f->members == NULL || f->first == NULL) {
        return qd_fail_memory(f->error, columns * sizeof *f->family, "columns");
    }
    qd_status status = QD_OK;
    for (size_t c = 0; c < columns && status == QD_OK; c++) {
        const char *name = qd_table_name(f->table, c);
        size_t stem;
        int64_t number;
        f->family[c] = QD_NO_COLUMN;
        if (!f->used[c] && find_stem(name, &stem, &number)) {
            status = add_stem(f, name, stem, c);
        }
    }
    return status;
}

/* Is this column the first of a family of FAMILY columns at least? */
static bool begins_family(const finder *f, size_t column)
{
    const size_t k = f->family[column];
    return k != QD_NO_COLUMN && f->first[k] == column && f->members[k] >= FAMILY && !f->used[column];
}

static qd_status ids_repeat(const finder *f, bool *repeat)
{
    qd_numbering ids = {0};
    qd_status status = QD_OK;
    *repeat = false;
    for (size_t i = 0; f->c->id != QD_NO_COLUMN && i < qd_table_rows(f->table) && !*repeat && status == QD_OK; i++) {
        const size_t before = ids.count;
        size_t number;
        if (f->counts[i]) {
            status = qd_numbering_add(&ids, qd_table_cell(f->table, i, f->c->id), &number, f->error);
            *repeat = ids.count == before;
        }
    }
    qd_numbering_clear(&ids);
    return status;
}

static qd_status find_shape(finder *f)
{
    bool lists = false, family = false, repeat = false;
    for (size_t c = 0; c < qd_table_columns(f->table); c++) {
        f->listed[c] = !f->used[c] && holds_lists(f, c);
        lists = lists || f->listed[c];
    }
    qd_status status = find_families(f);
    if (status == QD_OK && !lists && f->c->time == QD_NO_COLUMN) {
        status = ids_repeat(f, &repeat);
        for (size_t c = 0; c < qd_table_columns(f->table) && status == QD_OK && !repeat && !family; c++) {
            family = begins_family(f, c);
        }
    }
    f->c->shape = lists ? QD_SHAPE_LISTS : family ? QD_SHAPE_WIDE : QD_SHAPE_LONG;
    return status;
}

/* ---------------------------------------------------------------------------------------------- features */

static qd_status add_source(finder *f, qd_track_source source, const char *name)
{
    qd_track_source *grown = qd_mem_resize(f->c->source, f->c->sources, f->c->sources + 1, sizeof *grown);
    if (grown == NULL) {
        qd_mem_free(source.value);
        qd_mem_free(source.member);
        return qd_fail_memory(f->error, sizeof source, "features");
    }
    f->c->source = grown;
    f->c->source[f->c->sources++] = source;
    f->used[source.column] = true;
    return qd_gather_feature(f->g, name, f->error);
}

/* Is every cell that counts a number or missing, and one at least a number? */
static bool holds_numbers(const finder *f, size_t column)
{
    bool number = false;
    double value;
    for (size_t i = 0; i < qd_table_rows(f->table); i++) {
        if (!f->counts[i] || qd_table_missing(qd_table_cell(f->table, i, column))) {
            continue;
        }
        if (qd_table_number(f->table, i, column, &value, NULL) != QD_OK) {
            return false;
        }
        number = true;
    }
    return number;
}

static bool tells_lineage(const char *name)
{
    for (const char *const *known = lineage_names; *known != NULL; known++) {
        if (strncasecmp(name, *known, strlen(*known)) == 0) {
            return true;
        }
    }
    return false;
}

/* The number that a column's name ends with; it has one. */
static double frame_of(const finder *f, size_t column)
{
    size_t stem;
    int64_t number = 0;
    find_stem(qd_table_name(f->table, column), &stem, &number);
    return (double)number;
}

/* Is this column a member of a family? */
static bool is_member(const finder *f, size_t column)
{
    return f->family[column] != QD_NO_COLUMN && f->members[f->family[column]] >= FAMILY;
}

/* The numbers that the columns of the families end with, each once, in order. */
static qd_status find_frames(finder *f)
{
    const size_t columns = qd_table_columns(f->table);
    double *frame = qd_mem_new(columns, sizeof *frame);
    if (frame == NULL) {
        return qd_fail_memory(f->error, columns * sizeof *frame, "features");
    }
    size_t count = 0;
    f->c->frame = frame;
    for (size_t c = 0; c < columns; c++) {
        if (is_member(f, c)) {
            frame[count++] = frame_of(f, c);
        }
    }
    qd_sort_doubles(frame, count);
    for (size_t i = 0; i < count; i++) {
        if (f->c->frames == 0 || frame[i] != frame[f->c->frames - 1]) {
            frame[f->c->frames++] = frame[i];
        }
    }
    return QD_OK;
}

/* The columns of one stem, each at its frame. */
static qd_status add_family(finder *f, size_t column)
{
    const qd_track_columns *c = f->c;
    qd_track_source source = {.kind = QD_SOURCE_FAMILY, .column = column};
    source.member = qd_mem_new(c->frames, sizeof *source.member);
    if (source.member == NULL) {
        return qd_fail_memory(f->error, c->frames * sizeof *source.member, "features");
    }
    for (size_t t = 0; t < c->frames; t++) {
        source.member[t] = QD_NO_COLUMN;
    }
    for (size_t k = 0; k < qd_table_columns(f->table); k++) {
        if (f->family[k] == f->family[column]) {
            const double number = frame_of(f, k);
            const double *found = bsearch(&number, c->frame, c->frames, sizeof *c->frame, qd_compare_doubles);
            source.member[found - c->frame] = k;
            f->used[k] = true;
        }
    }
    const char *stem = f->stems.text[f->family[column]];
    char name[128];
    size_t length = strlen(stem);
    while (length > 1 && strchr("_.- ", stem[length - 1]) != NULL) {
        length--;
    }
    qd_text_format(name, sizeof name, "%.*s", (int)(length < 120 ? length : 120), stem);
    return add_source(f, source, length == 0 ? "value" : name);
}

/* A feature by the name that the user gives it: of a wide table a family's stem or a column. */
static qd_status add_named(finder *f, const char *name)
{
    const size_t length = strlen(name);
    for (size_t c = 0; f->c->shape == QD_SHAPE_WIDE && c < qd_table_columns(f->table); c++) {
        if (!begins_family(f, c)) {
            continue;
        }
        const char *stem = f->stems.text[f->family[c]];
        if (strncmp(stem, name, length) == 0 && length + strspn(stem + length, "_.- ") == strlen(stem)) {
            return add_family(f, c);
        }
    }
    size_t column;
    const qd_status status = qd_table_find(f->table, name, &column, f->error);
    if (status != QD_OK) {
        return status;
    }
    const qd_source_kind kind = f->listed[column] ? QD_SOURCE_LIST : QD_SOURCE_NUMBER;
    return add_source(f, (qd_track_source){.kind = kind, .column = column}, name);
}

/* What is taken where no features are named. */
static qd_status add_default(finder *f)
{
    qd_status status = QD_OK;
    for (size_t c = 0; c < qd_table_columns(f->table) && status == QD_OK; c++) {
        const char *name = qd_table_name(f->table, c);
        if (f->used[c]) {
            continue;
        }
        switch (f->c->shape) {
        case QD_SHAPE_LONG:
            if (!tells_lineage(name) && holds_numbers(f, c)) {
                status = add_source(f, (qd_track_source){.kind = QD_SOURCE_NUMBER, .column = c}, name);
            }
            break;
        case QD_SHAPE_WIDE:
            if (begins_family(f, c)) {
                status = add_family(f, c);
            }
            break;
        case QD_SHAPE_LISTS:
            if (f->listed[c]) {
                status = add_source(f, (qd_track_source){.kind = QD_SOURCE_LIST, .column = c}, name);
            }
            break;
        }
    }
    return status;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A feature for each value of a column, in the order of their texts. */
static qd_status add_category(finder *f, size_t column)
{
    qd_numbering values = {0};
    qd_status status = QD_OK;
    size_t number;
    for (size_t i = 0; i < qd_table_rows(f->table) && status == QD_OK; i++) {
        const char *cell = qd_table_cell(f->table, i, column);
        if (f->counts[i] && !qd_table_missing(cell)) {
            status = qd_numbering_add(&values, cell, &number, f->error);
        }
        if (values.count > CATEGORIES) {
            status = qd_fail_at(f->error, QD_ERR_VALUE, qd_table_path(f->table), 0, 0,
                                "categorical: the column %.60s has more than %d values",
                                qd_table_name(f->table, column), CATEGORIES);
        }
    }
    if (status == QD_OK && values.count > 0) { /* the slots are not asked for any more */
        qsort(values.text, values.count, sizeof *values.text, compare_texts);
    }
    for (size_t k = 0; k < values.count && status == QD_OK; k++) {
        char *const parts[] = {(char *)qd_table_name(f->table, column), values.text[k]};
        char *name, *value = qd_mem_string(values.text[k]);
        status = qd_names_join(2, parts, "=", &name, f->error);
        if (status == QD_OK) {
            status = value == NULL ? qd_fail_memory(f->error, strlen(values.text[k]), "features")
                                   : add_source(f, (qd_track_source){QD_SOURCE_CATEGORY, column, value, NULL}, name);
            qd_mem_free(name);
        } else {
            qd_mem_free(value);
        }
    }
    qd_numbering_clear(&values);
    return status;
}

typedef qd_status (*named_column)(finder *f, const char *name);

static qd_status each_name(finder *f, const char *list, named_column what)
{
    qd_names names;
    qd_status status = qd_names_read(list, &names, f->error);
    for (size_t k = 0; k < names.count && status == QD_OK; k++) {
        status = what(f, names.name[k]);
    }
    qd_names_clear(&names);
    return status;
}

static qd_status add_categorical(finder *f, const char *name)
{
    size_t column;
    const qd_status status = qd_table_find(f->table, name, &column, f->error);
    return status == QD_OK ? add_category(f, column) : status;
}

static qd_status take_categorical(finder *f, const char *name) /* so that it is no feature of numbers beside */
{
    size_t column;
    const qd_status status = qd_table_find(f->table, name, &column, f->error);
    if (status == QD_OK) {
        f->used[column] = true;
    }
    return status;
}

static qd_status find_features(finder *f)
{
    qd_status status = f->c->shape == QD_SHAPE_WIDE ? find_frames(f) : QD_OK;
    if (status == QD_OK) {
        status = each_name(f, f->g->options->categorical, take_categorical);
    }
    if (status == QD_OK && *f->g->options->features != '\0') {
        status = each_name(f, f->g->options->features, add_named);
    } else if (status == QD_OK && f->c->positions == 0) {
        status = add_default(f);
    }
    return status == QD_OK ? each_name(f, f->g->options->categorical, add_categorical) : status;
}

/* ------------------------------------------------------------------------------------------- other parts */

static qd_status add_position(finder *f, const char *name)
{
    size_t column;
    const qd_status status = qd_table_find(f->table, name, &column, f->error);
    if (status != QD_OK) {
        return status;
    }
    if (f->c->positions == 3) {
        return qd_fail(f->error, QD_ERR_VALUE, "position: two or three columns, as x,y");
    }
    f->used[column] = true;
    f->c->position[f->c->positions++] = column;
    return QD_OK;
}

static qd_status add_key(finder *f, const char *name)
{
    static const char *const own[] = {"id", "root", "parent"};
    for (size_t c = 0; c < qd_table_columns(f->table); c++) {
        if (strcmp(qd_table_name(f->table, c), name) == 0) {
            f->used[c] = true;
            f->c->key[f->c->keys++] = c;
            return QD_OK;
        }
    }
    for (size_t k = 0; k < sizeof own / sizeof own[0]; k++) {
        if (strcmp(own[k], name) == 0) {
            return QD_OK; /* the tracks know it themselves */
        }
    }
    size_t column;
    return qd_table_find(f->table, name, &column, f->error); /* refuses it */
}

static qd_status find_keys(finder *f)
{
    size_t most = 1;
    for (const char *p = f->g->options->keep; *p != '\0'; p++) {
        most += *p == ',';
    }
    f->c->key = qd_mem_new(most, sizeof *f->c->key);
    return f->c->key != NULL ? each_name(f, f->g->options->keep, add_key)
                             : qd_fail_memory(f->error, most * sizeof *f->c->key, "columns");
}

/* "A,t1,B,t2,C" */
static qd_status find_phases(finder *f)
{
    if (*f->g->options->phases == '\0' || f->g->options->unlabelled) {
        return QD_OK;
    }
    qd_track_columns *c = f->c;
    qd_status status = qd_names_read(f->g->options->phases, &c->phase, f->error);
    if (status == QD_OK && c->phase.count % 2 == 0) {
        status = qd_fail(f->error, QD_ERR_VALUE,
                         "phases: names with a column of times between each two, as B,initiation_time,C");
    }
    if (status != QD_OK) {
        return status;
    }
    c->phases = (c->phase.count + 1) / 2;
    c->phase_time = qd_mem_new(c->phases, sizeof *c->phase_time);
    if (c->phase_time == NULL) {
        return qd_fail_memory(f->error, c->phases * sizeof *c->phase_time, "phases");
    }
    for (size_t k = 0; k + 1 < c->phases && status == QD_OK; k++) {
        status = qd_table_find(f->table, c->phase.name[2 * k + 1], &c->phase_time[k], f->error);
        if (status == QD_OK) {
            f->used[c->phase_time[k]] = true;
        }
    }
    return status;
}

/* The times of a table of lists are the list whose name says so. */
static void find_list_of_times(finder *f)
{
    if (f->c->time != QD_NO_COLUMN && !holds_lists(f, f->c->time)) {
        f->c->time = QD_NO_COLUMN;
    }
    for (size_t c = 0; c < qd_table_columns(f->table) && f->c->time == QD_NO_COLUMN; c++) {
        const char *name = qd_table_name(f->table, c);
        if (f->listed[c] && (strncasecmp(name, "time", 4) == 0 || strncasecmp(name, "frame", 5) == 0)) {
            f->c->time = c;
            f->used[c] = true;
            f->listed[c] = false;
        }
    }
}

/* The column of labels; where none are read, it is still no feature. */
static qd_status find_label(finder *f)
{
    const qd_track_options *o = f->g->options;
    static const char *const nothing[] = {NULL};
    const char *const named[] = {o->label, NULL};
    const char *const *known = *o->phases != '\0' ? nothing : label_names;
    if (!o->unlabelled) {
        return take_part(f, o->label, known, &f->c->label);
    }
    const qd_status status = take_part(f, "", *o->label != '\0' ? named : known, &f->c->label);
    f->c->label = QD_NO_COLUMN;
    return status;
}

static qd_status find_all(finder *f)
{
    const qd_track_options *o = f->g->options;
    qd_status status = take_part(f, o->id, id_names, &f->c->id);
    status = status == QD_OK ? take_part(f, o->time, time_names, &f->c->time) : status;
    status = status == QD_OK ? take_part(f, o->parent, parent_names, &f->c->parent) : status;
    status = status == QD_OK ? take_part(f, o->object, object_names, &f->c->object) : status;
    status = status == QD_OK ? find_label(f) : status;
    status = status == QD_OK ? each_name(f, o->position, add_position) : status;
    status = status == QD_OK ? find_phases(f) : status;
    status = status == QD_OK ? find_keys(f) : status;
    status = status == QD_OK ? find_shape(f) : status;
    if (status != QD_OK) {
        return status;
    }
    if (f->c->positions == 1) {
        return qd_fail(f->error, QD_ERR_VALUE, "position: two or three columns, as x,y");
    }
    if (f->c->shape == QD_SHAPE_LISTS) {
        find_list_of_times(f);
    } else if (f->c->shape == QD_SHAPE_LONG && f->c->id == QD_NO_COLUMN) {
        return qd_table_find(f->table, "id", &f->c->id, f->error); /* refuses it, and says what there is */
    }
    return find_features(f);
}

qd_status qd_track_columns_find(const qd_table *table, const bool *counts, qd_gathering *g, qd_track_columns *columns,
                                qd_error *error)
{
    *columns = (qd_track_columns){0};
    finder f = {.table = table, .counts = counts, .g = g, .c = columns, .error = error};
    f.used = qd_mem_new(qd_table_columns(table), sizeof *f.used);
    f.listed = qd_mem_new(qd_table_columns(table), sizeof *f.listed);
    const qd_status status =
        f.used == NULL || f.listed == NULL ? qd_fail_memory(error, qd_table_columns(table), "columns") : find_all(&f);
    qd_mem_free(f.used);
    qd_mem_free(f.listed);
    qd_mem_free(f.family);
    qd_mem_free(f.members);
    qd_mem_free(f.first);
    qd_numbering_clear(&f.stems);
    return status;
}

void qd_track_columns_clear(qd_track_columns *columns)
{
    for (size_t k = 0; k < columns->sources; k++) {
        qd_mem_free(columns->source[k].value);
        qd_mem_free(columns->source[k].member);
    }
    qd_mem_free(columns->source);
    qd_mem_free(columns->frame);
    qd_mem_free(columns->phase_time);
    qd_mem_free(columns->key);
    qd_names_clear(&columns->phase);
    *columns = (qd_track_columns){0};
}
