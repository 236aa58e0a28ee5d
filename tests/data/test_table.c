/* Tables: what a sane reader accepts, and for everything else the line and the column of the message. */
#include "helpers.h"
#include "data/table.h"
#include <locale.h>

static const qd_table_options automatic = {.limit = 1 << 20}, excel = {.limit = 1 << 20, .excel = true};

static qd_table *parse_bytes(const char *text, size_t size, const qd_table_options *options)
{
    qd_table *table = NULL;
    qd_error error = {0};
    if (qd_table_parse("t.csv", text, size, options, &table, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return table;
}

static qd_table *parse(const char *text)
{
    return parse_bytes(text, strlen(text), &automatic);
}

static void assert_refused(const char *text, uint64_t line, uint64_t column, const char *part)
{
    qd_table *table = NULL;
    qd_error error = {0};
    assert_int_equal(qd_table_parse("t.csv", text, strlen(text), &automatic, &table, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, line, column, part);
    assert_string_equal(error.file, "t.csv");
    assert_null(table);
}

static void assert_number(const qd_table *table, size_t row, size_t column, double expected)
{
    double value = 0;
    qd_error error = {0};
    if (qd_table_number(table, row, column, &value, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(value == expected);
}

static void assert_no_number(const qd_table *table, size_t row, size_t column, uint64_t line, const char *part)
{
    double value = 42;
    qd_error error = {0};
    assert_int_equal(qd_table_number(table, row, column, &value, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, line, column + 1, part);
    assert_true(value == 42);
}

/* The same table of two columns and two rows, however it is written. */
static void assert_usual(const char *text, size_t size)
{
    qd_table *table = parse_bytes(text, size, &automatic);
    assert_int_equal(qd_table_rows(table), 2);
    assert_int_equal(qd_table_columns(table), 2);
    assert_string_equal(qd_table_path(table), "t.csv");
    assert_string_equal(qd_table_name(table, 0), "year");
    assert_string_equal(qd_table_name(table, 1), "count");
    assert_string_equal(qd_table_cell(table, 0, 0), "1821");
    assert_string_equal(qd_table_cell(table, 1, 1), "321");
    assert_int_equal(qd_table_line(table, 0), 2);
    assert_int_equal(qd_table_line(table, 1), 3);
    assert_number(table, 0, 1, 269);
    qd_table_free(table);
}

static void test_usual_forms(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "year,count\n1821,269\n1822,321\n",           /* LF */
        "year,count\r\n1821,269\r\n1822,321\r\n",     /* CRLF */
        "year,count\r1821,269\r1822,321\r",           /* CR */
        "year,count\n1821,269\n1822,321",             /* no last line end */
        "year,count\r\n1821,269\r\n1822,321\n\r\n\n", /* empty lines at the end */
        "\xEF\xBB\xBFyear,count\n1821,269\n1822,321\n",
        "\xEF\xBB\xBF\"year\",count\n1821,269\n1822,321\n",
        "year;count\n1821;269\n1822;321\n",
        "year\tcount\n1821\t269\n1822\t321\n",
        "\"year\",\"count\"\n\"1821\",\"269\"\r\n\"1822\",\"321\"",
        " year , count\n1821, 269\n1822,321\n",
        "\"year\";\"count\"\n1821;269\n1822;\"321\"\n",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_usual(forms[i], strlen(forms[i]));
    }
}

static void test_quotes(void **state)
{
    (void)state;
    qd_table *table =
        parse("site,note,n\n\"a,b\",\"say \"\"hi\"\"\",1\n\"two\nlines\r\nthree\",\"\",2\n5\" pipe,x,3\n");
    assert_int_equal(qd_table_rows(table), 3);
    assert_string_equal(qd_table_cell(table, 0, 0), "a,b");
    assert_string_equal(qd_table_cell(table, 0, 1), "say \"hi\"");
    assert_string_equal(qd_table_cell(table, 1, 0), "two\nlines\r\nthree");
    assert_string_equal(qd_table_cell(table, 1, 1), "");
    assert_string_equal(qd_table_cell(table, 2, 0), "5\" pipe");
    assert_int_equal(qd_table_line(table, 1), 3);
    assert_int_equal(qd_table_line(table, 2), 6);
    assert_no_number(table, 1, 0, 3, "found 'two lines  three'");
    qd_table_free(table);
}

static void test_separators(void **state)
{
    (void)state;
    qd_table *table = parse("\"a;b;c\",d\n1,2\n"); /* those in quotes do not count */
    assert_int_equal(qd_table_columns(table), 2);
    assert_string_equal(qd_table_name(table, 0), "a;b;c");
    qd_table_free(table);
    table = parse("date;adults, young;n\n1;2,5;3\n");
    assert_int_equal(qd_table_columns(table), 3);
    assert_number(table, 0, 1, 2.5);
    qd_table_free(table);
    table = parse("only\n7\n\n9\n\n"); /* one column: an empty line inside is a missing value */
    assert_int_equal(qd_table_columns(table), 1);
    assert_int_equal(qd_table_rows(table), 3);
    assert_true(qd_table_missing(qd_table_cell(table, 1, 0)));
    assert_number(table, 2, 0, 9);
    qd_table_free(table);
    table = parse("a,b\n,\n1,\n");
    assert_string_equal(qd_table_cell(table, 0, 0), "");
    assert_string_equal(qd_table_cell(table, 0, 1), "");
    assert_string_equal(qd_table_cell(table, 1, 1), "");
    qd_table_free(table);
}

static void test_excel(void **state)
{
    (void)state;
    const char *text = "n,b\n1,5\n";
    qd_table *table = parse_bytes(text, strlen(text), &excel);
    assert_int_equal(qd_table_columns(table), 1);
    assert_string_equal(qd_table_name(table, 0), "n,b");
    assert_number(table, 0, 0, 1.5);
    qd_table_free(table);
}

static void test_decimal_commas(void **state)
{
    (void)state;
    qd_table *table = parse("a;b;c;d\n1,5;-2,25e3;1.5;1.234,5\n,5;7;1,2,3;,\n");
    assert_number(table, 0, 0, 1.5);
    assert_number(table, 0, 1, -2250);
    assert_number(table, 0, 2, 1.5);
    assert_no_number(table, 0, 3, 2, "column 'd': expected a finite number, found '1.234,5'");
    assert_number(table, 1, 0, 0.5);
    assert_no_number(table, 1, 2, 3, "'1,2,3'");
    assert_no_number(table, 1, 3, 3, "','");
    qd_table_free(table);
    table = parse("a,b\n\"1,5\",2\n");
    assert_no_number(table, 0, 0, 2, "a decimal comma?");
    qd_table_free(table);
    table = parse("a\tb\n1,5\t2\n");
    assert_no_number(table, 0, 0, 2, "a decimal comma?");
    qd_table_free(table);
    assert_refused("a,b\n1,5,2\n", 2, 3, "a decimal comma needs semicolons");
}

static void test_numbers(void **state)
{
    (void)state;
    qd_table *table = parse("v,w\n1e3, 12 \n1e999,twelve\ninf,0x10\nNaN,NA\n,1 2\n-1e-400,1e308\n");
    assert_number(table, 0, 0, 1000);
    assert_number(table, 0, 1, 12);
    assert_no_number(table, 1, 0, 3, "t.csv:3:1: column 'v': expected a finite number, found '1e999'");
    assert_no_number(table, 1, 1, 3, "t.csv:3:2: column 'w': expected a finite number, found 'twelve'");
    assert_no_number(table, 2, 0, 4, "found 'inf'");
    assert_no_number(table, 2, 1, 4, "found '0x10'");
    assert_no_number(table, 3, 0, 5, "a missing value");
    assert_no_number(table, 3, 1, 5, "a missing value");
    assert_no_number(table, 4, 0, 6, "a missing value");
    assert_no_number(table, 4, 1, 6, "found '1 2'");
    assert_number(table, 5, 0, -0.0);
    assert_number(table, 5, 1, 1e308);
    qd_table_free(table);
}

/* A long text is cut in a message, between two characters. */
static void test_shown(void **state)
{
    (void)state;
    char text[200] = "a\n", expected[100] = "found '";
    for (int i = 0; i < 15; i++) {
        strcat(text, "\xE2\x82\xAC");
        strcat(expected, i < 14 ? "\xE2\x82\xAC" : "...'");
    }
    strcat(text, "and so on\n");
    qd_table *table = parse(text);
    assert_no_number(table, 0, 0, 2, expected);
    qd_table_free(table);
}

static void test_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < 4 && set == NULL; i++) {
        set = setlocale(LC_ALL, names[i]);
    }
    if (set == NULL) {
        print_message("no locale with decimal commas here\n");
        skip();
    }
    qd_table *table = parse("a,b\n1.5,2\n");
    assert_number(table, 0, 0, 1.5);
    qd_table_free(table);
    setlocale(LC_ALL, "C");
}

static void test_missing(void **state)
{
    (void)state;
    assert_true(qd_table_missing(""));
    assert_true(qd_table_missing("  \t"));
    assert_true(qd_table_missing("NA"));
    assert_true(qd_table_missing(" NaN "));
    assert_true(qd_table_missing("nan"));
    assert_false(qd_table_missing("0"));
    assert_false(qd_table_missing("NAN1"));
    assert_false(qd_table_missing("-"));
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("", 0, 0, "empty");
    assert_refused("\n\r\n\r", 0, 0, "empty");
    assert_refused("\xEF\xBB\xBF", 0, 0, "empty");
    assert_refused("a,b\n", 0, 0, "only a header");
    assert_refused("a,b", 0, 0, "only a header");
    assert_refused("a,b\n1,2\n3\n", 3, 2, "expected 2 fields as in the header, found 1");
    assert_refused("a,b\n1,2\r\n3,4,5\n", 3, 3, "expected 2 fields as in the header, found 3");
    assert_refused("a;b\r1;2\r3;4;5;6\r", 3, 3, "expected 2 fields as in the header, found 4");
    assert_refused("a,b\n1,2\n\n3,4\n", 3, 2, "found 1");
    assert_refused("a,b\n\"x\ny\",2\n3\n", 4, 2, "found 1");
    assert_refused("a,b\n1,\"2\n3,4\n", 2, 2, "never closed");
    assert_refused("\"", 1, 1, "never closed");
    assert_refused("a,b\n\"1\"x,2\n", 2, 1, "after the closing quote");
    assert_refused("a,b,a\n1,2,3\n", 1, 3, "columns 1 and 3 are both called 'a'");
    assert_refused("n, n\n1,2\n", 1, 2, "both called 'n'");
}

static void test_nul(void **state)
{
    (void)state;
    static const char inside[] = "a,b\r\n1,2\r\n\"3,\n\",\0004\r\n", wide[] = "\xFF\xFE"
                                                                              "a\0,\0b\0\n\0";
    qd_table *table = NULL;
    qd_error error = {0};
    assert_int_equal(qd_table_parse("t.csv", inside, sizeof inside - 1, &automatic, &table, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 4, 2, "NUL");
    assert_int_equal(qd_table_parse("t.csv", wide, sizeof wide - 1, &automatic, &table, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 1, 1, "UTF-16");
}

static void test_encodings(void **state)
{
    (void)state;
    qd_table *table = parse("site,n\nK\xC3\xB6ln,1\n");
    assert_string_equal(qd_table_cell(table, 0, 0), "K\xC3\xB6ln");
    qd_table_free(table);
    table = parse("gr\xF6\xDF"
                  "e,n\nK\xF6ln,1\n\xFF,2\n"); /* Latin-1 */
    assert_string_equal(qd_table_name(table, 0), "gr\xC3\xB6\xC3\x9F"
                                                 "e");
    assert_string_equal(qd_table_cell(table, 0, 0), "K\xC3\xB6ln");
    assert_string_equal(qd_table_cell(table, 1, 0), "\xC3\xBF");
    assert_number(table, 1, 1, 2);
    qd_table_free(table);
    static const char *const others[] = {"\xC0\x80",         "\xE0\x80\x80",     "\xED\xA0\x80", "\xF5\x80\x80\x80",
                                         "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xE2\x82",     "\x80"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) { /* no UTF-8, so each byte is a character */
        char text[32];
        snprintf(text, sizeof text, "a\n%s\n", others[i]);
        table = parse(text);
        assert_int_equal(strlen(qd_table_cell(table, 0, 0)), 2 * strlen(others[i]));
        qd_table_free(table);
    }
    table = parse("a\nx\xE2\x82"); /* a character cut off by the end of the file */
    assert_string_equal(qd_table_cell(table, 0, 0), "x\xC3\xA2\xC2\x82");
    qd_table_free(table);
    table = parse("a\n\xE2\x82\xAC\n\xF0\x9F\x90\xAD\n"); /* three and four bytes */
    assert_string_equal(qd_table_cell(table, 0, 0), "\xE2\x82\xAC");
    assert_string_equal(qd_table_cell(table, 1, 0), "\xF0\x9F\x90\xAD");
    qd_table_free(table);
}

static void test_find(void **state)
{
    (void)state;
    qd_table *table = parse("year,count,,\n1,2,3,4\n"); /* columns without a name may be several */
    size_t column = 9;
    qd_error error = {0};
    assert_int_equal(qd_table_find(table, "count", &column, &error), QD_OK);
    assert_int_equal(column, 1);
    assert_int_equal(qd_table_find(table, "cuont", &column, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 1, 0, "the nearest is 'count' (there are: year, count");
    assert_int_equal(qd_table_find(table, "population", &column, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 1, 0, "no column is called 'population' (there are: year, count");
    assert_int_equal(column, 1);
    qd_table_free(table);
}

/* Names as long and as many as one likes: the message stays a sentence. */
static void test_find_among_many(void **state)
{
    (void)state;
    static char text[300 * 90];
    size_t used = 0;
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%070d", i == 0 ? "" : ",", i);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    for (int i = 0; i < 300; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i == 0 ? "" : ",", i);
    }
    qd_table *table = parse_bytes(text, used, &automatic);
    size_t column;
    qd_error error = {0};
    assert_int_equal(qd_table_find(table, "x", &column, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 1, 0, "(300 in all))");
    assert_number(table, 0, 299, 299);
    qd_table_free(table);
}

static void test_files(void **state)
{
    (void)state;
    static const char text[] = "year;count\n1821;269,5\n";
    const char *path = write_file("t.csv", text, sizeof text - 1);
    qd_table *table = NULL;
    qd_error error = {0};
    assert_int_equal(qd_table_read(path, &automatic, &table, &error), QD_OK);
    assert_string_equal(qd_table_path(table), path);
    assert_number(table, 0, 1, 269.5);
    qd_table_free(table);
    qd_table_options small = {.limit = sizeof text - 2};
    assert_int_equal(qd_table_read(path, &small, &table, &error), QD_ERR_FORMAT);
    assert_int_equal(qd_table_parse("t.csv", text, sizeof text - 1, &small, &table, &error), QD_ERR_FORMAT);
    unlink(path);
    assert_int_equal(qd_table_read(path, &automatic, &table, &error), QD_ERR_FILE);
    assert_int_equal(qd_table_read(folder, &automatic, &table, &error), QD_ERR_FILE);
}

static qd_status parse_once(const void *input, qd_error *error)
{
    qd_table *table;
    qd_status status = qd_table_parse("t.csv", input, strlen(input), &automatic, &table, error);
    if (status == QD_OK) {
        qd_table_free(table);
    }
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(parse_once, "a,b\nK\xF6ln,2\n") >= 2 * 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_forms),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_separators),
        cmocka_unit_test(test_excel),
        cmocka_unit_test(test_decimal_commas),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_among_many),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
