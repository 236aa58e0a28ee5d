/* Sequences: made from memory, from a pair of arrays or from the windows of a table; cut, weighed, fingerprinted. */
#include "data/sequences.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

void qd_sequences_free(qd_sequences *sequences)
{
    if (sequences != NULL) {
        qd_mem_free(sequences->start);
        qd_mem_free(sequences->x);
        qd_mem_free(sequences->y);
        qd_mem_free(sequences->weights);
        qd_mem_free(sequences);
    }
}

size_t qd_sequences_count(const qd_sequences *sequences)
{
    return sequences->count;
}

/* a * b * size bytes of zeros, as qd_mem_new; NULL where that overflows. */
static void *new_matrix(size_t a, size_t b, size_t size)
{
    size_t count;
    return __builtin_mul_overflow(a, b, &count) ? NULL : qd_mem_new(count, size);
}

/* Room for `count` sequences of `rows` steps in all. */
static qd_status allocate(size_t count, size_t rows, size_t inputs, size_t outputs, bool weights, qd_sequences **out,
                          qd_error *error)
{
    qd_sequences *s = qd_mem_new(1, sizeof *s);
    if (s == NULL) {
        return qd_fail_memory(error, sizeof *s, "sequences");
    }
    s->count = count;
    s->inputs = inputs;
    s->outputs = outputs;
    s->start = count < SIZE_MAX ? qd_mem_new(count + 1, sizeof *s->start) : NULL;
    s->x = new_matrix(rows, inputs, sizeof *s->x);
    s->y = outputs > 0 ? new_matrix(count, outputs, sizeof *s->y) : NULL;
    s->weights = weights ? qd_mem_new(count, sizeof *s->weights) : NULL;
    if (s->start == NULL || s->x == NULL || (outputs > 0 && s->y == NULL) || (weights && s->weights == NULL)) {
        qd_sequences_free(s);
        return qd_fail(error, QD_ERR_MEMORY, "out of memory (%zu steps of %zu numbers for sequences)", rows, inputs);
    }
    *out = s;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ from memory */

/* Index of the first value that is not finite; n where all are. */
static size_t first_not_finite(const float *values, size_t n)
{
    size_t i = 0;
    while (i < n && isfinite(values[i])) {
        i++;
    }
    return i;
}

/* Sums the lengths, checked against `steps`. */
static qd_status count_rows(const size_t *lengths, size_t n, size_t steps, size_t *rows, qd_error *error)
{
    *rows = 0;
    for (size_t i = 0; i < n; i++) {
        size_t length = lengths == NULL ? steps : lengths[i];
        if (length < 1 || length > steps) {
            return qd_fail(error, QD_ERR_VALUE, "sequence %zu has length %zu; expected 1 to %zu", i, length, steps);
        }
        if (__builtin_add_overflow(*rows, length, rows)) {
            return qd_fail_memory(error, SIZE_MAX, "sequences");
        }
    }
    return QD_OK;
}

/* Copies the steps that count, one sequence after the other. */
static qd_status copy_inputs(const float *x, const size_t *lengths, size_t steps, qd_sequences *s, qd_error *error)
{
    for (size_t n = 0; n < s->count; n++) {
        size_t length = lengths == NULL ? steps : lengths[n];
        const float *from = x + n * steps * s->inputs;
        size_t bad = first_not_finite(from, length * s->inputs);
        if (bad < length * s->inputs) {
            return qd_fail(error, QD_ERR_VALUE, "x[%zu][%zu][%zu] is not finite", n, bad / s->inputs, bad % s->inputs);
        }
        memcpy(s->x + s->start[n] * s->inputs, from, length * s->inputs * sizeof *from);
        s->start[n + 1] = s->start[n] + length;
        s->steps = length > s->steps ? length : s->steps;
    }
    return QD_OK;
}

static qd_status copy_targets(const float *y, qd_sequences *s, qd_error *error)
{
    size_t count = s->count * s->outputs;
    size_t bad = first_not_finite(y, count);
    if (bad < count) {
        return qd_fail(error, QD_ERR_VALUE, "y[%zu][%zu] is not finite", bad / s->outputs, bad % s->outputs);
    }
    memcpy(s->y, y, count * sizeof *y);
    return QD_OK;
}

qd_status qd_sequences_new(const float *x, const size_t *lengths, size_t n, size_t steps, size_t inputs, const float *y,
                           size_t outputs, qd_sequences **out, qd_error *error)
{
    if (x == NULL || n == 0 || steps == 0 || inputs == 0) {
        return qd_fail(error, QD_ERR_VALUE, "%zu sequences of %zu steps of %zu inputs: expected at least one of each",
                       n, steps, inputs);
    }
    if ((y == NULL) != (outputs == 0)) {
        return qd_fail(error, QD_ERR_VALUE, "targets and their number belong together: %s with %zu outputs",
                       y == NULL ? "no y" : "y", outputs);
    }
    size_t rows;
    qd_sequences *s = NULL;
    qd_status status = count_rows(lengths, n, steps, &rows, error);
    if (status == QD_OK) {
        status = allocate(n, rows, inputs, outputs, false, &s, error);
    }
    if (status == QD_OK) {
        status = copy_inputs(x, lengths, steps, s, error);
    }
    if (status == QD_OK && y != NULL) {
        status = copy_targets(y, s, error);
    }
    if (status != QD_OK) {
        qd_sequences_free(s);
        return status;
    }
    *out = s;
    return QD_OK;
}

qd_status qd_sequences_set_weights(qd_sequences *sequences, const float *weights, qd_error *error)
{
    for (size_t n = 0; n < sequences->count; n++) {
        if (!(isfinite(weights[n]) && weights[n] >= 0)) {
            return qd_fail(error, QD_ERR_VALUE, "weights[%zu] is %g; expected a finite number, 0 or more", n,
                           (double)weights[n]);
        }
    }
    float *copy = qd_mem_new(sequences->count, sizeof *copy);
    if (copy == NULL) {
        return qd_fail_memory(error, sequences->count * sizeof *copy, "weights");
    }
    memcpy(copy, weights, sequences->count * sizeof *copy);
    qd_mem_free(sequences->weights);
    sequences->weights = copy;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ from arrays */

qd_status qd_sequences_from_arrays(const qd_array *x, const char *x_name, const qd_array *y, const char *y_name,
                                   qd_sequences **out, qd_error *error)
{
    if (x->rank != 2 && x->rank != 3) {
        return qd_fail_at(error, QD_ERR_VALUE, x_name, 0, 0,
                          "an array of %zu dimensions; expected [sequences][steps][inputs], or [sequences][steps]",
                          x->rank);
    }
    if (y != NULL && y->rank != 1 && y->rank != 2) {
        return qd_fail_at(error, QD_ERR_VALUE, y_name, 0, 0,
                          "an array of %zu dimensions; expected [sequences][targets], or [sequences]", y->rank);
    }
    size_t count = x->shape[0], steps = x->shape[1], inputs = x->rank == 3 ? x->shape[2] : 1;
    size_t outputs = y == NULL ? 0 : y->rank == 2 ? y->shape[1] : 1;
    if (count == 0 || steps == 0 || inputs == 0) {
        return qd_fail_at(error, QD_ERR_VALUE, x_name, 0, 0,
                          "%zu sequences of %zu steps of %zu inputs: expected at least one of each", count, steps,
                          inputs);
    }
    if (y != NULL && (y->shape[0] != count || outputs == 0)) {
        return qd_fail_at(error, QD_ERR_VALUE, y_name, 0, 0,
                          "%zu rows of %zu targets; expected %zu as there are sequences in %s, of at least one target",
                          y->shape[0], outputs, count, x_name);
    }
    return qd_sequences_new(x->data, NULL, count, steps, inputs, y == NULL ? NULL : y->data, outputs, out, error);
}

/* ------------------------------------------------------------------------------------------------ from a table */

/* A cell as float32, since the table's numbers are double. */
static qd_status read_cell(const qd_table *table, size_t row, size_t column, float *value, qd_error *error)
{
    double number;
    qd_status status = qd_table_number(table, row, column, &number, error);
    if (status != QD_OK) {
        return status;
    }
    *value = (float)number;
    if (!isfinite(*value)) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, row), column + 1,
                          "column '%s': %g is out of the range of float32", qd_table_name(table, column), number);
    }
    return QD_OK;
}

