/* .ts files of aeon and sktime: a header of @keywords, then a series a line; values between commas, channels between
   colons, the class (or number) last; values may be (time,value) pairs. */
#include "base/mem.h"
#include "base/text.h"
#include "data/calendar.h"
#include "data/table.h"
#include "data/tracks_gather.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <strings.h>

typedef struct header {
    bool stamps;     /* @timeStamps true */
    bool labels;     /* @classLabel true: the last field of a line is a class */
    bool target;     /* @targetlabel true: it is a number */
    bool data;       /* @data was there */
    size_t channels; /* @dimension(s), or 0: as the first line has them */
    size_t length;   /* @seriesLength, or 0 */
} header;

typedef struct reader {
    const char *at, *end;
    uint64_t line;
    header header;
    qd_gathering *g;
    bool announced; /* the header lists the classes */
} reader;

/* The text of the line at hand without blanks at its ends; the reader goes on to the next. */
static bool next_line(reader *r, const char **text, size_t *length)
{
    if (r->at >= r->end) {
        return false;
    }
    const char *end = memchr(r->at, '\n', (size_t)(r->end - r->at));
    const char *begin = r->at, *stop = end != NULL ? end : r->end;
    r->at = end != NULL ? end + 1 : r->end;
    r->line++;
    while (stop > begin && strchr(" \t\r", stop[-1]) != NULL && stop[-1] != '\0') {
        stop--;
    }
    while (begin < stop && (*begin == ' ' || *begin == '\t')) {
        begin++;
    }
    *text = begin;
    *length = (size_t)(stop - begin);
    return true;
}

static bool is_comment(const char *text, size_t length)
{
    return length == 0 || *text == '#' || *text == '%';
}

/* Do comments come first, and then a line that begins with one of these words? */
static bool begins_with(const char *bytes, size_t size, const char *const *words)
{
    reader r = {.at = bytes, .end = bytes + size};
    const char *text = "";
    size_t length = 0;
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        r.at += 3;
    }
    while (next_line(&r, &text, &length) && is_comment(text, length)) {
    }
    for (; *words != NULL; words++) {
        if (length >= strlen(*words) && strncasecmp(text, *words, strlen(*words)) == 0) {
            return true;
        }
    }
    return false;
}

bool qd_tracks_is_ts(const char *bytes, size_t size)
{
    static const char *const words[] = {
        "@problemname",  "@timestamps", "@missing",     "@univariate", "@dimension", "@equallength",
        "@serieslength", "@classlabel", "@targetlabel", "@data",       NULL};
    return begins_with(bytes, size, words);
}

