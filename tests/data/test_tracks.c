/* Tracks of tables and series: what is recognised, what becomes of it, and what is refused, with its place. */
#include "data/tracks_fixture.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>

/* A mother that divides, her daughters, and a cell of one frame; rows in any order. */
static const char family[] = "id,t,x,y,area,state,parent\n"
                             "m,1,3,4,11,G1,\nm,0,0,0,10,G1,\nm,3,6,8,,M,\n"
                             "a,4,6,8,6,G1,m\na,5,7,8,7,G1,m\nb,4,9,4,5,G1,m\nlone,0,1,0,9,,0\n";

static void long_table(void **state)
{
    (void)state;
    qd_tracks *tracks = read_text(family, &plain_options);
    assert_string_equal(tracks->format, "long table");
    assert_int_equal(tracks->count, 4);
    assert_int_equal(tracks->rows, 7);
    assert_int_equal(tracks->features, 3); /* x, y, area: nobody said that x and y are positions */
    const size_t m = track_called(tracks, "m"), a = track_called(tracks, "a"), lone = track_called(tracks, "lone");
    assert_int_equal(qd_track_length(tracks, m), 3);
    assert_float_equal(tracks->time[tracks->start[m]], 0, 0);
    assert_float_equal(tracks->time[tracks->start[m] + 2], 3, 0);
    assert_int_equal(tracks->object[tracks->start[m]], 2); /* the row */
    assert_int_equal(tracks->missing[m], 1);
    assert_int_equal(tracks->missing[a], 0);
    assert_float_equal(tracks->step, 1, 0);
    assert_true(isnan(feature_at(tracks, tracks->start[m] + 2, "area")));
    assert_true(tracks->per_frame);
    assert_int_equal(tracks->classes, 2);
    assert_string_equal(tracks->class_name[0], "G1");
    assert_int_equal(tracks->label[tracks->start[m] + 2], 1);
    assert_int_equal(tracks->label[tracks->start[lone]], QD_NO_LABEL);
    assert_int_equal(tracks->parent[a], m);
    assert_int_equal(tracks->parent[lone], QD_NO_TRACK);
    assert_int_equal(tracks->root[a], m);
    assert_int_equal(tracks->generation[a], 1);
    assert_int_equal(qd_track_daughters(tracks, m), 2);
    assert_int_equal(tracks->daughter[tracks->daughter_start[m] + 1], track_called(tracks, "b"));
    assert_int_equal(qd_track_daughters(tracks, a), 0);
    qd_tracks_free(tracks);
}

static void features_from_positions(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    options.position = "x,y";
    options.motion = true;
    options.neighbours = true;
    qd_tracks *tracks = read_text(family, &options);
    const size_t m = tracks->start[track_called(tracks, "m")], a = tracks->start[track_called(tracks, "a")];
    assert_int_equal(tracks->features, 4 + 9);
    assert_true(isnan(feature_at(tracks, m, "speed")));
    assert_float_equal(feature_at(tracks, m + 1, "speed"), 5, 1e-6);
    assert_float_equal(feature_at(tracks, m + 2, "speed"), 2.5, 1e-6); /* over two frames */
    assert_float_equal(feature_at(tracks, m + 2, "turn"), 0, 1e-3);
    assert_float_equal(feature_at(tracks, m + 2, "displacement"), 10, 1e-6);
    assert_float_equal(feature_at(tracks, m + 2, "path"), 10, 1e-6);
    assert_float_equal(feature_at(tracks, m, "neighbour_1"), 1, 0);
    assert_true(isnan(feature_at(tracks, m, "neighbour_2")));
    assert_float_equal(feature_at(tracks, m, "neighbours"), 1, 0);
    assert_float_equal(feature_at(tracks, m + 1, "neighbours"), 0, 0);
    assert_float_equal(feature_at(tracks, a, "neighbour_1"), 5, 1e-6);
    qd_tracks_free(tracks);
    options.position = "";
    refuse_text(family, &options, QD_ERR_VALUE, 0, 0, "no positions are known");
}

