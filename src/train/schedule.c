/* Learning-rate schedules: the rate of an update from its number and, for the plateau, from the losses so far. */
#include "train/schedule.h"

#include <math.h>
#include <string.h>

static qd_schedule_kind kind_from(const char *name)
{
    static const char *const names[] = {"constant", "cosine", "step", "plateau"};
    size_t kind = 0;
    while (strcmp(names[kind], name) != 0) {
        kind++; /* the settings table lets no other name pass */
    }
    return (qd_schedule_kind)kind;
}

qd_schedule qd_schedule_from(const qd_settings *settings, uint64_t updates_epoch)
{
    return (qd_schedule){
        .kind = kind_from(qd_settings_text(settings, "schedule")),
        .rate = qd_settings_real(settings, "lr"),
        .warmup = (uint64_t)qd_settings_integer(settings, "warmup"),
        .updates = updates_epoch * (uint64_t)qd_settings_integer(settings, "epochs"),
        .updates_epoch = updates_epoch,
        .every = (uint64_t)qd_settings_integer(settings, "step-every"),
        .factor = qd_settings_real(settings, "step-factor"),
        .patience = (uint64_t)qd_settings_integer(settings, "plateau-patience"),
        .best = HUGE_VAL,
        .wait = 0,
        .reduction = 1,
    };
}

float qd_schedule_rate(const qd_schedule *schedule, uint64_t t)
{
    if (t <= schedule->warmup) {
        return (float)(schedule->rate * (double)t / (double)schedule->warmup);
    }
    double factor = 1;
    switch (schedule->kind) {
    case QD_SCHEDULE_CONSTANT:
        break;
    case QD_SCHEDULE_COSINE: {
        /* (1 + cos(pi p)) / 2, p the part of the updates after the warm-up that is done (Loshchilov, Hutter: SGDR,
           ICLR 2017, equation 5, without restarts) */
        double part = (double)(t - 1 - schedule->warmup) / (double)(schedule->updates - schedule->warmup);
        factor = 0.5 * (1 + cos(3.14159265358979323846 * part));
        break;
    }
    case QD_SCHEDULE_STEP: {
        uint64_t epoch = (t - 1) / schedule->updates_epoch;
        factor = pow(schedule->factor, (double)(epoch / schedule->every));
        break;
    }
    case QD_SCHEDULE_PLATEAU:
        factor = schedule->reduction;
        break;
    }
    return (float)(schedule->rate * factor);
}

void qd_schedule_epoch(qd_schedule *schedule, double loss)
{
    if (loss < schedule->best) {
        schedule->best = loss;
        schedule->wait = 0;
    } else if (++schedule->wait >= schedule->patience) {
        schedule->reduction *= schedule->factor;
        schedule->wait = 0;
    }
}
