/* Sessions: where the state of a training is kept.  (What a session does is tested where a task holds one:
   test_regress, test_sites, test_cells, test_forecast_train.) */
#include "test.h"
#include "base/mem.h"
#include "store/session.h"

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *output, *checkpoint;
        size_t number;
        const char *path;
    } cases[] = {{"", "", 0, NULL},
                 {"-", "", 0, NULL},
                 {"-", "", 3, NULL},
                 {"m.safetensors", "", 0, "m.safetensors.checkpoint"},
                 {"m.safetensors", "", 12, "m.safetensors.checkpoint.12"},
                 {"m.safetensors", "c", 0, "c"},
                 {"", "c", 0, "c"},
                 {"-", "c", 1, "c.1"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_settings *settings;
        char *path;
        assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
        assert_int_equal(qd_settings_set(settings, "output", cases[i].output, NULL), QD_OK);
        assert_int_equal(qd_settings_set(settings, "checkpoint", cases[i].checkpoint, NULL), QD_OK);
        assert_int_equal(qd_session_path(settings, cases[i].number, &path, NULL), QD_OK);
        assert_int_equal(path != NULL, cases[i].path != NULL);
        if (path != NULL) {
            assert_string_equal(path, cases[i].path);
        }
        qd_mem_free(path);
        qd_settings_free(settings);
    }
}

/* Of an ensemble, no two networks begin alike, nor those of the next seed. */
static void test_seeds(void **state)
{
    (void)state;
    qd_settings *settings;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, "seed", "3", NULL), QD_OK);
    assert_int_equal(qd_sessions_seed(settings, 0), 3000);
    assert_int_equal(qd_sessions_seed(settings, 4), 3004);
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths), cmocka_unit_test(test_seeds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
