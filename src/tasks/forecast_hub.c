/* Reading a hub's tasks.json: the round of a date, the task of a target, and what they ask for. */
#include "tasks/forecast_hub.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

enum { MOST_BYTES = 1 << 26 };

void qd_hub_rules_free(qd_hub_rules *hub)
{
    if (hub != NULL) {
        qd_json_clear(&hub->json);
        qd_mem_free(hub->text);
        qd_mem_free(hub->path);
        qd_mem_free(hub->level);
        qd_mem_free(hub);
    }
}

/* ----------------------------------------------------------------------------------------- lists of values */

/* Strings are equal as texts, numbers as numbers. */
static bool same(const qd_json_value *value, const char *text)
{
    double a, b;
    if (value->text == NULL) {
        return false;
    }
    return strcmp(value->text, text) == 0 ||
           (value->kind == QD_JSON_NUMBER && qd_text_to_double(value->text, strlen(value->text), &a) &&
            qd_text_to_double(text, strlen(text), &b) && a == b);
}

/* A list {required: [...] | null, optional: [...] | null}: one of the two arrays, NULL where it is not there. */
static const qd_json_value *part(const qd_json_value *list, const char *key)
{
    const qd_json_value *array = list != NULL && list->kind == QD_JSON_OBJECT ? qd_json_find(list, key) : NULL;
    return array != NULL && array->kind == QD_JSON_ARRAY ? array : NULL;
}

static const qd_json_value *array_find(const qd_json_value *array, const char *text)
{
    const qd_json_value *value = array != NULL ? array->first : NULL;
    while (value != NULL && !same(value, text)) {
        value = value->next;
    }
    return value;
}

static const qd_json_value *list_find(const qd_json_value *list, const char *text)
{
    const qd_json_value *found = array_find(part(list, "required"), text);
    return found != NULL ? found : array_find(part(list, "optional"), text);
}

static bool list_empty(const qd_json_value *list)
{
    return part(list, "required") == NULL && part(list, "optional") == NULL;
}

bool qd_hub_takes(const qd_hub_rules *hub, const char *column, const char *value)
{
    const qd_json_value *list = qd_json_find(hub->ids, column);
    return list == NULL || list_empty(list) || list_find(list, value) != NULL;
}

const qd_json_value *qd_hub_required(const qd_hub_rules *hub, const char *column)
{
    return part(qd_json_find(hub->ids, column), "required");
}

const char *qd_hub_only(const qd_hub_rules *hub, const char *column)
{
    const qd_json_value *list = qd_json_find(hub->ids, column);
    const qd_json_value *a = part(list, "required"), *b = part(list, "optional");
    const size_t count = (a != NULL ? a->count : 0) + (b != NULL ? b->count : 0);
    return count != 1 ? NULL : (a != NULL && a->count == 1 ? a : b)->first->text;
}

/* ----------------------------------------------------------------------------------------------- the round */

/* The column of task_ids that has the reference date. */
static const char *date_column(const qd_json_value *round, const qd_json_value *ids)
{
    static const char *const names[] = {"reference_date", "origin_date", "forecast_date"};
    const qd_json_value *from_variable = qd_json_find(round, "round_id_from_variable");
    const qd_json_value *id = qd_json_find(round, "round_id");
    if (from_variable != NULL && from_variable->kind == QD_JSON_TRUE && id != NULL && id->kind == QD_JSON_STRING) {
        return id->text;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (qd_json_find(ids, names[i]) != NULL) {
            return names[i];
        }
    }
    return NULL;
}

static qd_status first_ids(const qd_hub_rules *hub, const qd_json_value *round, const qd_json_value **tasks,
                           const qd_json_value **ids, qd_error *error)
{
    qd_status status = round->kind == QD_JSON_OBJECT
                           ? qd_json_member(&hub->json, round, "model_tasks", QD_JSON_ARRAY, tasks, error)
                           : qd_json_refuse(&hub->json, round, error, "a round is an object");
    if (status == QD_OK && ((*tasks)->count == 0 || (*tasks)->first->kind != QD_JSON_OBJECT)) {
        status = qd_json_refuse(&hub->json, *tasks, error, "a round has model tasks, which are objects");
    }
    return status == QD_OK ? qd_json_member(&hub->json, (*tasks)->first, "task_ids", QD_JSON_OBJECT, ids, error)
                           : status;
}

