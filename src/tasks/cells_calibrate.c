/* Calibration: probabilities that say how often they are right (a temperature; Guo et al. 2017), and how far rare
   classes are favoured (Menon et al. 2021). */
#include "tasks/cells_parts.h"

#include <math.h>
#include <stddef.h>

void qd_cells_temper(size_t classes, double temperature, float *p)
{
    double sum = 0;
    for (size_t k = 0; k < classes; k++) {
        const double each = pow(fmax((double)p[k], 1e-12), 1 / temperature);
        p[k] = (float)each;
        sum += each;
    }
    for (size_t k = 0; k < classes; k++) {
        p[k] = (float)((double)p[k] / sum);
    }
}

/* p_k / share_k^favour */
static double favoured(const qd_classifier *cells, double favour, const float *p, size_t k)
{
    return (double)p[k] / (favour > 0 ? pow(fmax(cells->share[k], 1e-6), favour) : 1);
}

static int32_t choose(const qd_classifier *cells, double favour, const float *p)
{
    size_t best = 0;
    for (size_t k = 1; k < cells->classes; k++) {
        best = favoured(cells, favour, p, k) > favoured(cells, favour, p, best) ? k : best;
    }
    return (int32_t)best;
}

int32_t qd_cells_choose(const qd_classifier *cells, const float *p)
{
    return choose(cells, cells->favour, p);
}

/* Mean -log p of the truth at temperature exp(log_temperature). */
static double surprise(const qd_classifier *cells, size_t n, const float *p, const int32_t *truth,
                       double log_temperature)
{
    const double power = exp(-log_temperature);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (truth[i] >= 0) {
            double all = 0, own = 0;
            for (size_t k = 0; k < cells->classes; k++) {
                const double log_p = power * log(fmax((double)p[i * cells->classes + k], 1e-12));
                own = k == (size_t)truth[i] ? log_p : own;
                all += exp(log_p);
            }
            sum += log(all) - own;
        }
    }
    return sum;
}

/* The least surprise by golden section: it has one minimum in the temperature. */
static double find_temperature(const qd_classifier *cells, size_t n, const float *p, const int32_t *truth)
{
    enum { CUTS = 18 };
    const double golden = (sqrt(5) - 1) / 2;
    double low = -1.5, high = 2.5;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = surprise(cells, n, p, truth, a), at_b = surprise(cells, n, p, truth, b);
    for (int i = 0; i < CUTS; i++) {
        if (at_a < at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = surprise(cells, n, p, truth, a);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = surprise(cells, n, p, truth, b);
        }
    }
    return exp((low + high) / 2);
}

/* Macro-F1 of the choices. */
static double macro_f1(const qd_classifier *cells, size_t n, const float *p, const int32_t *truth, double favour)
{
    double sum = 0, present = 0;
    for (size_t k = 0; k < cells->classes; k++) {
        double hits = 0, called = 0, real = 0;
        for (size_t i = 0; i < n; i++) {
            if (truth[i] >= 0) {
                const bool chosen = choose(cells, favour, p + i * cells->classes) == (int32_t)k;
                called += chosen;
                real += truth[i] == (int32_t)k;
                hits += chosen && truth[i] == (int32_t)k;
            }
        }
        sum += real > 0 ? 2 * hits / (called + real) : 0;
        present += real > 0;
    }
    return sum / present;
}

static double accuracy(const qd_classifier *cells, size_t n, const float *p, const int32_t *truth)
{
    double hits = 0;
    for (size_t i = 0; i < n; i++) {
        hits += truth[i] >= 0 && choose(cells, cells->favour, p + i * cells->classes) == truth[i] ? 1 : 0;
    }
    return hits / (double)cells->known;
}

void qd_cells_calibrate(qd_classifier *cells, size_t n, const float *p, const int32_t *truth)
{
    static const double skewed = 0.8; /* from this share of one class on, accuracy says little */
    double largest = 0;
    cells->known = 0;
    for (size_t i = 0; i < n; i++) {
        cells->known += truth[i] >= 0;
    }
    for (size_t k = 0; k < cells->classes; k++) {
        largest = fmax(largest, cells->share[k]);
    }
    cells->favour = 0;
    cells->temperature = 1;
    if (cells->known == 0) {
        return;
    }
    cells->temperature = find_temperature(cells, n, p, truth);
    double best = -1;
    for (int tenth = 0; tenth <= 10 && largest > skewed && cells->kind == QD_CELLS_FRAMES; tenth++) {
        const double f1 = macro_f1(cells, n, p, truth, tenth / 10.0);
        if (f1 > best) {
            best = f1;
            cells->favour = tenth / 10.0;
        }
    }
    cells->accuracy = accuracy(cells, n, p, truth);
    cells->macro_f1 = macro_f1(cells, n, p, truth, cells->favour);
}
