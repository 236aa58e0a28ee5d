/* The network: neighbours, streaming, states, memory, names, and what it refuses. */
#include "test.h"
#include "nn/fixture.h"

#define RAGGED .rows = 9, .lengths = {3, 11, 1, 11, 2, 7, 5, 3, 9}

static const network_case streaming[] = {
    {"lstm:19,lstm:7", 3, 2, RAGGED},
    {"lstm:6,lstm:6+residual,dense:4", 3, 2, RAGGED, .per_step = true},
    {"rnn:9+dropout=0.5,rnn:9+residual", 3, 2, RAGGED, .dropout = 0.2},
    {"dense:5,lstm:5+residual", 2, 3, RAGGED},
};
static const network_case whole_only[] = {
    {"bilstm:5,lstm:10+residual", 3, 2, RAGGED},
    {"bilstm:5,birnn:4", 3, 2, RAGGED, .per_step = true},
    {"conv:5+kernel=4,norm,relu,bilstm:3,attention", 3, 2, RAGGED},
    {"conv:5+kernel=3+dilation=2,norm,conv:4+kernel=5+causal", 3, 2, RAGGED, .per_step = true},
    {"lstm:4,mean,dense:3", 3, 2, RAGGED},
    {"lstm:4,max", 3, 2, RAGGED},
    {"apart:5,apart:3,around", 4, 2, RAGGED, .per_step = true},
};
enum { STREAMING = sizeof streaming / sizeof streaming[0], WHOLE_ONLY = sizeof whole_only / sizeof whole_only[0] };

/* -------------------------------------------------------------------------------------------------- bits */

/* Row of the packed batch in which the caller's sequence i is. */
static size_t row_of(const fixture *f, size_t i)
{
    size_t r = 0;
    while (f->batch->order[r] != i) {
        r++;
    }
    return r;
}

/* The outputs for the i-th sequence of the batch: its last row, or all, one after the other; returns how many. */
static size_t outputs_of(const fixture *f, const qd_real *out, size_t i, qd_real *own)
{
    const size_t width = f->what->outputs, r = row_of(f, i);
    if (!f->what->per_step) {
        memcpy(own, out + r * width, width * sizeof(qd_real));
        return width;
    }
    size_t count = 0;
    for (size_t t = 0; t < f->batch->packing.steps && r < qd_packing_active(&f->batch->packing, t); t++) {
        memcpy(own + count, out + (f->batch->packing.offset[t] + r) * width, width * sizeof(qd_real));
        count += width;
    }
    return count;
}

enum { MOST_OUTPUTS = 64 };

/* Each sequence alone gives the bits that it gives among the others. */
static void check_neighbours(const network_case *what)
{
    fixture f = fixture_new(what, best_kernels(), 2);
    static qd_real among[MOST_ROWS][MOST_OUTPUTS];
    size_t counts[MOST_ROWS];
    const qd_real *out = fixture_forward(&f, false);
    for (size_t i = 0; i < what->rows; i++) {
        counts[i] = outputs_of(&f, out, i, among[i]);
    }
    for (size_t i = 0; i < what->rows; i++) {
        qd_real alone[MOST_OUTPUTS];
        pack_sequences(&f, 1, &i);
        assert_int_equal(outputs_of(&f, fixture_forward(&f, false), 0, alone), counts[i]);
        assert_memory_equal(alone, among[i], counts[i] * sizeof(qd_real));
    }
    fixture_free(&f);
}

static void test_neighbours(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < STREAMING; i++) {
        check_neighbours(&streaming[i]);
    }
    for (size_t i = 0; i < WHOLE_ONLY; i++) {
        check_neighbours(&whole_only[i]);
    }
}

/* ------------------------------------------------------------------------------------------- looking ahead */

