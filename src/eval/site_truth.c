/* Tables of mutants: which row is which mutant, what its label says, what its numbers are. */
#include "eval/site_truth.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/mutants.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* ------------------------------------------------------------------------------------------------ columns */

static size_t find_name(const qd_table *table, const char *name, size_t length)
{
    for (size_t i = 0; i < qd_table_columns(table); i++) {
        const char *there = qd_table_name(table, i);
        if (strlen(there) == length && memcmp(there, name, length) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* The first of "a|b|c" that the table has, or SIZE_MAX. */
static size_t find_one_of(const qd_table *table, const char *names)
{
    for (const char *at = names;; at++) {
        const size_t length = strcspn(at, "|");
        const size_t column = find_name(table, at, length);
        at += length;
        if (column != SIZE_MAX || *at == '\0') {
            return column;
        }
    }
}

/* "position=i,mutant=mut": each names a column that must be there. */
static qd_status name_columns(const char *names, qd_site_rows *rows, qd_error *error)
{
    const struct {
        const char *role;
        size_t *column;
    } roles[] = {{"position=", &rows->position_column}, {"wt=", &rows->wt_column}, {"mutant=", &rows->mutant_column}};
    for (const char *at = names; *at != '\0';) {
        const size_t length = strcspn(at, ",");
        size_t r = 0;
        while (r < 3 && strncmp(at, roles[r].role, strlen(roles[r].role)) != 0) {
            r++;
        }
        char name[128];
        if (r == 3 || length - strlen(roles[r].role) >= sizeof name) {
            return qd_fail(error, QD_ERR_VALUE, "columns: '%.60s' is not position=, wt= or mutant= and a column", at);
        }
        const size_t skip = strlen(roles[r].role);
        qd_text_format(name, sizeof name, "%.*s", (int)(length - skip), at + skip);
        const qd_status status = qd_table_find(rows->table, name, roles[r].column, error);
        if (status != QD_OK) {
            return status;
        }
        at += length + (at[length] == ',');
    }
    return QD_OK;
}

static qd_status find_columns(const qd_site_columns *columns, qd_site_rows *rows, qd_error *error)
{
    rows->position_column = find_one_of(rows->table, "position|pos|i|site");
    rows->wt_column = find_one_of(rows->table, "wt|wildtype");
    rows->mutant_column = find_one_of(rows->table, "mutant|mut");
    const qd_status status = name_columns(columns->names, rows, error);
    if (status == QD_OK && rows->position_column == SIZE_MAX && rows->mutant_column == SIZE_MAX) {
        return qd_fail_at(error, QD_ERR_VALUE, qd_table_path(rows->table), 1, 0,
                          "no column for positions (position, pos, i or site) or mutants (mutant, mut); "
                          "--columns position=NAME,mutant=NAME names them");
    }
    return status;
}

/* --------------------------------------------------------------------------------------------------- rows */

typedef struct reading {
    const qd_alphabet *alphabet;
    const qd_wild_type *wild;
    bool zero_based;
    qd_site_rows *rows;
} reading;

static qd_status refuse(const reading *r, size_t row, size_t column, qd_error *error, const char *what, size_t position,
                        char there)
{
    const char letter[] = {there, '\0'};
    return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(r->rows->table), qd_table_line(r->rows->table, row),
                      column + 1, "position %zu%s: %s%s", position, r->zero_based ? " (counted from 0)" : "", what,
                      letter);
}

/* The position of a row, from 0. */
static qd_status read_position(const reading *r, size_t row, size_t *position, qd_error *error)
{
    const qd_site_rows *rows = r->rows;
    double number;
    const qd_status status = qd_table_number(rows->table, row, rows->position_column, &number, error);
    if (status != QD_OK) {
        return status;
    }
    const double first = r->zero_based ? 0 : 1;
    const double beyond = r->wild != NULL ? (double)r->wild->length + first : 1e9;
    if (number < first || number != floor(number) || number >= beyond) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(rows->table), qd_table_line(rows->table, row),
                          rows->position_column + 1, "position %s is none of %g to %g%s",
                          qd_table_cell(rows->table, row, rows->position_column), first, beyond - 1,
                          r->zero_based ? "" : " (--zero-based where the table counts from 0)");
    }
    *position = (size_t)(number - first);
    return QD_OK;
}

/* A mutant written whole, as N501Y; *kept: it is one change. */
static qd_status read_whole(const reading *r, size_t row, size_t *position, char *wt, char *letter, bool *kept,
                            qd_error *error)
{
    const qd_site_rows *rows = r->rows;
    qd_mutant mutant;
    const char *why, *cell = qd_table_cell(rows->table, row, rows->mutant_column);
    if (!qd_mutant_parse(r->alphabet, cell, &mutant, &why)) {
        return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(rows->table), qd_table_line(rows->table, row),
                          rows->mutant_column + 1, "'%.60s' is no mutant: %s", cell, why);
    }
    *kept = mutant.count == 1;
    *position = mutant.change[0].position - 1;
    *wt = mutant.change[0].wt;
    *letter = mutant.change[0].mutant;
    if (r->wild != NULL && *position >= r->wild->length) {
        return refuse(r, row, rows->mutant_column, error, "beyond the end of the wild type", *position + 1, '\0');
    }
    return QD_OK;
}

