/* quadrat evaluate with a model of sites: how well its scores find mutants that escape, or sites that will change, the
   scores of the alignment beside. */
#include "progress.h"
#include "sites_parts.h"
#include "train_sites.h"

#include "base/mem.h"
#include "eval/site_scores.h"
#include <math.h>
#include <string.h>

enum { OWN = 8, BEFORE = 1, SCORES = OWN + BEFORE + QD_SITE_BASELINES, DRAWS = 2000 };

static const char *const own_names[OWN] = {"log_prob", "semantic_change", "semantic_change_l2", "rank_score",
                                           "entropy",  "network_entropy", "score",              "emergence"};

/* An evaluation under way. */
typedef struct evaluation {
    const qd_settings *settings;
    qd_sites *sites;
    size_t wild_types;
    qd_wild_type *wild; /* [wild_types], of which the first counts */
    const uint8_t *residue;
    size_t length;
    qd_sites_columns columns; /* for the wild type */
    qd_sites_scored scored;
    qd_site_truth truth;
    double *value; /* [SCORES][truth.count] */
} evaluation;

static const char *text_of(const evaluation *e, const char *name)
{
    return qd_settings_text(e->settings, name);
}

/* ----------------------------------------------------------------------------------------------- reading */

/* --wildtype, or else the sequence that the columns of the model stand around. */
static qd_status read_wild_type(evaluation *e, qd_error *error)
{
    const char *path = text_of(e, "wildtype");
    qd_notes notes = {0};
    const qd_strains_options options = qd_sites_reading(e->settings, e->sites);
    if (*path == '\0') {
        e->residue = e->sites->columns.all->reference;
        e->length = e->sites->columns.all->length;
        return QD_OK;
    }
    qd_status status =
        qd_wild_types_read(path, e->sites->alphabet, &options, &e->wild_types, &e->wild, &notes, error);
    qd_say_notes(&notes);
    if (status == QD_OK && e->wild_types > 1) {
        status = qd_fail_at(error, QD_ERR_VALUE, path, 0, 0, "%zu wild types; a truth is about one", e->wild_types);
    }
    if (status == QD_OK) {
        e->residue = e->wild[0].residue;
        e->length = e->wild[0].length;
    }
    return status;
}

static qd_status read_truth(evaluation *e, qd_error *error)
{
    const qd_site_columns columns = {text_of(e, "columns"), qd_settings_flag(e->settings, "zero-based")};
    const qd_table_options options = qd_table_options_of(e->settings);
    qd_site_rows rows;
    qd_status status = qd_site_rows_read(text_of(e, "truth"), e->sites->alphabet, &columns, e->wild, &options, &rows,
                                         error);
    if (status == QD_OK) {
        status = qd_site_truth_of(&rows, text_of(e, "label"), &e->truth, error);
        qd_site_rows_clear(&rows);
    }
    return status;
}

/* Sequences of --future after --until, or after the last day that the model knows. */
static qd_status read_future(evaluation *e, qd_error *error)
{
    const char *path = text_of(e, "future");
    qd_strains_options options;
    qd_strains *strains = NULL;
    qd_profile *after = NULL;
    qd_notes notes = {0};
    qd_status status = qd_strains_options_of(e->settings, &options, error);
    if (status != QD_OK) {
        return status;
    }
    options.after = options.until != QD_UNDATED ? options.until : e->sites->origin.last_day;
    options.until = QD_UNDATED;
    options.alphabet = e->sites->alphabet;
    status = qd_strains_read(&path, 1, &options, &strains, &notes, error);
    qd_say_notes(&notes);
    if (status == QD_OK) {
        status = qd_profile_of(strains, e->residue, e->length, false, &after, error);
    }
    if (status == QD_OK) {
        status = qd_site_truth_ahead(e->columns.all, after, QD_SITES_RARE, &e->truth, error);
    }
    qd_profile_free(after);
    qd_strains_free(strains);
    return status;
}

/* ------------------------------------------------------------------------------------------------ values */

/* Of a mutant; of a site the largest of its mutants. */
static double of_mutant(const evaluation *e, const double *score, size_t row)
{
    const size_t letters = e->sites->alphabet->count, at = e->truth.position[row] * letters;
    double most = NAN;
    for (size_t k = 0; k < letters; k++) {
        const bool wanted = e->truth.mutant[row] == 0 || e->truth.mutant[row] == e->sites->alphabet->letters[k];
        if (wanted && e->residue[e->truth.position[row]] != k) {
            most = fmax(most, score[at + k]);
        }
    }
    return most;
}

