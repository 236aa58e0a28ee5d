/* quadrat bench: how fast the engine is on this machine, a row a workload and pass. */
#include "cli.h"

#include "base/file.h"
#include "base/text.h"
#include "tasks/bench.h"
#include <string.h>

/* A column: its name, and what stands in it (a number, or a word that JSON quotes). */
typedef struct column {
    const char *name;
    int width; /* in the table */
    bool word;
} column;

static const column columns[] = {
    {"workload", -10, true}, {"pass", -8, true},   {"set", -9, true},         {"threads", 7, false},
    {"N", 6, false},         {"T", 7, false},      {"I", 5, false},           {"H", 5, false},
    {"layers", 6, false},    {"B", 5, false},      {"rounds", 6, false},      {"ms", 11, false},
    {"least_ms", 11, false}, {"gflops", 7, false}, {"peak_share", 10, false}, {"memory", 11, false},
    {"bits", 8, true},
};

enum { COLUMNS = sizeof columns / sizeof columns[0], CELL = 48 };

typedef struct bench_row {
    char cell[COLUMNS][CELL];
} bench_row;

static bench_row row_of(const qd_workload *w, qd_bench_pass pass, const qd_bench_result *r)
{
    bench_row row;
    const size_t whole[] = {r->threads, w->sequences, w->steps, w->inputs, w->units, w->layers, w->batch, r->rounds};
    qd_text_format(row.cell[0], CELL, "%s", w->name);
    qd_text_format(row.cell[1], CELL, "%s", qd_bench_pass_names[pass]);
    qd_text_format(row.cell[2], CELL, "%s", r->set);
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        qd_text_format(row.cell[3 + i], CELL, "%zu", whole[i]);
    }
    qd_text_format(row.cell[11], CELL, "%.4f", r->seconds * 1e3);
    qd_text_format(row.cell[12], CELL, "%.4f", r->least_seconds * 1e3);
    qd_text_format(row.cell[13], CELL, "%.2f", r->gflops);
    qd_text_format(row.cell[14], CELL, "%.3f", r->share);
    qd_text_format(row.cell[15], CELL, "%zu", r->memory);
    qd_text_format(row.cell[16], CELL, "%08lx", (unsigned long)r->bits);
    return row;
}

/* ------------------------------------------------------------------------------------------------- form */

typedef struct bench_report {
    qd_file *file;
    const char *form; /* table, csv, json */
    size_t rows;
} bench_report;

static qd_status write_heading(bench_report *report, double peak, qd_error *error)
{
    if (strcmp(report->form, "json") == 0) {
        return qd_file_printf(report->file, error, "{\"peak\": %.2f, \"rows\": [", peak);
    }
    const bool csv = strcmp(report->form, "csv") == 0;
    qd_status status = QD_OK;
    if (!csv) {
        status = qd_file_printf(report->file, error, "peak of one thread: %.1f GFLOP/s\n", peak);
    }
    for (size_t c = 0; c < COLUMNS && status == QD_OK; c++) {
        status =
            csv ? qd_file_printf(report->file, error, "%s%s", c > 0 ? "," : "", columns[c].name)
                : qd_file_printf(report->file, error, "%s%*s", c > 0 ? " " : "", columns[c].width, columns[c].name);
    }
    return status == QD_OK ? qd_file_printf(report->file, error, "\n") : status;
}

static qd_status write_row(bench_report *report, const bench_row *row, qd_error *error)
{
    const bool csv = strcmp(report->form, "csv") == 0, json = strcmp(report->form, "json") == 0;
    qd_status status = json ? qd_file_printf(report->file, error, "%s\n  {", report->rows > 0 ? "," : "") : QD_OK;
    for (size_t c = 0; c < COLUMNS && status == QD_OK; c++) {
        const char *cell = row->cell[c], *quote = columns[c].word ? "\"" : "";
        if (json) {
            status = qd_file_printf(report->file, error, "%s\"%s\": %s%s%s", c > 0 ? ", " : "", columns[c].name, quote,
                                    cell, quote);
        } else if (csv) {
            status = qd_file_printf(report->file, error, "%s%s", c > 0 ? "," : "", cell);
        } else {
            status = qd_file_printf(report->file, error, "%s%*s", c > 0 ? " " : "", columns[c].width, cell);
        }
    }
    report->rows++;
    return status == QD_OK ? qd_file_printf(report->file, error, json ? "}" : "\n") : status;
}

