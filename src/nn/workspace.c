/* The workspace: all memory that passes work in, sized and placed before the first of them, and the passes themselves.
 */
#include "base/mem.h"
#include "nn/network_parts.h"

#include <assert.h>

/* Blocks of a workspace begin at multiples of 64 bytes, and so do the slices in them. */
enum { SLICE = 64 / sizeof(qd_real) };

struct qd_workspace {
    const qd_network *network;
    size_t rows, steps, total;
    bool training;
    qd_place *places; /* [indices] */
    size_t *offset;   /* [2]: of a packing of one step */
    qd_real *block;
    qd_real *outputs;   /* every layer's of the list (training), or two in turn */
    qd_real *gradients; /* of outputs, two in turn */
    qd_span *spans;
    qd_pass pass; /* its blocks and, during a call, the rest */
};

/* Elements of each block, and where each layer's slices begin. */
typedef struct plan {
    const qd_network *network;
    const qd_kernels *kernels;
    size_t rows, steps, total; /* of the layer of the list under way */
    bool training;
    qd_place *places; /* or NULL: only the sizes */
    size_t packed, saved, scratch, most_scratch, spans, outputs, widest_rows, widest, out;
} plan;

static size_t slice(size_t elements)
{
    return (elements + SLICE - 1) / SLICE * SLICE;
}

static void plan_layer(qd_layer *layer, void *context)
{
    plan *p = context;
    const qd_needs needs = layer->kind->needs != NULL
                               ? layer->kind->needs(layer, p->kernels, p->rows, p->steps, p->total, p->training)
                               : (qd_needs){0};
    if (p->places != NULL) {
        p->places[layer->index] = (qd_place){p->packed, p->saved, p->scratch, p->out};
    }
    p->packed += slice(needs.packed);
    p->saved += slice(needs.saved);
    p->scratch += slice(needs.scratch);
    p->spans = needs.spans > p->spans ? needs.spans : p->spans;
    p->widest = layer->outputs > p->widest ? layer->outputs : p->widest;
}

static void make_plan(plan *p, size_t rows, size_t steps, size_t total)
{
    const qd_network *network = p->network;
    *p = (plan){.network = network, .kernels = p->kernels, .training = p->training, .places = p->places};
    for (size_t i = 0, each = total; i < network->count; i++) {
        const qd_layer *layer = network->layer[i];
        each = qd_layer_rows(layer, rows, each);
        const size_t elements = slice(each * layer->outputs);
        p->widest_rows = elements > p->widest_rows ? elements : p->widest_rows;
    }
    for (size_t i = 0; i < network->count; i++) {
        qd_layer *layer = network->layer[i];
        p->rows = rows;
        p->steps = steps;
        p->total = total;
        p->scratch = 0; /* only within one call */
        p->out = p->training ? p->outputs : (i % 2) * p->widest_rows;
        qd_layer_walk(layer, plan_layer, p);
        p->most_scratch = p->scratch > p->most_scratch ? p->scratch : p->most_scratch;
        if (layer->last_only) { /* one row a sequence from here on */
            steps = 1;
            total = rows;
        }
        p->outputs += slice(total * layer->outputs);
    }
    if (!p->training) {
        p->outputs = 2 * p->widest_rows;
    }
}

/* Elements of the one block of reals. */
static size_t plan_reals(const plan *p)
{
    return p->packed + p->saved + p->most_scratch + p->outputs + (p->training ? 2 * p->widest_rows : 0) +
           slice(p->widest);
}

size_t qd_workspace_bytes(const qd_network *network, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                          bool training)
{
    plan p = {.network = network, .kernels = kernels, .training = training};
    make_plan(&p, rows, steps, total);
    return sizeof(qd_workspace) + network->indices * sizeof(qd_place) + 2 * sizeof(size_t) +
           plan_reals(&p) * sizeof(qd_real) + p.spans * sizeof(qd_span);
}

qd_status qd_workspace_new(const qd_network *network, const qd_kernels *kernels, qd_pool *pool, size_t rows,
                           size_t steps, size_t total, bool training, qd_workspace **out, qd_error *error)
{
    qd_workspace *w = qd_mem_new(1, sizeof *w);
    qd_place *places = qd_mem_new(network->indices, sizeof *places);
    plan p = {.network = network, .kernels = kernels, .training = training, .places = places};
    if (w != NULL && places != NULL) {
        make_plan(&p, rows, steps, total);
        w->block = qd_mem_new(plan_reals(&p), sizeof(qd_real));
        w->spans = qd_mem_new(p.spans, sizeof(qd_span));
        w->offset = qd_mem_new(2, sizeof(size_t));
    }
    if (w == NULL || places == NULL || w->block == NULL || w->spans == NULL || w->offset == NULL) {
        qd_mem_free(places);
        qd_workspace_free(w);
        return qd_fail_memory(error, qd_workspace_bytes(network, kernels, rows, steps, total, training),
                              "the network's workspace");
    }
    w->network = network;
    w->rows = rows;
    w->steps = steps;
    w->total = total;
    w->training = training;
    w->places = places;
    qd_real *at = w->block;
    w->pass = (qd_pass){.kernels = kernels, .pool = pool, .places = places, .spans = w->spans, .packed = at};
    w->pass.saved = at += p.packed;
    w->pass.scratch = at += p.saved;
    w->outputs = at += p.most_scratch;
    w->gradients = at += p.outputs;
    w->pass.zeros = at + (training ? 2 * p.widest_rows : 0);
    *out = w;
    return QD_OK;
}

