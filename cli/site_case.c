/* Scores of sites: what they are held against, what stands beside them, and how they are told. */
#include "site_case.h"

#include "base/mem.h"
#include "data/calendar.h"
#include <math.h>
#include <string.h>

void qd_say_notes(qd_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        qd_say("%s", notes->line[i]);
    }
    qd_notes_clear(notes);
}

int qd_site_case_check(const qd_settings *settings, size_t sequences)
{
    const bool wild = *qd_settings_text(settings, "wildtype") != '\0';
    const bool future = *qd_settings_text(settings, "future") != '\0';
    const bool table = *qd_settings_text(settings, "truth") != '\0' || *qd_settings_text(settings, "scores") != '\0';
    if (!future && (!table || *qd_settings_text(settings, "label") == '\0')) {
        return qd_tell_usage("what is true? (--truth FILE and --label COLUMN, or --future FILE and --until DATE)");
    }
    if (!wild && (future || sequences > 0)) {
        return qd_tell_usage("%s are aligned with --wildtype FILE, which is not given",
                             future ? "the sequences of --future" : "sequences");
    }
    return QD_EXIT_DONE;
}

static const char *text_of(const qd_site_case *c, const char *name)
{
    return qd_settings_text(c->settings, name);
}

static qd_status read_wild(qd_site_case *c, qd_error *error)
{
    qd_notes notes = {0};
    const char *path = text_of(c, "wildtype");
    if (*path == '\0') {
        return QD_OK;
    }
    qd_status status = qd_wild_types_read(path, c->alphabet, &c->reading, &c->wilds, &c->wild, &notes, error);
    if (status == QD_OK && c->wilds > 1) {
        status = qd_fail_at(error, QD_ERR_FORMAT, path, 0, 0, "one wild type is expected, and here are %zu", c->wilds);
    }
    qd_say_notes(&notes);
    return status;
}

static qd_status read_ahead(qd_site_case *c, qd_error *error)
{
    qd_notes notes = {0};
    const char *path = text_of(c, "future");
    c->by_future = true;
    const qd_status status = qd_site_ahead_read(&path, 1, &c->reading, c->wild, &c->ahead, &notes, error);
    qd_say_notes(&notes);
    c->truth = c->ahead.truth;
    return status;
}

static qd_site_columns columns_of(const qd_settings *settings)
{
    return (qd_site_columns){.names = qd_settings_text(settings, "columns"),
                             .zero_based = qd_settings_flag(settings, "zero-based")};
}

qd_status qd_site_case_rows(const qd_site_case *c, const char *path, qd_site_rows *rows, qd_error *error)
{
    const qd_table_options table = qd_table_options_of(c->settings);
    const qd_site_columns columns = columns_of(c->settings);
    return qd_site_rows_read(path, c->alphabet, &columns, c->wild, &table, rows, error);
}

static qd_status read_truth(qd_site_case *c, const char *table, qd_error *error)
{
    const char *truth = text_of(c, "truth"), *label = text_of(c, "label");
    const char *path = *truth != '\0' ? truth : table;
    qd_site_rows rows = {0};
    qd_status status = qd_site_case_rows(c, path, &rows, error);
    if (status == QD_OK) {
        status = qd_site_truth_of(&rows, label, &c->truth, error);
    }
    qd_site_rows_clear(&rows);
    return status;
}

qd_status qd_site_case_read(const qd_settings *settings, const qd_alphabet *alphabet, const char *table,
                            qd_site_case *c, qd_error *error)
{
    *c = (qd_site_case){.settings = settings, .alphabet = alphabet};
    qd_status status = qd_strains_options_of(settings, &c->reading, error);
    c->reading.alphabet = alphabet;
    if (status == QD_OK) {
        status = read_wild(c, error);
    }
    if (status != QD_OK) {
        return status;
    }
    return *text_of(c, "future") != '\0' ? read_ahead(c, error) : read_truth(c, table, error);
}

