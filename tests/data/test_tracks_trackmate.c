/* TrackMate: spots under four header rows and under one, columns in other orders, edges with a division and a gap, XML
   with filtered tracks; and what is refused.  The files are written by the program's documentation. */
#include "data/tracks_fixture.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>

/* Four rows of header.  Tree 0: spots 10, 11 -> 12, 13 -> 14 (frame 3 is skipped to 4); 20 has no track. */
static const char spots[] =
    "LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME,RADIUS,VISIBILITY,MEAN_INTENSITY_CH1\n"
    "Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,Radius,Visibility,Mean intensity ch1\n"
    "Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,R,Visibility,Mean ch1\n"
    ",,,(quality),(micron),(micron),(micron),(sec),,(micron),,(counts)\n"
    "ID10,10,0,5.5,1.0,2.0,0.0,0.0,0,2.5,1,100\n"
    "ID11,11,0,6.5,1.5,2.5,0.0,60.0,1,2.5,1,110\n"
    "ID13,13,0,7.5,3.0,3.5,0.0,120.0,2,2.5,1,\n"
    "ID12,12,0,7.0,0.5,1.5,0.0,120.0,2,2.5,1,120\n"
    "ID14,14,0,7.0,3.5,4.5,0.0,240.0,4,2.5,1,125\n"
    "ID20,20,,1.0,9.0,9.0,0.0,0.0,0,2.5,1,50\n"
    "ID21,21,\xC3\xB8,1.0,9.0,9.0,0.0,0.0,0,2.5,1,50\n"
    "ID30,30,4,8.0,7.0,7.0,0.0,0.0,0,2.5,1,200\n"
    "ID31,31,4,8.0,7.1,7.0,0.0,60.0,1,2.5,1,201\n";
static const char edges[] = "LABEL,TRACK_ID,SPOT_SOURCE_ID,SPOT_TARGET_ID,SPEED\n"
                            "Label,Track ID,Source spot ID,Target spot ID,Speed\n"
                            "Label,Track ID,Source ID,Target ID,Speed\n"
                            ",,,,(micron/sec)\n"
                            "a,0,10,11,0.1\nb,0,11,12,0.1\nc,0,11,13,0.1\nd,0,13,14,0.1\ne,4,31,30,0.1\n";

