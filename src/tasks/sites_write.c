/* Mutants and sites as CSV, sites as an attribute file; and what the other forms share. */
#include "tasks/sites_write.h"
#include "base/text.h"
#include "tasks/sites_write_parts.h"

#include <math.h>
#include <string.h>

const qd_sites_format qd_sites_formats[] = {
    {"csv", qd_sites_write_csv},
    {"nextclade", qd_sites_write_nextclade},
    {"phenotype", qd_sites_write_phenotype},
    {"mave-hgvs", qd_sites_write_mave},
    {"proteingym", qd_sites_write_proteingym},
    {"vcf", qd_sites_write_vcf},
};
const size_t qd_sites_formats_count = sizeof qd_sites_formats / sizeof qd_sites_formats[0];

const qd_sites_format *qd_sites_format_find(const char *name)
{
    for (size_t i = 0; i < qd_sites_formats_count; i++) {
        if (strcmp(qd_sites_formats[i].name, name) == 0) {
            return &qd_sites_formats[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------- shared */

void qd_sites_number(double number, char text[QD_NUMBER_TEXT])
{
    qd_text_format(text, QD_NUMBER_TEXT, isnan(number) ? "NA" : "%.9g", number);
}

static void put_number(qd_csv *csv, double number)
{
    char text[QD_NUMBER_TEXT];
    qd_sites_number(number, text);
    qd_csv_text(csv, text);
}

void qd_sites_put_scores(qd_csv *csv, const qd_sites_mutant *m)
{
    put_number(csv, m->log_prob);
    put_number(csv, m->semantic_change);
    put_number(csv, m->rank_score);
    put_number(csv, m->score);
}

void qd_sites_mutant_text(const qd_sites_mutant *m, const char *gene, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t c = 0; c < m->count && used < size; c++) {
        const qd_change *change = &m->change[c];
        const char *between = c == 0 ? "" : *gene != '\0' ? "," : ":";
        const int length = qd_text_format(text + used, size - used, "%s%s%s%c%zu%c", between, gene,
                                          *gene != '\0' ? ":" : "", change->wt, change->position, change->mutant);
        used += length > 0 ? (size_t)length : 0;
    }
}

qd_status qd_sites_only_one(size_t count, const char *format, qd_error *error)
{
    return count == 1 ? QD_OK
                      : qd_fail(error, QD_ERR_VALUE, "format %s is of one wild type, and here are %zu", format, count);
}

qd_status qd_sites_only_single(size_t count, const qd_sites_result *results, const char *format, qd_error *error)
{
    for (size_t r = 0; r < count; r++) {
        for (size_t m = 0; m < results[r].mutants; m++) {
            if (results[r].mutant[m].count != 1) {
                return qd_fail(error, QD_ERR_VALUE, "format %s takes one change a mutant; number %zu has %zu", format,
                               m + 1, results[r].mutant[m].count);
            }
        }
    }
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------------- csv */

static qd_status begin(const char *const *columns, size_t count, const char *path, qd_csv *csv, qd_error *error)
{
    const qd_status status = qd_csv_create(path, csv, error);
    for (size_t i = 0; i < count && status == QD_OK; i++) {
        qd_csv_text(csv, columns[i]);
    }
    if (status == QD_OK) {
        qd_csv_end(csv);
    }
    return status;
}

/* What this field calls a position. */
static void number_text(const qd_sites_write_options *options, size_t position, char *text, size_t size)
{
    if (options->numbers != NULL) {
        qd_text_format(text, size, "%s", qd_site_number(options->numbers, position));
    } else {
        qd_text_format(text, size, "%zu", position);
    }
}

enum { LIST = 2048, NUMBER = 64 };

void qd_sites_numbered_text(const qd_sites_mutant *m, const qd_sites_write_options *options, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t c = 0; c < m->count && used < size; c++) {
        char one[NUMBER];
        number_text(options, m->change[c].position, one, sizeof one);
        const int length = qd_text_format(text + used, size - used, "%s%s", c > 0 ? ":" : "", one);
        used += length > 0 ? (size_t)length : 0;
    }
}

void qd_sites_put_place_names(qd_csv *csv, const qd_sites_write_options *options)
{
    if (options->numbers != NULL) {
        qd_csv_text(csv, "gene");
        qd_csv_text(csv, "position_numbered");
    }
}

void qd_sites_put_place(qd_csv *csv, const qd_sites_mutant *m, const qd_sites_write_options *options)
{
    char text[LIST];
    if (options->numbers != NULL) {
        qd_sites_numbered_text(m, options, text, sizeof text);
        qd_csv_text(csv, options->gene);
        qd_csv_text(csv, text);
    }
}

enum { POSITION, WT, MUTANT };

/* One field of all changes of a mutant, with : between. */
static void put_changes(qd_csv *csv, const qd_sites_mutant *m, int field)
{
    char text[LIST] = "", one[NUMBER];
    size_t used = 0;
    for (size_t c = 0; c < m->count && used < sizeof text; c++) {
        const qd_change *change = &m->change[c];
        if (field == POSITION) {
            qd_text_format(one, sizeof one, "%zu", change->position);
        } else {
            qd_text_format(one, sizeof one, "%c", field == WT ? change->wt : change->mutant);
        }
        const int length = qd_text_format(text + used, sizeof text - used, "%s%s", c > 0 ? ":" : "", one);
        used += length > 0 ? (size_t)length : 0;
    }
    qd_csv_text(csv, text);
}

static double largest_entropy(const qd_sites_result *r, const qd_sites_mutant *m)
{
    double largest = NAN;
    for (size_t c = 0; r->alignment_entropy != NULL && c < m->count; c++) {
        largest = fmax(largest, r->alignment_entropy[m->change[c].position - 1]);
    }
    return largest;
}

/* Is each change one nucleotide away?  "" where the codons are not known. */
static const char *one_nucleotide(const qd_sites_result *r, const qd_sites_mutant *m)
{
    if (r->wild->codon == NULL) {
        return "";
    }
    bool all = true;
    for (size_t c = 0; c < m->count; c++) {
        all = all && qd_codon_one_step(r->wild->codon + 3 * (m->change[c].position - 1), m->change[c].mutant);
    }
    return all ? "true" : "false";
}

qd_status qd_sites_write_csv(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                             const char *path, qd_error *error)
{
    static const char *const columns[] = {"sequence",   "gene",   "position",          "position_numbered",
                                          "wt",         "mutant", "log_prob",          "semantic_change",
                                          "rank_score", "score",  "alignment_entropy", "one_nucleotide"};
    qd_csv csv;
    char numbered[LIST];
    const qd_status status = begin(columns, sizeof columns / sizeof columns[0], path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t r = 0; r < count; r++) {
        for (size_t i = 0; i < results[r].mutants; i++) {
            const qd_sites_mutant *m = &results[r].mutant[i];
            qd_csv_text(&csv, results[r].wild->name);
            qd_csv_text(&csv, options->gene);
            put_changes(&csv, m, POSITION);
            qd_sites_numbered_text(m, options, numbered, sizeof numbered);
            qd_csv_text(&csv, numbered);
            put_changes(&csv, m, WT);
            put_changes(&csv, m, MUTANT);
            qd_sites_put_scores(&csv, m);
            put_number(&csv, largest_entropy(&results[r], m));
            qd_csv_text(&csv, one_nucleotide(&results[r], m));
            qd_csv_end(&csv);
        }
    }
    return qd_csv_close(&csv, QD_OK);
}

/* -------------------------------------------------------------------------------------------------- sites */

/* The mutant of one change with the best score at a position that is not before mutant *at; NULL: there is none. */
static const qd_sites_mutant *best_at(const qd_sites_result *r, size_t position, size_t *at)
{
    const qd_sites_mutant *best = NULL;
    for (; *at < r->mutants && r->mutant[*at].change[0].position <= position; (*at)++) {
        const qd_sites_mutant *m = &r->mutant[*at];
        const bool here = m->count == 1 && m->change[0].position == position && !isnan(m->score);
        best = here && (best == NULL || m->score > best->score) ? m : best;
    }
    return best;
}

qd_status qd_sites_write_sites(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                               const char *path, qd_error *error)
{
    static const char *const columns[] = {"sequence",   "gene",     "position",          "position_numbered",
                                          "wt",         "entropy",  "alignment_entropy", "smoothed_entropy",
                                          "max_mutant", "max_score"};
    qd_csv csv;
    char text[64];
    const qd_status status = begin(columns, sizeof columns / sizeof columns[0], path, &csv, error);
    if (status != QD_OK) {
        return status;
    }
    for (size_t r = 0; r < count; r++) {
        size_t at = 0;
        for (size_t i = 0; i < results[r].wild->length; i++) {
            const qd_sites_mutant *best = best_at(&results[r], i + 1, &at);
            qd_csv_text(&csv, results[r].wild->name);
            qd_csv_text(&csv, options->gene);
            qd_csv_whole(&csv, (int64_t)i + 1);
            number_text(options, i + 1, text, sizeof text);
            qd_csv_text(&csv, text);
            const char wt[] = {qd_code_letter(options->alphabet, results[r].wild->residue[i]), '\0'};
            qd_csv_text(&csv, wt);
            put_number(&csv, results[r].entropy != NULL ? results[r].entropy[i] : NAN);
            put_number(&csv, results[r].alignment_entropy != NULL ? results[r].alignment_entropy[i] : NAN);
            put_number(&csv, results[r].smoothed_entropy != NULL ? results[r].smoothed_entropy[i] : NAN);
            const char mutant[] = {best != NULL ? best->change[0].mutant : '\0', '\0'};
            qd_csv_text(&csv, mutant);
            put_number(&csv, best != NULL ? best->score : NAN);
            qd_csv_end(&csv);
        }
    }
    return qd_csv_close(&csv, QD_OK);
}

/* ---------------------------------------------------------------------------------------------- structure */

static bool is_whole(const char *text)
{
    int64_t value;
    return qd_text_to_integer(text, strlen(text), &value);
}

/* The lines of the residues; *written: how many there are. */
static qd_status put_residues(const qd_sites_result *r, const qd_sites_write_options *options, qd_file *file,
                              size_t *written, qd_error *error)
{
    qd_status status = QD_OK;
    size_t at = 0;
    char number[64], score[QD_NUMBER_TEXT];
    for (size_t i = 0; i < r->wild->length && status == QD_OK; i++) {
        const qd_sites_mutant *best = best_at(r, i + 1, &at);
        number_text(options, i + 1, number, sizeof number);
        if (best != NULL && is_whole(number)) {
            qd_sites_number(best->score, score);
            status = qd_file_printf(file, error, "\t:%s\t%s\n", number, score);
            (*written)++;
        }
    }
    return status;
}

qd_status qd_sites_write_structure(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                                   const char *path, qd_error *error)
{
    qd_file *file = NULL;
    size_t written = 0;
    qd_status status = qd_sites_only_one(count, "structure", error);
    if (status == QD_OK) {
        status = qd_file_create(path, &file, error);
    }
    if (status == QD_OK) {
        status = qd_file_printf(file, error, "attribute: quadratScore\nmatch mode: 1-to-1\nrecipient: residues\n");
    }
    if (status == QD_OK) {
        status = put_residues(results, options, file, &written, error);
    }
    if (status == QD_OK && written == 0) {
        status = qd_fail(error, QD_ERR_VALUE, "structure: no residue has a whole number and a score");
    }
    if (status == QD_OK) {
        return qd_file_commit(file, error);
    }
    qd_file_close(file);
    return status;
}
