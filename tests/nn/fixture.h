/* A network with weights by formula, a batch of sequences of given lengths, and a workspace to run it in: what the
   tests of this folder begin with. */
#ifndef QD_TEST_NN_FIXTURE_H
#define QD_TEST_NN_FIXTURE_H

#include "base/fpmode.h"
#include "base/mem.h"
#include "nn/batch.h"
#include "nn/network.h"
#include "train/golden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 64 };

/* What numbers are for, beside those of golden.h; a tensor's are its number. */
enum { FOR_STATE = 110, FOR_DOUT, FOR_DSTATE, FOR_TARGETS };

typedef struct network_case {
    const char *layers;
    size_t inputs, outputs, rows;
    bool per_step, states;
    double dropout;
    size_t lengths[MOST_ROWS]; /* in the caller's order; a 0 stands for lengths_else */
    size_t lengths_else;
} network_case;

typedef struct fixture {
    const network_case *what;
    qd_network *network;
    qd_pool *pool;
    qd_workspace *workspace;
    qd_batch *batch;
    size_t lengths[MOST_ROWS];
    uint64_t sample[MOST_ROWS];
    size_t steps, total, parameters_count, states_count, output_rows;
    qd_real *parameters, *x;       /* x: the sequences one after the other, in the caller's order */
    qd_real *state_in, *state_out; /* as the network's blocks, in packed order */
    qd_real *dstate_out, *dstate_in;
    qd_real *dout, *gradients, *dx; /* dout, dx: packed */
} fixture;

static inline qd_real *new_reals(size_t count)
{
    qd_real *reals = qd_mem_new(count, sizeof *reals);
    assert_non_null(reals);
    return reals;
}

/* Numbers in [-scale / 2, scale / 2), those of one purpose. */
static inline void fill_numbers(uint32_t purpose, size_t count, qd_real scale, qd_real *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (qd_real)golden_number(purpose, i) * scale;
    }
}

static inline void fill_parameters(const qd_network *network, qd_real *parameters)
{
    for (size_t i = 0; i < qd_network_tensors(network); i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        const size_t count = tensor->rows * (tensor->cols > 0 ? tensor->cols : 1);
        fill_numbers((uint32_t)i, count, 1, parameters + tensor->offset);
        for (size_t v = 0; v < count && strstr(tensor->name, ".running_var") != NULL; v++) {
            parameters[tensor->offset + v] += 1; /* a variance is positive */
        }
    }
}

/* The sequence i of a fixture: [lengths[i]][inputs]. */
static inline qd_real *sequence_of(const fixture *f, size_t i)
{
    size_t before = 0;
    for (size_t j = 0; j < i; j++) {
        before += f->lengths[j];
    }
    return f->x + before * f->what->inputs;
}

/* Packs the `rows` sequences that `which` names into the fixture's batch. */
static inline void pack_sequences(fixture *f, size_t rows, const size_t *which)
{
    const qd_real *x[MOST_ROWS];
    size_t lengths[MOST_ROWS];
    uint64_t sample[MOST_ROWS];
    for (size_t r = 0; r < rows; r++) {
        x[r] = sequence_of(f, which[r]);
        lengths[r] = f->lengths[which[r]];
        sample[r] = which[r];
    }
    qd_batch_fill(f->batch, rows, x, lengths, sample);
}

static inline void pack_all(fixture *f)
{
    size_t which[MOST_ROWS];
    for (size_t i = 0; i < f->what->rows; i++) {
        which[i] = i;
    }
    pack_sequences(f, f->what->rows, which);
}

static inline fixture fixture_new(const network_case *what, const qd_kernels *kernels, unsigned threads)
{
    fixture f = {.what = what};
    qd_error error = {0};
    if (qd_network_new(what->layers, what->dropout, what->inputs, what->outputs, what->per_step, &f.network, &error) !=
        QD_OK) {
        fail_msg("%s", error.message);
    }
    for (size_t i = 0; i < what->rows; i++) {
        f.lengths[i] = what->lengths[i] > 0 ? what->lengths[i] : what->lengths_else;
        f.steps = f.lengths[i] > f.steps ? f.lengths[i] : f.steps;
        f.total += f.lengths[i];
    }
    f.output_rows = what->per_step ? f.total : what->rows;
    f.parameters_count = qd_network_parameters(f.network);
    f.states_count = qd_network_state(f.network) * what->rows;
    assert_int_equal(qd_pool_new(threads, &f.pool, NULL), QD_OK);
    assert_int_equal(
        qd_workspace_new(f.network, kernels, f.pool, what->rows, f.steps, f.total, true, &f.workspace, NULL), QD_OK);
    assert_int_equal(qd_batch_new(what->rows, f.steps, f.total, what->inputs, &f.batch, NULL), QD_OK);
    f.parameters = new_reals(f.parameters_count);
    f.gradients = new_reals(f.parameters_count);
    f.x = new_reals(f.total * what->inputs);
    f.dx = new_reals(f.total * what->inputs);
    f.dout = new_reals(f.output_rows * what->outputs);
    f.state_in = new_reals(f.states_count);
    f.state_out = new_reals(f.states_count);
    f.dstate_out = new_reals(f.states_count);
    f.dstate_in = new_reals(f.states_count);
    fill_parameters(f.network, f.parameters);
    fill_numbers(GOLDEN_X, f.total * what->inputs, 2, f.x);
    fill_numbers(FOR_STATE, f.states_count, 2, f.state_in);
    fill_numbers(FOR_DSTATE, f.states_count, 2, f.dstate_out);
    fill_numbers(FOR_DOUT, f.output_rows * what->outputs, 2, f.dout);
    pack_all(&f);
    qd_workspace_seed(f.workspace, 7, 3);
    qd_workspace_load(f.workspace, f.parameters);
    return f;
}

static inline void fixture_free(fixture *f)
{
    qd_real *reals[] = {f->parameters, f->gradients, f->x,          f->dx,       f->dout,
                        f->state_in,   f->state_out, f->dstate_out, f->dstate_in};
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        qd_mem_free(reals[i]);
    }
    qd_batch_free(f->batch);
    qd_workspace_free(f->workspace);
    qd_pool_free(f->pool);
    qd_network_free(f->network);
}

static inline const qd_states *states_of(const fixture *f, qd_states *states)
{
    *states = (qd_states){f->state_in, f->state_out, f->dstate_out, f->dstate_in};
    return f->what->states ? states : NULL;
}

/* Outputs of the fixture's batch, borrowed. */
static inline const qd_real *fixture_forward(fixture *f, bool training)
{
    qd_states states;
    const qd_fpmode mode = qd_fpmode_enter();
    const qd_real *out =
        qd_network_forward(f->workspace, &f->batch->packing, f->batch->x, training, states_of(f, &states));
    qd_fpmode_leave(mode);
    return out;
}

/* Gradients of everything, from f->dout (and f->dstate_out). */
static inline void fixture_backward(fixture *f)
{
    qd_states states;
    const qd_fpmode mode = qd_fpmode_enter();
    qd_network_backward(f->workspace, &f->batch->packing, f->batch->x, f->dout, f->gradients, f->dx,
                        states_of(f, &states));
    qd_fpmode_leave(mode);
}

/* The best set of kernels, or the only one of float64. */
static inline const qd_kernels *best_kernels(void)
{
    const qd_kernels *kernels;
    assert_int_equal(qd_kernels_select(&kernels, NULL), QD_OK);
    return kernels;
}

#endif
