/* Late reports.  What was published of the last times is often too low: hospitals report late.  How much is seen from
   publications of the weeks before: what was known then of a time so many days old, and what is known of it now. */
#include "base/mem.h"
#include "base/sort.h"
#include "data/panel.h"

#include <math.h>
#include <string.h>

enum {
    PUBLICATIONS = 12, /* looked back at, and no farther back than so many times */
    FEWEST = 3,        /* publications that say the same age's change */
    COUNTS = 50,       /* that a publication has of all series together, to say something */
};

/* For each age, what past publications changed by until now: logarithms. */
typedef struct late {
    const qd_panel *panel;
    const double *y;    /* [series][times]: as known on the day */
    const double *then; /* [series][times]: as known at a publication before */
    int64_t day;        /* of the last publication */
    size_t last;        /* time observed in it */
    size_t changes[QD_PANEL_LATE];
    double change[QD_PANEL_LATE][PUBLICATIONS];
} late;

/* Adds what a publication on day `as_of` says of each age. */
static void look_back(late *l, int64_t as_of)
{
    const size_t times = l->panel->times;
    const double back = (double)(l->day - as_of) / l->panel->day_step;
    for (size_t age = 0; age < QD_PANEL_LATE; age++) {
        const double at = floor((double)l->last - (double)age - back + 0.5);
        double before = 0, now = 0;
        for (size_t s = 0; s < l->panel->series && at >= 0; s++) {
            const size_t cell = s * times + (size_t)at;
            if (!isnan(l->then[cell]) && !isnan(l->y[cell])) {
                before += l->then[cell];
                now += l->y[cell];
            }
        }
        if (before >= COUNTS && now > 0 && l->changes[age] < PUBLICATIONS) {
            l->change[age][l->changes[age]++] = log(now / before);
        }
    }
}

static double median(double *x, size_t n)
{
    qd_sort_doubles(x, n);
    return 0.5 * (x[(n - 1) / 2] + x[n / 2]);
}

/* The last publication up to a day, and the last time observed in what is known by then; false: there is none. */
static bool last_published(late *l, int64_t day, size_t *revisions)
{
    const qd_panel *panel = l->panel;
    size_t n = 0;
    bool observed = false;
    while (n < panel->revisions && panel->revision[n].as_of <= day) {
        n++;
    }
    for (size_t i = 0; i < panel->series * panel->times; i++) {
        if (!isnan(l->y[i]) && (!observed || i % panel->times > l->last)) {
            l->last = i % panel->times;
            observed = true;
        }
    }
    l->day = n > 0 ? panel->revision[n - 1].as_of : 0;
    *revisions = n;
    return observed && n > 0;
}

/* Goes through the publications again, and looks back at each of the last but the very last. */
static void replay(late *l, size_t revisions, double *then)
{
    const qd_panel *panel = l->panel;
    for (size_t k = 0; k < revisions && panel->revision[k].as_of < l->day; k++) {
        const qd_revision *r = &panel->revision[k];
        then[r->series * panel->times + r->time] = r->value;
        if (panel->revision[k + 1].as_of > r->as_of &&
            (double)(l->day - r->as_of) <= PUBLICATIONS * panel->day_step) {
            look_back(l, r->as_of);
        }
    }
}

qd_status qd_panel_settle(const qd_panel *panel, int64_t day, double *y, double factor[QD_PANEL_LATE], qd_error *error)
{
    const size_t cells = panel->series * panel->times;
    late l = {.panel = panel, .y = y};
    size_t revisions;
    for (size_t age = 0; age < QD_PANEL_LATE; age++) {
        factor[age] = 1;
    }
    if (panel->revision == NULL || !(panel->day_step > 0) || !last_published(&l, day, &revisions)) {
        return QD_OK;
    }
    double *then = qd_mem_new(cells, sizeof *then);
    if (then == NULL) {
        return qd_fail_memory(error, cells * sizeof *then, "what was known before");
    }
    for (size_t i = 0; i < cells; i++) {
        then[i] = NAN;
    }
    l.then = then;
    replay(&l, revisions, then);
    qd_mem_free(then);
    for (size_t age = 0; age < QD_PANEL_LATE && age <= l.last; age++) {
        if (l.changes[age] < FEWEST) {
            continue;
        }
        factor[age] = exp(median(l.change[age], l.changes[age]));
        for (size_t s = 0; s < panel->series; s++) {
            double *value = &y[s * panel->times + l.last - age];
            const double changed = *value * factor[age];
            *value = *value == floor(*value) ? floor(changed + 0.5) : changed; /* a count stays one */
        }
    }
    return QD_OK;
}