/* Does a file's name end in .ts (or .ts.gz)? */
static bool is_named_ts(const char *name)
{
    static const char *const ends[] = {".ts", ".ts.gz"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t length = strlen(name), end = strlen(ends[i]);
        if (length > end && strcasecmp(name + length - end, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

qd_status qd_tracks_check_name(const char *name, const char *bytes, size_t size, qd_error *error)
{
    return is_named_ts(name) && !qd_tracks_is_ts(bytes, size)
               ? qd_fail_at(error, QD_ERR_FORMAT, name, 1, 0,
                            "a .ts file begins with a header (@problemName ... @data), and this one does not")
               : QD_OK;
}

bool qd_tracks_is_relation(const char *bytes, size_t size)
{
    static const char *const words[] = {"@relation", NULL};
    return begins_with(bytes, size, words);
}

qd_status qd_tracks_refuse_relation(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    (void)bytes;
    (void)size;
    return qd_fail_at(error, QD_ERR_FORMAT, g->path, 0, 0,
                      "an .arff or .tsf file (@relation), which is not read; series are read as .ts, .tsv or CSV");
}

/* ------------------------------------------------------------------------------------------------- the header */

static qd_status refuse(const reader *r, const char *what, const char *text, size_t length, qd_error *error)
{
    char shown[48];
    const size_t size = length < sizeof shown - 1 ? length : sizeof shown - 1;
    memcpy(shown, text, size);
    shown[size] = '\0';
    return qd_fail_at(error, QD_ERR_FORMAT, r->g->path, r->line, 0, what, shown);
}

/* The next word of a line. */
static bool next_word(const char **at, const char *end, const char **word, size_t *length)
{
    while (*at < end && (**at == ' ' || **at == '\t')) {
        (*at)++;
    }
    *word = *at;
    while (*at < end && **at != ' ' && **at != '\t') {
        (*at)++;
    }
    *length = (size_t)(*at - *word);
    return *length > 0;
}

static bool is_word(const char *word, size_t length, const char *what)
{
    return length == strlen(what) && strncasecmp(word, what, length) == 0;
}

static qd_status read_flag(reader *r, const char **at, const char *end, bool *value, qd_error *error)
{
    const char *word;
    size_t length;
    const bool there = next_word(at, end, &word, &length);
    if (!there || (!is_word(word, length, "true") && !is_word(word, length, "false"))) {
        return refuse(r, "'%s' where true or false was expected", word, length, error);
    }
    *value = is_word(word, length, "true");
    return QD_OK;
}

static qd_status read_count(reader *r, const char **at, const char *end, size_t *value, qd_error *error)
{
    const char *word;
    size_t length;
    int64_t number;
    next_word(at, end, &word, &length);
    if (!qd_text_to_integer(word, length, &number) || number < 1) {
        return refuse(r, "'%s' where a whole number was expected", word, length, error);
    }
    *value = (size_t)number;
    return QD_OK;
}

static char *copy_text(const char *text, size_t length)
{
    char *copy = qd_mem_new(length + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
    }
    return copy;
}

/* The number of a class; *new: it was not known before. */
static qd_status add_class(reader *r, const char *text, size_t length, int32_t *label, bool *new, qd_error *error)
{
    const size_t before = r->g->classes.count;
    *new = false;
    char *copy = copy_text(text, length);
    if (copy == NULL) {
        return qd_fail_memory(error, length, "a class");
    }
    const qd_status status = qd_gather_class(r->g, copy, label, error);
    qd_mem_free(copy);
    *new = r->g->classes.count > before;
    return status;
}

static qd_status read_classes(reader *r, const char *at, const char *end, qd_error *error)
{
    qd_status status = read_flag(r, &at, end, &r->header.labels, error);
    const char *word;
    size_t length;
    while (status == QD_OK && next_word(&at, end, &word, &length)) {
        int32_t label;
        bool new;
        status = add_class(r, word, length, &label, &new, error);
        if (status == QD_OK && label != QD_NO_LABEL && !new) {
            return refuse(r, "the class %s is listed twice", word, length, error);
        }
    }
    r->announced = r->g->classes.count > 0;
    return status;
}

/* A line of the header.  What says nothing that the data do not say is passed over, keywords of others too. */
static qd_status read_keyword(reader *r, const char *text, size_t length, qd_error *error)
{
    const char *at = text, *end = text + length, *word;
    next_word(&at, end, &word, &length);
    if (is_word(word, length, "@data")) {
        r->header.data = true;
        return QD_OK;
    }
    if (is_word(word, length, "@timestamps")) {
        return read_flag(r, &at, end, &r->header.stamps, error);
    }
    if (is_word(word, length, "@classlabel")) {
        return read_classes(r, at, end, error);
    }
    if (is_word(word, length, "@targetlabel")) {
        return read_flag(r, &at, end, &r->header.target, error);
    }
    if (is_word(word, length, "@dimension") || is_word(word, length, "@dimensions")) {
        return read_count(r, &at, end, &r->header.channels, error);
    }
    if (is_word(word, length, "@serieslength")) {
        return read_count(r, &at, end, &r->header.length, error);
    }
    return QD_OK;
}

static qd_status read_header(reader *r, qd_error *error)
{
    const char *text;
    size_t length;
    qd_status status = QD_OK;
    while (status == QD_OK && !r->header.data && next_line(r, &text, &length)) {
        if (is_comment(text, length)) {
            continue;
        }
        if (*text != '@') {
            return refuse(r, "'%s' before @data; a .ts file begins with a header (@problemName ... @data)", text,
                          length, error);
        }
        status = read_keyword(r, text, length, error);
    }
    if (status == QD_OK && !r->header.data) {
        return qd_fail_at(error, QD_ERR_FORMAT, r->g->path, r->line, 0, "the line @data is missing");
    }
    if (status == QD_OK && r->header.labels && r->header.target) {
        return qd_fail_at(error, QD_ERR_FORMAT, r->g->path, r->line, 0,
                          "@classLabel true and @targetlabel true contradict each other");
    }
    return status;
}

/* --------------------------------------------------------------------------------------------------- the data */

/* A channel ends at a colon outside brackets. */
static const char *channel_end(const char *at, const char *end)
{
    for (bool inside = false; at < end && (inside || *at != ':'); at++) {
        inside = *at == '(' || (inside && *at != ')');
    }
    return at;
}

static size_t count_channels(const char *at, const char *end)
{
    size_t count = 1;
    while ((at = channel_end(at, end)) < end) {
        at++;
        count++;
    }
    return count;
}

static bool read_value(const char *text, size_t length, double *value)
{
    while (length > 0 && *text == ' ') {
        text++;
        length--;
    }
    if (length == 0 || (length == 1 && *text == '?') || (length == 3 && strncasecmp(text, "nan", 3) == 0)) {
        *value = NAN;
        return true;
    }
    return qd_text_to_double(text, length, value) && fabs(*value) <= (double)FLT_MAX;
}

/* A number, or a date with or without a time of day (2007-01-01 00:01:00): seconds since 1970. */
static bool read_time(const char *text, size_t length, double *time)
{
    char date[32];
    int64_t day, part[3] = {0};
    if (qd_text_to_double(text, length, time)) {
        return isfinite(*time);
    }
    if (length < 10 || length >= sizeof date) {
        return false;
    }
    memcpy(date, text, 10);
    date[10] = '\0';
    if (!qd_time_parse(QD_TIME_DAY, false, date, &day)) {
        return false;
    }
    if (length > 10 && (length != 19 || (text[10] != ' ' && text[10] != 'T'))) {
        return false;
    }
    for (size_t k = 0; k < 3 && length > 10; k++) {
        if (!qd_text_to_integer(text + 11 + 3 * k, 2, &part[k]) || (k < 2 && text[13 + 3 * k] != ':')) {
            return false;
        }
    }
    *time = (double)(day * 86400 + part[0] * 3600 + part[1] * 60 + part[2]);
    return true;
}

/* One step of a channel at *at: a value, or (time,value); *at goes behind it and its comma. */
static qd_status read_step(const reader *r, const char **at, const char *end, size_t channel, double *time,
                           double *value, qd_error *error)
{
    const char *begin = *at, *stop;
    bool good;
    if (r->header.stamps) {
        const char *close = memchr(begin, ')', (size_t)(end - begin));
        const char *comma = close;
        while (comma != NULL && comma > begin && *comma != ',') {
            comma--;
        }
        good = close != NULL && *begin == '(' && comma > begin &&
               read_time(begin + 1, (size_t)(comma - begin - 1), time) &&
               read_value(comma + 1, (size_t)(close - comma - 1), value);
        stop = close != NULL ? close + 1 : end;
        good = good && (stop == end || *stop == ',');
    } else {
        stop = memchr(begin, ',', (size_t)(end - begin));
        stop = stop != NULL ? stop : end;
        good = read_value(begin, (size_t)(stop - begin), value);
    }
    if (!good) {
        const size_t length = (size_t)(stop - begin);
        return qd_fail_at(error, QD_ERR_FORMAT, r->g->path, r->line, 0, "%.*s in channel %zu is no %s",
                          (int)(length < 40 ? length : 40), begin, channel + 1,
                          r->header.stamps ? "pair (time,value)" : "number");
    }
    *at = stop < end ? stop + 1 : stop;
    return QD_OK;
}

/* A channel into rows first, first + 1, ... of the gathering; *length: its steps. */
static qd_status read_channel(reader *r, const char *at, const char *end, size_t track, size_t channel, size_t *length,
                              qd_error *error)
{
    qd_gathering *g = r->g;
    size_t row = g->rows;
    qd_status status = QD_OK;
    while (end > at && end[-1] == ' ') {
        end--;
    }
    for (; at < end && status == QD_OK; row++) {
        double time = (double)(row - g->rows), value;
        status = read_step(r, &at, end, channel, &time, &value, error);
        if (status == QD_OK && channel > 0 && row - g->rows < *length && g->time[row] != time) {
            return qd_fail_at(error, QD_ERR_FORMAT, g->path, r->line, 0,
                              "channel %zu has other times than the first; expected the same", channel + 1);
        }
        if (status == QD_OK && row == g->capacity) {
            return qd_fail_at(error, QD_ERR_FORMAT, g->path, r->line, 0,
                              "channel %zu has more values than the others can have", channel + 1);
        }
        if (status == QD_OK && (channel == 0 || row - g->rows < *length)) {
            g->track[row] = track;
            g->time[row] = time;
            g->object[row] = (int64_t)(row - g->rows);
            g->line[row] = r->line;
            g->x[row * g->features + channel] = (float)value;
        }
    }
    if (status == QD_OK && channel > 0 && row - g->rows != *length) {
        return qd_fail_at(error, QD_ERR_FORMAT, g->path, r->line, 0, "channel %zu has %zu values, the first has %zu",
                          channel + 1, row - g->rows, *length);
    }
    *length = row - g->rows;
    return status;
}

/* The class or the number at the end of a line. */
static qd_status read_last(reader *r, const char *at, const char *end, size_t track, qd_error *error)
{
    qd_gathering *g = r->g;
    while (at < end && *at == ' ') {
        at++;
    }
    const size_t length = (size_t)(end - at);
    if (r->header.target) {
        if (!read_value(at, length, &g->target[track])) {
            return refuse(r, "%s is no number; expected the target of the series", at, length, error);
        }
        return QD_OK;
    }
    bool new;
    qd_status status = add_class(r, at, length, &g->each[track].label, &new, error);
    if (status == QD_OK && new && r->announced) {
        return refuse(r, "the class %s is not one of those that @classLabel lists", at, length, error);
    }
    return status;
}

static qd_status read_line(reader *r, const char *text, size_t length, qd_error *error)
{
    qd_gathering *g = r->g;
    const char *end = text + length;
    const bool last = r->header.labels || r->header.target;
    const size_t parts = count_channels(text, end);
    if (parts != g->features + last) {
        return qd_fail_at(error, QD_ERR_FORMAT, g->path, r->line, 0,
                          "%zu parts between colons; expected %zu channels%s", parts, g->features,
                          last ? " and the class" : "");
    }
    char id[24];
    size_t track, steps = 0;
    qd_text_format(id, sizeof id, "%zu", g->ids.count + 1);
    qd_status status = qd_gather_track(g, id, &track, error);
    for (size_t channel = 0; channel < g->features && status == QD_OK; channel++) {
        const char *stop = channel_end(text, end);
        status = read_channel(r, text, stop, track, channel, &steps, error);
        text = stop < end ? stop + 1 : stop;
    }
    if (status == QD_OK && steps == 0) {
        return qd_fail_at(error, QD_ERR_FORMAT, g->path, r->line, 0, "a series without values");
    }
    if (status == QD_OK && last) {
        status = read_last(r, text, end, track, error);
    }
    g->rows += steps;
    return status;
}

/* Names the channels as the first line has them, and makes room for every value. */
static qd_status open_data(reader *r, qd_error *error)
{
    const bool last = r->header.labels || r->header.target;
    reader ahead = *r;
    const char *text;
    size_t length = 0, lines = 0, commas = 0, channels = r->header.channels;
    while (next_line(&ahead, &text, &length)) {
        if (is_comment(text, length)) {
            continue;
        }
        if (channels == 0) {
            const size_t parts = count_channels(text, text + length);
            channels = parts > last ? parts - last : 1;
        }
        lines++;
        for (const char *p = text, *end = channel_end(text, text + length); p < end; p++) {
            commas += *p == ',';
        }
    }
    if (lines == 0) {
        return qd_fail_at(error, QD_ERR_FORMAT, r->g->path, r->line, 0, "no series after @data");
    }
    const size_t bytes = (size_t)(r->end - r->at) + 1;
    if (channels > bytes) { /* every channel of a line has a colon */
        return qd_fail_at(error, QD_ERR_FORMAT, r->g->path, 0, 0, "@dimensions %zu are more than the data have",
                          channels);
    }
    size_t rows = lines + commas; /* at least; and no more than the bytes hold of all channels */
    rows = rows < bytes / channels + lines ? rows : bytes / channels + lines;
    qd_status status = QD_OK;
    for (size_t c = 0; c < channels && status == QD_OK; c++) {
        char name[32] = "value";
        if (channels > 1) {
            qd_text_format(name, sizeof name, "channel_%zu", c + 1);
        }
        status = qd_gather_feature(r->g, name, error);
    }
    if (status == QD_OK && r->header.target) {
        r->g->target = qd_mem_new(lines, sizeof *r->g->target);
        status = r->g->target == NULL ? qd_fail_memory(error, lines * sizeof *r->g->target, "targets") : QD_OK;
    }
    return status == QD_OK ? qd_gather_open(r->g, rows + 1, 0, error) : status;
}

static qd_status read_data(reader *r, qd_error *error)
{
    const char *text;
    size_t length;
    qd_status status = open_data(r, error);
    while (status == QD_OK && next_line(r, &text, &length)) {
        if (!is_comment(text, length)) {
            status = read_line(r, text, length, error);
        }
    }
    return status;
}

qd_status qd_tracks_read_ts(const char *bytes, size_t size, qd_gathering *g, qd_error *error)
{
    reader r = {.at = bytes, .end = bytes + size, .g = g};
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        r.at += 3;
    }
    g->format = ".ts series";
    const qd_status status = read_header(&r, error);
    g->track_labels = r.header.labels;
    g->classes_ordered = r.announced;
    return status == QD_OK ? read_data(&r, error) : status;
}
