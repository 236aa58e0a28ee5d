/*
 * Tracks: cells followed from frame to frame, as microscopes' software writes them, and any other labelled series.  One
 * qd_tracks holds what a file says, whatever its format: features and label of each frame, the lineage of the tracks.
 *
 * A track is a run of rows (frames) in order of time; rows of all tracks lie one after the other.  Nothing is filled
 * in: a missing value is NaN, a missing frame is not there.
 */
#ifndef QD_DATA_TRACKS_H
#define QD_DATA_TRACKS_H

#include "base/settings.h"
#include <stdbool.h>

#define QD_NO_TRACK SIZE_MAX /* the parent of a founder */
enum { QD_NO_LABEL = -1 };

/* A text of each track, for --group and --split: the column of a table whose value does not change within a track. */
typedef struct qd_track_key {
    char *name;
    char **value; /* [count] */
} qd_track_key;

typedef struct qd_tracks {
    char *path;         /* of the first file, for messages */
    const char *format; /* "long table", "UCR table", ...; static */
    size_t count;       /* tracks */
    size_t rows;        /* frames of all tracks */
    size_t *start;      /* [count + 1]: track n is rows start[n] .. start[n+1]-1, at least one */
    char **id;          /* [count]: as the file writes it; where it names none, "1", "2", ... */
    double *time;       /* [rows]: rising within a track */
    double step;        /* from one frame to the next: the most frequent one; 1 where there is none */
    int64_t *object;    /* [rows]: spot ID or mask label; the row of a table, from 1; of a series, its step from 0 */
    size_t *film;       /* [count]: which of the films that were read, from 0: their cells never met; or NULL, one */
    size_t *missing;    /* [count]: frames that a track lacks between its first and its last one */

    size_t features;
    char **feature; /* [features]: names; "COLUMN=value" is 1 where a categorical column has this value, else 0 */
    float *x;       /* [rows][features]: NaN where missing */
    size_t dimensions;
    double *position; /* [rows][dimensions]: 0, 2 or 3 of them; NaN where missing.  No features themselves. */

    bool per_frame; /* labels: one a frame, or one a track */
    size_t classes;
    char **class_name; /* [classes]: in the order of the file's header, or else of the numbers or texts */
    int32_t *label;    /* [rows] or [count]: class, or QD_NO_LABEL; NULL: the file says nothing of labels */
    double *target; /* [count]: instead of labels, where the file has numbers to predict (.ts @targetlabel); or NULL */

    bool lineage;           /* does the file tell of parents?  Without, every track is a founder. */
    size_t *parent;         /* [count]: a track that begins no later, or QD_NO_TRACK */
    size_t *root;           /* [count]: the founder; itself for a founder */
    size_t *generation;     /* [count]: 0 for a founder */
    size_t *daughter_start; /* [count + 1]: daughters of n are daughter[daughter_start[n] .. daughter_start[n+1]-1] */
    size_t *daughter;       /* in order of tracks */
    size_t loose;           /* objects that belong to no track, left out */
    size_t orphans;         /* founders that name a parent which is not among the tracks (tables alone) */

    size_t keys;
    qd_track_key *key; /* [keys]: the columns asked for */
} qd_tracks;

static inline size_t qd_track_length(const qd_tracks *tracks, size_t n)
{
    return tracks->start[n + 1] - tracks->start[n];
}

static inline size_t qd_track_daughters(const qd_tracks *tracks, size_t n)
{
    return tracks->daughter_start[n + 1] - tracks->daughter_start[n];
}

/* How a file is read.  Columns are given by name, several separated by commas (data/names.h); "" for none, or for what
   is recognised.  Formats that name their parts themselves take no part of it but what says so. */
