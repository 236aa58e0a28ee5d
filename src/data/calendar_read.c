/* Reading times: recognises the form of a column from all of its cells, and turns each into a whole number. */
#include "base/mem.h"
#include "base/text.h"
#include "data/calendar.h"

#include <ctype.h>
#include <string.h>

/* The ways of writing a time.  A column has one form. */
typedef enum form {
    FORM_ISO_DATE,    /* 2024-02-29, 2024/02/29, both perhaps with midnight after it */
    FORM_ISO_WEEK,    /* 2024-W09 */
    FORM_DAY_FIRST,   /* 29.2.2024, 29/2/2024 */
    FORM_MONTH_FIRST, /* 2/29/2024 */
    FORM_MONTH,       /* 2024-02, 2024/02 */
    FORM_MONTH_NAME,  /* Feb 2024, 2024 February, Feb-2024 */
    FORM_QUARTER,     /* 2024-Q1, 2024Q1 */
    FORM_COMPACT,     /* 20240229 */
    FORM_YEAR,        /* 2024 */
    FORM_INDEX,       /* any whole number */
    FORMS
} form;

static const char *const form_names[FORMS] = {
    "YYYY-MM-DD",     "YYYY-Www", "DD/MM/YYYY", "MM/DD/YYYY", "YYYY-MM",
    "month and year", "YYYY-Qn",  "YYYYMMDD",   "YYYY",       "whole numbers",
};

static qd_time_kind form_kind(form f)
{
    switch (f) {
    case FORM_MONTH:
    case FORM_MONTH_NAME:
        return QD_TIME_MONTH;
    case FORM_QUARTER:
        return QD_TIME_QUARTER;
    case FORM_YEAR:
        return QD_TIME_YEAR;
    case FORM_INDEX:
        return QD_TIME_INDEX;
    default:
        return QD_TIME_DAY;
    }
}

/* ------------------------------------------------------------------------------------------ one cell */

/* Digits at *p, `least` to `most` of them; moves *p behind them. */
static bool digits(const char **p, int least, int most, int64_t *value)
{
    int n = 0;
    *value = 0;
    while (n < most && isdigit((unsigned char)**p)) {
        *value = *value * 10 + (**p - '0');
        (*p)++;
        n++;
    }
    return n >= least && !isdigit((unsigned char)**p);
}

static bool skip(const char **p, const char *any)
{
    bool found = **p != '\0' && strchr(any, **p) != NULL;
    *p += found;
    return found;
}

static const char *blanks(const char *p)
{
    while (*p == ' ' || *p == '\t') {
        p++;
    }
    return p;
}

static bool at_end(const char *p)
{
    return *blanks(p) == '\0';
}

/* Nothing more, or a time of day that is midnight (as spreadsheets and R write dates). */
static bool only_midnight(const char *p)
{
    if (*p == 'T' || *p == ' ') {
        p++;
        while (*p == '0' || *p == ':' || *p == '.') {
            p++;
        }
        p += *p == 'Z';
    }
    return at_end(p);
}

static bool date_value(int64_t year, int64_t month, int64_t day, int64_t *value)
{
    if (month > 12 || day > 31 || !qd_date_valid(year, (int)month, (int)day)) {
        return false;
    }
    *value = qd_days_from_date(year, (int)month, (int)day);
    return true;
}

static bool read_iso_date(const char *p, int64_t *value)
{
    int64_t year, month, day;
    if (!digits(&p, 4, 4, &year) || !skip(&p, "-/") || !digits(&p, 1, 2, &month) || !skip(&p, "-/")) {
        return false;
    }
    const char *end = p;
    return digits(&end, 1, 2, &day) && only_midnight(end) && date_value(year, month, day, value);
}

static bool read_iso_week(const char *p, int64_t *value)
{
    int64_t year, week;
    if (!digits(&p, 4, 4, &year)) {
        return false;
    }
    skip(&p, "-");
    if (!skip(&p, "Ww") || !digits(&p, 1, 2, &week) || !at_end(p) || week < 1 || week > qd_iso_weeks(year)) {
        return false;
    }
    *value = qd_days_from_iso_week(year, (int)week);
    return true;
}

/* A.B.YYYY or A/B/YYYY.  A dot is the European order. */
static bool read_short_date(const char *p, bool month_first, int64_t *value)
{
    int64_t a, b, year;
    if (!digits(&p, 1, 2, &a)) {
        return false;
    }
    bool dot = *p == '.';
    if (!skip(&p, "./") || !digits(&p, 1, 2, &b) || !skip(&p, dot ? "." : "/") || !digits(&p, 4, 4, &year) ||
        !only_midnight(p) || (dot && month_first)) {
        return false;
    }
    return month_first ? date_value(year, a, b, value) : date_value(year, b, a, value);
}

