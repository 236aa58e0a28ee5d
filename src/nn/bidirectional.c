/* Two layers of one kind over the same sequences (Schuster, Paliwal 1997), the second one from the end to the
   beginning; their outputs stand side by side.  Of a layer that gives its last state alone, the second half is the
   state after the sequence's first step, where that direction ends.

   Kept apart, the first layer reads the first half of the inputs' columns and the second layer the other half: stacked
   on one another, neither direction ever sees what the other has seen. */
#include "nn/layer.h"
#include "kernels/wrong.h"

#include <string.h>

static qd_status make(qd_layer *layer, const char *each, const qd_layer_spec *spec, size_t inputs, qd_error *error)
{
    for (int i = 0; i < 2; i++) {
        const qd_status status =
            qd_layer_make(qd_layer_kind_find(each), spec, inputs, layer->last_only, NULL, &layer->child[i], error);
        if (status != QD_OK) {
            return status;
        }
        layer->outputs += layer->child[i]->outputs;
    }
    layer->child[1]->reverse = true;
    layer->ahead = true;
    layer->units = spec->units;
    return QD_OK;
}

/* The kind "biX" is two of the kind "X". */
static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    return make(layer, layer->kind->name + strlen("bi"), spec, layer->inputs, error);
}

static qd_status configure_apart(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    if (layer->inputs % 2 != 0) {
        return qd_fail(error, QD_ERR_VALUE,
                       "layers: apart:%zu reads two halves, but %zu columns below it are no even number", spec->units,
                       layer->inputs);
    }
    return make(layer, "lstm", spec, layer->inputs / 2, error);
}

/* Kept: both children's outputs.  Scratch: the second one's gradient of the inputs. */
static qd_needs needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training)
{
    (void)kernels;
    (void)steps;
    return (qd_needs){
        .saved = qd_layer_rows(layer, rows, total) * layer->outputs,
        .scratch = training ? total * layer->inputs : 0,
    };
}

/* A child's part of rows that hold both side by side. */
static qd_rows half(qd_rows both, int child)
{
    const size_t width = both.width / 2;
    return (qd_rows){both.data + (child == 0 ? 0 : width), width, both.ld};
}

static bool apart(const qd_layer *layer)
{
    return layer->child[0]->inputs < layer->inputs;
}

static qd_rows kept(const qd_layer *layer, const qd_pass *pass, int child)
{
    const size_t rows = qd_layer_rows(layer, pass->packing->rows, qd_packing_total(pass->packing));
    const size_t width = layer->child[child]->outputs;
    qd_real *saved = qd_layer_saved(layer, pass);
    return (qd_rows){child == 0 ? saved : saved + rows * layer->child[0]->outputs, width, width};
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const size_t rows = qd_layer_rows(layer, pass->packing->rows, qd_packing_total(pass->packing));
    for (int i = 0; i < 2; i++) {
        const qd_rows from = kept(layer, pass, i), to = half(out, i);
        layer->child[i]->kind->forward(layer->child[i], pass, apart(layer) ? half(in, i) : in, from);
        for (size_t r = 0; r < rows; r++) {
            memcpy(qd_rows_at(to, r), qd_rows_at(from, r), from.width * sizeof(qd_real));
        }
    }
}

/* From the gradient of a child's outputs to that of its inputs; din: NULL, where nobody asks for it. */
static void child_backward(const qd_layer *layer, const qd_pass *pass, int i, qd_rows in, qd_rows dout,
                           const qd_rows *din)
{
    const qd_layer *child = layer->child[i];
    child->kind->backward(child, pass, in, kept(layer, pass, i), half(dout, qd_wrong(24) ? 1 - i : i), din);
}

static void backward_apart(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows dout, const qd_rows *din)
{
    for (int i = 0; i < 2; i++) {
        const qd_rows own = din == NULL ? (qd_rows){0} : half(*din, qd_wrong(33) ? 1 - i : i);
        child_backward(layer, pass, i, half(in, i), dout, din == NULL ? NULL : &own);
    }
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    (void)out;
    if (apart(layer)) {
        backward_apart(layer, pass, in, dout, din);
        return;
    }
    const qd_rows second = {qd_layer_scratch(layer, pass), layer->inputs, layer->inputs};
    child_backward(layer, pass, 0, in, dout, din);
    child_backward(layer, pass, 1, in, dout, din == NULL ? NULL : &second);
    const size_t total = din == NULL || qd_wrong(25) ? 0 : qd_packing_total(pass->packing);
    for (size_t r = 0; r < total; r++) {
        const qd_real *from = qd_rows_at(second, r);
        qd_real *to = qd_rows_at(*din, r);
        for (size_t i = 0; i < din->width; i++) {
            to[i] += from[i];
        }
    }
}

const qd_layer_kind qd_layer_bilstm = {
    .name = "bilstm",
    .help = "lstm in both directions, UNITS each",
    .takes_units = true,
    .recurrent = true,
    .configure = configure,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};

const qd_layer_kind qd_layer_birnn = {
    .name = "birnn",
    .help = "rnn in both directions, UNITS each",
    .takes_units = true,
    .recurrent = true,
    .configure = configure,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};

const qd_layer_kind qd_layer_apart = {
    .name = "apart",
    .help = "lstm in both directions, UNITS each, each reading its own half of the columns below",
    .takes_units = true,
    .recurrent = true,
    .configure = configure_apart,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
