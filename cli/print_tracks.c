/* What was found in a file of tracks, a line each, on standard output: for inspect. */
#include "cli.h"
#include "print_tracks.h"

#include "base/mem.h"
#include "base/text.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 30 }; /* names of a list */

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static int compare_sizes(const void *a, const void *b)
{
    const size_t p = *(const size_t *)a, q = *(const size_t *)b;
    return (p > q) - (p < q);
}

static qd_status print_lengths(const qd_tracks *tracks, qd_error *error)
{
    size_t *length = qd_mem_new(tracks->count, sizeof *length), single = 0;
    if (length == NULL) {
        return qd_fail_memory(error, tracks->count * sizeof *length, "lengths");
    }
    for (size_t n = 0; n < tracks->count; n++) {
        length[n] = qd_track_length(tracks, n);
        single += length[n] == 1;
    }
    qsort(length, tracks->count, sizeof *length, compare_sizes);
    printf("lengths: %zu to %zu frames, median %zu", length[0], length[tracks->count - 1], length[tracks->count / 2]);
    if (single > 0) {
        printf("; %zu track%s of one frame", single, plural(single));
    }
    printf("\n");
    qd_mem_free(length);
    return QD_OK;
}

static void print_times(const qd_tracks *tracks)
{
    char first[32], last[32], step[32];
    double low = INFINITY, high = -INFINITY;
    size_t with = 0, missing = 0;
    for (size_t n = 0; n < tracks->count; n++) {
        low = fmin(low, tracks->time[tracks->start[n]]);
        high = fmax(high, tracks->time[tracks->start[n + 1] - 1]);
        with += tracks->missing[n] > 0;
        missing += tracks->missing[n];
    }
    qd_text_from_double(low, first, sizeof first);
    qd_text_from_double(high, last, sizeof last);
    qd_text_from_double(tracks->step, step, sizeof step);
    printf("times: %s to %s, step %s\n", first, last, step);
    if (with > 0) {
        printf("gaps: %zu track%s lack%s %zu frame%s within\n", with, plural(with), with == 1 ? "s" : "", missing,
               plural(missing));
    } else {
        printf("gaps: none\n");
    }
}

static void print_features(const qd_tracks *tracks)
{
    printf("features: %zu\n", tracks->features);
    for (size_t f = 0; f < tracks->features && f < SHOWN; f++) {
        size_t missing = 0;
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < tracks->rows; i++) {
            const double value = (double)tracks->x[i * tracks->features + f];
            missing += isnan(value) ? 1 : 0;
            low = fmin(low, value);
            high = fmax(high, value);
        }
        printf("  %-24s", tracks->feature[f]);
        if (missing < tracks->rows) {
            printf(" %.6g to %.6g%s", low, high, missing > 0 ? "," : "");
        }
        if (missing > 0) {
            printf(" %zu missing", missing);
        }
        printf("\n");
    }
    if (tracks->features > SHOWN) {
        printf("  ... (%zu in all)\n", tracks->features);
    }
    if (tracks->dimensions > 0) {
        printf("positions: %s\n", tracks->dimensions == 3 ? "x, y, z" : "x, y");
    }
}

static void print_lineage(const qd_tracks *tracks)
{
    size_t divisions = 0, founders = 0, generations = 0;
    if (!tracks->lineage) {
        printf("lineage: none is told\n");
        return;
    }
    for (size_t n = 0; n < tracks->count; n++) {
        divisions += qd_track_daughters(tracks, n) >= 2;
        founders += tracks->parent[n] == QD_NO_TRACK;
        generations = tracks->generation[n] > generations ? tracks->generation[n] : generations;
    }
    printf("lineage: %zu division%s, %zu founder%s, %zu generation%s", divisions, plural(divisions), founders,
           plural(founders), generations + 1, plural(generations + 1));
    if (tracks->orphans > 0) {
        printf("; %zu name%s a parent that is not here", tracks->orphans, tracks->orphans == 1 ? "s" : "");
    }
    printf("\n");
}

static void print_classes(const qd_tracks *tracks)
{
    const char *of = tracks->per_frame ? "frame" : "track";
    const size_t labels = tracks->label == NULL ? 0 : tracks->per_frame ? tracks->rows : tracks->count;
    if (labels == 0) {
        printf(tracks->target != NULL ? "classes: none; a number a track to predict\n" : "classes: none\n");
        return;
    }
    printf("classes: %zu, one a %s\n", tracks->classes, of);
    size_t none = labels;
    for (size_t c = 0; c < tracks->classes; c++) {
        size_t count = 0;
        for (size_t i = 0; i < labels; i++) {
            count += tracks->label[i] == (int32_t)c;
        }
        none -= count;
        if (c < SHOWN) {
            printf("  %-24s %zu %s%s (%.1f%%)\n", tracks->class_name[c], count, of, plural(count),
                   100 * (double)count / (double)labels);
        }
    }
    if (none > 0) {
        printf("  %-24s %zu %s%s\n", "(without)", none, of, plural(none));
    }
}

qd_status qd_print_tracks(const qd_tracks *tracks, qd_error *error)
{
    printf("%s: %zu track%s, %zu frame%s\n", tracks->format, tracks->count, plural(tracks->count), tracks->rows,
           plural(tracks->rows));
    const qd_status status = print_lengths(tracks, error);
    if (status != QD_OK) {
        return status;
    }
    print_times(tracks);
    print_features(tracks);
    print_lineage(tracks);
    print_classes(tracks);
    if (tracks->loose > 0) {
        printf("left out: %zu object%s of no track\n", tracks->loose, plural(tracks->loose));
    }
    return QD_OK;
}
