/* Numbers in order, by the C library's sort. */
#include "base/sort.h"

#include <stdlib.h>

int qd_compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void qd_sort_doubles(double *x, size_t n)
{
    if (n > 1) {
        qsort(x, n, sizeof *x, qd_compare_doubles);
    }
}
