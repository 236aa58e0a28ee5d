/* The sets of kernels compiled in: which ones this processor family and number type have. */
#ifndef QD_KERNELS_SETS_H
#define QD_KERNELS_SETS_H

#include "kernels/kernels.h"

#if defined(__x86_64__) && !defined(QD_FLOAT64)
#define QD_SETS_X86 1
#else
#define QD_SETS_X86 0
#endif

#if defined(__aarch64__) && !defined(QD_FLOAT64)
#define QD_SETS_ARM64 1
#else
#define QD_SETS_ARM64 0
#endif

extern const qd_kernels qd_kernels_reference;
extern const qd_kernels qd_kernels_avx2;
extern const qd_kernels qd_kernels_avx512;
extern const qd_kernels qd_kernels_neon;

#endif