/* Finds the round whose dates hold this one. */
static qd_status find_round(qd_hub_rules *hub, const char *date, const qd_json_value **tasks, qd_error *error)
{
    const qd_json_value *rounds, *ids;
    qd_status status = hub->json.values->kind == QD_JSON_OBJECT
                           ? qd_json_member(&hub->json, hub->json.values, "rounds", QD_JSON_ARRAY, &rounds, error)
                           : qd_json_refuse(&hub->json, hub->json.values, error, "tasks.json is an object");
    const char *last = NULL;
    for (const qd_json_value *round = status == QD_OK ? rounds->first : NULL; round != NULL; round = round->next) {
        status = first_ids(hub, round, tasks, &ids, error);
        if (status != QD_OK) {
            return status;
        }
        const qd_json_value *id = qd_json_find(round, "round_id");
        const char *column = date_column(round, ids);
        const qd_json_value *list = column != NULL ? qd_json_find(ids, column) : NULL;
        const qd_json_value *value = list_find(list, date);
        if (value != NULL) {
            const qd_json_value *flag = qd_json_find(round, "round_id_from_variable");
            const bool variable = flag != NULL && flag->kind == QD_JSON_TRUE;
            hub->round = round;
            hub->date = column;
            hub->round_id = !variable && id != NULL && id->kind == QD_JSON_STRING ? id->text : value->text;
            return QD_OK;
        }
        for (const qd_json_value *v = part(list, "optional") != NULL ? part(list, "optional")->first : NULL; v != NULL;
             v = v->next) {
            last = v->text;
        }
    }
    return status != QD_OK
               ? status
               : qd_fail(error, QD_ERR_VALUE, "%s: no round of the hub has the reference date %s%s%s", hub->path, date,
                         last != NULL ? "; the last one is " : "", last != NULL ? last : "");
}

/* ---------------------------------------------------------------------------------------------- the target */

/* Is this the model task of the target, by its task ids or, where these have no target, by what they are called? */
static bool task_has(const qd_json_value *task, const char *target)
{
    const qd_json_value *ids = qd_json_find(task, "task_ids");
    const qd_json_value *list = ids != NULL && ids->kind == QD_JSON_OBJECT ? qd_json_find(ids, "target") : NULL;
    if (list != NULL) {
        return list_find(list, target) != NULL;
    }
    const qd_json_value *about = qd_json_find(task, "target_metadata");
    const qd_json_value *first = about != NULL && about->kind == QD_JSON_ARRAY ? about->first : NULL;
    const qd_json_value *id = first != NULL && first->kind == QD_JSON_OBJECT ? qd_json_find(first, "target_id") : NULL;
    return id != NULL && same(id, target);
}

/* "a, b, c": the targets of a round. */
static void list_targets(const qd_json_value *tasks, char *text, size_t size)
{
    static const char *const parts[] = {"required", "optional"};
    size_t used = 0;
    text[0] = '\0';
    for (const qd_json_value *task = tasks->first; task != NULL; task = task->next) {
        const qd_json_value *ids = task->kind == QD_JSON_OBJECT ? qd_json_find(task, "task_ids") : NULL;
        const qd_json_value *list = ids != NULL && ids->kind == QD_JSON_OBJECT ? qd_json_find(ids, "target") : NULL;
        for (size_t i = 0; i < 2; i++) {
            const qd_json_value *array = part(list, parts[i]);
            for (const qd_json_value *v = array != NULL ? array->first : NULL; v != NULL; v = v->next) {
                if (v->text != NULL && used + strlen(v->text) + 3 < size) {
                    used += (size_t)qd_text_format(text + used, size - used, "%s%s", used > 0 ? ", " : "", v->text);
                }
            }
        }
    }
}

static qd_status find_task(const qd_hub_rules *hub, const qd_json_value *tasks, const char *target,
                           const qd_json_value **found, qd_error *error)
{
    for (const qd_json_value *task = tasks->first; task != NULL; task = task->next) {
        if (task->kind != QD_JSON_OBJECT) {
            return qd_json_refuse(&hub->json, task, error, "a model task is an object");
        }
        if (task_has(task, target)) {
            *found = task;
            return QD_OK;
        }
    }
    char known[400];
    list_targets(tasks, known, sizeof known);
    return *target == '\0'
               ? qd_fail(error, QD_ERR_VALUE, "%s: which target? (--hub-target) The hub has: %s", hub->path, known)
               : qd_fail(error, QD_ERR_VALUE, "%s: the hub has no target '%s'; it has: %s", hub->path, target, known);
}

