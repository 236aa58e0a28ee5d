/* Splits: the hash's check values, parts by hash and by table, groups kept together, strata, independence of order. */
#include "data/tracks_fixture.h"
#include "base/mem.h"
#include "data/splits.h"

#include <stdio.h>

enum { TRACKS = 120, LIMIT = 1 << 20 };

/* A track a row: ids a0, a1, ..., of three classes 60 : 40 : 20, in lineages of four. */
static qd_tracks *many(bool backwards)
{
    char text[8192];
    size_t used = (size_t)sprintf(text, "id,t,family,class,v\n");
    for (size_t k = 0; k < TRACKS; k++) {
        const size_t n = backwards ? TRACKS - 1 - k : k;
        used += (size_t)sprintf(text + used, "a%zu,0,f%zu,%c,%zu\n", n, n / 4, "xxxyyz"[n % 6], n);
    }
    qd_track_options options = plain_options;
    options.keep = "family";
    options.per = "track";
    return read_text(text, &options);
}

static void hash_has_check_values(void **state)
{
    (void)state;
    assert_int_equal(qd_split_hash("", 0), 2166136261u);
    assert_int_equal(qd_split_hash("a", 0), 0xe40c292cu); /* of the authors' own test */
    assert_int_equal(qd_split_hash("f01p0042", 0), 1521337176u);
    assert_int_equal(qd_split_hash("f01p0042t0010r01", 8), 1521337176u);
    assert_int_equal(qd_split_hash("f02p0204", 0) % 100, 3);
    assert_int_equal(qd_split_hash("35", 0), 2364561749u);
}

static void parts_by_hash(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    options.keep = "root";
    qd_tracks *tracks = read_text("id,t,root,v\nu,0,f01p0042t1,1\nv,0,f02p0204,1\nw,0,35,1\n", &options);
    qd_part part[3];
    qd_error error;
    assert_int_equal(qd_split_parts(tracks, "hash:root:8", "", LIMIT, part, &error), QD_OK);
    assert_int_equal(part[0], QD_PART_VALID);                           /* 76 */
    assert_int_equal(part[1], QD_PART_TRAIN);                           /* 3 */
    assert_int_equal(part[2], QD_PART_TRAIN);                           /* 49 */
    static const char *const edges[] = {"c92", "c145", "c213", "c193"}; /* 69, 70, 84, 85 */
    static const qd_part of_edges[] = {QD_PART_TRAIN, QD_PART_VALID, QD_PART_VALID, QD_PART_TEST};
    qd_tracks *four = read_text("id,t,v\nc92,0,1\nc145,0,1\nc213,0,1\nc193,0,1\n", &plain_options);
    qd_part of_four[4];
    assert_int_equal(qd_split_parts(four, "hash:id", "", LIMIT, of_four, &error), QD_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(of_four[track_called(four, edges[i])], of_edges[i]);
    }
    qd_tracks_free(four);
    assert_int_equal(qd_split_parts(tracks, "hash:nothing", "", LIMIT, part, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "there are id, root, parent, root"));
    assert_int_equal(qd_split_parts(tracks, "hash:root:0", "", LIMIT, part, &error), QD_ERR_USE);
    assert_int_equal(qd_split_parts(tracks, "halves", "", LIMIT, part, &error), QD_ERR_USE);
    assert_int_equal(qd_split_parts(tracks, "hash:", "", LIMIT, part, &error), QD_ERR_USE);
    qd_tracks_free(tracks);
}

