/* Where a record comes from: its day and weight, from a table that is asked by its name, or from the header itself. */
#include "base/mem.h"
#include "base/text.h"
#include "data/calendar.h"
#include "data/strains_parts.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------ dates */

/* The day before the next month or year begins. */
static int64_t last_day(qd_time_kind kind, int64_t value)
{
    if (kind == QD_TIME_YEAR) {
        return qd_days_from_date(value, 12, 31);
    }
    const int64_t next = value + 1, years = next / 12 - (next % 12 < 0);
    return qd_days_from_date(1970 + years, (int)(next - 12 * years) + 1, 1) - 1;
}

/* Takes off the parts that are not known: 2020-XX-XX, 2020--, 2020-00-00. */
static void cut_unknown(char *date, size_t length)
{
    for (bool cut = true; cut && length > 4;) {
        const bool zeros = strcmp(date + length - 3, "-00") == 0;
        cut = zeros || strchr("-X", date[length - 1]) != NULL;
        length -= zeros ? 3 : cut ? 1 : 0;
        date[length] = '\0';
    }
}

bool qd_date_last_day(const char *text, int64_t *day)
{
    char date[16];
    const size_t length = strlen(text);
    if (length >= sizeof date || strspn(text, "0123456789") < 4) {
        return false;
    }
    for (size_t i = 0; i <= length; i++) {
        date[i] = text[i] == '/' ? '-' : text[i];
    }
    cut_unknown(date, length);
    int64_t value;
    if (qd_time_parse(QD_TIME_DAY, false, date, day)) {
        return true;
    }
    if (qd_time_parse(QD_TIME_DAY, true, date, &value)) {
        *day = value + 6;
        return true;
    }
    const qd_time_kind kind = qd_time_parse(QD_TIME_MONTH, false, date, &value) ? QD_TIME_MONTH : QD_TIME_YEAR;
    if (kind == QD_TIME_YEAR && !qd_time_parse(QD_TIME_YEAR, false, date, &value)) {
        return false;
    }
    *day = last_day(kind, value);
    return true;
}

/* ------------------------------------------------------------------------------------------------------- open */

static bool given(const char *text)
{
    return text != NULL && *text != '\0';
}

static qd_status compile(const char *name, const char *pattern, regex_t *regex, bool *compiled, qd_error *error)
{
    if (!given(pattern)) {
        return QD_OK;
    }
    const int code = regcomp(regex, pattern, REG_EXTENDED);
    *compiled = code == 0;
    if (code == REG_ESPACE) {
        return qd_fail_memory(error, strlen(pattern), name);
    }
    char why[128];
    regerror(code, regex, why, sizeof why);
    return code == 0 ? QD_OK : qd_fail(error, QD_ERR_VALUE, "--%s: '%.100s' is no pattern: %s", name, pattern, why);
}

static qd_status read_metadata(const qd_strains_options *o, qd_origin *origin, qd_error *error)
{
    const qd_table_options options = {.limit = o->table_limit};
    size_t id = 0, number;
    char shown[QD_SHOWN];
    qd_status status = qd_table_read(o->metadata, &options, &origin->table, error);
    if (status == QD_OK && given(o->id)) {
        status = qd_table_find(origin->table, o->id, &id, error);
    }
    if (status == QD_OK && given(o->date)) {
        status = qd_table_find(origin->table, o->date, &origin->date, error);
    }
    if (status == QD_OK && given(o->weight)) {
        status = qd_table_find(origin->table, o->weight, &origin->weight, error);
    }
    for (size_t row = 0; status == QD_OK && row < qd_table_rows(origin->table); row++) {
        const char *name = qd_table_cell(origin->table, row, id);
        status = qd_numbering_add(&origin->id, name, &number, error);
        if (status == QD_OK && number != row) {
            status = qd_fail_at(error, QD_ERR_FORMAT, o->metadata, qd_table_line(origin->table, row), id + 1,
                                "the name '%s' was that of line %llu already", qd_table_shown(name, shown),
                                (unsigned long long)qd_table_line(origin->table, number));
        }
    }
    return status;
}

qd_status qd_origin_open(const qd_strains_options *o, qd_origin *origin, qd_error *error)
{
    *origin = (qd_origin){.date = SIZE_MAX, .weight = SIZE_MAX, .lanl = o->lanl};
    qd_status status = given(o->metadata) ? read_metadata(o, origin, error) : QD_OK;
    if (status == QD_OK) {
        status = compile("header-date", o->date_regex, &origin->date_regex, &origin->by_date_regex, error);
    }
    if (status == QD_OK) {
        status = compile("header-weight", o->weight_regex, &origin->weight_regex, &origin->by_weight_regex, error);
    }
    return status;
}

