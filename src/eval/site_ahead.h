/* Looking ahead: which sites change after a day, and what the sequences up to that day say without a network. */
#ifndef QD_EVAL_SITE_AHEAD_H
#define QD_EVAL_SITE_AHEAD_H

#include "eval/site_scores.h"

enum { QD_AHEAD_BASELINES = 3 };
extern const char *const qd_ahead_baseline_names[QD_AHEAD_BASELINES];

typedef struct qd_site_ahead {
    qd_site_truth truth;               /* by site */
    double *value[QD_AHEAD_BASELINES]; /* [truth.count]: entropy of all years up to the day, of the last two, and the
                                          sum of their ranks */
} qd_site_ahead;

/* Reads files of dated sequences (the past and the future of a day, options->until), each different sequence of a part
   once, aligned with the wild type.  A site is positive where a residue below 5% up to the day has at least 5% after
   it. The last two years are the 730 days that end with the day.  QD_ERR_VALUE: no day. */
QD_CHECKED qd_status qd_site_ahead_read(const char *const *paths, size_t count, const qd_strains_options *options,
                                        const qd_wild_type *wild, qd_site_ahead *ahead, qd_notes *notes,
                                        qd_error *error);
void qd_site_ahead_clear(qd_site_ahead *ahead);

#endif
