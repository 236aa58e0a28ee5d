/*
 * Forecasting counts: one network over all series of a panel.
 *
 * A sample is a series and an origin: the context, steps of what was known, then the horizon, steps of which only the
 * calendar and covariates known in advance are told.  The network puts out the raw parameters of a likelihood at every
 * step, and those of the horizon count: a direct forecast of all horizons at once, which feeds no error back into
 * itself.  Joint sample paths are made of them afterwards (forecast_paths.c).  Or, with --multistep ancestral, every
 * step is told the count of the one before, and paths are drawn one step after the other (forecast_ancestral.c).
 */
#ifndef QD_TASKS_FORECAST_H
#define QD_TASKS_FORECAST_H

#include "base/settings.h"
#include "data/panel.h"
#include "eval/baselines.h"
#include "heads/likelihood.h"
#include "nn/network.h"
#include "store/safetensors.h"
#include "train/train.h"

/* Horizons as the user counts them: from the date of the forecast, of which everything up to `lead` times before is
   known.  Without vintages lead is 0 and horizon 1 is the first time that is not known. */
typedef struct qd_horizons {
    int64_t first, last;
    int64_t lead;
} qd_horizons;

/* From the settings horizon, as-of and lag. */
QD_CHECKED qd_status qd_forecast_horizons(const qd_settings *settings, const qd_panel *panel, qd_horizons *out,
                                          qd_error *error);

/* What turns a place in a panel into the inputs of a network; the same for training and prediction. */
typedef struct qd_forecast_inputs {
    size_t context, horizon; /* horizon: steps from the first time that is not known to the last that is forecast */
    double season;           /* times of a season; 0: none */
    double half_life;        /* times after which an observation counts half in the scale; 0: all count the same */
    bool dated, weekdays;    /* the true day is known; days of the week matter */
    bool nonnegative;        /* values are counts or amounts, never below 0 */
    bool logs;               /* they enter as logarithms, not as they are */
    bool unscaled;           /* and not relative to the size of their series */
    bool fed;      /* a step is told the count of the time before, not its own: one time after the other is forecast */
    size_t series; /* tokens: series seen in training, and one for all others */
    size_t past, known, constants;
    double *mean, *sd;           /* [past + known + constants]: of the covariates, over the training part */
    double level_mean, level_sd; /* of the logarithm of the scales */
} qd_forecast_inputs;

/* Inputs of a step, the token included. */
size_t qd_forecast_width(const qd_forecast_inputs *inputs);

/* Counts as they are known up to (not including) time `origin`, in a panel. */
typedef struct qd_forecast_view {
    const qd_panel *panel;
    const double *y;     /* [series][times] */
    const size_t *token; /* [series] */
    size_t until;        /* counts before this time are told after the origin too, where counts are fed back */
} qd_forecast_view;

/* Fills the inputs of a sample, x [length][width], and says its scale; returns the length: at most context + horizon,
   less where the series began later.  0: nothing was ever observed. */
size_t qd_forecast_fill(const qd_forecast_inputs *inputs, const qd_forecast_view *view, size_t series, size_t origin,
                        float *x, double *scale);

/* Tells the step x a count; unit: the scale times the exposure of its time. */
void qd_forecast_tell_count(const qd_forecast_inputs *inputs, double value, double unit, float *x);

/* Exposure of an observation, as it is known when all before time `origin` is: its effort, or, where that is missing or
   of the future (and not among the columns known there), the mean of the series' past; 1 without effort. */
double qd_forecast_exposure(const qd_panel *panel, size_t series, size_t time, size_t origin);

/* Was anything observed before time `origin`?  y: of one series. */
bool qd_forecast_observed(const double *y, size_t origin);

/* The keys of a series, joined by commas; a new string. */
QD_CHECKED qd_status qd_forecast_series_name(const qd_panel *panel, size_t series, char **name, qd_error *error);

/* ------------------------------------------------------------------------------------------- forecaster */

/* The times that a forecaster was trained on. */
typedef struct qd_forecast_grid {
    qd_time_kind kind; /* as in the panel, as are weeks, step, month_day and day_step */
    bool weeks;
    int64_t step;
    int64_t month_day;
    double day_step;
    double season; /* times, of the naive forecasts: whatever is forecast, that of the panel trained on; 0: none */
    int64_t last;  /* the last time that was known, a value of this kind */
    char *keys;    /* columns that name a series, joined by the character 31; owned */
} qd_forecast_grid;

enum { QD_FORECAST_PARTS = 3 }; /* what is blended: the network, the last value, the same season */

typedef struct qd_forecaster {
    qd_settings *settings; /* with nothing left open */
    const qd_likelihood *likelihood;
    qd_forecast_grid grid;
    qd_horizons horizons;
    qd_forecast_inputs inputs;
    qd_network *network;
    size_t members;
    float *parameters;  /* [members][parameters of the network] */
    size_t series;      /* seen in training */
    char **key;         /* [series]: as qd_forecast_key writes it */
    double *blend;      /* [series + 1][QD_FORECAST_PARTS]: weights, the last row for series not seen */
    double *spread;     /* [horizon]: factor of the distance of the quantiles from the median */
    qd_history history; /* of the training of the members; not in a model file */
} qd_forecaster;

