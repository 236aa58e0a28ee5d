/* Ranking: how well scores put positives before negatives. */
#ifndef QD_EVAL_RANKING_H
#define QD_EVAL_RANKING_H

#include "base/error.h"
#include <stdbool.h>

/* Scores in falling order; equal ones are one step. */
typedef struct qd_ranking qd_ranking;

/* score[n] (no NaN), positive[n]: read now and not kept. */
QD_CHECKED qd_status qd_ranking_new(size_t n, const double *score, const bool *positive, qd_ranking **out,
                                    qd_error *error);
void qd_ranking_free(qd_ranking *ranking);

/* Of both: weight[n] says how often each counts (a bootstrap's draw, or 0 to leave it out); NULL: once each.  NaN where
   there is no positive, or (AUROC) no negative. */

/* The area under the receiver's curve: the chance that a positive scores higher than a negative, ties a half. */
double qd_ranking_auroc(const qd_ranking *ranking, const double *weight);

/* Average precision as scikit-learn: the sum over distinct scores, falling, of the step in recall times precision. */
double qd_ranking_average_precision(const qd_ranking *ranking, const double *weight);

#endif
