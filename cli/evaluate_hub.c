/* quadrat evaluate --forecasts: scores somebody's hub forecasts against observations, another's beside. */
#include "cli.h"

#include "base/mem.h"
#include "base/text.h"
#include "eval/hub_scores.h"
#include <string.h>

/* The files of one call. */
typedef struct files {
    qd_hub *forecasts, *baseline, *match; /* match may be one of the others */
    qd_truth *truth;
    size_t levels;
    double *level;
} files;

static const char *text_of(const qd_arguments *arguments, const char *name)
{
    return qd_settings_text(arguments->settings, name);
}

/* Reads the file that an option names, unless it is one of those that have been read. */
static qd_status read_hub(const qd_arguments *arguments, const char *name, files *f, qd_hub **out, qd_error *error)
{
    const char *path = text_of(arguments, name);
    const qd_table_options options = qd_table_options_of(arguments->settings);
    qd_hub *const read[] = {f->forecasts, f->baseline};
    for (size_t i = 0; i < 2; i++) {
        if (read[i] != NULL && strcmp(read[i]->path, path) == 0 && f->levels == 0) {
            *out = read[i];
            return QD_OK;
        }
    }
    /* What is only matched may have any levels. */
    return *path == '\0' ? QD_OK : qd_hub_read(path, &options, out == &f->match ? 0 : f->levels, f->level, out, error);
}

static qd_status read_files(const qd_arguments *arguments, files *f, qd_error *error)
{
    const qd_table_options options = qd_table_options_of(arguments->settings);
    const qd_truth_columns columns = {text_of(arguments, "time"), text_of(arguments, "series"),
                                      text_of(arguments, "target")};
    qd_status status = qd_truth_read(text_of(arguments, "truth"), &options, &columns, &f->truth, error);
    if (status == QD_OK) {
        status = read_hub(arguments, "forecasts", f, &f->forecasts, error);
    }
    if (status == QD_OK) {
        status = read_hub(arguments, "baseline", f, &f->baseline, error);
    }
    if (status == QD_OK) {
        status = read_hub(arguments, "match", f, &f->match, error);
    }
    return status;
}

static void clear_files(files *f)
{
    qd_hub *const hub[] = {f->forecasts, f->baseline != f->forecasts ? f->baseline : NULL,
                           f->match != f->forecasts && f->match != f->baseline ? f->match : NULL};
    for (size_t i = 0; i < sizeof hub / sizeof hub[0]; i++) {
        qd_hub_free(hub[i]);
    }
    qd_truth_free(f->truth);
    qd_mem_free(f->level);
}

/* ", N WHAT", where there are any. */
static void add_reason(char *text, size_t size, size_t count, const char *what)
{
    const size_t used = strlen(text);
    if (count > 0 && used < size) {
        qd_text_format(text + used, size - used, "%s%zu %s", used > 0 ? ", " : "; left out: ", count, what);
    }
}

/* One line a file: what was scored, and what was not. */
static void tell(const qd_hub *hub, const char *model, qd_hub_counts counts)
{
    char left_out[600] = "", types[192];
    qd_text_format(types, sizeof types, "rows of type %s", hub->left_out.type_names);
    add_reason(left_out, sizeof left_out, counts.unknown, "without an observation");
    add_reason(left_out, sizeof left_out, counts.unmatched, "that the matched file lacks");
    add_reason(left_out, sizeof left_out, hub->left_out.incomplete, "without all levels");
    add_reason(left_out, sizeof left_out, hub->left_out.dateless, "rows without a target date");
    add_reason(left_out, sizeof left_out, hub->left_out.types, types);
    qd_say("%s: %zu forecasts scored%s", model, counts.scored, left_out);
}

static qd_status score(const qd_arguments *arguments, const files *f, qd_error *error)
{
    const char *target = text_of(arguments, "hub-target"), *output = text_of(arguments, "output");
    const qd_hub_plan plan = {.models = f->baseline != NULL ? 2 : 1,
                              .hub = {f->forecasts, f->baseline},
                              .truth = f->truth,
                              .match = f->match,
                              .target = *target != '\0' ? target : NULL};
    qd_hub_scores *scores = NULL;
    qd_status status = qd_hub_scores_new(&plan, &scores, error);
    if (status == QD_OK) {
        qd_scores table = *qd_hub_scores_table(scores);
        table.draws = (size_t)qd_settings_integer(arguments->settings, "bootstrap");
        for (size_t m = 0; m < plan.models; m++) {
            tell(plan.hub[m], table.model[m], qd_hub_scores_counts(scores, m));
        }
        status = qd_scores_write(&table, text_of(arguments, "by"), *output != '\0' ? output : "-", error);
    }
    qd_hub_scores_free(scores);
    return status;
}

/* Options of a backtest and of training mean nothing where forecasts are there already. */
static int check_options(const qd_arguments *arguments)
{
    static const char *const backtest[] = {"from",  "until", "origins",   "every",
                                           "refit", "seeds", "baselines", "save-forecasts"};
    static const char *const columns[] = {"time", "series", "target"};
    for (size_t i = 0; i < qd_settings_count; i++) {
        const char *name = qd_settings_table[i].name;
        bool refused = qd_settings_table[i].recorded;
        for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++) {
            refused = refused && strcmp(name, columns[k]) != 0;
        }
        for (size_t k = 0; k < sizeof backtest / sizeof backtest[0]; k++) {
            refused = refused || strcmp(name, backtest[k]) == 0;
        }
        if (refused && qd_settings_given(arguments->settings, name)) {
            return qd_tell_usage("--%s does not go with --forecasts, which are there already", name);
        }
    }
    return QD_EXIT_DONE;
}

/* What can be said before a file is read. */
static int check_usage(const qd_arguments *arguments)
{
    qd_error error;
    qd_scores_by by;
    const int code = check_options(arguments);
    if (code != QD_EXIT_DONE) {
        return code;
    }
    if (arguments->count > 0) {
        return qd_tell_usage("--forecasts: nothing else is evaluated, but %s is named", arguments->paths[0]);
    }
    if (*text_of(arguments, "truth") == '\0') {
        return qd_tell_usage("--forecasts needs --truth, the table of observations");
    }
    return qd_scores_by_read(text_of(arguments, "by"), &by, &error) == QD_OK ? qd_arguments_check_paths(arguments, 0)
                                                                             : qd_tell_usage("--%s", error.message);
}

int qd_evaluate_hub(const qd_arguments *arguments)
{
    qd_error error;
    files f = {0};
    const int code = check_usage(arguments);
    if (code != QD_EXIT_DONE) {
        return code;
    }
    if (qd_settings_given(arguments->settings, "quantiles") &&
        qd_levels_read(text_of(arguments, "quantiles"), &f.levels, &f.level, &error) != QD_OK) {
        return error.status == QD_ERR_VALUE ? qd_tell_usage("--%s", error.message) : qd_tell_failure(&error);
    }
    qd_status status = read_files(arguments, &f, &error);
    if (status == QD_OK) {
        status = score(arguments, &f, &error);
    }
    clear_files(&f);
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
