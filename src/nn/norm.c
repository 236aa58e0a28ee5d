/* Batch normalisation (Ioffe, Szegedy 2015).  In training each column is brought to mean 0 and variance 1 over all rows
   of the batch, of all steps and sequences, and then scaled and shifted by learned weights:
       y = w (x - m) / sqrt(v + eps) + b.
   Otherwise m and v are running means over the batches seen, as PyTorch keeps them (of the unbiased variance).  They
   are tensors of the layer like any other, so they are in every model and checkpoint; their gradient is zero and
   `learn` sets them after each update.

   It is the one layer in which sequences of a batch influence one another, and only in training. */
#include "nn/layer.h"
#include "base/text.h"
#include "kernels/wrong.h"

#include <math.h>
#include <string.h>

#define EPSILON  1e-5 /* as in PyTorch */
#define MOMENTUM 0.1

enum { LEAST_COLUMNS = 16, LEAST_ROWS = 16 };

/* The layer's tensors and what forward keeps, each [width]. */
typedef struct norm_call {
    const qd_layer *layer;
    const qd_pass *pass;
    qd_rows in, out, dout, din;
    const qd_real *weight, *bias, *running_mean, *running_variance;
    qd_real *mean, *scale; /* saved: m and 1 / sqrt(v + eps) of the batch */
    qd_real *next;         /* saved: [2][width], the running means after this batch */
    qd_real *terms;        /* scratch: [total][width], what is to be summed */
    qd_real *sum;          /* scratch: [width] */
    const qd_real *from;   /* rows to sum, `from_ld` apart */
    size_t from_ld;
} norm_call;

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)spec;
    (void)error;
    layer->outputs = layer->inputs;
    return QD_OK;
}

static size_t tensors(const qd_layer *layer, qd_tensor *tensors)
{
    static const struct {
        const char *name;
        qd_initial initial;
    } each[] = {{"weight", QD_INITIAL_ONES},
                {"bias", QD_INITIAL_ZEROS},
                {"running_mean", QD_INITIAL_ZEROS},
                {"running_var", QD_INITIAL_ONES}};
    char number[24] = "";
    if (layer->number > 0) {
        qd_text_format(number, sizeof number, "_%zu", layer->number);
    }
    for (size_t i = 0; tensors != NULL && i < 4; i++) {
        tensors[i] = (qd_tensor){.rows = layer->outputs, .initial = each[i].initial};
        qd_text_format(tensors[i].name, sizeof tensors[i].name, "norm%s.%s", number, each[i].name);
    }
    return 4;
}

static qd_needs needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training)
{
    (void)kernels;
    (void)rows;
    const size_t width = layer->outputs;
    return training ? (qd_needs){.saved = 4 * width, .scratch = (total + 1) * width, .spans = steps} : (qd_needs){0};
}

static norm_call call_of(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const size_t width = layer->outputs;
    norm_call call = {.layer = layer, .pass = pass, .in = in, .out = out};
    call.weight = pass->parameters + layer->parameter_offset;
    call.bias = call.weight + width;
    call.running_mean = call.bias + width;
    call.running_variance = call.running_mean + width;
    call.mean = qd_layer_saved(layer, pass);
    call.scale = call.mean + width;
    call.next = call.scale + width;
    call.terms = qd_layer_scratch(layer, pass);
    return call;
}

static size_t row_grain(const qd_layer *layer)
{
    return qd_layer_grain(4 * layer->inputs, LEAST_ROWS);
}

static void sum_columns(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const norm_call *call = context;
    const qd_packing *packing = call->pass->packing;
    const qd_outer sums = {.spans = call->pass->spans,
                           .count = packing->steps,
                           .rows = packing->rows,
                           .j_begin = begin,
                           .j_end = end,
                           .cols = 1,
                           .out = call->sum,
                           .lda = call->from_ld,
                           .ldo = 1};
    call->pass->kernels->column_sums(&sums);
}

/* out[j] = the sum of column j over all rows, in the fixed order of such sums. */
static void column_sums(norm_call *call, qd_rows rows, qd_real *out)
{
    const qd_packing *packing = call->pass->packing;
    for (size_t t = 0; t < packing->steps; t++) {
        const qd_real *first = qd_rows_at(rows, packing->offset[packing->steps - 1 - t]);
        call->pass->spans[t] = (qd_span){first, first, 0, qd_packing_active(packing, packing->steps - 1 - t)};
    }
    call->sum = out;
    call->from_ld = rows.ld;
    qd_pool_run(call->pass->pool, rows.width, qd_layer_grain(qd_packing_total(packing), LEAST_COLUMNS), sum_columns,
                call);
}

static qd_rows terms_of(const norm_call *call)
{
    return (qd_rows){call->terms, call->layer->outputs, call->layer->outputs};
}

/* ------------------------------------------------------------------------------------------------ forward */

static void square_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const norm_call *call = context;
    const qd_rows terms = terms_of(call);
    for (size_t row = begin; row < end; row++) {
        const qd_real *x = qd_rows_at(call->in, row);
        qd_real *term = qd_rows_at(terms, row);
        for (size_t i = 0; i < terms.width; i++) {
            term[i] = (x[i] - call->mean[i]) * (x[i] - call->mean[i]);
        }
    }
}

