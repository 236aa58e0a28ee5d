/* Pairwise: the global alignment of two like sequences, within a band around the diagonal. */
#ifndef QD_DATA_PAIRWISE_H
#define QD_DATA_PAIRWISE_H

#include "base/error.h"

/* place[i] is where in `query` [query_length] the residue i of `reference` [length] stands, or SIZE_MAX where the query
   has a gap; places rise.  Codes are compared as they are; `unknown` and above match nothing and cost nothing.
   Scores: 5 for the same residue, -3 for another, -10 to open a gap and -1 for each residue in it, nothing for gaps at
   the ends (Gotoh 1982).  The band begins at the difference of the lengths and 32 more to each side, and is doubled
   while the best path touches its edge: so the result is that of the whole matrix, unless that would take more than 256
   MiB. */
QD_CHECKED qd_status qd_align(const uint8_t *reference, size_t length, const uint8_t *query, size_t query_length,
                              uint8_t unknown, size_t *place, qd_error *error);

#endif
