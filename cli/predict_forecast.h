#ifndef QD_CLI_PREDICT_FORECAST_H
#define QD_CLI_PREDICT_FORECAST_H

#include "cli.h"

/* Is the file a model of the task `forecast`?  False too where it cannot be read: reading it as another will say why.
 */
int qd_is_forecaster(const char *path);

/* quadrat predict with such a model.  Returns an exit code. */
int qd_predict_forecast(const qd_arguments *arguments);

#endif
