/* NumPy's .npy (NEP 1; numpy.lib.format): a magic string, a version, the length of a header, the header as the text of
   a Python dictionary, the values.  In: bytes; out: a float32 array, or the byte at which the file is not what it
   should be. */
#include "data/npy.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/input.h"

#include <math.h>
#include <string.h>

enum { HEADER_LIMIT = 1 << 16, ALIGNMENT = 64, TYPE_SIZE = 24, SHAPE_SIZE = 24 * QD_NPY_RANK + 8 };

static const char magic[] = "\x93NUMPY";
enum { MAGIC_SIZE = sizeof magic - 1 };

/* The header being read: text[at .. end) of the file. */
typedef struct header {
    const char *name;
    const char *text;
    size_t at, end;
    char type[TYPE_SIZE];
    bool fortran;
    size_t rank, shape[QD_NPY_RANK];
} header;

/* ------------------------------------------------------------------------------------------------ Python literals */

static qd_status expected(const header *h, const char *what, qd_error *error)
{
    return qd_fail_offset(error, QD_ERR_FORMAT, h->name, h->at, "the header of an .npy file has %s here", what);
}

static void skip_blanks(header *h)
{
    while (h->at < h->end && strchr(" \t\n", h->text[h->at]) != NULL && h->text[h->at] != '\0') {
        h->at++;
    }
}

/* Steps over a character if it is the next one. */
static bool accept(header *h, char c)
{
    skip_blanks(h);
    if (h->at < h->end && h->text[h->at] == c) {
        h->at++;
        return true;
    }
    return false;
}

static bool accept_word(header *h, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(h);
    if (h->end - h->at >= length && memcmp(h->text + h->at, word, length) == 0) {
        h->at += length;
        return true;
    }
    return false;
}

/* 'text' or "text", without escapes. */
static qd_status read_string(header *h, char *out, size_t size, qd_error *error)
{
    skip_blanks(h);
    size_t begin = h->at + 1, end = begin;
    char quote = h->at < h->end ? h->text[h->at] : '\0';
    if (quote != '\'' && quote != '"') {
        return expected(h, "a quoted word", error);
    }
    while (end < h->end && h->text[end] != quote && h->text[end] > ' ' && h->text[end] < 0x7F) {
        end++;
    }
    if (end >= h->end || h->text[end] != quote || end - begin >= size) {
        return expected(h, "a short quoted word", error);
    }
    memcpy(out, h->text + begin, end - begin);
    out[end - begin] = '\0';
    h->at = end + 1;
    return QD_OK;
}

static qd_status read_type(header *h, qd_error *error)
{
    skip_blanks(h);
    if (h->at < h->end && h->text[h->at] == '[') {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, h->at,
                              "values with named fields; expected float32 ('<f4') or float64 ('<f8')");
    }
    size_t at = h->at;
    qd_status status = read_string(h, h->type, sizeof h->type, error);
    if (status == QD_OK && strcmp(h->type, "<f4") != 0 && strcmp(h->type, "<f8") != 0) {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, at,
                              "values of type '%s'; expected little-endian float32 ('<f4') or float64 ('<f8'): save "
                              "with .astype('<f4')",
                              h->type);
    }
    return status;
}

static qd_status read_order(header *h, qd_error *error)
{
    skip_blanks(h);
    size_t at = h->at;
    h->fortran = accept_word(h, "True");
    if (h->fortran) {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, at,
                              "Fortran order; expected C order: save with numpy.ascontiguousarray");
    }
    return accept_word(h, "False") ? QD_OK : expected(h, "'fortran_order': True or False", error);
}

static qd_status read_length(header *h, size_t *length, qd_error *error)
{
    skip_blanks(h);
    size_t digits = 0;
    while (h->at + digits < h->end && h->text[h->at + digits] >= '0' && h->text[h->at + digits] <= '9') {
        digits++;
    }
    int64_t value;
    if (!qd_text_to_integer(h->text + h->at, digits, &value) || (uint64_t)value > SIZE_MAX) {
        return expected(h, "whole numbers as shape", error);
    }
    h->at += digits;
    *length = (size_t)value;
    return QD_OK;
}

/* () or (2,) or (2, 3) or (2, 3,) */
static qd_status read_shape(header *h, qd_error *error)
{
    if (!accept(h, '(')) {
        return expected(h, "a shape in parentheses", error);
    }
    bool comma = true;
    while (!accept(h, ')')) {
        if (!comma) {
            return expected(h, "a comma in the shape", error);
        }
        if (h->rank == QD_NPY_RANK) {
            return qd_fail_offset(error, QD_ERR_FORMAT, h->name, h->at, "more than %d dimensions", QD_NPY_RANK);
        }
        qd_status status = read_length(h, &h->shape[h->rank], error);
        if (status != QD_OK) {
            return status;
        }
        h->rank++;
        comma = accept(h, ',');
    }
    return h->rank == 1 && !comma ? expected(h, "a comma in the shape of one dimension", error) : QD_OK;
}

