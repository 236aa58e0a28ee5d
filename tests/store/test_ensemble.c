/* Networks of one shape in a file: what was written comes back, and one that lacks is named before anything is made. */
#include "helpers.h"
#include "store/ensemble.h"
#include <math.h>

enum { MEMBERS = 3 };

static qd_network *network(void)
{
    qd_network *n;
    qd_error error;
    if (qd_network_new("lstm:2", 0, 3, 1, false, &n, &error) != QD_OK) {
        fail_msg("%s", error.message);
    }
    return n;
}

static void write_members(const qd_network *n, size_t members, const float *parameters)
{
    qd_safetensors_writer *writer;
    assert_int_equal(qd_safetensors_writer_new(&writer, NULL), QD_OK);
    assert_int_equal(qd_ensemble_add(writer, n, members, parameters, NULL), QD_OK);
    assert_int_equal(qd_safetensors_write(writer, path_of("e"), NULL), QD_OK);
    qd_safetensors_writer_free(writer);
}

static void comes_back(void **state)
{
    (void)state;
    qd_network *n = network();
    const size_t count = qd_network_parameters(n);
    float *written = calloc(count, MEMBERS * sizeof *written), *read = NULL;
    qd_safetensors *file;
    qd_error error = {0};
    for (size_t i = 0; i < MEMBERS * count; i++) {
        written[i] = (float)i / 7;
    }
    write_members(n, MEMBERS, written);
    assert_int_equal(qd_safetensors_read(path_of("e"), false, &file, NULL), QD_OK);
    assert_int_equal(qd_safetensors_count(file), MEMBERS * qd_weights_tensors(n));
    assert_int_equal(qd_ensemble_read(file, n, MEMBERS, &read, &error), QD_OK);
    assert_memory_equal(read, written, MEMBERS * count * sizeof *read);
    qd_mem_free(read);
    read = NULL;
    assert_int_equal(qd_ensemble_read(file, n, MEMBERS + 1, &read, &error), QD_ERR_FORMAT);
    assert_null(read);
    assert_non_null(strstr(error.message, "member_3.lstm.weight_ih_l0"));
    qd_safetensors_free(file);

    size_t element = 0;
    assert_null(qd_ensemble_not_finite(n, MEMBERS, written, &element));
    written[2 * count + 5] = NAN;
    assert_string_equal(qd_ensemble_not_finite(n, MEMBERS, written, &element), "lstm.weight_ih_l0");
    assert_int_equal(element, 5);
    free(written);
    qd_network_free(n);
    unlink(path_of("e"));
}

/* Weights to begin with: an ensemble's in turn, any other file's for all. */
static void begins_with(void **state)
{
    (void)state;
    qd_network *n = network();
    const size_t count = qd_network_parameters(n);
    float *written = calloc(count, MEMBERS * sizeof *written), *read = calloc(count, (MEMBERS + 1) * sizeof *read);
    qd_safetensors_writer *writer;
    qd_error error = {0};
    for (size_t i = 0; i < MEMBERS * count; i++) {
        written[i] = (float)i / 7;
    }
    write_members(n, MEMBERS, written);
    assert_int_equal(qd_ensemble_start(path_of("e"), n, MEMBERS + 1, read, &error), QD_OK);
    assert_memory_equal(read, written, MEMBERS * count * sizeof *read);
    assert_memory_equal(read + MEMBERS * count, written, count * sizeof *read);

    assert_int_equal(qd_safetensors_writer_new(&writer, NULL), QD_OK);
    assert_int_equal(qd_weights_add(writer, "", n, written + count, NULL), QD_OK);
    assert_int_equal(qd_safetensors_write(writer, path_of("e"), NULL), QD_OK);
    qd_safetensors_writer_free(writer);
    assert_int_equal(qd_ensemble_start(path_of("e"), n, 2, read, &error), QD_OK);
    assert_memory_equal(read, written + count, count * sizeof *read);
    assert_memory_equal(read + count, written + count, count * sizeof *read);

    qd_network *wider;
    assert_int_equal(qd_network_new("lstm:3", 0, 3, 1, false, &wider, NULL), QD_OK);
    write_members(n, 1, written);
    assert_int_equal(qd_ensemble_start(path_of("e"), wider, 1, read, &error), QD_ERR_FORMAT);
    assert_non_null(strstr(error.message, "member_0.lstm.weight_ih_l0"));
    free(written);
    free(read);
    qd_network_free(wider);
    qd_network_free(n);
    unlink(path_of("e"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(comes_back), cmocka_unit_test(begins_with)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
