/* Scaling: learns mean and standard deviation of every column from training sequences, and applies and inverts it.
   All sums are in double and in the order of the data, so that they have the same bits everywhere. */
#include "data/scaling.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

void qd_scaling_clear(qd_scaling *scaling)
{
    qd_mem_free(scaling->mean);
    qd_mem_free(scaling->sd);
    *scaling = (qd_scaling){0};
}

static double transform(bool logarithm, float value)
{
    return logarithm ? log1p((double)value) : (double)value;
}

/* The outputs of labels are not touched, whatever the kind. */
static bool takes_logarithm(const qd_scaling *scaling, bool outputs)
{
    return scaling->kind == QD_SCALING_LOG1P && !(outputs && scaling->labels);
}

/* ------------------------------------------------------------------------------------------------ learning */

/* The values of one column, `stride` apart.
     mean = sum(v) / n,   sd = sqrt(sum((v - mean)^2) / n),   sd = 1 where all v are equal (their rounded mean may not
   be) Returns the index of the first value without a logarithm, n where there is none. */
static size_t learn_column(const float *values, size_t n, size_t stride, bool logarithm, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    bool constant = true;
    for (size_t i = 0; i < n; i++) {
        double v = transform(logarithm, values[i * stride]);
        if (!isfinite(v)) {
            return i;
        }
        sum += v;
        constant = constant && values[i * stride] == values[0];
    }
    *mean = constant ? transform(logarithm, values[0]) : sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = transform(logarithm, values[i * stride]) - *mean;
        squares += d * d;
    }
    *sd = constant ? 1 : sqrt(squares / (double)n);
    return n;
}

static qd_status refuse_input(const qd_sequences *s, size_t row, size_t input, qd_error *error)
{
    size_t n = 0;
    while (s->start[n + 1] <= row) {
        n++;
    }
    return qd_fail(error, QD_ERR_VALUE,
                   "sequence %zu, step %zu, input %zu: %g cannot be scaled (log1p needs values above -1)", n,
                   row - s->start[n], input, (double)s->x[row * s->inputs + input]);
}

static qd_status refuse_target(const qd_sequences *s, size_t n, size_t output, qd_error *error)
{
    return qd_fail(error, QD_ERR_VALUE, "sequence %zu, target %zu: %g cannot be scaled (log1p needs values above -1)",
                   n, output, (double)s->y[n * s->outputs + output]);
}

static qd_status learn_columns(const qd_sequences *s, qd_scaling *scaling, qd_error *error)
{
    size_t rows = s->start[s->count];
    double *mean = scaling->mean, *sd = scaling->sd;
    for (size_t i = 0; i < s->inputs; i++) {
        size_t bad = learn_column(s->x + i, rows, s->inputs, takes_logarithm(scaling, false), &mean[i], &sd[i]);
        if (bad < rows) {
            return refuse_input(s, bad, i, error);
        }
    }
    mean += s->inputs;
    sd += s->inputs;
    for (size_t k = 0; k < s->outputs; k++) {
        mean[k] = 0;
        sd[k] = 1;
        if (scaling->labels || s->y == NULL) {
            continue;
        }
        size_t bad = learn_column(s->y + k, s->count, s->outputs, takes_logarithm(scaling, true), &mean[k], &sd[k]);
        if (bad < s->count) {
            return refuse_target(s, bad, k, error);
        }
    }
    return QD_OK;
}

qd_status qd_scaling_learn(qd_scaling_kind kind, const qd_sequences *sequences, bool scale_targets, qd_scaling *scaling,
                           qd_error *error)
{
    qd_scaling s = {.kind = kind, .inputs = sequences->inputs, .outputs = sequences->outputs, .labels = !scale_targets};
    if (kind == QD_SCALING_NONE) {
        *scaling = s;
        return QD_OK;
    }
    if (sequences->count == 0) {
        return qd_fail(error, QD_ERR_VALUE, "scaling cannot be learnt from no sequences");
    }
    s.mean = qd_mem_new(s.inputs + s.outputs, sizeof *s.mean);
    s.sd = qd_mem_new(s.inputs + s.outputs, sizeof *s.sd);
    qd_status status = s.mean == NULL || s.sd == NULL
                           ? qd_fail_memory(error, (s.inputs + s.outputs) * sizeof *s.mean, "scaling")
                           : learn_columns(sequences, &s, error);
    if (status != QD_OK) {
        qd_scaling_clear(&s);
        return status;
    }
    *scaling = s;
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ applying */

/* v' = (v - mean) / sd, for the columns of a matrix in place; the index of the first value that has no finite v', or
   rows * columns. */
static size_t scale(bool logarithm, const double *mean, const double *sd, size_t rows, size_t columns, float *values)
{
    for (size_t i = 0; i < rows * columns; i++) {
        size_t c = i % columns;
        float scaled = (float)((transform(logarithm, values[i]) - mean[c]) / sd[c]);
        if (!isfinite(scaled)) {
            return i;
        }
        values[i] = scaled;
    }
    return rows * columns;
}

qd_status qd_scaling_apply(const qd_scaling *scaling, qd_sequences *sequences, qd_error *error)
{
    qd_sequences *s = sequences;
    if (scaling->kind == QD_SCALING_NONE) {
        return QD_OK;
    }
    size_t rows = s->start[s->count];
    size_t bad = scale(takes_logarithm(scaling, false), scaling->mean, scaling->sd, rows, s->inputs, s->x);
    if (bad < rows * s->inputs) {
        return refuse_input(s, bad / s->inputs, bad % s->inputs, error);
    }
    if (s->y == NULL || scaling->labels) {
        return QD_OK;
    }
    bad = scale(takes_logarithm(scaling, true), scaling->mean + s->inputs, scaling->sd + s->inputs, s->count,
                s->outputs, s->y);
    return bad < s->count * s->outputs ? refuse_target(s, bad / s->outputs, bad % s->outputs, error) : QD_OK;
}

void qd_scaling_invert(const qd_scaling *scaling, size_t rows, float *y)
{
    if (scaling->kind == QD_SCALING_NONE || scaling->labels) {
        return;
    }
    const double *mean = scaling->mean + scaling->inputs, *sd = scaling->sd + scaling->inputs;
    for (size_t i = 0; i < rows * scaling->outputs; i++) {
        size_t k = i % scaling->outputs;
        double v = (double)y[i] * sd[k] + mean[k];
        y[i] = (float)(scaling->kind == QD_SCALING_LOG1P ? expm1(v) : v);
    }
}

int qd_scaling_inputs(const qd_scaling *scaling, size_t rows, float *x)
{
    if (scaling->kind == QD_SCALING_NONE) {
        return 0;
    }
    size_t count = rows * scaling->inputs;
    return scale(takes_logarithm(scaling, false), scaling->mean, scaling->sd, rows, scaling->inputs, x) < count ? -1
                                                                                                                : 0;
}
