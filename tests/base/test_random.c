/* Random numbers: known answers of the generator, ranges, and whether permutations are uniform. */
#include "test.h"
#include "base/random.h"

#include <string.h>

/* kat_vectors of Random123 (Salmon et al. 2011), philox4x32, 10 rounds. */
static void test_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t key[2], counter[4], out[4];
    } cases[] = {
        {{0, 0}, {0, 0, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0xa4093822, 0x299f31d0},
         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t out[4];
        qd_philox(cases[i].key, cases[i].counter, out);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

/* Models depend on these: computed by an independent implementation, never to change. */
static void test_streams_and_permutations_are_fixed(void **state)
{
    (void)state;
    qd_random stream = qd_random_stream(UINT64_C(7) << 32 | 5, QD_FOR_DROPOUT, 2, 9);
    assert_int_equal(stream.key[0], 0x7163beaa);
    assert_int_equal(stream.key[1], 0x6d76b265);
    static const size_t first[12] = {2, 1, 11, 10, 0, 8, 4, 6, 5, 9, 3, 7};
    static const size_t second[12] = {4, 2, 11, 0, 7, 8, 1, 3, 9, 10, 5, 6};
    size_t order[12];
    qd_random_permutation(qd_random_stream(1, QD_FOR_SHUFFLE, 0, 0), 12, order);
    assert_memory_equal(order, first, sizeof order);
    qd_random_permutation(qd_random_stream(UINT64_C(7) << 32 | 5, QD_FOR_SHUFFLE, 0, 3), 12, order);
    assert_memory_equal(order, second, sizeof order);
}

/* Anything that a number is for changes it. */
static void test_everything_counts(void **state)
{
    (void)state;
    uint32_t blocks[9][4];
    qd_random base = qd_random_stream(1, QD_FOR_TEST, 1, 1);
    qd_random_block(base, 1, 1, 1, blocks[0]);
    qd_random_block(base, 2, 1, 1, blocks[1]);
    qd_random_block(base, 1, 2, 1, blocks[2]);
    qd_random_block(base, 1, 1, 2, blocks[3]);
    qd_random_block(base, (UINT64_C(1) << 32) + 1, 1, 1, blocks[4]);
    qd_random_block(qd_random_stream(2, QD_FOR_TEST, 1, 1), 1, 1, 1, blocks[5]);
    qd_random_block(qd_random_stream(1, QD_FOR_INIT, 1, 1), 1, 1, 1, blocks[6]);
    qd_random_block(qd_random_stream(1, QD_FOR_TEST, 2, 1), 1, 1, 1, blocks[7]);
    qd_random_block(qd_random_stream(1, QD_FOR_TEST, 1, 2), 1, 1, 1, blocks[8]);
    for (size_t i = 0; i < 9; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(blocks[i], blocks[j], sizeof blocks[i]);
        }
    }
}

static void test_ranges_of_fractions(void **state)
{
    (void)state;
    assert_true(qd_random_float(0) == 0.0f);
    assert_true(qd_random_float(UINT32_MAX) == 1.0f - 0x1p-24f);
    assert_true(qd_random_double(0, 0) == 0.0);
    assert_true(qd_random_double(UINT32_MAX, UINT32_MAX) == 1.0 - 0x1p-53);
}

static void test_small_permutations(void **state)
{
    (void)state;
    size_t order[1000] = {77};
    qd_random_permutation(qd_random_stream(1, QD_FOR_SHUFFLE, 0, 0), 0, order);
    assert_int_equal(order[0], 77);
    qd_random_permutation(qd_random_stream(1, QD_FOR_SHUFFLE, 0, 0), 1, order);
    assert_int_equal(order[0], 0);
    qd_random_permutation(qd_random_stream(1, QD_FOR_SHUFFLE, 0, 0), 1000, order);
    unsigned char seen[1000] = {0};
    for (size_t i = 0; i < 1000; i++) {
        assert_true(order[i] < 1000);
        assert_int_equal(seen[order[i]]++, 0);
    }
}

/* All 120 orders of five things are as likely: the statistic is chi-square with 119 degrees of freedom (mean 119,
   standard deviation 15.4); for so many degrees 200 is beyond five deviations on one side, 60 nearly four on the other.
 */
static void test_permutations_are_uniform(void **state)
{
    (void)state;
    enum { DRAWS = 120 * 400, ORDERS = 120, N = 5 };
    size_t counts[ORDERS] = {0};
    for (uint32_t epoch = 0; epoch < DRAWS; epoch++) {
        size_t order[N], rank = 0;
        qd_random_permutation(qd_random_stream(3, QD_FOR_SHUFFLE, 0, epoch), N, order);
        for (size_t i = 0; i < N; i++) { /* Lehmer code */
            size_t smaller = 0;
            for (size_t j = i + 1; j < N; j++) {
                smaller += order[j] < order[i];
            }
            rank = rank * (N - i) + smaller;
        }
        assert_true(rank < ORDERS);
        counts[rank]++;
    }
    double statistic = 0, expected = (double)DRAWS / ORDERS;
    for (size_t i = 0; i < ORDERS; i++) {
        statistic += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    }
    print_message("chi-square of 120 orders: %.1f\n", statistic);
    assert_true(statistic < 200 && statistic > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),      cmocka_unit_test(test_streams_and_permutations_are_fixed),
        cmocka_unit_test(test_everything_counts),  cmocka_unit_test(test_ranges_of_fractions),
        cmocka_unit_test(test_small_permutations), cmocka_unit_test(test_permutations_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
