/* Private to the readers of tracks: what a reader gathers in the file's order, and the one place that makes tracks of
   it (sorted, checked, with lineage).  A reader opens a gathering for at most so many rows, names the tracks as they
   come, fills row after row, and finishes. */
#ifndef QD_DATA_TRACKS_GATHER_H
#define QD_DATA_TRACKS_GATHER_H

#include "data/names.h"
#include "data/tracks.h"

typedef enum qd_lineage_rule {
    QD_LINEAGE_LOOSE, /* tables: a parent may be absent (an orphan), and share frames with its daughters */
    QD_LINEAGE_STRICT /* the parent must be there, and end before its daughters begin */
} qd_lineage_rule;

/* What is known of a track beside its rows. */
typedef struct qd_gathered_track {
    size_t parent; /* number in `parents`, or QD_NO_TRACK */
    uint64_t line; /* where its parent was told; 0: nowhere */
    int32_t label; /* of the whole track */
} qd_gathered_track;

typedef struct qd_gathering {
    const char *path;
    const char *format;
    const qd_track_options *options;
    qd_lineage_rule rule;
    bool lineage; /* the file tells of parents */

    size_t capacity, rows; /* room for rows, and those filled */
    size_t *track;         /* [capacity]: number in `ids` */
    double *time;          /* [capacity] */
    int64_t *object;       /* [capacity] */
    uint64_t *line;        /* [capacity]: for messages; 0: the file has no lines */
    size_t features;
    qd_numbering feature; /* their names: exactly `features` */
    float *x;             /* [capacity][features] */
    size_t dimensions;
    double *position; /* [capacity][dimensions] */

    bool labels, track_labels; /* there are labels: of rows (label), or of tracks (each[n].label) */
    bool classes_ordered;      /* the numbering of the classes is their order */
    qd_numbering classes;
    int32_t *label; /* [capacity]: QD_NO_LABEL until set */

    qd_numbering ids;     /* of tracks */
    size_t each_capacity; /* room in `each` */
    qd_gathered_track *each;
    qd_numbering parents; /* texts that name a parent */

    size_t loose;      /* given to the tracks */
    double *target;    /* [ids.count], see qd_tracks; given to the tracks */
    size_t keys;       /* given to the tracks */
    qd_track_key *key; /* [keys], each [ids.count] */
} qd_gathering;

/* Room for `capacity` rows of the features named before (gathering->feature) and `dimensions` positions.  All of it is
   NaN, QD_NO_LABEL and object 0 at first. */
QD_CHECKED qd_status qd_gather_open(qd_gathering *g, size_t capacity, size_t dimensions, qd_error *error);
void qd_gather_clear(qd_gathering *g);

/* Room for the row g->rows, for readers that do not know how many will come. */
QD_CHECKED qd_status qd_gather_row(qd_gathering *g, qd_error *error);

/* Names a feature; one that was named before is QD_ERR_FORMAT. */
QD_CHECKED qd_status qd_gather_feature(qd_gathering *g, const char *name, qd_error *error);

/* The number of the track with this id, a new one where it is new. */
QD_CHECKED qd_status qd_gather_track(qd_gathering *g, const char *id, size_t *number, qd_error *error);

/* Says that the text names the parent of a track: "", "0" (where no track is called so) or its own id: none. */
QD_CHECKED qd_status qd_gather_parent(qd_gathering *g, size_t track, const char *text, uint64_t line, qd_error *error);

/* The number of a class; a missing value (data/table.h) is QD_NO_LABEL. */
QD_CHECKED qd_status qd_gather_class(qd_gathering *g, const char *name, int32_t *label, qd_error *error);

/* Makes the tracks: rows in order of track and time, labels of frames or of tracks, gaps, lineage, trimmed where the
   options say so, with the features that come from positions.  The gathering is empty afterwards, whatever the answer.
 */
QD_CHECKED qd_status qd_gather_finish(qd_gathering *g, qd_tracks **out, qd_error *error);

/* tracks_lineage.c: parents by number -> parent, root, generation, daughters. */
QD_CHECKED qd_status qd_gather_lineage(qd_gathering *g, qd_tracks *tracks, qd_error *error);

/* The readers: each fills a gathering (path and options are set) from a file's content. */
typedef qd_status (*qd_tracks_reader)(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_read_series(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_read_ts(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_read_table(const char *bytes, size_t size, qd_gathering *g, qd_error *error);

/* A Cell Tracking Challenge result at a path (see qd_tracks_read). */
QD_CHECKED qd_status qd_tracks_read_ctc(const char *path, qd_gathering *g, qd_error *error);
bool qd_tracks_is_ctc(const char *path);

/* Which of them a content is for; a table may be anything. */
bool qd_tracks_is_series(const char *bytes, size_t size);
bool qd_tracks_is_ts(const char *bytes, size_t size);

#endif
