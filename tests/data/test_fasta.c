/* Records: what people write as FASTA and FASTQ, what is refused and where; files through htslib, cut and damaged. */
#include "data/helpers.h"

#include "base/file.h"
#include "data/fasta.h"
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

enum { LONGEST = 100 };

/* Reads all records of a text: "HEADER=LETTERS;..." */
static qd_status read_text(const char *text, size_t size, char *told, size_t room, qd_error *error)
{
    qd_fasta *fasta;
    qd_fasta_record record;
    bool more = true;
    told[0] = '\0';
    qd_status status = qd_fasta_open_text("test.fa", text, size, LONGEST, &fasta, error);
    assert_int_equal(status, QD_OK);
    for (;;) {
        status = qd_fasta_next(fasta, &record, &more, error);
        if (status != QD_OK || !more) {
            break;
        }
        const size_t used = strlen(told);
        snprintf(told + used, room - used, "%s=%s@%llu;", record.header, record.letters,
                 (unsigned long long)record.line);
        assert_int_equal(record.length, strlen(record.letters));
    }
    qd_fasta_close(fasta);
    return status;
}

static void assert_reads(const char *text, const char *expected)
{
    char told[512];
    qd_error error;
    if (read_text(text, strlen(text), told, sizeof told, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(told, expected);
}

static void records(void **state)
{
    (void)state;
    assert_reads(">a b|c\nACG\nT\n>d\nM\n", "a b|c=ACGT@1;d=M@4;");
    assert_reads(">a\r\nAC\r\nG\r\n\r\n>b\r\nT", "a=ACG@1;b=T@5;");
    assert_reads(">a\rAC\rG\r>b\rT\r", "a=ACG@1;b=T@4;");
    assert_reads("\xEF\xBB\xBF\n\n > a  \t\n a c\tG-.*\n", "a=acG-.*@3;");
    assert_reads("@r1 x\nACGT\n+\n@>+I\n@r2\nAC\nGT\n+r2\nII\nII\n", "r1 x=ACGT@1;r2=ACGT@5;");
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line, column;
        const char *part;
    } bad[] = {
        {"", 0, 0, "empty"},
        {"\n \n", 0, 0, "empty"},
        {"ACGT\n", 1, 1, "not FASTA"},
        {"\n\nname,date\n", 3, 1, "found 'n'"},
        {">\nACGT\n", 1, 1, "record 1: it has no name"},
        {">a\nAC\n>  \nGT\n", 3, 1, "record 2: it has no name"},
        {">a\nAC\n>b\n>c\nGT\n", 3, 1, "record 2 'b': it has no letters"},
        {">a\nAC\n>b\n\n", 3, 1, "record 2 'b': it has no letters"},
        {">a\nAC\nG1T\n", 3, 2, "record 1 'a': position 4: '1'"},
        {">a\nAC>GT\n", 2, 3, "position 3: '>'"},
        {">a\nAC\x01\n", 2, 3, "byte 1"},
        {"@a\nACGT\n", 2, 5, "line of + is missing"},
        {"@a\nACGT\n+\nIII\n", 4, 4, "fewer qualities than its 4"},
        {"@a\nACGT\n+\nIIIII\n", 4, 4, "more qualities than its 4"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char told[512];
        qd_error error = {0};
        assert_int_equal(read_text(bad[i].text, strlen(bad[i].text), told, sizeof told, &error), QD_ERR_FORMAT);
        assert_error(&error, QD_ERR_FORMAT, bad[i].line, bad[i].column, bad[i].part);
        assert_non_null(strstr(error.message, "test.fa"));
    }
    char told[64];
    qd_error error;
    assert_int_equal(read_text(">a\0b\nA\n", 7, told, sizeof told, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 1, 3, "NUL");
}

/* A record of as many letters as are allowed, and of one more; a header without an end. */
static void too_long(void **state)
{
    (void)state;
    char text[LONGEST + 8] = ">a\n", told[512];
    qd_error error;
    memset(text + 3, 'A', LONGEST);
    assert_int_equal(read_text(text, LONGEST + 3, told, sizeof told, &error), QD_OK);
    text[LONGEST + 3] = '\n';
    text[LONGEST + 4] = 'C';
    assert_int_equal(read_text(text, LONGEST + 5, told, sizeof told, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 3, 1, "record 1 'a': more than 100 letters (--longest");

    const size_t size = 1 << 17;
    char *header = malloc(size);
    assert_non_null(header);
    memset(header, 'h', size);
    header[0] = '>';
    assert_int_equal(read_text(header, size, told, sizeof told, &error), QD_ERR_FORMAT);
    assert_error(&error, QD_ERR_FORMAT, 1, 65538, "header of more than 65536");
    free(header);
}

static qd_status read_and_forget(const void *input, qd_error *error)
{
    qd_fasta *fasta;
    qd_fasta_record record;
    bool more = true;
    qd_status status = qd_fasta_open_text("test.fa", input, strlen(input), 10000, &fasta, error);
    if (status != QD_OK) {
        return status;
    }
    while (status == QD_OK && more) {
        status = qd_fasta_next(fasta, &record, &more, error);
    }
    qd_fasta_close(fasta);
    return status;
}

static void memory(void **state)
{
    (void)state;
    char text[2048] = ">a\n";
    memset(text + 3, 'A', 2000);
    assert_true(fail_every_allocation(read_and_forget, text) >= 8);
}

#ifdef QD_HAVE_HTSLIB
#include <htslib/bgzf.h>

static const char three[] = ">one\nACGTACGTAC\nGT\n>two x\nMKTI\n>three\nMMM\n";

static qd_status count_file(const char *path, size_t *records_read, qd_error *error)
{
    qd_fasta *fasta = NULL;
    qd_fasta_record record;
    bool more = true;
    *records_read = 0;
    qd_status status = qd_fasta_open(path, 1000000, &fasta, error);
    while (status == QD_OK && more) {
        status = qd_fasta_next(fasta, &record, &more, error);
        *records_read += status == QD_OK && more;
    }
    qd_fasta_close(fasta);
    return status;
}

static size_t pack_gzip(const char *text, size_t size, unsigned char *packed, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (z_const Bytef *)text;
    z.avail_in = (unsigned)size;
    z.next_out = packed;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    const size_t used = room - z.avail_out;
    deflateEnd(&z);
    return used;
}

static void pack_bgzip(const char *path, const char *text, size_t size)
{
    BGZF *file = bgzf_open(path, "w");
    assert_non_null(file);
    assert_int_equal(bgzf_write(file, text, size), size);
    assert_int_equal(bgzf_flush(file), 0);
    assert_int_equal(bgzf_write(file, ">four\nMK\n", 9), 9);
    assert_int_equal(bgzf_close(file), 0);
}

static void files(void **state)
{
    (void)state;
    unsigned char packed[512];
    size_t count;
    qd_error error;
    const char *path = write_file("plain.fa", three, strlen(three));
    assert_int_equal(count_file(path, &count, &error), QD_OK);
    assert_int_equal(count, 3);
    assert_int_equal(unlink(path), 0);

    const size_t size = pack_gzip(three, strlen(three), packed, sizeof packed / 2);
    const size_t second = pack_gzip(">four\nMK\n", 9, packed + size, sizeof packed - size);
    path = write_file("two.fa.gz", packed, size + second); /* members one after the other */
    assert_int_equal(count_file(path, &count, &error), QD_OK);
    assert_int_equal(count, 4);
    assert_int_equal(unlink(path), 0);

    path = path_of("blocks.fa.gz");
    pack_bgzip(path, three, strlen(three));
    assert_int_equal(count_file(path, &count, &error), QD_OK);
    assert_int_equal(count, 4);
    assert_int_equal(unlink(path), 0);
}

/* Wherever a packed file is cut, it is refused: never a shorter set of sequences. */
static void cut_files(void **state)
{
    (void)state;
    unsigned char packed[512];
    size_t count;
    qd_error error;
    const size_t size = pack_gzip(three, strlen(three), packed, sizeof packed);
    for (size_t cut = 1; cut < size; cut++) {
        const char *path = write_file("cut.fa.gz", packed, cut);
        assert_int_equal(count_file(path, &count, &error), QD_ERR_FORMAT);
        assert_int_equal(unlink(path), 0);
    }
    pack_bgzip(path_of("whole.bgz"), three, strlen(three));
    char *bytes;
    size_t length;
    assert_int_equal(qd_file_read_all(path_of("whole.bgz"), 1 << 20, &bytes, &length, &error), QD_OK);
    for (size_t cut = 1; cut < length; cut++) { /* the empty block at the end too, which is 28 bytes */
        const char *path = write_file("cut.bgz", bytes, cut);
        assert_int_equal(count_file(path, &count, &error), QD_ERR_FORMAT);
        assert_int_equal(unlink(path), 0);
    }
    assert_non_null(strstr(error.message, "cut off or damaged"));
    bytes[length / 2] ^= 0x55;
    const char *path = write_file("hurt.bgz", bytes, length);
    assert_int_equal(count_file(path, &count, &error), QD_ERR_FORMAT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(path_of("whole.bgz")), 0);
    qd_mem_free(bytes);
}

static int fail_reads(void *context, const char *operation)
{
    return strcmp(operation, context) == 0 ? EIO : 0;
}

static void file_failures(void **state)
{
    (void)state;
    size_t count;
    qd_error error;
    assert_int_equal(count_file(path_of("none.fa"), &count, &error), QD_ERR_FILE);
    assert_int_equal(count_file(folder, &count, &error), QD_ERR_FILE);
    const char *path = write_file("plain.fa", three, strlen(three));
    static const char *const operations[] = {"open", "read", "stat"};
    for (size_t i = 0; i < 3; i++) {
        qd_fasta *fasta = NULL;
        qd_fasta_record record;
        bool more;
        qd_file_set_hook(fail_reads, (void *)(uintptr_t)operations[i]);
        qd_status status = qd_fasta_open(path, 1000, &fasta, &error);
        if (status == QD_OK) {
            status = qd_fasta_next(fasta, &record, &more, &error);
            qd_fasta_close(fasta);
        }
        qd_file_set_hook(NULL, NULL);
        assert_int_equal(status, QD_ERR_FILE);
    }
    assert_int_equal(unlink(path), 0);
}
#else
static void files(void **state)
{
    (void)state;
    qd_fasta *fasta;
    qd_error error;
    assert_int_equal(qd_fasta_open("any.fa", 1000, &fasta, &error), QD_ERR_MISSING);
    assert_non_null(strstr(error.message, "libhts-dev"));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),   cmocka_unit_test(refused),       cmocka_unit_test(too_long),
        cmocka_unit_test(memory),    cmocka_unit_test(files),
#ifdef QD_HAVE_HTSLIB
        cmocka_unit_test(cut_files), cmocka_unit_test(file_failures),
#endif
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