static void parts_by_file(void **state)
{
    (void)state;
    qd_tracks *tracks = read_text("id,t,v\nu,0,1\nv,0,1\nw,0,1\n", &plain_options);
    qd_part part[3];
    qd_error error;
    char split[512];
    static const char sets[] = "ID,set\nv,test\nu,train\nx,train\n", odd[] = "ID,set\nv,holdout\n";
    static const char none[] = "ID,set\nq,train\n", twice[] = "ID,set\nu,train\nu,test\n", test[] = "ID,set\nu,test\n";
    snprintf(split, sizeof split, "file:%s:ID:set", write_file("sets.csv", sets, strlen(sets)));
    assert_int_equal(qd_split_parts(tracks, split, "", LIMIT, part, &error), QD_OK);
    assert_int_equal(part[0], QD_PART_TRAIN);
    assert_int_equal(part[1], QD_PART_TEST);
    assert_int_equal(part[2], QD_PART_NONE);
    write_file("sets.csv", odd, strlen(odd));
    assert_int_equal(qd_split_parts(tracks, split, "", LIMIT, part, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 2, 2, "'holdout'; expected train, validation or test");
    write_file("sets.csv", twice, strlen(twice));
    assert_int_equal(qd_split_parts(tracks, split, "", LIMIT, part, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 1, "u stands in two sets");
    write_file("sets.csv", none, strlen(none));
    assert_int_equal(qd_split_parts(tracks, split, "", LIMIT, part, &error), QD_ERR_VALUE);
    write_file("sets.csv", test, strlen(test));
    assert_int_equal(qd_split_parts(tracks, split, "", LIMIT, part, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "leaves no track to train on"));
    assert_int_equal(qd_split_parts(tracks, "file:sets.csv", "", LIMIT, part, &error), QD_ERR_USE);
    assert_int_equal(remove(path_of("sets.csv")), 0);
    qd_tracks_free(tracks);
}

static void groups_are_not_parted(void **state)
{
    (void)state;
    qd_tracks *tracks = many(false);
    qd_part part[TRACKS];
    qd_error error;
    assert_int_equal(qd_split_parts(tracks, "hash:family", "family", LIMIT, part, &error), QD_OK);
    assert_int_equal(qd_split_parts(tracks, "hash:id", "family", LIMIT, part, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "parts the group"));
    size_t fold[TRACKS], count;
    assert_int_equal(qd_split_folds(tracks, "4", "family", 7, fold, &count, &error), QD_OK);
    size_t of_fold[4] = {0};
    for (size_t n = 0; n < TRACKS; n++) {
        assert_int_equal(fold[n], fold[n / 4 * 4]);
        of_fold[fold[n]]++;
    }
    for (size_t k = 0; k < 4; k++) { /* 30 groups of 4 in 4 folds */
        assert_true(of_fold[k] == 7 * 4 || of_fold[k] == 8 * 4);
    }
    qd_tracks_free(tracks);
}

static void folds_are_of_no_order(void **state)
{
    (void)state;
    qd_tracks *tracks = many(false), *turned = many(true);
    size_t fold[TRACKS], other[TRACKS], seeded[TRACKS], count, different = 0;
    qd_error error;
    assert_int_equal(qd_split_folds(tracks, "5", "", 1, fold, &count, &error), QD_OK);
    assert_int_equal(qd_split_folds(turned, "5", "", 1, other, &count, &error), QD_OK);
    assert_int_equal(qd_split_folds(tracks, "5", "", 2, seeded, &count, &error), QD_OK);
    for (size_t n = 0; n < TRACKS; n++) {
        assert_int_equal(fold[n], other[track_called(turned, tracks->id[n])]);
        different += fold[n] != seeded[n];
    }
    assert_true(different > 10);
    qd_tracks_free(tracks);
    qd_tracks_free(turned);
}

static void folds(void **state)
{
    (void)state;
    qd_tracks *tracks = many(false);
    size_t fold[TRACKS], count, of[5][3] = {{0}};
    qd_error error;
    assert_int_equal(qd_split_folds(tracks, "5", "", 1, fold, &count, &error), QD_OK);
    assert_int_equal(count, 5);
    for (size_t n = 0; n < TRACKS; n++) {
        of[fold[n]][tracks->label[n]]++;
    }
    for (size_t k = 0; k < 5; k++) {
        assert_int_equal(of[k][0], 12);
        assert_int_equal(of[k][1], 8);
        assert_int_equal(of[k][2], 4);
    }
    assert_int_equal(qd_split_folds(tracks, "hash:id:5", "", 1, fold, &count, &error), QD_OK);
    assert_int_equal(count, 5);
    assert_int_equal(fold[3], qd_split_hash("a3", 0) % 5);
    assert_int_equal(qd_split_folds(tracks, "5", "family", 1, fold, &count, &error), QD_OK);
    assert_int_equal(fold[40], fold[43]);
    assert_int_equal(qd_split_folds(tracks, "1", "", 1, fold, &count, &error), QD_ERR_USE);
    assert_int_equal(qd_split_folds(tracks, "hash:id", "", 1, fold, &count, &error), QD_ERR_USE);
    assert_int_equal(qd_split_folds(tracks, "31", "family", 1, fold, &count, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "31 folds of 30 groups"));
    qd_tracks_free(tracks);
}

static void columns_that_are_needed(void **state)
{
    (void)state;
    char *columns;
    qd_error error;
    assert_int_equal(qd_split_columns("family", "hash:id:8", "hash:root:5", &columns, &error), QD_OK);
    assert_string_equal(columns, "family,id,root");
    qd_mem_free(columns);
    assert_int_equal(qd_split_columns("a,b", "file:x.csv:ID:set", "5", &columns, &error), QD_OK);
    assert_string_equal(columns, "\"a,b\"");
    qd_mem_free(columns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_has_check_values),   cmocka_unit_test(parts_by_hash),
        cmocka_unit_test(parts_by_file),           cmocka_unit_test(groups_are_not_parted),
        cmocka_unit_test(folds_are_of_no_order),   cmocka_unit_test(folds),
        cmocka_unit_test(columns_that_are_needed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
