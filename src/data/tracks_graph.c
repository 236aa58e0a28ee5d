/* btrack's graph of divisions, a JSON object: {"82": [53], "83": [53]}, each daughter with her mother. */
#include "base/json.h"
#include "data/tracks_gather.h"

/* The mother in a member's value, [53] or 53; NULL: it is something else. */
static const char *mother_of(const qd_json_value *value)
{
    if (value->kind == QD_JSON_ARRAY && value->count == 1) {
        value = value->first;
    }
    return value->kind == QD_JSON_NUMBER || value->kind == QD_JSON_STRING ? value->text : NULL;
}

static qd_status read_pair(qd_gathering *g, const qd_json *json, const qd_json_value *daughter, qd_error *error)
{
    const char *mother = mother_of(daughter);
    if (mother == NULL) {
        return qd_json_refuse(json, daughter, error, "expected one mother, as in {\"82\": [53]}");
    }
    size_t n, m;
    const bool known = qd_numbering_find(&g->ids, daughter->key, &n);
    if (!known || !qd_numbering_find(&g->ids, mother, &m)) {
        return qd_json_refuse(json, daughter, error, "the track %.60s is not in %.100s", known ? mother : daughter->key,
                              g->path);
    }
    return qd_gather_parent(g, n, mother, 0, error);
}

qd_status qd_gather_graph(qd_gathering *g, qd_error *error)
{
    const qd_json_place place = {.file = g->graph.path};
    qd_json json;
    qd_status status = qd_json_parse(place, g->graph.bytes, g->graph.size, &json, error);
    if (status != QD_OK) {
        return status;
    }
    const qd_json_value *root = &json.values[0];
    if (root->kind != QD_JSON_OBJECT) {
        status = qd_json_refuse(&json, root, error, "expected an object, as in {\"82\": [53]}");
    }
    for (const qd_json_value *daughter = root->first; daughter != NULL && status == QD_OK; daughter = daughter->next) {
        status = read_pair(g, &json, daughter, error);
    }
    qd_json_clear(&json);
    g->lineage = true;
    g->graph.path = NULL;
    return status;
}
