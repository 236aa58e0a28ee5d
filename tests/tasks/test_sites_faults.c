/* Sites where things fail: every allocation of training, saving, loading and scanning, every operation on the model
   file, and model files that contradict themselves. */
#include "test.h"
#include "folder.h"
#include "base/file.h"
#include "store/safetensors_parts.h"
#include "tasks/sites_fixture.h"
#include "tasks/sites_score.h"

static const char quick[] = "layers=apart:3,apart:2 epochs=1 batch=50 valid=0.2 threads=1";

static void remove_model(void)
{
    assert_int_equal(qd_file_remove(path_of("m"), NULL), QD_OK);
}

/* ------------------------------------------------------------------------------------------- allocations */

static qd_status train_and_save(const void *input, qd_error *error)
{
    const qd_strains *strains = input;
    qd_settings *given = NULL, *settings = NULL;
    qd_sites *sites = NULL;
    qd_status status = qd_settings_new(&given, error);
    if (status == QD_OK) {
        status = qd_settings_set(given, "layers", "apart:3,apart:2", error);
    }
    if (status == QD_OK) {
        status = qd_settings_set(given, "epochs", "1", error);
    }
    if (status == QD_OK) {
        status = qd_settings_set(given, "threads", "1", error);
    }
    if (status == QD_OK) {
        status = qd_settings_set(given, "valid-by", "cluster", error);
    }
    if (status == QD_OK) {
        status = qd_sites_settings(given, 20, strains->count, &settings, error);
    }
    if (status == QD_OK) {
        status = qd_sites_train(settings, strains, NULL, NULL, NULL, &sites, error);
    }
    if (status == QD_OK) {
        status = qd_sites_save(sites, path_of("m"), error);
    }
    qd_sites_free(sites);
    qd_settings_free(settings);
    qd_settings_free(given);
    return status;
}

static qd_status load_and_scan(const void *input, qd_error *error)
{
    (void)input;
    qd_sites *sites = NULL;
    qd_scan *scan = NULL;
    qd_site_table *table = NULL;
    qd_mutant_table mutants = {0};
    const qd_scan_options options = {.threads = 1};
    qd_status status = qd_sites_load(path_of("m"), &sites, error);
    if (status == QD_OK) {
        const uint8_t *residue = sites->columns.all->reference;
        const size_t length = sites->columns.all->length;
        const qd_sites_net net = qd_sites_net_of(sites);
        double z[8];
        status = qd_scan_run(&net, residue, length, &options, &scan, error);
        if (status == QD_OK) {
            status = qd_sites_embed(&net, residue, length, z, error);
        }
        if (status == QD_OK) {
            status = qd_site_table_new(sites, residue, length, &table, error);
        }
        if (status == QD_OK) {
            status = qd_mutant_table_new(sites, residue, scan, table, 1, &mutants, error);
        }
    }
    qd_mutant_table_clear(&mutants);
    qd_site_table_free(table);
    qd_scan_free(scan);
    qd_sites_free(sites);
    return status;
}

static void test_allocations(void **unused)
{
    (void)unused;
    qd_strains *strains = virus_strains(40, true, true);
    assert_true(fail_every_allocation(train_and_save, strains) > 50);
    assert_true(fail_every_allocation(load_and_scan, NULL) > 50);
    remove_model();
    qd_strains_free(strains);
}

/* -------------------------------------------------------------------------------------------------- files */

static void test_file_operations(void **unused)
{
    (void)unused;
    qd_strains *strains = virus_strains(VIRUS_COUNT, false, true);
    qd_sites *sites = virus_trained(quick, strains);
    size_t failed = 0;
    for (size_t n = 0;; n++) {
        nth_operation nth = {.fails = n};
        qd_error error;
        qd_file_set_hook(fail_nth_operation, &nth);
        const qd_status status = qd_sites_save(sites, path_of("m"), &error);
        qd_file_set_hook(NULL, NULL);
        remove_model();
        if (nth.asked <= n) {
            assert_int_equal(status, QD_OK);
            break;
        }
        failed += status == QD_ERR_FILE;
    }
    assert_true(failed > 2);
    qd_sites_free(sites);
    qd_strains_free(strains);
}

/* --------------------------------------------------------------------------------------------- wrong files */

/* The model file with `from` become `to`, of equal length, and its checksum right again. */
static void change_file(const char *from, const char *to)
{
    char *bytes, *found = NULL;
    size_t size;
    qd_file *file;
    assert_int_equal(strlen(from), strlen(to));
    assert_int_equal(qd_file_read_all(path_of("m"), 1 << 24, &bytes, &size, NULL), QD_OK);
    for (size_t i = 0; i + strlen(from) <= size && found == NULL; i++) {
        found = memcmp(bytes + i, from, strlen(from)) == 0 ? bytes + i : NULL;
    }
    if (found == NULL) {
        fail_msg("no '%s' in the file", from);
        return;
    }
    memcpy(found, to, strlen(to));
    const size_t digits = qd_crc_find(bytes, size);
    qd_crc_print(qd_crc_of(bytes, size, digits), bytes + digits);
    assert_int_equal(qd_file_create(path_of("m"), &file, NULL), QD_OK);
    assert_int_equal(qd_file_write(file, bytes, size, NULL), QD_OK);
    assert_int_equal(qd_file_commit(file, NULL), QD_OK);
    qd_mem_free(bytes);
}

static void test_wrong_files(void **unused)
{
    (void)unused;
    static const char *const changes[][3] = {
        {"\\\"alphabet\\\":\\\"protein\\\"", "\\\"alphabet\\\":\\\"klingon\\\"", "no alphabet is called"},
        {"\\\"alphabet\\\":\\\"protein\\\",\\\"seq", "\\\"alphabet\\\":\\\"dna\\\"    ,\\\"seq", "see what it predicts"},
        {"\\\"sequences\\\"", "\\\"sequencez\\\"", "sequences"},
        {"\\\"by_time\\\":true", "\\\"by_time\\\":null", "by_time"},
        {"\\\"outputs\\\":20", "\\\"outputs\\\":21", "20 outputs"},
        {"around\\\",", "arounz\\\",", "around"},
        {"columns.reference", "columns.referents", "columns.reference"},
        {"columns.network", "columns.netzwrk", "columns.network"},
        {"\"sites\"", "\"sitez\"", "expected 'sites'"},
    };
    qd_strains *strains = virus_strains(VIRUS_COUNT, false, true);
    qd_sites *sites = virus_trained(quick, strains), *read;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        qd_error error;
        assert_int_equal(qd_sites_save(sites, path_of("m"), NULL), QD_OK);
        change_file(changes[i][0], changes[i][1]);
        assert_int_equal(qd_sites_load(path_of("m"), &read, &error), QD_ERR_FORMAT);
        if (strstr(error.message, changes[i][2]) == NULL) {
            fail_msg("'%s' not in: %s", changes[i][2], error.message);
        }
    }
    remove_model();
    qd_sites_free(sites);
    qd_strains_free(strains);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_file_operations),
        cmocka_unit_test(test_wrong_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
