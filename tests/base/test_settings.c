/* Settings: the table itself, canonical forms, ranges, unknown names, copies. */
#include "test.h"
#include "base/mem.h"
#include "base/settings.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static qd_settings *fresh(void)
{
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    return settings;
}

/* The value that comes out when `value` goes in. */
static void assert_form(const char *name, const char *value, const char *form)
{
    qd_settings *settings = fresh();
    qd_error error;
    if (qd_settings_set(settings, name, value, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(qd_settings_get(settings, name), form);
    qd_settings_free(settings);
}

static void assert_refused(const char *name, const char *value, const char *told)
{
    qd_settings *settings = fresh();
    char before[64];
    qd_text_format(before, sizeof before, "%s", qd_settings_get(settings, name));
    qd_error error;
    assert_int_equal(qd_settings_set(settings, name, value, &error), QD_ERR_VALUE);
    if (strstr(error.message, told) == NULL) {
        fail_msg("'%s' does not say '%s'", error.message, told);
    }
    assert_string_equal(qd_settings_get(settings, name), before);
    assert_false(qd_settings_given(settings, name));
    qd_settings_free(settings);
}

/* Every row can be shown, set to its own default, and found by one name and at most one letter; its default has the
   form that an equal value gets, or the same settings could make two model files. */
static void test_the_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < qd_settings_count; i++) {
        const qd_setting *row = &qd_settings_table[i];
        assert_ptr_equal(qd_settings_find(row->name), row);
        assert_true(row->letter == 0 || qd_settings_find_letter(row->letter) == row);
        assert_non_null(row->help);
        assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(row->name));
        assert_true(row->commands != 0 && (row->commands & ~(unsigned)QD_CMD_ALL) == 0);
        assert_int_equal(row->choices != NULL, row->type == QD_SETTING_CHOICE);
        assert_int_equal(row->argument != NULL, row->type != QD_SETTING_FLAG);
        assert_form(row->name, row->initial, row->initial);
        double value;
        bool number = row->type == QD_SETTING_INTEGER || row->type == QD_SETTING_REAL;
        if (number && qd_text_to_double(row->initial, strlen(row->initial), &value)) {
            char text[32];
            assert_true(value >= row->min && value <= row->max);
            qd_text_from_double(value, text, sizeof text);
            assert_string_equal(text, row->initial);
        }
    }
    assert_null(qd_settings_find("no-such"));
    assert_null(qd_settings_find_letter('?'));
    assert_null(qd_settings_find_letter(0));
}

static void test_defaults_and_given(void **state)
{
    (void)state;
    qd_settings *settings = fresh();
    assert_string_equal(qd_settings_get(settings, "epochs"), "100");
    assert_int_equal(qd_settings_integer(settings, "epochs"), 100);
    assert_true(qd_settings_real(settings, "lr") == 0.001);
    assert_true(qd_settings_flag(settings, "shuffle"));
    assert_false(qd_settings_flag(settings, "quiet"));
    assert_string_equal(qd_settings_text(settings, "layers"), "lstm:50,lstm:50");
    assert_null(qd_settings_get(settings, "no-such"));
    assert_false(qd_settings_given(settings, "epochs"));
    assert_false(qd_settings_given(settings, "no-such"));
    assert_int_equal(qd_settings_set(settings, "epochs", "100", NULL), QD_OK); /* its default: given all the same */
    assert_true(qd_settings_given(settings, "epochs"));
    qd_settings_free(settings);
    qd_settings_free(NULL);
}

static void test_canonical_forms(void **state)
{
    (void)state;
    assert_form("epochs", "007", "7");
    assert_form("epochs", " +7 ", "7");
    assert_form("lr", "1e-3", "0.001");
    assert_form("lr", "0.00100", "0.001");
    assert_form("lr", ".5", "0.5");
    assert_form("epsilon", "0.0000001", "1e-7");
    assert_form("epsilon", "1E-07", "1e-7");
    assert_form("dropout", "-0", "0");
    assert_form("dropout", "0.0", "0");
    assert_form("weight-decay", "auto", "auto");
    assert_form("weight-decay", "0.01", "0.01");
    assert_form("shuffle", "no", "false");
    assert_form("shuffle", "off", "false");
    assert_form("shuffle", "on", "true");
    assert_form("quiet", "yes", "true");
    assert_form("loss", "mae", "mae");
    assert_form("target", " any text, at all ", " any text, at all ");
    assert_form("seed", "9007199254740992", "9007199254740992");
}

