/* Alignment: known cases, and the score of random ones against the whole matrix, written another way. */
#include "folder.h"

#include "base/random.h"
#include "data/pairwise.h"
#include <string.h>

enum { MOST = 400, UNKNOWN = 20, FAR = -1000000 };

static size_t place[MOST];

static void align(const char *reference, const char *query)
{
    qd_error error;
    assert_int_equal(qd_align((const uint8_t *)reference, strlen(reference), (const uint8_t *)query, strlen(query), 255,
                              place, &error),
                     QD_OK);
}

static void known(void **state)
{
    (void)state;
    align("ABCDEFGH", "ABCDEFGH");
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(place[i], i);
    }
    align("ABCDEFGHIJKL", "ABCDEFIJKL"); /* two are missing */
    assert_int_equal(place[5], 5);
    assert_true(place[6] == SIZE_MAX && place[7] == SIZE_MAX);
    assert_int_equal(place[8], 6);
    align("ABCDEFIJKL", "ABCDEFGHIJKL"); /* two too many */
    assert_int_equal(place[5], 5);
    assert_int_equal(place[6], 8);
    align("ABCDEFGHIJKL", "EFGHIJKL"); /* begins late: a gap at the end costs nothing */
    assert_true(place[3] == SIZE_MAX);
    assert_int_equal(place[4], 0);
    assert_int_equal(place[11], 7);
    align("", "ABC");
    align("ABC", "");
    assert_true(place[0] == SIZE_MAX && place[2] == SIZE_MAX);
}

static int better(int a, int b)
{
    return a > b ? a : b;
}

static int pair(uint8_t x, uint8_t y)
{
    return x >= UNKNOWN || y >= UNKNOWN ? 0 : x == y ? 5 : -3;
}

/* The best score over all alignments: three whole matrices. */
static int best_score(const uint8_t *x, int n, const uint8_t *y, int m)
{
    static int h[MOST + 1][MOST + 1], d[MOST + 1][MOST + 1], v[MOST + 1][MOST + 1];
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= m; j++) {
            const int in_row = i == 0 || i == n ? 0 : 1, in_column = j == 0 || j == m ? 0 : 1;
            d[i][j] = i == 0 ? FAR : better(h[i - 1][j] - 11 * in_column, d[i - 1][j] - in_column);
            v[i][j] = j == 0 ? FAR : better(h[i][j - 1] - 11 * in_row, v[i][j - 1] - in_row);
            const int diagonal = i > 0 && j > 0 ? h[i - 1][j - 1] + pair(x[i - 1], y[j - 1]) : i + j == 0 ? 0 : FAR;
            h[i][j] = better(diagonal, better(d[i][j], v[i][j]));
        }
    }
    return h[n][m];
}

/* What an alignment costs by the rules.  Deletions and insertions between two pairs are two gaps. */
static int score_of(const uint8_t *x, size_t n, const uint8_t *y, size_t m)
{
    int score = 0;
    size_t i = 0, j = 0;
    while (i < n || j < m) {
        if (i < n && place[i] == j && place[i] != SIZE_MAX) {
            score += pair(x[i++], y[j++]);
            continue;
        }
        size_t deleted = 0, next = m;
        while (i + deleted < n && place[i + deleted] == SIZE_MAX) {
            deleted++;
        }
        if (i + deleted < n) {
            next = place[i + deleted];
            assert_true(next >= j);
        }
        const size_t inserted = next - j;
        /* Deleted before inserted or after: whichever is cheaper by the free ends. */
        const int del_first = (deleted > 0 && j > 0 && j < m ? 10 + (int)deleted : 0) +
                              (inserted > 0 && i + deleted > 0 && i + deleted < n ? 10 + (int)inserted : 0);
        const int ins_first = (inserted > 0 && i > 0 && i < n ? 10 + (int)inserted : 0) +
                              (deleted > 0 && next > 0 && next < m ? 10 + (int)deleted : 0);
        score -= del_first < ins_first ? del_first : ins_first;
        i += deleted;
        j = next;
    }
    return score;
}

/* Related sequences of several lengths, and unrelated ones: the band must be widened until it does not matter. */
static void as_good_as_the_whole_matrix(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 200; round++) {
        const qd_random stream = qd_random_stream(round, QD_FOR_TEST, 0, 0);
        uint8_t x[MOST], y[MOST];
        size_t n = 0, m = 0;
        uint32_t w[4];
        qd_random_block(stream, 0, 0, 0, w);
        const size_t length = 1 + w[0] % 200, shift = w[1] % 90;
        const uint32_t change = 1 + w[2] % 40;
        for (uint32_t i = 0; i < length; i++) {
            qd_random_block(stream, 1, i, 0, w);
            const uint8_t letter = (uint8_t)(w[0] % 21);
            const bool late = round % 3 == 0 && i < shift;
            if (w[1] % change != 0) {
                x[n++] = letter;
            }
            if (!late && w[2] % change != 0) {
                y[m++] = w[3] % change == 0 ? (uint8_t)((letter + 1) % 20) : letter;
            }
        }
        for (uint32_t i = 0; round % 5 == 0 && i < 70; i++) { /* an insertion that a band of 32 does not hold */
            y[m++] = (uint8_t)(i % 20);
        }
        qd_error error;
        assert_int_equal(qd_align(x, n, y, m, UNKNOWN, place, &error), QD_OK);
        if (score_of(x, n, y, m) != best_score(x, (int)n, y, (int)m)) {
            fail_msg("round %d: %d residues on %d: %d, and the best is %d", (int)round, (int)n, (int)m,
                     score_of(x, n, y, m), best_score(x, (int)n, y, (int)m));
        }
    }
}

static qd_status run(const void *input, qd_error *error)
{
    (void)input;
    return qd_align((const uint8_t *)"ABCDE", 5, (const uint8_t *)"ABE", 3, 255, place, error);
}

static void memory(void **state)
{
    (void)state;
    assert_int_equal(fail_every_allocation(run, NULL), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known), cmocka_unit_test(as_good_as_the_whole_matrix),
                                       cmocka_unit_test(memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
