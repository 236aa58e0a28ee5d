/* VCF: a record a position, its alleles the mutants there, their scores in INFO. */
#include "base/mem.h"
#include "base/text.h"
#include "tasks/sites_write_parts.h"

#include <stdlib.h>
#include <string.h>

enum { ALLELES = 4 };

static const struct {
    const char *id, *help;
} fields[] = {{"LP", "Log probability of the nucleotide"},
              {"SC", "Semantic change: distance of the sequence's embedding from the wild type's"},
              {"RS", "Rank of the semantic change plus weighted rank of the probability"},
              {"SCORE", "The program's own score"}};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static double field_of(const qd_sites_mutant *m, size_t field)
{
    const double values[FIELDS] = {m->log_prob, m->semantic_change, m->rank_score, m->score};
    return values[field];
}

/* A contig's name is of printable characters, without brackets, quotes, commas and blanks, and begins with neither *
   nor = (VCF 4.3, 1.4.7). */
static bool contig_name(const char *name)
{
    for (const char *p = name; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || strchr("\\,\"`'()[]{}<>", *p) != NULL) {
            return false;
        }
    }
    return *name != '\0' && *name != '*' && *name != '=';
}

static qd_status put_header(qd_file *file, size_t count, const qd_sites_result *results, qd_error *error)
{
    qd_status status = qd_file_printf(file, error, "##fileformat=VCFv4.3\n##source=quadrat\n");
    for (size_t r = 0; r < count && status == QD_OK; r++) {
        const qd_wild_type *wild = results[r].wild;
        if (!contig_name(wild->name)) {
            return qd_fail(error, QD_ERR_VALUE, "format vcf: '%.80s' is no name that a contig can have", wild->name);
        }
        status = qd_file_printf(file, error, "##contig=<ID=%.2000s,length=%zu>\n", wild->name, wild->length);
    }
    for (size_t f = 0; f < FIELDS && status == QD_OK; f++) {
        status = qd_file_printf(file, error, "##INFO=<ID=%s,Number=A,Type=Float,Description=\"%s\">\n", fields[f].id,
                                fields[f].help);
    }
    return status == QD_OK ? qd_file_printf(file, error, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n") : status;
}

/* The alleles of one position: "LP=-1.2,.,-3" and so on; a score that is not known is a point. */
static qd_status put_record(qd_file *file, const char *name, const qd_sites_mutant *const *alleles, size_t count,
                            qd_error *error)
{
    char alt[2 * ALLELES] = "", info[FIELDS * (ALLELES * QD_NUMBER_TEXT + 8)] = "";
    size_t used = 0;
    for (size_t a = 0; a < count; a++) {
        alt[2 * a] = alleles[a]->change[0].mutant;
        alt[2 * a + 1] = a + 1 < count ? ',' : '\0';
    }
    for (size_t f = 0; f < FIELDS; f++) {
        used += (size_t)qd_text_format(info + used, sizeof info - used, "%s%s=", f > 0 ? ";" : "", fields[f].id);
        for (size_t a = 0; a < count; a++) {
            char number[QD_NUMBER_TEXT];
            qd_sites_number(field_of(alleles[a], f), number);
            used += (size_t)qd_text_format(info + used, sizeof info - used, "%s%s", a > 0 ? "," : "",
                                           strcmp(number, "NA") == 0 ? "." : number);
        }
    }
    return qd_file_printf(file, error, "%.2000s\t%zu\t.\t%c\t%s\t.\t.\t%s\n", name, alleles[0]->change[0].position,
                          alleles[0]->change[0].wt, alt, info);
}

static int by_position(const void *a, const void *b)
{
    const qd_sites_mutant *x = *(const qd_sites_mutant *const *)a, *y = *(const qd_sites_mutant *const *)b;
    const size_t at = x->change[0].position, other = y->change[0].position;
    return at != other ? (at < other ? -1 : 1) : x < y ? -1 : x > y;
}

/* Records have rising positions, whatever the order of a list. */
static qd_status put_records(qd_file *file, const qd_sites_result *r, qd_error *error)
{
    const qd_sites_mutant **order = qd_mem_new(r->mutants, sizeof *order);
    if (order == NULL) {
        return qd_fail_memory(error, r->mutants * sizeof *order, "records of VCF");
    }
    for (size_t m = 0; m < r->mutants; m++) {
        order[m] = &r->mutant[m];
    }
    qsort(order, r->mutants, sizeof *order, by_position);
    qd_status status = QD_OK;
    for (size_t m = 0, next; m < r->mutants && status == QD_OK; m = next) {
        size_t count = 0;
        const qd_sites_mutant *alleles[ALLELES];
        for (next = m; next < r->mutants && order[next]->change[0].position == order[m]->change[0].position; next++) {
            if (count < ALLELES && order[next]->change[0].mutant != order[next]->change[0].wt) {
                alleles[count++] = order[next];
            }
        }
        status = count > 0 ? put_record(file, r->wild->name, alleles, count, error) : QD_OK;
    }
    qd_mem_free(order);
    return status;
}

qd_status qd_sites_write_vcf(size_t count, const qd_sites_result *results, const qd_sites_write_options *options,
                             const char *path, qd_error *error)
{
    qd_file *file = NULL;
    if (options->alphabet != &qd_dna) {
        return qd_fail(error, QD_ERR_VALUE, "format vcf is of nucleotides, and the model is one of proteins");
    }
    qd_status status = qd_sites_only_single(count, results, "vcf", error);
    if (status == QD_OK) {
        status = qd_file_create(path, &file, error);
    }
    if (status == QD_OK) {
        status = put_header(file, count, results, error);
    }
    for (size_t r = 0; r < count && status == QD_OK; r++) {
        status = put_records(file, &results[r], error);
    }
    if (status == QD_OK) {
        return qd_file_commit(file, error);
    }
    qd_file_close(file);
    return status;
}
