/* Hub: forecasts and observations as the forecast hubs write them (hubverse, and the older layout of the COVID-19 and
   influenza hubs), read to be scored, matched or looked up.  Dates are days since 1970-01-01.

   Forecasts.  Columns are known by their names, in any order, others are ignored:
     reference_date | origin_date | forecast_date,  location,  target_end_date | target_date,
     target and horizon (each may be missing),
     output_type, output_type_id, value     or, the older layout,     type, quantile, value
   Rows of one reference date, target, location and horizon are one forecast.  Of the types, `quantile` rows are its
   quantiles, a `median` is the quantile at .5 unless there is one, and `sample` rows are its sample.  Other types, and
   rows without a target date (a season's peak), are left out and counted.  Without a column `horizon` it is the whole
   number at the beginning of the target ("2 wk ahead inc flu hosp", whose name is then "wk ahead inc flu hosp"), else
   the days from reference to target date, as weeks where all of them are whole weeks. */
#ifndef QD_EVAL_HUB_H
#define QD_EVAL_HUB_H

#include "data/names.h"
#include "data/table.h"

typedef struct qd_hub_forecast {
    int64_t reference, date; /* the day from which horizons count, and the day that is forecast */
    int64_t horizon;
    size_t location, target; /* numbers in the file's numberings */
    size_t first, levels;    /* its quantiles: level[first ..], value[first ..] */
    size_t drawn, samples;   /* its sample, in rising order: sample[drawn ..] */
    uint64_t line;           /* of its first row */
} qd_hub_forecast;

/* Rows that were left out. */
typedef struct qd_hub_left_out {
    size_t types;         /* rows of other types */
    char type_names[128]; /* which: "mean, pmf" */
    size_t dateless;      /* rows of a known type without a target date */
    size_t incomplete;    /* forecasts without one of the wanted levels */
} qd_hub_left_out;

typedef struct qd_hub {
    char *path, *model;            /* see qd_hub_model */
    qd_numbering location, target; /* a file without targets has one, "" */
    size_t count;
    qd_hub_forecast *forecast;      /* [count], in order of reference date, target, location, horizon */
    double *level, *value, *sample; /* values never fall within a forecast */
    qd_hub_left_out left_out;
} qd_hub;

/* Reads a file of forecasts.  levels > 0: those rising levels alone are kept, and forecasts that lack one are left out
   and counted; 0: those in the file.  A forecast that has a sample and no quantiles gets the sample's, at the wanted
   levels or else the hubs' 23.

   QD_ERR_FORMAT names the line: values that are no finite numbers, levels outside (0, 1), dates that are not
   YYYY-MM-DD, two rows that say the same (both lines), a horizon with two target dates (both lines), quantiles that
   cross; and a file without a forecast. */
QD_CHECKED qd_status qd_hub_read(const char *path, const qd_table_options *options, size_t levels, const double *level,
                                 qd_hub **out, qd_error *error);
void qd_hub_free(qd_hub *hub);

/* The forecast of a location at a horizon made at a reference date, or NULL; target NULL: the first target that has
   one. */
const qd_hub_forecast *qd_hub_find(const qd_hub *hub, int64_t reference, const char *target, const char *location,
                                   int64_t horizon);

/* The model of a file's name, a new string or NULL: without folder and endings (.csv, .gz, ...), a date before it
   (2023-10-14-TEAM-MODEL), "forecasts_" before it, and what follows the last "_" where that begins with a digit
   (forecasts_TEAM-MODEL_2023-24). */
char *qd_hub_model(const char *path);

/* Observations, one of a location (and target) and day. */
typedef struct qd_truth qd_truth;

/* Which columns of the truth are what; "" or NULL: target_end_date | target_date | date | time, location, observation |
   value | oracle_value. */
typedef struct qd_truth_columns {
    const char *date, *location, *value;
} qd_truth_columns;

/* Reads observations.  A column `target`, where there is one, is part of the key.  Missing values are not known.  With
   a column as_of the last publication of a key counts.  QD_ERR_FORMAT: two rows of one key (both lines), and what
   qd_times_read and qd_table_number refuse. */
QD_CHECKED qd_status qd_truth_read(const char *path, const qd_table_options *options, const qd_truth_columns *columns,
                                   qd_truth **out, qd_error *error);
void qd_truth_free(qd_truth *truth);

/* How many targets it has; 0: no column for them. */
size_t qd_truth_targets(const qd_truth *truth);

/* The observation, or NaN where it is not known.  target: ignored where the table has no such column, and when NULL. */
double qd_truth_find(const qd_truth *truth, const char *target, const char *location, int64_t date);

#endif
