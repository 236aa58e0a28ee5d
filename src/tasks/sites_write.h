/*
 * Mutants and sites as files, in the forms that virologists read (docs/sites-output.md).  One row of the table a form.
 */
#ifndef QD_TASKS_SITES_WRITE_H
#define QD_TASKS_SITES_WRITE_H

#include "data/mutants.h"
#include "data/site_numbers.h"

/* One mutant and what the model says of it. */
typedef struct qd_sites_mutant {
    size_t count; /* of changes */
    const qd_change *change;
    double log_prob, semantic_change, rank_score, score; /* NaN: not known */
} qd_sites_mutant;

/* A wild type with its mutants and sites; all borrowed. */
typedef struct qd_sites_result {
    const qd_wild_type *wild;
    size_t mutants;
    const qd_sites_mutant *mutant; /* [mutants], those of one change by rising position, if all are scored */
    const double *entropy;         /* [T] of the network; the next two of the alignment, or NULL */
    const double *alignment_entropy, *smoothed_entropy;
} qd_sites_result;

typedef struct qd_sites_write_options {
    const qd_alphabet *alphabet;
    const char *gene;               /* "" : none */
    const qd_site_numbers *numbers; /* NULL: position_numbered is the position */
} qd_sites_write_options;

/* All forms: `count` results, the path "-" is standard output. */
typedef qd_status (*qd_sites_writer)(size_t count, const qd_sites_result *results,
                                     const qd_sites_write_options *options, const char *path, qd_error *error);

typedef struct qd_sites_format {
    const char *name; /* of --format */
    qd_sites_writer write;
} qd_sites_format;

extern const qd_sites_format qd_sites_formats[];
extern const size_t qd_sites_formats_count;
const qd_sites_format *qd_sites_format_find(const char *name); /* NULL: there is none */

/* sequence,gene,position,position_numbered,wt,mutant,log_prob,semantic_change,rank_score,score,alignment_entropy,
   one_nucleotide; of several changes at once, the texts of all with : between, and the largest entropy. */
QD_CHECKED qd_status qd_sites_write_csv(size_t count, const qd_sites_result *results,
                                        const qd_sites_write_options *options, const char *path, qd_error *error);
/* Tab-separated, as Nextclade names substitutions: seqName, aaSubstitutions (S:N501Y) or substitutions, the scores. */
QD_CHECKED qd_status qd_sites_write_nextclade(size_t count, const qd_sites_result *results,
                                              const qd_sites_write_options *options, const char *path, qd_error *error);
/* The phenotypeData of a Nextclade dataset's pathogen.json: the score of each residue at each place, counted from 0.
   QD_ERR_VALUE: nucleotides, several wild types, several changes at once, or no gene, which is the name of the CDS. */
QD_CHECKED qd_status qd_sites_write_phenotype(size_t count, const qd_sites_result *results,
                                              const qd_sites_write_options *options, const char *path, qd_error *error);
/* MaveDB's table: hgvs_nt,hgvs_splice,hgvs_pro,score,log_prob,semantic_change,rank_score; without mutants of unknown
   residues, for which MAVE-HGVS has no name.  QD_ERR_VALUE: several wild types, which are several targets. */
QD_CHECKED qd_status qd_sites_write_mave(size_t count, const qd_sites_result *results,
                                         const qd_sites_write_options *options, const char *path, qd_error *error);
/* ProteinGym's table: mutant,mutated_sequence, the scores.  QD_ERR_VALUE: several wild types. */
QD_CHECKED qd_status qd_sites_write_proteingym(size_t count, const qd_sites_result *results,
                                               const qd_sites_write_options *options, const char *path,
                                               qd_error *error);
/* VCF 4.3, a record a position.  QD_ERR_VALUE: proteins, several changes at once, a name that no contig can have. */
QD_CHECKED qd_status qd_sites_write_vcf(size_t count, const qd_sites_result *results,
                                        const qd_sites_write_options *options, const char *path, qd_error *error);

/* sequence,gene,position,position_numbered,wt,entropy,alignment_entropy,smoothed_entropy,max_mutant,max_score */
QD_CHECKED qd_status qd_sites_write_sites(size_t count, const qd_sites_result *results,
                                          const qd_sites_write_options *options, const char *path, qd_error *error);

/* An attribute file of ChimeraX: the best score of each residue, by its number (of --numbering where that is a whole
   number; residues without one are left out).  QD_ERR_VALUE: several wild types. */
QD_CHECKED qd_status qd_sites_write_structure(size_t count, const qd_sites_result *results,
                                              const qd_sites_write_options *options, const char *path, qd_error *error);

#endif
