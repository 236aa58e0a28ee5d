/* Calendar: the time column of a table as whole numbers on one scale, whatever way people write time.  Gregorian dates
   are days since 1970-01-01; weeks are those of ISO 8601. */
#ifndef QD_DATA_CALENDAR_H
#define QD_DATA_CALENDAR_H

#include "data/table.h"

typedef enum qd_time_kind {
    QD_TIME_INDEX,   /* a whole number: a census, a new moon, a frame */
    QD_TIME_YEAR,    /* value: the year */
    QD_TIME_QUARTER, /* value: quarters since 1970-Q1 */
    QD_TIME_MONTH,   /* value: months since 1970-01 */
    QD_TIME_DAY      /* value: days since 1970-01-01; a week is its Monday */
} qd_time_kind;

/* The times of a table's rows. */
typedef struct qd_times {
    qd_time_kind kind;
    bool weeks; /* QD_TIME_DAY written as weeks (2024-W07, or a pair of year and week) */
    size_t count;
    int64_t *value; /* [count] */
} qd_times;

/* Reads one column, or a pair (year with week, month, quarter or day of the year; second NULL for one column).  Known:
   ISO dates with or without midnight, YYYY-Www, YYYYMMDD, D.M.YYYY, D/M/YYYY and M/D/YYYY where the column tells them
   apart, YYYY-MM, names of months, YYYY-Qn, years, whole numbers.  The whole column must be of one form: QD_ERR_FORMAT
   names the first line that is not. */
QD_CHECKED qd_status qd_times_read(const qd_table *table, const char *column, const char *second, qd_times *times,
                                   qd_error *error);
void qd_times_clear(qd_times *times);

/* The text of a value, in the form in which ISO 8601 writes it (weeks as YYYY-Www); size >= 32. */
void qd_time_text(qd_time_kind kind, bool weeks, int64_t value, char *text, size_t size);

/* One text as a value of this kind, for options such as --from; false where it is not one. */
bool qd_time_parse(qd_time_kind kind, bool weeks, const char *text, int64_t *value);

/* Days since 1970-01-01 at the middle of what the value names: what a season is reckoned from.  Meaningless (0) for
   QD_TIME_INDEX. */
double qd_time_day(qd_time_kind kind, bool weeks, int64_t value);

int64_t qd_days_from_date(int64_t year, int month, int day);
void qd_date_from_days(int64_t days, int64_t *year, int *month, int *day);
bool qd_date_valid(int64_t year, int month, int day);
int qd_iso_weeks(int64_t year);                        /* 52 or 53 */
int64_t qd_days_from_iso_week(int64_t year, int week); /* its Monday */
void qd_iso_week_from_days(int64_t days, int64_t *year, int *week);

#endif
