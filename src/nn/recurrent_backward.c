/* Backward of the recurrent layers: through time, and the gradients of inputs and weights.

   All three run over a block of time steps before the next block, where the whole batch does not fit in the cache but
   the sums of the weight gradients do: long sequences, few of them. */
#include "nn/recurrent_parts.h"
#include "kernels/wrong.h"

#include <string.h>

/* dz_(t+1): of this segment, or carried over from the next, where [B][H] of dc come after it. */
static const qd_real *gates_after(const recurrence *r, size_t t)
{
    return t + 1 == r->packing->steps && r->packing->later > 0
               ? r->carry
               : r->gates_at + r->packing->offset[step_after(r, t)] * r->gates;
}

/* dc_t of rows that go on in the next segment. */
static void carry_in(const recurrence *r, size_t first, size_t last)
{
    if (first < last) {
        memcpy(r->dc + first * r->units, r->carry + r->carried_dc + first * r->units,
               (last - first) * r->units * sizeof(qd_real));
    }
}

/* dz_t and dc_(t-1) of all rows of the segment's first step, for the segment before it. */
static void carry_out(const recurrence *r, size_t first, size_t last)
{
    if (first < last && r->carry != NULL) {
        memcpy(r->carry + first * r->gates, r->gates_at + first * r->gates,
               (last - first) * r->gates * sizeof(qd_real));
        memcpy(r->carry + r->carried_dc + first * r->units, r->dc + first * r->units,
               (last - first) * r->units * sizeof(qd_real));
    }
}

/* dh_t = dout_t + dz_(t+1) U, for rows that have a step after. */
static void hidden_gradient(const recurrence *r, size_t t, size_t first, size_t last)
{
    if (first >= last) {
        return;
    }
    const qd_affine product = {
        .rows = last - first,
        .depth = qd_wrong(13) ? 0 : r->gates, /* nothing from the step after */
        .cols = r->units,
        .a = gates_after(r, t) + first * r->gates,
        .packed = r->hidden_weights,
        .start = r->layer->last_only ? NULL : qd_rows_at(r->dout, r->packing->offset[t] + first),
        .out = r->dh + first * r->units,
        .lda = r->gates,
        .ld_start = r->dout.ld,
        .ldo = r->units,
    };
    r->pass->kernels->affine(&product);
}

/* dh_t and dc_t of rows that end with step t. */
static void last_gradient(const recurrence *r, size_t t, size_t first, size_t last)
{
    const size_t units = r->units;
    const qd_real *dh_out = qd_wrong(19) ? NULL : state_at(r, r->pass->dstate_out, 0);
    const qd_real *dc_out = qd_wrong(20) ? NULL : state_at(r, r->pass->dstate_out, 1);
    for (size_t row = first; row < last; row++) {
        const size_t own = qd_wrong(22) ? row - first : row; /* wrong: as if the first rows ended here */
        const qd_real *dout = qd_rows_at(r->dout, r->layer->last_only ? own : r->packing->offset[t] + row);
        for (size_t unit = 0; unit < units; unit++) {
            r->dh[row * units + unit] = dh_out != NULL ? dout[unit] + dh_out[row * units + unit] : dout[unit];
            r->dc[row * units + unit] = dc_out != NULL ? dc_out[row * units + unit] : 0;
        }
    }
}

/* From the gradients of the states after step t to dz_t and to that of the cell state before it. */
static void step_backward(const recurrence *r, size_t t, size_t first, size_t last, bool begin)
{
    if (first >= last) {
        return;
    }
    const size_t before = step_before(r, t); /* that step will read the cell states of the one before it */
    const row_states from =
        qd_wrong(23) && begin ? (row_states){r->pass->zeros, r->pass->zeros, 0} : states_before(r, t, begin);
    const qd_cell_backward step = {
        .rows = last - first,
        .units = r->units,
        .saved = r->gates_at + (r->packing->offset[t] + first) * r->gates,
        .h_out = hidden_at(r, t) + first * r->units,
        .c_in = row_at(from.c, first, from.ld),
        .c_out = row_at(cell_at(r, t), first, r->units),
        .dh = r->dh + first * r->units,
        .dc = r->dc + first * r->units,
        .ahead = step_before(r, before) < r->packing->steps ? rows_between(r, t, before) : 0,
        .ld_saved = r->gates,
        .ldh_out = r->units,
        .ldc_in = from.ld,
        .ldc_out = r->units,
        .lddh = r->units,
        .lddc = r->units,
    };
    r->pass->kernels->cell_backward[r->layer->cell](&step);
}

