/* FASTA and FASTQ.  In: bytes of a file, unpacked by htslib, or of memory; out: one record after the other, each with
   its place, so that whoever finds it wrong can say where. */
#include "data/fasta.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#ifdef QD_HAVE_HTSLIB
#include <htslib/bgzf.h>
#include <htslib/hfile.h>
#include <htslib/hts_log.h>
#endif

enum { CHUNK = 1 << 16, HEADER_LONGEST = 1 << 16, END = -1 };

/* A block that grows by doubling, with a NUL after what it holds. */
typedef struct growing {
    char *text;
    size_t used, capacity;
} growing;

struct qd_fasta {
    char *path;
    size_t longest;
    qd_file *file; /* NULL: text in memory */
#ifdef QD_HAVE_HTSLIB
    BGZF *bgzf;
#endif
    char *chunk; /* [CHUNK], of a file */
    const char *bytes;
    size_t at, size;       /* of bytes: read so far, all */
    uint64_t line, column; /* of the last character, from 1 */
    bool ended, broken;    /* nothing comes after `bytes`; the source failed, *error says why */
    bool line_begins;      /* the next character is the first of a line */
    uint64_t records, record_line;
    growing header, letters;
};

/* ---------------------------------------------------------------------------------------------------- bytes */

#ifdef QD_HAVE_HTSLIB
static qd_status open_bgzf(qd_fasta *fasta, qd_error *error)
{
    int descriptor;
    hts_set_log_level(HTS_LOG_OFF); /* what is wrong is told by us */
    qd_status status = qd_file_open(fasta->path, &fasta->file, error);
    if (status == QD_OK) {
        status = qd_file_lend(fasta->file, &descriptor, error);
    }
    if (status != QD_OK) {
        return status;
    }
    hFILE *stream = hdopen(descriptor, "r");
    if (stream == NULL) {
        close(descriptor);
        return qd_fail_memory(error, CHUNK, fasta->path);
    }
    fasta->bgzf = bgzf_hopen(stream, "r");
    if (fasta->bgzf == NULL) { /* a file that begins as bgzip and does not go on so, or memory is out */
        hclose_abruptly(stream);
        return qd_fail_at(error, QD_ERR_FORMAT, fasta->path, 0, 0, "cannot be unpacked: damaged gzip data");
    }
    return QD_OK;
}

/* bgzip ends each file with an empty block; without it the file was cut, even where a block ends. */
static bool cut_at_block(qd_fasta *fasta)
{
    return fasta->bgzf->is_compressed && !fasta->bgzf->is_gzip && bgzf_check_EOF(fasta->bgzf) == 0;
}

static qd_status next_chunk(qd_fasta *fasta, qd_error *error)
{
    qd_status status = qd_file_permit(fasta->file, "read", error);
    if (status != QD_OK) {
        return status;
    }
    const ssize_t got = bgzf_read(fasta->bgzf, fasta->chunk, CHUNK);
    if (got < 0 || (got == 0 && cut_at_block(fasta))) {
        return qd_fail_at(error, QD_ERR_FORMAT, fasta->path, fasta->line, 0,
                          "after record %llu: the gzip data are cut off or damaged here",
                          (unsigned long long)fasta->records);
    }
    fasta->bytes = fasta->chunk;
    fasta->at = 0;
    fasta->size = (size_t)got;
    fasta->ended = got == 0;
    return QD_OK;
}
#else
static qd_status open_bgzf(qd_fasta *fasta, qd_error *error)
{
    return qd_fail_at(error, QD_ERR_MISSING, fasta->path, 0, 0,
                      "this quadrat was built without htslib (package libhts-dev), which files of sequences need");
}

static qd_status next_chunk(qd_fasta *fasta, qd_error *error)
{
    (void)error;
    fasta->ended = true;
    return QD_OK;
}
#endif

/* The next byte without taking it, or END: at the end and where the source failed. */
static int peek(qd_fasta *fasta, qd_error *error)
{
    if (fasta->at == fasta->size && !fasta->ended && !fasta->broken) {
        fasta->broken = next_chunk(fasta, error) != QD_OK;
    }
    return fasta->broken || fasta->at == fasta->size ? END : (unsigned char)fasta->bytes[fasta->at];
}

/* Takes the next character.  Every end of a line, LF, CRLF or CR, is '\n'. */
static int take(qd_fasta *fasta, qd_error *error)
{
    int c = peek(fasta, error);
    if (c == END) {
        return END;
    }
    fasta->line += fasta->line_begins;
    fasta->column = fasta->line_begins ? 1 : fasta->column + 1;
    fasta->at++;
    if (c == '\r') {
        fasta->at += peek(fasta, error) == '\n';
        c = '\n';
    }
    fasta->line_begins = c == '\n';
    return c;
}

/* ------------------------------------------------------------------------------------------------- messages */

