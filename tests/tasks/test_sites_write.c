/* Mutants and sites as files: each form byte for byte against tests/golden/sites, whose files mavehgvs, bcftools and a
   reader of JSON have found valid (tests/golden/check_sites.py). */
#include "data/helpers.h"

#include "base/file.h"
#include "tasks/sites_write.h"
#include <math.h>

enum { PROTEIN = 5, BASES = 4, MOST = 128 };

static qd_change change[MOST];
static qd_sites_mutant mutant[MOST];
static double entropy[PROTEIN], alignment_entropy[PROTEIN], smoothed[PROTEIN];
static uint8_t residue[PROTEIN];

/* MKXIA from the codons ATG AAA NNN ATT GCN, or ACNT, and every mutant of it; one score is not known. */
static qd_sites_result make_result(const qd_alphabet *alphabet, qd_wild_type *wild)
{
    static char codons[] = "ATGAAANNNATTGCN";
    const bool protein = alphabet == &qd_protein;
    const char *letters = protein ? "MKXIA" : "ACNT";
    *wild = (qd_wild_type){.name = (char *)(uintptr_t)(protein ? "wild|1" : "chr1"),
                           .length = protein ? PROTEIN : BASES,
                           .residue = residue,
                           .codon = protein ? codons : NULL};
    size_t count = 0;
    for (size_t i = 0; i < wild->length; i++) {
        residue[i] = qd_letter_code(alphabet, letters[i], false);
        entropy[i] = 0.5 * (double)i;
        alignment_entropy[i] = 0.125 * (double)i;
        smoothed[i] = 1.0 / (double)(i + 3);
        for (uint8_t k = 0; k < alphabet->count; k++) {
            if (k != residue[i]) {
                change[count] = (qd_change){i + 1, letters[i], alphabet->letters[k]};
                mutant[count] = (qd_sites_mutant){.count = 1,
                                                  .change = &change[count],
                                                  .log_prob = -1.0 / 3 - (double)count,
                                                  .semantic_change = 12.5 * (double)k,
                                                  .rank_score = (double)(count * 7 % 50) + 0.5,
                                                  .score = count == 3 ? NAN : (double)(count * 11 % 37) / 37};
                count++;
            }
        }
    }
    return (qd_sites_result){.wild = wild,
                             .mutants = count,
                             .mutant = mutant,
                             .entropy = entropy,
                             .alignment_entropy = alignment_entropy,
                             .smoothed_entropy = smoothed};
}

static char *labels[PROTEIN] = {(char *)(uintptr_t) "-1", (char *)(uintptr_t) "1", NULL, (char *)(uintptr_t) "(HA2)1",
                                (char *)(uintptr_t) "2"};
static const qd_site_numbers numbers = {PROTEIN, labels};

