/* Reading tracks for the cells task, and choosing among them. */
#include "tasks/cells_data.h"
#include "base/mem.h"

#include <string.h>

static qd_status read_tracks(const qd_settings *settings, const char *const *paths, size_t count,
                             qd_cells_purpose purpose, qd_tracks **tracks, qd_error *error)
{
    qd_cells_options options;
    qd_status status = qd_cells_options_of(settings, &options, error);
    if (status == QD_OK) {
        if (purpose == QD_CELLS_LABEL) {
            options.track.unlabelled = true;
            options.track.keep = ""; /* nothing is split */
        }
        status = qd_tracks_read(paths, count, &options.track, tracks, error);
    }
    qd_cells_options_clear(&options);
    if (status == QD_OK && qd_settings_flag(settings, "kin")) {
        status = qd_track_kin_add(*tracks, error);
    }
    return status;
}

qd_status qd_cells_read(const qd_settings *settings, const char *const *paths, size_t count, qd_cells_purpose purpose,
                        qd_cells_data *data, qd_error *error)
{
    *data = (qd_cells_data){0};
    const bool divisions = qd_settings_flag(settings, "divisions"), learning = purpose == QD_CELLS_LEARN;
    qd_status status = read_tracks(settings, paths, count, purpose, &data->tracks, error);
    if (status == QD_OK && divisions && learning && !data->tracks->lineage) {
        status = qd_fail_at(error, QD_ERR_VALUE, paths[0], 0, 0,
                            "no lineage, from which divisions could be learned (--parent COLUMN)");
    }
    if (status == QD_OK && divisions) {
        status = qd_divisions_new(data->tracks, learning, &data->divisions, error);
    }
    if (status == QD_OK && !divisions && data->tracks->features == 0) {
        status = qd_fail_at(error, QD_ERR_VALUE, paths[0], 0, 0,
                            "no features to classify by (--features COLUMNS, or of positions --motion, --neighbours)");
    }
    if (status != QD_OK) {
        qd_cells_data_clear(data);
        return status;
    }
    data->subject = divisions ? data->divisions.candidates : data->tracks;
    return QD_OK;
}

void qd_cells_data_clear(qd_cells_data *data)
{
    qd_divisions_clear(&data->divisions);
    qd_tracks_free(data->tracks);
    qd_mem_free(data->use);
    *data = (qd_cells_data){0};
}

/* The track that a subject comes from. */
static size_t track_of(const qd_cells_data *data, size_t i)
{
    return data->divisions.count > 0 ? data->divisions.mother[i] : i;
}

static qd_status make_use(qd_cells_data *data, qd_error *error)
{
    if (data->use == NULL) {
        data->use = qd_mem_new(data->subject->count, sizeof *data->use);
    }
    return data->use != NULL ? QD_OK : qd_fail_memory(error, data->subject->count, "parts");
}

qd_status qd_cells_choose_part(const qd_settings *settings, bool test, qd_cells_data *data, qd_error *error)
{
    const char *split = qd_settings_text(settings, "split");
    if (*split == '\0') {
        return QD_OK;
    }
    qd_part *part = qd_mem_new(data->tracks->count, sizeof *part);
    qd_status status = part == NULL
                           ? qd_fail_memory(error, data->tracks->count * sizeof *part, "parts")
                           : qd_split_parts(data->tracks, split, qd_settings_text(settings, "group"),
                                            (uint64_t)qd_settings_integer(settings, "gzip-limit"), part, error);
    if (status == QD_OK) {
        status = make_use(data, error);
    }
    for (size_t i = 0; i < data->subject->count && status == QD_OK; i++) {
        const qd_part own = part[track_of(data, i)];
        data->use[i] = test ? own == QD_PART_TEST : own == QD_PART_TRAIN || own == QD_PART_VALID;
    }
    qd_mem_free(part);
    return status;
}

qd_status qd_cells_folds(const qd_settings *settings, const qd_cells_data *data, size_t *fold, size_t *folds,
                         qd_error *error)
{
    return qd_split_folds(data->tracks, qd_settings_text(settings, "folds"), qd_settings_text(settings, "group"),
                          (uint64_t)qd_settings_integer(settings, "seed"), fold, folds, error);
}

qd_status qd_cells_choose_fold(const size_t *fold, size_t k, bool others, qd_cells_data *data, qd_error *error)
{
    const qd_status status = make_use(data, error);
    for (size_t i = 0; i < data->subject->count && status == QD_OK; i++) {
        data->use[i] = (fold[track_of(data, i)] == k) != others;
    }
    return status;
}
