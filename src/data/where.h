/*
 * Which rows of a table count: an expression of comparisons, as in
 *   initiation_time!="" and (fov<9 or not strain=="SJ1536")
 *
 * COLUMN OP VALUE, with == (or =), !=, <, <=, >, >=, joined by and, or, not and parentheses.  A bare number is compared
 * as a number (a cell that is none differs from it and is in no order with it), a text in quotes as text; the text ""
 * stands for any missing value.  A column whose name is not one word stands in `backticks`.
 */
#ifndef QD_DATA_WHERE_H
#define QD_DATA_WHERE_H

#include "data/table.h"

/* counts[rows of the table].  "" is true everywhere.  QD_ERR_VALUE says where the expression is wrong. */
QD_CHECKED qd_status qd_where(const qd_table *table, const char *expression, bool *counts, qd_error *error);

#endif
