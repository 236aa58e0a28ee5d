/*
 * Mutation sites: a language model of a protein or gene, and what it says about mutants.
 *
 * The network reads a sequence from both ends with two stacks of LSTM kept apart; the states before and after a
 * residue, side by side, give the probabilities of the letters there, so that no prediction sees what it predicts (Hie,
 * Zhong, Berger, Bryson: Learning the language of viral evolution and escape, Science 371, 2021).
 */
#ifndef QD_TASKS_SITES_H
#define QD_TASKS_SITES_H

#include "base/settings.h"
#include "data/strains.h"
#include "store/safetensors.h"
#include "tasks/sites_columns.h"
#include "tasks/sites_scan.h"
#include "train/train.h"

/* What a model was trained on and how well it does. */
typedef struct qd_sites_origin {
    uint64_t sequences, residues; /* learned from */
    uint64_t held_out;            /* sequences that told when to stop; 0: none */
    bool by_time;                 /* how they were chosen: the latest, or whole clusters */
    int64_t last_day;             /* of all sequences, those held out too; QD_UNDATED: not known */
    double perplexity;            /* a residue of those held out; NaN: none was */
    double column_perplexity;     /* the same of the frequencies of the columns learned from */
} qd_sites_origin;

typedef struct qd_sites {
    qd_settings *settings; /* with nothing left open */
    const qd_alphabet *alphabet;
    qd_network *network;
    float *parameters;
    qd_history history;
    qd_sites_origin origin;
    qd_sites_columns columns;
} qd_sites;

/* The task's own default of a setting, as text; NULL: that of the table of settings. */
const char *qd_sites_default(const char *name);

/* A copy of the settings with nothing left open: the task's own defaults, and the whole list of layers, from the
   embedding of K letters and one unknown to `around`.  Other layers than `apart` would let a prediction see what it
   predicts: QD_ERR_VALUE.  sequences: to learn from, by which epochs are set where they were not given. */
QD_CHECKED qd_status qd_sites_settings(const qd_settings *settings, size_t letters, size_t sequences, qd_settings **out,
                                       qd_error *error);

/* QD_ERR_VALUE unless such settings go together. */
QD_CHECKED qd_status qd_sites_check(const qd_settings *settings, size_t letters, qd_error *error);

/* Trains as the settings (of qd_sites_settings) say.  valid: sequences to validate on, or NULL (the setting `valid` may
   then hold back a part).  On QD_ERR_NUMERIC *out is the model with the last good weights, or NULL. */
QD_CHECKED qd_status qd_sites_train(const qd_settings *settings, const qd_strains *train, const qd_strains *valid,
                                    qd_monitor monitor, void *context, qd_sites **out, qd_error *error);
void qd_sites_free(qd_sites *sites);

/* The model file (docs/model-file.md). */
QD_CHECKED qd_status qd_sites_save(const qd_sites *sites, const char *path, qd_error *error);
QD_CHECKED qd_status qd_sites_load(const char *path, qd_sites **out, qd_error *error);

/* The same from a file that has been read as one of quadrat's own; is it one? */
bool qd_sites_is(const qd_safetensors *file);
QD_CHECKED qd_status qd_sites_from(const qd_safetensors *file, qd_sites **out, qd_error *error);

static inline qd_sites_net qd_sites_net_of(const qd_sites *sites)
{
    return (qd_sites_net){sites->network, sites->parameters};
}

#endif
