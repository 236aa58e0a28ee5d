/* Panels: their memory, and what was known on a day. */
#include "data/panel.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

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
