/*
 * Forecasts as files, in the forms that the field reads (docs/forecast-output.md).  One file a form, one row of the
 * table a form.
 */
#ifndef QD_TASKS_FORECAST_WRITE_H
#define QD_TASKS_FORECAST_WRITE_H

#include "tasks/forecast.h"
#include "tasks/forecast_hub.h"

/* What was left out or assumed: a line for the user. */
typedef void (*qd_forecast_say)(void *context, const char *line);

/* Names that are not given are "", never NULL. */
typedef struct qd_forecast_write_options {
    size_t levels;
    const double *level;    /* those that are written; all of them are the forecast's */
    const double *observed; /* [series][times of the panel]: what came, for scores; NULL: not known */
    const char *target;     /* name of the column of counts */
    const char *model_id;
    const qd_hub_rules *hub; /* the rules of a hub, read for its target and reference date; NULL: none */
    const char *hub_target, *reference_date;
    bool every_horizon; /* the horizons were asked for by name: one that the hub refuses is an error */
    const char *project, *site, *variable, *duration;
    qd_forecast_say say; /* NULL: nobody listens */
    void *context;
} qd_forecast_write_options;

typedef struct qd_forecast_format {
    const char *name; /* of --format */
    bool samples;     /* writes joint sample paths */
    qd_status (*write)(const qd_forecast *forecast, const qd_forecast_write_options *options, const char *path,
                       qd_error *error);
} qd_forecast_format;

extern const qd_forecast_format qd_forecast_formats[];
extern const size_t qd_forecast_formats_count;
const qd_forecast_format *qd_forecast_format_find(const char *name); /* NULL: there is none */

/* series..., origin, time, horizon, mean, q0.025, ... */
QD_CHECKED qd_status qd_forecast_write_csv(const qd_forecast *forecast, const qd_forecast_write_options *options,
                                           const char *path, qd_error *error);
/* Model output of the hubverse; with options->hub, exactly what that hub's tasks.json asks for. */
QD_CHECKED qd_status qd_forecast_write_hubverse(const qd_forecast *forecast, const qd_forecast_write_options *options,
                                                const char *path, qd_error *error);
/* The Ecological Forecasting Initiative's standard: draws, family `sample`. */
QD_CHECKED qd_status qd_forecast_write_efi(const qd_forecast *forecast, const qd_forecast_write_options *options,
                                           const char *path, qd_error *error);
/* series..., origin, time, horizon, sample, value */
QD_CHECKED qd_status qd_forecast_write_samples(const qd_forecast *forecast, const qd_forecast_write_options *options,
                                               const char *path, qd_error *error);
/* model, series..., origin, time, horizon, observed, predicted, quantile_level */
QD_CHECKED qd_status qd_forecast_write_scoringutils(const qd_forecast *forecast,
                                                    const qd_forecast_write_options *options, const char *path,
                                                    qd_error *error);

/* A picture of history, median and bands of 50 and 95%: a panel a series, at most `most` of them (0: 24), those with
   the highest counts.  y: [series][times of the panel], what was known.  The forecast must have the quantiles 0.025,
   0.25, 0.5, 0.75 and 0.975. */
QD_CHECKED qd_status qd_forecast_write_svg(const qd_forecast *forecast, const double *y, const char *title, size_t most,
                                           const char *path, qd_error *error);

/* ---------------------------------------------------------------------------------------------- levels */

/* The levels of both lists, each once, rising; a new array. */
QD_CHECKED qd_status qd_forecast_levels_join(size_t n, const double *a, size_t m, const double *b, size_t *levels,
                                             double **level, qd_error *error);

/* Those that pictures need. */
enum { QD_BAND_LEVELS = 5 };
extern const double qd_band_levels[QD_BAND_LEVELS]; /* 0.025, 0.25, 0.5, 0.75, 0.975 */

/* The quantile of a series at a horizon (from 0); the level must be the forecast's (asserted). */
double qd_forecast_quantile(const qd_forecast *forecast, size_t series, size_t horizon, double level);

/* ------------------------------------------------------------------------------------- parts of a forecast */

/* Drops all horizons but first .. last, which must be there (asserted). */
void qd_forecast_narrow(qd_forecast *forecast, int64_t first, int64_t last);

/* The time, on the panel's grid, of a horizon counted from 0. */
int64_t qd_forecast_time(const qd_forecast *forecast, size_t h);

enum { QD_TIME_SIZE = 40 };

/* The date of time i, YYYY-MM-DD: its first day or its last one (weeks begin on Monday; dates of the data are
   themselves). False where the data have no dates. */
bool qd_forecast_date(const qd_panel *panel, int64_t i, bool last, char text[QD_TIME_SIZE]);

/* The series to show where not all can be: those with the highest mean over the `shown` last times known, in the
   panel's order.  chosen: [most]; returns how many there are.  Series without a forecast are never among them. */
size_t qd_forecast_choose(const qd_forecast *forecast, const double *y, size_t shown, size_t most, size_t *chosen);

/* Times of history that a picture shows. */
size_t qd_forecast_shown(const qd_forecast *forecast);

/* "DM", "Aitkin, adult", or the name of the target where the data are one series. */
void qd_forecast_series_text(const qd_panel *panel, size_t series, const char *target, char *text, size_t size);

/* A list of names for a message, begun as {0}: the first few of them, then how many more. */
typedef struct qd_name_list {
    char text[160];
    size_t count, written;
} qd_name_list;

void qd_name_list_add(qd_name_list *list, const char *name);
const char *qd_name_list_text(qd_name_list *list);

#endif
