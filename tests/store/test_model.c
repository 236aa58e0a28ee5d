/* Models: a round trip keeps every bit; damage of any kind is refused at its byte. */
#include "example.h"

/* ------------------------------------------------------------------------------------------- round trip */

static void assert_same_model(const qd_model *a, const qd_model *b)
{
    size_t n = qd_network_parameters(a->network);
    assert_string_equal(a->task, b->task);
    assert_int_equal(n, qd_network_parameters(b->network));
    assert_memory_equal(a->parameters, b->parameters, n * sizeof *a->parameters);
    for (size_t i = 0; i < qd_settings_count; i++) {
        const char *name = qd_settings_table[i].name;
        assert_string_equal(qd_settings_get(a->settings, name), qd_settings_get(b->settings, name));
    }
    assert_int_equal(a->scaling.kind, b->scaling.kind);
    assert_int_equal(a->scaling.inputs, b->scaling.inputs);
    assert_int_equal(a->scaling.outputs, b->scaling.outputs);
    assert_int_equal(a->scaling.labels, b->scaling.labels);
    if (a->scaling.kind != QD_SCALING_NONE) {
        assert_memory_equal(a->scaling.mean, b->scaling.mean, COLUMNS * sizeof(double));
        assert_memory_equal(a->scaling.sd, b->scaling.sd, COLUMNS * sizeof(double));
    }
    assert_string_equal(a->columns, b->columns);
    assert_int_equal(a->history.count, b->history.count);
    for (size_t i = 0; i < a->history.count; i++) {
        const qd_history_row *x = &a->history.rows[i], *y = &b->history.rows[i];
        assert_int_equal(x->epoch, y->epoch);
        assert_true(x->loss == y->loss);
        assert_true(x->valid_loss == y->valid_loss || (isnan(x->valid_loss) && isnan(y->valid_loss)));
        assert_true(x->learning_rate == y->learning_rate);
        assert_true(x->gradient_norm == y->gradient_norm);
        assert_true(y->seconds == 0);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int kind = QD_SCALING_NONE; kind <= QD_SCALING_LOG1P; kind++) {
        qd_model *model = make_model((qd_scaling_kind)kind), *loaded;
        assert_string_equal(qd_settings_get(model->settings, "threads"), "0"); /* not recorded */
        assert_int_equal(qd_model_save(model, path_of("a"), NULL), QD_OK);
        qd_error error;
        if (qd_model_load(path_of("a"), &loaded, &error) != QD_OK) {
            fail_msg("%s", error.message);
        }
        assert_int_equal(qd_model_inputs(loaded), INPUTS);
        assert_int_equal(qd_model_outputs(loaded), OUTPUTS);
        assert_same_model(model, loaded);
        assert_int_equal(qd_model_save(loaded, path_of("b"), NULL), QD_OK);
        bytes a = bytes_read(path_of("a")), b = bytes_read(path_of("b"));
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        qd_mem_free(a.data);
        qd_mem_free(b.data);
        qd_model_free(loaded);
        qd_model_free(model);
        unlink(path_of("a"));
        unlink(path_of("b"));
    }
    qd_model_free(NULL);
}

