/* Recurrent layers: a cell of the kernels run over time, forward and backward.  In: a packed batch; out: its hidden
   states, or the last one of each sequence.

   A recurrence is cut among threads by rows, once for the whole sequence: rows never meet, so no thread waits for
   another until all steps are done.  Sums over rows (weight gradients) come after, cut by rows of the weights.

   "Before" and "after" below are meant in the order in which the layer runs: for the reverse direction the step before
   t is t + 1.  Since rows are sorted by length, the rows of step t that also have step t + 1 are its first ones. */
#include "nn/recurrent.h"
#include "base/text.h"
#include "kernels/wrong.h"

#include <assert.h>
#include <string.h>

enum { LEAST_ROWS = 4, LEAST_OUTPUTS = 16 };

/* One call of forward or backward. */
typedef struct recurrence {
    const qd_layer *layer;
    const qd_pass *pass;
    const qd_packing *packing;
    const qd_cell *cell;
    size_t inputs, units, gates; /* I, H, G*H */
    qd_rows in, out, dout;
    /* What is kept for backward; without training only as much as the next step needs (see hidden_at, cell_at). */
    bool kept;
    qd_real *h;        /* [total][H] */
    qd_real *c;        /* [total][H]; NULL where the cell has no such state */
    qd_real *gates_at; /* [total][G*H]: gates, after backward the gradients of their preactivations; or NULL */
    /* Packed weights. */
    qd_real *forward_weights, *hidden_weights, *input_weights;
    /* Of backward. */
    qd_real *dh, *dc; /* [B][H] */
    qd_real *carry;   /* [B][G*H] of dz, [B][H] of dc; NULL outside segments */
    size_t carried_dc;
    const qd_rows *din;
    qd_span *input_spans, *hidden_spans;
    size_t input_count, hidden_count;
} recurrence;

/* -------------------------------------------------------------------------------------------- description */

void qd_recurrent_configure(qd_layer *layer, const qd_layer_spec *spec, qd_cell_id cell)
{
    layer->cell = cell;
    layer->units = spec->units;
    layer->outputs = spec->units;
    layer->state = qd_cells[cell].states * spec->units;
}

size_t qd_recurrent_tensors(const qd_layer *layer, qd_tensor *tensors)
{
    const qd_cell *cell = &qd_cells[layer->cell];
    const size_t rows = cell->gates * layer->units;
    const qd_tensor shapes[] = {
        {.name = "weight_ih", .rows = rows, .cols = layer->inputs, .initial = QD_INITIAL_GLOROT},
        {.name = "weight_hh", .rows = rows, .cols = layer->units, .initial = QD_INITIAL_ORTHOGONAL},
        {.name = "bias_ih", .rows = rows, .initial = QD_INITIAL_GATE_BIAS},
    };
    const size_t count = sizeof shapes / sizeof shapes[0];
    for (size_t i = 0; tensors != NULL && i < count; i++) {
        tensors[i] = shapes[i];
        tensors[i].gates = cell->gates;
        tensors[i].unit_gate = cell->unit_bias_gate;
        qd_text_format(tensors[i].name, sizeof tensors[i].name, "%s.%s_l%zu%s", cell->name, shapes[i].name,
                       layer->number, layer->reverse ? "_reverse" : "");
    }
    return count;
}

/* Elements of the kept hidden states of a layer that does not put them all out. */
static size_t hidden_size(const qd_layer *layer, size_t rows, size_t total, bool training)
{
    const size_t needed = training || total < 2 * rows ? total : 2 * rows;
    return layer->last_only ? needed * layer->units : 0;
}

static size_t cell_size(const qd_layer *layer, size_t rows, size_t total, bool training)
{
    return qd_cells[layer->cell].states > 1 ? (training ? total : rows) * layer->units : 0;
}

