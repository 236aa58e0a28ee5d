#ifndef QD_CLI_PREDICT_FORECAST_H
#define QD_CLI_PREDICT_FORECAST_H

#include "cli.h"
#include "store/safetensors.h"

/* Each returns an exit code.  quadrat predict with a model of the task `forecast`. */
int qd_predict_forecast(const qd_arguments *arguments, const qd_safetensors *model);

/* quadrat evaluate with such a model, or without one (NULL). */
int qd_evaluate_backtest(const qd_arguments *arguments, const qd_safetensors *model, const char *data);

#endif
