/* Strains: letters, translation, copies, dates and weights, and what is told of all that. */
#include "data/helpers.h"

#include "data/calendar.h"
#include "data/strains.h"
#include <stdlib.h>

static const qd_strains_options plain = {
    .genetic_code = 1, .longest = 10000, .after = QD_UNDATED, .until = QD_UNDATED, .table_limit = 1 << 20};

static qd_strains *parse(const char *text, const qd_strains_options *options, qd_notes *notes)
{
    qd_strains *strains = NULL;
    qd_error error;
    *notes = (qd_notes){0};
    if (qd_strains_parse("test.fa", text, strlen(text), options, &strains, notes, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return strains;
}

static void assert_noted(const qd_notes *notes, const char *part)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (strstr(notes->line[i], part) != NULL) {
            return;
        }
    }
    fail_msg("no note says '%s'", part);
}

/* Strain n as letters. */
static const char *letters_of(const qd_strains *s, size_t n)
{
    static char text[256];
    for (size_t i = 0; i < qd_strains_length(s, n); i++) {
        text[i] = qd_code_letter(s->alphabet, qd_strains_residues(s, n)[i]);
    }
    text[qd_strains_length(s, n)] = '\0';
    return text;
}

static void proteins(void **state)
{
    (void)state;
    qd_notes notes;
    qd_strains *s = parse(">a x\nMKtI*\n>b\nMK-TI\n>c\nMXB*T.I-*\n>d\nMKTI\n", &plain, &notes);
    assert_ptr_equal(s->alphabet, &qd_protein);
    assert_int_equal(s->count, 2);
    assert_string_equal(letters_of(s, 0), "MKTI");
    assert_string_equal(letters_of(s, 1), "MXXXTI");
    assert_string_equal(qd_strains_name(s, 0), "a x");
    assert_string_equal(qd_strains_name(s, 1), "c");
    assert_true(s->weight[0] == 3 && s->weight[1] == 1);
    assert_true(s->day[0] == QD_UNDATED);
    assert_noted(&notes, "proteins; 4 records, 2 different sequences, 2 copies merged");
    assert_noted(&notes, "ambiguous or rare letters (X, B, Z, J, U, O; IUPAC codes), taken for unknown: 2");
    assert_noted(&notes, "stops within a sequence, taken for unknown residues: 1");
    assert_noted(&notes, "stops at the end of a sequence, taken off: 2");
    assert_noted(&notes, "gaps, taken out: 3");
    qd_notes_clear(&notes);
    qd_strains_free(s);

    qd_strains_options lanl = plain;
    lanl.lanl = true;
    s = parse(">a\nMOTIZ\n>b\nMNTI\n", &lanl, &notes);
    assert_int_equal(s->count, 1);
    assert_string_equal(letters_of(s, 0), "MNTI");
    qd_notes_clear(&notes);
    qd_strains_free(s);

    /* Years of two digits, none, and the marks of alignments. */
    lanl.date_regex = "^[^.]*[.][^.]*[.]([^.]*)[.]";
    s = parse(">B.FR.83.HXB2.K03455\nMR#?~TI$\n>C.ZA.04.X\nMRTI\n>A.-.-.Y\nMRTV\n", &lanl, &notes);
    assert_string_equal(letters_of(s, 0), "MRXXTI");
    assert_true(s->day[0] == qd_days_from_date(1983, 12, 31) && s->day[1] == qd_days_from_date(2004, 12, 31));
    assert_true(s->day[2] == QD_UNDATED);
    assert_noted(&notes, "stops at the end of a sequence, taken off: 1");
    assert_noted(&notes, "gaps, taken out: 1");
    assert_noted(&notes, "records of which no date is known: 1");
    qd_notes_clear(&notes);
    qd_strains_free(s);
}

static void nucleotides(void **state)
{
    (void)state;
    qd_notes notes;
    qd_strains *s = parse(">a\nacguRacgtac\n", &plain, &notes);
    assert_ptr_equal(s->alphabet, &qd_dna);
    assert_string_equal(letters_of(s, 0), "ACGTNACGTAC");
    assert_noted(&notes, "nucleotides");
    qd_notes_clear(&notes);
    qd_strains_free(s);
}

