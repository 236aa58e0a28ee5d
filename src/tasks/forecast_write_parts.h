/* What the writers of forecasts share. */
#ifndef QD_TASKS_FORECAST_WRITE_PARTS_H
#define QD_TASKS_FORECAST_WRITE_PARTS_H

#include "data/csv.h"
#include "tasks/forecast_write.h"

/* The names of the columns that name a series, and the keys of one. */
void qd_forecast_put_key_names(qd_csv *csv, const qd_panel *panel);
void qd_forecast_put_keys(qd_csv *csv, const qd_panel *panel, size_t series);

/* origin and time as the data write them, and the horizon; h from 0. */
void qd_forecast_put_times(qd_csv *csv, const qd_forecast *forecast, size_t h);

/* The names of the columns of the form that is ours, and its rows; model: of a first column `model`, NULL for none. */
void qd_forecast_put_names(qd_csv *csv, const qd_panel *panel, size_t levels, const double *level, bool model);
void qd_forecast_put_rows(qd_csv *csv, const qd_forecast *forecast, size_t levels, const double *level,
                          const char *model);

/* Number of the key column of this name; panel->keys: there is none. */
size_t qd_forecast_key_column(const qd_panel *panel, const char *name);

void qd_forecast_tell(const qd_forecast_write_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says which series have no forecast because they were never observed. */
void qd_forecast_tell_empty(const qd_forecast *forecast, const qd_forecast_write_options *options);

#endif
