/* Tables: CSV and TSV as people have them (RFC 4180 quotes with separators and line breaks inside, a byte-order mark,
   LF, CRLF or CR line ends, a final line without an end, gzip, comma, semicolon or tab, decimal commas in semicolon
   files), held as text; numbers are read on request, so that a message can name file, line and column. */
#ifndef QD_DATA_TABLE_H
#define QD_DATA_TABLE_H

#include "base/settings.h"
#include <stdbool.h>

typedef struct qd_table qd_table;

typedef struct qd_table_options {
    uint64_t limit; /* bytes after unpacking */
    bool excel;     /* semicolons and decimal commas, whatever is found; else both are recognised */
} qd_table_options;

/* From the settings gzip-limit and dialect. */
qd_table_options qd_table_options_of(const qd_settings *settings);

/* The first record is the header; blanks around its names are taken off, and a column may be without a name.  The
   separator is the one that the header holds most of, outside quotes.  Text that is not UTF-8 is taken for Latin-1.
   Empty lines at the end are ignored.

   Refused: an empty file, a header alone, an embedded NUL, a record with another number of fields than the header (the
   line is named), two columns of one name, an unclosed quote, text between a closing quote and the next separator.

   In errors, here and elsewhere, the line is the one on which a record begins and the column is the number of the field
   in it, both from 1. */
QD_CHECKED qd_status qd_table_read(const char *path, const qd_table_options *options, qd_table **out, qd_error *error);

/* The same from `size` bytes in memory, which are copied; `name` stands in messages and is the table's path. */
QD_CHECKED qd_status qd_table_parse(const char *name, const char *text, size_t size, const qd_table_options *options,
                                    qd_table **out, qd_error *error);
void qd_table_free(qd_table *table);

const char *qd_table_path(const qd_table *table);
size_t qd_table_rows(const qd_table *table);
size_t qd_table_columns(const qd_table *table);
const char *qd_table_name(const qd_table *table, size_t column);
const char *qd_table_cell(const qd_table *table, size_t row, size_t column); /* unquoted text */
uint64_t qd_table_line(const qd_table *table, size_t row);                   /* of its first character, from 1 */

/* Index of a column; QD_ERR_VALUE names the nearest one and lists what is there. */
QD_CHECKED qd_status qd_table_find(const qd_table *table, const char *name, size_t *column, qd_error *error);

/* Is this text a missing value: an empty cell, NA or NaN?  (Asked of value columns only: a key or a header never is.)
 */
bool qd_table_missing(const char *cell);

/* The cell as a finite number; QD_ERR_FORMAT says file, line, column, and what stands there.  A decimal comma where the
   table has none is pointed out. */
QD_CHECKED qd_status qd_table_number(const qd_table *table, size_t row, size_t column, double *value, qd_error *error);

#endif
