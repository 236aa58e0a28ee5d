/* The table of cells, the table of kernel sets, and the choice of a set when the program runs. */
#include "kernels/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const qd_cell qd_cells[QD_CELLS] = {
    [QD_CELL_LSTM] = {.name = "lstm", .gates = 4, .states = 2, .gate_names = "ifgo", .unit_bias_gate = 1},
    [QD_CELL_RNN] = {.name = "rnn", .gates = 1, .states = 1, .gate_names = "h", .unit_bias_gate = -1},
};

/* Whether the processor and the operating system have a set's instructions. */
static int always(void)
{
    return 1;
}

#if QD_SETS_X86
static int has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

/* From the plainest to the best. */
static const struct qd_set {
    const qd_kernels *kernels;
    int (*usable)(void);
} sets[] = {
    {&qd_kernels_reference, always},
#if QD_SETS_X86
    {&qd_kernels_avx2, has_avx2},
    {&qd_kernels_avx512, has_avx512},
#endif
#if QD_SETS_ARM64
    {&qd_kernels_neon, always},
#endif
};

enum { SETS = sizeof sets / sizeof sets[0] };

const qd_kernels *qd_kernels_at(size_t i, int *usable)
{
    if (i >= SETS) {
        return NULL;
    }
    *usable = sets[i].usable();
    return sets[i].kernels;
}

/* "reference, avx2": the names of the sets that this processor has. */
static void list_usable(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < SETS && used < size; i++) {
        if (sets[i].usable()) {
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", sets[i].kernels->name);
        }
    }
}

qd_status qd_kernels_select(const qd_kernels **out, qd_error *error)
{
    const char *wanted = getenv("QUADRAT_ISA");
    const int any = wanted == NULL || *wanted == '\0';
    for (size_t i = SETS; i-- > 0;) {
        if ((any || strcmp(wanted, sets[i].kernels->name) == 0) && sets[i].usable()) {
            *out = sets[i].kernels;
            return QD_OK;
        }
    }
    char usable[128];
    list_usable(usable, sizeof usable);
    return qd_fail(error, QD_ERR_VALUE, "QUADRAT_ISA is \"%s\", expected a set of instructions of this processor: %s",
                   wanted, usable);
}
