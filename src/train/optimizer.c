/* The table of optimisers, and what they share: options, norm and clipping of the gradient. */
#include "train/optimizer.h"

#include <math.h>
#include <string.h>

extern const qd_optimizer qd_optimizer_adam, qd_optimizer_adamw, qd_optimizer_rmsprop, qd_optimizer_sgd;

const qd_optimizer *const qd_optimizers[] = {
    &qd_optimizer_adam,
    &qd_optimizer_adamw,
    &qd_optimizer_rmsprop,
    &qd_optimizer_sgd,
};
const size_t qd_optimizers_count = sizeof qd_optimizers / sizeof qd_optimizers[0];

const qd_optimizer *qd_optimizer_find(const char *name)
{
    for (size_t i = 0; i < qd_optimizers_count; i++) {
        if (strcmp(qd_optimizers[i]->name, name) == 0) {
            return qd_optimizers[i];
        }
    }
    return NULL;
}

/* Keras's default of AdamW; the other optimisers decay no weights unless told to. */
static const double adamw_decay = 0.004;

qd_optimizer_options qd_optimizer_options_from(const qd_settings *settings)
{
    bool automatic = strcmp(qd_settings_text(settings, "weight-decay"), "auto") == 0;
    bool adamw = strcmp(qd_settings_text(settings, "optimizer"), "adamw") == 0;
    return (qd_optimizer_options){
        .beta1 = qd_settings_real(settings, "beta1"),
        .beta2 = qd_settings_real(settings, "beta2"),
        .rho = qd_settings_real(settings, "rho"),
        .momentum = qd_settings_real(settings, "momentum"),
        .epsilon = qd_settings_real(settings, "epsilon"),
        .weight_decay = automatic ? (adamw ? adamw_decay : 0) : qd_settings_real(settings, "weight-decay"),
    };
}

double qd_gradient_norm(const qd_kernels *kernels, size_t n, const float *gradients)
{
    return sqrt(kernels->squares(n, gradients));
}

void qd_gradient_clip(size_t n, float *gradients, double norm, double clip_norm, double clip_value)
{
    if (clip_norm > 0 && norm > clip_norm) {
        float factor = (float)(clip_norm / norm);
        for (size_t i = 0; i < n; i++) {
            gradients[i] *= factor;
        }
    }
    if (clip_value > 0) {
        float most = (float)clip_value;
        for (size_t i = 0; i < n; i++) {
            float g = gradients[i];
            gradients[i] = g > most ? most : g < -most ? -most : g;
        }
    }
}
