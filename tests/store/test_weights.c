/* Weights of files from elsewhere (--init): PyTorch's names, float32 or float64, one bias or two. */
#include "example.h"
#include "store/weights.h"

/* lstm:1 over one input, and a dense layer to one output. */
static qd_network *small_network(void)
{
    qd_network *network;
    assert_int_equal(qd_network_new("lstm:1", 0, 1, 1, false, &network, NULL), QD_OK);
    return network;
}

enum { SMALL = 4 + 4 + 4 + 2 };

/* A file with the tensors of the small network; what differs is asked for. */
typedef struct foreign {
    bool wide;      /* float64 */
    bool no_second; /* without bias_hh */
    const char *without, *wrong_shape;
    double first_bias, second_bias; /* all elements */
} foreign;

static void write_foreign(const char *path, const foreign *f)
{
    static const struct {
        const char *name;
        size_t rows, cols;
    } tensors[] = {{"lstm.weight_ih_l0", 4, 1},
                   {"lstm.weight_hh_l0", 4, 1},
                   {"lstm.bias_ih_l0", 4, 0},
                   {"lstm.bias_hh_l0", 4, 0},
                   {"dense.weight", 1, 1},
                   {"dense.bias", 1, 0},
                   {"other", 3, 0}};
    enum { COUNT = sizeof tensors / sizeof tensors[0] };
    double wide[COUNT][4];
    float narrow[COUNT][4];
    qd_safetensors_writer *writer;
    assert_int_equal(qd_safetensors_writer_new(&writer, NULL), QD_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const char *name = tensors[i].name;
        if ((f->without != NULL && strcmp(f->without, name) == 0) || (f->no_second && i == 3)) {
            continue;
        }
        for (size_t e = 0; e < 4; e++) {
            wide[i][e] = i == 2 ? f->first_bias : i == 3 ? f->second_bias : (double)(10 * i + e);
            narrow[i][e] = (float)wide[i][e];
        }
        bool wrong = f->wrong_shape != NULL && strcmp(f->wrong_shape, name) == 0;
        const size_t shape[] = {tensors[i].rows - (wrong ? 1 : 0), tensors[i].cols};
        assert_int_equal(qd_safetensors_add(writer, name, f->wide ? QD_F64 : QD_F32, shape[1] > 0 ? 2 : 1, shape,
                                            f->wide ? (void *)wide[i] : (void *)narrow[i], NULL),
                         QD_OK);
    }
    assert_int_equal(qd_safetensors_write(writer, path, NULL), QD_OK);
    qd_safetensors_writer_free(writer);
}

static qd_status read_foreign(const foreign *f, float *parameters, qd_error *error)
{
    qd_network *network = small_network();
    assert_int_equal(qd_network_parameters(network), SMALL);
    write_foreign(path_of("f"), f);
    qd_status status = qd_weights_read(path_of("f"), network, parameters, error);
    qd_network_free(network);
    unlink(path_of("f"));
    return status;
}

static void test_read(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        for (int no_second = 0; no_second < 2; no_second++) {
            foreign f = {.wide = wide, .no_second = no_second, .first_bias = 0.5, .second_bias = 0.25};
            float p[SMALL], bias = no_second ? 0.5F : 0.75F;
            const float expected[SMALL] = {0, 1, 2, 3, 10, 11, 12, 13, bias, bias, bias, bias, 40, 50};
            qd_error error;
            if (read_foreign(&f, p, &error) != QD_OK) {
                fail_msg("%s", error.message);
            }
            assert_memory_equal(p, expected, sizeof expected);
        }
    }
}

static void test_minus_zero(void **state)
{
    (void)state;
    foreign f = {.first_bias = -0.0, .second_bias = 0};
    float p[SMALL];
    assert_int_equal(read_foreign(&f, p, NULL), QD_OK);
    assert_true(p[8] == 0 && signbit(p[8]));
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        foreign file;
        const char *part;
    } bad[] = {
        {{.without = "dense.weight"}, "tensor dense.weight is missing"},
        {{.without = "lstm.bias_ih_l0"}, "tensor lstm.bias_ih_l0 is missing"},
        {{.wrong_shape = "lstm.weight_hh_l0"},
         "tensor lstm.weight_hh_l0: expected float32 [4][1], found float32 [3][1]"},
        {{.wrong_shape = "lstm.bias_hh_l0", .wide = true}, "lstm.bias_hh_l0: expected float64 [4], found float64 [3]"},
        {{.first_bias = NAN}, "tensor lstm.bias_ih_l0, element 0"},
        {{.second_bias = HUGE_VAL}, "tensor lstm.bias_hh_l0, element 0"},
        {{.wide = true, .first_bias = 1e300}, "tensor lstm.bias_ih_l0, element 0: expected a finite float32"},
        {{.first_bias = 3e38, .second_bias = 3e38}, "tensor lstm.bias_hh_l0, element 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        float p[SMALL];
        qd_error error = {0};
        assert_int_equal(read_foreign(&bad[i].file, p, &error), QD_ERR_FORMAT);
        if (strstr(error.message, bad[i].part) == NULL || error.offset == 0) {
            fail_msg("expected \"%s\": %s", bad[i].part, error.message);
        }
    }
}

/* Models are read as well, damaged checksum or not; what is no model is not. */
static void test_models(void **state)
{
    (void)state;
    qd_network *network = make_network();
    size_t n = qd_network_parameters(network);
    float *expected = malloc(n * sizeof *expected), *read = malloc(n * sizeof *read);
    assert_true(expected != NULL && read != NULL);
    fill(expected, n);
    bytes b = make_model_bytes();
    memset(b.data + qd_crc_find(b.data, b.size), '0', QD_CRC_DIGITS);
    bytes_write(path_of("m"), b);
    assert_int_equal(qd_weights_read(path_of("m"), network, read, NULL), QD_OK);
    assert_memory_equal(read, expected, n * sizeof *read);
    unlink(path_of("m"));

    foreign f = {.wide = true};
    qd_model *model;
    qd_error error = {0};
    write_foreign(path_of("m"), &f);
    assert_refused_byte(qd_model_load(path_of("m"), &model, &error), &error, 8, "not a model of quadrat's");
    qd_status status = qd_weights_read(path_of("m"), network, read, &error);
    assert_refused_byte(status, &error, error.offset,
                        "tensor lstm.weight_ih_l0: expected float64 [8][2], found float64 [4][1]");
    unlink(path_of("m"));
    qd_mem_free(b.data);
    free(expected);
    free(read);
    qd_network_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_minus_zero),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_models),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
