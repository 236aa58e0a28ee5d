/* Scores: the table that `evaluate` writes, from tallies of every model, origin, series and horizon. */
#ifndef QD_EVAL_SCORES_H
#define QD_EVAL_SCORES_H

#include "eval/tally.h"

typedef struct qd_scores {
    size_t models, origins, series, horizons;
    const char *const *model;  /* [models] */
    const char *const *origin; /* [origins]: times as texts */
    const char *const *key;    /* [series] */
    const int64_t *horizon;    /* [horizons] */
    const qd_tally *tally;     /* [models][origins][series][horizons]; n 0: not scored */
    size_t reference;          /* the model that rel_wis is relative to; models: there is none */
} qd_scores;

/* CSV with the columns model,series,horizon,n,wis,crps,log_score,mae,bias,cov50,cov80,cov95,pit,rel_wis, and origin
   where it is asked for.  by: "" (a row a model) or a list of series, horizon, origin.  rel_wis: sums over the cells
   that both models scored; empty without a reference.  by series: a last row a model, whose series is "geometric mean",
   has the geometric mean of the series' rel_wis. */
QD_CHECKED qd_status qd_scores_write(const qd_scores *scores, const char *by, const char *path, qd_error *error);

#endif
