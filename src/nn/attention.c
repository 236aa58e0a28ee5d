/* Pooling along time by attention: a learned vector q says how much each step of a sequence counts,
       e_t = q . x_t,    a = softmax(e) over the sequence's own steps,    y = sum over t of a_t x_t. */
#include "nn/layer.h"
#include "base/text.h"
#include "kernels/wrong.h"

#include <math.h>
#include <string.h>

enum { LEAST_INPUTS = 16 };

/* One call of forward or backward. */
typedef struct attention_call {
    const qd_layer *layer;
    const qd_pass *pass;
    qd_rows in, out, dout;
    const qd_rows *din;
    const qd_real *query; /* [I] */
    qd_real *weight;      /* [total]: a */
    qd_real *slope;       /* [total]: the gradient of e */
} attention_call;

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)spec;
    (void)error;
    layer->outputs = layer->inputs;
    return QD_OK;
}

static size_t tensors(const qd_layer *layer, qd_tensor *tensors)
{
    if (tensors != NULL) {
        tensors[0] =
            (qd_tensor){.name = "attention.weight", .rows = 1, .cols = layer->inputs, .initial = QD_INITIAL_GLOROT};
    }
    return 1;
}

/* a is needed by forward itself, so it is kept without training too. */
static qd_needs needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                      bool training)
{
    (void)layer;
    (void)kernels;
    (void)rows;
    return training ? (qd_needs){.saved = total, .scratch = total, .spans = steps} : (qd_needs){.saved = total};
}

static attention_call call_of(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    return (attention_call){.layer = layer,
                            .pass = pass,
                            .in = in,
                            .out = out,
                            .query = pass->parameters + layer->parameter_offset,
                            .weight = qd_layer_saved(layer, pass),
                            .slope = pass->training ? qd_layer_scratch(layer, pass) : NULL};
}

static qd_real dot(size_t n, const qd_real *a, const qd_real *b)
{
    qd_real sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static void forward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const attention_call *call = context;
    const qd_packing *packing = call->pass->packing;
    const size_t width = call->layer->inputs;
    for (size_t r = begin; r < end; r++) {
        qd_real *y = qd_rows_at(call->out, r), largest = -(qd_real)HUGE_VAL, sum = 0;
        memset(y, 0, width * sizeof(qd_real));
        for (size_t t = 0; t < packing->steps && r < qd_packing_active(packing, t); t++) {
            const size_t row = packing->offset[t] + r;
            call->weight[row] = dot(width, call->query, qd_rows_at(call->in, row));
            largest = call->weight[row] > largest ? call->weight[row] : largest;
        }
        for (size_t t = 0; t < packing->steps && r < qd_packing_active(packing, t); t++) {
            qd_real *a = &call->weight[packing->offset[t] + r];
            *a -= largest;
            call->pass->kernels->exp(1, a, a);
            sum += *a;
        }
        for (size_t t = 0; t < packing->steps && r < qd_packing_active(packing, t); t++) {
            const size_t row = packing->offset[t] + r;
            const qd_real *x = qd_rows_at(call->in, row);
            call->weight[row] /= sum;
            for (size_t i = 0; i < width; i++) {
                y[i] += call->weight[row] * x[i];
            }
        }
    }
}

static size_t row_grain(const qd_layer *layer, const qd_packing *packing)
{
    return qd_layer_grain(4 * packing->steps * layer->inputs, 1);
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    attention_call call = call_of(layer, pass, in, out);
    qd_pool_run(pass->pool, pass->packing->rows, row_grain(layer, pass->packing), forward_rows, &call);
}

/* de_t = a_t dy . (x_t - y); dx_t = a_t dy + de_t q */
static void backward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const attention_call *call = context;
    const qd_packing *packing = call->pass->packing;
    const size_t width = call->layer->inputs;
    for (size_t r = begin; r < end; r++) {
        const qd_real *dy = qd_rows_at(call->dout, r);
        const qd_real mean = qd_wrong(42) ? 0 : dot(width, dy, qd_rows_at(call->out, r)); /* wrong: as if a were free */
        for (size_t t = 0; t < packing->steps && r < qd_packing_active(packing, t); t++) {
            const size_t row = packing->offset[t] + r;
            const qd_real a = call->weight[row];
            call->slope[row] = a * (dot(width, dy, qd_rows_at(call->in, row)) - mean);
            qd_real *dx = call->din != NULL ? qd_rows_at(*call->din, row) : NULL;
            for (size_t i = 0; dx != NULL && i < width; i++) {
                dx[i] = a * dy[i] + call->slope[row] * call->query[i];
            }
        }
    }
}

/* dq = sum of de_t x_t */
static void query_gradient(const attention_call *call)
{
    const qd_packing *packing = call->pass->packing;
    qd_span *spans = call->pass->spans;
    for (size_t i = 0; i < packing->steps; i++) {
        const size_t t = packing->steps - 1 - i, row = packing->offset[t];
        spans[i] = (qd_span){call->slope + row, qd_rows_at(call->in, row), 0, qd_packing_active(packing, t)};
    }
    const size_t width = call->layer->inputs;
    const qd_outer sum = {.spans = spans,
                          .count = packing->steps,
                          .rows = packing->rows,
                          .j_end = 1,
                          .cols = width,
                          .out = call->pass->gradients + call->layer->parameter_offset,
                          .lda = 1,
                          .ldb = call->in.ld,
                          .ldo = width};
    call->pass->kernels->outer(&sum);
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    attention_call call = call_of(layer, pass, in, out);
    call.dout = dout;
    call.din = din;
    qd_pool_run(pass->pool, pass->packing->rows, row_grain(layer, pass->packing), backward_rows, &call);
    query_gradient(&call);
}

const qd_layer_kind qd_layer_attention = {
    .name = "attention",
    .help = "the mean over a sequence, each step weighted by a learned score",
    .pools = true,
    .configure = configure,
    .tensors = tensors,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
