/* Settings into the options of the reader of strains. */
#include "data/strains.h"

#include <string.h>

qd_status qd_strains_options_of(const qd_settings *settings, qd_strains_options *o, qd_error *error)
{
    const char *alphabet = qd_settings_text(settings, "alphabet"), *until = qd_settings_text(settings, "until");
    *o = (qd_strains_options){.alphabet = qd_alphabet_find(alphabet),
                              .translate = qd_settings_flag(settings, "translate"),
                              .genetic_code = strcmp(qd_settings_text(settings, "genetic-code"), "11") == 0 ? 11 : 1,
                              .lanl = qd_settings_flag(settings, "lanl"),
                              .longest = (size_t)qd_settings_integer(settings, "longest"),
                              .metadata = qd_settings_text(settings, "metadata"),
                              .id = qd_settings_text(settings, "metadata-id"),
                              .date = qd_settings_text(settings, "date"),
                              .weight = qd_settings_text(settings, "weight"),
                              .date_regex = qd_settings_text(settings, "header-date"),
                              .weight_regex = qd_settings_text(settings, "header-weight"),
                              .after = QD_UNDATED,
                              .until = QD_UNDATED,
                              .table_limit = (uint64_t)qd_settings_integer(settings, "gzip-limit")};
    if (o->translate && o->alphabet == &qd_dna) {
        return qd_fail(error, QD_ERR_VALUE, "translate: what is translated is protein, not --alphabet dna");
    }
    if (*o->metadata == '\0' && (*o->id != '\0' || *o->date != '\0' || *o->weight != '\0')) {
        return qd_fail(error, QD_ERR_VALUE, "metadata-id, --date and --weight name columns of --metadata FILE");
    }
    if (*o->metadata != '\0' && *o->id == '\0') {
        return qd_fail(error, QD_ERR_VALUE, "metadata-id: which column of the metadata is the name?");
    }
    if (*until == '\0') {
        return QD_OK;
    }
    if (*o->date == '\0' && *o->date_regex == '\0') {
        return qd_fail(error, QD_ERR_VALUE, "until: give --metadata with --date, or --header-date, to know the dates");
    }
    return qd_date_last_day(until, &o->until)
               ? QD_OK
               : qd_fail(error, QD_ERR_VALUE, "until: '%.40s' is no date (YYYY, YYYY-MM or YYYY-MM-DD)", until);
}
