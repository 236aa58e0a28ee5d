/* Forecasts as model output of the hubverse: quantile rows and, where a hub takes them, sample rows, in the columns
 * that the hub's tasks.json names.  What the hub would refuse is refused here, or left out and said. */
#include "base/mem.h"
#include "base/text.h"
#include "tasks/forecast_write_parts.h"

#include <math.h>
#include <string.h>

/* What stands in a column of a row. */
typedef enum content { DATE, TARGET, HORIZON, END, KEY, FIXED } content;

enum { MOST_COLUMNS = 16 };

typedef struct column {
    const char *name;
    content content;
    size_t key;       /* KEY */
    const char *text; /* FIXED */
} column;

/* A submission under way. */
typedef struct submission {
    const qd_forecast *forecast;
    const qd_forecast_write_options *options;
    const qd_hub_rules *hub; /* or NULL */
    size_t columns;
    column column[MOST_COLUMNS];
    int64_t reference;   /* the time of the reference date, from which the hub counts horizons */
    bool *series, *ends; /* [series], [horizons]: those that the hub takes */
    char date[QD_TIME_SIZE];
    size_t paths; /* samples that are written; 0: none */
    size_t raised;
} submission;

/* ----------------------------------------------------------------------------------------------- columns */

/* The key column of a column of the hub: of the same name, or for `location` the only one. */
static size_t key_of(const qd_panel *panel, const char *name)
{
    const size_t key = qd_forecast_key_column(panel, name);
    return key == panel->keys && panel->keys == 1 && strcmp(name, "location") == 0 ? 0 : key;
}

static qd_status add_column(submission *s, const char *name, qd_error *error)
{
    const qd_panel *panel = s->forecast->panel;
    if (s->columns == MOST_COLUMNS) {
        return qd_fail(error, QD_ERR_VALUE, "hubverse: more than %d columns", MOST_COLUMNS);
    }
    column *c = &s->column[s->columns++];
    *c = (column){.name = name, .key = key_of(panel, name)};
    if (s->hub != NULL ? strcmp(name, s->hub->date) == 0 : strcmp(name, "reference_date") == 0) {
        c->content = DATE;
    } else if (strcmp(name, "target") == 0) {
        c->content = TARGET;
    } else if (strcmp(name, "horizon") == 0) {
        c->content = HORIZON;
    } else if (strcmp(name, "target_end_date") == 0 || strcmp(name, "target_date") == 0) {
        c->content = END;
    } else if (c->key < panel->keys) {
        c->content = KEY;
    } else {
        c->content = FIXED;
        c->text = s->hub != NULL ? qd_hub_only(s->hub, name) : NULL;
    }
    if (c->content == FIXED && c->text == NULL) {
        return qd_fail(error, QD_ERR_VALUE,
                       "hubverse: the hub's column %s is none of those that name a series in the data", name);
    }
    return QD_OK;
}

/* Every key that tells series apart must stand in the file. */
static qd_status check_keys(const submission *s, qd_error *error)
{
    const qd_panel *panel = s->forecast->panel;
    for (size_t k = 0; k < panel->keys && panel->series > 1; k++) {
        bool there = false, differs = false;
        for (size_t c = 0; c < s->columns; c++) {
            there = there || (s->column[c].content == KEY && s->column[c].key == k);
        }
        for (size_t i = 1; i < panel->series; i++) {
            differs = differs || strcmp(panel->key[i * panel->keys + k], panel->key[k]) != 0;
        }
        if (differs && !there) {
            return qd_fail(error, QD_ERR_VALUE, "hubverse: %s tells series apart, and the hub has no such column",
                           panel->key_name[k]);
        }
    }
    return QD_OK;
}

static qd_status find_columns(submission *s, qd_error *error)
{
    static const char *const usual[] = {"reference_date", "target", "horizon", "target_end_date"};
    const qd_panel *panel = s->forecast->panel;
    qd_status status = QD_OK;
    if (s->hub != NULL) {
        for (const qd_json_value *id = s->hub->ids->first; id != NULL && status == QD_OK; id = id->next) {
            status = add_column(s, id->key, error);
        }
        return status == QD_OK ? check_keys(s, error) : status;
    }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0] && status == QD_OK; i++) {
        status = add_column(s, usual[i], error);
    }
    for (size_t k = 0; k < panel->keys && status == QD_OK; k++) {
        status = add_column(s, panel->keys == 1 ? "location" : panel->key_name[k], error);
    }
    return status;
}

/* --------------------------------------------------------------------------------------- dates and horizons */

