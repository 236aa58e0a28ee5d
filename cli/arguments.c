/* From argv to settings: --name value, --name=value, --flag, --no-flag, -o value, -ovalue; "--" ends the options. */
#include "cli.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/config.h"
#include <limits.h>
#include <string.h>

/* The nearest option of this command to a name that it does not know. */
static int unknown_option(const qd_command *command, const char *option)
{
    const qd_setting *other = qd_settings_find(option);
    if (other != NULL) {
        return qd_tell_usage("--%s is not an option of %s; see quadrat %s --help", option, command->name,
                             command->name);
    }
    const char **names = qd_mem_new(qd_settings_count, sizeof *names);
    if (names == NULL) {
        return qd_tell_usage("unknown option --%s", option);
    }
    size_t count = 0;
    for (size_t i = 0; i < qd_settings_count; i++) {
        if ((qd_settings_table[i].commands & command->settings) != 0) {
            names[count++] = qd_settings_table[i].name;
        }
    }
    size_t nearest = qd_text_nearest(option, names, count);
    const char *no = "";
    if (nearest == count && strncmp(option, "no-", 3) == 0) {
        nearest = qd_text_nearest(option + 3, names, count);
        no = nearest < count && qd_settings_find(names[nearest])->type == QD_SETTING_FLAG ? "no-" : "";
    }
    int code = nearest < count ? qd_tell_usage("unknown option --%s; did you mean --%s%s?", option, no, names[nearest])
                               : qd_tell_usage("unknown option --%s; see quadrat %s --help", option, command->name);
    qd_mem_free(names);
    return code;
}

/* Sets one option; a message names it as it was typed. */
static int set_option(qd_arguments *arguments, const qd_setting *setting, const char *value)
{
    qd_error error;
    if (qd_settings_set(arguments->settings, setting->name, value, &error) != QD_OK) {
        return error.status == QD_ERR_VALUE ? qd_tell_usage("--%s", error.message) : qd_tell_failure(&error);
    }
    qd_log_set(arguments->settings); /* the next option may be wrong */
    return QD_EXIT_DONE;
}

/* --name[=value]; *used: arguments taken, 1 or 2. */
static int read_long(const qd_command *command, const char *option, const char *next, qd_arguments *arguments,
                     int *used)
{
    char name[64];
    size_t length = strcspn(option, "=");
    if (length >= sizeof name) {
        return qd_tell_usage("unknown option --%.64s", option);
    }
    memcpy(name, option, length);
    name[length] = '\0';
    const char *value = option[length] == '=' ? option + length + 1 : NULL;
    const qd_setting *setting = qd_settings_find(name);
    const char *flag = "true";
    if (setting == NULL && strncmp(name, "no-", 3) == 0) {
        setting = qd_settings_find(name + 3);
        flag = "false";
        if (setting != NULL && setting->type != QD_SETTING_FLAG) {
            setting = NULL;
        }
    }
    if (setting == NULL || (setting->commands & command->settings) == 0) {
        return unknown_option(command, name);
    }
    if (setting->type == QD_SETTING_FLAG) {
        return set_option(arguments, setting, value != NULL ? value : flag);
    }
    if (value == NULL) {
        if (next == NULL) {
            return qd_tell_usage("--%s wants a value (%s)", name, setting->argument);
        }
        value = next;
        *used = 2;
    }
    return set_option(arguments, setting, value);
}

/* -o value, -ovalue, -q. */
static int read_short(const qd_command *command, const char *option, const char *next, qd_arguments *arguments,
                      int *used)
{
    const qd_setting *setting = qd_settings_find_letter(option[0]);
    if (setting == NULL || (setting->commands & command->settings) == 0) {
        return qd_tell_usage("unknown option -%c; see quadrat %s --help", option[0], command->name);
    }
    if (setting->type == QD_SETTING_FLAG) {
        return option[1] == '\0' ? set_option(arguments, setting, "true") : qd_tell_usage("unknown option -%s", option);
    }
    if (option[1] != '\0') {
        return set_option(arguments, setting, option + 1);
    }
    if (next == NULL) {
        return qd_tell_usage("-%c wants a value (%s)", option[0], setting->argument);
    }
    *used = 2;
    return set_option(arguments, setting, next);
}

