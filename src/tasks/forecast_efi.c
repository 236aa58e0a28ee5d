/* Forecasts in the standard of the Ecological Forecasting Initiative, as the NEON challenge takes them: a row a draw.
   It has no negative binomial, so that any count is told by its sample paths. */
#include "base/text.h"
#include "tasks/forecast_write_parts.h"

#include <math.h>
#include <string.h>

/* Where site_id and variable come from: a key column, or a text for all series. */
typedef struct source {
    size_t column; /* panel->keys: the text */
    const char *text;
} source;

static source find_source(const qd_panel *panel, const char *given, const char *const *usual, size_t count)
{
    source found = {.column = panel->keys, .text = given};
    if (*given != '\0') {
        found.column = qd_forecast_key_column(panel, given);
        return found;
    }
    for (size_t i = 0; i < count && found.column == panel->keys; i++) {
        found.column = qd_forecast_key_column(panel, usual[i]);
    }
    return found;
}

static const char *text_of(const source *from, const qd_panel *panel, size_t series)
{
    return from->column < panel->keys ? panel->key[series * panel->keys + from->column] : from->text;
}

static bool constant(const qd_panel *panel, size_t column)
{
    for (size_t s = 1; s < panel->series; s++) {
        if (strcmp(panel->key[s * panel->keys + column], panel->key[column]) != 0) {
            return false;
        }
    }
    return true;
}

static qd_status find_sources(const qd_panel *panel, const qd_forecast_write_options *options, source *site,
                              source *variable, qd_error *error)
{
    static const char *const sites[] = {"site_id", "site"}, *const variables[] = {"variable"};
    *site = find_source(panel, options->site, sites, 2);
    *variable = find_source(panel, options->variable, variables, 1);
    if (site->column == panel->keys && *site->text == '\0') {
        return qd_fail(error, QD_ERR_USE,
                       "efi: which site are the data from? (--site COLUMN, one of the columns that name a series, or "
                       "--site NAME)");
    }
    if (variable->column == panel->keys && *variable->text == '\0') {
        for (size_t k = 0; k < panel->keys && variable->column == panel->keys; k++) {
            variable->column = k != site->column ? k : panel->keys;
        }
        variable->text = options->target;
    }
    for (size_t k = 0; k < panel->keys; k++) {
        if (k != site->column && k != variable->column && !constant(panel, k)) {
            return qd_fail(error, QD_ERR_USE,
                           "efi: %s tells series apart, and is neither the site (%s) nor the variable (%s)",
                           panel->key_name[k], site->column < panel->keys ? panel->key_name[site->column] : site->text,
                           variable->column < panel->keys ? panel->key_name[variable->column] : variable->text);
        }
    }
    return QD_OK;
}

/* ISO 8601 duration of a step; "" where the data have no dates. */
static void duration_of(const qd_panel *panel, char *text, size_t size)
{
    static const char units[] = {[QD_TIME_YEAR] = 'Y', [QD_TIME_QUARTER] = 'M', [QD_TIME_MONTH] = 'M'};
    const long long step = (long long)panel->step;
    *text = '\0';
    if (panel->kind == QD_TIME_DAY) {
        qd_text_format(text, size, step % 7 == 0 ? "P%lldW" : "P%lldD", step % 7 == 0 ? step / 7 : step);
    } else if (panel->kind != QD_TIME_INDEX) {
        qd_text_format(text, size, "P%lld%c", panel->kind == QD_TIME_QUARTER ? 3 * step : step, units[panel->kind]);
    } else if (panel->day_step >= 0.5) {
        qd_text_format(text, size, "P%.0fD", panel->day_step);
    }
}

static void put_header(qd_csv *csv)
{
    static const char *const names[] = {"project_id", "model_id", "datetime",  "reference_datetime", "duration",
                                        "site_id",    "family",   "parameter", "variable",           "prediction"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        qd_csv_text(csv, names[i]);
    }
    qd_csv_end(csv);
}

typedef struct efi {
    const qd_forecast *forecast;
    const qd_forecast_write_options *options;
    source site, variable;
    char duration[24], reference[QD_TIME_SIZE];
} efi;

static void put_draw(qd_csv *csv, const efi *e, size_t s, size_t p, size_t h)
{
    const qd_forecast *f = e->forecast;
    char date[QD_TIME_SIZE];
    (void)qd_forecast_date(f->panel, qd_forecast_time(f, h), false, date);
    qd_csv_text(csv, e->options->project);
    qd_csv_text(csv, *e->options->model_id != '\0' ? e->options->model_id : "quadrat");
    qd_csv_text(csv, date);
    qd_csv_text(csv, e->reference);
    qd_csv_text(csv, e->duration);
    qd_csv_text(csv, text_of(&e->site, f->panel, s));
    qd_csv_text(csv, "sample");
    qd_csv_whole(csv, (int64_t)p + 1);
    qd_csv_text(csv, text_of(&e->variable, f->panel, s));
    qd_csv_number(csv, f->sample[(s * f->samples + p) * f->horizons + h]);
    qd_csv_end(csv);
}

static qd_status prepare(efi *e, qd_error *error)
{
    const qd_panel *panel = e->forecast->panel;
    qd_status status = find_sources(panel, e->options, &e->site, &e->variable, error);
    if (status != QD_OK) {
        return status;
    }
    if (*e->options->project == '\0') {
        return qd_fail(error, QD_ERR_USE, "efi: which challenge is it for? (--project ID, such as neon4cast)");
    }
    if (!qd_forecast_date(panel, e->forecast->reference, false, e->reference)) {
        return qd_fail(error, QD_ERR_USE, "efi: the times are numbers; which column has the dates? (--date COLUMN)");
    }
    const char *duration = e->options->duration;
    if (*duration != '\0' && (*duration != 'P' || strlen(duration) < 3 || strlen(duration) >= sizeof e->duration)) {
        return qd_fail(error, QD_ERR_USE, "duration: '%.40s' is not an ISO 8601 duration, such as P1D or P1W",
                       duration);
    }
    qd_text_format(e->duration, sizeof e->duration, "%s", duration);
    if (*duration == '\0') {
        duration_of(panel, e->duration, sizeof e->duration);
    }
    if (e->site.column == panel->keys) {
        qd_forecast_tell(e->options, "site_id is the text '%s': no column that names a series is called so",
                         e->site.text);
    }
    return QD_OK;
}

qd_status qd_forecast_write_efi(const qd_forecast *forecast, const qd_forecast_write_options *options, const char *path,
                                qd_error *error)
{
    efi e = {.forecast = forecast, .options = options};
    qd_status status = prepare(&e, error);
    qd_csv csv;
    if (status == QD_OK) {
        status = qd_csv_create(path, &csv, error);
    }
    if (status != QD_OK) {
        return status;
    }
    put_header(&csv);
    for (size_t s = 0; s < forecast->panel->series; s++) {
        for (size_t i = 0; i < forecast->horizons * forecast->samples && !forecast->empty[s]; i++) {
            put_draw(&csv, &e, s, i % forecast->samples, i / forecast->samples);
        }
    }
    qd_forecast_tell_empty(forecast, options);
    return qd_csv_close(&csv, QD_OK);
}
