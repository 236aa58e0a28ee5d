/* Columns of the sequences that were learned from: counted, counted over the last two years, and as the network expects
   them. */
#include "tasks/sites_columns.h"
#include "base/fpmode.h"
#include "base/mem.h"
#include "nn/batch.h"

#include <math.h>
#include <string.h>

void qd_sites_columns_clear(qd_sites_columns *columns)
{
    qd_profile_free(columns->all);
    qd_profile_free(columns->recent);
    qd_profile_free(columns->network);
    *columns = (qd_sites_columns){0};
}

qd_status qd_sites_count(const qd_profile *like, const qd_strains *strains, const bool *held, bool which,
                         qd_profile **out, qd_error *error)
{
    qd_profile *profile = NULL;
    qd_status status = qd_profile_new(like->alphabet, like->reference, like->length, &profile, error);
    for (size_t n = 0; n < strains->count && status == QD_OK; n++) {
        if (held == NULL || held[n] == which) {
            status = qd_profile_add(profile, qd_strains_residues(strains, n), qd_strains_length(strains, n), 1, error);
        }
    }
    if (status != QD_OK) {
        qd_profile_free(profile);
        return status;
    }
    *out = profile;
    return QD_OK;
}

/* Is strain n of the last two years before the latest? */
static void mark_recent(const qd_strains *strains, bool *recent)
{
    int64_t latest = QD_UNDATED;
    for (size_t n = 0; n < strains->count; n++) {
        latest = strains->day[n] > latest ? strains->day[n] : latest;
    }
    for (size_t n = 0; n < strains->count; n++) {
        recent[n] = latest == QD_UNDATED || strains->day[n] > latest - QD_SITES_RECENT_DAYS;
    }
}

/* ------------------------------------------------------------------------------------- what the network expects */

/* A batch of sequences that the network is asked about. */
typedef struct asked {
    const qd_strains *strains;
    qd_profile *profile;
    qd_workspace *workspace;
    qd_batch *batch;
    qd_pool *pool;
    size_t rows, steps;
    float *x; /* [rows][steps] */
    const float **row_x;
    size_t *lengths, *strain, *place;
    uint64_t *numbers;
} asked;

static qd_status asked_new(const qd_sites_net *net, unsigned threads, asked *a, qd_error *error)
{
    enum { MOST_ROWS = 64, MOST_STEPS = 1 << 15 };
    const qd_kernels *kernels;
    for (size_t n = 0; n < a->strains->count; n++) {
        const size_t length = qd_strains_length(a->strains, n);
        a->steps = length > a->steps && length <= QD_SITES_LONG ? length : a->steps;
    }
    a->rows = MOST_STEPS / (a->steps > 0 ? a->steps : 1);
    a->rows = a->rows > MOST_ROWS ? MOST_ROWS : a->rows == 0 ? 1 : a->rows;
    const size_t total = a->rows * a->steps;
    qd_status status = qd_kernels_select(&kernels, error);
    if (status == QD_OK) {
        status = qd_pool_new(threads, &a->pool, error);
    }
    if (status == QD_OK) {
        status =
            qd_workspace_new(net->network, kernels, a->pool, a->rows, a->steps, total, false, &a->workspace, error);
    }
    if (status == QD_OK) {
        status = qd_batch_new(a->rows, a->steps, total, 1, &a->batch, error);
    }
    if (status != QD_OK) {
        return status;
    }
    a->x = qd_mem_new(total, sizeof *a->x);
    a->row_x = qd_mem_new(a->rows, sizeof *a->row_x);
    a->lengths = qd_mem_new(a->rows, sizeof *a->lengths);
    a->strain = qd_mem_new(a->rows, sizeof *a->strain);
    a->numbers = qd_mem_new(a->rows, sizeof *a->numbers);
    a->place = qd_mem_new(a->profile->length, sizeof *a->place);
    return a->x == NULL || a->row_x == NULL || a->lengths == NULL || a->strain == NULL || a->numbers == NULL ||
                   a->place == NULL
               ? qd_fail_memory(error, total * sizeof *a->x, "a batch")
               : QD_OK;
}

static void asked_clear(asked *a)
{
    qd_workspace_free(a->workspace);
    qd_batch_free(a->batch);
    qd_pool_free(a->pool);
    qd_mem_free(a->x);
    qd_mem_free(a->row_x);
    qd_mem_free(a->lengths);
    qd_mem_free(a->strain);
    qd_mem_free(a->numbers);
    qd_mem_free(a->place);
}

/* Adds softmax(y) to the counts of a column. */
static void add_expected(size_t letters, const float *y, float *count)
{
    double most = (double)y[0], sum = 0, e[QD_LETTERS_MOST];
    for (size_t k = 1; k < letters; k++) {
        most = (double)y[k] > most ? (double)y[k] : most;
    }
    for (size_t k = 0; k < letters; k++) {
        sum += e[k] = exp((double)y[k] - most);
    }
    for (size_t k = 0; k < letters; k++) {
        count[k] += (float)(e[k] / sum);
    }
}

