/* Classification scores.  All are sums over rows with weights, so that a draw of the bootstrap is another weight. */
#include "eval/classify.h"
#include "base/mem.h"
#include "eval/bootstrap.h"
#include "eval/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const qd_class_score_names[QD_CLASS_SCORES] = {
    "accuracy", "balanced_accuracy", "macro_f1", "auroc", "average_precision", "log_loss", "ece"};

/* What every draw shares. */
typedef struct scoring {
    const qd_classified *c;
    qd_ranking **ranking; /* [classes]: one against the rest; NULL for a class that is not ranked */
    double *weight;       /* [n]: how often each counts; 0 where the truth is not known */
    double *draw;         /* [units]: how often each was drawn */
} scoring;

static bool known(const qd_classified *c, size_t row)
{
    return c->truth[row] >= 0;
}

/* ------------------------------------------------------------------------------------------- the scores */

static double recall_of(const double *confusion, size_t classes, size_t k)
{
    double all = 0;
    for (size_t j = 0; j < classes; j++) {
        all += confusion[k * classes + j];
    }
    return confusion[k * classes + k] / all;
}

static double chosen_of(const double *confusion, size_t classes, size_t k)
{
    double all = 0;
    for (size_t i = 0; i < classes; i++) {
        all += confusion[i * classes + k];
    }
    return all;
}

static void score_confusion(qd_class_scores *scores)
{
    const size_t classes = scores->classes;
    const double *confusion = scores->confusion;
    double hits = 0, recalls = 0, f1 = 0, present = 0;
    for (size_t k = 0; k < classes; k++) {
        const double tp = confusion[k * classes + k], recall = recall_of(confusion, classes, k);
        hits += tp;
        if (!isnan(recall)) { /* the class is there */
            const double all = recall > 0 ? tp / recall : 0;
            present += 1;
            recalls += recall;
            f1 += tp > 0 ? 2 * tp / (all + chosen_of(confusion, classes, k)) : 0;
        }
    }
    scores->score[QD_ACCURACY] = hits / scores->rows;
    scores->score[QD_BALANCED_ACCURACY] = recalls / present;
    scores->score[QD_MACRO_F1] = f1 / present;
}

static void score_rankings(const scoring *s, qd_class_scores *scores)
{
    double auroc = 0, precision = 0, aurocs = 0, precisions = 0;
    for (size_t k = 0; k < scores->classes; k++) {
        if (s->ranking[k] != NULL) {
            const double a = qd_ranking_auroc(s->ranking[k], s->weight);
            const double p = qd_ranking_average_precision(s->ranking[k], s->weight);
            auroc += isnan(a) ? 0 : a;
            aurocs += isnan(a) ? 0 : 1;
            precision += isnan(p) ? 0 : p;
            precisions += isnan(p) ? 0 : 1;
        }
    }
    scores->score[QD_AUROC] = auroc / aurocs;
    scores->score[QD_AVERAGE_PRECISION] = precision / precisions;
}

/* One row's part in confusion, log loss and calibration. */
static void add_row(const scoring *s, size_t row, double w, qd_class_scores *scores)
{
    const qd_classified *c = s->c;
    const size_t truth = (size_t)c->truth[row], label = (size_t)c->label[row];
    const double confidence = (double)c->p[row * c->classes + label];
    const size_t place = (size_t)(confidence * QD_CALIBRATION_BINS);
    const size_t bin = place < QD_CALIBRATION_BINS ? place : QD_CALIBRATION_BINS - 1;
    scores->rows += w;
    scores->confusion[truth * c->classes + label] += w;
    scores->score[QD_LOG_LOSS] -= w * log(fmax((double)c->p[row * c->classes + truth], 1e-15));
    scores->bin[bin].rows += w;
    scores->bin[bin].hits += truth == label ? w : 0;
    scores->bin[bin].probability += w * confidence;
}

static void score_all(const scoring *s, qd_class_scores *scores)
{
    const qd_classified *c = s->c;
    scores->rows = 0;
    memset(scores->score, 0, sizeof scores->score);
    memset(scores->bin, 0, sizeof scores->bin);
    memset(scores->confusion, 0, c->classes * c->classes * sizeof(double));
    for (size_t row = 0; row < c->n; row++) {
        if (s->weight[row] > 0) {
            add_row(s, row, s->weight[row], scores);
        }
    }
    score_confusion(scores);
    score_rankings(s, scores);
    scores->score[QD_LOG_LOSS] /= scores->rows;
    for (size_t b = 0; b < QD_CALIBRATION_BINS; b++) {
        scores->score[QD_ECE] += fabs(scores->bin[b].hits - scores->bin[b].probability) / scores->rows;
    }
}

