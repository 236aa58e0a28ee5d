/* The reference set, in plain C: runs anywhere, and is what every other set must equal bit for bit. */
#include "kernels/sets.h"
#include "kernels/vec_ref.h"
#include "kernels/algorithms.h"

const qd_kernels qd_kernels_reference = QD_KERNELS_TABLE("reference");
