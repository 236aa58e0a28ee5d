/* Lists of mutants from files. */
#include "base/mem.h"
#include "data/input.h"
#include "data/mutants.h"
#include "data/table_parts.h"

#include <string.h>

typedef struct list {
    const char *path, *gene;
    const qd_alphabet *alphabet;
    qd_mutants *mutants;
    size_t changes; /* so far */
} list;

static qd_status append(list *l, const char *text, const qd_mutant *mutant, uint64_t line, qd_error *error)
{
    qd_mutants *m = l->mutants;
    const size_t n = m->count;
    char *copy = qd_mem_string(text);
    size_t *start = qd_mem_resize(m->start, n == 0 ? 0 : n + 1, n + 2, sizeof *start);
    m->start = start != NULL ? start : m->start;
    char **texts = qd_mem_resize(m->text, n, n + 1, sizeof *texts);
    m->text = texts != NULL ? texts : m->text;
    uint64_t *lines = qd_mem_resize(m->line, n, n + 1, sizeof *lines);
    m->line = lines != NULL ? lines : m->line;
    qd_change *change = qd_mem_resize(m->change, l->changes, l->changes + mutant->count, sizeof *change);
    m->change = change != NULL ? change : m->change;
    if (copy == NULL || start == NULL || texts == NULL || lines == NULL || change == NULL) {
        qd_mem_free(copy);
        return qd_fail_memory(error, l->changes * sizeof *change, "mutants");
    }
    memcpy(change + l->changes, mutant->change, mutant->count * sizeof *change);
    l->changes += mutant->count;
    start[n + 1] = l->changes;
    texts[n] = copy;
    lines[n] = line;
    m->count++;
    return QD_OK;
}

/* One text; of a gene that is not wanted: nothing. */
static qd_status add(list *l, const char *text, uint64_t line, uint64_t column, qd_error *error)
{
    qd_mutant mutant;
    const char *why;
    char shown[QD_SHOWN];
    if (!qd_mutant_parse(l->alphabet, text, &mutant, &why)) {
        return qd_fail_at(error, QD_ERR_FORMAT, l->path, line, column, "'%s' is no mutant: %s",
                          qd_table_shown(text, shown), why);
    }
    if (*l->gene != '\0' && *mutant.gene != '\0' && strcmp(l->gene, mutant.gene) != 0) {
        return QD_OK;
    }
    return append(l, text, &mutant, line, error);
}

/* S:N501Y,ORF1a:T3255I,S:D614G: those of the gene (or of all, where there is but one) as one mutant. */
static qd_status add_nextclade(list *l, const char *cell, uint64_t line, uint64_t column, qd_error *error)
{
    char joined[2048] = "";
    size_t used = 0;
    for (const char *at = cell; *at != '\0';) {
        const size_t length = strcspn(at, ",");
        const char *colon = memchr(at, ':', length);
        const size_t gene = colon != NULL ? (size_t)(colon - at) : 0;
        const bool wanted = *l->gene == '\0' || (strlen(l->gene) == gene && memcmp(at, l->gene, gene) == 0);
        const char *change = *l->gene != '\0' && colon != NULL ? colon + 1 : at;
        const size_t size = length - (size_t)(change - at);
        if (wanted && used + size + 2 < sizeof joined) {
            joined[used] = ':';
            used += used > 0;
            memcpy(joined + used, change, size);
            used += size;
            joined[used] = '\0';
        }
        at += length + (at[length] == ',');
    }
    return used > 0 ? add(l, joined, line, column, error) : QD_OK;
}

/* The column of a table that holds mutants, or false where this is no such table. */
static bool find_column(const qd_table *table, size_t *column)
{
    static const char *const names[] = {"mutant", "hgvs_pro", "hgvs_nt", "aaSubstitutions"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (*column = 0; *column < qd_table_columns(table); (*column)++) {
            if (strcmp(qd_table_name(table, *column), names[i]) == 0) {
                return true;
            }
        }
    }
    return false;
}

