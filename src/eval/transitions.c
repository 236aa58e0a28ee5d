/* Errors of transitions. */
#include "eval/transitions.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* A change and its error. */
typedef struct change {
    size_t from, to;
    double error;
    bool missed;
} change;

typedef struct search {
    const double *time;
    double step;
    const int32_t *truth, *label, *rank;
    change *changes;
    size_t count;
} search;

static int by_kind(const void *a, const void *b)
{
    const change *x = a, *y = b;
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    if (x->to != y->to) {
        return x->to < y->to ? -1 : 1;
    }
    return x->error < y->error ? -1 : x->error > y->error;
}

/* Does the label of this row begin a stretch of class `to`, or of a class not before it? */
static bool begins(const search *s, size_t row, size_t begin, int32_t to)
{
    if (s->rank != NULL) {
        return s->label[row] >= 0 && s->rank[s->label[row]] >= s->rank[to];
    }
    return s->label[row] == to && (row == begin || s->label[row - 1] != to);
}

/* The error of the change at `row` of the track [begin, end). */
static void add_change(search *s, size_t row, size_t begin, size_t end)
{
    const int32_t to = s->truth[row];
    double nearest = HUGE_VAL;
    bool found = false;
    for (size_t i = begin; i < end && !(found && s->rank != NULL); i++) {
        if (begins(s, i, begin, to)) {
            nearest = fmin(nearest, fabs(s->time[i] - s->time[row]));
            found = true;
        }
    }
    const double none = s->time[end - 1] + s->step - s->time[row];
    s->changes[s->count++] =
        (change){(size_t)s->truth[row - 1], (size_t)to, (found ? nearest : none) / s->step, !found};
}

static void find_changes(search *s, size_t tracks, const size_t *start)
{
    for (size_t k = 0; k < tracks; k++) {
        for (size_t row = start[k] + 1; row < start[k + 1]; row++) {
            if (s->truth[row] >= 0 && s->truth[row - 1] >= 0 && s->truth[row] != s->truth[row - 1]) {
                add_change(s, row, start[k], start[k + 1]);
            }
        }
    }
}

/* Changes of one kind, by rising error. */
static qd_transition summary(const change *changes, size_t n)
{
    enum { NEAR = 3 };
    qd_transition t = {.from = changes[0].from, .to = changes[0].to, .n = n};
    for (size_t i = 0; i < n; i++) {
        t.mean += changes[i].error / (double)n;
        t.missed += changes[i].missed;
        for (size_t w = 0; w < NEAR; w++) {
            t.within[w] += changes[i].error <= (double)w + 1e-9 ? 1 / (double)n : 0;
        }
    }
    t.median = (changes[(n - 1) / 2].error + changes[n / 2].error) / 2;
    return t;
}

qd_status qd_transitions(size_t tracks, const size_t *start, const double *time, double step, const int32_t *truth,
                         const int32_t *label, size_t classes, const int32_t *rank, qd_transition **transitions,
                         size_t *count, qd_error *error)
{
    const size_t rows = start[tracks], most = rows < classes * classes ? rows : classes * classes;
    search s = {.time = time, .step = step, .truth = truth, .label = label, .rank = rank};
    s.changes = qd_mem_new(rows, sizeof *s.changes);
    *transitions = qd_mem_new(most, sizeof **transitions);
    *count = 0;
    if (s.changes == NULL || *transitions == NULL) {
        qd_mem_free(s.changes);
        qd_mem_free(*transitions);
        *transitions = NULL;
        return qd_fail_memory(error, rows * sizeof *s.changes, "transitions");
    }
    find_changes(&s, tracks, start);
    qsort(s.changes, s.count, sizeof *s.changes, by_kind);
    for (size_t i = 0, n; i < s.count; i += n) {
        n = 1;
        while (i + n < s.count && s.changes[i + n].from == s.changes[i].from &&
               s.changes[i + n].to == s.changes[i].to) {
            n++;
        }
        (*transitions)[(*count)++] = summary(s.changes + i, n);
    }
    qd_mem_free(s.changes);
    return QD_OK;
}
