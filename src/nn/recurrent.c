/* Recurrent layers: a cell of the kernels run over time, forward and backward.  In: a packed batch; out: its hidden
   states, or the last one of each sequence.

   A recurrence is cut among threads by rows, once for the whole sequence: rows never meet, so no thread waits for
   another until all steps are done.  Sums over rows (weight gradients) come after, cut by rows of the weights. */
#include "nn/recurrent_parts.h"
#include "base/text.h"
#include "kernels/wrong.h"

#include <assert.h>
#include <string.h>

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

qd_needs qd_recurrent_needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                            bool training)
{
    const qd_cell *cell = &qd_cells[layer->cell];
    const size_t inputs = layer->inputs, units = layer->units, gates = cell->gates * units;
    qd_needs needs = {
        .packed = qd_pack_cell_size(kernels, cell, inputs, units),
        .saved = hidden_size(layer, rows, total, training) + cell_size(layer, rows, total, training),
    };
    needs.scratch = QD_AHEAD * gates;
    if (training) {
        needs.packed += qd_pack_matrix_size(kernels, gates, units) + qd_pack_matrix_size(kernels, gates, inputs);
        needs.saved += total * gates;
        needs.scratch += 2 * rows * units + block_sums_most(layer, rows, total);
        needs.spans = 3 * steps;
        needs.sums = sums_size(layer, rows);
        needs.carry = rows * (gates + units);
    }
    return needs;
}

recurrence qd_recurrence_of(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
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
        .ahead = r->kept ? rows_between(r, t, step_after(r, t)) : 0,
        .ldx = r->in.ld,
        .ldh_in = from.ld,
        .ldc_in = from.ld,
        .ldh_out = r->units,
        .ldc_out = r->units,
        .ld_saved = r->gates,
        .z = r->z != NULL ? r->z + (row - r->z_row) * r->gates : NULL,
        .ldz = r->gates,
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

/* z = b + W x for the rows of the steps from number i on, as many as there is room for; returns how many steps. */
static size_t inputs_ahead(recurrence *r, size_t i)
{
    const qd_packing *packing = r->packing;
    size_t steps = 0, rows = 0;
    while (i + steps < packing->steps) {
        const size_t active = qd_packing_active(packing, step_number(r, i + steps));
        if (rows + active > QD_AHEAD) {
            break;
        }
        rows += active;
        steps++;
    }
    r->z_row = packing->offset[step_number(r, r->layer->reverse ? i + steps - 1 : i)]; /* the earliest */
    const qd_cell_forward products = {
        .rows = rows,
        .inputs = r->inputs,
        .units = r->units,
        .packed = r->forward_weights,
        .x = qd_rows_at(r->in, r->z_row),
        .saved = r->z,
        .ldx = r->in.ld,
        .ld_saved = r->gates,
    };
    r->pass->kernels->cell_inputs[r->layer->cell](&products);
    return steps;
}

static void forward_rows(void *context, size_t begin, size_t end, unsigned worker)
{
    (void)worker;
    recurrence own = *(const recurrence *)context, *r = &own;
    const bool few = end - begin == r->packing->rows && end <= QD_FEW_ROWS && r->packing->steps > 1;
    r->z = few ? r->z : NULL;
    for (size_t i = 0, ahead = 0; i < r->packing->steps; i++) {
        if (few && i == ahead) {
            ahead += inputs_ahead(r, i);
        }
        const step_rows rows = rows_of_step(r, step_number(r, i), begin, end);
        step_forward(r, rows.t, rows.begin, rows.before, false);
        step_forward(r, rows.t, rows.before, rows.end, true);
        put_out_states(r, rows.t, rows.after, rows.end, true);
        if (i + 1 == r->packing->steps) {
            put_out_states(r, rows.t, rows.begin, rows.after, false);
        }
    }
}

void qd_recurrent_forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    recurrence r = qd_recurrence_of(layer, pass, in, out);
    r.z = qd_layer_scratch(layer, pass);
    qd_pool_run(pass->pool, r.packing->rows, qd_layer_grain(row_work(&r, r.packing->steps), QD_LEAST_ROWS),
                forward_rows, &r);
}
