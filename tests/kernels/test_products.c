/* The dense product and the sums over rows: every set against the reference by bits, the reference against the order
   that the contract states, carried out naively, and against sums in double. */
#include "test.h"
#include "kernels/guarded.h"

static qd_real chained(qd_real a, qd_real b, qd_real sum)
{
    return sizeof(qd_real) == sizeof(float) ? (qd_real)fmaf((float)a, (float)b, (float)sum)
                                            : (qd_real)fma((double)a, (double)b, (double)sum);
}

/* ----------------------------------------------------------------------------------------------- affine */

typedef enum start_kind { START_NONE, START_ROW, START_MATRIX, START_OUT, START_KINDS } start_kind;

typedef struct affine_case {
    matrix a, b, start, packed, out;
    qd_affine call;
} affine_case;

static affine_case affine_new(const qd_kernels *set, size_t rows, size_t depth, size_t cols, size_t pad,
                              start_kind kind)
{
    uint32_t state = (uint32_t)(rows * 31 + depth * 1009 + cols * 65537 + 7);
    const size_t size = qd_pack_matrix_size(set, depth, cols);
    affine_case t;
    t.a = matrix_new(rows, depth, depth + pad, &state);
    t.b = matrix_new(depth, cols, cols + 1, &state);
    t.start = matrix_new(kind == START_ROW ? 1 : rows, cols, cols + 2 * pad, &state);
    t.out = matrix_new(rows, cols, cols + pad, &state);
    t.packed = matrix_new(1, size, size, &state);
    qd_pack_matrix(set, depth, cols, t.b.at, t.b.ld, 1, t.packed.at);
    t.call = (qd_affine){rows, depth, cols, t.a.at, t.packed.at, NULL, t.out.at, t.a.ld, 0, t.out.ld};
    if (kind == START_OUT) {
        t.call.start = t.out.at;
        t.call.ld_start = t.out.ld;
    } else if (kind != START_NONE) {
        t.call.start = t.start.at;
        t.call.ld_start = kind == START_ROW ? 0 : t.start.ld;
    }
    return t;
}

static void affine_free(affine_case *t)
{
    matrix_free(&t->a);
    matrix_free(&t->b);
    matrix_free(&t->start);
    matrix_free(&t->packed);
    matrix_free(&t->out);
}

/* The contract, carried out on t->out. */
static void affine_naive(affine_case *t)
{
    const qd_affine *p = &t->call;
    for (size_t r = 0; r < p->rows; r++) {
        for (size_t c = 0; c < p->cols; c++) {
            qd_real sum = p->start == NULL ? 0 : p->start[r * p->ld_start + c];
            for (size_t k = 0; k < p->depth; k++) {
                sum = chained(p->a[r * p->lda + k], t->b.at[k * t->b.ld + c], sum);
            }
            p->out[r * p->ldo + c] = sum;
        }
    }
}

static void check_affine(size_t rows, size_t depth, size_t cols, size_t pad, start_kind kind)
{
    size_t i = 0;
    const qd_kernels *set;
    while ((set = next_set(&i)) != NULL) {
        affine_case expected = affine_new(set, rows, depth, cols, pad, kind);
        affine_naive(&expected);
        affine_case t = affine_new(set, rows, depth, cols, pad, kind);
        set->affine(&t.call);
        assert_same(set->name, "affine", &t.out, &expected.out);
        affine_free(&t);
        affine_free(&expected);
    }
}

static void test_affine(void **unused)
{
    (void)unused;
    for (size_t cols = 0; cols <= 66; cols++) {
        check_affine(cols % 15, (cols * 3) % 20, cols, cols % 3, (start_kind)(cols % START_KINDS));
    }
    for (size_t rows = 0; rows <= 26; rows++) {
        check_affine(rows, 7, 35, rows % 3, (start_kind)(rows % START_KINDS));
    }
    check_affine(53, 500, 70, 1, START_MATRIX);
    check_affine(53, 500, 70, 1, START_OUT);
    check_affine(1, 700, 131, 0, START_ROW);
    check_affine(130, 210, 5, 0, START_NONE);
}

static void test_affine_rows_are_independent(void **unused)
{
    (void)unused;
    size_t i = 0;
    const qd_kernels *set;
    while ((set = next_set(&i)) != NULL) {
        affine_case whole = affine_new(set, 60, 300, 41, 1, START_MATRIX);
        set->affine(&whole.call);
        affine_case cut = affine_new(set, 60, 300, 41, 1, START_MATRIX);
        for (size_t r = 0; r < 60; r++) {
            qd_affine row = cut.call;
            row.rows = 1;
            row.a += r * row.lda;
            row.start += r * row.ld_start;
            row.out += r * row.ldo;
            set->affine(&row);
        }
        assert_same(set->name, "row by row", &cut.out, &whole.out);
        affine_free(&cut);
        affine_free(&whole);
    }
}

