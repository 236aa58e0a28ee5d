/* What a model file says besides its tensors, in __metadata__: each entry a string, most of them JSON
   (docs/model-file.md).  A pair of functions an entry.  Reading refuses (QD_ERR_FORMAT, at the byte of the entry)
   whatever is missing, unknown, out of range or in contradiction to another entry. */
#ifndef QD_STORE_METADATA_H
#define QD_STORE_METADATA_H

#include "base/json.h"
#include "base/settings.h"
#include "data/scaling.h"
#include "nn/network.h"
#include "store/safetensors.h"
#include "train/history.h"

/* A finished text as one entry; cleared, whatever the answer. */
QD_CHECKED qd_status qd_metadata_add(qd_safetensors_writer *writer, const char *key, qd_json_text *text,
                                     qd_error *error);

/* An entry as JSON, which must be an object; released with qd_json_clear. */
QD_CHECKED qd_status qd_metadata_open(const qd_safetensors *file, const char *key, qd_json *json, qd_error *error);

/* QD_ERR_FORMAT at the byte of an entry. */
qd_status qd_metadata_refuse(const qd_safetensors *file, const char *key, qd_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The version of the format, and which quadrat reads it; a later version is refused. */
QD_CHECKED qd_status qd_metadata_add_format(qd_safetensors_writer *writer, qd_error *error);
QD_CHECKED qd_status qd_metadata_check_format(const qd_safetensors *file, qd_error *error);

/* Recorded settings, all that belong to `task` (QD_CMD_REGRESS, ...).  One that a file lacks has its default. */
QD_CHECKED qd_status qd_metadata_add_settings(qd_safetensors_writer *writer, const qd_settings *settings, unsigned task,
                                              qd_error *error);
QD_CHECKED qd_status qd_metadata_read_settings(const qd_safetensors *file, qd_settings **settings, qd_error *error);

/* The network: its widths, and the list of its layers as in the settings. */
QD_CHECKED qd_status qd_metadata_add_network(qd_safetensors_writer *writer, const qd_settings *settings,
                                             const qd_network *network, qd_error *error);
QD_CHECKED qd_status qd_metadata_read_network(const qd_safetensors *file, const qd_settings *settings,
                                              qd_network **network, qd_error *error);

/* Of a network that was made of what else the file says: does its entry say the same? */
QD_CHECKED qd_status qd_metadata_check_network(const qd_safetensors *file, const qd_settings *settings,
                                               const qd_network *network, qd_error *error);

QD_CHECKED qd_status qd_metadata_add_scaling(qd_safetensors_writer *writer, const qd_scaling *scaling, qd_error *error);
QD_CHECKED qd_status qd_metadata_read_scaling(const qd_safetensors *file, size_t inputs, size_t outputs,
                                              qd_scaling *scaling, qd_error *error);

/* Without the seconds: the same training gives the same file. */
QD_CHECKED qd_status qd_metadata_add_history(qd_safetensors_writer *writer, const qd_history *history, qd_error *error);
QD_CHECKED qd_status qd_metadata_read_history(const qd_safetensors *file, qd_history *history, qd_error *error);

#endif