typedef struct entry {
    const char *key;
    qd_status (*read)(header *h, qd_error *error);
} entry;

static const entry entries[] = {{"descr", read_type}, {"fortran_order", read_order}, {"shape", read_shape}};
enum { ENTRIES = sizeof entries / sizeof entries[0] };

/* One `'key': value`, which `seen` says whether it was there before. */
static qd_status read_entry(header *h, bool seen[ENTRIES], qd_error *error)
{
    skip_blanks(h);
    size_t at = h->at;
    char key[TYPE_SIZE];
    qd_status status = read_string(h, key, sizeof key, error);
    if (status != QD_OK) {
        return status;
    }
    size_t i = 0;
    while (i < ENTRIES && strcmp(entries[i].key, key) != 0) {
        i++;
    }
    if (i == ENTRIES || seen[i]) {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, at, "%s key '%s' in the header of an .npy file",
                              i == ENTRIES ? "an unknown" : "a second", key);
    }
    seen[i] = true;
    return accept(h, ':') ? entries[i].read(h, error) : expected(h, "a colon", error);
}

static qd_status read_dictionary(header *h, qd_error *error)
{
    bool seen[ENTRIES] = {false};
    bool comma = true;
    if (!accept(h, '{')) {
        return expected(h, "a dictionary", error);
    }
    while (!accept(h, '}')) {
        qd_status status = comma ? read_entry(h, seen, error) : expected(h, "a comma", error);
        if (status != QD_OK) {
            return status;
        }
        comma = accept(h, ',');
    }
    skip_blanks(h);
    if (h->at != h->end) {
        return expected(h, "nothing more", error);
    }
    for (size_t i = 0; i < ENTRIES; i++) {
        if (!seen[i]) {
            return qd_fail_offset(error, QD_ERR_FORMAT, h->name, h->at, "the header of an .npy file lacks '%s'",
                                  entries[i].key);
        }
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ values */

static uint64_t little_endian(const char *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = size; i-- > 0;) {
        word = word << 8 | (unsigned char)bytes[i];
    }
    return word;
}

static float read_float(const char *bytes)
{
    uint32_t word = (uint32_t)little_endian(bytes, 4);
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static double read_double(const char *bytes)
{
    uint64_t word = little_endian(bytes, 8);
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
}

/* "(2, 3)" or "(2,)", as Python writes it. */
static void format_shape(size_t rank, const size_t *shape, char text[SHAPE_SIZE])
{
    size_t used = (size_t)qd_text_format(text, SHAPE_SIZE, "(");
    for (size_t i = 0; i < rank; i++) {
        used += (size_t)qd_text_format(text + used, SHAPE_SIZE - used, i == 0 ? "%zu" : ", %zu", shape[i]);
    }
    qd_text_format(text + used, SHAPE_SIZE - used, rank == 1 ? ",)" : ")");
}

static qd_status refuse_value(const header *h, size_t index, size_t offset, double value, qd_error *error)
{
    size_t place[QD_NPY_RANK];
    char text[SHAPE_SIZE], number[32];
    for (size_t i = h->rank; i-- > 0; index /= h->shape[i]) {
        place[i] = index % h->shape[i];
    }
    format_shape(h->rank, place, text);
    qd_text_from_double(value, number, sizeof number);
    return qd_fail_offset(error, QD_ERR_FORMAT, h->name, offset, "the value at index %s is %s; expected %s", text,
                          number, isfinite(value) ? "one in the range of float32" : "a finite number");
}

/* The number of values, where the file holds exactly so many. */
static qd_status count_values(const header *h, size_t size, size_t width, size_t *count, qd_error *error)
{
    size_t bytes = width;
    bool overflow = false;
    for (size_t i = 0; i < h->rank; i++) {
        overflow |= __builtin_mul_overflow(bytes, h->shape[i], &bytes);
    }
    if (overflow || bytes != size - h->end) {
        char text[SHAPE_SIZE];
        format_shape(h->rank, h->shape, text);
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, h->end,
                              "the shape %s of '%s' does not fit the %zu bytes after the header", text, h->type,
                              size - h->end);
    }
    *count = bytes / width;
    return QD_OK;
}

static qd_status read_values(const header *h, size_t size, qd_array *array, qd_error *error)
{
    size_t width = strcmp(h->type, "<f4") == 0 ? 4 : 8, count = 0;
    qd_status status = count_values(h, size, width, &count, error);
    if (status != QD_OK) {
        return status;
    }
    float *data = qd_mem_new(count, sizeof *data);
    if (data == NULL) {
        return qd_fail_memory(error, count * sizeof *data, h->name);
    }
    for (size_t i = 0; i < count; i++) {
        size_t offset = h->end + i * width;
        const char *bytes = h->text + offset;
        double value = width == 4 ? (double)read_float(bytes) : read_double(bytes);
        data[i] = (float)value;
        if (!isfinite(data[i])) {
            qd_mem_free(data);
            return refuse_value(h, i, offset, value, error);
        }
    }
    *array = (qd_array){.rank = h->rank, .data = data};
    memcpy(array->shape, h->shape, sizeof array->shape);
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ the whole */

/* Magic, version and length: where the header begins and ends. */
static qd_status find_header(header *h, size_t size, qd_error *error)
{
    if (size < MAGIC_SIZE + 4 || memcmp(h->text, magic, MAGIC_SIZE) != 0) {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, 0, "no .npy file: it does not begin with \\x93NUMPY");
    }
    int major = h->text[MAGIC_SIZE], minor = h->text[MAGIC_SIZE + 1];
    if (major < 1 || major > 3 || minor != 0) {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, MAGIC_SIZE, ".npy version %d.%d; expected 1.0, 2.0 or 3.0",
                              (unsigned char)major, (unsigned char)minor);
    }
    size_t width = major == 1 ? 2 : 4;
    h->at = MAGIC_SIZE + 2 + width;
    if (size < h->at) {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, size, "the .npy file is cut off here");
    }
    uint64_t length = little_endian(h->text + MAGIC_SIZE + 2, width);
    if (length > HEADER_LIMIT || length > size - h->at) {
        return qd_fail_offset(error, QD_ERR_FORMAT, h->name, MAGIC_SIZE + 2,
                              "a header of %llu bytes; expected at most %d and no more than the file",
                              (unsigned long long)length, HEADER_LIMIT);
    }
    h->end = h->at + (size_t)length;
    return QD_OK;
}