static bool read_month(const char *p, int64_t *value)
{
    int64_t year, month;
    if (!digits(&p, 4, 4, &year) || !skip(&p, "-/") || !digits(&p, 1, 2, &month) || !at_end(p) || month < 1 ||
        month > 12) {
        return false;
    }
    *value = (year - 1970) * 12 + month - 1;
    return true;
}

/* English name, whole or its first three letters or more; 0: none. */
static int month_named(const char **p)
{
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    size_t length = 0;
    while (isalpha((unsigned char)(*p)[length])) {
        length++;
    }
    for (int m = 0; m < 12; m++) {
        size_t same = 0; /* a name that ends before the word does differs at its NUL */
        while (same < length && tolower((unsigned char)(*p)[same]) == names[m][same]) {
            same++;
        }
        if (same == length && length >= 3) {
            *p += length;
            return m + 1;
        }
    }
    return 0;
}

static bool read_month_name(const char *p, int64_t *value)
{
    int64_t year;
    int month = month_named(&p);
    bool name_first = month != 0;
    if (name_first) {
        skip(&p, ".");
        while (skip(&p, " -/,")) {
        }
        if (!digits(&p, 4, 4, &year)) {
            return false;
        }
    } else {
        if (!digits(&p, 4, 4, &year)) {
            return false;
        }
        while (skip(&p, " -/")) {
        }
        month = month_named(&p);
    }
    if (month == 0 || !at_end(p)) {
        return false;
    }
    *value = (year - 1970) * 12 + month - 1;
    return true;
}

static bool read_quarter(const char *p, int64_t *value)
{
    int64_t year, quarter;
    if (!digits(&p, 4, 4, &year)) {
        return false;
    }
    skip(&p, "- ");
    if (!skip(&p, "Qq") || !digits(&p, 1, 1, &quarter) || !at_end(p) || quarter < 1 || quarter > 4) {
        return false;
    }
    *value = (year - 1970) * 4 + quarter - 1;
    return true;
}

static bool read_compact(const char *p, int64_t *value)
{
    int64_t number;
    return digits(&p, 8, 8, &number) && at_end(p) && number >= 15000101 && number < 30000101 &&
           date_value(number / 10000, number / 100 % 100, number % 100, value);
}

static bool read_year(const char *p, int64_t *value)
{
    return digits(&p, 4, 4, value) && at_end(p) && *value >= 1500 && *value < 2500;
}

static bool read_form(form f, const char *text, int64_t *value)
{
    const char *p = blanks(text);
    switch (f) {
    case FORM_ISO_DATE:
        return read_iso_date(p, value);
    case FORM_ISO_WEEK:
        return read_iso_week(p, value);
    case FORM_DAY_FIRST:
        return read_short_date(p, false, value);
    case FORM_MONTH_FIRST:
        return read_short_date(p, true, value);
    case FORM_MONTH:
        return read_month(p, value);
    case FORM_MONTH_NAME:
        return read_month_name(p, value);
    case FORM_QUARTER:
        return read_quarter(p, value);
    case FORM_COMPACT:
        return read_compact(p, value);
    case FORM_YEAR:
        return read_year(p, value);
    case FORM_INDEX:
        return qd_text_to_integer(p, strlen(p), value);
    case FORMS:
        break;
    }
    return false;
}

/* ---------------------------------------------------------------------------------------- one column */

/* How many cells from the top each form reads without a break; the form that reads all of them wins, earlier ones
 *first. best: the form that reads furthest, *line: the line where that one ends. */
static bool recognise(const qd_table *table, size_t column, form *best, size_t *reach)
{
    size_t rows = qd_table_rows(table);
    *best = FORM_ISO_DATE;
    *reach = 0;
    for (int f = 0; f < FORMS; f++) {
        size_t r = 0;
        int64_t value;
        while (r < rows && read_form((form)f, qd_table_cell(table, r, column), &value)) {
            r++;
        }
        if (r > *reach) {
            *reach = r;
            *best = (form)f;
        }
    }
    return *reach == rows;
}

/* D/M/YYYY or M/D/YYYY: when every cell reads as both, nobody can tell. */
static bool ambiguous(const qd_table *table, size_t column, form found)
{
    bool differ = false;
    if (found != FORM_DAY_FIRST) {
        return false;
    }
    for (size_t r = 0; r < qd_table_rows(table); r++) {
        int64_t day_first, month_first;
        const char *cell = qd_table_cell(table, r, column);
        if (!read_form(FORM_MONTH_FIRST, cell, &month_first)) {
            return false;
        }
        read_form(FORM_DAY_FIRST, cell, &day_first);
        differ |= day_first != month_first;
    }
    return differ;
}

