/* Ranking: one sort, then sums over steps of equal scores. */
#include "eval/ranking.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

typedef struct place {
    double score;
    size_t index; /* as the caller counts */
    bool positive;
} place;

struct qd_ranking {
    size_t count;
    place *places; /* [count], falling score */
};

static int by_falling_score(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->score != y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return x->index < y->index ? -1 : 1;
}

qd_status qd_ranking_new(size_t n, const double *score, const bool *positive, qd_ranking **out, qd_error *error)
{
    qd_ranking *ranking = qd_mem_new(1, sizeof *ranking);
    place *places = qd_mem_new(n, sizeof *places);
    if (ranking == NULL || places == NULL) {
        qd_mem_free(ranking);
        qd_mem_free(places);
        return qd_fail_memory(error, n * sizeof *places, "a ranking");
    }
    for (size_t i = 0; i < n; i++) {
        assert(!isnan(score[i]));
        places[i] = (place){score[i], i, positive[i]};
    }
    qsort(places, n, sizeof *places, by_falling_score);
    *ranking = (qd_ranking){n, places};
    *out = ranking;
    return QD_OK;
}

void qd_ranking_free(qd_ranking *ranking)
{
    if (ranking != NULL) {
        qd_mem_free(ranking->places);
        qd_mem_free(ranking);
    }
}

/* Positives and negatives of the step of equal scores that begins at place i; returns the place after it. */
static size_t step(const qd_ranking *ranking, const double *weight, size_t i, double *positives, double *negatives)
{
    const double score = ranking->places[i].score;
    *positives = *negatives = 0;
    for (; i < ranking->count && ranking->places[i].score == score; i++) {
        const double w = weight != NULL ? weight[ranking->places[i].index] : 1;
        *(ranking->places[i].positive ? positives : negatives) += w;
    }
    return i;
}

double qd_ranking_auroc(const qd_ranking *ranking, const double *weight)
{
    double before = 0, all_negatives = 0, pairs = 0; /* before: positives with higher scores */
    for (size_t i = 0; i < ranking->count;) {
        double positives, negatives;
        i = step(ranking, weight, i, &positives, &negatives);
        pairs += negatives * (before + positives / 2);
        before += positives;
        all_negatives += negatives;
    }
    return pairs / (before * all_negatives); /* 0 / 0 is NaN */
}

double qd_ranking_average_precision(const qd_ranking *ranking, const double *weight)
{
    double hits = 0, taken = 0, sum = 0;
    for (size_t i = 0; i < ranking->count;) {
        double positives, negatives;
        i = step(ranking, weight, i, &positives, &negatives);
        hits += positives;
        taken += positives + negatives;
        sum += taken > 0 ? positives * (hits / taken) : 0;
    }
    return sum / hits;
}
