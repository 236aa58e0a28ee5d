/* Private to the writers of sites: fields that several forms share. */
#ifndef QD_TASKS_SITES_WRITE_PARTS_H
#define QD_TASKS_SITES_WRITE_PARTS_H

#include "data/csv.h"
#include "tasks/sites_write.h"

enum { QD_NUMBER_TEXT = 32 };

/* Nine digits, so that scores of a long genome keep their order; NaN is "NA". */
void qd_sites_number(double number, char text[QD_NUMBER_TEXT]);

/* The four scores as fields. */
void qd_sites_put_scores(qd_csv *csv, const qd_sites_mutant *mutant);

/* "N501Y" or "A1P:D2N", each with the gene before it (S:N501Y) where `gene` is not "". */
void qd_sites_mutant_text(const qd_sites_mutant *mutant, const char *gene, char *text, size_t size);

/* What --numbering calls the positions of a mutant, with : between. */
void qd_sites_numbered_text(const qd_sites_mutant *mutant, const qd_sites_write_options *options, char *text,
                            size_t size);

/* Forms that others have fixed get two columns more at their end, gene and position_numbered, where --numbering is
   given: their names, and the fields of a mutant. */
void qd_sites_put_place_names(qd_csv *csv, const qd_sites_write_options *options);
void qd_sites_put_place(qd_csv *csv, const qd_sites_mutant *mutant, const qd_sites_write_options *options);

/* QD_ERR_VALUE where there are several wild types, or a mutant of several changes. */
QD_CHECKED qd_status qd_sites_only_one(size_t count, const char *format, qd_error *error);
QD_CHECKED qd_status qd_sites_only_single(size_t count, const qd_sites_result *results, const char *format,
                                          qd_error *error);

#endif
