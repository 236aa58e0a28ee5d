/* The model file of a classifier: the same after reading, refused where it lies; every allocation and file operation
   may fail; what is written of labels, scores and divisions. */
#include "tasks/cells_fixture.h"

#include "base/file.h"

#include <string.h>

static qd_classifier *quick(const qd_tracks *tracks)
{
    qd_settings *settings = cells_settings(tracks, NULL);
    qd_classifier *classifier = trained(settings, tracks);
    qd_settings_free(settings);
    return classifier;
}

static char *read_file(const char *name)
{
    char *text;
    size_t size;
    assert_int_equal(qd_file_read_all(path_of(name), 1000000, &text, &size, NULL), QD_OK);
    return text;
}

static void test_same_after_reading(void **state)
{
    (void)state;
    static const char *const labels_by[] = {"phase", "kind"};
    for (int i = 0; i < 2; i++) {
        qd_tracks *tracks = cells_labelled(labels_by[i]);
        qd_classifier *classifier = quick(tracks), *again;
        qd_error error;
        assert_int_equal(qd_classifier_save(classifier, path_of("m"), NULL), QD_OK);
        if (qd_classifier_load(path_of("m"), &again, &error) != QD_OK) {
            fail_msg("%s", error.message);
        }
        qd_cells_labels a = labels_of(classifier, tracks), b = labels_of(again, tracks);
        assert_memory_equal(a.p, b.p, a.n * a.classes * sizeof(float));
        assert_true(again->accuracy == classifier->accuracy && again->known == classifier->known);
        qd_classifier_free(again);

        char *first = read_file("m");
        assert_int_equal(qd_classifier_load(path_of("m"), &again, NULL), QD_OK);
        assert_int_equal(qd_classifier_save(again, path_of("m2"), NULL), QD_OK);
        char *second = read_file("m2");
        assert_string_equal(first + 8, second + 8); /* the JSON text */
        qd_mem_free(first);
        qd_mem_free(second);
        assert_int_equal(unlink(path_of("m")), 0);
        assert_int_equal(unlink(path_of("m2")), 0);
        qd_cells_labels_clear(&a);
        qd_cells_labels_clear(&b);
        qd_classifier_free(again);
        qd_classifier_free(classifier);
        qd_tracks_free(tracks);
    }
}

/* A file in which a text of the metadata is another one of the same length is refused, by its contents (the checksum is
   not looked at here). */
static void check_lie(const qd_classifier *classifier, const char *truth, const char *lie, const char *part)
{
    char *bytes;
    size_t size;
    qd_safetensors *file;
    qd_classifier *out;
    qd_error error = {0};
    assert_int_equal(qd_classifier_save(classifier, path_of("m"), NULL), QD_OK);
    assert_int_equal(qd_file_read_all(path_of("m"), 1000000, &bytes, &size, NULL), QD_OK);
    assert_int_equal(unlink(path_of("m")), 0);
    char *at = strstr(bytes + 8, truth);
    assert_true(at != NULL && strlen(truth) == strlen(lie));
    memcpy(at, lie, strlen(lie));
    assert_int_equal(qd_safetensors_parse("m", bytes, size, false, &file, &error), QD_OK);
    assert_int_equal(qd_classifier_from(file, &out, &error), QD_ERR_FORMAT);
    if (strstr(error.message, part) == NULL) {
        fail_msg("%s: \"%s\" lacks \"%s\"", lie, error.message, part);
    }
    qd_safetensors_free(file);
    qd_mem_free(bytes);
}

static void test_lies(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_classifier *c = quick(tracks);
    check_lie(c, "\"task\":\"cells\"", "\"task\":\"celli\"", "expected 'cells'");
    check_lie(c, "\\\"kind\\\":\\\"frames\\\"", "\\\"kind\\\":\\\"tracks\\\"", "makes a network of");
    check_lie(c, "\\\"kind\\\":\\\"frames\\\"", "\\\"kind\\\":\\\"spirit\\\"", "expected frames, tracks or divisions");
    check_lie(c, "\\\"members\\\":2", "\\\"members\\\":0", "expected a whole number from 1 to 1000");
    check_lie(c, "\\\"members\\\":2", "\\\"members\\\":3", "member_2.");
    check_lie(c, "\\\"members\\\":2", "\\\"members\\\":1", "tensors");
    check_lie(c, "\\\"lags\\\":2", "\\\"lags\\\":5", "makes a network of");
    check_lie(c, "\\\"lags\\\":2", "\\\"logs\\\":4", "lags");
    check_lie(c, "\\\"marked\\\":[false]", "\\\"marked\\\":[ true]", "makes a network of");
    check_lie(c, "\\\"marked\\\":[false]", "\\\"marked\\\":[10000]", "expected true or false");
    check_lie(c, "\\\"unseen_accuracy\\\":\\\"0.", "\\\"unseen_accuracy\\\":\\\"x.", "expected a number as a string");
    qd_classifier_free(c);
    qd_tracks_free(tracks);
}

/* --------------------------------------------------------------------------------------------- failures */

typedef struct input {
    const qd_tracks *tracks;
    const qd_settings *settings;
    const qd_classifier *classifier;
} input;

static qd_status train_and_save(const void *context, qd_error *error)
{
    const input *in = context;
    qd_classifier *classifier = NULL;
    qd_status status = qd_cells_train(in->settings, in->tracks, NULL, false, NULL, NULL, &classifier, error);
    if (status == QD_OK) {
        status = qd_classifier_save(classifier, path_of("m"), error);
    }
    qd_classifier_free(classifier);
    return status;
}

