/* Classification scores against scikit-learn's (tests/golden/classify.txt), and on small cases done by hand. */
#include "test.h"
#include "base/mem.h"
#include "eval/classify.h"
#include "eval/ranking.h"
#include "train/golden.h"

#include <math.h>

enum { MOST = 256, MOST_CLASSES = 8 };

static void test_golden(void **unused)
{
    (void)unused;
    static int32_t truth[MOST], label[MOST];
    static float p[MOST * MOST_CLASSES];
    FILE *file = golden_open("classify.txt");
    char line[64];
    size_t cases = 0;
    for (; golden_next(file, line, sizeof line); cases++) {
        qd_classified c = {.truth = truth, .label = label, .p = p};
        assert_int_equal(sscanf(line, "%zu %zu", &c.n, &c.classes), 2);
        assert_true(c.n <= MOST && c.classes <= MOST_CLASSES);
        for (size_t i = 0; i < c.n; i++) {
            assert_int_equal(fscanf(file, "%d", &truth[i]), 1);
        }
        for (size_t i = 0; i < c.n; i++) {
            label[i] = 0;
            for (size_t k = 0; k < c.classes; k++) {
                assert_int_equal(fscanf(file, "%f", &p[i * c.classes + k]), 1);
                label[i] = p[i * c.classes + k] > p[i * c.classes + (size_t)label[i]] ? (int32_t)k : label[i];
            }
        }
        qd_class_scores scores;
        assert_int_equal(qd_classify(&c, 0, 1, &scores, NULL), QD_OK);
        for (size_t s = 0; s < QD_CLASS_SCORES; s++) {
            double expected;
            assert_int_equal(fscanf(file, "%lf", &expected), 1);
            if (!(fabs(scores.score[s] - expected) <= 1e-12)) {
                fail_msg("%s: %s is %.17g, not %.17g", line, qd_class_score_names[s], scores.score[s], expected);
            }
        }
        qd_class_scores_clear(&scores);
    }
    fclose(file);
    assert_int_equal(cases, 5);
}

/* A row without truth counts nowhere; a class that is not there has no recall, and no part in the means. */
static void test_unknown_and_absent(void **unused)
{
    (void)unused;
    static const int32_t truth[] = {0, 0, 1, -1}, label[] = {0, 2, 1, 1};
    static const float p[] = {0.8f, 0.1f, 0.1f, 0.2f, 0.3f, 0.5f, 0.1f, 0.7f, 0.2f, 0, 1, 0};
    const qd_classified c = {.n = 4, .classes = 3, .truth = truth, .label = label, .p = p};
    qd_class_scores scores;
    assert_int_equal(qd_classify(&c, 0, 1, &scores, NULL), QD_OK);
    assert_true(scores.rows == 3);
    assert_true(fabs(scores.score[QD_ACCURACY] - 2.0 / 3) < 1e-15);
    assert_true(fabs(scores.score[QD_BALANCED_ACCURACY] - 0.75) < 1e-15);
    assert_true(fabs(scores.score[QD_MACRO_F1] - (2.0 / 3 + 1) / 2) < 1e-15);
    assert_true(scores.score[QD_AUROC] == 1 && scores.score[QD_AVERAGE_PRECISION] == 1);
    assert_true(isnan(qd_class_recall(&scores, 2)) && qd_class_precision(&scores, 2) == 0);
    assert_true(scores.confusion[0 * 3 + 2] == 1 && scores.confusion[1 * 3 + 1] == 1);
    assert_true(isnan(scores.low[QD_ACCURACY]));
    qd_class_scores_clear(&scores);
}

/* Draws are of whole units: with two of them, one all right and one all wrong, the accuracy of a draw is 0, .5 or 1. */
static void test_bootstrap(void **unused)
{
    (void)unused;
    static const int32_t truth[] = {0, 1, 0, 1, 0, 1}, label[] = {0, 1, 0, 0, 1, 0};
    static const size_t unit[] = {0, 0, 0, 1, 1, 1};
    static const float p[] = {1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0};
    const qd_classified c = {.n = 6, .classes = 2, .truth = truth, .label = label, .p = p, .unit = unit, .units = 2};
    qd_class_scores scores, again;
    assert_int_equal(qd_classify(&c, 200, 5, &scores, NULL), QD_OK);
    assert_int_equal(qd_classify(&c, 200, 5, &again, NULL), QD_OK);
    assert_true(scores.score[QD_ACCURACY] == 0.5 && scores.low[QD_ACCURACY] == 0 && scores.high[QD_ACCURACY] == 1);
    assert_memory_equal(scores.low, again.low, sizeof scores.low);
    qd_class_scores_clear(&scores);
    qd_class_scores_clear(&again);
}

static void test_ranking_weights(void **unused)
{
    (void)unused;
    static const double score[] = {3, 2, 2, 1}, once[] = {1, 1, 1, 1}, weight[] = {0, 2, 1, 1};
    static const bool positive[] = {false, true, false, false};
    qd_ranking *ranking;
    assert_int_equal(qd_ranking_new(4, score, positive, &ranking, NULL), QD_OK);
    assert_true(qd_ranking_auroc(ranking, NULL) == 0.5 && qd_ranking_auroc(ranking, once) == 0.5);
    assert_true(qd_ranking_average_precision(ranking, NULL) == 1.0 / 3);
    assert_true(qd_ranking_auroc(ranking, weight) == 0.75);
    assert_true(qd_ranking_average_precision(ranking, weight) == 2.0 / 3);
    qd_ranking_free(ranking);
    assert_int_equal(qd_ranking_new(4, score, (const bool[4]){false}, &ranking, NULL), QD_OK);
    assert_true(isnan(qd_ranking_auroc(ranking, NULL)) && isnan(qd_ranking_average_precision(ranking, NULL)));
    qd_ranking_free(ranking);
}

static bool fail_at(void *context, size_t bytes)
{
    (void)bytes;
    int *left = context;
    return (*left)-- != 0;
}

static void test_every_allocation_may_fail(void **unused)
{
    (void)unused;
    static const int32_t truth[] = {0, 1, 2}, label[] = {0, 1, 1};
    static const float p[] = {1, 0, 0, 0, 1, 0, 0, 1, 0};
    const qd_classified c = {.n = 3, .classes = 3, .truth = truth, .label = label, .p = p};
    qd_status status = QD_ERR_MEMORY;
    for (int nth = 0; status != QD_OK; nth++) {
        int left = nth;
        qd_class_scores scores;
        qd_mem_set_hook(fail_at, &left);
        status = qd_classify(&c, 3, 1, &scores, NULL);
        qd_mem_set_hook(NULL, NULL);
        assert_true(status == QD_OK || status == QD_ERR_MEMORY);
        if (status == QD_OK) {
            assert_true(nth >= 10);
            qd_class_scores_clear(&scores);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_unknown_and_absent),
        cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_ranking_weights),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
