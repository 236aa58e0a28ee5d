/* What a network sees of tracks: standardised features, and marks for what is missing. */
#include "data/track_inputs.h"
#include "base/mem.h"
#include "data/track_motion.h"

#include <math.h>
#include <string.h>

/* Means, then variances about them, over the rows of the tracks in use; in double, in order. */
static qd_status learn(const qd_tracks *tracks, const bool *use, qd_track_scaling *scaling, size_t *seen,
                       qd_error *error)
{
    const size_t features = tracks->features;
    size_t rows = 0;
    for (int pass = 0; pass < 2; pass++) {
        double *sum = pass == 0 ? scaling->mean : scaling->sd;
        rows = 0;
        for (size_t n = 0; n < tracks->count; n++) {
            if (use != NULL && !use[n]) {
                continue;
            }
            for (size_t i = tracks->start[n]; i < tracks->start[n + 1]; i++) {
                for (size_t f = 0; f < features; f++) {
                    const double value = (double)tracks->x[i * features + f];
                    if (!isnan(value)) {
                        seen[f] += pass == 0;
                        sum[f] += pass == 0 ? value : (value - scaling->mean[f]) * (value - scaling->mean[f]);
                    }
                }
            }
            rows += qd_track_length(tracks, n);
        }
        for (size_t f = 0; f < features; f++) {
            if (seen[f] == 0 && !qd_track_motion_is(tracks->feature[f])) {
                return qd_fail_at(error, QD_ERR_VALUE, tracks->path, 0, 0,
                                  "the feature %.60s has no value in the training tracks", tracks->feature[f]);
            }
            sum[f] /= seen[f] > 0 ? (double)seen[f] : 1;
        }
    }
    for (size_t f = 0; f < features; f++) {
        const bool category = strchr(tracks->feature[f], '=') != NULL;
        scaling->sd[f] = sqrt(scaling->sd[f]);
        /* what varies by rounding alone is constant */
        scaling->sd[f] = scaling->sd[f] > 1e-7 * fabs(scaling->mean[f]) ? scaling->sd[f] : 1;
        scaling->mean[f] = category ? 0 : scaling->mean[f];
        scaling->sd[f] = category ? 1 : scaling->sd[f];
        scaling->marked[f] = seen[f] < rows;
        scaling->inputs += 1 + scaling->marked[f];
    }
    return QD_OK;
}

qd_status qd_track_scaling_learn(const qd_tracks *tracks, const bool *use, qd_track_scaling *scaling, qd_error *error)
{
    const size_t features = tracks->features;
    *scaling = (qd_track_scaling){.features = features};
    scaling->name = qd_mem_new(features, sizeof *scaling->name);
    scaling->mean = qd_mem_new(features, sizeof *scaling->mean);
    scaling->sd = qd_mem_new(features, sizeof *scaling->sd);
    scaling->marked = qd_mem_new(features, sizeof *scaling->marked);
    size_t *seen = qd_mem_new(features, sizeof *seen);
    bool whole = scaling->name != NULL && scaling->mean != NULL && scaling->sd != NULL && scaling->marked != NULL &&
                 seen != NULL;
    for (size_t f = 0; f < features && whole; f++) {
        scaling->name[f] = qd_mem_string(tracks->feature[f]);
        whole = scaling->name[f] != NULL;
    }
    const qd_status status = whole ? learn(tracks, use, scaling, seen, error)
                                   : qd_fail_memory(error, features * sizeof *scaling->mean, "scaling");
    qd_mem_free(seen);
    if (status != QD_OK) {
        qd_track_scaling_clear(scaling);
    }
    return status;
}

void qd_track_scaling_clear(qd_track_scaling *scaling)
{
    for (size_t f = 0; f < scaling->features && scaling->name != NULL; f++) {
        qd_mem_free(scaling->name[f]);
    }
    qd_mem_free(scaling->name);
    qd_mem_free(scaling->mean);
    qd_mem_free(scaling->sd);
    qd_mem_free(scaling->marked);
    *scaling = (qd_track_scaling){0};
}

void qd_track_scaling_apply(const qd_track_scaling *scaling, size_t rows, const float *features, float *inputs)
{
    for (size_t i = 0; i < rows; i++) {
        const float *x = features + i * scaling->features;
        float *out = inputs + i * scaling->inputs, *mark = out + scaling->features;
        for (size_t f = 0; f < scaling->features; f++) {
            const double value = ((double)x[f] - scaling->mean[f]) / scaling->sd[f];
            out[f] = isnan(x[f]) ? 0 : (float)fmax(-1e6, fmin(1e6, value)); /* finite, however far off */
            if (scaling->marked[f]) {
                *mark++ = isnan(x[f]) ? 1.0F : 0.0F;
            }
        }
    }
}
