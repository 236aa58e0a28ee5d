/* Scores of sites: areas by their definition, ranks, the bootstrap, what an alignment says, looking ahead. */
#include "data/helpers.h"

#include "base/file.h"
#include "base/random.h"
#include "eval/site_ahead.h"
#include <math.h>

enum { ROWS = 60 };

static size_t position[ROWS];
static char mutant[ROWS];
static bool positive[ROWS];
static double score[2][ROWS];

/* Sixty rows of twenty sites; the scores have ties, and know something of the truth. */
static qd_site_truth make_truth(void)
{
    qd_site_truth truth = {.count = ROWS, .position = position, .mutant = mutant, .positive = positive};
    const qd_random stream = qd_random_stream(7, QD_FOR_TEST, 0, 0);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t w[4];
        qd_random_block(stream, i, 0, 0, w);
        position[i] = 3 * (i / 3 % 20);
        mutant[i] = "ACD"[i % 3];
        positive[i] = position[i] % 4 == 0 && i % 2 == 0;
        truth.positives += positive[i];
        score[0][i] = (double)(w[0] % 10) + (positive[i] ? 3 : 0);
        score[1][i] = (double)(w[1] % 10) + (positive[i] ? 1 : 0);
    }
    return truth;
}

/* The area of the paper: mutants taken one after the other against positives among them, over N times positives.  Equal
   scores are a straight line: each positive among them stands in their middle. */
static double area(const double *values, const double *weight)
{
    double taken = 0, found = 0, sum = 0, all = 0, positives = 0;
    for (size_t i = 0; i < ROWS; i++) {
        all += weight[i];
        positives += positive[i] ? weight[i] : 0;
    }
    for (double at = 1000; at > -1000; at--) { /* scores are whole */
        double now = 0, of_them = 0;
        for (size_t i = 0; i < ROWS; i++) {
            now += values[i] == at ? weight[i] : 0;
            of_them += values[i] == at && positive[i] ? weight[i] : 0;
        }
        sum += now * (found + 0.5 * of_them);
        taken += now;
        found += of_them;
    }
    assert_true(taken == all);
    return sum / (all * positives);
}

static void areas(void **state)
{
    (void)state;
    const qd_site_truth truth = make_truth();
    const qd_site_score scores[] = {{"first", score[0], false}, {"second", score[1], true}};
    qd_site_result result[2], again[2];
    qd_error error;
    double one[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        one[i] = 1;
    }
    assert_int_equal(qd_site_scores(&truth, 2, scores, 0, 1, result, &error), QD_OK);
    for (size_t k = 0; k < 2; k++) {
        assert_true(fabs(result[k].auc - area(score[k], one)) < 1e-12);
        assert_true(result[k].n == ROWS && result[k].positives == truth.positives && isnan(result[k].low));
    }
    assert_int_equal(result[0].versus, 1);
    assert_int_equal(result[1].versus, SIZE_MAX);
    assert_true(fabs(result[0].difference - (result[0].auc - result[1].auc)) < 1e-12);

    /* The bootstrap: around the area, the same for a seed, another for another. */
    assert_int_equal(qd_site_scores(&truth, 2, scores, 500, 1, result, &error), QD_OK);
    assert_int_equal(qd_site_scores(&truth, 2, scores, 500, 1, again, &error), QD_OK);
    for (size_t k = 0; k < 2; k++) {
        assert_true(result[k].low < result[k].auc && result[k].auc < result[k].high);
        assert_true(result[k].high - result[k].low > 0.05);
        assert_true(result[k].low == again[k].low && result[k].high == again[k].high);
    }
    assert_true(result[0].difference_low < result[0].difference && result[0].difference < result[0].difference_high);
    assert_int_equal(qd_site_scores(&truth, 2, scores, 500, 2, again, &error), QD_OK);
    assert_true(result[0].low != again[0].low);
}

/* A score against itself differs by nothing, whatever is drawn: draws are the same for both. */
static void paired(void **state)
{
    (void)state;
    const qd_site_truth truth = make_truth();
    const qd_site_score scores[] = {{"mine", score[0], false}, {"theirs", score[0], true}};
    qd_site_result result[2];
    qd_error error;
    assert_int_equal(qd_site_scores(&truth, 2, scores, 200, 1, result, &error), QD_OK);
    assert_true(result[0].difference == 0 && result[0].difference_low == 0 && result[0].difference_high == 0);
}

/* Rows without a score are left out of it, and of what it is compared on. */
static void missing(void **state)
{
    (void)state;
    const qd_site_truth truth = make_truth();
    double some[ROWS], weight[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        some[i] = i % 5 == 0 ? NAN : score[0][i];
        weight[i] = i % 5 != 0;
    }
    const qd_site_score scores[] = {{"some", some, false}, {"all", score[1], true}};
    qd_site_result result[2];
    qd_error error;
    assert_int_equal(qd_site_scores(&truth, 2, scores, 0, 1, result, &error), QD_OK);
    assert_int_equal(result[0].n, ROWS - 12);
    assert_int_equal(result[1].n, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        some[i] = isnan(some[i]) ? 0 : some[i];
    }
    assert_true(fabs(result[0].auc - area(some, weight)) < 1e-12);
    assert_true(fabs(result[0].difference - (area(some, weight) - area(score[1], weight))) < 1e-12);
    for (size_t i = 0; i < ROWS; i++) {
        some[i] = positive[i] ? NAN : 1;
    }
    assert_int_equal(qd_site_scores(&truth, 2, scores, 0, 1, result, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "some: of"));
}

