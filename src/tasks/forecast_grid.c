/* What a forecaster keeps of the times that it was trained on, and whether other data are like them. */
#include "data/names.h"
#include "tasks/forecast_parts.h"

#include <math.h>

qd_status qd_forecast_grid_of(const qd_panel *panel, size_t origin, qd_forecast_grid *grid, qd_error *error)
{
    char *keys;
    const qd_status status = qd_names_join(panel->keys, panel->key_name, "\x1f", &keys, error);
    if (status != QD_OK) {
        return status;
    }
    *grid = (qd_forecast_grid){
        .kind = panel->kind,
        .weeks = panel->weeks,
        .step = panel->step,
        .month_day = panel->month_day,
        .day_step = panel->day_step,
        .season = panel->season,
        .last = panel->first + ((int64_t)origin - 1) * panel->step,
        .keys = keys,
    };
    return QD_OK;
}

/* A panel of nothing but the last time. */
static qd_panel as_panel(const qd_forecast_grid *grid)
{
    return (qd_panel){.kind = grid->kind,
                      .weeks = grid->weeks,
                      .first = grid->last,
                      .step = grid->step,
                      .month_day = (int)grid->month_day,
                      .day_step = grid->day_step,
                      .times = 1};
}

void qd_forecaster_frequency_text(const qd_forecaster *f, char *text, size_t size)
{
    const qd_panel panel = as_panel(&f->grid);
    qd_panel_frequency_text(&panel, text, size);
}

void qd_forecaster_last_text(const qd_forecaster *f, char *text, size_t size)
{
    const qd_panel panel = as_panel(&f->grid);
    qd_panel_time_text(&panel, 0, text, size);
}

/* As far apart: new moons and months are. */
static bool alike(const qd_forecast_grid *grid, const qd_panel *panel)
{
    return grid->day_step > 0 && panel->day_step > 0
               ? fabs(panel->day_step / grid->day_step - 1) < 0.2
               : !(grid->day_step > 0) && !(panel->day_step > 0) && panel->kind == grid->kind;
}

qd_status qd_forecaster_accepts(const qd_forecaster *f, const qd_panel *panel, qd_error *error)
{
    const qd_forecast_inputs *inputs = &f->inputs;
    if (!alike(&f->grid, panel)) {
        char trained[64], these[64];
        qd_forecaster_frequency_text(f, trained, sizeof trained);
        qd_panel_frequency_text(panel, these, sizeof these);
        return qd_fail(error, QD_ERR_VALUE, "the model was trained %s; these data are %s", trained, these);
    }
    if (inputs->past != panel->past || inputs->known != panel->known || inputs->constants != panel->constants) {
        return qd_fail(error, QD_ERR_VALUE,
                       "the model was trained with %zu covariates, %zu known ones and %zu static ones; these data have "
                       "%zu, %zu and %zu",
                       inputs->past, inputs->known, inputs->constants, panel->past, panel->known, panel->constants);
    }
    return QD_OK;
}
