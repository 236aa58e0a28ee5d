/* Tables of mutants: columns, positions, letters, labels, values; what is refused and where. */
#include "data/helpers.h"

#include "eval/site_truth.h"
#include <math.h>

static const qd_table_options options = {.limit = 1 << 20};

static qd_status read_rows(const char *text, const char *names, bool zero_based, const qd_wild_type *wild,
                           qd_site_rows *rows, qd_error *error)
{
    const qd_site_columns columns = {names, zero_based};
    const char *path = write_file("rows.tsv", text, strlen(text));
    const qd_status status = qd_site_rows_read(path, &qd_protein, &columns, wild, &options, rows, error);
    assert_int_equal(unlink(path), 0);
    return status;
}

static void reads(void **state)
{
    (void)state;
    qd_site_rows rows;
    qd_site_truth truth;
    qd_error error;
    static const char hie[] = "pos\twt\tmut\tprob\tis_escape\n0\tM\tA\t0.5\tTrue\n0\tM\tB\t0.1\tFalse\n"
                              "2\tD\tC\tNA\tfalse\n2\tD\tY\t3e-3\t\n";
    assert_int_equal(read_rows(hie, "", true, NULL, &rows, &error), QD_OK);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.foreign, 1);
    assert_true(rows.position[0] == 0 && rows.position[1] == 2 && rows.mutant[2] == 'Y');
    assert_int_equal(qd_site_truth_of(&rows, "is_escape", &truth, &error), QD_OK);
    assert_int_equal(truth.count, 2);
    assert_int_equal(truth.unknown, 1);
    assert_int_equal(truth.positives, 1);
    assert_true(truth.positive[0] && !truth.positive[1]);
    size_t column[4];
    assert_int_equal(qd_site_number_columns(&rows, "is_escape", 4, column), 1);
    double value[2];
    assert_int_equal(qd_site_values(&rows, column[0], &truth, value, &error), QD_OK);
    assert_true(value[0] == 0.5 && isnan(value[1]));
    qd_site_truth_clear(&truth);
    qd_site_rows_clear(&rows);

    /* Other names, and mutants written whole; a table of sites gives its values to all mutants of one. */
    assert_int_equal(read_rows("a,where\nW,3\nV,1\n", "position=where,mutant=a", false, NULL, &rows, &error), QD_OK);
    assert_true(rows.position[0] == 2 && rows.mutant[1] == 'V');
    qd_site_rows_clear(&rows);
    assert_int_equal(read_rows("mutant,label\nM1V,1\nD3W,0\nM1V:D3W,0\n", "", false, NULL, &rows, &error), QD_OK);
    assert_int_equal(rows.count, 2);
    assert_true(rows.position[1] == 2 && rows.mutant[1] == 'W' && rows.foreign == 1);
    assert_int_equal(qd_site_truth_of(&rows, "label", &truth, &error), QD_OK);
    qd_site_rows_clear(&rows);
    assert_int_equal(read_rows("site,score\n1,0.25\n2,0.5\n", "", false, NULL, &rows, &error), QD_OK);
    assert_int_equal(qd_site_values(&rows, 1, &truth, value, &error), QD_OK);
    assert_true(value[0] == 0.25 && isnan(value[1]));
    qd_site_truth_clear(&truth);
    qd_site_rows_clear(&rows);
}

static void refused(void **state)
{
    (void)state;
    uint8_t residue[] = {10, 0, 2}; /* M A D */
    const qd_wild_type wild = {.name = (char *)(uintptr_t) "wild", .length = 3, .residue = residue};
    static const struct {
        const char *text, *names;
        bool zero_based;
        qd_status status;
        uint64_t line, column;
        const char *part;
    } bad[] = {
        {"a,b\n1,2\n", "", false, QD_ERR_VALUE, 1, 0, "no column for positions"},
        {"a,b\n1,2\n", "position=c", false, QD_ERR_VALUE, 1, 0, "no column is called 'c'"},
        {"a,b\n1,2\n", "place=a", false, QD_ERR_VALUE, 0, 0, "'place=a' is not position="},
        {"pos,mut\n4,A\n", "", false, QD_ERR_FORMAT, 2, 1, "position 4 is none of 1 to 3"},
        {"pos,mut\n0,A\n", "", false, QD_ERR_FORMAT, 2, 1, "--zero-based"},
        {"pos,mut\n3,A\n", "", true, QD_ERR_FORMAT, 2, 1, "position 3 is none of 0 to 2"},
        {"pos,mut\n1.5,A\n", "", false, QD_ERR_FORMAT, 2, 1, "position 1.5"},
        {"pos,mut\nx,A\n", "", false, QD_ERR_FORMAT, 2, 1, "expected a finite number"},
        {"pos,wt,mut\n1,M,A\n2,K,C\n", "", false, QD_ERR_FORMAT, 3, 2, "position 2: the table's wild type is not"},
        {"pos,mut\n1,A\n2,C\n1,A\n", "", false, QD_ERR_FORMAT, 4, 0, "the same mutant as in line 2"},
        {"mutant\nM1V\nK2V\n", "", false, QD_ERR_FORMAT, 3, 1, "which has A"},
        {"mutant\nM9V\n", "", false, QD_ERR_FORMAT, 2, 1, "beyond the end"},
        {"mutant\nwhat\n", "", false, QD_ERR_FORMAT, 2, 1, "'what' is no mutant"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qd_site_rows rows;
        qd_error error = {0};
        assert_int_equal(read_rows(bad[i].text, bad[i].names, bad[i].zero_based, &wild, &rows, &error), bad[i].status);
        assert_error(&error, bad[i].status, bad[i].line, bad[i].column, bad[i].part);
    }
    qd_site_rows rows;
    qd_site_truth truth;
    qd_error error;
    assert_int_equal(read_rows("pos,mut,label\n1,A,true\n2,C,maybe\n", "", false, NULL, &rows, &error), QD_OK);
    assert_int_equal(qd_site_truth_of(&rows, "label", &truth, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 3, "expected true or false");
    assert_int_equal(qd_site_truth_of(&rows, "labels", &truth, &error), QD_ERR_VALUE);
    qd_site_rows_clear(&rows);
}

static qd_status run(const void *input, qd_error *error)
{
    qd_site_rows rows;
    qd_site_truth truth;
    double value[2];
    const qd_site_columns columns = {"", false};
    qd_status status = qd_site_rows_read(input, &qd_protein, &columns, NULL, &options, &rows, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_site_truth_of(&rows, "label", &truth, error);
    if (status == QD_OK) {
        status = qd_site_values(&rows, 2, &truth, value, error);
        qd_site_truth_clear(&truth);
    }
    qd_site_rows_clear(&rows);
    return status;
}

static void memory(void **state)
{
    (void)state;
    const char *path = write_file("rows.csv", "pos,mut,label\n1,A,1\n2,C,0\n", 26);
    assert_true(fail_every_allocation(run, path) >= 12);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(refused), cmocka_unit_test(memory)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
