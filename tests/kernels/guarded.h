/* What the kernel tests share: matrices between pages which nobody may touch, random numbers that are the same on every
   run, and comparison by bits. */
#ifndef QD_TEST_GUARDED_H
#define QD_TEST_GUARDED_H

#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

/* [rows][cols] with ld elements from row to row.  Element [rows-1][cols-1] is the last before a forbidden page, where
   it falls on any alignment; or element [0][0] is the first after one, on the best: see run_between_pages. */
typedef struct matrix {
    qd_real *at;
    size_t rows, cols, ld, elements;
    void *map;
    size_t mapped;
} matrix;

/* Which of both matrix_new does. */
static int matrices_begin_a_page;

static inline qd_real random_real(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (qd_real)((double)(*state >> 8) / 8388608.0 - 1.0);
}

/* Every element, those between the rows too, is random in [-1, 1). */
static inline matrix matrix_new(size_t rows, size_t cols, size_t ld, uint32_t *state)
{
    matrix m = {NULL, rows, cols, ld, rows > 0 && cols > 0 ? (rows - 1) * ld + cols : 0, NULL, 0};
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t bytes = m.elements * sizeof(qd_real);
    const size_t whole = (bytes + page - 1) / page * page;
    m.mapped = page + whole + page;
    m.map = mmap(NULL, m.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(m.map != MAP_FAILED);
    char *begin = (char *)m.map + page;
    assert_int_equal(mprotect(m.map, page, PROT_NONE), 0);
    assert_int_equal(mprotect(begin + whole, page, PROT_NONE), 0);
    m.at = (qd_real *)(void *)(matrices_begin_a_page ? begin : begin + (whole - bytes));
    for (size_t i = 0; i < m.elements; i++) {
        m.at[i] = random_real(state);
    }
    return m;
}

static inline void matrix_free(matrix *m)
{
    munmap(m->map, m->mapped);
    m->map = NULL;
}

static inline int same_real(qd_real a, qd_real b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* The same bits, those between the rows too. */
static inline void assert_same(const char *set, const char *what, const matrix *a, const matrix *b)
{
    assert_int_equal(a->elements, b->elements);
    for (size_t i = 0; i < a->elements; i++) {
        if (!same_real(a->at[i], b->at[i])) {
            fail_msg("%s, %s: element %zu of [%zu][%zu] (ld %zu) is %a, expected %a", set, what, i, a->rows, a->cols,
                     a->ld, (double)a->at[i], (double)b->at[i]);
        }
    }
}

/* The largest difference between the named elements and the truth ([rows][cols], dense). */
static inline double worst_error(const matrix *m, const double *truth)
{
    double worst = 0;
    for (size_t r = 0; r < m->rows; r++) {
        for (size_t c = 0; c < m->cols; c++) {
            const double error = fabs((double)m->at[r * m->ld + c] - truth[r * m->cols + c]);
            if (!(error <= worst)) {
                worst = error;
            }
        }
    }
    return worst;
}

/* How far sums of some hundred products of numbers in [-1, 1) may be from the truth. */
static inline double tolerance(void)
{
    return sizeof(qd_real) == sizeof(float) ? 2e-5 : 4e-14;
}

/* The next set that this processor has, from *i on; NULL past the last. */
static inline const qd_kernels *next_set(size_t *i)
{
    int usable = 0;
    const qd_kernels *set;
    while ((set = qd_kernels_at((*i)++, &usable)) != NULL && !usable) {
    }
    return set;
}

/* The tests twice: with the matrices before a forbidden page and after one. */
#define run_between_pages(tests)                                                                                       \
    (cmocka_run_group_tests_name("before a page", tests, NULL, NULL) +                                                 \
     ((matrices_begin_a_page = 1), cmocka_run_group_tests_name("after a page", tests, NULL, NULL)))

#endif
