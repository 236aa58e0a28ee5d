/* The model and the checkpoint as objects and as files (docs/model-file.md). */
#ifndef QD_STORE_MODEL_H
#define QD_STORE_MODEL_H

#include "base/settings.h"
#include "data/scaling.h"
#include "nn/network.h"
#include "store/safetensors.h"
#include "train/history.h"
#include "train/train.h"

enum { QD_MODEL_FORMAT = 1 }; /* version of the format; a file with a higher one is refused */

struct qd_model {
    char task[16];         /* "regress" */
    qd_settings *settings; /* the recorded ones, all of them given */
    qd_network *network;   /* of the settings "layers" and "dropout" */
    float *parameters;     /* [qd_network_parameters(network)] */
    qd_scaling scaling;
    qd_history history;
    char *columns; /* names of the columns that it was trained on, comma separated: "target,feature,..."; or "" */
};

/* A model of `task` from copies of its parts.  Its network is built from the settings.  parameters: as many as that
   network has.  columns: UTF-8. */
QD_CHECKED qd_status qd_model_new(const char *task, const qd_settings *settings, size_t inputs, size_t outputs,
                                  const float *parameters, const qd_scaling *scaling, const qd_history *history,
                                  const char *columns, qd_model **out, qd_error *error);

/* A model from a file that has been read as one of quadrat's own. */
QD_CHECKED qd_status qd_model_from(const qd_safetensors *file, qd_model **out, qd_error *error);

/* The weights of any safetensors file under this network's names (--init): biases ih and hh are added, a missing
   bias_hh is zeros; a tensor that is missing or of another shape is named. */
QD_CHECKED qd_status qd_weights_read(const char *path, const qd_network *network, float *parameters, qd_error *error);

/* A checkpoint: a model file with the optimiser's moments, the position in the data, and a fingerprint of data and
   recorded settings. */
QD_CHECKED qd_status qd_checkpoint_save(const char *path, const qd_settings *settings, const qd_network *network,
                                        const qd_train_state *state, uint32_t data_fingerprint, qd_error *error);

/* Fills `state` (made by qd_train_state_new for the same settings and network; undefined after a failure).  Other data
   or settings: QD_ERR_VALUE, naming the first setting that differs. */
QD_CHECKED qd_status qd_checkpoint_load(const char *path, const qd_settings *settings, const qd_network *network,
                                        uint32_t data_fingerprint, qd_train_state *state, qd_error *error);

/* The same from a file that has been read as one of quadrat's own. */
QD_CHECKED qd_status qd_checkpoint_from(const qd_safetensors *file, const qd_settings *settings,
                                        const qd_network *network, uint32_t data_fingerprint, qd_train_state *state,
                                        qd_error *error);

#endif
