/* History: room, rows as CSV, and what happens when the file cannot be written. */
#include "test.h"
#include "base/file.h"
#include "base/mem.h"
#include "train/history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "test_history.XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("..") != 0 || rmdir(folder) != 0;
}

static void add(qd_history *history, double loss, double valid_loss)
{
    assert_int_equal(qd_history_reserve(history, history->count + 1, NULL), QD_OK);
    history->rows[history->count] = (qd_history_row){
        .epoch = history->count + 1,
        .loss = loss,
        .valid_loss = valid_loss,
        .learning_rate = (double)0.001f,
        .seconds = 0.25,
        .gradient_norm = 1.0 / 3,
    };
    history->count++;
}

static void assert_file(const char *path, const char *text)
{
    char *data;
    size_t size;
    assert_int_equal(qd_file_read_all(path, 4096, &data, &size, NULL), QD_OK);
    assert_string_equal(data, text);
    qd_mem_free(data);
}

static void test_rows_as_csv(void **state)
{
    (void)state;
    qd_history history = {0};
    assert_int_equal(qd_history_write(&history, "h.csv", NULL), QD_OK);
    assert_file("h.csv", "epoch,loss,valid_loss,lr,seconds,gradient_norm\n");
    add(&history, 0.5, (double)NAN);
    add(&history, 1e-7, 0.1);
    assert_int_equal(qd_history_write(&history, "h.csv", NULL), QD_OK);
    assert_file("h.csv", "epoch,loss,valid_loss,lr,seconds,gradient_norm\n"
                         "1,0.5,,0.001,0.250000,0.3333333333333333\n"
                         "2,1e-7,0.1,0.001,0.250000,0.3333333333333333\n");
    qd_history_clear(&history);
    assert_int_equal(history.count, 0);
    assert_int_equal(qd_file_remove("h.csv", NULL), QD_OK);
}

static void test_networks(void **state)
{
    (void)state;
    qd_history one = {0}, all = {0};
    add(&one, 0.5, (double)NAN);
    for (uint64_t network = 1; network <= 2; network++) {
        assert_int_equal(qd_history_add(&all, network, &one, NULL), QD_OK);
    }
    assert_int_equal(qd_history_write(&all, "h.csv", NULL), QD_OK);
    assert_file("h.csv", "network,epoch,loss,valid_loss,lr,seconds,gradient_norm\n"
                         "1,1,0.5,,0.001,0.250000,0.3333333333333333\n"
                         "2,1,0.5,,0.001,0.250000,0.3333333333333333\n");
    qd_history_clear(&one);
    qd_history_clear(&all);
    assert_int_equal(qd_file_remove("h.csv", NULL), QD_OK);
}

static bool refuse(void *context, size_t bytes)
{
    (void)bytes;
    ++*(size_t *)context;
    return false;
}

static void test_reserve(void **state)
{
    (void)state;
    qd_history history = {0};
    assert_int_equal(qd_history_reserve(&history, 10, NULL), QD_OK);
    assert_int_equal(history.capacity, 10);
    size_t asked = 0;
    qd_error error;
    qd_mem_set_hook(refuse, &asked);
    qd_status less = qd_history_reserve(&history, 10, &error);
    qd_status more = qd_history_reserve(&history, 11, &error);
    qd_mem_set_hook(NULL, NULL);
    assert_int_equal(less, QD_OK);
    assert_int_equal(more, QD_ERR_MEMORY);
    assert_int_equal(asked, 1);
    assert_int_equal(history.capacity, 10);
    qd_history_clear(&history);
}

static int fail_write(void *context, const char *operation)
{
    return *operation == *(const char *)context ? ENOSPC : 0;
}

static void test_failing_write(void **state)
{
    (void)state;
    qd_history history = {0};
    add(&history, 0.5, 0.25);
    assert_int_equal(qd_history_write(&history, "h.csv", NULL), QD_OK);
    add(&history, 0.4, 0.2);
    char *before;
    size_t size;
    assert_int_equal(qd_file_read_all("h.csv", 4096, &before, &size, NULL), QD_OK);
    static char first_letters[] = "wor"; /* write; open; rename */
    for (char *letter = first_letters; *letter != '\0'; letter++) {
        qd_file_set_hook(fail_write, letter);
        qd_status status = qd_history_write(&history, "h.csv", NULL);
        qd_file_set_hook(NULL, NULL);
        assert_int_equal(status, QD_ERR_FILE);
        assert_file("h.csv", before);
    }
    qd_mem_free(before);
    qd_history_clear(&history);
    assert_int_equal(qd_file_remove("h.csv", NULL), QD_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_as_csv),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_failing_write),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
