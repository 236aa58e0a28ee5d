/* What a network reads of a track. */
#include "data/tracks_fixture.h"
#include "tasks/cells_parts.h"

#include <math.h>

/* Standardised, so that only quotients of changes are known: of cubes over 1 frame 1 7 19 37 61, over 2 1 8 26 56 98.
 */
static void test_differences(void **state)
{
    (void)state;
    enum { FRAMES = 6, WIDTH = 3, BASE = 2 };
    qd_track_options options = plain_options;
    options.features = "v";
    qd_tracks *tracks = read_text("id,t,v\na,0,0\na,1,1\na,2,8\na,3,27\na,4,64\na,5,125\n", &options);
    qd_cells_inputs inputs = {.lags = 2, .patch = 1};
    float base[FRAMES * BASE], x[FRAMES * WIDTH];
    assert_int_equal(qd_cells_inputs_learn(tracks, NULL, &inputs, NULL), QD_OK);
    assert_int_equal(qd_cells_width(&inputs), WIDTH);
    qd_cells_fill(&inputs, tracks, 0, base, x);
    static const double expected[2][FRAMES] = {{0, 1, 7, 19, 37, 61}, {0, 1, 8, 26, 56, 98}};
    for (size_t lag = 0; lag < 2; lag++) {
        const double unit = (double)(x[5 * WIDTH + 1 + lag] - x[1 + lag]) / expected[lag][5];
        for (size_t t = 0; t < FRAMES; t++) {
            assert_true(fabs((double)(x[t * WIDTH + 1 + lag] - x[1 + lag]) / unit - expected[lag][t]) < 1e-4);
        }
    }
    qd_cells_inputs_clear(&inputs);
    qd_tracks_free(tracks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_differences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
