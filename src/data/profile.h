/* Profiles: how often each residue stands in each position of a reference sequence, over a set of strains, and what
   follows from that without a network: entropy and frequency of the columns.  ACCURACY's baselines are these. */
#ifndef QD_DATA_PROFILE_H
#define QD_DATA_PROFILE_H

#include "data/strains.h"

typedef struct qd_profile {
    const qd_alphabet *alphabet;
    size_t length;      /* T */
    uint8_t *reference; /* [T] codes */
    float *count;       /* [T][K + 1], K = alphabet->count: sequences with each residue there; K: gap or unknown */
} qd_profile;

/* Nothing counted yet. */
QD_CHECKED qd_status qd_profile_new(const qd_alphabet *alphabet, const uint8_t *reference, size_t length,
                                    qd_profile **out, qd_error *error);
void qd_profile_free(qd_profile *profile);

/* Counts a sequence.  One of the reference's length is taken as it stands where at least half of it is the same; any
   other is aligned (data/pairwise.h), and what it has between two positions of the reference is dropped. */
QD_CHECKED qd_status qd_profile_add(qd_profile *profile, const uint8_t *residue, size_t length, double weight,
                                    qd_error *error);

/* Of all strains, each counted once (weighted false) or by its weight. */
QD_CHECKED qd_status qd_profile_of(const qd_strains *strains, const uint8_t *reference, size_t length, bool weighted,
                                   qd_profile **out, qd_error *error);

/* The strain that is nearest to the middle: the one with the greatest weight of the most frequent length. */
size_t qd_strains_typical(const qd_strains *strains);

/* The same counts for another sequence, by its alignment with the reference: positions that the reference has not are
   all zeros.  *identity: share of its residues that are the reference's; *known: share that was seen at their place. */
QD_CHECKED qd_status qd_profile_map(const qd_profile *profile, const uint8_t *residue, size_t length, qd_profile **out,
                                    double *identity, double *known, qd_error *error);

/* From aligned FASTA or A2M: the columns are those where the first sequence has an upper-case letter (in a file without
   capitals: a letter), and the first sequence is the reference. */
QD_CHECKED qd_status qd_profile_read(const char *path, const qd_strains_options *options, qd_profile **out,
                                     qd_notes *notes, qd_error *error);

/* [T] natural logarithm; over the known residues alone, without pseudocounts; 0 where nothing is known. */
void qd_profile_entropy(const qd_profile *profile, double *entropy);

/* Share of a residue among the known ones of a position; 0 where nothing is known. */
double qd_profile_frequency(const qd_profile *profile, size_t position, uint8_t code);

/* A Gaussian along the sequence, its weights to 4 sigma and normalised within the sequence.  out may not be in. */
void qd_smooth(size_t length, const double *in, double sigma, double *out);

/* Kyte and Doolittle 1982: -4.5 (arginine) to 4.5 (isoleucine); 0 for an unknown residue. */
double qd_hydropathy(uint8_t protein_code);

#endif
