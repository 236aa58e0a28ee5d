/* The network: makes the layers of a list, numbers them, and places their parameters in one block. */
#include "base/mem.h"
#include "nn/init.h"
#include "nn/network_parts.h"

#include <string.h>

void qd_layer_walk(qd_layer *layer, qd_layer_visit visit, void *context)
{
    if (layer != NULL) {
        visit(layer, context);
        qd_layer_walk(layer->child[0], visit, context);
        qd_layer_walk(layer->child[1], visit, context);
    }
}

/* ------------------------------------------------------------------------------------------- numbering */

typedef struct numbering {
    qd_network *network;
    size_t number; /* of the list's layer under way */
} numbering;

static void place(qd_layer *layer, void *context)
{
    numbering *n = context;
    qd_network *network = n->network;
    layer->number = n->number;
    layer->index = (uint32_t)network->indices++;
    layer->state_offset = network->state;
    network->state += layer->state;
    layer->parameter_offset = network->parameters;
    const size_t count = layer->kind->tensors != NULL ? layer->kind->tensors(layer, NULL) : 0;
    qd_tensor *tensor = network->tensor != NULL ? network->tensor + network->tensors : NULL;
    if (count > 0 && tensor != NULL) {
        layer->kind->tensors(layer, tensor);
        for (size_t i = 0; i < count; i++) {
            tensor[i].offset = network->parameters;
            network->parameters += tensor[i].rows * (tensor[i].cols > 0 ? tensor[i].cols : 1);
        }
    }
    network->tensors += count;
}

/* The kind of layer that has the parameters: what modifiers and directions are put around. */
static const qd_layer_kind *innermost(const qd_layer *layer)
{
    return layer->child[0] != NULL ? innermost(layer->child[0]) : layer->kind;
}

/* How many layers of its kind stand before layer i of the list: the k of lstm.weight_ih_l{k}, which counts lstm and
   bilstm together, for they share their names. */
static size_t number_of(const qd_network *network, size_t i)
{
    size_t number = 0;
    for (size_t before = 0; before < i; before++) {
        number += innermost(network->layer[before]) == innermost(network->layer[i]);
    }
    return number;
}

static void place_all(qd_network *network)
{
    numbering n = {.network = network};
    network->indices = network->parameters = network->tensors = network->state = 0;
    for (size_t i = 0; i < network->count; i++) {
        n.number = number_of(network, i);
        qd_layer_walk(network->layer[i], place, &n);
    }
}

/* ---------------------------------------------------------------------------------------------- making */

size_t qd_network_last_only(const qd_network *network)
{
    size_t i = 0;
    while (i < network->count && !network->layer[i]->last_only) {
        i++;
    }
    return i + 1;
}

/* Which layer of the list gives one row a sequence: the one that pools, or else the last recurrent one; count where
   there is none. */
static qd_status find_last_only(const qd_layer_spec *specs, size_t count, bool per_step, size_t *found, qd_error *error)
{
    size_t pool = count, recurrent = count;
    for (size_t i = 0; i < count; i++) {
        const qd_layer_kind *kind = qd_layer_kind_find(specs[i].kind);
        recurrent = kind->recurrent ? i : recurrent;
        if (kind->pools && (per_step || pool < count)) {
            return qd_fail(error, QD_ERR_VALUE, "layers: %s gives one row a sequence, %s", specs[i].kind,
                           per_step ? "but a prediction is wanted at every step" : "which only one layer can");
        }
        pool = kind->pools ? i : pool;
    }
    if (pool < count && recurrent < count && recurrent > pool) {
        return qd_fail(error, QD_ERR_VALUE, "layers: %s after %s, where there is only one row a sequence",
                       specs[recurrent].kind, specs[pool].kind);
    }
    *found = pool < count ? pool : recurrent;
    return *found == count && !per_step ? qd_fail(error, QD_ERR_VALUE,
                                                  "layers: one prediction a sequence needs a recurrent layer, or one "
                                                  "that pools (mean, max, attention)")
                                        : QD_OK;
}

static qd_status check_tokens(const qd_layer_spec *specs, size_t count, qd_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const qd_layer_kind *kind = qd_layer_kind_find(specs[i].kind);
        if (kind->tokens && (i > 0 || specs[i].residual || specs[i].dropout > 0)) {
            return qd_fail(error, QD_ERR_VALUE, "layers: %s reads tokens: it can only be the first, without modifiers",
                           specs[i].kind);
        }
    }
    return QD_OK;
}

static qd_status add_layers(qd_network *network, const qd_layer_spec *specs, size_t count, double dropout,
                            qd_error *error)
{
    size_t last = count;
    qd_status status = check_tokens(specs, count, error);
    if (status == QD_OK) {
        status = find_last_only(specs, count, network->per_step, &last, error);
    }
    size_t width = network->inputs;
    for (size_t i = 0; i <= count && status == QD_OK; i++) {
        qd_layer_spec spec = i < count ? specs[i] : (qd_layer_spec){.kind = "dense", .units = network->outputs};
        if (spec.dropout < 0) {
            spec.dropout = qd_layer_kind_find(spec.kind)->recurrent ? dropout : 0;
        }
        status = qd_layer_new(&spec, width, !network->per_step && i == last, &network->layer[i], error);
        if (status == QD_OK) {
            width = network->layer[i]->outputs;
            network->count++;
        }
    }
    return status;
}