static void ranks(void **state)
{
    (void)state;
    const double a[] = {3, 1, NAN, 1, 7}, b[] = {1, 2, 3, 4, NAN};
    double out[5];
    qd_error error;
    assert_int_equal(qd_ranks(5, a, out, &error), QD_OK);
    assert_true(out[0] == 3 && out[1] == 1.5 && isnan(out[2]) && out[3] == 1.5 && out[4] == 4);
    assert_int_equal(qd_rank_sum(5, a, b, 2, out, &error), QD_OK);
    /* of the rows 0, 1, 3: ranks 3, 1.5, 1.5 and 1, 2, 3 */
    assert_true(out[0] == 5 && out[1] == 5.5 && isnan(out[2]) && out[3] == 7.5 && isnan(out[4]));
}

static void writes(void **state)
{
    (void)state;
    const qd_site_score scores[] = {{"mine", NULL, false}, {"entropy", NULL, true}};
    const qd_site_result result[] = {
        {10, 2, 0.75, 0.8125, 0.5, 0.7, 0.8, 1, 0.05, -0.0125, 0.1},
        {10, 2, 0.7, 0.75, 1.0 / 3, NAN, NAN, SIZE_MAX, NAN, NAN, NAN},
    };
    qd_error error;
    char *text;
    size_t size;
    const char *path = path_of("scores.csv");
    assert_int_equal(qd_site_scores_write(path, 2, scores, result, &error), QD_OK);
    assert_int_equal(qd_file_read_all(path, 1 << 20, &text, &size, &error), QD_OK);
    assert_string_equal(text, "score,n,positives,auc,auroc,average_precision,low,high,versus,difference,difference_low,"
                              "difference_high\n"
                              "mine,10,2,0.7500,0.8125,0.5000,0.7000,0.8000,entropy,0.0500,-0.0125,0.1000\n"
                              "entropy,10,2,0.7000,0.7500,0.3333,,,,,,\n");
    qd_mem_free(text);
    assert_int_equal(unlink(path), 0);
}

/* ----------------------------------------------------------------------------------------------- alignments */

static qd_profile *profile_of(const char *reference, const char *const *counts)
{
    uint8_t residue[64] = {0};
    const size_t length = strlen(reference);
    qd_profile *p;
    qd_error error;
    for (size_t i = 0; i < length; i++) {
        residue[i] = qd_letter_code(&qd_protein, reference[i], false);
    }
    assert_int_equal(qd_profile_new(&qd_protein, residue, length, &p, &error), QD_OK);
    for (size_t i = 0; i < length; i++) {
        for (const char *letter = counts[i]; *letter != '\0'; letter++) {
            p->count[i * 21 + qd_letter_code(&qd_protein, *letter, false)] += 1;
        }
    }
    return p;
}

static void baselines(void **state)
{
    (void)state;
    static const char *const counts[] = {"AAAA", "CCCD", "DDEE", "RRRR", "FFFF", "GGGG"};
    qd_profile *p = profile_of("ACDRFI", counts);
    size_t where[] = {0, 1, 2, 3, 5, 6, 1};
    char what[] = {'C', 'D', 'E', 'A', 'A', 'A', '\0'};
    const qd_site_truth truth = {.count = 7, .position = where, .mutant = what};
    double values[QD_SITE_BASELINES][7], *value[QD_SITE_BASELINES];
    for (size_t b = 0; b < QD_SITE_BASELINES; b++) {
        value[b] = values[b];
    }
    qd_error error;
    assert_int_equal(qd_site_baselines(p, &truth, value, &error), QD_OK);
    const double one = -0.75 * log(0.75) - 0.25 * log(0.25), two = log(2);
    assert_true(values[0][0] == 0 && fabs(values[0][1] - one) < 1e-12 && fabs(values[0][2] - two) < 1e-12);
    assert_true(isnan(values[0][5]) && isnan(values[4][5])); /* beyond the end */
    assert_true(values[1][2] < two && values[1][0] > 0);
    /* Ranks of entropy: 2.5 (four of 0), 5, 6; of the smoothed, which falls from position 2 on: ... */
    double sigma2[6], entropy[6];
    qd_profile_entropy(p, entropy);
    qd_smooth(6, entropy, 2, sigma2);
    double rank = 1;
    for (size_t i = 0; i < 6; i++) {
        rank += sigma2[i] < sigma2[2];
    }
    assert_true(values[2][2] == 6 + rank);
    /* Arginine is the most hydrophilic here, isoleucine the least: the third rank is larger at 3 than at 5. */
    assert_true(values[3][3] - values[2][3] > values[3][4] - values[2][4]);
    assert_true(values[4][0] == 0 && values[4][1] == 0.25 && values[4][2] == 0.5 && values[4][6] == 0.25);
    value[2] = NULL; /* one that nobody wants */
    assert_int_equal(qd_site_baselines(p, &truth, value, &error), QD_OK);
    qd_profile_free(p);
}

