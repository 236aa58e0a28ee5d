/* Settings files: flat YAML is taken over, everything else is refused at its line and column. */
#include "helpers.h"
#include "data/config.h"

static qd_settings *new_settings(void)
{
    qd_settings *settings = NULL;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    return settings;
}

#ifdef QD_HAVE_YAML

static void assert_taken(const char *text, const char *name, const char *value)
{
    qd_settings *settings = new_settings();
    qd_error error = {0};
    if (qd_config_parse("c.yaml", text, strlen(text), settings, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(qd_settings_get(settings, name), value);
    qd_settings_free(settings);
}

static void test_values(void **state)
{
    (void)state;
    static const char text[] = "# the article\nepochs: 7\nlr: 1e-2\nlayers: 'lstm:3,dense:2'\nshuffle: no\n"
                               "target: \"a: b\"\noptimizer: sgd\n";
    assert_taken(text, "epochs", "7");
    assert_taken(text, "lr", "0.01");
    assert_taken(text, "layers", "lstm:3,dense:2");
    assert_taken(text, "shuffle", "false");
    assert_taken(text, "target", "a: b");
    assert_taken(text, "optimizer", "sgd");
    assert_taken("\xEF\xBB\xBF---\r\nepochs: 7\r\n...\r\n", "epochs", "7");
    assert_taken("{epochs: 7, batch: 3}", "batch", "3");
    assert_taken("target: K\xC3\xB6ln\n", "target", "K\xC3\xB6ln");
    assert_taken("target:\n", "target", "");
    assert_taken("", "epochs", "100");
    assert_taken("# nothing\n", "epochs", "100");
}

static void test_flags_outrank(void **state)
{
    (void)state;
    static const char text[] = "epochs: 7\nbatch: 3\n";
    qd_settings *settings = new_settings();
    assert_int_equal(qd_settings_set(settings, "epochs", "5", NULL), QD_OK);
    assert_int_equal(qd_config_parse("c.yaml", text, sizeof text - 1, settings, NULL), QD_OK);
    assert_string_equal(qd_settings_get(settings, "epochs"), "5");
    assert_string_equal(qd_settings_get(settings, "batch"), "3");
    qd_settings_free(settings);
}

static void assert_refused_bytes(const char *text, size_t size, qd_status status, uint64_t line, uint64_t column,
                                 const char *part)
{
    qd_settings *settings = new_settings();
    qd_error error = {0};
    assert_int_equal(qd_config_parse("c.yaml", text, size, settings, &error), status);
    assert_error(&error, status, line, column, part);
    assert_string_equal(error.file, "c.yaml");
    for (size_t i = 0; i < qd_settings_count; i++) {
        assert_false(qd_settings_given(settings, qd_settings_table[i].name)); /* nothing was taken over */
    }
    qd_settings_free(settings);
}

static void assert_refused(const char *text, qd_status status, uint64_t line, uint64_t column, const char *part)
{
    assert_refused_bytes(text, strlen(text), status, line, column, part);
}

static void test_refused_values(void **state)
{
    (void)state;
    assert_refused("batch: 3\nepoch: 7\n", QD_ERR_VALUE, 2, 1,
                   "c.yaml:2:1: no setting is called 'epoch'; the nearest is 'epochs'");
    assert_refused("batch: 3\nepochs: many\n", QD_ERR_VALUE, 2, 9, "'many' is not a whole number");
    assert_refused("epochs: 0\n", QD_ERR_VALUE, 1, 9, "from 1");
    assert_refused("lr: 0,1\n", QD_ERR_VALUE, 1, 5, "'0,1'");
    assert_refused("epochs: 7\nbatch: 3\nepochs: 7\n", QD_ERR_FORMAT, 3, 1, "given before");
    assert_refused("config: other.yaml\n", QD_ERR_FORMAT, 1, 1, "cannot name another");
}

static void test_refused_structure(void **state)
{
    (void)state;
    assert_refused("epochs: [7]\n", QD_ERR_FORMAT, 1, 9, "without list");
    assert_refused("epochs:\n  - 7\n", QD_ERR_FORMAT, 2, 3, "without list");
    assert_refused("batch: 3\ntrain:\n  epochs: 7\n", QD_ERR_FORMAT, 3, 3, "nested map");
    assert_refused("batch: 3\nlayers:\n  epochs: 7\n", QD_ERR_FORMAT, 3, 3, "nested map");
    assert_refused("epochs: &a 7\n", QD_ERR_FORMAT, 1, 9, "anchor");
    assert_refused("&a epochs: 7\n", QD_ERR_FORMAT, 1, 1, "anchor");
    assert_refused("epochs: 7\nbatch: *a\n", QD_ERR_FORMAT, 2, 8, "alias");
    assert_refused("epochs: !!int 7\n", QD_ERR_FORMAT, 1, 9, "tag");
    assert_refused("!!map {epochs: 7}\n", QD_ERR_FORMAT, 1, 1, "name: value");
    assert_refused("- epochs\n", QD_ERR_FORMAT, 1, 1, "name: value");
    assert_refused("epochs\n", QD_ERR_FORMAT, 1, 1, "name: value");
    assert_refused("? [a]\n: 7\n", QD_ERR_FORMAT, 1, 3, "name of a setting");
    assert_refused("epochs: 7\n---\nepochs: 8\n", QD_ERR_FORMAT, 2, 1, "second document");
    assert_refused("target: a\n batch: 3\n", QD_ERR_FORMAT, 2, 7, "mapping values are not allowed");
    assert_refused("epochs: 'seven\n", QD_ERR_FORMAT, 2, 1, "unexpected end of stream");
    assert_refused("target: \"a\\0b\"\n", QD_ERR_FORMAT, 1, 9, "NUL");
}

static void test_refused_bytes(void **state)
{
    (void)state;
    assert_refused_bytes("target: a\0b\n", 12, QD_ERR_FORMAT, 0, 0, "byte 9: control characters");
    assert_refused("target: K\xF6ln\n", QD_ERR_FORMAT, 0, 0, "byte 10: invalid trailing UTF-8 octet");
    static char large[(1 << 16) + 1];
    memset(large, '#', sizeof large);
    assert_refused_bytes(large, sizeof large, QD_ERR_FORMAT, 0, 0, "more than 65536 bytes");
}

static void test_files(void **state)
{
    (void)state;
    qd_settings *settings = new_settings();
    qd_error error = {0};
    const char *path = write_file("c.yaml", "epochs: 7\n", 10);
    assert_int_equal(qd_config_read(path, settings, &error), QD_OK);
    assert_string_equal(qd_settings_get(settings, "epochs"), "7");
    unlink(path);
    assert_int_equal(qd_config_read(path, settings, &error), QD_ERR_FILE);
    assert_int_equal(qd_config_read(folder, settings, &error), QD_ERR_FILE);
    qd_settings_free(settings);
}

static qd_status parse_once(const void *input, qd_error *error)
{
    qd_settings *settings;
    qd_status status = qd_settings_new(&settings, error);
    if (status == QD_OK) {
        status = qd_config_parse("c.yaml", input, strlen(input), settings, error);
        qd_settings_free(settings);
    }
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(parse_once, "epochs: 7\nbatch: 3\n") >= 2 * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),         cmocka_unit_test(test_flags_outrank),
        cmocka_unit_test(test_refused_values), cmocka_unit_test(test_refused_structure),
        cmocka_unit_test(test_refused_bytes),  cmocka_unit_test(test_files),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#else

static void test_missing(void **state)
{
    (void)state;
    qd_settings *settings = new_settings();
    qd_error error = {0};
    assert_int_equal(qd_config_parse("c.yaml", "epochs: 7\n", 10, settings, &error), QD_ERR_MISSING);
    assert_error(&error, QD_ERR_MISSING, 0, 0, "libyaml-dev");
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_missing)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#endif
