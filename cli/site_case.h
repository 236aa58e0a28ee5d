/* A case of scores of sites, in the parts that --scores and a model share. */
#ifndef QD_CLI_SITE_CASE_H
#define QD_CLI_SITE_CASE_H

#include "cli.h"

#include "eval/site_ahead.h"

enum { QD_SITE_SCORES = 64 };

/* What scores are held against, and the scores so far. */
typedef struct qd_site_case {
    const qd_settings *settings;
    const qd_alphabet *alphabet;
    qd_strains_options reading;
    qd_wild_type *wild; /* [wilds], of which the first counts; NULL: not given */
    size_t wilds;
    qd_site_truth truth;
    qd_site_ahead ahead; /* its truth is the one above where --future is given */
    bool by_future;
    size_t count;
    qd_site_score score[QD_SITE_SCORES];
    char *name[QD_SITE_SCORES];    /* owned, or NULL */
    double *value[QD_SITE_SCORES]; /* owned, or NULL */
} qd_site_case;

/* Wrong use that shows before a file is read; sequences: how many files of them are named.  An exit code. */
int qd_site_case_check(const qd_settings *settings, size_t sequences);

/* Reads --wildtype and the truth: --future with --until, or --label of --truth (of `table` where --truth is not given).
 */
QD_CHECKED qd_status qd_site_case_read(const qd_settings *settings, const qd_alphabet *alphabet, const char *table,
                                       qd_site_case *c, qd_error *error);
/* The rows of a table, by --columns and --zero-based, held against the wild type. */
QD_CHECKED qd_status qd_site_case_rows(const qd_site_case *c, const char *path, qd_site_rows *rows, qd_error *error);

/* Looking ahead, a model must not have seen what it is to foretell: QD_ERR_VALUE where the last day that it learned from is
   after --until; a model without dates is told of. */
QD_CHECKED qd_status qd_site_case_check_past(const qd_site_case *c, int64_t last_day, qd_error *error);
void qd_site_case_clear(qd_site_case *c);

/* A new score of that name, all NaN, to be filled: *value [truth.count]. */
QD_CHECKED qd_status qd_site_case_add(qd_site_case *c, const char *name, bool baseline, double **value,
                                      qd_error *error);

/* The scores of a profile over the wild type's positions, and those of looking ahead. */
QD_CHECKED qd_status qd_site_case_baselines(qd_site_case *c, const qd_profile *profile, qd_error *error);

/* Scores all, tells what was left out, and writes -o. */
QD_CHECKED qd_status qd_site_case_finish(qd_site_case *c, qd_error *error);

/* Tells the notes and clears them. */
void qd_say_notes(qd_notes *notes);

#endif
