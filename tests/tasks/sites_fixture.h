/* A small virus for the tests of sites: sequences of one family, made by rule, with dates; two sites always change
   together, so that a network can know more than its columns. */
#ifndef QD_TEST_SITES_FIXTURE_H
#define QD_TEST_SITES_FIXTURE_H

#include "base/mem.h"
#include "base/text.h"
#include "data/strains.h"
#include "tasks/sites.h"
#include "train/golden.h"

enum { VIRUS_LENGTH = 24, VIRUS_COUNT = 100 };

static const char virus_typical[VIRUS_LENGTH + 1] = "MKTAYIAKQRNISFVKSHFSRQLE";

/* Sequence n: sites 5 and 17 are both of one kind or both of another; site 9 takes any of three residues, 13 and 21 of
   four.  With lengths, some are shorter. */
static inline void virus_sequence(size_t n, bool lengths, char text[VIRUS_LENGTH + 1])
{
    memcpy(text, virus_typical, VIRUS_LENGTH + 1);
    const bool other = golden_word(21, n) % 2 == 1;
    text[5] = other ? 'W' : 'I';
    text[17] = other ? 'D' : 'H';
    text[9] = "RGC"[golden_word(22, n) % 3];
    text[13] = "VTSA"[golden_word(23, n) % 4];
    text[21] = "QEKR"[golden_word(24, n) % 4];
    text[lengths && n % 5 == 0 ? VIRUS_LENGTH - 3 : VIRUS_LENGTH] = '\0';
}

/* FASTA with the year in the header, 2001 and on, ten sequences a year. */
static inline qd_strains *virus_strains(size_t count, bool lengths, bool dated)
{
    static char text[VIRUS_COUNT * 64];
    char sequence[VIRUS_LENGTH + 1];
    size_t used = 0;
    for (size_t n = 0; n < count; n++) {
        virus_sequence(n, lengths, sequence);
        used += (size_t)qd_text_format(text + used, sizeof text - used, ">v%zu|%zu|\n%s\n", n, 2001 + n / 10, sequence);
    }
    const qd_strains_options options = {.alphabet = &qd_protein,
                                        .genetic_code = 1,
                                        .longest = 1000,
                                        .date_regex = dated ? "[|]([0-9]{4})[|]" : "",
                                        .after = QD_UNDATED,
                                        .until = QD_UNDATED};
    qd_strains *strains = NULL;
    qd_notes notes = {0};
    assert_int_equal(qd_strains_parse("virus", text, used, &options, &strains, &notes, NULL), QD_OK);
    qd_notes_clear(&notes);
    return strains;
}

/* "name=value name=value" over the task's own defaults. */
static inline qd_settings *virus_settings(const char *list)
{
    qd_settings *settings, *resolved;
    char copy[512];
    assert_int_equal(qd_settings_new(&settings, NULL), QD_OK);
    qd_text_format(copy, sizeof copy, "%s", list);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        assert_int_equal(qd_settings_set(settings, word, value, NULL), QD_OK);
    }
    qd_error error;
    if (qd_sites_settings(settings, 20, VIRUS_COUNT, &resolved, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(settings);
    return resolved;
}

static inline qd_sites *virus_trained(const char *list, const qd_strains *strains)
{
    qd_settings *settings = virus_settings(list);
    qd_sites *sites = NULL;
    qd_error error;
    if (qd_sites_train(settings, strains, NULL, NULL, NULL, &sites, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    qd_settings_free(settings);
    return sites;
}

#endif