/* ------------------------------------------------------------------------------------------- output types */

static double limit(const qd_json_value *about, const char *key, double none)
{
    const qd_json_value *value = qd_json_find(about, key);
    double number;
    return value != NULL && value->text != NULL && qd_text_to_double(value->text, strlen(value->text), &number) ? number
                                                                                                                : none;
}

static qd_status read_values(const qd_hub_rules *hub, const qd_json_value *output, qd_hub_values *values,
                             qd_error *error)
{
    const qd_json_value *about, *type;
    qd_status status = qd_json_member(&hub->json, output, "value", QD_JSON_OBJECT, &about, error);
    if (status == QD_OK) {
        status = qd_json_member(&hub->json, about, "type", QD_JSON_STRING, &type, error);
    }
    if (status == QD_OK) {
        *values = (qd_hub_values){.whole = strcmp(type->text, "integer") == 0,
                                  .least = limit(about, "minimum", -HUGE_VAL),
                                  .most = limit(about, "maximum", HUGE_VAL)};
    }
    return status;
}

static qd_status read_quantiles(qd_hub_rules *hub, const qd_json_value *output, qd_error *error)
{
    const qd_json_value *list;
    qd_status status = qd_json_member(&hub->json, output, "output_type_id", QD_JSON_OBJECT, &list, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_json_value *array = part(list, "required") != NULL ? part(list, "required") : part(list, "optional");
    if (array == NULL || array->count == 0) {
        return qd_json_refuse(&hub->json, list, error, "quantiles have levels");
    }
    hub->level = qd_mem_new(array->count, sizeof *hub->level);
    if (hub->level == NULL) {
        return qd_fail_memory(error, array->count * sizeof *hub->level, "levels");
    }
    for (const qd_json_value *v = array->first; v != NULL; v = v->next) {
        double *level = &hub->level[hub->levels];
        if (v->text == NULL || !qd_text_to_double(v->text, strlen(v->text), level) || !(*level > 0) || !(*level < 1) ||
            (hub->levels > 0 && *level <= hub->level[hub->levels - 1])) {
            return qd_json_refuse(&hub->json, v, error, "levels of quantiles are numbers that rise, between 0 and 1");
        }
        hub->levels++;
    }
    return read_values(hub, output, &hub->quantile, error);
}

static qd_status whole_member(const qd_hub_rules *hub, const qd_json_value *object, const char *key, size_t *out,
                              qd_error *error)
{
    const qd_json_value *value = qd_json_find(object, key);
    uint64_t whole;
    if (value == NULL || value->kind == QD_JSON_NULL) {
        return QD_OK;
    }
    const qd_status status = qd_json_whole(&hub->json, value, 1, 1000000, &whole, error);
    if (status == QD_OK) {
        *out = (size_t)whole;
    }
    return status;
}

static qd_status read_samples(qd_hub_rules *hub, const qd_json_value *output, qd_error *error)
{
    const qd_json_value *params, *type, *required = qd_json_find(output, "is_required");
    hub->samples = true;
    hub->samples_required = required != NULL && required->kind == QD_JSON_TRUE;
    hub->samples_least = 1;
    hub->samples_most = 1000000;
    hub->sample_id_length = 20;
    qd_status status = qd_json_member(&hub->json, output, "output_type_id_params", QD_JSON_OBJECT, &params, error);
    if (status == QD_OK) {
        status = qd_json_member(&hub->json, params, "type", QD_JSON_STRING, &type, error);
    }
    if (status == QD_OK) {
        hub->sample_whole_ids = strcmp(type->text, "integer") == 0;
        status = whole_member(hub, params, "max_length", &hub->sample_id_length, error);
    }
    if (status == QD_OK) {
        status = whole_member(hub, params, "min_samples_per_task", &hub->samples_least, error);
    }
    if (status == QD_OK) {
        status = whole_member(hub, params, "max_samples_per_task", &hub->samples_most, error);
    }
    if (status != QD_OK) {
        return status;
    }
    /* Our paths run through the horizons of one series and mean nothing across series. */
    const qd_json_value *set = qd_json_find(params, "compound_taskid_set");
    hub->sample_joint_places = set != NULL && set->kind == QD_JSON_ARRAY &&
                               qd_json_find(hub->ids, "location") != NULL && array_find(set, "location") == NULL;
    return read_values(hub, output, &hub->sample, error);
}

/* A target that is not a count at each step ahead. */
static qd_status check_kind(const qd_hub_rules *hub, const qd_json_value *output, const char *target, qd_error *error)
{
    const qd_json_value *horizon = qd_json_find(hub->ids, "horizon");
    if (qd_json_find(output, "quantile") == NULL && qd_json_find(output, "sample") == NULL) {
        return qd_fail(error, QD_ERR_VALUE,
                       "%s: the target '%s' wants %s, which quadrat does not write: it writes quantiles and samples of "
                       "counts",
                       hub->path, target,
                       qd_json_find(output, "pmf") != NULL ? "probabilities of categories (pmf)"
                                                           : "neither quantiles nor samples");
    }
    if (horizon == NULL || list_empty(horizon)) {
        return qd_fail(error, QD_ERR_VALUE,
                       "%s: the target '%s' is one of a whole season, without horizons (such as the height of its "
                       "peak), which quadrat does not forecast",
                       hub->path, target);
    }
    return QD_OK;
}

static qd_status read_task(qd_hub_rules *hub, const qd_json_value *task, const char *target, qd_error *error)
{
    const qd_json_value *output, *about = qd_json_find(task, "target_metadata");
    qd_status status = qd_json_member(&hub->json, task, "task_ids", QD_JSON_OBJECT, &hub->ids, error);
    if (status == QD_OK) {
        status = qd_json_member(&hub->json, task, "output_type", QD_JSON_OBJECT, &output, error);
    }
    if (status == QD_OK) {
        status = check_kind(hub, output, target, error);
    }
    if (status != QD_OK) {
        return status;
    }
    if (about != NULL && about->kind == QD_JSON_ARRAY && about->count > 0 && about->first->kind == QD_JSON_OBJECT) {
        const qd_json_value *unit = qd_json_find(about->first, "time_unit");
        hub->unit = unit != NULL && unit->kind == QD_JSON_STRING ? unit->text : NULL;
    }
    const qd_json_value *quantile = qd_json_find(output, "quantile"), *sample = qd_json_find(output, "sample");
    if (quantile != NULL) {
        status = quantile->kind == QD_JSON_OBJECT
                     ? read_quantiles(hub, quantile, error)
                     : qd_json_refuse(&hub->json, quantile, error, "an output type is an object");
    }
    if (status == QD_OK && sample != NULL) {
        status = sample->kind == QD_JSON_OBJECT
                     ? read_samples(hub, sample, error)
                     : qd_json_refuse(&hub->json, sample, error, "an output type is an object");
    }
    return status;
}

static qd_status read_hub(qd_hub_rules *hub, const char *path, const char *target, const char *date, qd_error *error)
{
    size_t size;
    hub->path = qd_mem_string(path);
    if (hub->path == NULL) {
        return qd_fail_memory(error, strlen(path), "a path");
    }
    qd_status status = qd_file_read_all(path, MOST_BYTES, &hub->text, &size, error);
    if (status == QD_OK) {
        status = qd_json_parse((qd_json_place){.file = hub->path}, hub->text, size, &hub->json, error);
    }
    const qd_json_value *tasks = NULL, *task = NULL;
    if (status == QD_OK) {
        status = find_round(hub, date, &tasks, error);
    }
    if (status == QD_OK) {
        status = find_task(hub, tasks, target, &task, error);
    }
    return status == QD_OK ? read_task(hub, task, target, error) : status;
}

qd_status qd_hub_rules_read(const char *path, const char *target, const char *date, qd_hub_rules **out, qd_error *error)
{
    qd_hub_rules *hub = qd_mem_new(1, sizeof *hub);
    if (hub == NULL) {
        return qd_fail_memory(error, sizeof *hub, "a hub");
    }
    const qd_status status = read_hub(hub, path, target, date, error);
    if (status != QD_OK) {
        qd_hub_rules_free(hub);
        return status;
    }
    *out = hub;
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------- model id */

qd_status qd_hub_check_model_id(const char *model_id, qd_error *error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const size_t team = strspn(model_id, letters);
    const size_t model = model_id[team] == '-' ? strspn(model_id + team + 1, letters) : 0;
    if (team == 0 || model == 0 || model_id[team + 1 + model] != '\0') {
        return qd_fail(error, QD_ERR_VALUE,
                       "model-id: '%s' is not TEAM-MODEL (letters, digits and underscores, one hyphen between)",
                       model_id);
    }
    return QD_OK;
}
