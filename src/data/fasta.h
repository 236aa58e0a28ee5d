/* FASTA and FASTQ, a record at a time: wrapped lines, any case, LF or CRLF, plain, gzip or bgzip (through htslib). */
#ifndef QD_DATA_FASTA_H
#define QD_DATA_FASTA_H

#include "base/error.h"
#include <stdbool.h>

typedef struct qd_fasta qd_fasta;

/* A record, borrowed until the next one is read.  Blanks at the ends of the header and all blanks among the letters are
   gone, the case of letters is as it was. */
typedef struct qd_fasta_record {
    const char *header; /* the whole line without its > or @ */
    const char *letters;
    size_t length;
    uint64_t number, line; /* both from 1: of the record, and of its header in the file */
} qd_fasta_record;

/* Opens a file; "-" is standard input.  Memory does not grow with it: a record of more than `longest` letters is
   refused once that many were read.  QD_ERR_MISSING: this build is without htslib. */
QD_CHECKED qd_status qd_fasta_open(const char *path, size_t longest, qd_fasta **out, qd_error *error);

/* The same from bytes in memory, plain text, which must live as long; `name` stands in messages. */
QD_CHECKED qd_status qd_fasta_open_text(const char *name, const char *text, size_t size, size_t longest,
                                        qd_fasta **out, qd_error *error);

/* The next record; *more false: there is none, and *record is untouched.
   QD_ERR_FORMAT, with line and column: text before the first header, a header without a name, a record without letters
   (its number and name), a character that stands in no sequence, a record too long, FASTQ without its + line or with
   another number of qualities than letters, gzip data that are cut off or damaged, and a file without a record. */
QD_CHECKED qd_status qd_fasta_next(qd_fasta *fasta, qd_fasta_record *record, bool *more, qd_error *error);

const char *qd_fasta_path(const qd_fasta *fasta);
void qd_fasta_close(qd_fasta *fasta);

/* "FILE:LINE:COLUMN: record N 'NAME', position P: message", of what is wrong with a record's letter (from 1); position 0:
   of the whole record. */
qd_status qd_fasta_fail(const qd_fasta *fasta, const qd_fasta_record *record, size_t position, qd_error *error,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
