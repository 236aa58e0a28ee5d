/* Baselines: the naive forecasts that stand beside every result.  One row of the table a baseline. */
#ifndef QD_EVAL_BASELINES_H
#define QD_EVAL_BASELINES_H

#include "base/error.h"
#include <stdbool.h>

/* What was known of one series, and which times are to be forecast. */
typedef struct qd_past {
    const double *y;   /* [known], NaN where missing; at least one is not */
    size_t known;      /* times up to the origin */
    const double *day; /* [known + steps]: true days; NULL or NaN: the place in a season is counted in times */
    double season;     /* times of a season; 0: none */
    double day_step;   /* days from one time to the next; 0: not known */
    size_t steps;      /* the times known, known + 1, ..., known + steps - 1 are forecast */
    bool nonnegative;  /* quantiles below 0 become 0 */
    size_t draws;      /* of a random walk; 0: 10,000 */
} qd_past;

typedef struct qd_baseline {
    const char *name; /* in the column `model` */
    const char *help;
    /* quantiles: [steps][levels], in the order of `level` [levels], each in (0, 1); mean: [steps], or NULL. */
    qd_status (*forecast)(const qd_past *past, size_t levels, const double *level, double *quantiles, double *mean,
                          qd_error *error);
} qd_baseline;

/* last: the median is the last observed value; around it the sums of as many independent draws (10,000 of them) as
   steps from the differences of neighbouring observed values and their negations. season: the past values within 8% of
   a season of the target's place in it; before one whole season is known, all. drift: as last, the median moved on by
   the mean difference a step. mean: all past values. */
extern const qd_baseline qd_baselines[];
extern const size_t qd_baselines_count;

/* Of n sorted values, by linear interpolation (type 7 of Hyndman and Fan 1996). */
double qd_sorted_quantile(size_t n, const double *sorted, double level);

#endif