/* PyTorch's names, its second biases as zeros, and the metadata as other readers see them. */
static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "lstm.weight_ih_l0",
        "lstm.weight_hh_l0",
        "lstm.bias_ih_l0",
        "lstm.weight_ih_l1",
        "lstm.bias_hh_l1",
        "lstm.weight_ih_l1_reverse",
        "lstm.weight_hh_l1_reverse",
        "lstm.bias_ih_l1_reverse",
        "rnn.weight_ih_l0",
        "rnn.weight_hh_l0",
        "rnn.bias_ih_l0",
        "rnn.bias_hh_l0",
        "dense.weight",
        "dense.bias",
    };
    bytes b = make_model_bytes();
    qd_safetensors *file;
    assert_int_equal(qd_safetensors_parse("m", b.data, b.size, true, &file, NULL), QD_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (qd_safetensors_find(file, names[i]) == NULL) {
            fail_msg("%s is missing", names[i]);
        }
    }
    const qd_stored *second = qd_safetensors_find(file, "lstm.bias_hh_l0");
    static const float zeros[8];
    assert_int_equal(second->elements, 8);
    assert_memory_equal(second->data, zeros, sizeof zeros);
    assert_int_equal(qd_safetensors_at(file, 0)->offset % 64, 0);
    assert_string_equal(qd_safetensors_metadata(file, "quadrat_format"), "1");
    assert_string_equal(qd_safetensors_metadata(file, "columns"), "a,b");
    assert_string_equal(qd_safetensors_metadata(file, "scaling"),
                        "{\"kind\":\"standard\",\"labels\":false,\"mean\":[\"0.1\",\"-2\",\"1e20\"],"
                        "\"sd\":[\"1\",\"0.3333333333333333\",\"1e-10\"]}");
    assert_string_equal(qd_safetensors_metadata(file, "history"),
                        "{\"epoch\":[1,2],\"loss\":[\"0.1\",\"0.3333333333333333\"],\"valid_loss\":[null,\"inf\"],"
                        "\"lr\":[\"0.001\",\"0.0005\"],\"gradient_norm\":[\"1e-300\",\"2\"]}");
    assert_null(strstr(qd_safetensors_metadata(file, "settings"), "threads"));
    assert_null(strstr(qd_safetensors_metadata(file, "settings"), "likelihood")); /* of another task */
    qd_safetensors_free(file);
    qd_mem_free(b.data);
}

/* ---------------------------------------------------------------------------------------------- damage */

/* Loads a file that lies in memory. */
static qd_status load(bytes b, qd_model **model, qd_error *error)
{
    qd_safetensors *file;
    qd_status status = qd_safetensors_parse("m", b.data, b.size, true, &file, error);
    if (status == QD_OK) {
        status = qd_model_from(file, model, error);
        qd_safetensors_free(file);
    }
    return status;
}

static void assert_damaged(bytes b, const char *what, size_t at)
{
    qd_model *model;
    qd_error error = {0};
    if (load(b, &model, &error) != QD_ERR_FORMAT || error.status != QD_ERR_FORMAT || error.offset > b.size ||
        strstr(error.message, "m: byte ") != error.message) {
        fail_msg("%s %zu: %s", what, at, error.message);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    bytes whole = make_model_bytes();
    for (size_t size = 0; size < whole.size; size++) {
        bytes cut = bytes_copy(whole.data, size);
        assert_damaged(cut, "cut after byte", size);
        bytes_free(cut);
    }
    qd_mem_free(whole.data);
}

static void test_longer(void **state)
{
    (void)state;
    bytes whole = make_model_bytes(), longer = {malloc(whole.size + 1), whole.size + 1};
    assert_non_null(longer.data);
    memcpy(longer.data, whole.data, whole.size);
    longer.data[whole.size] = 0;
    qd_model *model;
    qd_error error = {0};
    assert_refused_byte(load(longer, &model, &error), &error, whole.size, "the last tensor ends here");
    bytes_free(longer);
    qd_mem_free(whole.data);
}

/* Every bit of the header and of the data. */
static void test_flipped(void **state)
{
    (void)state;
    bytes whole = make_model_bytes();
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        whole.data[bit / 8] = (char)(whole.data[bit / 8] ^ (1 << bit % 8));
        assert_damaged(whole, "flipped bit", bit);
        whole.data[bit / 8] = (char)(whole.data[bit / 8] ^ (1 << bit % 8));
    }
    qd_model *model;
    assert_int_equal(load(whole, &model, NULL), QD_OK);
    qd_model_free(model);
    qd_mem_free(whole.data);
}

