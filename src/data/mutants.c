/* One mutant, from text and to text. */
#include "data/mutants.h"
#include "base/text.h"

#include <string.h>

static const struct {
    char letter;
    char name[4];
} residues[] = {
    {'A', "Ala"}, {'C', "Cys"}, {'D', "Asp"}, {'E', "Glu"}, {'F', "Phe"}, {'G', "Gly"}, {'H', "His"},
    {'I', "Ile"}, {'K', "Lys"}, {'L', "Leu"}, {'M', "Met"}, {'N', "Asn"}, {'P', "Pro"}, {'Q', "Gln"},
    {'R', "Arg"}, {'S', "Ser"}, {'T', "Thr"}, {'V', "Val"}, {'W', "Trp"}, {'Y', "Tyr"}, {'*', "Ter"},
};
enum { RESIDUES = sizeof residues / sizeof residues[0] };

const char *qd_residue_name(char letter)
{
    for (size_t i = 0; i < RESIDUES; i++) {
        if (residues[i].letter == letter) {
            return residues[i].name;
        }
    }
    return "Xaa";
}

/* ------------------------------------------------------------------------------------------------- pieces */

/* A residue of the alphabet or a stop at *at, by one letter or, where `three`, by its name; 0 where there is none. */
static char read_residue(const qd_alphabet *alphabet, bool three, const char **at)
{
    if (three) {
        for (size_t i = 0; i < RESIDUES; i++) {
            if (strncmp(*at, residues[i].name, 3) == 0) {
                *at += 3;
                return residues[i].letter;
            }
        }
        return '\0';
    }
    const char letter = **at >= 'a' && **at <= 'z' ? (char)(**at - 'a' + 'A') : **at;
    const bool known =
        letter != '\0' && (strchr(alphabet->letters, letter) != NULL || (letter == '*' && alphabet == &qd_protein));
    *at += known;
    return known ? letter : '\0';
}

/* A whole number from 1 on; 0 where there is none. */
static size_t read_position(const char **at)
{
    size_t position = 0;
    while (**at >= '0' && **at <= '9' && position < 100000000) {
        position = 10 * position + (size_t)(*(*at)++ - '0');
    }
    return position;
}

/* N501Y, or Asn501Tyr, Asn501=. */
static const char *read_change(const qd_alphabet *alphabet, bool three, const char **at, qd_change *change)
{
    change->wt = read_residue(alphabet, three, at);
    if (change->wt == '\0') {
        return three && (**at == '*' || strncmp(*at, "Xaa", 3) == 0 || strncmp(*at, "Sec", 3) == 0)
                   ? "a residue has three letters of the twenty, and a stop is Ter"
                   : "expected a residue";
    }
    change->position = read_position(at);
    if (change->position == 0) {
        return "expected a position, a whole number from 1 on, behind the residue";
    }
    if (**at == '=') {
        (*at)++;
        change->mutant = change->wt;
        return NULL;
    }
    if (strncmp(*at, "del", 3) == 0 || strncmp(*at, "ins", 3) == 0 || strncmp(*at, "fs", 2) == 0 || **at == '-') {
        return "an insertion, deletion or frame shift, which has no score";
    }
    change->mutant = read_residue(alphabet, three, at);
    return change->mutant != '\0' ? NULL
           : three && **at == '*' ? "a residue has three letters of the twenty, and a stop is Ter"
                                  : "expected a residue behind the position";
}

/* 501A>T */
static const char *read_nucleotide_change(const char **at, qd_change *change)
{
    change->position = read_position(at);
    if (change->position == 0) {
        return "expected a position, a whole number from 1 on";
    }
    if (**at == '=') {
        return "no change, which has no score";
    }
    change->wt = read_residue(&qd_dna, false, at);
    if (change->wt == '\0') {
        return "expected a nucleotide behind the position (insertions and deletions have no score)";
    }
    if (**at != '>') {
        return "expected > behind the nucleotide";
    }
    (*at)++;
    change->mutant = read_residue(&qd_dna, false, at);
    return change->mutant != '\0' ? NULL : "expected a nucleotide behind >";
}

/* --------------------------------------------------------------------------------------------------- lists */

typedef enum form { FORM_LETTERS, FORM_PROTEIN_HGVS, FORM_NUCLEOTIDE_HGVS } form;

