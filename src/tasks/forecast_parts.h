/* What the files of the forecast task share. */
#ifndef QD_TASKS_FORECAST_PARTS_H
#define QD_TASKS_FORECAST_PARTS_H

#include "store/session.h"
#include "tasks/forecast.h"

/* Networks alone, no blending, no recalibration, with the settings of `sessions` (whose fingerprint is set here).
   before: how many were trained before them in the same training: 0 are those that forecast, and begin with --init. */
QD_CHECKED qd_status qd_forecast_train_networks(const qd_sessions *sessions, const qd_panel *panel, const double *y,
                                                size_t origin, size_t before, size_t members, qd_forecaster **out,
                                                qd_error *error);

/* Sets how values enter, by --scale and the likelihood. */
void qd_forecast_scale(const qd_settings *settings, qd_forecast_inputs *inputs);

/* --valid: the part of the times, 0 without it.  False where it is no fraction. */
bool qd_forecast_valid(const qd_settings *settings, double *fraction);

/* --multistep ancestral */
bool qd_forecast_fed(const qd_settings *settings);

/* QD_ERR_VALUE: with it, a network that cannot go step by step. */
QD_CHECKED qd_status qd_forecast_check_fed(const qd_settings *settings, const qd_network *network, qd_error *error);

/* NAME:KEY of FOLDER/NAME:KEY: what a model remembers of --join, since the same data elsewhere give the same model. */
const char *qd_forecast_join_name(const char *join);

/* The network of its settings, inputs and series. */
QD_CHECKED qd_status qd_forecast_network(qd_forecaster *forecaster, qd_error *error);

/* What is kept of the panel's times and of the names of its keys: known up to, not including, time `origin`. */
QD_CHECKED qd_status qd_forecast_grid_of(const qd_panel *panel, size_t origin, qd_forecast_grid *grid, qd_error *error);

/* How naive forecasts are made. */
typedef struct qd_naive {
    size_t steps;  /* from the origin on */
    double season; /* times; 0: none */
    bool nonnegative;
    size_t draws; /* of a random walk; 0: the baselines' own number */
} qd_naive;

/* A naive forecast of every series: quantiles [series][steps][levels], mean [series][steps] or NULL; zeros where
   nothing was observed. */
QD_CHECKED qd_status qd_forecast_baseline(const qd_baseline *baseline, const qd_naive *naive, const qd_panel *panel,
                                          const double *y, size_t origin, size_t levels, const double *level,
                                          double *quantiles, double *mean, qd_error *error);

/* What a forecaster's forecasts of a panel are made in, from one origin after another.  paths: of each series that are
   kept where counts are fed back. */
typedef struct qd_forecast_work qd_forecast_work;
QD_CHECKED qd_status qd_forecast_work_new(const qd_forecaster *forecaster, const qd_panel *panel, size_t paths,
                                          qd_forecast_work **out, qd_error *error);
void qd_forecast_work_free(qd_forecast_work *work);

/* The paths of a series that were kept, [paths][horizon], borrowed; NULL where no count is fed back. */
const double *qd_forecast_work_path(const qd_forecast_work *work, size_t series);

/* The quantiles of each part, [QD_FORECAST_PARTS][series][horizon][levels], before blending, and their means,
   [QD_FORECAST_PARTS][series][horizon], or NULL. */
QD_CHECKED qd_status qd_forecast_parts(qd_forecast_work *work, const double *y, size_t origin, size_t levels,
                                       const double *level, double *quantiles, double *mean, qd_error *error);

/* The same as the forecaster blends and widens them: as qd_forecast_quantiles. */
QD_CHECKED qd_status qd_forecast_blended(qd_forecast_work *work, const double *y, size_t origin, size_t levels,
                                         const double *level, double *quantiles, double *mean, qd_error *error);

/* Learns blend and spread on origins before `origin`. */
QD_CHECKED qd_status qd_forecast_calibrate(qd_forecaster *forecaster, const qd_sessions *sessions,
                                           const qd_panel *panel, const double *y, size_t origin, qd_error *error);

/* Joint paths of one series: grid [horizons][samples], rising quantiles at the levels (i + 0.5) / samples, to sample
   [samples][horizons].  y [known]: its past; steps: from the first time that is not known to the last horizon; series:
   its number, for random numbers.  like: [samples][steps], paths whose ranks they take; NULL: windows of the past. */
QD_CHECKED qd_status qd_forecast_paths(const double *y, size_t known, size_t steps, size_t horizons, size_t samples,
                                       uint64_t series, const double *like, const double *grid, double *sample,
                                       qd_error *error);

/* The keys of a series as one string (joined by the character 31), a new one. */
QD_CHECKED qd_status qd_forecast_key(const qd_panel *panel, size_t series, char **key, qd_error *error);

/* The number in training of each of a panel's series, or the forecaster's number of series for one never seen. */
QD_CHECKED qd_status qd_forecast_tokens(const qd_forecaster *forecaster, const qd_panel *panel, size_t **token,
                                        qd_error *error);

/* Combined quantiles of one series and horizon: parts weighted, the distance from the median times spread, made whole
   and not negative where they are counts, and put in order.  part: [QD_FORECAST_PARTS] arrays of [levels]. */
void qd_forecast_combine(const double *const part[QD_FORECAST_PARTS], const double *weight, double spread, bool whole,
                         bool nonnegative, size_t levels, const double *level, double *quantiles);

#endif