static int read_config(qd_arguments *arguments)
{
    const char *path = qd_settings_text(arguments->settings, "config");
    qd_error error;
    if (*path != '\0' && qd_config_read(path, arguments->settings, &error) != QD_OK) {
        return qd_tell_failure(&error);
    }
    return QD_EXIT_DONE;
}

int qd_arguments_read(const qd_command *command, int argc, char **argv, qd_arguments *arguments, int *help)
{
    *arguments = (qd_arguments){0};
    *help = 0;
    qd_error error;
    if (qd_settings_new(&arguments->settings, &error) != QD_OK) {
        return qd_tell_failure(&error);
    }
    arguments->paths = qd_mem_new((size_t)argc + 1, sizeof *arguments->paths);
    if (arguments->paths == NULL) {
        qd_fail_memory(&error, (size_t)argc * sizeof *arguments->paths, "arguments");
        return qd_tell_failure(&error);
    }
    int code = QD_EXIT_DONE, used = 1, only_paths = 0;
    for (int i = 0; i < argc && code == QD_EXIT_DONE; i += used) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        used = 1;
        if (only_paths || argv[i][0] != '-' || argv[i][1] == '\0') {
            arguments->paths[arguments->count++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_paths = 1;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            *help = 1;
            return QD_EXIT_DONE;
        } else if (argv[i][1] == '-') {
            code = read_long(command, argv[i] + 2, next, arguments, &used);
        } else {
            code = read_short(command, argv[i] + 1, next, arguments, &used);
        }
    }
    if (code == QD_EXIT_DONE) {
        code = read_config(arguments);
    }
    qd_log_set(arguments->settings);
    return code;
}

/* Is `path` one of the files of a list, or the list itself? */
static bool is_among(const char *path, const char *list)
{
    char one[PATH_MAX];
    for (const char *at = list;; at++) {
        const size_t length = strcspn(at, ",");
        if (length < sizeof one) {
            memcpy(one, at, length);
            one[length] = '\0';
            if (qd_file_same(path, one)) {
                return true;
            }
        }
        at += length;
        if (*at == '\0') {
            return qd_file_same(path, list);
        }
    }
}

/* What of the files that are read would be lost if `path` were written; NULL: nothing.  (--init may be: whoever writes
   the model over the weights that it began with means to.) */
static const char *overwritten(const qd_arguments *arguments, size_t first, const char *path)
{
    static const char *const read[] = {"config", "valid",    "weights", "hub",       "truth",    "match",   "baseline", "forecasts",
                                       "metadata", "scores", "future",  "alignment", "wildtype", "mutants", "numbering"};
    for (size_t i = first; i < arguments->count; i++) {
        if (qd_file_same(path, arguments->paths[i])) {
            return arguments->paths[i];
        }
    }
    for (size_t i = 0; i < sizeof read / sizeof read[0] && qd_file_exists(path); i++) {
        const char *list = qd_settings_text(arguments->settings, read[i]);
        if (is_among(path, list)) {
            return list;
        }
    }
    const char *join = qd_settings_text(arguments->settings, "join"), *colon = strrchr(join, ':');
    if (*join != '\0' && qd_file_same(path, join)) { /* predict knows the key */
        return join;
    }
    char table[PATH_MAX];
    if (colon != NULL && (size_t)(colon - join) < sizeof table) { /* FILE:KEY */
        memcpy(table, join, (size_t)(colon - join));
        table[colon - join] = '\0';
        if (qd_file_same(path, table)) {
            return join;
        }
    }
    return NULL;
}

int qd_arguments_check_paths(const qd_arguments *arguments, size_t first)
{
    static const char *const written[] = {"output", "checkpoint", "history", "plot", "save-forecasts", "structure"};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        const char *path = qd_settings_text(arguments->settings, written[i]);
        if (*path == '\0' || strcmp(path, "-") == 0) {
            continue;
        }
        for (size_t j = 0; j < i; j++) {
            if (qd_file_same(path, qd_settings_text(arguments->settings, written[j]))) {
                return qd_tell_usage("--%s and --%s are the same file, %s", written[j], written[i], path);
            }
        }
        const char *lost = overwritten(arguments, first, path);
        if (lost != NULL) {
            return qd_tell_usage("--%s would overwrite %s, which is read", written[i], lost);
        }
    }
    return QD_EXIT_DONE;
}

void qd_arguments_clear(qd_arguments *arguments)
{
    qd_settings_free(arguments->settings);
    qd_mem_free(arguments->paths);
    *arguments = (qd_arguments){0};
}
