/* Forecasts of a few series in the terminal: history, median, bands of 50 and 95%. */
#ifndef QD_CLI_DRAW_FORECAST_H
#define QD_CLI_DRAW_FORECAST_H

#include "cli.h"
#include "tasks/forecast_write.h"
#include <stdio.h>

/* The `most` series (0: 4) with the highest counts, under each other.  y: [series][times of the panel], what was known.
   The forecast must have the quantiles of qd_band_levels.  UTF-8 where the stream can show it, else ASCII. */
QD_CHECKED qd_status qd_forecast_draw(const qd_forecast *forecast, const double *y, const char *target, size_t most,
                                      FILE *out, qd_error *error);

#endif
