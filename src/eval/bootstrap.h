/* Bootstrap (Efron 1979): how much a figure hangs on the units that it was measured on.  A draw takes as many units as
   there are, with replacement; the figure of each draw is computed by the caller. */
#ifndef QD_EVAL_BOOTSTRAP_H
#define QD_EVAL_BOOTSTRAP_H

#include <stddef.h>
#include <stdint.h>

/* How often each unit is taken by draw number `draw`: count [units].  The same for the same seed, number and units, so
   that figures of several models are compared on the same draws. */
void qd_bootstrap_draw(uint64_t seed, size_t draw, size_t units, double *count);

/* The 2.5% and 97.5% of the figures of the draws, which are put in order; NaN ones are left out.  NaN where none is. */
void qd_bootstrap_interval(size_t draws, double *figure, double *low, double *high);

#endif
