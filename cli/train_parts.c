/* What training on the command line has in common, whatever the task. */
#include "train_parts.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/session.h"

/* The number of the last state that is there; 0: there is none, or there is one network alone. */
static qd_status last_state(const qd_settings *settings, size_t networks, size_t *last, qd_error *error)
{
    qd_status status = QD_OK;
    bool there = true;
    for (*last = 0; *last < networks && there && status == QD_OK; *last += there) {
        char *path;
        status = qd_session_path(settings, *last + 1, &path, error);
        there = path != NULL && qd_file_exists(path);
        qd_mem_free(path);
    }
    return status;
}

qd_status qd_train_say_resume(const qd_settings *settings, size_t networks, size_t *done, qd_error *error)
{
    size_t last;
    *done = 0;
    if (!qd_settings_flag(settings, "resume")) {
        return QD_OK;
    }
    char *path = NULL;
    qd_status status = last_state(settings, networks, &last, error);
    if (status == QD_OK) {
        status = qd_session_path(settings, last > 0 ? last : networks > 0, &path, error);
    }
    if (status == QD_OK && path != NULL) {
        qd_say(qd_file_exists(path) ? "going on from %s" : "there is no checkpoint %s: starting afresh", path);
        *done = last > 0 ? last - 1 : 0;
    }
    qd_mem_free(path);
    return status;
}

qd_status qd_train_remove_states(const qd_settings *settings, size_t networks, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t m = networks > 0 ? 1 : 0; m <= networks && status == QD_OK; m++) {
        char *path;
        status = qd_session_path(settings, m, &path, error);
        if (status == QD_OK && path != NULL && *qd_settings_text(settings, "checkpoint") == '\0') {
            status = qd_file_remove(path, error);
        }
        qd_mem_free(path);
    }
    return status;
}

void qd_train_say_stopped(const qd_settings *settings, size_t networks)
{
    qd_error ignored;
    char *path = NULL;
    if (qd_session_path(settings, 0, &path, &ignored) == QD_OK && path == NULL) {
        qd_say("nothing was saved; the same command begins again");
    } else if (path != NULL) {
        qd_say("the state is in %s%s; the same command with --resume goes on from there", path,
               networks > 0 ? ".N, a file a network" : "");
    }
    qd_mem_free(path);
}
