/* The forms of Nextclade, MaveDB and ProteinGym. */
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "tasks/sites_write_parts.h"

#include <math.h>
#include <string.h>

enum { MUTANT_TEXT = 4096 };

/* ---------------------------------------------------------------------------------------------- Nextclade */

static qd_status put_line(qd_file *file, const qd_sites_result *r, const qd_sites_mutant *m, const char *gene,
                          const qd_sites_write_options *options, qd_error *error)
{
    char text[MUTANT_TEXT], number[4][QD_NUMBER_TEXT];
    qd_sites_mutant_text(m, gene, text, sizeof text);
    for (char *p = text; *gene == '\0' && *p != '\0'; p++) {
        *p = *p == ':' ? ',' : *p; /* Nextclade separates substitutions by commas */
    }
    qd_sites_number(m->log_prob, number[0]);
    qd_sites_number(m->semantic_change, number[1]);
    qd_sites_number(m->rank_score, number[2]);
    qd_sites_number(m->score, number[3]);
    qd_status status = qd_file_write(file, r->wild->name, strlen(r->wild->name), error);
    if (status == QD_OK) {
        status = qd_file_write(file, "\t", 1, error);
    }
    if (status == QD_OK) {
        status = qd_file_write(file, text, strlen(text), error);
    }
    if (status == QD_OK) {
        status = qd_file_printf(file, error, "\t%s\t%s\t%s\t%s", number[0], number[1], number[2], number[3]);
    }
    if (status == QD_OK && options->numbers != NULL) {
        qd_sites_numbered_text(m, options, text, sizeof text);
        status = qd_file_printf(file, error, "\t%s\t%s", options->gene, text);
    }
    return status == QD_OK ? qd_file_write(file, "\n", 1, error) : status;
}

qd_status qd_sites_write_nextclade(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                                   const char *path, qd_error *error)
{
    qd_file *file = NULL;
    const bool protein = options->alphabet == &qd_protein;
    if (protein && *options->gene == '\0') {
        return qd_fail(error, QD_ERR_USE, "format nextclade names the gene (S:N501Y): give --gene");
    }
    qd_status status = qd_file_create(path, &file, error);
    if (status == QD_OK) {
        status = qd_file_printf(file, error, "seqName\t%s\tlog_prob\tsemantic_change\trank_score\tscore%s\n",
                                protein ? "aaSubstitutions" : "substitutions",
                                options->numbers != NULL ? "\tgene\tposition_numbered" : "");
    }
    for (size_t r = 0; r < count && status == QD_OK; r++) {
        for (size_t m = 0; m < results[r].mutants && status == QD_OK; m++) {
            status = put_line(file, &results[r], &results[r].mutant[m], protein ? options->gene : "", options, error);
        }
    }
    if (status == QD_OK) {
        return qd_file_commit(file, error);
    }
    qd_file_close(file);
    return status;
}

/* The scores of the mutants at each position, as "locations". */
static void put_locations(qd_json_text *json, const qd_sites_result *r)
{
    char key[24];
    size_t open = 0; /* the position whose object is open; 0: none */
    qd_json_key(json, "locations");
    qd_json_open(json, '{');
    for (size_t i = 0; i < r->mutants; i++) {
        const qd_sites_mutant *m = &r->mutant[i];
        if (isnan(m->score)) {
            continue;
        }
        if (m->change[0].position != open) {
            if (open != 0) {
                qd_json_close(json, '}');
            }
            open = m->change[0].position;
            qd_text_format(key, sizeof key, "%zu", open - 1);
            qd_json_key(json, key);
            qd_json_open(json, '{');
        }
        const char residue[] = {m->change[0].mutant, '\0'};
        qd_json_key(json, residue);
        qd_json_put_number(json, m->score);
    }
    if (open != 0) {
        qd_json_close(json, '}');
    }
    qd_json_close(json, '}');
}

static void put_phenotype(qd_json_text *json, const qd_sites_result *r, const char *gene)
{
    static const char *const texts[][2] = {
        {"name", "quadrat"},
        {"nameFriendly", "quadrat score"},
        {"description", "How likely a language model of the virus holds this change to be seen next (quadrat)"}};
    qd_json_open(json, '{');
    qd_json_key(json, "phenotypeData");
    qd_json_open(json, '[');
    qd_json_open(json, '{');
    for (size_t i = 0; i < 3; i++) {
        qd_json_key(json, texts[i][0]);
        qd_json_put_string(json, texts[i][1]);
    }
    qd_json_key(json, "cds");
    qd_json_put_string(json, gene);
    qd_json_key(json, "aaRange");
    qd_json_open(json, '{');
    qd_json_key(json, "begin");
    qd_json_put_whole(json, 0);
    qd_json_key(json, "end");
    qd_json_put_whole(json, r->wild->length);
    qd_json_close(json, '}');
    qd_json_key(json, "data");
    qd_json_open(json, '[');
    qd_json_open(json, '{');
    qd_json_key(json, "name");
    qd_json_put_string(json, "score");
    qd_json_key(json, "weight");
    qd_json_put_whole(json, 1);
    put_locations(json, r);
    qd_json_close(json, '}');
    qd_json_close(json, ']');
    qd_json_close(json, '}');
    qd_json_close(json, ']');
    qd_json_close(json, '}');
}

