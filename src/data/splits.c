/* Splits: by a hash, by a table, or drawn within each class. */
#include "data/splits.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "data/names.h"
#include "data/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Fowler, Noll, Vo: h = (h xor byte) * prime. */
uint32_t qd_split_hash(const char *text, size_t length)
{
    uint32_t h = UINT32_C(2166136261);
    for (size_t i = 0; text[i] != '\0' && (length == 0 || i < length); i++) {
        h = (h ^ (unsigned char)text[i]) * UINT32_C(16777619);
    }
    return h;
}

/* --------------------------------------------------------------------------------------------- what is asked */

/* "hash:COLUMN[:NUMBER]" in parts. */
typedef struct hashing {
    char *column;
    size_t number; /* 0: none was given */
} hashing;

static bool is_hash(const char *text)
{
    return strncmp(text, "hash:", 5) == 0;
}

static qd_status read_hash(const char *text, hashing *h, qd_error *error)
{
    const char *column = text + strlen("hash:"), *colon = strrchr(column, ':');
    int64_t number;
    h->number = 0;
    h->column = qd_mem_string(column);
    if (h->column == NULL) {
        return qd_fail_memory(error, strlen(column), "a split");
    }
    if (colon != NULL && qd_text_to_integer(colon + 1, strlen(colon + 1), &number)) {
        if (number < 1) {
            qd_mem_free(h->column);
            return qd_fail(error, QD_ERR_USE, "%.60s: the number after the column must be at least 1", text);
        }
        h->number = (size_t)number;
        h->column[colon - column] = '\0';
    }
    if (*h->column == '\0') {
        qd_mem_free(h->column);
        return qd_fail(error, QD_ERR_USE, "%.60s: expected hash:COLUMN", text);
    }
    return QD_OK;
}

/* Adds a name to a list, in quotes where it needs them. */
static void add_column(char *list, const char *name)
{
    char *end = list + strlen(list);
    const bool quoted = strpbrk(name, ",\"") != NULL;
    if (end > list) {
        *end++ = ',';
    }
    if (quoted) {
        *end++ = '"';
    }
    for (; *name != '\0'; name++) {
        if (*name == '"') {
            *end++ = '"';
        }
        *end++ = *name;
    }
    if (quoted) {
        *end++ = '"';
    }
    *end = '\0';
}

qd_status qd_split_columns(const char *group, const char *split, const char *folds, char **columns, qd_error *error)
{
    const char *const texts[] = {split, folds};
    const size_t size = 2 * (strlen(group) + strlen(split) + strlen(folds)) + 16;
    char *list = qd_mem_new(size, 1);
    if (list == NULL) {
        return qd_fail_memory(error, size, "columns");
    }
    if (*group != '\0') {
        add_column(list, group);
    }
    qd_status status = QD_OK;
    for (size_t k = 0; k < 2 && status == QD_OK; k++) {
        hashing h;
        if (!is_hash(texts[k])) {
            continue;
        }
        status = read_hash(texts[k], &h, error);
        if (status == QD_OK) {
            if (strcmp(h.column, group) != 0 && (k == 0 || strstr(list, h.column) == NULL)) {
                add_column(list, h.column);
            }
            qd_mem_free(h.column);
        }
    }
    if (status != QD_OK) {
        qd_mem_free(list);
        return status;
    }
    *columns = list;
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------------- parts */

static qd_status split_by_hash(const qd_tracks *tracks, const char *split, qd_part *part, qd_error *error)
{
    hashing h;
    qd_status status = read_hash(split, &h, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        const char *value;
        status = qd_tracks_key(tracks, h.column, n, &value, error);
        if (status == QD_OK) {
            const uint32_t bucket = qd_split_hash(value, h.number) % 100;
            part[n] = bucket < 70 ? QD_PART_TRAIN : bucket < 85 ? QD_PART_VALID : QD_PART_TEST;
        }
    }
    qd_mem_free(h.column);
    return status;
}

static qd_part part_of(const char *text)
{
    static const struct {
        const char *name;
        qd_part part;
    } names[] = {{"train", QD_PART_TRAIN},      {"training", QD_PART_TRAIN}, {"valid", QD_PART_VALID},
                 {"validation", QD_PART_VALID}, {"val", QD_PART_VALID},      {"dev", QD_PART_VALID},
                 {"test", QD_PART_TEST},        {"testing", QD_PART_TEST}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            return names[i].part;
        }
    }
    return QD_PART_NONE;
}

