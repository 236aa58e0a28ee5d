/* The part of the sequences that is held out: by time or by likeness, never at random, since near-identical sequences
   on both sides would tell nothing. */
#ifndef QD_TASKS_SITES_SPLIT_H
#define QD_TASKS_SITES_SPLIT_H

#include "tasks/sites.h"

/* Are the days of at least nine of ten sequences known, and not all the same? */
bool qd_sites_dated(const qd_sites_data *data);

/* held[n]: is sequence n held out?  by time: all from a day on, the one that brings their number nearest to the
   fraction; sequences without a day stay.  Else whole clusters: each sequence belongs to the likest of some sequences
   drawn by the seed (likeness: equal minima of hashed words, Broder 1997).  QD_ERR_VALUE where either part would be
   empty. */
QD_CHECKED qd_status qd_sites_hold_out(const qd_sites_data *data, double fraction, bool by_time, uint64_t seed,
                                       bool *held, qd_error *error);

#endif
