/* quadrat evaluate --scores: scores of mutants or sites that stand in a table already. */
#include "site_case.h"

#include "base/mem.h"
#include "data/names.h"
#include <string.h>

static qd_status add_column(qd_site_case *c, const qd_site_rows *rows, size_t column, qd_error *error)
{
    double *value;
    const qd_status status = qd_site_case_add(c, qd_table_name(rows->table, column), false, &value, error);
    return status == QD_OK ? qd_site_values(rows, column, &c->truth, value, error) : status;
}

/* "a", or "a+b": the sum of the ranks of two. */
static qd_status add_named(qd_site_case *c, const qd_site_rows *rows, const char *name, qd_error *error)
{
    const char *plus = strchr(name, '+');
    size_t column, other;
    if (plus == NULL || qd_table_find(rows->table, name, &column, NULL) == QD_OK) {
        const qd_status status = qd_table_find(rows->table, name, &column, error);
        return status == QD_OK ? add_column(c, rows, column, error) : status;
    }
    char *first = qd_mem_string(name);
    double *sum = NULL, *values = qd_mem_new(c->truth.count, 2 * sizeof *values);
    qd_status status = QD_OK;
    if (first == NULL || values == NULL) {
        status = qd_fail_memory(error, c->truth.count * 2 * sizeof *values, "scores");
    } else {
        first[plus - name] = '\0';
        status = qd_table_find(rows->table, first, &column, error);
    }
    if (status == QD_OK) {
        status = qd_table_find(rows->table, plus + 1, &other, error);
    }
    if (status == QD_OK) {
        status = qd_site_values(rows, column, &c->truth, values, error);
    }
    if (status == QD_OK) {
        status = qd_site_values(rows, other, &c->truth, values + c->truth.count, error);
    }
    if (status == QD_OK) {
        status = qd_site_case_add(c, name, false, &sum, error);
    }
    if (status == QD_OK) {
        status = qd_rank_sum(c->truth.count, values, values + c->truth.count, 1, sum, error);
    }
    qd_mem_free(values);
    qd_mem_free(first);
    return status;
}

static qd_status add_scores(qd_site_case *c, const char *path, qd_error *error)
{
    qd_site_rows rows = {0};
    qd_names names = {0};
    size_t column[QD_SITE_SCORES];
    qd_status status = qd_site_case_rows(c, path, &rows, error);
    if (status == QD_OK) {
        status = qd_names_read(qd_settings_text(c->settings, "score-columns"), &names, error);
    }
    if (status == QD_OK && names.count == 0) {
        const size_t count =
            qd_site_number_columns(&rows, qd_settings_text(c->settings, "label"), QD_SITE_SCORES / 2, column);
        for (size_t i = 0; i < count && status == QD_OK; i++) {
            status = add_column(c, &rows, column[i], error);
        }
    }
    for (size_t i = 0; i < names.count && status == QD_OK; i++) {
        status = add_named(c, &rows, names.name[i], error);
    }
    qd_names_clear(&names);
    qd_site_rows_clear(&rows);
    return status;
}

/* The columns of --alignment, or of sequences (the arguments), at the wild type's positions; *profile NULL: neither. */
static qd_status read_profile(const qd_arguments *arguments, const qd_site_case *c, qd_profile **profile,
                              qd_error *error)
{
    const char *alignment = qd_settings_text(c->settings, "alignment");
    qd_notes notes = {0};
    qd_profile *read = NULL;
    qd_strains *strains = NULL;
    double identity, known;
    qd_status status = QD_OK;
    if (*alignment != '\0') {
        status = qd_profile_read(alignment, &c->reading, &read, &notes, error);
    } else if (arguments->count > 0) {
        status = qd_strains_read(arguments->paths, arguments->count, &c->reading, &strains, &notes, error);
        if (status == QD_OK) {
            status = qd_profile_of(strains, c->wild->residue, c->wild->length, false, &read, error);
        }
        qd_strains_free(strains);
    }
    qd_say_notes(&notes);
    if (status != QD_OK || read == NULL || c->wild == NULL) {
        *profile = status == QD_OK ? read : NULL;
        return status;
    }
    status = qd_profile_map(read, c->wild->residue, c->wild->length, profile, &identity, &known, error);
    qd_profile_free(read);
    return status;
}

static qd_status run(const qd_arguments *arguments, qd_site_case *c, qd_error *error)
{
    const char *scores = qd_settings_text(arguments->settings, "scores");
    const char *name = qd_settings_text(arguments->settings, "alphabet");
    const qd_alphabet *alphabet = qd_alphabet_find(name) != NULL ? qd_alphabet_find(name) : &qd_protein;
    qd_profile *profile = NULL;
    qd_status status = qd_site_case_read(arguments->settings, alphabet, *scores != '\0' ? scores : NULL, c, error);
    if (status == QD_OK && *scores != '\0') {
        status = add_scores(c, scores, error);
    }
    if (status == QD_OK) {
        status = read_profile(arguments, c, &profile, error);
    }
    if (status == QD_OK) {
        status = qd_site_case_baselines(c, profile, error);
    }
    if (status == QD_OK) {
        status = qd_site_case_finish(c, error);
    }
    qd_profile_free(profile);
    return status;
}

int qd_evaluate_scores(const qd_arguments *arguments)
{
    if (qd_site_case_check(arguments->settings, arguments->count) != QD_EXIT_DONE ||
        qd_arguments_check_paths(arguments, 0) != QD_EXIT_DONE) {
        return QD_EXIT_USAGE;
    }
    qd_site_case c = {0};
    qd_error error;
    const qd_status status = run(arguments, &c, &error);
    qd_site_case_clear(&c);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
