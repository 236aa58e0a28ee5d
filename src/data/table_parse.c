/* From the text of a CSV or TSV file to the cells of a table.  The text is checked (NUL, encoding), its separator is
   recognised, and then each field is unquoted and terminated where it stands; the only other memory is the index. */
#include "data/table_parts.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const char *path;
    char *text;
    size_t size, at;
    char separator;
    uint64_t line;  /* of text[at] */
    uint64_t start; /* line on which the record began */
    size_t begin;   /* offset at which the record began */
    size_t field;   /* in the record, from 1 */
} reader;

/* ------------------------------------------------------------------------------------------------ encoding */

/* Bytes of the UTF-8 character at s (RFC 3629, section 4), 0 where there is none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    unsigned char c = s[0];
    size_t length = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (length > left) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    /* Longer than needed, a surrogate, beyond U+10FFFF. */
    bool wrong = (c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F) || (c == 0xF0 && s[1] < 0x90) ||
                 (c == 0xF4 && s[1] > 0x8F);
    return wrong ? 0 : length;
}

static bool is_utf8(const char *text, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(s + i, size - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

/* Latin-1 to UTF-8: bytes from 0x80 on become two.  NULL: out of memory. */
static char *from_latin1(const char *text, size_t size, size_t *converted)
{
    size_t high = 0;
    for (size_t i = 0; i < size; i++) {
        high += (unsigned char)text[i] >= 0x80;
    }
    char *out = qd_mem_new(size + high + 1, 1);
    size_t used = 0;
    for (size_t i = 0; out != NULL && i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80) {
            out[used++] = (char)(0xC0 | (c >> 6));
        }
        out[used++] = (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c);
    }
    *converted = used;
    return out;
}

/* ------------------------------------------------------------------------------------------------ lines */

/* Does a line end with text[i]?  The CR of CRLF does not end it, its LF does. */
static bool ends_line(const char *text, size_t size, size_t i)
{
    return text[i] == '\n' || (text[i] == '\r' && (i + 1 == size || text[i + 1] != '\n'));
}

/* The separator that the header holds most of; in a tie the comma comes first, then the tab. */
static char recognise_separator(const char *text, size_t size)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && (quoted || !(text[i] == '\n' || text[i] == '\r')); i++) {
        quoted ^= text[i] == '"';
        commas += !quoted && text[i] == ',';
        semicolons += !quoted && text[i] == ';';
        tabs += !quoted && text[i] == '\t';
    }
    if (tabs > commas && tabs >= semicolons) {
        return '\t';
    }
    return semicolons > commas ? ';' : ',';
}

