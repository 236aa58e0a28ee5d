/* Scores of mutants and sites. */
#include "tasks/sites_score.h"
#include "base/mem.h"
#include "eval/site_scores.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------- of columns */

/* Part of a column's sequences (or of what is expected there) with a residue that is rare in all. */
static void rare_part(const qd_profile *of, const qd_profile *all, double *part)
{
    for (size_t i = 0; i < all->length; i++) {
        part[i] = 0;
        for (uint8_t k = 0; k < all->alphabet->count; k++) {
            if (qd_profile_frequency(all, i, k) < QD_SITES_RARE) {
                part[i] += qd_profile_frequency(of, i, k);
            }
        }
    }
}

/* Mean over a column of how much its residues like water. */
static void hydrophilicity(const qd_profile *all, double *out)
{
    for (size_t i = 0; i < all->length; i++) {
        out[i] = 0;
        for (uint8_t k = 0; k < all->alphabet->count; k++) {
            out[i] -= qd_profile_frequency(all, i, k) * qd_hydropathy(k);
        }
    }
}

/* What the sums of ranks are made with. */
typedef struct sums {
    size_t length;
    double *value, *smooth, *rank; /* [T] each */
} sums;

/* out += weight * rank of value; with sigma, of the smoothed value. */
static qd_status add(sums *s, const double *value, double sigma, double weight, double *out, qd_error *error)
{
    if (sigma > 0) {
        qd_smooth(s->length, value, sigma, s->smooth);
    }
    const qd_status status = qd_ranks(s->length, sigma > 0 ? s->smooth : value, s->rank, error);
    for (size_t i = 0; i < s->length && status == QD_OK; i++) {
        out[i] += weight * s->rank[i];
    }
    return status;
}

static qd_status add_score(sums *s, const qd_site_table *table, qd_error *error)
{
    qd_status status = add(s, table->alignment_entropy, 0, 0.5, table->score, error);
    if (status == QD_OK) {
        status = add(s, table->network_entropy, 0, 0.5, table->score, error);
    }
    if (status == QD_OK) {
        status = add(s, table->alignment_entropy, 2, 0.5, table->score, error);
    }
    return status == QD_OK ? add(s, table->network_entropy, 2, 0.5, table->score, error) : status;
}

static qd_status add_emergence(sums *s, const qd_sites_columns *columns, const qd_site_table *table, qd_error *error)
{
    rare_part(columns->network, columns->all, s->value);
    qd_status status = add(s, s->value, 0, 1, table->emergence, error);
    rare_part(columns->recent, columns->all, s->value);
    if (status == QD_OK) {
        status = add(s, s->value, 0, 1, table->emergence, error);
    }
    return status == QD_OK ? add(s, s->value, 2, 1, table->emergence, error) : status;
}

static qd_status add_water(sums *s, const qd_sites_columns *columns, const qd_site_table *table, qd_error *error)
{
    if (columns->all->alphabet != &qd_protein) {
        return QD_OK;
    }
    hydrophilicity(columns->all, s->value);
    const qd_status status = add(s, s->value, 2, 0.5, table->score, error);
    return status == QD_OK ? add(s, s->value, 2, 0.5, table->emergence, error) : status;
}

static qd_status fill(const qd_sites_columns *columns, sums *s, qd_site_table *table, qd_error *error)
{
    qd_profile_entropy(columns->all, table->alignment_entropy);
    qd_profile_entropy(columns->network, table->network_entropy);
    qd_smooth(table->length, table->alignment_entropy, 1, table->smoothed_entropy);
    qd_status status = add_score(s, table, error);
    if (status == QD_OK) {
        status = add_emergence(s, columns, table, error);
    }
    return status == QD_OK ? add_water(s, columns, table, error) : status;
}

static qd_status table_new(size_t length, qd_site_table **out, qd_error *error)
{
    qd_site_table *table = qd_mem_new(1, sizeof *table);
    if (table != NULL) {
        table->length = length;
        table->alignment_entropy = qd_mem_new(length, sizeof(double));
        table->smoothed_entropy = qd_mem_new(length, sizeof(double));
        table->network_entropy = qd_mem_new(length, sizeof(double));
        table->score = qd_mem_new(length, sizeof(double));
        table->emergence = qd_mem_new(length, sizeof(double));
    }
    if (table == NULL || table->alignment_entropy == NULL || table->smoothed_entropy == NULL ||
        table->network_entropy == NULL || table->score == NULL || table->emergence == NULL) {
        qd_site_table_free(table);
        return qd_fail_memory(error, 5 * length * sizeof(double), "scores of sites");
    }
    *out = table;
    return QD_OK;
}

