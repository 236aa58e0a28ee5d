/* Counts of residues in columns, and the scores that need nothing else. */
#include "data/profile.h"
#include "base/mem.h"
#include "data/pairwise.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------- the object */

qd_status qd_profile_new(const qd_alphabet *alphabet, const uint8_t *reference, size_t length, qd_profile **out,
                         qd_error *error)
{
    qd_profile *profile = qd_mem_new(1, sizeof *profile);
    uint8_t *copy = qd_mem_new(length, 1);
    float *count = qd_mem_new(length, (alphabet->count + 1u) * sizeof *count);
    if (profile == NULL || copy == NULL || count == NULL) {
        qd_mem_free(profile);
        qd_mem_free(copy);
        qd_mem_free(count);
        return qd_fail_memory(error, length * (alphabet->count + 1u) * sizeof *count, "counts of columns");
    }
    memcpy(copy, reference, length);
    *profile = (qd_profile){.alphabet = alphabet, .length = length, .reference = copy, .count = count};
    *out = profile;
    return QD_OK;
}

void qd_profile_free(qd_profile *profile)
{
    if (profile != NULL) {
        qd_mem_free(profile->reference);
        qd_mem_free(profile->count);
        qd_mem_free(profile);
    }
}

/* --------------------------------------------------------------------------------------------------- counting */

static size_t same_residues(const uint8_t *a, const uint8_t *b, size_t length)
{
    size_t same = 0;
    for (size_t i = 0; i < length; i++) {
        same += a[i] == b[i];
    }
    return same;
}

qd_status qd_profile_places(const qd_profile *profile, const uint8_t *residue, size_t length, size_t *place,
                            qd_error *error)
{
    if (length == profile->length && 2 * same_residues(profile->reference, residue, length) >= length) {
        for (size_t i = 0; i < length; i++) {
            place[i] = i;
        }
        return QD_OK;
    }
    return qd_align(profile->reference, profile->length, residue, length, profile->alphabet->count, place, error);
}

static void count_at(qd_profile *profile, const uint8_t *residue, const size_t *place, double weight)
{
    const size_t unknown = profile->alphabet->count, letters = unknown + 1;
    for (size_t i = 0; i < profile->length; i++) {
        const size_t code = place[i] == SIZE_MAX || residue[place[i]] > unknown ? unknown : residue[place[i]];
        profile->count[i * letters + code] += (float)weight;
    }
}

qd_status qd_profile_add(qd_profile *profile, const uint8_t *residue, size_t length, double weight, qd_error *error)
{
    size_t *place = qd_mem_new(profile->length, sizeof *place);
    if (place == NULL) {
        return qd_fail_memory(error, profile->length * sizeof *place, "an alignment");
    }
    const qd_status status = qd_profile_places(profile, residue, length, place, error);
    if (status == QD_OK) {
        count_at(profile, residue, place, weight);
    }
    qd_mem_free(place);
    return status;
}

qd_status qd_profile_of(const qd_strains *strains, const uint8_t *reference, size_t length, bool weighted,
                        qd_profile **out, qd_error *error)
{
    qd_profile *profile = NULL;
    qd_status status = qd_profile_new(strains->alphabet, reference, length, &profile, error);
    for (size_t n = 0; n < strains->count && status == QD_OK; n++) {
        status = qd_profile_add(profile, qd_strains_residues(strains, n), qd_strains_length(strains, n),
                                weighted ? strains->weight[n] : 1, error);
    }
    if (status != QD_OK) {
        qd_profile_free(profile);
        return status;
    }
    *out = profile;
    return QD_OK;
}

qd_status qd_strains_typical(const qd_strains *strains, size_t *typical, qd_error *error)
{
    size_t longest = 0;
    for (size_t n = 0; n < strains->count; n++) {
        const size_t length = qd_strains_length(strains, n);
        longest = length > longest ? length : longest;
    }
    double *weight = qd_mem_new(longest + 1, sizeof *weight); /* of all sequences of a length */
    if (weight == NULL) {
        return qd_fail_memory(error, longest * sizeof *weight, "lengths of sequences");
    }
    for (size_t n = 0; n < strains->count; n++) {
        weight[qd_strains_length(strains, n)] += strains->weight[n];
    }
    *typical = 0;
    for (size_t n = 1; n < strains->count; n++) {
        const double length = weight[qd_strains_length(strains, n)];
        const double best = weight[qd_strains_length(strains, *typical)];
        if (length > best || (length == best && strains->weight[n] > strains->weight[*typical])) {
            *typical = n;
        }
    }
    qd_mem_free(weight);
    return QD_OK;
}

