/* Reading a panel: resolves the columns, numbers the series, and places every value on the grid. */
#include "base/mem.h"
#include "base/text.h"
#include "data/names.h"
#include "data/panel_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SEPARATOR = '\x1f' }; /* between the parts of a series' key, while it is numbered */

/* --------------------------------------------------------------------------------------------- columns */

/* The row of the joined table for each row, SIZE_MAX where its key is not there. */
static qd_status read_join(qd_panel_reader *r, qd_error *error)
{
    const qd_table *join = r->options->join;
    size_t own, other;
    if (join == NULL) {
        return QD_OK;
    }
    qd_status status = qd_table_find(r->table, r->options->join_key, &own, error);
    if (status == QD_OK) {
        status = qd_table_find(join, r->options->join_key, &other, error);
    }
    if (status != QD_OK) {
        return status;
    }
    r->joined = qd_mem_new(r->rows, sizeof *r->joined);
    if (r->joined == NULL) {
        return qd_fail_memory(error, r->rows * sizeof *r->joined, "a join");
    }
    qd_numbering keys = {0};
    for (size_t j = 0; j < qd_table_rows(join) && status == QD_OK; j++) {
        size_t number;
        status = qd_numbering_add(&keys, qd_table_cell(join, j, other), &number, error);
        if (status == QD_OK && number != j) {
            status = qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(join), qd_table_line(join, j), 0,
                                "the key %.60s stands there twice", qd_table_cell(join, j, other));
        }
    }
    for (size_t i = 0; i < r->rows && status == QD_OK; i++) {
        if (!qd_numbering_find(&keys, qd_table_cell(r->table, i, own), &r->joined[i])) {
            r->joined[i] = SIZE_MAX;
        }
    }
    qd_numbering_clear(&keys);
    return status;
}

/* The time columns, and the grid. */
static qd_status read_times(qd_panel_reader *r, qd_error *error)
{
    qd_names names;
    qd_status status = qd_names_read(r->options->time, &names, error);
    if (status != QD_OK) {
        return status;
    }
    if (*r->options->time == '\0') { /* the column without a name */
        status = qd_times_read(r->table, "", NULL, &r->times, error);
    } else if (names.count < 1 || names.count > 2) {
        status = qd_fail(error, QD_ERR_VALUE, "time: one column, or two such as year,week");
    } else {
        status = qd_times_read(r->table, names.name[0], names.count > 1 ? names.name[1] : NULL, &r->times, error);
    }
    qd_names_clear(&names);
    if (status == QD_OK && *r->options->date != '\0') {
        status = qd_times_read(r->table, r->options->date, NULL, &r->date, error);
    }
    if (status == QD_OK && *r->options->as_of != '\0') {
        status = qd_times_read(r->table, r->options->as_of, NULL, &r->as_of, error);
        if (status == QD_OK && r->as_of.kind != QD_TIME_DAY) {
            status = qd_fail_at(error, QD_ERR_VALUE, qd_table_path(r->table), 0, 0,
                                "as-of: the column %s holds no dates", r->options->as_of);
        }
    }
    return status;
}

