/* Reading hub forecasts: recognises the columns, and turns every row that counts into a key, a level and a value. */
#include "base/mem.h"
#include "base/text.h"
#include "data/calendar.h"
#include "eval/hub_parts.h"

#include <math.h>
#include <string.h>

/* What a cell of one column was last read as: neighbouring rows mostly agree. */
typedef struct last {
    const char *text;
    int64_t value;
} last;

typedef struct reader {
    const qd_table *table;
    qd_hub *hub;
    qd_hub_columns column;
    last reference, date, location, target;
    int64_t horizon_of_target; /* the number at its beginning */
    bool numbered;             /* it has one */
    bool weeks;                /* horizons are counted in days, all of them whole weeks so far */
    size_t capacity;           /* of hub->forecast */
    size_t slots;              /* a power of two */
    uint32_t *slot;            /* [slots]: number of a forecast + 1, or 0 */
    size_t before;             /* the forecast of the row before */
    qd_numbering draw;         /* names of draws */
} reader;

/* ---------------------------------------------------------------------------------------------- columns */

size_t qd_hub_column(const qd_table *table, const char *names)
{
    while (*names != '\0') {
        const size_t length = strcspn(names, "|");
        for (size_t c = 0; c < qd_table_columns(table); c++) {
            const char *name = qd_table_name(table, c);
            if (strlen(name) == length && memcmp(name, names, length) == 0) {
                return c;
            }
        }
        names += length + (names[length] == '|');
    }
    return SIZE_MAX;
}