/* ---------------------------------------------------------------------------------- sums over the rows */

enum { MOST_SPANS = 40 };

/* `count` spans over one block of memory, as the time steps of a packed batch: the later, the fewer rows; some of them
   start late, as those of which other rows read their initial state. */
typedef struct outer_case {
    matrix a, b, out, bias;
    qd_span spans[MOST_SPANS];
    qd_outer call;
} outer_case;

static void outer_new(outer_case *t, size_t rows, size_t count, size_t units, size_t cols, size_t pad)
{
    uint32_t state = (uint32_t)(rows * 31 + count * 1009 + units * 65537 + cols);
    t->a = matrix_new(count * rows, units, units + pad, &state);
    t->b = matrix_new(count * rows, cols, cols + 2 * pad, &state);
    t->out = matrix_new(units, cols, cols + pad, &state);
    t->bias = matrix_new(1, units, units, &state);
    for (size_t s = 0; s < count; s++) {
        const size_t last = rows - rows * s / (2 * count);
        t->spans[s] =
            (qd_span){t->a.at + s * rows * t->a.ld, t->b.at + s * rows * t->b.ld, s % 3 == 2 ? last / 3 : 0, last};
    }
    t->call = (qd_outer){
        .spans = t->spans,
        .count = count,
        .rows = rows,
        .j_end = units,
        .cols = cols,
        .out = t->out.at,
        .lda = t->a.ld,
        .ldb = t->b.ld,
        .ldo = t->out.ld,
        .bias = pad > 0 ? t->bias.at : NULL,
    };
}

static void outer_free(outer_case *t)
{
    matrix_free(&t->a);
    matrix_free(&t->b);
    matrix_free(&t->out);
    matrix_free(&t->bias);
}

/* The chain of one group. */
static qd_real group_naive(const qd_outer *g, size_t group, size_t j, size_t k, int sums)
{
    qd_real sum = 0;
    for (size_t s = 0; s < g->count; s++) {
        for (size_t r = g->spans[s].first; r < g->spans[s].last; r++) {
            if (r / QD_GROUP_ROWS == group) {
                const qd_real b = sums ? 1 : g->spans[s].b[r * g->ldb + k];
                sum = chained(g->spans[s].a[r * g->lda + j], b, sum);
            }
        }
    }
    return sum;
}

/* Adds groups first .. first+count-1 pairwise: by levels, from the pairs of neighbours up, the odd one out waiting.
   (The same tree as the contract's, built the other way round.) */
static qd_real tree_naive(const qd_outer *g, size_t j, size_t k, int sums)
{
    qd_real level[64];
    size_t count = (g->rows + QD_GROUP_ROWS - 1) / QD_GROUP_ROWS;
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++) {
        level[i] = group_naive(g, i, j, k, sums);
    }
    for (; count > 1; count = (count + 1) / 2) {
        for (size_t i = 0; i < count / 2; i++) {
            level[i] = level[2 * i] + level[2 * i + 1];
        }
        if (count % 2 == 1) {
            level[count / 2] = level[count - 1];
        }
    }
    return count == 0 ? 0 : level[0];
}

static void check_outer(size_t rows, size_t count, size_t units, size_t cols, size_t pad)
{
    outer_case expected;
    outer_new(&expected, rows, count, units, cols, pad);
    for (size_t j = 0; j < units; j++) {
        for (size_t k = 0; k < cols; k++) {
            expected.out.at[j * expected.out.ld + k] = tree_naive(&expected.call, j, k, 0);
        }
        if (expected.call.bias != NULL && cols > 0) {
            expected.bias.at[j] = tree_naive(&expected.call, j, 0, 1);
        }
    }
    size_t i = 0;
    const qd_kernels *set;
    while ((set = next_set(&i)) != NULL) {
        outer_case t;
        outer_new(&t, rows, count, units, cols, pad);
        /* Two calls that share the rows, as two threads do. */
        qd_outer half = t.call;
        half.j_end = units / 3;
        set->outer(&half);
        half.j_begin = half.j_end;
        half.j_end = units;
        set->outer(&half);
        assert_same(set->name, "outer", &t.out, &expected.out);
        assert_same(set->name, "column sums beside it", &t.bias, &expected.bias);
        outer_free(&t);
    }
    outer_free(&expected);
}