/* Cases a day, a week or a month: the time of a case becomes that of its period. */
static qd_status bucket_times(qd_panel_reader *r, qd_error *error)
{
    bool week = strcmp(r->options->tally, "week") == 0, month = strcmp(r->options->tally, "month") == 0;
    if (*r->options->tally == '\0') {
        return QD_OK;
    }
    if (r->times.kind != QD_TIME_DAY || r->times.weeks) {
        return qd_fail_at(error, QD_ERR_VALUE, qd_table_path(r->table), 0, 0, "tally: the column %s holds no dates",
                          r->options->time);
    }
    for (size_t i = 0; i < r->rows; i++) {
        int64_t year;
        int number, day;
        if (week) {
            qd_iso_week_from_days(r->times.value[i], &year, &number);
            r->times.value[i] = qd_days_from_iso_week(year, number);
        } else if (month) {
            qd_date_from_days(r->times.value[i], &year, &number, &day);
            r->times.value[i] = (year - 1970) * 12 + number - 1;
        }
    }
    r->times.kind = month ? QD_TIME_MONTH : QD_TIME_DAY;
    r->times.weeks = week;
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------- series */

static qd_status set_keys(qd_panel_reader *r, const qd_names *columns, qd_error *error)
{
    qd_panel *panel = r->panel;
    panel->series = r->numbering.count;
    panel->keys = columns->count;
    panel->key_name = qd_mem_new(columns->count, sizeof *panel->key_name);
    panel->key = qd_mem_new(panel->series, columns->count * sizeof *panel->key);
    if (panel->key_name == NULL || panel->key == NULL) {
        return qd_fail_memory(error, panel->series * sizeof *panel->key, "series");
    }
    for (size_t k = 0; k < columns->count; k++) {
        panel->key_name[k] = qd_mem_string(columns->name[k]);
        if (panel->key_name[k] == NULL) {
            return qd_fail_memory(error, 1, "series");
        }
    }
    for (size_t s = 0; s < panel->series; s++) {
        char *part = r->numbering.text[s];
        for (size_t k = 0; k < columns->count; k++) {
            char *end = strchr(part, KEY_SEPARATOR);
            if (end != NULL) {
                *end = '\0'; /* the numbering has done its work */
            }
            panel->key[s * columns->count + k] = qd_mem_string(part);
            if (panel->key[s * columns->count + k] == NULL) {
                return qd_fail_memory(error, strlen(part), "series");
            }
            part = end != NULL ? end + 1 : part;
        }
    }
    return QD_OK;
}

/* Numbers the series of a long table by the cells of the key columns. */
static qd_status number_series(qd_panel_reader *r, const qd_names *columns, qd_error *error)
{
    r->series = qd_mem_new(r->rows, sizeof *r->series);
    size_t *at = qd_mem_new(columns->count, sizeof *at);
    char *key = NULL;
    size_t capacity = 0;
    qd_status status = r->series == NULL || at == NULL ? qd_fail_memory(error, r->rows * sizeof *at, "series") : QD_OK;
    for (size_t k = 0; k < columns->count && status == QD_OK; k++) {
        status = qd_table_find(r->table, columns->name[k], &at[k], error);
    }
    for (size_t i = 0; i < r->rows && status == QD_OK; i++) {
        size_t length = 1;
        for (size_t k = 0; k < columns->count; k++) {
            length += strlen(qd_table_cell(r->table, i, at[k])) + 1;
        }
        if (length > capacity) {
            char *longer = qd_mem_resize(key, 0, 2 * length, 1);
            if (longer == NULL) {
                status = qd_fail_memory(error, length, "series");
                break;
            }
            key = longer;
            capacity = 2 * length;
        }
        char *end = key;
        *end = '\0';
        for (size_t k = 0; k < columns->count; k++) {
            const char *cell = qd_table_cell(r->table, i, at[k]);
            if (k > 0) {
                *end++ = KEY_SEPARATOR;
            }
            memcpy(end, cell, strlen(cell) + 1);
            end += strlen(cell);
        }
        status = qd_numbering_add(&r->numbering, key, &r->series[i], error);
    }
    qd_mem_free(key);
    qd_mem_free(at);
    return status;
}

/* ---------------------------------------------------------------------------------------------- values */

static qd_status allocate_values(qd_panel_reader *r, qd_error *error)
{
    qd_panel *panel = r->panel;
    size_t cells;
    if (__builtin_mul_overflow(panel->series, panel->times, &cells) || cells > SIZE_MAX / 64) {
        return qd_fail_memory(error, SIZE_MAX, "counts");
    }
    panel->y = qd_mem_new(cells, sizeof *panel->y);
    r->line = qd_mem_new(cells, sizeof *r->line);
    if (panel->y == NULL || r->line == NULL) {
        return qd_fail_memory(error, cells * sizeof *panel->y, "counts");
    }
    for (size_t i = 0; i < cells; i++) {
        panel->y[i] = NAN;
    }
    return QD_OK;
}

static void note_value(qd_panel_reader *r, const qd_panel_source *source, size_t row, size_t series, double value)
{
    qd_panel *panel = r->panel;
    const qd_panel_oddity odd = {.line = qd_table_line(r->table, row),
                                 .column = source->table == r->table ? source->column + 1 : 0,
                                 .series = series,
                                 .value = value};
    if (panel->not_count.line == 0 && !isnan(value) && (value < 0 || value != floor(value))) {
        panel->not_count = odd;
    }
    if (panel->not_positive.line == 0 && value <= 0) {
        panel->not_positive = odd;
    }
}

/* Places one value; a second one at the same place is refused, unless rows are revisions. */
static qd_status place(qd_panel_reader *r, const qd_panel_source *source, size_t row, size_t series, qd_error *error)
{
    qd_panel *panel = r->panel;
    double value;
    const qd_status status = qd_panel_number(source, row, &value, error);
    if (status != QD_OK) {
        return status;
    }
    size_t time = (size_t)r->times.value[row];
    size_t cell = series * panel->times + time;
    note_value(r, source, row, series, value);
    if (panel->revision != NULL) {
        panel->revision[panel->revisions++] = (qd_revision){r->as_of.value[row], series, time, value};
        return QD_OK;
    }
    if (r->line[cell] != 0) {
        char text[32];
        qd_panel_time_text(panel, (int64_t)time, text, sizeof text);
        const bool alone = panel->keys == 0 && !r->options->wide, year = panel->kind == QD_TIME_YEAR;
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row), 0,
                          "a second value of %s%s%s (the first is in line %llu)%s", text,
                          panel->keys > 0 ? " in series " : "", panel->keys > 0 ? panel->key[series * panel->keys] : "",
                          (unsigned long long)r->line[cell],
                          year    ? "; the time may be a pair of columns (--time year,week)"
                          : alone ? "; --series names the columns that tell series apart"
                                  : "");
    }
    r->line[cell] = qd_table_line(r->table, row);
    panel->y[cell] = value;
    return QD_OK;
}

