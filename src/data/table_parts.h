/* Private to the table: what table_parse.c fills and table.c reads. */
#ifndef QD_DATA_TABLE_PARTS_H
#define QD_DATA_TABLE_PARTS_H

#include "data/table.h"

/* One block of text, in which every field has been unquoted and terminated in place, and an index into it. */
struct qd_table {
    char *path;
    char *text;
    size_t rows, columns; /* rows: without the header */
    uint32_t *cells;      /* [rows + 1][columns]: offsets from the beginning of the record; record 0 is the header */
    size_t *starts;       /* [rows + 1]: offset in `text` of a record */
    uint64_t *lines;      /* [rows + 1]: on which a record begins */
    bool decimal_comma;   /* 1,5 is a number */
};

/* Takes `text` (a block of size + 1 bytes, the last one NUL) over, whatever the answer. */
QD_CHECKED qd_status qd_table_own(const char *path, char *text, size_t size, const qd_table_options *options,
                                  qd_table **out, qd_error *error);

/* The names of all columns, in order (borrowed strings, array released with qd_mem_free), or NULL. */
const char **qd_table_names(const qd_table *table);

/* Cells in messages: the beginning of a text, on one line. */
enum { QD_SHOWN = 48 };
const char *qd_table_shown(const char *cell, char shown[QD_SHOWN]);

#endif
