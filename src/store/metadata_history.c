/* The history as an entry of __metadata__: a member a column, each with a value an epoch. */
#include "base/text.h"
#include "store/metadata.h"

#include <math.h>
#include <stddef.h>

enum { COLUMNS = 4 };

/* The columns after the epoch. */
static const struct {
    const char *key;
    size_t offset;
    bool may_lack; /* NaN is null */
    bool single;   /* a float32 at heart, and so written: 0.001 and not 0.0010000000474974513 */
} columns[COLUMNS] = {
    {"loss", offsetof(qd_history_row, loss), false, false},
    {"valid_loss", offsetof(qd_history_row, valid_loss), true, false},
    {"lr", offsetof(qd_history_row, learning_rate), false, true},
    {"gradient_norm", offsetof(qd_history_row, gradient_norm), false, false},
};

static double *column_of(qd_history_row *row, size_t column)
{
    return (double *)(void *)((char *)row + columns[column].offset);
}

static void put_column(qd_json_text *text, const qd_history *history, size_t column)
{
    qd_json_key(text, columns[column].key);
    qd_json_open(text, '[');
    for (size_t i = 0; i < history->count; i++) {
        double value = *column_of(&history->rows[i], column);
        if (columns[column].may_lack && isnan(value)) {
            qd_json_put_null(text);
        } else if (columns[column].single) {
            char digits[32];
            qd_text_from_float((float)value, digits, sizeof digits);
            qd_json_put_string(text, digits);
        } else {
            qd_json_put_real(text, value);
        }
    }
    qd_json_close(text, ']');
}

qd_status qd_metadata_add_history(qd_safetensors_writer *writer, const qd_history *history, qd_error *error)
{
    qd_json_text text = {0};
    qd_json_open(&text, '{');
    qd_json_key(&text, "epoch");
    qd_json_open(&text, '[');
    for (size_t i = 0; i < history->count; i++) {
        qd_json_put_whole(&text, history->rows[i].epoch);
    }
    qd_json_close(&text, ']');
    for (size_t c = 0; c < COLUMNS; c++) {
        put_column(&text, history, c);
    }
    qd_json_close(&text, '}');
    return qd_metadata_add(writer, "history", &text, error);
}

static qd_status read_epochs(const qd_json *json, const qd_json_value *array, qd_history *history, qd_error *error)
{
    qd_status status = qd_history_reserve(history, array->count, error);
    uint64_t least = 1;
    for (const qd_json_value *value = array->first; value != NULL && status == QD_OK; value = value->next) {
        qd_history_row *row = &history->rows[history->count++];
        status = qd_json_whole(json, value, least, INT64_MAX, &row->epoch, error);
        least = row->epoch + 1;
    }
    return status;
}

static qd_status read_column(const qd_json *json, size_t column, qd_history *history, qd_error *error)
{
    const qd_json_value *array;
    qd_status status = qd_json_member(json, &json->values[0], columns[column].key, QD_JSON_ARRAY, &array, error);
    if (status == QD_OK && array->count != history->count) {
        status = qd_json_refuse(json, array, error, "\"%s\" has %zu values for %zu epochs", columns[column].key,
                                array->count, history->count);
    }
    if (status != QD_OK) {
        return status;
    }
    qd_history_row *row = history->rows;
    for (const qd_json_value *value = array->first; value != NULL && status == QD_OK; value = value->next, row++) {
        double *real = column_of(row, column);
        if (columns[column].may_lack && value->kind == QD_JSON_NULL) {
            *real = NAN;
            continue;
        }
        status = qd_json_real(json, value, real, error);
        *real = columns[column].single ? (double)(float)*real : *real;
    }
    return status;
}

qd_status qd_metadata_read_history(const qd_safetensors *file, qd_history *out, qd_error *error)
{
    qd_json json;
    qd_status status = qd_metadata_open(file, "history", &json, error);
    if (status != QD_OK) {
        return status;
    }
    qd_history history = {0};
    const qd_json_value *epochs;
    status = qd_json_member(&json, &json.values[0], "epoch", QD_JSON_ARRAY, &epochs, error);
    if (status == QD_OK) {
        status = read_epochs(&json, epochs, &history, error);
    }
    for (size_t c = 0; c < COLUMNS && status == QD_OK; c++) {
        status = read_column(&json, c, &history, error);
    }
    qd_json_clear(&json);
    if (status != QD_OK) {
        qd_history_clear(&history);
        return status;
    }
    *out = history;
    return QD_OK;
}
