/* Safetensors: what is written reads back and has the promised form; files of others are read; files that lie are
   refused at the byte where they do. */
#include "helpers.h"
#include "store/safetensors.h"

/* ------------------------------------------------------------------------------------------- round trip */

static const double wide[] = {1, -2.5, 1e300};
static const float narrow[] = {0.5F, -0.0F, 3, 4, 5, 6};
static const int64_t whole[] = {INT64_MIN};

static qd_status write_example(const char *path, qd_error *error)
{
    const size_t three[] = {3}, matrix[] = {2, 3}, one[] = {1}, many[] = {5000}, none[] = {0, 7};
    qd_safetensors_writer *writer;
    qd_status status = qd_safetensors_writer_new(&writer, error);
    if (status != QD_OK) {
        return status;
    }
    status = qd_safetensors_add_metadata(writer, "who", "a \"quoted\" é", error);
    if (status == QD_OK) {
        status = qd_safetensors_add(writer, "wide", QD_F64, 1, three, wide, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_add(writer, "whole", QD_I64, 1, one, whole, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_add(writer, "narrow", QD_F32, 2, matrix, narrow, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_add(writer, "none", QD_F32, 2, none, NULL, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_add(writer, "zeros", QD_F32, 1, many, NULL, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_add(writer, "scalar", QD_F32, 0, NULL, narrow, error);
    }
    if (status == QD_OK) {
        status = qd_safetensors_write(writer, path, error);
    }
    qd_safetensors_writer_free(writer);
    return status;
}

static void test_round_trip(void **state)
{
    (void)state;
    const char *path = path_of("m");
    qd_safetensors *file;
    assert_int_equal(write_example(path, NULL), QD_OK);
    assert_int_equal(qd_safetensors_read(path, true, &file, NULL), QD_OK);
    assert_string_equal(qd_safetensors_path(file), path);
    assert_int_equal(qd_safetensors_count(file), 6);
    assert_string_equal(qd_safetensors_metadata(file, "who"), "a \"quoted\" é");
    assert_null(qd_safetensors_metadata(file, "which"));
    assert_null(qd_safetensors_find(file, "__metadata__"));

    const qd_stored *t = qd_safetensors_at(file, 0);
    assert_string_equal(t->name, "wide");
    assert_int_equal(t->dtype, QD_F64);
    assert_memory_equal(t->data, wide, sizeof wide);
    t = qd_safetensors_find(file, "narrow");
    assert_int_equal(t->dtype, QD_F32);
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->shape[0], 2);
    assert_int_equal(t->shape[1], 3);
    assert_int_equal(t->elements, 6);
    assert_memory_equal(t->data, narrow, sizeof narrow);
    assert_int_equal(qd_safetensors_find(file, "whole")->dtype, QD_I64);
    assert_int_equal(qd_safetensors_find(file, "none")->elements, 0);
    assert_int_equal(qd_safetensors_find(file, "scalar")->rank, 0);
    assert_int_equal(qd_safetensors_find(file, "scalar")->elements, 1);
    t = qd_safetensors_find(file, "zeros");
    for (size_t i = 0; i < 5000 * sizeof(float); i++) {
        assert_int_equal(((const char *)t->data)[i], 0);
    }
    qd_safetensors_free(file);
    unlink(path);
}

/* The checksum first, data at a multiple of 64, and the same bytes from the same content. */
static void test_form(void **state)
{
    (void)state;
    static const char beginning[] = "{\"__metadata__\":{\"crc32\":\"";
    assert_int_equal(write_example(path_of("a"), NULL), QD_OK);
    bytes a = bytes_read(path_of("a"));
    assert_int_equal(write_example(path_of("b"), NULL), QD_OK);
    bytes b = bytes_read(path_of("b"));
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);

    uint64_t length;
    memcpy(&length, a.data, sizeof length);
    assert_int_equal((8 + length) % 64, 0);
    assert_memory_equal(a.data + 8, beginning, sizeof beginning - 1);
    char digits[9] = "";
    memcpy(digits, a.data + 8 + sizeof beginning - 1, 8);
    memset(a.data + 8 + sizeof beginning - 1, '0', 8);
    uint32_t crc = 0xFFFFFFFF; /* bit by bit, as its definition says */
    for (size_t i = 0; i < a.size; i++) {
        crc ^= (unsigned char)a.data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320 : 0);
        }
    }
    assert_int_equal(strtoul(digits, NULL, 16), crc ^ 0xFFFFFFFF);
    qd_mem_free(a.data);
    qd_mem_free(b.data);
    unlink(path_of("a"));
    unlink(path_of("b"));
}

static void test_writer_refuses(void **state)
{
    (void)state;
    qd_safetensors_writer *writer;
    qd_error error;
    const size_t one[] = {1};
    assert_int_equal(qd_safetensors_writer_new(&writer, NULL), QD_OK);
    assert_int_equal(qd_safetensors_add(writer, "t", QD_F32, 1, one, narrow, NULL), QD_OK);
    assert_int_equal(qd_safetensors_add_metadata(writer, "late", "x", &error), QD_ERR_VALUE);
    assert_int_equal(qd_safetensors_add(writer, "\xff", QD_F32, 1, one, narrow, NULL), QD_OK);
    assert_int_equal(qd_safetensors_write(writer, path_of("m"), &error), QD_ERR_VALUE);
    assert_non_null(strstr(error.message, "UTF-8"));
    assert_false(qd_file_exists(path_of("m")));
    qd_safetensors_writer_free(writer);
    qd_safetensors_writer_free(NULL);
    qd_safetensors_free(NULL);
}

/* --------------------------------------------------------------------------------------- files of others */

/* The bytes that the safetensors package of Python writes for {"b": [1.5, -2] float32, "a": [[7]] float64} with the
   metadata {"format": "pt"}: the wider type first, blanks to a multiple of 8. */
static void test_python(void **state)
{
    (void)state;
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F64\",\"shape\":[1,1],"
        "\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}"
        "   ";
    static const unsigned char data[] = {0, 0, 0, 0, 0, 0, 0x1C, 0x40, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0};
    bytes b = bytes_join(header, data, sizeof data);
    assert_int_equal(b.size % 8, 0);
    qd_safetensors *file;
    qd_error error;
    assert_int_equal(qd_safetensors_parse("p", b.data, b.size, false, &file, &error), QD_OK);
    assert_string_equal(qd_safetensors_metadata(file, "format"), "pt");
    double a;
    float values[2];
    const qd_stored *t = qd_safetensors_find(file, "a");
    assert_int_equal(t->rank, 2);
    memcpy(&a, t->data, sizeof a);
    assert_true(a == 7);
    memcpy(values, qd_safetensors_find(file, "b")->data, sizeof values);
    assert_true(values[0] == 1.5F && values[1] == -2);
    qd_safetensors_free(file);
    assert_refused_byte(qd_safetensors_parse("p", b.data, b.size, true, &file, &error), &error, 8, "no checksum");
    bytes_free(b);
}

static void test_others_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t size;
    } good[] = {
        {"{}", 0},
        {"{ }  \n", 0},
        {"{\"__metadata__\":{}}", 0},
        {"{\"t\":{\"shape\":[],\"data_offsets\":[0,2],\"dtype\":\"BF16\"}}", 2},
        {"{\"t\":{\"dtype\":\"F4\",\"shape\":[3,2],\"data_offsets\":[0,3],\"more\":[1]}}", 3},
        {"{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]},\"a\":{\"dtype\":\"I8\",\"shape\":[1],"
         "\"data_offsets\":[0,1]},\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[1,1]}}",
         2},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        bytes b = bytes_join(good[i].header, "\1\2\3\4", good[i].size);
        qd_safetensors *file;
        qd_error error;
        if (qd_safetensors_parse("f", b.data, b.size, false, &file, &error) != QD_OK) {
            fail_msg("%s: %s", good[i].header, error.message);
        }
        qd_safetensors_free(file);
        bytes_free(b);
    }
}