/* Features at a frame do not change when later frames are cut off: they serve live microscopy. */
static void motion_looks_back_alone(void **state)
{
    (void)state;
    qd_track_options options = plain_options, early = plain_options;
    options.position = early.position = "x,y";
    options.motion = options.neighbours = early.motion = early.neighbours = true;
    early.where = "t<4";
    qd_tracks *all = read_text(family, &options), *cut = read_text(family, &early);
    for (size_t n = 0; n < cut->count; n++) {
        const size_t other = all->start[track_called(all, cut->id[n])];
        assert_memory_equal(cut->x + cut->start[n] * cut->features, all->x + other * all->features,
                            qd_track_length(cut, n) * cut->features * sizeof(float));
    }
    qd_tracks_free(all);
    qd_tracks_free(cut);
}

static void options_of_tables(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    options.where = "area>5 and not state==\"M\" or id=lone";
    options.categorical = "state";
    options.features = "area";
    options.label = "state";
    options.keep = "parent,id";
    qd_tracks *tracks = read_text(family, &options);
    const char *value;
    qd_error error;
    assert_int_equal(tracks->rows, 5);
    assert_int_equal(tracks->features, 2);
    assert_string_equal(tracks->feature[1], "state=G1");
    assert_float_equal(feature_at(tracks, 0, "state=G1"), 1, 0);
    assert_true(isnan(feature_at(tracks, tracks->start[track_called(tracks, "lone")], "state=G1")));
    assert_int_equal(qd_tracks_key(tracks, "parent", track_called(tracks, "a"), &value, &error), QD_OK);
    assert_string_equal(value, "m");
    assert_int_equal(qd_tracks_key(tracks, "nobody", 0, &value, &error), QD_ERR_VALUE);
    qd_tracks_free(tracks);
    options = plain_options;
    options.keep = "area";
    refuse_text(family, &options, QD_ERR_FORMAT, 3, 5, "column area changes within track m");
    options = plain_options;
    options.per = "track";
    refuse_text(family, &options, QD_ERR_FORMAT, 0, 0, "the label of track m changes at time 3");
}

static void wide_table(void **state)
{
    (void)state;
    static const char wide[] = "ID,class,ERK_0,ERK_1,ERK_2,ERK_3,AKT_0,AKT_1,AKT_2,AKT_3\n"
                               "u,0,,1.5,,2.5,,,,\nv,1,1,2,3,4,5,6,7,8\n";
    qd_track_options options = plain_options;
    options.trim = true;
    qd_tracks *tracks = read_text(wide, &options);
    assert_string_equal(tracks->format, "wide table");
    assert_int_equal(tracks->features, 2);
    assert_string_equal(tracks->feature[0], "ERK");
    assert_false(tracks->per_frame);
    assert_int_equal(tracks->label[1], 1);
    assert_int_equal(qd_track_length(tracks, 0), 3); /* the empty frame within is kept */
    assert_float_equal(tracks->time[0], 1, 0);
    assert_true(isnan(feature_at(tracks, 1, "ERK")));
    assert_float_equal(feature_at(tracks, tracks->start[1] + 3, "AKT"), 8, 0);
    qd_tracks_free(tracks);
    options.features = "AKT";
    options.trim = false;
    tracks = read_text(wide, &options);
    assert_int_equal(tracks->features, 1);
    assert_int_equal(tracks->rows, 8);
    qd_tracks_free(tracks);
    refuse_text("ID,a_0,a_1,a_2\nu,1,2,x\n", &plain_options, QD_ERR_FORMAT, 2, 4, "found 'x'");
}

