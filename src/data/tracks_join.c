/* Several films as one.  Each film is first brought to the features, classes and names that all share; then the arrays
   lie end to end, and what counts tracks or rows is moved on. */
#include "data/tracks_join.h"
#include "base/mem.h"
#include "data/tracks_gather.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------- one shape */

static qd_status refuse(const qd_tracks *film, const qd_tracks *first, const char *what, qd_error *error)
{
    return qd_fail_at(error, QD_ERR_VALUE, film->path, 0, 0, "%s than %.200s has", what, first->path);
}

static qd_status check_kind(const qd_tracks *film, const qd_tracks *first, qd_error *error)
{
    if (film->dimensions != first->dimensions) {
        return refuse(film, first, "positions of other dimensions", error);
    }
    if ((film->label == NULL) != (first->label == NULL) || (film->target == NULL) != (first->target == NULL)) {
        return refuse(film, first, "other labels", error);
    }
    if (film->label != NULL && film->per_frame != first->per_frame) {
        return refuse(film, first, "labels of frames where the other has them of tracks (see --per), or other labels",
                      error);
    }
    return film->keys == first->keys ? QD_OK : refuse(film, first, "other columns", error);
}

/* The names of all films in order of appearance. */
static qd_status add_names(qd_numbering *all, size_t count, char *const *names, qd_error *error)
{
    qd_status status = QD_OK;
    size_t number;
    for (size_t i = 0; i < count && status == QD_OK; i++) {
        status = qd_numbering_add(all, names[i], &number, error);
    }
    return status;
}

/* Of features: those of the first film, and further values of categorical columns. */
static qd_status share_features(size_t count, qd_tracks **films, qd_error *error)
{
    qd_numbering all = {0};
    qd_status status = add_names(&all, films[0]->features, films[0]->feature, error);
    for (size_t k = 1; k < count && status == QD_OK; k++) {
        for (size_t f = 0; f < films[k]->features && status == QD_OK; f++) {
            if (strchr(films[k]->feature[f], '=') != NULL) {
                status = add_names(&all, 1, &films[k]->feature[f], error);
            }
        }
    }
    for (size_t k = 0; k < count && status == QD_OK; k++) {
        status = qd_tracks_use_features(films[k], all.count, (const char *const *)all.text, error);
    }
    qd_numbering_clear(&all);
    return status;
}

static bool same_classes(const qd_tracks *a, const qd_tracks *b)
{
    bool same = a->classes == b->classes;
    for (size_t c = 0; same && c < a->classes; c++) {
        same = strcmp(a->class_name[c], b->class_name[c]) == 0;
    }
    return same;
}

static int compare_names(const void *a, const void *b)
{
    return qd_class_compare(*(char *const *)a, *(char *const *)b);
}

/* Where all films have the same classes their order stays. */
static qd_status share_classes(size_t count, qd_tracks **films, qd_error *error)
{
    qd_numbering all = {0};
    qd_status status = QD_OK;
    bool same = true;
    for (size_t k = 0; k < count && status == QD_OK; k++) {
        same = same && same_classes(films[k], films[0]);
        status = add_names(&all, films[k]->classes, films[k]->class_name, error);
    }
    if (status == QD_OK && !same) { /* the slots are not asked for any more */
        qsort(all.text, all.count, sizeof *all.text, compare_names);
    }
    for (size_t k = 0; k < count && !same && status == QD_OK; k++) {
        status = qd_tracks_use_classes(films[k], all.count, (const char *const *)all.text, error);
    }
    qd_numbering_clear(&all);
    return status;
}

/* Is any name that of two tracks? */
static qd_status names_meet(size_t count, qd_tracks **films, bool *meet, qd_error *error)
{
    qd_numbering all = {0};
    qd_status status = QD_OK;
    size_t tracks = 0;
    for (size_t k = 0; k < count && status == QD_OK; k++) {
        tracks += films[k]->count;
        status = add_names(&all, films[k]->count, films[k]->id, error);
    }
    *meet = all.count < tracks;
    qd_numbering_clear(&all);
    return status;
}