void qd_site_table_free(qd_site_table *table)
{
    if (table != NULL) {
        qd_mem_free(table->alignment_entropy);
        qd_mem_free(table->smoothed_entropy);
        qd_mem_free(table->network_entropy);
        qd_mem_free(table->score);
        qd_mem_free(table->emergence);
        qd_mem_free(table);
    }
}

qd_status qd_site_table_new(const qd_sites *sites, const uint8_t *residue, size_t length, qd_site_table **out,
                            qd_error *error)
{
    qd_site_table *table = NULL;
    qd_sites_columns columns;
    qd_status status = table_new(length, &table, error);
    if (status != QD_OK) {
        return status;
    }
    sums s = {length, qd_mem_new(length, sizeof(double)), qd_mem_new(length, sizeof(double)),
              qd_mem_new(length, sizeof(double))};
    if (s.value == NULL || s.smooth == NULL || s.rank == NULL) {
        status = qd_fail_memory(error, 3 * length * sizeof(double), "ranks");
    }
    if (status == QD_OK) {
        status =
            qd_sites_columns_map(&sites->columns, residue, length, &columns, &table->identity, &table->known, error);
    }
    if (status == QD_OK) {
        status = fill(&columns, &s, table, error);
        qd_sites_columns_clear(&columns);
    }
    qd_mem_free(s.value);
    qd_mem_free(s.smooth);
    qd_mem_free(s.rank);
    if (status != QD_OK) {
        qd_site_table_free(table);
        return status;
    }
    *out = table;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------- of mutants */

/* Letters of a site in the order of what is expected: less than half a rank between the first and the last, so that no
   mutant passes one of the next site. */
static void score_letters(const qd_profile *expected, const uint8_t *residue, const qd_site_table *table, double *score)
{
    const size_t letters = expected->alphabet->count;
    for (size_t i = 0; i < table->length; i++) {
        for (size_t k = 0; k < letters; k++) {
            size_t behind = 0;
            const double own = qd_profile_frequency(expected, i, (uint8_t)k);
            for (size_t j = 0; j < letters; j++) {
                behind += qd_profile_frequency(expected, i, (uint8_t)j) < own;
            }
            const bool wild = residue[i] == k;
            score[i * letters + k] =
                wild ? (double)NAN : table->score[i] + 0.1 * (double)behind / (double)(letters * letters);
        }
    }
}

static qd_status fill_mutants(const qd_sites *sites, const uint8_t *residue, const qd_scan *scan,
                              const qd_site_table *table, double beta, double *change, double *probability,
                              qd_mutant_table *out, qd_error *error)
{
    const size_t letters = scan->letters, count = scan->length * letters;
    for (size_t i = 0; i < count; i++) {
        const bool wild = residue[i / letters] == i % letters;
        change[i] = wild ? (double)NAN : scan->change_l1[i];
        probability[i] = wild ? (double)NAN : scan->log_prob[i];
    }
    qd_sites_columns columns;
    double identity, known;
    qd_status status = qd_rank_sum(count, change, probability, beta, out->rank_score, error);
    if (status == QD_OK) {
        status = qd_sites_columns_map(&sites->columns, residue, scan->length, &columns, &identity, &known, error);
    }
    if (status == QD_OK) {
        score_letters(columns.network, residue, table, out->score);
        qd_sites_columns_clear(&columns);
    }
    return status;
}

qd_status qd_mutant_table_new(const qd_sites *sites, const uint8_t *residue, const qd_scan *scan,
                              const qd_site_table *table, double beta, qd_mutant_table *out, qd_error *error)
{
    const size_t count = scan->length * scan->letters;
    double *change = qd_mem_new(count, sizeof *change), *probability = qd_mem_new(count, sizeof *probability);
    *out = (qd_mutant_table){qd_mem_new(count, sizeof(double)), qd_mem_new(count, sizeof(double))};
    qd_status status = QD_OK;
    if (change == NULL || probability == NULL || out->rank_score == NULL || out->score == NULL) {
        status = qd_fail_memory(error, 4 * count * sizeof(double), "scores of mutants");
    }
    if (status == QD_OK) {
        status = fill_mutants(sites, residue, scan, table, beta, change, probability, out, error);
    }
    qd_mem_free(change);
    qd_mem_free(probability);
    if (status != QD_OK) {
        qd_mutant_table_clear(out);
    }
    return status;
}

void qd_mutant_table_clear(qd_mutant_table *table)
{
    qd_mem_free(table->rank_score);
    qd_mem_free(table->score);
    *table = (qd_mutant_table){0};
}
