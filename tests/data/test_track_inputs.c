/* Inputs of tracks: standardised by the training tracks alone, what is missing is the mean and marked. */
#include "data/tracks_fixture.h"
#include "base/mem.h"
#include "data/track_inputs.h"

#include <math.h>

static const char text[] = "id,t,a,b,c,kind\nu,0,1,5,2,p\nu,1,3,,2,q\nv,0,100,7,2,p\nv,1,,9,2,\n";

static void standardised_by_the_training_tracks(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    options.categorical = "kind";
    qd_tracks *tracks = read_text(text, &options);
    const bool use[] = {true, false};
    qd_track_scaling scaling;
    qd_error error;
    float inputs[4 * 6];
    assert_int_equal(qd_track_scaling_learn(tracks, use, &scaling, &error), QD_OK);
    assert_int_equal(scaling.features, 5);
    assert_int_equal(scaling.inputs, 6); /* b alone lacks values in the training track */
    assert_float_equal(scaling.mean[0], 2, 0);
    assert_float_equal(scaling.sd[0], 1, 0);
    assert_float_equal(scaling.sd[2], 1, 0); /* constant */
    assert_string_equal(scaling.name[3], "kind=p");
    qd_track_scaling_apply(&scaling, tracks->rows, tracks->x, inputs);
    static const float expected[4 * 6] = {-1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 98, 2, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0};
    assert_memory_equal(inputs, expected, sizeof expected);
    qd_track_scaling_clear(&scaling);
    qd_tracks_free(tracks);
}

static void a_feature_without_values(void **state)
{
    (void)state;
    qd_tracks *tracks = read_text("id,t,a,b\nu,0,1,\nv,0,,2\n", &plain_options);
    const bool use[] = {true, false};
    qd_track_scaling scaling;
    qd_error error;
    assert_int_equal(qd_track_scaling_learn(tracks, use, &scaling, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "the feature b has no value in the training tracks"));
    qd_tracks_free(tracks);
}

/* Two cells have no second neighbour, and two frames no turn: always missing, and no reason to learn nothing. */
static void few_cells(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    options.position = "x,y";
    options.motion = options.neighbours = true;
    qd_tracks *tracks = read_text("id,t,x,y\nu,0,1,1\nu,1,2,1\nv,0,5,1\nv,1,5,3\n", &options);
    qd_track_scaling scaling;
    assert_int_equal(qd_track_scaling_learn(tracks, NULL, &scaling, NULL), QD_OK);
    float inputs[2 * 13] = {0};
    assert_true(scaling.features == 13 && scaling.marked[1] && scaling.marked[5] && !scaling.marked[4]);
    assert_string_equal(scaling.name[5], "neighbour_2");
    qd_track_scaling_apply(&scaling, 1, tracks->x, inputs);
    assert_true(inputs[5] == 0 && scaling.mean[5] == 0 && scaling.sd[5] == 1);
    qd_track_scaling_clear(&scaling);
    qd_tracks_free(tracks);
}

/* Far from zero a constant is one still, and what is far off stays finite. */
static void numbers_of_any_size(void **state)
{
    (void)state;
    qd_tracks *tracks = read_text("id,t,a,b\nu,0,1e30,0.1\nu,1,1e30,0.1\nu,2,1e30,0.1\n", &plain_options);
    qd_track_scaling scaling;
    qd_error error;
    float inputs[6];
    assert_int_equal(qd_track_scaling_learn(tracks, NULL, &scaling, &error), QD_OK);
    assert_float_equal(scaling.sd[0], 1, 0);
    assert_float_equal(scaling.sd[1], 1, 0);
    const float far[] = {3e38F, -3e38F, NAN, 0.1F, 1e30F, 1e38F};
    qd_track_scaling_apply(&scaling, 3, far, inputs);
    for (size_t i = 0; i < 6; i++) {
        assert_true(isfinite(inputs[i]));
    }
    qd_track_scaling_clear(&scaling);
    qd_tracks_free(tracks);
}

static qd_status learn_once(const void *input, qd_error *error)
{
    qd_track_scaling scaling;
    const qd_status status = qd_track_scaling_learn(input, NULL, &scaling, error);
    if (status == QD_OK) {
        qd_track_scaling_clear(&scaling);
    }
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    qd_tracks *tracks = read_text(text, &plain_options);
    assert_true(fail_every_allocation(learn_once, tracks) > 10);
    qd_tracks_free(tracks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standardised_by_the_training_tracks),
        cmocka_unit_test(a_feature_without_values),
        cmocka_unit_test(few_cells),
        cmocka_unit_test(numbers_of_any_size),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
