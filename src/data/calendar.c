/* Calendar arithmetic, and the text of a time. */
#include "data/calendar.h"
#include "base/text.h"

/* Days from 1970-01-01 to year-month-day in the proleptic Gregorian calendar.  Years begin in March here, so that the
   day that leap years add is the last one; 400 years are 146097 days. */
int64_t qd_days_from_date(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void qd_date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

static bool leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool qd_date_valid(int64_t year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && leap(year));
}

/* 0 Monday ... 6 Sunday; 1970-01-01 was a Thursday. */
static int weekday(int64_t days)
{
    return (int)(((days + 3) % 7 + 7) % 7);
}

/* Week 1 is the one with January 4 in it. */
int64_t qd_days_from_iso_week(int64_t year, int week)
{
    int64_t fourth = qd_days_from_date(year, 1, 4);
    return fourth - weekday(fourth) + 7 * (int64_t)(week - 1);
}

int qd_iso_weeks(int64_t year)
{
    return (int)((qd_days_from_iso_week(year + 1, 1) - qd_days_from_iso_week(year, 1)) / 7);
}

void qd_iso_week_from_days(int64_t days, int64_t *year, int *week)
{
    int month, day;
    int64_t thursday = days - weekday(days) + 3; /* its year is the week's */
    qd_date_from_days(thursday, year, &month, &day);
    *week = (int)((thursday - qd_days_from_date(*year, 1, 1)) / 7) + 1;
}

/* Floored, so that times before 1970 stay in order. */
static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

void qd_time_text(qd_time_kind kind, bool weeks, int64_t value, char *text, size_t size)
{
    int64_t year = 1970;
    int month, day, week;
    switch (kind) {
    case QD_TIME_INDEX:
    case QD_TIME_YEAR:
        qd_text_format(text, size, "%lld", (long long)value);
        return;
    case QD_TIME_QUARTER:
        year += floor_divide(value, 4);
        qd_text_format(text, size, "%lld-Q%d", (long long)year, (int)(value - 4 * (year - 1970)) + 1);
        return;
    case QD_TIME_MONTH:
        year += floor_divide(value, 12);
        qd_text_format(text, size, "%04lld-%02d", (long long)year, (int)(value - 12 * (year - 1970)) + 1);
        return;
    case QD_TIME_DAY:
        if (weeks) {
            qd_iso_week_from_days(value, &year, &week);
            qd_text_format(text, size, "%04lld-W%02d", (long long)year, week);
        } else {
            qd_date_from_days(value, &year, &month, &day);
            qd_text_format(text, size, "%04lld-%02d-%02d", (long long)year, month, day);
        }
        return;
    }
}

double qd_time_day(qd_time_kind kind, bool weeks, int64_t value)
{
    int64_t begin = 0, end = 0;
    switch (kind) {
    case QD_TIME_INDEX:
        return 0;
    case QD_TIME_YEAR:
        begin = qd_days_from_date(value, 1, 1);
        end = qd_days_from_date(value + 1, 1, 1);
        break;
    case QD_TIME_QUARTER:
    case QD_TIME_MONTH: {
        int64_t length = kind == QD_TIME_MONTH ? 1 : 3;
        int64_t first = value * length, next = first + length;
        int64_t year = 1970 + floor_divide(first, 12), after = 1970 + floor_divide(next, 12);
        begin = qd_days_from_date(year, (int)(first - 12 * (year - 1970)) + 1, 1);
        end = qd_days_from_date(after, (int)(next - 12 * (after - 1970)) + 1, 1);
        break;
    }
    case QD_TIME_DAY:
        begin = value;
        end = value + (weeks ? 7 : 1);
        break;
    }
    return 0.5 * (double)(begin + end);
}
