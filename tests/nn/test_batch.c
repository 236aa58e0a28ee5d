/* Packed batches: order, offsets, and the way back. */
#include "test.h"
#include "nn/batch.h"

#include <string.h>

enum { ROWS = 5, INPUTS = 2 };

/* x of sequence i at step t, input k. */
static qd_real value(size_t i, size_t t, size_t k)
{
    return (qd_real)(100 * i + 10 * t + k);
}

static qd_real data[ROWS][8][INPUTS];

static void fill(qd_batch *batch, size_t rows, const size_t *lengths)
{
    const qd_real *x[ROWS];
    uint64_t sample[ROWS];
    for (size_t i = 0; i < rows; i++) {
        for (size_t t = 0; t < lengths[i]; t++) {
            for (size_t k = 0; k < INPUTS; k++) {
                data[i][t][k] = value(i, t, k);
            }
        }
        x[i] = &data[i][0][0];
        sample[i] = 1000 + i;
    }
    qd_batch_fill(batch, rows, x, lengths, sample);
}

static void check(const qd_batch *batch, size_t rows, const size_t *lengths)
{
    const qd_packing *packing = &batch->packing;
    assert_int_equal(packing->rows, rows);
    size_t total = 0;
    for (size_t r = 0; r < rows; r++) {
        const size_t i = batch->order[r];
        total += lengths[i];
        assert_int_equal(packing->sample[r], 1000 + i);
        if (r > 0) { /* longest first, equal ones in the caller's order */
            const size_t before = batch->order[r - 1];
            assert_true(lengths[before] > lengths[i] || (lengths[before] == lengths[i] && before < i));
        }
        for (size_t t = 0; t < packing->steps; t++) {
            assert_int_equal(r < qd_packing_active(packing, t), t < lengths[i]);
            for (size_t k = 0; t < lengths[i] && k < INPUTS; k++) {
                assert_true(batch->x[(packing->offset[t] + r) * INPUTS + k] == value(i, t, k));
            }
        }
    }
    assert_int_equal(qd_packing_total(packing), total);
    assert_int_equal(packing->steps, lengths[batch->order[0]]);
}

static void test_packing(void **unused)
{
    (void)unused;
    static const size_t lengths[][ROWS] = {{3, 8, 1, 3, 8}, {2, 2, 2, 2, 2}, {1, 2, 3, 4, 5}, {1, 1, 1, 1, 1}};
    qd_batch *batch;
    assert_int_equal(qd_batch_new(ROWS, 8, 23, INPUTS, &batch, NULL), QD_OK);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t rows = ROWS; rows > 0; rows--) { /* also fewer than before */
            fill(batch, rows, lengths[i]);
            check(batch, rows, lengths[i]);
        }
    }
    qd_batch_free(batch);
    qd_batch_free(NULL);
}

static void test_there_and_back(void **unused)
{
    (void)unused;
    static const size_t lengths[ROWS] = {3, 8, 1, 3, 8};
    qd_batch *batch;
    assert_int_equal(qd_batch_new(ROWS, 8, 23, INPUTS, &batch, NULL), QD_OK);
    fill(batch, ROWS, lengths);
    qd_real rows[ROWS * 2], packed[ROWS * 2], back[ROWS * 2];
    for (size_t i = 0; i < ROWS * 2; i++) {
        rows[i] = (qd_real)i;
    }
    qd_batch_sort(batch, rows, 2, packed);
    for (size_t r = 0; r < ROWS; r++) {
        assert_true(packed[2 * r + 1] == rows[2 * batch->order[r] + 1]);
    }
    qd_batch_unsort(batch, packed, 2, back);
    assert_memory_equal(back, rows, sizeof rows);
    qd_batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_packing), cmocka_unit_test(test_there_and_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