/* Puts a change into its place.  false: a position twice, or too many. */
static bool insert(qd_mutant *mutant, qd_change change)
{
    size_t at = mutant->count;
    while (at > 0 && mutant->change[at - 1].position > change.position) {
        at--;
    }
    if (mutant->count == QD_CHANGES || (at > 0 && mutant->change[at - 1].position == change.position)) {
        return false;
    }
    memmove(mutant->change + at + 1, mutant->change + at, (mutant->count - at) * sizeof change);
    mutant->change[at] = change;
    mutant->count++;
    return true;
}

/* Changes with separators between them, up to `end`. */
static const char *read_changes(const qd_alphabet *alphabet, form f, const char *separators, char end, const char **at,
                                qd_mutant *mutant)
{
    for (;;) {
        qd_change change;
        const char *why = f == FORM_NUCLEOTIDE_HGVS ? read_nucleotide_change(at, &change)
                                                    : read_change(alphabet, f == FORM_PROTEIN_HGVS, at, &change);
        if (why != NULL) {
            return why;
        }
        if (!insert(mutant, change)) {
            return "one position twice, or more than 64 changes";
        }
        if (**at == end) {
            return NULL;
        }
        if (**at == '\0' || strchr(separators, **at) == NULL) {
            return "text behind a change";
        }
        *at += strspn(*at, separators);
    }
}

/* What stands behind p., g., ...: one change, or several in brackets. */
static const char *read_hgvs(const qd_alphabet *alphabet, const char *at, qd_mutant *mutant)
{
    const form f = *at == 'p' ? FORM_PROTEIN_HGVS : FORM_NUCLEOTIDE_HGVS;
    if ((f == FORM_PROTEIN_HGVS) != (alphabet == &qd_protein)) {
        return f == FORM_PROTEIN_HGVS ? "a change of a protein, and the model is one of nucleotides"
                                      : "a change of nucleotides, and the model is one of proteins";
    }
    at += 2;
    if (*at == '(') {
        return "a change in parentheses is a predicted one; MAVE-HGVS writes it without";
    }
    if (*at != '[') {
        return read_changes(alphabet, f, "", '\0', &at, mutant);
    }
    at++;
    const char *why = read_changes(alphabet, f, ";", ']', &at, mutant);
    return why != NULL ? why : at[1] == '\0' ? NULL : "text behind the bracket";
}

/* The HGVS part of a text, behind a reference's name and a colon; NULL: it is none. */
static const char *find_hgvs(const char *text)
{
    const char *colon = strrchr(text, ':');
    const char *at = colon != NULL ? colon + 1 : text;
    return *at != '\0' && strchr("pgcnmo", *at) != NULL && at[1] == '.' ? at : NULL;
}

bool qd_mutant_parse(const qd_alphabet *alphabet, const char *text, qd_mutant *mutant, const char **why)
{
    *mutant = (qd_mutant){0};
    const char *at = text, *hgvs = find_hgvs(text);
    if (hgvs != NULL) {
        *why = read_hgvs(alphabet, hgvs, mutant);
        return *why == NULL;
    }
    const char *colon = strchr(text, ':');
    qd_change first;
    if (colon != NULL && read_change(alphabet, false, &at, &first) != NULL) { /* a gene, not a change */
        const size_t length = (size_t)(colon - text);
        if (length == 0 || length >= QD_GENE) {
            *why = "a gene has a name of 1 to 31 characters";
            return false;
        }
        memcpy(mutant->gene, text, length);
        text = colon + 1;
    }
    at = text;
    *why = read_changes(alphabet, FORM_LETTERS, ":,;+ ", '\0', &at, mutant);
    return *why == NULL;
}

void qd_hgvs_text(const qd_alphabet *alphabet, const qd_change *change, char text[QD_HGVS])
{
    const bool same = change->wt == change->mutant;
    if (alphabet == &qd_dna && same) {
        qd_text_format(text, QD_HGVS, "g.%zu=", change->position);
    } else if (alphabet == &qd_dna) {
        qd_text_format(text, QD_HGVS, "g.%zu%c>%c", change->position, change->wt, change->mutant);
    } else {
        qd_text_format(text, QD_HGVS, "p.%s%zu%s", qd_residue_name(change->wt), change->position,
                       same ? "=" : qd_residue_name(change->mutant));
    }
}
