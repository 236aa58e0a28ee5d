/* Several films as one: numbers that move on, names that meet, classes and features of all, and what does not fit. */
#include "data/tracks_fixture.h"
#include "base/mem.h"

#include <stdio.h>

static const char *const films[] = {
    "id,t,area,state,parent,kind,plate\nm,0,10,G1,,u,p1\nm,1,11,M,,u,p1\na,2,5,G1,m,v,p1\n",
    "id,t,kind,area,state,parent,plate\nm,5,w,20,S,,p2\nb,6,w,21,G1,m,p2\nb,7,w,,G1,m,p2\n"};

static qd_status read_two(const char *one, const char *two, const qd_track_options *options, qd_tracks **tracks,
                          qd_error *error)
{
    char first[256], second[256];
    strcpy(first, write_file("one.csv", one, strlen(one)));
    strcpy(second, write_file("two.csv", two, strlen(two)));
    const char *const paths[] = {first, second};
    const qd_status status = qd_tracks_read(paths, 2, options, tracks, error);
    assert_int_equal(remove(first), 0);
    assert_int_equal(remove(second), 0);
    return status;
}

static void two_films(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    qd_tracks *tracks;
    qd_error error;
    const char *value;
    options.categorical = "kind";
    options.keep = "plate";
    options.per = "frame";
    if (read_two(films[0], films[1], &options, &tracks, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(tracks->count, 4);
    assert_int_equal(tracks->rows, 6);
    assert_int_equal(tracks->features, 4); /* area, kind=u, kind=v, kind=w */
    assert_float_equal(feature_at(tracks, 0, "kind=w"), 0, 0);
    assert_float_equal(feature_at(tracks, 4, "kind=w"), 1, 0);
    assert_float_equal(feature_at(tracks, 4, "area"), 21, 0);
    assert_int_equal(tracks->classes, 3);
    assert_string_equal(tracks->class_name[2], "S");
    assert_int_equal(tracks->label[3], 2);
    assert_non_null(strstr(tracks->id[0], "one.csv:m")); /* m is a name of both */
    assert_non_null(strstr(tracks->id[3], "two.csv:b"));
    assert_int_equal(tracks->parent[3], 2);
    assert_int_equal(tracks->root[3], 2);
    assert_int_equal(tracks->root[1], 0);
    assert_int_equal(tracks->daughter[tracks->daughter_start[2]], 3);
    assert_int_equal(tracks->daughter_start[4], 2);
    assert_int_equal(tracks->start[4], 6);
    assert_float_equal(tracks->time[3], 5, 0);
    assert_int_equal(tracks->film[1], 0);
    assert_int_equal(tracks->film[2], 1);
    assert_int_equal(tracks->film[3], 1);
    assert_int_equal(qd_tracks_key(tracks, "plate", 3, &value, &error), QD_OK);
    assert_string_equal(value, "p2");
    qd_tracks_free(tracks);
}

static void names_that_do_not_meet_stay(void **state)
{
    (void)state;
    qd_tracks *tracks;
    qd_error error;
    assert_int_equal(read_two("id,t,v\na,0,1\n", "id,t,v\nb,0,2\n", &plain_options, &tracks, &error), QD_OK);
    assert_string_equal(tracks->id[1], "b");
    assert_null(tracks->label);
    qd_tracks_free(tracks);
}

static void films_that_do_not_fit(void **state)
{
    (void)state;
    static const char first[] = "id,t,v,state\na,0,1,x\na,1,1,y\n";
    static const struct {
        const char *film, *part;
    } bad[] = {
        {"id,t,w,state\na,0,1,x\na,1,1,y\n", "1 of the 1 features that are needed are missing: v"},
        {"id,t,v\na,0,1\n", "other labels than"},
        {"id,t,v,state\na,0,1,x\na,1,1,x\n", "labels of frames where the other has them of tracks"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qd_tracks *tracks;
        qd_error error;
        assert_int_equal(read_two(first, bad[i].film, &plain_options, &tracks, &error), QD_ERR_VALUE);
        assert_non_null(strstr(error.message, bad[i].part));
        assert_non_null(strstr(error.file, "two.csv"));
    }
}

static qd_status read_once(const void *input, qd_error *error)
{
    qd_track_options options = plain_options;
    qd_tracks *tracks;
    options.categorical = "kind";
    options.keep = "plate,id";
    options.per = "frame";
    const qd_status status = qd_tracks_read(input, 2, &options, &tracks, error);
    if (status == QD_OK) {
        qd_tracks_free(tracks);
    }
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    char first[256], second[256];
    strcpy(first, write_file("one.csv", films[0], strlen(films[0])));
    strcpy(second, write_file("two.csv", films[1], strlen(films[1])));
    const char *const paths[] = {first, second};
    assert_true(fail_every_allocation(read_once, paths) > 100);
    assert_int_equal(remove(first), 0);
    assert_int_equal(remove(second), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_films),
        cmocka_unit_test(names_that_do_not_meet_stay),
        cmocka_unit_test(films_that_do_not_fit),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
