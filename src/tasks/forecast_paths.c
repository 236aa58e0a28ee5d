/*
 * Joint sample paths from the distributions of single horizons, by the Schaake shuffle (Clark et al. 2004, Journal of
 * Hydrometeorology 5, 243-262): the past tells which ranks go together, the forecast tells the values.
 *
 * Each path follows the last windows of the series' own past, newest first: at every horizon it takes, of the
 * forecast's equally likely values, the one whose rank the window's change had among all windows' changes.  A change is
 * counted from the last count known before the window; one that is not known is the change before it.  Equal changes (a
 * past of zeros, or fewer windows than paths) are ordered by random numbers, new ones for each horizon.
 *
 * Where the networks draw paths themselves, with the count fed back, theirs take the place of the windows (ensemble
 * copula coupling: Schefzik, Thorarinsdottir, Gneiting 2013, Statistical Science 28, 616-640).
 */
#include "base/mem.h"
#include "base/random.h"
#include "tasks/forecast_parts.h"

#include <math.h>
#include <stdlib.h>

typedef struct change {
    double size, tie;
    size_t path;
} change;

static int compare(const void *a, const void *b)
{
    const change *x = a, *y = b;
    if (x->size != y->size) {
        return x->size < y->size ? -1 : 1;
    }
    return (x->tie > y->tie) - (x->tie < y->tie);
}

/* Windows of `steps` times that end at or before the last one known: the newest begins after time known - steps - 1. */
static size_t windows_of(const double *y, size_t known, size_t steps, size_t most, size_t *start)
{
    size_t n = 0;
    for (size_t t = known; t > steps && n < most; t--) {
        const size_t before = t - steps - 1; /* its count is the window's origin */
        if (!isnan(y[before])) {
            start[n++] = before;
        }
    }
    return n;
}

qd_status qd_forecast_paths(const double *y, size_t known, size_t steps, size_t horizons, size_t samples,
                            uint64_t series, const double *like, const double *grid, double *sample, qd_error *error)
{
    change *changes = qd_mem_new(samples, sizeof *changes);
    size_t *start = qd_mem_new(samples, sizeof *start);
    double *last = qd_mem_new(samples, sizeof *last);
    if (changes == NULL || start == NULL || last == NULL) {
        qd_mem_free(changes);
        qd_mem_free(start);
        qd_mem_free(last);
        return qd_fail_memory(error, samples * sizeof *changes, "sample paths");
    }
    const size_t windows = windows_of(y, known, steps, samples, start), skip = steps - horizons;
    const qd_random stream = qd_random_stream(1, QD_FOR_PATHS, 0, 0);
    for (size_t h = 0; h < steps; h++) {
        for (size_t i = 0; i < samples; i++) {
            uint32_t words[4];
            qd_random_block(stream, series * samples + i, (uint32_t)h, 0, words);
            if (like != NULL) {
                last[i] = like[i * steps + h];
            } else if (windows > 0) {
                const size_t from = start[i % windows];
                const double value = y[from + 1 + h];
                last[i] = isnan(value) ? last[i] : value - y[from];
            }
            changes[i] = (change){.size = last[i], .tie = qd_random_double(words[0], words[1]), .path = i};
        }
        qsort(changes, samples, sizeof *changes, compare);
        for (size_t rank = 0; h >= skip && rank < samples; rank++) {
            sample[changes[rank].path * horizons + h - skip] = grid[(h - skip) * samples + rank];
        }
    }
    qd_mem_free(changes);
    qd_mem_free(start);
    qd_mem_free(last);
    return QD_OK;
}