static void test_values_out_of_range(void **state)
{
    (void)state;
    assert_refused("epochs", "0", "from 1 to 1000000");
    assert_refused("epochs", "1000001", "whole number");
    assert_refused("epochs", "1.5", "whole number");
    assert_refused("epochs", "1e3", "1e3");
    assert_refused("epochs", "", "epochs");
    assert_refused("epochs", "99999999999999999999", "from 1");
    assert_refused("lr", "0", "number from");
    assert_refused("lr", "0,001", "0,001");
    assert_refused("lr", "nan", "nan");
    assert_refused("lr", "inf", "inf");
    assert_refused("dropout", "1", "from 0 to 0.99");
    assert_refused("dropout", "-0.1", "from 0 to 0.99");
    assert_refused("lr", "auto", "auto"); /* only where it is the default */
    assert_refused("shuffle", "maybe", "neither true nor false");
    assert_refused("loss", "mean", "mse|mae|huber|logistic|softmax");
    assert_refused("loss", "", "mse|mae");
    assert_refused("loss", "mse|mae", "not one of");
    assert_refused("loss", "ms", "not one of");
}

static void test_unknown_names(void **state)
{
    (void)state;
    qd_settings *settings = fresh();
    qd_error error;
    assert_int_equal(qd_settings_set(settings, "epoch", "3", &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "'epoch'; the nearest is 'epochs'"));
    assert_int_equal(qd_settings_set(settings, "optimiser", "adam", &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "'optimizer'"));
    assert_int_equal(qd_settings_set(settings, "xyzzyxyzzy", "3", &error), QD_ERR_VALUE);
    assert_null(strstr(error.message, "nearest"));
    assert_int_equal(qd_settings_set(settings, "", "3", &error), QD_ERR_VALUE);
    qd_settings_free(settings);
}

static void test_copy(void **state)
{
    (void)state;
    qd_settings *settings = fresh(), *copy;
    assert_int_equal(qd_settings_set(settings, "epochs", "7", NULL), QD_OK);
    assert_int_equal(qd_settings_copy(settings, &copy, NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "epochs", "8", NULL), QD_OK);
    assert_int_equal(qd_settings_integer(copy, "epochs"), 7);
    assert_true(qd_settings_given(copy, "epochs"));
    assert_false(qd_settings_given(copy, "lr"));
    qd_settings_free(settings);
    assert_string_equal(qd_settings_get(copy, "epochs"), "7");
    qd_settings_free(copy);
}

static bool refuse_at(void *context, size_t bytes)
{
    (void)bytes;
    return --*(size_t *)context != 0;
}

static void test_without_memory(void **state)
{
    (void)state;
    qd_error error;
    qd_settings *settings = NULL;
    for (size_t at = 1; at <= 2; at++) {
        size_t left = at;
        qd_mem_set_hook(refuse_at, &left);
        qd_status status = qd_settings_new(&settings, &error);
        qd_mem_set_hook(NULL, NULL);
        assert_int_equal(status, QD_ERR_MEMORY);
        assert_null(settings);
    }
    settings = fresh();
    assert_int_equal(qd_settings_set(settings, "lr", "0.5", NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "loss", "mae", NULL), QD_OK);
    size_t left = 1;
    qd_mem_set_hook(refuse_at, &left);
    qd_status status = qd_settings_set(settings, "lr", "0.25", &error);
    qd_mem_set_hook(NULL, NULL);
    assert_int_equal(status, QD_ERR_MEMORY);
    assert_string_equal(qd_settings_get(settings, "lr"), "0.5");
    left = 1; /* the list of names to look for the nearest in: the name is refused all the same */
    qd_mem_set_hook(refuse_at, &left);
    status = qd_settings_set(settings, "epoch", "3", &error);
    qd_mem_set_hook(NULL, NULL);
    assert_int_equal(status, QD_ERR_VALUE);
    for (size_t at = 1; at <= 4; at++) {
        qd_settings *copy = NULL;
        left = at;
        qd_mem_set_hook(refuse_at, &left);
        status = qd_settings_copy(settings, &copy, &error);
        qd_mem_set_hook(NULL, NULL);
        assert_int_equal(status, QD_ERR_MEMORY);
        assert_null(copy);
    }
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_sound), cmocka_unit_test(test_defaults_and_given),
        cmocka_unit_test(test_canonical_forms),    cmocka_unit_test(test_values_out_of_range),
        cmocka_unit_test(test_unknown_names),      cmocka_unit_test(test_copy),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
