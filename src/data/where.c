/* Expressions over the columns of a table: parsed once to a postfix program, which every row runs. */
#include "data/where.h"
#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH = 64, PROGRAM = 256 }; /* brackets within brackets; comparisons and joins */

typedef enum operation { EQUAL, DIFFERENT, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, NOT, AND, OR } operation;

typedef struct step {
    operation operation;
    size_t column;
    bool number; /* compare as numbers */
    double value;
    const char *text; /* in `texts` */
} step;

typedef struct program {
    const qd_table *table;
    const char *expression, *at;
    qd_error *error;
    char *texts, *free; /* room for all words of the expression, each terminated */
    size_t count, depth;
    step steps[PROGRAM];
} program;

static qd_status refuse(const program *p, const char *what)
{
    return qd_fail(p->error, QD_ERR_VALUE, "where: %s at character %zu of %.200s", what,
                   (size_t)(p->at - p->expression) + 1, p->expression);
}

static void skip_blanks(program *p)
{
    p->at += strspn(p->at, " \t\r\n");
}

/* Takes a sign, or a word that no letter follows. */
static bool take(program *p, const char *what)
{
    skip_blanks(p);
    const size_t length = strlen(what);
    const char after = strncmp(p->at, what, length) == 0 ? p->at[length] : 'x';
    const bool word = isalpha((unsigned char)*what);
    if (strncmp(p->at, what, length) != 0 || (word && (isalnum((unsigned char)after) || after == '_'))) {
        return false;
    }
    p->at += length;
    return true;
}

/* A word, or a text between marks; *quoted says which. */
static qd_status read_word(program *p, const char *marks, const char **text, bool *quoted)
{
    skip_blanks(p);
    const char mark = *p->at;
    *quoted = mark != '\0' && strchr(marks, mark) != NULL;
    const char *begin = p->at + *quoted;
    const char stop[] = {mark, '\0'};
    const size_t length = strcspn(begin, *quoted ? stop : " \t\r\n!=<>()&|\"'`");
    if ((*quoted && begin[length] == '\0') || (!*quoted && length == 0)) {
        return refuse(p, *quoted ? "a quote that is not closed" : "a column or value was expected");
    }
    memcpy(p->free, begin, length);
    p->free[length] = '\0';
    *text = p->free;
    p->free += length + 1;
    p->at = begin + length + *quoted;
    return QD_OK;
}

static qd_status add_step(program *p, step next)
{
    if (p->count == PROGRAM) {
        return refuse(p, "too long an expression");
    }
    p->steps[p->count++] = next;
    return QD_OK;
}

static qd_status read_comparison(program *p)
{
    static const struct {
        const char *sign;
        operation operation;
    } signs[] = {{"==", EQUAL}, {"!=", DIFFERENT}, {"<=", LESS_EQUAL}, {">=", GREATER_EQUAL},
                 {"<", LESS},   {">", GREATER},    {"=", EQUAL}};
    const size_t count = sizeof signs / sizeof signs[0];
    step next = {0};
    const char *name;
    bool quoted;
    qd_status status = read_word(p, "`", &name, &quoted);
    if (status == QD_OK) {
        status = qd_table_find(p->table, name, &next.column, p->error);
    }
    if (status != QD_OK) {
        return status;
    }
    size_t s = 0;
    while (s < count && !take(p, signs[s].sign)) {
        s++;
    }
    if (s == count) {
        return refuse(p, "one of == != < <= > >= was expected");
    }
    next.operation = signs[s].operation;
    status = read_word(p, "\"'", &next.text, &quoted);
    next.number = status == QD_OK && !quoted && qd_text_to_double(next.text, strlen(next.text), &next.value);
    return status == QD_OK ? add_step(p, next) : status;
}

static qd_status read_or(program *p);

static qd_status read_not(program *p)
{
    if (p->depth == DEPTH) {
        return refuse(p, "too many brackets");
    }
    p->depth++;
    qd_status status;
    if (take(p, "not") || (*p->at == '!' && p->at[1] != '=' && take(p, "!"))) {
        status = read_not(p);
        status = status == QD_OK ? add_step(p, (step){.operation = NOT}) : status;
    } else if (take(p, "(")) {
        status = read_or(p);
        if (status == QD_OK && !take(p, ")")) {
            status = refuse(p, "a closing bracket was expected");
        }
    } else {
        status = read_comparison(p);
    }
    p->depth--;
    return status;
}

static qd_status read_and(program *p)
{
    qd_status status = read_not(p);
    while (status == QD_OK && (take(p, "and") || take(p, "&&") || take(p, "&"))) {
        status = read_not(p);
        status = status == QD_OK ? add_step(p, (step){.operation = AND}) : status;
    }
    return status;
}

static qd_status read_or(program *p)
{
    qd_status status = read_and(p);
    while (status == QD_OK && (take(p, "or") || take(p, "||") || take(p, "|"))) {
        status = read_and(p);
        status = status == QD_OK ? add_step(p, (step){.operation = OR}) : status;
    }
    return status;
}

static bool compare(operation how, int sign)
{
    switch (how) {
    case EQUAL:
        return sign == 0;
    case DIFFERENT:
        return sign != 0;
    case LESS:
        return sign < 0;
    case LESS_EQUAL:
        return sign <= 0;
    case GREATER:
        return sign > 0;
    default:
        return sign >= 0;
    }
}

static bool holds(const program *p, const step *s, size_t row)
{
    const char *cell = qd_table_cell(p->table, row, s->column);
    double value;
    if (!s->number) {
        const bool missing = qd_table_missing(cell);
        return compare(s->operation, *s->text == '\0' && missing ? 0 : strcmp(cell, s->text));
    }
    if (qd_table_missing(cell) || qd_table_number(p->table, row, s->column, &value, NULL) != QD_OK) {
        return s->operation == DIFFERENT;
    }
    return compare(s->operation, (value > s->value) - (value < s->value));
}

static bool run(const program *p, size_t row)
{
    bool stack[PROGRAM] = {false};
    size_t top = 0;
    for (size_t k = 0; k < p->count; k++) {
        const step *s = &p->steps[k];
        if (s->operation == NOT) {
            stack[top - 1] = !stack[top - 1];
        } else if (s->operation == AND || s->operation == OR) {
            top--;
            stack[top - 1] = s->operation == AND ? stack[top - 1] && stack[top] : stack[top - 1] || stack[top];
        } else {
            stack[top++] = holds(p, s, row);
        }
    }
    return stack[0];
}

static qd_status parse(program *p)
{
    qd_status status = read_or(p);
    skip_blanks(p);
    return status == QD_OK && *p->at != '\0' ? refuse(p, "and, or, or the end was expected") : status;
}

qd_status qd_where(const qd_table *table, const char *expression, bool *counts, qd_error *error)
{
    const size_t rows = qd_table_rows(table);
    if (*expression == '\0') {
        memset(counts, true, rows);
        return QD_OK;
    }
    program p = {.table = table, .expression = expression, .at = expression, .error = error};
    p.texts = qd_mem_new(2 * strlen(expression) + 2, 1);
    if (p.texts == NULL) {
        return qd_fail_memory(error, strlen(expression), "an expression");
    }
    p.free = p.texts;
    const qd_status status = parse(&p);
    for (size_t i = 0; i < rows && status == QD_OK; i++) {
        counts[i] = run(&p, i);
    }
    qd_mem_free(p.texts);
    return status;
}