static void lists_in_cells(void **state)
{
    (void)state;
    static const char lists[] = "id,parent,start,stop,times_all,length\n"
                                "a,,11,13,\"[10, 11, 13, 14]\",\"[1.5, 1.6, None, 2]\"\n"
                                "b,a,,15,\"[14, 15]\",\"[1.0, 1.1]\"\nc,z,9,,\"[14, 15]\",\"[1.0, 1.1]\"\nd,a,1,2,,\n";
    qd_track_options options = plain_options;
    options.phases = "B,start,C,stop,D";
    qd_tracks *tracks = read_text(lists, &options);
    assert_string_equal(tracks->format, "table of lists");
    assert_int_equal(tracks->count, 3); /* d has no trace */
    assert_int_equal(tracks->features, 1);
    assert_true(isnan(tracks->x[2]));
    assert_int_equal(tracks->missing[0], 1);
    assert_int_equal(tracks->classes, 3);
    static const int32_t expected[] = {0, 1, 2, 2, 0, 0, 1, 1};
    assert_memory_equal(tracks->label, expected, sizeof expected);
    assert_int_equal(tracks->parent[1], 0); /* which shares a frame with its daughter, as such tables do */
    assert_int_equal(tracks->orphans, 1);
    qd_tracks_free(tracks);
    options = plain_options;
    refuse_text("id,time,a\nx,\"[1, 2]\",\"[3]\"\n", &options, QD_ERR_FORMAT, 2, 2, "2 items, that in a has 1");
    refuse_text("id,a\nx,\"[1, two]\"\n", &options, QD_ERR_FORMAT, 2, 2, "item 2 of the list, two, is no number");
    refuse_text("id,a\nx,\"[1, 2]\"\ny,3\n", &options, QD_ERR_FORMAT, 3, 2, "expected a list");
    refuse_text("id,a\nx,\"[1, 2]\"\nx,\"[1]\"\n", &options, QD_ERR_FORMAT, 3, 1, "the track x stands there twice");
    options.phases = "A,start";
    refuse_text("id,start,a\nx,1,\"[1, 2]\"\n", &options, QD_ERR_VALUE, 0, 0, "phases: names with a column");
}

static void lineages_that_cannot_be(void **state)
{
    (void)state;
    refuse_text("id,t,v,parent\na,0,1,b\nb,0,1,c\nc,0,1,a\n", &plain_options, QD_ERR_FORMAT, 3, 0,
                "is its own ancestor: the lineage goes round");
    refuse_text("id,t,v,parent\na,0,1,b\nb,3,1,\n", &plain_options, QD_ERR_FORMAT, 2, 0,
                "the parent of track a, b, begins after it, at time 3");
    refuse_text("id,t,v\na,0,1\nb,0,1\na,0,2\n", &plain_options, QD_ERR_FORMAT, 4, 0,
                "two objects of track a at time 0 (the other is on line 2)");
    refuse_text("id,t,v\na,now,1\n", &plain_options, QD_ERR_FORMAT, 2, 2, "found 'now'");
    refuse_text("cells,t,v\na,0,1\n", &plain_options, QD_ERR_VALUE, 1, 0, "no column is called 'id'");
    qd_tracks *tracks = read_text("id,t,v,parent\na,0,1,gone\nb,2,1,a\n", &plain_options);
    assert_int_equal(tracks->orphans, 1); /* tables may be parts of larger ones */
    assert_int_equal(tracks->generation[1], 1);
    qd_tracks_free(tracks);
}