/* The rows of a table of sets, each a track's id and part. */
static qd_status read_sets(const qd_tracks *tracks, const qd_table *table, const char *id_name, const char *set_name,
                           qd_part *part, qd_error *error)
{
    size_t id, set, known = 0;
    qd_numbering ids = {0};
    qd_status status = qd_table_find(table, id_name, &id, error);
    status = status == QD_OK ? qd_table_find(table, set_name, &set, error) : status;
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        size_t number;
        status = qd_numbering_add(&ids, tracks->id[n], &number, error); /* ids are distinct: number is n */
    }
    for (size_t i = 0; i < qd_table_rows(table) && status == QD_OK; i++) {
        const char *text = qd_table_cell(table, i, set);
        size_t n;
        const qd_part found = part_of(text);
        if (found == QD_PART_NONE) {
            status = qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, i), set + 1,
                                "the set is '%.40s'; expected train, validation or test", text);
        } else if (qd_numbering_find(&ids, qd_table_cell(table, i, id), &n)) {
            if (part[n] != QD_PART_NONE && part[n] != found) {
                status = qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, i), id + 1,
                                    "%.60s stands in two sets", tracks->id[n]);
            }
            part[n] = found;
            known++;
        }
    }
    if (status == QD_OK && known == 0) {
        status = qd_fail_at(error, QD_ERR_VALUE, qd_table_path(table), 0, 0,
                            "no track of %.100s is in the column %.60s", tracks->path, id_name);
    }
    qd_numbering_clear(&ids);
    return status;
}

/* "file:PATH:ID:SET" */
static qd_status split_by_file(const qd_tracks *tracks, const char *split, uint64_t limit, qd_part *part,
                               qd_error *error)
{
    char *path = qd_mem_string(split + strlen("file:"));
    if (path == NULL) {
        return qd_fail_memory(error, strlen(split), "a split");
    }
    char *set = strrchr(path, ':'), *id = NULL;
    if (set != NULL) {
        *set++ = '\0';
        id = strrchr(path, ':');
    }
    if (id == NULL) {
        qd_mem_free(path);
        return qd_fail(error, QD_ERR_USE, "split: expected file:TABLE:ID:SET, the names of two columns after the file");
    }
    *id++ = '\0';
    const qd_table_options options = {.limit = limit};
    qd_table *table;
    qd_status status = qd_table_read(path, &options, &table, error);
    if (status == QD_OK) {
        status = read_sets(tracks, table, id, set, part, error);
        qd_table_free(table);
    }
    qd_mem_free(path);
    return status;
}

/* The number of each track's group: of its text under the key, or of its own. */
static qd_status find_groups(const qd_tracks *tracks, const char *group, qd_numbering *groups, size_t *number,
                             qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        const char *text = tracks->id[n];
        status = *group != '\0' ? qd_tracks_key(tracks, group, n, &text, error) : QD_OK;
        if (status == QD_OK) {
            status = qd_numbering_add(groups, text, &number[n], error);
        }
    }
    return status;
}