/* The time of the reference date; without one, that from which the forecast counts. */
static qd_status find_reference(submission *s, qd_error *error)
{
    const qd_panel *panel = s->forecast->panel;
    const char *wanted = s->options->reference_date;
    s->reference = s->forecast->reference;
    if (!qd_forecast_date(panel, s->reference, true, s->date)) {
        return qd_fail(error, QD_ERR_VALUE,
                       "hubverse: the times are numbers; which column has the dates? (--date COLUMN)");
    }
    if (*wanted == '\0' || strcmp(wanted, s->date) == 0) {
        return QD_OK;
    }
    const int64_t around = s->forecast->reference, reach = 10000;
    char date[QD_TIME_SIZE];
    for (int64_t i = around - reach; i <= around + reach; i++) {
        if (qd_forecast_date(panel, i, true, date) && strcmp(date, wanted) == 0) {
            s->reference = i;
            memcpy(s->date, date, sizeof date);
            return QD_OK;
        }
    }
    return qd_fail(error, QD_ERR_VALUE,
                   "hubverse: the reference date %s is not the date of a time of the data (the forecast's own is %s)",
                   wanted, s->date);
}

/* Horizons of a hub are of its own unit. */
static qd_status check_unit(const submission *s, qd_error *error)
{
    static const struct {
        const char *unit;
        double low, high;
    } units[] = {{"day", 0.9, 1.1}, {"week", 6.9, 7.1}, {"month", 28, 31.1}, {"year", 365, 366}};
    const double step = s->forecast->panel->day_step;
    for (size_t i = 0; s->hub->unit != NULL && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(s->hub->unit, units[i].unit) == 0 && (step < units[i].low || step > units[i].high)) {
            char frequency[64];
            qd_panel_frequency_text(s->forecast->panel, frequency, sizeof frequency);
            return qd_fail(error, QD_ERR_VALUE,
                           "hubverse: a horizon of the hub is a %s, a time of the data is not (%s)", s->hub->unit,
                           frequency);
        }
    }
    return QD_OK;
}

static void horizon_text(const submission *s, size_t h, char text[QD_TIME_SIZE])
{
    qd_text_format(text, QD_TIME_SIZE, "%lld", (long long)(qd_forecast_time(s->forecast, h) - s->reference));
}

/* Which horizons does the hub take? */
static qd_status choose_horizons(submission *s, qd_error *error)
{
    size_t taken = 0;
    qd_name_list left = {0};
    for (size_t h = 0; h < s->forecast->horizons; h++) {
        char horizon[QD_TIME_SIZE], end[QD_TIME_SIZE];
        horizon_text(s, h, horizon);
        (void)qd_forecast_date(s->forecast->panel, qd_forecast_time(s->forecast, h), true, end);
        s->ends[h] = s->hub == NULL ||
                     (qd_hub_takes(s->hub, "horizon", horizon) && qd_hub_takes(s->hub, "target_end_date", end) &&
                      qd_hub_takes(s->hub, "target_date", end));
        taken += s->ends[h];
        if (!s->ends[h]) {
            char both[2 * QD_TIME_SIZE + 4];
            qd_text_format(both, sizeof both, "%s (%s)", horizon, end);
            qd_name_list_add(&left, both);
        }
    }
    if (left.count > 0 && (taken == 0 || s->options->every_horizon)) {
        return qd_fail(error, QD_ERR_VALUE,
                       "hubverse: horizons that the hub does not take for the reference date %s: %s", s->date,
                       qd_name_list_text(&left));
    }
    if (left.count > 0) {
        qd_forecast_tell(s->options, "horizons left out, which the hub does not take: %s", qd_name_list_text(&left));
    }
    return QD_OK;
}

static bool hub_takes_series(const submission *s, size_t series)
{
    const qd_panel *panel = s->forecast->panel;
    for (size_t c = 0; c < s->columns && s->hub != NULL; c++) {
        if (s->column[c].content == KEY &&
            !qd_hub_takes(s->hub, s->column[c].name, panel->key[series * panel->keys + s->column[c].key])) {
            return false;
        }
    }
    return true;
}

static qd_status choose_series(submission *s, qd_error *error)
{
    size_t taken = 0;
    qd_name_list left = {0};
    for (size_t i = 0; i < s->forecast->panel->series; i++) {
        const bool takes = hub_takes_series(s, i);
        s->series[i] = takes && !s->forecast->empty[i];
        taken += s->series[i];
        if (!takes) {
            char name[256];
            qd_forecast_series_text(s->forecast->panel, i, s->options->target, name, sizeof name);
            qd_name_list_add(&left, name);
        }
    }
    if (left.count > 0 && taken > 0) {
        const size_t count = left.count;
        qd_forecast_tell(s->options, "%zu series left out, which the hub does not take: %s", count,
                         qd_name_list_text(&left));
    }
    return taken > 0 ? QD_OK
                     : qd_fail(error, QD_ERR_VALUE, "hubverse: the hub takes none of the series (%s)",
                               left.count > 0 ? qd_name_list_text(&left) : "none was ever observed");
}

