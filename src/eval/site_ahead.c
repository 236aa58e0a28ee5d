/* The sequences of three spans of time (all up to a day, the last two years of it, all after it) into a truth by site
   and the scores that it must be beaten by. */
#include "eval/site_ahead.h"
#include "base/mem.h"

#include <string.h>

const char *const qd_ahead_baseline_names[QD_AHEAD_BASELINES] = {"entropy_all_years", "entropy_last_two_years",
                                                                 "entropy_years_ranks"};

enum { ALL_YEARS, LAST_TWO, FUTURE, SPANS };

static const double share = 0.05; /* of ACCURACY's truth */

static qd_status read_span(const char *const *paths, size_t count, const qd_strains_options *options, int span,
                           const qd_wild_type *wild, qd_profile **profile, qd_notes *notes, qd_error *error)
{
    qd_strains_options of_span = *options;
    of_span.after = span == FUTURE ? options->until : span == LAST_TWO ? options->until - 730 : QD_UNDATED;
    of_span.until = span == FUTURE ? QD_UNDATED : options->until;
    qd_strains *strains = NULL;
    qd_status status = qd_strains_read(paths, count, &of_span, &strains, notes, error);
    if (status == QD_OK) {
        status = qd_profile_of(strains, wild->residue, wild->length, false, profile, error);
    }
    qd_strains_free(strains);
    return status;
}

static qd_status score_past(qd_profile *const profile[SPANS], qd_site_ahead *ahead, qd_error *error)
{
    const size_t length = profile[ALL_YEARS]->length, rows = ahead->truth.count;
    double *entropy = qd_mem_new(length, sizeof *entropy);
    qd_status status = entropy != NULL ? QD_OK : qd_fail_memory(error, length * sizeof *entropy, "entropies");
    for (size_t b = 0; b < QD_AHEAD_BASELINES && status == QD_OK; b++) {
        ahead->value[b] = qd_mem_new(rows, sizeof *ahead->value[b]);
        status = ahead->value[b] != NULL ? QD_OK : qd_fail_memory(error, rows * sizeof **ahead->value, "entropies");
    }
    for (int span = ALL_YEARS; span <= LAST_TWO && status == QD_OK; span++) {
        qd_profile_entropy(profile[span], entropy);
        for (size_t n = 0; n < rows; n++) {
            ahead->value[span][n] = entropy[ahead->truth.position[n]];
        }
    }
    qd_mem_free(entropy);
    return status == QD_OK
               ? qd_rank_sum(rows, ahead->value[ALL_YEARS], ahead->value[LAST_TWO], 1, ahead->value[2], error)
               : status;
}

qd_status qd_site_ahead_read(const char *const *paths, size_t count, const qd_strains_options *options,
                             const qd_wild_type *wild, qd_site_ahead *ahead, qd_notes *notes, qd_error *error)
{
    *ahead = (qd_site_ahead){0};
    if (options->until == QD_UNDATED) {
        return qd_fail(error, QD_ERR_VALUE, "until: which day is the last that is known?");
    }
    qd_profile *profile[SPANS] = {NULL, NULL, NULL};
    qd_status status = QD_OK;
    for (int span = 0; span < SPANS && status == QD_OK; span++) {
        status = read_span(paths, count, options, span, wild, &profile[span], notes, error);
    }
    if (status == QD_OK) {
        status = qd_site_truth_ahead(profile[ALL_YEARS], profile[FUTURE], share, &ahead->truth, error);
    }
    if (status == QD_OK) {
        status = score_past(profile, ahead, error);
    }
    for (int span = 0; span < SPANS; span++) {
        qd_profile_free(profile[span]);
    }
    if (status != QD_OK) {
        qd_site_ahead_clear(ahead);
    }
    return status;
}

void qd_site_ahead_clear(qd_site_ahead *ahead)
{
    qd_site_truth_clear(&ahead->truth);
    for (size_t b = 0; b < QD_AHEAD_BASELINES; b++) {
        qd_mem_free(ahead->value[b]);
    }
    *ahead = (qd_site_ahead){0};
}