static void translated(void **state)
{
    (void)state;
    qd_notes notes;
    qd_strains_options coding = plain;
    coding.translate = true;
    const char *text = ">whole\nATGAARACNTAA\n>copy\natgaagaca\n>short\nATGA\n>stopped\nATGTAAACA\n>gaps\nATG---ACA\n"
                       ">broken\nATGA--ACA\n>odd\nATGAANACA\n";
    qd_strains *s = parse(text, &coding, &notes);
    assert_ptr_equal(s->alphabet, &qd_protein);
    assert_int_equal(s->count, 3);
    assert_string_equal(letters_of(s, 0), "MKT");
    assert_true(s->weight[0] == 2);
    assert_string_equal(letters_of(s, 1), "MT");
    assert_string_equal(letters_of(s, 2), "MXT");
    assert_noted(&notes, "test.fa:5: record 3 'short' is left out, a frame error: 4 letters are no multiple of three");
    assert_noted(&notes, "record 4 'stopped' is left out, a frame error: position 4: a stop before the end (TAA)");
    assert_noted(&notes, "record 6 'broken' is left out, a frame error: position 4: gaps break a codon (A--)");
    assert_noted(&notes, "records with a frame error, left out: 3");
    qd_notes_clear(&notes);
    qd_strains_free(s);

    /* Code 11: other initiators begin a whole sequence. */
    const char *bacterial = ">whole\nGTGAAATAA\n>part\nGTGAAA\n";
    s = parse(bacterial, &coding, &notes);
    assert_string_equal(letters_of(s, 0), "VK");
    assert_int_equal(s->count, 1);
    qd_notes_clear(&notes);
    qd_strains_free(s);
    coding.genetic_code = 11;
    s = parse(bacterial, &coding, &notes);
    assert_int_equal(s->count, 2);
    assert_string_equal(letters_of(s, 0), "MK");
    assert_string_equal(letters_of(s, 1), "VK");
    qd_notes_clear(&notes);
    qd_strains_free(s);
}

/* Twenty frame errors are told by name, and how many there were in all. */
static void many_frame_errors(void **state)
{
    (void)state;
    char text[2048] = ">good\nATGAAA\n";
    for (int i = 0; i < 30; i++) {
        sprintf(text + strlen(text), ">bad%d\nATGA\n", i);
    }
    qd_strains_options coding = plain;
    coding.translate = true;
    qd_notes notes;
    qd_strains *s = parse(text, &coding, &notes);
    size_t named = 0;
    for (size_t i = 0; i < notes.count; i++) {
        named += strstr(notes.line[i], "is left out") != NULL;
    }
    assert_int_equal(named, 20);
    assert_noted(&notes, "records with a frame error, left out: 30");
    qd_notes_clear(&notes);
    qd_strains_free(s);
}

static int64_t day(int year, int month, int day_of_month)
{
    return qd_days_from_date(year, month, day_of_month);
}

static void dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int year, month, day;
    } good[] = {{"2009-01-20", 2009, 1, 20},  {"2009/01/20", 2009, 1, 20},  {"2009-02", 2009, 2, 28},
                {"2012/02/", 2012, 2, 29},    {"2009", 2009, 12, 31},       {"2009//", 2009, 12, 31},
                {"2009-XX-XX", 2009, 12, 31}, {"2009-12-XX", 2009, 12, 31}, {"2020-W53", 2021, 1, 3},
                {"1968", 1968, 12, 31},       {"2020-00-00", 2020, 12, 31}, {"2020-04-00", 2020, 4, 30}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t found;
        if (!qd_date_last_day(good[i].text, &found) || found != day(good[i].year, good[i].month, good[i].day)) {
            fail_msg("%s", good[i].text);
        }
    }
    static const char *const bad[] = {"", "unknown", "83", "2020-00-05",  "-00",
                                      "XXXX-XX-XX", "20-01-2009", "2009-13", "2009-02-30", "2009-01-20 or so", "X"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t found;
        assert_false(qd_date_last_day(bad[i], &found));
    }
}

static const char dated[] = ">s1|2010|n=3\nMKTA\n>s2|2012-05|n=1\nMKTC\n>s3|2013|n=2\nMKTA\n>s4||n=0\nMKTD\n"
                            ">s5|2009-12-31\nMKTE\n";