void qd_workspace_free(qd_workspace *w)
{
    if (w != NULL) {
        qd_mem_free(w->places);
        qd_mem_free(w->offset);
        qd_mem_free(w->block);
        qd_mem_free(w->spans);
        qd_mem_free(w);
    }
}

static void pack_layer(qd_layer *layer, void *context)
{
    if (layer->kind->pack != NULL) {
        layer->kind->pack(layer, context);
    }
}

void qd_workspace_load(qd_workspace *w, const qd_real *parameters)
{
    w->pass.parameters = parameters;
    w->pass.training = w->training;
    for (size_t i = 0; i < w->network->count; i++) {
        qd_layer_walk(w->network->layer[i], pack_layer, &w->pass);
    }
}

void qd_workspace_seed(qd_workspace *w, uint64_t seed, uint32_t epoch)
{
    w->pass.seed = seed;
    w->pass.epoch = epoch;
}

/* ---------------------------------------------------------------------------------------------- passes */

/* What layer i of the list puts out; i = -1 would be the inputs. */
static qd_rows output_of(const qd_workspace *w, size_t i)
{
    const qd_layer *layer = w->network->layer[i];
    return (qd_rows){w->outputs + w->places[layer->index].out, layer->outputs, layer->outputs};
}

static qd_rows input_of(const qd_workspace *w, size_t i, const qd_real *x)
{
    /* Layers only read their inputs. */
    return i > 0 ? output_of(w, i - 1) : (qd_rows){(qd_real *)x, w->network->inputs, w->network->inputs};
}

/* The packing for layer i: behind the layer that gives the last state alone, one step of all sequences. */
static qd_packing packing_of(qd_workspace *w, const qd_packing *packing, size_t i)
{
    if (w->network->per_step || i < qd_network_last_only(w->network)) {
        return *packing;
    }
    w->offset[0] = 0;
    w->offset[1] = packing->rows;
    return (qd_packing){packing->rows, 1, w->offset, packing->sample};
}

static void set_states(qd_pass *pass, const qd_states *states)
{
    const qd_states none = {0};
    states = states != NULL ? states : &none;
    pass->state_in = states->in;
    pass->state_out = states->out;
    pass->dstate_out = states->dout;
    pass->dstate_in = states->din;
}

const qd_real *qd_network_forward(qd_workspace *w, const qd_packing *packing, const qd_real *x, bool training,
                                  const qd_states *states)
{
    assert(packing->rows <= w->rows && packing->steps <= w->steps && qd_packing_total(packing) <= w->total);
    assert(!training || w->training);
    const qd_network *network = w->network;
    w->pass.training = training;
    set_states(&w->pass, states);
    for (size_t i = 0; i < network->count; i++) {
        const qd_layer *layer = network->layer[i];
        const qd_packing own = packing_of(w, packing, i);
        w->pass.packing = &own;
        layer->kind->forward(layer, &w->pass, input_of(w, i, x), output_of(w, i));
    }
    w->pass.packing = NULL;
    return output_of(w, network->count - 1).data;
}

void qd_network_backward(qd_workspace *w, const qd_packing *packing, const qd_real *x, const qd_real *doutput,
                         qd_real *gradients, qd_real *dx, const qd_states *states)
{
    const qd_network *network = w->network;
    const size_t half = (size_t)(w->pass.zeros - w->gradients) / 2;
    qd_rows dout = {(qd_real *)doutput, network->outputs, network->outputs};
    w->pass.training = true;
    w->pass.gradients = gradients;
    set_states(&w->pass, states);
    for (size_t i = network->count; i-- > 0;) {
        const qd_layer *layer = network->layer[i];
        const qd_packing own = packing_of(w, packing, i);
        w->pass.packing = &own;
        const qd_rows din = {i > 0 ? w->gradients + (i % 2) * half : dx, layer->inputs, layer->inputs};
        layer->kind->backward(layer, &w->pass, input_of(w, i, x), output_of(w, i), dout,
                              din.data != NULL ? &din : NULL);
        dout = din;
    }
    w->pass.packing = NULL;
}

/* What qd_workspace_learn hands down. */
typedef struct lesson {
    const qd_pass *pass;
    qd_real *parameters;
} lesson;

static void learn_layer(qd_layer *layer, void *context)
{
    const lesson *l = context;
    if (layer->kind->learn != NULL) {
        layer->kind->learn(layer, l->pass, l->parameters);
    }
}

void qd_workspace_learn(qd_workspace *w, qd_real *parameters)
{
    lesson l = {&w->pass, parameters};
    for (size_t i = 0; i < w->network->count; i++) {
        qd_layer_walk(w->network->layer[i], learn_layer, &l);
    }
}

/* A batch of one step, whose states are those of the stream. */
void qd_network_step(qd_workspace *w, size_t rows, const qd_real *x, qd_real *y, qd_real *state)
{
    assert(qd_network_streams(w->network, NULL));
    size_t offset[2] = {0, rows};
    const qd_packing packing = {.rows = rows, .steps = 1, .offset = offset};
    const qd_states states = {.in = state, .out = state};
    const qd_real *out = qd_network_forward(w, &packing, x, false, &states);
    for (size_t i = 0; i < rows * w->network->outputs; i++) {
        y[i] = out[i];
    }
}
