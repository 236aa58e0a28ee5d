/* What an alignment alone says of sites and mutants; and the truth of looking ahead. */
#include "base/mem.h"
#include "eval/site_scores.h"

#include <math.h>

const char *const qd_site_baseline_names[QD_SITE_BASELINES] = {"alignment_entropy", "smoothed_entropy", "entropy_ranks",
                                                               "entropy_hydropathy_ranks", "frequency"};

enum { OF_SITES = 4, SCRATCH = 2 }; /* the last baseline is of mutants */

/* column[b][T] of the four that are of sites; scratch: [2][T]. */
static qd_status score_columns(const qd_profile *profile, double *column[OF_SITES], double *scratch[SCRATCH],
                               qd_error *error)
{
    const size_t length = profile->length;
    qd_profile_entropy(profile, column[0]);
    qd_smooth(length, column[0], 1, column[1]);
    qd_smooth(length, column[0], 2, scratch[0]);
    qd_status status = qd_rank_sum(length, column[0], scratch[0], 1, column[2], error);
    for (size_t i = 0; i < length; i++) {
        scratch[0][i] = profile->alphabet == &qd_protein ? -qd_hydropathy(profile->reference[i]) : 0;
    }
    qd_smooth(length, scratch[0], 2, scratch[1]);
    if (status == QD_OK) {
        status = qd_ranks(length, scratch[1], column[3], error);
    }
    for (size_t i = 0; i < length && status == QD_OK; i++) {
        column[3][i] += column[2][i];
    }
    return status;
}

/* Of a mutant: its residue; of a site: all but the most frequent one. */
static double frequency(const qd_profile *profile, size_t position, char mutant)
{
    if (mutant != '\0') {
        return qd_profile_frequency(profile, position, qd_letter_code(profile->alphabet, mutant, false));
    }
    double sum = 0, most = 0;
    for (uint8_t k = 0; k < profile->alphabet->count; k++) {
        const double share = qd_profile_frequency(profile, position, k);
        sum += share;
        most = share > most ? share : most;
    }
    return sum - most;
}

qd_status qd_site_baselines(const qd_profile *profile, const qd_site_truth *truth, double *value[QD_SITE_BASELINES],
                            qd_error *error)
{
    const size_t length = profile->length;
    double *block = qd_mem_new(length, (OF_SITES + SCRATCH) * sizeof *block);
    if (block == NULL) {
        return qd_fail_memory(error, length * (OF_SITES + SCRATCH) * sizeof *block, "columns");
    }
    double *column[OF_SITES], *scratch[SCRATCH];
    for (size_t b = 0; b < OF_SITES; b++) {
        column[b] = block + b * length;
    }
    for (size_t b = 0; b < SCRATCH; b++) {
        scratch[b] = block + (OF_SITES + b) * length;
    }
    const qd_status status = score_columns(profile, column, scratch, error);
    for (size_t n = 0; n < truth->count && status == QD_OK; n++) {
        const size_t at = truth->position[n];
        for (size_t b = 0; b < QD_SITE_BASELINES; b++) {
            if (value[b] != NULL) {
                value[b][n] = at >= length   ? NAN
                              : b < OF_SITES ? column[b][at]
                                             : frequency(profile, at, truth->mutant[n]);
            }
        }
    }
    qd_mem_free(block);
    return status;
}

/* ------------------------------------------------------------------------------------------ looking ahead */

static bool anything_known(const qd_profile *profile, size_t position)
{
    for (uint8_t k = 0; k < profile->alphabet->count; k++) {
        if (qd_profile_frequency(profile, position, k) > 0) {
            return true;
        }
    }
    return false;
}

static bool rises(const qd_profile *before, const qd_profile *after, size_t position, double share)
{
    for (uint8_t k = 0; k < before->alphabet->count; k++) {
        if (qd_profile_frequency(before, position, k) < share && qd_profile_frequency(after, position, k) >= share) {
            return true;
        }
    }
    return false;
}

qd_status qd_site_truth_ahead(const qd_profile *before, const qd_profile *after, double share, qd_site_truth *truth,
                              qd_error *error)
{
    const size_t length = before->length < after->length ? before->length : after->length;
    *truth = (qd_site_truth){.position = qd_mem_new(length, sizeof *truth->position),
                             .mutant = qd_mem_new(length, 1),
                             .positive = qd_mem_new(length, sizeof *truth->positive)};
    if (truth->position == NULL || truth->mutant == NULL || truth->positive == NULL) {
        qd_site_truth_clear(truth);
        return qd_fail_memory(error, length * sizeof *truth->position, "a truth");
    }
    for (size_t i = 0; i < length; i++) {
        if (!anything_known(before, i) || !anything_known(after, i)) {
            truth->unknown++;
            continue;
        }
        truth->position[truth->count] = i;
        truth->positive[truth->count] = rises(before, after, i, share);
        truth->positives += truth->positive[truth->count++];
    }
    return QD_OK;
}
