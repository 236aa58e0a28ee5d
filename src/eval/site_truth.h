/* Site truth: tables whose rows are mutants or sites, with what happened to them (does it escape?) and with scores. */
#ifndef QD_EVAL_SITE_TRUTH_H
#define QD_EVAL_SITE_TRUTH_H

#include "data/letters.h"
#include "data/strains.h"
#include "data/table.h"

typedef struct qd_site_rows {
    qd_table *table;
    size_t count;
    size_t *row;      /* [count] of the table */
    size_t *position; /* [count] from 0 */
    char *mutant;     /* [count] a letter, or 0 where the table has no mutants: rows are sites */
    size_t foreign;   /* rows left out: mutants that are no letter of the alphabet, several changes at once */
    size_t position_column, wt_column, mutant_column; /* SIZE_MAX: there is none */
} qd_site_rows;

/* Which columns are what. */
typedef struct qd_site_columns {
    const char *names; /* "position=i,wt=wt,mutant=mut", or "" */
    bool zero_based;
} qd_site_columns;

/* Reads the rows.  Columns are, unless named: position | pos | i | site; wt | wildtype; mutant | mut.  A mutant may be
   written whole (N501Y), then no position is needed.  wild: NULL, or the sequence whose letters a column wt must agree
   with.  QD_ERR_FORMAT names line and column: a position that is no whole number or out of range, a letter of wt that
   is not the wild type's, a mutant twice; QD_ERR_VALUE: no column for positions. */
QD_CHECKED qd_status qd_site_rows_read(const char *path, const qd_alphabet *alphabet, const qd_site_columns *columns,
                                       const qd_wild_type *wild, const qd_table_options *options, qd_site_rows *rows,
                                       qd_error *error);
void qd_site_rows_clear(qd_site_rows *rows);

/* Rows whose truth is known. */
typedef struct qd_site_truth {
    size_t count;
    size_t *position; /* [count] from 0 */
    char *mutant;     /* [count] or 0: the site */
    bool *positive;   /* [count] */
    size_t positives;
    size_t foreign, unknown; /* rows left out: see qd_site_rows; without a label */
} qd_site_truth;

/* The labels of a column: true | yes | 1, false | no | 0, in any case; a missing value is not known. */
QD_CHECKED qd_status qd_site_truth_of(const qd_site_rows *rows, const char *label, qd_site_truth *truth,
                                      qd_error *error);

void qd_site_truth_clear(qd_site_truth *truth);

/* value[truth->count] of a column of numbers, joined by position and mutant; NaN where a value is missing, or the row.
 */
QD_CHECKED qd_status qd_site_values(const qd_site_rows *rows, size_t column, const qd_site_truth *truth, double *value,
                                    qd_error *error);

/* The columns of numbers that are neither position, wild type, mutant nor `label`: up to `most` of their indices. */
size_t qd_site_number_columns(const qd_site_rows *rows, const char *label, size_t most, size_t *column);

#endif
