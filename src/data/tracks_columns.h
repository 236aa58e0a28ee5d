/* Private to the tables of tracks: which column has which part. */
#ifndef QD_DATA_TRACKS_COLUMNS_H
#define QD_DATA_TRACKS_COLUMNS_H

#include "data/table.h"
#include "data/tracks_gather.h"

#define QD_NO_COLUMN SIZE_MAX

typedef enum qd_track_shape {
    QD_SHAPE_LONG, /* a row is a frame */
    QD_SHAPE_WIDE, /* a row is a track, a column a frame: NAME_0, NAME_1, ... */
    QD_SHAPE_LISTS /* a row is a track, a cell holds the values of all frames: "[1.5, 1.7]" */
} qd_track_shape;

typedef enum qd_source_kind {
    QD_SOURCE_NUMBER,   /* the cell: of a frame, or of the whole track */
    QD_SOURCE_CATEGORY, /* 1 where the cell is `value` */
    QD_SOURCE_FAMILY,   /* columns of one stem */
    QD_SOURCE_LIST      /* the cell is a list */
} qd_source_kind;

/* Where a feature comes from. */
typedef struct qd_track_source {
    qd_source_kind kind;
    size_t column;  /* of a family: any of its columns */
    char *value;    /* category */
    size_t *member; /* family: [frames], the column of each frame, QD_NO_COLUMN where there is none */
} qd_track_source;

typedef struct qd_track_columns {
    qd_track_shape shape;
    size_t id, time, label, parent, object; /* QD_NO_COLUMN: none */
    size_t positions;
    size_t position[3];
    size_t phases;      /* names of phases; one column less */
    qd_names phase;     /* A, t1, B, t2, C as given */
    size_t *phase_time; /* [phases - 1]: columns */
    size_t keys;
    size_t *key;   /* [keys]: columns */
    size_t frames; /* wide: [frames] numbers that follow the stems, rising */
    double *frame;
    size_t sources;
    qd_track_source *source; /* [sources]: in the order of the gathering's features, which are named with them */
} qd_track_columns;

/* counts[rows]: the rows that are read.  Names the features in g, and asks g->options.  Cleared by the caller. */
QD_CHECKED qd_status qd_track_columns_find(const qd_table *table, const bool *counts, qd_gathering *g,
                                           qd_track_columns *columns, qd_error *error);
void qd_track_columns_clear(qd_track_columns *columns);

#endif
