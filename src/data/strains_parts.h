/* Private to the strains: letters into codes (strains_encode.c), days and weights of headers (strains_origin.c),
   merging (strains.c), put together by strains_read.c. */
#ifndef QD_DATA_STRAINS_PARTS_H
#define QD_DATA_STRAINS_PARTS_H

#include "data/fasta.h"
#include "data/names.h"
#include "data/strains.h"
#include "data/table_parts.h"
#include <regex.h>

/* ------------------------------------------------------------------------------------------------- letters */

/* Letters that were not residues, over all records. */
typedef struct qd_odd_letters {
    size_t unknown, gaps, end_stops, inner_stops;
} qd_odd_letters;

typedef struct qd_encoder {
    const qd_alphabet *alphabet; /* NULL until the first record */
    bool translate, lanl;
    int genetic_code;
    qd_odd_letters odd;
    uint8_t *code; /* [capacity]: the last record */
    size_t length, capacity;
    char *codon; /* [capacity][3]: of a translated one; only where keep_codons */
    bool keep_codons;
    bool frame_error; /* the last record has one: `why`, and there are no codes */
    char why[96];
} qd_encoder;

/* A record into codes.  What is no letter of the alphabet, or of the other kind altogether, is QD_ERR_FORMAT. */
QD_CHECKED qd_status qd_encode(qd_encoder *encoder, const qd_fasta *fasta, const qd_fasta_record *record,
                               qd_error *error);
void qd_encoder_clear(qd_encoder *encoder);

/* ------------------------------------------------------------------------------------------- days and weights */

typedef struct qd_origin {
    qd_table *table; /* the metadata, or NULL */
    qd_numbering id; /* number n is row n */
    size_t date, weight;
    regex_t date_regex, weight_regex;
    bool by_date_regex, by_weight_regex; /* compiled */
    bool lanl;                           /* years may have two digits */
    size_t unlisted, undated, unweighted;
} qd_origin;

QD_CHECKED qd_status qd_origin_open(const qd_strains_options *options, qd_origin *origin, qd_error *error);
void qd_origin_clear(qd_origin *origin);

/* The day (or QD_UNDATED) and the weight (1 where the data say none) of a record. */
QD_CHECKED qd_status qd_origin_find(qd_origin *origin, const qd_fasta *fasta, const qd_fasta_record *record,
                                    int64_t *day, double *weight, qd_error *error);

/* --------------------------------------------------------------------------------------------------- merging */

typedef struct qd_merger {
    qd_strains *strains;
    size_t capacity, room, names, names_room; /* of sequences, residues, characters of names (used, and room) */
    size_t slots;
    size_t *slot; /* [slots]: strain + 1, or 0 */
    size_t merged;
} qd_merger;

QD_CHECKED qd_status qd_merger_add(qd_merger *merger, const uint8_t *residue, size_t length, double weight, int64_t day,
                                   const char *name, qd_error *error);

#endif