static qd_status find_columns(reader *r, qd_error *error)
{
    const qd_table *table = r->table;
    qd_hub_columns *c = &r->column;
    const bool older = qd_hub_column(table, "output_type") == SIZE_MAX && qd_hub_column(table, "type") != SIZE_MAX;
    const struct {
        const char *names;
        bool needed;
        size_t *place;
    } wanted[] = {
        {"reference_date|origin_date|forecast_date", true, &c->reference},
        {"target_end_date|target_date", true, &c->date},
        {"location", true, &c->location},
        {"target", false, &c->target},
        {"horizon", false, &c->horizon},
        {older ? "type" : "output_type", true, &c->type},
        {older ? "quantile" : "output_type_id", true, &c->id},
        {"value", true, &c->value},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *wanted[i].place = qd_hub_column(table, wanted[i].names);
        if (*wanted[i].place == SIZE_MAX && wanted[i].needed) {
            return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(table), 1, 0,
                              "no column %s; hub forecasts have reference_date, target, horizon, target_end_date, "
                              "location, output_type, output_type_id, value",
                              wanted[i].names);
        }
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------ cells */

static const char *cell(const reader *r, size_t row, size_t column)
{
    return column == SIZE_MAX ? "" : qd_table_cell(r->table, row, column);
}

static qd_status refuse(const reader *r, size_t row, size_t column, const char *expected, qd_error *error)
{
    return qd_fail_at(error, QD_ERR_FORMAT, qd_table_path(r->table), qd_table_line(r->table, row), column + 1,
                      "column %s: expected %s, found '%.40s'", qd_table_name(r->table, column), expected,
                      cell(r, row, column));
}

static qd_status read_day(const reader *r, size_t row, size_t column, last *known, qd_error *error)
{
    const char *text = cell(r, row, column);
    if (known->text != NULL && strcmp(known->text, text) == 0) {
        return QD_OK;
    }
    /* Other ways to write a date are not a hub's, and 01/02/2024 is two dates. */
    if (strlen(text) < 10 || text[4] != '-' || !qd_time_parse(QD_TIME_DAY, false, text, &known->value)) {
        known->text = NULL;
        return refuse(r, row, column, "a date such as 2024-02-29", error);
    }
    known->text = text;
    return QD_OK;
}

static qd_status read_name(qd_numbering *names, const char *text, last *known, qd_error *error)
{
    size_t number = 0;
    if (known->text != NULL && strcmp(known->text, text) == 0) {
        return QD_OK;
    }
    const qd_status status = qd_numbering_add(names, text, &number, error);
    *known = (last){status == QD_OK ? text : NULL, (int64_t)number};
    return status;
}

/* The target; where there is no column `horizon`, the number at its beginning is taken off. */
static qd_status read_target(reader *r, size_t row, qd_error *error)
{
    const char *text = cell(r, row, r->column.target);
    if (r->column.horizon != SIZE_MAX) {
        return read_name(&r->hub->target, text, &r->target, error);
    }
    const size_t digits = strspn(text, "0123456789");
    r->numbered = digits > 0 && text[digits] == ' ' && qd_text_to_integer(text, digits, &r->horizon_of_target);
    return read_name(&r->hub->target, r->numbered ? text + digits + 1 : text, &r->target, error);
}

static qd_status read_horizon(reader *r, size_t row, int64_t *horizon, qd_error *error)
{
    if (r->column.horizon != SIZE_MAX) {
        const char *text = cell(r, row, r->column.horizon);
        return qd_text_to_integer(text, strlen(text), horizon)
                   ? QD_OK
                   : refuse(r, row, r->column.horizon, "a whole number", error);
    }
    *horizon = r->numbered ? r->horizon_of_target : r->date.value - r->reference.value;
    r->weeks = r->weeks && !r->numbered && *horizon % 7 == 0;
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------- forecasts */

static bool same_forecast(const qd_hub_forecast *a, const qd_hub_forecast *b)
{
    return a->reference == b->reference && a->horizon == b->horizon && a->location == b->location &&
           a->target == b->target;
}

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014) over the four numbers. */
static size_t slot_of(const reader *r, const qd_hub_forecast *f)
{
    const uint64_t part[4] = {(uint64_t)f->reference, (uint64_t)f->horizon, f->location, f->target};
    uint64_t h = 0;
    for (size_t i = 0; i < 4; i++) {
        h = (h ^ part[i]) + UINT64_C(0x9E3779B97F4A7C15);
        h = (h ^ (h >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        h = (h ^ (h >> 27)) * UINT64_C(0x94D049BB133111EB);
        h ^= h >> 31;
    }
    size_t s = (size_t)h & (r->slots - 1);
    while (r->slot[s] != 0 && !same_forecast(&r->hub->forecast[r->slot[s] - 1], f)) {
        s = (s + 1) & (r->slots - 1);
    }
    return s;
}

/* Room for one forecast more, with at most half of the slots taken. */
static qd_status grow(reader *r, qd_error *error)
{
    qd_hub *hub = r->hub;
    if (hub->count < r->capacity) {
        return QD_OK;
    }
    const size_t capacity = r->capacity == 0 ? 1024 : 2 * r->capacity;
    qd_hub_forecast *forecast = qd_mem_resize(hub->forecast, hub->count, capacity, sizeof *forecast);
    if (forecast != NULL) {
        hub->forecast = forecast;
    }
    uint32_t *slot = forecast != NULL ? qd_mem_new(2 * capacity, sizeof *slot) : NULL;
    if (slot == NULL) {
        return qd_fail_memory(error, capacity * sizeof *forecast, hub->path);
    }
    qd_mem_free(r->slot);
    r->slot = slot;
    r->slots = 2 * capacity;
    r->capacity = capacity;
    for (size_t i = 0; i < hub->count; i++) {
        slot[slot_of(r, &forecast[i])] = (uint32_t)(i + 1);
    }
    return QD_OK;
}

/* The number of the forecast that a row belongs to, a new one where it is new. */
static qd_status find_forecast(reader *r, size_t row, const qd_hub_forecast *wanted, size_t *number, qd_error *error)
{
    qd_hub *hub = r->hub;
    *number = r->before;
    if (hub->count == 0 || !same_forecast(&hub->forecast[r->before], wanted)) {
        const qd_status status = grow(r, error);
        if (status != QD_OK) {
            return status;
        }
        const size_t s = slot_of(r, wanted);
        if (r->slot[s] == 0) {
            hub->forecast[hub->count++] = *wanted;
            r->slot[s] = (uint32_t)hub->count;
        }
        *number = r->before = r->slot[s] - 1;
    }
    const qd_hub_forecast *f = &hub->forecast[*number];
    if (f->date != wanted->date) {
        return qd_fail_at(error, QD_ERR_FORMAT, hub->path, wanted->line, r->column.date + 1,
                          "horizon %lld of %s is another target date, %s, than in line %llu", (long long)f->horizon,
                          cell(r, row, r->column.reference), cell(r, row, r->column.date), (unsigned long long)f->line);
    }
    return QD_OK;
}

/* ------------------------------------------------------------------------------------------------- rows */

/* Counts a row of a type that is not scored, and lists the type once. */
static void leave_out(qd_hub_left_out *left_out, const char *type)
{
    const size_t length = strlen(type), used = strlen(left_out->type_names);
    left_out->types++;
    for (const char *p = left_out->type_names; *p != '\0';) {
        const size_t name = strcspn(p, ",");
        if (name == length && memcmp(p, type, length) == 0) {
            return;
        }
        p += name + (p[name] == ',' ? 2 : 0);
    }
    if (used + length + 3 < sizeof left_out->type_names) {
        qd_text_format(left_out->type_names + used, sizeof left_out->type_names - used, "%s%s", used > 0 ? ", " : "",
                       type);
    }
}

/* What orders a row within its forecast; see qd_hub_row. */
static qd_status read_key(reader *r, size_t row, const char *type, double *key, qd_error *error)
{
    const char *id = cell(r, row, r->column.id);
    size_t number;
    if (*type == 'm') {
        *key = QD_HUB_MEDIAN;
        return QD_OK;
    }
    if (*type == 's') {
        const qd_status status = qd_numbering_add(&r->draw, id, &number, error);
        *key = QD_HUB_DRAW + (double)number;
        return status;
    }
    if (!qd_text_to_double(id, strlen(id), key) || !(*key > 0 && *key < 1)) {
        return refuse(r, row, r->column.id, "a level between 0 and 1", error);
    }
    *key = round(*key * 1e9) / 1e9; /* 0.35000000000000003 is 0.35 */
    return *key > 0 && *key < 1 ? QD_OK : refuse(r, row, r->column.id, "a level between 0 and 1", error);
}

/* Reads what a row is a forecast of. */
static qd_status read_forecast(reader *r, size_t row, qd_hub_forecast *f, qd_error *error)
{
    qd_hub *hub = r->hub;
    qd_status status = read_day(r, row, r->column.reference, &r->reference, error);
    if (status == QD_OK) {
        status = read_day(r, row, r->column.date, &r->date, error);
    }
    if (status == QD_OK) {
        status = read_name(&hub->location, cell(r, row, r->column.location), &r->location, error);
    }
    if (status == QD_OK) {
        status = read_target(r, row, error);
    }
    if (status == QD_OK) {
        status = read_horizon(r, row, &f->horizon, error);
    }
    f->reference = r->reference.value;
    f->date = r->date.value;
    f->location = (size_t)r->location.value;
    f->target = (size_t)r->target.value;
    f->line = qd_table_line(r->table, row);
    return status;
}

/* Reads a row; *counts: it is one of a forecast. */
static qd_status read_row(reader *r, size_t i, qd_hub_row *row, bool *counts, qd_error *error)
{
    qd_hub *hub = r->hub;
    const char *type = cell(r, i, r->column.type);
    *counts = false;
    if (strcmp(type, "quantile") != 0 && strcmp(type, "median") != 0 && strcmp(type, "sample") != 0) {
        leave_out(&hub->left_out, type);
        return QD_OK;
    }
    if (qd_table_missing(cell(r, i, r->column.date))) {
        hub->left_out.dateless++;
        return QD_OK;
    }
    qd_hub_forecast f = {0};
    size_t number = 0;
    qd_status status = read_forecast(r, i, &f, error);
    if (status == QD_OK) {
        status = find_forecast(r, i, &f, &number, error);
    }
    if (status == QD_OK) {
        status = read_key(r, i, type, &row->key, error);
    }
    if (status == QD_OK) {
        status = qd_table_number(r->table, i, r->column.value, &row->value, error);
    }
    if (status == QD_OK) {
        row->forecast = (uint32_t)number;
        row->line = (uint32_t)qd_table_line(r->table, i);
        hub->forecast[number].levels += row->key < QD_HUB_DRAW;
        hub->forecast[number].samples += row->key >= QD_HUB_DRAW;
        *counts = true;
    }
    return status;
}

static qd_status read_rows(reader *r, qd_hub_row *row, size_t *count, qd_error *error)
{
    const size_t rows = qd_table_rows(r->table);
    qd_status status = find_columns(r, error);
    if (status == QD_OK && qd_table_line(r->table, rows - 1) >= UINT32_MAX) {
        status = qd_fail_at(error, QD_ERR_FORMAT, r->hub->path, 0, 0, "%zu rows are too many", rows);
    }
    *count = 0;
    for (size_t i = 0; i < rows && status == QD_OK; i++) {
        bool counts = false;
        status = read_row(r, i, &row[*count], &counts, error);
        *count += counts;
    }
    if (status == QD_OK && r->column.horizon == SIZE_MAX && r->weeks) {
        for (size_t f = 0; f < r->hub->count; f++) {
            r->hub->forecast[f].horizon /= 7;
        }
    }
    return status;
}

qd_status qd_hub_rows_read(const qd_table *table, qd_hub *hub, qd_hub_row *row, size_t *count, qd_error *error)
{
    reader r = {.table = table, .hub = hub, .weeks = true};
    const qd_status status = read_rows(&r, row, count, error);
    qd_mem_free(r.slot);
    qd_numbering_clear(&r.draw);
    return status;
}