static qd_status fill_values(evaluation *e, qd_site_score *scores, qd_error *error)
{
    const size_t n = e->truth.count;
    const qd_sites_scored *s = &e->scored;
    const double *mutants[] = {s->scan->log_prob, s->scan->change_l1, s->scan->change_l2, s->mutants.rank_score};
    const double *sites[] = {s->scan->entropy, s->table->network_entropy, NULL, s->table->emergence};
    double *recent = qd_mem_new(e->length, sizeof *recent), *baseline[QD_SITE_BASELINES];
    e->value = qd_mem_new(SCORES * n, sizeof *e->value);
    if (recent == NULL || e->value == NULL) {
        qd_mem_free(recent);
        return qd_fail_memory(error, SCORES * n * sizeof *e->value, "scores");
    }
    qd_profile_entropy(e->columns.recent, recent);
    for (size_t i = 0; i < SCORES; i++) {
        scores[i] = (qd_site_score){.value = e->value + i * n, .baseline = i >= OWN};
        scores[i].name = i < OWN ? own_names[i] : i == OWN ? "recent_entropy" : qd_site_baseline_names[i - OWN - 1];
    }
    for (size_t row = 0; row < n; row++) {
        const size_t p = e->truth.position[row];
        for (size_t i = 0; i < OWN; i++) {
            e->value[i * n + row] = i < 4    ? of_mutant(e, mutants[i], row)
                                    : i == 6 ? of_mutant(e, s->mutants.score, row)
                                             : sites[i - 4][p];
        }
        e->value[OWN * n + row] = recent[p];
    }
    qd_mem_free(recent);
    for (size_t i = 0; i < QD_SITE_BASELINES; i++) {
        baseline[i] = e->value + (OWN + BEFORE + i) * n;
    }
    return qd_site_baselines(e->columns.all, &e->truth, baseline, error);
}

/* ----------------------------------------------------------------------------------------------- command */

static qd_status write_scores(evaluation *e, qd_error *error)
{
    const char *output = text_of(e, "output");
    qd_site_score scores[SCORES];
    qd_site_result results[SCORES];
    qd_status status = fill_values(e, scores, error);
    if (status == QD_OK) {
        qd_say("%zu rows, %zu of them positive", e->truth.count, e->truth.positives);
        status = qd_site_scores(&e->truth, SCORES, scores, DRAWS, 1, results, error);
    }
    return status == QD_OK ? qd_site_scores_write(*output != '\0' ? output : "-", SCORES, scores, results, error)
                           : status;
}

static qd_status run(evaluation *e, const char *model, qd_error *error)
{
    double identity, known;
    qd_status status = qd_sites_load(model, &e->sites, error);
    if (status == QD_OK) {
        status = read_wild_type(e, error);
    }
    if (status == QD_OK) {
        status = qd_sites_columns_map(&e->sites->columns, e->residue, e->length, &e->columns, &identity, &known, error);
    }
    if (status == QD_OK) {
        status = *text_of(e, "future") != '\0' ? read_future(e, error) : read_truth(e, error);
    }
    if (status == QD_OK) {
        status = qd_sites_score_all(e->settings, e->sites, e->wild != NULL ? e->wild[0].name : "the typical sequence",
                                    e->residue, e->length, true, &e->scored, error);
    }
    return status == QD_OK ? write_scores(e, error) : status;
}

int qd_evaluate_sites(const qd_arguments *arguments)
{
    evaluation e = {.settings = arguments->settings};
    qd_error error;
    const bool future = *text_of(&e, "future") != '\0', truth = *text_of(&e, "truth") != '\0';
    if (arguments->count != 1 || future == truth) {
        return qd_tell_usage("a model of sites is evaluated with --wildtype WT.fa --truth TABLE --label COLUMN, or with "
                             "--future SEQUENCES.fa --header-date REGEX");
    }
    if (truth && (*text_of(&e, "wildtype") == '\0' || *text_of(&e, "label") == '\0')) {
        return qd_tell_usage("whose mutants does the truth tell, and in which column? (--wildtype WT.fa --label COLUMN)");
    }
    qd_progress_begin("position");
    const qd_status status = run(&e, arguments->paths[0], &error);
    qd_sites_scored_clear(&e.scored);
    qd_sites_columns_clear(&e.columns);
    qd_site_truth_clear(&e.truth);
    qd_wild_types_free(e.wild_types, e.wild);
    qd_sites_free(e.sites);
    qd_mem_free(e.value);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
