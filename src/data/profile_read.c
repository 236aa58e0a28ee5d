/* Aligned FASTA and A2M into a profile.  The first sequence says which columns are its positions; every different row
   of those columns is counted once. */
#include "base/mem.h"
#include "data/profile.h"
#include "data/strains_parts.h"

#include <string.h>

typedef struct aligned {
    const qd_strains_options *options;
    qd_merger merger;
    size_t width;   /* letters of the first record, gaps too */
    size_t states;  /* A2M: of its columns that are no insertions, which every row has */
    size_t length;  /* T: positions of the reference */
    bool *position; /* [width]: is it one? */
    uint8_t *row;   /* [length] */
    uint64_t records;
} aligned;

static bool is_upper(char letter)
{
    return letter >= 'A' && letter <= 'Z';
}

static bool is_letter(char letter)
{
    return is_upper(letter) || (letter >= 'a' && letter <= 'z');
}

/* In A2M, what is no insertion: a capital or '-'. */
static bool is_state(char letter)
{
    return is_upper(letter) || letter == '-' || letter == '*';
}

static qd_status begin(aligned *a, const qd_fasta *fasta, const qd_fasta_record *first, qd_error *error)
{
    a->width = first->length;
    a->position = qd_mem_new(a->width, sizeof *a->position);
    a->row = qd_mem_new(a->width, 1);
    if (a->position == NULL || a->row == NULL) {
        return qd_fail_memory(error, 2 * a->width, "an alignment");
    }
    bool capitals = false;
    for (size_t i = 0; i < a->width; i++) {
        capitals = capitals || is_upper(first->letters[i]);
    }
    for (size_t i = 0; i < a->width; i++) {
        const char letter = first->letters[i];
        a->position[i] = capitals ? is_upper(letter) : is_letter(letter);
        a->states += is_state(letter);
        a->length += a->position[i];
    }
    if (a->options->alphabet != NULL) {
        a->merger.strains->alphabet = a->options->alphabet;
    } else {
        a->merger.strains->alphabet = qd_letters_nucleotides(first->letters, first->length) ? &qd_dna : &qd_protein;
    }
    return a->length > 0 ? QD_OK
                         : qd_fasta_fail(fasta, first, 0, error, "the first sequence of the alignment is all gaps");
}

/* One letter of a column that is a position. */
static qd_status take_letter(aligned *a, const qd_fasta *fasta, const qd_fasta_record *record, size_t at, size_t *used,
                             qd_error *error)
{
    const qd_alphabet *alphabet = a->merger.strains->alphabet;
    const uint8_t code = qd_letter_code(alphabet, record->letters[at], a->options->lanl);
    if (code == QD_LETTER_NONE) {
        return qd_fasta_fail(fasta, record, at + 1, error, "'%c' is no letter of %s", record->letters[at],
                             alphabet == &qd_dna ? "nucleotides" : "proteins");
    }
    a->row[(*used)++] = code < alphabet->count ? code : alphabet->count;
    return QD_OK;
}

/* A row as long as the first is read by its columns; another must be A2M, with as many columns that are no insertions.
 */
static qd_status add_row(aligned *a, const qd_fasta *fasta, const qd_fasta_record *record, const char *first_states,
                         qd_error *error)
{
    size_t used = 0, state = 0;
    qd_status status = QD_OK;
    if (record->length == a->width) {
        for (size_t i = 0; i < a->width && status == QD_OK; i++) {
            status = a->position[i] ? take_letter(a, fasta, record, i, &used, error) : QD_OK;
        }
    } else {
        for (size_t i = 0; i < record->length && status == QD_OK; i++) {
            if (is_state(record->letters[i])) {
                const bool position = state < a->states && first_states[state];
                status = position ? take_letter(a, fasta, record, i, &used, error) : QD_OK;
                state++;
            }
        }
        if (status == QD_OK && state != a->states) {
            return qd_fasta_fail(fasta, record, 0, error,
                                 "not aligned: %zu columns where the first sequence has %zu (and of A2M %zu where it "
                                 "has %zu)",
                                 record->length, a->width, state, a->states);
        }
    }
    a->records++;
    return status == QD_OK ? qd_merger_add(&a->merger, a->row, a->length, 1, QD_UNDATED, record->header, error)
                           : status;
}

/* Which of the first sequence's columns that are no insertions are positions: [states]. */
static char *states_of(const aligned *a, const char *letters)
{
    char *states = qd_mem_new(a->states, 1);
    for (size_t i = 0, s = 0; states != NULL && i < a->width; i++) {
        if (is_state(letters[i])) {
            states[s++] = a->position[i];
        }
    }
    return states;
}

static qd_status read_rows(aligned *a, qd_fasta *fasta, qd_error *error)
{
    qd_fasta_record record;
    bool more;
    char *states = NULL;
    qd_status status = qd_fasta_next(fasta, &record, &more, error);
    if (status == QD_OK) {
        status = begin(a, fasta, &record, error);
    }
    if (status == QD_OK) {
        states = states_of(a, record.letters);
        status = states == NULL ? qd_fail_memory(error, a->states, "an alignment") : QD_OK;
    }
    while (status == QD_OK && more) {
        status = add_row(a, fasta, &record, states, error);
        if (status == QD_OK) {
            status = qd_fasta_next(fasta, &record, &more, error);
        }
    }
    qd_mem_free(states);
    return status;
}

static qd_status count_rows(const aligned *a, const char *path, qd_profile **out, qd_notes *notes, qd_error *error)
{
    const qd_strains *rows = a->merger.strains;
    const qd_status status = qd_notes_add(
        notes, error, "%.200s: an alignment of %llu sequences, %zu different, over %zu positions of '%.80s'", path,
        (unsigned long long)a->records, rows->count, a->length, qd_strains_name(rows, 0));
    return status == QD_OK ? qd_profile_of(rows, qd_strains_residues(rows, 0), a->length, false, out, error) : status;
}

/* Reads and closes an open file. */
static qd_status read_alignment(qd_fasta *fasta, const qd_strains_options *options, qd_profile **out, qd_notes *notes,
                                qd_error *error)
{
    aligned a = {.options = options};
    a.merger.strains = qd_mem_new(1, sizeof *a.merger.strains);
    qd_status status = a.merger.strains != NULL ? read_rows(&a, fasta, error)
                                                : qd_fail_memory(error, sizeof *a.merger.strains, "an alignment");
    if (status == QD_OK) {
        status = count_rows(&a, qd_fasta_path(fasta), out, notes, error);
    }
    qd_fasta_close(fasta);
    qd_strains_free(a.merger.strains);
    qd_mem_free(a.merger.slot);
    qd_mem_free(a.position);
    qd_mem_free(a.row);
    return status;
}

qd_status qd_profile_read(const char *path, const qd_strains_options *options, qd_profile **out, qd_notes *notes,
                          qd_error *error)
{
    qd_fasta *fasta;
    const qd_status status = qd_fasta_open(path, options->longest, &fasta, error);
    return status == QD_OK ? read_alignment(fasta, options, out, notes, error) : status;
}

qd_status qd_profile_parse(const char *name, const char *text, size_t size, const qd_strains_options *options,
                           qd_profile **out, qd_notes *notes, qd_error *error)
{
    qd_fasta *fasta;
    const qd_status status = qd_fasta_open_text(name, text, size, options->longest, &fasta, error);
    return status == QD_OK ? read_alignment(fasta, options, out, notes, error) : status;
}
