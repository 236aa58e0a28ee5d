/* Floating-point mode: the control register of x86-64 (MXCSR) or arm64 (FPCR). */
#include "base/fpmode.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Intel 64 manual, volume 1, section 10.2.3: bits 13-14 rounding, 15 flush to zero, 6 denormals are zeros; the masks of
   all exceptions (7-12) set, so that no computation traps. */
enum { ROUNDING = 3 << 13, FLUSH = 1 << 15, DENORMALS_ZERO = 1 << 6, MASKS = 0x1F80, FLAGS = 0x3F };

qd_fpmode qd_fpmode_enter(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr((before & ~(unsigned)(ROUNDING | FLAGS)) | FLUSH | DENORMALS_ZERO | MASKS);
    return before;
}

void qd_fpmode_leave(qd_fpmode before)
{
    _mm_setcsr((unsigned)before);
}

#elif defined(__aarch64__)

/* Arm architecture reference, FPCR: bits 22-23 rounding, 24 flush to zero, 8-12 and 15 trap enables. */
#define ROUNDING (UINT64_C(3) << 22)
#define FLUSH    (UINT64_C(1) << 24)
#define TRAPS    UINT64_C(0x9F00)

qd_fpmode qd_fpmode_enter(void)
{
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    uint64_t mode = (before & ~(ROUNDING | TRAPS)) | FLUSH;
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
    return before;
}

void qd_fpmode_leave(qd_fpmode before)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}

#else

/* Elsewhere the mode is left as it is: right results, slow denormals. */
qd_fpmode qd_fpmode_enter(void)
{
    return 0;
}

void qd_fpmode_leave(qd_fpmode before)
{
    (void)before;
}

#endif
