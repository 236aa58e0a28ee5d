/* Mutants: every notation, read and written; lists; what is refused. */
#include "data/helpers.h"

#include "data/mutants.h"

static void notations(void **state)
{
    (void)state;
    static const struct {
        const char *text, *gene;
        size_t count;
        qd_change change[3];
    } good[] = {
        {"N501Y", "", 1, {{501, 'N', 'Y'}}},
        {"n501y", "", 1, {{501, 'N', 'Y'}}},
        {"S:N501Y", "S", 1, {{501, 'N', 'Y'}}},
        {"ORF1a:T3255I", "ORF1a", 1, {{3255, 'T', 'I'}}},
        {"A1P:D2N", "", 2, {{1, 'A', 'P'}, {2, 'D', 'N'}}},
        {"D2N,A1P;C3W", "", 3, {{1, 'A', 'P'}, {2, 'D', 'N'}, {3, 'C', 'W'}}},
        {"S:A1P:D2N", "S", 2, {{1, 'A', 'P'}, {2, 'D', 'N'}}},
        {"K417*", "", 1, {{417, 'K', '*'}}},
        {"C22=", "", 1, {{22, 'C', 'C'}}},
        {"p.Asn501Tyr", "", 1, {{501, 'N', 'Y'}}},
        {"NP_0815.1:p.Asn501Tyr", "", 1, {{501, 'N', 'Y'}}},
        {"p.Cys22=", "", 1, {{22, 'C', 'C'}}},
        {"p.Asn501Ter", "", 1, {{501, 'N', '*'}}},
        {"p.[Ala1Pro;Asp2Asn]", "", 2, {{1, 'A', 'P'}, {2, 'D', 'N'}}},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        qd_mutant m;
        const char *why;
        if (!qd_mutant_parse(&qd_protein, good[i].text, &m, &why)) {
            fail_msg("%s: %s", good[i].text, why);
        }
        assert_string_equal(m.gene, good[i].gene);
        assert_int_equal(m.count, good[i].count);
        for (size_t c = 0; c < m.count; c++) {
            assert_int_equal(m.change[c].position, good[i].change[c].position);
            assert_int_equal(m.change[c].wt, good[i].change[c].wt);
            assert_int_equal(m.change[c].mutant, good[i].change[c].mutant);
        }
    }
    qd_mutant m;
    const char *why;
    assert_true(qd_mutant_parse(&qd_dna, "g.[23A>G;24C>T]", &m, &why) && m.count == 2 && m.change[1].mutant == 'T');
    assert_true(qd_mutant_parse(&qd_dna, "A23403G", &m, &why) && m.change[0].position == 23403);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"", "expected a residue"},
        {"N501", "expected a residue behind"},
        {"501Y", "expected a residue"},
        {"NY", "expected a position"},
        {"N0Y", "expected a position"},
        {"X5A", "expected a residue"},
        {"N501Yx", "text behind"},
        {"A1P:A1N", "one position twice"},
        {"H69del", "no score"},
        {"H69-", "no score"},
        {"p.(Glu27Trp)", "in parentheses"},
        {"p.*345Lys", "a stop is Ter"},
        {"p.Asn501*", "a stop is Ter"},
        {"p.Xaa12Gly", "three letters of the twenty"},
        {"p.Sec12Gly", "three letters of the twenty"},
        {"p.Gly18del", "no score"},
        {"p.Asn501fs", "no score"},
        {"p.N501Y", "expected a residue"},
        {"p.[Ala1Pro", "text behind"},
        {"g.5A>G", "the model is one of proteins"},
        {":N501Y", "a gene has a name"},
        {"averyveryveryverylongnameofagene32:N501Y", "a gene has a name"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qd_mutant m;
        const char *why = "nothing";
        if (qd_mutant_parse(&qd_protein, bad[i].text, &m, &why) || strstr(why, bad[i].part) == NULL) {
            fail_msg("%s: %s", bad[i].text, why);
        }
    }
}

/* Every single mutant as HGVS and back. */
static void hgvs(void **state)
{
    (void)state;
    static const qd_alphabet *const alphabets[] = {&qd_protein, &qd_dna};
    for (size_t a = 0; a < 2; a++) {
        for (const char *w = alphabets[a]->letters; *w != '\0'; w++) {
            for (const char *m = alphabets[a]->letters; *m != '\0'; m++) {
                const qd_change change = {1234, *w, *m};
                char text[QD_HGVS];
                qd_mutant back;
                const char *why;
                qd_hgvs_text(alphabets[a], &change, text);
                if (a == 1 && *w == *m) {
                    assert_string_equal(text, "g.1234=");
                    assert_false(qd_mutant_parse(alphabets[a], text, &back, &why));
                    continue;
                }
                assert_true(qd_mutant_parse(alphabets[a], text, &back, &why));
                assert_true(back.change[0].wt == *w && back.change[0].mutant == *m && back.change[0].position == 1234);
            }
        }
    }
    char text[QD_HGVS];
    qd_hgvs_text(&qd_protein, &(qd_change){501, 'N', 'Y'}, text);
    assert_string_equal(text, "p.Asn501Tyr");
    qd_hgvs_text(&qd_protein, &(qd_change){22, 'C', 'C'}, text);
    assert_string_equal(text, "p.Cys22=");
    qd_hgvs_text(&qd_dna, &(qd_change){5, 'A', 'G'}, text);
    assert_string_equal(text, "g.5A>G");
}