static void header_patterns(void **state)
{
    (void)state;
    qd_notes notes;
    qd_strains_options o = plain;
    o.date_regex = "[|]([0-9-]+)[|]?";
    o.weight_regex = "n=([0-9]+)$";
    qd_strains *s = parse(dated, &o, &notes);
    assert_int_equal(s->count, 3); /* s4 weighs nothing */
    assert_true(s->weight[0] == 5 && s->weight[1] == 1 && s->weight[2] == 1);
    assert_true(s->day[0] == day(2010, 12, 31) && s->day[1] == day(2012, 5, 31) && s->day[2] == day(2009, 12, 31));
    assert_noted(&notes, "records of which no date is known: 1");
    assert_noted(&notes, "records of which no weight is known, which count once: 1");
    assert_noted(&notes, "records with a weight of 0, left out: 1");
    qd_notes_clear(&notes);
    qd_strains_free(s);

    o.until = day(2012, 12, 31);
    s = parse(dated, &o, &notes);
    assert_int_equal(s->count, 3);
    assert_true(s->weight[0] == 3);
    assert_noted(&notes, "records after the last day, left out: 1");
    assert_noted(&notes, "records without a date, left out: 1");
    qd_notes_clear(&notes);
    qd_strains_free(s);

    o.after = day(2010, 12, 31);
    s = parse(dated, &o, &notes);
    assert_int_equal(s->count, 1);
    assert_noted(&notes, "records up to the day from which is counted, left out: 2");
    qd_notes_clear(&notes);
    qd_strains_free(s);
}

/* By the whole header, its first word, or a part between bars. */
static void metadata(void **state)
{
    (void)state;
    static const char table[] = "strain\tdate\tn\nA/Hong Kong/1/68\t1968\t2\ns2\t2012-05-03\tNA\nEPI3\tNA\t0.5\n";
    const char *path = write_file("metadata.tsv", table, strlen(table));
    qd_notes notes;
    qd_strains_options o = plain;
    o.metadata = path;
    o.id = "strain";
    o.date = "date";
    o.weight = "n";
    qd_strains *s = parse(">A/Hong Kong/1/68\nMA\n>s2 more\nMC\n>x | EPI3 | y\nMD\n>new\nME\n", &o, &notes);
    assert_int_equal(s->count, 4);
    assert_true(s->day[0] == day(1968, 12, 31) && s->day[1] == day(2012, 5, 3));
    assert_true(s->day[2] == QD_UNDATED && s->day[3] == QD_UNDATED);
    assert_true(s->weight[0] == 2 && s->weight[1] == 1 && s->weight[2] == 0.5 && s->weight[3] == 1);
    assert_noted(&notes, "records without a row in the metadata: 1");
    assert_noted(&notes, "records of which no date is known: 2");
    assert_noted(&notes, "records of which no weight is known, which count once: 2");
    qd_notes_clear(&notes);
    qd_strains_free(s);
    assert_int_equal(unlink(path), 0);
}

static void assert_refused_at(const char *text, const qd_strains_options *options, uint64_t line, uint64_t column,
                              const char *part)
{
    qd_strains *s;
    qd_notes notes = {0};
    qd_error error = {0};
    const qd_status status = qd_strains_parse("test.fa", text, strlen(text), options, &s, &notes, &error);
    qd_notes_clear(&notes);
    assert_true(status == QD_ERR_FORMAT || status == QD_ERR_VALUE);
    assert_error(&error, status, line, column, part);
}

static void assert_refused(const char *text, const qd_strains_options *options, uint64_t line, const char *part)
{
    assert_refused_at(text, options, line, 0, part);
}

static void refused(void **state)
{
    (void)state;
    qd_strains_options o = plain;
    assert_refused(">a\nMK\n>b\nMK\n>a\nML\n", &o, 5, "record 3 'a': record 1 has the same name");
    assert_refused(">a\n--*\n", &o, 1, "record 1 'a': it has no residues");
    assert_refused(">a\nACGTACGTAC\n>b\nACGTEACGT\n", &o, 3, "record 2 'b', position 5: 'E' is no nucleotide");
    o.alphabet = &qd_protein;
    assert_refused(">a\nMKTI\n>b\nACGTACGTACGTACGTACGTACGTACGTACGT\n", &o, 3,
                   "record 2 'b': nucleotides where proteins are expected (--translate");
    o.alphabet = &qd_dna;
    assert_refused(">a\nMKTI\n", &o, 1, "record 1 'a', position 4: 'I' is no nucleotide");
    o = plain;
    o.translate = true;
    assert_refused(">a\nATGAAA\n>b\nMKTEIIALS\n", &o, 3, "position 4: 'E' is no nucleotide, so it cannot");
    assert_refused(">a\nATGA\n", &o, 0, "no sequence is left of 1: 1 with a frame error");
    o = plain;
    o.date_regex = "[|](.*)$";
    assert_refused(">a|soon\nMKTI\n", &o, 1, "its date 'soon' is none");
    o.date_regex = "(";
    assert_refused(">a\nMKTI\n", &o, 0, "--header-date: '(' is no pattern");
    o = plain;
    o.weight_regex = "n=(.*)$";
    assert_refused(">a n=-1\nMKTI\n", &o, 1, "its weight '-1' is no number from 0 on");
    static const char table[] = "id,day\na,2001\nb,2002\na,2003\n";
    o = plain;
    o.metadata = write_file("metadata.csv", table, strlen(table));
    o.id = "id";
    assert_refused_at(">a\nMKTI\n", &o, 4, 1, "the name 'a' was that of line 2 already");
    o.id = "name";
    assert_refused(">a\nMKTI\n", &o, 1, "no column is called 'name'");
    assert_int_equal(unlink(o.metadata), 0);
}