qd_needs qd_recurrent_needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                            bool training)
{
    const qd_cell *cell = &qd_cells[layer->cell];
    const size_t inputs = layer->inputs, units = layer->units, gates = cell->gates * units;
    qd_needs needs = {
        .packed = qd_pack_cell_size(kernels, cell, inputs, units),
        .saved = hidden_size(layer, rows, total, training) + cell_size(layer, rows, total, training),
    };
    if (training) {
        needs.packed += qd_pack_matrix_size(kernels, gates, units) + qd_pack_matrix_size(kernels, gates, inputs);
        needs.saved += total * gates;
        needs.scratch = 2 * rows * units;
        needs.spans = 3 * steps;
        needs.sums = qd_groups(rows) * (inputs + 1 + units) * gates;
        needs.carry = rows * (gates + units);
    }
    return needs;
}

static recurrence recurrence_of(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const qd_cell *cell = &qd_cells[layer->cell];
    const size_t rows = pass->packing->rows, total = qd_packing_total(pass->packing);
    const size_t inputs = layer->inputs, units = layer->units, gates = cell->gates * units;
    assert(in.width == inputs && out.width == units && out.ld == units);
    recurrence r = {.layer = layer, .pass = pass, .packing = pass->packing, .cell = cell};
    r.inputs = inputs;
    r.units = units;
    r.gates = gates;
    r.in = in;
    r.out = out;
    r.kept = pass->training;
    qd_real *saved = qd_layer_saved(layer, pass);
    r.h = layer->last_only ? saved : out.data;
    saved += hidden_size(layer, rows, total, r.kept);
    r.c = cell->states > 1 ? saved : NULL;
    r.gates_at = r.kept ? saved + cell_size(layer, rows, total, true) : NULL;
    r.forward_weights = qd_layer_packed(layer, pass);
    r.hidden_weights = r.forward_weights + qd_pack_cell_size(pass->kernels, cell, inputs, units);
    r.input_weights = r.hidden_weights + qd_pack_matrix_size(pass->kernels, gates, units);
    return r;
}

void qd_recurrent_pack(const qd_layer *layer, const qd_pass *pass)
{
    const qd_cell *cell = &qd_cells[layer->cell];
    const size_t inputs = layer->inputs, units = layer->units, gates = cell->gates * units;
    const qd_real *w_ih = pass->parameters + layer->parameter_offset;
    const qd_real *w_hh = w_ih + gates * inputs;
    const qd_real *bias = w_hh + gates * units;
    qd_real *packed = qd_layer_packed(layer, pass);
    qd_pack_cell(pass->kernels, cell, inputs, units, w_ih, w_hh, bias, packed);
    if (pass->training) {
        qd_real *hidden = packed + qd_pack_cell_size(pass->kernels, cell, inputs, units);
        qd_real *input = hidden + qd_pack_matrix_size(pass->kernels, gates, units);
        if (qd_wrong(15)) { /* the recurrent weights read as if transposed */
            qd_pack_matrix(pass->kernels, gates, units, w_hh, 1, gates, hidden);
        } else {
            qd_pack_matrix(pass->kernels, gates, units, w_hh, units, 1, hidden);
        }
        qd_pack_matrix(pass->kernels, gates, inputs, w_ih, inputs, 1, input);
    }
}

/* ----------------------------------------------------------------------------------------- rows and steps */

/* The i-th step to be run. */
static size_t step_number(const recurrence *r, size_t i)
{
    return r->layer->reverse ? r->packing->steps - 1 - i : i;
}

static size_t step_before(const recurrence *r, size_t t)
{
    return r->layer->reverse ? t + 1 : t - 1;
}

static size_t step_after(const recurrence *r, size_t t)
{
    return r->layer->reverse ? t - 1 : t + 1;
}

/* How many of the rows of step t, the first ones, have a step t + 1 (later) or t - 1 (in this segment). */
static size_t rows_shared(const recurrence *r, size_t t, bool later)
{
    if (later) {
        return qd_packing_going_on(r->packing, t);
    }
    return t > 0 ? qd_packing_active(r->packing, t) : 0;
}