static qd_status check_groups(const qd_tracks *tracks, const char *group, const qd_part *part, qd_error *error)
{
    size_t *number = qd_mem_new(tracks->count, sizeof *number);
    size_t *first = qd_mem_new(tracks->count, sizeof *first); /* of each group: its first track + 1 */
    qd_numbering groups = {0};
    qd_status status = number == NULL || first == NULL ? qd_fail_memory(error, tracks->count * sizeof *number, "groups")
                                                       : find_groups(tracks, group, &groups, number, error);
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        size_t *of = &first[number[n]];
        if (part[n] == QD_PART_NONE) {
            continue;
        }
        if (*of != 0 && part[*of - 1] != part[n]) {
            status = qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                                "the split parts the group %.60s: tracks %.60s and %.60s", groups.text[number[n]],
                                tracks->id[*of - 1], tracks->id[n]);
        }
        *of = n + 1;
    }
    qd_numbering_clear(&groups);
    qd_mem_free(number);
    qd_mem_free(first);
    return status;
}

qd_status qd_split_parts(const qd_tracks *tracks, const char *split, const char *group, uint64_t limit, qd_part *part,
                         qd_error *error)
{
    qd_status status;
    for (size_t n = 0; n < tracks->count; n++) {
        part[n] = QD_PART_NONE;
    }
    if (is_hash(split)) {
        status = split_by_hash(tracks, split, part, error);
    } else if (strncmp(split, "file:", 5) == 0) {
        status = split_by_file(tracks, split, limit, part, error);
    } else {
        return qd_fail(error, QD_ERR_USE, "split: '%.60s'; expected hash:COLUMN[:LENGTH] or file:TABLE:ID:SET", split);
    }
    if (status == QD_OK && *group != '\0') {
        status = check_groups(tracks, group, part, error);
    }
    size_t train = 0;
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        train += part[n] == QD_PART_TRAIN;
    }
    if (status == QD_OK && train == 0) {
        return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0, "the split %.60s leaves no track to train on",
                          split);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ draw within class */

typedef struct drawn {
    size_t stratum; /* class */
    uint64_t random;
    const char *text;
    size_t group;
} drawn;

static int compare_drawn(const void *a, const void *b)
{
    const drawn *p = a, *q = b;
    if (p->stratum != q->stratum) {
        return (p->stratum > q->stratum) - (p->stratum < q->stratum);
    }
    return p->random != q->random ? (p->random > q->random) - (p->random < q->random) : strcmp(p->text, q->text);
}

/* Which class each group stands for: the rarest (by tracks that have it) of those of its rows; classes: none. */
static qd_status find_strata(const qd_tracks *tracks, const size_t *group, size_t groups, drawn *all, qd_error *error)
{
    const size_t classes = tracks->label != NULL ? tracks->classes : 0;
    size_t *having = qd_mem_new(classes + 1, sizeof *having); /* tracks with the class */
    size_t *last = qd_mem_new(classes, sizeof *last);         /* the last track counted, + 1 */
    if (having == NULL || last == NULL) {
        qd_mem_free(having);
        qd_mem_free(last);
        return qd_fail_memory(error, classes * sizeof *having, "classes");
    }
    having[classes] = SIZE_MAX;
    for (size_t g = 0; g < groups; g++) {
        all[g].stratum = classes;
    }
    for (int pass = 0; pass < 2 && classes > 0; pass++) { /* count, then choose */
        for (size_t n = 0; n < tracks->count; n++) {
            const size_t begin = tracks->per_frame ? tracks->start[n] : n;
            const size_t end = tracks->per_frame ? tracks->start[n + 1] : n + 1;
            for (size_t i = begin; i < end; i++) {
                const int32_t label = tracks->label[i];
                if (label == QD_NO_LABEL) {
                    continue;
                }
                const size_t c = (size_t)label;
                size_t *stratum = &all[group[n]].stratum;
                if (pass == 0 && last[c] != n + 1) {
                    having[c]++;
                    last[c] = n + 1;
                } else if (pass == 1 && having[c] < having[*stratum]) {
                    *stratum = c;
                }
            }
        }
    }
    qd_mem_free(having);
    qd_mem_free(last);
    return QD_OK;
}

