/* The workspace: all memory that passes work in, sized and placed before the first of them, and the passes themselves.
 */
#include "base/mem.h"
#include "nn/network_parts.h"

#include <assert.h>

/* Blocks of a workspace begin at multiples of 64 bytes, and so do the slices in them. */
enum { SLICE = 64 / sizeof(qd_real) };

/* Elements of each block, and where each layer's slices begin. */
typedef struct plan {
    const qd_network *network;
    const qd_kernels *kernels;
    size_t rows, steps, total; /* of the layer of the list under way */
    bool training;
    qd_place *places; /* or NULL: only the sizes */
    size_t packed, saved, scratch, most_scratch, spans, outputs, widest_rows, widest, out, sums, carry;
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
        p->places[layer->index] = (qd_place){p->packed, p->saved, p->scratch, p->sums, p->carry, p->out};
    }
    p->sums += slice(needs.sums);
    p->carry += slice(needs.carry);
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

/* A workspace with everything but its memory: its sizes. */
static qd_workspace workspace_of(const qd_network *network, size_t rows, size_t steps, size_t total, bool training,
                                 qd_segmenting segmenting)
{
    qd_workspace w = {.network = network, .rows = rows, .steps = steps, .total = total, .training = training};
    if (segmenting.steps > 0 && segmenting.steps < steps) {
        w.segments.how = segmenting;
    }
    return w;
}

/* The plan of its layers: for whole sequences, or for one segment of them. */
static plan plan_of(qd_workspace *w, const qd_kernels *kernels, qd_place *places)
{
    plan p = {.network = w->network, .kernels = kernels, .training = w->training, .places = places};
    const size_t segment = w->segments.how.steps;
    const size_t most = w->rows * segment < w->total ? w->rows * segment : w->total;
    make_plan(&p, w->rows, segment > 0 ? segment : w->steps, segment > 0 ? most : w->total);
    w->segments.sums_size = segment > 0 && w->training ? p.sums : 0;
    w->segments.carry_size = segment > 0 && w->training ? p.carry : 0;
    return p;
}

static size_t spans_and_offsets(const qd_workspace *w, const plan *p)
{
    return p->spans * sizeof(qd_span) + (2 + w->segments.how.steps + 1) * sizeof(size_t);
}

size_t qd_workspace_bytes_in(const qd_network *network, const qd_kernels *kernels, size_t rows, size_t steps,
                             size_t total, bool training, qd_segmenting segmenting)
{
    qd_workspace w = workspace_of(network, rows, steps, total, training, segmenting);
    const plan p = plan_of(&w, kernels, NULL);
    return sizeof w + network->indices * sizeof(qd_place) + spans_and_offsets(&w, &p) +
           (plan_reals(&p) + qd_segments_reals(&w)) * sizeof(qd_real);
}

size_t qd_workspace_bytes(const qd_network *network, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                          bool training)
{
    return qd_workspace_bytes_in(network, kernels, rows, steps, total, training, (qd_segmenting){0});
}

qd_status qd_workspace_new_in(const qd_network *network, const qd_kernels *kernels, qd_pool *pool, size_t rows,
                              size_t steps, size_t total, bool training, qd_segmenting segmenting, qd_workspace **out,
                              qd_error *error)
{
    assert(segmenting.steps == 0 || qd_network_segments(network, NULL));
    qd_workspace *w = qd_mem_new(1, sizeof *w);
    qd_place *places = qd_mem_new(network->indices, sizeof *places);
    plan p = {0};
    if (w != NULL && places != NULL) {
        *w = workspace_of(network, rows, steps, total, training, segmenting);
        p = plan_of(w, kernels, places);
        w->block = qd_mem_new(plan_reals(&p) + qd_segments_reals(w), sizeof(qd_real));
        w->spans = qd_mem_new(p.spans, sizeof(qd_span));
        w->offset = qd_mem_new(2, sizeof(size_t));
        w->segments.offset = qd_mem_new(w->segments.how.steps + 1, sizeof(size_t));
    }
    if (w == NULL || places == NULL || w->block == NULL || w->spans == NULL || w->offset == NULL ||
        w->segments.offset == NULL) {
        qd_mem_free(places);
        qd_workspace_free(w);
        return qd_fail_memory(error, qd_workspace_bytes_in(network, kernels, rows, steps, total, training, segmenting),
                              "the network's workspace");
    }
    w->places = places;
    qd_real *at = w->block;
    w->pass = (qd_pass){.kernels = kernels, .pool = pool, .places = places, .spans = w->spans, .packed = at};
    w->pass.saved = at += p.packed;
    w->pass.scratch = at += p.saved;
    w->outputs = at += p.most_scratch;
    w->gradients = at += p.outputs;
    w->pass.zeros = at += training ? 2 * p.widest_rows : 0;
    qd_segments_place(w, at + slice(p.widest));
    *out = w;
    return QD_OK;
}