static const char xml[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TrackMate version=\"7.11.1\"><Log>a &lt; "
    "b</Log>\n<Model><FeatureDeclarations>"
    "<SpotFeatures><Feature feature=\"QUALITY\" name=\"Quality\" isint=\"false\"/><Feature feature=\"POSITION_X\"/>"
    "<Feature feature=\"FRAME\"/><Feature feature=\"RADIUS\"/></SpotFeatures><EdgeFeatures><Feature feature=\"SPEED\"/>"
    "</EdgeFeatures></FeatureDeclarations>\n<AllSpots nspots=\"6\"><SpotsInFrame frame=\"0\">"
    "<Spot ID=\"10\" name=\"ID10\" QUALITY=\"5.5\" POSITION_X=\"1.0\" POSITION_Y=\"2.0\" POSITION_Z=\"0.0\" "
    "FRAME=\"0\" RADIUS=\"2.5\"/>"
    "<Spot ID=\"30\" name=\"ID30\" QUALITY=\"NaN\" POSITION_X=\"7.0\" POSITION_Y=\"7.0\" POSITION_Z=\"0.0\" "
    "FRAME=\"0\" RADIUS=\"2.5\"/>"
    "</SpotsInFrame>\n<SpotsInFrame frame=\"1\"><Spot ID=\"11\" QUALITY=\"6\" POSITION_X=\"1.5\" POSITION_Y=\"2.5\" "
    "POSITION_Z=\"0.0\" RADIUS=\"2.5\"/>"
    "<Spot ID=\"31\" QUALITY=\"6\" POSITION_X=\"7.5\" POSITION_Y=\"7.5\" POSITION_Z=\"0.0\" FRAME=\"1\" "
    "RADIUS=\"2.5\"/></SpotsInFrame>"
    "<SpotsInFrame frame=\"2\"><Spot ID=\"12\" QUALITY=\"6\" POSITION_X=\"1.5\" POSITION_Y=\"2.5\" POSITION_Z=\"0.0\" "
    "FRAME=\"2\" RADIUS=\"2.5\"/>"
    "<Spot ID=\"13\" QUALITY=\"6\" POSITION_X=\"1.5\" POSITION_Y=\"2.5\" POSITION_Z=\"0.0\" FRAME=\"2\" "
    "RADIUS=\"2.5\"/></SpotsInFrame></AllSpots>\n"
    "<AllTracks><Track name=\"Track_0\" TRACK_ID=\"0\"><Edge SPOT_SOURCE_ID=\"10\" SPOT_TARGET_ID=\"11\"/>"
    "<Edge SPOT_SOURCE_ID=\"11\" SPOT_TARGET_ID=\"12\"/><Edge SPOT_SOURCE_ID=\"11\" SPOT_TARGET_ID=\"13\"/></Track>\n"
    "<Track TRACK_ID=\"4\"><Edge SPOT_SOURCE_ID=\"30\" SPOT_TARGET_ID=\"31\"/></Track></AllTracks>"
    "<FilteredTracks><TrackID TRACK_ID=\"0\"/></FilteredTracks></Model></TrackMate>\n";

/* Reads spots and edges from files, in either order. */
static qd_status read_pair(const char *one, const char *two, qd_tracks **tracks, qd_error *error)
{
    char first[256], second[256];
    strcpy(first, write_file("one.csv", one, strlen(one)));
    strcpy(second, write_file("two.csv", two, strlen(two)));
    const char *const paths[] = {first, second};
    const qd_status status = qd_tracks_read(paths, 2, &plain_options, tracks, error);
    assert_int_equal(remove(first), 0);
    assert_int_equal(remove(second), 0);
    return status;
}

static void check_division(const qd_tracks *tracks)
{
    const size_t mother = track_called(tracks, "0"), one = track_called(tracks, "0.1"),
                 two = track_called(tracks, "0.2");
    assert_int_equal(qd_track_length(tracks, mother), 2);
    assert_int_equal(tracks->object[tracks->start[mother] + 1], 11);
    assert_int_equal(qd_track_daughters(tracks, mother), 2);
    assert_int_equal(tracks->parent[one], mother);
    assert_int_equal(tracks->root[two], mother);
    assert_int_equal(tracks->generation[two], 1);
    assert_true(tracks->lineage);
}

static void spots_with_edges(void **state)
{
    (void)state;
    for (int turned = 0; turned < 2; turned++) {
        qd_tracks *tracks;
        qd_error error;
        if (read_pair(turned ? edges : spots, turned ? spots : edges, &tracks, &error) != QD_OK) {
            fail_msg("%s", error.message);
        }
        assert_int_equal(tracks->count, 4);
        assert_int_equal(tracks->rows, 7);
        assert_int_equal(tracks->loose, 2);
        assert_int_equal(tracks->dimensions, 2);
        check_division(tracks);
        const size_t gap = track_called(tracks, tracks->missing[track_called(tracks, "0.1")] > 0 ? "0.1" : "0.2");
        assert_int_equal(tracks->missing[gap], 1);
        assert_int_equal(tracks->object[tracks->start[gap]], 13);
        assert_int_equal(qd_track_length(tracks, track_called(tracks, "4")), 2);
        assert_int_equal(tracks->features, 3);
        assert_float_equal(feature_at(tracks, tracks->start[gap], "QUALITY"), 7.5, 0);
        assert_true(isnan(feature_at(tracks, tracks->start[gap], "MEAN_INTENSITY_CH1")));
        assert_float_equal(tracks->position[2 * tracks->start[gap]], 3.0, 0);
        qd_tracks_free(tracks);
    }
}

static void one_header_and_no_edges(void **state)
{
    (void)state;
    static const char plain[] = "ID,LABEL,FRAME,POSITION_Y,POSITION_X,POSITION_Z,TRACK_ID,RADIUS\n"
                                "1,a,0,5,4,0.5,7,2\n2,b,1,6,5,1.5,7,2\n3,c,0,6,5,1.5,None,2\n";
    qd_tracks *tracks = read_text(plain, &plain_options);
    assert_int_equal(tracks->count, 1);
    assert_string_equal(tracks->id[0], "7");
    assert_int_equal(tracks->dimensions, 3);
    assert_float_equal(tracks->position[3], 5, 0);
    assert_float_equal(tracks->position[5], 1.5, 0);
    assert_int_equal(tracks->loose, 1);
    qd_tracks_free(tracks);
    /* A tree that branches cannot be told without edges. */
    refuse_text(spots, &plain_options, QD_ERR_FORMAT, 8, 0, "of cells that divide, TrackMate's table of edges");
}

static void refuses_edges(void **state)
{
    (void)state;
    qd_tracks *tracks;
    qd_error error;
    static const char *const head = "SPOT_SOURCE_ID,SPOT_TARGET_ID\n";
    static const struct {
        const char *rows;
        uint64_t line, column;
        const char *part;
    } bad[] = {
        {"10,99\n", 2, 0, "an edge to spot 99, which is not there"},
        {"12,13\n", 2, 0, "spots 12 and 13 of one frame"},
        {"10,11\n10.5,11\n", 3, 1, "the ID of a spot is a whole number"},
        {"10,11\n,11\n", 3, 1, "expected a finite number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s%s", head, bad[i].rows);
        assert_int_equal(read_pair(spots, text, &tracks, &error), QD_ERR_FORMAT);
        assert_error(&error, QD_ERR_FORMAT, bad[i].line, bad[i].column, bad[i].part);
        assert_non_null(strstr(error.file, "two.csv"));
    }
    assert_int_equal(read_pair("id,t,v\n1,0,1\n", edges, &tracks, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "holds none of its spots");
    assert_int_equal(read_pair(edges, edges, &tracks, &error), QD_ERR_VALUE);
    assert_error(&error, QD_ERR_VALUE, 0, 0, "edges without the tracks that they belong to");
    static const char twice[] = "ID,TRACK_ID,FRAME,POSITION_X,POSITION_Y,RADIUS\n1,7,0,1,1,2\n1,7,1,1,1,2\n";
    assert_int_equal(read_pair(twice, edges, &tracks, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 0, "two spots have the ID 1 (the other is on line 2)");
    refuse_text("ID,TRACK_ID,FRAME,POSITION_X,POSITION_Y\nq,r,s,t,u\n", &plain_options, QD_ERR_FORMAT, 0, 0,
                "no spots");
    refuse_text("ID,TRACK_ID,FRAME,POSITION_X,POSITION_Y\n1,1,one,2,3\n", &plain_options, QD_ERR_FORMAT, 2, 3, "'one'");
}

static void reads_xml(void **state)
{
    (void)state;
#ifdef QD_HAVE_XML
    qd_tracks *tracks = read_text(xml, &plain_options);
    assert_int_equal(tracks->count, 3);
    assert_int_equal(tracks->loose, 2); /* the track that was filtered away */
    assert_int_equal(tracks->features, 2);
    check_division(tracks);
    assert_float_equal(feature_at(tracks, 0, "QUALITY"), 5.5, 0);
    qd_tracks_free(tracks);
#else
    refuse_text(xml, &plain_options, QD_ERR_MISSING, 0, 0, "libxml2-dev");
#endif
}

static void refuses_xml(void **state)
{
    (void)state;
#ifdef QD_HAVE_XML
    static const char bomb[] =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE TrackMate [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]>\n<TrackMate><Model><AllSpots><SpotsInFrame frame=\"0\">"
        "<Spot ID=\"1\" FRAME=\"0\" X=\"&c;\"/></SpotsInFrame></AllSpots></Model></TrackMate>";
    refuse_text(bomb, &plain_options, QD_ERR_FORMAT, 2, 0, "a document type");
    refuse_text("<?xml version=\"1.0\"?>\n<TrackMate>&lol;</TrackMate>", &plain_options, QD_ERR_FORMAT, 2, 0,
                "not well-formed XML");
    refuse_text("<?xml version=\"1.0\"?>\n<TrackMate>\n<Model>", &plain_options, QD_ERR_FORMAT, 3, 0,
                "not well-formed XML");
    refuse_text("<?xml version=\"1.0\"?>\n<svg/>", &plain_options, QD_ERR_FORMAT, 2, 0, "XML of <svg>");
    refuse_text("<TrackMate><Model/></TrackMate>", &plain_options, QD_ERR_FORMAT, 0, 0, "no spots");
    refuse_text("<TrackMate>\n<Spot ID=\"x\"/></TrackMate>", &plain_options, QD_ERR_FORMAT, 2, 0,
                "Spot: the attribute ID is no whole number");
    refuse_text("<TrackMate>\n<Spot ID=\"1\"/></TrackMate>", &plain_options, QD_ERR_FORMAT, 2, 0, "without its FRAME");
    refuse_text("<TrackMate>\n<Spot ID=\"1\" FRAME=\"0\" QUALITY=\"1\"/>\n<Spot ID=\"2\" FRAME=\"0\" "
                "QUALITY=\"hi\"/></TrackMate>",
                &plain_options, QD_ERR_FORMAT, 3, 0, "QUALITY=\"hi\" is no number");
    refuse_text("<TrackMate>\n<Edge SPOT_SOURCE_ID=\"1\"/></TrackMate>", &plain_options, QD_ERR_FORMAT, 2, 0,
                "Edge: the attribute SPOT_TARGET_ID is missing");
    refuse_text("<TrackMate><Spot ID=\"1\" FRAME=\"0\"/>\n<Track TRACK_ID=\"0\"><Edge SPOT_SOURCE_ID=\"1\" "
                "SPOT_TARGET_ID=\"2\"/></Track></TrackMate>",
                &plain_options, QD_ERR_FORMAT, 2, 0, "an edge to spot 2, which is not there");
#endif
}

/* A merger begins a track without a mother. */
static void mergers(void **state)
{
    (void)state;
    static const char three[] =
        "ID,TRACK_ID,FRAME,POSITION_X,POSITION_Y,RADIUS\n1,7,0,1,1,2\n2,7,0,1,1,2\n3,7,1,1,1,2\n";
    qd_tracks *tracks;
    qd_error error;
    if (read_pair(three, "SPOT_SOURCE_ID,SPOT_TARGET_ID\n1,3\n2,3\n", &tracks, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(tracks->count, 3);
    assert_int_equal(tracks->parent[track_called(tracks, "7/3")], QD_NO_TRACK);
    qd_tracks_free(tracks);
}

static qd_status read_once(const void *input, qd_error *error)
{
    qd_tracks *tracks;
    const qd_status status = qd_tracks_parse("t", input, strlen(input), &plain_options, &tracks, error);
    if (status == QD_OK) {
        qd_tracks_free(tracks);
    }
    return status;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    static const char plain[] = "ID,LABEL,FRAME,POSITION_Y,POSITION_X,TRACK_ID,RADIUS\n1,a,0,5,4,7,2\n2,b,1,6,5,7,2\n";
    assert_true(fail_every_allocation(read_once, plain) > 20);
#ifdef QD_HAVE_XML
    assert_true(fail_every_allocation(read_once, xml) > 20);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spots_with_edges),
        cmocka_unit_test(one_header_and_no_edges),
        cmocka_unit_test(refuses_edges),
        cmocka_unit_test(reads_xml),
        cmocka_unit_test(refuses_xml),
        cmocka_unit_test(mergers),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
