/*
 * The scores of a wild type's mutants and sites: what the network says of the wild type (sites_scan.h), what it and the
 * sequences say of the columns (sites_columns.h), and both together.
 *
 * A site's score is a sum of ranks among the sites:
 *
 *     score = (rank of a + rank of n) / 2 + (rank of smooth a + rank of smooth n) / 2 + rank of w / 2
 *
 * with a the entropy of the column, n the entropy of what the network expects there in the sequences that it learned
 * from, smooth a Gaussian along the sequence (sigma 2), and w how much the column, smoothed, likes water: what is found
 * to vary, lies beside what varies, and is at the surface.  `emergence` asks for what is rare and may rise:
 *
 *     emergence = rank of r + rank of e + rank of smooth r + rank of w / 2
 *
 * with r the part of the recent sequences whose residue is rare (below 5% of all), and e what the network expects of
 * such residues.  Nucleotides have no w.  Terms and weights were chosen on influenza H3N2
 * sequences up to 2008 and up to 2009 and what rose after (docs/sites.md), on no label of escape.
 */
#ifndef QD_TASKS_SITES_SCORE_H
#define QD_TASKS_SITES_SCORE_H

#include "tasks/sites.h"

#define QD_SITES_RARE 0.05

/* Of sites, [T] each; from the columns alone, so that they cost nothing. */
typedef struct qd_site_table {
    size_t length;
    double *alignment_entropy; /* of the column, natural logarithm */
    double *smoothed_entropy;  /* sigma 1 */
    double *network_entropy;   /* of what the network expects there, over the sequences that it learned from */
    double *score, *emergence;
    double identity, known; /* of the wild type with the reference; its residues that were seen at their place */
} qd_site_table;

QD_CHECKED qd_status qd_site_table_new(const qd_sites *sites, const uint8_t *residue, size_t length,
                                       qd_site_table **out, qd_error *error);
void qd_site_table_free(qd_site_table *table);

/* Of mutants, [T][K] each, NaN for the wild type's own letter.
   rank_score: rank of the semantic change (L1) + beta * rank of the log probability, among all mutants (the paper's).
   score: that of the site; among its letters the one first that the network expects most, over the sequences that it
   learned from, which never changes the order of two sites. */
typedef struct qd_mutant_table {
    double *rank_score, *score;
} qd_mutant_table;

QD_CHECKED qd_status qd_mutant_table_new(const qd_sites *sites, const uint8_t *residue, const qd_scan *scan,
                                         const qd_site_table *table, double beta, qd_mutant_table *out,
                                         qd_error *error);
void qd_mutant_table_clear(qd_mutant_table *table);

#endif