/* Do outputs before the last step of the longest sequence depend on it? */
static bool looks_ahead(const char *layers)
{
    const network_case what = {layers, 3, 2, RAGGED, .per_step = true};
    fixture f = fixture_new(&what, best_kernels(), 1);
    qd_real before[MOST_OUTPUTS], after[MOST_OUTPUTS];
    const size_t longest = 1, count = outputs_of(&f, fixture_forward(&f, false), longest, before) - what.outputs;
    sequence_of(&f, longest)[(f.lengths[longest] - 1) * what.inputs] += 1;
    pack_all(&f);
    outputs_of(&f, fixture_forward(&f, false), longest, after);
    const bool differ = memcmp(before, after, count * sizeof(qd_real)) != 0;
    assert_memory_not_equal(before + count, after + count, what.outputs * sizeof(qd_real));
    assert_int_equal(qd_network_causal(f.network, NULL), !differ);
    fixture_free(&f);
    return differ;
}

static void test_causal(void **unused)
{
    (void)unused;
    assert_false(looks_ahead("lstm:4,dense:3"));
    assert_false(looks_ahead("conv:4+kernel=5+causal,norm,relu,lstm:4+dropout=0.2"));
    assert_false(looks_ahead("conv:4+kernel=3+dilation=2+causal,conv:4+kernel=1"));
    assert_true(looks_ahead("conv:4+kernel=2"));
    assert_true(looks_ahead("conv:4+kernel=3,lstm:4"));
    assert_true(looks_ahead("lstm:4,bilstm:4+dropout=0.2"));
    const char *layer;
    qd_network *network;
    assert_int_equal(qd_network_new("lstm:4,bilstm:4,conv:3+kernel=3", 0, 2, 2, true, &network, NULL), QD_OK);
    assert_false(qd_network_causal(network, &layer));
    assert_string_equal(layer, "bilstm");
    qd_network_free(network);
}

/* Feeds sequence i step by step; the last output, or all. */
static void check_stream(fixture *f, size_t i)
{
    const network_case *what = f->what;
    qd_real whole[MOST_OUTPUTS], streamed[MOST_OUTPUTS];
    pack_sequences(f, 1, &i);
    const size_t count = outputs_of(f, fixture_forward(f, false), 0, whole);
    qd_real *state = new_reals(qd_network_state(f->network));
    const qd_fpmode mode = qd_fpmode_enter();
    for (size_t t = 0; t < f->lengths[i]; t++) {
        qd_real *y = streamed + (what->per_step ? t * what->outputs : 0);
        qd_network_step(f->workspace, 1, sequence_of(f, i) + t * what->inputs, y, state);
    }
    qd_fpmode_leave(mode);
    assert_memory_equal(streamed, whole, count * sizeof(qd_real));
    qd_mem_free(state);
}

static void test_step_equals_whole_sequence(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < STREAMING; i++) {
        fixture f = fixture_new(&streaming[i], best_kernels(), 1);
        assert_true(qd_network_streams(f.network, NULL));
        for (size_t s = 0; s < streaming[i].rows; s++) {
            check_stream(&f, s);
        }
        fixture_free(&f);
    }
}

/* Streams in another order go on as they would have. */
static void check_gathered(fixture *f)
{
    const network_case *what = f->what;
    const size_t rows = what->rows, states = qd_network_state(f->network);
    qd_real *state = new_reals(rows * states), *other = new_reals(rows * states);
    qd_real *x = new_reals(rows * what->inputs), *back = new_reals(rows * what->inputs);
    qd_real *y = new_reals(rows * what->outputs), *y_back = new_reals(rows * what->outputs);
    size_t *from = qd_mem_new(rows, sizeof *from);
    assert_non_null(from);
    for (size_t i = 0; i < rows; i++) {
        from[i] = rows - 1 - i;
        memcpy(x + i * what->inputs, sequence_of(f, i), what->inputs * sizeof *x);
        memcpy(back + from[i] * what->inputs, sequence_of(f, i), what->inputs * sizeof *x);
    }
    const qd_fpmode mode = qd_fpmode_enter();
    qd_network_step(f->workspace, rows, x, y, state);
    qd_network_state_gather(f->network, rows, state, rows, from, other);
    qd_network_step(f->workspace, rows, x, y, state);
    qd_network_step(f->workspace, rows, back, y_back, other);
    qd_fpmode_leave(mode);
    for (size_t i = 0; i < rows; i++) {
        assert_memory_equal(y + i * what->outputs, y_back + from[i] * what->outputs, what->outputs * sizeof *y);
    }
    qd_real *const all[] = {state, other, x, back, y, y_back};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        qd_mem_free(all[i]);
    }
    qd_mem_free(from);
}

