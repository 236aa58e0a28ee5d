/* Floating-point mode: round to nearest, denormals flushed to zero.  Without it the backward pass of a long sequence,
   whose gradients fade into denormals, runs several times slower. */
#ifndef QD_BASE_FPMODE_H
#define QD_BASE_FPMODE_H

#include <stdint.h>

typedef uint64_t qd_fpmode;

/* Sets quadrat's mode on the calling thread and returns the one that was set before. */
qd_fpmode qd_fpmode_enter(void);
void qd_fpmode_leave(qd_fpmode before);

#endif
