/*
 * quadrat: LSTM networks for biological counting.  The only public header.
 *
 * Conventions
 *   Status     A function that can fail returns qd_status and fills the caller's qd_error (which may be NULL).
 *   Ownership  _new and _free come in pairs, _free(NULL) is legal; an object given back through a `**out` is the
 *              caller's; a returned pointer is borrowed and lives as long as its owner.
 *   Arrays     are float32, row-major, and their shape stands in the comment: [N][T][I] is N sequences of T steps of
 *              I inputs.  The library copies what it keeps.
 *   Threads    Distinct objects may be used from distinct threads; one object from one thread at a time.
 *   The library never prints, exits, installs a signal handler or changes the locale.
 */
#ifndef QUADRAT_H
#define QUADRAT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QD_API __attribute__((visibility("default")))
#define QD_CHECKED __attribute__((warn_unused_result))
#else
#define QD_API
#define QD_CHECKED
#endif

#define QD_VERSION_MAJOR 0
#define QD_VERSION_MINOR 1
#define QD_VERSION_PATCH 0

/* "0.1.0"; static storage. */
QD_API const char *qd_version(void);

/* ------------------------------------------------------------------------------------------------ errors */

typedef enum qd_status {
    QD_OK = 0,
    QD_ERR_MEMORY,  /* an allocation failed */
    QD_ERR_FILE,    /* the system refused a file operation */
    QD_ERR_FORMAT,  /* a file holds something other than it should */
    QD_ERR_VALUE,   /* an argument or a setting is out of its range, or two of them contradict each other */
    QD_ERR_NUMERIC, /* training met a value that is not finite */
    QD_ERR_STOPPED, /* the monitor asked to stop */
    QD_ERR_MISSING, /* this build lacks a library that the call needs */
    QD_ERR_USE      /* a setting is wrong, or one is missing, whatever the data: the program ends with exit code 2 */
} qd_status;

/* Where and why a call failed.  Owned by the caller; untouched when the call succeeds. */
typedef struct qd_error {
    qd_status status;
    char file[256];    /* the file at fault, or "" */
    uint64_t line;     /* from 1; 0 where lines mean nothing */
    uint64_t column;   /* from 1; 0 where columns mean nothing */
    uint64_t offset;   /* byte offset from 0, for binary files */
    char message[768]; /* one sentence for a person, file and place included, without a line break at its end */
} qd_error;

/* "memory", "file", ...; static storage. */
QD_API const char *qd_status_name(qd_status status);

/* ---------------------------------------------------------------------------------------------- settings */

/* A set of named settings: those of the command line, without the leading dashes ("layers", "epochs", "lr", ...;
   `quadrat train regress --help` lists them with their ranges and defaults). */
typedef struct qd_settings qd_settings;

QD_API QD_CHECKED qd_status qd_settings_new(qd_settings **out, qd_error *error);
QD_API void qd_settings_free(qd_settings *settings);

/* Sets one by name from text.  QD_ERR_VALUE names the nearest known setting, or the range that was left. */
QD_API QD_CHECKED qd_status qd_settings_set(qd_settings *settings, const char *name, const char *value,
                                            qd_error *error);

/* The value as text, its default where it was never set, NULL where the name is unknown.  Borrowed until the next set. */
QD_API const char *qd_settings_get(const qd_settings *settings, const char *name);

/* --------------------------------------------------------------------------------------------- sequences */

/* N input sequences with, for training, N rows of targets: what a network learns from and predicts for. */
typedef struct qd_sequences qd_sequences;

/* From memory.  x: [N][T][I].  lengths: [N], each in 1..T, the steps of a sequence that count (its first ones), or
   NULL where all T do.  y: [N][K], or NULL with K 0 to predict.  Every value must be finite. */
QD_API QD_CHECKED qd_status qd_sequences_new(const float *x, const size_t *lengths, size_t n, size_t steps,
                                             size_t inputs, const float *y, size_t outputs, qd_sequences **out,
                                             qd_error *error);

/* weights: [N], each finite and >= 0: the factor of a sequence's loss.  Without a call all are 1. */
QD_API QD_CHECKED qd_status qd_sequences_set_weights(qd_sequences *sequences, const float *weights, qd_error *error);
QD_API size_t qd_sequences_count(const qd_sequences *sequences);
QD_API void qd_sequences_free(qd_sequences *sequences);

/* ------------------------------------------------------------------------------------------------- model */

/* A network with its weights, settings, scaling and history: what a model file holds. */
typedef struct qd_model qd_model;

/* What training tells while it runs; borrowed for the call.  Fields may be added at the end. */
typedef struct qd_progress {
    size_t epoch, epochs;    /* from 1 */
    size_t batch, batches;   /* from 1; batch == batches ends an epoch, and only then the losses below are its own */
    double loss;             /* mean over the samples of the epoch so far */
    double valid_loss;       /* NaN where there is no validation part or the epoch has not ended */
    double learning_rate;
    double gradient_norm;    /* of the last batch, before clipping */
    double seconds;          /* since training began */
    double seconds_left;     /* estimate; NaN before the first batch */
} qd_progress;

/* Called after every batch.  A non-zero answer stops training, which then saves its checkpoint and returns
   QD_ERR_STOPPED.  NULL: never called. */
typedef int (*qd_monitor)(void *context, const qd_progress *progress);

/* Trains a network on `train` (with targets) by `settings`.  valid: sequences for the validation loss, or NULL (the
   setting "valid" may then cut a fraction off the end).  On success *out is the model with the best weights; on
   QD_ERR_NUMERIC and QD_ERR_STOPPED *out is the model with the last good weights, or NULL. */
QD_API QD_CHECKED qd_status qd_train_regress(const qd_settings *settings, const qd_sequences *train,
                                             const qd_sequences *valid, qd_monitor monitor, void *context,
                                             qd_model **out, qd_error *error);

/* y: [N][K] with K = qd_model_outputs(model), in the units of the targets. */
QD_API QD_CHECKED qd_status qd_model_predict(const qd_model *model, const qd_sequences *sequences, unsigned threads,
                                             float *y, qd_error *error);
QD_API size_t qd_model_inputs(const qd_model *model);
QD_API size_t qd_model_outputs(const qd_model *model);

/* One .safetensors file, written atomically; the format stands in docs/model-file.md. */
QD_API QD_CHECKED qd_status qd_model_save(const qd_model *model, const char *path, qd_error *error);
QD_API QD_CHECKED qd_status qd_model_load(const char *path, qd_model **out, qd_error *error);
QD_API void qd_model_free(qd_model *model);

/* ------------------------------------------------------------------------------------------------ stream */

/* A model fed one time step at a time, with its state carried along: the same bits as the whole sequence. */
typedef struct qd_stream qd_stream;

/* Borrows the model, which must outlive the stream.  QD_ERR_VALUE names a layer that needs the whole sequence. */
QD_API QD_CHECKED qd_status qd_stream_new(const qd_model *model, qd_stream **out, qd_error *error);

/* x: [I].  y: [K], the prediction for the sequence so far. */
QD_API QD_CHECKED qd_status qd_stream_step(qd_stream *stream, const float *x, float *y, qd_error *error);

/* Back to the state before the first step. */
QD_API void qd_stream_reset(qd_stream *stream);
QD_API void qd_stream_free(qd_stream *stream);

#ifdef __cplusplus
}
#endif
#endif
