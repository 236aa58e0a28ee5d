/* CSV as it is written. */
#include "data/csv.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

qd_status qd_csv_create(const char *path, qd_csv *csv, qd_error *error)
{
    *csv = (qd_csv){.error = error, .status = QD_OK};
    csv->status = qd_file_create(path, &csv->file, error);
    return csv->status;
}

static void put(qd_csv *csv, const char *data, size_t size)
{
    if (csv->status == QD_OK) {
        csv->status = qd_file_write(csv->file, data, size, csv->error);
    }
}

static void begin(qd_csv *csv)
{
    if (csv->inside) {
        put(csv, ",", 1);
    }
    csv->inside = true;
}

void qd_csv_text(qd_csv *csv, const char *text)
{
    begin(csv);
    if (strpbrk(text, ",\"\r\n") == NULL) {
        put(csv, text, strlen(text));
        return;
    }
    put(csv, "\"", 1);
    for (size_t length; *text != '\0'; text += length) {
        length = strcspn(text, "\"");
        put(csv, text, length);
        if (text[length] == '"') {
            put(csv, "\"\"", 2);
            length++;
        }
    }
    put(csv, "\"", 1);
}

void qd_csv_whole(qd_csv *csv, int64_t whole)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t left = whole < 0 ? 0 - (uint64_t)whole : (uint64_t)whole;
    do {
        text[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (whole < 0) {
        text[--at] = '-';
    }
    begin(csv);
    put(csv, text + at, sizeof text - at);
}

void qd_csv_number(qd_csv *csv, double number)
{
    const double exact = 9007199254740992.0; /* 2^53 */
    char text[40];
    if (isnan(number)) {
        begin(csv);
        put(csv, "NA", 2);
    } else if (number == floor(number) && fabs(number) <= exact) {
        qd_csv_whole(csv, (int64_t)number);
    } else {
        begin(csv);
        put(csv, text, qd_text_from_double(number, text, sizeof text));
    }
}

void qd_csv_end(qd_csv *csv)
{
    put(csv, "\n", 1);
    csv->inside = false;
}

qd_status qd_csv_close(qd_csv *csv, qd_status status)
{
    const qd_status failed = status != QD_OK ? status : csv->status;
    qd_file *file = csv->file;
    csv->file = NULL;
    if (failed != QD_OK) {
        qd_file_close(file);
        return failed;
    }
    return qd_file_commit(file, csv->error);
}