/* One letter of a cell, upper case; 0 where it is something else. */
static char read_letter(const qd_table *table, size_t row, size_t column)
{
    const char *cell = qd_table_cell(table, row, column);
    const char letter = cell[0] >= 'a' && cell[0] <= 'z' ? (char)(cell[0] - 'a' + 'A') : cell[0];
    return cell[0] != '\0' && cell[1] == '\0' ? letter : '\0';
}

static qd_status read_row(const reading *r, size_t row, qd_error *error)
{
    qd_site_rows *rows = r->rows;
    size_t position = 0;
    char wt = '\0', letter = '\0';
    bool kept = true;
    qd_status status;
    if (rows->position_column == SIZE_MAX) {
        status = read_whole(r, row, &position, &wt, &letter, &kept, error);
    } else {
        status = read_position(r, row, &position, error);
        wt = rows->wt_column != SIZE_MAX ? read_letter(rows->table, row, rows->wt_column) : '\0';
        letter = rows->mutant_column != SIZE_MAX ? read_letter(rows->table, row, rows->mutant_column) : '\0';
    }
    if (status != QD_OK) {
        return status;
    }
    if (r->wild != NULL && wt != '\0') {
        const char there = qd_code_letter(r->alphabet, r->wild->residue[position]);
        if (there != wt) {
            const size_t column = rows->position_column == SIZE_MAX ? rows->mutant_column : rows->wt_column;
            return refuse(r, row, column, error, "the table's wild type is not that of the sequence, which has ",
                          position + !r->zero_based, there);
        }
    }
    if (rows->mutant_column != SIZE_MAX) {
        const uint8_t code = letter != '\0' ? qd_letter_code(r->alphabet, letter, false) : QD_LETTER_NONE;
        kept = kept && code < r->alphabet->count;
    }
    if (!kept) {
        rows->foreign++;
        return QD_OK;
    }
    rows->row[rows->count] = row;
    rows->position[rows->count] = position;
    rows->mutant[rows->count++] = rows->mutant_column != SIZE_MAX ? letter : '\0';
    return QD_OK;
}

/* The place of (position, mutant) in a table of [positions][27]; 0 stands for the site. */
static size_t key_of(size_t position, char mutant)
{
    return position * 27 + (mutant != '\0' ? (size_t)(mutant - 'A') + 1 : 0);
}

/* index[key] = row + 1, so that rows are found by their mutant.  A mutant twice is refused. */
static qd_status index_rows(const qd_site_rows *rows, size_t **index, size_t *keys, qd_error *error)
{
    size_t positions = 0;
    for (size_t n = 0; n < rows->count; n++) {
        positions = rows->position[n] >= positions ? rows->position[n] + 1 : positions;
    }
    *keys = positions * 27;
    *index = qd_mem_new(*keys, sizeof **index);
    if (*index == NULL) {
        return qd_fail_memory(error, *keys * sizeof **index, "an index of mutants");
    }
    for (size_t n = 0; n < rows->count; n++) {
        size_t *place = *index + key_of(rows->position[n], rows->mutant[n]);
        if (*place != 0) {
            const size_t first = rows->row[*place - 1];
            qd_mem_free(*index);
            *index = NULL;
            return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(rows->table),
                              qd_table_line(rows->table, rows->row[n]), 0, "the same mutant as in line %llu",
                              (unsigned long long)qd_table_line(rows->table, first));
        }
        *place = n + 1;
    }
    return QD_OK;
}

qd_status qd_site_rows_read(const char *path, const qd_alphabet *alphabet, const qd_site_columns *columns,
                            const qd_wild_type *wild, const qd_table_options *options, qd_site_rows *rows,
                            qd_error *error)
{
    const reading r = {.alphabet = alphabet, .wild = wild, .zero_based = columns->zero_based, .rows = rows};
    *rows = (qd_site_rows){0};
    qd_status status = qd_table_read(path, options, &rows->table, error);
    if (status == QD_OK) {
        status = find_columns(columns, rows, error);
    }
    const size_t most = status == QD_OK ? qd_table_rows(rows->table) : 0;
    rows->row = qd_mem_new(most, sizeof *rows->row);
    rows->position = qd_mem_new(most, sizeof *rows->position);
    rows->mutant = qd_mem_new(most, 1);
    if (status == QD_OK && (rows->row == NULL || rows->position == NULL || rows->mutant == NULL)) {
        status = qd_fail_memory(error, most * sizeof *rows->row, "rows of mutants");
    }
    for (size_t row = 0; row < most && status == QD_OK; row++) {
        status = read_row(&r, row, error);
    }
    size_t *index = NULL, keys;
    if (status == QD_OK) {
        status = index_rows(rows, &index, &keys, error);
    }
    qd_mem_free(index);
    if (status != QD_OK) {
        qd_site_rows_clear(rows);
    }
    return status;
}

