/* The set itself: sequences merged with their copies. */
#include "data/strains.h"
#include "base/mem.h"
#include "data/strains_parts.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------ merging */

/* Grows a block of *capacity elements of `size` to hold `wanted`. */
static bool grow(void *block, size_t used, size_t *capacity, size_t wanted, size_t size)
{
    void **held = block;
    if (wanted <= *capacity) {
        return true;
    }
    const size_t next = wanted > 2 * *capacity ? wanted : 2 * *capacity;
    void *grown = qd_mem_resize(*held, used, next, size);
    if (grown != NULL) {
        *held = grown;
        *capacity = next;
    }
    return grown != NULL;
}

/* The five arrays of one element a strain grow together. */
static bool grow_strains(qd_merger *m)
{
    qd_strains *s = m->strains;
    size_t capacity = m->capacity;
    if (s->count < capacity) {
        return true;
    }
    const size_t next = capacity == 0 ? 64 : 2 * capacity;
    size_t *start = qd_mem_resize(s->start, capacity == 0 ? 0 : capacity + 1, next + 1, sizeof *start);
    s->start = start != NULL ? start : s->start;
    double *weight = qd_mem_resize(s->weight, capacity, next, sizeof *weight);
    s->weight = weight != NULL ? weight : s->weight;
    int64_t *day = qd_mem_resize(s->day, capacity, next, sizeof *day);
    s->day = day != NULL ? day : s->day;
    size_t *name = qd_mem_resize(s->name, capacity, next, sizeof *name);
    s->name = name != NULL ? name : s->name;
    if (start == NULL || weight == NULL || day == NULL || name == NULL) {
        return false;
    }
    m->capacity = next;
    return true;
}

/* The slot of a sequence: its own, or the free one where it belongs. */
static size_t slot_of(const qd_merger *m, const uint8_t *residue, size_t length)
{
    const qd_strains *s = m->strains;
    const uint64_t hash = qd_hash(residue, length);
    for (size_t at = (size_t)(hash ^ hash >> 32) & (m->slots - 1);; at = (at + 1) & (m->slots - 1)) {
        if (m->slot[at] == 0 || (qd_strains_length(s, m->slot[at] - 1) == length &&
                                 memcmp(qd_strains_residues(s, m->slot[at] - 1), residue, length) == 0)) {
            return at;
        }
    }
}

static bool grow_slots(qd_merger *m)
{
    if (2 * (m->strains->count + 1) <= m->slots) {
        return true;
    }
    const size_t slots = m->slots == 0 ? 128 : 2 * m->slots;
    size_t *slot = qd_mem_new(slots, sizeof *slot);
    if (slot == NULL) {
        return false;
    }
    qd_mem_free(m->slot);
    m->slot = slot;
    m->slots = slots;
    for (size_t n = 0; n < m->strains->count; n++) {
        slot[slot_of(m, qd_strains_residues(m->strains, n), qd_strains_length(m->strains, n))] = n + 1;
    }
    return true;
}

qd_status qd_merger_add(qd_merger *m, const uint8_t *residue, size_t length, double weight, int64_t day,
                        const char *name, qd_error *error)
{
    qd_strains *s = m->strains;
    if (!grow_slots(m) || !grow_strains(m)) {
        return qd_fail_memory(error, m->slots * sizeof *m->slot, "sequences");
    }
    const size_t at = slot_of(m, residue, length);
    if (m->slot[at] != 0) {
        const size_t n = m->slot[at] - 1;
        s->weight[n] += weight;
        s->day[n] = s->day[n] == QD_UNDATED || (day != QD_UNDATED && day < s->day[n]) ? day : s->day[n];
        m->merged++;
        return QD_OK;
    }
    const size_t used = s->start[s->count], letters = strlen(name) + 1;
    if (!grow(&s->residue, used, &m->room, used + length, 1) ||
        !grow(&s->names, m->names, &m->names_room, m->names + letters, 1)) {
        return qd_fail_memory(error, used + length, "sequences");
    }
    memcpy(s->residue + used, residue, length);
    memcpy(s->names + m->names, name, letters);
    s->name[s->count] = m->names;
    s->weight[s->count] = weight;
    s->day[s->count] = day;
    m->names += letters;
    s->start[++s->count] = used + length;
    m->slot[at] = s->count;
    return QD_OK;
}

void qd_strains_free(qd_strains *strains)
{
    if (strains == NULL) {
        return;
    }
    qd_mem_free(strains->start);
    qd_mem_free(strains->residue);
    qd_mem_free(strains->weight);
    qd_mem_free(strains->day);
    qd_mem_free(strains->name);
    qd_mem_free(strains->names);
    qd_mem_free(strains);
}
