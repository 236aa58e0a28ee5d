/* The number type of floors 1 and 2: float to run; the tests compile these floors a second time with double
   (-DQD_FLOAT64), where derivatives and other frameworks can be compared to 1e-12. */
#ifndef QD_KERNELS_REAL_H
#define QD_KERNELS_REAL_H

#include <stddef.h>

#ifdef QD_FLOAT64
typedef double qd_real;
#else
typedef float qd_real;
#endif

#endif
