/* Lists of names, and distinct texts in an open-addressed table. */
#include "data/names.h"
#include "base/mem.h"

#include <string.h>

/* The first name of the rest of a list, into `name`, which has room for all of it.  A name that begins with a quote may
   hold commas, and a quote as two.  Returns what follows it, or NULL where the quote is not closed, or text follows. */
static const char *first_name(const char *p, char *name)
{
    if (*p != '"') {
        const size_t length = strcspn(p, ",");
        memcpy(name, p, length);
        name[length] = '\0';
        return p + length;
    }
    for (p++; *p != '\0' && (*p != '"' || p[1] == '"'); p++) {
        p += *p == '"';
        *name++ = *p;
    }
    *name = '\0';
    return *p == '"' && (p[1] == ',' || p[1] == '\0') ? p + 1 : NULL;
}

static qd_status read_names(const char *list, char *room, qd_names *names, qd_error *error)
{
    for (const char *p = list;; p++) {
        p = first_name(p, room);
        if (p == NULL) {
            return qd_fail(error, QD_ERR_VALUE, "a quote of the list %.200s is not closed, or text follows it", list);
        }
        names->name[names->count] = qd_mem_string(room);
        if (names->name[names->count] == NULL) {
            return qd_fail_memory(error, strlen(room), "a list of columns");
        }
        names->count++;
        if (*p == '\0') {
            return QD_OK;
        }
    }
}

qd_status qd_names_read(const char *list, qd_names *names, qd_error *error)
{
    *names = (qd_names){0};
    if (*list == '\0') {
        return QD_OK;
    }
    size_t count = 1; /* at most */
    for (const char *p = list; *p != '\0'; p++) {
        count += *p == ',';
    }
    char *room = qd_mem_new(strlen(list) + 1, 1);
    names->name = qd_mem_new(count, sizeof *names->name);
    const qd_status status = room == NULL || names->name == NULL
                                 ? qd_fail_memory(error, count * sizeof *names->name, "a list of columns")
                                 : read_names(list, room, names, error);
    qd_mem_free(room);
    if (status != QD_OK) {
        qd_names_clear(names);
    }
    return status;
}

void qd_names_clear(qd_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        qd_mem_free(names->name[i]);
    }
    qd_mem_free(names->name);
    *names = (qd_names){0};
}

qd_status qd_names_join(size_t count, char *const *texts, const char *between, char **out, qd_error *error)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++) {
        size += strlen(texts[i]) + strlen(between);
    }
    *out = qd_mem_new(size, 1);
    if (*out == NULL) {
        return qd_fail_memory(error, size, "names");
    }
    char *end = *out;
    for (size_t i = 0; i < count; i++) {
        end = stpcpy(end, i > 0 ? between : "");
        end = stpcpy(end, texts[i]);
    }
    return QD_OK;
}

uint64_t qd_hash(const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++) {
        h = (h ^ byte[i]) * UINT64_C(1099511628211);
    }
    return h;
}

/* The slot that holds the text, or the free one where it belongs. */
static size_t slot_of(const qd_numbering *numbering, const char *text)
{
    size_t s = (size_t)qd_hash(text, strlen(text)) & (numbering->slots - 1);
    while (numbering->slot[s] != 0 && strcmp(numbering->text[numbering->slot[s] - 1], text) != 0) {
        s = (s + 1) & (numbering->slots - 1);
    }
    return s;
}

bool qd_numbering_find(const qd_numbering *numbering, const char *text, size_t *number)
{
    size_t found = numbering->slots > 0 ? numbering->slot[slot_of(numbering, text)] : 0;
    *number = found - 1;
    return found != 0;
}

/* Room for one more, with at most half of the slots taken. */
static bool grow(qd_numbering *numbering)
{
    if (numbering->count < numbering->capacity) {
        return true;
    }
    size_t capacity = numbering->capacity == 0 ? 64 : 2 * numbering->capacity;
    size_t *slot = qd_mem_new(2 * capacity, sizeof *slot);
    char **text = qd_mem_resize(numbering->text, numbering->count, capacity, sizeof *text);
    if (text != NULL) {
        numbering->text = text;
    }
    if (slot == NULL || text == NULL) {
        qd_mem_free(slot);
        return false;
    }
    qd_mem_free(numbering->slot);
    numbering->slot = slot;
    numbering->slots = 2 * capacity;
    numbering->capacity = capacity;
    for (size_t i = 0; i < numbering->count; i++) {
        slot[slot_of(numbering, text[i])] = i + 1;
    }
    return true;
}

qd_status qd_numbering_add(qd_numbering *numbering, const char *text, size_t *number, qd_error *error)
{
    if (qd_numbering_find(numbering, text, number)) {
        return QD_OK;
    }
    char *copy = grow(numbering) ? qd_mem_string(text) : NULL;
    if (copy == NULL) {
        return qd_fail_memory(error, strlen(text), "names");
    }
    *number = numbering->count++;
    numbering->text[*number] = copy;
    numbering->slot[slot_of(numbering, copy)] = numbering->count;
    return QD_OK;
}

void qd_numbering_clear(qd_numbering *numbering)
{
    for (size_t i = 0; i < numbering->count; i++) {
        qd_mem_free(numbering->text[i]);
    }
    qd_mem_free(numbering->text);
    qd_mem_free(numbering->slot);
    *numbering = (qd_numbering){0};
}