/* Weights that are no numbers, with a right checksum. */
static void test_not_finite(void **state)
{
    (void)state;
    static const float values[] = {NAN, HUGE_VALF, -HUGE_VALF};
    bytes b = make_model_bytes();
    qd_safetensors *file;
    assert_int_equal(qd_safetensors_parse("m", b.data, b.size, true, &file, NULL), QD_OK);
    uint64_t weight = qd_safetensors_find(file, "lstm.weight_hh_l0")->offset + 5 * sizeof(float);
    uint64_t second = qd_safetensors_find(file, "rnn.bias_hh_l0")->offset + sizeof(float);
    qd_safetensors_free(file);
    for (size_t i = 0; i < 3; i++) {
        qd_model *model;
        qd_error error = {0};
        bytes bad = bytes_copy(b.data, b.size);
        memcpy(bad.data + weight, &values[i], sizeof(float));
        bytes_seal(bad);
        assert_refused_byte(load(bad, &model, &error), &error, weight, "tensor lstm.weight_hh_l0, element 5");
        memcpy(bad.data + weight, b.data + weight, sizeof(float));
        memcpy(bad.data + second, &values[i], sizeof(float));
        bytes_seal(bad);
        assert_refused_byte(load(bad, &model, &error), &error, second, "tensor rnn.bias_hh_l0, element 1");
        bytes_free(bad);
    }
    qd_mem_free(b.data);
}

/* ------------------------------------------------------------------------------------------- contradictions */

#define Q "\\\"" /* a quote within a string of the header */

