/* The table of sets, and the choice of one by QUADRAT_ISA. */
#include "test.h"
#include "kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

static void test_table(void **unused)
{
    (void)unused;
    int usable = 0;
    assert_string_equal(qd_kernels_at(0, &usable)->name, "reference");
    assert_true(usable);
    assert_null(qd_kernels_at(100, &usable));
    const qd_kernels *set;
    for (size_t i = 0; (set = qd_kernels_at(i, &usable)) != NULL; i++) {
        assert_true(set->lanes >= 1 && set->lanes <= 16);
        assert_true(set->exp != NULL && set->sigmoid != NULL && set->tanh != NULL);
        assert_true(set->affine != NULL && set->outer != NULL && set->column_sums != NULL);
        assert_true(set->transpose != NULL && set->copy != NULL && set->adam != NULL && set->squares != NULL);
        for (int id = 0; id < QD_CELLS; id++) {
            assert_true(set->cell_forward[id] != NULL && set->cell_backward[id] != NULL);
            assert_true(set->cell_inputs[id] != NULL);
        }
    }
}

static void test_cells(void **unused)
{
    (void)unused;
    for (int id = 0; id < QD_CELLS; id++) {
        assert_int_equal(strlen(qd_cells[id].gate_names), qd_cells[id].gates);
        assert_true(qd_cells[id].unit_bias_gate < (int)qd_cells[id].gates);
    }
    assert_int_equal(qd_cells[QD_CELL_LSTM].gate_names[qd_cells[QD_CELL_LSTM].unit_bias_gate], 'f');
}

static void test_best_by_default(void **unused)
{
    (void)unused;
    const qd_kernels *best = NULL;
    const qd_kernels *set;
    int usable = 0;
    for (size_t i = 0; (set = qd_kernels_at(i, &usable)) != NULL; i++) {
        best = usable ? set : best;
    }
    assert_int_equal(unsetenv("QUADRAT_ISA"), 0);
    assert_int_equal(qd_kernels_select(&set, NULL), QD_OK);
    assert_ptr_equal(set, best);
    assert_int_equal(setenv("QUADRAT_ISA", "", 1), 0);
    assert_int_equal(qd_kernels_select(&set, NULL), QD_OK);
    assert_ptr_equal(set, best);
}

static void test_named(void **unused)
{
    (void)unused;
    const qd_kernels *set;
    int usable = 0;
    for (size_t i = 0; (set = qd_kernels_at(i, &usable)) != NULL; i++) {
        const qd_kernels *chosen = NULL;
        qd_error error = {0};
        assert_int_equal(setenv("QUADRAT_ISA", set->name, 1), 0);
        const qd_status status = qd_kernels_select(&chosen, &error);
        if (!usable) { /* the other tests of this folder pass over it as well */
            print_message("SKIP: this processor lacks the set %s\n", set->name);
        }
        assert_int_equal(status, usable ? QD_OK : QD_ERR_VALUE);
        assert_ptr_equal(chosen, usable ? set : NULL);
    }
}

static void test_refused(void **unused)
{
    (void)unused;
    static const char *const names[] = {"avx", "AVX2", "avx5120", "none", " reference"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const qd_kernels *chosen = NULL;
        qd_error error = {0};
        assert_int_equal(setenv("QUADRAT_ISA", names[i], 1), 0);
        assert_int_equal(qd_kernels_select(&chosen, &error), QD_ERR_VALUE);
        assert_null(chosen);
        assert_int_equal(error.status, QD_ERR_VALUE);
        assert_non_null(strstr(error.message, names[i]));
        assert_non_null(strstr(error.message, "QUADRAT_ISA"));
        assert_non_null(strstr(error.message, "reference"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_cells),   cmocka_unit_test(test_best_by_default),
        cmocka_unit_test(test_named), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
