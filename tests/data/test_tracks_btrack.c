/* btrack's HDF5: a small file as btrack 0.7 writes it (tests/fuzz/corpus/hdf5/tracks.h5: three tracks, a dummy object,
   a property), read whole; changed in one place after the other, refused; cut short anywhere, refused. */
#include "data/tracks_fixture.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdio.h>

#define CORPUS QD_SOURCE_DIR "/tests/fuzz/corpus/hdf5/"

#ifdef QD_HAVE_HDF5
#include <hdf5.h>
#include <math.h>

static qd_status read_path(const char *path, qd_tracks **tracks, qd_error *error)
{
    return qd_tracks_read(&path, 1, &plain_options, tracks, error);
}

static void a_small_file(void **state)
{
    (void)state;
    qd_tracks *tracks;
    qd_error error;
    if (read_path(CORPUS "tracks.h5", &tracks, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(tracks->count, 3);
    assert_int_equal(tracks->rows, 5);
    assert_int_equal(tracks->dimensions, 2);
    assert_int_equal(tracks->features, 1);
    assert_string_equal(tracks->feature[0], "area");
    assert_true(tracks->lineage && tracks->per_frame);
    const size_t first = tracks->start[track_called(tracks, "1")];
    assert_int_equal(qd_track_length(tracks, track_called(tracks, "1")), 3);
    assert_int_equal(tracks->object[first + 2], -1); /* the dummy */
    assert_int_equal(tracks->label[first + 2], QD_NO_LABEL);
    assert_true(isnan(tracks->x[first + 2]));
    assert_int_equal(tracks->missing[track_called(tracks, "1")], 1);
    assert_string_equal(tracks->class_name[tracks->label[first + 1]], "1");
    assert_float_equal(tracks->position[2 * first], 1, 0);
    assert_float_equal(feature_at(tracks, first + 1, "area"), 11, 0);
    qd_tracks_free(tracks);
}

/* Objects of 50 and more were not tracked: the entries count the others alone. */
static void a_filtered_file(void **state)
{
    (void)state;
    qd_tracks *tracks;
    qd_error error;
    if (read_path(CORPUS "filtered.h5", &tracks, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_float_equal(feature_at(tracks, tracks->start[track_called(tracks, "2")], "area"), 12, 0);
    qd_tracks_free(tracks);
}

/* A copy of the file in which number i of a dataset is changed, or a dataset is taken out. */
static void change(const char *set, size_t i, double value)
{
    char *bytes;
    size_t size;
    qd_error error;
    double values[64];
    assert_int_equal(qd_file_read_all(CORPUS "tracks.h5", 1 << 20, &bytes, &size, &error), QD_OK);
    write_file("changed.h5", bytes, size);
    qd_mem_free(bytes);
    const hid_t file = H5Fopen(path_of("changed.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    if (i == SIZE_MAX) {
        assert_true(H5Ldelete(file, set, H5P_DEFAULT) >= 0);
    } else {
        const hid_t data = H5Dopen2(file, set, H5P_DEFAULT);
        assert_true(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        values[i] = value;
        assert_true(H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        H5Dclose(data);
    }
    H5Fclose(file);
}

static void files_that_contradict_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        size_t i;
        double value;
        const char *part;
    } bad[] = {
        {"tracks/obj_type_1/tracks", 0, 9, "tracks/obj_type_1/tracks: there is no object 9 (entry 0)"},
        {"tracks/obj_type_1/tracks", 2, -3, "there is no object -3 (entry 2)"},
        {"tracks/obj_type_1/tracks", 1, 0, "two objects of track 1 at time 0"},
        {"tracks/obj_type_1/map", 5, 99, "tracks/obj_type_1/map: the end 99 of track 2"},
        {"tracks/obj_type_1/map", 0, 4, "lies outside of the tracks"},
        {"tracks/obj_type_1/LBEPR", 6, 1, "the label 1 of row 1 is there before"},
        {"tracks/obj_type_1/LBEPR", 9, 8, "the parent of track 2, 8, is not there"},
        {"tracks/obj_type_1/LBEPR", 9, 1, "the parent of track 2, 1, overlaps it: it ends at time 3"},
        {"tracks/obj_type_1/LBEPR", 3, 2, "the parent of track 1, 2, begins after it, at time 2"},
        {"objects/obj_type_1/coords", 0, NAN, "the time nan of object 0 is no number"},
        {"tracks/obj_type_1/LBEPR", SIZE_MAX, 0, "the dataset tracks/obj_type_1/LBEPR is missing"},
        {"objects", SIZE_MAX, 0, "the dataset objects/obj_type_1/coords is missing"},
        {"tracks", SIZE_MAX, 0, "without the group tracks"},
        {"tracks/obj_type_1/dummies", SIZE_MAX, 0, "there is no object -1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qd_tracks *tracks;
        qd_error error;
        change(bad[i].set, bad[i].i, bad[i].value);
        assert_int_equal(read_path(path_of("changed.h5"), &tracks, &error), QD_ERR_FORMAT);
        if (strstr(error.message, bad[i].part) == NULL || strstr(error.file, "changed.h5") == NULL) {
            fail_msg("expected \"%s\": %s", bad[i].part, error.message);
        }
    }
    assert_int_equal(remove(path_of("changed.h5")), 0);
}

static void files_cut_short(void **state)
{
    (void)state;
    char *bytes;
    size_t size;
    qd_error error;
    assert_int_equal(qd_file_read_all(CORPUS "tracks.h5", 1 << 20, &bytes, &size, &error), QD_OK);
    for (size_t cut = 8; cut < size; cut += 97) {
        qd_tracks *tracks;
        assert_int_equal(qd_tracks_parse("cut.h5", bytes, cut, &plain_options, &tracks, &error), QD_ERR_FORMAT);
        assert_non_null(strstr(error.message, "cut.h5: the HDF5 file cannot be read: "));
    }
    qd_mem_free(bytes);
}

static qd_status read_once(const void *input, qd_error *error)
{
    qd_tracks *tracks;
    const qd_status status = read_path(input, &tracks, error);
    if (status == QD_OK) {
        qd_tracks_free(tracks);
    }
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(read_once, CORPUS "filtered.h5") > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_file),
        cmocka_unit_test(a_filtered_file),
        cmocka_unit_test(files_cut_short),
        cmocka_unit_test(files_that_contradict_themselves),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#else

static void says_which_package(void **state)
{
    (void)state;
    static const char *const path = CORPUS "tracks.h5";
    qd_tracks *tracks;
    qd_error error;
    assert_int_equal(qd_tracks_read(&path, 1, &plain_options, &tracks, &error), QD_ERR_MISSING);
    assert_non_null(strstr(error.message, "libhdf5-dev"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_which_package)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#endif
