/* Forecasts as files: the table of forms, the form that is ours, and what the writers share. */
#include "tasks/forecast_write.h"
#include "base/mem.h"
#include "base/text.h"
#include "tasks/forecast_write_parts.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

const qd_forecast_format qd_forecast_formats[] = {
    {"csv", false, qd_forecast_write_csv},
    {"hubverse", true, qd_forecast_write_hubverse},
    {"efi", true, qd_forecast_write_efi},
    {"samples", true, qd_forecast_write_samples},
    {"scoringutils", false, qd_forecast_write_scoringutils},
};
const size_t qd_forecast_formats_count = sizeof qd_forecast_formats / sizeof qd_forecast_formats[0];

const qd_forecast_format *qd_forecast_format_find(const char *name)
{
    for (size_t i = 0; i < qd_forecast_formats_count; i++) {
        if (strcmp(qd_forecast_formats[i].name, name) == 0) {
            return &qd_forecast_formats[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ words */

void qd_forecast_tell(const qd_forecast_write_options *options, const char *format, ...)
{
    if (options->say == NULL) {
        return;
    }
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(line, sizeof line, format, arguments);
    va_end(arguments);
    options->say(options->context, line);
}

void qd_name_list_add(qd_name_list *list, const char *name)
{
    const size_t used = strlen(list->text);
    list->count++;
    if (list->written + 1 == list->count && list->written < 5 && used + strlen(name) + 3 < sizeof list->text - 40) {
        qd_text_format(list->text + used, sizeof list->text - used, "%s%s", used > 0 ? ", " : "", name);
        list->written++;
    }
}

const char *qd_name_list_text(qd_name_list *list)
{
    const size_t used = strlen(list->text);
    if (list->written < list->count) {
        qd_text_format(list->text + used, sizeof list->text - used, "%s%zu %s", used > 0 ? " and " : "",
                       list->count - list->written, used > 0 ? "more" : "with long names");
        list->written = list->count;
    }
    return list->text;
}

void qd_forecast_tell_empty(const qd_forecast *forecast, const qd_forecast_write_options *options)
{
    qd_name_list list = {0};
    for (size_t s = 0; s < forecast->panel->series; s++) {
        if (forecast->empty[s]) {
            char name[256];
            qd_forecast_series_text(forecast->panel, s, options->target, name, sizeof name);
            qd_name_list_add(&list, name);
        }
    }
    if (list.count > 0) {
        const size_t count = list.count;
        qd_forecast_tell(options, "no forecast for %zu series that were never observed: %s", count,
                         qd_name_list_text(&list));
    }
}

void qd_forecast_series_text(const qd_panel *panel, size_t series, const char *target, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    if (panel->keys == 0) {
        qd_text_format(text, size, "%s", target);
    }
    for (size_t k = 0; k < panel->keys && used < size; k++) {
        const int more =
            qd_text_format(text + used, size - used, "%s%s", k > 0 ? ", " : "", panel->key[series * panel->keys + k]);
        used += more > 0 ? (size_t)more : 0;
    }
}

/* ----------------------------------------------------------------------------------------------- columns */

void qd_forecast_put_key_names(qd_csv *csv, const qd_panel *panel)
{
    for (size_t k = 0; k < panel->keys; k++) {
        qd_csv_text(csv, panel->key_name[k]);
    }
}

void qd_forecast_put_keys(qd_csv *csv, const qd_panel *panel, size_t series)
{
    for (size_t k = 0; k < panel->keys; k++) {
        qd_csv_text(csv, panel->key[series * panel->keys + k]);
    }
}

size_t qd_forecast_key_column(const qd_panel *panel, const char *name)
{
    size_t k = 0;
    while (k < panel->keys && strcmp(panel->key_name[k], name) != 0) {
        k++;
    }
    return k;
}

int64_t qd_forecast_time(const qd_forecast *forecast, size_t h)
{
    return forecast->reference + forecast->first + (int64_t)h;
}

void qd_forecast_put_times(qd_csv *csv, const qd_forecast *forecast, size_t h)
{
    char text[QD_TIME_SIZE];
    qd_panel_time_text(forecast->panel, forecast->reference, text, sizeof text);
    qd_csv_text(csv, text);
    qd_panel_time_text(forecast->panel, qd_forecast_time(forecast, h), text, sizeof text);
    qd_csv_text(csv, text);
    qd_csv_whole(csv, forecast->first + (int64_t)h);
}

/* First day of a value of the time column, in days since 1970-01-01. */
static int64_t first_day(qd_time_kind kind, int64_t value)
{
    if (kind == QD_TIME_DAY) {
        return value;
    }
    const int64_t months = kind == QD_TIME_YEAR ? (value - 1970) * 12 : kind == QD_TIME_QUARTER ? value * 3 : value;
    const int64_t year = 1970 + (months >= 0 ? months / 12 : -((11 - months) / 12));
    return qd_days_from_date(year, (int)(months - 12 * (year - 1970)) + 1, 1);
}

bool qd_forecast_date(const qd_panel *panel, int64_t i, bool last, char text[QD_TIME_SIZE])
{
    const bool dates = (panel->kind == QD_TIME_DAY && !panel->weeks) || panel->month_day != 0;
    if (dates) {
        qd_panel_time_text(panel, i, text, QD_TIME_SIZE);
        return true;
    }
    int64_t value = panel->first + i * panel->step, day;
    if (panel->kind == QD_TIME_INDEX) {
        const double known = qd_panel_day(panel, i);
        if (isnan(known)) {
            return false;
        }
        day = (int64_t)floor(known);
    } else {
        day = !last                        ? first_day(panel->kind, value)
              : panel->kind == QD_TIME_DAY ? value + 6
                                           : first_day(panel->kind, value + 1) - 1;
    }
    qd_time_text(QD_TIME_DAY, false, day, text, QD_TIME_SIZE);
    return true;
}

/* ---------------------------------------------------------------------------------------------- quantiles */

const double qd_band_levels[QD_BAND_LEVELS] = {0.025, 0.25, 0.5, 0.75, 0.975};

double qd_forecast_quantile(const qd_forecast *forecast, size_t series, size_t horizon, double level)
{
    size_t q = 0;
    while (q < forecast->levels && forecast->level[q] != level) {
        q++;
    }
    assert(q < forecast->levels);
    return forecast->quantile[(series * forecast->horizons + horizon) * forecast->levels + q];
}

qd_status qd_forecast_levels_join(size_t n, const double *a, size_t m, const double *b, size_t *levels, double **level,
                                  qd_error *error)
{
    *level = qd_mem_new(n + m, sizeof **level);
    if (*level == NULL) {
        return qd_fail_memory(error, (n + m) * sizeof **level, "levels");
    }
    size_t i = 0, j = 0, k = 0;
    while (i < n || j < m) {
        const double next = j == m || (i < n && a[i] <= b[j]) ? a[i] : b[j];
        (*level)[k++] = next;
        i += i < n && a[i] == next;
        j += j < m && b[j] == next;
    }
    *levels = k;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------- parts */

void qd_forecast_narrow(qd_forecast *f, int64_t first, int64_t last)
{
    assert(first >= f->first && first <= last && last < f->first + (int64_t)f->horizons);
    const size_t skip = (size_t)(first - f->first), kept = (size_t)(last - first) + 1;
    const size_t series = f->panel->series;
    for (size_t s = 0; s < series; s++) {
        memmove(f->quantile + s * kept * f->levels, f->quantile + (s * f->horizons + skip) * f->levels,
                kept * f->levels * sizeof *f->quantile);
        memmove(f->mean + s * kept, f->mean + s * f->horizons + skip, kept * sizeof *f->mean);
        memmove(f->grid + s * kept * f->samples, f->grid + (s * f->horizons + skip) * f->samples,
                kept * f->samples * sizeof *f->grid);
    }
    for (size_t p = 0; p < series * f->samples; p++) {
        memmove(f->sample + p * kept, f->sample + p * f->horizons + skip, kept * sizeof *f->sample);
    }
    f->first = first;
    f->horizons = kept;
}

/* Mean of what was observed over the last times known; 0 where nothing was. */
static double recent_mean(const qd_forecast *forecast, const double *y, size_t series, size_t shown)
{
    const int64_t times = (int64_t)forecast->panel->times, origin = forecast->origin;
    double sum = 0, n = 0;
    for (int64_t t = origin - (int64_t)shown + 1; t <= origin; t++) {
        const double value = t >= 0 && t < times ? y[(int64_t)series * times + t] : (double)NAN;
        sum += isnan(value) ? 0 : value;
        n += isnan(value) ? 0 : 1;
    }
    return n > 0 ? sum / n : 0;
}

size_t qd_forecast_choose(const qd_forecast *forecast, const double *y, size_t shown, size_t most, size_t *chosen)
{
    size_t n = 0;
    for (size_t s = 0; s < forecast->panel->series && most > 0; s++) {
        if (forecast->empty[s]) {
            continue;
        }
        if (n < most) {
            chosen[n++] = s;
            continue;
        }
        size_t least = 0;
        for (size_t i = 1; i < n; i++) { /* of equals the later one goes */
            least = recent_mean(forecast, y, chosen[i], shown) <= recent_mean(forecast, y, chosen[least], shown)
                        ? i
                        : least;
        }
        if (recent_mean(forecast, y, s, shown) > recent_mean(forecast, y, chosen[least], shown)) {
            memmove(chosen + least, chosen + least + 1, (n - least - 1) * sizeof *chosen);
            chosen[n - 1] = s;
        }
    }
    return n;
}

size_t qd_forecast_shown(const qd_forecast *forecast)
{
    const double season = forecast->panel->season, horizons = (double)forecast->horizons;
    const double wanted = fmax(fmin(season > 0 && season < 60 ? 2 * season : 30, 12 * horizons), 4 * horizons);
    const double most = (double)(forecast->origin + 1);
    return (size_t)fmax(1, fmin(fmin(wanted, 400), most));
}

/* --------------------------------------------------------------------------------------------------- csv */

void qd_forecast_put_names(qd_csv *csv, const qd_panel *panel, size_t levels, const double *level, bool model)
{
    static const char *const names[] = {"origin", "time", "horizon", "mean"};
    if (model) {
        qd_csv_text(csv, "model");
    }
    qd_forecast_put_key_names(csv, panel);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        qd_csv_text(csv, names[i]);
    }
    for (size_t q = 0; q < levels; q++) {
        char name[40] = "q";
        qd_text_from_double(level[q], name + 1, sizeof name - 1);
        qd_csv_text(csv, name);
    }
    qd_csv_end(csv);
}

/* To six digits: more would be noise. */
static double rounded(double mean)
{
    char text[64];
    double value = mean;
    const int length = qd_text_format(text, sizeof text, "%.6g", mean);
    return length > 0 && qd_text_to_double(text, (size_t)length, &value) ? value : mean;
}

void qd_forecast_put_rows(qd_csv *csv, const qd_forecast *forecast, size_t levels, const double *level,
                          const char *model)
{
    for (size_t s = 0; s < forecast->panel->series; s++) {
        for (size_t h = 0; h < forecast->horizons && !forecast->empty[s]; h++) {
            if (model != NULL) {
                qd_csv_text(csv, model);
            }
            qd_forecast_put_keys(csv, forecast->panel, s);
            qd_forecast_put_times(csv, forecast, h);
            qd_csv_number(csv, rounded(forecast->mean[s * forecast->horizons + h]));
            for (size_t q = 0; q < levels; q++) {
                qd_csv_number(csv, qd_forecast_quantile(forecast, s, h, level[q]));
            }
            qd_csv_end(csv);
        }
    }
}

qd_status qd_forecast_write_csv(const qd_forecast *forecast, const qd_forecast_write_options *options, const char *path,
                                qd_error *error)
{
    qd_csv csv;
    const qd_status status = qd_csv_create(path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    qd_forecast_put_names(&csv, forecast->panel, options->levels, options->level, false);
    qd_forecast_put_rows(&csv, forecast, options->levels, options->level, NULL);
    qd_forecast_tell_empty(forecast, options);
    return qd_csv_close(&csv, QD_OK);
}
