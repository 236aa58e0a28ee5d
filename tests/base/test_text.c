/* Text: numbers in and out, in any locale; formats; the nearest word. */
#include "test.h"
#include "base/random.h"
#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reads(const char *text, double *value)
{
    return qd_text_to_double(text, strlen(text), value);
}

static void assert_reads(const char *text, double expected)
{
    double value = -77;
    if (!reads(text, &value) || value != expected || signbit(value) != signbit(expected)) {
        fail_msg("'%s' was read as %.17g, not %.17g", text, value, expected);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    assert_reads("0", 0);
    assert_reads("-0", -0.0);
    assert_reads("1", 1);
    assert_reads("-1.5", -1.5);
    assert_reads("+2.25", 2.25);
    assert_reads(".5", 0.5);
    assert_reads("5.", 5);
    assert_reads("1e9", 1e9);
    assert_reads("1E-3", 1e-3);
    assert_reads(" \t 3 \t", 3);
    assert_reads("0.1", 0.1);
    assert_reads("9007199254740993", 9007199254740992.0); /* rounded to even */
    assert_reads("1.7976931348623157e308", 0x1.fffffffffffffp1023);
    assert_reads("4.9406564584124654e-324", 0x1p-1074);
    assert_reads("1e-400", 0);
    assert_reads("inf", HUGE_VAL);
    assert_reads("-Infinity", -HUGE_VAL);
    double value = 0;
    assert_true(reads("NaN", &value));
    assert_true(isnan(value));
}

/* Short decimal texts are read without strtod: to the same bits. */
static void test_short_decimals(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (size_t n = 0; n < 200000; n++) {
        char text[48];
        double value;
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        const unsigned places = (unsigned)(seed >> 40) % 23, width = 1 + (unsigned)(seed >> 50) % 19;
        const int length = snprintf(text, sizeof text, "%s%.*llu", seed & 1 ? "-" : "", (int)width,
                                    (unsigned long long)(seed >> (n % 64)));
        const size_t digits = (size_t)length, at = digits > places ? digits - places : digits;
        memmove(text + at + 1, text + at, digits - at + 1);
        text[at] = '.';
        assert_true(qd_text_to_double(text, strlen(text), &value));
        const double expected = strtod(text, NULL);
        assert_memory_equal(&value, &expected, sizeof value);
    }
}

static void test_what_is_no_number(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    " ",       "x",   "1x",    "1 2", "1,5", "0x10", "1e",    "--1",   "1e400", "nan(1)",
        "\n1", "1\n",     "\v1", "1\r",   "e5",  ".",   "+",    "1.2.3", "1'000", "1_000", "\xEF\xBB\xBF\x31",
        "1e+", "infinit", "0x",  "-1e999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 42;
        if (reads(texts[i], &value)) {
            fail_msg("'%s' was read as %g", texts[i], value);
        }
        assert_true(value == 42); /* untouched */
    }
    double value;
    assert_false(qd_text_to_double("1\0002", 3, &value)); /* an embedded NUL */
    assert_true(qd_text_to_double("12345", 2, &value));   /* the length counts, not the end of the string */
    assert_true(value == 12);
}

/* A double may take more than a thousand digits to write in full. */
static void test_long_numbers(void **state)
{
    (void)state;
    char text[1400];
    double values[] = {0x1p-1074, 0x1.fffffffffffffp-1022, 0.1};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        qd_text_format(text, sizeof text, "%.1074f", values[i]);
        assert_reads(text, values[i]);
    }
    qd_text_format(text, sizeof text, "%.0f", 0x1.fffffffffffffp1023);
    assert_reads(text, 0x1.fffffffffffffp1023);
    char endless[100000];
    memset(endless, '1', sizeof endless);
    double value;
    assert_false(qd_text_to_double(endless, sizeof endless, &value));
}

static void test_integers(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(qd_text_to_integer("-17", 3, &value) && value == -17);
    assert_true(qd_text_to_integer(" 007 ", 5, &value) && value == 7);
    assert_true(qd_text_to_integer("9223372036854775807", 19, &value) && value == INT64_MAX);
    assert_true(qd_text_to_integer("-9223372036854775808", 20, &value) && value == INT64_MIN);
    static const char *const texts[] = {"9223372036854775808", "1.0", "1e3", "", "x", "0x1", "1 1", "\n1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(qd_text_to_integer(texts[i], strlen(texts[i]), &value));
    }
}

