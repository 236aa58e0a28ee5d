/* quadrat evaluate with a model of sites: how well its scores find mutants that escape, or sites that will change, the
   scores of the alignment beside. */
#include "progress.h"
#include "site_case.h"
#include "sites_parts.h"

#include <math.h>
#include <string.h>

/* An evaluation under way. */
typedef struct evaluation {
    qd_site_case c;
    qd_sites *sites;
    qd_sites_columns columns; /* for the wild type */
    qd_sites_scored scored;
} evaluation;

/* Of a mutant its own; of a site the largest of its mutants. */
static double of_mutant(const evaluation *e, const double *score, size_t row)
{
    const qd_alphabet *alphabet = e->sites->alphabet;
    const size_t position = e->c.truth.position[row];
    const char mutant = e->c.truth.mutant[row];
    double most = NAN;
    for (size_t k = 0; k < alphabet->count; k++) {
        if ((mutant == '\0' || mutant == alphabet->letters[k]) && e->c.wild->residue[position] != k) {
            most = fmax(most, score[position * alphabet->count + k]);
        }
    }
    return most;
}

/* The model's scores: of mutants, [T][K], or of sites, [T]. */
static qd_status add_scores(evaluation *e, qd_error *error)
{
    const qd_scan *scan = e->scored.scan;
    const qd_site_table *table = e->scored.table;
    const struct {
        const char *name;
        const double *of_mutants, *of_sites;
    } scores[] = {
        {"log_prob", scan->log_prob, NULL},
        {"semantic_change", scan->change_l1, NULL},
        {"semantic_change_l2", scan->change_l2, NULL},
        {"rank_score", e->scored.mutants.rank_score, NULL},
        {"entropy", NULL, scan->entropy},
        {"network_entropy", NULL, table->network_entropy},
        {"score", e->scored.mutants.score, NULL},
        {"emergence", NULL, table->emergence},
    };
    qd_status status = QD_OK;
    for (size_t i = 0; i < sizeof scores / sizeof scores[0] && status == QD_OK; i++) {
        double *value = NULL;
        status = qd_site_case_add(&e->c, scores[i].name, false, &value, error);
        for (size_t row = 0; status == QD_OK && row < e->c.truth.count; row++) {
            value[row] = scores[i].of_sites != NULL ? scores[i].of_sites[e->c.truth.position[row]]
                                                    : of_mutant(e, scores[i].of_mutants, row);
        }
    }
    return status;
}

static qd_status run(evaluation *e, const qd_settings *settings, const qd_safetensors *model, qd_error *error)
{
    double identity, known;
    qd_status status = qd_sites_from(model, &e->sites, error);
    if (status == QD_OK) {
        status = qd_site_case_read(settings, e->sites->alphabet, NULL, &e->c, error);
    }
    if (status == QD_OK) {
        status = qd_site_case_check_past(&e->c, e->sites->origin.last_day, error);
    }
    if (status != QD_OK) {
        return status;
    }
    const qd_wild_type *wild = e->c.wild;
    status =
        qd_sites_columns_map(&e->sites->columns, wild->residue, wild->length, &e->columns, &identity, &known, error);
    if (status == QD_OK) {
        status =
            qd_sites_score_all(settings, e->sites, wild->name, wild->residue, wild->length, true, &e->scored, error);
    }
    if (status == QD_OK) {
        status = add_scores(e, error);
    }
    if (status == QD_OK) {
        status = qd_site_case_baselines(&e->c, e->columns.all, error);
    }
    return status == QD_OK ? qd_site_case_finish(&e->c, error) : status;
}

int qd_evaluate_sites(const qd_arguments *arguments, const qd_safetensors *model)
{
    const qd_settings *settings = arguments->settings;
    evaluation e = {0};
    qd_error error;
    if (*qd_settings_text(settings, "wildtype") == '\0') {
        return qd_tell_usage("whose mutants? quadrat evaluate MODEL --wildtype WT.fa --truth TABLE --label COLUMN, or "
                             "--future SEQUENCES.fa --until DATE --header-date REGEX");
    }
    if (qd_site_case_check(settings, 0) != QD_EXIT_DONE || qd_arguments_check_paths(arguments, 0) != QD_EXIT_DONE) {
        return QD_EXIT_USAGE;
    }
    qd_progress_begin("position");
    const qd_status status = run(&e, settings, model, &error);
    qd_sites_scored_clear(&e.scored);
    qd_sites_columns_clear(&e.columns);
    qd_site_case_clear(&e.c);
    qd_sites_free(e.sites);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
