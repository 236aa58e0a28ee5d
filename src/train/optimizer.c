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

enum { LANES = 16 };

double qd_gradient_norm(size_t n, const float *gradients)
{
    double lane[LANES] = {0};
    size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            double g = (double)gradients[i + l];
            lane[l] += g * g;
        }
    }
    for (size_t i = whole; i < n; i++) {
        double g = (double)gradients[i];
        lane[i - whole] += g * g;
    }
    for (size_t half = LANES / 2; half > 0; half /= 2) {
        for (size_t l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return sqrt(lane[0]);
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