/* Rows begin .. end-1 of the batch at step t: [begin, before) have a step before, [before, end) begin here;
   [begin, after) have a step after, [after, end) end here. */
typedef struct step_rows {
    size_t t, begin, before, after, end;
} step_rows;

static size_t clamp(size_t n, size_t low, size_t high)
{
    return n < low ? low : n > high ? high : n;
}

static step_rows rows_of_step(const recurrence *r, size_t t, size_t begin, size_t end)
{
    const size_t last = clamp(qd_packing_active(r->packing, t), begin, end);
    return (step_rows){
        .t = t,
        .begin = begin,
        .before = clamp(rows_shared(r, t, r->layer->reverse), begin, last),
        .after = clamp(rows_shared(r, t, !r->layer->reverse), begin, last),
        .end = last,
    };
}

/* The hidden states after step t; without training there are two alternating steps of them. */
static qd_real *hidden_at(const recurrence *r, size_t t)
{
    const bool all = r->kept || !r->layer->last_only;
    return r->h + (all ? r->packing->offset[t] : (t % 2) * r->packing->rows) * r->units;
}

/* The cell states after step t; without training there is one step of them, changed in place. */
static qd_real *cell_at(const recurrence *r, size_t t)
{
    return r->c == NULL ? NULL : r->c + (r->kept ? r->packing->offset[t] : 0) * r->units;
}

/* A state of this layer, [B][H], in a block of states; NULL where there is none. */
static qd_real *state_at(const recurrence *r, const qd_real *block, size_t state)
{
    if (block == NULL || state >= r->cell->states) {
        return NULL;
    }
    return (qd_real *)block + (r->layer->state_offset + state * r->units) * r->packing->rows;
}

/* States of rows, `ld` apart. */
typedef struct row_states {
    const qd_real *h, *c;
    size_t ld;
} row_states;

/* What rows of step t start from: those that begin there from the initial states, the others from the step before. */
static row_states states_before(const recurrence *r, size_t t, bool begin)
{
    if (!begin) {
        const size_t before = step_before(r, t);
        return (row_states){hidden_at(r, before), cell_at(r, before), r->units};
    }
    if (r->pass->state_in == NULL) {
        return (row_states){r->pass->zeros, r->pass->zeros, 0};
    }
    return (row_states){state_at(r, r->pass->state_in, 0), state_at(r, r->pass->state_in, 1), r->units};
}

static const qd_real *row_at(const qd_real *base, size_t row, size_t ld)
{
    return base == NULL ? NULL : base + row * ld;
}

/* ------------------------------------------------------------------------------------------------ forward */

/* z = b + W x_t + U h_(t-1), gates, states: for rows first .. last-1 of step t. */
static void step_forward(const recurrence *r, size_t t, size_t first, size_t last, bool begin)
{
    if (first >= last) {
        return;
    }
    const row_states from = states_before(r, t, begin);
    const size_t row = r->packing->offset[t] + first;
    const qd_cell_forward step = {
        .rows = last - first,
        .inputs = r->inputs,
        .units = r->units,
        .packed = r->forward_weights,
        .x = qd_rows_at(r->in, row),
        .h_in = row_at(from.h, first, from.ld),
        .c_in = row_at(from.c, first, from.ld),
        .h_out = hidden_at(r, t) + first * r->units,
        .c_out = (qd_real *)row_at(cell_at(r, t), first, r->units),
        .saved = (qd_real *)row_at(r->gates_at, row, r->gates),
        .ldx = r->in.ld,
        .ldh_in = from.ld,
        .ldc_in = from.ld,
        .ldh_out = r->units,
        .ldc_out = r->units,
        .ld_saved = r->gates,
    };
    r->pass->kernels->cell_forward[r->layer->cell](&step);
}

