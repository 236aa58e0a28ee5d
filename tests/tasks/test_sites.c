/* The language model of sites: that it learns, what it is scored by, the same bits however it runs, resuming, the
   held-out part, and what is refused. */
#include "test.h"
#include "folder.h"
#include "base/file.h"
#include "tasks/sites_fixture.h"
#include "tasks/sites_score.h"
#include "tasks/sites_split.h"

#include <math.h>

static const char small[] = "layers=apart:12 epochs=60 batch=8 lr=0.02 valid=0 threads=1";

/* It knows that two sites change together, which no column tells. */
static void test_learns(void **unused)
{
    (void)unused;
    qd_strains *strains = virus_strains(VIRUS_COUNT, false, true);
    qd_sites *sites = virus_trained("layers=apart:24 epochs=40 batch=4 lr=0.02 valid=0.2 threads=1", strains);
    assert_true(sites->origin.by_time && sites->origin.held_out > 0);
    assert_int_equal(sites->origin.sequences + sites->origin.held_out, strains->count);
    assert_true(sites->origin.perplexity > 1 && sites->origin.perplexity < sites->origin.column_perplexity);

    uint8_t residue[VIRUS_LENGTH];
    for (size_t i = 0; i < VIRUS_LENGTH; i++) {
        residue[i] = qd_letter_code(&qd_protein, virus_typical[i], false);
    }
    const qd_sites_net net = qd_sites_net_of(sites);
    const qd_scan_options options = {.threads = 1};
    qd_scan *scan;
    assert_int_equal(qd_scan_run(&net, residue, VIRUS_LENGTH, &options, &scan, NULL), QD_OK);
    assert_true(exp(scan->log_prob[17 * 20 + qd_letter_code(&qd_protein, 'H', false)]) > 0.9); /* beside I at 5 */
    qd_scan_free(scan);
    residue[5] = qd_letter_code(&qd_protein, 'W', false);
    assert_int_equal(qd_scan_run(&net, residue, VIRUS_LENGTH, &options, &scan, NULL), QD_OK);
    assert_true(exp(scan->log_prob[17 * 20 + qd_letter_code(&qd_protein, 'D', false)]) > 0.9);
    qd_scan_free(scan);
    qd_sites_free(sites);
    qd_strains_free(strains);
}

/* One step of gradient descent lowers the loss by rate * |gradient|^2, to first order: so the gradient is that of the
   loss, weights, lengths, unknown residues and pieces of long sequences included. */
static void check_gradient(const char *more, bool lengths)
{
    qd_strains *strains = virus_strains(VIRUS_COUNT, lengths, true);
    for (size_t n = 0; n < strains->count; n++) {
        strains->weight[n] = 0.5 + (double)(n % 4);
        strains->residue[strains->start[n] + n % 7] = 20;
    }
    char list[256];
    qd_text_format(list, sizeof list,
                   "layers=apart:5,apart:4 epochs=2 batch=1000 optimizer=sgd lr=0.001 schedule=constant clip-norm=0 "
                   "weight-decay=0 valid=0 threads=1 %s",
                   more);
    qd_sites *sites = virus_trained(list, strains);
    const qd_history_row *row = sites->history.rows;
    const double fall = row[0].loss - row[1].loss, expected = 0.001 * row[0].gradient_norm * row[0].gradient_norm;
    assert_int_equal(sites->history.count, 2);
    assert_true(expected > 1e-6 && fabs(fall - expected) < 0.02 * expected);
    qd_sites_free(sites);
    qd_strains_free(strains);
}

static void test_gradient(void **unused)
{
    (void)unused;
    check_gradient("", false);
    check_gradient("crop=16", true);
}

static void assert_same_weights(const qd_sites *a, const qd_sites *b)
{
    assert_int_equal(qd_network_parameters(a->network), qd_network_parameters(b->network));
    assert_memory_equal(a->parameters, b->parameters, qd_network_parameters(a->network) * sizeof(float));
}

static void test_threads(void **unused)
{
    (void)unused;
    qd_strains *strains = virus_strains(VIRUS_COUNT, true, true);
    qd_sites *one = virus_trained("layers=apart:9+dropout=0.1,apart:17 epochs=3 batch=16 mask=0.1 threads=1", strains);
    qd_sites *three =
        virus_trained("layers=apart:9+dropout=0.1,apart:17 epochs=3 batch=16 mask=0.1 threads=3", strains);
    assert_same_weights(one, three);
    for (size_t i = 0; i < one->columns.network->length * 21; i++) {
        assert_true(one->columns.network->count[i] == three->columns.network->count[i]);
    }
    qd_sites_free(one);
    qd_sites_free(three);
    qd_strains_free(strains);
}

/* ---------------------------------------------------------------------------------------------- files */