/* What of a table is used. */
typedef struct selection {
    size_t *features; /* [inputs]: columns */
    size_t inputs;
    size_t target;  /* column, where `beyond` is false */
    size_t weights; /* column, or SIZE_MAX */
} selection;

/* Looks up "a, b, c": names between commas, blanks around them taken off. */
static qd_status find_features(const qd_table *table, char *names, selection *chosen, qd_error *error)
{
    for (char *name = names, *next; name != NULL; name = next) {
        next = strchr(name, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        name += strspn(name, " \t");
        for (size_t length = strlen(name); length > 0 && strchr(" \t", name[length - 1]) != NULL;) {
            name[--length] = '\0';
        }
        if (*name == '\0') {
            return qd_fail(error, QD_ERR_VALUE, "features: a name is empty; expected columns separated by commas");
        }
        qd_status status = qd_table_find(table, name, &chosen->features[chosen->inputs], error);
        if (status != QD_OK) {
            return status;
        }
        chosen->inputs++;
    }
    return QD_OK;
}

static qd_status select_columns(const qd_table *table, const qd_window_options *options, selection *chosen,
                                qd_error *error)
{
    const char *list = *options->features != '\0' ? options->features : options->target;
    size_t most = 1;
    for (const char *c = list; *c != '\0'; c++) {
        most += *c == ',';
    }
    chosen->weights = SIZE_MAX;
    chosen->features = qd_mem_new(most, sizeof *chosen->features);
    char *names = qd_mem_string(list);
    qd_status status = QD_OK;
    if (chosen->features == NULL || names == NULL) {
        status = qd_fail_memory(error, most * sizeof *chosen->features, "features");
    } else if (*options->features == '\0') {
        chosen->inputs = 1; /* the target's name may hold a comma */
        status = qd_table_find(table, list, &chosen->features[0], error);
    } else {
        status = find_features(table, names, chosen, error);
    }
    qd_mem_free(names);
    if (status == QD_OK && !options->beyond) {
        status = qd_table_find(table, options->target, &chosen->target, error);
    }
    if (status == QD_OK && *options->weights != '\0') {
        status = qd_table_find(table, options->weights, &chosen->weights, error);
    }
    return status;
}

/* The windows [window][inputs], each a copy of rows of `series` [rows][inputs]. */
static void cut_windows(const float *series, size_t window, qd_sequences *s)
{
    for (size_t n = 0; n < s->count; n++) {
        s->start[n + 1] = s->start[n] + window;
        memcpy(s->x + s->start[n] * s->inputs, series + n * s->inputs, window * s->inputs * sizeof *series);
    }
    s->steps = window;
}

static qd_status read_features(const qd_table *table, const selection *chosen, float *series, qd_error *error)
{
    for (size_t row = 0; row < qd_table_rows(table); row++) {
        for (size_t i = 0; i < chosen->inputs; i++) {
            float *value = &series[row * chosen->inputs + i];
            qd_status status = read_cell(table, row, chosen->features[i], value, error);
            if (status != QD_OK) {
                return status;
            }
        }
    }
    return QD_OK;
}

/* Sequence n has the target of row n + window.  The rows before are read too, for a gap in them is a mistake as well.
 */
static qd_status read_targets(const qd_table *table, const selection *chosen, size_t window, qd_sequences *s,
                              qd_error *error)
{
    for (size_t row = 0; row < qd_table_rows(table); row++) {
        float value;
        qd_status status = read_cell(table, row, chosen->target, &value, error);
        if (status != QD_OK) {
            return status;
        }
        if (row >= window) {
            s->y[row - window] = value;
        }
    }
    return QD_OK;
}

static qd_status read_weights(const qd_table *table, const selection *chosen, size_t window, qd_sequences *s,
                              qd_error *error)
{
    for (size_t n = 0; n < s->count && n + window < qd_table_rows(table); n++) {
        qd_status status = read_cell(table, n + window, chosen->weights, &s->weights[n], error);
        if (status == QD_OK && s->weights[n] < 0) {
            status = qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), qd_table_line(table, n + window),
                                chosen->weights + 1, "column '%s': a weight is 0 or more, found %g",
                                qd_table_name(table, chosen->weights), (double)s->weights[n]);
        }
        if (status != QD_OK) {
            return status;
        }
    }
    return QD_OK;
}

