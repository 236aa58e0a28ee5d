/* Sequences: what every task hands to the network, whatever file it came from. */
#ifndef QD_DATA_SEQUENCES_H
#define QD_DATA_SEQUENCES_H

#include "base/error.h"
#include "data/npy.h"
#include "data/table.h"
#include <stdbool.h>

struct qd_sequences {
    size_t count;    /* N */
    size_t inputs;   /* I */
    size_t outputs;  /* K; 0 without targets */
    size_t steps;    /* of the longest */
    size_t *start;   /* [N + 1]: sequence n is x rows start[n] .. start[n+1]-1 */
    float *x;        /* [start[N]][I] */
    float *y;        /* [N][K] or NULL */
    float *weights;  /* [N] or NULL: all 1 */
};

static inline size_t qd_sequences_length(const qd_sequences *sequences, size_t n)
{
    return sequences->start[n + 1] - sequences->start[n];
}

/* From a pair of arrays: x [N][T][I] (or [N][T]: I is 1), y [N][K] (or [N]: K is 1) or NULL.  Names: for messages. */
QD_CHECKED qd_status qd_sequences_from_arrays(const qd_array *x, const char *x_name, const qd_array *y,
                                              const char *y_name, qd_sequences **out, qd_error *error);

/* How a table of one series is cut into windows: sequence n is rows n .. n+window-1 of the feature columns, its target
   the target column's value in row n+window. */
typedef struct qd_window_options {
    const char *target;   /* column */
    const char *features; /* columns, separated by commas; "" for the target alone */
    size_t window;
    const char *weights;  /* column of sample weights (that of the target's row), or "" */
    bool beyond;          /* also the window whose target lies beyond the last row; then y is left out */
} qd_window_options;

/* A series no longer than the window is refused; a missing value in a used column too, with its line. */
QD_CHECKED qd_status qd_sequences_from_table(const qd_table *table, const qd_window_options *options,
                                             qd_sequences **out, qd_error *error);

/* The sequences [begin, end), copied. */
QD_CHECKED qd_status qd_sequences_slice(const qd_sequences *sequences, size_t begin, size_t end, qd_sequences **out,
                                        qd_error *error);

/* CRC-32 of the contents (shapes, values, weights): the fingerprint that a resumed training must match. */
uint32_t qd_sequences_fingerprint(const qd_sequences *sequences);

#endif
