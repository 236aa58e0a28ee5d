/* Scanning a wild type on the command line. */
#include "sites_parts.h"
#include "progress.h"

#include "base/clock.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

qd_strains_options qd_sites_reading(const qd_settings *settings, const qd_sites *sites)
{
    return (qd_strains_options){
        .alphabet = sites->alphabet,
        .translate = qd_settings_flag(sites->settings, "translate"),
        .genetic_code = strcmp(qd_settings_text(sites->settings, "genetic-code"), "11") == 0 ? 11 : 1,
        .lanl = qd_settings_flag(sites->settings, "lanl"),
        .longest = (size_t)qd_settings_integer(settings, "longest"),
        .after = QD_UNDATED,
        .until = QD_UNDATED,
        .table_limit = (uint64_t)qd_settings_integer(settings, "gzip-limit"),
    };
}

typedef struct display {
    double began, shown;
    bool drawn;
} display;

/* A line every ten seconds, on a terminal one that is written over. */
static int monitor(void *context, size_t done, size_t positions)
{
    display *d = context;
    const double now = qd_clock_seconds();
    const bool terminal = isatty(STDERR_FILENO) && !qd_log_json();
    if (!qd_log_quiet() && now - d->shown >= (terminal ? 0.5 : 10) && done < positions) {
        const double left = (now - d->began) * (double)(positions - done) / (double)done;
        if (terminal) {
            fprintf(stderr, "\r%zu of %zu positions, %.0f s left \033[K", done, positions, left);
        } else {
            qd_say("%zu of %zu positions, %.0f s left", done, positions, left);
        }
        d->shown = now;
        d->drawn = terminal;
    }
    return qd_progress_stopped();
}

static void say_unlike(const qd_sites *sites, const char *name, const qd_site_table *table)
{
    enum { LIKE = 90 }; /* percent */
    if (table->known * 100 < LIKE) {
        qd_say("%s is unlike what the model was trained on: %.0f%% of its residues are those of the typical sequence, "
               "%.0f%% were seen at their place in any of %llu; scores of it are worth little",
               name, 100 * table->identity, 100 * table->known,
               (unsigned long long)(sites->origin.sequences + sites->origin.held_out));
    }
}

qd_status qd_sites_score_all(const qd_settings *settings, const qd_sites *sites, const char *name,
                             const uint8_t *residue, size_t length, bool change, qd_sites_scored *out, qd_error *error)
{
    display d = {.began = qd_clock_seconds(), .shown = qd_clock_seconds()};
    const qd_sites_net net = qd_sites_net_of(sites);
    const qd_scan_options options = {.threads = (unsigned)qd_settings_integer(settings, "threads"),
                                     .tolerance = qd_settings_real(settings, "tolerance"),
                                     .no_change = !change,
                                     .monitor = monitor,
                                     .context = &d};
    *out = (qd_sites_scored){0};
    qd_status status = qd_site_table_new(sites, residue, length, &out->table, error);
    if (status == QD_OK) {
        say_unlike(sites, name, out->table);
        status = qd_scan_run(&net, residue, length, &options, &out->scan, error);
        fputs(d.drawn ? "\r\033[K" : "", stderr);
    }
    if (status == QD_OK && change && options.tolerance > 0) {
        qd_say("tolerance %g: mutants were followed for %.0f%% of their steps; semantic_change is off by at most %.3g, "
               "so long as none that was left goes farther away again",
               options.tolerance, 100 * out->scan->steps, out->scan->bound_l1);
    }
    if (status == QD_OK) {
        status = qd_mutant_table_new(sites, residue, out->scan, out->table, qd_settings_real(settings, "beta"),
                                     &out->mutants, error);
    }
    if (status != QD_OK) {
        qd_sites_scored_clear(out);
    }
    return status;
}

void qd_sites_scored_clear(qd_sites_scored *scored)
{
    qd_site_table_free(scored->table);
    qd_scan_free(scored->scan);
    qd_mutant_table_clear(&scored->mutants);
    *scored = (qd_sites_scored){0};
}
