/* The convolution along time (a cross-correlation, as in PyTorch): with K taps, the shift of tap k being
       s_k = D k - left,    left = D (K - 1) / 2 rounded down, or D (K - 1) where causal,
       y_t = b + sum over k of W_k x_(t + s_k),
   where steps before a sequence's first and after its last count as zeros: each sequence keeps its length.

   In a packed batch the rows of step t that also have step t + s are its first ones, or all of them; so a tap is a
   product over rows that lie together, added to what the taps before it gave, and what lies outside of a sequence is
   never computed. */
#include "nn/layer.h"
#include "base/text.h"
#include "kernels/wrong.h"

#include <stddef.h>
#include <string.h>

enum { LEAST_OUTPUTS = 16, BLOCK_ROWS = 96 };

/* One call of forward or backward. */
typedef struct conv_call {
    const qd_layer *layer;
    const qd_pass *pass;
    qd_rows in, out, dout, din;
    qd_real *tap_gradients; /* [K][O][I] */
} conv_call;

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    if (spec->kernel == 0) {
        return qd_fail(error, QD_ERR_VALUE, "layers: conv:%zu needs the steps that it sees, as in conv:%zu+kernel=5",
                       spec->units, spec->units);
    }
    layer->units = layer->outputs = spec->units;
    layer->kernel = spec->kernel;
    layer->dilation = spec->dilation > 0 ? spec->dilation : 1;
    layer->causal = spec->causal;
    layer->ahead = !spec->causal && spec->kernel > 1;
    return QD_OK;
}

/* PyTorch's [O][I][K] in one block; "conv", "conv_1", ... */
static size_t tensors(const qd_layer *layer, qd_tensor *tensors)
{
    if (tensors != NULL) {
        char name[32] = "conv";
        if (layer->number > 0) {
            qd_text_format(name, sizeof name, "conv_%zu", layer->number);
        }
        tensors[0] =
            (qd_tensor){.rows = layer->outputs, .cols = layer->inputs * layer->kernel, .initial = QD_INITIAL_GLOROT};
        tensors[1] = (qd_tensor){.rows = layer->outputs, .initial = QD_INITIAL_ZEROS};
        qd_text_format(tensors[0].name, sizeof tensors[0].name, "%s.weight", name);
        qd_text_format(tensors[1].name, sizeof tensors[1].name, "%s.bias", name);
    }
    return 2;
}

static size_t forward_size(const qd_layer *layer, const qd_kernels *kernels)
{
    return qd_pack_matrix_size(kernels, layer->inputs, layer->outputs);
}

static size_t backward_size(const qd_layer *layer, const qd_kernels *kernels)
{
    return qd_pack_matrix_size(kernels, layer->outputs, layer->inputs);
}

static qd_needs needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training)
{
    (void)rows;
    (void)total;
    qd_needs needs = {.packed = layer->kernel * forward_size(layer, kernels)};
    if (training) {
        needs.packed += layer->kernel * backward_size(layer, kernels);
        needs.scratch = layer->kernel * layer->outputs * layer->inputs;
        needs.spans = (layer->kernel + 1) * steps;
    }
    return needs;
}

static const qd_real *weight(const qd_layer *layer, const qd_pass *pass)
{
    return pass->parameters + layer->parameter_offset;
}

/* Packed weights of tap k. */
static qd_real *forward_tap(const qd_layer *layer, const qd_pass *pass, size_t k)
{
    return qd_layer_packed(layer, pass) + k * forward_size(layer, pass->kernels);
}

static qd_real *backward_tap(const qd_layer *layer, const qd_pass *pass, size_t k)
{
    return forward_tap(layer, pass, layer->kernel) + k * backward_size(layer, pass->kernels);
}

static void pack(const qd_layer *layer, const qd_pass *pass)
{
    const size_t inputs = layer->inputs, outputs = layer->outputs, taps = layer->kernel;
    const qd_real *w = weight(layer, pass);
    for (size_t k = 0; k < taps; k++) {
        qd_pack_matrix(pass->kernels, inputs, outputs, w + k, taps, inputs * taps, forward_tap(layer, pass, k));
        if (pass->training) {
            qd_pack_matrix(pass->kernels, outputs, inputs, w + k, inputs * taps, taps, backward_tap(layer, pass, k));
        }
    }
}

