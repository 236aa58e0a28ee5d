/* Dates against the C library's own calendar, ISO weeks against strftime, and the forms in which people write time. */
#include "test.h"

#include "data/calendar.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void days_agree_with_timegm(void **state)
{
    (void)state;
    for (int64_t days = -200000; days < 200000; days += 13) {
        time_t seconds = (time_t)(days * 86400);
        struct tm civil;
        gmtime_r(&seconds, &civil);
        int64_t year;
        int month, day, week;
        qd_date_from_days(days, &year, &month, &day);
        assert_int_equal(year, civil.tm_year + 1900);
        assert_int_equal(month, civil.tm_mon + 1);
        assert_int_equal(day, civil.tm_mday);
        assert_int_equal(qd_days_from_date(year, month, day), days);
        char text[16];
        strftime(text, sizeof text, "%G %V", &civil);
        int64_t iso_year;
        qd_iso_week_from_days(days, &iso_year, &week);
        assert_int_equal(iso_year, atoll(text));
        assert_int_equal(week, atoi(text + strlen(text) - 2));
        assert_true(qd_days_from_iso_week(iso_year, week) <= days && days < qd_days_from_iso_week(iso_year, week) + 7);
    }
    assert_int_equal(qd_iso_weeks(2020), 53);
    assert_int_equal(qd_iso_weeks(2021), 52);
    assert_false(qd_date_valid(2023, 2, 29));
    assert_true(qd_date_valid(2024, 2, 29));
    assert_true(qd_date_valid(1, 1, 1) && qd_date_valid(9999, 12, 31));
    assert_false(qd_date_valid(0, 12, 31) || qd_date_valid(10000, 1, 1) || qd_date_valid(2024, 13, 1));
}

static void quarters_and_months_have_names(void **state)
{
    (void)state;
    static const struct {
        qd_time_kind kind;
        int64_t value;
        const char *text;
    } cases[] = {{QD_TIME_QUARTER, 0, "1970-Q1"},  {QD_TIME_QUARTER, 7, "1971-Q4"}, {QD_TIME_QUARTER, -4, "1969-Q1"},
                 {QD_TIME_QUARTER, -5, "1968-Q4"}, {QD_TIME_MONTH, 0, "1970-01"},   {QD_TIME_MONTH, 12, "1971-01"},
                 {QD_TIME_MONTH, -12, "1969-01"},  {QD_TIME_MONTH, -13, "1968-12"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        qd_time_text(cases[i].kind, false, cases[i].value, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static qd_status read(const char *csv, const char *second, qd_times *times, qd_error *error)
{
    qd_table *table;
    const qd_table_options options = {.limit = 1 << 20};
    assert_int_equal(qd_table_parse("t.csv", csv, strlen(csv), &options, &table, error), QD_OK);
    qd_status status = qd_times_read(table, "t", second, times, error);
    qd_table_free(table);
    return status;
}

/* A column of one cell or more reads as this kind, its first value is written like this. */
static void reads(const char *csv, const char *second, qd_time_kind kind, const char *expected)
{
    qd_times times;
    qd_error error;
    if (read(csv, second, &times, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    char text[32];
    qd_time_text(times.kind, times.weeks, times.value[0], text, sizeof text);
    assert_int_equal(times.kind, kind);
    assert_string_equal(text, expected);
    int64_t again;
    assert_true(qd_time_parse(times.kind, times.weeks, text, &again));
    assert_int_equal(again, times.value[0]);
    qd_times_clear(&times);
}

static void forms_are_recognised(void **state)
{
    (void)state;
    reads("t,x\n2024-02-29,1\n", NULL, QD_TIME_DAY, "2024-02-29");
    reads("t,x\n2024/2/9,1\n", NULL, QD_TIME_DAY, "2024-02-09");
    reads("t,x\n2024-02-29T00:00:00Z,1\n", NULL, QD_TIME_DAY, "2024-02-29");
    reads("t,x\n2024-02-29 00:00,1\n", NULL, QD_TIME_DAY, "2024-02-29");
    reads("t,x\n2020-W53,1\n", NULL, QD_TIME_DAY, "2020-W53");
    reads("t,x\n29.2.2024,1\n", NULL, QD_TIME_DAY, "2024-02-29");
    reads("t,x\n1/2/2024,1\n13/2/2024,1\n", NULL, QD_TIME_DAY, "2024-02-01");
    reads("t,x\n1/2/2024,1\n2/13/2024,1\n", NULL, QD_TIME_DAY, "2024-01-02");
    reads("t,x\n2024-02,1\n", NULL, QD_TIME_MONTH, "2024-02");
    reads("t,x\nFeb 2024,1\n", NULL, QD_TIME_MONTH, "2024-02");
    reads("t,x\n1969 december,1\n", NULL, QD_TIME_MONTH, "1969-12");
    reads("t,x\n1969Q4,1\n", NULL, QD_TIME_QUARTER, "1969-Q4");
    reads("t,x\n20240229,1\n", NULL, QD_TIME_DAY, "2024-02-29");
    reads("t,x\n1821,1\n", NULL, QD_TIME_YEAR, "1821");
    reads("t,x\n427,1\n", NULL, QD_TIME_INDEX, "427");
    reads("t,w,x\n2020,53,1\n", "w", QD_TIME_DAY, "2020-W53");
    reads("t,w,x\n2020,12,1\n", "w", QD_TIME_MONTH, "2020-12");
}

static void refused(const char *csv, const char *second, uint64_t line, const char *part)
{
    qd_times times;
    qd_error error;
    assert_int_equal(read(csv, second, &times, &error), QD_ERR_FORMAT);
    assert_int_equal(error.line, line);
    if (strstr(error.message, part) == NULL) {
        fail_msg("%s", error.message);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    refused("t,x\nsoon,1\n", NULL, 2, "'soon' is not a time");
    refused("t,x\n2024-02-29,1\n2024-02,1\n", NULL, 3, "written otherwise");
    refused("t,x\n2024-02-28,1\n2023-02-29,1\n", NULL, 3, "2023-02-29");
    refused("t,x\n1/2/2024,1\n", NULL, 2, "no row tells");
    refused("t,w,x\n2020,53,1\n2021,53,1\n", "w", 3, "2021 has no w 53");
    refused("t,w,x\n2020,a,1\n", "w", 2, "'a' is not a whole number");
    refused("t,x\n2024-01-01 13:00,1\n", NULL, 2, "is not a time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_agree_with_timegm),
        cmocka_unit_test(quarters_and_months_have_names),
        cmocka_unit_test(forms_are_recognised),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
