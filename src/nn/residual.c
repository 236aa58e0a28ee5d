/* A residual connection around a layer (He et al. 2016): its input is added to its output.  Around a layer that gives
   its last state alone, the input of each sequence's last step is. */
#include "nn/layer.h"
#include "kernels/wrong.h"

#include <string.h>

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    layer->outputs = layer->child[0]->outputs;
    if (layer->outputs != layer->inputs) {
        return qd_fail(error, QD_ERR_VALUE,
                       "layers: %s:%zu+residual: the layer has %zu inputs and %zu outputs; to add them they must be "
                       "as many",
                       spec->kind, spec->units, layer->inputs, layer->outputs);
    }
    return QD_OK;
}

/* Kept: the child's outputs. */
static qd_needs needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training)
{
    (void)kernels;
    (void)steps;
    return (qd_needs){.saved = training ? qd_layer_rows(layer, rows, total) * layer->outputs : 0};
}

/* sum += term, row by row. */
static void add_rows(qd_rows sum, qd_rows term, size_t rows)
{
    for (size_t r = 0; r < rows; r++) {
        qd_real *to = qd_rows_at(sum, r);
        const qd_real *from = qd_rows_at(term, r);
        for (size_t i = 0; i < sum.width; i++) {
            to[i] += from[i];
        }
    }
}

static qd_rows rows_from(qd_rows rows, size_t first)
{
    return (qd_rows){qd_rows_at(rows, first), rows.width, rows.ld};
}

/* Adds what lies at every step, [total], to what the layer puts out, or the other way round. */
static void add_steps(const qd_layer *layer, const qd_packing *packing, qd_rows steps, qd_rows outputs, bool to_outputs)
{
    for (size_t t = 0; t < packing->steps; t++) {
        const size_t active = qd_packing_active(packing, t);
        /* Sequences that have the step, or for which it is the last. */
        const size_t first = layer->last_only ? qd_packing_going_on(packing, t) : 0;
        const qd_rows at_step = rows_from(steps, packing->offset[t] + first);
        const qd_rows at_output = rows_from(outputs, (layer->last_only ? 0 : packing->offset[t]) + first);
        if (to_outputs) {
            add_rows(at_output, at_step, active - first);
        } else {
            add_rows(at_step, at_output, active - first);
        }
    }
}

static qd_rows kept(const qd_layer *layer, const qd_pass *pass)
{
    return (qd_rows){qd_layer_saved(layer, pass), layer->outputs, layer->outputs};
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const qd_layer *child = layer->child[0];
    const qd_rows own = pass->training ? kept(layer, pass) : out;
    const size_t rows = qd_layer_rows(layer, pass->packing->rows, qd_packing_total(pass->packing));
    child->kind->forward(child, pass, in, own);
    for (size_t r = 0; pass->training && r < rows; r++) {
        memcpy(qd_rows_at(out, r), qd_rows_at(own, r), own.width * sizeof(qd_real));
    }
    add_steps(layer, pass->packing, in, out, true);
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    (void)out;
    const qd_layer *child = layer->child[0];
    child->kind->backward(child, pass, in, kept(layer, pass), dout, din);
    if (din != NULL && !qd_wrong(26)) {
        add_steps(layer, pass->packing, *din, dout, false);
    }
}

const qd_layer_kind qd_layer_residual = {
    .name = "residual",
    .help = "a layer to whose outputs its inputs are added",
    .streams = true,
    .segments = true,
    .configure = configure,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