static void remove_file(const char *name)
{
    assert_int_equal(qd_file_remove(path_of(name), NULL), QD_OK);
}

static void read_file(const char *path, char **bytes, size_t *size)
{
    assert_int_equal(qd_file_read_all(path, 1 << 24, bytes, size, NULL), QD_OK);
}

static void assert_same_files(const char *a, const char *b)
{
    char *one, *two;
    size_t size, other;
    read_file(a, &one, &size);
    read_file(b, &two, &other);
    assert_int_equal(size, other);
    assert_memory_equal(one, two, size);
    qd_mem_free(one);
    qd_mem_free(two);
}

static void test_file(void **unused)
{
    (void)unused;
    qd_strains *strains = virus_strains(VIRUS_COUNT, true, true);
    qd_sites *sites = virus_trained("layers=apart:6 epochs=2 valid=0.2", strains), *again = NULL;
    char first[256], second[256];
    qd_text_format(first, sizeof first, "%s", path_of("m.safetensors"));
    qd_text_format(second, sizeof second, "%s", path_of("n.safetensors"));
    assert_int_equal(qd_sites_save(sites, first, NULL), QD_OK);
    assert_int_equal(qd_sites_load(first, &again, NULL), QD_OK);
    assert_int_equal(qd_sites_save(again, second, NULL), QD_OK);
    assert_same_files(first, second);
    assert_same_weights(sites, again);
    assert_ptr_equal(again->alphabet, &qd_protein);
    assert_int_equal(again->origin.held_out, sites->origin.held_out);
    assert_true(again->origin.perplexity == sites->origin.perplexity);
    qd_sites_free(sites);
    qd_sites_free(again);
    qd_strains_free(strains);
    remove_file("m.safetensors");
    remove_file("n.safetensors");
}

static int stop_in_epoch_two(void *context, const qd_progress *progress)
{
    (void)context;
    return progress->epoch == 2 && progress->batch == 3;
}

static void test_resume(void **unused)
{
    (void)unused;
    char list[512], whole[256], resumed[256];
    qd_strains *strains = virus_strains(VIRUS_COUNT, true, true);
    qd_error error;
    qd_sites *sites = NULL;
    qd_text_format(list, sizeof list, "layers=apart:7 epochs=4 batch=8 patience=3 checkpoint=%s", path_of("c"));
    qd_text_format(whole, sizeof whole, "%s", path_of("whole"));
    qd_text_format(resumed, sizeof resumed, "%s", path_of("resumed"));
    sites = virus_trained(list, strains);
    assert_int_equal(qd_sites_save(sites, whole, NULL), QD_OK);
    qd_sites_free(sites);
    remove_file("c");

    qd_settings *settings = virus_settings(list);
    assert_int_equal(qd_sites_train(settings, strains, NULL, stop_in_epoch_two, NULL, &sites, &error), QD_ERR_STOPPED);
    assert_null(sites);
    assert_int_equal(qd_settings_set(settings, "resume", "true", NULL), QD_OK);
    assert_int_equal(qd_sites_train(settings, strains, NULL, NULL, NULL, &sites, &error), QD_OK);
    assert_int_equal(qd_sites_save(sites, resumed, NULL), QD_OK);
    assert_same_files(whole, resumed);
    qd_sites_free(sites);

    strains->residue[0] ^= 1; /* other data */
    assert_int_equal(qd_sites_train(settings, strains, NULL, NULL, NULL, &sites, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "other data"));
    qd_settings_free(settings);
    qd_strains_free(strains);
    remove_file("c");
    remove_file("whole");
    remove_file("resumed");
}

/* ------------------------------------------------------------------------------------------ holding out */

static void test_by_time(void **unused)
{
    (void)unused;
    qd_strains *strains = virus_strains(VIRUS_COUNT, false, true), *undated = virus_strains(VIRUS_COUNT, false, false);
    bool held[VIRUS_COUNT];
    assert_true(qd_sites_dated(strains) && !qd_sites_dated(undated));
    assert_int_equal(qd_sites_hold_out(strains, 0.3, true, 1, held, NULL), QD_OK);
    int64_t last = QD_UNDATED, first = INT64_MAX;
    for (size_t n = 0; n < strains->count; n++) {
        last = !held[n] && strains->day[n] > last ? strains->day[n] : last;
        first = held[n] && strains->day[n] < first ? strains->day[n] : first;
    }
    assert_true(last < first);
    qd_error error;
    assert_int_equal(qd_sites_hold_out(undated, 0.3, true, 1, held, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "cannot be cut by time"));
    qd_strains_free(strains);
    qd_strains_free(undated);
}