/* In parts: of two spans, then of one and a bit of the rows, ... */
static void test_outer_in_parts(void **unused)
{
    (void)unused;
    const size_t units = 35, rows = 37, count = 9;
    for (size_t cols = 1; cols < 120; cols += 47) {
        size_t i = 0;
        const qd_kernels *set;
        while ((set = next_set(&i)) != NULL) {
            uint32_t state = 1;
            outer_case whole, t;
            outer_new(&whole, rows, count, units, cols, 1);
            outer_new(&t, rows, count, units, cols, 1);
            matrix expected = matrix_new(1, units, units, &state), out = matrix_new(1, units, units, &state);
            matrix sums = matrix_new(3 * cols, units, units + 2, &state),
                   bias = matrix_new(3, units, units + 2, &state), beside = matrix_new(3, units, units + 2, &state);
            memset(beside.at, 0, beside.elements * sizeof *beside.at);
            memset(sums.at, 0, sums.elements * sizeof *sums.at);
            memset(bias.at, 0, bias.elements * sizeof *bias.at);
            set->outer(&whole.call);
            whole.call.out = expected.at;
            set->column_sums(&whole.call);
            for (size_t first = 0, part = 1; first < count; first += part, part = part % 3 + 1) {
                qd_outer call = t.call;
                call.spans += first;
                call.count = part < count - first ? part : count - first;
                call.more = first + part < count;
                call.sums = sums.at;
                call.ld_sums = sums.ld;
                call.bias_sums = beside.at;
                set->outer(&call);
                call.sums = bias.at;
                call.out = out.at;
                set->column_sums(&call);
            }
            assert_same(set->name, "outer in parts", &t.out, &whole.out);
            assert_same(set->name, "column sums beside it in parts", &t.bias, &expected);
            assert_same(set->name, "column sums in parts", &out, &expected);
            matrix_free(&expected);
            matrix_free(&out);
            matrix_free(&sums);
            matrix_free(&bias);
            matrix_free(&beside);
            outer_free(&whole);
            outer_free(&t);
        }
    }
}

static void check_column_sums(size_t rows, size_t count, size_t units, size_t pad)
{
    size_t i = 0;
    const qd_kernels *set;
    while ((set = next_set(&i)) != NULL) {
        outer_case t;
        outer_new(&t, rows, count, units, 1, pad);
        uint32_t state = 1;
        matrix sums = matrix_new(1, units, units, &state);
        qd_outer part = t.call;
        part.out = sums.at;
        part.j_begin = units / 4;
        set->column_sums(&part);
        part.j_end = part.j_begin;
        part.j_begin = 0;
        set->column_sums(&part);
        for (size_t j = 0; j < units; j++) {
            const qd_real expected = tree_naive(&t.call, j, 0, 1);
            if (!same_real(sums.at[j], expected)) {
                fail_msg("%s: sum %zu of %zu is %a, expected %a", set->name, j, units, (double)sums.at[j],
                         (double)expected);
            }
        }
        matrix_free(&sums);
        outer_free(&t);
    }
}

static void test_outer(void **unused)
{
    (void)unused;
    for (size_t cols = 0; cols <= 66; cols++) {
        check_outer(cols % 20, 1 + cols % 4, 1 + cols % 9, cols, cols % 3);
    }
    for (size_t units = 0; units <= 66; units++) { /* few columns are read in place, many gathered */
        check_outer(units % 35, 2, units, 5, units % 2);
        check_outer(units % 35, 2, units, 97, units % 2);
    }
    for (size_t rows = 0; rows <= 200; rows += 9) {
        check_outer(rows, 3, 7, 5, 0);
    }
    check_outer(21, 5, 205, 260, 1); /* more than one region either way */
    check_outer(40, MOST_SPANS, 103, 20, 1);
    check_outer(3, MOST_SPANS, 50, 70, 0);
    check_outer(16, 0, 4, 4, 0);
    check_outer(600, 2, 5, 33, 0);
}

static void test_column_sums(void **unused)
{
    (void)unused;
    for (size_t units = 0; units <= 66; units++) {
        check_column_sums(units % 37, 1 + units % 5, units, units % 3);
    }
    check_column_sums(600, 3, 131, 0);
    check_column_sums(16, 0, 5, 0);
}

/* The order aside, the sums are those of double to rounding. */
static void test_outer_is_a_product(void **unused)
{
    (void)unused;
    outer_case t;
    outer_new(&t, 50, 6, 13, 29, 1);
    double *truth = calloc(t.call.j_end * t.call.cols, sizeof *truth);
    for (size_t j = 0; j < t.call.j_end; j++) {
        for (size_t k = 0; k < t.call.cols; k++) {
            for (size_t s = 0; s < t.call.count; s++) {
                for (size_t r = t.spans[s].first; r < t.spans[s].last; r++) {
                    truth[j * t.call.cols + k] +=
                        (double)t.spans[s].a[r * t.call.lda + j] * (double)t.spans[s].b[r * t.call.ldb + k];
                }
            }
        }
    }
    size_t i = 0;
    next_set(&i)->outer(&t.call);
    assert_true(worst_error(&t.out, truth) < tolerance());
    free(truth);
    outer_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine),      cmocka_unit_test(test_affine_rows_are_independent),
        cmocka_unit_test(test_outer),       cmocka_unit_test(test_outer_in_parts),
        cmocka_unit_test(test_column_sums), cmocka_unit_test(test_outer_is_a_product),
    };
    return run_between_pages(tests);
}