/* Writes and compares; QD_GOLDEN_WRITE=1 writes the golden file anew. */
static void assert_golden(qd_sites_writer write, const qd_sites_result *result, const qd_sites_write_options *options,
                          const char *name)
{
    char golden[512];
    qd_error error;
    snprintf(golden, sizeof golden, "%s/tests/golden/sites/%s", QD_SOURCE_DIR, name);
    const bool anew = getenv("QD_GOLDEN_WRITE") != NULL;
    const char *path = anew ? golden : path_of(name);
    if (write(1, result, options, path, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    if (anew) {
        return;
    }
    char *expected, *text;
    size_t expected_size, size;
    assert_int_equal(qd_file_read_all(golden, 1 << 20, &expected, &expected_size, &error), QD_OK);
    assert_int_equal(qd_file_read_all(path, 1 << 20, &text, &size, &error), QD_OK);
    assert_string_equal(text, expected);
    qd_mem_free(expected);
    qd_mem_free(text);
    assert_int_equal(unlink(path), 0);
}

static void proteins(void **state)
{
    (void)state;
    static const struct {
        const char *format, *file;
    } forms[] = {{"csv", "mutants.csv"},
                 {"nextclade", "mutants.tsv"},
                 {"phenotype", "pathogen.json"},
                 {"mave-hgvs", "mave.csv"},
                 {"proteingym", "proteingym.csv"}};
    qd_wild_type wild;
    const qd_sites_result result = make_result(&qd_protein, &wild);
    const qd_sites_write_options options = {.alphabet = &qd_protein, .gene = "HA", .numbers = &numbers};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_golden(qd_sites_format_find(forms[i].format)->write, &result, &options, forms[i].file);
    }
    assert_golden(qd_sites_write_sites, &result, &options, "sites.csv");
    assert_golden(qd_sites_write_structure, &result, &options, "sites.defattr");
    assert_null(qd_sites_format_find("hubverse"));
}

static void nucleotides(void **state)
{
    (void)state;
    qd_wild_type wild;
    qd_sites_result result = make_result(&qd_dna, &wild);
    const qd_sites_write_options options = {.alphabet = &qd_dna, .gene = "", .numbers = NULL};
    assert_golden(qd_sites_write_vcf, &result, &options, "mutants.vcf");
    assert_golden(qd_sites_write_mave, &result, &options, "mave_nt.csv");
    /* In any order: the same records. */
    for (size_t i = 0; i < result.mutants / 2; i++) {
        const qd_sites_mutant swapped = mutant[i];
        if (mutant[i].change->position != mutant[result.mutants - 1 - i].change->position) {
            mutant[i] = mutant[result.mutants - 1 - i];
            mutant[result.mutants - 1 - i] = swapped;
        }
    }
    char *text;
    size_t size;
    qd_error error;
    const char *path = path_of("turned.vcf");
    assert_int_equal(qd_sites_write_vcf(1, &result, &options, path, &error), QD_OK);
    assert_int_equal(qd_file_read_all(path, 1 << 20, &text, &size, &error), QD_OK);
    size_t before = 0;
    for (const char *line = strstr(text, "\nchr1\t"); line != NULL; line = strstr(line + 1, "\nchr1\t")) {
        const size_t at = (size_t)atoi(line + 6);
        assert_int_equal(at, before + 1);
        before = at;
    }
    assert_int_equal(before, BASES);
    qd_mem_free(text);
    assert_int_equal(unlink(path), 0);
}

/* Several changes at once: a row, its parts with : between. */
static void several(void **state)
{
    (void)state;
    qd_wild_type wild;
    qd_sites_result result = make_result(&qd_protein, &wild);
    const qd_change two[] = {{1, 'M', 'L'}, {4, 'I', 'V'}};
    const qd_sites_mutant both = {2, two, -3.5, 7, 1, 0.25};
    result.mutants = 1;
    result.mutant = &both;
    const qd_sites_write_options options = {.alphabet = &qd_protein, .gene = "HA", .numbers = &numbers};
    assert_golden(qd_sites_write_csv, &result, &options, "several.csv");
    assert_golden(qd_sites_write_nextclade, &result, &options, "several.tsv");
    assert_golden(qd_sites_write_mave, &result, &options, "several_mave.csv");
    assert_golden(qd_sites_write_proteingym, &result, &options, "several_gym.csv");
}

static void assert_refused(qd_sites_writer write, size_t count, const qd_sites_result *results,
                           const qd_sites_write_options *options, const char *part)
{
    qd_error error = {0};
    const char *path = path_of("refused");
    const qd_status wanted = strcmp(part, "--gene") == 0 ? QD_ERR_USE : QD_ERR_VALUE;
    assert_int_equal(write(count, results, options, path, &error), wanted);
    assert_non_null(strstr(error.message, part));
    assert_false(qd_file_exists(path));
}

static void refused(void **state)
{
    (void)state;
    qd_wild_type wild;
    qd_sites_result two[2];
    two[0] = make_result(&qd_protein, &wild);
    two[1] = two[0];
    qd_sites_write_options options = {.alphabet = &qd_protein, .gene = "HA"};
    static const qd_sites_writer single[] = {qd_sites_write_phenotype, qd_sites_write_mave, qd_sites_write_proteingym,
                                             qd_sites_write_structure};
    for (size_t i = 0; i < 4; i++) {
        assert_refused(single[i], 2, two, &options, "of one wild type, and here are 2");
    }
    assert_refused(qd_sites_write_vcf, 1, two, &options, "the model is one of proteins");
    options.gene = "";
    assert_refused(qd_sites_write_nextclade, 1, two, &options, "--gene");
    assert_refused(qd_sites_write_phenotype, 1, two, &options, "--gene");
    const qd_change changes[] = {{1, 'A', 'C'}, {2, 'C', 'G'}};
    const qd_sites_mutant both = {2, changes, 0, 0, 0, 0};
    two[0] = make_result(&qd_dna, &wild);
    options.alphabet = &qd_dna;
    wild.name = (char *)(uintptr_t) "a,b";
    assert_refused(qd_sites_write_vcf, 1, two, &options, "'a,b' is no name that a contig can have");
    two[0].mutant = &both;
    two[0].mutants = 1;
    assert_refused(qd_sites_write_vcf, 1, two, &options, "one change a mutant; number 1 has 2");
    two[0].mutants = 0;
    assert_refused(qd_sites_write_structure, 1, two, &options, "no residue has");
}

static qd_status run(const void *input, qd_error *error)
{
    qd_wild_type wild;
    const qd_sites_result result = make_result(&qd_protein, &wild);
    const qd_sites_write_options options = {.alphabet = &qd_protein, .gene = "HA"};
    const char *path = input;
    qd_status status = QD_OK;
    for (size_t i = 0; i + 1 < qd_sites_formats_count && status == QD_OK; i++) {
        status = qd_sites_formats[i].write(1, &result, &options, path, error);
    }
    if (status == QD_OK) {
        status = qd_sites_write_structure(1, &result, &options, path, error);
    }
    return status == QD_OK ? qd_sites_write_sites(1, &result, &options, path, error) : status;
}

static void memory(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", path_of("memory.out"));
    assert_true(fail_every_allocation(run, path) >= 30);
    assert_int_equal(unlink(path), 0);
}

/* Everything that is written goes into a full device: an error, not a short file. */
static void full(void **state)
{
    (void)state;
    qd_wild_type wild;
    const qd_sites_result result = make_result(&qd_protein, &wild);
    const qd_sites_write_options options = {.alphabet = &qd_protein, .gene = "HA"};
    qd_error error;
    for (size_t i = 0; i + 1 < qd_sites_formats_count && qd_file_exists("/dev/full"); i++) {
        assert_int_equal(qd_sites_formats[i].write(1, &result, &options, "/dev/full", &error), QD_ERR_FILE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(proteins), cmocka_unit_test(nucleotides),
                                       cmocka_unit_test(several),  cmocka_unit_test(refused),
                                       cmocka_unit_test(memory),   cmocka_unit_test(full)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