static int compare_revisions(const void *a, const void *b)
{
    const qd_revision *x = a, *y = b;
    if (x->as_of != y->as_of) {
        return x->as_of < y->as_of ? -1 : 1;
    }
    if (x->series != y->series) {
        return x->series < y->series ? -1 : 1;
    }
    return (x->time > y->time) - (x->time < y->time);
}

static qd_status fill_long(qd_panel_reader *r, qd_error *error)
{
    qd_panel_source target = {0};
    qd_panel *panel = r->panel;
    qd_status status = qd_panel_find_source(r, r->options->target, &target, error);
    for (size_t i = 0; i < r->rows && status == QD_OK; i++) {
        status = place(r, &target, i, r->series[i], error);
    }
    if (status == QD_OK && panel->revision != NULL) {
        qsort(panel->revision, panel->revisions, sizeof *panel->revision, compare_revisions);
        for (size_t k = 0; k + 1 < panel->revisions && status == QD_OK; k++) {
            if (compare_revisions(&panel->revision[k], &panel->revision[k + 1]) == 0) {
                status = qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(r->table), 0, 0,
                                    "two values of one series and time were published on one day");
            }
        }
        qd_panel_as_of(panel, INT64_MAX, panel->y);
    }
    return status;
}

/* Every period between the first and the last case has a count: no row is a zero. */
static void fill_tally(qd_panel_reader *r)
{
    qd_panel *panel = r->panel;
    for (size_t c = 0; c < panel->series * panel->times; c++) {
        panel->y[c] = 0;
    }
    for (size_t i = 0; i < r->rows; i++) {
        panel->y[r->series[i] * panel->times + (size_t)r->times.value[i]] += 1;
    }
}