static void series(void **state)
{
    (void)state;
    qd_tracks *tracks = read_text("2\t0.5\t0.25\tNaN\n10\t1\t\t3\n1.0\t4\t5\t6\n", &plain_options);
    assert_int_equal(tracks->count, 3);
    assert_int_equal(tracks->classes, 3);
    assert_string_equal(tracks->class_name[0], "1");
    assert_string_equal(tracks->class_name[2], "10"); /* in the order of numbers */
    assert_int_equal(tracks->label[1], 2);
    assert_int_equal(qd_track_length(tracks, 0), 2); /* what is missing at the end is padding */
    assert_int_equal(qd_track_length(tracks, 1), 3);
    assert_true(isnan(tracks->x[3]));
    assert_string_equal(tracks->id[2], "3");
    assert_false(tracks->lineage);
    qd_tracks_free(tracks);
    tracks = read_text(" 1.0000e+00  2.5 3\n-1 4 5\n", &plain_options);
    assert_string_equal(tracks->class_name[0], "-1");
    assert_string_equal(tracks->class_name[1], "1");
    qd_tracks_free(tracks);
    refuse_text("1\t2\t3\n1\t2\tx\n", &plain_options, QD_ERR_FORMAT, 2, 3, "x is no number");
    refuse_text("1\t2\t3\n1\t2\t1e39\n", &plain_options, QD_ERR_FORMAT, 2, 3, "1e39 is no number");
    refuse_text("1\t2\t3\nx\t2\t3\n", &plain_options, QD_ERR_FORMAT, 2, 1, "expected the class of a series");
    refuse_text("1\t2\t3\n1\n", &plain_options, QD_ERR_FORMAT, 2, 0, "a class without values");
}

#define HEADER "@problemName p\n@timeStamps false\n@classLabel true a b\n@data\n"

static void ts_files(void **state)
{
    (void)state;
    qd_tracks *tracks =
        read_text("# words\n% more\n@PROBLEMNAME p\n@timestamps False\n@univariate false\n@dimension 2\n"
                  "@classlabel true b a c\n@data\n1,2,?:4,5,6:a\n\n7:NaN: b\n",
                  &plain_options);
    assert_int_equal(tracks->count, 2);
    assert_int_equal(tracks->features, 2);
    assert_int_equal(tracks->classes, 3); /* in the header's order, one of them without a series */
    assert_string_equal(tracks->class_name[0], "b");
    assert_int_equal(tracks->label[0], 1);
    assert_float_equal(tracks->x[3], 5, 0);
    assert_true(isnan(tracks->x[4]));
    assert_int_equal(qd_track_length(tracks, 1), 1);
    qd_tracks_free(tracks);
    tracks = read_text("@timeStamps true\n@classLabel true 1\n@data\n(0,1.5),(10,2.5),(20,?):(0,3),(10,4),(20,5):1\n",
                       &plain_options);
    assert_int_equal(tracks->features, 2);
    assert_float_equal(tracks->step, 10, 0);
    assert_float_equal(tracks->x[5], 5, 0);
    qd_tracks_free(tracks);
    tracks = read_text("@timeStamps true\n@classLabel false\n@data\n(2007-01-01 00:00:00,1),(2007-01-01 00:01:30,2)\n",
                       &plain_options);
    assert_float_equal(tracks->step, 90, 0);
    assert_null(tracks->label);
    qd_tracks_free(tracks);
    tracks = read_text("@targetlabel true\n@data\n1,2:0.25\n3:4.5\n", &plain_options);
    assert_null(tracks->label);
    assert_float_equal(tracks->target[1], 4.5, 0);
    qd_tracks_free(tracks);
}