/* ------------------------------------------------------------------------------------------ files that lie */

/* Refused at the byte where `at` begins in the header, or at byte `offset` where that is NULL. */
static void assert_lies(const char *header, size_t size, const char *at, uint64_t offset, const char *part)
{
    char data[64] = {0};
    bytes b = bytes_join(header, data, size);
    qd_safetensors *file;
    qd_error error = {0};
    qd_status status = qd_safetensors_parse("f", b.data, b.size, false, &file, &error);
    assert_refused_byte(status, &error, at != NULL ? bytes_find(b, at) : offset, part);
    bytes_free(b);
}

#define TENSOR(name, dtype, shape, offsets)                                                                            \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void test_lies(void **state)
{
    (void)state;
    assert_lies("[]", 0, NULL, 8, "expected '{'");
    assert_lies(" {}", 0, NULL, 8, "expected '{'");
    assert_lies("{\"t\":1}", 0, "1}", 0, "an object for tensor \"t\"");
    assert_lies("{\"t\":{}}", 0, "{}", 0, "\"dtype\": a string");
    assert_lies("{\"t\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "1,", 0, "\"shape\": an array");
    assert_lies("{" TENSOR("t", "F31", "[1]", "[0,4]") "}", 4, "\"F31\"", 0, "unknown type");
    assert_lies("{" TENSOR("t", "F32", "[-1]", "[0,4]") "}", 4, "-1", 0, "whole number");
    assert_lies("{" TENSOR("t", "F32", "[1.0]", "[0,4]") "}", 4, "1.0", 0, "whole number");
    assert_lies("{" TENSOR("t", "F32", "[9223372036854775807,3]", "[0,4]") "}", 4, "[92", 0, "too many elements");
    assert_lies("{" TENSOR("t", "F32", "[1152921504606846976]", "[0,4]") "}", 4, "[0,4]", 0, "has 4 bytes");
    assert_lies("{" TENSOR("t", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4, "[1,1", 0, "9 dimensions");
    assert_lies("{" TENSOR("t", "F32", "[1]", "[0,8]") "}", 8, "[0,8]", 0, "has 8 bytes");
    assert_lies("{" TENSOR("t", "F4", "[3]", "[0,1]") "}", 1, "[0,1]", 0, "of 4 bits");
    assert_lies("{" TENSOR("t", "F32", "[1]", "[0,4,8]") "}", 4, "[0,4,8]", 0, "two offsets");
    assert_lies("{" TENSOR("t", "F32", "[1]", "[4,0]") "}", 4, "0]", 0, "from 4 to 4");
    assert_lies("{" TENSOR("t", "F32", "[2]", "[0,8]") "}", 4, "8]", 0, "from 0 to 4"); /* beyond the file */
    assert_lies("{" TENSOR("t", "F32", "[1]", "[18446744073709551612,0]") "}", 4, "184", 0, "whole number");
    assert_lies("{" TENSOR("t", "F32", "[1]", "[0,4]") "," TENSOR("t", "F32", "[1]", "[4,8]") "}", 8, NULL, 66,
                "the second member called \"t\"");
    assert_lies("{\"__metadata__\":[]}", 0, "[]", 0, "expected an object");
    assert_lies("{\"__metadata__\":{\"a\":1}}", 0, "1}", 0, "expected a string");
    assert_lies("{\"a\xff\":1}", 0, "\xff", 0, "UTF-8");
}

static void test_cover(void **state)
{
    (void)state;
    static const char hole[] = "{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("b", "U8", "[2]", "[3,5]") "}";
    static const char overlap[] = "{" TENSOR("a", "U8", "[3]", "[0,3]") "," TENSOR("b", "U8", "[2]", "[2,4]") "}";
    static const char twice[] = "{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("b", "U8", "[2]", "[0,2]") "}";
    static const char late[] = "{" TENSOR("a", "U8", "[2]", "[1,3]") "}";
    static const char early[] = "{" TENSOR("a", "U8", "[2]", "[0,2]") "}";
    assert_lies(hole, 5, NULL, 8 + strlen(hole) + 3, "tensor \"b\" begins here");
    assert_lies(overlap, 4, NULL, 8 + strlen(overlap) + 2, "tensor \"b\" begins here");
    assert_lies(twice, 2, NULL, 8 + strlen(twice), "tensor \"b\" begins here");
    assert_lies(late, 3, NULL, 8 + strlen(late) + 1, "tensor \"a\" begins here");
    assert_lies(early, 3, NULL, 8 + strlen(early) + 2, "the last tensor ends here");
    assert_lies("{}", 1, NULL, 10, "the last tensor ends here");
}

