/* Passes over long sequences, cut into segments of time.

   Forward runs segment after segment and keeps the states between them.  Backward runs them from the last to the first:
   each is computed forward again from the states before it, which fills the memory that all segments share, and then
   backward; the gradients of the states pass to the segment before (`carry`), and the weight gradients are summed on
   (`sums`), both so that no bit differs from a pass over the whole.  Truncated, each segment is the last one: they run
   from the first to the last and nothing is carried.

   Layers behind the one that gives the last state alone have one row a sequence, and run once. */
#include "nn/network_parts.h"

#include <string.h>

/* Layers of the list that run in segments. */
static size_t cut_layers(const qd_network *network)
{
    const size_t last_only = qd_network_last_only(network);
    return last_only < network->count ? last_only : network->count;
}

static size_t segments_of(const qd_workspace *w, size_t steps)
{
    const size_t segment = w->segments.how.steps;
    return steps / segment + (steps % segment != 0);
}

/* ---------------------------------------------------------------------------------------------- memory */

/* Elements of each part, in the order of qd_segments_place. */
typedef struct sizes {
    size_t states, end, outputs, dlast, sums, carry;
} sizes;

static size_t rounded(size_t elements)
{
    enum { SLICE = 64 / sizeof(qd_real) };
    return (elements + SLICE - 1) / SLICE * SLICE;
}

static sizes sizes_of(const qd_workspace *w)
{
    if (w->segments.how.steps == 0) {
        return (sizes){0};
    }
    const qd_network *network = w->network;
    const size_t state = rounded(network->state * w->rows);
    const size_t boundaries = w->segments.how.truncate ? 2 : segments_of(w, w->steps);
    return (sizes){
        .states = boundaries * state,
        .end = state,
        .outputs = network->per_step ? rounded(w->total * network->outputs) : 0,
        .dlast = network->per_step ? 0 : rounded(w->rows * network->layer[cut_layers(network) - 1]->outputs),
        .sums = w->segments.sums_size,
        .carry = w->segments.carry_size,
    };
}

size_t qd_segments_reals(const qd_workspace *w)
{
    const sizes s = sizes_of(w);
    return s.states + s.end + s.outputs + s.dlast + s.sums + s.carry;
}

void qd_segments_place(qd_workspace *w, qd_real *at)
{
    const sizes s = sizes_of(w);
    qd_segments *segments = &w->segments;
    segments->states = at;
    segments->end = at += s.states;
    segments->outputs = at += s.end;
    segments->dlast = at += s.outputs;
    segments->sums = at += s.dlast;
    segments->carry = at + s.sums;
}

/* ------------------------------------------------------------------------------------------ one segment */

/* Segment s of a batch, and the row at which it begins among the rows of all steps. */
static qd_packing segment_at(const qd_workspace *w, const qd_packing *whole, size_t s, size_t *row)
{
    const size_t most = w->segments.how.steps, first = s * most;
    const size_t steps = whole->steps - first < most ? whole->steps - first : most;
    size_t *offset = w->segments.offset;
    *row = whole->offset[first];
    for (size_t t = 0; t <= steps; t++) {
        offset[t] = whole->offset[first + t] - *row;
    }
    return (qd_packing){
        .rows = qd_packing_active(whole, first),
        .steps = steps,
        .offset = offset,
        .sample = whole->sample,
        .first = first,
        .later = qd_packing_going_on(whole, first + steps - 1),
    };
}

/* The states before segment s. */
static qd_real *states_before(const qd_workspace *w, size_t s)
{
    const size_t size = rounded(w->network->state * w->rows);
    return w->segments.states + (w->segments.how.truncate ? s % 2 : s) * size;
}

/* States of one block of rows to those of another. */
typedef struct taking {
    const qd_real *from;
    qd_real *to;
    size_t from_rows, to_rows; /* to_rows <= from_rows: the first ones */
} taking;

/* A layer's states lie one after the other, each [rows][units]: see qd_pass. */
static void take_layer(qd_layer *layer, void *context)
{
    const taking *t = context;
    for (size_t at = 0; at < layer->state; at += layer->units) {
        const size_t offset = layer->state_offset + at;
        memcpy(t->to + offset * t->to_rows, t->from + offset * t->from_rows,
               t->to_rows * layer->units * sizeof(qd_real));
    }
}

