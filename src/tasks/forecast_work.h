/* What forecasts of a panel are made in. */
#ifndef QD_TASKS_FORECAST_WORK_H
#define QD_TASKS_FORECAST_WORK_H

#include "nn/batch.h"
#include "tasks/forecast_parts.h"

/* What the networks' forecasts of one origin after another work in. */
struct qd_forecast_work {
    const qd_forecaster *f;
    qd_forecast_view view;
    size_t origin;
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *batch;
    size_t *token; /* [series] */
    float *x;      /* [most][longest][width] */
    const float **row_x;
    size_t *lengths;
    uint64_t *series; /* of each row */
    double *scale;
    size_t most;   /* rows of a batch */
    double *theta; /* [most][horizon][members][parameters]: what each member says of each cell */
    /* Where counts are fed back (forecast_ancestral.c): */
    float *state, *states; /* of a batch, and of all its paths */
    float *steps, *y;      /* [paths of a batch][width], [paths of a batch][parameters]: inputs and outputs of a step */
    size_t *from;          /* [paths of a batch]: packed row */
    double *draws;         /* [most][members][QD_FORECAST_DRAWS][horizon] */
    double *sorted;        /* [members][QD_FORECAST_DRAWS] */
    size_t paths;          /* of each series that are kept */
    double *path;          /* [series][paths][horizon]; NULL: none */
};

/* Draws of a member and series where counts are fed back. */
enum { QD_FORECAST_DRAWS = 200 };

/* Fills the batch with the series from *next on, as they are before w->origin, and moves *next on; returns the rows: 0
   where nothing was ever observed.  skip: steps at the end of each that are left out. */
size_t qd_forecast_fill_batch(qd_forecast_work *w, size_t skip, size_t *next);

/* What the network says of a cell: natural parameters from raw outputs. */
void qd_forecast_natural(const qd_forecast_work *w, size_t row, size_t h, const float *outputs,
                         double theta[QD_LIKELIHOOD_PARAMETERS]);

/* The networks' quantiles and means, added to quantiles [series][horizon][levels] and mean [series][horizon] (or NULL);
   a series without any observation adds nothing. */
void qd_forecast_direct(qd_forecast_work *w, size_t levels, const double *level, double *quantiles, double *mean);
void qd_forecast_ancestral(qd_forecast_work *w, size_t levels, const double *level, double *quantiles, double *mean);

#endif
