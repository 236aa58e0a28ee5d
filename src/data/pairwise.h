/* Pairwise: the global alignment of two like sequences, within a band around the diagonal. */
#ifndef QD_DATA_PAIRWISE_H
#define QD_DATA_PAIRWISE_H

#include "base/error.h"

/* place[i] is where in `query` [query_length] the residue i of `reference` [length] stands, or SIZE_MAX where the query
   has a gap; places rise.  Codes are compared as they are; `unknown` and above match nothing and cost nothing.
   Scores: 5 for the same residue, -3 for another, -10 to open a gap and -1 for each residue in it, nothing for gaps at
   the ends (Gotoh 1982).  The band goes 32 residues beyond the corners of the matrix, and twice as far until no path
   outside it can score more, or two bands in a row have the same best score above 0 and its path touches no edge, or the
   next one would take more than 256 MiB. */
QD_CHECKED qd_status qd_align(const uint8_t *reference, size_t length, const uint8_t *query, size_t query_length,
                              uint8_t unknown, size_t *place, qd_error *error);

#endif