static qd_status read_windows(const qd_table *table, const qd_window_options *options, const selection *chosen,
                              qd_sequences *s, qd_error *error)
{
    size_t rows = qd_table_rows(table);
    float *series = new_matrix(rows, chosen->inputs, sizeof *series);
    if (series == NULL) {
        return qd_fail_memory(error, rows * sizeof *series, "a series");
    }
    qd_status status = read_features(table, chosen, series, error);
    if (status == QD_OK) {
        cut_windows(series, options->window, s);
    }
    if (status == QD_OK && !options->beyond) {
        status = read_targets(table, chosen, options->window, s, error);
    }
    if (status == QD_OK && chosen->weights != SIZE_MAX) {
        status = read_weights(table, chosen, options->window, s, error);
    }
    qd_mem_free(series);
    return status;
}

qd_status qd_sequences_from_table(const qd_table *table, const qd_window_options *options, qd_sequences **out,
                                  qd_error *error)
{
    size_t rows = qd_table_rows(table), window = options->window;
    if (window < 1 || window > rows || (window == rows && !options->beyond)) {
        return qd_fail_at(error, QD_ERR_VALUE, qd_table_path(table), 0, 0,
                          "%zu row%s for windows of %zu; expected at least %zu%s", rows, rows == 1 ? "" : "s", window,
                          window + !options->beyond, options->beyond ? "" : ": a window and the row after it");
    }
    selection chosen = {0};
    qd_sequences *s = NULL;
    size_t count = rows - window + options->beyond, steps;
    qd_status status = select_columns(table, options, &chosen, error);
    if (status == QD_OK && __builtin_mul_overflow(count, window, &steps)) {
        status = qd_fail_memory(error, SIZE_MAX, "windows");
    }
    if (status == QD_OK) {
        status = allocate(count, steps, chosen.inputs, options->beyond ? 0 : 1, chosen.weights != SIZE_MAX, &s, error);
    }
    if (status == QD_OK) {
        status = read_windows(table, options, &chosen, s, error);
    }
    qd_mem_free(chosen.features);
    if (status != QD_OK) {
        qd_sequences_free(s);
        return status;
    }
    *out = s;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ parts, fingerprint
 */

qd_status qd_sequences_slice(const qd_sequences *sequences, size_t begin, size_t end, qd_sequences **out,
                             qd_error *error)
{
    size_t first = sequences->start[begin], rows = sequences->start[end] - first;
    size_t inputs = sequences->inputs, outputs = sequences->y == NULL ? 0 : sequences->outputs;
    qd_sequences *s;
    qd_status status = allocate(end - begin, rows, inputs, outputs, sequences->weights != NULL, &s, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t n = 0; n < s->count; n++) {
        size_t length = qd_sequences_length(sequences, begin + n);
        s->start[n + 1] = s->start[n] + length;
        s->steps = length > s->steps ? length : s->steps;
    }
    memcpy(s->x, sequences->x + first * inputs, rows * inputs * sizeof *s->x);
    if (s->y != NULL) {
        memcpy(s->y, sequences->y + begin * outputs, s->count * outputs * sizeof *s->y);
    }
    if (s->weights != NULL) {
        memcpy(s->weights, sequences->weights + begin, s->count * sizeof *s->weights);
    }
    *out = s;
    return QD_OK;
}

static uLong add(uLong crc, const void *values, size_t bytes)
{
    return crc32_z(crc, values, bytes);
}

uint32_t qd_sequences_fingerprint(const qd_sequences *sequences)
{
    const qd_sequences *s = sequences;
    uint64_t shape[] = {s->count, s->inputs, s->y == NULL ? 0 : s->outputs, s->weights != NULL};
    uLong crc = add(crc32_z(0, NULL, 0), shape, sizeof shape);
    for (size_t n = 0; n < s->count; n++) {
        uint64_t length = qd_sequences_length(s, n);
        crc = add(crc, &length, sizeof length);
    }
    crc = add(crc, s->x, s->start[s->count] * s->inputs * sizeof *s->x);
    if (s->y != NULL) {
        crc = add(crc, s->y, s->count * s->outputs * sizeof *s->y);
    }
    if (s->weights != NULL) {
        crc = add(crc, s->weights, s->count * sizeof *s->weights);
    }
    return (uint32_t)crc;
}