static qd_status fill_wide(qd_panel_reader *r, const qd_names *columns, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t s = 0; s < columns->count && status == QD_OK; s++) {
        size_t column;
        status = qd_table_find(r->table, columns->name[s], &column, error);
        const qd_panel_source cells = {.table = r->table, .column = column};
        for (size_t i = 0; i < r->rows && status == QD_OK; i++) {
            status = place(r, &cells, i, s, error);
        }
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------ all */

static qd_status read_wide(qd_panel_reader *r, qd_error *error)
{
    static char series[] = "series";
    char *key_name[] = {series};
    const qd_names key = {1, key_name};
    qd_names columns = {0};
    qd_status status = qd_panel_wide_columns(r, &columns, error);
    for (size_t s = 0; s < columns.count && status == QD_OK; s++) {
        size_t number;
        status = qd_numbering_add(&r->numbering, columns.name[s], &number, error);
        if (status == QD_OK && number != s) {
            status = qd_fail(error, QD_ERR_VALUE, "series-columns: %s is named twice", columns.name[s]);
        }
    }
    if (status == QD_OK) {
        status = set_keys(r, &key, error);
    }
    if (status == QD_OK) {
        status = allocate_values(r, error);
    }
    if (status == QD_OK) {
        status = fill_wide(r, &columns, error);
    }
    qd_names_clear(&columns);
    return status;
}

static qd_status read_long(qd_panel_reader *r, qd_error *error)
{
    qd_names columns;
    bool tally = *r->options->tally != '\0';
    qd_status status = qd_names_read(r->options->series, &columns, error);
    if (status == QD_OK) {
        status = number_series(r, &columns, error);
    }
    if (status == QD_OK) {
        status = set_keys(r, &columns, error);
    }
    qd_names_clear(&columns);
    if (status == QD_OK) {
        status = allocate_values(r, error);
    }
    if (status == QD_OK && r->as_of.count > 0) {
        r->panel->revision = qd_mem_new(r->rows, sizeof *r->panel->revision);
        if (r->panel->revision == NULL) {
            status = qd_fail_memory(error, r->rows * sizeof *r->panel->revision, "revisions");
        }
    }
    if (status == QD_OK && tally) {
        fill_tally(r);
    } else if (status == QD_OK) {
        status = fill_long(r, error);
    }
    return status;
}

/* Rows that stand before an earlier time of the same series: they are sorted, and the user is told. */
static qd_status count_unsorted(qd_panel_reader *r, qd_error *error)
{
    size_t series = r->series != NULL ? r->panel->series : 1;
    int64_t *last = qd_mem_new(series, sizeof *last);
    if (last == NULL) {
        return qd_fail_memory(error, series * sizeof *last, "times");
    }
    for (size_t i = 0; i < r->rows; i++) {
        int64_t *before = &last[r->series != NULL ? r->series[i] : 0];
        r->panel->unsorted += r->times.value[i] < *before;
        *before = r->times.value[i];
    }
    qd_mem_free(last);
    return QD_OK;
}

static qd_status read_all(qd_panel_reader *r, qd_error *error)
{
    qd_status status = read_join(r, error);
    if (status == QD_OK) {
        status = read_times(r, error);
    }
    if (status == QD_OK) {
        status = bucket_times(r, error);
    }
    if (status == QD_OK) {
        status = qd_panel_find_grid(r->table, *r->options->tally != '\0', &r->times, r->panel, error);
    }
    if (status == QD_OK) {
        status = qd_panel_find_days(&r->times, r->date.count > 0 ? &r->date : NULL, r->panel, error);
    }
    if (status == QD_OK) {
        status = r->options->wide ? read_wide(r, error) : read_long(r, error);
    }
    if (status == QD_OK && *r->options->tally == '\0' && r->panel->revision == NULL) {
        status = count_unsorted(r, error);
    }
    if (status == QD_OK) {
        status = qd_panel_read_features(r, error);
    }
    if (status == QD_OK) {
        status = qd_panel_read_effort(r, error);
    }
    return status == QD_OK ? qd_panel_list_left_out(r, error) : status;
}

qd_status qd_panel_read(const qd_table *table, const qd_panel_options *options, qd_panel **out, qd_error *error)
{
    qd_panel *panel = qd_mem_new(1, sizeof *panel);
    if (panel == NULL) {
        return qd_fail_memory(error, sizeof *panel, "series");
    }
    qd_panel_reader r = {.table = table, .options = options, .panel = panel, .rows = qd_table_rows(table)};
    qd_status status = read_all(&r, error);
    qd_times_clear(&r.times);
    qd_times_clear(&r.date);
    qd_times_clear(&r.as_of);
    qd_numbering_clear(&r.numbering);
    qd_mem_free(r.joined);
    qd_mem_free(r.series);
    qd_mem_free(r.line);
    if (status != QD_OK) {
        qd_panel_free(panel);
        return status;
    }
    *out = panel;
    return QD_OK;
}
