/* Embedding: a learned vector for each of a number of tokens (series, residues).  The last input of every step is a
   token, a whole number from 0 to vocabulary - 1; the other inputs pass, and the token's vector stands behind them. */
#include "nn/layer.h"

#include <assert.h>
#include <string.h>

/* One call of forward or backward. */
typedef struct embed_call {
    const qd_layer *layer;
    const qd_pass *pass;
    qd_rows in, out, dout;
} embed_call;

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    if (spec->vocabulary == 0) {
        return qd_fail(error, QD_ERR_VALUE,
                       "layers: embed:%zu needs the number of tokens, as in embed:%zu+vocabulary=20", spec->units,
                       spec->units);
    }
    layer->units = spec->units;
    layer->vocabulary = spec->vocabulary;
    layer->outputs = layer->inputs - 1 + spec->units;
    return QD_OK;
}

static size_t tensors(const qd_layer *layer, qd_tensor *tensors)
{
    if (tensors != NULL) {
        tensors[0] = (qd_tensor){
            .name = "embedding.weight", .rows = layer->vocabulary, .cols = layer->units, .initial = QD_INITIAL_SMALL};
    }
    return 1;
}

static size_t token_of(const embed_call *call, size_t row)
{
    const qd_real token = qd_rows_at(call->in, row)[call->in.width - 1];
    assert(token >= 0 && token < (qd_real)call->layer->vocabulary);
    return (size_t)token;
}

static void forward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const embed_call *call = context;
    const size_t passing = call->layer->inputs - 1, units = call->layer->units;
    const qd_real *vectors = call->pass->parameters + call->layer->parameter_offset;
    for (size_t row = begin; row < end; row++) {
        qd_real *out = qd_rows_at(call->out, row);
        memcpy(out, qd_rows_at(call->in, row), passing * sizeof(qd_real));
        memcpy(out + passing, vectors + token_of(call, row) * units, units * sizeof(qd_real));
    }
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    embed_call call = {.layer = layer, .pass = pass, .in = in, .out = out};
    qd_pool_run(pass->pool, qd_packing_total(pass->packing), qd_layer_grain(layer->outputs, 1), forward_rows, &call);
}

/* The gradients of tokens begin .. end-1: sums over the rows that hold them, from the last step to the first. */
static void token_gradients(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const embed_call *call = context;
    const qd_packing *packing = call->pass->packing;
    const size_t passing = call->layer->inputs - 1, units = call->layer->units;
    qd_real *gradient = call->pass->gradients + call->layer->parameter_offset;
    memset(gradient + begin * units, 0, (end - begin) * units * sizeof(qd_real));
    for (size_t t = packing->steps; t-- > 0;) {
        for (size_t row = packing->offset[t]; row < packing->offset[t + 1]; row++) {
            const size_t token = token_of(call, row);
            const qd_real *dout = qd_rows_at(call->dout, row) + passing;
            for (size_t u = 0; token >= begin && token < end && u < units; u++) {
                gradient[token * units + u] += dout[u];
            }
        }
    }
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    embed_call call = {.layer = layer, .pass = pass, .in = in, .out = out, .dout = dout};
    const size_t total = qd_packing_total(pass->packing);
    for (size_t row = 0; din != NULL && row < total; row++) {
        qd_real *to = qd_rows_at(*din, row);
        memcpy(to, qd_rows_at(dout, row), (layer->inputs - 1) * sizeof(qd_real));
        to[layer->inputs - 1] = 0; /* a token is no number to be changed a little */
    }
    qd_pool_run(pass->pool, layer->vocabulary, qd_layer_grain(total, 1), token_gradients, &call);
}

const qd_layer_kind qd_layer_embed = {
    .name = "embed",
    .help = "a learned vector in place of the last input, a token (+vocabulary=N)",
    .takes_units = true,
    .tokens = true,
    .streams = true,
    .configure = configure,
    .tensors = tensors,
    .forward = forward,
    .backward = backward,
};
