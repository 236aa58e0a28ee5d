/* Classification: scores of probabilities and labels against true classes.  docs/cells.md has the definitions for
 * users.
 */
#ifndef QD_EVAL_CLASSIFY_H
#define QD_EVAL_CLASSIFY_H

#include "base/error.h"
#include <stdbool.h>

/* What is scored; all borrowed.  Rows whose truth is negative are left out. */
typedef struct qd_classified {
    size_t n, classes;
    const int32_t *truth; /* [n]: class, or negative where it is not known */
    const int32_t *label; /* [n]: the class that was chosen */
    const float *p;       /* [n][classes]: its probabilities */
    const size_t *unit;   /* [n]: what the bootstrap draws (track, lineage), below `units`; NULL: every row is one */
    size_t units;
} qd_classified;

/* Means over rows.  Over classes: those that come up in the truth.  NaN where nothing could be scored. */
enum qd_class_score {
    QD_ACCURACY,
    QD_BALANCED_ACCURACY, /* mean recall over classes */
    QD_MACRO_F1,          /* mean over classes of 2 tp / (true + chosen) */
    QD_AUROC,             /* of two classes: of the second one; else mean over classes of one against the rest */
    QD_AVERAGE_PRECISION, /* likewise */
    QD_LOG_LOSS,          /* -log of the probability of the true class, at least 1e-15 */
    QD_ECE,               /* calibration error: over 15 bins of the chosen class's probability, |accuracy - mean
                             probability| weighted by the rows in it (Guo et al. 2017) */
    QD_CLASS_SCORES
};
extern const char *const qd_class_score_names[QD_CLASS_SCORES]; /* columns of `evaluate` */

enum { QD_CALIBRATION_BINS = 15 };

typedef struct qd_class_scores {
    double rows; /* scored */
    double score[QD_CLASS_SCORES];
    double low[QD_CLASS_SCORES], high[QD_CLASS_SCORES]; /* the bootstrap's 2.5% and 97.5%; NaN without one */
    size_t classes;
    double *confusion; /* [classes][classes]: rows of true class i that were called j */
    struct {
        double rows, hits, probability; /* probability: summed */
    } bin[QD_CALIBRATION_BINS];
} qd_class_scores;

/* draws: of the bootstrap over units, 0 for none; seed: of its random numbers. */
QD_CHECKED qd_status qd_classify(const qd_classified *classified, size_t draws, uint64_t seed, qd_class_scores *scores,
                                 qd_error *error);
void qd_class_scores_clear(qd_class_scores *scores);

/* Of a class: tp / chosen, tp / true; NaN where none was chosen, or true. */
double qd_class_precision(const qd_class_scores *scores, size_t class_index);
double qd_class_recall(const qd_class_scores *scores, size_t class_index);

#endif
