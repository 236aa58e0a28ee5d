/* Profiles: counts by hand, alignments as files, mapping, entropy, smoothing. */
#include "data/helpers.h"

#include "data/profile.h"
#include <math.h>

static const qd_strains_options plain = {
    .genetic_code = 1, .longest = 10000, .after = QD_UNDATED, .until = QD_UNDATED, .table_limit = 1 << 20};

static uint8_t code(char letter)
{
    return qd_letter_code(&qd_protein, letter, false);
}

static double count(const qd_profile *p, size_t position, char letter)
{
    return (double)p->count[position * 21 + (letter == 'X' ? 20u : code(letter))];
}

static qd_strains *parse(const char *text)
{
    qd_strains *s;
    qd_notes notes = {0};
    qd_error error;
    if (qd_strains_parse("test.fa", text, strlen(text), &plain, &s, &notes, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_notes_clear(&notes);
    return s;
}

/* Six of the reference's length, one with a residue less, one with one more. */
static const char some[] = ">a\nMKTIIALSYI\n>a2\nMKTIIALSYI\n>b\nMKTIIALSYV\n>c\nMKAIIALSYX\n>d\nMKTIILSYI\n"
                           ">e\nMKTIIWALSYI\n";

static void counts(void **state)
{
    (void)state;
    qd_strains *s = parse(some);
    size_t typical;
    qd_error error;
    assert_int_equal(qd_strains_typical(s, &typical, &error), QD_OK);
    assert_int_equal(typical, 0); /* of length 10, and twice */
    qd_profile *p;
    assert_int_equal(qd_profile_of(s, qd_strains_residues(s, 0), 10, false, &p, &error), QD_OK);
    assert_true(count(p, 0, 'M') == 5);
    assert_true(count(p, 2, 'T') == 4 && count(p, 2, 'A') == 1);
    assert_true(count(p, 5, 'A') == 4 && count(p, 5, 'X') == 1); /* missing in d; what e has more is dropped */
    assert_true(count(p, 5, 'W') == 0);
    assert_true(count(p, 9, 'I') == 3 && count(p, 9, 'V') == 1 && count(p, 9, 'X') == 1);
    assert_true(qd_profile_frequency(p, 9, code('V')) == 0.25);
    assert_true(qd_profile_frequency(p, 9, 20) == 0);
    double entropy[10];
    qd_profile_entropy(p, entropy);
    assert_true(entropy[0] == 0);
    assert_true(fabs(entropy[2] - (-0.8 * log(0.8) - 0.2 * log(0.2))) < 1e-12);
    assert_true(fabs(entropy[9] - (-0.75 * log(0.75) - 0.25 * log(0.25))) < 1e-12);
    qd_profile_free(p);
    assert_int_equal(qd_profile_of(s, qd_strains_residues(s, 0), 10, true, &p, &error), QD_OK);
    assert_true(count(p, 0, 'M') == 6);
    qd_profile_free(p);
    qd_strains_free(s);
}

static void mapped(void **state)
{
    (void)state;
    qd_strains *s = parse(some), *wild = parse(">w\nMKWTIIALSY\n");
    qd_profile *p, *m;
    qd_error error;
    double identity, known;
    assert_int_equal(qd_profile_of(s, qd_strains_residues(s, 0), 10, false, &p, &error), QD_OK);
    assert_int_equal(qd_profile_map(p, qd_strains_residues(wild, 0), 10, &m, &identity, &known, &error), QD_OK);
    assert_true(fabs(identity - 0.9) < 1e-12 && fabs(known - 0.9) < 1e-12);
    assert_true(count(m, 1, 'K') == 5 && count(m, 2, 'W') == 0 && count(m, 2, 'X') == 0);
    assert_true(count(m, 3, 'T') == 4 && count(m, 9, 'Y') == 5);
    qd_profile_free(m);
    qd_profile_free(p);
    qd_strains_free(wild);
    qd_strains_free(s);
}

static void smoothing(void **state)
{
    (void)state;
    double in[9] = {0}, out[9];
    in[4] = 1;
    qd_smooth(9, in, 1, out);
    double weights = 1;
    for (int i = 1; i <= 4; i++) {
        weights += 2 * exp(-0.5 * i * i);
    }
    for (int i = 0; i < 9; i++) {
        assert_true(fabs(out[i] - out[8 - i]) < 1e-15);
    }
    assert_true(fabs(out[4] - 1 / weights) < 1e-15);
    for (size_t i = 0; i < 9; i++) { /* what is level stays so, at the ends too */
        in[i] = 3;
    }
    qd_smooth(9, in, 2, out);
    for (size_t i = 0; i < 9; i++) {
        assert_true(fabs(out[i] - 3) < 1e-14);
    }
    assert_true(qd_hydropathy(code('I')) == 4.5 && qd_hydropathy(code('R')) == -4.5 && qd_hydropathy(20) == 0);
}

#ifdef QD_HAVE_HTSLIB
static qd_status read_alignment(const char *text, const qd_strains_options *options, qd_profile **p, qd_error *error)
{
    qd_notes notes = {0};
    const char *path = write_file("aligned.fa", text, strlen(text));
    const qd_status status = qd_profile_read(path, options, p, &notes, error);
    qd_notes_clear(&notes);
    assert_int_equal(unlink(path), 0);
    return status;
}

static void alignments(void **state)
{
    (void)state;
    qd_profile *p;
    qd_error error;
    /* Aligned FASTA: the first sequence's gaps are no positions; equal rows count once. */
    assert_int_equal(read_alignment(">a\nMK-TI\n>b\nMKWT-\n>c\nM-WTV\n>c2\nM-WTV\n", &plain, &p, &error), QD_OK);
    assert_int_equal(p->length, 4);
    assert_true(count(p, 0, 'M') == 3 && count(p, 1, 'K') == 2 && count(p, 1, 'X') == 1);
    assert_true(count(p, 3, 'I') == 1 && count(p, 3, 'V') == 1 && count(p, 3, 'X') == 1);
    qd_profile_free(p);
    /* A2M with insertions: small letters and points are no columns; with and without the points. */
    static const char *const a2m[] = {">a\nMK..TI\n>b\nMKwwTV\n>c\n-K.aTI\n", ">a\nMKTI\n>b\nMKwwTV\n>c\n-KaTI\n"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_alignment(a2m[i], &plain, &p, &error), QD_OK);
        assert_int_equal(p->length, 4);
        assert_true(count(p, 0, 'M') == 2 && count(p, 0, 'X') == 1 && count(p, 3, 'V') == 1);
        qd_profile_free(p);
    }
    /* Small letters of the first sequence are no focus columns. */
    assert_int_equal(read_alignment(">a\nmkTI\n>b\nMKTV\n", &plain, &p, &error), QD_OK);
    assert_int_equal(p->length, 2);
    assert_true(count(p, 1, 'V') == 1);
    qd_profile_free(p);
    /* A file of small letters alone. */
    assert_int_equal(read_alignment(">a\nmk-ti\n>b\nmkwtv\n", &plain, &p, &error), QD_OK);
    assert_int_equal(p->length, 4);
    qd_profile_free(p);

    assert_int_equal(read_alignment(">a\nMKTI\n>b\nMKT\n", &plain, &p, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 0, "record 2 'b': not aligned: 3 columns where the first sequence has 4");
    assert_int_equal(read_alignment(">a\n----\n>b\nMKTI\n", &plain, &p, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 1, 0, "all gaps");
    qd_strains_options dna = plain;
    dna.alphabet = &qd_dna;
    assert_int_equal(read_alignment(">a\nACGT\n>b\nACET\n", &dna, &p, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 0, "position 3: 'E' is no letter of nucleotides");
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(mapped),
        cmocka_unit_test(smoothing),
#ifdef QD_HAVE_HTSLIB
        cmocka_unit_test(alignments),
#endif
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