static void take_states(const qd_network *network, const taking *which)
{
    for (size_t i = 0; i < network->count; i++) {
        qd_layer_walk(network->layer[i], take_layer, (void *)which);
    }
}

/* Runs segment s forward, from the states before it to those after it. */
static void segment_forward(qd_workspace *w, const qd_packing *packing, size_t s, const qd_real *x)
{
    w->pass.state_in = s > 0 ? states_before(w, s) : NULL;
    w->pass.state_out = packing->later > 0 ? w->segments.end : NULL;
    qd_layers_forward(w, packing, 0, cut_layers(w->network), x);
    if (packing->later > 0) {
        take_states(w->network, &(taking){w->segments.end, states_before(w, s + 1), packing->rows, packing->later});
    }
}

/* Runs segment s backward.  dout: of all steps, or of the last states alone. */
static void segment_backward(qd_workspace *w, const qd_packing *packing, size_t s, const qd_real *x, qd_rows dout,
                             qd_real *dx)
{
    w->pass.state_in = s > 0 ? states_before(w, s) : NULL;
    w->pass.state_out = NULL;
    if (w->segments.how.truncate) {
        memset(w->segments.carry, 0, w->segments.carry_size * sizeof(qd_real));
    }
    (void)qd_layers_backward(w, packing, 0, cut_layers(w->network), x, dout, dx);
}

/* ---------------------------------------------------------------------------------------------- passes */

const qd_real *qd_segments_forward(qd_workspace *w, const qd_packing *whole, const qd_real *x)
{
    const qd_network *network = w->network;
    const size_t segments = segments_of(w, whole->steps);
    for (size_t s = 0; s < segments; s++) {
        size_t row;
        const qd_packing packing = segment_at(w, whole, s, &row);
        segment_forward(w, &packing, s, x + row * network->inputs);
        if (network->per_step) {
            memcpy(w->segments.outputs + row * network->outputs, qd_layers_output(w, network->count - 1).data,
                   qd_packing_total(&packing) * network->outputs * sizeof(qd_real));
        }
    }
    qd_layers_forward(w, whole, cut_layers(network), network->count, x);
    return network->per_step ? w->segments.outputs : qd_layers_output(w, network->count - 1).data;
}

/* Backward of what runs once: the gradient of the last states, in memory that the segments leave alone. */
static qd_rows last_gradients(qd_workspace *w, const qd_packing *whole, const qd_real *doutput)
{
    const qd_network *network = w->network;
    const size_t cut = cut_layers(network);
    const qd_rows dout = {(qd_real *)doutput, network->outputs, network->outputs};
    const qd_rows dlast = qd_layers_backward(w, whole, cut, network->count, NULL, dout, NULL);
    memcpy(w->segments.dlast, dlast.data, whole->rows * dlast.width * sizeof(qd_real));
    return (qd_rows){w->segments.dlast, dlast.width, dlast.width};
}

void qd_segments_backward(qd_workspace *w, const qd_packing *whole, const qd_real *x, const qd_real *doutput,
                          qd_real *dx)
{
    const qd_network *network = w->network;
    const size_t segments = segments_of(w, whole->steps), width = network->outputs;
    const bool truncate = w->segments.how.truncate;
    const qd_rows dlast = network->per_step ? (qd_rows){0} : last_gradients(w, whole, doutput);
    memset(w->segments.sums, 0, w->segments.sums_size * sizeof(qd_real));
    memset(w->segments.carry, 0, w->segments.carry_size * sizeof(qd_real));
    w->pass.sums = w->segments.sums;
    w->pass.carry = w->segments.carry;
    w->pass.rows_of_batch = whole->rows;
    for (size_t i = 0; i < segments; i++) {
        const size_t s = truncate ? i : segments - 1 - i;
        size_t row;
        const qd_packing packing = segment_at(w, whole, s, &row);
        if (i > 0 || truncate) { /* the last one was the last to run forward */
            segment_forward(w, &packing, s, x + row * network->inputs);
        }
        const qd_rows dout = network->per_step ? (qd_rows){(qd_real *)doutput + row * width, width, width} : dlast;
        w->pass.more = i + 1 < segments;
        segment_backward(w, &packing, s, x + row * network->inputs, dout,
                         dx != NULL ? dx + row * network->inputs : NULL);
    }
    w->pass.sums = w->pass.carry = NULL;
    w->pass.more = false;
}