static void ts_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line;
        const char *part;
    } bad[] = {
        {"@problemName p\n1,2,3:a\n", 2, "'1,2,3:a' before @data; a .ts file begins with a header"},
        {"@problemName p\n@classLabel true a\n", 2, "the line @data is missing"},
        {HEADER "1,2:c\n", 5, "the class c is not one of those that @classLabel lists"},
        {HEADER "1,2:a\n1,x:b\n", 6, "x in channel 1 is no number"},
        {HEADER "1,2:3,4:a\n1,2:b\n", 6, "2 parts between colons; expected 2 channels and the class"},
        {HEADER "1,2:3:a\n", 5, "channel 2 has 1 values, the first has 2"},
        {HEADER "1:3,4:a\n", 5, "channel 2 has 2 values, the first has 1"},
        {HEADER ":a\n", 5, "a series without values"},
        {HEADER, 4, "no series after @data"},
        {"@timeStamps maybe\n@data\n1:a\n", 1, "'maybe' where true or false was expected"},
        {"@classLabel true a a\n@data\n1:a\n", 1, "the class a is listed twice"},
        {"@classLabel true a\n@targetlabel true\n@data\n1:a\n", 3, "contradict each other"},
        {"@dimensions none\n@data\n1:a\n", 1, "'none' where a whole number was expected"},
        {"@dimensions 99\n@data\n1:a\n", 0, "@dimensions 99 are more than the data have"},
        {"@timeStamps true\n@classLabel true a\n@data\n(0,1),5:a\n", 4, "5 in channel 1 is no pair (time,value)"},
        {"@timeStamps true\n@classLabel true a\n@data\n(0,1),(0,2):a\n", 4, "two objects of track 1 at time 0"},
        {"@timeStamps true\n@classLabel true a\n@data\n(0,1):(1,2):a\n", 4, "channel 2 has other times than the first"},
        {"@targetlabel true\n@data\n1,2:high\n", 3, "high is no number; expected the target"},
    };
    refuse_text("% words\n@relation gun\n@attribute a numeric\n@data\n1,2\n", &plain_options, QD_ERR_FORMAT, 0, 0,
                "an .arff or .tsf file (@relation), which is not read");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refuse_text(bad[i].text, &plain_options, QD_ERR_FORMAT, bad[i].line, 0, bad[i].part);
    }
}

static void classes_and_features_of_a_model(void **state)
{
    (void)state;
    static const char *const classes[] = {"M", "S", "G1"}, *const other[] = {"M", "S"};
    static const char *const features[] = {"area", "kind=round", "x"}, *const lacking[] = {"x", "ecc", "kind=flat",
                                                                                           "width"};
    qd_track_options options = plain_options;
    options.categorical = "kind";
    qd_tracks *tracks = read_text("id,t,state,x,area,kind\na,0,G1,1,2,flat\na,1,M,3,4,\n", &options);
    qd_error error;
    assert_int_equal(qd_tracks_use_classes(tracks, 2, other, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "the class G1 is unknown to the model, which knows M, S"));
    assert_int_equal(qd_tracks_use_classes(tracks, 3, classes, &error), QD_OK);
    assert_int_equal(tracks->label[0], 2);
    assert_int_equal(tracks->label[1], 0);
    const uint32_t before = qd_tracks_fingerprint(tracks);
    assert_int_equal(qd_tracks_use_features(tracks, 4, lacking, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "2 of the 4 features that are needed are missing: ecc, width"));
    assert_int_equal(qd_tracks_fingerprint(tracks), before);
    assert_int_equal(qd_tracks_use_features(tracks, 3, features, &error), QD_OK);
    static const float expected[] = {2, 0, 1, 4, 0, 3};
    assert_memory_equal(tracks->x, expected, sizeof expected);
    assert_int_not_equal(qd_tracks_fingerprint(tracks), before);
    qd_tracks_free(tracks);
}

/* For prediction the columns of labels need not be there, and are no features where they are. */
static void without_labels(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    options.label = "grade";
    options.phases = "A,start,B";
    options.per = "track";
    options.unlabelled = true;
    static const char *const texts[] = {"id,t,v\na,0,1\na,1,2\n", "id,t,v,grade\na,0,1,5\na,1,2,6\n", "1\t2\t3\n",
                                        "@classLabel true a\n@data\n1:a\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        qd_tracks *tracks = read_text(texts[i], &options);
        assert_null(tracks->label);
        assert_int_equal(tracks->classes, 0);
        assert_int_equal(tracks->features, 1);
        qd_tracks_free(tracks);
    }
}