static qd_status name_tracks(size_t count, qd_tracks **films, qd_error *error)
{
    bool meet;
    qd_status status = names_meet(count, films, &meet, error);
    for (size_t k = 0; k < count && meet && status == QD_OK; k++) {
        for (size_t n = 0; n < films[k]->count && status == QD_OK; n++) {
            char *const parts[] = {films[k]->path, films[k]->id[n]};
            char *name;
            status = qd_names_join(2, parts, ":", &name, error);
            if (status == QD_OK) {
                qd_mem_free(films[k]->id[n]);
                films[k]->id[n] = name;
            }
        }
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ end to end */

/* Appends b's `more` elements to a's `have`. */
static bool append(void *block, const void *from, size_t have, size_t more, size_t size)
{
    void **array = block;
    if (*array == NULL && from == NULL) {
        return true; /* neither has it */
    }
    char *grown = qd_mem_resize(*array, have, have + more, size);
    if (grown == NULL) {
        return false;
    }
    if (size > 0 && more > 0) {
        memcpy(grown + have * size, from, more * size);
    }
    *array = grown;
    return true;
}

/* The texts change hands when all arrays have grown; until then the film keeps them. */
static bool append_texts(qd_tracks *all, qd_tracks *film)
{
    const size_t n = all->count, m = film->count, size = sizeof(char *);
    bool whole = append(&all->id, film->id, n, m, size);
    for (size_t k = 0; k < all->keys && whole; k++) {
        whole = append(&all->key[k].value, film->key[k].value, n, m, size);
    }
    if (whole) {
        memset(film->id, 0, m * size);
        for (size_t k = 0; k < all->keys; k++) {
            memset(film->key[k].value, 0, m * size);
        }
    }
    return whole;
}

/* Numbers of tracks and rows of what was appended. */
static void move_on(qd_tracks *all, const qd_tracks *film, size_t daughters)
{
    const size_t number = all->film[all->count - 1] + 1;
    for (size_t i = 0; i < film->count; i++) {
        const size_t n = all->count + i;
        all->parent[n] += all->parent[n] != QD_NO_TRACK ? all->count : 0;
        all->root[n] += all->count;
        all->film[n] = number;
        all->start[n + 1] = all->rows + film->start[i + 1];
        all->daughter_start[n + 1] = daughters + film->daughter_start[i + 1];
    }
    for (size_t d = 0; d < film->daughter_start[film->count]; d++) {
        all->daughter[daughters + d] = film->daughter[d] + all->count;
    }
    all->loose += film->loose;
    all->orphans += film->orphans;
    all->lineage = all->lineage || film->lineage;
    all->count += film->count;
    all->rows += film->rows;
}

/* No count changes before all arrays have grown: what a failure leaves can be freed. */
static qd_status append_film(qd_tracks *all, qd_tracks *film, qd_error *error)
{
    const size_t n = all->count, m = film->count, rows = all->rows, more = film->rows;
    const size_t labels = all->per_frame ? rows : n, more_labels = all->per_frame ? more : m;
    const size_t daughters = all->daughter_start[n], more_daughters = film->daughter_start[m];
    const bool whole = append(&all->start, film->start + 1, n + 1, m, sizeof *all->start) &&
                       append(&all->time, film->time, rows, more, sizeof *all->time) &&
                       append(&all->object, film->object, rows, more, sizeof *all->object) &&
                       append(&all->film, film->film, n, m, sizeof *all->film) &&
                       append(&all->missing, film->missing, n, m, sizeof *all->missing) &&
                       append(&all->x, film->x, rows, more, all->features * sizeof *all->x) &&
                       append(&all->position, film->position, rows, more, all->dimensions * sizeof *all->position) &&
                       append(&all->label, film->label, labels, more_labels, sizeof *all->label) &&
                       append(&all->target, film->target, n, m, sizeof *all->target) &&
                       append(&all->parent, film->parent, n, m, sizeof *all->parent) &&
                       append(&all->root, film->root, n, m, sizeof *all->root) &&
                       append(&all->generation, film->generation, n, m, sizeof *all->generation) &&
                       append(&all->daughter_start, film->daughter_start + 1, n + 1, m, sizeof *all->daughter_start) &&
                       append(&all->daughter, film->daughter, daughters, more_daughters, sizeof *all->daughter);
    return whole && append_texts(all, film)
               ? QD_OK
               : qd_fail_memory(error, (rows + more) * all->features * sizeof *all->x, "tracks");
}

static qd_status join(size_t count, qd_tracks **films, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t k = 1; k < count && status == QD_OK; k++) {
        status = check_kind(films[k], films[0], error);
    }
    status = status == QD_OK ? share_features(count, films, error) : status;
    status = status == QD_OK ? share_classes(count, films, error) : status;
    status = status == QD_OK ? name_tracks(count, films, error) : status;
    for (size_t k = 1; k < count && status == QD_OK; k++) {
        qd_tracks *all = films[0], *film = films[k];
        const size_t daughters = all->daughter_start[all->count];
        status = append_film(all, film, error);
        if (status == QD_OK) {
            move_on(all, film, daughters);
        }
    }
    return status;
}

qd_status qd_tracks_join(size_t count, qd_tracks **films, qd_tracks **out, qd_error *error)
{
    const qd_status status = count > 1 ? join(count, films, error) : QD_OK;
    for (size_t k = status == QD_OK ? 1 : 0; k < count; k++) {
        qd_tracks_free(films[k]);
    }
    if (status == QD_OK) {
        *out = films[0];
    }
    return status;
}