/* The groups by class and within a class in an order that the seed and their texts draw. */
static qd_status draw(const qd_tracks *tracks, const char *group, uint64_t seed, qd_numbering *groups, size_t *number,
                      drawn **out, qd_error *error)
{
    qd_status status = find_groups(tracks, group, groups, number, error);
    if (status != QD_OK) {
        return status;
    }
    drawn *all = qd_mem_new(groups->count, sizeof *all);
    if (all == NULL) {
        return qd_fail_memory(error, groups->count * sizeof *all, "groups");
    }
    const qd_random stream = qd_random_stream(seed, QD_FOR_SPLIT, 0, 0);
    for (size_t g = 0; g < groups->count; g++) {
        uint32_t words[4];
        all[g].group = g;
        all[g].text = groups->text[g];
        qd_random_block(stream, qd_split_hash(all[g].text, 0), 0, 0, words);
        all[g].random = (uint64_t)words[0] << 32 | words[1];
    }
    status = find_strata(tracks, number, groups->count, all, error);
    if (status != QD_OK) {
        qd_mem_free(all);
        return status;
    }
    qsort(all, groups->count, sizeof *all, compare_drawn);
    *out = all;
    return QD_OK;
}

/* fold[n]: the place of its group in the drawn order, so that each class gives its share; *count: groups. */
static qd_status folds_by_draw(const qd_tracks *tracks, const char *group, uint64_t seed, size_t folds, size_t *fold,
                               size_t *count, qd_error *error)
{
    qd_numbering groups = {0};
    size_t *number = qd_mem_new(tracks->count, sizeof *number);
    size_t *of_group = qd_mem_new(tracks->count, sizeof *of_group);
    drawn *all = NULL;
    qd_status status = number == NULL || of_group == NULL
                           ? qd_fail_memory(error, tracks->count * sizeof *number, "groups")
                           : draw(tracks, group, seed, &groups, number, &all, error);
    if (status == QD_OK) {
        for (size_t i = 0; i < groups.count; i++) {
            of_group[all[i].group] = i % folds;
        }
        for (size_t n = 0; n < tracks->count; n++) {
            fold[n] = of_group[number[n]];
        }
        *count = groups.count;
    }
    qd_numbering_clear(&groups);
    qd_mem_free(number);
    qd_mem_free(of_group);
    qd_mem_free(all);
    return status;
}

static qd_status folds_by_hash(const qd_tracks *tracks, const char *text, size_t *fold, size_t *folds, qd_error *error)
{
    hashing h;
    qd_status status = read_hash(text, &h, error);
    if (status != QD_OK) {
        return status;
    }
    if (h.number < 2) {
        status = qd_fail(error, QD_ERR_USE, "folds: %.60s; expected hash:COLUMN:K with 2 folds at least", text);
    }
    for (size_t n = 0; n < tracks->count && status == QD_OK; n++) {
        const char *value;
        status = qd_tracks_key(tracks, h.column, n, &value, error);
        fold[n] = status == QD_OK ? qd_split_hash(value, 0) % h.number : 0;
    }
    *folds = h.number;
    qd_mem_free(h.column);
    return status;
}

qd_status qd_split_folds(const qd_tracks *tracks, const char *text, const char *group, uint64_t seed, size_t *fold,
                         size_t *folds, qd_error *error)
{
    int64_t number;
    size_t count;
    if (is_hash(text)) {
        return folds_by_hash(tracks, text, fold, folds, error);
    }
    if (!qd_text_to_integer(text, strlen(text), &number) || number < 2) {
        return qd_fail(error, QD_ERR_USE, "folds: '%.60s'; expected a number from 2 on, or hash:COLUMN:K", text);
    }
    const qd_status status = folds_by_draw(tracks, group, seed, (size_t)number, fold, &count, error);
    if (status == QD_OK && count < (size_t)number) {
        return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0, "%zu folds of %zu groups of tracks", (size_t)number,
                          count);
    }
    *folds = (size_t)number;
    return status;
}
