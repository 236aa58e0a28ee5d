/* Tasks: what train calls them, which one a model is of, and which options go with it. */
#include "task.h"

#include <string.h>

static const struct {
    const char *name;
    unsigned task;
} tasks[] = {
    {"regress", QD_CMD_REGRESS},
    {"forecast", QD_CMD_FORECAST},
    {"sites", QD_CMD_SITES},
    {"cells", QD_CMD_CELLS},
};
enum { TASKS = sizeof tasks / sizeof tasks[0] };

unsigned qd_task_of(const char *name)
{
    for (size_t i = 0; i < TASKS; i++) {
        if (strcmp(name, tasks[i].name) == 0) {
            return tasks[i].task;
        }
    }
    return 0;
}

int qd_task_check(const qd_arguments *arguments, unsigned task)
{
    for (size_t i = 0; i < qd_settings_count; i++) {
        const qd_setting *setting = &qd_settings_table[i];
        if (setting->models == 0 || (setting->models & task) != 0 ||
            !qd_settings_given(arguments->settings, setting->name)) {
            continue;
        }
        const char *own = "", *one = "", *other = "";
        for (size_t t = 0; t < TASKS; t++) {
            own = tasks[t].task == task ? tasks[t].name : own;
            if ((tasks[t].task & setting->models) != 0) {
                one = other;
                other = tasks[t].name;
            }
        }
        return qd_tell_usage("--%s belongs to the task %s%s%s, and this is %s", setting->name, one,
                             *one != '\0' ? " or " : "", other, own);
    }
    return QD_EXIT_DONE;
}

int qd_task_with_model(const qd_arguments *arguments, qd_task_work *work)
{
    qd_safetensors *file;
    qd_error error;
    if (qd_safetensors_read(arguments->paths[0], true, &file, &error) != QD_OK) {
        return qd_tell_failure(&error);
    }
    const char *name = qd_safetensors_metadata(file, "task");
    const unsigned task = name != NULL ? qd_task_of(name) : 0;
    int code = task != 0 ? qd_task_check(arguments, task) : QD_EXIT_DONE;
    if (code == QD_EXIT_DONE) {
        code = work(arguments, file, task);
    }
    qd_safetensors_free(file);
    return code;
}