/* dh_0 = dz_1 U, and dc_0, of rows that begin with step t. */
static void initial_gradient(const recurrence *r, size_t t, size_t first, size_t last)
{
    qd_real *dh_in = state_at(r, r->pass->dstate_in, 0), *dc_in = state_at(r, r->pass->dstate_in, 1);
    if (first >= last || dh_in == NULL) {
        return;
    }
    const qd_affine product = {
        .rows = last - first,
        .depth = r->gates,
        .cols = r->units,
        .a = r->gates_at + (r->packing->offset[t] + first) * r->gates,
        .packed = r->hidden_weights,
        .start = qd_wrong(21) ? r->dh + first * r->units : NULL, /* wrong: with the gradient of the state after */
        .out = dh_in + first * r->units,
        .lda = r->gates,
        .ld_start = r->units,
        .ldo = r->units,
    };
    r->pass->kernels->affine(&product);
    if (dc_in != NULL) {
        memcpy(dc_in + first * r->units, r->dc + first * r->units, (last - first) * r->units * sizeof(qd_real));
    }
}

static void backward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const recurrence *r = context;
    for (size_t i = r->end; i-- > r->begin;) {
        const step_rows rows = rows_of_step(r, step_number(r, i), begin, end);
        if (i + 1 == r->packing->steps) {
            carry_in(r, rows.begin, rows.after);
        }
        hidden_gradient(r, rows.t, rows.begin, rows.after);
        last_gradient(r, rows.t, rows.after, rows.end);
        step_backward(r, rows.t, rows.begin, rows.before, false);
        step_backward(r, rows.t, rows.before, rows.end, true);
        initial_gradient(r, rows.t, rows.before, rows.end);
        if (i == 0) {
            carry_out(r, rows.begin, rows.end);
        }
    }
}

/* dx = dz W, over the rows of all steps under way. */
static void input_gradient(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const recurrence *r = context;
    const size_t t = step_number(r, r->layer->reverse ? r->end - 1 : r->begin); /* the earliest */
    const size_t first = r->packing->offset[t] + begin;
    const qd_affine product = {
        .rows = end - begin,
        .depth = r->gates,
        .cols = r->inputs,
        .a = r->gates_at + first * r->gates,
        .packed = r->input_weights,
        .out = qd_rows_at(*r->din, first),
        .lda = r->gates,
        .ldo = r->din->ld,
    };
    r->pass->kernels->affine(&product);
}

/* The rows that the weight gradients are sums over: a span a step, or two where rows begin from a given state, from the
   last step run to the first. */
static void list_spans(recurrence *r)
{
    r->input_spans = r->pass->spans;
    r->hidden_spans = r->pass->spans + r->packing->steps;
    r->input_count = r->hidden_count = 0;
    for (size_t i = r->end; i-- > r->begin;) {
        const step_rows rows = rows_of_step(r, step_number(r, i), 0, r->packing->rows);
        const size_t t = rows.t, x_t = qd_wrong(17) ? 0 : t; /* wrong: always the first inputs */
        const qd_real *dz = r->gates_at + r->packing->offset[t] * r->gates;
        r->input_spans[r->input_count++] = (qd_span){dz, qd_rows_at(r->in, r->packing->offset[x_t]), 0, rows.end};
        if (rows.before > 0) {
            /* Wrong: the hidden state after the step, not before. */
            const qd_real *h = qd_wrong(14) ? hidden_at(r, t) : states_before(r, t, false).h;
            r->hidden_spans[r->hidden_count++] = (qd_span){dz, h, 0, rows.before};
        }
        if (rows.before < rows.end && r->pass->state_in != NULL && !qd_wrong(18)) {
            r->hidden_spans[r->hidden_count++] = (qd_span){dz, states_before(r, t, true).h, rows.before, rows.end};
        }
    }
}