/* The first `rows` of a->strain. */
static qd_status ask(asked *a, size_t rows, qd_error *error)
{
    const size_t letters = a->profile->alphabet->count;
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *residue = qd_strains_residues(a->strains, a->strain[r]);
        a->lengths[r] = qd_strains_length(a->strains, a->strain[r]);
        a->row_x[r] = a->x + r * a->steps;
        a->numbers[r] = a->strain[r];
        for (size_t t = 0; t < a->lengths[r]; t++) {
            a->x[r * a->steps + t] = (float)residue[t];
        }
    }
    qd_batch_fill(a->batch, rows, a->row_x, a->lengths, a->numbers);
    const qd_packing *packing = &a->batch->packing;
    const float *y = qd_network_forward(a->workspace, packing, a->batch->x, false, NULL);
    qd_status status = QD_OK;
    for (size_t r = 0; r < rows && status == QD_OK; r++) {
        const size_t n = packing->sample[r];
        status = qd_profile_places(a->profile, qd_strains_residues(a->strains, n), qd_strains_length(a->strains, n),
                                   a->place, error);
        for (size_t c = 0; c < a->profile->length && status == QD_OK; c++) {
            if (a->place[c] != SIZE_MAX) {
                const size_t row = packing->offset[a->place[c]] + r;
                add_expected(letters, y + row * letters, a->profile->count + c * (letters + 1));
            }
        }
    }
    return status;
}

static qd_status ask_all(asked *a, const qd_sites_net *net, const bool *recent, qd_error *error)
{
    size_t count = 0, passed = 0, rows = 0;
    qd_status status = QD_OK;
    for (size_t n = 0; n < a->strains->count; n++) {
        count += recent[n] && qd_strains_length(a->strains, n) <= QD_SITES_LONG;
    }
    const size_t seen = count < QD_SITES_SEEN ? count : QD_SITES_SEEN;
    const qd_fpmode mode = qd_fpmode_enter();
    qd_workspace_load(a->workspace, net->parameters);
    for (size_t n = 0; n < a->strains->count && status == QD_OK; n++) {
        if (recent[n] && qd_strains_length(a->strains, n) <= QD_SITES_LONG) {
            if (passed * seen / count < (passed + 1) * seen / count) {
                a->strain[rows++] = n;
            }
            passed++;
        }
        if (rows == a->rows || (rows > 0 && n + 1 == a->strains->count)) {
            status = ask(a, rows, error);
            rows = 0;
        }
    }
    qd_fpmode_leave(mode);
    return status;
}

static qd_status expected(const qd_sites_net *net, const qd_profile *like, const qd_strains *strains,
                          const bool *recent, unsigned threads, qd_profile **out, qd_error *error)
{
    asked a = {.strains = strains};
    qd_status status = qd_profile_new(like->alphabet, like->reference, like->length, &a.profile, error);
    if (status == QD_OK) {
        status = asked_new(net, threads, &a, error);
    }
    if (status == QD_OK) {
        status = ask_all(&a, net, recent, error);
    }
    asked_clear(&a);
    if (status != QD_OK) {
        qd_profile_free(a.profile);
        return status;
    }
    *out = a.profile;
    return QD_OK;
}

/* ---------------------------------------------------------------------------------------------- the columns */

static qd_status fill(const qd_sites_net *net, const qd_strains *strains, unsigned threads, bool *recent,
                      qd_sites_columns *out, qd_error *error)
{
    size_t typical;
    qd_status status = qd_strains_typical(strains, &typical, error);
    if (status == QD_OK) {
        status = qd_profile_of(strains, qd_strains_residues(strains, typical), qd_strains_length(strains, typical),
                               false, &out->all, error);
    }
    if (status == QD_OK) {
        mark_recent(strains, recent);
        status = qd_sites_count(out->all, strains, recent, true, &out->recent, error);
    }
    return status == QD_OK ? expected(net, out->all, strains, recent, threads, &out->network, error) : status;
}

qd_status qd_sites_columns_of(const qd_sites_net *net, const qd_strains *strains, unsigned threads,
                              qd_sites_columns *out, qd_error *error)
{
    *out = (qd_sites_columns){0};
    bool *recent = qd_mem_new(strains->count, sizeof *recent);
    if (recent == NULL) {
        return qd_fail_memory(error, strains->count, "columns");
    }
    const qd_status status = fill(net, strains, threads, recent, out, error);
    qd_mem_free(recent);
    if (status != QD_OK) {
        qd_sites_columns_clear(out);
    }
    return status;
}

qd_status qd_sites_columns_map(const qd_sites_columns *columns, const uint8_t *residue, size_t length,
                               qd_sites_columns *out, double *identity, double *known, qd_error *error)
{
    *out = (qd_sites_columns){0};
    qd_status status = qd_profile_map(columns->recent, residue, length, &out->recent, identity, known, error);
    if (status == QD_OK) {
        status = qd_profile_map(columns->network, residue, length, &out->network, identity, known, error);
    }
    if (status == QD_OK) {
        status = qd_profile_map(columns->all, residue, length, &out->all, identity, known, error);
    }
    if (status != QD_OK) {
        qd_sites_columns_clear(out);
    }
    return status;
}

double qd_sites_columns_perplexity(const qd_profile *columns, const qd_profile *seen)
{
    const size_t letters = columns->alphabet->count;
    double sum = 0, count = 0;
    for (size_t c = 0; c < columns->length; c++) {
        const float *known = columns->count + c * (letters + 1), *now = seen->count + c * (letters + 1);
        double all = 1;
        for (size_t k = 0; k < letters; k++) {
            all += (double)known[k];
        }
        for (size_t k = 0; k < letters; k++) {
            sum -= (double)now[k] * log(((double)known[k] + 1 / (double)letters) / all);
            count += (double)now[k];
        }
    }
    return count > 0 ? exp(sum / count) : (double)NAN;
}
