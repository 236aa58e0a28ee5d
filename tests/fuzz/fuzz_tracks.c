/* Fuzzes tracks in text: tables of every shape, series, .ts files and TrackMate's spots, with the options that derive
   features, and the expressions of --where.  (The reader tells them apart by their content.) */
#include "tracks_checks.h"
#include "data/where.h"
#include "base/mem.h"

/* The first line as an expression over the rest. */
static void filter(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    char expression[256];
    const size_t length = end != NULL ? (size_t)(end - data) : 0;
    if (length == 0 || length >= sizeof expression || memchr(data, '\0', length) != NULL) {
        return;
    }
    memcpy(expression, data, length);
    expression[length] = '\0';
    const qd_table_options options = {.limit = 1 << 22};
    qd_table *table;
    if (qd_table_parse("fuzz", (const char *)end + 1, size - length - 1, &options, &table, NULL) != QD_OK) {
        return;
    }
    bool *counts = qd_mem_new(qd_table_rows(table), sizeof *counts);
    if (counts != NULL && qd_where(table, expression, counts, NULL) != QD_OK) {
        counts[0] = false;
    }
    qd_mem_free(counts);
    qd_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    qd_track_options options = fuzz_options;
    read_tracks(data, size, &options);
    options.position = "x,y";
    options.categorical = "kind";
    options.phases = "A,start,B,stop,C";
    options.where = "t>=0 and not id=\"none\"";
    options.motion = options.neighbours = options.trim = true;
    read_tracks(data, size, &options);
    filter(data, size);
    return 0;
}