qd_status qd_site_case_check_past(const qd_site_case *c, int64_t last_day, qd_error *error)
{
    char last[32], until[32];
    if (!c->by_future) {
        return QD_OK;
    }
    if (last_day == QD_UNDATED) {
        qd_say("the model learned from sequences without dates: whether it has seen what comes after --until is not "
               "known");
        return QD_OK;
    }
    if (last_day <= c->reading.until) {
        return QD_OK;
    }
    qd_time_text(QD_TIME_DAY, false, last_day, last, sizeof last);
    qd_time_text(QD_TIME_DAY, false, c->reading.until, until, sizeof until);
    return qd_fail(error, QD_ERR_VALUE,
                   "until: the model learned from sequences up to %s, which is after %s: train it with --until %s",
                   last, until, until);
}

void qd_site_case_clear(qd_site_case *c)
{
    if (!c->by_future) {
        qd_site_truth_clear(&c->truth);
    }
    qd_site_ahead_clear(&c->ahead);
    qd_wild_types_free(c->wilds, c->wild);
    for (size_t i = 0; i < c->count; i++) {
        qd_mem_free(c->name[i]);
        qd_mem_free(c->value[i]);
    }
    *c = (qd_site_case){0};
}

qd_status qd_site_case_add(qd_site_case *c, const char *name, bool baseline, double **value, qd_error *error)
{
    if (c->count == QD_SITE_SCORES) {
        return qd_fail(error, QD_ERR_VALUE, "more than %d scores", QD_SITE_SCORES);
    }
    char *copy = qd_mem_string(name);
    double *values = qd_mem_new(c->truth.count, sizeof *values);
    if (copy == NULL || values == NULL) {
        qd_mem_free(copy);
        qd_mem_free(values);
        return qd_fail_memory(error, c->truth.count * sizeof *values, "scores");
    }
    for (size_t n = 0; n < c->truth.count; n++) {
        values[n] = NAN;
    }
    c->name[c->count] = copy;
    c->value[c->count] = values;
    c->score[c->count++] = (qd_site_score){.name = copy, .value = values, .baseline = baseline};
    *value = values;
    return QD_OK;
}

qd_status qd_site_case_baselines(qd_site_case *c, const qd_profile *profile, qd_error *error)
{
    double *value[QD_SITE_BASELINES];
    qd_status status = QD_OK;
    for (size_t b = 0; b < QD_AHEAD_BASELINES && c->by_future && status == QD_OK; b++) {
        double *ahead = NULL;
        status = qd_site_case_add(c, qd_ahead_baseline_names[b], true, &ahead, error);
        if (status == QD_OK) {
            memcpy(ahead, c->ahead.value[b], c->truth.count * sizeof *ahead);
        }
    }
    for (size_t b = 0; b < QD_SITE_BASELINES && profile != NULL && status == QD_OK; b++) {
        status = qd_site_case_add(c, qd_site_baseline_names[b], true, &value[b], error);
    }
    return status == QD_OK && profile != NULL ? qd_site_baselines(profile, &c->truth, value, error) : status;
}

enum { DRAWS = 1000 }; /* of sites, unless --bootstrap says otherwise */

qd_status qd_site_case_finish(qd_site_case *c, qd_error *error)
{
    const char *output = text_of(c, "output");
    const uint64_t seed = (uint64_t)qd_settings_integer(c->settings, "seed");
    const size_t draws = qd_settings_given(c->settings, "bootstrap")
                             ? (size_t)qd_settings_integer(c->settings, "bootstrap")
                             : DRAWS;
    qd_site_result *result = qd_mem_new(c->count, sizeof *result);
    if (result == NULL) {
        return qd_fail_memory(error, c->count * sizeof *result, "scores");
    }
    qd_say("%zu %s, %zu of them positive; left out: %zu that are no single change of a residue, %zu of unknown truth",
           c->truth.count, c->by_future ? "sites" : "rows", c->truth.positives, c->truth.foreign, c->truth.unknown);
    qd_status status = qd_site_scores(&c->truth, c->count, c->score, draws, seed, result, error);
    if (status == QD_OK) {
        status = qd_site_scores_write(*output != '\0' ? output : "-", c->count, c->score, result, error);
    }
    qd_mem_free(result);
    return status;
}
