/* The grid of a panel: which step its times keep, the true day of each, and the season. */
#include "base/mem.h"
#include "base/text.h"
#include "data/panel_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The distinct values in order; a new array. */
static qd_status distinct(const qd_times *times, int64_t **out, size_t *count, qd_error *error)
{
    int64_t *sorted = qd_mem_new(times->count, sizeof *sorted);
    if (sorted == NULL) {
        return qd_fail_memory(error, times->count * sizeof *sorted, "times");
    }
    memcpy(sorted, times->value, times->count * sizeof *sorted);
    qsort(sorted, times->count, sizeof *sorted, compare);
    size_t n = 0;
    for (size_t i = 0; i < times->count; i++) {
        if (n == 0 || sorted[i] != sorted[n - 1]) {
            sorted[n++] = sorted[i];
        }
    }
    *out = sorted;
    *count = n;
    return QD_OK;
}

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* What dates say about their frequency: the differences of neighbours. */
typedef struct steps {
    int64_t common; /* greatest common divisor */
    int64_t least, median;
} steps;

static qd_status measure(const int64_t *value, size_t count, steps *s, qd_error *error)
{
    *s = (steps){1, 1, 1};
    if (count < 2) {
        return QD_OK;
    }
    int64_t *gap = qd_mem_new(count - 1, sizeof *gap);
    if (gap == NULL) {
        return qd_fail_memory(error, count * sizeof *gap, "times");
    }
    s->common = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        gap[i] = value[i + 1] - value[i];
        s->common = greatest_common_divisor(gap[i], s->common);
    }
    qsort(gap, count - 1, sizeof *gap, compare);
    s->least = gap[0];
    s->median = gap[(count - 1) / 2];
    qd_mem_free(gap);
    return QD_OK;
}

static int month_length(int64_t year, int month)
{
    return qd_date_valid(year, month, 31)   ? 31
           : qd_date_valid(year, month, 30) ? 30
           : qd_date_valid(year, month, 29) ? 29
                                            : 28;
}

/* The day of the month on which all dates fall: 31 stands for the last one, 0 for none. */
static int common_month_day(const qd_times *times)
{
    int same = -1;
    bool last = true;
    for (size_t i = 0; i < times->count; i++) {
        int64_t year;
        int month, day;
        qd_date_from_days(times->value[i], &year, &month, &day);
        same = i == 0 || same == day ? day : 0;
        last = last && day == month_length(year, month);
        if (same == 0 && !last) {
            return 0;
        }
    }
    return last ? 31 : same;
}

/* What a date stands for in another kind of time; QD_TIME_DAY: its ISO week. */
static int64_t coarse(qd_time_kind kind, int64_t days)
{
    int64_t year;
    int month, day, week;
    if (kind == QD_TIME_DAY) {
        qd_iso_week_from_days(days, &year, &week);
        return qd_days_from_iso_week(year, week);
    }
    qd_date_from_days(days, &year, &month, &day);
    return kind == QD_TIME_YEAR      ? year
           : kind == QD_TIME_QUARTER ? (year - 1970) * 4 + (month - 1) / 3
                                     : (year - 1970) * 12 + month - 1;
}

/* Dates as what they stand for: months, quarters or years, whose lengths differ, or weeks on changing weekdays.  Not
   where two dates would become one (new moons are not months).  value: [count], the distinct dates in order. */
static void coarsen(const int64_t *value, size_t count, const steps *s, qd_times *times, qd_panel *panel)
{
    qd_time_kind kind = s->least >= 365 && s->least <= 366 ? QD_TIME_YEAR
                        : s->least >= 89 && s->least <= 92 ? QD_TIME_QUARTER
                        : s->least >= 28 && s->least <= 31 ? QD_TIME_MONTH
                                                           : QD_TIME_DAY;
    bool weeks = kind == QD_TIME_DAY && s->common == 1 && s->median == 7 && s->least >= 4;
    if (times->kind != QD_TIME_DAY || times->weeks || s->common % 7 == 0 || (kind == QD_TIME_DAY && !weeks)) {
        return;
    }
    for (size_t i = 1; i < count; i++) {
        if (coarse(kind, value[i]) == coarse(kind, value[i - 1])) {
            return;
        }
    }
    panel->month_day = weeks ? 0 : common_month_day(times);
    for (size_t i = 0; i < times->count; i++) {
        times->value[i] = coarse(kind, times->value[i]);
    }
    times->kind = kind;
    times->weeks = weeks;
}

