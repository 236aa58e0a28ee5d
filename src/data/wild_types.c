/* The sequences that are to be mutated. */
#include "base/mem.h"
#include "data/strains_parts.h"

#include <string.h>

/* The first word of a header, a new string or NULL. */
static char *first_word(const char *header)
{
    const size_t length = strcspn(header, " \t");
    char *word = qd_mem_new(length + 1, 1);
    if (word != NULL) {
        memcpy(word, header, length);
    }
    return word;
}

static qd_status keep(const qd_encoder *e, const qd_fasta_record *record, qd_wild_type *wild, qd_error *error)
{
    *wild = (qd_wild_type){.name = first_word(record->header),
                           .length = e->length,
                           .residue = qd_mem_new(e->length, 1),
                           .codon = e->translate ? qd_mem_new(3 * e->length, 1) : NULL};
    if (wild->name == NULL || wild->residue == NULL || (e->translate && wild->codon == NULL)) {
        return qd_fail_memory(error, 4 * e->length, "a wild type");
    }
    memcpy(wild->residue, e->code, e->length);
    if (wild->codon != NULL) {
        memcpy(wild->codon, e->codon, 3 * e->length);
    }
    return QD_OK;
}

enum { NAMED = 20 }; /* coding sequences that are told by name */

/* One record; nucleotides for a protein model are coding sequences. */
static qd_status read_one(qd_encoder *e, const qd_fasta *fasta, const qd_fasta_record *record, qd_wild_type *wild,
                          size_t *coding, qd_notes *notes, qd_error *error)
{
    e->translate = e->alphabet == &qd_protein && qd_letters_nucleotides(record->letters, record->length);
    qd_status status = qd_encode(e, fasta, record, error);
    if (status == QD_OK && e->frame_error) {
        return qd_fasta_fail(fasta, record, 0, error, "a frame error, %s", e->why);
    }
    if (status == QD_OK) {
        status = keep(e, record, wild, error);
    }
    *coding += status == QD_OK && e->translate;
    if (status == QD_OK && e->translate && *coding <= NAMED) {
        status =
            qd_notes_add(notes, error, "%s: a coding sequence, translated with code %d", wild->name, e->genetic_code);
    }
    return status;
}

static qd_status read_all(qd_fasta *fasta, qd_encoder *e, size_t *count, qd_wild_type **out, qd_notes *notes,
                          qd_error *error)
{
    qd_fasta_record record;
    size_t coding = 0;
    for (bool more = true;;) {
        qd_status status = qd_fasta_next(fasta, &record, &more, error);
        if (status == QD_OK && !more && coding > NAMED) {
            return qd_notes_add(notes, error, "... and %zu more", coding - NAMED);
        }
        if (status != QD_OK || !more) {
            return status;
        }
        qd_wild_type *grown = qd_mem_resize(*out, *count, *count + 1, sizeof *grown);
        if (grown == NULL) {
            return qd_fail_memory(error, sizeof *grown, "wild types");
        }
        *out = grown;
        status = read_one(e, fasta, &record, &grown[(*count)++], &coding, notes, error);
        if (status != QD_OK) {
            return status;
        }
    }
}

/* What is not the sequence as it stood; gaps matter most, for positions count what is left. */
static qd_status note_odd(const qd_odd_letters *odd, const char *path, qd_notes *notes, qd_error *error)
{
    qd_status status = QD_OK;
    if (odd->unknown + odd->inner_stops > 0) {
        status = qd_notes_add(notes, error, "%.200s: ambiguous letters and stops within, taken for unknown: %zu", path,
                              odd->unknown + odd->inner_stops);
    }
    if (status == QD_OK && odd->gaps > 0) {
        status = qd_notes_add(notes, error, "%.200s: gaps, taken out: %zu; positions count residues alone", path,
                              odd->gaps);
    }
    return status;
}

qd_status qd_wild_types_read(const char *path, const qd_alphabet *alphabet, const qd_strains_options *options,
                             size_t *count, qd_wild_type **out, qd_notes *notes, qd_error *error)
{
    qd_encoder e = {
        .alphabet = alphabet, .lanl = options->lanl, .genetic_code = options->genetic_code, .keep_codons = true};
    qd_fasta *fasta = NULL;
    *count = 0;
    *out = NULL;
    qd_status status = qd_fasta_open(path, options->longest, &fasta, error);
    if (status == QD_OK) {
        status = read_all(fasta, &e, count, out, notes, error);
    }
    if (status == QD_OK) {
        status = note_odd(&e.odd, path, notes, error);
    }
    if (status != QD_OK) {
        qd_wild_types_free(*count, *out);
        *count = 0;
        *out = NULL;
    }
    qd_fasta_close(fasta);
    qd_encoder_clear(&e);
    return status;
}

void qd_wild_types_free(size_t count, qd_wild_type *wild_types)
{
    for (size_t i = 0; i < count; i++) {
        qd_mem_free(wild_types[i].name);
        qd_mem_free(wild_types[i].residue);
        qd_mem_free(wild_types[i].codon);
    }
    qd_mem_free(wild_types);
}
