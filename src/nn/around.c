/* Around: from two directions side by side, what stands around each step but not at it: the first half of the columns
   from the step before, the second half from the step after, zeros beyond the sequence's ends.

       out_t = [first half of in_(t-1), second half of in_(t+1)]

   Behind layers whose first half reads from the beginning and whose second half from the end (apart), out_t depends on
   every step of the sequence but t: so a model may be asked for the element at t without having seen it. */
#include "nn/layer.h"
#include "kernels/wrong.h"

#include <string.h>

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)spec;
    if (layer->inputs % 2 != 0) {
        return qd_fail(error, QD_ERR_VALUE, "layers: around needs two halves, but %zu columns are no even number",
                       layer->inputs);
    }
    layer->outputs = layer->inputs;
    layer->ahead = true;
    return QD_OK;
}

/* to[t + 1] = from[t] in the columns of one half (later), or to[t] = from[t + 1]; zeros where nothing comes. */
static void shift(const qd_packing *packing, qd_rows from, qd_rows to, size_t column, bool later)
{
    const size_t width = from.width / 2, size = width * sizeof(qd_real);
    for (size_t t = 0; t < packing->steps; t++) {
        const size_t rows = qd_packing_active(packing, t);
        const size_t next = t + 1 < packing->steps ? qd_packing_active(packing, t + 1) : 0;
        for (size_t r = 0; r < rows; r++) {
            const size_t here = packing->offset[t] + r, there = packing->offset[t + 1] + r;
            if (later && r < next) {
                memcpy(qd_rows_at(to, there) + column, qd_rows_at(from, here) + column, size);
            } else if (!later && r < next) {
                memcpy(qd_rows_at(to, here) + column, qd_rows_at(from, there) + column, size);
            }
            if (later ? t == 0 : r >= next) {
                memset(qd_rows_at(to, here) + column, 0, size);
            }
        }
    }
}

static void forward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out)
{
    shift(pass->packing, in, out, 0, true);
    shift(pass->packing, in, out, layer->inputs / 2, false);
}

static void backward(const qd_layer *layer, const qd_pass *pass, qd_rows in, qd_rows out, qd_rows dout,
                     const qd_rows *din)
{
    (void)in;
    (void)out;
    if (din != NULL) {
        shift(pass->packing, dout, *din, 0, qd_wrong(34));
        shift(pass->packing, dout, *din, layer->inputs / 2, true);
    }
}

const qd_layer_kind qd_layer_around = {
    .name = "around",
    .help = "of two halves, the first from the step before and the second from the step after",
    .configure = configure,
    .forward = forward,
    .backward = backward,
};