/* Mean and variance of the batch, and the running means after it. */
static void learn_columns(norm_call *call)
{
    const size_t width = call->layer->outputs, total = qd_packing_total(call->pass->packing);
    const qd_real count = (qd_real)total, unbiased = (qd_real)(total > 1 ? total - 1 : 1);
    qd_real *next_mean = call->next, *next_variance = call->next + width;
    column_sums(call, call->in, call->mean);
    for (size_t i = 0; i < width; i++) {
        call->mean[i] /= count;
    }
    qd_pool_run(call->pass->pool, total, row_grain(call->layer), square_rows, call);
    column_sums(call, terms_of(call), call->scale);
    for (size_t i = 0; i < width; i++) {
        const qd_real squares = call->scale[i];
        next_mean[i] = (qd_real)(1 - MOMENTUM) * call->running_mean[i] + (qd_real)MOMENTUM * call->mean[i];
        next_variance[i] =
            (qd_real)(1 - MOMENTUM) * call->running_variance[i] + (qd_real)MOMENTUM * (squares / unbiased);
        call->scale[i] = (qd_real)(1 / sqrt((double)(squares / count) + EPSILON));
    }
}

static void forward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const norm_call *call = context;
    const size_t width = call->layer->outputs;
    for (size_t row = begin; row < end; row++) {
        const qd_real *x = qd_rows_at(call->in, row);
        qd_real *y = qd_rows_at(call->out, row);
        for (size_t i = 0; i < width; i++) {
            y[i] = call->weight[i] * ((x[i] - call->mean[i]) * call->scale[i]) + call->bias[i];
        }
    }
}

/* By the running means. */
static void infer_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const norm_call *call = context;
    const size_t width = call->layer->outputs;
    for (size_t row = begin; row < end; row++) {
        const qd_real *x = qd_rows_at(call->in, row);
        qd_real *y = qd_rows_at(call->out, row);
        for (size_t i = 0; i < width; i++) {
            const qd_real deviation = (qd_real)sqrt((double)call->running_variance[i] + EPSILON);
            y[i] = call->weight[i] * ((x[i] - call->running_mean[i]) / deviation) + call->bias[i];
        }
    }
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    norm_call call = call_of(layer, pass, in, out);
    if (pass->training) {
        learn_columns(&call);
    }
    qd_pool_run(pass->pool, qd_packing_total(pass->packing), row_grain(layer),
                pass->training ? forward_rows : infer_rows, &call);
}

static void learn(const qd_layer *layer, const qd_pass *pass, qd_real *parameters)
{
    const size_t width = layer->outputs;
    const qd_real *next = qd_layer_saved(layer, pass) + 2 * width;
    memcpy(parameters + layer->parameter_offset + 2 * width, next, 2 * width * sizeof(qd_real));
}

/* ----------------------------------------------------------------------------------------------- backward */

/* dy x', x' = (x - m) / sqrt(v + eps) */
static void slope_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const norm_call *call = context;
    const qd_rows terms = terms_of(call);
    for (size_t row = begin; row < end; row++) {
        const qd_real *x = qd_rows_at(call->in, row), *dy = qd_rows_at(call->dout, row);
        qd_real *term = qd_rows_at(terms, row);
        for (size_t i = 0; i < terms.width; i++) {
            term[i] = dy[i] * ((x[i] - call->mean[i]) * call->scale[i]);
        }
    }
}

/* dx = w / sqrt(v + eps) (dy - (sum of dy) / N - x' (sum of dy x') / N); the sums are the gradients of b and w. */
static void backward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const norm_call *call = context;
    const size_t width = call->layer->outputs;
    const qd_real *dweight = call->pass->gradients + call->layer->parameter_offset, *dbias = dweight + width;
    const qd_real count = (qd_real)qd_packing_total(call->pass->packing);
    for (size_t row = begin; row < end; row++) {
        const qd_real *x = qd_rows_at(call->in, row), *dy = qd_rows_at(call->dout, row);
        qd_real *dx = qd_rows_at(call->din, row);
        for (size_t i = 0; i < width; i++) {
            const qd_real each = (x[i] - call->mean[i]) * call->scale[i];
            const qd_real along = qd_wrong(39) ? 0 : each * dweight[i]; /* wrong: the variance taken for a constant */
            const qd_real mean = qd_wrong(38) ? 0 : dbias[i];           /* wrong: the mean */
            dx[i] = call->weight[i] * call->scale[i] * (dy[i] - (mean + along) / count);
        }
    }
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    const size_t total = qd_packing_total(pass->packing), width = layer->outputs;
    norm_call call = call_of(layer, pass, in, out);
    call.dout = dout;
    qd_real *gradients = pass->gradients + layer->parameter_offset;
    qd_pool_run(pass->pool, total, row_grain(layer), slope_rows, &call);
    column_sums(&call, terms_of(&call), gradients);
    column_sums(&call, dout, gradients + width);
    memset(gradients + 2 * width, 0, 2 * width * sizeof(qd_real));
    if (din != NULL) {
        call.din = *din;
        qd_pool_run(pass->pool, total, row_grain(layer), backward_rows, &call);
    }
}

const qd_layer_kind qd_layer_norm = {
    .name = "norm",
    .help = "batch normalisation",
    .streams = true,
    .configure = configure,
    .tensors = tensors,
    .needs = needs,
    .forward = forward,
    .backward = backward,
    .learn = learn,
};
