/* What the tests of the cells task share: tracks made by formula, settings, training. */
#ifndef QD_TEST_CELLS_FIXTURE_H
#define QD_TEST_CELLS_FIXTURE_H

#include "data/tracks_fixture.h"
#include "base/mem.h"
#include "tasks/cells_data.h"
#include "tasks/cells_evaluate.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CELLS = 24, SHORTEST = 6 };

/* Long table: cells of unequal lengths whose size grows at first and then shrinks; the phase tells which.  Per track
   the class is in the column kind: whether the cell began large. */
static inline char *table_of_cells(void)
{
    enum { ROW = 80 };
    char *text = malloc(CELLS * 4 * SHORTEST * ROW);
    char *at = text + sprintf(text, "id,t,area,phase,kind\n");
    for (int n = 0; n < CELLS; n++) {
        const int frames = SHORTEST + n * 5 % 9, turn = frames / 2 + n % 2;
        const double first = n % 3 == 0 ? 30 : 10;
        for (int t = 0; t < frames; t++) {
            const double area = first + (t < turn ? t : 2 * turn - t) + 0.3 * (double)((7 * n + 3 * t) % 5);
            at += sprintf(at, "c%d,%d,%.2f,%s,%s\n", n, t, area, t < turn ? "grow" : "shrink",
                          n % 3 == 0 ? "large" : "small");
        }
    }
    return text;
}

static inline qd_tracks *cells_labelled(const char *label)
{
    qd_track_options options = plain_options;
    options.label = label;
    options.features = "area";
    char *text = table_of_cells();
    qd_tracks *tracks = read_text(text, &options);
    free(text);
    return tracks;
}

/* Quick settings for them, then NAME, VALUE, ..., NULL. */
static inline qd_settings *cells_settings(const qd_tracks *tracks, ...)
{
    static const char *const quick[][2] = {{"layers", "lstm:6"}, {"ensemble", "2"}, {"epochs", "3"},  {"patience", "3"},
                                           {"batch", "5"},       {"threads", "1"},  {"valid", "0.25"}};
    qd_settings *given, *settings;
    qd_error error;
    assert_int_equal(qd_settings_new(&given, NULL), QD_OK);
    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        assert_int_equal(qd_settings_set(given, quick[i][0], quick[i][1], NULL), QD_OK);
    }
    va_list more;
    va_start(more, tracks);
    for (const char *name = va_arg(more, const char *); name != NULL; name = va_arg(more, const char *)) {
        assert_int_equal(qd_settings_set(given, name, va_arg(more, const char *), NULL), QD_OK);
    }
    va_end(more);
    if (qd_cells_settings(given, tracks, &settings, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(given);
    return settings;
}

static inline qd_classifier *trained(const qd_settings *settings, const qd_tracks *tracks)
{
    qd_classifier *classifier;
    qd_error error;
    if (qd_cells_train(settings, tracks, NULL, false, NULL, NULL, &classifier, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return classifier;
}

static inline qd_cells_labels labels_of(const qd_classifier *classifier, const qd_tracks *tracks)
{
    qd_cells_labels labels;
    assert_int_equal(qd_cells_predict(classifier, tracks, false, 1, &labels, NULL), QD_OK);
    return labels;
}

static inline double accuracy_of(const qd_cells_labels *labels, const qd_tracks *tracks)
{
    double hits = 0;
    for (size_t i = 0; i < labels->n; i++) {
        hits += labels->label[i] == tracks->label[i];
    }
    return hits / (double)labels->n;
}

#endif
