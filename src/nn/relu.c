/* The rectifier: y = max(x, 0), for what a linear layer (conv, dense, norm) puts out. */
#include "nn/layer.h"
#include "kernels/wrong.h"

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)spec;
    (void)error;
    layer->outputs = layer->inputs;
    return QD_OK;
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    const size_t total = qd_packing_total(pass->packing);
    for (size_t row = 0; row < total; row++) {
        const qd_real *x = qd_rows_at(in, row);
        qd_real *y = qd_rows_at(out, row);
        for (size_t i = 0; i < layer->inputs; i++) {
            y[i] = x[i] > 0 ? x[i] : 0;
        }
    }
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    (void)in;
    const size_t total = din != NULL ? qd_packing_total(pass->packing) : 0;
    for (size_t row = 0; row < total; row++) {
        const qd_real *y = qd_rows_at(out, row), *dy = qd_rows_at(dout, row);
        qd_real *dx = qd_rows_at(*din, row);
        for (size_t i = 0; i < layer->inputs; i++) {
            dx[i] = y[i] > 0 || qd_wrong(37) ? dy[i] : 0;
        }
    }
}

const qd_layer_kind qd_layer_relu = {
    .name = "relu",
    .help = "the rectifier max(x, 0)",
    .streams = true,
    .configure = configure,
    .forward = forward,
    .backward = backward,
};