static void graphs(void **state)
{
    (void)state;
    static const char table[] =
        "ID t x y z parent root state generation dummy\r\n1.0 0 1 1 0 1 1 0 0 0 7\r\n2.0 1 1 1 0 2 2 0 0 0 8\r\n";
    char first[256], second[256];
    strcpy(first, write_file("tracks.csv", table, strlen(table)));
    const char *const paths[] = {first, second};
    static const struct {
        const char *graph, *part;
        uint64_t offset;
    } cases[] = {{" {\"2\": [1]}\n", NULL, 0},
                 {"{\"2\":1}", NULL, 0},
                 {"{\"2\": [\"1\"]}", NULL, 0},
                 {"{\"2\": [1, 1]}", "one mother", 6},
                 {"{\"2\": []}", "one mother", 6},
                 {"{\"3\": [1]}", "the track 3 is not in", 6},
                 {"{\"2\": [9]}", "the track 9 is not in", 6},
                 {"{\"2\": [null]}", "one mother", 6},
                 {"{\"2\": [1], \"2\": [1]}", "the second member", 16},
                 {"{\"2\": [1]", "'}'", 9},
                 {"{\"2\": [x]}", "a JSON value", 7}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_tracks *tracks;
        qd_error error;
        strcpy(second, write_file("graph.json", cases[i].graph, strlen(cases[i].graph)));
        const qd_status status = qd_tracks_read(paths, 2, &plain_options, &tracks, &error);
        if (cases[i].part != NULL) {
            assert_int_equal(status, QD_ERR_FORMAT);
            assert_offset(&error, QD_ERR_FORMAT, cases[i].offset, cases[i].part);
            continue;
        }
        assert_int_equal(status, QD_OK);
        assert_int_equal(tracks->parent[1], 0);
        assert_true(tracks->lineage);
        assert_int_equal(tracks->features, 4); /* x, y, z, and a property that the header does not name */
        assert_string_equal(tracks->feature[3], "property_1");
        qd_tracks_free(tracks);
    }
    assert_int_equal(remove(first), 0);
    assert_int_equal(remove(second), 0);
}

static qd_status read_once(const void *input, qd_error *error)
{
    const qd_track_options *options = input;
    static const char text[] =
        "id,t,x,y,area,state,parent,kind,s\nm,1,3,4,11,G1,,u,5\nm,0,0,0,10,G1,,v,5\na,4,6,8,6,M,m,u,6\n";
    qd_tracks *tracks;
    const qd_status status = qd_tracks_parse("t", text, strlen(text), options, &tracks, error);
    if (status == QD_OK) {
        qd_tracks_free(tracks);
    }
    return status;
}

static qd_status read_others(const void *input, qd_error *error)
{
    static const char *const texts[] = {"1\t2\t3\n2\t3\t4\n", HEADER "1,2:3,4:a\n", "@targetlabel true\n@data\n1:2\n",
                                        "ID,class,E_0,E_1,E_2\nu,0,1,2,3\n", "id,a\nx,\"[1, 2]\"\n"};
    qd_status status = QD_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == QD_OK; i++) {
        qd_tracks *tracks;
        status = qd_tracks_parse("t", texts[i], strlen(texts[i]), input, &tracks, error);
        if (status == QD_OK) {
            qd_tracks_free(tracks);
        }
    }
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    qd_track_options options = plain_options;
    assert_true(fail_every_allocation(read_others, &options) > 60);
    options.position = "x,y";
    options.motion = options.neighbours = options.trim = true;
    options.keep = "s";
    options.categorical = "kind";
    options.where = "t<9";
    options.phases = "A,s,B";
    assert_true(fail_every_allocation(read_once, &options) > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_table),
        cmocka_unit_test(features_from_positions),
        cmocka_unit_test(motion_looks_back_alone),
        cmocka_unit_test(options_of_tables),
        cmocka_unit_test(wide_table),
        cmocka_unit_test(lists_in_cells),
        cmocka_unit_test(lineages_that_cannot_be),
        cmocka_unit_test(series),
        cmocka_unit_test(ts_files),
        cmocka_unit_test(ts_files_that_are_refused),
        cmocka_unit_test(classes_and_features_of_a_model),
        cmocka_unit_test(without_labels),
        cmocka_unit_test(graphs),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
