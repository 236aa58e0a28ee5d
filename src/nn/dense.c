/* The dense layer: y = W x + b on every row, without an activation. */
#include "nn/layer.h"
#include "base/text.h"
#include "kernels/wrong.h"

enum { LEAST_ROWS = 8, LEAST_OUTPUTS = 16 };

/* One call of forward or backward. */
typedef struct dense_call {
    const qd_layer *layer;
    const qd_pass *pass;
    qd_rows in, out, dout, din;
} dense_call;

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)error;
    layer->units = layer->outputs = spec->units;
    return QD_OK;
}

/* "dense", "dense_1", "dense_2", ... as Keras counts them. */
static size_t tensors(const qd_layer *layer, qd_tensor *tensors)
{
    if (tensors != NULL) {
        char name[32] = "dense";
        if (layer->number > 0) {
            qd_text_format(name, sizeof name, "dense_%zu", layer->number);
        }
        tensors[0] = (qd_tensor){.rows = layer->outputs, .cols = layer->inputs, .initial = QD_INITIAL_GLOROT};
        tensors[1] = (qd_tensor){.rows = layer->outputs, .initial = QD_INITIAL_ZEROS};
        qd_text_format(tensors[0].name, sizeof tensors[0].name, "%s.weight", name);
        qd_text_format(tensors[1].name, sizeof tensors[1].name, "%s.bias", name);
    }
    return 2;
}

static qd_needs needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training)
{
    (void)total;
    qd_needs needs = {.packed = qd_pack_matrix_size(kernels, layer->inputs, layer->outputs)};
    if (training) {
        needs.packed += qd_pack_matrix_size(kernels, layer->outputs, layer->inputs);
        needs.spans = steps;
        needs.sums = qd_groups(rows) * (layer->inputs + 1) * layer->outputs;
    }
    return needs;
}

static const qd_real *weight(const qd_layer *layer, const qd_pass *pass)
{
    return pass->parameters + layer->parameter_offset;
}

static qd_real *backward_weights(const qd_layer *layer, const qd_pass *pass)
{
    return qd_layer_packed(layer, pass) + qd_pack_matrix_size(pass->kernels, layer->inputs, layer->outputs);
}

static void pack(const qd_layer *layer, const qd_pass *pass)
{
    const size_t inputs = layer->inputs, outputs = layer->outputs;
    qd_pack_matrix(pass->kernels, inputs, outputs, weight(layer, pass), 1, inputs, qd_layer_packed(layer, pass));
    if (pass->training && qd_wrong(30)) { /* read as if transposed */
        qd_pack_matrix(pass->kernels, outputs, inputs, weight(layer, pass), 1, outputs, backward_weights(layer, pass));
    } else if (pass->training) {
        qd_pack_matrix(pass->kernels, outputs, inputs, weight(layer, pass), inputs, 1, backward_weights(layer, pass));
    }
}

/* y = b + W x */
static void forward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const dense_call *call = context;
    const qd_layer *layer = call->layer;
    const qd_affine product = {
        .rows = end - begin,
        .depth = layer->inputs,
        .cols = layer->outputs,
        .a = qd_rows_at(call->in, begin),
        .packed = qd_layer_packed(layer, call->pass),
        .start = weight(layer, call->pass) + layer->outputs * layer->inputs,
        .out = qd_rows_at(call->out, begin),
        .lda = call->in.ld,
        .ld_start = 0,
        .ldo = call->out.ld,
    };
    call->pass->kernels->affine(&product);
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    dense_call call = {.layer = layer, .pass = pass, .in = in, .out = out};
    const size_t grain = qd_layer_grain(layer->inputs * layer->outputs, LEAST_ROWS);
    qd_pool_run(pass->pool, qd_packing_total(pass->packing), grain, forward_rows, &call);
}

/* dx = dy W */
static void input_gradient(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const dense_call *call = context;
    const qd_layer *layer = call->layer;
    const qd_affine product = {
        .rows = end - begin,
        .depth = layer->outputs,
        .cols = layer->inputs,
        .a = qd_rows_at(call->dout, begin),
        .packed = backward_weights(layer, call->pass),
        .out = qd_rows_at(call->din, begin),
        .lda = call->dout.ld,
        .ldo = call->din.ld,
    };
    call->pass->kernels->affine(&product);
}

/* dW = sum of dy x, db = sum of dy: rows begin .. end-1 of the weights. */
static void weight_gradients(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const dense_call *call = context;
    const qd_layer *layer = call->layer;
    const qd_packing *packing = call->pass->packing;
    qd_outer sum = {
        .spans = call->pass->spans,
        .count = packing->steps,
        .rows = packing->rows,
        .j_begin = begin,
        .j_end = end,
        .cols = layer->inputs,
        .out = call->pass->gradients + layer->parameter_offset,
        .lda = call->dout.ld,
        .ldb = call->in.ld,
        .ldo = layer->inputs,
        .sums = qd_layer_sums(layer, call->pass),
        .ld_sums = layer->outputs,
        .more = call->pass->more,
    };
    call->pass->kernels->outer(&sum);
    sum.out += layer->outputs * layer->inputs;
    if (sum.sums != NULL) { /* those of the weights come before */
        sum.sums += qd_groups(call->pass->rows_of_batch) * layer->inputs * layer->outputs;
    }
    sum.cols = sum.ldo = 1;
    sum.count -= qd_wrong(29) ? 1 : 0; /* the first step missing */
    call->pass->kernels->column_sums(&sum);
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    const qd_packing *packing = pass->packing;
    const size_t total = qd_packing_total(packing);
    dense_call call = {.layer = layer, .pass = pass, .in = in, .out = out, .dout = dout};
    if (din != NULL) {
        call.din = *din;
        const size_t grain = qd_layer_grain(layer->inputs * layer->outputs, LEAST_ROWS);
        qd_pool_run(pass->pool, total, grain, input_gradient, &call);
    }
    for (size_t i = 0; i < packing->steps; i++) {
        const size_t t = packing->steps - 1 - i, row = packing->offset[t];
        pass->spans[i] = (qd_span){qd_rows_at(dout, row), qd_rows_at(in, row), 0, qd_packing_active(packing, t)};
    }
    const size_t grain = qd_layer_grain(total * layer->inputs, LEAST_OUTPUTS);
    qd_pool_run(pass->pool, layer->outputs, grain, weight_gradients, &call);
}

const qd_layer_kind qd_layer_dense = {
    .name = "dense",
    .help = "the same linear map at every step",
    .takes_units = true,
    .streams = true,
    .segments = true,
    .configure = configure,
    .tensors = tensors,
    .needs = needs,
    .pack = pack,
    .forward = forward,
    .backward = backward,
};
