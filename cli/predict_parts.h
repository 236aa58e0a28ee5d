/* What the parts of quadrat predict with a forecaster share. */
#ifndef QD_CLI_PREDICT_PARTS_H
#define QD_CLI_PREDICT_PARTS_H

#include "tasks/forecast_write.h"

/* A prediction under way. */
typedef struct qd_prediction {
    const qd_settings *settings; /* of this call */
    const char *path;            /* of the data */
    const qd_forecast_format *format;
    qd_forecaster *forecaster;
    qd_panel *panel;
    double *y;                 /* [series][times]: what is known */
    int64_t origin, reference; /* the last time known; the time from which horizons count */
    int64_t first, last;       /* horizons */
    size_t levels, all_levels; /* those asked for; those that are forecast */
    double *level, *all_level;
    char date[QD_TIME_SIZE]; /* the reference date as a hub has it; "": the data have no dates */
    qd_hub_rules *hub;
    qd_forecast *forecast;
    bool wrong_use; /* an error is about how the program was called */
} qd_prediction;

/* Reads the data as the model was trained on them and finds what is known, the origin and the horizons: panel, y,
   origin, reference, first and last. */
QD_CHECKED qd_status qd_prediction_read(qd_prediction *p, qd_error *error);

/* The last time at which anything was observed, y: [series][times]; -1: never. */
int64_t qd_prediction_observed(const qd_panel *panel, const double *y);

/* Says which series the model has never seen. */
QD_CHECKED qd_status qd_say_unseen(const qd_forecaster *forecaster, const qd_panel *panel, qd_error *error);

/* Says what is forecast, and what the model does not know. */
QD_CHECKED qd_status qd_prediction_say(const qd_prediction *p, qd_error *error);

#endif
