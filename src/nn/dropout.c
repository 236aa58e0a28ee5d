/* Dropout around a layer (Srivastava et al. 2014), inverted: when training, each output of the layer is zero with
   probability `rate` and else divided by 1 - rate; otherwise the layer is as it was.  Which outputs are dropped depends
   on seed, epoch, layer, sample, step and unit, not on the place in the batch; so backward draws the same numbers again
   instead of keeping them. */
#include "nn/layer.h"
#include "kernels/wrong.h"

/* out = in with dropout: [rows][width], rows as packed or one a sequence. */
typedef struct dropout_call {
    const qd_layer *layer;
    const qd_pass *pass;
    qd_random stream;
    qd_rows in, out;
    bool backward;
} dropout_call;

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)error;
    layer->rate = spec->dropout;
    layer->outputs = layer->child[0]->outputs;
    return QD_OK;
}

/* Kept for backward: the child's outputs.  Scratch: their gradients. */
static qd_needs needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training)
{
    (void)kernels;
    (void)steps;
    const size_t size = training ? qd_layer_rows(layer, rows, total) * layer->outputs : 0;
    return (qd_needs){.saved = size, .scratch = size};
}

static void drop_row(const dropout_call *call, uint64_t sample, size_t step, const qd_real *in, qd_real *out)
{
    const float rate = (float)call->layer->rate;
    const qd_real scale = call->backward && qd_wrong(28) ? 1 : (qd_real)(1 / (1 - call->layer->rate));
    uint32_t words[4];
    for (size_t unit = 0; unit < call->in.width; unit++) {
        if (unit % 4 == 0) {
            qd_random_block(call->stream, sample, (uint32_t)step, (uint32_t)(unit / 4), words);
        }
        const bool dropped = qd_random_float(words[unit % 4]) < rate && !(call->backward && qd_wrong(27));
        out[unit] = dropped ? 0 : in[unit] * scale;
    }
}

/* Rows begin .. end-1 of the batch at every step. */
static void drop_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const dropout_call *call = context;
    const qd_packing *packing = call->pass->packing;
    const size_t steps = call->layer->last_only ? 1 : packing->steps;
    for (size_t t = 0; t < steps; t++) {
        const size_t active = qd_packing_active(packing, t);
        for (size_t r = begin; r < end && r < active; r++) {
            const size_t row = packing->offset[t] + r;
            drop_row(call, packing->sample[r], call->layer->last_only ? 0 : packing->first + t,
                     qd_rows_at(call->in, row), qd_rows_at(call->out, row));
        }
    }
}

static void drop(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, bool backward)
{
    enum { WORK = 16 }; /* a random number costs about as much as so many multiply-adds */
    dropout_call call = {.layer = layer, .pass = pass, .in = in, .out = out, .backward = backward};
    call.stream = qd_random_stream(pass->seed, QD_FOR_DROPOUT, layer->index, pass->epoch);
    const size_t grain = qd_layer_grain(pass->packing->steps * layer->outputs * WORK, 1);
    qd_pool_run(pass->pool, pass->packing->rows, grain, drop_rows, &call);
}

static qd_rows kept(const qd_layer *layer, const qd_pass *pass)
{
    return (qd_rows){qd_layer_saved(layer, pass), layer->outputs, layer->outputs};
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const qd_layer *child = layer->child[0];
    const qd_rows whole = pass->training ? kept(layer, pass) : out;
    child->kind->forward(child, pass, in, whole);
    if (pass->training) {
        drop(layer, pass, whole, out, false);
    }
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    (void)out;
    const qd_layer *child = layer->child[0];
    const qd_rows dwhole = {qd_layer_scratch(layer, pass), layer->outputs, layer->outputs};
    drop(layer, pass, dout, dwhole, true);
    child->kind->backward(child, pass, in, kept(layer, pass), dwhole, din);
}

const qd_layer_kind qd_layer_dropout = {
    .name = "dropout",
    .help = "a layer whose outputs are dropped at random in training",
    .streams = true,
    .segments = true,
    .configure = configure,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
