/* quadrat train sites. */
#ifndef QD_CLI_TRAIN_SITES_H
#define QD_CLI_TRAIN_SITES_H

#include "cli.h"
#include "data/strains.h"

int qd_train_sites(const qd_arguments *arguments);

/* Tells what a reader has to say, and empties the notes. */
void qd_say_notes(qd_notes *notes);

#endif
