/* Matrices turned and copied: every element in its place, and nothing beside them touched, on every set. */
#include "test.h"
#include "kernels/guarded.h"

static void check(size_t rows, size_t cols, size_t pad)
{
    size_t i = 0;
    const qd_kernels *set;
    while ((set = next_set(&i)) != NULL) {
        uint32_t state = (uint32_t)(rows * 97 + cols + 1), again = state;
        matrix from = matrix_new(rows, cols, cols + pad, &state);
        matrix turned = matrix_new(cols, rows, rows + 2 * pad, &state);
        matrix copied = matrix_new(rows, cols, cols + 3 * pad, &state);
        matrix same = matrix_new(rows, cols, cols + pad, &again);
        matrix turned_expected = matrix_new(cols, rows, rows + 2 * pad, &again);
        matrix copied_expected = matrix_new(rows, cols, cols + 3 * pad, &again);
        for (size_t r = 0; r < rows; r++) {
            for (size_t c = 0; c < cols; c++) {
                const qd_real element = same.at[r * same.ld + c];
                turned_expected.at[c * turned.ld + r] = copied_expected.at[r * copied.ld + c] = element;
            }
        }
        set->transpose(rows, cols, from.at, from.ld, turned.at, turned.ld);
        set->copy(rows, cols, from.at, from.ld, copied.at, copied.ld);
        assert_same(set->name, "transpose", &turned, &turned_expected);
        assert_same(set->name, "copy", &copied, &copied_expected);
        assert_same(set->name, "what was turned and copied", &from, &same);
        matrix *all[] = {&from, &turned, &copied, &same, &turned_expected, &copied_expected};
        for (size_t m = 0; m < sizeof all / sizeof all[0]; m++) {
            matrix_free(all[m]);
        }
    }
}

static void test_every_place(void **unused)
{
    (void)unused;
    for (size_t n = 0; n <= 66; n++) {
        check(n, (n * 7) % 19, n % 3);
        check((n * 5) % 23, n, n % 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_place)};
    return run_between_pages(tests);
}
