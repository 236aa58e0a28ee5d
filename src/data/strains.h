/* Strains: the different sequences of a virus, each once, with the weight and the first day of its copies: what a
   language model learns from, and what columns are counted over. */
#ifndef QD_DATA_STRAINS_H
#define QD_DATA_STRAINS_H

#include "base/settings.h"
#include "data/letters.h"
#include "data/notes.h"

#define QD_UNDATED INT64_MIN

typedef struct qd_strains {
    const qd_alphabet *alphabet;
    size_t count;     /* N, different sequences, in the order in which they came */
    size_t *start;    /* [N + 1] */
    uint8_t *residue; /* [start[N]] codes; alphabet->count where it is unknown.  No gaps, no stop at the end */
    double *weight;   /* [N]: the sum over the copies of 1 each, or of the weights that the data give */
    int64_t *day;     /* [N]: days since 1970-01-01 of the earliest copy, or QD_UNDATED */
    size_t *name;     /* [N]: where the header of the first copy begins in names */
    char *names;
} qd_strains;

static inline size_t qd_strains_length(const qd_strains *strains, size_t n)
{
    return strains->start[n + 1] - strains->start[n];
}

static inline const uint8_t *qd_strains_residues(const qd_strains *strains, size_t n)
{
    return strains->residue + strains->start[n];
}

static inline const char *qd_strains_name(const qd_strains *strains, size_t n)
{
    return strains->names + strains->name[n];
}

/* How records become strains.  Texts are borrowed; "" or NULL: none. */
typedef struct qd_strains_options {
    const qd_alphabet *alphabet;           /* NULL: by the letters of the first record */
    bool translate;                        /* nucleotides are coding sequences */
    int genetic_code;                      /* 1 or 11 */
    bool lanl;                             /* see qd_letter_code */
    size_t longest;                        /* letters of a record */
    const char *metadata, *id;             /* a table, and its column of names */
    const char *date, *weight;             /* columns of it */
    const char *date_regex, *weight_regex; /* POSIX extended, on headers: the first group or else the whole match */
    int64_t after, until;                  /* only records with after < day <= until; QD_UNDATED: no limit */
    uint64_t table_limit;                  /* of the metadata, bytes unpacked */
} qd_strains_options;

/* From the settings alphabet, translate, genetic-code, lanl, longest, metadata, metadata-id, date, weight, header-date,
   header-weight, until.  QD_ERR_VALUE: what contradicts itself, and a date of --until that is none. */
QD_CHECKED qd_status qd_strains_options_of(const qd_settings *settings, qd_strains_options *options, qd_error *error);

/* Reads files one after the other, a record at a time: memory holds the different sequences (a byte a residue, and
   their names) and 32 bytes a record.  Notes say what was found: alphabet, copies, letters that were taken for unknown,
   gaps and stops that were taken off, records left out and why.

   Letters are those of qd_letter_code.  Gaps and a stop at the end are taken off; a stop within a protein is unknown.
   Translation: a record whose length is no multiple of three, with a stop before its end, or with gaps that break a
   codon has a frame error: it is left out, and told by its name.  Under code 11 the initiators other than ATG begin a
   sequence that ends with a stop as M.
   Dates: YYYY, YYYY-MM, YYYY-MM-DD, YYYY-Www, also with / for -, with XX, 00 or nothing for what is not known
   (2020-XX-XX, 2020-00-00, 2009//), with lanl two digits for 1959 to 2058; ? and XXXX-XX-XX are no date; a part of a year is its last day, so that nothing of the future is taken for the past.  The name by which
   the metadata are asked is the whole header, else its first word, else one of its parts between |.

   QD_ERR_FORMAT, with file, line, record and position: what qd_fasta_next refuses, a letter that the alphabet has not,
   nucleotides where proteins are expected, two records of one header (both are named), a date or weight that is none, a
   name twice in the metadata, and no sequence that is left. */
QD_CHECKED qd_status qd_strains_read(const char *const *paths, size_t count, const qd_strains_options *options,
                                     qd_strains **out, qd_notes *notes, qd_error *error);

/* The same from plain text in memory. */
QD_CHECKED qd_status qd_strains_parse(const char *name, const char *text, size_t size,
                                      const qd_strains_options *options, qd_strains **out, qd_notes *notes,
                                      qd_error *error);
void qd_strains_free(qd_strains *strains);

/* The last day that a date names (see above); false where it is none. */
bool qd_date_last_day(const char *text, int64_t *day);

/* A sequence as it stands in a file, to be mutated: its residues, and the codons where it was coding. */
typedef struct qd_wild_type {
    char *name;       /* the first word of the header */
    size_t length;    /* T */
    uint8_t *residue; /* [T] codes */
    char *codon;      /* [T][3], upper case, or NULL */
} qd_wild_type;

/* The records of a file for a model of `alphabet`.  Where that is protein and a record is nucleotides, it is translated
   (code options->genetic_code), and a frame error is an error.  Unknown residues stay unknown. */
QD_CHECKED qd_status qd_wild_types_read(const char *path, const qd_alphabet *alphabet,
                                        const qd_strains_options *options, size_t *count, qd_wild_type **out,
                                        qd_notes *notes, qd_error *error);
void qd_wild_types_free(size_t count, qd_wild_type *wild_types);

#endif
