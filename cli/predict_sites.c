/* quadrat predict with a model of sites: wild types in; their mutants, or sites, out in the form asked for. */
#include "progress.h"
#include "site_case.h"
#include "sites_parts.h"

#include "base/mem.h"
#include "tasks/sites_write.h"
#include <math.h>
#include <string.h>

/* What is written of one wild type. */
typedef struct answer {
    qd_sites_scored scored;
    qd_mutants list; /* of --mutants */
    qd_change *change;
    qd_sites_mutant *mutant;
    size_t mutants;
} answer;

typedef struct prediction {
    const qd_settings *settings;
    const qd_sites_format *format;
    qd_sites *sites;
    size_t count;
    qd_wild_type *wild; /* [count] */
    answer *answer;     /* [count] */
    qd_sites_result *result;
    qd_site_numbers numbers;
} prediction;

static const char *text_of(const prediction *p, const char *name)
{
    return qd_settings_text(p->settings, name);
}

static bool wanted(const prediction *p, const char *flag)
{
    return qd_settings_flag(p->settings, flag);
}

static bool l2(const prediction *p)
{
    return strcmp(text_of(p, "distance"), "l2") == 0;
}

/* --------------------------------------------------------------------------------------------- every mutant */

static qd_status every_mutant(const prediction *p, const qd_wild_type *wild, answer *a, qd_error *error)
{
    const qd_alphabet *alphabet = p->sites->alphabet;
    const size_t letters = alphabet->count, most = wild->length * letters;
    const qd_sites_scored *s = &a->scored;
    a->change = qd_mem_new(most, sizeof *a->change);
    a->mutant = qd_mem_new(most, sizeof *a->mutant);
    if (a->change == NULL || a->mutant == NULL) {
        return qd_fail_memory(error, most * sizeof *a->mutant, "mutants");
    }
    for (size_t i = 0; i < most; i++) {
        const uint8_t own = wild->residue[i / letters];
        if (own == i % letters) {
            continue;
        }
        a->change[a->mutants] = (qd_change){
            .position = i / letters + 1, .wt = qd_code_letter(alphabet, own), .mutant = alphabet->letters[i % letters]};
        a->mutant[a->mutants] =
            (qd_sites_mutant){.count = 1,
                              .change = &a->change[a->mutants],
                              .log_prob = s->scan->log_prob[i],
                              .semantic_change = l2(p) ? s->scan->change_l2[i] : s->scan->change_l1[i],
                              .rank_score = s->mutants.rank_score[i],
                              .score = s->mutants.score[i]};
        a->mutants++;
    }
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------------- a list */

/* The distance of a sequence with all changes of a mutant made from the wild type: embedded from its beginning. */
static qd_status distance_of(const prediction *p, const qd_wild_type *wild, const qd_sites_mutant *mutant,
                             const double *origin, uint8_t *residue, double *z, double *distance, qd_error *error)
{
    const qd_alphabet *alphabet = p->sites->alphabet;
    const qd_sites_net net = qd_sites_net_of(p->sites);
    memcpy(residue, wild->residue, wild->length);
    for (size_t c = 0; c < mutant->count; c++) {
        residue[mutant->change[c].position - 1] = qd_letter_code(alphabet, mutant->change[c].mutant, false);
    }
    const qd_status status = qd_sites_embed(&net, residue, wild->length, z, error);
    double one = 0, two = 0;
    for (size_t i = 0; i < qd_sites_width(&net); i++) {
        one += fabs(z[i] - origin[i]);
        two += (z[i] - origin[i]) * (z[i] - origin[i]);
    }
    *distance = l2(p) ? sqrt(two) : one;
    return status;
}

/* Scores of a mutant of several changes: sums of logarithms, the largest of the scores. */
static void score_changes(const prediction *p, const answer *a, qd_sites_mutant *mutant)
{
    const size_t letters = p->sites->alphabet->count;
    mutant->log_prob = 0;
    mutant->score = NAN;
    for (size_t c = 0; c < mutant->count; c++) {
        const qd_change *change = &mutant->change[c];
        const size_t at = (change->position - 1) * letters + qd_letter_code(p->sites->alphabet, change->mutant, false);
        mutant->log_prob += a->scored.scan->log_prob[at];
        mutant->score = fmax(mutant->score, a->scored.mutants.score[at]);
    }
}

static qd_status rank_list(const prediction *p, answer *a, qd_error *error)
{
    const size_t n = a->mutants;
    double *columns = qd_mem_new(3 * n, sizeof *columns);
    if (columns == NULL) {
        return qd_fail_memory(error, 3 * n * sizeof *columns, "ranks");
    }
    for (size_t i = 0; i < n; i++) {
        columns[i] = a->mutant[i].semantic_change;
        columns[n + i] = a->mutant[i].log_prob;
    }
    const qd_status status =
        qd_rank_sum(n, columns, columns + n, qd_settings_real(p->settings, "beta"), columns + 2 * n, error);
    for (size_t i = 0; i < n && status == QD_OK; i++) {
        a->mutant[i].rank_score = columns[2 * n + i];
    }
    qd_mem_free(columns);
    return status;
}

static qd_status fill_list(const prediction *p, const qd_wild_type *wild, answer *a, qd_error *error)
{
    const qd_sites_net net = qd_sites_net_of(p->sites);
    const size_t width = qd_sites_width(&net);
    double *z = qd_mem_new(2 * width, sizeof *z);
    uint8_t *residue = qd_mem_new(wild->length, 1);
    a->mutants = a->list.count;
    a->mutant = qd_mem_new(a->mutants, sizeof *a->mutant);
    qd_status status = z == NULL || residue == NULL || a->mutant == NULL
                           ? qd_fail_memory(error, a->mutants * sizeof *a->mutant, "mutants")
                           : qd_sites_embed(&net, wild->residue, wild->length, z, error);
    for (size_t i = 0; i < a->mutants && status == QD_OK; i++) {
        qd_sites_mutant *mutant = &a->mutant[i];
        mutant->count = a->list.start[i + 1] - a->list.start[i];
        mutant->change = a->list.change + a->list.start[i];
        score_changes(p, a, mutant);
        status = distance_of(p, wild, mutant, z, residue, z + width, &mutant->semantic_change, error);
        if (status == QD_OK && qd_progress_stopped()) {
            status = qd_fail(error, QD_ERR_STOPPED, "stopped after %zu of %zu mutants", i + 1, a->mutants);
        }
    }
    qd_mem_free(z);
    qd_mem_free(residue);
    return status == QD_OK ? rank_list(p, a, error) : status;
}

static qd_status listed_mutants(const prediction *p, const qd_wild_type *wild, answer *a, qd_error *error)
{
    const char *path = text_of(p, "mutants");
    const uint64_t limit = (uint64_t)qd_settings_integer(p->settings, "gzip-limit");
    qd_status status = qd_mutants_read(path, p->sites->alphabet, text_of(p, "gene"), limit, &a->list, error);
    if (status == QD_OK) {
        status = qd_mutants_check(&a->list, path, p->sites->alphabet, wild, error);
    }
    return status == QD_OK ? fill_list(p, wild, a, error) : status;
}

/* ---------------------------------------------------------------------------------------------- the answers */

/* Columns of --alignment in place of those of the sequences that were learned from. */
static qd_status use_alignment(const prediction *p, const qd_wild_type *wild, answer *a, qd_error *error)
{
    const char *path = text_of(p, "alignment");
    const qd_strains_options options = qd_sites_reading(p->settings, p->sites);
    qd_profile *read = NULL, *mapped = NULL;
    qd_notes notes = {0};
    double identity, known;
    if (*path == '\0') {
        return QD_OK;
    }
    qd_status status = qd_profile_read(path, &options, &read, &notes, error);
    qd_say_notes(&notes);
    if (status == QD_OK) {
        status = qd_profile_map(read, wild->residue, wild->length, &mapped, &identity, &known, error);
    }
    if (status == QD_OK) {
        qd_profile_entropy(mapped, a->scored.table->alignment_entropy);
        qd_smooth(wild->length, a->scored.table->alignment_entropy, 1, a->scored.table->smoothed_entropy);
    }
    qd_profile_free(read);
    qd_profile_free(mapped);
    return status;
}

static qd_status answer_one(prediction *p, size_t i, qd_error *error)
{
    const qd_wild_type *wild = &p->wild[i];
    answer *a = &p->answer[i];
    const bool list = *text_of(p, "mutants") != '\0', change = !list && !wanted(p, "sites");
    qd_status status =
        qd_sites_score_all(p->settings, p->sites, wild->name, wild->residue, wild->length, change, &a->scored, error);
    if (status == QD_OK) {
        status = use_alignment(p, wild, a, error);
    }
    if (status == QD_OK) {
        status = list ? listed_mutants(p, wild, a, error) : every_mutant(p, wild, a, error);
    }
    if (status == QD_OK) {
        p->result[i] = (qd_sites_result){.wild = wild,
                                         .mutants = a->mutants,
                                         .mutant = a->mutant,
                                         .entropy = a->scored.scan->entropy,
                                         .alignment_entropy = a->scored.table->alignment_entropy,
                                         .smoothed_entropy = a->scored.table->smoothed_entropy};
    }
    return status;
}

static qd_status answer_all(prediction *p, qd_error *error)
{
    p->answer = qd_mem_new(p->count, sizeof *p->answer);
    p->result = qd_mem_new(p->count, sizeof *p->result);
    if (p->answer == NULL || p->result == NULL) {
        return qd_fail_memory(error, p->count * sizeof *p->answer, "wild types");
    }
    qd_status status = QD_OK;
    for (size_t i = 0; i < p->count && status == QD_OK; i++) {
        status = answer_one(p, i, error);
    }
    return status;
}

static qd_status write_all(const prediction *p, qd_error *error)
{
    const char *output = text_of(p, "output"), *path = *output != '\0' ? output : "-";
    const qd_sites_write_options options = {.alphabet = p->sites->alphabet,
                                            .gene = text_of(p, "gene"),
                                            .numbers = p->numbers.count > 0 ? &p->numbers : NULL};
    qd_status status = wanted(p, "sites") ? qd_sites_write_sites(p->count, p->result, &options, path, error)
                                          : p->format->write(p->count, p->result, &options, path, error);
    if (status == QD_OK && *text_of(p, "structure") != '\0') {
        status = qd_sites_write_structure(p->count, p->result, &options, text_of(p, "structure"), error);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- command */

static qd_status read_inputs(prediction *p, const qd_safetensors *model, const char *path, qd_error *error)
{
    qd_notes notes = {0};
    qd_status status = qd_sites_from(model, &p->sites, error);
    if (status == QD_OK) {
        const qd_strains_options options = qd_sites_reading(p->settings, p->sites);
        status = qd_wild_types_read(path, p->sites->alphabet, &options, &p->count, &p->wild, &notes, error);
        qd_say_notes(&notes);
    }
    if (status == QD_OK && *text_of(p, "numbering") != '\0') {
        const qd_table_options table = qd_table_options_of(p->settings);
        status = qd_site_numbers_read(text_of(p, "numbering"), &table, &p->numbers, error);
    }
    return status;
}

static void clear(prediction *p)
{
    for (size_t i = 0; p->answer != NULL && i < p->count; i++) {
        answer *a = &p->answer[i];
        qd_sites_scored_clear(&a->scored);
        qd_mutants_clear(&a->list);
        qd_mem_free(a->change);
        qd_mem_free(a->mutant);
    }
    qd_mem_free(p->answer);
    qd_mem_free(p->result);
    qd_wild_types_free(p->count, p->wild);
    qd_site_numbers_clear(&p->numbers);
    qd_sites_free(p->sites);
}

int qd_predict_sites(const qd_arguments *arguments, const qd_safetensors *model)
{
    const char *format = qd_settings_text(arguments->settings, "format");
    prediction p = {.settings = arguments->settings, .format = qd_sites_format_find(format)};
    qd_error error;
    if (arguments->count != 2) {
        return qd_tell_usage("mutants are those of one file: quadrat predict MODEL WILDTYPE.fa");
    }
    if (p.format == NULL) {
        return qd_tell_usage("--format %s is for forecasts", format);
    }
    qd_progress_begin("position");
    qd_status status = read_inputs(&p, model, arguments->paths[1], &error);
    if (status == QD_OK) {
        status = answer_all(&p, &error);
    }
    if (status == QD_OK) {
        status = write_all(&p, &error);
    }
    clear(&p);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
