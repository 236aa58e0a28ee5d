/* Classifiers of cells: what they learn, that they do not look ahead where they must not, that training can stop and go
   on, and what is refused. */
#include "tasks/cells_fixture.h"

#include "store/model.h"

static void test_frames(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings = cells_settings(tracks, "layers", "bilstm:8", "epochs", "60", "lr", "0.01", NULL);
    qd_classifier *classifier = trained(settings, tracks);
    assert_int_equal(classifier->kind, QD_CELLS_FRAMES);
    assert_string_equal(classifier->class_name[0], "grow");
    assert_true(classifier->known > 0 && classifier->known < tracks->rows);
    assert_true(classifier->accuracy > 0.85);
    qd_cells_labels labels = labels_of(classifier, tracks);
    assert_true(accuracy_of(&labels, tracks) > 0.9);
    for (size_t i = 0; i < labels.n; i++) {
        assert_true(fabsf(labels.p[2 * i] + labels.p[2 * i + 1] - 1) < 1e-5F);
    }
    qd_cells_labels_clear(&labels);
    qd_classifier_free(classifier);
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

static void test_tracks(void **state)
{
    (void)state;
    static const char *const lists[] = {"conv:6+kernel=3,norm,relu,lstm:6,mean", "lstm:6", "dense:4,relu,max",
                                        "lstm:6,attention"};
    qd_tracks *tracks = cells_labelled("kind");
    assert_false(tracks->per_frame);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        qd_settings *settings =
            cells_settings(tracks, "layers", lists[i], "epochs", "40", "lr", "0.02", "patch", i == 1 ? "4" : "1",
                           "jitter", "0.05", "rescale", "0.05", "shorten", "0.3", NULL);
        qd_classifier *classifier = trained(settings, tracks);
        qd_cells_labels labels = labels_of(classifier, tracks);
        if (!(accuracy_of(&labels, tracks) > 0.9)) {
            fail_msg("%s: accuracy %g", lists[i], accuracy_of(&labels, tracks));
        }
        qd_cells_labels_clear(&labels);
        qd_classifier_free(classifier);
        qd_settings_free(settings);
    }
    qd_tracks_free(tracks);
}

/* The answers for a track without its last frames, and with others there, are those for its first frames. */
static void test_causal(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings =
        cells_settings(tracks, "causal", "true", "layers", "conv:4+kernel=3+causal,norm,relu,lstm:5", NULL);
    qd_classifier *classifier = trained(settings, tracks);
    qd_cells_labels labels = labels_of(classifier, tracks);
    for (size_t n = 0; n < tracks->count; n++) {
        for (size_t row = tracks->start[n] + 4; row < tracks->start[n + 1]; row++) {
            tracks->x[row] += 7;
        }
    }
    qd_cells_labels after = labels_of(classifier, tracks);
    size_t changed = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        const size_t first = 2 * tracks->start[n];
        assert_memory_equal(labels.p + first, after.p + first, 8 * sizeof(float));
        changed += memcmp(labels.p + first + 8, after.p + first + 8, 2 * sizeof(float)) != 0;
    }
    assert_true(changed == tracks->count);
    qd_cells_labels_clear(&labels);
    qd_cells_labels_clear(&after);
    qd_classifier_free(classifier);
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