static const struct {
    const char *old, *new, *at, *part; /* at: the text at whose beginning the message points, after the change */
} lies[] = {
    {"\"quadrat_format\":\"1\"", "\"quadrat_format\":\"2\"", "\"2\"", "format 2, which quadrat 0.1.0 and later read"},
    {"\"quadrat_reader\":\"0.1.0\"", "\"quadrat_format2\":\"9\"", NULL, NULL}, /* unknown entries do not matter */
    {"\"quadrat_format\":\"1\"", "\"quadrat_format\":\"x\"", "\"x\"", "expected a whole number"},
    {"\"quadrat_format\":\"1\"", "\"quadrat_format\":\"0\"", "\"0\",\"quadrat_r", "expected a whole number"},
    {"\"quadrat_format\"", "\"quadrat_former\"", "{", "not a model of quadrat's"},
    {"\"task\":\"regress\"", "\"task\":\"forecast\"", "\"forecast\"", "expected 'regress', found forecast"},
    {"\"task\":\"regress\"", "\"tusk\":\"regress\"", "{", "expected 'regress', found none"},
    {"\"task\"", "\"checkpoint\":\"1\",\"task\"", "\"1\",\"task\"", "--resume"},
    {"\"network\"", "\"nutwork\"", "{", "\"network\": is missing"},
    {Q "inputs" Q ":2", Q "inputs" Q ":3", NULL,
     "tensor lstm.weight_ih_l0: expected float32 [8][3], found float32 [8][2]"},
    {Q "inputs" Q ":2", Q "inputs" Q ":0", "\"{" Q "inputs", "from 1 to"},
    {Q "inputs" Q ":2", Q "inputs" Q ":4294967296", "\"{" Q "inputs", "from 1 to"},
    {Q "outputs" Q ":1", Q "outputs" Q ":2147483648", NULL, "tensor dense.weight"},
    {Q "per_step" Q ":false", Q "per_step" Q ":0", "\"{" Q "inputs", "true or false"},
    {"rnn:2" Q "}", "rnn:1" Q "}", "\"{" Q "inputs", "the settings have other layers"},
    {Q "lr" Q ":" Q "0.1" Q, Q "lr" Q ":" Q "-1" Q, "\"{" Q "target", "lr: '-1'"},
    {Q "lr" Q ":" Q "0.1" Q, Q "lr" Q ":0.1", "\"{" Q "target", "not a recorded setting"},
    {Q "lr" Q ":", Q "lt" Q ":", "\"{" Q "target", "\"lt\" is not a recorded setting"},
    {Q "lr" Q ":", Q "threads" Q ":", "\"{" Q "target", "\"threads\" is not a recorded setting"},
    {Q "lr" Q ":" Q "0.1" Q, Q "seed" Q ":" Q "1" Q, "\"{" Q "target", "the second member called \"seed\""},
    {Q "lr" Q ":" Q "0.1" Q ",", "", NULL, NULL}, /* the default */
    {"standard" Q ",", "normal" Q ",", "\"{" Q "kind", "no scaling is called \"normal\""},
    {Q "labels" Q ":false", Q "labels" Q ":null", "\"{" Q "kind", "true or false"},
    {Q "1e20" Q "]", Q "1e20" Q "," Q "1" Q "]", "\"{" Q "kind", "\"mean\" has 4 numbers"},
    {Q "1e20" Q "]", Q "inf" Q "]", "\"{" Q "kind", "finite numbers"},
    {Q "1e-10" Q "]", Q "0" Q "]", "\"{" Q "kind", "finite positive"},
    {Q "1e-10" Q "]", "1e-10]", "\"{" Q "kind", "as a string"},
    {"\"columns\"", "\"column5\"", "{", "\"columns\": is missing"},
    {Q "epoch" Q ":[1,2]", Q "epoch" Q ":[2,2]", "\"{" Q "epoch", "whole number from 3"},
    {Q "epoch" Q ":[1,2]", Q "epoch" Q ":[1]", "\"{" Q "epoch", "\"loss\" has 2 values for 1 epochs"},
    {Q "lr" Q ":[" Q "0.001" Q ",", Q "lr" Q ":[null,", "\"{" Q "epoch", "as a string"},
    {"[null,", "[nil,", "\"{" Q "epoch", "history, character 66: expected a JSON value"},
    {"\"dense.bias\"", "\"dense.boas\"", "{", "tensor dense.bias is missing"},
    {"\"lstm.bias_hh_l0\"", "\"lstm.bias_hh_l7\"", "{", "tensor lstm.bias_hh_l0 is missing"},
    {"\"dense.weight\":{\"dtype\":\"F32\",\"shape\":[1,2]", "\"dense.weight\":{\"dtype\":\"F32\",\"shape\":[2,1]", NULL,
     "tensor dense.weight: expected float32 [1][2], found float32 [2][1]"},
    {"\"dense.weight\":{\"dtype\":\"F32\",\"shape\":[1,2]", "\"dense.weight\":{\"dtype\":\"F32\",\"shape\":[2]", NULL,
     "tensor dense.weight: expected float32 [1][2], found float32 [2]"},
    {"\"dense.weight\":{\"dtype\":\"F32\"", "\"dense.weight\":{\"dtype\":\"I32\"", NULL, "found another type"},
    {"\"lstm.weight_ih_l0\"",
     "\"extra\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\"lstm.weight_ih_l0\"",
     "{\"dtype\":\"F32\",\"shape\":[0]", "tensor extra"},
};

static void test_contradictions(void **state)
{
    (void)state;
    bytes b = make_model_bytes();
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        bytes bad = bytes_replace(b, lies[i].old, lies[i].new);
        qd_model *model;
        qd_error error = {0};
        qd_status status = load(bad, &model, &error);
        if (lies[i].part == NULL) {
            assert_int_equal(status, QD_OK);
            qd_model_free(model);
        } else {
            uint64_t at = lies[i].at != NULL ? bytes_find(bad, lies[i].at) : error.offset;
            assert_refused_byte(status, &error, at, lies[i].part);
            assert_in_range(error.offset, 8, bad.size - 1);
        }
        bytes_free(bad);
    }
    qd_mem_free(b.data);
}

/* The largest allocation while a file is read that claims a great network. */
static bool note_largest(void *context, size_t size)
{
    size_t *largest = context;
    *largest = size > *largest ? size : *largest;
    return true;
}

