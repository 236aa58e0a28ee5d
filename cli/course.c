/* The course of a training of several networks. */
#include "course.h"

#include <stdbool.h>

qd_course qd_course_begin(size_t networks, size_t done)
{
    return (qd_course){.display = qd_progress_begin("network"), .network = done, .networks = networks, .done = done};
}

/* Is this the first that is told of a network?  (One that was resumed begins where it was stopped.) */
static bool begins(const qd_course *c, const qd_progress *progress)
{
    return c->network == c->done || progress->epoch < c->epoch ||
           (progress->epoch == c->epoch && progress->batch <= c->batch);
}

int qd_course_monitor(void *context, const qd_progress *progress)
{
    qd_course *c = context;
    qd_progress all = *progress;
    if (begins(c, progress)) {
        c->network++;
        c->before += c->last;
    }
    c->epoch = progress->epoch;
    c->batch = progress->batch;
    c->last = progress->seconds;
    all.batches *= progress->epochs;
    all.batch += (progress->epoch - 1) * progress->batches;
    all.epoch = c->network;
    all.epochs = c->networks > c->network ? c->networks : c->network;
    all.seconds += c->before;
    const double each = (double)all.batches, now = (double)(all.epoch - 1) * each + (double)all.batch;
    all.seconds_left = all.seconds * ((double)all.epochs * each - now) / (now - (double)c->done * each);
    return qd_progress_monitor(&c->display, &all);
}
