/* Which rows count: every comparison at, below and above its value, numbers and texts, what is missing, how parts are
   joined, and where an expression is wrong. */
#include "helpers.h"
#include "data/where.h"

static const char csv[] = "n,s,two words\n1,a,x\n2,b,y\n3,,x\nNA,a,y\n";
enum { ROWS = 4 };

static qd_status ask(const char *expression, bool counts[ROWS], qd_error *error)
{
    qd_table *table;
    const qd_table_options options = {.limit = 1 << 20};
    assert_int_equal(qd_table_parse("t.csv", csv, strlen(csv), &options, &table, error), QD_OK);
    const qd_status status = qd_where(table, expression, counts, error);
    qd_table_free(table);
    return status;
}

/* expected: a row is 1 where it counts. */
static void assert_counts(const char *expression, const char *expected)
{
    bool counts[ROWS];
    qd_error error;
    if (ask(expression, counts, &error) != QD_OK) {
        fail_msg("%s: %s", expression, error.message);
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (counts[i] != (expected[i] == '1')) {
            fail_msg("%s: row %zu, expected %s", expression, i + 1, expected);
        }
    }
}

static void comparisons(void **state)
{
    (void)state;
    assert_counts("", "1111");
    assert_counts("n<2", "1000");
    assert_counts("n<=2", "1100");
    assert_counts("n>2", "0010");
    assert_counts("n>=2", "0110");
    assert_counts("n==2", "0100");
    assert_counts("n=2.0", "0100");
    assert_counts("n!=2", "1011");    /* what is no number differs from it */
    assert_counts("s<\"b\"", "1011"); /* texts in their order, that of nothing first */
    assert_counts("s<=\"b\"", "1111");
    assert_counts("s>=\"b\"", "0100");
    assert_counts("s==\"\"", "0010");
    assert_counts("n!=\"\"", "1110");
    assert_counts("`two words`==\"x\"", "1010");
}

static void joined(void **state)
{
    (void)state;
    assert_counts("n<2 or n>2", "1010");
    assert_counts("s==\"a\" and n<2", "1000");
    assert_counts("not s==\"a\"", "0110");
    assert_counts("n<2 or n>1 and s==\"b\"", "1100"); /* and binds before or */
    assert_counts("(n<2 or n>1) and s==\"b\"", "0100");
}

static void wrong(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"n<", "character 3"}, {"m<1", "m"}, {"(n<1", "character 5"}, {"n<1 n>2", "character 5"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool counts[ROWS];
        qd_error error = {0};
        assert_int_not_equal(ask(cases[i][0], counts, &error), QD_OK);
        if (strstr(error.message, cases[i][1]) == NULL) {
            fail_msg("%s: %s", cases[i][0], error.message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons),
        cmocka_unit_test(joined),
        cmocka_unit_test(wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
