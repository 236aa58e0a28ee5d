/* The list of layers: what it may say, and where an error is. */
#include "test.h"
#include "base/mem.h"
#include "nn/layer.h"

#include <string.h>

static void test_parse(void **unused)
{
    (void)unused;
    qd_layer_spec *specs;
    size_t count;
    assert_int_equal(
        qd_layer_specs_parse("lstm:64+residual+dropout=0.2, bilstm:50,dense:1+dropout=0", &specs, &count, NULL), QD_OK);
    assert_int_equal(count, 3);
    assert_string_equal(specs[0].kind, "lstm");
    assert_int_equal(specs[0].units, 64);
    assert_true(specs[0].residual);
    assert_true(specs[0].dropout == 0.2);
    assert_string_equal(specs[1].kind, "bilstm");
    assert_int_equal(specs[1].units, 50);
    assert_false(specs[1].residual);
    assert_true(specs[1].dropout < 0); /* not named */
    assert_string_equal(specs[2].kind, "dense");
    assert_true(specs[2].dropout == 0);
    qd_mem_free(specs);
}

static void test_every_kind_parses(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < qd_layer_kinds_count; i++) {
        const qd_layer_kind *kind = qd_layer_kinds[i];
        assert_ptr_equal(qd_layer_kind_find(kind->name), kind);
        assert_true(strlen(kind->help) > 0);
    }
    assert_null(qd_layer_kind_find("gru"));
}

static void test_errors(void **unused)
{
    (void)unused;
    static const struct {
        const char *list, *place, *reason;
    } cases[] = {
        {"", "element 1, character 1", "expected a kind of layer: lstm, bilstm"},
        {"lstm:5,", "element 2, character 8", "expected a kind of layer"},
        {",lstm:5", "element 1, character 1", "expected a kind of layer"},
        {"lstm:5,lsmt:6", "element 2, character 8", "did you mean \"lstm\"?"},
        {"transformer:5", "element 1, character 1", "\"transformer\" is no kind of layer; known are lstm, bilstm"},
        {"averyveryverylongnamethatisnone:5", "element 1, character 1", "is no kind of layer"},
        {"LSTM:5", "element 1, character 1", "is no kind of layer"},
        {"lstm", "element 1, character 5", "expected ':' and the number of units, as in lstm:50"},
        {"lstm50", "element 1, character 1", "did you mean \"lstm\"?"},
        {"lstm:", "element 1, character 6", "expected a whole number from 1 to 65536"},
        {"lstm:0", "element 1, character 6", "expected a whole number from 1 to 65536"},
        {"lstm:-3", "element 1, character 6", "expected a whole number"},
        {"lstm:65537", "element 1, character 6", "expected a whole number"},
        {"lstm:99999999999999999999", "element 1, character 6", "expected a whole number"},
        {"lstm:5.5", "element 1, character 6", "\"5.5\" units"},
        {"lstm:5:6", "element 1, character 7", "\":\", expected '+', a comma or the end"},
        {"lstm:5;lstm:6", "element 1, character 6", "\"5;lstm\" units"},
        {"lstm:5 lstm:6", "element 1, character 8", "\"l\", expected"},
        {"lstm:5+", "element 1, character 8", "is no modifier; known are residual"},
        {"lstm:5+resdual", "element 1, character 8", "did you mean \"residual\"?"},
        {"lstm:5+residual=1", "element 1, character 16", "\"=\", expected"},
        {"lstm:5,lstm:5+dropout", "element 2, character 22", "expected '=' and a number after dropout"},
        {"lstm:5+dropout=", "element 1, character 16", "expected a number from 0 to less than 1"},
        {"lstm:5+dropout=1", "element 1, character 16", "expected a number from 0 to less than 1"},
        {"lstm:5+dropout=nan", "element 1, character 16", "dropout of \"nan\""},
        {"conv:5+kernel=0", "element 1, character 15", "expected a number from 1 to less than 1024"},
        {"conv:5+kernel=2.5", "element 1, character 8", "2.5, expected a whole number"},
        {"conv:5+kernels=2", "element 1, character 8", "did you mean \"kernel\"?"},
        {"lstm:5+dropout=-0.1", "element 1, character 16", "expected a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_layer_spec *specs = NULL;
        size_t count;
        qd_error error = {0};
        assert_int_equal(qd_layer_specs_parse(cases[i].list, &specs, &count, &error), QD_ERR_VALUE);
        assert_null(specs);
        if (strstr(error.message, cases[i].place) == NULL || strstr(error.message, cases[i].reason) == NULL) {
            fail_msg("%s: \"%s\" lacks \"%s\" or \"%s\"", cases[i].list, error.message, cases[i].place,
                     cases[i].reason);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_every_kind_parses),
                                       cmocka_unit_test(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