void qd_origin_clear(qd_origin *origin)
{
    if (origin->by_date_regex) {
        regfree(&origin->date_regex);
    }
    if (origin->by_weight_regex) {
        regfree(&origin->weight_regex);
    }
    qd_table_free(origin->table);
    qd_numbering_clear(&origin->id);
    *origin = (qd_origin){0};
}

/* ------------------------------------------------------------------------------------------------------- find */

enum { VALUE = 64 }; /* room for a date or a weight */

/* The first group of a match, or all of it.  False where nothing matches. */
static bool matched(const regex_t *regex, const char *header, char value[VALUE])
{
    regmatch_t match[2];
    if (regexec(regex, header, 2, match, 0) != 0) {
        return false;
    }
    const regmatch_t *m = match[1].rm_so >= 0 ? &match[1] : &match[0];
    const size_t length = (size_t)(m->rm_eo - m->rm_so);
    qd_text_format(value, VALUE, "%.*s", (int)(length < VALUE ? length : VALUE - 1), header + m->rm_so);
    return true;
}

/* The part of a header that is a name of the table: all of it, its first word, or a part between bars. */
static bool find_row(const qd_origin *origin, const char *header, size_t *row)
{
    char part[256];
    if (qd_numbering_find(&origin->id, header, row)) {
        return true;
    }
    const size_t word = strcspn(header, " \t");
    if (word < sizeof part) {
        qd_text_format(part, sizeof part, "%.*s", (int)word, header);
        if (qd_numbering_find(&origin->id, part, row)) {
            return true;
        }
    }
    for (const char *at = header;; at++) {
        const char *begin = at + strspn(at, " ");
        at += strcspn(at, "|");
        const char *end = at;
        while (end > begin && end[-1] == ' ') {
            end--;
        }
        if (end >= begin && (size_t)(end - begin) < sizeof part) {
            qd_text_format(part, sizeof part, "%.*s", (int)(end - begin), begin);
            if (qd_numbering_find(&origin->id, part, row)) {
                return true;
            }
        }
        if (*at == '\0') {
            return false;
        }
    }
}

static qd_status parse_weight(const char *text, const qd_fasta *fasta, const qd_fasta_record *record, double *weight,
                              qd_error *error)
{
    if (!qd_text_to_double(text, strlen(text), weight) || !isfinite(*weight) || *weight < 0) {
        return qd_fasta_fail(fasta, record, 0, error, "its weight '%.40s' is no number from 0 on", text);
    }
    return QD_OK;
}

/* "?", "-", "XXXX-XX-XX": what tables and names have where no date is known. */
static bool unknown_date(const char *text)
{
    return qd_table_missing(text) || strspn(text, "?X-/ ") == strlen(text);
}

/* Names of Los Alamos (B.FR.83.HXB2) have years of two digits; the oldest virus is of 1959. */
static bool year_of_two(const char *text, int64_t *day)
{
    char year[8];
    if (strlen(text) != 2 || strspn(text, "0123456789") != 2) {
        return false;
    }
    qd_text_format(year, sizeof year, "%s%s", strcmp(text, "59") < 0 ? "20" : "19", text);
    return qd_date_last_day(year, day);
}

static qd_status parse_day(const qd_origin *origin, const char *text, const qd_fasta *fasta,
                           const qd_fasta_record *record, int64_t *day, qd_error *error)
{
    if (!qd_date_last_day(text, day) && !(origin->lanl && year_of_two(text, day))) {
        return qd_fasta_fail(fasta, record, 0, error, "its date '%.40s' is none (YYYY, YYYY-MM or YYYY-MM-DD)", text);
    }
    return QD_OK;
}

qd_status qd_origin_find(qd_origin *origin, const qd_fasta *fasta, const qd_fasta_record *record, int64_t *day,
                         double *weight, qd_error *error)
{
    char value[VALUE];
    size_t row;
    const bool listed = origin->table != NULL && find_row(origin, record->header, &row);
    origin->unlisted += origin->table != NULL && !listed;
    const char *date = NULL, *number = NULL;
    char date_value[VALUE];
    if (listed && origin->date != SIZE_MAX) {
        date = qd_table_cell(origin->table, row, origin->date);
    } else if (origin->by_date_regex && matched(&origin->date_regex, record->header, date_value)) {
        date = date_value;
    }
    if (listed && origin->weight != SIZE_MAX) {
        number = qd_table_cell(origin->table, row, origin->weight);
    } else if (origin->by_weight_regex && matched(&origin->weight_regex, record->header, value)) {
        number = value;
    }
    *day = QD_UNDATED;
    *weight = 1;
    qd_status status = QD_OK;
    if (date != NULL && !unknown_date(date)) {
        status = parse_day(origin, date, fasta, record, day, error);
    }
    if (status == QD_OK && number != NULL && !qd_table_missing(number)) {
        status = parse_weight(number, fasta, record, weight, error);
    }
    origin->undated += *day == QD_UNDATED;
    origin->unweighted += number == NULL || qd_table_missing(number);
    return status;
}
