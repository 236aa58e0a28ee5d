/* Panels: their memory, what was known on a day, and their fingerprint. */
#include "data/panel.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

void qd_panel_free(qd_panel *panel)
{
    if (panel == NULL) {
        return;
    }
    for (size_t k = 0; panel->key_name != NULL && k < panel->keys; k++) {
        qd_mem_free(panel->key_name[k]);
    }
    for (size_t k = 0; panel->key != NULL && k < panel->series * panel->keys; k++) {
        qd_mem_free(panel->key[k]);
    }
    for (size_t k = 0; panel->feature != NULL && k < panel->past + panel->known + panel->constants; k++) {
        qd_mem_free(panel->feature[k].name);
        qd_mem_free(panel->feature[k].value);
    }
    qd_mem_free(panel->key_name);
    qd_mem_free(panel->key);
    qd_mem_free(panel->feature);
    qd_mem_free(panel->day);
    qd_mem_free(panel->y);
    qd_mem_free(panel->effort);
    qd_mem_free(panel->revision);
    qd_mem_free(panel->left_out);
    qd_mem_free(panel);
}

void qd_panel_as_of(const qd_panel *panel, int64_t day, double *y)
{
    size_t cells = panel->series * panel->times;
    if (panel->revision == NULL) {
        memcpy(y, panel->y, cells * sizeof *y);
        return;
    }
    for (size_t i = 0; i < cells; i++) {
        y[i] = NAN;
    }
    for (size_t k = 0; k < panel->revisions && panel->revision[k].as_of <= day; k++) {
        const qd_revision *revision = &panel->revision[k];
        y[revision->series * panel->times + revision->time] = revision->value;
    }
}

/* ------------------------------------------------------------------------------------------- fingerprint */

static uint32_t add(uint32_t crc, const void *data, size_t size)
{
    return (uint32_t)crc32_z(crc, data, size);
}

static uint32_t add_numbers(uint32_t crc, const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) { /* a NaN is a NaN, whatever its bits */
        const double number = isnan(numbers[i]) ? -HUGE_VAL : numbers[i];
        crc = add(crc, &number, sizeof number);
    }
    return crc;
}

uint32_t qd_panel_fingerprint(const qd_panel *panel, const double *y, size_t known)
{
    const uint64_t sizes[] = {panel->kind, panel->weeks, (uint64_t)panel->first, (uint64_t)panel->step, panel->series,
                              panel->keys, panel->past,  panel->known,           panel->constants,      known};
    const size_t features = panel->past + panel->known + panel->constants;
    uint32_t crc = add(0, sizes, sizeof sizes);
    crc = add_numbers(crc, panel->day, known);
    crc = add_numbers(crc, &panel->season, 1);
    for (size_t k = 0; k < panel->series * panel->keys; k++) {
        crc = add(crc, panel->key[k], strlen(panel->key[k]) + 1);
    }
    for (size_t s = 0; s < panel->series; s++) {
        crc = add_numbers(crc, y + s * panel->times, known);
        crc = panel->effort != NULL ? add_numbers(crc, panel->effort + s * panel->times, known) : crc;
    }
    for (size_t k = 0; k < features; k++) {
        const bool constant = k >= panel->past + panel->known;
        for (size_t s = 0; s < panel->series; s++) {
            crc = constant ? add_numbers(crc, panel->feature[k].value + s, 1)
                           : add_numbers(crc, panel->feature[k].value + s * panel->times, known);
        }
    }
    return crc;
}
