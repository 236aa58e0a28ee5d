/* The course of a training of several networks. */
#include "course.h"

qd_course qd_course_begin(size_t networks)
{
    return (qd_course){.display = qd_progress_begin("network"), .networks = networks};
}

int qd_course_monitor(void *context, const qd_progress *progress)
{
    qd_course *c = context;
    qd_progress all = *progress;
    if (progress->epoch == 1 && progress->batch == 1) {
        c->network++;
        c->before += c->last;
    }
    c->last = progress->seconds;
    all.batches *= progress->epochs;
    all.batch += (progress->epoch - 1) * progress->batches;
    all.epoch = c->network;
    all.epochs = c->networks > c->network ? c->networks : c->network;
    all.seconds += c->before;
    const double done = (double)(all.epoch - 1) * (double)all.batches + (double)all.batch;
    all.seconds_left = all.seconds * ((double)all.epochs * (double)all.batches / done - 1);
    return qd_progress_monitor(&c->display, &all);
}