static void ahead_of_columns(void **state)
{
    (void)state;
    /* New and frequent; there before; rises from below 5%; falls; unknown after. */
    static const char *const before[] = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "ACACA",
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAC", "AAAC", "AAAA"};
    static const char *const after[] = {"AAAAAAAAAAAAAAAAAAAC", "CCCCC", "AAAAAAAAAC", "AAAA", ""};
    qd_profile *b = profile_of("AAAAA", before), *a = profile_of("AAAAA", after);
    qd_site_truth truth;
    qd_error error;
    assert_int_equal(qd_site_truth_ahead(b, a, 0.05, &truth, &error), QD_OK);
    assert_int_equal(truth.count, 4);
    assert_int_equal(truth.unknown, 1);
    assert_true(truth.positive[0] && !truth.positive[1] && truth.positive[2] && !truth.positive[3]);
    assert_int_equal(truth.positives, 2);
    qd_site_truth_clear(&truth);
    qd_profile_free(a);
    qd_profile_free(b);

    /* Just 5% before is not below it. */
    static const char *const just[] = {"AAAAAAAAAAAAAAAAAAAC"}, *const more[] = {"AC"};
    b = profile_of("A", just);
    a = profile_of("A", more);
    assert_int_equal(qd_site_truth_ahead(b, a, 0.05, &truth, &error), QD_OK);
    assert_int_equal(truth.positives, 0);
    qd_site_truth_clear(&truth);
    qd_profile_free(a);
    qd_profile_free(b);
}

#ifdef QD_HAVE_HTSLIB
static void ahead_of_files(void **state)
{
    (void)state;
    static const char dated[] =
        ">a|2008\nMKTIIA\n>b|2010\nMKTIIC\n>c|2011\nMRTIIC\n>d|2012\nMRTIVC\n>d2|2012\nMRTIVC\n";
    uint8_t residue[6];
    for (size_t i = 0; i < 6; i++) {
        residue[i] = qd_letter_code(&qd_protein, "MKTIIA"[i], false);
    }
    const qd_wild_type wild = {.name = (char *)(uintptr_t) "w", .length = 6, .residue = residue};
    const char *path = write_file("dated.fa", dated, strlen(dated));
    qd_strains_options o = {.genetic_code = 1, .longest = 1000, .after = QD_UNDATED, .date_regex = "[|](.*)"};
    assert_true(qd_date_last_day("2010", &o.until));
    qd_site_ahead ahead;
    qd_notes notes = {0};
    qd_error error;
    if (qd_site_ahead_read(&path, 1, &o, &wild, &ahead, &notes, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(ahead.truth.count, 6);
    static const bool rises[] = {false, true, false, false, true, false};
    assert_memory_equal(ahead.truth.positive, rises, sizeof rises);
    assert_true(fabs(ahead.value[0][5] - log(2)) < 1e-12); /* A and C up to 2010 */
    assert_true(ahead.value[1][5] == 0);                   /* C alone in 2009 and 2010 */
    assert_true(ahead.value[2][5] == 6 + 3.5);
    qd_site_ahead_clear(&ahead);
    qd_notes_clear(&notes);
    o.until = QD_UNDATED;
    assert_int_equal(qd_site_ahead_read(&path, 1, &o, &wild, &ahead, &notes, &error), QD_ERR_VALUE);
    assert_true(qd_date_last_day("2012", &o.until));
    assert_int_equal(qd_site_ahead_read(&path, 1, &o, &wild, &ahead, &notes, &error), QD_ERR_FORMAT);
    assert_non_null(strstr(error.message, "no sequence is left"));
    qd_notes_clear(&notes);
    assert_int_equal(unlink(path), 0);
}
#endif

static qd_status run(const void *input, qd_error *error)
{
    const qd_site_score scores[] = {{"mine", score[0], false}, {"theirs", score[1], true}};
    qd_site_result result[2];
    return qd_site_scores(input, 2, scores, 3, 1, result, error);
}

static void memory(void **state)
{
    (void)state;
    const qd_site_truth truth = make_truth();
    assert_true(fail_every_allocation(run, &truth) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas),
        cmocka_unit_test(paired),
        cmocka_unit_test(missing),
        cmocka_unit_test(ranks),
        cmocka_unit_test(writes),
        cmocka_unit_test(baselines),
        cmocka_unit_test(ahead_of_columns),
        cmocka_unit_test(memory),
#ifdef QD_HAVE_HTSLIB
        cmocka_unit_test(ahead_of_files),
#endif
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