static qd_status write_end(bench_report *report, qd_error *error)
{
    return strcmp(report->form, "json") == 0 ? qd_file_printf(report->file, error, "\n]}\n") : QD_OK;
}

/* ------------------------------------------------------------------------------------------------- runs */

/* Is `pass` in the comma-separated list? */
static bool wanted(const char *list, qd_bench_pass pass)
{
    const char *name = qd_bench_pass_names[pass];
    for (size_t length; *list != '\0'; list += length + (list[length] == ',')) {
        length = strcspn(list, ",");
        if (length == strlen(name) && memcmp(list, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Every element of --passes must be one. */
static int check_passes(const char *list)
{
    size_t known = 0, elements = *list != '\0';
    for (int pass = 0; pass < QD_BENCH_PASSES; pass++) {
        known += wanted(list, (qd_bench_pass)pass);
    }
    for (const char *p = list; *p != '\0'; p++) {
        elements += *p == ',';
    }
    return known > 0 && known == elements
               ? QD_EXIT_DONE
               : qd_tell_usage("--passes: \"%s\", expected train, forward, latency or step, separated by commas", list);
}

/* A workload whose own sequences are one step long has only that to show. */
static bool fits(const qd_workload *w, qd_bench_pass pass)
{
    return w->steps > 1 || w->sequences > 1 || pass == QD_BENCH_STEP;
}

static qd_status run_workload(const qd_settings *settings, const qd_workload *w, double peak, bench_report *report,
                              qd_error *error)
{
    const char *passes = qd_settings_text(settings, "passes");
    const double seconds = qd_settings_real(settings, "seconds");
    qd_status status = QD_OK;
    const bool only_step = !fits(w, QD_BENCH_TRAIN);
    for (int i = 0; i < QD_BENCH_PASSES && status == QD_OK; i++) {
        const qd_bench_pass pass = (qd_bench_pass)i;
        if (only_step ? pass == QD_BENCH_STEP : wanted(passes, pass)) {
            qd_bench_result result;
            status = qd_bench_run(settings, w, pass, seconds, peak, &result, error);
            if (status == QD_OK) {
                const bench_row row = row_of(w, pass, &result);
                status = write_row(report, &row, error);
            }
        }
    }
    return status;
}

static qd_status run_all(const qd_arguments *arguments, bench_report *report, qd_error *error)
{
    double peak;
    qd_status status = qd_bench_peak(arguments->settings, &peak, error);
    if (status == QD_OK) {
        status = write_heading(report, peak, error);
    }
    const size_t count = arguments->count > 0 ? arguments->count : qd_workloads_count;
    for (size_t i = 0; i < count && status == QD_OK; i++) {
        qd_workload w = qd_workloads[arguments->count > 0 ? 0 : i];
        status = arguments->count > 0 ? qd_workload_parse(arguments->paths[i], &w, error) : QD_OK;
        if (status == QD_OK) {
            status = run_workload(arguments->settings, &w, peak, report, error);
        }
    }
    return status == QD_OK ? write_end(report, error) : status;
}

int qd_cmd_bench(const qd_arguments *arguments)
{
    const int code = check_passes(qd_settings_text(arguments->settings, "passes"));
    qd_error error;
    for (size_t i = 0; i < arguments->count && code == QD_EXIT_DONE; i++) {
        qd_workload w; /* before the first second is spent */
        if (qd_workload_parse(arguments->paths[i], &w, &error) != QD_OK) {
            return qd_tell_usage("%s", error.message);
        }
    }
    if (code != QD_EXIT_DONE) {
        return code;
    }
    const char *output = qd_settings_text(arguments->settings, "output");
    bench_report report = {.form = qd_settings_text(arguments->settings, "form")};
    qd_status status = qd_file_create(*output != '\0' ? output : "-", &report.file, &error);
    if (status == QD_OK) {
        status = run_all(arguments, &report, &error);
        if (status == QD_OK) {
            status = qd_file_commit(report.file, &error);
        } else {
            qd_file_close(report.file);
        }
    }
    return status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(&error);
}
