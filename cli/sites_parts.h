/* What predict and evaluate with a model of sites share: the wild types of a file, and their scan. */
#ifndef QD_CLI_SITES_PARTS_H
#define QD_CLI_SITES_PARTS_H

#include "cli.h"
#include "tasks/sites_score.h"

int qd_predict_sites(const qd_arguments *arguments, const qd_safetensors *model);  /* predict MODEL WILDTYPE */
int qd_evaluate_sites(const qd_arguments *arguments, const qd_safetensors *model); /* evaluate MODEL --wildtype ... */

/* How a wild type is read: as the sequences that the model was trained on, without their dates and weights. */
qd_strains_options qd_sites_reading(const qd_settings *settings, const qd_sites *sites);

/* Everything about one wild type. */
typedef struct qd_sites_scored {
    qd_site_table *table;
    qd_scan *scan;
    qd_mutant_table mutants;
} qd_sites_scored;

/* Scans, with progress; change: the semantic change too (without it the mutants have no rank_score).  Warns where the
   wild type is unlike what was learned from.  name: of the wild type. */
QD_CHECKED qd_status qd_sites_score_all(const qd_settings *settings, const qd_sites *sites, const char *name,
                                        const uint8_t *residue, size_t length, bool change, qd_sites_scored *out,
                                        qd_error *error);
void qd_sites_scored_clear(qd_sites_scored *scored);

#endif
