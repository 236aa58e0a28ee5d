/* Holding out: by time, or by clusters of like sequences. */
#include "tasks/sites_split.h"
#include "base/mem.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool qd_sites_dated(const qd_sites_data *data)
{
    size_t known = 0;
    bool differ = false;
    int64_t first = INT64_MIN;
    for (size_t n = 0; data->day != NULL && n < data->count; n++) {
        if (data->day[n] != INT64_MIN) {
            differ = differ || (first != INT64_MIN && data->day[n] != first);
            first = data->day[n];
            known++;
        }
    }
    return differ && known * 10 >= data->count * 9;
}

/* ------------------------------------------------------------------------------------------------ by time */

static int compare_days(const void *a, const void *b)
{
    const int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;
    return (one > two) - (one < two);
}

/* The day from which on the held-out part comes nearest to `wanted` sequences. */
static int64_t cut_day(const int64_t *sorted, size_t count, double wanted)
{
    int64_t best = INT64_MAX;
    double nearest = INFINITY;
    for (size_t i = 1; i < count; i++) {
        const double distance = fabs((double)(count - i) - wanted);
        if (sorted[i] != sorted[i - 1] && sorted[i - 1] != INT64_MIN && distance < nearest) {
            nearest = distance;
            best = sorted[i];
        }
    }
    return best;
}

static qd_status by_time(const qd_sites_data *data, double fraction, bool *held, qd_error *error)
{
    int64_t *sorted = qd_mem_new(data->count, sizeof *sorted);
    if (sorted == NULL) {
        return qd_fail_memory(error, data->count * sizeof *sorted, "dates");
    }
    memcpy(sorted, data->day, data->count * sizeof *sorted);
    qsort(sorted, data->count, sizeof *sorted, compare_days);
    const int64_t cut = cut_day(sorted, data->count, fraction * (double)data->count);
    for (size_t n = 0; n < data->count; n++) {
        held[n] = data->day[n] >= cut;
    }
    qd_mem_free(sorted);
    return QD_OK;
}

/* --------------------------------------------------------------------------------------------- by cluster */

enum { SKETCH = 64, CENTRES = 64, WORD = 6 };

typedef struct sketch {
    uint32_t least[SKETCH];
} sketch;

static uint32_t mixed(uint64_t x)
{
    x = (x ^ (x >> 31)) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(x >> 32);
}

/* One-permutation hashing (Li, Owen, Zhang 2012): words go to a bucket by some bits of their hash, and each bucket keeps
   the least of the others. */
static sketch sketch_of(const uint8_t *residue, size_t length)
{
    sketch s;
    memset(s.least, 0xFF, sizeof s.least);
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++) {
        word = (word << 5 | residue[i]) & ((UINT64_C(1) << (5 * WORD)) - 1);
        const uint32_t hash = mixed(word + 1);
        uint32_t *least = &s.least[hash % SKETCH];
        if (i + 1 >= WORD && hash / SKETCH < *least) {
            *least = hash / SKETCH;
        }
    }
    return s;
}

static size_t likeness(const sketch *a, const sketch *b)
{
    size_t equal = 0;
    for (size_t i = 0; i < SKETCH; i++) {
        equal += a->least[i] == b->least[i];
    }
    return equal;
}

/* cluster[n]: the centre that sequence n is likest to. */
static void assign(const qd_sites_data *data, const size_t *centre, size_t centres, uint8_t *cluster)
{
    sketch of_centre[CENTRES];
    for (size_t c = 0; c < centres; c++) {
        of_centre[c] = sketch_of(data->residue + data->start[centre[c]], qd_sites_length(data, centre[c]));
    }
    for (size_t n = 0; n < data->count; n++) {
        const sketch own = sketch_of(data->residue + data->start[n], qd_sites_length(data, n));
        size_t best = 0;
        for (size_t c = 1; c < centres; c++) {
            best = likeness(&own, &of_centre[c]) > likeness(&own, &of_centre[best]) ? c : best;
        }
        cluster[n] = (uint8_t)best;
    }
}

/* Clusters in the order of their centres, as they were drawn, until the fraction is reached; one that would bring it to
   more than twice is passed by, so long as there are others. */
static void choose(const qd_sites_data *data, double wanted, const uint8_t *cluster, size_t centres, bool *held)
{
    size_t size[CENTRES] = {0}, taken = 0;
    for (size_t n = 0; n < data->count; n++) {
        size[cluster[n]]++;
    }
    for (int pass = 0; pass < 2 && taken == 0; pass++) {
        for (size_t c = 0; c < centres && (double)taken < wanted; c++) {
            if (size[c] > 0 && (pass > 0 || (double)(taken + size[c]) <= 2 * wanted)) {
                for (size_t n = 0; n < data->count; n++) {
                    held[n] = held[n] || cluster[n] == c;
                }
                taken += size[c];
            }
        }
    }
}

static qd_status by_cluster(const qd_sites_data *data, double fraction, uint64_t seed, bool *held, qd_error *error)
{
    size_t *order = qd_mem_new(data->count, sizeof *order);
    uint8_t *cluster = qd_mem_new(data->count, 1);
    if (order == NULL || cluster == NULL) {
        qd_mem_free(order);
        qd_mem_free(cluster);
        return qd_fail_memory(error, data->count * sizeof *order, "clusters");
    }
    const size_t centres = data->count < CENTRES ? data->count : CENTRES;
    qd_random_permutation(qd_random_stream(seed, QD_FOR_SPLIT, 0, 0), data->count, order);
    assign(data, order, centres, cluster);
    choose(data, fraction * (double)data->count, cluster, centres, held);
    qd_mem_free(order);
    qd_mem_free(cluster);
    return QD_OK;
}

qd_status qd_sites_hold_out(const qd_sites_data *data, double fraction, bool time, uint64_t seed, bool *held,
                            qd_error *error)
{
    memset(held, 0, data->count * sizeof *held);
    const qd_status status =
        time ? by_time(data, fraction, held, error) : by_cluster(data, fraction, seed, held, error);
    size_t count = 0;
    for (size_t n = 0; n < data->count; n++) {
        count += held[n];
    }
    return status == QD_OK && (count == 0 || count == data->count)
               ? qd_fail(error, QD_ERR_VALUE,
                         "valid: %zu sequences cannot be cut by %s into a part to learn from and one to hold out "
                         "(--valid 0 holds out none)",
                         data->count, time ? "time" : "clusters")
               : status;
}
