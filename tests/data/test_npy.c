/* .npy files: what NumPy writes is read, everything else is refused at the right byte. */
#include "helpers.h"
#include "data/npy.h"
#include <float.h>
#include <math.h>

enum { ROOM = 4096 };

typedef struct bytes {
    char data[ROOM];
    size_t size;
} bytes;

/* A file of version 1.0 with this dictionary, padded as NumPy pads it, and these values. */
static bytes make(const char *dictionary, const void *values, size_t size)
{
    bytes b = {{0}, 0};
    size_t length = strlen(dictionary), total = (10 + length + 1 + 63) / 64 * 64;
    memset(b.data, ' ', total);
    memcpy(b.data, "\x93NUMPY\x01\x00", 8);
    b.data[8] = (char)((total - 10) & 0xFF);
    b.data[9] = (char)((total - 10) >> 8);
    memcpy(b.data + 10, dictionary, length);
    b.data[total - 1] = '\n';
    memcpy(b.data + total, values, size);
    b.size = total + size;
    return b;
}

/* As make, the values being `count` floats 1, 2, 3, ... */
static bytes make_floats(const char *dictionary, size_t count)
{
    float values[64];
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)(i + 1);
    }
    return make(dictionary, values, count * sizeof values[0]);
}

static qd_array parse(const bytes *b)
{
    qd_array array = {0};
    qd_error error = {0};
    if (qd_npy_parse("x.npy", b->data, b->size, &array, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return array;
}

static void assert_refused(const bytes *b, uint64_t offset, const char *part)
{
    qd_array array = {0};
    qd_error error = {0};
    assert_int_equal(qd_npy_parse("x.npy", b->data, b->size, &array, &error), QD_ERR_FORMAT);
    assert_offset(&error, QD_ERR_FORMAT, offset, part);
    assert_string_equal(error.file, "x.npy");
    assert_null(array.data);
}

/* Refused where `at` stands in the dictionary. */
static void assert_refused_at(const char *dictionary, const char *at, const char *part)
{
    bytes b = make_floats(dictionary, 6);
    const char *place = strstr(dictionary, at);
    assert_non_null(place);
    assert_refused(&b, 10 + (uint64_t)(place - dictionary), part);
}

static void test_float32(void **state)
{
    (void)state;
    bytes b = make_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }", 6);
    qd_array a = parse(&b);
    assert_int_equal(a.rank, 2);
    assert_int_equal(a.shape[0], 3);
    assert_int_equal(a.shape[1], 2);
    assert_true(a.data[0] == 1 && a.data[5] == 6);
    qd_array_clear(&a);
    assert_null(a.data);
}

static void test_float64(void **state)
{
    (void)state;
    double values[] = {1.5, -FLT_MAX, 0.1, 1e-320};
    bytes b = make("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }", values, sizeof values);
    qd_array a = parse(&b);
    assert_int_equal(a.rank, 1);
    assert_int_equal(a.shape[0], 4);
    assert_true(a.data[0] == 1.5F && a.data[1] == -FLT_MAX && a.data[2] == 0.1F && a.data[3] == 0);
    qd_array_clear(&a);
}

static void test_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *dictionary;
        size_t rank, count;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 0, 1},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5)}", 2, 0},
        {"{'shape': (1,2,3,4,), \"fortran_order\": False, \"descr\": \"<f4\"}", 4, 24},
        {" { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 ) } ", 2, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bytes b = make_floats(cases[i].dictionary, cases[i].count);
        qd_array a = parse(&b);
        assert_int_equal(a.rank, cases[i].rank);
        qd_array_clear(&a);
    }
}