static void test_header_length(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {0, 1, 3, 100000001, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63};
    qd_safetensors *file;
    qd_error error = {0};
    for (size_t size = 0; size < 8; size++) {
        bytes b = bytes_copy("\2\0\0\0\0\0\0\0", size);
        assert_refused_byte(qd_safetensors_parse("f", b.data, b.size, false, &file, &error), &error, size,
                            "ends within");
        bytes_free(b);
    }
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        bytes b = bytes_join("{}", "", 0);
        memcpy(b.data, &lengths[i], 8);
        assert_int_equal(qd_safetensors_parse("f", b.data, b.size, false, &file, &error), QD_ERR_FORMAT);
        assert_true(error.offset <= 9);
        bytes_free(b);
    }
}

/* Nothing large for a small file, whatever it claims. */
static bool count_large(void *context, size_t size)
{
    size_t *largest = context;
    *largest = size > *largest ? size : *largest;
    return true;
}

static void test_small_allocations(void **state)
{
    (void)state;
    static const char *const claims[] = {
        "{" TENSOR("t", "F64", "[1152921504606846975]", "[0,9223372036854775800]") "}",
        "{" TENSOR("t", "F32", "[99999999]", "[0,399999996]") "}",
    };
    size_t largest = 0;
    qd_mem_set_hook(count_large, &largest);
    for (size_t i = 0; i < 2; i++) {
        bytes b = bytes_join(claims[i], "", 0);
        qd_safetensors *file;
        assert_int_equal(qd_safetensors_parse("f", b.data, b.size, false, &file, NULL), QD_ERR_FORMAT);
        bytes_free(b);
    }
    qd_mem_set_hook(NULL, NULL);
    assert_true(largest > 0 && largest < 4096);
}

/* ----------------------------------------------------------------------------------------------- failures */

static qd_status write_and_read(const void *input, qd_error *error)
{
    const char *path = input;
    qd_status status = write_example(path, error);
    qd_safetensors *file = NULL;
    if (status == QD_OK) {
        status = qd_safetensors_read(path, true, &file, error);
    }
    qd_safetensors_free(file);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof path, "%s", path_of("m"));
    assert_true(fail_every_allocation(write_and_read, path) >= 20);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_writer_refuses),
        cmocka_unit_test(test_python),
        cmocka_unit_test(test_others_accepted),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_cover),
        cmocka_unit_test(test_header_length),
        cmocka_unit_test(test_small_allocations),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
