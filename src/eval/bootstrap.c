/* The draws of a bootstrap, and the interval of their figures. */
#include "eval/bootstrap.h"
#include "base/random.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

void qd_bootstrap_draw(uint64_t seed, size_t draw, size_t units, double *count)
{
    const qd_random stream = qd_random_stream(seed, QD_FOR_TEST, 0, (uint32_t)draw);
    memset(count, 0, units * sizeof *count);
    for (size_t u = 0; u < units; u++) {
        uint32_t words[4];
        qd_random_block(stream, u, 0, 0, words);
        count[(size_t)(qd_random_double(words[0], words[1]) * (double)units)] += 1;
    }
}

void qd_bootstrap_interval(size_t draws, double *figure, double *low, double *high)
{
    size_t kept = 0;
    for (size_t i = 0; i < draws; i++) {
        if (!isnan(figure[i])) {
            figure[kept++] = figure[i];
        }
    }
    qd_sort_doubles(figure, kept);
    *low = kept > 0 ? figure[(size_t)(0.025 * (double)(kept - 1) + 0.5)] : (double)NAN;
    *high = kept > 0 ? figure[(size_t)(0.975 * (double)(kept - 1) + 0.5)] : (double)NAN;
}
