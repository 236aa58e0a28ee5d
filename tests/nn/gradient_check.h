/* The gradient check: what backward computes against the five-point stencil
       f'(a) = (f(a - 2h) - 8 f(a - h) + 8 f(a + h) - f(a + 2h)) / 12h,    h = 1e-3,
   for every parameter, input and initial state.  The error of a tensor is the largest difference over its largest
   value. f is a loss of the outputs, or a sum of outputs with fixed factors; plus a sum of final states with fixed
   factors. */
#ifndef QD_TEST_GRADIENT_CHECK_H
#define QD_TEST_GRADIENT_CHECK_H

#include "heads/loss.h"
#include "nn/fixture.h"

typedef struct gradient_case {
    const char *name;
    const char *loss; /* NULL: factors */
    bool weights;     /* of the samples */
    network_case network;
} gradient_case;

static const double gradient_tolerance = 1e-8;

/* f with what its loss needs. */
typedef struct objective {
    fixture f;
    const qd_loss *loss;
    qd_real *factors, *targets, *weights, *gradient;
} objective;

/* Targets for a loss: labels, or values on both sides of the outputs, at distances away from 0 and 1, where MAE and the
   Huber loss have their kinks. */
static inline void fill_targets(objective *o)
{
    const size_t rows = o->f.output_rows, outputs = o->f.what->outputs;
    const qd_real *y = fixture_forward(&o->f, true);
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t k = 0; k < outputs; k++) {
            const size_t i = r * outputs + k;
            const double u = (double)golden_number(FOR_TARGETS, i) + 0.5, sign = i % 3 == 0 ? -1 : 1;
            o->targets[i] = (qd_real)(o->loss->labels ? 0.05 + 0.9 * u
                                                      : (double)y[i] + sign * (i % 2 == 0 ? 0.2 + u / 2 : 1.3 + u));
            sum += (double)o->targets[i];
        }
        for (size_t k = 0; k < outputs && strcmp(o->loss->name, "softmax") == 0; k++) {
            o->targets[r * outputs + k] /= (qd_real)sum;
        }
        o->weights[r] = (qd_real)golden_number(FOR_TARGETS, r) + (qd_real)1.5;
    }
}

static inline objective objective_new(const gradient_case *c)
{
    objective o = {.f = fixture_new(&c->network, best_kernels(), 1)};
    const size_t count = o.f.output_rows * c->network.outputs;
    o.factors = new_reals(count);
    o.gradient = new_reals(count);
    memcpy(o.factors, o.f.dout, count * sizeof(qd_real));
    o.targets = new_reals(count);
    o.weights = new_reals(o.f.output_rows);
    if (c->loss != NULL) {
        o.loss = qd_loss_find(c->loss);
        fill_targets(&o);
    }
    if (!c->weights) {
        qd_mem_free(o.weights);
        o.weights = NULL;
    }
    return o;
}

static inline void objective_free(objective *o)
{
    fixture_free(&o->f);
    qd_mem_free(o->factors);
    qd_mem_free(o->targets);
    qd_mem_free(o->weights);
    qd_mem_free(o->gradient);
}

/* f, and the gradient of its outputs. */
static inline double objective_value(objective *o)
{
    const qd_loss_options options = {.huber_delta = 1};
    const size_t rows = o->f.output_rows, outputs = o->f.what->outputs;
    const qd_real *y = fixture_forward(&o->f, true);
    double f = 0;
    if (o->loss != NULL) {
        f = qd_loss_sum(o->loss, &options, rows, outputs, y, o->targets, o->weights, 1.0 / (double)rows, o->gradient) /
            (double)rows;
    } else {
        for (size_t i = 0; i < rows * outputs; i++) {
            f += (double)y[i] * (double)o->factors[i];
            o->gradient[i] = o->factors[i];
        }
    }
    for (size_t i = 0; o->f.what->states && i < o->f.states_count; i++) {
        f += (double)o->f.state_out[i] * (double)o->f.dstate_out[i];
    }
    return f;
}