/* ----------------------------------------------------------------------------------------- the bootstrap */

/* The weights of the rows in a draw of their units. */
static void draw_units(scoring *s, size_t number, uint64_t seed)
{
    qd_bootstrap_draw(seed, number, s->c->unit != NULL ? s->c->units : s->c->n, s->draw);
    for (size_t row = 0; row < s->c->n; row++) {
        s->weight[row] = known(s->c, row) ? s->draw[s->c->unit != NULL ? s->c->unit[row] : row] : 0;
    }
}

static qd_status bootstrap(scoring *s, size_t draws, uint64_t seed, qd_class_scores *scores, qd_error *error)
{
    const qd_classified *c = s->c;
    const size_t units = c->unit != NULL ? c->units : c->n;
    qd_class_scores each = {.classes = c->classes};
    double *values = qd_mem_new(draws, QD_CLASS_SCORES * sizeof *values);
    each.confusion = qd_mem_new(c->classes, c->classes * sizeof(double));
    s->draw = qd_mem_new(units, sizeof *s->draw);
    qd_status status = QD_OK;
    if (values == NULL || each.confusion == NULL || s->draw == NULL) {
        status = qd_fail_memory(error, draws * QD_CLASS_SCORES * sizeof *values, "a bootstrap");
    }
    for (size_t i = 0; i < draws && status == QD_OK; i++) {
        draw_units(s, i, seed);
        score_all(s, &each);
        for (size_t k = 0; k < QD_CLASS_SCORES; k++) {
            values[k * draws + i] = each.score[k];
        }
    }
    for (size_t k = 0; k < QD_CLASS_SCORES && status == QD_OK; k++) {
        qd_bootstrap_interval(draws, values + k * draws, &scores->low[k], &scores->high[k]);
    }
    qd_mem_free(values);
    qd_class_scores_clear(&each);
    return status;
}

/* ---------------------------------------------------------------------------------------------- the whole */

static qd_status rank(scoring *s, qd_error *error)
{
    const qd_classified *c = s->c;
    double *score = qd_mem_new(c->n, sizeof *score);
    bool *positive = qd_mem_new(c->n, sizeof *positive);
    s->weight = qd_mem_new(c->n, sizeof *s->weight);
    qd_status status = score == NULL || positive == NULL || s->weight == NULL
                           ? qd_fail_memory(error, c->n * sizeof *score, "scores")
                           : QD_OK;
    for (size_t k = c->classes == 2 ? 1 : 0; k < c->classes && status == QD_OK; k++) {
        for (size_t row = 0; row < c->n; row++) {
            score[row] = (double)c->p[row * c->classes + k];
            positive[row] = c->truth[row] == (int32_t)k;
            s->weight[row] = known(c, row) ? 1 : 0;
        }
        status = qd_ranking_new(c->n, score, positive, &s->ranking[k], error);
    }
    qd_mem_free(score);
    qd_mem_free(positive);
    return status;
}

qd_status qd_classify(const qd_classified *c, size_t draws, uint64_t seed, qd_class_scores *scores, qd_error *error)
{
    scoring s = {.c = c, .ranking = qd_mem_new(c->classes, sizeof *s.ranking)};
    *scores = (qd_class_scores){.classes = c->classes};
    scores->confusion = qd_mem_new(c->classes, c->classes * sizeof(double));
    qd_status status = s.ranking == NULL || scores->confusion == NULL
                           ? qd_fail_memory(error, c->classes * c->classes * sizeof(double), "scores")
                           : rank(&s, error);
    if (status == QD_OK) {
        score_all(&s, scores);
    }
    for (size_t k = 0; k < QD_CLASS_SCORES; k++) {
        scores->low[k] = scores->high[k] = NAN;
    }
    if (status == QD_OK && draws > 0) {
        status = bootstrap(&s, draws, seed, scores, error);
    }
    for (size_t k = 0; s.ranking != NULL && k < c->classes; k++) {
        qd_ranking_free(s.ranking[k]);
    }
    qd_mem_free(s.ranking);
    qd_mem_free(s.weight);
    qd_mem_free(s.draw);
    if (status != QD_OK) {
        qd_class_scores_clear(scores);
    }
    return status;
}

void qd_class_scores_clear(qd_class_scores *scores)
{
    qd_mem_free(scores->confusion);
    scores->confusion = NULL;
}

double qd_class_precision(const qd_class_scores *scores, size_t k)
{
    return scores->confusion[k * scores->classes + k] / chosen_of(scores->confusion, scores->classes, k);
}

double qd_class_recall(const qd_class_scores *scores, size_t k)
{
    return recall_of(scores->confusion, scores->classes, k);
}
