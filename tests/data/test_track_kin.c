/* Kin: births near ends, by hand. */
#include "data/tracks_fixture.h"

#include "data/track_kin.h"

#include <math.h>

/* a ends at time 2 in (0, 0); b and c begin one frame later, d two, e six; z ends before all of them begin. */
static const char family[] = "id,t,x,y\n"
                             "a,1,1,0\na,2,0,0\n"
                             "b,3,3,4\nb,4,3,5\nc,3,0,1\nc,4,0,2\nd,4,100,0\nd,5,101,0\ne,8,0,0\ne,9,1,0\n"
                             "z,0,0,2\nz,1,0,3\n";

static qd_tracks *read_family(bool positions)
{
    qd_track_options options = plain_options;
    options.position = positions ? "x,y" : "";
    options.motion = positions;
    return read_text(family, &options);
}

static void test_find(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family(true);
    qd_kin_index index;
    qd_kin kin;
    assert_int_equal(qd_kin_index_new(tracks, &index, NULL), QD_OK);
    assert_true(index.scale == 1);
    qd_kin_find(&index, track_called(tracks, "a"), &kin);
    assert_int_equal(kin.count, 3); /* e begins too late */
    assert_int_equal(kin.birth[0], track_called(tracks, "c"));
    assert_int_equal(kin.birth[1], track_called(tracks, "b"));
    assert_int_equal(kin.birth[2], track_called(tracks, "d"));
    assert_true(kin.distance[0] == 1 && kin.distance[1] == 5 && kin.distance[2] == 100);
    qd_kin_find(&index, track_called(tracks, "e"), &kin);
    assert_int_equal(kin.count, 0);
    assert_true(qd_kin_closeness(&index, 0) == 1 && qd_kin_closeness(&index, 8) == 0.5);
    assert_true(qd_kin_closeness(&index, HUGE_VAL) == 0);
    qd_kin_index_clear(&index);
    qd_tracks_free(tracks);
}

/* The nearest four, whatever the order in which they are met. */
static void test_nearest(void **state)
{
    (void)state;
    static const char many[] =
        "id,t,x,y\nm,0,0,0\nm,1,0,0\np1,2,5,0\np2,2,1,0\np3,2,4,0\np4,2,2,0\np5,2,6,0\np6,2,3,0\n";
    qd_track_options options = plain_options;
    options.position = "x,y";
    options.motion = true;
    qd_tracks *tracks = read_text(many, &options);
    qd_kin_index index;
    qd_kin kin;
    assert_int_equal(qd_kin_index_new(tracks, &index, NULL), QD_OK);
    qd_kin_find(&index, track_called(tracks, "m"), &kin);
    assert_int_equal(kin.count, QD_KIN_NEAR);
    for (size_t i = 0; i < QD_KIN_NEAR; i++) {
        assert_true(kin.distance[i] == (double)(i + 1));
    }
    qd_kin_index_clear(&index);
    qd_tracks_free(tracks);
}

static void test_features(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family(true);
    const size_t before = tracks->features, a = tracks->start[track_called(tracks, "a")];
    const float speed = feature_at(tracks, a + 1, "speed");
    assert_int_equal(qd_track_kin_add(tracks, NULL), QD_OK);
    assert_int_equal(tracks->features, before + 7);
    assert_true(feature_at(tracks, a + 1, "speed") == speed);
    for (size_t row = a; row < a + 2; row++) {
        assert_true(fabsf(feature_at(tracks, row, "birth_1") - 8.0F / 9) < 1e-6F);
        assert_true(fabsf(feature_at(tracks, row, "birth_2") - 8.0F / 13) < 1e-6F);
        assert_true(fabsf(feature_at(tracks, row, "births_apart") - (float)(8 / (8 + sqrt(18)))) < 1e-6F);
    }
    const size_t b = tracks->start[track_called(tracks, "b")];
    assert_true(fabsf(feature_at(tracks, b, "origin") - (float)(8 / (8 + sqrt(10)))) < 1e-6F); /* z, in (0, 3) */
    assert_true(fabsf(feature_at(tracks, b, "sibling") - (float)(8 / (8 + sqrt(18)))) < 1e-6F);
    assert_true(feature_at(tracks, b, "birth_1") < 0.2F);
    qd_tracks_free(tracks);
}

/* What begins and ends near a frame, whenever the own track does; not how the film begins (z) and ends (e). */
static void test_around(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family(true);
    const size_t a = tracks->start[track_called(tracks, "a")], e = tracks->start[track_called(tracks, "e")];
    assert_int_equal(qd_track_kin_add(tracks, NULL), QD_OK);
    assert_true(fabsf(feature_at(tracks, a, "near_birth") - (float)(8 / (8 + sqrt(2)))) < 1e-6F); /* c, from (1, 0) */
    assert_true(fabsf(feature_at(tracks, a + 1, "near_birth") - 8.0F / 9) < 1e-6F);
    assert_true(fabsf(feature_at(tracks, a + 1, "near_end") - 0.8F) < 1e-6F);     /* c, in (0, 2) */
    assert_true(fabsf(feature_at(tracks, e, "near_birth") - 8.0F / 108) < 1e-6F); /* d, four frames before */
    assert_true(fabsf(feature_at(tracks, e + 1, "near_birth")) < 1e-6F);          /* five */
    qd_tracks_free(tracks);
}

static void test_films(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family(true);
    const size_t a = tracks->start[track_called(tracks, "a")], c = track_called(tracks, "c");
    tracks->film[c] = 1;
    assert_int_equal(qd_track_kin_add(tracks, NULL), QD_OK);
    assert_true(fabsf(feature_at(tracks, a, "birth_1") - 8.0F / 13) < 1e-6F); /* b: c is no kin */
    assert_true(fabsf(feature_at(tracks, a + 1, "near_birth") - 8.0F / 13) < 1e-6F);
    assert_true(feature_at(tracks, tracks->start[c], "sibling") == 0);
    assert_true(feature_at(tracks, tracks->start[c], "origin") == 0);
    assert_true(feature_at(tracks, tracks->start[c], "near_end") == 0);
    qd_tracks_free(tracks);
}

static void test_no_positions(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family(false);
    qd_error error;
    assert_int_equal(qd_track_kin_add(tracks, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "no positions"));
    qd_tracks_free(tracks);
}

static qd_status add_kin(const void *context, qd_error *error)
{
    (void)context;
    qd_tracks *tracks = NULL;
    qd_track_options options = plain_options;
    options.position = "x,y";
    options.motion = true;
    qd_status status = qd_tracks_parse("tracks", family, sizeof family - 1, &options, &tracks, error);
    if (status == QD_OK) {
        status = qd_track_kin_add(tracks, error);
    }
    qd_tracks_free(tracks);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(add_kin, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_find),
                                       cmocka_unit_test(test_nearest),
                                       cmocka_unit_test(test_features),
                                       cmocka_unit_test(test_around),
                                       cmocka_unit_test(test_films),
                                       cmocka_unit_test(test_no_positions),
                                       cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
