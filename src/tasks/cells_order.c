/* Classes in an order: the best path. */
#include "base/mem.h"
#include "base/text.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <string.h>

enum { MOST = 64 }; /* classes that can stand in an order */

/* best_t(k) = score_t(k) + max over k' that do not come after k of best_(t-1)(k'), a running sum in place of a table:
   only the choice of k' is kept for the way back. */
void qd_cells_best_path(size_t frames, size_t classes, const int32_t *rank, const double *score, int32_t *room,
                        int32_t *label)
{
    double best[MOST], next[MOST];
    for (size_t k = 0; k < classes; k++) {
        best[k] = rank[k] >= 0 ? score[k] : -HUGE_VAL;
    }
    for (size_t t = 1; t < frames; t++) {
        for (size_t k = 0; k < classes; k++) {
            size_t from = k;
            for (size_t other = 0; other < classes; other++) {
                if (rank[other] >= 0 && rank[other] <= rank[k] && best[other] > best[from]) {
                    from = other;
                }
            }
            room[t * classes + k] = (int32_t)from;
            next[k] = rank[k] >= 0 ? best[from] + score[t * classes + k] : -HUGE_VAL;
        }
        memcpy(best, next, classes * sizeof *best);
    }
    size_t k = 0;
    while (rank[k] < 0) {
        k++;
    }
    for (size_t other = k + 1; other < classes; other++) {
        k = rank[other] >= 0 && best[other] > best[k] ? other : k;
    }
    for (size_t t = frames; t-- > 0;) {
        label[t] = (int32_t)k;
        k = t > 0 ? (size_t)room[t * classes + k] : k;
    }
}

static qd_status find_class(const qd_classifier *cells, const char *name, size_t length, size_t *found, qd_error *error)
{
    for (size_t k = 0; k < cells->classes; k++) {
        if (strlen(cells->class_name[k]) == length && strncmp(cells->class_name[k], name, length) == 0) {
            *found = k;
            return QD_OK;
        }
    }
    char known[256] = "";
    size_t used = 0;
    for (size_t k = 0; k < cells->classes && used < sizeof known; k++) {
        used +=
            (size_t)qd_text_format(known + used, sizeof known - used, "%s%s", k > 0 ? ", " : "", cells->class_name[k]);
    }
    return qd_fail(error, QD_ERR_VALUE, "order: there is no class '%.*s'; the classes are %s",
                   length < 60 ? (int)length : 60, name, known);
}

qd_status qd_cells_rank(const qd_classifier *cells, const char *order, int32_t **rank, qd_error *error)
{
    *rank = NULL;
    if (*order == '\0') {
        return QD_OK;
    }
    if (cells->classes > MOST) {
        return qd_fail(error, QD_ERR_VALUE, "order: %zu classes; at most %d can have an order", cells->classes, MOST);
    }
    int32_t *ranks = qd_mem_new(cells->classes, sizeof *ranks);
    if (ranks == NULL) {
        return qd_fail_memory(error, cells->classes * sizeof *ranks, "an order");
    }
    for (size_t k = 0; k < cells->classes; k++) {
        ranks[k] = -1;
    }
    int32_t next = 0;
    qd_status status = QD_OK;
    for (const char *at = order; status == QD_OK && at != NULL; next++) {
        const char *comma = strchr(at, ',');
        size_t k = 0;
        status = find_class(cells, at, comma != NULL ? (size_t)(comma - at) : strlen(at), &k, error);
        if (status == QD_OK && ranks[k] >= 0) {
            status = qd_fail(error, QD_ERR_VALUE, "order: %s stands twice", cells->class_name[k]);
        }
        if (status == QD_OK) {
            ranks[k] = next;
        }
        at = comma != NULL ? comma + 1 : NULL;
    }
    if (status != QD_OK) {
        qd_mem_free(ranks);
        return status;
    }
    *rank = ranks;
    return QD_OK;
}
