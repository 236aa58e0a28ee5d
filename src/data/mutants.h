/* Mutants: the notations in which people name changes of residues, read and written.
     N501Y              one letter each, position from 1;  S:N501Y with the gene;  A1P:D2N several (also , ; + and
   blanks) p.Asn501Tyr        HGVS as MAVE-HGVS has it;  p.[Ala1Pro;Asp2Asn] several;  a stop is Ter;  REFERENCE:p.… too
     g.501A>T           HGVS of nucleotides (c. n. m. o. too) */
#ifndef QD_DATA_MUTANTS_H
#define QD_DATA_MUTANTS_H

#include "base/error.h"
#include "data/letters.h"
#include "data/strains.h"

typedef struct qd_change {
    size_t position; /* from 1 */
    char wt, mutant; /* letters of the alphabet, or * for a stop; the same letter where nothing changes (p.Cys22=) */
} qd_change;

enum { QD_GENE = 32, QD_CHANGES = 64 };

/* One mutant: its changes by rising position, none twice at one position. */
typedef struct qd_mutant {
    char gene[QD_GENE]; /* or "" */
    size_t count;
    qd_change change[QD_CHANGES];
} qd_mutant;

/* Reads one.  false: *why says what is wrong with it (static text). */
bool qd_mutant_parse(const qd_alphabet *alphabet, const char *text, qd_mutant *mutant, const char **why);

/* Three letters of an amino acid, or Ter for *; static. */
const char *qd_residue_name(char letter);

enum { QD_HGVS = 48 };

/* "p.Asn501Tyr" or "g.501A>T"; "p.Asn501=" or "g.501=" where nothing changes, of which the second names no letter and
   cannot be read back. */
void qd_hgvs_text(const qd_alphabet *alphabet, const qd_change *change, char text[QD_HGVS]);

/* A list of mutants, packed. */
typedef struct qd_mutants {
    size_t count;
    size_t *start; /* [count + 1]: the changes of mutant n are change[start[n]] .. */
    qd_change *change;
    char **text;    /* [count]: as the file has it */
    uint64_t *line; /* [count] */
} qd_mutants;

/* From a file: a mutant a line (blank lines and lines that begin with # are none), or a table with a column mutant
   (ProteinGym), hgvs_pro (MaveDB) or aaSubstitutions (Nextclade; a row without any is left out).  gene: of those that
   name a gene only this one's changes; "": all.  QD_ERR_FORMAT names the line and what stands there. */
QD_CHECKED qd_status qd_mutants_read(const char *path, const qd_alphabet *alphabet, const char *gene, uint64_t limit,
                                     qd_mutants *mutants, qd_error *error);
void qd_mutants_clear(qd_mutants *mutants);

/* Does every change begin with the wild type's residue?  QD_ERR_VALUE names line, position and both letters; also a
   position beyond the end, and a change to a stop, which no model scores. */
QD_CHECKED qd_status qd_mutants_check(const qd_mutants *mutants, const char *path, const qd_alphabet *alphabet,
                                      const qd_wild_type *wild, qd_error *error);

#endif
