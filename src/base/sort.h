/* Numbers in order. */
#ifndef QD_BASE_SORT_H
#define QD_BASE_SORT_H

#include <stddef.h>

/* Of two doubles, none NaN: for the C library's sort and search. */
int qd_compare_doubles(const void *a, const void *b);

/* x [n], the least first. */
void qd_sort_doubles(double *x, size_t n);

#endif
