/* Parts of the panel's reader that its files share. */
#ifndef QD_DATA_PANEL_PARTS_H
#define QD_DATA_PANEL_PARTS_H

#include "data/names.h"
#include "data/panel.h"

/* Finds the grid of the times of a table's rows, and turns each time into its index on it (times->value).  Sets kind,
   weeks, first, step and times of the panel.  every: the step is one unit (a tally), whatever the times say. */
QD_CHECKED qd_status qd_panel_find_grid(const qd_table *table, bool every, qd_times *times, qd_panel *panel,
                                        qd_error *error);

/* Sets day and day_step from the grid itself or, for an index, from the true dates of the rows; then the season. */
QD_CHECKED qd_status qd_panel_find_days(const qd_times *index, const qd_times *date, qd_panel *panel, qd_error *error);

/* Where a column's cells are: in the table itself or, by a key, in the joined one. */
typedef struct qd_panel_source {
    const qd_table *table;
    size_t column;
    const size_t *row; /* [rows of the main table]: row of the joined table, or NULL */
} qd_panel_source;

typedef struct qd_panel_reader {
    const qd_table *table;
    const qd_panel_options *options;
    qd_panel *panel;
    size_t rows;
    qd_times times, date, as_of; /* of the rows; times and then index on the grid */
    size_t *joined;              /* [rows]: row of the join table with the same key; NULL: there is no join */
    size_t *series;              /* long: [rows], the series of a row */
    qd_numbering numbering;
    uint64_t *line; /* [series][times]: line of the value that stands there; 0: none */
} qd_panel_reader;

/* A column of the table, or else of the joined one; its number in a row, NaN where it is missing. */
QD_CHECKED qd_status qd_panel_find_source(const qd_panel_reader *r, const char *name, qd_panel_source *out,
                                          qd_error *error);
QD_CHECKED qd_status qd_panel_number(const qd_panel_source *s, size_t row, double *value, qd_error *error);

/* The columns of counts of a wide table: those named, or every whole-number column that has no other part. */
QD_CHECKED qd_status qd_panel_wide_columns(const qd_panel_reader *r, qd_names *columns, qd_error *error);

/* Sets left_out; last of all. */
QD_CHECKED qd_status qd_panel_list_left_out(qd_panel_reader *r, qd_error *error);

QD_CHECKED qd_status qd_panel_read_features(qd_panel_reader *r, qd_error *error);
QD_CHECKED qd_status qd_panel_read_effort(qd_panel_reader *r, qd_error *error);

#endif