static void test_states_are_gathered(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < STREAMING; i++) {
        fixture f = fixture_new(&streaming[i], best_kernels(), 1);
        qd_workspace_load(f.workspace, f.parameters);
        check_gathered(&f);
        fixture_free(&f);
    }
}

static void test_bidirectional_does_not_stream(void **unused)
{
    (void)unused;
    const char *name = NULL;
    fixture f = fixture_new(&whole_only[0], best_kernels(), 1);
    assert_false(qd_network_streams(f.network, &name));
    assert_string_equal(name, "bilstm");
    fixture_free(&f);
}

/* A sequence in two halves, the state handed over, is the sequence in one piece. */
static void test_states_carry_over(void **unused)
{
    (void)unused;
    static const network_case what = {"lstm:7,rnn:5", 3, 2, .rows = 3, .lengths_else = 10, .per_step = true};
    fixture f = fixture_new(&what, best_kernels(), 1);
    qd_real whole[MOST_OUTPUTS], halves[MOST_OUTPUTS];
    const size_t half = f.output_rows * what.outputs / 2;
    const qd_real *x = f.batch->x; /* all are equally long, so that its first half is the first half of the steps */
    memcpy(whole, fixture_forward(&f, false), 2 * half * sizeof(qd_real));
    qd_packing packing = f.batch->packing;
    packing.steps = 5;
    memset(f.state_in, 0, f.states_count * sizeof(qd_real));
    const qd_states states = {.in = f.state_in, .out = f.state_in};
    const qd_fpmode mode = qd_fpmode_enter();
    for (int part = 0; part < 2; part++) {
        const qd_real *at = x + (size_t)part * packing.offset[5] * what.inputs;
        memcpy(halves + (size_t)part * half, qd_network_forward(f.workspace, &packing, at, false, &states),
               half * sizeof(qd_real));
    }
    qd_fpmode_leave(mode);
    assert_memory_equal(halves, whole, 2 * half * sizeof(qd_real));
    fixture_free(&f);
}

/* Without dropout a pass for training gives what prediction gives, from workspaces for either. */
static void test_training_and_prediction_agree(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < WHOLE_ONLY; i++) {
        const network_case *what = &whole_only[i];
        fixture f = fixture_new(what, best_kernels(), 1);
        const size_t size = f.output_rows * what->outputs * sizeof(qd_real);
        qd_real trained[4 * MOST_OUTPUTS * 2];
        assert_true(size <= sizeof trained);
        const bool by_batch = strstr(what->layers, "norm") != NULL; /* in training, by the batch's own mean */
        memcpy(trained, fixture_forward(&f, !by_batch), size);
        assert_memory_equal(fixture_forward(&f, false), trained, size);
        qd_workspace *small;
        assert_int_equal(
            qd_workspace_new(f.network, best_kernels(), f.pool, what->rows, f.steps, f.total, false, &small, NULL),
            QD_OK);
        qd_workspace_free(f.workspace);
        f.workspace = small;
        qd_workspace_load(small, f.parameters);
        assert_memory_equal(fixture_forward(&f, false), trained, size);
        fixture_free(&f);
    }
}

/* ------------------------------------------------------------------------------------------------ memory */

static bool count_bytes(void *context, size_t bytes)
{
    *(size_t *)context += bytes;
    return true;
}

static void test_workspace_bytes(void **unused)
{
    (void)unused;
    enum { BLOCKS = 5, ALIGNMENT = 64 };
    for (int training = 0; training < 2; training++) {
        fixture f = fixture_new(&whole_only[0], best_kernels(), 1);
        const size_t said = qd_workspace_bytes(f.network, best_kernels(), 9, 11, 52, training);
        size_t taken = 0;
        qd_workspace *workspace;
        qd_mem_set_hook(count_bytes, &taken);
        assert_int_equal(qd_workspace_new(f.network, best_kernels(), f.pool, 9, 11, 52, training, &workspace, NULL),
                         QD_OK);
        qd_mem_set_hook(NULL, NULL);
        assert_in_range(taken, said, said + BLOCKS * ALIGNMENT);
        qd_workspace_free(workspace);
        fixture_free(&f);
    }
}