static qd_status read_single(const qd_table *table, size_t column, qd_times *times, qd_error *error)
{
    form found;
    size_t reach;
    const char *path = qd_table_path(table), *name = qd_table_name(table, column);
    if (!recognise(table, column, &found, &reach)) {
        const char *cell = qd_table_cell(table, reach, column);
        return reach == 0
                   ? qd_fail_at(error, QD_ERR_FORMAT, path, qd_table_line(table, 0), 0,
                                "column %s: '%.40s' is not a time (2024-02-29, 2024-W09, 2024-02, 2024, a number)",
                                name, cell)
                   : qd_fail_at(error, QD_ERR_FORMAT, path, qd_table_line(table, reach), 0,
                                "column %s: '%.40s' is written otherwise than the rows before it (%s)", name, cell,
                                form_names[found]);
    }
    if (ambiguous(table, column, found)) {
        return qd_fail_at(error, QD_ERR_FORMAT, path, qd_table_line(table, 0), 0,
                          "column %s: '%.40s' may be day/month or month/day, and no row tells; write YYYY-MM-DD", name,
                          qd_table_cell(table, 0, column));
    }
    times->kind = form_kind(found);
    times->weeks = found == FORM_ISO_WEEK;
    for (size_t r = 0; r < times->count; r++) {
        read_form(found, qd_table_cell(table, r, column), &times->value[r]);
    }
    return QD_OK;
}

/* -------------------------------------------------------------------------------- a pair of columns */

static qd_status whole_cell(const qd_table *table, size_t row, size_t column, int64_t *value, qd_error *error)
{
    const char *cell = qd_table_cell(table, row, column);
    if (!qd_text_to_integer(cell, strlen(cell), value)) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, row), 0,
                          "column %s: '%.40s' is not a whole number", qd_table_name(table, column), cell);
    }
    return QD_OK;
}

/* What the second number counts within a year: at most 4 quarters, 12 months, 53 weeks, 366 days. */
static bool pair_value(int64_t year, int64_t part, int64_t most, qd_times *times, int64_t *value)
{
    if (part < 1 || year < 1 || year > 9999) {
        return false;
    }
    times->kind = most <= 4 ? QD_TIME_QUARTER : most <= 12 ? QD_TIME_MONTH : QD_TIME_DAY;
    times->weeks = most > 12 && most <= 53;
    if (most <= 4) {
        *value = (year - 1970) * 4 + part - 1;
    } else if (most <= 12) {
        *value = (year - 1970) * 12 + part - 1;
    } else if (most <= 53) {
        *value = qd_days_from_iso_week(year, (int)part);
        return part <= qd_iso_weeks(year);
    } else {
        *value = qd_days_from_date(year, 1, 1) + part - 1;
        return *value < qd_days_from_date(year + 1, 1, 1);
    }
    return true;
}

static qd_status read_pair(const qd_table *table, size_t first, size_t second, qd_times *times, qd_error *error)
{
    int64_t most = 0;
    for (size_t r = 0; r < times->count; r++) {
        int64_t part;
        qd_status status = whole_cell(table, r, second, &part, error);
        if (status != QD_OK) {
            return status;
        }
        most = part > most ? part : most;
    }
    for (size_t r = 0; r < times->count; r++) {
        int64_t year, part;
        qd_status status = whole_cell(table, r, first, &year, error);
        if (status == QD_OK) {
            status = whole_cell(table, r, second, &part, error);
        }
        if (status != QD_OK) {
            return status;
        }
        if (!pair_value(year, part, most, times, &times->value[r])) {
            return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, r), 0,
                              "%s %lld has no %s %lld", qd_table_name(table, first), (long long)year,
                              qd_table_name(table, second), (long long)part);
        }
    }
    return QD_OK;
}

qd_status qd_times_read(const qd_table *table, const char *column, const char *second, qd_times *times, qd_error *error)
{
    size_t a, b = 0;
    *times = (qd_times){.count = qd_table_rows(table)};
    qd_status status = qd_table_find(table, column, &a, error);
    if (status == QD_OK && second != NULL) {
        status = qd_table_find(table, second, &b, error);
    }
    if (status != QD_OK) {
        return status;
    }
    times->value = qd_mem_new(times->count, sizeof *times->value);
    if (times->value == NULL) {
        return qd_fail_memory(error, times->count * sizeof *times->value, "times");
    }
    status = second != NULL ? read_pair(table, a, b, times, error) : read_single(table, a, times, error);
    if (status != QD_OK) {
        qd_times_clear(times);
    }
    return status;
}

void qd_times_clear(qd_times *times)
{
    qd_mem_free(times->value);
    *times = (qd_times){0};
}

bool qd_time_parse(qd_time_kind kind, bool weeks, const char *text, int64_t *value)
{
    for (int f = 0; f < FORMS; f++) {
        bool week = f == FORM_ISO_WEEK;
        if (form_kind((form)f) == kind && f != FORM_MONTH_FIRST && (!week || weeks) &&
            read_form((form)f, text, value)) {
            return true;
        }
    }
    return false;
}