/* Each track's answers are its own, whatever stands beside it and however many threads there are. */
static void test_neighbours(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings = cells_settings(tracks, "layers", "bilstm:5", NULL);
    qd_classifier *classifier = trained(settings, tracks);
    qd_cells_labels labels = labels_of(classifier, tracks);
    float *p = qd_mem_new(tracks->rows, 2 * sizeof *p);
    bool *use = qd_mem_new(tracks->count, sizeof *use);
    for (size_t n = 0; n < tracks->count; n++) {
        use[n] = true;
        assert_int_equal(qd_cells_probabilities(classifier, classifier->network, classifier->parameters,
                                                classifier->members, tracks, use, 3, p, NULL),
                         QD_OK);
        for (size_t i = tracks->start[n]; i < tracks->start[n + 1]; i++) {
            qd_cells_temper(2, classifier->temperature, p + 2 * i);
        }
        assert_memory_equal(p + 2 * tracks->start[n], labels.p + 2 * tracks->start[n],
                            2 * qd_track_length(tracks, n) * sizeof *p);
        use[n] = false;
    }
    qd_mem_free(p);
    qd_mem_free(use);
    qd_cells_labels_clear(&labels);
    qd_classifier_free(classifier);
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

/* ------------------------------------------------------------------------------------------ stop and resume */

static int stop_at(void *context, const qd_progress *progress)
{
    (void)progress;
    int *left = context;
    return (*left)-- == 0;
}

static void test_resume(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings = cells_settings(tracks, "resume", "true", "dropout", "0.1", NULL);
    qd_classifier *whole = trained(settings, tracks), *resumed = NULL;
    qd_status status = QD_ERR_STOPPED;
    size_t stops = 0;
    assert_int_equal(qd_settings_set(settings, "checkpoint", path_of("state"), NULL), QD_OK);
    for (; status == QD_ERR_STOPPED; stops++) {
        int left = 4;
        qd_error error;
        status = qd_cells_train(settings, tracks, NULL, true, stop_at, &left, &resumed, &error);
        assert_true(status == QD_OK || status == QD_ERR_STOPPED);
    }
    assert_int_equal(stops, 8);
    assert_memory_equal(whole->parameters, resumed->parameters,
                        whole->members * qd_network_parameters(whole->network) * sizeof(float));
    assert_memory_equal(whole->plain_parameters, resumed->plain_parameters,
                        qd_network_parameters(whole->plain) * sizeof(float));
    for (int m = 1; m <= 3; m++) {
        char name[16];
        snprintf(name, sizeof name, "state.%d", m);
        assert_int_equal(unlink(path_of(name)), 0);
    }
    qd_classifier_free(whole);
    qd_classifier_free(resumed);
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

/* ------------------------------------------------------------------------------------------------ the parts */

static void test_best_path(void **state)
{
    (void)state;
    enum { FRAMES = 5, CLASSES = 3 };
    static const int32_t rank[CLASSES] = {1, 0, -1}; /* first class 1, then class 0; class 2 has no place */
    static const double score[FRAMES][CLASSES] = {{-1, -2, 0}, {-4, -1, 0}, {-1, -3, 0}, {-5, -1, 0}, {-1, -2, 0}};
    int32_t room[FRAMES * CLASSES], label[FRAMES];
    qd_cells_best_path(FRAMES, CLASSES, rank, score[0], room, label);
    static const int32_t expected[FRAMES] = {1, 1, 1, 1, 0}; /* -2 -1 -3 -1 -1; after two frames -10 */
    assert_memory_equal(label, expected, sizeof expected);
}

static void test_order(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings = cells_settings(tracks, "order", "grow,shrink", NULL);
    qd_classifier *classifier = trained(settings, tracks);
    qd_cells_labels labels = labels_of(classifier, tracks);
    for (size_t n = 0; n < tracks->count; n++) {
        for (size_t row = tracks->start[n] + 1; row < tracks->start[n + 1]; row++) {
            assert_true(labels.label[row] >= labels.label[row - 1]);
        }
    }
    qd_cells_labels_clear(&labels);
    qd_error error;
    int32_t *rank;
    assert_int_equal(qd_cells_rank(classifier, "grow,shrunk", &rank, &error), QD_ERR_VALUE);
    assert_string_equal(error.message, "order: there is no class 'shrunk'; the classes are grow, shrink");
    assert_int_equal(qd_cells_rank(classifier, "grow,grow", &rank, &error), QD_ERR_VALUE);
    assert_string_equal(error.message, "order: grow stands twice");
    qd_classifier_free(classifier);
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

/* Probabilities twice as sure as they should be get the temperature that takes it back. */
static void test_temperature(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static float p[2 * COUNT];
    static int32_t truth[COUNT];
    double share[2] = {0.5, 0.5}, favour[2] = {0};
    qd_error error;
    qd_classifier c = {.classes = 2, .share = share, .favour = favour, .kind = QD_CELLS_TRACKS};
    for (int i = 0; i < COUNT; i++) { /* true odds 3, told 9 */
        p[2 * i] = 0.9F;
        p[2 * i + 1] = 0.1F;
        truth[i] = i % 4 == 0;
    }
    truth[1] = QD_NO_LABEL;
    assert_int_equal(qd_cells_calibrate(&c, COUNT, p, truth, &error), QD_OK);
    assert_int_equal(c.known, COUNT - 1);
    assert_true(fabs(c.temperature - 2) < 0.02 && favour[0] == favour[1]);
    assert_true(fabsf(p[0] - 0.75F) < 0.01F);
}

/* Rare classes of which the probability never is the largest are chosen where that finds more of both: each as far as
   its own probabilities want it. */
static void test_favour(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static float p[3 * COUNT];
    static int32_t truth[COUNT];
    double share[3] = {0.93, 0.05, 0.02}, favour[3] = {0};
    qd_error error;
    qd_classifier c = {.classes = 3, .share = share, .favour = favour, .kind = QD_CELLS_FRAMES};
    for (int i = 0; i < COUNT; i++) {
        truth[i] = i % 20 == 0 ? 1 : i % 50 == 1 ? 2 : 0;
        p[3 * i + 1] = i % 20 == 0 ? 0.4F : 0.02F;
        p[3 * i + 2] = i % 50 == 1 ? 0.05F : i % 50 < 20 ? 0.03F : 0.01F;
        p[3 * i] = 1 - p[3 * i + 1] - p[3 * i + 2];
    }
    assert_int_equal(qd_cells_calibrate(&c, COUNT, p, truth, &error), QD_OK);
    assert_true(c.macro_f1 == 1 && c.accuracy == 1 && favour[2] > favour[1] && favour[1] > favour[0]);
    for (int i = 0; i < COUNT; i++) { /* which are at their temperature now */
        assert_int_equal(qd_cells_choose(&c, p + (ptrdiff_t)3 * i), truth[i]);
    }
}

/* Of 50 rare ones 25 stand out, and 15 are among 60 that are alike: F1 alone would leave these (macro-F1 0.83, balanced
   accuracy 0.75; with them 0.78, 0.88). */
static void test_favour_balance(void **state)
{
    (void)state;
    enum { COUNT = 1000, CLEAR = 25, ALIKE = 60, FOUND = 15, LOST = 10 };
    static float p[2 * COUNT];
    static int32_t truth[COUNT];
    double share[2] = {0.95, 0.05}, favour[2] = {0};
    qd_error error;
    qd_classifier c = {.classes = 2, .share = share, .favour = favour, .kind = QD_CELLS_FRAMES};
    for (int i = 0; i < COUNT; i++) {
        truth[i] = i < CLEAR + FOUND || i >= COUNT - LOST;
        p[2 * i + 1] = i < CLEAR ? 0.45F : i < CLEAR + ALIKE ? 0.2F : 0.01F;
        p[2 * i] = 1 - p[2 * i + 1];
    }
    assert_int_equal(qd_cells_calibrate(&c, COUNT, p, truth, &error), QD_OK);
    assert_int_equal(qd_cells_choose(&c, p), 1);
    assert_int_equal(qd_cells_choose(&c, p + (ptrdiff_t)2 * CLEAR), 1);
    assert_int_equal(qd_cells_choose(&c, p + (ptrdiff_t)2 * (CLEAR + ALIKE)), 0);
    assert_true(fabs(c.macro_f1 - 0.782) < 0.001);
}

/* Ways and distances enter as logarithms, of frames, and where nothing is negative. */
static void test_scale(void **state)
{
    (void)state;
    static const struct {
        const char *label, *motion, *scale;
        float value;
    } cases[] = {{"phase", "true", "log1p", 1},
                 {"phase", "false", "standard", 1},
                 {"kind", "true", "standard", 1},
                 {"phase", "true", "standard", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qd_tracks *tracks = cells_labelled(cases[i].label);
        tracks->x[3] = cases[i].value;
        qd_settings *settings = cells_settings(tracks, "motion", cases[i].motion, (const char *)NULL);
        assert_string_equal(qd_settings_text(settings, "scale"), cases[i].scale);
        qd_settings_free(settings);
        qd_tracks_free(tracks);
    }
}

/* ---------------------------------------------------------------------------------------------- refusals */

static void check_settings(const char *label, const char *name, const char *value, qd_status status, const char *part)
{
    qd_tracks *tracks = cells_labelled(label);
    qd_settings *given, *settings = NULL;
    qd_error error = {0};
    assert_int_equal(qd_settings_new(&given, NULL), QD_OK);
    assert_int_equal(qd_settings_set(given, name, value, NULL), QD_OK);
    assert_int_equal(qd_cells_settings(given, tracks, &settings, &error), status);
    assert_null(settings);
    if (strstr(error.message, part) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", error.message, part);
    }
    qd_settings_free(given);
    qd_tracks_free(tracks);
}

static void test_settings_refused(void **state)
{
    (void)state;
    check_settings("phase", "valid", "1.5", QD_ERR_USE, "valid: 1.5 is not a fraction");
    check_settings("phase", "patch", "3", QD_ERR_VALUE, "only where tracks have the classes");
    check_settings("kind", "order", "large,small", QD_ERR_VALUE, "only classes of frames");
}

static void check_refused(const char *label, const char *name, const char *value, const char *part)
{
    qd_tracks *tracks = cells_labelled(label);
    qd_settings *settings = cells_settings(tracks, name, value, NULL);
    qd_classifier *classifier;
    qd_error error = {0};
    const qd_status wanted = strcmp(name, "valid") == 0 ? QD_ERR_USE : QD_ERR_VALUE;
    assert_int_equal(qd_cells_train(settings, tracks, NULL, false, NULL, NULL, &classifier, &error), wanted);
    if (strstr(error.message, part) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", error.message, part);
    }
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

static void test_training_refused(void **state)
{
    (void)state;
    check_refused("phase", "layers", "lstm:3,mean", "mean gives one row a sequence");
    check_refused("kind", "layers", "dense:3", "needs a recurrent layer");
    check_refused("kind", "layers", "embed:3+vocabulary=4,lstm:3", "reads tokens");
    check_refused("phase", "valid", "", "patience: early stopping watches");
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings = cells_settings(tracks, "causal", "true", "layers", "bilstm:3", NULL);
    qd_classifier *classifier;
    qd_error error = {0};
    assert_int_equal(qd_cells_train(settings, tracks, NULL, false, NULL, NULL, &classifier, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "causal: the layer bilstm looks ahead"));
    for (size_t row = 0; row < tracks->rows; row++) {
        tracks->label[row] = 0;
    }
    assert_int_equal(qd_cells_train(settings, tracks, NULL, false, NULL, NULL, &classifier, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "nothing to tell apart"));
    qd_settings_free(settings);
    qd_tracks_free(tracks);
}

/* Other features than those of the training. */
static void test_features_missing(void **state)
{
    (void)state;
    qd_tracks *tracks = cells_labelled("phase");
    qd_settings *settings = cells_settings(tracks, NULL);
    qd_classifier *classifier = trained(settings, tracks);
    qd_tracks_free(tracks);
    qd_track_options options = plain_options;
    tracks = read_text("id,t,size,phase\na,1,2,grow\na,2,3,shrink\n", &options);
    qd_error error = {0};
    assert_int_equal(qd_cells_fit(classifier, tracks, false, &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "area"));
    qd_tracks_free(tracks);
    qd_classifier_free(classifier);
    qd_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_tracks),
        cmocka_unit_test(test_causal),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_best_path),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_temperature),
        cmocka_unit_test(test_favour),
        cmocka_unit_test(test_favour_balance),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_settings_refused),
        cmocka_unit_test(test_training_refused),
        cmocka_unit_test(test_features_missing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