static void test_passes_allocate_nothing(void **unused)
{
    (void)unused;
    fixture f = fixture_new(&whole_only[0], best_kernels(), 2);
    size_t taken = 0;
    qd_mem_set_hook(count_bytes, &taken);
    qd_workspace_load(f.workspace, f.parameters);
    pack_all(&f);
    fixture_forward(&f, true);
    fixture_backward(&f);
    fixture_forward(&f, false);
    qd_mem_set_hook(NULL, NULL);
    assert_int_equal(taken, 0);
    fixture_free(&f);
}

static bool fail_at(void *context, size_t bytes)
{
    (void)bytes;
    int *left = context;
    return (*left)-- != 0;
}

/* Each allocation in turn fails: a memory error, nothing leaked (the sanitizers see to that), and no result. */
static void test_every_allocation_may_fail(void **unused)
{
    (void)unused;
    qd_pool *pool;
    assert_int_equal(qd_pool_new(1, &pool, NULL), QD_OK);
    bool done = false;
    for (int nth = 0; !done; nth++) {
        int left = nth;
        qd_network *network = NULL;
        qd_workspace *workspace = NULL;
        qd_batch *batch = NULL;
        qd_real parameters[1024];
        qd_error error = {0};
        qd_mem_set_hook(fail_at, &left);
        qd_status status = qd_network_new("bilstm:3+dropout=0.1,lstm:6+residual", 0.1, 2, 1, false, &network, &error);
        if (status == QD_OK) {
            assert_true(qd_network_parameters(network) <= 1024);
            status = qd_network_init(network, 1, parameters, &error);
        }
        if (status == QD_OK) {
            status = qd_workspace_new(network, best_kernels(), pool, 4, 5, 20, true, &workspace, &error);
        }
        if (status == QD_OK) {
            status = qd_batch_new(4, 5, 20, 2, &batch, &error);
        }
        qd_mem_set_hook(NULL, NULL);
        done = status == QD_OK;
        assert_true(done || (status == QD_ERR_MEMORY && error.status == QD_ERR_MEMORY));
        qd_batch_free(batch);
        qd_workspace_free(workspace);
        qd_network_free(network);
    }
    qd_pool_free(pool);
}

/* Batch normalisation: running means a tenth of the way to those of the batch, and what is inferred by them. */
static void test_running_means(void **unused)
{
    (void)unused;
    enum { ROWS = 4, STEPS = 2, TOTAL = ROWS * STEPS };
    static const network_case what = {"norm", 1, 1, .rows = ROWS, .lengths_else = STEPS, .per_step = true};
    fixture f = fixture_new(&what, best_kernels(), 1);
    static const qd_real start[] = {2, 3, 0.5f, 4, 1, 0}; /* weight, bias, mean, variance; dense weight and bias */
    memcpy(f.parameters, start, sizeof start);
    qd_workspace_load(f.workspace, f.parameters);
    double mean = 0, squares = 0;
    for (size_t i = 0; i < TOTAL; i++) {
        mean += (double)f.x[i] / TOTAL;
    }
    for (size_t i = 0; i < TOTAL; i++) {
        squares += ((double)f.x[i] - mean) * ((double)f.x[i] - mean);
    }
    const qd_real *y = fixture_forward(&f, false);
    assert_true(fabs((double)y[0] - (3 + 2 * ((double)f.batch->x[0] - 0.5) / 2)) < 1e-5);
    y = fixture_forward(&f, true);
    assert_true(fabs((double)y[0] - (3 + 2 * ((double)f.batch->x[0] - mean) / sqrt(squares / TOTAL))) < 1e-3);
    fixture_backward(&f);
    assert_true(f.gradients[2] == 0 && f.gradients[3] == 0);
    qd_workspace_learn(f.workspace, f.parameters);
    assert_true(fabs((double)f.parameters[2] - (0.9 * 0.5 + 0.1 * mean)) < 1e-6);
    assert_true(fabs((double)f.parameters[3] - (0.9 * 4 + 0.1 * squares / (TOTAL - 1))) < 1e-6);
    fixture_free(&f);
}

