/*
 * Panels: many series of counts on one grid of times, as a forecast needs them, from the tables that people have: long
 * (a row per series and time), wide (a column per series), or tallies (a row is one case).
 *
 * The grid is regular: time i is value first + i*step of the time column's kind.  What a table leaves out is missing
 * (NaN), never filled in.  Series may begin and end where they like.
 */
#ifndef QD_DATA_PANEL_H
#define QD_DATA_PANEL_H

#include "data/calendar.h"

/* Columns are given by name, several separated by commas (data/names.h); "" for none. */
typedef struct qd_panel_options {
    const char *time;   /* one column, or a pair such as "year,week"; "": the column without a name */
    const char *date;   /* the true date where the time is an index */
    const char *series; /* long: the columns that name a series */
    const char *target; /* long: the count */
    bool wide;
    const char *series_columns; /* wide: the columns of counts; "": every whole-number column not named otherwise */
    const char *tally;          /* "", "day", "week" or "month": a row is one case */
    const char *covariates;     /* known up to the origin alone */
    const char *known;          /* known in the future too */
    const char *constant;       /* one value a series (--static) */
    const char *effort;         /* exposure of an observation, positive */
    const char *as_of;          /* the day on which a row was published */
    const qd_table *join;       /* more columns, found by join_key; or NULL */
    const char *join_key;
} qd_panel_options;

typedef struct qd_feature {
    char *name;
    double *value; /* [series][times], NaN where missing; [series] for a constant */
} qd_feature;

/* One published value: from day `as_of` on, series s at time t is `value` (NaN: withdrawn). */
typedef struct qd_revision {
    int64_t as_of;
    size_t series, time;
    double value;
} qd_revision;

/* A value that not every likelihood takes. */
typedef struct qd_panel_oddity {
    uint64_t line, column; /* 0: there is none; the value is of a joined table */
    size_t series;
    double value;
} qd_panel_oddity;

typedef struct qd_panel {
    qd_time_kind kind;
    bool weeks;
    int64_t first, step;
    int month_day; /* months, quarters and years that were written as dates: the day of all of them, 31 for the last
                      one of the month; 0: they are written as months, quarters and years */
    size_t times;
    double *day;     /* [times]: the true day in the middle of each (days since 1970-01-01); NaN: not known */
    double day_step; /* mean days from one time to the next; 0: not known */
    double season;   /* times of a season (52.18, 12.37, ...); 0: none */

    size_t series;
    size_t keys;       /* columns that name a series */
    char **key_name;   /* [keys] */
    char **key;        /* [series][keys] */
    double *y;         /* [series][times], NaN where missing; with revisions: as last published */
    double *effort;    /* [series][times]; NULL: none */
    bool effort_known; /* that of the future too: its column is among `known` */
    size_t past, known, constants;
    qd_feature *feature; /* [past + known + constants], in that order */

    size_t revisions;
    qd_revision *revision; /* in order of as_of; NULL: the table has no vintages */

    qd_panel_oddity not_count;    /* the first value that is negative or no whole number */
    qd_panel_oddity not_positive; /* the first value that is not above 0 */
    size_t unsorted;              /* rows that stood before an earlier time of their series */
    char *left_out;               /* columns of the table that have no part, "a, b"; or "" */
} qd_panel;

/* Reads a panel.  Refused: two values of one series and time (both lines are named), times that fit no grid, effort
   that is not positive, and all that qd_times_read and qd_table_number refuse. */
QD_CHECKED qd_status qd_panel_read(const qd_table *table, const qd_panel_options *options, qd_panel **out,
                                   qd_error *error);
void qd_panel_free(qd_panel *panel);

/* Adds times at the end, up to `times` in all, at which nothing is known.  After a failure the panel can only be freed.
 */
QD_CHECKED qd_status qd_panel_extend(qd_panel *panel, size_t times, qd_error *error);

/* The counts as they were known on a day: y [series][times].  Without revisions, all of them. */
void qd_panel_as_of(const qd_panel *panel, int64_t day, double *y);

/* Changes the last times of what was known on a day, y [series][times] of qd_panel_as_of, as reports that come later
   are like to change them: factor [age] is the median, over the last publications before, of what all series together
   have changed by since they were as old as the last time, the one before it, ... (1: nothing, or too little, is known
   of that). */
enum { QD_PANEL_LATE = 4 };
QD_CHECKED qd_status qd_panel_settle(const qd_panel *panel, int64_t day, double *y, double factor[QD_PANEL_LATE],
                                     qd_error *error);

/* CRC-32 of what a training on the times before `known` is told: the grid, the keys of the series, y [series][times],
   efforts and features: the fingerprint that a resumed training must match. */
uint32_t qd_panel_fingerprint(const qd_panel *panel, const double *y, size_t known);

/* The text of time i (which may lie beyond the end), and the time of a text; false where it is not on the grid. */
void qd_panel_time_text(const qd_panel *panel, int64_t i, char *text, size_t size);
bool qd_panel_time_find(const qd_panel *panel, const char *text, int64_t *i);

/* The true day of time i, beyond the end too; NaN: not known. */
double qd_panel_day(const qd_panel *panel, int64_t i);

/* Times of a season, by the dates of the first `times` times; 0: none. */
double qd_panel_season(const qd_panel *panel, size_t times);

/* "weekly (W-SUN)", "monthly", "every 6 days", ... */
void qd_panel_frequency_text(const qd_panel *panel, char *text, size_t size);

#endif