qd_status qd_sites_write_phenotype(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                                   const char *path, qd_error *error)
{
    qd_json_text json = {0};
    qd_file *file = NULL;
    qd_status status = qd_sites_only_one(count, "phenotype", error);
    if (status == QD_OK) {
        status = qd_sites_only_single(count, results, "phenotype", error);
    }
    if (status == QD_OK && (options->alphabet != &qd_protein || *options->gene == '\0')) {
        status = qd_fail(error, QD_ERR_USE, "format phenotype is of a protein, and --gene names its CDS");
    }
    if (status != QD_OK) {
        return status;
    }
    put_phenotype(&json, results, options->gene);
    status = qd_json_finish(&json, "phenotypeData", error);
    if (status == QD_OK) {
        status = qd_file_create(path, &file, error);
    }
    if (status == QD_OK) {
        status = qd_file_write(file, json.data, json.size, error);
    }
    if (status == QD_OK) {
        status = qd_file_write(file, "\n", 1, error);
    }
    qd_json_text_clear(&json);
    if (status == QD_OK) {
        return qd_file_commit(file, error);
    }
    qd_file_close(file);
    return status;
}

/* ----------------------------------------------------------------------------------- MaveDB and ProteinGym */

/* "p.Asn501Tyr" or "p.[Ala1Pro;Asp2Asn]". */
static void hgvs_text(const qd_sites_mutant *m, const qd_alphabet *alphabet, char *text, size_t size)
{
    char one[QD_HGVS];
    size_t used = 0;
    for (size_t c = 0; c < m->count && used < size; c++) {
        qd_hgvs_text(alphabet, &m->change[c], one);
        int length;
        if (m->count == 1) {
            length = qd_text_format(text, size, "%s", one);
        } else {
            length = qd_text_format(text + used, size - used, "%.2s%s%s%s", c == 0 ? one : "", c == 0 ? "[" : ";",
                                    one + 2, c + 1 == m->count ? "]" : "");
        }
        used += length > 0 ? (size_t)length : 0;
    }
}

/* MAVE-HGVS has no name for an unknown residue. */
static bool nameable(const qd_sites_mutant *m, const qd_alphabet *alphabet)
{
    for (size_t c = 0; c < m->count; c++) {
        if (m->change[c].wt == alphabet->unknown) {
            return false;
        }
    }
    return true;
}

qd_status qd_sites_write_mave(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                              const char *path, qd_error *error)
{
    static const char *const columns[] = {"hgvs_nt",  "hgvs_splice",     "hgvs_pro",  "score",
                                          "log_prob", "semantic_change", "rank_score"};
    qd_csv csv;
    qd_status status = qd_sites_only_one(count, "mave-hgvs", error);
    if (status == QD_OK) {
        status = qd_csv_create(path, &csv, error);
    }
    if (status != QD_OK) {
        return status;
    }
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        qd_csv_text(&csv, columns[i]);
    }
    qd_sites_put_place_names(&csv, options);
    qd_csv_end(&csv);
    const bool protein = options->alphabet == &qd_protein;
    for (size_t i = 0; i < results->mutants; i++) {
        const qd_sites_mutant *m = &results->mutant[i];
        const double numbers[] = {m->score, m->log_prob, m->semantic_change, m->rank_score};
        char text[MUTANT_TEXT] = "", number[QD_NUMBER_TEXT];
        if (!nameable(m, options->alphabet)) {
            continue;
        }
        hgvs_text(m, options->alphabet, text, sizeof text);
        qd_csv_text(&csv, protein ? "NA" : text);
        qd_csv_text(&csv, "NA");
        qd_csv_text(&csv, protein ? text : "NA");
        for (size_t k = 0; k < 4; k++) {
            qd_sites_number(numbers[k], number);
            qd_csv_text(&csv, number);
        }
        qd_sites_put_place(&csv, m, options);
        qd_csv_end(&csv);
    }
    return qd_csv_close(&csv, QD_OK);
}

qd_status qd_sites_write_proteingym(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                                    const char *path, qd_error *error)
{
    static const char *const columns[] = {"mutant",          "mutated_sequence", "log_prob",
                                          "semantic_change", "rank_score",       "score"};
    qd_csv csv;
    qd_status status = qd_sites_only_one(count, "proteingym", error);
    char *sequence = status == QD_OK ? qd_mem_new(results->wild->length + 1, 1) : NULL;
    if (status == QD_OK) {
        status = sequence != NULL ? qd_csv_create(path, &csv, error)
                                  : qd_fail_memory(error, results->wild->length, "a mutated sequence");
    }
    if (status != QD_OK) {
        qd_mem_free(sequence);
        return status;
    }
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        qd_csv_text(&csv, columns[i]);
    }
    qd_sites_put_place_names(&csv, options);
    qd_csv_end(&csv);
    for (size_t i = 0; i < results->mutants; i++) {
        const qd_sites_mutant *m = &results->mutant[i];
        char text[MUTANT_TEXT];
        for (size_t at = 0; at < results->wild->length; at++) {
            sequence[at] = qd_code_letter(options->alphabet, results->wild->residue[at]);
        }
        for (size_t c = 0; c < m->count; c++) {
            sequence[m->change[c].position - 1] = m->change[c].mutant;
        }
        qd_sites_mutant_text(m, "", text, sizeof text);
        qd_csv_text(&csv, text);
        qd_csv_text(&csv, sequence);
        qd_sites_put_scores(&csv, m);
        qd_sites_put_place(&csv, m, options);
        qd_csv_end(&csv);
    }
    qd_mem_free(sequence);
    return qd_csv_close(&csv, QD_OK);
}
