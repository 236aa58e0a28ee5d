/* What tests of hard data need: panels from text, settings, quick trainings. */
#ifndef QD_TEST_PANEL_FIXTURE_H
#define QD_TEST_PANEL_FIXTURE_H

#include "store/helpers.h"
#include "tasks/forecast_parts.h"

#include <math.h>

/* Settings from pairs "name", "value", ..., NULL; beside them what makes a training quick. */
static inline qd_settings *settings_of(const char *const *pairs)
{
    static const char *const quick[] = {"layers", "lstm:2", "epochs", "1", "ensemble", "2", "threads", "1", NULL};
    qd_settings *settings;
    qd_error error;
    assert_int_equal(qd_settings_new(&settings, &error), QD_OK);
    for (int k = 0; k < 2; k++) {
        for (const char *const *p = k == 0 ? quick : pairs; *p != NULL; p += 2) {
            if (qd_settings_set(settings, p[0], p[1], &error) != QD_OK) {
                fail_msg("%s", error.message);
            }
        }
    }
    return settings;
}

/* A text that grows, on the heap. */
typedef struct text {
    char *data;
    size_t size, capacity;
} text;

static inline void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void put(text *t, const char *format, ...)
{
    va_list list;
    if (t->capacity - t->size < 256) {
        t->capacity = 2 * t->capacity + 1024;
        t->data = realloc(t->data, t->capacity);
        assert_non_null(t->data);
    }
    va_start(list, format);
    t->size += (size_t)vsnprintf(t->data + t->size, t->capacity - t->size, format, list);
    va_end(list);
}

/* Reads a panel as `settings` say; the text is freed. */
static inline qd_panel *panel_of(text t, const qd_settings *settings)
{
    qd_panel *panel;
    qd_error error;
    bytes_write(path_of("counts.csv"), (bytes){t.data, t.size});
    if (qd_forecast_read(settings, path_of("counts.csv"), &panel, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    unlink(path_of("counts.csv"));
    free(t.data);
    return panel;
}

static inline qd_forecaster *train_on(const qd_settings *settings, const qd_panel *panel, size_t origin)
{
    qd_forecaster *forecaster;
    qd_settings *own;
    qd_error error;
    assert_int_equal(qd_forecast_settings(settings, panel, origin, &own, NULL), QD_OK);
    if (qd_forecast_train(own, panel, panel->y, origin, false, NULL, NULL, &forecaster, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(own);
    return forecaster;
}

enum { LEVELS = 7 };
static const double levels[LEVELS] = {0.01, 0.025, 0.25, 0.5, 0.75, 0.975, 0.99};

/* Quantiles at an origin, a new block of *count. */
static inline double *quantiles_of(const qd_forecaster *f, const qd_panel *panel, size_t origin, size_t *count)
{
    *count = panel->series * f->inputs.horizon * LEVELS;
    double *quantiles = calloc(*count, sizeof *quantiles);
    qd_error error;
    assert_non_null(quantiles);
    if (qd_forecast_quantiles(f, panel, panel->y, origin, LEVELS, levels, quantiles, NULL, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return quantiles;
}

#endif
