/* Scores: the table that `evaluate` writes, from tallies of every model, origin, series and horizon. */
#ifndef QD_EVAL_SCORES_H
#define QD_EVAL_SCORES_H

#include "eval/tally.h"

typedef struct qd_scores {
    size_t models, origins, series, horizons;
    const char *const *model;  /* [models] */
    const char *const *origin; /* [origins]: times as texts; NULL where nobody will ask for them */
    const char *const *key;    /* [series] */
    const int64_t *horizon;    /* [horizons] */
    const qd_tally *tally;     /* [models][origins][series][horizons]; n and distributions 0: not scored */
    size_t reference;          /* the model that rel_wis is relative to; models: there is none */
    size_t draws;              /* of a bootstrap over series, for intervals; 0: none */
} qd_scores;

/* What a row of the table is, besides a model. */
typedef struct qd_scores_by {
    bool series, horizon, origin;
} qd_scores_by;

/* Reads "" (a row a model) or a list such as "series,horizon"; QD_ERR_VALUE names what is none of series, horizon and
   origin. */
QD_CHECKED qd_status qd_scores_by_read(const char *list, qd_scores_by *by, qd_error *error);

/* Sums of one model over part of the table. */
typedef struct qd_scores_sum {
    qd_tally all;           /* everything it scored there */
    size_t common;          /* cells that the reference scored too */
    double own, reference;  /* sums of the WIS over them: rel_wis is own / reference, where common > 0 */
    double log_ratios;      /* over series: sum of log(own / reference) of those whose reference has a WIS above 0 */
    size_t series_compared; /* so many */
} qd_scores_sum;

/* Over the origins, series and horizons from[i] <= place < until[i], in that order of i. */
void qd_scores_add_up(const qd_scores *scores, size_t model, const size_t from[3], const size_t until[3],
                      qd_scores_sum *sum);

/* CSV with the columns model,series,horizon,n,wis,crps,log_score,mae,bias,cov50,cov80,cov95,pit,rel_wis, and origin
   before n where it is asked for; rows in the order of models, origins, series, horizons; no row where nothing was
   scored, but always one a model when `by` is "".  A field is empty where it is not known or not asked for.  By series,
   further rows whose series is "geometric mean" close each model: n series, and as rel_wis the geometric mean of theirs
   (those whose reference has a WIS of 0 left out).  The path "-" is standard output.

   With draws, columns wis_low,wis_high,rel_wis_low,rel_wis_high: 95% of the draws lie between them; empty where a row
   is of one series.  The geometric mean is then there whatever `by` is. */
QD_CHECKED qd_status qd_scores_write(const qd_scores *scores, const char *by, const char *path, qd_error *error);

#endif
