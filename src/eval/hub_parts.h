/* Private to the hub: what hub_read.c fills and hub.c orders and checks. */
#ifndef QD_EVAL_HUB_PARTS_H
#define QD_EVAL_HUB_PARTS_H

#include "eval/hub.h"

/* One row that counts.  The key orders the rows of a forecast: quantiles by their level, then a median, then the draws
   by the number of their name. */
#define QD_HUB_MEDIAN 1.0
#define QD_HUB_DRAW   2.0
typedef struct qd_hub_row {
    uint32_t forecast, line; /* of the file */
    double key, value;
} qd_hub_row;

/* The columns of a table; SIZE_MAX: there is none. */
typedef struct qd_hub_columns {
    size_t reference, date, location, target, horizon, type, id, value;
} qd_hub_columns;

/* The first of some columns ("a|b|c") that a table has, or SIZE_MAX. */
size_t qd_hub_column(const qd_table *table, const char *names);

/* Reads the rows of a table into row[] (as many as the table has), and into hub->forecast what they are rows of, with
   the numbers of their rows as `levels` (a median is one) and `samples`. */
QD_CHECKED qd_status qd_hub_rows_read(const qd_table *table, qd_hub *hub, qd_hub_row *row, size_t *count,
                                      qd_error *error);

#endif
