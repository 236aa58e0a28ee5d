/* Sessions of training.  In: settings, a network, a problem, and perhaps files of weights or of a state; out: the state
   at the end, kept in a file on the way. */
#include "store/session.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/ensemble.h"
#include "store/model.h"

#include <string.h>
#include <zlib.h>

qd_status qd_session_path(const qd_settings *settings, size_t number, char **path, qd_error *error)
{
    const char *checkpoint = qd_settings_text(settings, "checkpoint"), *output = qd_settings_text(settings, "output");
    const bool named = *checkpoint != '\0';
    char ending[24] = "";
    *path = NULL;
    if (!named && (*output == '\0' || strcmp(output, "-") == 0)) {
        return QD_OK;
    }
    const size_t size = strlen(named ? checkpoint : output) + sizeof ".checkpoint" + sizeof ending;
    *path = qd_mem_new(size, 1);
    if (*path == NULL) {
        return qd_fail_memory(error, size, "a path");
    }
    if (number > 0) {
        qd_text_format(ending, sizeof ending, ".%zu", number);
    }
    qd_text_format(*path, size, "%s%s%s", named ? checkpoint : output, named ? "" : ".checkpoint", ending);
    return QD_OK;
}

qd_status qd_session_initial(const qd_settings *settings, const qd_network *network, float **weights, qd_error *error)
{
    const char *path = qd_settings_text(settings, "init");
    const size_t n = qd_network_parameters(network);
    *weights = NULL;
    if (*path == '\0') {
        return QD_OK;
    }
    *weights = qd_mem_new(n, sizeof **weights);
    return *weights == NULL ? qd_fail_memory(error, n * sizeof **weights, "weights")
                            : qd_weights_read(path, network, *weights, error);
}

/* ----------------------------------------------------------------------------------------------- one network */

static qd_status save(void *context, const qd_train_state *state, qd_error *error)
{
    const qd_session *s = context;
    return qd_checkpoint_save(s->checkpoint, s->settings, s->network, state, s->fingerprint, error);
}

static qd_status resume(const qd_session *s, qd_train_state *state, qd_error *error)
{
    const bool wanted = qd_settings_flag(s->settings, "resume") && s->checkpoint != NULL;
    return wanted && qd_file_exists(s->checkpoint)
               ? qd_checkpoint_load(s->checkpoint, s->settings, s->network, s->fingerprint, state, error)
               : QD_OK;
}

qd_status qd_session_run(const qd_session *s, qd_train_state **out, qd_error *error)
{
    const qd_train_job job = {
        .settings = s->settings,
        .network = s->network,
        .problem = s->problem,
        .monitor = s->monitor,
        .monitor_context = s->context,
        .save = s->checkpoint != NULL ? save : NULL,
        .save_context = (void *)s,
        .save_epochs = *qd_settings_text(s->settings, "checkpoint") != '\0',
        .history_path = s->history,
    };
    qd_train_state *state = NULL;
    *out = NULL;
    qd_status status = qd_train_state_new(s->settings, s->network, s->initial,
                                          qd_train_batches(s->settings, s->problem->count), &state, error);
    if (status == QD_OK) {
        status = resume(s, state, error);
    }
    if (status == QD_OK) {
        status = qd_train_run(&job, state, error);
        if (status == QD_OK || status == QD_ERR_STOPPED || status == QD_ERR_NUMERIC) {
            *out = state;
            return status;
        }
    }
    qd_train_state_free(state);
    return status;
}

/* ----------------------------------------------------------------------------------------------- ensembles */

uint64_t qd_sessions_seed(const qd_settings *settings, size_t seed)
{
    return (uint64_t)qd_settings_integer(settings, "seed") * 1000 + seed;
}

/* What a checkpoint says must be true of its network. */
static qd_status own_settings(const qd_sessions *all, const qd_sessions_member *m, qd_settings **own, qd_error *error)
{
    char text[32];
    qd_status status = qd_settings_copy(all->settings, own, error);
    if (status == QD_OK) {
        qd_text_format(text, sizeof text, "%llu", (unsigned long long)qd_sessions_seed(all->settings, m->seed));
        status = qd_settings_set(*own, "seed", text, error);
    }
    if (status == QD_OK && m->layers != NULL) {
        status = qd_settings_set(*own, "layers", m->layers, error);
    }
    return status;
}

/* The states that a network which begins would leave behind to a later --resume: its own, of a training that --resume
   did not ask for, and the next one's. */
static qd_status remove_old(const qd_sessions *all, size_t number, const char *own, qd_error *error)
{
    if (qd_settings_flag(all->settings, "resume") && qd_file_exists(own)) {
        return QD_OK;
    }
    char *next = NULL;
    qd_status status = qd_file_remove(own, error);
    if (status == QD_OK && number < all->networks) {
        status = qd_session_path(all->settings, number + 1, &next, error);
    }
    if (status == QD_OK && next != NULL) {
        status = qd_file_remove(next, error);
    }
    qd_mem_free(next);
    return status;
}

qd_status qd_sessions_train(const qd_sessions *all, const qd_sessions_member *m, float *parameters, qd_history *history,
                            qd_error *error)
{
    qd_settings *own = NULL;
    qd_train_state *state = NULL;
    char *path = NULL;
    qd_session session = {.network = m->network,
                          .problem = m->problem,
                          .initial = m->initial,
                          .fingerprint = all->fingerprint,
                          .monitor = all->monitor,
                          .context = all->context,
                          .history = ""};
    qd_status status = own_settings(all, m, &own, error);
    if (status == QD_OK && all->networks > 0) {
        status = qd_session_path(all->settings, m->number, &path, error);
    }
    if (status == QD_OK && path != NULL) {
        status = remove_old(all, m->number, path, error);
    }
    if (status == QD_OK) {
        session.settings = own;
        session.checkpoint = path;
        status = qd_session_run(&session, &state, error);
    }
    if (status == QD_OK && path != NULL) {
        status = save(&session, state, error);
    }
    if (status == QD_OK) {
        memcpy(parameters, state->parameters, qd_network_parameters(m->network) * sizeof *parameters);
        status = history != NULL ? qd_history_add(history, m->number, &state->history, error) : QD_OK;
    }
    qd_train_state_free(state);
    qd_settings_free(own);
    qd_mem_free(path);
    return status;
}

qd_status qd_sessions_initial(const qd_settings *settings, const qd_network *network, size_t members, float **weights,
                              uint32_t *fingerprint, qd_error *error)
{
    const char *path = qd_settings_text(settings, "init");
    const size_t n = qd_network_parameters(network);
    *weights = NULL;
    if (*path == '\0') {
        return QD_OK;
    }
    *weights = qd_mem_new(members, n * sizeof **weights);
    if (*weights == NULL) {
        return qd_fail_memory(error, members * n * sizeof **weights, "weights");
    }
    const qd_status status = qd_ensemble_start(path, network, members, *weights, error);
    if (status == QD_OK) {
        *fingerprint = (uint32_t)crc32_z(*fingerprint, (const void *)*weights, members * n * sizeof **weights);
    }
    return status;
}