/* The larger one; NaN is larger than all. */
static inline double larger(double a, double b)
{
    return isnan(a) || a >= b ? a : b;
}

/* Below this a slope is rounding: f does not depend on the tensor (a bias before a normalisation). */
static const double nothing = 1e-10;

/* The error of one tensor: `values` are what f depends on, `gradient` what backward says. */
static inline double tensor_error(objective *o, qd_real *values, const qd_real *gradient, size_t count)
{
    static const double places[] = {-2, -1, 1, 2}, factors[] = {1, -8, 8, -1};
    const double h = 1e-3;
    double difference = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        const qd_real value = values[i];
        double slope = 0;
        for (int p = 0; p < 4; p++) {
            values[i] = (qd_real)((double)value + places[p] * h);
            qd_workspace_load(o->f.workspace, o->f.parameters);
            slope += factors[p] * objective_value(o) / (12 * h);
        }
        values[i] = value;
        difference = larger(difference, fabs(slope - (double)gradient[i]));
        largest = larger(largest, fabs(slope));
    }
    qd_workspace_load(o->f.workspace, o->f.parameters);
    return largest < nothing ? difference : difference / largest;
}

/* The largest error of all tensors of a case. */
static inline double gradient_error(const gradient_case *c)
{
    objective o = objective_new(c);
    fixture *f = &o.f;
    objective_value(&o);
    memcpy(f->dout, o.gradient, f->output_rows * f->what->outputs * sizeof(qd_real));
    fixture_backward(f);
    double worst = 0;
    for (size_t i = 0; i < qd_network_tensors(f->network); i++) {
        const qd_tensor *tensor = qd_network_tensor(f->network, i);
        const size_t count = tensor->rows * (tensor->cols > 0 ? tensor->cols : 1);
        worst = larger(worst, tensor_error(&o, f->parameters + tensor->offset, f->gradients + tensor->offset, count));
    }
    worst = larger(worst, tensor_error(&o, f->batch->x, f->dx, f->total * f->what->inputs));
    if (f->what->states) {
        worst = larger(worst, tensor_error(&o, f->state_in, f->dstate_in, f->states_count));
    }
    objective_free(&o);
    return worst;
}

/* ------------------------------------------------------------------------------------------------ cases */

#define RAGGED .rows = 7, .lengths = {3, 5, 1, 5, 2, 4, 5}
#define MANY   .rows = 35, .lengths = {1, 3, 2, 3, 1, 4}, .lengths_else = 2 /* more than two groups of rows */

