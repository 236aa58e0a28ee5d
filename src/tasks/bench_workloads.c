/* The table of workloads, and their names with other sizes. */
#include "tasks/bench.h"

#include "base/text.h"

#include <string.h>

const qd_workload qd_workloads[] = {
    {"article", 100, 10, 1, 50, 2, 32, 0, "the article's model"},
    {"counts", 512, 52, 8, 64, 2, 64, 0, "a year of weekly counts, hundreds of series"},
    {"mid", 256, 100, 32, 256, 2, 64, 0, "sequences, cell traces"},
    {"big", 64, 100, 64, 512, 2, 64, 0, "a language model of proteins"},
    {"long", 8, 2000, 4, 128, 1, 8, 0, "long recordings, few of them"},
    {"ragged", 512, 400, 16, 128, 2, 64, 5, "sequences of 5 to 400 steps, log-uniform"},
    {"even", 512, 90, 16, 128, 2, 64, 0, "as many steps in all as ragged, of equal length"},
    {"step", 1, 1, 1, 50, 2, 1, 0, "one step of the article's model, streaming"},
};
const size_t qd_workloads_count = sizeof qd_workloads / sizeof qd_workloads[0];

const char *const qd_bench_pass_names[QD_BENCH_PASSES] = {"train", "forward", "latency", "step"};

static qd_status find(const char *name, qd_workload *out, qd_error *error)
{
    const char *names[sizeof qd_workloads / sizeof qd_workloads[0]];
    for (size_t i = 0; i < qd_workloads_count; i++) {
        names[i] = qd_workloads[i].name;
        if (strcmp(names[i], name) == 0) {
            *out = qd_workloads[i];
            return QD_OK;
        }
    }
    const size_t nearest = qd_text_nearest(name, names, qd_workloads_count);
    if (nearest < qd_workloads_count) {
        return qd_fail(error, QD_ERR_VALUE, "unknown workload '%s'; did you mean %s?", name, names[nearest]);
    }
    return qd_fail(error, QD_ERR_VALUE, "unknown workload '%s'; see quadrat bench --help", name);
}

/* One "H=128" of a list. */
static qd_status set_size(qd_workload *w, const char *text, size_t length, qd_error *error)
{
    const struct {
        char letter;
        size_t *size;
        int64_t most;
    } sizes[] = {
        {'N', &w->sequences, 10000000}, {'T', &w->steps, 10000000}, {'I', &w->inputs, 65536},
        {'H', &w->units, 65536},        {'L', &w->layers, 64},      {'B', &w->batch, 1000000},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int64_t value;
        if (length < 3 || text[0] != sizes[i].letter || text[1] != '=') {
            continue;
        }
        if (!qd_text_to_integer(text + 2, length - 2, &value) || value < 1 || value > sizes[i].most) {
            return qd_fail(error, QD_ERR_VALUE, "workload %s: '%.*s', expected %c=1 to %c=%lld", w->name, (int)length,
                           text, sizes[i].letter, sizes[i].letter, (long long)sizes[i].most);
        }
        *sizes[i].size = (size_t)value;
        return QD_OK;
    }
    return qd_fail(error, QD_ERR_VALUE, "workload %s: '%.*s', expected N=, T=, I=, H=, L= or B= with a number", w->name,
                   (int)length, text);
}

qd_status qd_workload_parse(const char *text, qd_workload *out, qd_error *error)
{
    char name[sizeof out->name];
    const char *at = text + strcspn(text, ":");
    qd_text_format(name, sizeof name, "%.*s", (int)(at - text), text);
    qd_status status = find(name, out, error);
    while (status == QD_OK && *at != '\0') {
        at++;
        const size_t length = strcspn(at, ",");
        status = set_size(out, at, length, error);
        at += length;
    }
    if (status == QD_OK && out->least_steps > out->steps) {
        out->least_steps = out->steps;
    }
    return status;
}
