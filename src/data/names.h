/* Lists of names ("a,b,c") and the numbering of distinct texts. */
#ifndef QD_DATA_NAMES_H
#define QD_DATA_NAMES_H

#include "base/error.h"
#include <stdbool.h>

/* The names of a comma-separated list; an empty list has none.  A name with a comma stands in quotes, as in a CSV file:
   "[0,1)","[1,5)" or 00-04,"a ""quoted"" name". */
typedef struct qd_names {
    size_t count;
    char **name; /* [count] */
} qd_names;

QD_CHECKED qd_status qd_names_read(const char *list, qd_names *names, qd_error *error);
void qd_names_clear(qd_names *names);

/* Texts one after the other with `between` between them, as a new string. */
QD_CHECKED qd_status qd_names_join(size_t count, char *const *texts, const char *between, char **out, qd_error *error);

/* Numbers 0, 1, 2, ... for distinct texts, in the order in which they came. */
typedef struct qd_numbering {
    size_t count, capacity;
    char **text;  /* [count], owned */
    size_t slots; /* a power of two */
    size_t *slot; /* [slots]: number + 1, or 0 */
} qd_numbering;

/* The number of a text, a new one where it is new. */
QD_CHECKED qd_status qd_numbering_add(qd_numbering *numbering, const char *text, size_t *number, qd_error *error);

/* The number of a known text; false where it is unknown. */
bool qd_numbering_find(const qd_numbering *numbering, const char *text, size_t *number);
void qd_numbering_clear(qd_numbering *numbering);

/* A hash of bytes (FNV-1a, 64 bits: Fowler, Noll, Vo), the same on every machine. */
uint64_t qd_hash(const void *bytes, size_t size);

#endif