static qd_status refuse(const qd_fasta *fasta, qd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* At the last character, of the record that is being read. */
static qd_status refuse(const qd_fasta *fasta, qd_error *error, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    return qd_fail_at(error, QD_ERR_FORMAT, fasta->path, fasta->line, fasta->column, "record %llu%s%.80s%s: %s",
                      (unsigned long long)fasta->records, fasta->header.used > 0 ? " '" : "",
                      fasta->header.used > 0 ? fasta->header.text : "", fasta->header.used > 0 ? "'" : "", text);
}

qd_status qd_fasta_fail(const qd_fasta *fasta, const qd_fasta_record *record, size_t position, qd_error *error,
                        const char *format, ...)
{
    char text[512], place[48] = "";
    va_list arguments;
    va_start(arguments, format);
    qd_text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    if (position > 0) {
        qd_text_format(place, sizeof place, ", position %zu", position);
    }
    return qd_fail_at(error, QD_ERR_FORMAT, fasta->path, record->line, 0, "record %llu '%.80s'%s: %s",
                      (unsigned long long)record->number, record->header, place, text);
}

/* What a person sees of a byte. */
static const char *shown(int c, char text[16])
{
    qd_text_format(text, 16, c > ' ' && c < 127 ? "'%c'" : "byte %d", c);
    return text;
}

/* -------------------------------------------------------------------------------------------------- records */

static qd_status append(growing *block, char c, qd_error *error)
{
    if (block->used + 1 >= block->capacity) {
        const size_t capacity = block->capacity > 0 ? 2 * block->capacity : 256;
        char *grown = qd_mem_resize(block->text, block->capacity, capacity, 1);
        if (grown == NULL) {
            return qd_fail_memory(error, capacity, "a sequence");
        }
        block->text = grown;
        block->capacity = capacity;
    }
    block->text[block->used++] = c;
    block->text[block->used] = '\0';
    return QD_OK;
}

/* Takes blank lines and what stands before the first record; *mark: '>' or '@' where one begins, else END. */
static qd_status find_record(qd_fasta *fasta, int *mark, qd_error *error)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    for (int i = 0; fasta->records == 0 && i < 3 && peek(fasta, error) == (unsigned char)byte_order_mark[i]; i++) {
        fasta->at++;
    }
    int c = take(fasta, error);
    while (c == '\n' || c == ' ' || c == '\t') {
        c = take(fasta, error);
    }
    *mark = c;
    char text[16];
    if (fasta->broken) {
        return error != NULL ? error->status : QD_ERR_FORMAT;
    }
    if (c == END && fasta->records == 0) {
        return qd_fail_at(error, QD_ERR_FORMAT, fasta->path, 0, 0, "no sequence: the file is empty");
    }
    if (c != END && c != '>' && c != '@') {
        return qd_fail_at(error, QD_ERR_FORMAT, fasta->path, fasta->line, fasta->column,
                          "not FASTA: expected a record, which begins with > (or @ in FASTQ), found %s",
                          shown(c, text));
    }
    return QD_OK;
}

static qd_status read_header(qd_fasta *fasta, qd_error *error)
{
    qd_status status = QD_OK;
    growing *header = &fasta->header;
    header->used = 0;
    fasta->records++;
    fasta->record_line = fasta->line;
    for (int c = take(fasta, error); status == QD_OK && c != '\n' && c != END; c = take(fasta, error)) {
        if (c == '\0' || header->used == HEADER_LONGEST) {
            header->used = header->used < 40 ? header->used : 40;
            return refuse(fasta, error, c == '\0' ? "a NUL in the header" : "a header of more than %d characters",
                          HEADER_LONGEST);
        }
        if (header->used > 0 || (c != ' ' && c != '\t')) {
            status = append(header, (char)c, error);
        }
    }
    while (status == QD_OK && header->used > 0 && strchr(" \t", header->text[header->used - 1]) != NULL) {
        header->text[--header->used] = '\0';
    }
    if (status == QD_OK && header->used == 0 && !fasta->broken) {
        fasta->column = 1;
        return refuse(fasta, error, "it has no name");
    }
    return status;
}

/* Letters, gaps, a stop, and the marks that alignments have beside; which of them mean something is for qd_letter_code.
 */
static bool stands_in_sequences(int c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c != '\0' && c != END && strchr("-.~*?#$", c) != NULL);
}