/* A thousand sequences among two thousand, found again though the tables grew. */
static void merging(void **state)
{
    (void)state;
    char *text = malloc(100000);
    assert_non_null(text);
    size_t used = 0;
    for (int copy = 0; copy < 2; copy++) {
        for (int i = 0; i < 1000; i++) {
            used += (size_t)sprintf(text + used, ">r%d_%d\nM%c%c%c\n", copy, i, qd_protein.letters[i % 20],
                                    qd_protein.letters[i / 20 % 20], qd_protein.letters[i / 400]);
        }
    }
    qd_notes notes;
    qd_strains *s = parse(text, &plain, &notes);
    assert_int_equal(s->count, 1000);
    for (size_t n = 0; n < 1000; n++) {
        assert_true(s->weight[n] == 2);
        assert_int_equal(qd_strains_residues(s, n)[1], n % 20);
        assert_int_equal(qd_strains_residues(s, n)[3], n / 400);
    }
    qd_notes_clear(&notes);
    qd_strains_free(s);
    free(text);
}

static qd_status run(const void *input, qd_error *error)
{
    qd_strains *s;
    qd_notes notes = {0};
    const qd_strains_options *o = input;
    const qd_status status = qd_strains_parse("test.fa", dated, strlen(dated), o, &s, &notes, error);
    qd_notes_clear(&notes);
    if (status == QD_OK) {
        qd_strains_free(s);
    }
    return status;
}

static void memory(void **state)
{
    (void)state;
    static const char table[] = "id,day\ns1,2001\ns2,2002\n";
    qd_strains_options o = plain;
    o.metadata = write_file("metadata.csv", table, strlen(table));
    o.id = "id";
    o.date = "day";
    o.weight_regex = "n=([0-9]+)$";
    assert_true(fail_every_allocation(run, &o) > 20);
    assert_int_equal(unlink(o.metadata), 0);
}

#ifdef QD_HAVE_HTSLIB
static void wild_types(void **state)
{
    (void)state;
    static const char text[] = ">coding one\natgaaRacgTAA\n>protein\nMKEX\n";
    const char *path = write_file("wild.fa", text, strlen(text));
    qd_wild_type *wild;
    qd_notes notes = {0};
    size_t count;
    qd_error error;
    assert_int_equal(qd_wild_types_read(path, &qd_protein, &plain, &count, &wild, &notes, &error), QD_OK);
    assert_int_equal(count, 2);
    assert_string_equal(wild[0].name, "coding");
    assert_int_equal(wild[0].length, 3);
    assert_memory_equal(wild[0].codon, "ATGAARACG", 9);
    assert_int_equal(wild[1].length, 4);
    assert_int_equal(wild[1].residue[3], 20);
    assert_null(wild[1].codon);
    assert_noted(&notes, "coding: a coding sequence, translated with code 1");
    qd_notes_clear(&notes);
    qd_wild_types_free(count, wild);

    /* A protein given to a model of nucleotides; a frame error. */
    assert_int_equal(qd_wild_types_read(path, &qd_dna, &plain, &count, &wild, &notes, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 0, "record 2 'protein'");
    assert_null(wild);
    static const char broken[] = ">w\natgaaacgTAAT\n>v\natgtaaacg\n";
    path = write_file("wild.fa", broken, strlen(broken));
    assert_int_equal(qd_wild_types_read(path, &qd_protein, &plain, &count, &wild, &notes, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 0, "record 2 'v': a frame error, position 4: a stop before the end");
    qd_notes_clear(&notes);
    assert_int_equal(unlink(path), 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proteins),   cmocka_unit_test(nucleotides),
        cmocka_unit_test(translated), cmocka_unit_test(many_frame_errors),
        cmocka_unit_test(dates),      cmocka_unit_test(header_patterns),
        cmocka_unit_test(metadata),   cmocka_unit_test(refused),
        cmocka_unit_test(merging),    cmocka_unit_test(memory),
#ifdef QD_HAVE_HTSLIB
        cmocka_unit_test(wild_types),
#endif
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
