/* One direction of a network of sites: its weights as the kernels want them, and a step of any number of rows. */
#include "tasks/sites_stack.h"
#include "base/mem.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Of a direction's layer: weight_ih, weight_hh, bias_ih, which follow one another; behind the embedding's tensor each
   layer has them twice, the direction from the beginning first. */
enum { TENSORS = 3 };

static const qd_tensor *first_tensor(const qd_network *network, size_t layer, bool reverse)
{
    return qd_network_tensor(network, 1 + TENSORS * (2 * layer + (reverse ? 1 : 0)));
}

static qd_status fill(qd_stack *stack, const qd_network *network, const float *parameters, bool reverse,
                      qd_error *error)
{
    const qd_cell *cell = &qd_cells[QD_CELL_LSTM];
    for (size_t l = 0; l < stack->layers; l++) {
        const qd_tensor *w_ih = first_tensor(network, l, reverse);
        qd_stack_layer *layer = &stack->layer[l];
        layer->inputs = w_ih->cols;
        layer->units = w_ih->rows / cell->gates;
        layer->offset = stack->state;
        stack->state += layer->units;
        const size_t size = qd_pack_cell_size(stack->kernels, cell, layer->inputs, layer->units);
        layer->packed = qd_mem_new(size, sizeof(float));
        if (layer->packed == NULL) {
            return qd_fail_memory(error, size * sizeof(float), "the weights of a direction");
        }
        qd_pack_cell(stack->kernels, cell, layer->inputs, layer->units, parameters + w_ih->offset,
                     parameters + w_ih[1].offset, parameters + w_ih[2].offset, layer->packed);
    }
    stack->inputs = stack->layer[0].inputs;
    stack->units = stack->layer[stack->layers - 1].units;
    return QD_OK;
}

qd_status qd_stack_new(const qd_network *network, const float *parameters, bool reverse, qd_stack **out,
                       qd_error *error)
{
    qd_stack *stack = qd_mem_new(1, sizeof *stack);
    if (stack == NULL) {
        return qd_fail_memory(error, sizeof *stack, "a direction");
    }
    stack->layers = (qd_network_tensors(network) - 3) / (2 * TENSORS); /* the embedding, weight and bias of dense */
    stack->layer = qd_mem_new(stack->layers, sizeof *stack->layer);
    qd_status status = stack->layer == NULL
                           ? qd_fail_memory(error, stack->layers * sizeof *stack->layer, "a direction")
                           : qd_kernels_select(&stack->kernels, error);
    if (status == QD_OK) {
        status = fill(stack, network, parameters, reverse, error);
    }
    if (status != QD_OK) {
        qd_stack_free(stack);
        return status;
    }
    *out = stack;
    return QD_OK;
}

void qd_stack_free(qd_stack *stack)
{
    if (stack != NULL) {
        for (size_t l = 0; stack->layer != NULL && l < stack->layers; l++) {
            qd_mem_free(stack->layer[l].packed);
        }
        qd_mem_free(stack->layer);
        qd_mem_free(stack);
    }
}

qd_status qd_stack_states_new(const qd_stack *stack, size_t rows, qd_stack_states *out, qd_error *error)
{
    *out = (qd_stack_states){.rows = rows};
    out->h = qd_mem_new(rows, stack->state * sizeof(float));
    out->c = qd_mem_new(rows, stack->state * sizeof(float));
    return out->h == NULL || out->c == NULL ? qd_fail_memory(error, 2 * rows * stack->state * sizeof(float), "states")
                                            : QD_OK;
}

void qd_stack_states_clear(qd_stack_states *states)
{
    qd_mem_free(states->h);
    qd_mem_free(states->c);
    *states = (qd_stack_states){0};
}

/* Where the states of a row and layer begin, in h or c. */
static size_t place(const qd_stack_layer *layer, const qd_stack_states *states, size_t row)
{
    return states->rows * layer->offset + row * layer->units;
}

const float *qd_stack_top(const qd_stack *stack, const qd_stack_states *states, size_t row)
{
    return states->h + place(&stack->layer[stack->layers - 1], states, row);
}

void qd_stack_run(const qd_stack *stack, const qd_stack_step *s)
{
    const float *x = s->x;
    size_t ldx = s->ldx;
    for (size_t l = 0; l < stack->layers && s->rows > 0; l++) {
        const qd_stack_layer *layer = &stack->layer[l];
        const size_t units = layer->units, ld = s->shared ? 0 : units;
        const size_t from = place(layer, s->from, s->from_row), to = place(layer, s->to, s->to_row);
        const qd_cell_forward cell = {
            .rows = s->rows,
            .inputs = layer->inputs,
            .units = units,
            .packed = layer->packed,
            .x = x,
            .h_in = s->from->h + from,
            .c_in = s->from->c + from,
            .h_out = s->to->h + to,
            .c_out = s->to->c + to,
            .ldx = ldx,
            .ldh_in = ld,
            .ldc_in = ld,
            .ldh_out = units,
            .ldc_out = units,
        };
        stack->kernels->cell_forward[QD_CELL_LSTM](&cell);
        x = cell.h_out;
        ldx = units;
    }
}

void qd_stack_move(const qd_stack *stack, qd_stack_states *states, size_t from, size_t to)
{
    for (size_t l = 0; l < stack->layers; l++) {
        const qd_stack_layer *layer = &stack->layer[l];
        const size_t source = place(layer, states, from), target = place(layer, states, to);
        memmove(states->h + target, states->h + source, layer->units * sizeof(float));
        memmove(states->c + target, states->c + source, layer->units * sizeof(float));
    }
}

float qd_stack_distance(const qd_stack *stack, const qd_stack_states *states, size_t row, const qd_stack_states *other,
                        size_t other_row)
{
    float largest = 0;
    for (size_t l = 0; l < stack->layers; l++) {
        const qd_stack_layer *layer = &stack->layer[l];
        const size_t one = place(layer, states, row), two = place(layer, other, other_row);
        for (size_t u = 0; u < layer->units; u++) {
            const float h = fabsf(states->h[one + u] - other->h[two + u]);
            const float c = fabsf(states->c[one + u] - other->c[two + u]);
            largest = h > largest ? h : largest;
            largest = c > largest ? c : largest;
        }
    }
    return largest;
}
