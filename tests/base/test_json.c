/* JSON: what RFC 8259 allows is read and everything else refused at the right byte; what is written reads back. */
#include "folder.h"
#include "base/json.h"
#include <math.h>

static qd_status parse(const char *text, size_t size, qd_json *json, qd_error *error)
{
    char *copy =
        malloc(size > 0 ? size : 1); /* nothing beyond the end may be read, nor the text be needed afterwards */
    assert_non_null(copy);
    memcpy(copy, text, size);
    qd_json_place place = {.file = "m", .offset = 100};
    qd_status status = qd_json_parse(place, copy, size, json, error);
    free(copy);
    return status;
}

static void assert_wrong(const char *text, size_t at, const char *part)
{
    qd_json json;
    qd_error error = {0};
    assert_refused_byte(parse(text, strlen(text), &json, &error), &error, 100 + at, part);
    assert_null(json.values);
}

static qd_json assert_right(const char *text)
{
    qd_json json;
    qd_error error;
    if (parse(text, strlen(text), &json, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return json;
}

static void test_values(void **state)
{
    (void)state;
    qd_json json = assert_right(" {\"a\" : [1, -2.5e+3 ,\"x\"], \"b\":{}, \"c\":null,\t\"d\":true,\r\n\"e\":false}\n ");
    const qd_json_value *root = &json.values[0], *a = qd_json_find(root, "a");
    assert_int_equal(root->kind, QD_JSON_OBJECT);
    assert_int_equal(root->count, 5);
    assert_int_equal(root->at, 1);
    assert_int_equal(a->kind, QD_JSON_ARRAY);
    assert_int_equal(a->at, 8);
    assert_int_equal(a->count, 3);
    assert_string_equal(a->first->text, "1");
    assert_string_equal(a->first->next->text, "-2.5e+3");
    assert_string_equal(a->first->next->next->text, "x");
    assert_null(a->first->next->next->next);
    assert_int_equal(qd_json_find(root, "b")->count, 0);
    assert_int_equal(qd_json_find(root, "c")->kind, QD_JSON_NULL);
    assert_int_equal(qd_json_find(root, "d")->kind, QD_JSON_TRUE);
    assert_int_equal(qd_json_find(root, "e")->kind, QD_JSON_FALSE);
    assert_null(qd_json_find(root, "f"));
    qd_json_clear(&json);
}

static void test_strings(void **state)
{
    (void)state;
    qd_json json =
        assert_right("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\", \"é€😀\", \" \\n \"]");
    const qd_json_value *s = json.values[0].first;
    assert_string_equal(s->text, "\"\\/\b\f\n\r\t");
    assert_string_equal(s->next->text, "Aé€😀");
    assert_string_equal(s->next->next->text, "é€😀");
    assert_string_equal(s->next->next->next->text, " \n ");
    qd_json_clear(&json);
}

static void test_refused(void **state)
{
    (void)state;
    assert_wrong("", 0, "expected a JSON value");
    assert_wrong("[1,]", 3, "expected a JSON value");
    assert_wrong("[1 2]", 3, "expected ',' or ']'");
    assert_wrong("[1", 2, "expected ',' or ']'");
    assert_wrong("{\"a\":1,}", 7, "expected a string");
    assert_wrong("{\"a\" 1}", 5, "expected ':'");
    assert_wrong("{\"a\":1", 6, "expected ',' or '}'");
    assert_wrong("{a:1}", 1, "expected a string");
    assert_wrong("[1] x", 4, "after the end");
    assert_wrong("[01]", 3, "expected a JSON value");
    assert_wrong("[1.]", 3, "expected a JSON value");
    assert_wrong("[-]", 2, "expected a JSON value");
    assert_wrong("[1e]", 3, "expected a JSON value");
    assert_wrong("[nul]", 1, "expected a JSON value");
    assert_wrong("[NaN]", 1, "expected a JSON value");
    assert_wrong("[\"a", 3, "without an end");
    assert_wrong("[\"a\nb\"]", 3, "control character");
    assert_wrong("[\"\\x\"]", 3, "an escape");
    assert_wrong("[\"\\u12g4\"]", 6, "an escape");
    assert_wrong("[\"\\u0000\"]", 8, "a NUL");
    assert_wrong("[\"\\ud800\"]", 8, "surrogate");
    assert_wrong("[\"\\ud800\\u0041\"]", 14, "surrogate");
    assert_wrong("[\"\\udc00\"]", 8, "surrogate");
    assert_wrong("[\"\xff\"]", 2, "UTF-8");
    assert_wrong("[\"\xc0\xaf\"]", 2, "UTF-8");         /* longer than need be */
    assert_wrong("[\"\xed\xa0\x80\"]", 2, "UTF-8");     /* a surrogate */
    assert_wrong("[\"\xf4\x90\x80\x80\"]", 2, "UTF-8"); /* beyond U+10FFFF */
    assert_wrong("[\"\xe2\x82", 2, "UTF-8");            /* cut */
    assert_wrong("{\"a\":1,\"b\":2,\"a\":3}", 17, "the second member called \"a\"");
    assert_wrong("{\"a\":1,\"\\u0061\":3}", 16, "the second member called \"a\"");
}

static void test_embedded_nul(void **state)
{
    (void)state;
    qd_json json;
    qd_error error = {0};
    assert_refused_byte(parse("[\"a\0b\"]", 7, &json, &error), &error, 103, "control character");
    assert_refused_byte(parse("[1]\0", 4, &json, &error), &error, 103, "after the end");
}

static void test_depth(void **state)
{
    (void)state;
    char text[2 * QD_JSON_DEPTH + 4];
    memset(text, '[', QD_JSON_DEPTH);
    memset(text + QD_JSON_DEPTH, ']', QD_JSON_DEPTH);
    text[2 * QD_JSON_DEPTH] = '\0';
    qd_json json = assert_right(text);
    qd_json_clear(&json);
    memset(text, '[', QD_JSON_DEPTH + 1);
    memset(text + QD_JSON_DEPTH + 1, ']', QD_JSON_DEPTH + 1);
    text[2 * QD_JSON_DEPTH + 2] = '\0';
    assert_wrong(text, QD_JSON_DEPTH, "brackets");
}

static void test_members(void **state)
{
    (void)state;
    qd_json json = assert_right("{\"n\":12,\"r\":\"0.1\",\"i\":\"inf\",\"x\":-1,\"f\":1.5}");
    const qd_json_value *root = &json.values[0], *value;
    qd_error error = {0};
    uint64_t whole;
    double real;
    assert_int_equal(qd_json_member(&json, root, "n", QD_JSON_NUMBER, &value, &error), QD_OK);
    assert_int_equal(qd_json_whole(&json, value, 1, 12, &whole, &error), QD_OK);
    assert_int_equal(whole, 12);
    assert_refused_byte(qd_json_whole(&json, value, 1, 11, &whole, &error), &error, 105, "from 1 to 11");
    assert_refused_byte(qd_json_whole(&json, value, 13, 14, &whole, &error), &error, 105, "from 13 to 14");
    assert_refused_byte(qd_json_whole(&json, qd_json_find(root, "x"), 0, 9, &whole, &error), &error, 132,
                        "whole number");
    assert_refused_byte(qd_json_whole(&json, qd_json_find(root, "f"), 0, 9, &whole, &error), &error, 139,
                        "whole number");
    assert_int_equal(qd_json_real(&json, qd_json_find(root, "r"), &real, &error), QD_OK);
    assert_true(real == 0.1);
    assert_int_equal(qd_json_real(&json, qd_json_find(root, "i"), &real, &error), QD_OK);
    assert_true(isinf(real));
    assert_refused_byte(qd_json_real(&json, value, &real, &error), &error, 105, "as a string");
    assert_refused_byte(qd_json_member(&json, root, "n", QD_JSON_STRING, &value, &error), &error, 105,
                        "\"n\": a string");
    assert_refused_byte(qd_json_member(&json, root, "q", QD_JSON_ARRAY, &value, &error), &error, 100,
                        "\"q\": an array");
    qd_json_clear(&json);
}

static void test_within(void **state)
{
    (void)state;
    qd_json json;
    qd_error error = {0};
    qd_json_place place = {.file = "m", .offset = 50, .within = "history"};
    assert_refused_byte(qd_json_parse(place, "[1,]", 4, &json, &error), &error, 50, "history, character 4: expected");
}

static void put_all(qd_json_text *text)
{
    qd_json_open(text, '{');
    qd_json_key(text, "a");
    qd_json_open(text, '[');
    qd_json_put_whole(text, 0);
    qd_json_put_whole(text, UINT64_MAX);
    qd_json_put_real(text, 0.1);
    qd_json_put_real(text, -HUGE_VAL);
    qd_json_close(text, ']');
    qd_json_key(text, "quote \" and {");
    qd_json_put_string(text, "\\ \n \x01 é😀 [");
    qd_json_key(text, "b");
    qd_json_put_bool(text, true);
    qd_json_key(text, "c");
    qd_json_put_null(text);
    qd_json_key(text, "d");
    qd_json_open(text, '{');
    qd_json_close(text, '}');
    qd_json_close(text, '}');
}

static void test_written(void **state)
{
    (void)state;
    qd_json_text text = {0};
    put_all(&text);
    assert_int_equal(qd_json_finish(&text, "x", NULL), QD_OK);
    assert_string_equal(text.data,
                        "{\"a\":[0,18446744073709551615,\"0.1\",\"-inf\"],\"quote \\\" and {\":\"\\\\ \\u000a "
                        "\\u0001 é😀 [\",\"b\":true,\"c\":null,\"d\":{}}");
    qd_json json = assert_right(text.data);
    assert_string_equal(qd_json_find(&json.values[0], "quote \" and {")->text, "\\ \n \x01 é😀 [");
    qd_json_clear(&json);
    qd_json_text_clear(&text);
}

static void test_written_wrong(void **state)
{
    (void)state;
    qd_error error = {0};
    qd_json_text text = {0};
    qd_json_put_string(&text, "a\xff");
    assert_int_equal(qd_json_finish(&text, "settings", &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "settings"));
    assert_null(text.data);
}

static qd_status write_and_read(const void *input, qd_error *error)
{
    (void)input;
    qd_json_text text = {0};
    put_all(&text);
    qd_status status = qd_json_finish(&text, "x", error);
    qd_json json = {0};
    if (status == QD_OK) {
        status = qd_json_parse((qd_json_place){.file = "m"}, text.data, text.size, &json, error);
    }
    qd_json_clear(&json);
    qd_json_text_clear(&text);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(write_and_read, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_strings), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_embedded_nul), cmocka_unit_test(test_depth),   cmocka_unit_test(test_members),
        cmocka_unit_test(test_within),       cmocka_unit_test(test_written), cmocka_unit_test(test_written_wrong),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