void qd_site_rows_clear(qd_site_rows *rows)
{
    qd_table_free(rows->table);
    qd_mem_free(rows->row);
    qd_mem_free(rows->position);
    qd_mem_free(rows->mutant);
    *rows = (qd_site_rows){0};
}

/* ------------------------------------------------------------------------------------------------- labels */

/* 1, 0, or -1 for a missing one; -2: neither. */
static int read_label(const char *cell)
{
    static const char *const words[] = {"false", "true", "no", "yes", "0", "1", "0.0", "1.0"};
    for (int i = 0; i < 8; i++) {
        if (strcasecmp(cell, words[i]) == 0) {
            return i % 2;
        }
    }
    return qd_table_missing(cell) ? -1 : -2;
}

static qd_status read_labels(const qd_site_rows *rows, size_t column, qd_site_truth *truth, qd_error *error)
{
    for (size_t n = 0; n < rows->count; n++) {
        const char *cell = qd_table_cell(rows->table, rows->row[n], column);
        const int label = read_label(cell);
        if (label == -2) {
            return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(rows->table),
                              qd_table_line(rows->table, rows->row[n]), column + 1,
                              "column '%.40s': expected true or false (yes, no, 1, 0), found '%.40s'",
                              qd_table_name(rows->table, column), cell);
        }
        if (label == -1) {
            truth->unknown++;
            continue;
        }
        truth->position[truth->count] = rows->position[n];
        truth->mutant[truth->count] = rows->mutant[n];
        truth->positive[truth->count++] = label == 1;
        truth->positives += label == 1;
    }
    return QD_OK;
}

qd_status qd_site_truth_of(const qd_site_rows *rows, const char *label, qd_site_truth *truth, qd_error *error)
{
    size_t column;
    qd_status status = qd_table_find(rows->table, label, &column, error);
    if (status != QD_OK) {
        return status;
    }
    *truth = (qd_site_truth){.position = qd_mem_new(rows->count, sizeof *truth->position),
                             .mutant = qd_mem_new(rows->count, 1),
                             .positive = qd_mem_new(rows->count, sizeof *truth->positive),
                             .foreign = rows->foreign};
    status = truth->position == NULL || truth->mutant == NULL || truth->positive == NULL
                 ? qd_fail_memory(error, rows->count * sizeof *truth->position, "a truth")
                 : read_labels(rows, column, truth, error);
    if (status != QD_OK) {
        qd_site_truth_clear(truth);
    }
    return status;
}

void qd_site_truth_clear(qd_site_truth *truth)
{
    qd_mem_free(truth->position);
    qd_mem_free(truth->mutant);
    qd_mem_free(truth->positive);
    *truth = (qd_site_truth){0};
}

/* ------------------------------------------------------------------------------------------------- values */

qd_status qd_site_values(const qd_site_rows *rows, size_t column, const qd_site_truth *truth, double *value,
                         qd_error *error)
{
    size_t *index = NULL, keys;
    qd_status status = index_rows(rows, &index, &keys, error);
    for (size_t n = 0; n < truth->count && status == QD_OK; n++) {
        /* A table of sites says the same of all mutants of one. */
        const bool sites = rows->mutant_column == SIZE_MAX;
        const size_t key = key_of(truth->position[n], sites ? '\0' : truth->mutant[n]);
        const size_t found = key < keys ? index[key] : 0;
        value[n] = NAN;
        if (found != 0 && !qd_table_missing(qd_table_cell(rows->table, rows->row[found - 1], column))) {
            status = qd_table_number(rows->table, rows->row[found - 1], column, &value[n], error);
        }
    }
    qd_mem_free(index);
    return status;
}

/* Is every cell a number or missing, and one a number? */
static bool holds_numbers(const qd_table *table, size_t column)
{
    bool any = false;
    for (size_t row = 0; row < qd_table_rows(table); row++) {
        double number;
        if (!qd_table_missing(qd_table_cell(table, row, column))) {
            if (qd_table_number(table, row, column, &number, NULL) != QD_OK) {
                return false;
            }
            any = true;
        }
    }
    return any;
}

size_t qd_site_number_columns(const qd_site_rows *rows, const char *label, size_t most, size_t *column)
{
    size_t count = 0;
    for (size_t i = 0; i < qd_table_columns(rows->table) && count < most; i++) {
        const bool key = i == rows->position_column || i == rows->wt_column || i == rows->mutant_column;
        if (!key && strcmp(qd_table_name(rows->table, i), label) != 0 && holds_numbers(rows->table, i)) {
            column[count++] = i;
        }
    }
    return count;
}
