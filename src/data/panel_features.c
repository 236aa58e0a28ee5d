/* Columns of a panel besides times and counts: covariates, constants and effort, of the table or of a joined one. */
#include "base/mem.h"
#include "data/panel_parts.h"

#include <math.h>
#include <string.h>

/* A column of the table, or else of the joined one. */
qd_status qd_panel_find_source(const qd_panel_reader *r, const char *name, qd_panel_source *out, qd_error *error)
{
    qd_error ignored;
    size_t column;
    *out = (qd_panel_source){.table = r->table};
    if (r->options->join != NULL && qd_table_find(r->table, name, &column, &ignored) != QD_OK) {
        *out = (qd_panel_source){.table = r->options->join, .row = r->joined};
    }
    return qd_table_find(out->table, name, &out->column, error);
}

static size_t source_row(const qd_panel_source *s, size_t row)
{
    return s->row != NULL ? s->row[row] : row;
}

/* NaN where it is missing. */
qd_status qd_panel_number(const qd_panel_source *s, size_t row, double *value, qd_error *error)
{
    size_t at = source_row(s, row);
    *value = NAN;
    if (at == SIZE_MAX || qd_table_missing(qd_table_cell(s->table, at, s->column))) {
        return QD_OK;
    }
    return qd_table_number(s->table, at, s->column, value, error);
}

/* Values of a column at [series][times]; in a wide table a row's value is that of all series. */
static qd_status fill_feature(const qd_panel_reader *r, const char *name, double *value, qd_error *error)
{
    const qd_panel *panel = r->panel;
    qd_panel_source cells;
    qd_status status = qd_panel_find_source(r, name, &cells, error);
    for (size_t i = 0; i < panel->series * panel->times; i++) {
        value[i] = NAN;
    }
    for (size_t i = 0; i < r->rows && status == QD_OK; i++) {
        double number;
        size_t first = r->series != NULL ? r->series[i] : 0;
        size_t last = r->series != NULL ? first + 1 : panel->series;
        status = qd_panel_number(&cells, i, &number, error);
        for (size_t s = first; s < last && status == QD_OK; s++) {
            value[s * panel->times + (size_t)r->times.value[i]] = number;
        }
    }
    return status;
}

/* One value a series: it must not change. */
static qd_status fill_constant(const qd_panel_reader *r, const char *name, double *value, qd_error *error)
{
    const qd_panel *panel = r->panel;
    qd_panel_source cells;
    qd_status status = qd_panel_find_source(r, name, &cells, error);
    for (size_t s = 0; s < panel->series; s++) {
        value[s] = NAN;
    }
    for (size_t i = 0; i < r->rows && status == QD_OK; i++) {
        double number;
        size_t s = r->series != NULL ? r->series[i] : 0;
        status = qd_panel_number(&cells, i, &number, error);
        if (status == QD_OK && !isnan(number)) {
            if (!isnan(value[s]) && value[s] != number) {
                return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, i), 0,
                                  "%s is not the same in all rows of its series", name);
            }
            value[s] = number;
        }
    }
    return status;
}

static qd_status add_features(qd_panel_reader *r, const qd_names *names, bool constant, size_t *count, qd_error *error)
{
    qd_panel *panel = r->panel;
    qd_status status = QD_OK;
    for (size_t k = 0; k < names->count && status == QD_OK; k++) {
        qd_feature *feature = &panel->feature[panel->past + panel->known + panel->constants];
        feature->name = qd_mem_string(names->name[k]);
        feature->value = qd_mem_new(panel->series * (constant ? 1 : panel->times), sizeof(double));
        (*count)++; /* before anything can fail: the panel owns it now */
        if (feature->name == NULL || feature->value == NULL) {
            return qd_fail_memory(error, panel->series * panel->times * sizeof(double), names->name[k]);
        }
        status = constant ? fill_constant(r, names->name[k], feature->value, error)
                          : fill_feature(r, names->name[k], feature->value, error);
    }
    return status;
}

qd_status qd_panel_read_features(qd_panel_reader *r, qd_error *error)
{
    const char *const lists[3] = {r->options->covariates, r->options->known, r->options->constant};
    qd_panel *panel = r->panel;
    size_t *const counts[3] = {&panel->past, &panel->known, &panel->constants};
    qd_names names[3] = {{0}, {0}, {0}};
    qd_status status = QD_OK;
    size_t all = 0;
    for (int k = 0; k < 3 && status == QD_OK; k++) {
        status = qd_names_read(lists[k], &names[k], error);
        all += names[k].count;
    }
    if (status == QD_OK) {
        panel->feature = qd_mem_new(all, sizeof *panel->feature);
        if (panel->feature == NULL) {
            status = qd_fail_memory(error, all * sizeof *panel->feature, "covariates");
        }
    }
    for (int k = 0; k < 3 && status == QD_OK; k++) {
        status = add_features(r, &names[k], k == 2, counts[k], error);
    }
    for (int k = 0; k < 3; k++) {
        qd_names_clear(&names[k]);
    }
    return status;
}

qd_status qd_panel_read_effort(qd_panel_reader *r, qd_error *error)
{
    qd_panel *panel = r->panel;
    if (*r->options->effort == '\0') {
        return QD_OK;
    }
    panel->effort = qd_mem_new(panel->series * panel->times, sizeof *panel->effort);
    if (panel->effort == NULL) {
        return qd_fail_memory(error, panel->series * panel->times * sizeof *panel->effort, "effort");
    }
    for (size_t k = panel->past; k < panel->past + panel->known; k++) {
        panel->effort_known = panel->effort_known || strcmp(panel->feature[k].name, r->options->effort) == 0;
    }
    qd_status status = fill_feature(r, r->options->effort, panel->effort, error);
    for (size_t i = 0; i < r->rows && status == QD_OK; i++) {
        size_t s = r->series != NULL ? r->series[i] : 0;
        if (panel->effort[s * panel->times + (size_t)r->times.value[i]] <= 0) {
            return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, i), 0,
                              "effort must be positive; leave it empty where nothing was observed");
        }
    }
    return status;
}
