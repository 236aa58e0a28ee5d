/* The LSTM layer: the cell of kernels/cell_lstm.h run over time. */
#include "nn/recurrent.h"

static qd_status configure(qd_layer *layer, const qd_layer_spec *spec, qd_error *error)
{
    (void)error;
    qd_recurrent_configure(layer, spec, QD_CELL_LSTM);
    return QD_OK;
}

const qd_layer_kind qd_layer_lstm = {
    .name = "lstm",
    .help = "long short-term memory",
    .takes_units = true,
    .recurrent = true,
    .streams = true,
    .segments = true,
    .configure = configure,
    .tensors = qd_recurrent_tensors,
    .needs = qd_recurrent_needs,
    .pack = qd_recurrent_pack,
    .forward = qd_recurrent_forward,
    .backward = qd_recurrent_backward,
};
