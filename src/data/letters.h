/* Letters: the alphabets of proteins and nucleic acids, what the other letters mean, and the genetic code. */
#ifndef QD_DATA_LETTERS_H
#define QD_DATA_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QD_LETTERS_MOST = 20 }; /* of an alphabet */

typedef struct qd_alphabet {
    const char *name;    /* "protein" or "dna": what --alphabet and a model call it */
    const char *letters; /* those of the codes 0, 1, ..., count - 1: ACDEFGHIKLMNPQRSTVWY or ACGT */
    uint8_t count;       /* also the code of an unknown residue, whose letter is `unknown` */
    char unknown;        /* X or N */
} qd_alphabet;

extern const qd_alphabet qd_protein, qd_dna;

/* By its name, or NULL. */
const qd_alphabet *qd_alphabet_find(const char *name);

/* What a letter of a file is, whatever its case. */
enum {
    QD_LETTER_GAP = 253,  /* - . or ~ */
    QD_LETTER_STOP = 254, /* *, of a protein */
    QD_LETTER_NONE = 255  /* no letter of this alphabet */
};

/* A code (0 .. count - 1), alphabet->count where the letter is ambiguous (X B Z J, U O; of nucleotides all IUPAC codes
   of several bases; ? of both), or one of the three above.  U is T in nucleotides.  lanl: as in the HIV alignments of
   Los Alamos, O is an N that carries a sugar, Z and $ a stop, # a codon that a frame shift broke: ambiguous. */
uint8_t qd_letter_code(const qd_alphabet *alphabet, char letter, bool lanl);

/* The letter of a code; of an unknown residue alphabet->unknown. */
static inline char qd_code_letter(const qd_alphabet *alphabet, uint8_t code)
{
    return code < alphabet->count ? alphabet->letters[code] : alphabet->unknown;
}

/* Could these be nucleotides?  Every letter is one of IUPAC's, and nine of ten are A, C, G, T, U or N.  Gaps count for
   nothing; no letter at all: false. */
bool qd_letters_nucleotides(const char *letters, size_t length);

/* The amino acid of three bases: a letter, '*', 'X' where the IUPAC codes leave several, '-' for three gaps, and 0
   where one of them is no base or gaps and bases are mixed.  Of the codes 1 and 11, which differ in nothing but
   initiators. */
char qd_codon_residue(const char codon[3]);

/* Does code 11 begin a protein with this codon (TTG CTG ATT ATC ATA ATG GTG)? */
bool qd_codon_initiates(const char codon[3]);

/* Could one changed base turn this codon into one of that residue (a letter)?  False where the codon is ambiguous. */
bool qd_codon_one_step(const char codon[3], char residue);

#endif
