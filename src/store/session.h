/*
 * A session: the training of one network as every task holds it.  It begins with fresh weights, with those of --init,
 * or where a checkpoint left it (--resume); its state is kept when it is stopped and, with --checkpoint, every few
 * epochs.
 *
 * An ensemble is trained in sessions one after the other, whose states are the files PATH.1, PATH.2 and so on: those
 * that were finished are read again, and the one that was stopped goes on, so that in the end there are the same bytes.
 */
#ifndef QD_STORE_SESSION_H
#define QD_STORE_SESSION_H

#include "base/settings.h"
#include "nn/network.h"
#include "train/train.h"

typedef struct qd_session {
    const qd_settings *settings;
    const qd_network *network;
    const qd_problem *problem;
    const float *initial;   /* [n]: weights to begin with; NULL: fresh ones, by the seed */
    const char *checkpoint; /* where the state is kept; NULL: nowhere */
    uint32_t fingerprint;   /* of the data, which a checkpoint must have too */
    qd_monitor monitor;     /* or NULL */
    void *context;
    const char *history; /* a CSV, rewritten after every epoch; "" for none */
} qd_session;

/* *out is the state at the end, the caller's; also after QD_ERR_STOPPED (it has been kept) and QD_ERR_NUMERIC (with the
   last good weights); NULL after any other failure. */
QD_CHECKED qd_status qd_session_run(const qd_session *session, qd_train_state **out, qd_error *error);

/* Where a training with these settings keeps its state: --checkpoint, or else MODEL.checkpoint; of a network of an
   ensemble (`number` from 1) with ".NUMBER" after it, 0: there is one alone.  A new string, NULL where there is
   neither. */
QD_CHECKED qd_status qd_session_path(const qd_settings *settings, size_t number, char **path, qd_error *error);

/* The weights of --init, [qd_network_parameters], a new block, the caller's after a failure too; NULL without that
   setting. */
QD_CHECKED qd_status qd_session_initial(const qd_settings *settings, const qd_network *network, float **weights,
                                        qd_error *error);

/* ------------------------------------------------------------------------------------------- ensembles */

/* What the networks of an ensemble have in common. */
typedef struct qd_sessions {
    const qd_settings *settings;
    size_t networks;      /* in all; 0: their states are not kept */
    uint32_t fingerprint; /* of the data */
    qd_monitor monitor;   /* or NULL */
    void *context;
} qd_sessions;

/* One of them. */
typedef struct qd_sessions_member {
    size_t number;      /* from 1: of its state, and of its rows in the history */
    size_t seed;        /* its own seed is qd_sessions_seed(settings, seed) */
    const char *layers; /* NULL: those of the settings */
    const qd_network *network;
    const qd_problem *problem;
    const float *initial; /* as of a session */
} qd_sessions_member;

uint64_t qd_sessions_seed(const qd_settings *settings, size_t seed);

/* Trains it: parameters [n], and its rows to `history` (NULL: not wanted).  Its state is kept at the end too, since a
   later network may be stopped.  Networks are trained in the order of their numbers: where one begins, what there is of
   it and of the next is of another training, and is removed. */
QD_CHECKED qd_status qd_sessions_train(const qd_sessions *sessions, const qd_sessions_member *member, float *parameters,
                                       qd_history *history, qd_error *error);

/* The same for the `members` networks of an ensemble, [members][n]; *fingerprint
   changes with them, since networks that have no state yet begin with them too.  An ensemble's file gives its own
   networks in turn, any other the same weights to all. */
QD_CHECKED qd_status qd_sessions_initial(const qd_settings *settings, const qd_network *network, size_t members,
                                         float **weights, uint32_t *fingerprint, qd_error *error);

#endif