qd_status qd_profile_map(const qd_profile *profile, const uint8_t *residue, size_t length, qd_profile **out,
                         double *identity, double *known, qd_error *error)
{
    const size_t letters = profile->alphabet->count + 1u;
    size_t *place = qd_mem_new(profile->length, sizeof *place);
    if (place == NULL) {
        return qd_fail_memory(error, profile->length * sizeof *place, "an alignment");
    }
    qd_profile *mapped = NULL;
    size_t same = 0, seen = 0;
    qd_status status = qd_profile_new(profile->alphabet, residue, length, &mapped, error);
    if (status == QD_OK) {
        status = qd_profile_places(profile, residue, length, place, error);
    }
    for (size_t i = 0; i < profile->length && status == QD_OK; i++) {
        if (place[i] != SIZE_MAX) {
            memcpy(mapped->count + place[i] * letters, profile->count + i * letters, letters * sizeof(float));
            const uint8_t code = residue[place[i]];
            same += code == profile->reference[i];
            seen += code + 1u < letters && profile->count[i * letters + code] > 0;
        }
    }
    qd_mem_free(place);
    if (status != QD_OK) {
        qd_profile_free(mapped);
        return status;
    }
    *identity = length > 0 ? (double)same / (double)length : 0;
    *known = length > 0 ? (double)seen / (double)length : 0;
    *out = mapped;
    return QD_OK;
}

/* ----------------------------------------------------------------------------------------------------- scores */

static double known_count(const qd_profile *profile, size_t position)
{
    const size_t letters = profile->alphabet->count + 1u;
    double sum = 0;
    for (size_t k = 0; k + 1 < letters; k++) {
        sum += (double)profile->count[position * letters + k];
    }
    return sum;
}

double qd_profile_frequency(const qd_profile *profile, size_t position, uint8_t code)
{
    const double all = known_count(profile, position);
    const size_t letters = profile->alphabet->count + 1u;
    return all > 0 && code + 1u < letters ? (double)profile->count[position * letters + code] / all : 0;
}

/* H = -sum p log p. */
void qd_profile_entropy(const qd_profile *profile, double *entropy)
{
    const size_t letters = profile->alphabet->count + 1u;
    for (size_t i = 0; i < profile->length; i++) {
        const double all = known_count(profile, i);
        entropy[i] = 0;
        for (size_t k = 0; k + 1 < letters; k++) {
            const double p = all > 0 ? (double)profile->count[i * letters + k] / all : 0;
            entropy[i] -= p > 0 ? p * log(p) : 0;
        }
    }
}

void qd_smooth(size_t length, const double *in, double sigma, double *out)
{
    const size_t reach = (size_t)(4 * sigma + 0.5);
    for (size_t i = 0; i < length; i++) {
        double sum = 0, weights = 0;
        const size_t from = i > reach ? i - reach : 0, until = i + reach < length ? i + reach : length - 1;
        for (size_t j = from; j <= until; j++) {
            const double distance = (double)j - (double)i;
            const double weight = exp(-0.5 * distance * distance / (sigma * sigma));
            sum += weight * in[j];
            weights += weight;
        }
        out[i] = sum / weights;
    }
}

double qd_hydropathy(uint8_t code)
{
    /* in the order ACDEFGHIKLMNPQRSTVWY */
    static const double scale[] = {1.8, 2.5,  -3.5, -3.5, 2.8,  -0.4, -3.2, 4.5, -3.9, 3.8,
                                   1.9, -3.5, -1.6, -3.5, -4.5, -0.8, -0.7, 4.2, -0.9, -1.3};
    return code < sizeof scale / sizeof scale[0] ? scale[code] : 0;
}
