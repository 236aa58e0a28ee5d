/* Records into codes: proteins, nucleotides, coding sequences translated. */
#include "base/mem.h"
#include "base/text.h"
#include "data/strains_parts.h"

#include <string.h>

enum { TELLING = 30 }; /* letters from which on it is no chance that a protein looks like nucleotides */

static bool is_gap(char letter)
{
    return qd_letter_code(&qd_dna, letter, false) == QD_LETTER_GAP;
}

static qd_status reserve(qd_encoder *e, size_t length, qd_error *error)
{
    if (length <= e->capacity) {
        return QD_OK;
    }
    const size_t capacity = 2 * length;
    uint8_t *code = qd_mem_resize(e->code, e->capacity, capacity, 1);
    e->code = code != NULL ? code : e->code;
    char *codon = e->keep_codons ? qd_mem_resize(e->codon, 3 * e->capacity, 3 * capacity, 1) : NULL;
    e->codon = codon != NULL ? codon : e->codon;
    if (code == NULL || (e->keep_codons && codon == NULL)) {
        return qd_fail_memory(error, capacity, "a sequence");
    }
    e->capacity = capacity;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ as it is */

static qd_status refuse_letter(const qd_encoder *e, const qd_fasta *fasta, const qd_fasta_record *record,
                               size_t position, qd_error *error)
{
    const char letter = record->letters[position];
    if (e->alphabet == &qd_dna) {
        return qd_fasta_fail(fasta, record, position + 1, error,
                             "'%c' is no nucleotide (a protein? --alphabet protein reads proteins)", letter);
    }
    return qd_fasta_fail(fasta, record, position + 1, error, "'%c' is no amino acid", letter);
}

static qd_status encode_plain(qd_encoder *e, const qd_fasta *fasta, const qd_fasta_record *record, qd_error *error)
{
    size_t end = record->length;
    while (end > 0 && qd_letter_code(e->alphabet, record->letters[end - 1], e->lanl) >= QD_LETTER_GAP &&
           qd_letter_code(e->alphabet, record->letters[end - 1], e->lanl) <= QD_LETTER_STOP) {
        const bool gap = is_gap(record->letters[--end]);
        e->odd.gaps += gap;
        e->odd.end_stops += !gap;
    }
    for (size_t i = 0; i < end; i++) {
        uint8_t code = qd_letter_code(e->alphabet, record->letters[i], e->lanl);
        if (code == QD_LETTER_NONE) {
            return refuse_letter(e, fasta, record, i, error);
        }
        if (code == QD_LETTER_GAP) {
            e->odd.gaps++;
            continue;
        }
        e->odd.inner_stops += code == QD_LETTER_STOP;
        e->odd.unknown += code == e->alphabet->count;
        e->code[e->length++] = code == QD_LETTER_STOP ? e->alphabet->count : code;
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ translated */

static char upper(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static void append_residue(qd_encoder *e, char residue, const char codon[3])
{
    const uint8_t code = qd_letter_code(&qd_protein, residue, false);
    e->odd.unknown += code == qd_protein.count;
    if (e->codon != NULL) {
        for (size_t i = 0; i < 3; i++) {
            const char base = upper(codon[i]);
            e->codon[3 * e->length + i] = (char)(base == 'U' ? 'T' : base);
        }
    }
    e->code[e->length++] = code;
}

/* A frame error ends the record: its codes are of no use. */
static void frame_error(qd_encoder *e, size_t position, const char *what, const char codon[3])
{
    e->frame_error = true;
    e->length = 0;
    qd_text_format(e->why, sizeof e->why, "position %zu: %s (%.3s)", position + 1, what, codon);
}

static qd_status encode_coding(qd_encoder *e, const qd_fasta *fasta, const qd_fasta_record *record, qd_error *error)
{
    size_t end = record->length;
    const char *letters = record->letters;
    for (size_t i = 0; i < end; i++) {
        if (qd_letter_code(&qd_dna, letters[i], false) == QD_LETTER_NONE) {
            return qd_fasta_fail(fasta, record, i + 1, error, "'%c' is no nucleotide, so it cannot be translated",
                                 letters[i]);
        }
    }
    if (end % 3 != 0) {
        e->frame_error = true;
        qd_text_format(e->why, sizeof e->why, "%zu letters are no multiple of three", end);
        return QD_OK;
    }
    while (end > 0 && qd_codon_residue(letters + end - 3) == '-') {
        end -= 3;
        e->odd.gaps += 3;
    }
    const bool stopped = end > 0 && qd_codon_residue(letters + end - 3) == '*';
    end -= stopped ? 3 : 0;
    e->odd.end_stops += stopped;
    for (size_t i = 0; i < end; i += 3) {
        const char *codon = letters + i;
        char residue = qd_codon_residue(codon);
        if (residue == '*' || residue == '\0') {
            frame_error(e, i, residue == '*' ? "a stop before the end" : "gaps break a codon", codon);
            return QD_OK;
        }
        if (residue == '-') {
            e->odd.gaps += 3;
            continue;
        }
        const bool initiates = e->genetic_code == 11 && e->length == 0 && stopped && qd_codon_initiates(codon);
        append_residue(e, initiates ? 'M' : residue, codon);
    }
    return QD_OK;
}

/* -------------------------------------------------------------------------------------------------- a record */

qd_status qd_encode(qd_encoder *e, const qd_fasta *fasta, const qd_fasta_record *record, qd_error *error)
{
    const bool nucleotides = qd_letters_nucleotides(record->letters, record->length);
    if (e->alphabet == NULL) {
        e->alphabet = nucleotides && !e->translate ? &qd_dna : &qd_protein;
    }
    qd_status status = reserve(e, record->length, error);
    if (status != QD_OK) {
        return status;
    }
    e->length = 0;
    e->frame_error = false;
    if (e->translate) {
        status = encode_coding(e, fasta, record, error);
    } else if (nucleotides && e->alphabet == &qd_protein && record->length >= TELLING) {
        return qd_fasta_fail(fasta, record, 0, error,
                             "nucleotides where proteins are expected (--translate reads coding sequences)");
    } else {
        status = encode_plain(e, fasta, record, error);
    }
    if (status == QD_OK && e->length == 0 && !e->frame_error) {
        return qd_fasta_fail(fasta, record, 0, error, "it has no residues");
    }
    return status;
}

void qd_encoder_clear(qd_encoder *e)
{
    qd_mem_free(e->code);
    qd_mem_free(e->codon);
    *e = (qd_encoder){0};
}