/* Is there a row with this value in this column? */
static bool written(const submission *s, const column *c, const char *value)
{
    const qd_panel *panel = s->forecast->panel;
    bool found = c->content != HORIZON && c->content != KEY;
    for (size_t h = 0; c->content == HORIZON && h < s->forecast->horizons; h++) {
        char horizon[QD_TIME_SIZE];
        horizon_text(s, h, horizon);
        found = found || (s->ends[h] && strcmp(horizon, value) == 0);
    }
    for (size_t i = 0; c->content == KEY && i < panel->series; i++) {
        found = found || (s->series[i] && strcmp(panel->key[i * panel->keys + c->key], value) == 0);
    }
    return found;
}

/* What the hub requires must be there. */
static qd_status check_required(const submission *s, qd_error *error)
{
    for (size_t c = 0; c < s->columns; c++) {
        const qd_json_value *required = qd_hub_required(s->hub, s->column[c].name);
        for (const qd_json_value *v = required != NULL ? required->first : NULL; v != NULL; v = v->next) {
            if (v->text != NULL && !written(s, &s->column[c], v->text)) {
                return qd_fail(error, QD_ERR_VALUE, "hubverse: the hub requires %s %s, of which there is no forecast",
                               s->column[c].name, v->text);
            }
        }
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ values */

/* A value within what the hub allows.  Too high is a mistake of unit; too low is what a likelihood of real numbers does
   near 0, and raised. */
static qd_status allowed(submission *s, const qd_hub_values *rule, double *value, qd_error *error)
{
    if (isnan(*value)) {
        return qd_fail(error, QD_ERR_NUMERIC, "hubverse: a forecast is not a number");
    }
    if (rule == NULL) {
        return QD_OK;
    }
    *value = rule->whole ? floor(*value + 0.5) : *value;
    if (*value > rule->most) {
        return qd_fail(error, QD_ERR_VALUE, "hubverse: a forecast of %.15g is above %.15g, the most that the hub takes",
                       *value, rule->most);
    }
    if (*value < rule->least) {
        *value = rule->least;
        s->raised++;
    }
    return QD_OK;
}

static void put_tasks(qd_csv *csv, const submission *s, size_t series, size_t h)
{
    const qd_panel *panel = s->forecast->panel;
    char text[QD_TIME_SIZE];
    for (size_t c = 0; c < s->columns; c++) {
        switch (s->column[c].content) {
        case DATE:
            qd_csv_text(csv, s->date);
            break;
        case TARGET:
            qd_csv_text(csv, *s->options->hub_target != '\0' ? s->options->hub_target : s->options->target);
            break;
        case HORIZON:
            qd_csv_whole(csv, qd_forecast_time(s->forecast, h) - s->reference);
            break;
        case END:
            (void)qd_forecast_date(panel, qd_forecast_time(s->forecast, h), true, text);
            qd_csv_text(csv, text);
            break;
        case KEY:
            qd_csv_text(csv, panel->key[series * panel->keys + s->column[c].key]);
            break;
        case FIXED:
            qd_csv_text(csv, s->column[c].text);
            break;
        }
    }
}

static qd_status put_quantiles(qd_csv *csv, submission *s, size_t series, size_t h, qd_error *error)
{
    qd_status status = QD_OK;
    const size_t levels = s->hub != NULL ? s->hub->levels : s->options->levels;
    const double *level = s->hub != NULL ? s->hub->level : s->options->level;
    for (size_t q = 0; q < levels && status == QD_OK; q++) {
        double value = qd_forecast_quantile(s->forecast, series, h, level[q]);
        status = allowed(s, s->hub != NULL ? &s->hub->quantile : NULL, &value, error);
        put_tasks(csv, s, series, h);
        qd_csv_text(csv, "quantile");
        qd_csv_number(csv, level[q]);
        qd_csv_number(csv, value);
        qd_csv_end(csv);
    }
    return status;
}

/* The id of a path: one for all horizons of a series, another for every other path of the file. */
static qd_status path_id(const submission *s, size_t series, size_t p, char id[24], qd_error *error)
{
    const qd_panel *panel = s->forecast->panel;
    const size_t number = series * s->paths + p + 1;
    if (s->hub->sample_whole_ids) {
        qd_text_format(id, 24, "%zu", number);
        return QD_OK;
    }
    int length = 24;
    if (panel->keys == 1) { /* "US_007" says more than a number */
        length = qd_text_format(id, 24, "%s_%03zu", panel->key[series], p + 1);
    }
    if (length < 0 || length >= 24 || (size_t)length > s->hub->sample_id_length) {
        length = qd_text_format(id, 24, "s%zu", number);
    }
    return (size_t)length <= s->hub->sample_id_length
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE, "hubverse: ids of samples of at most %zu characters are too short for %s",
                         s->hub->sample_id_length, id);
}

static qd_status put_path(qd_csv *csv, submission *s, size_t series, size_t p, qd_error *error)
{
    char id[24];
    qd_status status = path_id(s, series, p, id, error);
    for (size_t h = 0; h < s->forecast->horizons && status == QD_OK; h++) {
        if (!s->ends[h]) {
            continue;
        }
        double value = s->forecast->sample[(series * s->forecast->samples + p) * s->forecast->horizons + h];
        status = allowed(s, &s->hub->sample, &value, error);
        put_tasks(csv, s, series, h);
        qd_csv_text(csv, "sample");
        qd_csv_text(csv, id);
        qd_csv_number(csv, value);
        qd_csv_end(csv);
    }
    return status;
}

static qd_status put_rows(qd_csv *csv, submission *s, qd_error *error)
{
    static const char *const names[] = {"output_type", "output_type_id", "value"};
    qd_status status = QD_OK;
    for (size_t c = 0; c < s->columns; c++) {
        qd_csv_text(csv, s->column[c].name);
    }
    for (size_t i = 0; i < 3; i++) {
        qd_csv_text(csv, names[i]);
    }
    qd_csv_end(csv);
    for (size_t i = 0; i < s->forecast->panel->series; i++) {
        for (size_t h = 0; s->series[i] && h < s->forecast->horizons && status == QD_OK; h++) {
            status = s->ends[h] ? put_quantiles(csv, s, i, h, error) : QD_OK;
        }
        for (size_t p = 0; s->series[i] && p < s->paths && status == QD_OK; p++) {
            status = put_path(csv, s, i, p, error);
        }
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ writing */

/* How many paths, and may they be written at all?  Where the hub takes quantiles too, it may have these alone. */
static qd_status choose_paths(submission *s, qd_error *error)
{
    const qd_hub_rules *hub = s->hub;
    if (hub == NULL || !hub->samples) {
        return QD_OK;
    }
    const bool needed = hub->samples_required || hub->levels == 0;
    s->paths = s->forecast->samples < hub->samples_most ? s->forecast->samples : hub->samples_most;
    if (s->paths < hub->samples_least && (s->paths > 0 || needed)) {
        return qd_fail(error, QD_ERR_VALUE, "hubverse: the hub wants %zu samples or more, there are %zu",
                       hub->samples_least, s->paths);
    }
    if (hub->sample_joint_places && needed) {
        return qd_fail(error, QD_ERR_VALUE,
                       "hubverse: the hub wants samples that are joint across places; quadrat's are joint across "
                       "horizons alone");
    }
    if (hub->sample_joint_places) {
        qd_forecast_tell(s->options, "no samples: the hub wants them joint across places, these are joint across "
                                     "horizons alone");
        s->paths = 0;
    }
    return QD_OK;
}

static qd_status prepare(submission *s, qd_error *error)
{
    qd_status status = find_columns(s, error);
    if (status == QD_OK) {
        status = find_reference(s, error);
    }
    if (status == QD_OK && s->hub != NULL) {
        status = check_unit(s, error);
    }
    if (status == QD_OK) {
        s->series = qd_mem_new(s->forecast->panel->series, sizeof *s->series);
        s->ends = qd_mem_new(s->forecast->horizons, sizeof *s->ends);
        status = s->series == NULL || s->ends == NULL
                     ? qd_fail_memory(error, s->forecast->panel->series + s->forecast->horizons, "a submission")
                     : choose_horizons(s, error);
    }
    if (status == QD_OK) {
        status = choose_series(s, error);
    }
    if (status == QD_OK && s->hub != NULL) {
        status = check_required(s, error);
    }
    return status == QD_OK ? choose_paths(s, error) : status;
}

qd_status qd_forecast_write_hubverse(const qd_forecast *forecast, const qd_forecast_write_options *options,
                                     const char *path, qd_error *error)
{
    submission s = {.forecast = forecast, .options = options, .hub = options->hub};
    qd_csv csv;
    qd_status status = prepare(&s, error);
    if (status == QD_OK) {
        status = qd_csv_create(path, &csv, error);
        if (status == QD_OK) {
            status = qd_csv_close(&csv, put_rows(&csv, &s, error));
        }
    }
    if (status == QD_OK) {
        qd_forecast_tell_empty(forecast, options);
        if (s.raised > 0) {
            qd_forecast_tell(options, "%zu values below the least that the hub takes were raised to it", s.raised);
        }
    }
    qd_mem_free(s.series);
    qd_mem_free(s.ends);
    return status;
}
