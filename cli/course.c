/* The course of a training of several networks. */
#include "course.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include <math.h>

/* An epoch of one of the networks. */
struct qd_course_row {
    size_t network;
    qd_progress progress;
    double norm; /* mean over the epoch's updates */
};

qd_course qd_course_begin(size_t networks, size_t members)
{
    return (qd_course){.display = qd_progress_begin("network"), .networks = networks, .members = members};
}

static void keep_row(qd_course *c, const qd_progress *progress)
{
    c->norm_sum = (progress->batch == 1 ? 0 : c->norm_sum) + progress->gradient_norm;
    if (c->network > c->members || progress->batch < progress->batches) {
        return;
    }
    if (c->count == c->capacity) {
        const size_t capacity = 2 * c->capacity + 64;
        qd_course_row *longer = qd_mem_resize(c->rows, c->capacity, capacity, sizeof *c->rows);
        c->failed = longer == NULL;
        if (c->failed) {
            return;
        }
        c->rows = longer;
        c->capacity = capacity;
    }
    c->rows[c->count++] = (qd_course_row){c->network, *progress, c->norm_sum / (double)progress->batches};
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
    keep_row(c, progress);
    all.batches *= progress->epochs;
    all.batch += (progress->epoch - 1) * progress->batches;
    all.epoch = c->network;
    all.epochs = c->networks > c->network ? c->networks : c->network;
    all.seconds += c->before;
    const double done = (double)(all.epoch - 1) * (double)all.batches + (double)all.batch;
    all.seconds_left = all.seconds * ((double)all.epochs * (double)all.batches / done - 1);
    return qd_progress_monitor(&c->display, &all) || c->failed;
}

qd_status qd_course_end(qd_course *c, qd_status status, qd_error *error)
{
    qd_progress_end(&c->display);
    return c->failed ? qd_fail_memory(error, c->count * sizeof *c->rows, "the history") : status;
}

qd_status qd_course_write(const qd_course *c, const char *path, qd_error *error)
{
    qd_file *file;
    qd_status status = qd_file_create(path, &file, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_file_printf(file, error, "network,epoch,loss,valid_loss,lr,seconds,gradient_norm\n");
    for (size_t i = 0; i < c->count && status == QD_OK; i++) {
        const qd_progress *p = &c->rows[i].progress;
        const double values[] = {p->loss, p->valid_loss, p->learning_rate, p->seconds, c->rows[i].norm};
        char text[5][40] = {""};
        for (int k = 0; k < 5; k++) {
            if (!isnan(values[k])) {
                qd_text_from_double(values[k], text[k], sizeof text[k]);
            }
        }
        status = qd_file_printf(file, error, "%zu,%zu,%s,%s,%s,%s,%s\n", c->rows[i].network, p->epoch, text[0], text[1],
                                text[2], text[3], text[4]);
    }
    if (status != QD_OK) {
        qd_file_close(file);
        return status;
    }
    return qd_file_commit(file, error);
}

void qd_course_clear(qd_course *c)
{
    qd_mem_free(c->rows);
    *c = (qd_course){0};
}
