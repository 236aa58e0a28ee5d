/* Packed batches: sorting by length, time-major order, and the way back. */
#include "nn/batch.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

qd_status qd_batch_new(size_t max_rows, size_t max_steps, size_t max_total, size_t inputs, qd_batch **out,
                       qd_error *error)
{
    qd_batch *batch = qd_mem_new(1, sizeof *batch);
    if (batch == NULL) {
        return qd_fail_memory(error, sizeof *batch, "a batch");
    }
    *batch = (qd_batch){.inputs = inputs, .max_rows = max_rows, .max_steps = max_steps, .max_total = max_total};
    batch->order = qd_mem_new(max_rows, sizeof *batch->order);
    batch->sample = qd_mem_new(max_rows, sizeof *batch->sample);
    batch->offset = qd_mem_new(max_steps + 1, sizeof *batch->offset);
    batch->x = qd_mem_new(max_total, inputs * sizeof *batch->x);
    if (batch->order == NULL || batch->sample == NULL || batch->offset == NULL || batch->x == NULL) {
        qd_batch_free(batch);
        return qd_fail_memory(error, max_total * inputs * sizeof *batch->x, "a batch");
    }
    *out = batch;
    return QD_OK;
}

void qd_batch_free(qd_batch *batch)
{
    if (batch != NULL) {
        qd_mem_free(batch->order);
        qd_mem_free(batch->sample);
        qd_mem_free(batch->offset);
        qd_mem_free(batch->x);
        qd_mem_free(batch);
    }
}

/* Fills order and offset by counting: O(rows + steps), and equal lengths keep their order.  Returns the longest. */
static size_t sort_by_length(qd_batch *batch, size_t rows, const size_t *lengths)
{
    size_t *place = batch->offset, steps = 0;
    memset(place, 0, (batch->max_steps + 1) * sizeof *place);
    for (size_t i = 0; i < rows; i++) {
        assert(lengths[i] >= 1 && lengths[i] <= batch->max_steps);
        place[lengths[i]]++;
        steps = lengths[i] > steps ? lengths[i] : steps;
    }
    /* From how many have length L to how many are longer: the first place of those with length L. */
    for (size_t length = steps, longer = 0; length > 0; length--) {
        const size_t equal = place[length];
        place[length] = longer;
        longer += equal;
    }
    for (size_t i = 0; i < rows; i++) {
        batch->order[place[lengths[i]]++] = i;
    }
    /* Now place[L] is how many have a length of at least L: the rows of step L - 1. */
    for (size_t t = 0; t < steps; t++) {
        batch->offset[t + 1] += batch->offset[t];
    }
    return steps;
}

void qd_batch_fill(qd_batch *batch, size_t rows, const qd_real *const *x, const size_t *lengths, const uint64_t *sample)
{
    assert(rows >= 1 && rows <= batch->max_rows);
    const size_t steps = sort_by_length(batch, rows, lengths), inputs = batch->inputs;
    assert(batch->offset[steps] <= batch->max_total);
    for (size_t r = 0; r < rows; r++) {
        const size_t from = batch->order[r];
        batch->sample[r] = sample[from];
        for (size_t t = 0; t < lengths[from]; t++) {
            memcpy(batch->x + (batch->offset[t] + r) * inputs, x[from] + t * inputs, inputs * sizeof(qd_real));
        }
    }
    batch->packing = (qd_packing){.rows = rows, .steps = steps, .offset = batch->offset, .sample = batch->sample};
}

void qd_batch_unsort(const qd_batch *batch, const qd_real *packed, size_t width, qd_real *out)
{
    for (size_t r = 0; r < batch->packing.rows; r++) {
        memcpy(out + batch->order[r] * width, packed + r * width, width * sizeof(qd_real));
    }
}

void qd_batch_sort(const qd_batch *batch, const qd_real *rows, size_t width, qd_real *packed)
{
    for (size_t r = 0; r < batch->packing.rows; r++) {
        memcpy(packed + r * width, rows + batch->order[r] * width, width * sizeof(qd_real));
    }
}