static ptrdiff_t shift_of(const qd_layer *layer, size_t k)
{
    const size_t reach = layer->dilation * (layer->kernel - 1);
    return (ptrdiff_t)(layer->dilation * k) - (ptrdiff_t)(layer->causal ? reach : reach / 2);
}

/* The rows of step t that have step t + shift. */
static size_t rows_shared(const qd_packing *packing, size_t t, ptrdiff_t shift)
{
    const ptrdiff_t other = (ptrdiff_t)t + shift;
    if (other < 0 || other >= (ptrdiff_t)packing->steps) {
        return 0;
    }
    return qd_packing_active(packing, shift > 0 ? (size_t)other : t);
}

/* to_t += from_(t + shift) W for steps begin .. end-1: steps whose rows lie together on both sides in one product. */
static void add_tap(const qd_pass *pass, const qd_real *packed, ptrdiff_t shift, size_t begin, size_t end, qd_rows from,
                    qd_rows to)
{
    const qd_packing *packing = pass->packing;
    for (size_t t = begin, next; t < end; t = next) {
        const size_t rows = rows_shared(packing, t, shift);
        next = t + 1;
        if (rows == 0) {
            continue;
        }
        size_t all = rows;
        const bool whole =
            rows == qd_packing_active(packing, t) && rows == qd_packing_active(packing, (size_t)((ptrdiff_t)t + shift));
        while (whole && next < end && rows == rows_shared(packing, next, shift) &&
               rows == qd_packing_active(packing, next) &&
               rows == qd_packing_active(packing, (size_t)((ptrdiff_t)next + shift))) {
            all += rows;
            next++;
        }
        qd_real *sum = qd_rows_at(to, packing->offset[t]);
        const qd_affine product = {
            .rows = all,
            .depth = from.width,
            .cols = to.width,
            .a = qd_rows_at(from, packing->offset[(size_t)((ptrdiff_t)t + shift)]),
            .packed = packed,
            .start = sum,
            .out = sum,
            .lda = from.ld,
            .ld_start = to.ld,
            .ldo = to.ld,
        };
        pass->kernels->affine(&product);
    }
}

/* As many steps from t on as have about BLOCK_ROWS rows: so much of the result stays near while the taps pass. */
static size_t block_end(const qd_packing *packing, size_t t, size_t end)
{
    size_t until = t + 1;
    while (until < end && packing->offset[until + 1] - packing->offset[t] <= BLOCK_ROWS) {
        until++;
    }
    return until;
}

static void forward_steps(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const conv_call *call = context;
    const qd_layer *layer = call->layer;
    const qd_packing *packing = call->pass->packing;
    const qd_real *bias = weight(layer, call->pass) + layer->outputs * layer->inputs * layer->kernel;
    for (size_t t = begin, until; t < end; t = until) {
        until = block_end(packing, t, end);
        for (size_t row = packing->offset[t]; row < packing->offset[until]; row++) {
            memcpy(qd_rows_at(call->out, row), bias, layer->outputs * sizeof(qd_real));
        }
        for (size_t k = 0; k < layer->kernel; k++) {
            add_tap(call->pass, forward_tap(layer, call->pass, k), shift_of(layer, k), t, until, call->in, call->out);
        }
    }
}

/* Steps that are worth waking a thread for. */
static size_t step_grain(const qd_layer *layer, const qd_packing *packing)
{
    return qd_layer_grain(packing->rows * layer->kernel * layer->inputs * layer->outputs, 1);
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    conv_call call = {.layer = layer, .pass = pass, .in = in, .out = out};
    qd_pool_run(pass->pool, pass->packing->steps, step_grain(layer, pass->packing), forward_steps, &call);
}