static void assert_writes(double value, const char *expected)
{
    char text[32];
    size_t length = qd_text_from_double(value, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void assert_writes_float(float value, const char *expected)
{
    char text[32];
    size_t length = qd_text_from_float(value, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_writing(void **state)
{
    (void)state;
    assert_writes(0, "0");
    assert_writes(-0.0, "-0");
    assert_writes(0.1, "0.1");
    assert_writes(-1.5, "-1.5");
    assert_writes(1.0 / 3, "0.3333333333333333");
    assert_writes(1e-7, "1e-7");
    assert_writes(1e22, "1e22");
    assert_writes(1.5e300, "1.5e300");
    assert_writes(1e-10, "1e-10");
    assert_writes(0x1p-1074, "5e-324");
    assert_writes(0x1.fffffffffffffp1023, "1.7976931348623157e308");
    assert_writes(HUGE_VAL, "inf");
    assert_writes(-HUGE_VAL, "-inf");
    assert_writes((double)NAN, "nan");
    assert_writes(-(double)NAN, "nan");
    assert_writes_float(0.1f, "0.1");
    assert_writes_float(16777216.0f, "16777216");
    assert_writes_float(0x1p-149f, "1e-45");
    assert_writes_float(3.4028235e38f, "3.4028235e38");
    assert_writes_float(1e-7f, "1e-7");
}

static double random_bits_double(size_t i)
{
    uint32_t words[4];
    qd_random_block(qd_random_stream(1, QD_FOR_TEST, 0, 0), i, 0, 0, words);
    uint64_t bits = ((uint64_t)words[0] << 32) | words[1];
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t digits_of(const char *text)
{
    char kept[32];
    size_t count = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0')) {
            kept[count++] = *text;
        }
    }
    while (count > 0 && kept[count - 1] == '0') {
        count--;
    }
    return count;
}

/* What is written without printf is what printf writes: whole millionths of all sizes, and the doubles beside them. */
static void test_millionths(void **state)
{
    (void)state;
    assert_writes(0.000123, "0.000123");
    assert_writes(-999999999.999999, "-999999999.999999");
    assert_writes(1000000000.5, "1000000000.5");
    assert_writes(0.0001, "0.0001");
    assert_writes(0.00009, "9e-5");
    assert_writes(120, "120");
    for (size_t i = 0; i < 20000; i++) {
        uint32_t words[4];
        qd_random_block(qd_random_stream(3, QD_FOR_TEST, 0, 0), i, 0, 0, words);
        const uint64_t bits = ((uint64_t)words[0] << 32 | words[1]) >> (14 + words[2] % 48);
        const double value = (double)bits / 1e6;
        char text[32], expected[32];
        snprintf(expected, sizeof expected, "%.15g", value);
        if (strchr(expected, 'e') == NULL && strtod(expected, NULL) == value) {
            assert_writes(value, expected);
        }
        const double beside = nextafter(value, words[3] % 2 ? 0 : HUGE_VAL);
        qd_text_from_double(beside, text, sizeof text);
        assert_reads(text, beside);
    }
}

/* Written and read it is the same number, and one digit less would not have done. */
static void test_shortest_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < 50000; i++) {
        double value = random_bits_double(i);
        if (!isfinite(value)) {
            continue;
        }
        char text[32], shorter[40];
        size_t length = qd_text_from_double(value, text, sizeof text);
        assert_int_equal(length, strlen(text));
        assert_true(length < 25);
        assert_reads(text, value);
        size_t digits = digits_of(text);
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, value);
        assert_true(digits < 2 || strtod(shorter, NULL) != value);
    }
}

static void test_shortest_round_trip_float(void **state)
{
    (void)state;
    for (size_t i = 0; i < 50000; i++) {
        uint32_t words[4];
        qd_random_block(qd_random_stream(2, QD_FOR_TEST, 0, 0), i, 0, 0, words);
        float value;
        memcpy(&value, &words[0], sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        char text[32], shorter[40];
        qd_text_from_float(value, text, sizeof text);
        assert_true(strtof(text, NULL) == value);
        size_t digits = digits_of(text);
        snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, (double)value);
        assert_true(digits < 2 || strtof(shorter, NULL) != value);
    }
}

/* The comma of the locale must not be seen anywhere. */
static void test_comma_locale(void **state)
{
    (void)state;
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL) {
        skip();
    }
    char text[32];
    snprintf(text, sizeof text, "%.1f", 1.5);
    bool comma = strcmp(text, "1,5") == 0;
    double value = 0;
    bool point_read = reads("1.5", &value) && value == 1.5;
    bool comma_read = reads("1,5", &value);
    char formatted[32], shortest[32], single[32];
    qd_text_format(formatted, sizeof formatted, "%.3f|%g", 2.5, 0.25);
    qd_text_from_double(0.1, shortest, sizeof shortest);
    qd_text_from_float(0.3f, single, sizeof single);
    snprintf(text, sizeof text, "%.1f", 1.5); /* and the process's own locale is as it was */
    setlocale(LC_NUMERIC, "C");
    assert_true(comma);
    assert_true(point_read);
    assert_false(comma_read);
    assert_string_equal(formatted, "2.500|0.25");
    assert_string_equal(shortest, "0.1");
    assert_string_equal(single, "0.3");
    assert_string_equal(text, "1,5");
}

static void test_format(void **state)
{
    (void)state;
    char text[8];
    assert_int_equal(qd_text_format(text, sizeof text, "%d-%s", 12, "ab"), 5);
    assert_string_equal(text, "12-ab");
    assert_int_equal(qd_text_format(text, sizeof text, "%s", "0123456789"), 10); /* as snprintf: cut, and says so */
    assert_string_equal(text, "0123456");
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"epochs", "batch", "optimizer", "lr", "learning"};
    size_t count = sizeof words / sizeof words[0];
    assert_int_equal(qd_text_nearest("epoch", words, count), 0);
    assert_int_equal(qd_text_nearest("epohcs", words, count), 0); /* a swap is one mistake */
    assert_int_equal(qd_text_nearest("optimiser", words, count), 2);
    assert_int_equal(qd_text_nearest("bathc", words, count), 1);
    assert_int_equal(qd_text_nearest("rl", words, count), 3);
    assert_int_equal(qd_text_nearest("zzzzzz", words, count), count);
    assert_int_equal(qd_text_nearest("xy", words, count), count); /* all letters changed */
    assert_int_equal(qd_text_nearest("", words, count), count);
    assert_int_equal(qd_text_nearest("epochs", words, 0), 0);
    char endless[500];
    memset(endless, 'e', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(qd_text_nearest(endless, words, count), count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_decimals),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_what_is_no_number),
        cmocka_unit_test(test_long_numbers),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_millionths),
        cmocka_unit_test(test_shortest_round_trip),
        cmocka_unit_test(test_shortest_round_trip_float),
        cmocka_unit_test(test_comma_locale),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
