/*
 * The scan: what a network of sites says about every single mutant of a wild type.
 *
 * A mutation at p changes the states of the forward direction from p on and those of the backward direction from p to
 * the beginning; the states before it are the wild type's and are shared by all mutants.  So a mutant costs T + 1 steps
 * of one direction instead of 2 T, mutants of neighbouring positions are run together as rows of a batch, and threads
 * share the positions.  Rows never meet: every number is that of running the mutant from its beginning, bit for bit.
 */
#ifndef QD_TASKS_SITES_SCAN_H
#define QD_TASKS_SITES_SCAN_H

#include "nn/network.h"

/* What a scan wants of a model.  The network is embed, apart ..., around, dense, with one token more than outputs: the
   last stands for whatever is none of the letters. */
typedef struct qd_sites_net {
    const qd_network *network;
    const float *parameters;
} qd_sites_net;

/* Called now and then with the positions done; a non-zero answer stops (QD_ERR_STOPPED).  NULL: never. */
typedef int (*qd_scan_monitor)(void *context, size_t done, size_t positions);

typedef struct qd_scan_options {
    unsigned threads; /* 0: one a processor */
    /* Not 0: a mutant is followed only until none of its states differs by more than this from the wild type's at the
       same step; from there on it is taken for the wild type. */
    double tolerance;
    bool no_change; /* leave out the semantic change: only what the wild type's own states tell */
    qd_scan_monitor monitor;
    void *context;
} qd_scan_options;

/* Of a wild type of T residues and K letters.  Logarithms are natural. */
typedef struct qd_scan {
    size_t length, letters; /* T, K */
    double *log_prob;       /* [T][K]: of a letter at a position, given the rest of the wild type: the grammaticality */
    double *entropy;        /* [T]: of these probabilities */
    double *change_l1;      /* [T][K]: distance of the mutant's embedding from the wild type's; 0 for the wild type */
    double *change_l2;      /* [T][K] */
    double bound_l1;        /* with a tolerance: by how much change_l1 may be wrong while no state that has come back
                               leaves the tolerance again; 0: exact */
    double steps;           /* that mutants were followed, as part of those of an exact scan */
} qd_scan;

/* residue: [length], letters 0 .. K-1, K for anything else. */
QD_CHECKED qd_status qd_scan_run(const qd_sites_net *net, const uint8_t *residue, size_t length,
                                 const qd_scan_options *options, qd_scan **out, qd_error *error);
void qd_scan_free(qd_scan *scan);

/* The embedding of a sequence from scratch: the mean over its positions of the states around each, [2 units]: those of
   the forward direction before it, then those of the backward direction after it. */
QD_CHECKED qd_status qd_sites_embed(const qd_sites_net *net, const uint8_t *residue, size_t length, double *embedding,
                                    qd_error *error);

/* Columns of it. */
size_t qd_sites_width(const qd_sites_net *net);

#endif
