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

/* A file that belongs to another: edges or a graph. */
typedef struct qd_companion {
    const char *path; /* NULL: there is none */
    const char *bytes;
    size_t size;
} qd_companion;

typedef struct qd_gathering {
    const char *path;
    qd_companion edges, graph; /* a reader that uses one sets its path to NULL */
    const char *format;
    const qd_track_options *options;
    const char *hint; /* added to the message of two objects of one track and time; or NULL */
    qd_lineage_rule rule;
    bool lineage; /* the file tells of parents */

    size_t capacity, rows; /* room for rows, and those filled */
    size_t *track;         /* [capacity]: number in `ids` */
    double *time;          /* [capacity] */
    int64_t *object;       /* [capacity] */
    uint64_t *line;        /* [capacity]: for messages; 0: the file has no lines */
    bool chosen;           /* the features are those that the options name */
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

/* Of positions whose third coordinate is always the same, leaves two. */
void qd_gather_flatten(qd_gathering *g);

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

/* Rows in order of time, and of their numbers where it is the same. */
typedef struct qd_moment {
    double time;
    size_t row;
} qd_moment;
void qd_moments_sort(qd_moment *moments, size_t count);

/* The order of classes: numbers by value, then texts. */
int qd_class_compare(const char *a, const char *b);

/* tracks_labels.c: labels of rows, in order of tracks by now, or of tracks -> label, classes, per_frame. */
QD_CHECKED qd_status qd_gather_labels(qd_gathering *g, qd_tracks *tracks, qd_error *error);

/* tracks_lineage.c: parents by number -> parent, root, generation, daughters. */
QD_CHECKED qd_status qd_gather_lineage(qd_gathering *g, qd_tracks *tracks, qd_error *error);

/* tracks_segments.c: spots and the edges between them -> tracks.  The rows of g are spots: object (its ID), time and
   values are set, track is not.  tree[rows]: number of each spot's tree in `trees`, or QD_NO_TRACK where none is known
   but that of its edges; a spot with neither tree nor edge is loose.  A tree is cut into tracks at every division and
   merger; a founder has the tree's name, its daughters NAME.1, NAME.2, ... */
typedef struct qd_track_edge {
    int64_t source, target; /* spot IDs */
    size_t tree;            /* number in `trees`, or QD_NO_TRACK */
    uint64_t line;
} qd_track_edge;
QD_CHECKED qd_status qd_gather_segments(qd_gathering *g, const qd_numbering *trees, size_t *tree,
                                        const qd_track_edge *edges, size_t count, const char *edges_path,
                                        qd_error *error);

/* Gives the rows their tracks, track[rows]; those of QD_NO_TRACK are loose and left out. */
void qd_gather_close(qd_gathering *g, const size_t *track);

/* Is this name of TrackMate's one of a spot's features? */
bool qd_trackmate_is_feature(const char *name);

/* tracks_graph.c: the parents of a JSON graph, {"daughter": [mother], ...}. */
QD_CHECKED qd_status qd_gather_graph(qd_gathering *g, qd_error *error);

/* The readers: each fills a gathering (path and options are set) from a file's content. */
typedef qd_status (*qd_tracks_reader)(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_read_series(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_read_ts(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_refuse_relation(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_read_table(const char *bytes, size_t size, qd_gathering *g, qd_error *error);

QD_CHECKED qd_status qd_tracks_read_btrack(const char *bytes, size_t size, qd_gathering *g, qd_error *error);

QD_CHECKED qd_status qd_tracks_read_trackmate(const char *bytes, size_t size, qd_gathering *g, qd_error *error);
QD_CHECKED qd_status qd_tracks_read_trackmate_xml(const char *bytes, size_t size, qd_gathering *g, qd_error *error);

/* A Cell Tracking Challenge result at a path (see qd_tracks_read). */
QD_CHECKED qd_status qd_tracks_read_ctc(const char *path, qd_gathering *g, qd_error *error);

/* Which of them a content is for; a table may be anything. */
bool qd_tracks_is_series(const char *bytes, size_t size);
bool qd_tracks_is_hdf5(const char *bytes, size_t size);
bool qd_tracks_is_trackmate(const char *bytes, size_t size);
bool qd_tracks_is_trackmate_edges(const char *bytes, size_t size);
bool qd_tracks_is_xml(const char *bytes, size_t size);
bool qd_tracks_is_relation(const char *bytes, size_t size);
bool qd_tracks_is_ts(const char *bytes, size_t size);

/* Refuses what is called .ts and does not begin like one. */
QD_CHECKED qd_status qd_tracks_check_name(const char *name, const char *bytes, size_t size, qd_error *error);

#endif