typedef struct qd_track_options {
    const char *id;          /* "": a column with a name such as ID, track_id, cell */
    const char *time;        /* "": a column with a name such as t, time, frame */
    const char *features;    /* any format.  "": every column of numbers that has no other part */
    const char *label;       /* "": "label", "class" or "state" where the table has it */
    const char *per;         /* "frame", "track" or "": as the format has it; of tables, "track" where no label changes
                                within a track */
    const char *parent;      /* "": a column with a name such as parent */
    const char *object;      /* "": a column with a name such as object_id, or the row */
    const char *position;    /* "x,y" or "x,y,z"; with it and features "" there are no features but those below */
    const char *categorical; /* columns, each a feature for each of its values */
    const char *where;       /* rows that count (data/where.h) */
    const char *phases;      /* "B,initiation_time,C,termination_time,D": labels from times, see qd_tracks_read */
    const char *keep;        /* columns to keep as keys; "id", "root" and "parent" need not be asked for */
    bool
        unlabelled; /* no labels are read (for prediction): label, phases and per play no part, and need not be there */
    bool trim;      /* leave out frames at a track's ends that have no value at all */
    bool motion, neighbours; /* features from positions (data/track_motion.h) */
    uint64_t limit;          /* bytes of a file after unpacking */
    bool excel;              /* tables: semicolons and decimal commas */
} qd_track_options;

/* Borrows texts of the settings. */
qd_track_options qd_track_options_of(const qd_settings *settings);

/* Reads films, each a file recognised by its content or a folder, and what belongs to them: TrackMate's edges beside
   its spots, a JSON graph of divisions beside a table, the first of them to the first film and so on.  A Cell Tracking
   Challenge result is its folder, or the man_track.txt or res_track.txt in it.  Several films become one
   (data/tracks_join.h).

   Of phases "A,t1,B,t2,C" a frame is labelled A before the track's value of column t1, B from it on (that moment
   included) and C from t2 on; a track without t1 or t2 never reaches what follows it.  Classes are in that order.

   Refused, with file and place: a value that is no number, two rows of one track and time, a parent that does not exist
   (in formats that must hold it), that begins after its daughter, or that ends after it where the format forbids it, a
   cycle, and what each format's reader adds. */
QD_CHECKED qd_status qd_tracks_read(const char *const *paths, size_t count, const qd_track_options *options,
                                    qd_tracks **out, qd_error *error);

/* One file in memory; `name` stands in messages.  (Not for what is a folder.) */
QD_CHECKED qd_status qd_tracks_parse(const char *name, const char *bytes, size_t size, const qd_track_options *options,
                                     qd_tracks **out, qd_error *error);
void qd_tracks_free(qd_tracks *tracks);

/* Is what this path names read from a folder (the Cell Tracking Challenge)? */
bool qd_tracks_is_folder(const char *path);

/* Is this content that of tracks (not: a table, which may be anything), or ought it to be by its name?  For `inspect`,
   of the whole file. */
bool qd_tracks_recognise(const char *name, const char *bytes, size_t size);

/* Gives the labels the numbers that a model knows: class c becomes the index of its name among `names`.  A label that
   is not there: QD_ERR_VALUE. */
QD_CHECKED qd_status qd_tracks_use_classes(qd_tracks *tracks, size_t count, const char *const *names, qd_error *error);

/* Leaves the features that a model was trained on, in its order.  QD_ERR_VALUE lists those that are missing; a value of
   a categorical column that did not come up is 0 everywhere. */
QD_CHECKED qd_status qd_tracks_use_features(qd_tracks *tracks, size_t count, const char *const *names, qd_error *error);

/* The text of track n under a key: a column of `keep`, or else "id", "root" (the id of the founder) or "parent" (its
   id, or "").  QD_ERR_VALUE lists what there is.  Borrowed. */
QD_CHECKED qd_status qd_tracks_key(const qd_tracks *tracks, const char *name, size_t n, const char **value,
                                   qd_error *error);

/* CRC-32 of contents (names, times, values, labels, lineage): the fingerprint that a resumed training must match. */
uint32_t qd_tracks_fingerprint(const qd_tracks *tracks);

#endif
