/* Letters: what each is in each alphabet, and the genetic code. */
#include "test.h"

#include "data/letters.h"
#include <string.h>

static void codes(void **state)
{
    (void)state;
    assert_ptr_equal(qd_alphabet_find("protein"), &qd_protein);
    assert_ptr_equal(qd_alphabet_find("dna"), &qd_dna);
    assert_null(qd_alphabet_find("rna"));
    for (uint8_t k = 0; k < qd_protein.count; k++) {
        assert_int_equal(qd_letter_code(&qd_protein, qd_protein.letters[k], false), k);
        assert_int_equal(qd_letter_code(&qd_protein, (char)(qd_protein.letters[k] + 32), true), k);
        assert_int_equal(qd_code_letter(&qd_protein, k), qd_protein.letters[k]);
    }
    assert_int_equal(qd_code_letter(&qd_protein, 20), 'X');
    assert_int_equal(qd_code_letter(&qd_dna, 4), 'N');
    for (const char *p = "XBZJUOxbzjuo"; *p != '\0'; p++) {
        assert_int_equal(qd_letter_code(&qd_protein, *p, false), 20);
    }
    for (const char *p = "RYSWKMBDHVNXn"; *p != '\0'; p++) {
        assert_int_equal(qd_letter_code(&qd_dna, *p, false), 4);
    }
    assert_int_equal(qd_letter_code(&qd_dna, 'u', false), 3); /* T */
    assert_int_equal(qd_letter_code(&qd_dna, 'E', false), QD_LETTER_NONE);
    assert_int_equal(qd_letter_code(&qd_dna, '*', false), QD_LETTER_NONE);
    assert_int_equal(qd_letter_code(&qd_protein, '1', false), QD_LETTER_NONE);
    assert_int_equal(qd_letter_code(&qd_protein, '\0', false), QD_LETTER_NONE);
    assert_int_equal(qd_letter_code(&qd_protein, '*', false), QD_LETTER_STOP);
    assert_int_equal(qd_letter_code(&qd_protein, '-', false), QD_LETTER_GAP);
    assert_int_equal(qd_letter_code(&qd_dna, '.', false), QD_LETTER_GAP);
    /* Los Alamos: a glycosylated N, a stop. */
    assert_int_equal(qd_letter_code(&qd_protein, 'O', true), qd_letter_code(&qd_protein, 'N', false));
    assert_int_equal(qd_letter_code(&qd_protein, 'z', true), QD_LETTER_STOP);
    assert_int_equal(qd_letter_code(&qd_protein, '$', true), QD_LETTER_STOP);
    assert_int_equal(qd_letter_code(&qd_protein, '#', true), 20);
    assert_int_equal(qd_letter_code(&qd_protein, '#', false), QD_LETTER_NONE);
    assert_int_equal(qd_letter_code(&qd_protein, '$', false), QD_LETTER_NONE);
    /* Alignments: not known, and a gap. */
    assert_int_equal(qd_letter_code(&qd_protein, '?', false), 20);
    assert_int_equal(qd_letter_code(&qd_dna, '?', false), 4);
    assert_int_equal(qd_letter_code(&qd_dna, '~', false), QD_LETTER_GAP);
}

static void kinds(void **state)
{
    (void)state;
    assert_true(qd_letters_nucleotides("acgtNNNNNN--", 12));
    assert_true(qd_letters_nucleotides("ACGUACGUACGUACGUACGR", 20));
    assert_false(qd_letters_nucleotides("ARCNDRCNGH", 10)); /* IUPAC's, but too many of them */
    assert_false(qd_letters_nucleotides("MKTI", 4));
    assert_false(qd_letters_nucleotides("----", 4));
}

/* The 64 codons against the table of NCBI, written another way: by residue. */
static void standard_code(void **state)
{
    (void)state;
    static const struct {
        char residue;
        const char *codons;
    } table[] = {{'F', "TTT TTC"},
                 {'L', "TTA TTG CTT CTC CTA CTG"},
                 {'I', "ATT ATC ATA"},
                 {'M', "ATG"},
                 {'V', "GTT GTC GTA GTG"},
                 {'S', "TCT TCC TCA TCG AGT AGC"},
                 {'P', "CCT CCC CCA CCG"},
                 {'T', "ACT ACC ACA ACG"},
                 {'A', "GCT GCC GCA GCG"},
                 {'Y', "TAT TAC"},
                 {'H', "CAT CAC"},
                 {'Q', "CAA CAG"},
                 {'N', "AAT AAC"},
                 {'K', "AAA AAG"},
                 {'D', "GAT GAC"},
                 {'E', "GAA GAG"},
                 {'C', "TGT TGC"},
                 {'W', "TGG"},
                 {'R', "CGT CGC CGA CGG AGA AGG"},
                 {'G', "GGT GGC GGA GGG"},
                 {'*', "TAA TAG TGA"}};
    size_t codons = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (const char *p = table[i].codons;; p += 4) {
            assert_int_equal(qd_codon_residue(p), table[i].residue);
            codons++;
            if (p[3] == '\0') {
                break;
            }
        }
    }
    assert_int_equal(codons, 64);
}

static void odd_codons(void **state)
{
    (void)state;
    assert_int_equal(qd_codon_residue("ggn"), 'G'); /* all four are glycine */
    assert_int_equal(qd_codon_residue("YTR"), 'L');
    assert_int_equal(qd_codon_residue("TAR"), '*');
    assert_int_equal(qd_codon_residue("MGR"), 'R');
    assert_int_equal(qd_codon_residue("AAN"), 'X');
    assert_int_equal(qd_codon_residue("NNN"), 'X');
    assert_int_equal(qd_codon_residue("AUG"), 'M');
    assert_int_equal(qd_codon_residue("---"), '-');
    assert_int_equal(qd_codon_residue("A--"), '\0');
    assert_int_equal(qd_codon_residue("AT*"), '\0');
    assert_true(qd_codon_initiates("gtg"));
    assert_true(qd_codon_initiates("ATA"));
    assert_false(qd_codon_initiates("GTA"));
    assert_false(qd_codon_initiates("TG "));
    /* AAT (N) to TAT (Y): one step; to GAA (E): two. */
    assert_true(qd_codon_one_step("AAT", 'Y'));
    assert_false(qd_codon_one_step("AAT", 'E'));
    assert_true(qd_codon_one_step("aat", 'K'));
    assert_true(qd_codon_one_step("AAT", 'N')); /* AAC */
    assert_false(qd_codon_one_step("ATG", 'M'));
    assert_false(qd_codon_one_step("NAT", 'Y'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes),
        cmocka_unit_test(kinds),
        cmocka_unit_test(standard_code),
        cmocka_unit_test(odd_codons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
