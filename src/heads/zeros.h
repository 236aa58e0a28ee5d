/* Zero inflation: with probability pi the count is 0 whatever the rest says, else it is one of `c`.  pi is given by its
   log odds, so that both pi and 1 - pi keep their digits. */
#ifndef QD_HEADS_ZEROS_H
#define QD_HEADS_ZEROS_H

#include "heads/counts.h"

#include <stddef.h>

/* slope, NULL or [parts + 1]: the derivatives by log(mean), where parts is 2 by log(dispersion), and by log_odds. */
double qd_zeros_log_density(double y, qd_counts c, double log_odds, double *slope, size_t parts);
qd_tails qd_zeros_tails(double y, qd_counts c, double log_odds);
double qd_zeros_quantile(qd_tails p, qd_counts c, double log_odds);

/* Where p lies in what is left beyond pi: (p - pi) / (1 - pi), by the smaller tail, since with pi near 1 the other
   cannot tell. */
qd_tails qd_zeros_beyond(qd_tails p, double log_odds);

#endif