/* The line and the field in which text[at] stands. */
static void place_of(const char *text, size_t size, size_t at, uint64_t *line, uint64_t *field)
{
    const char separator = recognise_separator(text, size);
    bool quoted = false;
    *line = *field = 1;
    for (size_t i = 0; i < at; i++) {
        quoted ^= text[i] == '"';
        *field += !quoted && text[i] == separator;
        if (ends_line(text, size, i)) {
            ++*line;
            *field = quoted ? *field : 1;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ fields */

/* Unquotes the field whose opening quote stands at r->at; the cell is text[*begin .. *end), r->at behind the closing
   quote. */
static qd_status unquote(reader *r, size_t *begin, size_t *end, qd_error *error)
{
    uint64_t line = r->line;
    size_t i = r->at + 1, out = i;
    *begin = out;
    for (; i < r->size; i++) {
        if (r->text[i] == '"') {
            if (i + 1 == r->size || r->text[i + 1] != '"') {
                r->at = i + 1;
                *end = out;
                return QD_OK;
            }
            i++; /* a doubled quote stands for one */
        }
        r->line += ends_line(r->text, r->size, i);
        r->text[out++] = r->text[i];
    }
    return qd_fail_at(error, QD_ERR_FORMAT, r->path, line, r->field,
                      "the quote that begins this field is never closed");
}

static bool ends_field(const reader *r)
{
    char c = r->text[r->at];
    return c == r->separator || c == '\n' || c == '\r';
}

/* Reads the field at r->at and steps over what ends it; *last: that is the end of the record. */
static qd_status read_field(reader *r, uint32_t *cell, bool *last, qd_error *error)
{
    size_t begin = r->at, end = r->at;
    r->field++;
    if (r->at < r->size && r->text[r->at] == '"') {
        qd_status status = unquote(r, &begin, &end, error);
        if (status != QD_OK) {
            return status;
        }
        if (r->at < r->size && !ends_field(r)) {
            return qd_fail_at(error, QD_ERR_FORMAT, r->path, r->line, r->field,
                              "text after the closing quote of a field (a quote inside one is written twice)");
        }
    } else {
        while (r->at < r->size && !ends_field(r)) {
            r->at++;
        }
        end = r->at;
    }
    *last = r->at == r->size || r->text[r->at] != r->separator;
    if (r->at < r->size) {
        r->at += *last && !ends_line(r->text, r->size, r->at); /* the CR of CRLF */
        r->at++;
    }
    r->line += *last;
    r->text[end] = '\0';
    if (begin - r->begin > UINT32_MAX) {
        return qd_fail_at(error, QD_ERR_FORMAT, r->path, r->start, r->field, "a row of more than 4 GiB");
    }
    *cell = (uint32_t)(begin - r->begin);
    return QD_OK;
}

static qd_status refuse_ragged(const reader *r, size_t expected, qd_error *error)
{
    const char *hint = "";
    if (r->field > expected && r->separator == ',') {
        hint = " (a text with a comma needs quotes around it; a decimal comma needs semicolons between the fields)";
    }
    return qd_fail_at(error, QD_ERR_FORMAT, r->path, r->start, (r->field < expected ? r->field : expected) + 1,
                      "expected %zu field%s as in the header, found %zu%s", expected, expected == 1 ? "" : "s",
                      r->field, hint);
}

static qd_status read_records(reader *r, qd_table *table, qd_error *error)
{
    size_t records = 0, cells = 0;
    while (r->at < r->size) {
        bool last = false;
        r->start = r->line;
        r->begin = r->at;
        r->field = 0;
        while (!last) {
            qd_status status = read_field(r, &table->cells[cells], &last, error);
            if (status != QD_OK) {
                return status;
            }
            cells++;
        }
        if (records == 0) {
            table->columns = r->field;
        } else if (r->field != table->columns) {
            return refuse_ragged(r, table->columns, error);
        }
        table->starts[records] = r->begin;
        table->lines[records++] = r->start;
    }
    if (records < 2) {
        return qd_fail_at(error, QD_ERR_FORMAT, r->path, 0, 0, "only a header; expected rows after it");
    }
    table->rows = records - 1;
    return QD_OK;
}

/* The index, large enough for any way in which the text could be cut. */
static qd_status allocate_index(const reader *r, qd_table *table, qd_error *error)
{
    size_t lines = 1, separators = 0;
    for (size_t i = 0; i < r->size; i++) {
        lines += ends_line(r->text, r->size, i);
        separators += r->text[i] == r->separator;
    }
    table->cells = qd_mem_new(lines + separators, sizeof *table->cells);
    table->starts = qd_mem_new(lines, sizeof *table->starts);
    table->lines = qd_mem_new(lines, sizeof *table->lines);
    if (table->cells == NULL || table->starts == NULL || table->lines == NULL) {
        return qd_fail_memory(error, (lines + separators) * sizeof *table->cells, r->path);
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ header */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void trim_names(qd_table *table)
{
    for (size_t i = 0; i < table->columns; i++) {
        char *name = table->text + table->starts[0] + table->cells[i];
        size_t skip = strspn(name, " \t"), length = strlen(name);
        while (length > skip && is_blank(name[length - 1])) {
            length--;
        }
        name[length] = '\0';
        table->cells[i] += (uint32_t)skip;
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, equal names are neighbours.  Columns without a name cannot be asked for, so there may be several. */
static qd_status check_names(const qd_table *table, qd_error *error)
{
    const char **names = qd_table_names(table);
    if (names == NULL) {
        return qd_fail_memory(error, table->columns * sizeof *names, "column names");
    }
    qsort(names, table->columns, sizeof *names, compare_names);
    const char *twice = NULL;
    for (size_t i = 1; i < table->columns && twice == NULL; i++) {
        if (names[i][0] != '\0' && strcmp(names[i - 1], names[i]) == 0) {
            twice = names[i];
        }
    }
    qd_mem_free(names);
    if (twice == NULL) {
        return QD_OK;
    }
    size_t places[2] = {0, 0};
    for (size_t i = 0, found = 0; i < table->columns && found < 2; i++) {
        if (strcmp(qd_table_name(table, i), twice) == 0) {
            places[found++] = i + 1;
        }
    }
    char shown[QD_SHOWN];
    return qd_fail_at(error, QD_ERR_FORMAT, table->path, table->lines[0], places[1],
                      "columns %zu and %zu are both called '%s'", places[0], places[1], qd_table_shown(twice, shown));
}

/* ------------------------------------------------------------------------------------------------ the whole */

static qd_status check_text(const char *path, const char *text, size_t size, qd_error *error)
{
    if (size == 0) {
        return qd_fail_at(error, QD_ERR_FORMAT, path, 0, 0, "empty; expected a header line and rows");
    }
    const char *nul = memchr(text, '\0', size);
    if (nul != NULL) {
        uint64_t line, field;
        place_of(text, size, (size_t)(nul - text), &line, &field);
        return qd_fail_at(
            error, QD_ERR_FORMAT, path, line, field,
            "a NUL byte; expected a table as text, no model or array (UTF-16, as Excel calls Unicode, must be "
            "saved as UTF-8)");
    }
    return QD_OK;
}

static qd_status parse(qd_table *table, size_t size, bool excel, qd_error *error)
{
    size_t mark = size >= 3 && memcmp(table->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (size > mark && (table->text[size - 1] == '\n' || table->text[size - 1] == '\r')) {
        size--;
    }
    qd_status status = check_text(table->path, table->text + mark, size - mark, error);
    if (status != QD_OK) {
        return status;
    }
    if (!is_utf8(table->text, size)) {
        char *converted = from_latin1(table->text + mark, size - mark, &size);
        if (converted == NULL) {
            return qd_fail_memory(error, size, table->path);
        }
        qd_mem_free(table->text);
        table->text = converted;
        mark = 0;
    }
    reader r = {.path = table->path, .text = table->text, .size = size, .at = mark, .line = 1};
    r.separator = excel ? ';' : recognise_separator(table->text + mark, size - mark);
    table->decimal_comma = r.separator == ';';
    status = allocate_index(&r, table, error);
    if (status == QD_OK) {
        status = read_records(&r, table, error);
    }
    if (status == QD_OK) {
        trim_names(table);
        status = check_names(table, error);
    }
    return status;
}

qd_status qd_table_own(const char *path, char *text, size_t size, const qd_table_options *options, qd_table **out,
                       qd_error *error)
{
    qd_table *table = qd_mem_new(1, sizeof *table);
    if (table == NULL) {
        qd_mem_free(text);
        return qd_fail_memory(error, sizeof *table, "a table");
    }
    table->text = text;
    table->path = qd_mem_string(path);
    qd_status status =
        table->path == NULL ? qd_fail_memory(error, strlen(path), "a path") : parse(table, size, options->excel, error);
    if (status != QD_OK) {
        qd_table_free(table);
        return status;
    }
    *out = table;
    return QD_OK;
}
