/* Letters, codes and the genetic code.  In: letters as files have them; out: codes of an alphabet, residues. */
#include "data/letters.h"

#include <string.h>

const qd_alphabet qd_protein = {"protein", "ACDEFGHIKLMNPQRSTVWY", 20, 'X'};
const qd_alphabet qd_dna = {"dna", "ACGT", 4, 'N'};

const qd_alphabet *qd_alphabet_find(const char *name)
{
    return strcmp(name, qd_protein.name) == 0 ? &qd_protein : strcmp(name, qd_dna.name) == 0 ? &qd_dna : NULL;
}

static char upper(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

/* Is it one of these?  (The NUL that ends them is not.) */
static bool among(const char *letters, char letter)
{
    return letter != '\0' && strchr(letters, letter) != NULL;
}

uint8_t qd_letter_code(const qd_alphabet *alphabet, char letter, bool lanl)
{
    letter = upper(letter);
    if (letter == '-' || letter == '.' || letter == '~') {
        return QD_LETTER_GAP;
    }
    if (letter == '?' || (letter == '#' && lanl)) {
        return alphabet->count;
    }
    if (alphabet == &qd_dna) {
        letter = letter == 'U' ? 'T' : letter;
    } else if (letter == '*' || (lanl && (letter == 'Z' || letter == '$'))) {
        return QD_LETTER_STOP;
    } else if (lanl && letter == 'O') {
        letter = 'N';
    }
    const char *found = letter != '\0' ? strchr(alphabet->letters, letter) : NULL;
    if (found != NULL) {
        return (uint8_t)(found - alphabet->letters);
    }
    return among(alphabet == &qd_dna ? "RYSWKMBDHVNX" : "XBZJUO", letter) ? alphabet->count : QD_LETTER_NONE;
}

bool qd_letters_nucleotides(const char *letters, size_t length)
{
    size_t all = 0, plain = 0;
    for (size_t i = 0; i < length; i++) {
        const uint8_t code = qd_letter_code(&qd_dna, letters[i], false);
        if (code == QD_LETTER_NONE) {
            return false;
        }
        all += code != QD_LETTER_GAP;
        plain += code < qd_dna.count || upper(letters[i]) == 'N';
    }
    return all > 0 && 10 * plain >= 9 * all;
}

/* The bases that an IUPAC code stands for, as bits: T 1, C 2, A 4, G 8, in the order of the table below; 0: none. */
static unsigned bases(char letter)
{
    static const char codes[] = " TCYAWMHGKSBRDVN"; /* at their bits */
    letter = upper(letter);
    letter = letter == 'U' ? 'T' : letter == 'X' || letter == '?' ? 'N' : letter;
    const char *found = letter != '\0' ? strchr(codes, letter) : NULL;
    return found != NULL ? (unsigned)(found - codes) : 0;
}

/* The standard code, bases in the order T, C, A, G, the third fastest. */
static const char standard[] = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG";

char qd_codon_residue(const char codon[3])
{
    unsigned gaps = 0, set[3];
    for (int i = 0; i < 3; i++) {
        gaps += qd_letter_code(&qd_dna, codon[i], false) == QD_LETTER_GAP;
        set[i] = bases(codon[i]);
    }
    if (gaps > 0 || set[0] == 0 || set[1] == 0 || set[2] == 0) {
        return gaps == 3 ? '-' : '\0';
    }
    char residue = '\0';
    for (unsigned i = 0; i < 64; i++) {
        if ((set[0] >> (i >> 4) & set[1] >> (i >> 2 & 3) & set[2] >> (i & 3) & 1) == 0) {
            continue;
        }
        residue = residue == '\0' || residue == standard[i] ? standard[i] : 'X';
    }
    return residue;
}

/* Its place in the table, or 64 where it is ambiguous. */
static unsigned codon_index(const char codon[3])
{
    unsigned index = 0;
    for (int i = 0; i < 3; i++) {
        const unsigned set = bases(codon[i]);
        if (set != 1 && set != 2 && set != 4 && set != 8) {
            return 64;
        }
        index = index << 2 | (set == 1 ? 0 : set == 2 ? 1 : set == 4 ? 2 : 3);
    }
    return index;
}

bool qd_codon_initiates(const char codon[3])
{
    static const char initiators[] = "TTG CTG ATT ATC ATA ATG GTG";
    const char bare[] = {upper(codon[0]), upper(codon[1]), upper(codon[2]), '\0'};
    return codon_index(codon) < 64 && strstr(initiators, bare) != NULL;
}

bool qd_codon_one_step(const char codon[3], char residue)
{
    const unsigned index = codon_index(codon);
    for (unsigned place = 0; place < 6 && index < 64; place += 2) {
        for (unsigned base = 1; base < 4; base++) {
            if (standard[index ^ base << place] == residue) {
                return true;
            }
        }
    }
    return false;
}