/* dW = sum of dz_t x_t, dU = sum of dz_t h_(t-1), db = sum of dz_t: rows begin .. end-1 of the weights. */
static void weight_gradients(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const recurrence *r = context;
    const qd_kernels *kernels = r->pass->kernels;
    qd_outer sum = {.rows = r->packing->rows, .j_begin = begin, .j_end = end, .lda = r->gates};
    sum.spans = r->input_spans;
    sum.count = r->input_count;
    sum.out = r->pass->gradients + r->layer->parameter_offset;
    sum.ldb = r->in.ld;
    sum.ldo = sum.cols = r->inputs;
    qd_real *sums = r->sums; /* those of dW, of db, of dU */
    const size_t rows = r->pass->sums != NULL ? r->pass->rows_of_batch : sum.rows;
    const size_t group_sums = qd_groups(rows) * r->gates;
    sum.sums = sums;
    sum.ld_sums = r->gates;
    sum.more = r->more;
    sum.bias = sum.out + r->gates * (r->inputs + r->units);
    sum.bias_sums = sums != NULL ? sums + group_sums * r->inputs : NULL;
    kernels->outer(&sum);
    if (qd_wrong(16)) { /* the bias's without the first step */
        qd_outer wrong = sum;
        wrong.count--;
        wrong.out = sum.bias;
        wrong.sums = sum.bias_sums;
        kernels->column_sums(&wrong);
    }

    sum.bias = NULL;
    sum.sums = sums != NULL ? sums + group_sums * (r->inputs + 1) : NULL;
    sum.out += r->gates * r->inputs;
    sum.spans = r->hidden_spans;
    sum.count = r->hidden_count;
    sum.ldb = sum.ldo = sum.cols = r->units;
    kernels->outer(&sum);
}

/* Steps of a block, and where its sums are kept: behind what is in the scratch memory already. */
static size_t begin_blocks(recurrence *r, qd_real *scratch)
{
    const size_t rows = r->packing->rows, size = sums_size(r->layer, rows);
    const size_t most = block_sums_most(r->layer, rows, qd_packing_total(r->packing));
    r->sums = qd_layer_sums(r->layer, r->pass);
    if (size > most || (r->sums != NULL && r->pass->rows_of_batch > rows)) {
        return r->packing->steps;
    }
    if (r->sums == NULL) {
        r->sums = scratch;
        memset(scratch, 0, size * sizeof *scratch);
    }
    const size_t least = 16, steps = QD_CACHE / sizeof(qd_real) / (rows * step_size(r->layer));
    return steps > least ? steps : least;
}

void qd_recurrent_backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                           const qd_rows *din)
{
    recurrence r = qd_recurrence_of(layer, pass, in, out);
    const size_t rows = r.packing->rows;
    r.dout = dout;
    r.din = din;
    r.dh = qd_layer_scratch(layer, pass);
    r.dc = r.dh + rows * r.units;
    r.carry = qd_layer_carry(layer, pass);
    r.carried_dc = pass->rows_of_batch * r.gates;
    const size_t block = begin_blocks(&r, r.dc + rows * r.units);
    for (r.end = r.packing->steps; r.end > 0; r.end = r.begin) {
        r.begin = r.end > block ? r.end - block : 0;
        r.more = r.begin > 0 || pass->more;
        const size_t first = step_number(&r, r.begin), last = step_number(&r, r.end - 1);
        const size_t total = layer->reverse ? r.packing->offset[first + 1] - r.packing->offset[last]
                                            : r.packing->offset[last + 1] - r.packing->offset[first];
        qd_pool_run(pass->pool, rows, qd_layer_grain(row_work(&r, r.end - r.begin), QD_LEAST_ROWS), backward_rows, &r);
        if (din != NULL) {
            qd_pool_run(pass->pool, total, qd_layer_grain(r.gates * r.inputs, QD_LEAST_ROWS), input_gradient, &r);
        }
        list_spans(&r);
        const size_t grain = qd_layer_grain(total * (r.inputs + r.units), QD_LEAST_OUTPUTS);
        qd_pool_run(pass->pool, r.gates, grain, weight_gradients, &r);
    }
}
