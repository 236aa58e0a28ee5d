/* Rolling-origin evaluation: forecasts made as if each origin were today, scored on what came, with the naive forecasts
   beside. */
#ifndef QD_TASKS_FORECAST_EVALUATE_H
#define QD_TASKS_FORECAST_EVALUATE_H

#include "eval/tally.h"
#include "tasks/forecast.h"

enum { QD_BACKTEST_MODELS = 5 }; /* quadrat, last, season, drift, mean */

/* Origins are times of the panel's grid: the last one known or, with vintages, the date of the forecast. */
typedef struct qd_backtest_options {
    int64_t from, until;             /* first and last origin */
    int64_t every;                   /* times from one origin to the next */
    size_t refit;                    /* origins between trainings; 0: trained once, at the first */
    const qd_forecaster *forecaster; /* NULL: trains as it goes */
    const double *truth;             /* [series][times]; NULL: the panel's own counts */
} qd_backtest_options;

typedef struct qd_backtest {
    size_t origins, series, horizons;
    int64_t first; /* horizon */
    const char *model[QD_BACKTEST_MODELS];
    int64_t *origin; /* [origins] */
    qd_tally *tally; /* [QD_BACKTEST_MODELS][origins][series][horizons] */
    double seconds;  /* of training */
} qd_backtest;

/* Called before each origin; non-zero stops (QD_ERR_STOPPED).  NULL: never called. */
typedef int (*qd_backtest_monitor)(void *context, size_t origin, size_t origins);

/* Nothing from an origin on is looked at to forecast from it: the panel's later counts are hidden, not only unused. */
QD_CHECKED qd_status qd_backtest_run(const qd_settings *settings, const qd_panel *panel,
                                     const qd_backtest_options *options, qd_backtest_monitor monitor, void *context,
                                     qd_backtest *result, qd_error *error);
void qd_backtest_clear(qd_backtest *result);

#endif
