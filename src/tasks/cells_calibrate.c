/* Calibration: probabilities that say how often they are right (a temperature; Guo et al. 2017), and how far rare
   classes are favoured (Menon et al. 2021). */
#include "base/mem.h"
#include "tasks/cells_parts.h"

#include <math.h>
#include <string.h>

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

int32_t qd_cells_choose(const qd_classifier *cells, const float *p)
{
    size_t best = 0;
    for (size_t k = 1; k < cells->classes; k++) {
        best = (double)p[k] * cells->favour[k] > (double)p[best] * cells->favour[best] ? k : best;
    }
    return (int32_t)best;
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

/* --------------------------------------------------------------------------------------------- favour */

/* What is scored, and room to count in: [classes] rows that were called so, are so, and both. */
typedef struct scoring {
    size_t n;
    const float *p;
    const int32_t *truth;
    double *called, *real, *hits;
} scoring;

/* What the choices are worth. */
typedef struct worth {
    double macro_f1, balanced, accuracy;
} worth;

static worth worth_of(const qd_classifier *cells, const scoring *s)
{
    double f1 = 0, recall = 0, present = 0, right = 0, rows = 0;
    memset(s->called, 0, 3 * cells->classes * sizeof *s->called);
    for (size_t i = 0; i < s->n; i++) {
        if (s->truth[i] >= 0) {
            const int32_t chosen = qd_cells_choose(cells, s->p + i * cells->classes);
            s->called[chosen] += 1;
            s->real[s->truth[i]] += 1;
            s->hits[chosen] += chosen == s->truth[i];
        }
    }
    for (size_t k = 0; k < cells->classes; k++) {
        f1 += s->real[k] > 0 ? 2 * s->hits[k] / (s->called[k] + s->real[k]) : 0;
        recall += s->real[k] > 0 ? s->hits[k] / s->real[k] : 0;
        present += s->real[k] > 0;
        right += s->hits[k];
        rows += s->real[k];
    }
    return (worth){f1 / present, recall / present, right / rows};
}

/* What favours are chosen by.  Macro-F1 alone has its maximum where chance put it; with balanced accuracy it is as high
   on other tracks, and that higher.  Accuracy holds back where little is known, of causal networks (docs/cells.md). */
static double choosing(const qd_classifier *cells, const scoring *s)
{
    const worth w = worth_of(cells, s);
    return w.macro_f1 + w.balanced + w.accuracy / 2;
}

/* The exponent f of favours 1 / share^f. */
static double favour_by_share(qd_classifier *cells, const scoring *s)
{
    double best = -1, best_power = 0;
    for (int tenth = 0; tenth <= 11; tenth++) { /* the last time: the best again */
        const double power = tenth <= 10 ? tenth / 10.0 : best_power;
        for (size_t k = 0; k < cells->classes; k++) {
            cells->favour[k] = 1 / pow(fmax(cells->share[k], 1e-6), power);
        }
        const double now = choosing(cells, s);
        best_power = now > best ? power : best_power;
        best = fmax(best, now);
    }
    return best;
}

/* Then each class by itself, up to e times more or less, in turn until that does not help any more. */
static void favour_each(qd_classifier *cells, const scoring *s, double best)
{
    enum { SWEEPS = 4, STEPS = 4 };
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        const double before = best;
        for (size_t k = 0; k < cells->classes; k++) {
            const double from = cells->favour[k];
            double chosen = from;
            for (int step = -STEPS; step <= STEPS; step++) {
                cells->favour[k] = from * exp((double)step / STEPS);
                const double now = choosing(cells, s);
                chosen = now > best ? cells->favour[k] : chosen;
                best = fmax(best, now);
            }
            cells->favour[k] = chosen;
        }
        if (!(best > before)) {
            break;
        }
    }
}

qd_status qd_cells_calibrate(qd_classifier *cells, size_t n, float *p, const int32_t *truth, qd_error *error)
{
    const size_t classes = cells->classes;
    double largest = 0;
    cells->known = 0;
    for (size_t i = 0; i < n; i++) {
        cells->known += truth[i] >= 0;
    }
    for (size_t k = 0; k < classes; k++) {
        largest = fmax(largest, cells->share[k]);
        cells->favour[k] = 1;
    }
    cells->temperature = 1;
    if (cells->known == 0) {
        return QD_OK;
    }
    double *room = qd_mem_new(classes, 3 * sizeof *room);
    if (room == NULL) {
        return qd_fail_memory(error, classes * 3 * sizeof *room, "calibration");
    }
    const scoring s = {
        .n = n, .p = p, .truth = truth, .called = room, .real = room + classes, .hits = room + 2 * classes};
    cells->temperature = find_temperature(cells, n, p, truth);
    for (size_t i = 0; i < n; i++) { /* as they will be when a class is chosen */
        qd_cells_temper(classes, cells->temperature, p + i * classes);
    }
    if (largest > QD_CELLS_SKEWED && cells->kind == QD_CELLS_FRAMES) {
        favour_each(cells, &s, favour_by_share(cells, &s));
    }
    const worth w = worth_of(cells, &s);
    cells->macro_f1 = w.macro_f1;
    cells->accuracy = w.accuracy;
    qd_mem_free(room);
    return QD_OK;
}
