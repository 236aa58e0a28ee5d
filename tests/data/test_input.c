/* Reading input: plain and gzip files, their limit, and gzip files with every kind of damage. */
#include "helpers.h"
#include "data/input.h"
#include <zlib.h>

enum { ROOM = 1 << 16 };

/* One gzip member holding `text`. */
static size_t pack(const char *text, size_t size, char *out, size_t room)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (z_const Bytef *)text;
    stream.avail_in = (uInt)size;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t used = stream.total_out;
    deflateEnd(&stream);
    return used;
}

static void assert_unpacks(const char *bytes, size_t size, uint64_t limit, const char *expected, size_t expected_size)
{
    char *data;
    size_t unpacked;
    qd_error error = {0};
    assert_int_equal(qd_input_unpack("x.gz", bytes, size, limit, &data, &unpacked, &error), QD_OK);
    assert_int_equal(unpacked, expected_size);
    assert_memory_equal(data, expected, expected_size);
    assert_int_equal(data[unpacked], 0);
    qd_mem_free(data);
}

static void assert_refused(const char *bytes, size_t size, uint64_t limit, uint64_t offset, const char *part)
{
    char *data = NULL;
    size_t unpacked;
    qd_error error = {0};
    assert_int_equal(qd_input_unpack("x.gz", bytes, size, limit, &data, &unpacked, &error), QD_ERR_FORMAT);
    assert_offset(&error, QD_ERR_FORMAT, offset, part);
    assert_string_equal(error.file, "x.gz");
    assert_null(data);
}

static void test_plain(void **state)
{
    (void)state;
    const char *path = write_file("plain", "a\n\x1f", 3);
    char *data;
    size_t size;
    qd_error error = {0};
    assert_int_equal(qd_input_read(path, 3, &data, &size, &error), QD_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "a\n\x1f", 4);
    qd_mem_free(data);
    assert_int_equal(qd_input_read(path, 2, &data, &size, &error), QD_ERR_FORMAT);
    assert_string_equal(error.file, path);
    unlink(path);
}

static void test_no_file(void **state)
{
    (void)state;
    char *data;
    size_t size;
    qd_error error = {0};
    assert_int_equal(qd_input_read(path_of("nothing"), 100, &data, &size, &error), QD_ERR_FILE);
    assert_non_null(strstr(error.message, "nothing"));
    assert_int_equal(qd_input_read(folder, 100, &data, &size, &error), QD_ERR_FILE);
    assert_string_equal(error.file, folder);
}

static void test_gzip_file(void **state)
{
    (void)state;
    char packed[200];
    size_t used = pack("hello\n", 6, packed, sizeof packed);
    const char *path = write_file("hello.gz", packed, used);
    char *data;
    size_t size;
    qd_error error = {0};
    assert_int_equal(qd_input_read(path, 1000, &data, &size, &error), QD_OK);
    assert_int_equal(size, 6);
    assert_string_equal(data, "hello\n");
    qd_mem_free(data);
    unlink(path);
}

static void test_members(void **state)
{
    (void)state;
    char packed[200];
    size_t used = pack("hello ", 6, packed, sizeof packed);
    used += pack("", 0, packed + used, sizeof packed - used);
    used += pack("world", 5, packed + used, sizeof packed - used);
    assert_unpacks(packed, used, 11, "hello world", 11);
    memset(packed + used, 0, 20); /* padding */
    assert_unpacks(packed, used + 20, 11, "hello world", 11);
    packed[used + 7] = 'x';
    assert_refused(packed, used + 20, 11, used + 2, "damaged gzip data");
}

static void test_limit(void **state)
{
    (void)state;
    static char text[5 * ROOM], packed[ROOM]; /* more than the first room */
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i % 26);
    }
    size_t used = pack(text, sizeof text, packed, sizeof packed);
    assert_unpacks(packed, used, sizeof text, text, sizeof text);
    assert_unpacks(packed, used, UINT64_MAX, text, sizeof text);
    assert_refused(packed, used, sizeof text - 1, 0, "more than 327679 bytes");
    assert_refused(packed, used, 0, 0, "more than 0 bytes");
    used += pack("", 0, packed + used, sizeof packed - used); /* which is said to be all, so that the room grows */
    assert_unpacks(packed, used, sizeof text, text, sizeof text);
    assert_refused(packed, used, sizeof text - 1, 0, "more than 327679 bytes");
    size_t nothing = pack("", 0, packed, sizeof packed);
    assert_unpacks(packed, nothing, 0, "", 0);
}

static void test_every_truncation(void **state)
{
    (void)state;
    char packed[200];
    size_t used = pack("population,count\n1,2\n", 21, packed, sizeof packed);
    for (size_t size = 0; size < used; size++) {
        assert_refused(packed, size, 1000, size, "cut off here");
    }
}

/* A flip anywhere is noticed, but in the header fields that say nothing about the content and in the bits that fill the
   last byte of the compressed data. */
static void test_every_flipped_bit(void **state)
{
    (void)state;
    char packed[200];
    size_t used = pack("population,count\n1,2\n", 21, packed, sizeof packed), accepted = 0;
    for (size_t bit = 0; bit < 8 * used; bit++) {
        packed[bit / 8] ^= (char)(1u << bit % 8);
        char *data;
        size_t size;
        qd_error error = {0};
        if (qd_input_unpack("x.gz", packed, used, 1000, &data, &size, &error) == QD_OK) {
            assert_int_equal(size, 21);
            assert_memory_equal(data, "population,count\n1,2\n", 21);
            qd_mem_free(data);
            accepted++;
            if (bit / 8 != used - 9) {
                assert_in_range(bit / 8, 3, 9); /* flags, time, extra flags, system */
            }
        } else {
            assert_int_equal(error.status, QD_ERR_FORMAT);
            assert_true(error.offset <= used);
        }
        packed[bit / 8] ^= (char)(1u << bit % 8);
    }
    assert_in_range(accepted, 1, 8 * 8 - 1);
}

static void test_trailer(void **state)
{
    (void)state;
    char packed[200];
    size_t used = pack("hello", 5, packed, sizeof packed);
    packed[used - 8] ^= 1;
    assert_refused(packed, used, 100, used - 4, "incorrect data check");
    packed[used - 8] ^= 1;
    packed[used - 4] ^= 1;
    assert_refused(packed, used, 100, used, "incorrect length check");
}

typedef struct piece {
    const char *bytes;
    size_t size;
} piece;

static qd_status unpack_once(const void *input, qd_error *error)
{
    const piece *packed = input;
    char *data;
    size_t size;
    qd_status status = qd_input_unpack("x.gz", packed->bytes, packed->size, 1 << 20, &data, &size, error);
    if (status == QD_OK) {
        qd_mem_free(data);
    }
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static char text[3 * ROOM], packed[ROOM];
    piece input = {packed, pack(text, sizeof text, packed, sizeof packed)};
    input.size += pack("", 0, packed + input.size, sizeof packed - input.size);
    assert_true(fail_every_allocation(unpack_once, &input) >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_gzip_file),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_trailer),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