static qd_mutants read_list(const char *text, const char *gene)
{
    qd_mutants mutants;
    qd_error error;
    const char *path = write_file("list", text, strlen(text));
    if (qd_mutants_read(path, &qd_protein, gene, 1 << 20, &mutants, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(path), 0);
    return mutants;
}

static void lists(void **state)
{
    (void)state;
    qd_mutants m = read_list("# of interest\nN501Y\n\n  S:E484K  \r\nA1P:D2N\n", "");
    assert_int_equal(m.count, 3);
    assert_string_equal(m.text[1], "S:E484K");
    assert_int_equal(m.line[1], 4);
    assert_int_equal(m.start[3], 4);
    assert_int_equal(m.change[3].position, 2);
    qd_mutants_clear(&m);
    m = read_list("S:N501Y\nN:R203K\nD614G\n", "S");
    assert_int_equal(m.count, 2);
    qd_mutants_clear(&m);
    m = read_list("mutant,mutated_sequence,DMS_score\nA1P,PDC,0.5\nA1P:D2N,PNC,1\n", ""); /* ProteinGym */
    assert_int_equal(m.count, 2);
    assert_int_equal(m.line[1], 3);
    qd_mutants_clear(&m);
    m = read_list("hgvs_nt,hgvs_splice,hgvs_pro,score\nNA,NA,p.Ala1Pro,1\n", ""); /* MaveDB */
    assert_int_equal(m.count, 1);
    qd_mutants_clear(&m);
    m = read_list("seqName\taaSubstitutions\tclade\nx\tS:N501Y,N:R203K,S:D614G\t20I\ny\tN:R203K\t20B\n",
                  "S"); /* Nextclade */
    assert_int_equal(m.count, 1);
    assert_int_equal(m.start[1], 2);
    assert_int_equal(m.change[1].position, 614);
    qd_mutants_clear(&m);
}

static void bad_lists(void **state)
{
    (void)state;
    qd_mutants mutants;
    qd_error error;
    static const struct {
        const char *text;
        uint64_t line, column;
        const char *part;
    } bad[] = {{"N501Y\nwhat\n", 2, 0, "'what' is no mutant"},
               {"# nothing\n", 0, 0, "no mutant"},
               {"mutant,score\nA1P,2\nA1,3\n", 3, 1, "'A1' is no mutant"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *path = write_file("list", bad[i].text, strlen(bad[i].text));
        assert_int_equal(qd_mutants_read(path, &qd_protein, "", 1 << 20, &mutants, &error), QD_ERR_FORMAT);
        assert_error(&error, QD_ERR_FORMAT, bad[i].line, bad[i].column, bad[i].part);
        assert_int_equal(unlink(path), 0);
    }
}

static void checked(void **state)
{
    (void)state;
    uint8_t residue[] = {0, 2, 1}; /* A D C */
    const qd_wild_type wild = {.name = (char *)(uintptr_t) "wild", .length = 3, .residue = residue};
    static const struct {
        const char *text, *part;
    } bad[] = {{"A1P\nN2Y\n", "list:2: position 2 of wild is D, not N"},
               {"A4P\n", "list:1: position 4 is beyond the end of wild, which has 3"},
               {"A1P\nA1P:C3*\n", "list:2: position 3: a stop has no score"}};
    qd_error error;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qd_mutants m = read_list(bad[i].text, "");
        assert_int_equal(qd_mutants_check(&m, "list", &qd_protein, &wild, &error), QD_ERR_VALUE);
        assert_string_equal(error.message, bad[i].part);
        qd_mutants_clear(&m);
    }
    qd_mutants m = read_list("A1P\nD2N:C3C\n", "");
    assert_int_equal(qd_mutants_check(&m, "list", &qd_protein, &wild, &error), QD_OK);
    qd_mutants_clear(&m);
}

static qd_status run(const void *input, qd_error *error)
{
    qd_mutants mutants;
    const qd_status status = qd_mutants_read(input, &qd_protein, "", 1 << 20, &mutants, error);
    if (status == QD_OK) {
        qd_mutants_clear(&mutants);
    }
    return status;
}

static void memory(void **state)
{
    (void)state;
    const char *path = write_file("list", "N501Y\nA1P:D2N\n", 14);
    assert_true(fail_every_allocation(run, path) >= 10);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notations), cmocka_unit_test(refused), cmocka_unit_test(hgvs),   cmocka_unit_test(lists),
        cmocka_unit_test(bad_lists), cmocka_unit_test(checked), cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