static void test_versions(void **state)
{
    (void)state;
    bytes one = make_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 6);
    for (char version = 2; version <= 4; version++) {
        bytes b = {{0}, one.size + 2}; /* four bytes of length, not two */
        memcpy(b.data, one.data, 10);
        memcpy(b.data + 12, one.data + 10, one.size - 10);
        b.data[6] = version;
        if (version == 4) {
            assert_refused(&b, 6, "version 4.0");
            break;
        }
        qd_array a = parse(&b);
        assert_true(a.data[5] == 6);
        qd_array_clear(&a);
    }
    one.data[7] = 1;
    assert_refused(&one, 6, "version 1.1");
}

static void test_other_types(void **state)
{
    (void)state;
    static const char *const types[] = {"'>f4'", "'<f2'", "'<i8'", "'|O'", "'|b1'", "'<c16'", "'<U10'", "'>f8'"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char dictionary[128];
        snprintf(dictionary, sizeof dictionary, "{'descr': %s, 'fortran_order': False, 'shape': (2, 3), }", types[i]);
        assert_refused_at(dictionary, types[i], types[i]);
    }
    assert_refused_at("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }", "[", "named fields");
    assert_refused_at("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", "True", "Fortran order");
}

static void test_headers(void **state)
{
    (void)state;
    assert_refused_at("['descr']", "[", "a dictionary");
    assert_refused_at("{descr: '<f4', 'fortran_order': False, 'shape': (6,)}", "descr", "a quoted word");
    assert_refused_at("{'descr': '<f4', 'descr': '<f4', 'shape': (6,), }", "'descr': '<f4', 'shape'", "a second key");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1}", "'x'", "an unknown key");
    assert_refused_at("{'descr' '<f4', 'fortran_order': False, 'shape': (6,)}", "'<f4'", "a colon");
    assert_refused_at("{'descr': '<f4' 'fortran_order': False, 'shape': (6,)}", "'fortran", "a comma");
    assert_refused_at("{'descr': <f4, 'fortran_order': False, 'shape': (6,)}", "<f4", "a quoted word");
    assert_refused_at("{'descr': '<f4, 'fortran_order': False, 'shape': (6,)}", "'<f4", "a short quoted word");
    assert_refused_at("{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)}", "0,", "True or False");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': 6}", "6", "parentheses");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", "}", "a comma in the shape");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", "3)", "a comma in the shape");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}", "-6", "whole numbers");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (6.0,)}", ".0", "a comma in the shape");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "999", "whole");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,2,3)}", "3)", "more than 4 dimensions");
    assert_refused_at("{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} #", "#", "nothing more");
    bytes lacking = make_floats("{'descr': '<f4', 'shape': (6,)}", 6);
    assert_refused(&lacking, 64, "lacks 'fortran_order'");
    bytes nothing = make_floats("", 6);
    assert_refused(&nothing, 64, "a dictionary");
}

static void test_lying_shapes(void **state)
{
    (void)state;
    static const char *const shapes[] = {"(5,)",
                                         "(7,)",
                                         "(2, 4)",
                                         "()",
                                         "(0,)",
                                         "(4611686018427387904, 4)",
                                         "(9223372036854775807, 9223372036854775807, 3)"};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char dictionary[200];
        snprintf(dictionary, sizeof dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shapes[i]);
        bytes b = make_floats(dictionary, 6);
        assert_refused(&b, b.size - 24, shapes[i]);
    }
}

static void test_beginning(void **state)
{
    (void)state;
    bytes b = make_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", 6);
    bytes other = b;
    other.data[0] = 'P';
    assert_refused(&other, 0, "no .npy file");
    other = b;
    other.data[9] = 0x7F; /* a header longer than the file */
    assert_refused(&other, 8, "bytes; expected at most 65536");
    other = b;
    other.data[6] = 2; /* a header of more than 64 KiB, by the next two bytes */
    assert_refused(&other, 8, "bytes; expected at most 65536");
    other = b;
    other.data[6] = 2;
    other.size = 11; /* of the four bytes of a length three */
    assert_refused(&other, 11, "cut off here");
    for (b.size--; b.size > 0; b.size--) { /* every truncation */
        qd_array array = {0};
        qd_error error = {0};
        assert_int_equal(qd_npy_parse("x.npy", b.data, b.size, &array, &error), QD_ERR_FORMAT);
        assert_true(error.offset <= b.size);
    }
    assert_refused(&b, 0, "no .npy file");
}