/* The letters up to the next line that begins with `mark` (> for FASTA, + for FASTQ) or the end. */
static qd_status read_letters(qd_fasta *fasta, int mark, qd_error *error)
{
    growing *letters = &fasta->letters;
    letters->used = 0;
    char text[16];
    qd_status status = QD_OK;
    for (int c; status == QD_OK && (c = peek(fasta, error)) != END && !(fasta->line_begins && c == mark);) {
        c = take(fasta, error);
        if (c == '\n' || c == ' ' || c == '\t') {
            continue;
        }
        if (!stands_in_sequences(c)) {
            return refuse(fasta, error, "position %zu: %s stands in no sequence", letters->used + 1, shown(c, text));
        }
        if (letters->used == fasta->longest) {
            return refuse(fasta, error, "more than %zu letters (--longest allows more)", fasta->longest);
        }
        status = append(letters, (char)c, error);
    }
    if (status == QD_OK && letters->used == 0 && !fasta->broken) {
        fasta->line = fasta->record_line;
        fasta->column = 1;
        return refuse(fasta, error, "it has no letters");
    }
    return status;
}

/* The line of + and as many qualities as there are letters; nothing of them is kept. */
static qd_status skip_qualities(qd_fasta *fasta, qd_error *error)
{
    if (take(fasta, error) != '+') {
        return fasta->broken ? error != NULL ? error->status : QD_ERR_FORMAT
                             : refuse(fasta, error, "FASTQ: the line of + is missing");
    }
    for (int c = take(fasta, error); c != '\n' && c != END;) {
        c = take(fasta, error);
    }
    size_t qualities = 0;
    while (qualities < fasta->letters.used) {
        const int c = take(fasta, error);
        if (c == END) {
            break;
        }
        qualities += c != '\n';
    }
    const int after = peek(fasta, error);
    if (!fasta->broken && (qualities < fasta->letters.used || (after != '\n' && after != '\r' && after != END))) {
        return refuse(fasta, error, "FASTQ: %s qualities than its %zu letters",
                      qualities < fasta->letters.used ? "fewer" : "more", fasta->letters.used);
    }
    return QD_OK;
}

qd_status qd_fasta_next(qd_fasta *fasta, qd_fasta_record *record, bool *more, qd_error *error)
{
    qd_error own;
    error = error != NULL ? error : &own; /* a source that failed is remembered by its error */
    int mark = END;
    qd_status status = find_record(fasta, &mark, error);
    *more = status == QD_OK && mark != END;
    if (!*more) {
        return status;
    }
    status = read_header(fasta, error);
    if (status == QD_OK) {
        status = read_letters(fasta, mark == '>' ? '>' : '+', error);
    }
    if (status == QD_OK && mark == '@') {
        status = skip_qualities(fasta, error);
    }
    if (status == QD_OK && fasta->broken) {
        status = error->status;
    }
    *more = status == QD_OK;
    if (*more) {
        *record = (qd_fasta_record){.header = fasta->header.text,
                                    .letters = fasta->letters.text,
                                    .length = fasta->letters.used,
                                    .number = fasta->records,
                                    .line = fasta->record_line};
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- the object */

static qd_status fasta_new(const char *path, size_t longest, qd_fasta **out, qd_error *error)
{
    qd_fasta *fasta = qd_mem_new(1, sizeof *fasta);
    char *copy = qd_mem_string(path);
    if (fasta == NULL || copy == NULL) {
        qd_mem_free(fasta);
        qd_mem_free(copy);
        return qd_fail_memory(error, sizeof *fasta, "a reader of sequences");
    }
    fasta->path = copy;
    fasta->longest = longest;
    fasta->line_begins = true;
    *out = fasta;
    return QD_OK;
}

qd_status qd_fasta_open(const char *path, size_t longest, qd_fasta **out, qd_error *error)
{
    qd_fasta *fasta = NULL;
    qd_status status = fasta_new(path, longest, &fasta, error);
    if (status != QD_OK) {
        return status;
    }
    fasta->chunk = qd_mem_new(CHUNK, 1);
    status = fasta->chunk != NULL ? open_bgzf(fasta, error) : qd_fail_memory(error, CHUNK, path);
    if (status != QD_OK) {
        qd_fasta_close(fasta);
        return status;
    }
    *out = fasta;
    return QD_OK;
}

qd_status qd_fasta_open_text(const char *name, const char *text, size_t size, size_t longest, qd_fasta **out,
                             qd_error *error)
{
    qd_status status = fasta_new(name, longest, out, error);
    if (status == QD_OK) {
        (*out)->bytes = text;
        (*out)->size = size;
        (*out)->ended = true;
    }
    return status;
}

const char *qd_fasta_path(const qd_fasta *fasta)
{
    return fasta->path;
}

void qd_fasta_close(qd_fasta *fasta)
{
    if (fasta == NULL) {
        return;
    }
#ifdef QD_HAVE_HTSLIB
    if (fasta->bgzf != NULL) {
        (void)bgzf_close(fasta->bgzf);
    }
#endif
    qd_file_close(fasta->file);
    qd_mem_free(fasta->header.text);
    qd_mem_free(fasta->letters.text);
    qd_mem_free(fasta->chunk);
    qd_mem_free(fasta->path);
    qd_mem_free(fasta);
}
