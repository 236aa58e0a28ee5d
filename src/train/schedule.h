/* Learning-rate schedules, with warm-up. */
#ifndef QD_TRAIN_SCHEDULE_H
#define QD_TRAIN_SCHEDULE_H

#include "base/settings.h"

typedef enum qd_schedule_kind {
    QD_SCHEDULE_CONSTANT,
    QD_SCHEDULE_COSINE,
    QD_SCHEDULE_STEP,
    QD_SCHEDULE_PLATEAU
} qd_schedule_kind;

typedef struct qd_schedule {
    qd_schedule_kind kind;
    double rate;            /* --lr */
    uint64_t warmup;        /* updates over which the rate rises linearly from rate / warmup */
    uint64_t updates;       /* of the whole training: the cosine reaches 0 after the last */
    uint64_t updates_epoch; /* of an epoch */
    uint64_t every;         /* epochs: step */
    double factor;          /* step, plateau */
    uint64_t patience;      /* epochs: plateau */
    /* State of the plateau, part of a checkpoint. */
    double best;
    uint64_t wait;
    double reduction; /* product of the factors so far; 1 at first */
} qd_schedule;

qd_schedule qd_schedule_from(const qd_settings *settings, uint64_t updates_epoch);

/* The rate of update t (from 1). */
float qd_schedule_rate(const qd_schedule *schedule, uint64_t t);

/* After an epoch: the loss that a plateau watches (validation where there is one). */
void qd_schedule_epoch(qd_schedule *schedule, double loss);

#endif