/* ----------------------------------------------------------------------------------------- names, refusals */

static void test_names(void **unused)
{
    (void)unused;
    static const char *const names[] = {
        "lstm.weight_ih_l0",
        "lstm.weight_hh_l0",
        "lstm.bias_ih_l0",
        "dense.weight",
        "dense.bias",
        "lstm.weight_ih_l1",
        "lstm.weight_hh_l1",
        "lstm.bias_ih_l1",
        "lstm.weight_ih_l1_reverse",
        "lstm.weight_hh_l1_reverse",
        "lstm.bias_ih_l1_reverse",
        "rnn.weight_ih_l0",
        "rnn.weight_hh_l0",
        "rnn.bias_ih_l0",
        "dense_1.weight",
        "dense_1.bias",
    };
    qd_network *network;
    assert_int_equal(
        qd_network_new("lstm:4+dropout=0.1,dense:3,bilstm:5,rnn:10+residual", 0.2, 2, 3, false, &network, NULL), QD_OK);
    assert_int_equal(qd_network_tensors(network), sizeof names / sizeof names[0]);
    size_t offset = 0;
    for (size_t i = 0; i < qd_network_tensors(network); i++) {
        const qd_tensor *tensor = qd_network_tensor(network, i);
        assert_string_equal(tensor->name, names[i]);
        assert_int_equal(tensor->offset, offset);
        offset += tensor->rows * (tensor->cols > 0 ? tensor->cols : 1);
    }
    assert_int_equal(offset, qd_network_parameters(network));
    assert_int_equal(qd_network_inputs(network), 2);
    assert_int_equal(qd_network_outputs(network), 3);
    assert_false(qd_network_per_step(network));
    assert_int_equal(qd_network_state(network), 2 * 4 + 2 * 2 * 5 + 10);
    qd_network_free(network);

    /* A layer of another kind does not count. */
    assert_int_equal(qd_network_new("embed:4+vocabulary=9,lstm:3", 0, 1, 1, false, &network, NULL), QD_OK);
    assert_string_equal(qd_network_tensor(network, qd_network_tensors(network) - 1)->name, "dense.bias");
    qd_network_free(network);
}

static void check_refused(const char *layers, bool per_step, const char *reason)
{
    qd_network *network = NULL;
    qd_error error = {0};
    assert_int_equal(qd_network_new(layers, 0, 3, 1, per_step, &network, &error), QD_ERR_VALUE);
    assert_null(network);
    if (strstr(error.message, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error.message, reason);
    }
}

static void test_refused(void **unused)
{
    (void)unused;
    check_refused("lstm:4+residual", false, "3 inputs and 4 outputs");
    check_refused("lstm:4,bilstm:4+residual", true, "4 inputs and 8 outputs");
    check_refused("dense:4", false, "needs a recurrent layer");
    check_refused("lstm:4,mean", true, "mean gives one row a sequence, but a prediction is wanted at every step");
    check_refused("lstm:4,mean,max", false, "max gives one row a sequence, which only one layer can");
    check_refused("mean,lstm:4", false, "lstm after mean, where there is only one row a sequence");
    check_refused("conv:4,mean", false, "needs the steps that it sees, as in conv:4+kernel=5");
    check_refused("lstm:4,lsmt:4", false, "did you mean \"lstm\"?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_step_equals_whole_sequence),
        cmocka_unit_test(test_states_are_gathered),
        cmocka_unit_test(test_bidirectional_does_not_stream),
        cmocka_unit_test(test_states_carry_over),
        cmocka_unit_test(test_training_and_prediction_agree),
        cmocka_unit_test(test_workspace_bytes),
        cmocka_unit_test(test_passes_allocate_nothing),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_causal),
        cmocka_unit_test(test_running_means),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
