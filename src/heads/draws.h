/* Samplers: from random words to numbers of a distribution, exactly (not by rounding a normal).  What is drawn hangs on
   the place (stream, sample, step) alone: a draw takes as many blocks of four words as it needs, counted from `block`,
   and never disturbs the draw at another place. */
#ifndef QD_HEADS_DRAWS_H
#define QD_HEADS_DRAWS_H

#include "base/random.h"

typedef struct qd_draws {
    qd_random stream;
    uint64_t sample; /* the path: a series and a number */
    uint32_t step;   /* the horizon */
    uint32_t block;  /* the next one; 0 to begin with */
} qd_draws;

/* Two independent numbers, uniform in (0, 1), of 53 bits; one block. */
void qd_draw_pair(qd_draws *draws, double pair[2]);
double qd_draw_uniform(qd_draws *draws);
double qd_draw_normal(qd_draws *draws);

/* Gamma distribution of the given shape > 0 and scale 1. */
double qd_draw_gamma(qd_draws *draws, double shape);

/* A Poisson count of the given mean >= 0; a negative binomial count. */
double qd_draw_poisson(qd_draws *draws, double mean);
double qd_draw_negbin(qd_draws *draws, double mean, double dispersion);

#endif