static qd_status load_and_score(const void *context, qd_error *error)
{
    const input *in = context;
    qd_classifier *classifier = NULL;
    qd_cells_answers answers = {0};
    qd_cells_report report = {0};
    qd_status status = qd_classifier_load(path_of("m"), &classifier, error);
    if (status == QD_OK) {
        status = qd_cells_answers_new(in->tracks, classifier->kind, &answers, error);
    }
    if (status == QD_OK) {
        status = qd_cells_answer(classifier, NULL, 1, &answers, error);
    }
    if (status == QD_OK) {
        status = qd_cells_score(&answers, "grow,shrink", 3, 1, &report, error);
    }
    if (status == QD_OK) {
        status = qd_cells_report_write(&report, path_of("s.csv"), error);
    }
    if (status == QD_OK) {
        char path[256];
        snprintf(path, sizeof path, "%s", path_of("d.json"));
        status = qd_cells_report_details(&report, in->tracks->class_name, path, error);
    }
    if (status == QD_OK) {
        status = qd_cells_answers_write(&answers, path_of("l.csv"), error);
    }
    qd_cells_report_clear(&report);
    qd_cells_answers_clear(&answers);
    qd_classifier_free(classifier);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings = cells_settings(tracks, "epochs", "1", "ensemble", "1", "patience", "1", NULL);
    const input in = {.tracks = tracks, .settings = settings};
    assert_true(fail_every_allocation(train_and_save, &in) > 100);
    assert_true(fail_every_allocation(load_and_score, &in) > 100);
    static const char *const left[] = {"m", "s.csv", "d.json", "l.csv"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(unlink(path_of(left[i])), 0);
    }
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

/* --------------------------------------------------------------------------------------------- divisions */

/* A mother that divides, one that is lost, and one whose end has two births of others far away. */
static const char family[] = "id,t,x,y,parent\n"
                             "a,0,0,0,\na,1,1,0,\na,2,2,0,\n"
                             "b,3,3,1,a\nb,4,4,2,a\nc,3,3,-1,a\nc,4,4,-2,a\n"
                             "d,0,50,50,\nd,1,51,50,\n"
                             "e,0,90,90,\ne,1,90,91,\ne,2,90,92,\ne,3,90,93,\ne,4,90,94,\n";

static qd_tracks *read_family(void)
{
    qd_track_options options = plain_options;
    options.position = "x,y";
    options.parent = "parent";
    options.motion = true;
    return read_text(family, &options);
}

static void test_candidates(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family();
    qd_divisions d;
    qd_error error;
    if (qd_divisions_new(tracks, false, &d, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    const size_t a = track_called(tracks, "a"), b = track_called(tracks, "b"), lost = track_called(tracks, "d");
    assert_int_equal(d.candidates->count, d.count);
    size_t divisions = 0;
    for (size_t i = 0; i < d.count; i++) {
        divisions += (size_t)d.candidates->label[i];
        if (d.mother[i] == a) {
            assert_true(d.daughters[2 * i] == b || d.daughters[2 * i + 1] == b);
            assert_int_equal(d.candidates->label[i], 1);
            assert_int_equal(qd_track_length(d.candidates, i), 3);
            assert_true(fabs((double)feature_at(d.candidates, d.candidates->start[i], "pair_nearer") -
                             8 * sqrt(2) / (9 * sqrt(2))) < 0.2);
            assert_true(feature_at(d.candidates, d.candidates->start[i], "pair_delay") == 1);
        }
        if (d.mother[i] == lost) { /* b and c begin within the window, but far away */
            assert_int_equal(d.candidates->label[i], 0);
            assert_true(feature_at(d.candidates, d.candidates->start[i], "pair_nearer") < 0.2F);
        }
        assert_string_equal(d.candidates->id[i], tracks->id[d.mother[i]]);
    }
    assert_int_equal(divisions, 1);
    const char *root;
    assert_int_equal(qd_tracks_key(d.candidates, "root", 0, &root, NULL), QD_OK);
    assert_string_equal(root, "a");
    qd_divisions_clear(&d);
    qd_tracks_free(tracks);
}

static void test_divisions_written(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family();
    qd_divisions d;
    assert_int_equal(qd_divisions_new(tracks, false, &d, NULL), QD_OK);
    float p[64];
    for (size_t i = 0; i < d.count; i++) {
        p[2 * i + 1] = d.candidates->label[i] ? 0.75F : 0.25F;
        p[2 * i] = 1 - p[2 * i + 1];
    }
    const qd_cells_labels labels = {.n = d.count, .classes = 2, .p = p};
    assert_int_equal(qd_divisions_write(&d, tracks, &labels, path_of("d.csv"), NULL), QD_OK);
    char *text = read_file("d.csv");
    assert_non_null(strstr(text, "track,time,daughters,score\na,2,b c,0.75\n"));
    assert_non_null(strstr(text, "\ne,4,,0.25\n"));
    qd_mem_free(text);
    assert_int_equal(unlink(path_of("d.csv")), 0);
    qd_divisions_clear(&d);
    qd_tracks_free(tracks);
}

static qd_status make_candidates(const void *context, qd_error *error)
{
    qd_divisions d;
    const qd_status status = qd_divisions_new(context, true, &d, error);
    if (status == QD_OK) {
        qd_divisions_clear(&d);
    }
    return status;
}

static void test_candidates_allocate(void **state)
{
    (void)state;
    qd_tracks *tracks = read_family();
    assert_true(fail_every_allocation(make_candidates, tracks) > 60);
    qd_tracks_free(tracks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_after_reading), cmocka_unit_test(test_lies),
        cmocka_unit_test(test_allocations),        cmocka_unit_test(test_candidates),
        cmocka_unit_test(test_divisions_written),  cmocka_unit_test(test_candidates_allocate),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
