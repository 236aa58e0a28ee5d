/* The set for NEON (every arm64).  Compiled with flags of its own: see flags.cmake. */
#include "kernels/sets.h"

#if QD_SETS_ARM64
#include "kernels/vec_neon.h"
#include "kernels/algorithms.h"

const qd_kernels qd_kernels_neon = QD_KERNELS_TABLE("neon");
#endif