enum { MOST_TIMES = 10000000 };

qd_status qd_panel_find_grid(const qd_table *table, bool every, qd_times *times, qd_panel *panel, qd_error *error)
{
    int64_t *value = NULL;
    size_t count;
    steps s;
    qd_status status = distinct(times, &value, &count, error);
    if (status == QD_OK) {
        status = measure(value, count, &s, error);
    }
    if (status == QD_OK) {
        coarsen(value, count, &s, times, panel);
        qd_mem_free(value);
        value = NULL;
        status = distinct(times, &value, &count, error);
    }
    if (status == QD_OK) {
        status = measure(value, count, &s, error);
    }
    if (status == QD_OK) {
        panel->kind = times->kind;
        panel->weeks = times->weeks;
        panel->first = value[0];
        panel->step = every ? (times->weeks ? 7 : 1) : s.common;
        int64_t span = (value[count - 1] - value[0]) / panel->step;
        if (span >= MOST_TIMES) {
            char from[32], until[32];
            qd_time_text(times->kind, times->weeks, value[0], from, sizeof from);
            qd_time_text(times->kind, times->weeks, value[count - 1], until, sizeof until);
            status = qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), 0, 0,
                                "the times from %s to %s fit no grid of at most %d steps", from, until, MOST_TIMES);
        } else {
            panel->times = (size_t)span + 1;
            for (size_t i = 0; i < times->count; i++) {
                times->value[i] = (times->value[i] - panel->first) / panel->step;
            }
        }
    }
    qd_mem_free(value);
    return status;
}

/* ------------------------------------------------------------------------------------------------ days */

/* Lines between the dates that are known; beyond them the mean step. */
static void interpolate(qd_panel *panel)
{
    double *day = panel->day;
    size_t known = SIZE_MAX;
    for (size_t i = 0; i < panel->times; i++) {
        if (isnan(day[i])) {
            continue;
        }
        for (size_t j = known == SIZE_MAX ? 0 : known + 1; j < i; j++) {
            day[j] = known == SIZE_MAX ? day[i] - panel->day_step * (double)(i - j)
                                       : day[known] + (day[i] - day[known]) * (double)(j - known) / (double)(i - known);
        }
        known = i;
    }
    for (size_t j = known + 1; known != SIZE_MAX && j < panel->times; j++) {
        day[j] = day[known] + panel->day_step * (double)(j - known);
    }
}

static void days_from_dates(const qd_times *index, const qd_times *date, qd_panel *panel)
{
    size_t low = SIZE_MAX, high = 0;
    for (size_t r = 0; r < date->count; r++) {
        size_t i = (size_t)index->value[r];
        panel->day[i] = qd_time_day(date->kind, date->weeks, date->value[r]);
        low = i < low ? i : low;
        high = i > high ? i : high;
    }
    panel->day_step = high > low ? (panel->day[high] - panel->day[low]) / (double)(high - low) : 0;
    interpolate(panel);
}

/* Mean days of a unit of each kind of time, however long the table is. */
static const double unit_days[] = {[QD_TIME_INDEX] = 0,
                                   [QD_TIME_YEAR] = 365.2425,
                                   [QD_TIME_QUARTER] = 365.2425 / 4,
                                   [QD_TIME_MONTH] = 365.2425 / 12,
                                   [QD_TIME_DAY] = 1};

/* A year, or a week of daily data shorter than two years. */
double qd_panel_season(const qd_panel *panel, size_t times)
{
    const double year = 365.2425;
    if (!(panel->day_step > 0) || panel->day_step > year / 2) {
        return 0;
    }
    if (panel->day_step < 1.5) {
        return (double)times < 2 * year ? 7 : year;
    }
    double season = year / panel->day_step;
    double whole = floor(season + 0.5);
    /* Months and quarters are not all of one length, but twelve and four make a year. */
    return panel->kind == QD_TIME_MONTH || panel->kind == QD_TIME_QUARTER ? whole : season;
}