/* The states of rows that end with step t, or with its segment. */
static void put_out_states(const recurrence *r, size_t t, size_t first, size_t last, bool ends)
{
    const size_t size = (last - first) * r->units * sizeof(qd_real), from = first * r->units;
    if (size == 0) {
        return;
    }
    const qd_real *h = hidden_at(r, t) + from;
    if (r->layer->last_only && ends) {
        memcpy(r->out.data + from, h, size);
    }
    qd_real *h_out = state_at(r, r->pass->state_out, 0), *c_out = state_at(r, r->pass->state_out, 1);
    if (h_out != NULL) {
        memcpy(h_out + from, h, size);
    }
    if (c_out != NULL) {
        memcpy(c_out + from, cell_at(r, t) + from, size);
    }
}

static void forward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const recurrence *r = context;
    for (size_t i = 0; i < r->packing->steps; i++) {
        const step_rows rows = rows_of_step(r, step_number(r, i), begin, end);
        step_forward(r, rows.t, rows.begin, rows.before, false);
        step_forward(r, rows.t, rows.before, rows.end, true);
        put_out_states(r, rows.t, rows.after, rows.end, true);
        if (i + 1 == r->packing->steps) {
            put_out_states(r, rows.t, rows.begin, rows.after, false);
        }
    }
}

/* Multiply-adds of a row over all steps. */
static size_t row_work(const recurrence *r)
{
    return r->packing->steps * r->gates * (r->inputs + r->units);
}

void qd_recurrent_forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    recurrence r = recurrence_of(layer, pass, in, out);
    qd_pool_run(pass->pool, r.packing->rows, qd_layer_grain(row_work(&r), LEAST_ROWS), forward_rows, &r);
}

/* ----------------------------------------------------------------------------------------------- backward */

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
    for (size_t i = r->packing->steps; i-- > 0;) {
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

/* dx = dz W, over the rows of all steps. */
static void input_gradient(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    const recurrence *r = context;
    const qd_affine product = {
        .rows = end - begin,
        .depth = r->gates,
        .cols = r->inputs,
        .a = r->gates_at + begin * r->gates,
        .packed = r->input_weights,
        .out = qd_rows_at(*r->din, begin),
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
    for (size_t i = r->packing->steps; i-- > 0;) {
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
    qd_real *sums = qd_layer_sums(r->layer, r->pass); /* those of dW, of db, of dU */
    const size_t group_sums = qd_groups(r->pass->rows_of_batch) * r->gates;
    sum.sums = sums;
    sum.ld_sums = r->gates;
    sum.more = r->pass->more;
    kernels->outer(&sum);

    sum.sums = sums != NULL ? sums + group_sums * r->inputs : NULL;
    sum.out += r->gates * (r->inputs + r->units);
    sum.ldo = sum.cols = 1;
    sum.count -= qd_wrong(16) ? 1 : 0; /* the first step missing */
    kernels->column_sums(&sum);

    sum.sums = sums != NULL ? sums + group_sums * (r->inputs + 1) : NULL;
    sum.out -= r->gates * r->units;
    sum.spans = r->hidden_spans;
    sum.count = r->hidden_count;
    sum.ldb = sum.ldo = sum.cols = r->units;
    kernels->outer(&sum);
}

void qd_recurrent_backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                           const qd_rows *din)
{
    recurrence r = recurrence_of(layer, pass, in, out);
    const size_t rows = r.packing->rows, total = qd_packing_total(r.packing);
    r.dout = dout;
    r.din = din;
    r.dh = qd_layer_scratch(layer, pass);
    r.dc = r.dh + rows * r.units;
    r.carry = qd_layer_carry(layer, pass);
    r.carried_dc = pass->rows_of_batch * r.gates;
    qd_pool_run(pass->pool, rows, qd_layer_grain(row_work(&r), LEAST_ROWS), backward_rows, &r);
    if (din != NULL) {
        qd_pool_run(pass->pool, total, qd_layer_grain(r.gates * r.inputs, LEAST_ROWS), input_gradient, &r);
    }
    list_spans(&r);
    qd_pool_run(pass->pool, r.gates, qd_layer_grain(total * (r.inputs + r.units), LEAST_OUTPUTS), weight_gradients, &r);
}