static void test_small_allocations(void **state)
{
    (void)state;
    bytes b = make_model_bytes();
    bytes once = bytes_replace(b, "rnn:2" Q, "rnn:65536" Q);
    bytes bad = bytes_replace(once, "rnn:2" Q, "rnn:65536" Q);
    size_t largest = 0;
    qd_model *model;
    qd_error error = {0};
    qd_mem_set_hook(note_largest, &largest);
    qd_status status = load(bad, &model, &error);
    qd_mem_set_hook(NULL, NULL);
    assert_refused_byte(status, &error, error.offset, "tensor rnn.weight_ih_l0: expected float32 [65536][2]");
    assert_true(largest < 1 << 16);
    bytes_free(bad);
    bytes_free(once);
    qd_mem_free(b.data);
}

/* ---------------------------------------------------------------------------------------------- failures */

static void test_not_written(void **state)
{
    (void)state;
    qd_model *model = make_model(QD_SCALING_NONE);
    qd_error error = {0};
    model->parameters[3] = NAN;
    assert_int_equal(qd_model_save(model, path_of("m"), &error), QD_ERR_NUMERIC);
    assert_non_null(strstr(error.message, "lstm.weight_ih_l0, element 3"));
    assert_false(qd_file_exists(path_of("m")));
    qd_model_free(model);
    assert_int_equal(qd_model_load(path_of("m"), &model, &error), QD_ERR_FILE);
    assert_int_equal(qd_model_load(folder, &model, &error), QD_ERR_FILE);
}

static qd_status save_and_load(const void *input, qd_error *error)
{
    const qd_model *model = input;
    qd_model *loaded;
    const char *path = path_of("m");
    qd_status status = qd_model_save(model, path, error);
    if (status == QD_OK) {
        status = qd_model_load(path, &loaded, error);
    }
    if (status == QD_OK) {
        qd_model_free(loaded);
    }
    return status;
}

/* Whatever fails, the path holds the old model or the new one. */
static void test_file_operations(void **state)
{
    (void)state;
    qd_model *model = make_model(QD_SCALING_NONE);
    bytes old = make_model_bytes();
    size_t failed = 0;
    assert_int_equal(qd_model_save(model, path_of("n"), NULL), QD_OK);
    bytes new = bytes_read(path_of("n"));
    unlink(path_of("n"));
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        qd_status status = QD_ERR_FILE;
        for (size_t n = 0; status != QD_OK; n++) {
            nth_operation nth = {.fails = n, .for_ever = for_ever};
            bytes_write(path_of("m"), old);
            qd_file_set_hook(fail_nth_operation, &nth);
            status = qd_model_save(model, path_of("m"), NULL);
            qd_file_set_hook(NULL, NULL);
            bytes found = bytes_read(path_of("m"));
            bool is_old = found.size == old.size && memcmp(found.data, old.data, old.size) == 0;
            bool is_new = found.size == new.size &&memcmp(found.data, new.data, new.size) == 0;
            assert_true(status == QD_OK ? is_new : status == QD_ERR_FILE && (is_old || is_new));
            failed += status != QD_OK;
            qd_mem_free(found.data);
        }
    }
    assert_true(failed >= 10);
    unlink(path_of("m"));
    qd_mem_free(old.data);
    qd_mem_free(new.data);
    qd_model_free(model);
}

static qd_status copy(const void *input, qd_error *error)
{
    const qd_model *model = input;
    qd_model *made;
    qd_status status = qd_model_new(model->task, model->settings, INPUTS, OUTPUTS, model->parameters, &model->scaling,
                                    &model->history, model->columns, &made, error);
    if (status == QD_OK) {
        assert_memory_equal(made->parameters, model->parameters, qd_network_parameters(model->network) * sizeof(float));
        qd_model_free(made);
    }
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    qd_model *model = make_model(QD_SCALING_STANDARD);
    assert_true(fail_every_allocation(save_and_load, model) >= 100);
    assert_true(fail_every_allocation(copy, model) >= 40);
    qd_model_free(model);
    unlink(path_of("m"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_names),
        cmocka_unit_test(test_truncated),      cmocka_unit_test(test_longer),
        cmocka_unit_test(test_flipped),        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_small_allocations),
        cmocka_unit_test(test_not_written),    cmocka_unit_test(test_file_operations),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
