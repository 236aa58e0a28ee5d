/* Columns: what the sequences that were learned from, and the network on them, say about each position of a reference.
   Kept in the model, so that a wild type is scored without the sequences. */
#ifndef QD_TASKS_SITES_COLUMNS_H
#define QD_TASKS_SITES_COLUMNS_H

#include "data/profile.h"
#include "tasks/sites_scan.h"

typedef struct qd_sites_columns {
    qd_profile *all;     /* every sequence counts once */
    qd_profile *recent;  /* those of the last two years before the latest one; without dates the same as all */
    qd_profile *network; /* the sum over the recent ones of what the network expects there, given the rest of each */
} qd_sites_columns;

enum { QD_SITES_RECENT_DAYS = 730 };

/* The network looks at no more than QD_SITES_SEEN of the recent sequences, evenly spaced in their order, and at none
   longer than QD_SITES_LONG: so its memory is bounded whatever stands in a file. */
enum { QD_SITES_SEEN = 2000, QD_SITES_LONG = 100000 };

/* Of all strains, around the most typical of them. */
QD_CHECKED qd_status qd_sites_columns_of(const qd_sites_net *net, const qd_strains *strains, unsigned threads,
                                         qd_sites_columns *out, qd_error *error);
void qd_sites_columns_clear(qd_sites_columns *columns);

/* The same columns for a wild type. */
QD_CHECKED qd_status qd_sites_columns_map(const qd_sites_columns *columns, const uint8_t *residue, size_t length,
                                          qd_sites_columns *out, double *identity, double *known, qd_error *error);

/* Counts around the reference of `like`, each sequence once, of the strains n with held[n] == which (held NULL: all).
 */
QD_CHECKED qd_status qd_sites_count(const qd_profile *like, const qd_strains *strains, const bool *held, bool which,
                                    qd_profile **out, qd_error *error);

/* Perplexity a residue of `seen` under the frequencies of `columns`, one pseudocount spread evenly over the letters. */
double qd_sites_columns_perplexity(const qd_profile *columns, const qd_profile *seen);

#endif
