/* Rolling-origin evaluation: forecasts made as if each origin were today, scored on what came, with the naive forecasts
   beside. */
#ifndef QD_TASKS_FORECAST_EVALUATE_H
#define QD_TASKS_FORECAST_EVALUATE_H

#include "eval/hub.h"
#include "eval/tally.h"
#include "tasks/forecast.h"

/* Origins are times of the panel's grid: the last one known or, with vintages, the date of the forecast. */
typedef struct qd_backtest_options {
    int64_t from, until;       /* first and last origin */
    int64_t every;             /* times from one origin to the next */
    size_t refit;              /* origins between trainings; 0: trained once, at the first */
    size_t seeds;              /* trainings of everything, from as many seeds; 0 is 1 */
    qd_forecaster *forecaster; /* scored as it is; NULL: trains as it goes */
    bool naive;                /* no network: the naive forecasts alone */
    size_t levels;             /* of the quantiles that are scored */
    const double *level;       /* [levels], rising */
    const qd_truth *truth;     /* what came; NULL: the panel's own counts, as last published */
    const qd_hub *baseline;    /* forecasts that rel_wis is relative to; NULL: `last` */
    const qd_hub *match;       /* only what this file forecasts too is scored; NULL: all */
    qd_monitor watch;          /* of every training, to stop it; NULL: nobody watches */
    void *watch_context;
    const char *save; /* a file for all forecasts, as predict writes them after a column `model`; "": none */
} qd_backtest_options;

/* The models: "quadrat" (of several seeds the mean of their scores, and then each as "quadrat seed N"), the naive ones,
   and the hub file of forecasts. */
typedef struct qd_backtest {
    size_t models, origins, series, horizons;
    size_t reference; /* the model that rel_wis is relative to */
    int64_t first;    /* horizon */
    char **model;     /* [models] */
    int64_t *origin;  /* [origins] */
    qd_tally *tally;  /* [models][origins][series][horizons] */
    double seconds;   /* of training */
} qd_backtest;

/* Called before each origin, of all seeds; non-zero stops (QD_ERR_STOPPED).  NULL: never called. */
typedef int (*qd_backtest_monitor)(void *context, size_t origin, size_t origins);

/* Nothing that was not known at an origin is looked at to forecast from it: later counts and, where the panel has
   vintages, later publications are hidden, not only unused.  settings: those of training, or of the forecaster. */
QD_CHECKED qd_status qd_backtest_run(const qd_settings *settings, const qd_panel *panel,
                                     const qd_backtest_options *options, qd_backtest_monitor monitor, void *context,
                                     qd_backtest *result, qd_error *error);
void qd_backtest_clear(qd_backtest *result);

#endif
