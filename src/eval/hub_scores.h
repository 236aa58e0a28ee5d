/* Hub scores: the tallies of one or several files of forecasts against observations. */
#ifndef QD_EVAL_HUB_SCORES_H
#define QD_EVAL_HUB_SCORES_H

#include "eval/hub.h"
#include "eval/scores.h"

enum { QD_HUB_MODELS = 2 };

/* What is scored. */
typedef struct qd_hub_plan {
    size_t models;                    /* 1 or 2 */
    const qd_hub *hub[QD_HUB_MODELS]; /* rel_wis is relative to the second */
    const qd_truth *truth;
    const qd_hub *match; /* only what this file forecasts too; NULL: everything */
    const char *target;  /* this target alone; NULL: all */
} qd_hub_plan;

/* What became of a file's forecasts (of the target that is scored). */
typedef struct qd_hub_counts {
    size_t scored, unmatched, unknown; /* unknown: without an observation */
} qd_hub_counts;

typedef struct qd_hub_scores qd_hub_scores;

/* Series are locations, as "LOCATION/TARGET" where several targets are scored.  QD_ERR_VALUE: several targets and a
   truth that does not tell them apart, a target that is not there, and a first file none of whose forecasts can be
   scored. */
QD_CHECKED qd_status qd_hub_scores_new(const qd_hub_plan *plan, qd_hub_scores **out, qd_error *error);
void qd_hub_scores_free(qd_hub_scores *scores);

/* Borrowed: for qd_scores_write; and what became of file `model`. */
const qd_scores *qd_hub_scores_table(const qd_hub_scores *scores);
qd_hub_counts qd_hub_scores_counts(const qd_hub_scores *scores, size_t model);

#endif