static const gradient_case gradient_cases[] = {
    {"lstm, last state", NULL, false, {"lstm:4", 3, 2, RAGGED}},
    {"lstm, every step", NULL, false, {"lstm:4", 3, 2, RAGGED, .per_step = true}},
    {"lstm, with states", NULL, false, {"lstm:4", 3, 2, RAGGED, .states = true}},
    {"lstm, every step, with states", NULL, false, {"lstm:4", 3, 2, RAGGED, .per_step = true, .states = true}},
    {"lstm, one step of one row", NULL, false, {"lstm:3", 2, 1, .rows = 1, .lengths = {1}, .states = true}},
    {"lstm, many rows", NULL, false, {"lstm:3", 2, 2, MANY, .per_step = true}},
    {"rnn, last state", NULL, false, {"rnn:5", 3, 2, RAGGED}},
    {"rnn, every step, with states", NULL, false, {"rnn:5", 3, 2, RAGGED, .per_step = true, .states = true}},
    {"bilstm, last states", NULL, false, {"bilstm:3", 3, 2, RAGGED, .states = true}},
    {"bilstm, every step", NULL, false, {"bilstm:3", 3, 2, RAGGED, .per_step = true, .states = true}},
    {"birnn, last states", NULL, false, {"birnn:3", 3, 2, RAGGED, .states = true}},
    {"birnn, every step", NULL, false, {"birnn:3", 3, 2, RAGGED, .per_step = true}},
    {"apart, last states", NULL, false, {"apart:3", 4, 2, RAGGED, .states = true}},
    {"apart, every step", NULL, false, {"apart:3,apart:2", 4, 2, RAGGED, .per_step = true, .states = true}},
    {"around", NULL, false, {"around", 4, 2, RAGGED, .per_step = true}},
    {"apart, around", NULL, false, {"apart:3+dropout=0.3,apart:2,around", 4, 2, RAGGED, .per_step = true}},
    {"dense alone", NULL, false, {"dense:4", 3, 2, RAGGED, .per_step = true}},
    {"dense before and after", NULL, false, {"dense:4,lstm:3,dense:5", 3, 2, RAGGED}},
    {"residual", NULL, false, {"lstm:4+residual", 4, 2, RAGGED, .per_step = true}},
    {"residual of the last state", NULL, false, {"bilstm:2+residual", 4, 2, RAGGED}},
    {"dropout", NULL, false, {"lstm:5+dropout=0.4", 3, 2, RAGGED, .per_step = true}},
    {"dropout of the last state", NULL, false, {"lstm:6", 3, 2, RAGGED, .dropout = 0.3}},
    {"residual with dropout", NULL, false, {"rnn:4+residual+dropout=0.3", 4, 2, RAGGED, .per_step = true}},
    {"deep",
     NULL,
     false,
     {"bilstm:2+dropout=0.3,lstm:4+residual,dense:3,rnn:3+residual", 2, 2, RAGGED, .dropout = 0.2}},
    {"deep, every step",
     NULL,
     false,
     {"lstm:3,bilstm:2,rnn:3,dense:3", 2, 2, RAGGED, .per_step = true, .states = true}},
    {"convolution", NULL, false, {"conv:3+kernel=3", 2, 2, RAGGED, .per_step = true}},
    {"convolution, even kernel", NULL, false, {"conv:3+kernel=4,conv:2+kernel=8", 2, 2, RAGGED, .per_step = true}},
    {"convolution, dilated", NULL, false, {"conv:3+kernel=3+dilation=2", 2, 2, RAGGED, .per_step = true}},
    {"convolution, causal", NULL, false, {"conv:3+kernel=3+causal", 2, 2, RAGGED, .per_step = true}},
    {"convolution, many rows", NULL, false, {"conv:2+kernel=3", 2, 1, MANY, .per_step = true}},
    {"rectifier", NULL, false, {"dense:5,relu", 3, 2, RAGGED, .per_step = true}},
    {"normalisation", NULL, false, {"norm", 3, 2, RAGGED, .per_step = true}},
    {"normalisation in between", NULL, false, {"dense:3,norm,lstm:3", 2, 2, MANY}},
    {"mean", NULL, false, {"lstm:3,mean", 2, 2, RAGGED}},
    {"max", NULL, false, {"lstm:3,max", 2, 2, RAGGED}},
    {"attention", NULL, false, {"bilstm:2,attention", 2, 2, RAGGED}},
    {"attention, many rows", NULL, false, {"attention", 3, 2, MANY}},
    {"convolutional front", "softmax", true, {"conv:4+kernel=3,norm,relu+dropout=0.2,bilstm:2,mean", 2, 3, RAGGED}},
    {"mse", "mse", true, {"lstm:3", 2, 3, RAGGED}},
    {"mae", "mae", true, {"lstm:3", 2, 3, RAGGED}},
    {"huber", "huber", true, {"lstm:3", 2, 3, RAGGED}},
    {"logistic", "logistic", true, {"lstm:3", 2, 3, RAGGED}},
    {"softmax", "softmax", true, {"lstm:3", 2, 3, RAGGED}},
    {"mse, every step", "mse", false, {"lstm:3", 2, 1, RAGGED, .per_step = true}},
};
enum { GRADIENT_CASES = sizeof gradient_cases / sizeof gradient_cases[0] };

#endif