static void test_values(void **state)
{
    (void)state;
    double values[6] = {0, 0, 0, 0, 1e39, 0};
    static const char dictionary[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3, 2), }";
    bytes b = make(dictionary, values, sizeof values);
    uint64_t offset = b.size - 16;
    assert_refused(&b, offset, "expected one in the range of float32");
    values[4] = (double)NAN;
    b = make(dictionary, values, sizeof values);
    assert_refused(&b, offset, "index (0, 2, 0) is nan; expected a finite number");
    float more[2] = {1, -INFINITY};
    b = make("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", more, sizeof more);
    assert_refused(&b, b.size - 4, "index (1,) is -inf");
}

static void test_write(void **state)
{
    (void)state;
    float values[2 * 3 * 500];
    for (size_t i = 0; i < 3000; i++) {
        values[i] = (float)i / 7;
    }
    qd_array a = {.rank = 3, .shape = {2, 3, 500}, .data = values}, b = {0};
    qd_error error = {0};
    const char *path = path_of("y.npy");
    assert_int_equal(qd_npy_write(path, &a, &error), QD_OK);
    assert_int_equal(qd_npy_read(path, 1 << 20, &b, &error), QD_OK);
    assert_int_equal(b.rank, 3);
    assert_memory_equal(b.shape, a.shape, sizeof a.shape);
    assert_memory_equal(b.data, values, sizeof values);
    qd_array_clear(&b);
    assert_int_equal(qd_npy_read(path, 1 << 10, &b, &error), QD_ERR_FORMAT);

    FILE *file = fopen(path, "rb"); /* the very bytes of NumPy */
    char start[129] = "";
    assert_non_null(file);
    assert_int_equal(fread(start, 1, 128, file), 128);
    fclose(file);
    assert_memory_equal(
        start, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 500), }", 74);
    assert_int_equal(start[127], '\n');
    unlink(path);
}

static void test_files(void **state)
{
    (void)state;
    static float many[1 << 17]; /* more than any buffer, so that a write fails too, not only the closing */
    qd_array a = {.rank = 1, .shape = {1}, .data = many}, b = {0};
    qd_error error = {0};
    assert_int_equal(qd_npy_read(path_of("nothing.npy"), 1000, &b, &error), QD_ERR_FILE);
    assert_int_equal(qd_npy_read(folder, 1000, &b, &error), QD_ERR_FILE);
    assert_int_equal(qd_npy_write(folder, &a, &error), QD_ERR_FILE);
    assert_int_equal(qd_npy_write(path_of("no/where.npy"), &a, &error), QD_ERR_FILE);
    if (access("/dev/full", W_OK) == 0) {
        for (a.shape[0] = 1; a.shape[0] <= sizeof many / sizeof many[0]; a.shape[0] <<= 16) {
            assert_int_equal(qd_npy_write("/dev/full", &a, &error), QD_ERR_FILE);
            assert_string_equal(error.file, "/dev/full");
        }
    }
}

static qd_status parse_once(const void *input, qd_error *error)
{
    const bytes *b = input;
    qd_array array = {0};
    qd_status status = qd_npy_parse("x.npy", b->data, b->size, &array, error);
    qd_array_clear(&array);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    bytes b = make_floats("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", 6);
    assert_int_equal(fail_every_allocation(parse_once, &b), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_float32),      cmocka_unit_test(test_float64),     cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_versions),     cmocka_unit_test(test_other_types), cmocka_unit_test(test_headers),
        cmocka_unit_test(test_lying_shapes), cmocka_unit_test(test_beginning),   cmocka_unit_test(test_values),
        cmocka_unit_test(test_write),        cmocka_unit_test(test_files),       cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
