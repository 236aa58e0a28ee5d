/* Fuzzes sequences: any text as records, as strains of every kind, and each pair of neighbours as an alignment. */
#include "fuzz.h"
#include "data/fasta.h"
#include "data/pairwise.h"
#include "data/profile.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4096, ALIGNED = 200 };

/* Every record has a name, letters, a rising number, and lines that rise. */
static void read_records(const char *text, size_t size)
{
    qd_fasta *fasta;
    qd_fasta_record record;
    bool more = true;
    uint64_t number = 0, line = 0;
    if (qd_fasta_open_text("fuzz.fa", text, size, LONGEST, &fasta, NULL) != QD_OK) {
        abort();
    }
    while (qd_fasta_next(fasta, &record, &more, NULL) == QD_OK && more) {
        if (*record.header == '\0' || record.length == 0 || record.length > LONGEST ||
            strlen(record.letters) != record.length || record.number != ++number || record.line <= line) {
            abort();
        }
        line = record.line;
    }
    qd_fasta_close(fasta);
}

/* Residues are codes of the alphabet, and no two strains are the same. */
static void check_strains(const qd_strains *s)
{
    for (size_t n = 0; n < s->count; n++) {
        const size_t length = qd_strains_length(s, n);
        if (length == 0 || !(s->weight[n] > 0)) {
            abort();
        }
        for (size_t i = 0; i < length; i++) {
            if (qd_strains_residues(s, n)[i] > s->alphabet->count) {
                abort();
            }
        }
        if (n > 0 && length == qd_strains_length(s, n - 1) &&
            memcmp(qd_strains_residues(s, n), qd_strains_residues(s, n - 1), length) == 0) {
            abort();
        }
    }
}

/* Places rise and lie in the query. */
static void align(const qd_strains *s, size_t n)
{
    size_t place[ALIGNED];
    const size_t length = qd_strains_length(s, n), other = qd_strains_length(s, n + 1);
    if (length > ALIGNED || other > ALIGNED) {
        return;
    }
    if (qd_align(qd_strains_residues(s, n), length, qd_strains_residues(s, n + 1), other, s->alphabet->count, place,
                 NULL) != QD_OK) {
        abort();
    }
    size_t next = 0;
    for (size_t i = 0; i < length; i++) {
        if (place[i] != SIZE_MAX) {
            if (place[i] < next || place[i] >= other) {
                abort();
            }
            next = place[i] + 1;
        }
    }
}

static void read_strains(const char *text, size_t size, const qd_strains_options *options)
{
    qd_strains *s;
    qd_notes notes = {0};
    if (qd_strains_parse("fuzz.fa", text, size, options, &s, &notes, NULL) == QD_OK) {
        check_strains(s);
        for (size_t n = 0; n + 1 < s->count && n < 4; n++) {
            align(s, n);
        }
        qd_strains_free(s);
    }
    qd_notes_clear(&notes);
}

/* Whatever the file, each position has counted every different row once. */
static void read_alignment(const char *text, size_t size, const qd_strains_options *options)
{
    qd_profile *p;
    qd_notes notes = {0};
    if (qd_profile_parse("fuzz.fa", text, size, options, &p, &notes, NULL) == QD_OK) {
        const size_t letters = p->alphabet->count + 1u;
        double first = 0;
        for (size_t i = 0; i < p->length; i++) {
            double sum = 0;
            for (size_t k = 0; k < letters; k++) {
                sum += (double)p->count[i * letters + k];
            }
            first = i == 0 ? sum : first;
            if (sum < 1 || sum != first) {
                abort();
            }
        }
        qd_profile_free(p);
    }
    qd_notes_clear(&notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    qd_strains_options options = {
        .genetic_code = 1, .longest = LONGEST, .after = QD_UNDATED, .until = QD_UNDATED, .table_limit = 1 << 16};
    read_records(text, size);
    read_strains(text, size, &options);
    read_alignment(text, size, &options);
    options.date_regex = "[|]([0-9X/-]+)";
    options.weight_regex = "n=([^|]*)";
    options.until = 16000;
    read_strains(text, size, &options);
    options.until = QD_UNDATED;
    options.translate = true;
    options.genetic_code = 11;
    read_strains(text, size, &options);
    options.translate = false;
    options.lanl = true;
    options.alphabet = &qd_protein;
    read_strains(text, size, &options);
    return 0;
}
