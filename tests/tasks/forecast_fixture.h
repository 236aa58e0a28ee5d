/* What the tests of forecasts as files share: panels from text, forecasts made by hand, files read back. */
#ifndef QD_TEST_FORECAST_FIXTURE_H
#define QD_TEST_FORECAST_FIXTURE_H

#include "test.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "tasks/forecast_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char forecast_folder[] = "test_forecast.XXXXXX";

static inline int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(forecast_folder) == NULL || chdir(forecast_folder) != 0;
}

static inline int leave_folder(void **state)
{
    (void)state;
    return chdir("..") != 0 || rmdir(forecast_folder) != 0; /* fails where a test has left something */
}

/* Columns time, y, and those that name a series. */
static inline qd_panel *panel_of(const char *csv, const char *series)
{
    const qd_table_options how = {.limit = 1 << 20};
    const qd_panel_options options = {.time = "time",
                                      .date = "",
                                      .series = series,
                                      .target = "y",
                                      .series_columns = "",
                                      .tally = "",
                                      .covariates = "",
                                      .known = "",
                                      .constant = "",
                                      .effort = "",
                                      .as_of = "",
                                      .join_key = ""};
    qd_table *table;
    qd_panel *panel = NULL;
    qd_error error;
    if (qd_table_parse("t.csv", csv, strlen(csv), &how, &table, &error) != QD_OK ||
        qd_panel_read(table, &options, &panel, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_table_free(table);
    return panel;
}

static inline void *zeros(size_t count, size_t size)
{
    void *memory = qd_mem_new(count > 0 ? count : 1, size);
    assert_non_null(memory);
    return memory;
}

/* Known up to the panel's end; horizons count from `lead` times later.  The quantile of series s, horizon h (from 0)
   and level q is 10(s+1) + h + round(20 q); the mean has a half; path p is 10(s+1) + h + p mod 7. */
static inline qd_forecast *forecast_of(const qd_panel *panel, int64_t lead, int64_t first, size_t horizons,
                                       size_t levels, const double *level, size_t samples)
{
    qd_forecast *f = zeros(1, sizeof *f);
    const size_t cells = panel->series * horizons;
    f->panel = panel;
    f->origin = (int64_t)panel->times - 1;
    f->reference = f->origin + lead;
    f->first = first;
    f->horizons = horizons;
    f->levels = levels;
    f->samples = samples;
    f->level = zeros(levels, sizeof *f->level);
    f->quantile = zeros(cells * levels, sizeof *f->quantile);
    f->mean = zeros(cells, sizeof *f->mean);
    f->grid = zeros(cells * samples, sizeof *f->grid);
    f->sample = zeros(cells * samples, sizeof *f->sample);
    f->empty = zeros(panel->series, sizeof *f->empty);
    memcpy(f->level, level, levels * sizeof *level);
    for (size_t c = 0; c < cells; c++) {
        const size_t s = c / horizons, h = c % horizons;
        f->mean[c] = 10.5 + 10 * (double)s + (double)h;
        for (size_t q = 0; q < levels; q++) {
            f->quantile[c * levels + q] = 10 + 10 * (double)s + (double)h + floor(20 * level[q] + 0.5);
        }
        for (size_t p = 0; p < samples; p++) {
            f->sample[(s * samples + p) * horizons + h] = 10 + 10 * (double)s + (double)h + (double)(p % 7);
        }
    }
    return f;
}

/* A file as text, which is removed; the caller frees it. */
static inline char *taken(const char *path)
{
    char *text;
    size_t size;
    qd_error error;
    if (qd_file_read_all(path, 1 << 26, &text, &size, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(unlink(path), 0);
    char *ended = zeros(size + 1, 1);
    memcpy(ended, text, size);
    qd_mem_free(text);
    return ended;
}

/* What the writers said, one line after the other. */
typedef struct heard {
    char text[1024];
} heard;

static inline void hear(void *context, const char *line)
{
    heard *h = context;
    const size_t used = strlen(h->text);
    qd_text_format(h->text + used, sizeof h->text - used, "%s\n", line);
}

static inline qd_forecast_write_options options_of(const qd_forecast *f, heard *h)
{
    return (qd_forecast_write_options){.levels = f->levels,
                                       .level = f->level,
                                       .target = "count",
                                       .model_id = "",
                                       .hub_target = "",
                                       .reference_date = "",
                                       .project = "",
                                       .site = "",
                                       .variable = "",
                                       .duration = "",
                                       .say = h != NULL ? hear : NULL,
                                       .context = h};
}

static inline void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in: %.400s", part, text);
    }
}

/* The form writes exactly this. */
static inline void writes(const char *format, const qd_forecast *f, const qd_forecast_write_options *options,
                          const char *expected)
{
    qd_error error;
    const qd_forecast_format *form = qd_forecast_format_find(format);
    assert_non_null(form);
    if (form->write(f, options, "out.csv", &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    char *text = taken("out.csv");
    assert_string_equal(text, expected);
    qd_mem_free(text);
}

/* The form refuses, says why, and leaves no file. */
static inline void refuses(const char *format, const qd_forecast *f, const qd_forecast_write_options *options,
                           const char *part)
{
    qd_error error;
    assert_int_not_equal(qd_forecast_format_find(format)->write(f, options, "out.csv", &error), QD_OK);
    has(error.message, part);
    assert_false(qd_file_exists("out.csv"));
}

#endif
