/* quadrat train forecast. */
#ifndef QD_CLI_TRAIN_FORECAST_H
#define QD_CLI_TRAIN_FORECAST_H

#include "cli.h"
#include "data/panel.h"

int qd_train_forecast(const qd_arguments *arguments);

/* Tells wrong use of the options that say how to forecast; an exit code. */
int qd_check_forecast(const qd_arguments *arguments);

/* What was understood of the data, a line each; all: what --dry-run tells. */
void qd_say_panel(const qd_settings *settings, const qd_panel *panel, int all);

#endif