static qd_status read_table(list *l, const qd_table *table, size_t column, qd_error *error)
{
    qd_status status = QD_OK;
    const bool nextclade = strcmp(qd_table_name(table, column), "aaSubstitutions") == 0;
    for (size_t row = 0; row < qd_table_rows(table) && status == QD_OK; row++) {
        const char *cell = qd_table_cell(table, row, column);
        const uint64_t line = qd_table_line(table, row);
        status = nextclade ? add_nextclade(l, cell, line, column + 1, error) : add(l, cell, line, column + 1, error);
    }
    return status;
}

/* A mutant a line; `text` is written into. */
static qd_status read_lines(list *l, char *text, qd_error *error)
{
    uint64_t line = 1;
    for (char *at = text; *at != '\0'; line++) {
        at += strspn(at, " \t");
        char *end = at + strcspn(at, "\n"), *next = *end == '\n' ? end + 1 : end;
        while (end > at && strchr(" \t\r", end[-1]) != NULL) {
            end--;
        }
        *end = '\0';
        const qd_status status = *at == '\0' || *at == '#' ? QD_OK : add(l, at, line, 0, error);
        if (status != QD_OK) {
            return status;
        }
        at = next;
    }
    return QD_OK;
}

qd_status qd_mutants_read(const char *path, const qd_alphabet *alphabet, const char *gene, uint64_t limit,
                          qd_mutants *mutants, qd_error *error)
{
    list l = {.path = path, .gene = gene, .alphabet = alphabet, .mutants = mutants};
    *mutants = (qd_mutants){0};
    char *text;
    size_t size, column;
    qd_status status = qd_input_read(path, limit, &text, &size, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_table_options options = {.limit = limit};
    qd_table *table = NULL;
    if (qd_table_parse(path, text, size, &options, &table, NULL) == QD_OK && find_column(table, &column)) {
        status = read_table(&l, table, column, error);
    } else {
        status = read_lines(&l, text, error);
    }
    if (status == QD_OK && mutants->count == 0) {
        status = qd_fail_at(error, QD_ERR_FORMAT, path, 0, 0, "no mutant");
    }
    qd_table_free(table);
    qd_mem_free(text);
    if (status != QD_OK) {
        qd_mutants_clear(mutants);
    }
    return status;
}

void qd_mutants_clear(qd_mutants *mutants)
{
    for (size_t i = 0; i < mutants->count; i++) {
        qd_mem_free(mutants->text[i]);
    }
    qd_mem_free(mutants->text);
    qd_mem_free(mutants->start);
    qd_mem_free(mutants->change);
    qd_mem_free(mutants->line);
    *mutants = (qd_mutants){0};
}

static qd_status check_change(const qd_change *change, const char *path, uint64_t line, const qd_alphabet *alphabet,
                              const qd_wild_type *wild, qd_error *error)
{
    if (change->position > wild->length) {
        return qd_fail_at(error, QD_ERR_VALUE, path, line, 0, "position %zu is beyond the end of %.80s, which has %zu",
                          change->position, wild->name, wild->length);
    }
    const char there = qd_code_letter(alphabet, wild->residue[change->position - 1]);
    if (there != change->wt) {
        return qd_fail_at(error, QD_ERR_VALUE, path, line, 0, "position %zu of %.80s is %c, not %c", change->position,
                          wild->name, there, change->wt);
    }
    if (change->mutant == '*') {
        return qd_fail_at(error, QD_ERR_VALUE, path, line, 0, "position %zu: a stop has no score", change->position);
    }
    return QD_OK;
}

qd_status qd_mutants_check(const qd_mutants *mutants, const char *path, const qd_alphabet *alphabet,
                           const qd_wild_type *wild, qd_error *error)
{
    for (size_t n = 0; n < mutants->count; n++) {
        for (size_t c = mutants->start[n]; c < mutants->start[n + 1]; c++) {
            const qd_status status = check_change(&mutants->change[c], path, mutants->line[n], alphabet, wild, error);
            if (status != QD_OK) {
                return status;
            }
        }
    }
    return QD_OK;
}
