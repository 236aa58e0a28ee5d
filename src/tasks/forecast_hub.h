/*
 * The rules of a hub of the hubverse, as its tasks.json states them (schema versions 2 to 6): which dates, targets,
 * horizons and places it takes, which quantiles, and how samples are to be named.
 *
 * What quadrat forecasts is a count at each step ahead.  Targets of another kind (categories of change, the height or
 * the week of a season's peak) are refused with a message that says so.
 */
#ifndef QD_TASKS_FORECAST_HUB_H
#define QD_TASKS_FORECAST_HUB_H

#include "base/json.h"

/* What the hub says about the values of an output type. */
typedef struct qd_hub_values {
    bool whole;
    double least, most;
} qd_hub_values;

typedef struct qd_hub_rules {
    char *text, *path;          /* of the file */
    qd_json json;               /* the values below are borrowed from it */
    const qd_json_value *round; /* the round that the reference date belongs to */
    const qd_json_value *ids;   /* task_ids of the target: the columns of a submission, in their order */
    const char *date;           /* the column that has the reference date */
    const char *round_id;       /* as the name of the file has it */
    const char *unit;           /* of horizons: "week", ...; NULL: not said */
    size_t levels;
    double *level; /* [levels], rising: of the quantiles; levels 0: no quantiles */
    qd_hub_values quantile;
    bool samples, samples_required;
    size_t samples_least, samples_most; /* paths */
    bool sample_whole_ids;              /* ids are whole numbers; else texts of at most */
    size_t sample_id_length;            /* characters */
    bool sample_joint_places;           /* the hub wants paths that are joint across places, which ours are not */
    qd_hub_values sample;
} qd_hub_rules;

/* Reads the rules for a target on a reference date ("2023-10-14").  QD_ERR_VALUE where the hub has no such target or
   date, or wants what quadrat does not forecast; QD_ERR_FORMAT where the file is no tasks.json. */
QD_CHECKED qd_status qd_hub_rules_read(const char *path, const char *target, const char *date, qd_hub_rules **out,
                                       qd_error *error);
void qd_hub_rules_free(qd_hub_rules *hub);

/* Does the hub take this value in one of its columns?  True where it takes none in particular. */
bool qd_hub_takes(const qd_hub_rules *hub, const char *column, const char *value);

/* The values that a column must hold, all of them: a JSON array; NULL: none in particular. */
const qd_json_value *qd_hub_required(const qd_hub_rules *hub, const char *column);

/* The only value that a column may hold; NULL where there are several. */
const char *qd_hub_only(const qd_hub_rules *hub, const char *column);

/* TEAM-MODEL: letters, digits and underscores, a hyphen between. */
QD_CHECKED qd_status qd_hub_check_model_id(const char *model_id, qd_error *error);

#endif
