/* The set for AVX2 with FMA (x86-64 since about 2013).  Compiled with flags of its own: see flags.cmake. */
#include "kernels/sets.h"

#if QD_SETS_X86
#include "kernels/vec_avx2.h"
#include "kernels/algorithms.h"

const qd_kernels qd_kernels_avx2 = QD_KERNELS_TABLE("avx2");
#endif
