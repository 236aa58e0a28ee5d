/* quadrat train sites. */
#ifndef QD_CLI_TRAIN_SITES_H
#define QD_CLI_TRAIN_SITES_H

#include "cli.h"

int qd_train_sites(const qd_arguments *arguments);

#endif