/* Reads the panel that the settings describe (time, date, series, target, wide, ...).  A count likelihood refuses, with
   its line, a value that is no count. */
QD_CHECKED qd_status qd_forecast_read(const qd_settings *settings, const char *path, qd_panel **out, qd_error *error);

/* QD_ERR_VALUE: settings that are wrong whatever the data (horizon, layers). */
QD_CHECKED qd_status qd_forecast_check(const qd_settings *settings, qd_error *error);

/* The task's own default of a setting, as text for --help; NULL: that of the table of settings. */
const char *qd_forecast_default(const char *name);

/* Settings with nothing left open: what the user did not set gets the task's own default, by what the panel has before
   time `known`. */
QD_CHECKED qd_status qd_forecast_settings(const qd_settings *settings, const qd_panel *panel, size_t known,
                                          qd_settings **out, qd_error *error);

/* Trains on what was known before time `origin`: y [series][times] (later values are not looked at).  keep: the states
   of the networks are kept (store/session.h). */
QD_CHECKED qd_status qd_forecast_train(const qd_settings *settings, const qd_panel *panel, const double *y,
                                       size_t origin, bool keep, qd_monitor monitor, void *context, qd_forecaster **out,
                                       qd_error *error);
void qd_forecaster_free(qd_forecaster *forecaster);

/* How many networks that trains, one after the other: the ensemble and those of the calibration. */
size_t qd_forecast_networks(const qd_settings *settings, const qd_panel *panel, size_t origin);

/* Forecasts of all series from one origin. */
typedef struct qd_forecast {
    const qd_panel *panel; /* borrowed */
    int64_t origin;        /* the last time that was known, on the panel's grid */
    int64_t reference;     /* the time from which horizons count: origin + lead */
    int64_t first;         /* the first horizon; the target of horizon h is the time reference + h */
    size_t horizons;
    size_t levels, samples;
    double *level;    /* [levels], rising */
    double *quantile; /* [series][horizons][levels]; counts: whole, none below 0; they never cross */
    double *mean;     /* [series][horizons] */
    double *grid;     /* [series][horizons][samples]: quantiles at the levels (i + 0.5) / samples: the distribution */
    double *sample;   /* [series][samples][horizons]: joint paths (forecast_paths.c); their order means nothing */
    bool *empty;      /* [series]: nothing was ever observed, there is no forecast */
} qd_forecast;

/* y: [series][panel times], what is known; nothing from time origin + 1 on is looked at.  level: rising, in (0, 1). */
QD_CHECKED qd_status qd_forecast_make(const qd_forecaster *forecaster, const qd_panel *panel, const double *y,
                                      int64_t origin, size_t levels, const double *level, size_t samples,
                                      qd_forecast **out, qd_error *error);
void qd_forecast_free(qd_forecast *forecast);

/* The same by a naive method, without samples; horizons: what is forecast. */
QD_CHECKED qd_status qd_forecast_make_naive(const qd_baseline *baseline, const qd_panel *panel, const double *y,
                                            int64_t origin, const qd_horizons *horizons, bool nonnegative,
                                            size_t levels, const double *level, qd_forecast **out, qd_error *error);

/* Quantiles for the times origin .. origin + horizon - 1 of every series: [series][horizon][levels], levels rising.
   Counts: whole, none below 0.  They never cross.  mean: [series][horizon], or NULL. */
QD_CHECKED qd_status qd_forecast_quantiles(const qd_forecaster *forecaster, const qd_panel *panel, const double *y,
                                           size_t origin, size_t levels, const double *level, double *quantiles,
                                           double *mean, qd_error *error);

/* QD_ERR_VALUE where the panel's times are not as far apart as those that it was trained on, or its covariates are not
   as many. */
QD_CHECKED qd_status qd_forecaster_accepts(const qd_forecaster *forecaster, const qd_panel *panel, qd_error *error);

/* Reads data as the forecaster was trained on them; of `given`, the options about files count: dialect, gzip-limit,
   time, join.  Without a --join the table that was joined in training is looked for by its name, beside the data and in
   this folder.  Refuses what qd_forecaster_accepts does. */
QD_CHECKED qd_status qd_forecaster_read(const qd_forecaster *forecaster, const qd_settings *given, const char *path,
                                        qd_panel **out, qd_error *error);

/* "monthly", and the last time that it was trained on; size >= 64. */
void qd_forecaster_frequency_text(const qd_forecaster *forecaster, char *text, size_t size);
void qd_forecaster_last_text(const qd_forecaster *forecaster, char *text, size_t size);

/* The model file (docs/model-file.md). */
QD_CHECKED qd_status qd_forecaster_save(const qd_forecaster *forecaster, const char *path, qd_error *error);
QD_CHECKED qd_status qd_forecaster_load(const char *path, qd_forecaster **out, qd_error *error);

/* The same from a file that has been read as one of quadrat's own; is it one? */
bool qd_forecaster_is(const qd_safetensors *file);
QD_CHECKED qd_status qd_forecaster_from(const qd_safetensors *file, qd_forecaster **out, qd_error *error);

#endif
