/* Site numbers: what a field calls the positions of a sequence (H3 numbering: -16 … 329, (HA2)1 …). */
#ifndef QD_DATA_SITE_NUMBERS_H
#define QD_DATA_SITE_NUMBERS_H

#include "data/table.h"

typedef struct qd_site_numbers {
    size_t count;
    char **label; /* [count]: of positions 1, 2, ...; NULL where there is none */
} qd_site_numbers;

/* Reads a table of two columns or more, of which the first is the position from 1 and the second what it is called
   (original,new), in any order of rows.  QD_ERR_FORMAT: a position that is no whole number from 1 to a million, or
   twice. */
QD_CHECKED qd_status qd_site_numbers_read(const char *path, const qd_table_options *options, qd_site_numbers *numbers,
                                          qd_error *error);
void qd_site_numbers_clear(qd_site_numbers *numbers);

/* Of a position from 1: its label, or "" where it has none. */
const char *qd_site_number(const qd_site_numbers *numbers, size_t position);

#endif
