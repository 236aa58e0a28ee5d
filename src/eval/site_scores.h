/* Site scores: how well scores of mutants or sites find those that are positive. */
#ifndef QD_EVAL_SITE_SCORES_H
#define QD_EVAL_SITE_SCORES_H

#include "data/profile.h"
#include "eval/site_truth.h"

/* One score of the rows of a truth. */
typedef struct qd_site_score {
    const char *name;
    const double *value; /* [truth->count]: higher is more likely positive; NaN: not scored, the row is left out */
    bool baseline;       /* made without a network */
} qd_site_score;

/* What it is worth.  auc is the area of Hie et al. 2021: mutants taken in falling order of the score against the
   positives among them, over N times positives (trapezia; ties a half). */
typedef struct qd_site_result {
    size_t n, positives;
    double auc, auroc, average_precision;
    double low, high;  /* of auc: 2.5% and 97.5% of the bootstrap over sites; NaN without one */
    size_t versus;     /* the baseline with the greatest auc, among the others; SIZE_MAX: there is none */
    double difference; /* of the areas, on the rows that both score */
    double difference_low, difference_high; /* of the same draws for both */
} qd_site_result;

/* Scores all: result[count].  draws: of the bootstrap over sites, 0 for none; seed: of its random numbers.
   QD_ERR_VALUE: no row, no positive, or no negative. */
QD_CHECKED qd_status qd_site_scores(const qd_site_truth *truth, size_t count, const qd_site_score *scores, size_t draws,
                                    uint64_t seed, qd_site_result *result, qd_error *error);

/* CSV with the columns score,n,positives,auc,auroc,average_precision,low,high,versus,difference,difference_low,
   difference_high; the last four are empty for baselines.  "-" is standard output. */
QD_CHECKED qd_status qd_site_scores_write(const char *path, size_t count, const qd_site_score *scores,
                                          const qd_site_result *result, qd_error *error);

/* Ranks from 1, ties have their mean; NaN where the value is. */
QD_CHECKED qd_status qd_ranks(size_t n, const double *value, double *rank, qd_error *error);

/* out[i] = rank of a[i] + weight * rank of b[i]: NaN where one is NaN, and ranks are among
   the rows that have both. */
QD_CHECKED qd_status qd_rank_sum(size_t n, const double *a, const double *b, double weight, double *out,
                                 qd_error *error);

/* ------------------------------------------------------------------------------------ scores without a network */

enum { QD_SITE_BASELINES = 5 };
extern const char *const qd_site_baseline_names[QD_SITE_BASELINES];

/* value[b] of [truth->count], each NULL or to be filled:
     alignment_entropy          of the column
     smoothed_entropy           Gaussian, sigma 1
     entropy_ranks              rank of the entropy + rank of the entropy smoothed with sigma 2
     entropy_hydropathy_ranks   the same + rank of the falling hydropathy, smoothed with sigma 2
     frequency                  of the mutant in its column (of a site: of its rarer residues together)
   Ranks are among sites, so that a site's mutants are equal but for the frequency. */
QD_CHECKED qd_status qd_site_baselines(const qd_profile *profile, const qd_site_truth *truth,
                                       double *value[QD_SITE_BASELINES], qd_error *error);

/* ------------------------------------------------------------------------------------------------ looking ahead */

/* A truth by site: positive where some residue whose frequency before is below `share` reaches it after.  Positions of
   which nothing is known before or after are left out. */
QD_CHECKED qd_status qd_site_truth_ahead(const qd_profile *before, const qd_profile *after, double share,
                                         qd_site_truth *truth, qd_error *error);

#endif