/* dx_t = sum over k of dy_(t - s_k) W_k */
static void backward_steps(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const conv_call *call = context;
    const qd_layer *layer = call->layer;
    const qd_packing *packing = call->pass->packing;
    for (size_t t = begin, until; t < end; t = until) {
        until = block_end(packing, t, end);
        for (size_t row = packing->offset[t]; row < packing->offset[until]; row++) {
            memset(qd_rows_at(call->din, row), 0, layer->inputs * sizeof(qd_real));
        }
        for (size_t k = 0; k < layer->kernel; k++) {
            const size_t tap = qd_wrong(35) ? layer->kernel - 1 - k : k; /* wrong: the taps mirrored */
            add_tap(call->pass, backward_tap(layer, call->pass, tap), -shift_of(layer, k), t, until, call->dout,
                    call->din);
        }
    }
}

/* Pairs of rows of the gradient and of the inputs: a list of `steps` for each tap, and one for the bias; from the last
   step to the first.  A step that lacks the other one has no rows. */
static void list_spans(const conv_call *call)
{
    const qd_packing *packing = call->pass->packing;
    qd_span *span = call->pass->spans;
    for (size_t k = 0; k <= call->layer->kernel; k++) {
        const ptrdiff_t shift = k < call->layer->kernel ? shift_of(call->layer, k) : 0;
        for (size_t t = packing->steps; t-- > 0; span++) {
            const size_t rows = rows_shared(packing, t, shift);
            const ptrdiff_t at = rows > 0 && !qd_wrong(36) ? (ptrdiff_t)t + shift : (ptrdiff_t)t; /* wrong: no shift */
            *span = (qd_span){qd_rows_at(call->dout, packing->offset[t]),
                              qd_rows_at(call->in, packing->offset[(size_t)at]), 0, rows};
        }
    }
}

/* dW_k = sum of dy_t x_(t + s_k), db = sum of dy_t: rows begin .. end-1 of the weights. */
static void weight_gradients(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const conv_call *call = context;
    const qd_layer *layer = call->layer;
    const qd_pass *pass = call->pass;
    const size_t inputs = layer->inputs, outputs = layer->outputs, taps = layer->kernel;
    const size_t steps = pass->packing->steps;
    qd_real *gradients = pass->gradients + layer->parameter_offset;
    qd_outer sum = {.count = steps, .rows = pass->packing->rows, .j_begin = begin, .j_end = end};
    sum.lda = call->dout.ld;
    sum.ldb = call->in.ld;
    sum.cols = sum.ldo = inputs;
    for (size_t k = 0; k < taps; k++) {
        sum.spans = pass->spans + k * steps;
        sum.out = call->tap_gradients + k * outputs * inputs;
        pass->kernels->outer(&sum);
        for (size_t o = begin; o < end; o++) {
            for (size_t i = 0; i < inputs; i++) {
                gradients[(o * inputs + i) * taps + k] = sum.out[o * inputs + i];
            }
        }
    }
    sum.spans = pass->spans + taps * steps;
    sum.out = gradients + outputs * inputs * taps;
    sum.cols = sum.ldo = 1;
    pass->kernels->column_sums(&sum);
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    (void)out;
    conv_call call = {.layer = layer, .pass = pass, .in = in, .dout = dout};
    call.tap_gradients = qd_layer_scratch(layer, pass);
    if (din != NULL) {
        call.din = *din;
        qd_pool_run(pass->pool, pass->packing->steps, step_grain(layer, pass->packing), backward_steps, &call);
    }
    list_spans(&call);
    const size_t work = qd_packing_total(pass->packing) * layer->inputs * layer->kernel;
    qd_pool_run(pass->pool, layer->outputs, qd_layer_grain(work, LEAST_OUTPUTS), weight_gradients, &call);
}

const qd_layer_kind qd_layer_conv = {
    .name = "conv",
    .help = "convolution along time over +kernel=K steps (+dilation=D, +causal)",
    .takes_units = true,
    .configure = configure,
    .tensors = tensors,
    .needs = needs,
    .pack = pack,
    .forward = forward,
    .backward = backward,
};