qd_status qd_panel_find_days(const qd_times *index, const qd_times *date, qd_panel *panel, qd_error *error)
{
    panel->day = qd_mem_new(panel->times, sizeof *panel->day);
    if (panel->day == NULL) {
        return qd_fail_memory(error, panel->times * sizeof *panel->day, "dates");
    }
    for (size_t i = 0; i < panel->times; i++) {
        int64_t value = panel->first + (int64_t)i * panel->step;
        panel->day[i] = panel->kind == QD_TIME_INDEX ? (double)NAN : qd_time_day(panel->kind, panel->weeks, value);
    }
    if (date != NULL) {
        days_from_dates(index, date, panel);
    } else if (panel->kind != QD_TIME_INDEX) {
        panel->day_step = (double)panel->step * unit_days[panel->kind];
    }
    panel->season = qd_panel_season(panel, panel->times);
    return QD_OK;
}

double qd_panel_day(const qd_panel *panel, int64_t i)
{
    if (i >= 0 && (size_t)i < panel->times) {
        return panel->day[i];
    }
    if (panel->kind != QD_TIME_INDEX && !isnan(panel->day[0])) {
        return qd_time_day(panel->kind, panel->weeks, panel->first + i * panel->step);
    }
    size_t near = i < 0 ? 0 : panel->times - 1;
    return panel->day[near] + panel->day_step * (double)(i - (int64_t)near);
}

/* The first month of a value, as months since 1970-01. */
static int64_t first_month(qd_time_kind kind, int64_t value)
{
    return kind == QD_TIME_YEAR ? (value - 1970) * 12 : kind == QD_TIME_QUARTER ? value * 3 : value;
}

void qd_panel_time_text(const qd_panel *panel, int64_t i, char *text, size_t size)
{
    int64_t value = panel->first + i * panel->step;
    if (panel->month_day == 0) {
        qd_time_text(panel->kind, panel->weeks, value, text, size);
        return;
    }
    char month_text[32];
    int64_t month = first_month(panel->kind, value);
    qd_time_text(QD_TIME_MONTH, false, month, month_text, sizeof month_text);
    int length = month_length(strtoll(month_text, NULL, 10), atoi(month_text + 5));
    qd_text_format(text, size, "%s-%02d", month_text, panel->month_day < length ? panel->month_day : length);
}

bool qd_panel_time_find(const qd_panel *panel, const char *text, int64_t *i)
{
    int64_t value;
    bool read = qd_time_parse(panel->kind, panel->weeks, text, &value);
    if (!read && panel->month_day != 0 && qd_time_parse(QD_TIME_DAY, false, text, &value)) {
        int64_t year;
        int month, day;
        qd_date_from_days(value, &year, &month, &day);
        value = panel->kind == QD_TIME_YEAR      ? year
                : panel->kind == QD_TIME_QUARTER ? (year - 1970) * 4 + (month - 1) / 3
                                                 : (year - 1970) * 12 + month - 1;
        read = true;
    }
    if (!read || (value - panel->first) % panel->step != 0) {
        return false;
    }
    *i = (value - panel->first) / panel->step;
    return true;
}

void qd_panel_frequency_text(const qd_panel *panel, char *text, size_t size)
{
    static const char *const units[] = {"unit", "year", "quarter", "month", "day"};
    static const char *const names[] = {"", "yearly", "quarterly", "monthly", "daily"};
    long long step = (long long)panel->step;
    if (panel->kind == QD_TIME_DAY && step == 7) {
        qd_text_format(text, size, "weekly");
    } else if (step == 1 && panel->kind != QD_TIME_INDEX) {
        qd_text_format(text, size, "%s", names[panel->kind]);
    } else if (panel->kind == QD_TIME_INDEX && step == 1 && !(panel->day_step > 0)) {
        qd_text_format(text, size, "an index");
    } else if (panel->kind == QD_TIME_INDEX && panel->day_step > 0) {
        qd_text_format(text, size, "an index, %.4g days a unit", panel->day_step);
    } else {
        qd_text_format(text, size, "every %lld %s%s", step, units[panel->kind], step == 1 ? "" : "s");
    }
}