/* Whole clusters: of two families, none is on both sides. */
static void test_by_cluster(void **unused)
{
    (void)unused;
    static char text[VIRUS_COUNT * 128];
    size_t used = 0;
    for (size_t n = 0; n < VIRUS_COUNT; n++) {
        char own[81];
        for (size_t i = 0; i < 80; i++) {
            const size_t letter = golden_word((uint32_t)(30 + n % 6), i) % 20; /* six families */
            own[i] = "ACDEFGHIKLMNPQRSTVWY"[i == 11 ? n % 20 : i == 60 ? (n / 2) % 20 : letter];
        }
        own[80] = '\0';
        used += (size_t)qd_text_format(text + used, sizeof text - used, ">s%zu\n%s\n", n, own);
    }
    const qd_strains_options options = {
        .alphabet = &qd_protein, .longest = 100, .after = QD_UNDATED, .until = QD_UNDATED};
    qd_strains *strains;
    qd_notes notes = {0};
    bool held[VIRUS_COUNT];
    assert_int_equal(qd_strains_parse("s", text, used, &options, &strains, &notes, NULL), QD_OK);
    qd_notes_clear(&notes);
    assert_int_equal(strains->count, VIRUS_COUNT);
    assert_int_equal(qd_sites_hold_out(strains, 0.2, false, 1, held, NULL), QD_OK);
    size_t count = 0;
    for (size_t n = 0; n < VIRUS_COUNT; n++) {
        count += held[n];
    }
    assert_in_range(count, 8, 40);
    qd_strains_free(strains);
}

/* --------------------------------------------------------------------------------------------- scores */

static void test_scores(void **unused)
{
    (void)unused;
    qd_strains *strains = virus_strains(VIRUS_COUNT, false, true);
    qd_sites *sites = virus_trained(small, strains);
    const uint8_t *residue = sites->columns.all->reference;
    const qd_sites_net net = qd_sites_net_of(sites);
    const qd_scan_options options = {.threads = 1};
    qd_scan *scan;
    qd_site_table *table;
    qd_mutant_table mutants;
    assert_int_equal(qd_scan_run(&net, residue, VIRUS_LENGTH, &options, &scan, NULL), QD_OK);
    assert_int_equal(qd_site_table_new(sites, residue, VIRUS_LENGTH, &table, NULL), QD_OK);
    assert_int_equal(qd_mutant_table_new(sites, residue, scan, table, 1, &mutants, NULL), QD_OK);
    assert_true(table->identity == 1 && table->known == 1);
    size_t best = 0;
    for (size_t i = 0; i < VIRUS_LENGTH; i++) {
        best = table->alignment_entropy[i] > table->alignment_entropy[best] ? i : best;
        assert_true(table->score[i] > 0 && table->emergence[i] > 0);
        for (size_t k = 0; k < 20; k++) {
            const double rank = mutants.rank_score[i * 20 + k], score = mutants.score[i * 20 + k];
            assert_int_equal(isnan(rank), residue[i] == k);
            assert_int_equal(isnan(score), residue[i] == k);
            assert_true(isnan(rank) || (rank >= 2 && rank <= 2 * 19 * VIRUS_LENGTH));
            assert_true(isnan(score) || (score >= table->score[i] && score < table->score[i] + 0.01));
        }
    }
    assert_true(best == 13 || best == 21); /* four residues */
    qd_mutant_table_clear(&mutants);
    qd_site_table_free(table);
    qd_scan_free(scan);
    qd_sites_free(sites);
    qd_strains_free(strains);
}

/* -------------------------------------------------------------------------------------------- refused */

static void check_refused(const char *name, const char *value, const char *expected)
{
    qd_settings *settings, *resolved;
    qd_error error;
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    assert_int_equal(qd_settings_set(settings, name, value, NULL), QD_OK);
    if (strcmp(name, "valid") == 0) {
        assert_int_equal(qd_settings_set(settings, "patience", "2", NULL), QD_OK);
    }
    assert_int_equal(qd_sites_settings(settings, 20, 100, &resolved, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, expected));
    qd_settings_free(settings);
}

static void test_refused(void **unused)
{
    (void)unused;
    check_refused("layers", "bilstm:8", "see what it predicts");
    check_refused("layers", "apart:8,dense:4", "see what it predicts");
    check_refused("layers", "apart:40+residual", "see what it predicts");
    check_refused("layers", "apart:8,lstm:4", "see what it predicts");
    check_refused("layers", "apart", "expected ':'");
    check_refused("valid", "1.5", "not a fraction");
    check_refused("valid", "0", "watches the validation loss");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns),     cmocka_unit_test(test_gradient), cmocka_unit_test(test_threads),
        cmocka_unit_test(test_file),       cmocka_unit_test(test_resume),   cmocka_unit_test(test_by_time),
        cmocka_unit_test(test_by_cluster), cmocka_unit_test(test_scores),   cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
