/* quadrat train sites: from sequences and settings to a model file. */
#include "train_sites.h"
#include "progress.h"
#include "site_case.h"
#include "train_parts.h"

#include "base/file.h"
#include "base/text.h"
#include "tasks/sites.h"
#include <math.h>
#include <string.h>

/* --valid FILE, read as the training data are; a fraction leaves *valid NULL.  What is recorded of it is not its path.
 */
static qd_status read_valid(const qd_settings *settings, const qd_strains *train, qd_settings *resolved,
                            qd_strains **valid, qd_error *error)
{
    const char *path = qd_settings_text(resolved, "valid");
    double fraction;
    qd_strains_options options;
    if (qd_text_to_double(path, strlen(path), &fraction)) {
        return QD_OK;
    }
    qd_status status = qd_strains_options_of(settings, &options, error);
    if (status == QD_OK) {
        qd_notes notes = {0};
        options.alphabet = train->alphabet;
        status = qd_strains_read(&path, 1, &options, valid, &notes, error);
        qd_say_notes(&notes);
    }
    return status == QD_OK ? qd_settings_set(resolved, "valid", "file", error) : status;
}

static void say_start(const qd_settings *settings, const qd_strains *train)
{
    size_t longest = 0;
    for (size_t n = 0; n < train->count; n++) {
        longest = qd_strains_length(train, n) > longest ? qd_strains_length(train, n) : longest;
    }
    qd_say("%zu different sequences of up to %zu residues, alphabet %s; layers %s; %s epochs", train->count, longest,
           train->alphabet->name, qd_settings_text(settings, "layers"), qd_settings_get(settings, "epochs"));
}

static void say_end(const qd_sites *sites, const char *path)
{
    const qd_sites_origin *o = &sites->origin;
    if (o->held_out > 0 && !isnan(o->perplexity)) {
        qd_say("perplexity a residue of the %llu sequences held out %s: network %.4f, column frequencies %.4f",
               (unsigned long long)o->held_out, o->by_time ? "(the latest)" : "(by clusters, or a file)", o->perplexity,
               o->column_perplexity);
    }
    qd_say("learned from %llu sequences, %llu residues; saved %s", (unsigned long long)o->sequences,
           (unsigned long long)o->residues, path);
}

static int finish(const qd_settings *settings, const qd_sites *sites, qd_status status, qd_error *error)
{
    const char *output = qd_settings_text(settings, "output");
    qd_error saving;
    int code = status == QD_OK ? QD_EXIT_DONE : qd_tell_failure(error);
    if (status == QD_ERR_STOPPED) {
        qd_train_say_stopped(settings, 0);
    } else if (sites != NULL) {
        if (qd_sites_save(sites, output, &saving) != QD_OK) {
            return qd_tell_failure(&saving);
        }
        say_end(sites, output);
        if (status == QD_OK && qd_train_remove_states(settings, 0, &saving) != QD_OK) {
            return qd_tell_failure(&saving);
        }
    }
    return code;
}

static int train(const qd_settings *settings, const qd_strains *strains, const qd_strains *valid)
{
    qd_error error;
    qd_sites *sites = NULL;
    size_t done;
    qd_status status = qd_train_say_resume(settings, 0, &done, &error);
    if (status == QD_OK) {
        say_start(settings, strains);
        qd_progress_display display = qd_progress_begin("epoch");
        status = qd_sites_train(settings, strains, valid, qd_progress_monitor, &display, &sites, &error);
        qd_progress_end(&display);
    }
    const int code = finish(settings, sites, status, &error);
    qd_sites_free(sites);
    return code;
}

static qd_status read_strains(const qd_arguments *arguments, const qd_strains_options *options, qd_strains **strains,
                              qd_error *error)
{
    qd_notes notes = {0};
    const qd_status status =
        qd_strains_read(arguments->paths + 1, arguments->count - 1, options, strains, &notes, error);
    qd_say_notes(&notes);
    return status;
}

int qd_train_sites(const qd_arguments *arguments)
{
    if (*qd_settings_text(arguments->settings, "output") == '\0') {
        return qd_tell_usage("where to save the model? (-o MODEL.safetensors)");
    }
    if (arguments->count < 2) {
        return qd_tell_usage("no sequences: quadrat train sites SEQUENCES.fa.gz -o MODEL.safetensors");
    }
    if (qd_arguments_check_paths(arguments, 1) != QD_EXIT_DONE) {
        return QD_EXIT_USAGE;
    }
    qd_error error;
    qd_strains_options options;
    if (qd_strains_options_of(arguments->settings, &options, &error) != QD_OK) {
        return qd_tell_usage("--%s", error.message);
    }
    qd_settings *settings = NULL;
    qd_strains *strains = NULL, *valid = NULL;
    bool wrong_use = false;
    qd_status status = read_strains(arguments, &options, &strains, &error);
    if (status == QD_OK) {
        status = qd_sites_settings(arguments->settings, strains->alphabet->count, strains->count, &settings, &error);
        wrong_use = status == QD_ERR_VALUE;
    }
    if (status == QD_OK) {
        status = qd_settings_set(settings, "alphabet", strains->alphabet->name, &error);
    }
    if (status == QD_OK) {
        status = read_valid(arguments->settings, strains, settings, &valid, &error);
    }
    if (status == QD_OK) { /* better now than after the training */
        status = qd_file_probe(qd_settings_text(settings, "output"), &error);
    }
    const int code = status == QD_OK ? train(settings, strains, valid)
                     : wrong_use     ? qd_tell_usage("--%s", error.message)
                                     : qd_tell_failure(&error);
    qd_settings_free(settings);
    qd_strains_free(strains);
    qd_strains_free(valid);
    return code;
}
