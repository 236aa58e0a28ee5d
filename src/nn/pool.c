/* Pooling along time: of each sequence, the mean or the largest value of every column over its own steps. */
#include "nn/layer.h"
#include "kernels/wrong.h"

#include <string.h>

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)spec;
    (void)error;
    layer->outputs = layer->inputs;
    return QD_OK;
}

/* Kept, of the largest: the step where it stands. */
static qd_needs max_needs(const qd_layer *layer, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                          bool training)
{
    (void)kernels;
    (void)steps;
    (void)total;
    return (qd_needs){.saved = training ? rows * layer->outputs : 0};
}

/* Steps of row r: rows are sorted, longest first. */
static size_t length_of(const qd_packing *packing, size_t r)
{
    size_t low = 0, high = packing->steps; /* the last step that r has is in [low, high) */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (qd_packing_active(packing, middle) > r) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

static void mean_forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const qd_packing *packing = pass->packing;
    for (size_t r = 0; r < packing->rows; r++) {
        const size_t length = length_of(packing, r);
        qd_real *y = qd_rows_at(out, r);
        memset(y, 0, layer->outputs * sizeof(qd_real));
        for (size_t t = 0; t < length; t++) {
            const qd_real *x = qd_rows_at(in, packing->offset[t] + r);
            for (size_t i = 0; i < layer->outputs; i++) {
                y[i] += x[i];
            }
        }
        for (size_t i = 0; i < layer->outputs; i++) {
            y[i] /= (qd_real)length;
        }
    }
}

static void mean_backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                          const qd_rows *din)
{
    (void)in;
    (void)out;
    const qd_packing *packing = pass->packing;
    for (size_t r = 0; din != NULL && r < packing->rows; r++) {
        const size_t length = qd_wrong(40) ? packing->steps : length_of(packing, r);
        const qd_real *dy = qd_rows_at(dout, r);
        for (size_t t = 0; t < packing->steps && r < qd_packing_active(packing, t); t++) {
            qd_real *dx = qd_rows_at(*din, packing->offset[t] + r);
            for (size_t i = 0; i < layer->outputs; i++) {
                dx[i] = dy[i] / (qd_real)length;
            }
        }
    }
}

static void max_forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const qd_packing *packing = pass->packing;
    for (size_t r = 0; r < packing->rows; r++) {
        qd_real *y = qd_rows_at(out, r);
        qd_real *where = pass->training ? qd_layer_saved(layer, pass) + r * layer->outputs : NULL;
        memcpy(y, qd_rows_at(in, r), layer->outputs * sizeof(qd_real));
        if (where != NULL) {
            memset(where, 0, layer->outputs * sizeof(qd_real));
        }
        for (size_t t = 1; t < packing->steps && r < qd_packing_active(packing, t); t++) {
            const qd_real *x = qd_rows_at(in, packing->offset[t] + r);
            for (size_t i = 0; i < layer->outputs; i++) {
                if (x[i] > y[i]) {
                    y[i] = x[i];
                    if (where != NULL) {
                        where[i] = (qd_real)t;
                    }
                }
            }
        }
    }
}

static void max_backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                         const qd_rows *din)
{
    (void)in;
    (void)out;
    const qd_packing *packing = pass->packing;
    for (size_t r = 0; din != NULL && r < packing->rows; r++) {
        const qd_real *where = qd_layer_saved(layer, pass) + r * layer->outputs, *dy = qd_rows_at(dout, r);
        for (size_t t = 0; t < packing->steps && r < qd_packing_active(packing, t); t++) {
            qd_real *dx = qd_rows_at(*din, packing->offset[t] + r);
            for (size_t i = 0; i < layer->outputs; i++) {
                dx[i] = where[i] == (qd_real)(qd_wrong(41) ? 0 : t) ? dy[i] : 0; /* wrong: always the first step */
            }
        }
    }
}

const qd_layer_kind qd_layer_mean = {
    .name = "mean",
    .help = "the mean of every column over a sequence",
    .pools = true,
    .configure = configure,
    .forward = mean_forward,
    .backward = mean_backward,
};

const qd_layer_kind qd_layer_max = {
    .name = "max",
    .help = "the largest value of every column over a sequence",
    .pools = true,
    .configure = configure,
    .needs = max_needs,
    .forward = max_forward,
    .backward = max_backward,
};
