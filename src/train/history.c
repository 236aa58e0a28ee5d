/* History: rows in memory, and as CSV. */
#include "train/history.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <math.h>
#include <stdbool.h>

qd_status qd_history_reserve(qd_history *history, size_t capacity, qd_error *error)
{
    if (capacity <= history->capacity) {
        return QD_OK;
    }
    qd_history_row *rows = qd_mem_resize(history->rows, history->capacity, capacity, sizeof *rows);
    if (rows == NULL) {
        return qd_fail_memory(error, capacity * sizeof *rows, "the history");
    }
    history->rows = rows;
    history->capacity = capacity;
    return QD_OK;
}

void qd_history_clear(qd_history *history)
{
    qd_mem_free(history->rows);
    *history = (qd_history){0};
}

qd_status qd_history_add(qd_history *history, uint64_t network, const qd_history *rows, qd_error *error)
{
    const qd_status status = qd_history_reserve(history, history->count + rows->count, error);
    for (size_t i = 0; i < rows->count && status == QD_OK; i++) {
        history->rows[history->count] = rows->rows[i];
        history->rows[history->count++].network = network;
    }
    return status;
}

/* Are these rows of several networks? */
static bool ensemble(const qd_history *history)
{
    return history->count > 0 && history->rows[0].network > 0;
}

static qd_status write_row(qd_file *file, const qd_history_row *row, qd_error *error)
{
    enum { SIZE = 32 };
    char loss[SIZE], valid[SIZE] = "", rate[SIZE], norm[SIZE];
    qd_text_from_double(row->loss, loss, SIZE);
    if (!isnan(row->valid_loss)) {
        qd_text_from_double(row->valid_loss, valid, SIZE);
    }
    qd_text_from_float((float)row->learning_rate, rate, SIZE);
    qd_text_from_double(row->gradient_norm, norm, SIZE);
    if (row->network > 0) {
        const qd_status status = qd_file_printf(file, error, "%llu,", (unsigned long long)row->network);
        if (status != QD_OK) {
            return status;
        }
    }
    return qd_file_printf(file, error, "%llu,%s,%s,%s,%.6f,%s\n", (unsigned long long)row->epoch, loss, valid, rate,
                          row->seconds, norm);
}

qd_status qd_history_write(const qd_history *history, const char *path, qd_error *error)
{
    qd_file *file;
    qd_status status = qd_file_create(path, &file, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_file_printf(file, error, "%sepoch,loss,valid_loss,lr,seconds,gradient_norm\n",
                            ensemble(history) ? "network," : "");
    for (size_t i = 0; i < history->count && status == QD_OK; i++) {
        status = write_row(file, &history->rows[i], error);
    }
    if (status != QD_OK) {
        qd_file_close(file);
        return status;
    }
    return qd_file_commit(file, error);
}
