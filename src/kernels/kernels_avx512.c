/* The set for AVX-512.  Compiled with flags of its own: see flags.cmake. */
#include "kernels/sets.h"

#if QD_SETS_X86
#include "kernels/vec_avx512.h"
#include "kernels/algorithms.h"

const qd_kernels qd_kernels_avx512 = QD_KERNELS_TABLE("avx512");
#endif