qd_status qd_workspace_new(const qd_network *network, const qd_kernels *kernels, qd_pool *pool, size_t rows,
                           size_t steps, size_t total, bool training, qd_workspace **out, qd_error *error)
{
    return qd_workspace_new_in(network, kernels, pool, rows, steps, total, training, (qd_segmenting){0}, out, error);
}

void qd_workspace_free(qd_workspace *w)
{
    if (w != NULL) {
        qd_mem_free(w->places);
        qd_mem_free(w->offset);
        qd_mem_free(w->segments.offset);
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

qd_rows qd_layers_output(const qd_workspace *w, size_t i)
{
    const qd_layer *layer = w->network->layer[i];
    return (qd_rows){w->outputs + w->places[layer->index].out, layer->outputs, layer->outputs};
}

static qd_rows input_of(const qd_workspace *w, size_t i, const qd_real *x)
{
    /* Layers only read their inputs. */
    return i > 0 ? qd_layers_output(w, i - 1) : (qd_rows){(qd_real *)x, w->network->inputs, w->network->inputs};
}

/* The packing for layer i: behind the layer that gives the last state alone, one step of all sequences. */
static qd_packing packing_of(qd_workspace *w, const qd_packing *packing, size_t i)
{
    if (w->network->per_step || i < qd_network_last_only(w->network)) {
        return *packing;
    }
    w->offset[0] = 0;
    w->offset[1] = packing->rows;
    return (qd_packing){.rows = packing->rows, .steps = 1, .offset = w->offset, .sample = packing->sample};
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

void qd_layers_forward(qd_workspace *w, const qd_packing *packing, size_t first, size_t last, const qd_real *x)
{
    for (size_t i = first; i < last; i++) {
        const qd_layer *layer = w->network->layer[i];
        const qd_packing own = packing_of(w, packing, i);
        w->pass.packing = &own;
        layer->kind->forward(layer, &w->pass, input_of(w, i, x), qd_layers_output(w, i));
    }
    w->pass.packing = NULL;
}

qd_rows qd_layers_backward(qd_workspace *w, const qd_packing *packing, size_t first, size_t last, const qd_real *x,
                           qd_rows dout, qd_real *dx)
{
    const size_t half = (size_t)(w->pass.zeros - w->gradients) / 2;
    for (size_t i = last; i-- > first;) {
        const qd_layer *layer = w->network->layer[i];
        const qd_packing own = packing_of(w, packing, i);
        w->pass.packing = &own;
        const qd_rows din = {i > 0 ? w->gradients + (i % 2) * half : dx, layer->inputs, layer->inputs};
        layer->kind->backward(layer, &w->pass, input_of(w, i, x), qd_layers_output(w, i), dout,
                              din.data != NULL ? &din : NULL);
        dout = din;
    }
    w->pass.packing = NULL;
    return dout;
}

const qd_real *qd_network_forward(qd_workspace *w, const qd_packing *packing, const qd_real *x, bool training,
                                  const qd_states *states)
{
    assert(packing->rows <= w->rows && packing->steps <= w->steps && qd_packing_total(packing) <= w->total);
    assert(!training || w->training);
    w->pass.training = training;
    set_states(&w->pass, states);
    if (w->segments.how.steps > 0) {
        assert(states == NULL);
        return qd_segments_forward(w, packing, x);
    }
    qd_layers_forward(w, packing, 0, w->network->count, x);
    return qd_layers_output(w, w->network->count - 1).data;
}

void qd_network_backward(qd_workspace *w, const qd_packing *packing, const qd_real *x, const qd_real *doutput,
                         qd_real *gradients, qd_real *dx, const qd_states *states)
{
    const qd_network *network = w->network;
    w->pass.training = true;
    w->pass.gradients = gradients;
    set_states(&w->pass, states);
    if (w->segments.how.steps > 0) {
        assert(states == NULL);
        qd_segments_backward(w, packing, x, doutput, dx);
        return;
    }
    const qd_rows dout = {(qd_real *)doutput, network->outputs, network->outputs};
    (void)qd_layers_backward(w, packing, 0, network->count, x, dout, dx);
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