static qd_status build(qd_network *network, const char *list, double dropout, qd_error *error)
{
    qd_layer_spec *specs;
    size_t count;
    qd_status status = qd_layer_specs_parse(list, &specs, &count, error);
    if (status != QD_OK) {
        return status;
    }
    network->layer = qd_mem_new(count + 1, sizeof(qd_layer *));
    status = network->layer == NULL ? qd_fail_memory(error, count * sizeof(qd_layer *), "layers")
                                    : add_layers(network, specs, count, dropout, error);
    qd_mem_free(specs);
    if (status != QD_OK) {
        return status;
    }
    place_all(network); /* counts */
    network->tensor = qd_mem_new(network->tensors, sizeof *network->tensor);
    if (network->tensor == NULL) {
        return qd_fail_memory(error, network->tensors * sizeof *network->tensor, "tensors");
    }
    place_all(network);
    return QD_OK;
}

qd_status qd_network_new(const char *list, double dropout, size_t inputs, size_t outputs, bool per_step,
                         qd_network **out, qd_error *error)
{
    qd_network *network = qd_mem_new(1, sizeof *network);
    if (network == NULL) {
        return qd_fail_memory(error, sizeof *network, "a network");
    }
    network->inputs = inputs;
    network->outputs = outputs;
    network->per_step = per_step;
    const qd_status status = build(network, list, dropout, error);
    if (status != QD_OK) {
        qd_network_free(network);
        return status;
    }
    *out = network;
    return QD_OK;
}

void qd_network_free(qd_network *network)
{
    if (network != NULL) {
        for (size_t i = 0; i < network->count; i++) {
            qd_layer_free(network->layer[i]);
        }
        qd_mem_free(network->layer);
        qd_mem_free(network->tensor);
        qd_mem_free(network);
    }
}

size_t qd_network_inputs(const qd_network *network)
{
    return network->inputs;
}

size_t qd_network_outputs(const qd_network *network)
{
    return network->outputs;
}

bool qd_network_per_step(const qd_network *network)
{
    return network->per_step;
}

size_t qd_network_vocabulary(const qd_network *network)
{
    return network->layer[0]->kind->tokens ? network->layer[0]->vocabulary : 0;
}

size_t qd_network_parameters(const qd_network *network)
{
    return network->parameters;
}

size_t qd_network_tensors(const qd_network *network)
{
    return network->tensors;
}

const qd_tensor *qd_network_tensor(const qd_network *network, size_t i)
{
    return &network->tensor[i];
}

size_t qd_network_state(const qd_network *network)
{
    return network->state;
}

/* One call of qd_network_state_gather. */
typedef struct gathering {
    size_t rows, count;
    const qd_real *state;
    const size_t *from;
    qd_real *out;
} gathering;

static void gather_layer(qd_layer *layer, void *context)
{
    const gathering *g = context;
    const size_t units = layer->units, arrays = units > 0 ? layer->state / units : 0;
    for (size_t a = 0; a < arrays; a++) { /* each [rows][units] */
        const qd_real *state = g->state + (layer->state_offset + a * units) * g->rows;
        qd_real *out = g->out + (layer->state_offset + a * units) * g->count;
        for (size_t i = 0; i < g->count; i++) {
            memcpy(out + i * units, state + g->from[i] * units, units * sizeof *out);
        }
    }
}

void qd_network_state_gather(const qd_network *network, size_t rows, const qd_real *state, size_t count,
                             const size_t *from, qd_real *out)
{
    gathering g = {rows, count, state, from, out};
    for (size_t i = 0; i < network->count; i++) {
        qd_layer_walk(network->layer[i], gather_layer, &g);
    }
}

qd_status qd_network_init(const qd_network *network, uint64_t seed, qd_real *parameters, qd_error *error)
{
    qd_status status = QD_OK;
    for (size_t i = 0; i < network->tensors && status == QD_OK; i++) {
        const qd_tensor *tensor = &network->tensor[i];
        status = qd_tensor_init(tensor, seed, (uint32_t)i, parameters + tensor->offset, error);
    }
    return status;
}

/* The first layer of a tree that cannot stream, or NULL. */
static const qd_layer *not_streaming(const qd_layer *layer)
{
    for (int i = 0; i < 2 && layer->kind->streams; i++) {
        const qd_layer *below = layer->child[i] != NULL ? not_streaming(layer->child[i]) : NULL;
        if (below != NULL) {
            return below;
        }
    }
    return layer->kind->streams ? NULL : layer;
}

/* The first layer of a tree that cannot be cut into segments, or NULL. */
static const qd_layer *not_segmenting(const qd_layer *layer)
{
    for (int i = 0; i < 2 && layer->kind->segments; i++) {
        const qd_layer *below = layer->child[i] != NULL ? not_segmenting(layer->child[i]) : NULL;
        if (below != NULL) {
            return below;
        }
    }
    return layer->kind->segments ? NULL : layer;
}

bool qd_network_segments(const qd_network *network, const char **name)
{
    for (size_t i = 0; i < network->count; i++) {
        const qd_layer *found = not_segmenting(network->layer[i]);
        if (found != NULL) {
            if (name != NULL) {
                *name = found->kind->name;
            }
            return false;
        }
    }
    return true;
}

bool qd_network_streams(const qd_network *network, const char **name)
{
    for (size_t i = 0; i < network->count; i++) {
        const qd_layer *found = not_streaming(network->layer[i]);
        if (found != NULL) {
            if (name != NULL) {
                *name = found->kind->name;
            }
            return false;
        }
    }
    return true;
}

static const qd_layer *looking_ahead(const qd_layer *layer)
{
    if (layer == NULL || layer->ahead) {
        return layer;
    }
    const qd_layer *first = looking_ahead(layer->child[0]);
    return first != NULL ? first : looking_ahead(layer->child[1]);
}

bool qd_network_causal(const qd_network *network, const char **name)
{
    for (size_t i = 0; i < network->count; i++) {
        const qd_layer *found = looking_ahead(network->layer[i]);
        if (found != NULL) {
            if (name != NULL) {
                *name = found->kind->name;
            }
            return false;
        }
    }
    return true;
}
