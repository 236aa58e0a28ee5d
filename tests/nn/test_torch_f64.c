/* Outputs, final states and all gradients against PyTorch's in float64 (tests/golden/torch.txt, made by make_torch.py),
   to 1e-12 of the largest value of each tensor. */
#include "test.h"
#include "nn/fixture.h"

#include <stdio.h>

static const double tolerance = 1e-12;

enum { MOST_VALUES = 4096 };

/* Row of the packed batch at which step t of the caller's sequence i lies; without steps, its row among the sequences.
 */
static size_t packed_row(const fixture *f, size_t i, size_t t, bool steps)
{
    size_t r = 0;
    while (f->batch->order[r] != i) {
        r++;
    }
    return steps ? f->batch->packing.offset[t] + r : r;
}

/* Rows of all sequences, [width] each, in the caller's order: one a step, or one a sequence. */
static void reorder(const fixture *f, bool steps, size_t width, const qd_real *from, qd_real *to, bool to_packed)
{
    size_t row = 0;
    for (size_t i = 0; i < f->what->rows; i++) {
        for (size_t t = 0; t < (steps ? f->lengths[i] : 1); t++, row++) {
            const size_t at = packed_row(f, i, t, steps);
            memcpy(to + (to_packed ? at : row) * width, from + (to_packed ? row : at) * width, width * sizeof(qd_real));
        }
    }
}

/* The same for a block of states, made of matrices [rows][units]. */
static void reorder_states(const fixture *f, const qd_real *from, qd_real *to, bool to_packed)
{
    size_t units = 1;
    if (!f->what->states) {
        return;
    }
    sscanf(strchr(f->what->layers, ':'), ":%zu", &units);
    const size_t size = f->what->rows * units;
    for (size_t at = 0; at < f->states_count; at += size) {
        reorder(f, false, units, from + at, to + at, to_packed);
    }
}

/* Runs a case; what the fixture holds of it is then in the caller's order, outputs in *outputs. */
static fixture run(const network_case *what, qd_real *outputs)
{
    static qd_real scratch[MOST_VALUES];
    fixture f = fixture_new(what, best_kernels(), 1);
    assert_true(f.total * what->inputs <= MOST_VALUES && f.states_count <= MOST_VALUES);
    memcpy(scratch, f.dout, f.output_rows * what->outputs * sizeof(qd_real));
    reorder(&f, what->per_step, what->outputs, scratch, f.dout, true);
    qd_real *states[] = {f.state_in, f.dstate_out};
    for (int i = 0; i < 2; i++) {
        memcpy(scratch, states[i], f.states_count * sizeof(qd_real));
        reorder_states(&f, scratch, states[i], true);
    }
    reorder(&f, what->per_step, what->outputs, fixture_forward(&f, true), outputs, false);
    fixture_backward(&f);
    memcpy(scratch, f.dx, f.total * what->inputs * sizeof(qd_real));
    reorder(&f, true, what->inputs, scratch, f.dx, false);
    qd_real *results[] = {f.state_out, f.dstate_in};
    for (int i = 0; i < 2; i++) {
        memcpy(scratch, results[i], f.states_count * sizeof(qd_real));
        reorder_states(&f, scratch, results[i], false);
    }
    return f;
}

/* What a tensor of the file is called in the fixture. */
static const qd_real *computed(const fixture *f, const qd_real *outputs, const char *name)
{
    if (strcmp(name, "outputs") == 0) {
        return outputs;
    }
    if (strcmp(name, "inputs") == 0) {
        return f->dx;
    }
    if (strcmp(name, "states") == 0) {
        return f->state_out;
    }
    if (strcmp(name, "initial") == 0) {
        return f->dstate_in;
    }
    for (size_t i = 0; i < qd_network_tensors(f->network); i++) {
        const qd_tensor *tensor = qd_network_tensor(f->network, i);
        if (strcmp(tensor->name, name) == 0) {
            return f->gradients + tensor->offset;
        }
    }
    fail_msg("no tensor %s", name);
    return NULL;
}

/* The largest difference of a tensor that follows in the file, over its largest value. */
static double compare(FILE *file, const qd_real *values, size_t count)
{
    double difference = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        double expected;
        assert_int_equal(fscanf(file, "%lf", &expected), 1);
        const double d = fabs((double)values[i] - expected);
        difference = d <= difference ? difference : d; /* a NaN stays */
        largest = fmax(largest, fabs(expected));
    }
    return largest < 1e-12 ? difference : difference / largest; /* a bias before a normalisation has no effect */
}

/* "NAME LAYERS INPUTS OUTPUTS EVERY_STEP STATES LENGTHS" */
static network_case parse_case(const char *line, char name[64], char layers[128])
{
    char lengths[256];
    int every_step, states;
    network_case what = {.layers = layers};
    assert_int_equal(sscanf(line, "%63s %127s %zu %zu %d %d %255s", name, layers, &what.inputs, &what.outputs,
                            &every_step, &states, lengths),
                     7);
    what.per_step = every_step != 0;
    what.states = states != 0;
    for (char *part = strtok(lengths, ","); part != NULL; part = strtok(NULL, ",")) {
        assert_true(what.rows < MOST_ROWS);
        what.lengths[what.rows++] = strtoul(part, NULL, 10);
    }
    return what;
}

static void test_torch(void **unused)
{
    (void)unused;
    static qd_real outputs[MOST_VALUES];
    FILE *file = golden_open("torch.txt");
    char line[512], name[64], layers[128], tensor[64];
    double worst = 0;
    size_t cases = 0, tensors = 0, count;
    while (golden_next(file, line, sizeof line)) {
        const network_case what = parse_case(line, name, layers);
        fixture f = run(&what, outputs);
        while (fscanf(file, " tensor %63s %zu", tensor, &count) == 2) {
            const double error = compare(file, computed(&f, outputs, tensor), count);
            if (!(error <= tolerance)) {
                fail_msg("%s: %s differs by %g", name, tensor, error);
            }
            worst = fmax(worst, error);
            tensors++;
        }
        fixture_free(&f);
        cases++;
    }
    fclose(file);
    assert_true(cases >= 26 && tensors >= 170);
    printf("worst error of %zu tensors in %zu cases: %.2e\n", tensors, cases, worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_torch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
