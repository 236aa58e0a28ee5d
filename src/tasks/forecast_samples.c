/* Forecasts as joint sample paths, and as the quantiles that R's scoringutils scores (as_forecast_quantile of version
 * 2). */
#include "tasks/forecast_write_parts.h"

#include <math.h>

static void put_names(qd_csv *csv, const qd_panel *panel, const char *const *rest, size_t count)
{
    qd_forecast_put_key_names(csv, panel);
    for (size_t i = 0; i < count; i++) {
        qd_csv_text(csv, rest[i]);
    }
    qd_csv_end(csv);
}

qd_status qd_forecast_write_samples(const qd_forecast *forecast, const qd_forecast_write_options *options,
                                    const char *path, qd_error *error)
{
    qd_csv csv;
    const qd_status status = qd_csv_create(path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    static const char *const names[] = {"origin", "time", "horizon", "sample", "value"};
    put_names(&csv, forecast->panel, names, sizeof names / sizeof names[0]);
    for (size_t s = 0; s < forecast->panel->series; s++) {
        for (size_t p = 0; p < forecast->samples && !forecast->empty[s]; p++) {
            const double *path_values = forecast->sample + (s * forecast->samples + p) * forecast->horizons;
            for (size_t h = 0; h < forecast->horizons; h++) {
                qd_forecast_put_keys(&csv, forecast->panel, s);
                qd_forecast_put_times(&csv, forecast, h);
                qd_csv_whole(&csv, (int64_t)p + 1);
                qd_csv_number(&csv, path_values[h]);
                qd_csv_end(&csv);
            }
        }
    }
    qd_forecast_tell_empty(forecast, options);
    return qd_csv_close(&csv, QD_OK);
}

/* What came at a time; NaN: not known. */
static double observation(const qd_forecast *forecast, const qd_forecast_write_options *options, size_t s, size_t h)
{
    const int64_t t = qd_forecast_time(forecast, h), times = (int64_t)forecast->panel->times;
    return options->observed != NULL && t >= 0 && t < times ? options->observed[(int64_t)s * times + t] : (double)NAN;
}

qd_status qd_forecast_write_scoringutils(const qd_forecast *forecast, const qd_forecast_write_options *options,
                                         const char *path, qd_error *error)
{
    qd_csv csv;
    const qd_status status = qd_csv_create(path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    static const char *const names[] = {"origin", "time", "horizon", "observed", "predicted", "quantile_level"};
    qd_csv_text(&csv, "model");
    put_names(&csv, forecast->panel, names, sizeof names / sizeof names[0]);
    for (size_t s = 0; s < forecast->panel->series; s++) {
        for (size_t i = 0; i < forecast->horizons * options->levels && !forecast->empty[s]; i++) {
            const size_t h = i / options->levels;
            const double level = options->level[i % options->levels];
            qd_csv_text(&csv, *options->model_id != '\0' ? options->model_id : "quadrat");
            qd_forecast_put_keys(&csv, forecast->panel, s);
            qd_forecast_put_times(&csv, forecast, h);
            qd_csv_number(&csv, observation(forecast, options, s, h));
            qd_csv_number(&csv, qd_forecast_quantile(forecast, s, h, level));
            qd_csv_number(&csv, level);
            qd_csv_end(&csv);
        }
    }
    qd_forecast_tell_empty(forecast, options);
    return qd_csv_close(&csv, QD_OK);
}