qd_status qd_npy_parse(const char *name, const char *bytes, size_t size, qd_array *array, qd_error *error)
{
    header h = {.name = name, .text = bytes};
    qd_status status = find_header(&h, size, error);
    if (status == QD_OK) {
        status = read_dictionary(&h, error);
    }
    return status == QD_OK ? read_values(&h, size, array, error) : status;
}

qd_status qd_npy_read(const char *path, uint64_t limit, qd_array *array, qd_error *error)
{
    char *bytes;
    size_t size;
    qd_status status = qd_input_read(path, limit, &bytes, &size, error);
    if (status == QD_OK) {
        status = qd_npy_parse(path, bytes, size, array, error);
        qd_mem_free(bytes);
    }
    return status;
}

void qd_array_clear(qd_array *array)
{
    qd_mem_free(array->data);
    *array = (qd_array){0};
}

/* The header of version 1.0, padded with blanks so that the values are aligned; returns its size. */
static size_t format_header(const qd_array *array, char out[4 * ALIGNMENT])
{
    char shape[SHAPE_SIZE], text[3 * ALIGNMENT];
    format_shape(array->rank, array->shape, shape);
    size_t length =
        (size_t)qd_text_format(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
    size_t start = MAGIC_SIZE + 4; /* of the dictionary, which ends with a line break */
    size_t size = (start + length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(out, ' ', size);
    memcpy(out, magic, MAGIC_SIZE);
    out[MAGIC_SIZE] = 1;
    out[MAGIC_SIZE + 1] = 0;
    out[MAGIC_SIZE + 2] = (char)((size - start) & 0xFF);
    out[MAGIC_SIZE + 3] = (char)((size - start) >> 8);
    memcpy(out + start, text, length);
    out[size - 1] = '\n';
    return size;
}

/* float32 in little-endian order, some at a time. */
static qd_status write_values(qd_file *file, const float *data, size_t count, qd_error *error)
{
    enum { SOME = 1024 };
    char bytes[4 * SOME];
    qd_status status = QD_OK;
    for (size_t done = 0; done < count && status == QD_OK;) {
        size_t some = count - done < SOME ? count - done : SOME;
        for (size_t i = 0; i < some; i++) {
            uint32_t word;
            memcpy(&word, &data[done + i], sizeof word);
            for (size_t k = 0; k < 4; k++) {
                bytes[4 * i + k] = (char)(word >> (8 * k) & 0xFF);
            }
        }
        status = qd_file_write(file, bytes, 4 * some, error);
        done += some;
    }
    return status;
}

qd_status qd_npy_write(const char *path, const qd_array *array, qd_error *error)
{
    char start[4 * ALIGNMENT];
    size_t size = format_header(array, start), count = 1;
    for (size_t i = 0; i < array->rank; i++) {
        count *= array->shape[i];
    }
    qd_file *file;
    qd_status status = qd_file_create(path, &file, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_file_write(file, start, size, error);
    if (status == QD_OK) {
        status = write_values(file, array->data, count, error);
    }
    if (status != QD_OK) {
        qd_file_close(file);
        return status;
    }
    return qd_file_commit(file, error);
}
